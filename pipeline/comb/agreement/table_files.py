"""Unit tables as files: CSV of any dialect and .xlsx, with or without a header, read row by row."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from comb.agreement.spelling import MISSING_MARKS
from comb.errors import BadInputError
from comb.study.csv_files import decode_table
from comb.transcripts.file_safety import read_bytes
from comb.transcripts.sheets import Sheet, read_book

DELIMITERS = ",;\t|"
SAMPLE = 200
"""Number of rows from which the shape of a table is recognised."""
TITLE_ROWS = 10
"""Most rows with a title or remark above the header."""
LARGEST = 512 * 1024 * 1024
"""Most bytes of one table."""
_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)?")
_ROW_NUMBERS = re.compile(r"Unnamed: \d+|\.\.\.\d+")
"""What pandas and readr call the column of row numbers, which has no name."""
_OTHERS = {b"$FL2": "an SPSS file", b"$FL3": "an SPSS file", b"%PDF": "a PDF"}
"""How files begin that contain tables but are not read."""
Row = tuple[int, list[str]]
"""A row's number, as shown in a spreadsheet, and its cells."""


@dataclass(frozen=True)
class TableFile:
    """An open table: its columns, its first rows, and access to all rows."""

    name: str
    header: tuple[str, ...]
    """Names of the columns; empty if the table has no header."""
    width: int
    sample: tuple[list[str], ...]
    text: str
    """The text of a delimited file."""
    delimiter: str
    workbook: tuple[Row, ...] = ()
    above: int = 0
    """Rows above the header, or above the first row of answers."""
    sheet: str = ""
    """The sheet's name, if several sheets of a workbook are read."""
    left_out: tuple[str, ...] = ()
    """Sheets of the workbook that are not read."""
    marks: frozenset[str] = MISSING_MARKS
    """What stands for a missing answer (casefolded)."""

    @property
    def stem(self) -> str:
        """The file's name without its suffix, or the name of the sheet."""
        return self.sheet or self.name.rsplit(".", 1)[0]

    @property
    def blank(self) -> frozenset[str]:
        """Marks for a missing answer, and the empty cell."""
        return self.marks | {""}

    def rows(self) -> Iterator[Row]:
        """Yield the rows below the header that are not blank. Raises BadInputError for a row with too many cells."""
        lines = iter(self.workbook) if self.workbook else _lines(self.text, self.delimiter, self.name)
        skipped = self.above + bool(self.header)
        for number, cells in lines:
            if not any(cell.strip() for cell in cells):
                continue
            if skipped:
                skipped -= 1
                continue
            if len(cells) > self.width and any(cell.strip() for cell in cells[self.width :]):
                what = f"{len(cells)} cells, but the table has {self.width} columns"
                remedy = "Put text that contains the delimiter in double quotes."
                raise BadInputError(what, where=f"{self.name}, row {number}", remedy=remedy)
            yield number, cells + [""] * (self.width - len(cells))


def open_tables(path: Path) -> list[TableFile]:
    """Open the table of a file, or those of the sheets that have the same columns as its first table.

    Raises BadInputError for a file that is not a table.
    """
    data = read_bytes(path)
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return _of_workbook(data, path.name)
    if data[:4] in _OTHERS:
        remedy = "Save the table as .csv or .xlsx."
        raise BadInputError(f"{_OTHERS[data[:4]]}, not a table", where=path.name, remedy=remedy)
    if len(data) > LARGEST:
        what = f"more than {LARGEST // 1024**2} MB"
        raise BadInputError(what, where=path.name, remedy="Split the table by units.")
    text = decode_table(data, path.name)
    delimiter = ""
    if text.lower().startswith("sep=") and text[4:5] in DELIMITERS:
        delimiter, text = text[4], text.partition("\n")[2]
    delimiter = delimiter or _delimiter(text)
    most = SAMPLE + TITLE_ROWS + 1
    sample = [row for _, row in zip(range(most), _filled(text, delimiter, path.name), strict=False)]
    return [_opened(path.name, sample, text, delimiter, ())]


def _of_workbook(data: bytes, name: str) -> list[TableFile]:
    sheets = [sheet for sheet in read_book(data, name).sheets if sheet.rows]
    tables = [sheet for sheet in sheets if len(sheet.rows) > 1 and max(len(_cells(row)) for _, row in sheet.rows) > 1]
    tables = tables or sheets[:1]
    opened = [_of_sheet(sheet, name, several=len(tables) > 1) for sheet in tables]
    if not opened:
        raise BadInputError("the table is empty", where=name, remedy="Give a table with a header and rows.")
    columns = _columns(opened[0])
    read = [table for table in opened if _columns(table) == columns]
    names = [table.sheet for table in read]
    left_out = tuple(sheet.name for sheet in sheets if sheet.name not in names) if len(sheets) > 1 else ()
    left_out = left_out if len(tables) > 1 else tuple(sheet.name for sheet in sheets if sheet not in tables)
    first = replace(read[0], left_out=left_out, sheet=read[0].sheet if len(read) > 1 else "")
    return [first, *read[1:]]


def _of_sheet(sheet: Sheet, name: str, *, several: bool) -> TableFile:
    where = f"{name}, sheet {sheet.name!r}" if several else name
    rows = tuple(sheet.rows)
    return replace(_opened(where, rows, "", "", rows), sheet=sheet.name if several else "")


def _columns(table: TableFile) -> frozenset[str]:
    return frozenset(name.casefold() for name in table.header if name)


def _cells(row: Sequence[str]) -> list[str]:
    return [cell for cell in row if cell.strip()]


def _filled(text: str, delimiter: str, where: str) -> Iterator[Row]:
    return (row for row in _lines(text, delimiter, where) if _cells(row[1]))


def _opened(name: str, rows: Sequence[Row], text: str, delimiter: str, workbook: tuple[Row, ...]) -> TableFile:
    if not rows:
        raise BadInputError("the table is empty", where=name, remedy="Give a table with a header and rows.")
    above = _above(rows)
    width = max(len(row) for _, row in rows[above:]) if workbook else len(rows[above][1])
    first, rest = rows[above][1], [cells for _, cells in rows[above + 1 : above + SAMPLE + 1]]
    if not rest:
        raise BadInputError("the table has one row", where=name, remedy="Give a header and a row per unit below it.")
    if _is_header(first, rest):
        names = (cell.strip() for cell in (*first, *[""] * (width - len(first))))
        header = tuple("" if _ROW_NUMBERS.fullmatch(name) else name for name in names)
        return TableFile(name, header, width, tuple(rest), text, delimiter, workbook, above)
    return TableFile(name, (), width, (first, *rest), text, delimiter, workbook, above)


def _above(rows: Sequence[Row]) -> int:
    """Count the rows with a title: words in one cell only, that do not occur below, above rows with more cells."""
    for at, (_, row) in enumerate(rows[: TITLE_ROWS + 1]):
        cells = _cells(row)
        if len(cells) != 1:
            return at
        if _NUMBER.fullmatch(cells[0].strip()) or not row[0].strip():
            return 0
        if any(cells[0] in other for _, other in rows[at + 1 : SAMPLE]):
            return 0
    return 0


def _is_header(first: Sequence[str], rest: Sequence[Sequence[str]]) -> bool:
    """Return whether a first row is a header and not answers: numbers, or what occurs in the rows below."""
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
    r"""Choose the delimiter that parts most rows into as many cells as one another, then the one with most columns.

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
    usual = max(widths, key=lambda width: (widths.count(width), width))
    return usual > 1, widths.count(usual) / len(widths), usual
