"""Train the heads on hand-coded segments.

Shapes: N segments, K codes.
"""

import hashlib
import json

import numpy as np
from numpy.typing import NDArray

from comb.codings.alignment import USED
from comb.learning.artifact import Example, Model
from comb.learning.classifier import Classifier, fit
from comb.learning.dataset import Dataset, valence_targets
from comb.study.params import TrainParams

MOST_EXAMPLES = 20_000
"""Most coded segments to which suggestions can point, drawn at random from more; bounds the cost of a suggestion."""


def train(dataset: Dataset, params: TrainParams, encoder: str, version: int) -> Model:
    """Train a head for the codes, one for valence, and keep the examples that serve as evidence.

    ``encoder`` is the id of the encoder, ``version`` that of the algorithm; both are part of the model's id.
    """
    codes = fit(
        dataset.inputs,
        dataset.targets,
        dataset.rows,
        dataset.groups,
        dataset.codes,
        params,
        exclusive=dataset.exclusive,
        weigh=True,
    )
    begun = np.flatnonzero(np.isin(dataset.groups, dataset.groups[dataset.rows]))
    if len(dataset.rows) < len(begun):
        codes = codes.shift_adjusted(codes.predict_proba(dataset.inputs, begun))
    coded = np.flatnonzero((dataset.targets == USED).any(axis=1))
    shown = coded
    if len(coded) > MOST_EXAMPLES:
        shown = np.sort(np.random.default_rng(params.seed).choice(coded, MOST_EXAMPLES, replace=False))
    return Model(
        id=model_id(dataset, params, encoder, version),
        encoder=encoder,
        level=params.level,
        codes=codes,
        valence=_fit_valence(dataset, params, coded),
        examples=[_example(dataset, row) for row in shown.tolist()],
        example_embeddings=dataset.inputs.embeddings[shown, 0].astype(np.float32),
        withheld=dict(dataset.withheld),
    )


def model_id(dataset: Dataset, params: TrainParams, encoder: str, version: int) -> str:
    """Return the hash of a model's inputs, the same on every machine: not of embeddings, but of their texts.

    Transcripts without codings do not count.
    """
    begun = np.flatnonzero(np.isin(dataset.groups, dataset.groups[dataset.rows]))
    facts = [version, encoder, params.model_dump(mode="json"), dataset.codes, dict(dataset.withheld), dataset.exclusive]
    segments = [dataset.segments[row] for row in begun.tolist()]
    told = [[segment.id, segment.text, segment.context] for segment in segments]
    digest = hashlib.sha256(json.dumps([facts, told]).encode())
    groups = np.unique(dataset.groups[begun], return_inverse=True)[1]
    for array in (dataset.targets[begun], dataset.valence[begun], groups):
        digest.update(np.ascontiguousarray(array, np.int64).tobytes())
    for name, scores in sorted(dataset.inputs.outside.items()):
        digest.update(f"{name} {scores.codes}".encode())
        digest.update(np.ascontiguousarray(scores.logits[begun], np.float64).tobytes())
    return digest.hexdigest()[:16]


def _fit_valence(dataset: Dataset, params: TrainParams, rows: NDArray[np.intp]) -> Classifier | None:
    targets, names = valence_targets(dataset.valence, rows)
    if len(names) < 2:
        return None
    return fit(dataset.inputs, targets, rows, dataset.groups, names, params, exclusive=True)


def _example(dataset: Dataset, row: int) -> Example:
    segment = dataset.segments[row]
    codes = [name for name, used in zip(dataset.codes, dataset.targets[row], strict=True) if used == USED]
    return Example(segment.id, segment.text, "; ".join(codes))
