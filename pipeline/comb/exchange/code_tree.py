"""From the codes of another program, each naming the one above it, to a codebook."""

import re
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from comb.codebook import Codebook, parse_codebook

DEEPEST = 20
"""Levels that a codebook is given; what lies deeper stands on the last."""
_UNFIT = re.compile(r'[;|"\s]+')
_COLOR = re.compile(r"#[0-9A-Fa-f]{6}")

Key = tuple[str, Hashable]


@dataclass(frozen=True, slots=True)
class Entry:
    """One code or category."""

    key: Key
    name: str
    above: Key
    """Key of the one above; one that nothing has: it stands at the top."""
    color: str = ""
    definition: str = ""


def codebook_of(name: str, entries: Sequence[Entry]) -> tuple[Codebook | None, dict[Key, str]]:
    """Make a codebook, None of no entries, and say which id each entry got: its name, made fit and unique.

    Entries that stand in a circle above one another stand at the top.
    """
    if not entries:
        return None, {}
    ids = _ids(entries)
    below: dict[Key | None, list[Entry]] = defaultdict(list)
    above = {entry.key: entry.above for entry in entries}
    for entry in entries:
        below[entry.above if _reaches_top(entry.key, above) and entry.above in ids else None].append(entry)
    data = {"name": name, "codes": [_node(entry, below, ids, 1) for entry in below[None]]}
    return parse_codebook(data, name), ids


def _ids(entries: Sequence[Entry]) -> dict[Key, str]:
    ids: dict[Key, str] = {}
    taken: set[str] = set()
    for entry in entries:
        plain = _UNFIT.sub(" ", entry.name).strip() or "code"
        unique, number = plain, 1
        while unique in taken:
            number += 1
            unique = f"{plain} ({number})"
        taken.add(unique)
        ids[entry.key] = unique
    return ids


def _reaches_top(key: Key, above: Mapping[Key, Key]) -> bool:
    for _ in range(DEEPEST):
        if above[key] not in above:
            return True
        key = above[key]
    return False


def _node(entry: Entry, below: Mapping[Key | None, list[Entry]], ids: Mapping[Key, str], depth: int) -> dict[str, Any]:
    node: dict[str, Any] = {"id": ids[entry.key], "name": entry.name.strip() or ids[entry.key]}
    if _COLOR.fullmatch(entry.color):
        node["color"] = entry.color.upper()
    if entry.definition.strip():
        node["definition"] = entry.definition.strip()
    children = [_node(child, below, ids, depth + 1) for child in below.get(entry.key, ())]
    return {**node, "children": children} if children else node
