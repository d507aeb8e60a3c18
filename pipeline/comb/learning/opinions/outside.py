"""Opinions from outside: scores of segments from another source, such as a language model.

They are not fitted, and must be made without the study's codings. Such scores are put into ``Inputs.outside`` under a
name; each name is a separate opinion.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from comb.codings.alignment import Codes
from comb.learning.features import Inputs
from comb.learning.opinions.protocol import Parts, Rows, Task
from comb.learning.thresholds import Floats


@dataclass(frozen=True)
class OutsideJudge:
    """Scores under a name, looked up."""

    name: str
    codes: tuple[str, ...]
    """(K,)."""

    def __call__(self, inputs: Inputs, rows: Rows) -> Floats:
        """Return logits (len(rows), K): NaN if there is no score, for a segment or for a code."""
        found = np.full((len(rows), len(self.codes)), np.nan)
        scores = inputs.outside.get(self.name)
        for k, code in enumerate(self.codes):
            if scores is not None and code in scores.codes:
                found[:, k] = scores.logits[rows, scores.codes.index(code)]
        return found

    def parts(self) -> Parts:
        """Return the codes."""
        return {"codes": np.array(self.codes, np.str_)}


@dataclass(frozen=True)
class OutsideOpinion:
    """The scores under a name in the inputs."""

    name: str
    weight: float = 0.5
    must_earn: bool = True

    def can_judge(self, inputs: Inputs, task: Task) -> bool:
        """Return whether there are scores for one of the codes."""
        return self.name in inputs.outside and not set(task.codes).isdisjoint(inputs.outside[self.name].codes)

    def fit(self, inputs: Inputs, rows: Rows, answers: Codes, task: Task) -> OutsideJudge:
        """Learn nothing."""
        return OutsideJudge(self.name, task.codes)

    def restore(self, parts: Mapping[str, NDArray[Any]]) -> OutsideJudge:
        """Return the judge that was stored as these parts."""
        return OutsideJudge(self.name, tuple(parts["codes"].tolist()))
