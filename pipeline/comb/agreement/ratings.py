"""Coders' answers for units, from a study's codings or from tables.

Shapes: N units, R coders, K codes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from comb.agreement.coefficients import Floats
from comb.agreement.scales import Scale
from comb.agreement.tallies import MISSING
from comb.errors import BadInputError

NONE = "(none)"
"""The category of an exclusive codebook for "read, and no code"."""
ABSENCE = frozenset({"0", "no", "false", "absent", "n"})
"""Names of a category for "the code does not apply"."""


@dataclass(frozen=True)
class Ratings:
    """Units, coders, codes, and which coder gave which code to which unit."""

    unit: str
    """The kind of unit: segment, turn, transcript, character, or unit (of a table)."""
    units: tuple[str, ...]
    coders: tuple[str, ...]
    codes: tuple[str, ...]
    cells: NDArray[np.int8]
    """(N, R, K): 1 used, 0 judged and not used, -1 not judged."""
    groups: tuple[str, ...]
    """(N,): the transcript of each unit; for tables, the unit itself."""
    sizes: Floats
    """(N,): the weight of each unit: 1, or its number of characters."""
    exclusive: bool
    """Whether a coder gives each unit at most one code, so that codes are categories of one variable."""
    with_none: bool
    """Exclusive codebook: whether "no code" is also a category."""
    valence: NDArray[np.int8] | None = None
    """(N, R): index into ``alignment.VALENCE_NAMES``, -1 where the coder used no code."""
    scale: Scale | None = None
    """Exclusive codebook: the scale of the codes if they are ordered; they are then in that order."""

    @property
    def presence(self) -> int | None:
        """Exclusive: the code whose presence all answers are about; None if there are several such codes."""
        if self.with_none:
            return 0 if len(self.codes) == 1 else None
        absent = [index for index, code in enumerate(self.codes) if code.casefold() in ABSENCE]
        return 1 - absent[0] if len(self.codes) == 2 and len(absent) == 1 else None

    @property
    def categories(self) -> tuple[str, ...]:
        """Names of the categories of an exclusive codebook."""
        return (*self.codes, NONE) if self.with_none else self.codes

    def nominal(self) -> NDArray[np.int8]:
        """Return the one answer of each coder, as a number of a category: (N, R, 1), MISSING if there is none."""
        used = (self.cells == 1).any(axis=2)
        judged = (self.cells >= 0).all(axis=2)
        nothing = len(self.codes) if self.with_none else MISSING
        answer = np.where(used, (self.cells == 1).argmax(axis=2), np.where(judged, nothing, MISSING))
        return answer[..., None].astype(np.int8 if len(self.codes) < 127 else np.int16)

    def of(self, coders: Sequence[str]) -> "Ratings":
        """Keep these coders, in this order."""
        columns = [self.coders.index(name) for name in coders]
        valence = None if self.valence is None else self.valence[:, columns]
        return replace(self, coders=tuple(coders), cells=self.cells[:, columns], valence=valence)

    def where(self, kept: NDArray[np.bool_]) -> "Ratings":
        """Keep the marked units (N,)."""
        return replace(
            self,
            units=tuple(unit for unit, keep in zip(self.units, kept, strict=True) if keep),
            cells=self.cells[kept],
            groups=tuple(name for name, keep in zip(self.groups, kept, strict=True) if keep),
            sizes=self.sizes[kept],
            valence=None if self.valence is None else self.valence[kept],
        )

    def where_all_judged(self) -> "Ratings":
        """Mark units that not every coder judged as missing, so that all are compared on the same units."""
        known = (self.cells >= 0).all(axis=1, keepdims=True)
        return replace(self, cells=np.where(known, self.cells, np.int8(MISSING)))

    def group_numbers(self) -> NDArray[np.intp]:
        """Return the numbers of the groups to draw, (N,): transcripts, or units if there is only one transcript."""
        if len(set(self.groups)) < 2:
            return np.arange(len(self.units))
        order = {name: number for number, name in enumerate(dict.fromkeys(self.groups))}
        return np.array([order[name] for name in self.groups], np.intp)

    @property
    def clustered(self) -> bool:
        """Whether transcripts are drawn, and not single units."""
        return 1 < len(set(self.groups)) < len(self.units)

    def judged(self) -> NDArray[np.bool_]:
        """Mark the units that each coder judged, for at least one code: (N, R)."""
        found: NDArray[np.bool_] = np.greater_equal(self.cells.max(axis=2), 0)
        return found


def require_comparable(ratings: Ratings) -> None:
    """Raise BadInputError, with a remedy, unless two coders judged a unit in common."""
    judged = ratings.judged()
    active = [ratings.coders[index] for index in np.unique(np.nonzero(judged)[1])]
    if len(active) < 2:
        who = f"only coder {active[0]!r} judged anything" if active else "no coder judged anything"
        raise BadInputError(who, remedy="Agreement needs two coders on the same units: add the other's file.")
    if not (judged.sum(axis=1) > 1).any():
        named = ", ".join(repr(name) for name in active)
        raise BadInputError(
            f"coders {named} have no {ratings.unit} in common",
            remedy="Check that both use the same names for units (or transcripts), or have some coded twice.",
        )
