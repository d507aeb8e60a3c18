"""``comb tune``, and the encoders by which a fine-tuned one is evaluated: each saw no code of what it is judged on."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.cli import app, find_study, show
from pipeline.cli.inputs import all_embedded
from pipeline.cli.stages import study_material
from pipeline.errors import BadParamsError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pipeline.embed import Embeddings
    from pipeline.encoder.tune import Task
    from pipeline.material import Material
    from pipeline.records import Segment
    from pipeline.study import Study


@app.command("tune")
def tune_command() -> None:
    """Fine-tune the encoder on the codings, where tune.epochs says so (needs the extra "train"; takes minutes).

    Example: comb tune
    """
    from pipeline.store import write_json

    study = find_study()
    if not study.params.tune.epochs:
        shutil.rmtree(study.tuned, ignore_errors=True)
        write_json(study.tuned / "tuned.json", {"digest": "", "segments": 0})
        show.note("The encoder stays as it is: tune.epochs is 0.")
        return
    material = study_material(study, _nothing)
    task = _task(study, material, material.rows)
    show.note(f"Fine-tuning on {len(task.segments)} coded segments. If it is cut off, it goes on when it is run again.")
    _tune(study, task, study.tuned)


def evaluation_material(study: "Study") -> "tuple[Material, list[Material]]":
    """Give what ``evaluate`` starts from and, where the encoder is fine-tuned, the same as each fold has to see it.

    The former is then embedded by the encoder as it was, to be compared with, and the latter by encoders that were
    fine-tuned on the training part of each fold.
    """
    from pipeline.evaluate import outer_folds

    if not is_tuned(study):
        return study_material(study), []
    plain = study_material(study, lambda segments: _embedded_by(study, segments, study.tuning / "plain", None))
    folds = list(outer_folds(plain, study.params.evaluate))
    seen = []
    for number, (rows, _) in enumerate(folds, 1):
        show.note(f"Fine-tuning for fold {number} of {len(folds)}, on {len(rows)} coded segments.")
        seen.append(_as_tuned_on(study, plain, rows))
    return plain, seen


def is_tuned(study: "Study") -> bool:
    """Tell whether the exported encoder was fine-tuned on this study's codings."""
    from pipeline.encoder import TUNED
    from pipeline.store import need, read_json

    return TUNED in read_json(need(study.encoder / "encoder.json", "Run: comb encoder."))


def untuned_material(study: "Study", command: str) -> "Material":
    """Give what holding segments out may start from; an error where the encoder has seen the codes of all."""
    if is_tuned(study):
        raise BadParamsError(
            f"comb {command} needs an encoder that was not fine-tuned on the codings it holds out",
            where="configs/params.yaml, tune.epochs",
            remedy="Set tune.epochs: 0 and run: dvc repro.",
        )
    return study_material(study)


def _as_tuned_on(study: "Study", material: "Material", rows: "NDArray[np.intp]") -> "Material":
    """Give the material embedded by an encoder that was fine-tuned on some rows; made once and kept."""
    from pipeline.head import Inputs

    task = _task(study, material, rows)
    folder, model = study.tuning / f"{task.digest}-encoder", study.tuning / f"{task.digest}-model"
    if not (folder / "encoder.json").exists():
        _tune(study, task, model)
    embeddings = _embedded_by(study, material.segments, folder, model)
    shutil.rmtree(model, ignore_errors=True)
    return replace(material, inputs=Inputs.of(material.segments, embeddings))


def _tune(study: "Study", task: "Task", out: Path) -> None:
    from pipeline.encoder.tune import tune

    with show.progress("Fine-tuning", task.steps) as advance:
        tune(task, out, study.tuning / task.digest, advance)


def _task(study: "Study", material: "Material", rows: "NDArray[np.intp]") -> "Task":
    import numpy as np

    from pipeline.encoder import find_model
    from pipeline.encoder.tune import Task

    params, targets = study.params, material.targets[rows]
    if material.exclusive and not targets.any(axis=1).all():
        targets = np.column_stack([targets, ~targets.any(axis=1)]).astype(np.int8)
    segments = [material.segments[row] for row in rows]
    return Task(
        find_model(params.encoder), segments, targets, material.exclusive, params.encoder.max_tokens, params.tune
    )


def _embedded_by(study: "Study", segments: "Sequence[Segment]", folder: Path, model: Path | None) -> "Embeddings":
    """Give embeddings by the encoder in a folder, exported first where it is not there."""
    from pipeline.embed import OnnxEncoder
    from pipeline.encoder import export_encoder

    if not (folder / "encoder.json").exists():
        export_encoder(study.params.encoder, folder, model)
    return all_embedded(study, segments, OnnxEncoder(folder, study.params.embed.batch_tokens))


def _nothing(segments: "Sequence[Segment]") -> "Embeddings":
    """Give embeddings without dimensions: fine-tuning begins before there are any."""
    import numpy as np

    return np.zeros((len(segments), 1, 0), np.float32)
