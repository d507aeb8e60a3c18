"""The interface of opinions. Each opinion judges segments in its own way; the stacker combines those of a study.

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
"""Arrays by name, as which a fitted opinion is stored."""


@dataclass(frozen=True)
class Task:
    """The task for which a classifier is fitted."""

    codes: tuple[str, ...]
    """(K,): the codes; if they exclude each other and some segments have none, ``NO_CODE`` is the last."""
    exclusive: bool
    seed: int = 1


class Judge(Protocol):
    """A fitted opinion."""

    def __call__(self, inputs: Inputs, rows: Rows) -> Floats:
        """Return a logit (len(rows), K) for each code: NaN where the opinion cannot judge."""
        ...

    def parts(self) -> Parts:
        """Return its content, as plain arrays of numbers or of text."""
        ...


class Opinion(Protocol):
    """A way of judging segments, not fitted yet."""

    @property
    def name(self) -> str:
        """Its name in files and records."""
        ...

    @property
    def weight(self) -> float:
        """The weight that the stacker expects for its logits before it has seen a segment; 0 if none is expected."""
        ...

    @property
    def must_earn(self) -> bool:
        """Whether it is joined only if it improves predictions for held-out transcripts: see ``worth.earned``."""
        ...

    def can_judge(self, inputs: Inputs, task: Task) -> bool:
        """Return whether the study has the data that this opinion needs."""
        ...

    def fit(self, inputs: Inputs, rows: Rows, answers: Codes, task: Task) -> Judge:
        """Fit on some rows of the inputs and their answers (len(rows), K), each 0 or 1."""
        ...

    def restore(self, parts: Mapping[str, NDArray[Any]]) -> Judge:
        """Return the judge that was stored as these parts."""
        ...
