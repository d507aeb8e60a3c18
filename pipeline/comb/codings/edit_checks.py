"""Conditions that an edit of the codebook must fulfil; all problems are reported at once."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any

from comb.codebook import Codebook, parse_codebook
from comb.codings.edits import Delete, Edit, Entry, Merge, Move
from comb.errors import BadParamsError


def check_edit(book: Codebook, edit: Edit, where: str) -> None:
    """Raise BadParamsError listing all problems of an edit, if there are any."""
    problems = [*_unknown(book, edit), *_taken(book, edit)] or list(_senseless(book, edit))
    if problems:
        more = problems if len(problems) > 1 else ()
        what = problems[0] if len(problems) == 1 else f"{len(problems)} things are wrong with this change"
        raise BadParamsError(what, where=where, remedy="Nothing was changed.", details=more)


def check_depth(tree: Any, where: str) -> None:
    """Raise BadParamsError if the tree would be deeper than the codebook has levels."""

    def depth(codes: Sequence[Entry]) -> int:
        return 1 + max((depth(one.get("children") or ()) for one in codes), default=0) if codes else 0

    levels, deepest = tree.get("levels") or [], depth(tree["codes"])
    if levels and deepest > len(levels):
        what = f"the tree would be {deepest} levels deep, but the codebook has {len(levels)} ({', '.join(levels)})"
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
            needs = "it must not be empty or contain ;, |, quotation marks or control characters"
            yield f"{name!r} cannot be an id: {needs}"


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
        yield "it is the only code in the codebook"


def _path(book: Codebook, under: str) -> tuple[str, ...]:
    return book.codes[under].path if under else ()
