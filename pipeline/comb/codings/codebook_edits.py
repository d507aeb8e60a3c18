"""One edit of the codebook: a pure function from a codebook and an edit to a new codebook and a mapping of its codes.

The text of the file is edited in place (``codebook_lines``); the result is read again, and used only if it reads as
intended. Otherwise the codebook is rewritten, with its comments at the head.
"""

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import reduce
from typing import Any

import yaml

from comb.codebook import Codebook, codebook_yaml, load_codebook, parse_codebook
from comb.codings import codebook_lines as lines
from comb.codings.edit_checks import check_depth, check_edit
from comb.codings.edits import Add, Delete, Describe, Edit, Entry, Merge, Move, NewCode, Rename, Split
from comb.errors import BadParamsError

Mapped = Mapping[str, str]
"""By id of a code that is gone: the code that took over its codings; empty if they have no code now."""


@dataclass(frozen=True)
class Edited:
    """The codebook after an edit."""

    text: str
    """The whole file."""
    book: Codebook
    mapped: Mapped
    lost: tuple[str, ...] = ()
    """Comments that lost their place and are at the head of the file now."""


def edit_codebook(text: str, edit: Edit, where: str = "codebook.yaml") -> Edited:
    r"""Return the text of a codebook with one edit made. Raises BadParamsError with all that is wrong with the edit.

    >>> text = "codes:\n  - id: effort  # ours\n  - id: cost\n"
    >>> done = edit_codebook(text, Rename(code="effort", to="work"))
    >>> done.text, dict(done.mapped)
    ('codes:\n  - id: work  # ours\n  - id: cost\n', {'effort': 'work'})
    """
    data, before = load_codebook(text, where)
    check_edit(before, edit, where)
    tree = deepcopy(data)
    mapped = _ACTS[edit.edit](tree, edit)
    check_depth(tree, where)
    pinned = _pin_colours(tree, before)
    book = parse_codebook(tree, where)
    try:
        changed = reduce(lambda now, step: step(now), [*_STEPS[edit.edit](data, edit), *pinned], text)
        kept = load_codebook(changed, where)[1] == book
    except (ValueError, yaml.YAMLError, BadParamsError):
        kept = False
    changed, lost = lines.with_lost_comments(text, changed if kept else codebook_yaml(book))
    return Edited(changed, load_codebook(changed, where)[1], mapped, tuple(lost))


# ---- the tree


def _siblings(tree: Any, code: str) -> tuple[list[Entry], int]:
    return next((codes, at) for codes in _lists(tree) for at, one in enumerate(codes) if str(one["id"]) == code)


def _lists(tree: Any, key: str = "codes") -> Iterator[list[Entry]]:
    found = tree.get(key) or []
    yield found
    for one in found:
        yield from _lists(one, "children")


def _below(tree: Any, under: str) -> list[Entry]:
    """Return the list of codes below a code, created if there is none."""
    if not under:
        top: list[Entry] = tree["codes"]
        return top
    codes, at = _siblings(tree, under)
    if not codes[at].get("children"):
        codes[at]["children"] = []
    found: list[Entry] = codes[at]["children"]
    return found


def _take(tree: Any, code: str) -> Entry:
    codes, at = _siblings(tree, code)
    taken = codes.pop(at)
    for one in (one for each in _lists(tree) for one in each if one.get("children") == []):
        one.pop("children")
    return taken


def _add(tree: Any, edit: Add) -> Mapped:
    _below(tree, edit.under).append(edit.new.entry)
    return {}


def _describe(tree: Any, edit: Describe) -> Mapped:
    codes, at = _siblings(tree, edit.code)
    for key, value in edit.changed.items():
        codes[at].pop(key, None)
        if value:
            codes[at][key] = value
    return {}


def _rename(tree: Any, edit: Rename) -> Mapped:
    codes, at = _siblings(tree, edit.code)
    codes[at]["id"] = edit.to
    return {edit.code: edit.to}


def _merge(tree: Any, edit: Merge) -> Mapped:
    children = _take(tree, edit.code).get("children") or []
    if children:
        _below(tree, edit.into).extend(children)
    return {edit.code: edit.into}


