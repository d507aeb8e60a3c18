"""The XML of REFI-QDA as records: read piece by piece, with entities, DTDs and the network off.

Nothing is validated here: guids may be duplicate or refer to nothing, and positions may be anywhere. Elements are
recognised by their names without namespace, since programs use different ones.
"""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import IO, Any

from comb.errors import BadInputError

NOT_HELD = {
    "PictureSource": "pictures",
    "PDFSelection": "areas of PDF pages",
    "PictureSelection": "areas of pictures",
    "AudioSelection": "stretches of sound",
    "VideoSelection": "stretches of video",
    "Graph": "graphs",
    "Link": "links",
}
"""Elements for which comb has no place, and their names in messages."""
_GUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
MAX_ELEMENTS = 1_500_000
"""Most elements of the XML; 100,000 codings with a note each take 600,000."""
MAX_SOURCES = 5000
MAX_DEPTH = 40
"""How deep codes may be nested."""


@dataclass(slots=True)
class CodeEntry:
    """A ``Code``; ``above`` is the index of its parent in the list, -1 at the top."""

    guid: str
    exact: str
    """The guid as it is written; empty if it is not valid."""
    name: str
    color: str
    codable: bool
    above: int
    description: str = ""


@dataclass(slots=True)
class CodingElement:
    """A ``Coding`` of a selection."""

    code: str
    user: str
    time: str
    notes: tuple[str, ...]


@dataclass(slots=True)
class Selection:
    """A ``PlainTextSelection``, or a ``TranscriptSelection`` whose sync points were looked up."""

    guid: str
    name: str
    start: int | None
    end: int | None
    user: str
    time: str
    description: str
    notes: tuple[str, ...]
    codings: list[CodingElement]
    points: tuple[str, str] = ("", "")


@dataclass(slots=True)
class Source:
    """A text: ``TextSource``, the ``Representation`` of a PDF, or the ``Transcript`` of a recording."""

    guid: str
    name: str
    plain: str
    rich: str
    content: str | None
    selections: list[Selection]
    values: list[tuple[str, str]]
    """(guid of the variable, value)."""


@dataclass(slots=True)
class Case:
    """A ``Case``: a person, a place, or anything else that the researcher made a case."""

    guid: str
    name: str
    description: str
    values: list[tuple[str, str]]
    sources: list[str]
    selections: list[str]


@dataclass(slots=True)
class Group:
    """A ``Set``, with the sources that belong to it."""

    name: str
    description: str
    sources: list[str]


