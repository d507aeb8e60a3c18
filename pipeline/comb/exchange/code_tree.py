"""Make a codebook from another program's codes, each of which names its parent."""

import re
from collections import defaultdict
from collections.abc import Container, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from comb.codebook import Codebook, parse_codebook
from comb.exchange.note_fields import Fields, read_description

DEEPEST = 20
"""Most levels of the codebook; deeper codes are put on the last level."""
_UNFIT = re.compile(r'[;|"\s]+')
_COLOR = re.compile(r"#[0-9A-Fa-f]{6}")

Key = tuple[str, Hashable]


@dataclass(frozen=True, slots=True)
class Entry:
    """One code or category."""

    key: Key
    name: str
    above: Key
    """Key of its parent; a key that no entry has means the top."""
    color: str = ""
    definition: str = ""


def codebook_of(name: str, entries: Sequence[Entry]) -> tuple[Codebook | None, dict[Key, str]]:
    """Make a codebook (None without entries), and return the id that each entry got.

    The id is taken from the line ``id:`` that comb puts below a definition, or else made from the name, valid and
    unique. Entries that are each other's ancestors in a circle are put at the top.
    """
    if not entries:
        return None, {}
    said = {entry.key: read_description(entry.definition) for entry in entries}
    ids = _ids(entries, said)
    below: dict[Key | None, list[Entry]] = defaultdict(list)
    above = {entry.key: entry.above for entry in entries}
    for entry in entries:
        below[entry.above if _reaches_top(entry.key, above) and entry.above in ids else None].append(entry)
    data = {"name": name, "codes": [_node(entry, below, ids, said) for entry in below[None]]}
    return parse_codebook(data, name), ids


def _ids(entries: Sequence[Entry], said: Mapping[Key, tuple[str, Fields]]) -> dict[Key, str]:
    ids: dict[Key, str] = {}
    for entry in entries:
        wanted = dict(said[entry.key][1]).get("id", "")
        if wanted and [wanted] == fit_ids([wanted], taken=ids.values()):
            ids[entry.key] = wanted
    rest = [entry for entry in entries if entry.key not in ids]
    names = fit_ids([entry.name for entry in rest], taken=set(ids.values()))
    return ids | {entry.key: one for entry, one in zip(rest, names, strict=True)}


def fit_ids(names: Sequence[str], taken: Container[str] = ()) -> list[str]:
    """Make an id from each name, valid in a codebook and different from the others and those taken.

    >>> fit_ids(["Cost; time", "Cost  time", ""])
    ['Cost time', 'Cost time (2)', 'code']
    """
    ids: dict[str, None] = {}
    for name in names:
        plain = _UNFIT.sub(" ", name).strip() or "code"
        unique, number = plain, 1
        while unique in ids or unique in taken:
            number += 1
            unique = f"{plain} ({number})"
        ids[unique] = None
    return list(ids)


def _reaches_top(key: Key, above: Mapping[Key, Key]) -> bool:
    for _ in range(DEEPEST):
        if above[key] not in above:
            return True
        key = above[key]
    return False


def _node(
    entry: Entry,
    below: Mapping[Key | None, list[Entry]],
    ids: Mapping[Key, str],
    said: Mapping[Key, tuple[str, Fields]],
) -> dict[str, Any]:
    definition, fields = said[entry.key]
    node: dict[str, Any] = {"id": ids[entry.key], "name": entry.name.strip() or ids[entry.key]}
    if _COLOR.fullmatch(entry.color):
        node["color"] = entry.color.upper()
    if definition.strip():
        node["definition"] = definition.strip()
    node |= {key: value for key, value in fields if key in ("definition", "include", "exclude")}
    examples = [value for key, value in fields if key == "example"]
    children = [_node(child, below, ids, said) for child in below.get(entry.key, ())]
    return node | ({"examples": examples} if examples else {}) | ({"children": children} if children else {})
