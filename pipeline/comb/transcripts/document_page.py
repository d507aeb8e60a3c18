"""Canonical text and turns of a document whose paragraphs and tables a reader adds one by one."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from comb.records import Turn
from comb.study.params import RoleParams
from comb.transcripts.code_column import HEADERS, find_code_column
from comb.transcripts.columns import find_layout, match_header, read_rows_as_turns
from comb.transcripts.speaker_labels import Line
from comb.transcripts.table import column_key, refuse_codings
from comb.transcripts.turns import parse_turns


@dataclass(frozen=True, slots=True)
class CodedRow:
    """The codes of a table row, and the stretch ``[start, end)`` of the canonical text beside them."""

    start: int
    end: int
    codes: str


@dataclass(slots=True)
class Page:
    """The canonical text as it grows, with facts about its lines."""

    roles: RoleParams
    parts: list[str] = field(default_factory=list)
    length: int = 0
    lines: list[Line] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    coded: list[CodedRow] = field(default_factory=list)
    """Rows of tables with codes beside the words."""
    has_codes: bool = False
    headers: list[Sequence[str]] = field(default_factory=list)
    """The first rows of tables."""

    @property
    def text(self) -> str:
        """The canonical text so far."""
        return "".join(self.parts).removesuffix("\n")

    def add(self, text: str) -> int:
        """Add text and return where it starts."""
        start = self.length
        self.parts.append(text)
        self.length += len(text)
        return start

    def add_paragraph(self, text: str, bold: int = 0, *, heading: bool = False) -> None:
        """Add the lines of a paragraph, whose first ``bold`` characters are in bold print."""
        at = self.add(text + "\n")
        for line in text.split("\n"):
            self.lines.append(Line(at, at + len(line), max(0, min(bold, len(line))), heading))
            at += len(line) + 1
            bold -= len(line) + 1

    def add_table(self, rows: Sequence[Sequence[str]]) -> None:
        """Add the rows of a table, with tabs between cells, as turns if its columns are speaker and text.

        A column of codes is not text and is kept separately.
        """
        self.headers += rows[:1]
        column = find_code_column(rows)
        if column is not None:
            self._add_coded(rows, column)
            return
        self._add_words(rows)

    def _add_words(self, rows: Sequence[Sequence[str]]) -> None:
        layout = find_layout(rows)
        starts = [self.add("\t".join(row) + "\n") for row in rows]
        if layout is not None:
            self.turns += read_rows_as_turns(rows, starts, layout, self.roles)
            return
        for row, start in zip(rows, starts, strict=True):
            at = start
            for line in "\t".join(row).split("\n"):
                self.lines.append(Line(at, at + len(line)))
                at += len(line) + 1

    def _add_coded(self, rows: Sequence[Sequence[str]], column: int) -> None:
        self.has_codes = True
        named = column_key(rows[0][column]) in HEADERS
        words = [[*row[:column], *row[column + 1 :]] for row in rows]
        first = 1 if named and match_header(words[0]) is None else 0
        at, places = self.length, []
        for row in words[first:]:
            places.append((at, at + len("\t".join(row))))
            at = places[-1][1] + 1
        self._add_words(words[first:])
        codes = [row[column].strip() for row in rows[first:]]
        self.coded += [CodedRow(*place, code) for place, code in zip(places, codes, strict=True) if code]

    def all_turns(self, where: str) -> tuple[Turn, ...]:
        """Return the turns of tables and, by their labels, of the paragraphs.

        Raises BadInputError if a table is one of coded quotes.
        """
        for header in self.headers:
            refuse_codings(header, where)
        if not self.turns:
            return parse_turns(self.text, self.roles, where, self.lines)
        return tuple(sorted((*self.turns, *self._outside_tables(where)), key=lambda turn: turn.start))

    def _outside_tables(self, where: str) -> list[Turn]:
        """Find the turns beside tables; a paragraph without label is a heading there, not a participant's words."""
        stretches: list[list[Line]] = [[]]
        borders = iter(sorted(turn.start for turn in self.turns))
        border = next(borders, None)
        for line in self.lines:
            while border is not None and line.start > border:
                border = next(borders, None)
                stretches.append([])
            stretches[-1].append(line)
        text = self.text
        return [turn for stretch in stretches for turn in parse_turns(text, self.roles, where, stretch, alone=False)]
