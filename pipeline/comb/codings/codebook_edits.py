"""One edit of the codebook: a pure function from a codebook and an edit to a codebook, and where its codes went.

The text of the file is edited in place (``codebook_lines``); what comes out is read again, and stands only where it
reads as the edit says it must. Otherwise the codebook is written anew, with its comments at the head.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from difflib import get_close_matches
from functools import reduce
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from comb.codebook import Codebook, codebook_yaml, load_codebook, parse_codebook
from comb.codings import codebook_lines as lines
from comb.errors import BadParamsError

Mapped = Mapping[str, str]
"""By the id of a code that has gone: the code that took its codings, or nothing where they are without a code now."""
Entry = dict[str, Any]
TEXTS = ("name", "color", "definition", "include", "exclude", "examples")


class _Edit(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NewCode(_Edit):
    """A code that comes to be."""

    id: str
    name: str = ""
    color: str = ""
    definition: str = ""
    include: str = ""
    exclude: str = ""
    examples: tuple[str, ...] = ()

    @property
    def entry(self) -> Entry:
        """Return it as it stands in the file."""
        found = {key: getattr(self, key) for key in ("id", *TEXTS) if getattr(self, key)}
        return found | ({"examples": list(self.examples)} if self.examples else {})


class Add(_Edit):
    """Add a code below another, or at the top, as the last there."""

    edit: Literal["add"] = "add"
    new: NewCode
    under: str = ""


class Describe(_Edit):
    """Change what is said of a code, and its colour; what is None stays."""

    edit: Literal["describe"] = "describe"
    code: str
    name: str | None = None
    color: str | None = None
    definition: str | None = None
    include: str | None = None
    exclude: str | None = None
    examples: tuple[str, ...] | None = None

    @property
    def changed(self) -> Entry:
        """Return the keys that are set, as they stand in the file."""
        found = {key: getattr(self, key) for key in TEXTS if getattr(self, key) is not None}
        return found | ({"examples": list(self.examples)} if self.examples is not None else {})


class Rename(_Edit):
    """Give a code another id; its codings follow."""

    edit: Literal["rename"] = "rename"
    code: str
    to: str


class Merge(_Edit):
    """Make one code of two: the codings of ``code``, and the codes below it, become those of ``into``."""

    edit: Literal["merge"] = "merge"
    code: str
    into: str


class Split(_Edit):
    """Begin to split a code: the new codes stand after it, and it stays until each of its passages is decided."""

    edit: Literal["split"] = "split"
    code: str
    into: tuple[NewCode, ...] = Field(min_length=1)


class Move(_Edit):
    """Move a code, with those below it, before a sibling of the code it comes under, or to the end there."""

    edit: Literal["move"] = "move"
    code: str
    under: str = ""
    before: str = ""


class Delete(_Edit):
    """Delete a code; with ``uncode`` its codings stay as passages that were read and carry no code."""

    edit: Literal["delete"] = "delete"
    code: str
    uncode: bool = False


Edit = Annotated[Add | Describe | Rename | Merge | Split | Move | Delete, Field(discriminator="edit")]


@dataclass(frozen=True)
class Edited:
    """The codebook after an edit."""

    text: str
    """The whole file."""
    book: Codebook
    mapped: Mapped
    lost: tuple[str, ...] = ()
    """Comments that lost their place and stand at the head of the file now."""


def edit_codebook(text: str, edit: Edit, where: str = "codebook.yaml") -> Edited:
    r"""Return the text of a codebook with one edit made. Raises BadParamsError with all that is wrong with the edit.

    >>> text = "codes:\n  - id: effort  # ours\n  - id: cost\n"
    >>> done = edit_codebook(text, Rename(code="effort", to="work"))
    >>> done.text, dict(done.mapped)
    ('codes:\n  - id: work  # ours\n  - id: cost\n', {'effort': 'work'})
    """
    data, before = load_codebook(text, where)
    _check(before, edit, where)
    tree = deepcopy(data)
    mapped = _ACTS[edit.edit](tree, edit)
    _check_depth(tree, where)
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
    """Return the list of codes below a code, made where there is none."""
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
    """Write down colours that a top code has by its place only, where it has another place now."""
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


# ---- what an edit must fulfil


def _check(book: Codebook, edit: Edit, where: str) -> None:
    """Raise BadParamsError with all that is wrong with an edit."""
    problems = [*_unknown(book, edit), *_taken(book, edit)] or list(_senseless(book, edit))
    if problems:
        more = problems if len(problems) > 1 else ()
        what = problems[0] if len(problems) == 1 else f"{len(problems)} things are wrong with this change"
        raise BadParamsError(what, where=where, remedy="Nothing was changed.", details=more)


def _check_depth(tree: Any, where: str) -> None:
    """Raise BadParamsError where the tree would be deeper than the codebook has levels."""

    def depth(codes: Sequence[Entry]) -> int:
        return 1 + max((depth(one.get("children") or ()) for one in codes), default=0) if codes else 0

    levels, deepest = tree.get("levels") or [], depth(tree["codes"])
    if levels and deepest > len(levels):
        what = f"the tree would be {deepest} deep, and the codebook has {len(levels)} levels ({', '.join(levels)})"
        remedy = "Choose a place higher up, or name one more level under levels in configs/codebook.yaml."
        raise BadParamsError(what, where=where, remedy=remedy)


def _unknown(book: Codebook, edit: Edit) -> Iterator[str]:
    named = [getattr(edit, key, "") for key in ("code", "under", "before")]
    named += [edit.into] if isinstance(edit, Merge) else []
    for name in dict.fromkeys(filter(None, named)):
        if name not in book:
            near = get_close_matches(name, list(book.codes), 1)
            yield f"there is no code {name!r} in the codebook" + (f"; did you mean {near[0]}?" if near else "")


def _taken(book: Codebook, edit: Edit) -> Iterator[str]:
    new = {"add": lambda e: [e.new.id], "split": lambda e: [one.id for one in e.into], "rename": lambda e: [e.to]}
    ids: Sequence[str] = new.get(edit.edit, lambda e: [])(edit)
    for at, name in enumerate(ids):
        if name in book or name in ids[:at]:
            yield f"there is a code {name!r} already"
        try:
            parse_codebook({"codes": [{"id": name}]})
        except BadParamsError:
            yield f"{name!r} cannot be an id: it must not be empty, nor hold ; | or quotation marks"


def _senseless(book: Codebook, edit: Edit) -> Iterator[str]:
    if isinstance(edit, Move):
        yield from _bad_move(book, edit)
    elif isinstance(edit, Merge):
        yield from _bad_merge(book, edit)
    elif isinstance(edit, Delete):
        yield from _bad_delete(book, edit)


def _bad_move(book: Codebook, edit: Move) -> Iterator[str]:
    if edit.under and edit.code in book.codes[edit.under].path:
        yield f"{edit.code!r} cannot be moved below itself"
    elif edit.before and (edit.before == edit.code or book.codes[edit.before].path[:-1] != _path(book, edit.under)):
        yield f"{edit.before!r} is not among the codes that it is moved to"


def _bad_merge(book: Codebook, edit: Merge) -> Iterator[str]:
    if edit.into == edit.code:
        yield "a code cannot be merged into itself"
    elif edit.code in book.codes[edit.into].path:
        yield f"{edit.into!r} is below {edit.code!r}: merge it into {edit.code!r} instead, or move it first"


def _bad_delete(book: Codebook, edit: Delete) -> Iterator[str]:
    below = [code.id for code in book if edit.code in code.path[:-1]]
    if below:
        yield f"{edit.code!r} has codes below it: move, merge or delete these first ({', '.join(below[:8])})"
    elif len(book.codes) == 1:
        yield "it is the only code of the codebook"


def _path(book: Codebook, under: str) -> tuple[str, ...]:
    return book.codes[under].path if under else ()