def _split(tree: Any, edit: Split) -> Mapped:
    codes, at = _siblings(tree, edit.code)
    codes[at + 1 : at + 1] = [new.entry for new in edit.into]
    return {}


def _move(tree: Any, edit: Move) -> Mapped:
    taken = _take(tree, edit.code)
    target = _below(tree, edit.under)
    at = next((at for at, one in enumerate(target) if str(one["id"]) == edit.before), len(target))
    target.insert(at, taken)
    return {}


def _delete(tree: Any, edit: Delete) -> Mapped:
    _take(tree, edit.code)
    return {edit.code: ""}


def _pin_colours(tree: Any, before: Codebook) -> "list[_Step]":
    """Write down colours that a top code has by its place only, if it has another place now."""
    roots, now = tree["codes"], parse_codebook(tree)
    steps: list[_Step] = []
    for one in roots:
        code = str(one["id"])
        old = before.codes.get(code)
        if old and len(old.path) == 1 and not one.get("color") and now.codes[code].color != old.color:
            one["color"] = old.color
            steps.append(_setting(code, "color", old.color))
    return steps


# ---- the text

_Step = Callable[[str], str]


def _setting(code: str, key: str, value: object) -> _Step:
    return lambda text: lines.set_value(text, code, key, value)


def _removing(code: str) -> _Step:
    return lambda text: lines.remove_code(text, code)


def _moving(code: str, under: str, at: Callable[[str], int]) -> _Step:
    def step(text: str) -> str:
        piece = lines.lines_of(text, code)
        without = lines.remove_code(text, code)
        return lines.insert_code(without, under, at(without), piece)

    return step


def _inserting(new: NewCode, under: str, at: int) -> _Step:
    return lambda text: lines.insert_code(text, under, at, lines.new_lines(new.entry))


def _ids(tree: Any, under: str) -> list[str]:
    codes, at = _siblings(tree, under) if under else ([tree], 0)
    return [str(one["id"]) for one in codes[at].get("children" if under else "codes") or []]


def _parent(tree: Any, code: str) -> str:
    owners = [""] + [str(one["id"]) for each in _lists(tree) for one in each]
    return next(owner for owner in owners if code in _ids(tree, owner))


def _add_steps(tree: Any, edit: Add) -> list[_Step]:
    return [_inserting(edit.new, edit.under, len(_ids(tree, edit.under)))]


def _describe_steps(tree: Any, edit: Describe) -> list[_Step]:
    return [_setting(edit.code, key, value) for key, value in edit.changed.items()]


def _rename_steps(tree: Any, edit: Rename) -> list[_Step]:
    return [_setting(edit.code, "id", edit.to)]


def _merge_steps(tree: Any, edit: Merge) -> list[_Step]:
    last = 10**6
    children = [one for one in _ids(tree, edit.code) if one != edit.into]
    return [*(_moving(one, edit.into, lambda text: last) for one in children), _removing(edit.code)]


def _split_steps(tree: Any, edit: Split) -> list[_Step]:
    parent = _parent(tree, edit.code)
    at = _ids(tree, parent).index(edit.code)
    return [_inserting(new, parent, at + 1 + n) for n, new in enumerate(edit.into)]


def _move_steps(tree: Any, edit: Move) -> list[_Step]:
    def at(text: str) -> int:
        ids = _ids(load_codebook(text, "")[0], edit.under)
        return ids.index(edit.before) if edit.before else len(ids)

    return [_moving(edit.code, edit.under, at)]


def _delete_steps(tree: Any, edit: Delete) -> list[_Step]:
    return [_removing(edit.code)]


_ACTS: Mapping[str, Callable[[Any, Any], Mapped]] = {
    "add": _add,
    "describe": _describe,
    "rename": _rename,
    "merge": _merge,
    "split": _split,
    "move": _move,
    "delete": _delete,
}
_STEPS: Mapping[str, Callable[[Any, Any], list[_Step]]] = {
    "add": _add_steps,
    "describe": _describe_steps,
    "rename": _rename_steps,
    "merge": _merge_steps,
    "split": _split_steps,
    "move": _move_steps,
    "delete": _delete_steps,
}
