"""Unit tables as files: CSV of any dialect and .xlsx, with or without a header, read row by row."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from comb.errors import BadInputError
from comb.transcripts.encoding import decode
from comb.transcripts.file_safety import read_bytes
from comb.transcripts.table import read_numbered_rows

DELIMITERS = ",;\t|"
SAMPLE = 200
"""Rows that are looked at before it is decided what a table is."""
LARGEST = 512 * 1024 * 1024
"""Bytes of one table."""
_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)?")
Row = tuple[int, list[str]]
"""The row's number as a spreadsheet shows it, and its cells."""


@dataclass(frozen=True)
class TableFile:
    """A table that has been opened: its columns, its first rows, and a way to read all."""

    name: str
    header: tuple[str, ...]
    """Names of the columns; empty where the table has no header."""
    width: int
    sample: tuple[list[str], ...]
    text: str
    """Of a delimited file."""
    delimiter: str
    workbook: tuple[Row, ...] = ()

    @property
    def stem(self) -> str:
        """The name without its suffix."""
        return self.name.rsplit(".", 1)[0]

    def rows(self) -> Iterator[Row]:
        """Yield the rows below the header that are not blank. Raises BadInputError for one that is too wide."""
        lines = iter(self.workbook) if self.workbook else _lines(self.text, self.delimiter, self.name)
        first = bool(self.header)
        for number, cells in lines:
            if not any(cell.strip() for cell in cells):
                continue
            if first:
                first = False
                continue
            if len(cells) > self.width and any(cell.strip() for cell in cells[self.width :]):
                what = f"{len(cells)} cells, but the table has {self.width} columns"
                remedy = "Put text that holds the delimiter in double quotes."
                raise BadInputError(what, where=f"{self.name}, row {number}", remedy=remedy)
            yield number, cells + [""] * (self.width - len(cells))


def open_table(path: Path) -> TableFile:
    """Open a table. Raises BadInputError for a file that is none."""
    data = read_bytes(path)
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        header, numbered = read_numbered_rows(path)
        workbook: list[Row] = [(1, list(header)), *((number, list(row.values())) for number, row in numbered)]
        return _opened(path.name, workbook, "", "", tuple(workbook))
    if len(data) > LARGEST:
        what = f"more than {LARGEST // 1024**2} MB"
        raise BadInputError(what, where=path.name, remedy="Split the table by units.")
    text = decode(data, path.name)
    delimiter = ""
    if text.lower().startswith("sep=") and text[4:5] in DELIMITERS:
        delimiter, text = text[4], text.partition("\n")[2]
    delimiter = delimiter or _delimiter(text)
    sample = [row for _, row in zip(range(SAMPLE + 1), _filled(text, delimiter, path.name), strict=False)]
    return _opened(path.name, sample, text, delimiter, ())


def _filled(text: str, delimiter: str, where: str) -> Iterator[Row]:
    return (row for row in _lines(text, delimiter, where) if any(cell.strip() for cell in row[1]))


def _opened(name: str, rows: Sequence[Row], text: str, delimiter: str, workbook: tuple[Row, ...]) -> TableFile:
    if not rows:
        raise BadInputError("the table is empty", where=name, remedy="Give a table with a header and rows.")
    first, rest = rows[0][1], [cells for _, cells in rows[1 : SAMPLE + 1]]
    if not rest:
        raise BadInputError("the table has one row", where=name, remedy="Give a header and a row per unit below it.")
    if _is_header(first, rest):
        return TableFile(
            name, tuple(cell.strip() for cell in first), len(first), tuple(rest), text, delimiter, workbook
        )
    return TableFile(name, (), len(first), (first, *rest), text, delimiter, workbook)


def _is_header(first: Sequence[str], rest: Sequence[Sequence[str]]) -> bool:
    """Tell a header from a first row of answers: numbers, or what occurs in the rows below."""
    cells = [cell.strip() for cell in first if cell.strip()]
    if all(_NUMBER.fullmatch(cell) for cell in cells):
        return False
    below = {cell.strip() for row in rest for cell in row}
    return not all(_NUMBER.fullmatch(cell) or cell in below for cell in cells)


def _lines(text: str, delimiter: str, where: str) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        yield from enumerate(reader, 1)
    except csv.Error as error:
        what = f"not a table that can be read ({error})"
        remedy = "Look for a double quote that is not closed, or save the table again as CSV."
        raise BadInputError(what, where=f"{where}, line {reader.line_num}", remedy=remedy) from None


def _delimiter(text: str) -> str:
    r"""Choose the delimiter that parts most rows into as many cells as the first, then the one with most columns.

    >>> _delimiter("unit;coder;code\n1;A;1,5\n")
    ';'
    """
    return max(DELIMITERS, key=lambda delimiter: _fit(text[:100_000], delimiter))


def _fit(text: str, delimiter: str) -> tuple[bool, float, int]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        widths = [len(row) for row, _ in zip(reader, range(50), strict=False) if row]
    except csv.Error:
        return False, 0.0, 0
    if not widths:
        return False, 0.0, 0
    return widths[0] > 1, widths.count(widths[0]) / len(widths), widths[0]
