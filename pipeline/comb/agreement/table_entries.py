"""The content of tables cell by cell, before it becomes ratings."""

from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from comb.agreement.spelling import NO_CODE_MARKS
from comb.errors import BadInputError

NOTHING, MISSING, JUDGED = -1, -2, -3
"""Values in place of a code: judged, no code; not judged; judged, with or without codes in other entries."""
USED, UNUSED, BLANKED = 1, 0, -1
"""Values for the code of an entry: given; not given; not judged although the unit was."""
SHOWN = 5
"""Most problems that are listed; the others are counted."""


@dataclass
class Names:
    """Names as written, numbered in the order of their occurrence."""

    number: dict[str, int] = field(default_factory=dict)

    def of(self, name: str) -> int:
        """Return the number of a name, assigning a new one if necessary."""
        return self.number.setdefault(name, len(self.number))


@dataclass
class Entries:
    """One entry for each code that a coder gave, or did not give, to a unit."""

    units: Names = field(default_factory=Names)
    coders: Names = field(default_factory=Names)
    codes: Names = field(default_factory=Names)
    flat: "array[int]" = field(default_factory=lambda: array("i"))
    """Six numbers per entry: unit, coder, code, its value, row and file."""
    marks: frozenset[str] = frozenset()
    """Marks for a missing answer (casefolded)."""
    missing: Counter[str] = field(default_factory=Counter)
    """Marks that were read as a missing answer."""
    problems: list[str] = field(default_factory=list)

    def refuse_problems(self) -> None:
        """Raise BadInputError that lists the problems, if there are any."""
        if self.problems:
            more = f"; and {len(self.problems) - SHOWN} more" if len(self.problems) > SHOWN else ""
            raise BadInputError("; ".join(self.problems[:SHOWN]) + more, remedy="Fix the rows and run again.")

    def add(self, unit: int, coder: int, code: int, said: int, row: int, file: int) -> None:
        """Add an entry."""
        self.flat.extend((unit, coder, code, said, row, file))

    @property
    def columns(self) -> Sequence[NDArray[np.intc]]:
        """The entries as six arrays."""
        return [np.ascontiguousarray(column) for column in np.frombuffer(self.flat, np.intc).reshape(-1, 6).T]

    def add_text(self, unit: int, coder: int, text: str, empty: int, row: int, file: int) -> None:
        """Add the text of a cell: one or more codes separated by ;, "none", or nothing (``empty``)."""
        text = text.strip()
        mark = text.casefold()
        if not text or mark in self.marks or mark in NO_CODE_MARKS:
            if mark in self.marks:
                self.missing[text] += 1
            code = empty if not text else MISSING if mark in self.marks else NOTHING
            self.add(unit, coder, code, UNUSED, row, file)
            return
        for part in filter(None, map(str.strip, text.split(";"))):
            self.add(unit, coder, self.codes.of(part), USED, row, file)
