"""Write valence as separate codes, for programs without a field for it: ``Knowledge`` gets ``Knowledge: barrier``."""

from collections.abc import Container
from dataclasses import replace
from typing import cast

from comb.codebook import Code, Codebook
from comb.codings.code_labels import fold
from comb.exchange.project import Project
from comb.records import VALENCES, Coding, Valence

LEVEL = "valence"
"""The name of the level that such codes may add to a codebook."""
_BETWEEN = " "


def valence_as_codes(project: Project) -> Project:
    """Put each coding with a valence on a code below its own; the coding keeps its valence too."""
    book = project.codebook
    if book is None:
        return project
    codings = tuple(_below(coding, book) for coding in project.codings)
    used = {(one.code, one.valence) for one in project.codings if one.valence}
    return replace(project, codings=codings, codebook=_with_valences(book, used))


def _below(coding: Coding, book: Codebook) -> Coding:
    if not coding.valence or coding.code not in book:
        return coding
    return replace(coding, code=f"{coding.code}{_BETWEEN}{coding.valence}")


def _with_valences(book: Codebook, used: Container[object]) -> Codebook:
    codes: dict[str, Code] = {}
    for code in book:
        kinds = [kind for kind in VALENCES if (code.id, kind) in used]
        codes[code.id] = replace(code, leaf=code.leaf and not kinds)
        for kind in kinds:
            name = f"{code.id}{_BETWEEN}{kind}"
            codes[name] = Code(
                name, f"{code.name}: {kind}", code.color, "", "", "", (), path=(*code.path, name), leaf=True
            )
    deepest = max(len(code.path) for code in codes.values())
    levels = book.levels if deepest <= len(book.levels) else (*book.levels, LEVEL)
    return replace(book, codes=codes, levels=levels)


def codes_as_valence(project: Project) -> Project:
    """Undo ``valence_as_codes``: codings on such a code move to its parent, with the valence that it names."""
    book = project.codebook
    found = {code.id: kind for code in book or () if book and (kind := _kind(code, book))}
    if book is None or not found:
        return project
    above = {code: book.codes[code].path[-2] for code in found}
    codings = tuple(
        replace(coding, code=above[coding.code], valence=found[coding.code]) if coding.code in found else coding
        for coding in project.codings
    )
    return replace(project, codings=codings, codebook=_without(book, set(found)))


def _kind(code: Code, book: Codebook) -> Valence | None:
    """Return the valence that a code stands for; None for a code of the codebook proper."""
    if len(code.path) < 2 or not code.leaf:
        return None
    above = book.codes[code.path[-2]]
    for kind in VALENCES:
        names = (f"{above.id}{_BETWEEN}{kind}", f"{above.name}: {kind}")
        if kind and (code.id == names[0] or fold(code.name) == fold(names[1])):
            return cast(Valence, kind)
    return None


def _without(book: Codebook, left_out: set[str]) -> Codebook:
    kept = [code for code in book if code.id not in left_out]
    parents = {code.path[-2] for code in kept if len(code.path) > 1}
    codes = {code.id: replace(code, leaf=code.id not in parents) for code in kept}
    deepest = max(len(code.path) for code in kept)
    added = book.levels[-1] == LEVEL and len(book.levels) > deepest
    levels = book.levels[:-1] if added else book.levels
    return replace(book, codes=codes, levels=levels)
