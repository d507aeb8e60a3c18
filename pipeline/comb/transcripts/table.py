"""Tables, .csv and .xlsx: one row per utterance. Also reads the rows of any table, for ``comb import``."""

import datetime
import io
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from comb.errors import BadInputError
from comb.records import Role, Turn
from comb.study.csv_files import numbered_rows
from comb.study.params import RoleParams
from comb.transcripts.columns import NAMES, Layout, match_header, speaker_of
from comb.transcripts.encoding import decode
from comb.transcripts.file_safety import check_office, read_bytes, refusing, tidy
from comb.transcripts.roles import key
from comb.transcripts.speaker_labels import MAX_CHARS, MAX_WORDS
from comb.transcripts.timestamps import seconds

MAX_CELLS = 4_000_000
MAX_TEXT = 48 * 1024 * 1024
"""Bytes of a delimited table, and characters of any."""
_SEVERAL = ("transcript", "transcript id", "transcript_id", "interview", "interview_id", "session", "session_id")


def read_table(data: bytes, where: str, roles: RoleParams) -> tuple[str, tuple[Turn, ...]]:
    """Read .csv or .xlsx with one row per utterance: a paragraph ``Speaker: text`` and a turn for each row.

    Rows are the researcher's units and are never merged; a row without speaker belongs to the speaker above, a row
    without text is left out. Raises BadInputError where a column is missing or the file is broken.
    """
    header, numbered = _cells(data, where)
    rows = [row for _, row in numbered]
    layout = match_header(header)
    if layout is None:
        raise _missing_column(header, where)
    _refuse_several(header, rows, where)
    return _write(rows, layout, roles, where)


def read_rows(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """Read the rows of any .csv or .xlsx (first sheet): the header, and each row by column name.

    The header is kept as written. Cells of a workbook read as displayed: 3 and not 3.0, dates and times in ISO form,
    empty ``""``. Blank rows and columns without name are left out. Raises BadInputError for a broken file, a column
    name that occurs twice, a row with more cells than the header, and a table too large for memory.
    """
    header, rows = read_numbered_rows(path)
    return header, [row for _, row in rows]


def read_numbered_rows(path: Path) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    """Read rows as ``read_rows`` does, each with its number as a spreadsheet shows it (the header is mostly row 1)."""
    header, rows = _cells(read_bytes(path), path.name)
    return header, [(number, dict(zip(header, row, strict=True))) for number, row in rows]


def _cells(data: bytes, where: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Give the header and the rows, all of one width, without unnamed columns and blank rows."""
    numbered = list(numbered_cells(data, where))
    if not numbered:
        raise BadInputError("the table is empty", where=where, remedy="Give a table with a header and rows.")
    header = numbered[0][1]
    named = [at for at, name in enumerate(header) if name.strip()]
    names = [header[at] for at in named]
    _refuse_twice(names, where)
    rows: list[tuple[int, list[str]]] = []
    for number, row in numbered[1:]:
        if any(cell.strip() for cell in row[len(header) :]):
            what = f"{len(row)} cells, but the header names {len(header)} columns"
            remedy = "Put text that holds the delimiter in double quotes."
            raise BadInputError(what, where=f"{where}, row {number}", remedy=remedy)
        rows.append((number, [row[at] if at < len(row) else "" for at in named]))
    return names, rows


def _refuse_twice(names: Sequence[str], where: str) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        what = f"column {twice[0]!r} occurs twice"
        raise BadInputError(what, where=where, remedy="Give each column a name of its own.")


def numbered_cells(
    data: bytes, where: str, decoder: Callable[[bytes, str], str] = decode
) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of .csv or .xlsx that are not blank, numbered as a spreadsheet shows them, the header included."""
    is_workbook = data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0"))
    if len(data) > MAX_TEXT and not is_workbook:
        raise _too_large(where)
    rows = enumerate(_workbook(data, where), 1) if is_workbook else numbered_rows(decoder(data, where), where)
    return ((number, row) for number, row in _bounded(rows, where) if any(cell.strip() for cell in row))


def _bounded(rows: Iterable[tuple[int, list[str]]], where: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows. Raises BadInputError before there is more in them than memory is meant for."""
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


def _workbook(data: bytes, where: str) -> Iterator[list[str]]:
    import openpyxl

    check_office(data, ".xlsx", where)
    with refusing(".xlsx", where), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl says what it drops on writing; nothing is written here
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # some programs write a wrong size, and rows beyond it would be lost
        for row in sheet.iter_rows(values_only=True):
            yield [_display(cell) for cell in row]


def _display(value: object) -> str:
    """Write a cell as the spreadsheet shows it, dates and times in ISO form.

    >>> _display(3.0), _display(None), _display(datetime.datetime(2024, 3, 1)), _display(datetime.time(0, 1, 5))
    ('3', '', '2024-03-01', '00:01:05')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return format(value, ".15g")
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(sep=" ")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return tidy(str(value))


def _missing_column(header: Sequence[str], where: str) -> BadInputError:
    known = {key(name.replace("_", " ").replace("-", " ")) for name in header}
    missing = "text" if not known & set(NAMES["text"]) else "speaker"
    what = f"no column for the {missing}; the columns are: {', '.join(map(_short, header))}"
    remedy = f"Name it one of: {', '.join(NAMES[missing])}. The first row holds the names of the columns."
    return BadInputError(what, where=where, remedy=remedy)


def _short(name: str) -> str:
    """Show a column's name, unless it is long: in a table without header it would be a participant's words."""
    words = name.split()
    return " ".join(words) if len(words) <= MAX_WORDS and len(name) <= MAX_CHARS else "(a long text)"


def _refuse_several(header: Sequence[str], rows: Sequence[Sequence[str]], where: str) -> None:
    column = next((at for at, name in enumerate(header) if key(name) in _SEVERAL), None)
    if column is None:
        return
    count = len({row[column] for row in rows})
    if count > 1:
        what = f"holds {count} transcripts by its column {header[column]!r}, where one is expected"
        raise BadInputError(what, where=where, remedy="Split it into one file for each, or use: comb import.")


def _write(
    rows: Sequence[Sequence[str]], layout: Layout, roles: RoleParams, where: str
) -> tuple[str, tuple[Turn, ...]]:
    parts: list[str] = []
    turns: list[Turn] = []
    above: tuple[str, Role] = ("", "other")
    at = 0
    for row in rows:
        above = speaker_of(row, layout, roles, above)
        speech = row[layout.text].strip()
        if not speech:
            continue
        label = f"{above[0]}: " if above[0] else ""
        start = at + len(label)
        turns.append(Turn(*above, start, start + len(speech), seconds(layout.cell(row, layout.time).strip("[]()"))))
        parts.append(label + speech)
        at = start + len(speech) + 2
    if not turns:
        raise BadInputError("no row holds any text", where=where, remedy="Fill the column of the text.")
    return "\n\n".join(parts), tuple(turns)
