"""Comments of a Word document, each with its place in the canonical text to the character.

The places of comments are found with the reader of transcripts itself: a character that occurs in no transcript is set
at each place, the document is read as usual, and the characters are found in the text. Tables, tracked changes and
everything else that affects the text are thus taken into account.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from comb.errors import BadInputError
from comb.transcripts.file_safety import refusing
from comb.transcripts.word import SKIPPED, open_word, paragraph_text, word_text

if TYPE_CHECKING:
    from docx.document import Document
    from docx.oxml.xmlchemy import BaseOxmlElement as Element

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_W14 = "{http://schemas.microsoft.com/office/word/2010/wordml}"
_W15 = "{http://schemas.microsoft.com/office/word/2012/wordml}"
_EXTENDED = "http://schemas.microsoft.com/office/2011/relationships/commentsExtended"
_START, _END, _REFERENCE = (_W + name for name in ("commentRangeStart", "commentRangeEnd", "commentReference"))
_FIRST, _LAST = 0x100000, 0x10FFFD
"""Sentinels: the last plane of Unicode, private use."""
_SENTINEL = re.compile(f"[{chr(_FIRST)}-{chr(_LAST)}]")


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment; ``start`` and ``end`` are None if it is outside the text, and equal if it marks no words."""

    id: str
    author: str
    date: str
    lines: tuple[str, ...]
    start: int | None
    end: int | None
    parent: str | None = None
    """Id of the comment that this one replies to."""


@dataclass(frozen=True, slots=True)
class Commented:
    """The canonical text of a document with its comments, in order."""

    text: str
    comments: tuple[Comment, ...]


@dataclass
class _Places:
    start: int | None = None
    end: int | None = None
    reference: int | None = None

    def span(self) -> tuple[int | None, int | None]:
        """Return start and end; the place of the mark itself if there is no range."""
        if self.start is None or self.end is None:
            return self.reference, self.reference
        return min(self.start, self.end), max(self.start, self.end)


@dataclass
class _Sentinels:
    """Which comment and which of its places each sentinel stands for."""

    of: list[tuple[str, str]] = field(default_factory=list)

    def next(self, comment: str, place: str) -> str:
        """Return a new sentinel."""
        self.of.append((comment, place))
        return chr(_FIRST + len(self.of) - 1)


def read_comments(data: bytes, where: str) -> Commented:
    """Read the comments of a .docx. Raises BadInputError for a file that cannot be read or has too many comments."""
    document = open_word(data, where)
    with refusing(".docx", where):
        text = word_text(document)
        written = list(_comments(document))
        if not written:
            return Commented(text, ())
        places = _find_places(document, text, where)
        parents = _parents(document, written)
        found = [_comment(element, places, parents) for element in written]
    return Commented(text, tuple(found))


def _comments(document: "Document") -> "Iterator[Element]":
    for relation in document.part.rels.values():
        if relation.reltype.endswith("/comments") and not relation.is_external:
            yield from relation.target_part.element.iterchildren(_W + "comment")


def _comment(element: "Element", places: dict[str, _Places], parents: dict[str, str]) -> Comment:
    name = element.get(_W + "id", "")
    lines = tuple(paragraph_text(paragraph) for paragraph in element.iter(_W + "p"))
    start, end = places.get(name, _Places()).span()
    author, date = (element.get(_W + key, "").strip() for key in ("author", "date"))
    return Comment(name, author, date, lines, start, end, parents.get(name))


def _find_places(document: "Document", text: str, where: str) -> dict[str, _Places]:
    sentinels = _Sentinels()
    for mark in list(document.element.body.iter(_START, _END, _REFERENCE)):
        _set(mark, sentinels)
    marked = word_text(document)
    if len(sentinels.of) > _LAST - _FIRST or _SENTINEL.search(text) or _SENTINEL.sub("", marked) != text:
        what = "its comments cannot be placed (too many of them, or characters that Word does not write)"
        raise BadInputError(what, where=where, remedy="Split the document, or save it again in Word.")
    places: dict[str, _Places] = {}
    for seen, match in enumerate(_SENTINEL.finditer(marked)):
        comment, place = sentinels.of[ord(match.group()) - _FIRST]
        setattr(places.setdefault(comment, _Places()), place, match.start() - seen)
    return places


def _set(mark: "Element", sentinels: _Sentinels) -> None:
    """Set a sentinel where a mark stands; beside a tracked deletion where it stands in one."""
    name = mark.get(_W + "id", "")
    place = {_START: "start", _END: "end", _REFERENCE: "reference"}[mark.tag]
    run = _sentinel_run(sentinels.next(name, place))
    if mark.tag == _REFERENCE:
        mark.addprevious(run[0])
        return
    host = next((one for one in reversed(list(mark.iterancestors())) if one.tag in SKIPPED), mark)
    if any(one.tag == _W + "p" for one in host.iterancestors()):
        (host.addprevious if place == "start" else host.addnext)(run)
    else:
        _set_between(host, run, place)


def _set_between(host: "Element", run: "Element", place: str) -> None:
    """Set the sentinel of a mark between paragraphs: a start into the next one, an end into the one before."""
    body = next(one for one in host.iterancestors() if one.tag == _W + "body")
    paragraphs = list(body.iter(_W + "p", host.tag))
    at = paragraphs.index(host)
    near = paragraphs[at + 1 :] if place == "start" else paragraphs[at - 1 :: -1] if at else []
    target = next((one for one in near if one.tag == _W + "p"), None)
    if target is None:
        return
    if place == "start":
        target.insert(1 if len(target) and target[0].tag == _W + "pPr" else 0, run)
    else:
        target.append(run)


def _sentinel_run(char: str) -> "Element":
    from docx.oxml import OxmlElement

    run, text = OxmlElement("w:r"), OxmlElement("w:t")
    text.text = char
    run.append(text)
    return run


def _parents(document: "Document", comments: "list[Element]") -> dict[str, str]:
    """Return which comment each reply answers."""
    from lxml import etree

    names: dict[str, str] = {}
    for comment in comments:
        for paragraph in comment.iter(_W + "p"):
            names[paragraph.get(_W14 + "paraId", "")] = comment.get(_W + "id", "")
    parents: dict[str, str] = {}
    for relation in document.part.rels.values():
        if relation.reltype == _EXTENDED and not relation.is_external:
            parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
            for entry in etree.fromstring(relation.target_part.blob, parser).iter(_W15 + "commentEx"):
                child, parent = (names.get(entry.get(_W15 + key, "-")) for key in ("paraId", "paraIdParent"))
                if child is not None and parent is not None:
                    parents[child] = parent
    return parents
