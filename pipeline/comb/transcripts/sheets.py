"""Read the rows of delimited files and workbooks, with cells as displayed; the header is found later."""

import datetime
import io
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from comb.errors import BadInputError
from comb.study.csv_files import numbered_rows
from comb.transcripts.encoding import decode
from comb.transcripts.file_safety import check_office, refusing, tidy

MAX_CELLS = 4_000_000
MAX_TEXT = 48 * 1024 * 1024
"""Most bytes of a delimited table, and most characters of any table."""
_WORKBOOK = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_LITERAL = r'(?:"[^"]*"|\\.|[-_ ()/:])*'
_DIGITS = re.compile(
    rf"(?P<before>{_LITERAL})(?P<thousands>#,##)?(?P<whole>#*0+)(?P<part>\.0+)?"
    r'(?P<after>(?:"[^"]*"|\\.|[-_ ()/:%])*)'
)
"""Number formats of digits and literal text, such as ``000``, ``0.00``, ``"P"00`` or ``0%``."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of a sheet that are not blank, each with its number as a spreadsheet shows it."""

    name: str
    """``""`` for a delimited file."""
    rows: list[tuple[int, list[str]]]


@dataclass(frozen=True, slots=True)
class Book:
    """The visible sheets of a file, in order, and the names of the hidden ones."""

    sheets: tuple[Sheet, ...]
    hidden: tuple[str, ...] = ()


def read_book(data: bytes, where: str, decoder: Callable[[bytes, str], str] = decode) -> Book:
    """Read .xlsx, or any delimited text as a book of one sheet.

    Raises BadInputError for a broken file, or one that is too large for memory.
    """
    if data.startswith(_WORKBOOK):
        return _workbook(data, where)
    if len(data) > MAX_TEXT:
        raise _too_large(where)
    return Book((Sheet("", _filled(numbered_rows(decoder(data, where), where), where)),))


def _filled(rows: Iterable[tuple[int, list[str]]], where: str) -> list[tuple[int, list[str]]]:
    return [(number, row) for number, row in _bounded(rows, where) if any(cell.strip() for cell in row)]


def _bounded(rows: Iterable[tuple[int, list[str]]], where: str) -> Iterator[tuple[int, list[str]]]:
    """Yield rows with numbers. Raises BadInputError before there is more in them than memory is meant for."""
    cells = characters = 0
    for number, row in rows:
        cells += len(row)
        characters += sum(map(len, row))
        if cells > MAX_CELLS or characters > MAX_TEXT:
            raise _too_large(f"{where}, row {number}")
        yield number, row


def _too_large(where: str) -> BadInputError:
    what = f"more than {MAX_CELLS // 10**6} million cells or {MAX_TEXT // 1024**2} MB of text"
    return BadInputError(what, where=where, remedy="Split the table, and delete empty rows and columns.")


def _workbook(data: bytes, where: str) -> Book:
    import openpyxl

    check_office(data, ".xlsx", where)
    with refusing(".xlsx", where), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl says what it drops on writing; nothing is written here
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        visible = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        hidden = tuple(sheet.title for sheet in book.worksheets if sheet.sheet_state != "visible")
        return Book(tuple(Sheet(sheet.title, _filled(enumerate(_rows(sheet), 1), where)) for sheet in visible), hidden)


def _rows(sheet: Any) -> Iterator[list[str]]:
    sheet.reset_dimensions()  # some programs write a wrong size, and rows beyond it would be lost
    for row in sheet.iter_rows():
        yield [display(cell.value, cell.number_format if _is_number(cell.value) else "General") for cell in row]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def display(value: object, look: str = "General") -> str:
    """Return a cell as the spreadsheet shows it, dates and times in ISO form.

    >>> display(3.0), display(None), display(datetime.datetime(2024, 3, 1)), display(7, "000"), display(True)
    ('3', '', '2024-03-01', '007', 'TRUE')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        return _number(value, look)
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(sep=" ")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return tidy(str(value))


def _number(value: float, look: str) -> str:
    """Return a number in a format that has digits and literal text only; in any other, in its shortest form."""
    match = _DIGITS.fullmatch(look.split(";")[0])
    if match is None or look == "0":
        return format(value, ".15g")
    scaled = value * 100 if "%" in match["after"] else value
    width = match["whole"].count("0") + len(match["part"] or "") + (scaled < 0)
    comma = "," if match["thousands"] else ""
    digits = format(scaled, f"0{width}{comma}.{max(len(match['part'] or '') - 1, 0)}f")
    return _literal(match["before"]) + digits + _literal(match["after"])


def _literal(text: str) -> str:
    return re.sub(r'"([^"]*)"|\\(.)|_.', lambda match: match[1] or match[2] or "", text)


def names_of(header: Sequence[str]) -> int:
    """Count the cells of a row that are not blank."""
    return sum(bool(cell.strip()) for cell in header)
