"""Encoders for evaluating a fine-tuned one: none has seen a code of the segments on which it is evaluated."""

import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from comb.errors import NotReadyError
from comb.learning.dataset import Dataset
from comb.stages.listener import Listener
from comb.stages.loading import all_embedded, read_dataset, tuned_on
from comb.stages.tune import make_task, run_task, without_embeddings
from comb.study.atomic import together
from comb.study.layout import Study

if TYPE_CHECKING:
    from comb.encoder.finetune import Task


def evaluation_datasets(study: Study, listener: Listener) -> tuple[Dataset, list[Dataset]]:
    """Return the dataset for ``evaluate`` and, if the encoder is fine-tuned, the dataset for each fold.

    The former is then embedded by the encoder before fine-tuning, for comparison, and the latter by encoders that were
    fine-tuned on the training part of each fold. Raises NotReadyError if the encoder does not match the params.
    """
    from comb.evaluation.cross_validation import outer_folds

    if not study.params.tune.epochs:
        _check_tuned_on(study, "")
        return read_dataset(study, listener), []
    before = read_dataset(study, listener, without_embeddings)
    _check_tuned_on(study, make_task(study, before, before.rows).digest)
    folds = list(outer_folds(before, study.params.evaluate))
    tasks = [make_task(study, before, rows) for rows, _ in folds]
    _forget_all_but(study, [task.digest for task in tasks])
    seen = []
    for number, task in enumerate(tasks, 1):
        listener.note(f"Fine-tuning for fold {number} of {len(folds)}, on {len(task.segments)} coded segments.")
        model = _tuned_model(study, task, listener)
        seen.append(_embedded_by(study, before, _folder(study, task.digest), model, listener))
    return _embedded_by(study, before, _folder(study, "plain"), None, listener), seen


def _check_tuned_on(study: Study, digest: str) -> None:
    if tuned_on(study) != digest:
        what = "the encoder is not fine-tuned as params and codings say"
        raise NotReadyError(what, where=str(study.encoder), remedy="Run: dvc repro.")


def _forget_all_but(study: Study, digests: Sequence[str]) -> None:
    """Delete what earlier evaluations and interrupted runs left: it has learned from codings that may be gone."""
    for path in study.tuning.glob("*") if study.tuning.is_dir() else ():
        if not path.name.startswith(("plain", *digests)):
            shutil.rmtree(path)


def _tuned_model(study: Study, task: "Task", listener: Listener) -> Path:
    """Return the folder of the fine-tuned model, which need not exist where its encoder does."""
    model = study.tuning / f"{task.digest}-model"
    if not any(path.exists() for path in (_folder(study, task.digest), model)):
        run_task(study, task, model, listener)
    return model


def _folder(study: Study, model: str) -> Path:
    """Return the folder of an encoder, named after its model and how it was exported."""
    from comb.encoder.model_files import check_model, find_model

    params = study.params.encoder
    exported = params.model_dump_json(exclude={"download"}) + check_model(find_model(params))
    return study.tuning / f"{model}-{hashlib.sha256(exported.encode()).hexdigest()[:8]}"


def _embedded_by(study: Study, dataset: Dataset, folder: Path, model: Path | None, listener: Listener) -> Dataset:
    """Return the dataset embedded by the encoder in a folder, which is exported first if it does not exist."""
    from comb.encoder.embed import FACTS, OnnxEncoder
    from comb.encoder.export import export_encoder
    from comb.learning.features import Inputs

    if not (folder / FACTS).exists():
        with together(study.root):
            export_encoder(study.params.encoder, folder, model)
    if model:
        shutil.rmtree(model, ignore_errors=True)
    encoder = OnnxEncoder(folder, study.params.embed.batch_tokens)
    embeddings = all_embedded(study, dataset.segments, encoder, listener)
    return replace(dataset, inputs=Inputs.of(dataset.segments, embeddings, outside=dataset.inputs.outside))
