"""What every opinion offers. An opinion judges segments in its own way; the stacker joins all that a study has.

Shapes: N segments, K codes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from comb.codings.alignment import Codes
from comb.learning.features import Inputs
from comb.learning.thresholds import Floats

Rows = NDArray[np.intp]
Parts = dict[str, NDArray[Any]]
"""Arrays by name: what a fitted opinion is stored as."""


@dataclass(frozen=True)
class Task:
    """What a classifier is fitted for."""

    codes: tuple[str, ...]
    """(K,): the codes; where they exclude each other and some segments have none, ``NO_CODE`` is the last."""
    exclusive: bool
    seed: int = 1


class Judge(Protocol):
    """A fitted opinion."""

    def __call__(self, inputs: Inputs, rows: Rows) -> Floats:
        """Return a logit (len(rows), K) for each code: NaN where the opinion cannot judge."""
        ...

    def parts(self) -> Parts:
        """Return all that it consists of, as plain arrays of numbers or of text."""
        ...


class Opinion(Protocol):
    """A way of judging segments, not fitted yet."""

    @property
    def name(self) -> str:
        """What it is called in files and records."""
        ...

    @property
    def weight(self) -> float:
        """What the stacker expects its logits to count before it has seen a segment; 0 where that is open."""
        ...

    @property
    def must_earn(self) -> bool:
        """Whether it is joined only if it improves predictions for held-out transcripts: see ``worth.earned``."""
        ...

    def can_judge(self, inputs: Inputs, task: Task) -> bool:
        """Return whether the study has what this opinion needs."""
        ...

    def fit(self, inputs: Inputs, rows: Rows, answers: Codes, task: Task) -> Judge:
        """Learn from some rows of the inputs and their answers (len(rows), K), each 0 or 1."""
        ...

    def restore(self, parts: Mapping[str, NDArray[Any]]) -> Judge:
        """Return the judge that was stored as these parts."""
        ...
