"""Merge a project's codes into a study's: match those that are the same, and add the others.

A study's own codes keep their ids, names, places and levels, since codings, params and models refer to them.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import yaml

from comb.codebook import Code, Codebook, codebook_yaml, parse_codebook
from comb.codings.code_labels import fold

Entry = dict[str, Any]
"""A code as written in ``codebook.yaml``."""


@dataclass
class MergedCodebook:
    """A study's codebook with the added codes."""

    book: Codebook
    ids: dict[str, str] = field(default_factory=dict)
    """The study's id of each code, by the project's id."""
    added: dict[str, Entry] = field(default_factory=dict)
    """The added codes by id, with the codes added below them."""
    under: dict[str, str] = field(default_factory=dict)
    """The parent of each added code by id; empty at the top."""
    moved: list[str] = field(default_factory=list)
    """Ids of the added codes that are on a higher level than in the project."""


def merge_codebooks(own: Codebook, other: Codebook) -> MergedCodebook:
    """Match the codes of ``other`` with those of ``own``, and add the rest under their parents.

    Codes match by guid, then by id, then by name without regard to case; a name that stands for several codes matches
    only if the codes above it match too. An added code is put below the code that its parent matches. It is put one
    level higher if the tree would otherwise become deeper than the levels of ``own``, or if a code would get its first
    child and so change its meaning.
    """
    merged = MergedCodebook(own, _matches(own, other))
    paths = {code.id: code.path for code in own}
    for code in other:
        if code.id not in merged.ids:
            _add(merged, own, code, paths)
    if merged.added:
        merged.book = parse_codebook(_with_added(own, merged), own.name or "codebook")
    return merged


Finder = Callable[[Code], str | None]
"""Finds the match for a code of the other codebook."""


def _matches(own: Codebook, other: Codebook) -> dict[str, str]:
    ids: dict[str, str] = {}
    free = {code.id for code in own}
    for find in (_by_guid(own), _by_id(own, other), _by_name(own, other), _by_path(own, other)):
        for code in other:
            found = find(code)
            if code.id not in ids and found in free:
                ids[code.id] = found
                free.remove(found)
    return ids


def _by_guid(own: Codebook) -> Finder:
    known = {code.guid.casefold(): code.id for code in own if code.guid}
    return lambda code: known.get(code.guid.casefold()) if code.guid else None


def _by_id(own: Codebook, other: Codebook) -> Finder:
    """Match equal ids; an id that a program made of a name which several codes have says too little."""
    often = Counter(fold(code.name) for code in other)
    return lambda code: code.id if code.id in own and often[fold(code.name)] == 1 else None


def _by_name(own: Codebook, other: Codebook) -> Finder:
    often = Counter(fold(code.name) for code in other)
    names: dict[str, set[str]] = defaultdict(set)
    for code in own:
        names[fold(code.name)].add(code.id)
        names[fold(code.id)].add(code.id)

    def find(code: Code) -> str | None:
        found = names[fold(code.name)] | names[fold(code.id)]
        return min(found) if len(found) == 1 and often[fold(code.name)] == 1 else None

    return find


def _by_path(own: Codebook, other: Codebook) -> Finder:
    paths = {_names(own, code): code.id for code in own}
    return lambda code: paths.get(_names(other, code))


def _names(book: Codebook, code: Code) -> tuple[str, ...]:
    return tuple(fold(book.codes[one].name) for one in code.path)


def _add(merged: MergedCodebook, own: Codebook, code: Code, paths: dict[str, tuple[str, ...]]) -> None:
    """Add one code, whose parent in the project was matched or added before."""
    above = merged.ids[code.path[-2]] if len(code.path) > 1 else ""
    parent = above
    while parent and not _has_room(own, paths[parent]):
        parent = paths[parent][-2] if len(paths[parent]) > 1 else ""
    name = _free_id(code.id, parent, paths)
    merged.ids[code.id], merged.under[name] = name, parent
    merged.moved += [name] if parent != above else []
    paths[name] = (*(paths[parent] if parent else ()), name)
    merged.added[name] = _entry(code, name)
    if parent in merged.added:
        merged.added[parent].setdefault("children", []).append(merged.added[name])


def _has_room(own: Codebook, path: Sequence[str]) -> bool:
    leaf = path[-1] in own and own.codes[path[-1]].leaf
    return not leaf and len(path) < len(own.levels)


def _free_id(wanted: str, parent: str, taken: Container[str]) -> str:
    longer = [f"{parent}_{wanted}"] if parent else []
    name = next((name for name in (wanted, *longer) if name not in taken), "")
    return name or next(name for number in count(2) if (name := f"{wanted}_{number}") not in taken)


def _entry(code: Code, name: str) -> Entry:
    texts = {key: getattr(code, key) for key in ("name", "color", "definition", "include", "exclude")}
    entry = {"id": name, **texts, "examples": list(code.examples), "guid": code.guid}
    return {key: value for key, value in entry.items() if value}


def _with_added(own: Codebook, merged: MergedCodebook) -> object:
    """Return the merged codebook as what its YAML file contains."""
    data: Any = yaml.safe_load(codebook_yaml(own))
    entries = {entry["id"]: entry for entry in _all_entries(data["codes"])}
    for name, parent in merged.under.items():
        if parent not in merged.added:
            target = entries[parent].setdefault("children", []) if parent else data["codes"]
            target.append(merged.added[name])
    return data


def _all_entries(codes: Sequence[Entry]) -> Iterator[Entry]:
    for entry in codes:
        yield entry
        yield from _all_entries(entry.get("children", ()))
