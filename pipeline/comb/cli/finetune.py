"""``comb tune``, and the encoders by which a fine-tuned one is evaluated: each saw no code of what it is judged on."""

import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from comb.cli import app, find_study
from comb.cli import console as show
from comb.cli.loading import all_embedded, study_material, tuned_on
from comb.errors import BadParamsError, NotReadyError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from comb.encoder.embed import Embeddings
    from comb.encoder.finetune import Task
    from comb.learning.dataset import Material
    from comb.records import Segment
    from comb.study.layout import Study


@app.command("tune")
def tune_command() -> None:
    """Fine-tune the encoder on the codings, where tune.epochs says so (needs the extra "train"; takes minutes).

    Example: comb tune
    """
    from comb.study.files import write_json

    study = find_study()
    if not study.params.tune.epochs:
        for folder in (study.tuned, study.tuning):
            shutil.rmtree(folder, ignore_errors=True)
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
    fine-tuned on the training part of each fold. Raises NotReadyError where the encoder is not what params say.
    """
    from comb.evaluation.cross_validation import outer_folds

    if not study.params.tune.epochs:
        _check_tuned_on(study, "")
        return study_material(study), []
    before = study_material(study, _nothing)
    _check_tuned_on(study, _task(study, before, before.rows).digest)
    folds = list(outer_folds(before, study.params.evaluate))
    tasks = [_task(study, before, rows) for rows, _ in folds]
    _forget_all_but(study, [task.digest for task in tasks])
    seen = []
    for number, task in enumerate(tasks, 1):
        show.note(f"Fine-tuning for fold {number} of {len(folds)}, on {len(task.segments)} coded segments.")
        seen.append(_embedded_by(study, before, _folder(study, task.digest), _tuned_on(study, task)))
    return _embedded_by(study, before, _folder(study, "plain"), None), seen


def untuned_material(study: "Study", command: str) -> "Material":
    """Give what holding segments out may start from; an error where the encoder has seen the codes of all."""
    if study.params.tune.epochs or tuned_on(study):
        raise BadParamsError(
            f"comb {command} needs an encoder that was not fine-tuned on the codings it holds out",
            where="configs/params.yaml, tune.epochs",
            remedy="Set tune.epochs: 0 and run: dvc repro.",
        )
    return study_material(study)


def _check_tuned_on(study: "Study", digest: str) -> None:
    if tuned_on(study) != digest:
        what = "the encoder is not fine-tuned as params and codings say"
        raise NotReadyError(what, where=str(study.encoder), remedy="Run: dvc repro.")


def _forget_all_but(study: "Study", digests: "Sequence[str]") -> None:
    """Delete what earlier evaluations and cut-off runs left: it has learned from codings that may be gone."""
    for path in study.tuning.glob("*") if study.tuning.is_dir() else ():
        if not path.name.startswith(("plain", *digests)):
            shutil.rmtree(path)


def _tuned_on(study: "Study", task: "Task") -> Path:
    """Give the folder of the fine-tuned model, which need not be there where its encoder is."""
    model = study.tuning / f"{task.digest}-model"
    if not any(path.exists() for path in (_folder(study, task.digest), model)):
        _tune(study, task, model)
    return model


def _tune(study: "Study", task: "Task", out: Path) -> None:
    from comb.encoder.finetune import tune

    with show.progress("Fine-tuning", task.steps) as advance:
        tune(task, out, study.tuning / task.digest, advance)


def _task(study: "Study", material: "Material", rows: "NDArray[np.intp]") -> "Task":
    import numpy as np

    from comb.encoder.export import check_model, find_model
    from comb.encoder.finetune import Task

    params, targets = study.params, material.targets[rows]
    if material.exclusive and not targets.any(axis=1).all():
        targets = np.column_stack([targets, ~targets.any(axis=1)]).astype(np.int8)
    segments = [material.segments[row] for row in rows]
    if not params.embed.context:
        segments = [replace(segment, context="") for segment in segments]
    source = find_model(params.encoder)
    check_model(source, params.encoder.model)
    return Task(
        params.encoder.model, source, segments, targets, material.exclusive, params.encoder.max_tokens, params.tune
    )


def _folder(study: "Study", model: str) -> Path:
    """Name the folder of an encoder: of which model, exported how."""
    from comb.encoder.export import check_model, find_model

    params = study.params.encoder
    exported = params.model_dump_json(exclude={"download"}) + check_model(find_model(params))
    return study.tuning / f"{model}-{hashlib.sha256(exported.encode()).hexdigest()[:8]}"


def _embedded_by(study: "Study", material: "Material", folder: Path, model: Path | None) -> "Material":
    """Give the material embedded by the encoder in a folder, exported first where it is not there."""
    from comb.encoder.embed import OnnxEncoder
    from comb.encoder.export import export_encoder
    from comb.learning.classifier import Inputs

    if not folder.exists():
        export_encoder(study.params.encoder, folder, model)
    if model:
        shutil.rmtree(model, ignore_errors=True)
    embeddings = all_embedded(study, material.segments, OnnxEncoder(folder, study.params.embed.batch_tokens))
    return replace(material, inputs=Inputs.of(material.segments, embeddings))


def _nothing(segments: "Sequence[Segment]") -> "Embeddings":
    """Give embeddings without dimensions: fine-tuning begins before there are any."""
    import numpy as np

    from comb.encoder.embed import LAYERS

    return np.zeros((len(segments), LAYERS, 0), np.float32)
