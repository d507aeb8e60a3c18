"""A person's corrections to a table of codings before it is read: cells of rows, places of quotes, names of codes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from comb.codings.code_labels import SEPARATORS
from comb.codings.problems import Passage
from comb.codings.table_columns import CodingColumns


@dataclass(frozen=True)
class Amendment:
    """Corrections of one row."""

    cells: Mapping[str, str] = field(default_factory=dict)
    """By kind of column (``quote``, ``transcript``, ``code``, ...): the new content of the cell."""
    passage: Passage | None = None
    """The place of the quote, whatever its words are."""


@dataclass(frozen=True)
class Amendments:
    """Corrections of one table."""

    rows: Mapping[int, Amendment] = field(default_factory=dict)
    """By number of the row."""
    codes: Mapping[str, str] = field(default_factory=dict)
    """By code as written in the table: the code that is meant, in every row."""
    transcripts: Mapping[str, str] = field(default_factory=dict)
    """By name of a transcript as written in the table: the transcript that is meant."""
    left_out: frozenset[int] = frozenset()
    """Rows that are not read at all."""
    to_correct: frozenset[int] = frozenset()
    """Rows that, if they cannot be read, wait in ``data/to-correct`` while the others are imported."""

    def apply(
        self, rows: Iterable[tuple[int, list[str]]], header: Sequence[str], columns: CodingColumns
    ) -> list[tuple[int, list[str]]]:
        """Return the rows with the corrections made."""
        kept = (row for row in rows if row[0] not in self.left_out)
        return [(number, self._amended(number, cells, header, columns)) for number, cells in kept]

    def _amended(self, number: int, cells: list[str], header: Sequence[str], columns: CodingColumns) -> list[str]:
        own = self.rows.get(number, Amendment()).cells
        places = {kind: header.index(getattr(columns, kind)) for kind in _KINDS if getattr(columns, kind)}
        cells = [*cells, *[""] * (len(header) - len(cells))]
        for kind, at in places.items():
            cells[at] = own.get(kind, cells[at])
        for kind, meant in (("code", self._codes), ("transcript", self._transcript)):
            if kind in places:
                cells[places[kind]] = meant(cells[places[kind]])
        return cells

    def _codes(self, cell: str) -> str:
        """Replace codes of a cell that may contain several; a cell in which nothing is replaced stays as it is."""
        if cell.strip() in self.codes:
            return self.codes[cell.strip()]
        parts = [part.strip() for part in SEPARATORS.split(cell)]
        if not any(part in self.codes for part in parts):
            return cell
        return "; ".join(self.codes.get(part, part) for part in parts if part)

    def _transcript(self, cell: str) -> str:
        return self.transcripts.get(cell.strip(), cell)


_KINDS = ("transcript", "quote", "code", "coder", "valence", "start", "end")
"""The columns that can be corrected."""
AS_IT_IS = Amendments()
"""No corrections."""
