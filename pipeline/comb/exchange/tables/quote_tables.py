"""Tables of coded quotes from other programs: one row per quote, or per quote and code.

Columns are found by the names that programs give them. As they write them: MAXQDA, coded segments: *Document name,
Code, Beginning, End, Segment, Created by, Comment*; ATLAS.ti, quotation report: *Document, Quotation Content, Codes,
Comment, Created by*; Dedoose, excerpts: *Media Title, Excerpt Copy, Excerpt Creator* and a column *Code: … Applied*
for each code; Taguette, highlights: *document, tag, content*; comb's own exports.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

from comb.errors import BadInputError
from comb.exchange.code_labels import SEPARATORS, CodeNames, Written, as_valence, split_code
from comb.exchange.project import Project, Setting
from comb.exchange.quote_finder import Finder
from comb.exchange.tables.spreadsheet_cells import unescape
from comb.exchange.word.writer import MODEL_AUTHOR
from comb.records import Coding, Transcript, Valence
from comb.transcripts.reader import SUFFIXES, read_numbered_rows

NAMES = {
    "transcript": (
        *("transcript", "document", "document name", "document title", "media title", "resource title", "resource"),
        *("source", "source name", "file", "file name", "filename", "interview", "transcript id", "source file"),
    ),
    "quote": (
        *("quote", "quotation content", "quotation", "excerpt copy", "excerpt", "excerpt text", "coded segment"),
        *("coded text", "highlight", "passage", "selection", "coded passage", "segment", "content", "text"),
    ),
    "code": (
        *("code", "codes", "code(s)", "code id", "code name", "codes applied", "tag", "tags", "node", "nodes", "theme"),
        *("themes", "category"),
    ),
    "coder": (
        *("coder", "coded by", "created by", "user", "creator", "excerpt creator", "coder name", "owner", "author"),
        *("annotator", "rater", "user name"),
    ),
    "start": ("start", "begin", "beginning", "start position", "pos0"),
    "end": ("end", "end position", "pos1"),
    "memo": ("memo", "comment", "comments", "note", "notes", "quotation comment"),
    "valence": ("valence", "direction", "barrier or facilitator", "barrier/facilitator"),
    "created": ("created_at", "created", "created at", "creation date", "date", "excerpt date"),
}
"""Names of columns, in lower case; the first found counts."""
GENERIC = ("segment", "content", "text")
SPEAKERS = ("speaker", "who", "interlocutor", "speaker name", "participant", "person")
ONLY_CODER = "A"
ORIGIN = "table"
SHOWN = 20
_APPLIED = re.compile(r"code:\s*(.+?)\s+applied", re.IGNORECASE)
_YES = ("true", "1", "yes", "x", "applied")
_NUMBERED = re.compile(r"^(?:d\s*)?\d+\s*:\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Columns:
    """The names of the columns; an empty name: the table has no such column."""

    transcript: str = ""
    quote: str = ""
    code: str = ""
    coder: str = ""
    start: str = ""
    end: str = ""
    memo: str = ""
    valence: str = ""
    created: str = ""
    applied: Mapping[str, str] = field(default_factory=dict)
    """Columns that each stand for one code, by name: the code."""


@dataclass
class _Reader:
    columns: Columns
    names: CodeNames
    finders: dict[str, Finder]
    by_name: dict[str, str]
    coder: str
    unknown: dict[str, None] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    empty: int = 0
    suggested: int = 0


def is_quotes(path: Path) -> bool:
    """Tell whether a table is one of coded quotes, and not a transcript with a row per utterance."""
    header, _ = read_numbered_rows(path)
    columns = find_columns(header)
    generic = _key(columns.quote) in GENERIC and any(_key(name) in SPEAKERS for name in header)
    return bool(columns.transcript and columns.quote and (columns.code or columns.applied) and not generic)


def read_quotes(
    path: Path, setting: Setting, given: Columns | None = None, coder: str = ONLY_CODER, transcript: str = ""
) -> Project:
    """Read a table of coded quotes; each quote is searched for in its transcript, which the study must have.

    ``given`` names columns that are called something else; ``coder`` is who coded where no column says so, and
    ``transcript`` where the quotes are from. Rows that cannot be placed are left out, and named in the warnings.
    Raises BadInputError where a column is missing or no row can be placed.
    """
    header, rows = read_numbered_rows(path)
    columns = choose_columns(header, given or Columns(), path.name, one=bool(transcript))
    transcripts = setting.transcripts()
    by_name = {_key(name): name for name in transcripts}
    reader = _Reader(columns, CodeNames(setting.codebook), _finders(transcripts), by_name, coder)
    codings: list[Coding] = []
    for number, row in rows:
        codings += _row(reader, number, row, transcript)
    if not codings and reader.left_out:
        remedy = "Import the transcripts first; quotes must be copied from them."
        raise BadInputError(f"no quote could be placed: {reader.left_out[0]}", where=path.name, remedy=remedy)
    return Project(path.stem, None, {}, tuple(dict.fromkeys(codings)), warnings=tuple(_warnings(reader)))


def find_columns(header: Sequence[str]) -> Columns:
    """Find columns by the names that programs give them.

    >>> find_columns(["Document name", "Code", "Segment", "Created by"]).quote
    'Segment'
    """
    plain: dict[str, str] = {}
    for name in header:
        plain.setdefault(_key(name), name)
    found = {kind: next((plain[name] for name in names if name in plain), "") for kind, names in NAMES.items()}
    applied = {name: match.group(1) for name in header if (match := _APPLIED.fullmatch(name.strip()))}
    return Columns(**found, applied=applied)


def choose_columns(header: Sequence[str], given: Columns, where: str, *, one: bool = False) -> Columns:
    """Take the columns that were named, and find the others. Raises BadInputError where one is missing."""
    named = {item.name: getattr(given, item.name) for item in fields(given) if getattr(given, item.name)}
    for kind, name in named.items():
        if name not in header:
            raise _missing(f"there is no column {name!r} (for --{kind})", header, where)
    columns = replace(find_columns(header), **named)
    if "code" in named:
        columns = replace(columns, applied={})
    for kind in ("transcript", "quote", "code"):
        if (
            not getattr(columns, kind)
            and not (kind == "code" and columns.applied)
            and not (kind == "transcript" and one)
        ):
            raise _missing(f"no column for the {kind}: name it with --{kind}", header, where)
    return columns


def _missing(what: str, header: Sequence[str], where: str) -> BadInputError:
    shown = [name if len(name) <= 40 else "(a long text)" for name in header]
    return BadInputError(what, where=where, remedy=f"The columns are: {', '.join(shown)}.")


def _row(reader: _Reader, number: int, row: Mapping[str, str], transcript: str) -> Iterator[Coding]:
    columns = reader.columns
    quote, coder = _cell(row, columns.quote), unescape(_cell(row, columns.coder).strip()) or reader.coder
    codes = list(_codes(reader, row))
    if coder.startswith(MODEL_AUTHOR):
        reader.suggested += 1
        return
    if not quote.strip() or not codes:
        reader.empty += 1
        return
    name = _transcript(reader, transcript or _cell(row, columns.transcript))
    if name is None:
        reader.left_out.append(f"row {number}: there is no transcript {_cell(row, columns.transcript).strip()!r}")
        return
    places = reader.finders[name].places(quote, _cell(row, columns.start), _cell(row, columns.end))
    if len(places) != 1:
        how = "occurs nowhere" if not places else f"occurs {len(places)} times"
        reader.left_out.append(f"row {number}: the quote ({len(quote)} characters) {how} in transcript {name!r}")
        return
    start, end = places[0]
    words = reader.finders[name].text[start:end]
    memo, created = unescape(_cell(row, columns.memo)), _cell(row, columns.created).strip()
    valence = as_valence(_cell(row, columns.valence)) or ""
    for code in codes:
        own: Valence = code.valence or valence
        yield Coding(name, start, end, words, code.code, own, coder, memo, created, ORIGIN)


def _codes(reader: _Reader, row: Mapping[str, str]) -> Iterator[Written]:
    columns = reader.columns
    for name, code in columns.applied.items():
        if row[name].strip().casefold() in _YES:
            yield _code(reader, code)
    cell = _cell(row, columns.code)
    known = reader.names.parse(cell) or reader.names.parse(unescape(cell)) or reader.names.parse(cell.replace(",", ";"))
    if known:
        yield from known
        return
    for part in SEPARATORS.split(cell):
        if part.strip():
            yield _code(reader, part)


def _code(reader: _Reader, part: str) -> Written:
    """Read one code; one that the codebook lacks is kept as it is written."""
    known = reader.names.one(part)
    if known:
        return known
    item = split_code(unescape(part.strip()))
    code = " ".join(item.code.replace('"', "'").split())
    reader.unknown[code] = None
    return replace(item, code=code)


def _transcript(reader: _Reader, cell: str) -> str | None:
    """Find the transcript that a cell names: as id, as file, as path, or with ATLAS.ti's number before it."""
    for name in (cell, unescape(cell), _NUMBERED.sub("", cell.strip())):
        last = re.split(r"[/\\]", name.strip())[-1]
        stem, dot, suffix = last.rpartition(".")
        tries = [name, last, *([stem] if dot and f".{suffix.lower()}" in SUFFIXES else [])]
        found = next((reader.by_name[_key(one)] for one in tries if _key(one) in reader.by_name), None)
        if found:
            return found
    return None


def _finders(transcripts: Mapping[str, Transcript]) -> dict[str, Finder]:
    return {name: Finder(transcript.text, transcript.cuts) for name, transcript in transcripts.items()}


def _cell(row: Mapping[str, str], column: str) -> str:
    return row[column] if column else ""


def _key(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())


def _warnings(reader: _Reader) -> Iterator[str]:
    by_words = sum(finder.guessed for finder in reader.finders.values())
    if by_words:
        yield f"{by_words} quotes that occur several times were placed by the number of their paragraph"
    if reader.empty:
        yield f"{reader.empty} rows have no quote or no code and are left out"
    if reader.suggested:
        yield f"{reader.suggested} rows are a model's suggestions, no codings"
    yield from (f"{row}; left out" for row in reader.left_out[:SHOWN])
    if len(reader.left_out) > SHOWN:
        yield f"and {len(reader.left_out) - SHOWN} more rows that were left out"
    if reader.unknown:
        yield f"not in configs/codebook.yaml yet: {', '.join(reader.unknown)}. Add these codes before dvc repro"
