"""Tables, .csv, .tsv and .xlsx: one row per utterance. Also reads the rows of any table, for ``comb import``."""

import html
import logging
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from comb.errors import BadInputError
from comb.records import Role, Turn
from comb.study.params import RoleParams
from comb.transcripts.columns import NAMES, Layout, match_header, speaker_of
from comb.transcripts.file_safety import read_bytes
from comb.transcripts.roles import key
from comb.transcripts.sheets import Book, Sheet, names_of, read_book
from comb.transcripts.speaker_labels import MAX_CHARS, MAX_WORDS
from comb.transcripts.timestamps import seconds

HEADER_ROWS = 20
"""Rows at the top among which the header is searched for; a title or facts about the study may stand above it."""
TRANSCRIPT_NAMES = (
    *("transcript", "transcript id", "interview", "interview id", "session", "session id", "document", "file"),
    *("filename", "file name", "conversation", "conversation id", "recording"),
)
CODE_NAMES = ("code", "codes", "tag", "tags", "theme", "themes", "label", "labels", "category", "node", "code name")
_QUOTE_NAMES = ("quote", "quotation", "excerpt", "segment", "coded segment", "highlight", "quotation content")
SHOWN_COLUMNS = 30
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|[A-Za-z]{2,31});")
_LABEL_STUDIO = re.compile(r'\s*\[\s*\{.*"(?:labels|start)"\s*:', re.DOTALL)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Table:
    """A header and the rows below it, all of one width, without unnamed columns and blank rows."""

    header: list[str]
    rows: list[tuple[int, list[str]]]
    notes: tuple[str, ...]
    """Which sheets were left out, and why."""


def read_table_transcript(data: bytes, where: str, roles: RoleParams) -> tuple[str, tuple[Turn, ...]]:
    """Read .csv, .tsv or .xlsx with one row per utterance: a paragraph ``Speaker: text`` and a turn for each row.

    The header may stand below a title, and on any visible sheet. Rows are the researcher's units and are never merged;
    a row without speaker belongs to the speaker above. Entities of HTML (``&amp;``) are decoded. Rows without words are
    left out and counted in the log. Raises BadInputError if a column is missing or the file is broken.
    """
    table = _read(data, where, speech=True)
    for note in table.notes:
        _log.warning("%s: %s", where, note)
    rows = [row for _, row in table.rows]
    layout = match_header(table.header)
    if layout is None or _is_coded(table.header):
        raise _missing_column(table.header, rows, where)
    _refuse_several(table.header, rows, layout, where)
    return _write(rows, layout, roles, where)


