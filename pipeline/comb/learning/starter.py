"""The starter as the model of a study of COM-B in which nobody has coded anything yet.

Shapes: K codes.
"""

from collections.abc import Mapping

import numpy as np

from comb.learning.artifact import Model
from comb.learning.classifier import Classifier
from comb.learning.opinions.protocol import Judge
from comb.learning.opinions.starter import StarterJudge
from comb.learning.shipped_starter import DIGEST, Starter
from comb.learning.stacker import Stacker

MARK = "starter"
"""Prefix of the starter's digest in the column for the model."""


def starter_model(starter: Starter, known: Mapping[str, str], encoder: str, dimension: int, level: str) -> Model:
    """Return a model for a study without codings. ``known`` maps each of the study's codes to the starter's."""
    k, columns = len(known), [starter.codes.index(code) for code in known.values()]
    as_it_is = Stacker(np.ones(1), np.zeros((1, k)), np.repeat([[1.0], [0.0]], k, axis=1), np.zeros(k))
    judges: dict[str, Judge] = {"starter": StarterJudge(tuple(known.values()), DIGEST)}
    thresholds = starter.thresholds[columns]
    return Model(
        id=f"{MARK} {DIGEST[:8]}",
        encoder=encoder,
        level=level,
        codes=Classifier(tuple(known), False, judges, as_it_is, thresholds, np.zeros((0, k))),
        valence=None,
        examples=(),
        example_embeddings=np.zeros((0, dimension), np.float32),
        withheld={},
    )


def is_starter(model: str) -> bool:
    """Return whether a model's id is that of the starter, which has learned nothing from the study."""
    return model.split(" ", 1)[0] == MARK
