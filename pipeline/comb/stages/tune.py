"""Fine-tune the encoder on the codings, if the params ask for it."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from comb.errors import BadParamsError
from comb.records import Segment
from comb.stages.listener import Listener
from comb.stages.loading import read_dataset, tuned_on
from comb.study.files import write_json
from comb.study.layout import Study

if TYPE_CHECKING:
    from comb.encoder.embed import Embeddings
    from comb.encoder.finetune import Task
    from comb.learning.dataset import Dataset


def tune(study: Study, listener: Listener) -> None:
    """Fine-tune the encoder; if ``tune.epochs`` is 0, remove the results of an earlier fine-tuning."""
    if not study.params.tune.epochs:
        for folder in (study.tuned, study.tuning):
            shutil.rmtree(folder, ignore_errors=True)
        write_json(study.tuned / "tuned.json", {"digest": "", "segments": 0})
        listener.note("The encoder stays as it is: tune.epochs is 0.")
        return
    dataset = read_dataset(study, listener, without_embeddings)
    task = make_task(study, dataset, dataset.rows)
    listener.note(f"Fine-tuning on {len(task.segments)} coded segments. If interrupted, it resumes when run again.")
    run_task(study, task, study.tuned, listener)


def untuned_dataset(study: Study, command: str, listener: Listener) -> "Dataset":
    """Return a dataset for holding out segments.

    Raises BadParamsError if the encoder was fine-tuned on the codes of all segments.
    """
    if study.params.tune.epochs or tuned_on(study):
        raise BadParamsError(
            f"comb {command} needs an encoder that was not fine-tuned on the codings it holds out",
            where="configs/params.yaml, tune.epochs",
            remedy="Set tune.epochs: 0 and run: dvc repro.",
        )
    return read_dataset(study, listener)


def make_task(study: Study, dataset: "Dataset", rows: NDArray[np.intp]) -> "Task":
    """Return the training data for the encoder: these rows of the dataset, with their codes."""
    from comb.encoder.finetune import Task
    from comb.encoder.model_files import check_model, find_model, prompt

    params, targets = study.params, dataset.targets[rows]
    if dataset.exclusive and not targets.any(axis=1).all():
        targets = np.column_stack([targets, ~targets.any(axis=1)]).astype(np.int8)
    segments = [dataset.segments[row] for row in rows]
    if not params.embed.context:
        segments = [replace(segment, context="") for segment in segments]
    source = find_model(params.encoder)
    check_model(source, params.encoder.model)
    return Task(
        params.encoder.model,
        source,
        segments,
        targets,
        dataset.exclusive,
        params.encoder.max_tokens,
        params.tune,
        prompt(source, params.encoder),
    )


def run_task(study: Study, task: "Task", out: Path, listener: Listener) -> None:
    """Fine-tune on a task, resuming where an earlier run was interrupted."""
    from comb.encoder.finetune import tune as finetune

    with listener.progress("Fine-tuning", task.steps) as advance:
        finetune(task, out, study.tuning / task.digest, advance)


def without_embeddings(segments: Sequence[Segment]) -> "Embeddings":
    """Return embeddings without dimensions, because fine-tuning begins before there are any."""
    from comb.encoder.embed import LAYERS

    return np.zeros((len(segments), LAYERS, 0), np.float32)