@dataclass
class RefiDocument:
    """The content of a project, or of a codebook."""

    where: str = ""
    """Name of the file."""
    name: str = ""
    origin: str = ""
    creator: str = ""
    users: list[tuple[str, str, str]] = field(default_factory=list)
    """(guid, name, id)."""
    codes: list[CodeEntry] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    cases: list[Case] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    notes: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Notes by guid: the text, and its path if the text is in a file."""
    groups: list[Group] = field(default_factory=list)
    held_not: Counter[str] = field(default_factory=Counter)
    pending: list[Selection] = field(default_factory=list)
    """Selections of the current source."""


def parse_document(file: IO[bytes], root: str, where: str) -> RefiDocument:
    """Read XML whose outermost element is ``root``.

    Raises BadInputError if it is not well-formed, has a DTD, or has another root.
    """
    from lxml import etree

    document = RefiDocument(where)
    events = etree.iterparse(
        file, events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        for number, (event, element) in enumerate(events):
            if number == 0:
                _check_root(element, root, where)
                _head(document, element)
            elif event == "end":
                _take(document, element)
            if number > 2 * MAX_ELEMENTS or len(document.sources) > MAX_SOURCES:
                what = f"it has more than {MAX_ELEMENTS} elements, or more than {MAX_SOURCES} texts"
                raise BadInputError(what, where=where, remedy="Split the project.")
    except etree.XMLSyntaxError as error:
        line = getattr(error, "lineno", None) or "?"
        remedy = "Export it again from the program that made it."
        raise BadInputError(f"its XML is broken at line {line}", where=where, remedy=remedy) from None
    return document


def _take(document: RefiDocument, element: Any) -> None:
    """Read an element that has come to its end, and forget it."""
    tag = _tag(element)
    if tag in _HANDLERS:
        _HANDLERS[tag](document, element)
    elif tag in NOT_HELD:
        document.held_not[NOT_HELD[tag]] += 1
    else:
        return
    element.clear(keep_tail=False)


def _check_root(element: Any, root: str, where: str) -> None:
    if element.getroottree().docinfo.doctype:
        what = "its XML has a document type definition, which no such program writes"
        raise BadInputError(what, where=where, remedy="Export it again from the program that made it.")
    if _tag(element) != root:
        raise BadInputError(f"its XML is not a REFI-QDA {root}", where=where, remedy="Export it as .qdpx or .qdc.")


def _tag(element: Any) -> str:
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _guid(text: str | None) -> str:
    return (text or "").strip().strip("{}").casefold()


def _exact(text: str) -> str:
    plain = text.strip().strip("{}")
    return plain if _GUID.fullmatch(plain) else ""


def _children(element: Any, tag: str) -> list[Any]:
    return [child for child in element if _tag(child) == tag]


def _text(element: Any, tag: str) -> str:
    """Return the text of a child; entities that were not resolved are left out."""
    found = _children(element, tag)
    return (found[0].text or "") if found else ""


def _references(element: Any, tag: str) -> list[str]:
    return [_guid(child.get("targetGUID") or child.get("guid")) for child in _children(element, tag)]


def _head(document: RefiDocument, element: Any) -> None:
    document.name, document.origin = element.get("name", ""), element.get("origin", "")
    document.creator = _guid(element.get("creatingUserGUID"))


def _user(document: RefiDocument, element: Any) -> None:
    document.users.append((_guid(element.get("guid")), element.get("name", ""), element.get("id", "")))


def _codes(document: RefiDocument, element: Any) -> None:
    waiting = [(child, -1, 1) for child in reversed(_children(element, "Code"))]
    while waiting:
        code, above, depth = waiting.pop()
        if depth > MAX_DEPTH:
            remedy = "Make its tree of codes less deep."
            raise BadInputError(f"its codes are nested more than {MAX_DEPTH} deep", where=document.where, remedy=remedy)
        codable = code.get("isCodable", "true").strip().casefold() not in ("false", "0")
        description = _text(code, "Description")
        entry = CodeEntry(
            _guid(code.get("guid")),
            _exact(code.get("guid", "")),
            code.get("name", ""),
            code.get("color", ""),
            codable,
            above,
            description,
        )
        document.codes.append(entry)
        here = len(document.codes) - 1
        waiting += [(child, here, depth + 1) for child in reversed(_children(code, "Code"))]


def _variable(document: RefiDocument, element: Any) -> None:
    document.variables.setdefault(_guid(element.get("guid")), element.get("name", ""))


def _values(element: Any) -> list[tuple[str, str]]:
    found = []
    for value in _children(element, "VariableValue"):
        reference = _references(value, "VariableRef")
        texts = [child.text or "" for child in value if _tag(child).endswith("Value")]
        if reference and texts:
            found.append((reference[0], texts[0]))
    return found


def _case(document: RefiDocument, element: Any) -> None:
    document.cases.append(
        Case(
            _guid(element.get("guid")),
            element.get("name", ""),
            _text(element, "Description"),
            _values(element),
            _references(element, "SourceRef"),
            _references(element, "SelectionRef"),
        )
    )


def _coding(element: Any) -> CodingElement:
    code = _references(element, "CodeRef")
    return CodingElement(
        code[0] if code else "",
        _guid(element.get("creatingUser")),
        element.get("creationDateTime", ""),
        tuple(_references(element, "NoteRef")),
    )


def _selection(document: RefiDocument, element: Any) -> None:
    document.pending.append(
        Selection(
            _guid(element.get("guid")),
            element.get("name", ""),
            _position(element.get("startPosition")),
            _position(element.get("endPosition")),
            _guid(element.get("creatingUser")),
            element.get("creationDateTime", ""),
            _text(element, "Description"),
            tuple(_references(element, "NoteRef")),
            [_coding(child) for child in _children(element, "Coding")],
            (_guid(element.get("fromSyncPoint")), _guid(element.get("toSyncPoint"))),
        )
    )


def _position(text: str | None) -> int | None:
    try:
        return int(text) if text is not None and len(text) < 12 else None
    except ValueError:
        return None


def _source(document: RefiDocument, element: Any) -> None:
    selections, document.pending = document.pending, []
    content = _children(element, "PlainTextContent")
    document.held_not["codes on whole texts"] += len(_children(element, "Coding"))
    document.sources.append(
        Source(
            _guid(element.get("guid")),
            element.get("name", ""),
            element.get("plainTextPath", ""),
            element.get("richTextPath", ""),
            (content[0].text or "") if content else None,
            selections,
            _values(element),
        )
    )


def _representation(document: RefiDocument, element: Any) -> None:
    """Take the text of a PDF for a source, under the PDF's name; that of a mere area of a page is not held."""
    parent = element.getparent()
    if parent is None or _tag(parent) != "PDFSource":
        document.pending = []
        return
    _source(document, element)
    source = document.sources[-1]
    source.name = parent.get("name", "") or source.name


