"""Taguette in: the project as it exports it (``.sqlite3``), and its codebook as CSV.

Tables and positions are those of Taguette 1.5.2 (remram44/taguette, ``database/models.py``, ``extract.py``): documents
are HTML, and highlights count UTF-8 bytes of their text without tags. Highlights exported as CSV or xlsx are read by
``quotes``, the codebook as .qdc by ``refi``.
"""

import json
import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from comb.codebook import Codebook
from comb.codings.valence_words import as_valence
from comb.errors import BadInputError
from comb.exchange.code_tree import Entry, codebook_of
from comb.exchange.note_fields import read_description
from comb.exchange.offset_alignment import Rule, align_quotes
from comb.exchange.project import Project, Setting
from comb.exchange.sqlite import SqliteFile, opened
from comb.exchange.tables.utterance_tables import file_name
from comb.records import Coding, Transcript
from comb.transcripts.file_safety import tidy
from comb.transcripts.reader import SUFFIXES, read_numbered_rows
from comb.transcripts.turns import parse_turns

TABLES = ("projects", "documents", "tags", "highlights", "highlight_tags")
KIND = "Taguette"
ORIGIN = "taguette"
_MARK = re.compile(r"comb (coder|valence): (.+)", re.DOTALL)
_BLOCKS = frozenset(
    "address article aside blockquote br caption dd div dl dt figcaption figure footer h1 h2 h3 h4 h5 h6 header hr li "
    "main nav ol p pre section table tbody td tfoot th thead tr ul".split()
)
_SPACE = re.compile(r"[\t\n\r\f]")


class Page(HTMLParser):
    """The text of an HTML document, with the place in it of each byte of the document's text nodes."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.length = 0
        self.bytes = 0
        self.nodes: list[tuple[int, int, str]] = []
        """Of each text node: bytes before it, where it begins in the text, and its words."""
        self.leading = 0
        """Bytes of white space before the first element, which some parsers drop."""
        self.within_pre = 0
        self.feed(html)
        self.close()

    @property
    def text(self) -> str:
        """The whole text: a line for each paragraph, cell and list item."""
        return "".join(self.parts)

    def handle_starttag(self, tag: str, attrs: "list[tuple[str, str | None]]") -> None:
        """Begin a line where a block begins."""
        self.within_pre += tag == "pre"
        self._break(tag)

    def handle_endtag(self, tag: str) -> None:
        """Begin a line where a block ends."""
        self.within_pre -= tag == "pre"
        self._break(tag)

    def handle_data(self, data: str) -> None:
        """Add a text node; white space alone between blocks is not part of the text."""
        before, size = self.bytes, len(data.encode("utf-8", "replace"))
        self.bytes += size
        if not data.strip() and self._at_line_start():
            self.leading += size if not self.nodes else 0
            return
        words = tidy(data) if self.within_pre > 0 else _SPACE.sub(" ", data)
        self.nodes.append((before, self.length, data))
        self.parts.append(words)
        self.length += len(words)

    def _at_line_start(self) -> bool:
        return not self.parts or self.parts[-1].endswith("\n")

    def _break(self, tag: str) -> None:
        if tag in _BLOCKS and not self._at_line_start():
            self.parts.append("\n")
            self.length += 1

    def rule(self, skipped: int = 0) -> Rule:
        """Return the rule from bytes to indices in the text, not counting the first ``skipped`` bytes."""
        starts = [before for before, _, _ in self.nodes]

        def place(node: int, at: int) -> int:
            if node < 0:
                return 0
            before, begins, data = self.nodes[node]
            inside = data.encode("utf-8", "replace")[: max(at - before, 0)]
            return begins + len(tidy(inside.decode("utf-8", "ignore")))

        def span(start: int, end: int) -> tuple[int, int]:
            # An end at the edge of two nodes is the first one's, so that the line end between them is left out.
            first, last = start + skipped, end + skipped
            return place(bisect_right(starts, first) - 1, first), place(bisect_left(starts, last) - 1, last)

        return span


@dataclass
class _Found:
    transcripts: dict[str, Transcript] = field(default_factory=dict)
    pages: dict[str, Page] = field(default_factory=dict)
    ids: dict[Any, str] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    warnings: list[str] = field(default_factory=list)


def read_taguette(path: Path, setting: Setting) -> Project:
    """Read a Taguette project. Raises BadInputError if it is not one, is broken, or contains several projects."""
    with opened(path, KIND, TABLES) as database:
        name = _only_project(database, path.name)
        found = _Found()
        _read_documents(database, setting, found)
        book, codes, marks = _read_codes(database, name)
        codings = tuple(dict.fromkeys(_read_codings(database, codes, marks, found)))
    counted = (f"{kind}, left out: {n}" for kind, n in found.counts.items() if n)
    return Project(name, book, found.transcripts, codings, warnings=(*found.warnings, *counted))


def _only_project(database: SqliteFile, where: str) -> str:
    projects = [str(row["name"]) for row in database.rows("projects", ("id", "name"))]
    if len(projects) != 1:
        what = f"contains {len(projects)} projects, but one is expected"
        remedy = "In Taguette, open the project, Project info, Export project; import that file."
        raise BadInputError(what, where=where, remedy=remedy)
    return projects[0]


def _read_documents(database: SqliteFile, setting: Setting, found: _Found) -> None:
    for row in database.rows("documents", ("id", "name", "contents")):
        page = Page(str(row["contents"] or ""))
        text = page.text
        if not text.strip():
            found.counts["documents without text"] += 1
            continue
        source = str(row["name"])
        stem, dot, suffix = source.rpartition(".")
        known = dot and f".{suffix.lower()}" in SUFFIXES
        name = file_name(stem if known else source, found.transcripts)
        found.transcripts[name] = Transcript(name, text, parse_turns(text, setting.roles.patterns, name), source)
        found.pages[name], found.ids[row["id"]] = page, name


def _read_codes(
    database: SqliteFile, name: str
) -> "tuple[Codebook | None, dict[Any, str], dict[Any, tuple[str, str]]]":
    """Return the codebook, the code of each tag by id, and what the tags of comb's own say: coder or valence."""
    rows = [
        (row["id"], str(row["path"]), str(row["description"] or ""))
        for row in database.rows("tags", ("id", "path", "description"))
    ]
    marks = {key: mark for key, _, description in rows if (mark := _mark(description)) is not None}
    book, ids = codebook_of(name, _entries([row for row in rows if row[0] not in marks]))
    return book, {key[1]: value for key, value in ids.items()}, marks


