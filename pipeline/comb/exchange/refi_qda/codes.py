"""Convert code trees of REFI-QDA to codebooks, and back.

A code's id, inclusion, exclusion and examples are lines in its description. The codebook's own fields are in the
description of a set that has its name, since a codebook has no description in the standard.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from comb.codebook import Code, Codebook, parse_codebook
from comb.errors import BadInputError, BadParamsError
from comb.exchange.note_fields import (
    Fields,
    cells,
    quoted,
    read_description,
    split_cells,
    unquoted,
    write_description,
    xml_safe,
)
from comb.exchange.refi_qda.document import CodeEntry, RefiDocument
from comb.exchange.refi_qda.identifiers import Names, code_id, guid

BOOK = "codebook"
MAX_CODES = 10_000


@dataclass
class Codes:
    """The codes of a document: the codebook, and the id for each guid."""

    book: Codebook | None
    taken: Names = field(default_factory=lambda: Names("_"))
    ids: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def read_codes(document: RefiDocument, known: Mapping[str, str], where: str) -> Codes:
    """Make a codebook from a document's codes.

    ``known`` gives the ids of codes that the study has already, by guid in lower case. Raises BadInputError if
    there are more than MAX_CODES.
    """
    if len(document.codes) > MAX_CODES:
        what = f"it has {len(document.codes)} codes, more than {MAX_CODES}"
        raise BadInputError(what, where=where, remedy="Leave out codes that nobody uses.")
    codes, counted = Codes(None), Counter[str]()
    nodes: list[dict[str, Any] | None] = []
    top: list[dict[str, Any]] = []
    for entry in document.codes:
        nodes.append(_node(entry, nodes, codes, known, counted))
        node = nodes[-1]
        if node is not None:
            parent = nodes[entry.above] if entry.above >= 0 else None
            (top if parent is None else parent["children"]).append(node)
    if top:
        codes.book = _book(document, top, where)
    codes.warnings = [f"{what}: {n}" for what, n in sorted(counted.items()) if n]
    return codes


def _node(
    entry: CodeEntry,
    nodes: Sequence[dict[str, Any] | None],
    codes: Codes,
    known: Mapping[str, str],
    counted: Counter[str],
) -> dict[str, Any] | None:
    """Make an entry of the codebook of a code, and remember its id; None for one that is in no codebook."""
    if entry.guid in codes.ids:
        counted["codes with another code's guid are left out"] += 1
        return None
    definition, fields = read_description(entry.description)
    said = dict(fields)
    parent = nodes[entry.above] if entry.above >= 0 else None
    above = parent["path"] if parent else ()
    wanted = known.get(entry.guid, "") or said.get("id", "")
    usable = _is_id(wanted) or (wanted and said.get("listed") == "no")
    free = usable and wanted not in codes.taken
    name = codes.taken.take(wanted) if free else code_id(entry.name, above, codes.taken)
    codes.ids[entry.guid] = name
    if said.get("listed") == "no":
        return None
    counted["codes are folders, which comb treats as codes"] += not entry.codable
    return {
        "id": name,
        "name": entry.name,
        "color": _color(entry.color),
        "definition": said.get("definition", definition),
        "include": said.get("include", ""),
        "exclude": said.get("exclude", ""),
        "examples": [value for key, value in fields if key == "example"],
        "guid": "" if entry.guid == guid("code", name) else entry.exact,
        "children": [],
        "path": (*above, name),
    }


def _is_id(text: str) -> bool:
    try:
        parse_codebook({"codes": [{"id": text}]})
    except BadParamsError:
        return False
    return True


def _color(text: str) -> str:
    digits = text.strip().lstrip("#")
    if len(digits) == 3:
        digits = "".join(2 * digit for digit in digits)
    is_color = len(digits) == 6 and all(digit in "0123456789abcdefABCDEF" for digit in digits)
    return f"#{digits}" if is_color else ""


def _book(document: RefiDocument, top: list[dict[str, Any]], where: str) -> Codebook:
    for node in _all(top):
        del node["path"]
    described = [group for group in document.groups if group.description.startswith(f"{BOOK}: ")]
    said = _lines(described[0].description) if described else {}
    data: dict[str, Any] = {
        "name": said.get(BOOK, document.name if not said else ""),
        "behaviour": said.get("behaviour", ""),
        "coding": said["coding"] if said.get("coding") in ("multiple", "exclusive") else "multiple",
        "codes": top,
    }
    levels = split_cells(said["levels"]) if "levels" in said else []
    try:
        return parse_codebook({**data, "levels": levels}, where)
    except BadParamsError:
        return parse_codebook(data, where)  # the tree has become deeper than its levels in the other program


def _all(nodes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    waiting, found = list(nodes), []
    while waiting:
        found.append(waiting.pop())
        waiting += found[-1]["children"]
    return found


def _lines(text: str) -> dict[str, str]:
    pairs = (line.split(": ", 1) for line in text.split("\n") if ": " in line)
    return {key: value if key == "levels" else unquoted(value) for key, value in pairs}


def book_lines(book: Codebook) -> str:
    """Return the description of the set that represents the codebook."""
    lines = {
        BOOK: quoted(book.name),
        "behaviour": quoted(book.behaviour),
        "coding": "exclusive" if book.exclusive else "multiple",
        "levels": cells(book.levels),
    }
    return "\n".join(f"{key}: {value}" for key, value in lines.items())


def code_element(code: Code, guids: Mapping[str, str], make: Any, *, listed: bool = True) -> Any:
    """Make the ``Code`` element of a code, without its children; ``make`` makes an element with a given name."""
    element = make("Code", guid=guids[code.id], name=xml_safe(code.name), isCodable="true", color=code.color)
    fields: Fields = [(key, getattr(code, key)) for key in ("include", "exclude") if getattr(code, key)]
    fields += [("example", example) for example in code.examples]
    fields += [] if listed else [("listed", "no")]
    description = make("Description")
    description.text = write_description(code.definition, [*fields, ("id", code.id)])
    element.append(description)
    return element


def code_guids(book: Codebook | None, others: Sequence[str]) -> dict[str, str]:
    """Return the guid of each code by id: that of another program if it is known, otherwise a generated one."""
    guids = {code.id: code.guid or guid("code", code.id) for code in book or ()}
    return guids | {name: guid("code", name) for name in others}