def _transcript(document: RefiDocument, element: Any) -> None:
    """Take the transcript of a recording for a source; its selections lie between sync points."""
    points = {_guid(p.get("guid")): _position(p.get("position")) for p in _children(element, "SyncPoint")}
    for selection in document.pending:
        start, end = selection.points
        selection.start, selection.end = points.get(start), points.get(end)
    _source(document, element)
    source, parent = document.sources[-1], element.getparent()
    source.name = source.name or (parent.get("name", "") if parent is not None else "")


def _recording(kind: str) -> Callable[[RefiDocument, Any], None]:
    def count(document: RefiDocument, element: Any) -> None:
        document.held_not[kind] += 1
        document.held_not["codes on whole recordings and PDFs"] += len(_children(element, "Coding"))
        _give_values(document, element)

    return count


def _give_values(document: RefiDocument, element: Any) -> None:
    """Add the values of a PDF or recording to the text that was read from it."""
    values = _values(element)
    texts = len(_children(element, "Representation")) + len(_children(element, "Transcript"))
    for source in document.sources[len(document.sources) - texts :] if texts else ():
        source.values += values


def _note(document: RefiDocument, element: Any) -> None:
    document.pending = []
    text = _text(element, "PlainTextContent") or _text(element, "Description")
    document.notes.setdefault(_guid(element.get("guid")), (text, element.get("plainTextPath", "")))


def _set(document: RefiDocument, element: Any) -> None:
    group = Group(element.get("name", ""), _text(element, "Description"), _references(element, "MemberSource"))
    document.groups.append(group)


_HANDLERS: dict[str, Callable[[RefiDocument, Any], None]] = {
    "User": _user,
    "Codes": _codes,
    "Variable": _variable,
    "Case": _case,
    "PlainTextSelection": _selection,
    "TranscriptSelection": _selection,
    "TextSource": _source,
    "TextDescription": lambda document, element: setattr(document, "pending", []),
    "Representation": _representation,
    "Transcript": _transcript,
    "PDFSource": _recording("PDFs (their pages; a text inside them is read)"),
    "AudioSource": _recording("sound recordings (a transcript inside them is read)"),
    "VideoSource": _recording("video recordings (a transcript inside them is read)"),
    "Note": _note,
    "Set": _set,
}
