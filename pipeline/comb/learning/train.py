"""Train the heads on hand-coded segments.

Shapes: N segments, K codes.
"""

import numpy as np
from numpy.typing import NDArray

from comb.codings.alignment import USED
from comb.learning.artifact import Example, Model
from comb.learning.classifier import Classifier, fit
from comb.learning.dataset import Material, valence_targets
from comb.learning.thresholds import settle
from comb.study.params import TrainParams

MOST_EXAMPLES = 20_000
"""Most coded segments that suggestions can point to, drawn at random from more; bounds the cost of a suggestion."""


def train(material: Material, params: TrainParams, encoder: str) -> Model:
    """Train a head for the codes, one for valence, and gather the examples that serve as evidence.

    The model has no id yet: its files give it one.
    """
    codes = fit(
        material.inputs,
        material.targets,
        material.rows,
        material.groups,
        material.codes,
        params,
        exclusive=material.exclusive,
    )
    begun = np.flatnonzero(np.isin(material.groups, material.groups[material.rows]))
    if len(material.rows) < len(begun):
        codes = settle(codes, codes.scores(material.inputs, begun))
    coded = np.flatnonzero((material.targets == USED).any(axis=1))
    shown = coded
    if len(coded) > MOST_EXAMPLES:
        shown = np.sort(np.random.default_rng(params.seed).choice(coded, MOST_EXAMPLES, replace=False))
    return Model(
        id="",
        encoder=encoder,
        level=params.level,
        codes=codes,
        valence=_fit_valence(material, params, coded),
        examples=[_example(material, row) for row in shown.tolist()],
        example_embeddings=material.inputs.embeddings[shown, 0].astype(np.float32),
        withheld=dict(material.withheld),
    )


def _fit_valence(material: Material, params: TrainParams, rows: NDArray[np.intp]) -> Classifier | None:
    targets, names = valence_targets(material.valence, rows, params.min_examples)
    if len(names) < 2:
        return None
    return fit(material.inputs, targets, rows, material.groups, names, params, exclusive=True)


def _example(material: Material, row: int) -> Example:
    segment = material.segments[row]
    codes = [name for name, used in zip(material.codes, material.targets[row], strict=True) if used == USED]
    return Example(segment.id, segment.text, "; ".join(codes))