def read_spreadsheet(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """Read the rows of any table: the header, and each row by column name.

    Of a workbook the first visible sheet with a table is read. The header is the first row with two cells, or the first
    row, and is kept as written. Cells of a workbook are read as displayed: 007 and not 7, dates and times in ISO form,
    empty cells as ``""``. Blank rows and columns without name are left out. Raises BadInputError for a broken file, a
    column name that occurs twice, a row with more cells than the header, or a table too large for memory.
    """
    header, rows = read_numbered_rows(path)
    return header, [row for _, row in rows]


def read_numbered_rows(path: Path) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    """Read rows as ``read_spreadsheet`` does, each with its number in the spreadsheet (the header is usually row 1)."""
    table = _read(read_bytes(path), path.name, speech=False)
    return table.header, [(number, dict(zip(table.header, row, strict=True))) for number, row in table.rows]


def sheet_notes(path: Path) -> tuple[str, ...]:
    """Return notes on sheets of a workbook that ``read_spreadsheet`` leaves out, and why; none for other files."""
    return _read(read_bytes(path), path.name, speech=False).notes


def plain(cell: str) -> str:
    """Decode the entities of HTML in a cell.

    >>> plain("It was fine &#8212; R&D &amp; all")
    'It was fine — R&D & all'
    """
    return _ENTITY.sub(lambda match: html.unescape(match[0]), cell)


def _read(data: bytes, where: str, *, speech: bool) -> _Table:
    """Choose a sheet and its header; with ``speech``, prefer the sheet whose header names speakers and their words."""
    book = read_book(data, where)
    filled = [sheet for sheet in book.sheets if sheet.rows]
    if not filled:
        remedy = (
            f"Its hidden sheets ({_quoted(book.hidden)}) are not read." if book.hidden else "Use a table that has rows."
        )
        raise BadInputError("the table is empty", where=where, remedy=remedy)
    spoken = [sheet for sheet in filled if match_header(sheet.rows[_header(sheet)][1])] if speech else []
    if len(spoken) > 1:
        what = f"two or more sheets contain speech: {_quoted([sheet.name for sheet in spoken])}"
        remedy = "Save each interview as one file, or hide the other sheets."
        raise BadInputError(what, where=where, remedy=remedy)
    tables = [sheet for sheet in filled if len(sheet.rows) > 1 and names_of(sheet.rows[_header(sheet)][1]) > 1]
    chosen = (spoken or tables or filled)[0]
    header, rows = _rows_below(chosen, f"{where}, sheet {chosen.name!r}" if len(filled) > 1 else where)
    return _Table(header, rows, tuple(_left_out(book, filled, chosen)))


def _left_out(book: Book, filled: Sequence[Sheet], chosen: Sheet) -> list[str]:
    others = [sheet.name for sheet in filled if sheet is not chosen]
    notes = [f"of its sheets, {chosen.name!r} is read; left out: {_quoted(others)}"] if others else []
    return [*notes, *([f"not read because they are hidden: {_quoted(book.hidden)}"] if book.hidden else [])]


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(repr(_short(name)) for name in names)


def _header(sheet: Sheet) -> int:
    """Return the place of the header among the rows of a sheet.

    That is the first row that names columns of speech, or the first with two cells that are not blank, or the first.
    """
    top = [row for _, row in sheet.rows[:HEADER_ROWS]]
    known = next((at for at, row in enumerate(top) if match_header(row)), None)
    if known is not None:
        return known
    return next((at for at, row in enumerate(top) if names_of(row) > 1), 0)


def _rows_below(sheet: Sheet, where: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    at = _header(sheet)
    header = sheet.rows[at][1]
    named = [column for column, name in enumerate(header) if name.strip()]
    names = [header[column] for column in named]
    _refuse_twice(names, where)
    rows: list[tuple[int, list[str]]] = []
    for number, row in sheet.rows[at + 1 :]:
        if any(cell.strip() for cell in row[len(header) :]):
            what = f"{len(row)} cells, but the header names {len(header)} columns"
            remedy = "Put text that contains the delimiter in double quotes."
            raise BadInputError(what, where=f"{where}, row {number}", remedy=remedy)
        rows.append((number, [row[column] if column < len(row) else "" for column in named]))
    return names, rows


def _refuse_twice(names: Sequence[str], where: str) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        what = f"column {_short(twice[0])!r} occurs twice" if shown_columns(names) else "two columns have the same name"
        raise BadInputError(what, where=where, remedy="Give each column a name of its own.")


def column_key(name: str) -> str:
    """Return a form of a column's name that is the same for all its spellings.

    >>> column_key(" Utterance_Text")
    'utterance text'
    """
    return key(name.replace("_", " ").replace("-", " "))


def _is_coded(header: Sequence[str]) -> bool:
    """Return whether the columns are those of coded quotes."""
    known = {column_key(name) for name in header}
    return bool(known & set(CODE_NAMES)) and bool(known & set(_QUOTE_NAMES))


def refuse_codings(header: Sequence[str], where: str) -> None:
    """Raise BadInputError if a header in a document belongs to coded quotes of several transcripts."""
    if _is_coded(header) and {column_key(name) for name in header} & set(TRANSCRIPT_NAMES):
        remedy = (
            f"Copy it into a spreadsheet, save that as .xlsx, and run: comb import {where.rpartition('.')[0]}.xlsx."
        )
        raise BadInputError("a table of codings, not a transcript", where=where, remedy=remedy)


def _missing_column(header: Sequence[str], rows: Sequence[Sequence[str]], where: str) -> BadInputError:
    if any(_LABEL_STUDIO.match(cell) for row in rows[:HEADER_ROWS] for cell in row):
        what = "a table of codings as Label Studio exports it, not a transcript"
        return BadInputError(what, where=where, remedy=f"Run: comb import {where}.")
    if _is_coded(header):
        what = "a table of codings, not a transcript"
        return BadInputError(what, where=where, remedy=f"Run: comb import codings {where}.")
    known = {column_key(name) for name in header}
    missing = "text" if not known & set(NAMES["text"]) else "speaker"
    shown = shown_columns(header)
    listed = f"the columns are: {shown}" if shown else "its first row contains no column name that comb knows"
    what = f"no column for the {missing}; {listed}"
    remedy = f"Name it one of: {', '.join(NAMES[missing][:8])}; or use: comb import table."
    return BadInputError(what, where=where, remedy=remedy)


def shown_columns(header: Sequence[str]) -> str:
    """List the columns of a table; ``""`` if comb knows less than half of them.

    In that case, the first row may be a participant's words.

    >>> shown_columns(["speaker", "said by"]), shown_columns(["Well", "I think so"])
    ('speaker, said by', '')
    """
    known = {*TRANSCRIPT_NAMES, *CODE_NAMES, *_QUOTE_NAMES, *(name for names in NAMES.values() for name in names)}
    if 2 * sum(column_key(name) in known for name in header) < len(header):
        return ""
    more = f" and {len(header) - SHOWN_COLUMNS} more" if len(header) > SHOWN_COLUMNS else ""
    return f"{', '.join(map(_short, header[:SHOWN_COLUMNS]))}{more}"


def _short(name: str) -> str:
    """Show a column's name, unless it is long: in a table without header it would be a participant's words."""
    words = name.split()
    return " ".join(words) if len(words) <= MAX_WORDS and len(name) <= MAX_CHARS else "(a long text)"


def _refuse_several(header: Sequence[str], rows: Sequence[Sequence[str]], layout: Layout, where: str) -> None:
    names = (at for at, name in enumerate(header) if at != layout.text and column_key(name) in TRANSCRIPT_NAMES)
    column = next(names, None)
    if column is None:
        return
    count = len({row[column] for row in rows})
    if count > 1:
        what = f"contains {count} transcripts by its column {header[column]!r}, but one is expected"
        raise BadInputError(what, where=where, remedy=f"Run: comb import table {where}; or split it into files.")


def _write(
    rows: Sequence[Sequence[str]], layout: Layout, roles: RoleParams, where: str
) -> tuple[str, tuple[Turn, ...]]:
    parts: list[str] = []
    turns: list[Turn] = []
    above: tuple[str, Role] = ("", "other")
    at = 0
    for row in rows:
        above = speaker_of(row, layout, roles, above)
        speech = plain(row[layout.text]).strip()
        if not speech:
            continue
        label = f"{above[0]}: " if above[0] else ""
        start = at + len(label)
        turns.append(Turn(*above, start, start + len(speech), seconds(layout.cell(row, layout.time).strip("[]()"))))
        parts.append(label + speech)
        at = start + len(speech) + 2
    if not turns:
        raise BadInputError("no row contains any text", where=where, remedy="Fill in the text column.")
    if len(turns) < len(rows):
        _log.warning("%s: rows without words, left out: %d", where, len(rows) - len(turns))
    return "\n\n".join(parts), tuple(turns)
