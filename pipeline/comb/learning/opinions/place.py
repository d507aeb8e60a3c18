"""The opinion of the place in the transcript: interviews follow a guide, which may determine what is talked about when.

It reflects the guide of one study, so it is used only if it improves suggestions there. A short text has no such place.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from comb.codings.alignment import Codes
from comb.learning.features import Inputs
from comb.learning.linear import Linear, fit_logistic
from comb.learning.opinions.protocol import Parts, Rows, Task
from comb.learning.thresholds import Floats


@dataclass(frozen=True)
class PlaceJudge:
    """A fitted logistic regression."""

    linear: Linear

    def __call__(self, inputs: Inputs, rows: Rows) -> Floats:
        """Return logits (len(rows), K): NaN for segments without a place."""
        return self.linear(_bends(inputs.place[rows]))

    def parts(self) -> Parts:
        """Return weights and offset."""
        return self.linear.parts()


@dataclass(frozen=True)
class PlaceOpinion:
    """Logistic regression on the place in the transcript."""

    name: str = "place"
    weight: float = 0.5
    must_earn: bool = True

    def can_judge(self, inputs: Inputs, task: Task) -> bool:
        """Return whether some transcript is long enough."""
        return bool(np.isfinite(inputs.place).any())

    def fit(self, inputs: Inputs, rows: Rows, answers: Codes, task: Task) -> PlaceJudge:
        """Fit on the rows that have a place."""
        placed = np.isfinite(inputs.place[rows])
        features = _bends(inputs.place[rows[placed]])
        return PlaceJudge(fit_logistic(features, answers[placed], exclusive=task.exclusive))

    def restore(self, parts: Mapping[str, NDArray[Any]]) -> PlaceJudge:
        """Return the judge that was stored as these parts."""
        return PlaceJudge(Linear.restore(parts))


def _bends(place: Floats) -> Floats:
    """Return features (N, 3) of places between 0 and 1: a line that may bend at the beginning and at the end."""
    return np.column_stack([place, np.maximum(0.2 - place, 0), np.maximum(place - 0.8, 0)])