def _mark(description: str) -> tuple[str, str] | None:
    """Read a tag that says who coded, or with which valence; None for any other tag."""
    match = _MARK.fullmatch(description.strip())
    return (match[1], match[2]) if match else None


def _entries(tags: Sequence[tuple[Any, str, str]]) -> list[Entry]:
    """Make ``a.b`` a child of ``a`` if there is an ``a``, as Taguette shows them.

    A tag that comb wrote has a name of its own, the last part of its path.
    """
    paths = {path: key for key, path, _ in tags}
    entries = []
    for key, path, description in tags:
        parts = path.split(".")
        above = next((".".join(parts[:at]) for at in range(len(parts) - 1, 0, -1) if ".".join(parts[:at]) in paths), "")
        name = path.removeprefix(f"{above}.") if above and read_description(description)[1] else path
        entries.append(Entry(("tag", key), name, ("tag", paths.get(above)), "", description))
    return entries


def _read_codings(
    database: SqliteFile, codes: Mapping[Any, str], marks: Mapping[Any, tuple[str, str]], found: _Found
) -> Iterator[Coding]:
    who = _who(database)
    for name, highlights in _highlights(database, codes, marks, found).items():
        text, page = found.transcripts[name].text, found.pages[name]
        given = [(row["start_offset"], row["end_offset"], Page(str(row["snippet"])).text) for row in highlights]
        placed = align_quotes(text, given, (page.rule(), page.rule(page.leading)))
        for row, span in zip(highlights, placed.spans, strict=True):
            if span is None:
                found.counts["highlights whose words occur nowhere, or several times, in their document"] += 1
                continue
            coder, date = who.get(row["id"], ("unknown", ""))
            said = dict(row["marks"])
            valence = as_valence(said.get("valence", "")) or ""
            for code in row["codes"]:
                coder = said.get("coder", coder)
                yield Coding(name, *span, text[span[0] : span[1]], code, valence, coder, "", date, ORIGIN)


def _highlights(
    database: SqliteFile, codes: Mapping[Any, str], marks: Mapping[Any, tuple[str, str]], found: _Found
) -> dict[str, list[dict[str, Any]]]:
    """List the highlights of each transcript, each with its codes and with what tags of comb's own say of it."""
    tags, said = defaultdict(list), defaultdict(list)
    for row in database.rows("highlight_tags", ("highlight_id", "tag_id")):
        if row["tag_id"] in codes:
            tags[row["highlight_id"]].append(codes[row["tag_id"]])
        elif row["tag_id"] in marks:
            said[row["highlight_id"]].append(marks[row["tag_id"]])
    highlights = defaultdict(list)
    for row in database.rows("highlights", ("id", "document_id", "start_offset", "end_offset", "snippet")):
        name = found.ids.get(row["document_id"])
        if name is None or not all(isinstance(row[key], int) for key in ("start_offset", "end_offset")):
            found.counts["highlights of a deleted document"] += 1
        elif not tags[row["id"]]:
            found.counts["highlights without a tag"] += 1
        else:
            highlights[name].append({**row, "codes": tags[row["id"]], "marks": said[row["id"]]})
    return highlights


def _who(database: SqliteFile) -> dict[Any, tuple[str, str]]:
    """Find in the history who made each highlight, and when."""
    found: dict[Any, tuple[str, str]] = {}
    if not database.columns("commands"):
        return found
    for row in database.rows("commands", ("date", "user_login", "payload")):
        try:
            payload = json.loads(row["payload"])
        except (TypeError, ValueError, RecursionError):
            continue
        if isinstance(payload, dict) and payload.get("type") == "highlight_add":
            found.setdefault(payload.get("highlight_id"), (str(row["user_login"]), str(row["date"])))
    return found


def is_tags(path: Path) -> bool:
    """Return whether a table is a codebook that Taguette exported."""
    header, _ = read_numbered_rows(path)
    return {"tag", "description"} <= set(header) <= {"tag", "description", "number of highlights"}


def read_tags(path: Path, setting: Setting) -> Project:
    """Read a codebook that Taguette exported as CSV. Raises BadInputError for a broken table."""
    _, rows = read_numbered_rows(path)
    tags = [(number, row["tag"].strip(), row["description"]) for number, row in rows if row["tag"].strip()]
    book, _ = codebook_of(path.stem, _entries(tags))
    return Project(path.stem, book, {})
