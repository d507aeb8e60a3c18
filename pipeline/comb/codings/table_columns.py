"""Find what each column of a table of codings contains, by the names that people and programs give to columns.

As programs write them: MAXQDA, coded segments: *Document name, Code, Beginning, End, Segment, Created by, Comment*;
ATLAS.ti, quotation report: *Document, Quotation Content, Codes, Comment, Created by*; Dedoose, excerpts: *Media Title,
Excerpt Copy, Excerpt Creator* and a column *Code: … Applied* for each code; Taguette, highlights: *document, tag,
content*; comb's own tables.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace

from comb.codings.valence_words import as_valence
from comb.errors import BadInputError
from comb.records import Valence

NAMES = {
    "transcript": (
        *("transcript", "transcripts", "transcript id", "transcript name", "document", "document name"),
        *("document title", "media title", "resource title", "resource", "source", "source name", "file", "file name"),
        *("filename", "interview", "interview id", "interview name", "source file", "case", "case id"),
        *("participant id", "pid", "transkript", "transkription", "transcription", "dokument", "entretien"),
    ),
    "quote": (
        *("quote", "quotes", "quotation content", "quotation", "excerpt copy", "excerpt", "excerpt text"),
        *(
            "coded segment",
            "coded text",
            "quoted text",
            "highlight",
            "passage",
            "selection",
            "coded passage",
            "segment",
        ),
        *("segment", "segment text", "content", "text", "extract", "verbatim", "data extract", "illustrative quote"),
        *("zitat", "textstelle", "citation", "extrait"),
    ),
    "code": (
        *("code", "codes", "code(s)", "code id", "code name", "codes applied", "code applied", "tag", "tags", "node"),
        *("nodes", "theme", "themes", "category", "categories", "domain", "tdf domain", "com-b", "com-b component"),
        *("com-b domain", "com-b code", "tdf", "tdf code"),
        *("component", "label", "construct", "kode", "kategorie", "catégorie", "thema", "thème"),
    ),
    "coder": (
        *("coder", "coders", "coded by", "created by", "user", "creator", "excerpt creator", "coder name", "coder id"),
        *("owner", "author", "annotator", "rater", "user name", "username", "researcher", "analyst", "initials"),
        *("kodierer", "kodiererin", "codierer", "codiererin", "kodiert von", "codeur", "codeuse", "codé par"),
    ),
    "start": ("start", "begin", "beginning", "start position", "pos0", "start offset"),
    "end": ("end", "end position", "pos1", "end offset"),
    "memo": ("memo", "memos", "comment", "comments", "note", "notes", "quotation comment", "remark", "remarks"),
    "valence": (
        *("valence", "direction", "barrier or facilitator", "barrier/facilitator", "barriers/facilitators"),
        *("barrier/enabler", "barriers/enablers", "barrier or enabler", "b/f", "b/e", "polarity", "influence", "+/-"),
        *("enabler/barrier", "facilitator/barrier", "valenz"),
    ),
    "created_at": (
        *("created at", "created", "creation date", "date", "excerpt date", "date coded", "coded on", "timestamp"),
    ),
    "origin": ("origin",),
    "model": ("model",),
    "score": ("score",),
    "blind": ("blind", "coded blind"),
    "unsure": ("unsure",),
}
"""Names of columns, in lower case with spaces for underscores; the first found counts."""
GENERIC = ("segment", "content", "text", "segment text")
SPEAKERS = ("speaker", "who", "interlocutor", "speaker name", "participant", "person", "role", "utterance", "turn")
PROBLEM, CHOOSE = "comb: what is wrong", "comb: take passage"
"""Columns of a table to correct: the problem of a row, and the number of the passage that was meant."""
_APPLIED = re.compile(r"code:\s*(.+?)\s+applied", re.IGNORECASE)


@dataclass(frozen=True)
class CodingColumns:
    """The names of the columns; an empty name: the table has no such column."""

    transcript: str = ""
    quote: str = ""
    code: str = ""
    coder: str = ""
    start: str = ""
    end: str = ""
    memo: str = ""
    valence: str = ""
    created_at: str = ""
    origin: str = ""
    model: str = ""
    score: str = ""
    blind: str = ""
    unsure: str = ""
    applied: Mapping[str, str] = field(default_factory=dict)
    """Columns that each stand for one code: the code by name of the column."""
    valences: Mapping[str, Valence] = field(default_factory=dict)
    """Columns that each stand for one valence, by name; none if one column contains all valences."""

    @property
    def known(self) -> list[str]:
        """The names of the columns that are understood."""
        return [getattr(self, kind) for kind in NAMES if getattr(self, kind)] + [*self.applied, *self.valences]


def find_columns(header: Sequence[str]) -> CodingColumns:
    """Find columns by the names that people and programs give them.

    >>> find_columns(["Document name", "CODE", "Segment", "Created by"]).quote
    'Segment'
    """
    plain: dict[str, str] = {}
    for name in header:
        plain.setdefault(plain_name(name), name)
    found = {kind: next((plain[name] for name in names if name in plain), "") for kind, names in NAMES.items()}
    applied = {name: match.group(1) for name in header if (match := _APPLIED.fullmatch(name.strip()))}
    alone = found["quote"] and not found["valence"]
    valences = {name: as_valence(name) for name in header if len(name.strip()) > 3 and alone}
    return CodingColumns(**found, applied=applied, valences={name: word for name, word in valences.items() if word})


def is_codings_header(header: Sequence[str]) -> bool:
    """Return whether a header belongs to a table of coded quotes, not to a transcript with a row per utterance."""
    columns = find_columns(header)
    spoken = any(plain_name(name) in SPEAKERS for name in header)
    generic = plain_name(columns.quote) in GENERIC and spoken
    placed = columns.quote or (columns.start and columns.end)
    return bool(columns.transcript and placed and (columns.code or columns.applied) and not generic)


def choose_columns(header: Sequence[str], given: CodingColumns, where: str, *, one: bool = False) -> CodingColumns:
    """Take the columns that were named, and find the others.

    ``one`` says that all quotes are of one transcript, so that no column need name it. Raises BadInputError if a
    column is missing; the message shows names of columns only if they are known, since the first row of a table
    without a header contains participants' words.
    """
    named = {item.name: getattr(given, item.name) for item in fields(given) if getattr(given, item.name)}
    for kind, name in named.items():
        if name not in header:
            raise _missing(f"there is no column {name!r} (for --{kind.replace('_at', '')})", header, where)
    columns = replace(find_columns(header), **named)
    if "code" in named:
        columns = replace(columns, applied={})
    lacking = {
        "transcript": not one and not columns.transcript,
        "quote": not columns.quote and not (columns.start and columns.end),
        "code": not columns.code and not columns.applied,
    }
    for kind, lacks in lacking.items():
        if lacks:
            how = f"call it {kind}, or name it: comb import codings {where} --{kind} NAME"
            raise _missing(f"no column for the {kind}: {how}", header, where)
    return columns


def lacks_of_codings(header: Sequence[str], where: str) -> BadInputError | None:
    """Return the error for a table with a column of quotes that lacks other columns; None for other tables."""
    columns = find_columns(header)
    if plain_name(columns.quote) in ("", *GENERIC) or not (columns.transcript or columns.code):
        return None
    try:
        choose_columns(header, CodingColumns(), where)
    except BadInputError as error:
        return error
    return None


def _missing(what: str, header: Sequence[str], where: str) -> BadInputError:
    known = find_columns(header).known
    if not known:
        remedy = "Its first row must name the columns: transcript, quote, code, valence, coder."
    else:
        others = len(header) - len(known)
        remedy = f"Known columns: {', '.join(known)}" + (f"; unknown columns: {others}." if others else ".")
    return BadInputError(what, where=where, remedy=remedy)


def plain_name(name: str) -> str:
    """Return a form of a column's name that is the same for all its spellings.

    >>> plain_name(" Created_At"), plain_name("Coded by:")
    ('created at', 'coded by')
    """
    words = " ".join(unicodedata.normalize("NFKC", name).casefold().replace("_", " ").split())
    return re.sub(r" ?/ ?", "/", words).rstrip(" :*").lstrip("'")
