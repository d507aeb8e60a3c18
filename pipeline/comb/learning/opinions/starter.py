"""The opinion of the starter, a model that ships with comb, trained on the example corpus and never on the study."""

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
class StarterJudge:
    """The starter, for the codes of a study."""

    codes: tuple[str, ...]
    """(K,): the starter's code for each of the study's; empty if it has none."""
    digest: str
    """Digest of the starter; another version of comb may ship another one."""

    def __call__(self, inputs: Inputs, rows: Rows) -> Floats:
        """Return logits (len(rows), K): NaN for a code that the starter does not know."""
        from comb.learning.shipped_starter import read_starter

        starter = read_starter(self.digest)
        logits, known = starter.logits(inputs, rows), starter.codes
        found = np.full((len(rows), len(self.codes)), np.nan)
        for k, code in enumerate(self.codes):
            if code:
                found[:, k] = logits[:, known.index(code)]
        return found

    def parts(self) -> Parts:
        """Return the codes, and the digest of the starter."""
        return {"codes": np.array(self.codes, np.str_), "digest": np.array([self.digest], np.str_)}


@dataclass(frozen=True)
class StarterOpinion:
    """The starter, if it fits the study's codes and encoder."""

    name: str = "starter"
    weight: float = 1.0
    must_earn: bool = False

    def can_judge(self, inputs: Inputs, task: Task) -> bool:
        """Return whether the starter knows one of the codes."""
        return not set(task.codes).isdisjoint(inputs.starter)

    def fit(self, inputs: Inputs, rows: Rows, answers: Codes, task: Task) -> StarterJudge:
        """Learn nothing."""
        from comb.learning.shipped_starter import DIGEST

        return StarterJudge(tuple(inputs.starter.get(code, "") for code in task.codes), DIGEST)

    def restore(self, parts: Mapping[str, NDArray[Any]]) -> StarterJudge:
        """Return the judge that was stored as these parts."""
        return StarterJudge(tuple(parts["codes"].tolist()), str(parts["digest"][0]))
