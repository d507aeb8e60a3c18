"""Turn entries into ratings: spellings are joined, contradictions refused, and answers sorted naturally."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from comb.agreement.ratings import Ratings
from comb.agreement.scale_order import make_scale, number_of, scale_hint
from comb.agreement.scales import ScaleLevel
from comb.agreement.spelling import Merged, merge
from comb.agreement.table_entries import (
    BLANKED,
    JUDGED,
    MISSING,
    NOTHING,
    SHOWN,
    UNUSED,
    USED,
    Entries,
    Names,
)
from comb.agreement.table_files import TableFile
from comb.errors import BadInputError

CodingRule = Literal["exclusive", "multiple", ""]


def as_ratings(
    entries: Entries, files: Sequence[TableFile], coding: CodingRule, level: ScaleLevel, order: Sequence[str]
) -> tuple[Ratings, list[str]]:
    """Turn entries into ratings, with notes on joined spellings. Raises BadInputError for contradictions."""
    unit, coder, code, word, row, file = entries.columns
    if not entries.codes.number:
        raise BadInputError("no coder used any code", remedy="Check column code of the table.")
    units = _joined(entries.units, unit, coder)
    coders = _joined(entries.coders, coder, unit)
    names = list(entries.codes.number)
    codes = merge(names, np.bincount(code[code >= 0], minlength=len(names)), labels=True)
    if level == "nominal":
        _refuse_decimals(names, codes)
    else:
        code = np.where(code == NOTHING, MISSING, code)
        if level != "ordinal" and not order:
            _refuse_words(names, level, code, row, [table.name for table in files], file)
    merged = np.where(code >= 0, codes.number[np.maximum(code, 0)], code)
    said = _Said(units, coders, codes, units.number[unit], coders.number[coder], merged, word)
    repeated = _refuse_conflicts(said, row, file, files)
    return _fill(said, coding, level, order), [*_notes(entries, said, level), *repeated]


@dataclass(frozen=True)
class _Said:
    units: Merged
    coders: Merged
    codes: Merged
    unit: NDArray[np.intp]
    coder: NDArray[np.intp]
    code: NDArray[np.intp]
    word: NDArray[np.intc]
    """The value for the code."""

    @property
    def place(self) -> NDArray[np.intp]:
        """The unit and coder of each entry, as one number."""
        places: NDArray[np.intp] = self.unit * len(self.coders.names) + self.coder
        return places


def _joined(names: Names, number: NDArray[np.intc], other: NDArray[np.intc]) -> Merged:
    """Join spellings, unless two of them occur beside one another: then they are meant to differ."""
    written = list(names.number)
    often = np.bincount(number, minlength=len(written))
    merged = merge(written, often)
    if len(merged.names) == len(written):
        return merged
    pairs = np.unique(number.astype(np.int64) * (int(other.max(initial=0)) + 1) + other)
    after = merged.number[pairs // (int(other.max(initial=0)) + 1)] * (int(other.max(initial=0)) + 1)
    after += pairs % (int(other.max(initial=0)) + 1)
    return merged if len(np.unique(after)) == len(pairs) else merge(written, often, apart=True)


def _refuse_words(
    names: Sequence[str],
    level: ScaleLevel,
    code: NDArray[np.integer],
    row: NDArray[np.integer],
    files: Sequence[str],
    file: NDArray[np.integer],
) -> None:
    """Refuse codes that are no numbers on a scale of numbers, each with its row."""
    words = [at for at, name in enumerate(names) if number_of(name) is None]
    wrong = np.flatnonzero(np.isin(code, words))
    if len(wrong):
        shown = "; ".join(f"{files[file[at]]}, row {row[at]}: {names[code[at]]!r}" for at in wrong[:SHOWN])
        more = f"; and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
        article = "An" if level == "interval" else "A"
        remedy = f"{article} {level} scale needs numbers; for ranks say --level ordinal."
        raise BadInputError(f"codes that are not numbers: {shown}{more}", remedy=remedy)


def _refuse_decimals(names: Sequence[str], codes: Merged) -> None:
    decimal = any("." in name.strip(" .0") and name.replace(".", "", 1).strip().isdigit() for name in names)
    whole = next((own for own in codes.joined if all(part.strip(" .,0123456789") == "" for part in own)), None)
    if decimal and whole:
        what = f"codes {' and '.join(map(repr, whole))} may be one number or two codes"
        raise BadInputError(what, remedy="Write them alike, or, if the codes are numbers, say --level interval.")


def _refuse_conflicts(
    said: _Said, row: NDArray[np.intc], file: NDArray[np.intc], files: Sequence[TableFile]
) -> list[str]:
    """Refuse a code beside none, and a code that is given twice where no unit has two.

    If units have several codes, one that is given twice counts once; return that, as a note.
    """
    given = np.flatnonzero((said.code >= NOTHING) & ((said.word == USED) | (said.code == NOTHING)))
    keys = said.place[given] * (len(said.codes.names) + 1) + said.code[given] + 1
    order = np.argsort(keys, kind="stable")
    again = np.flatnonzero(keys[order][1:] == keys[order][:-1]) + 1
    one, other = given[order[again - 1]], given[order[again]]
    apart = np.flatnonzero((row[one] != row[other]) | (file[one] != file[other]))
    several = len(np.unique(keys)) > len(np.unique(said.place[given]))
    problems = _both(said, given, row, file, files)
    if several or not len(apart):
        Entries(problems=problems).refuse_problems()
        return [f"Codes given to a unit twice by the same coder, counted once: {len(apart)}."] if len(apart) else []
    for first, second in zip(one[apart[: SHOWN + 1]], other[apart[: SHOWN + 1]], strict=True):
        code = f"code {said.codes.names[said.code[second]]!r}" if said.code[second] >= 0 else "no code"
        where = f"{files[file[first]].name}, row {row[first]}"
        problems.append(f"{_where(said, second, row, file, files)} {code} again (first in {where})")
    Entries(problems=problems).refuse_problems()
    return []


def _both(
    said: _Said, given: NDArray[np.intp], row: NDArray[np.intc], file: NDArray[np.intc], files: Sequence[TableFile]
) -> list[str]:
    none = given[said.code[given] == NOTHING]
    some = np.unique(said.place[given[said.code[given] >= 0]])
    clash = none[np.isin(said.place[none], some)]
    return [f"{_where(said, at, row, file, files)} a code and, in another row, none" for at in clash[: SHOWN + 1]]


def _where(said: _Said, at: int, row: NDArray[np.intc], file: NDArray[np.intc], files: Sequence[TableFile]) -> str:
    coder, unit = said.coders.names[said.coder[at]], said.units.names[said.unit[at]]
    return f"{files[file[at]].name}, row {row[at]}: coder {coder!r} gives unit {unit!r}"


def _fill(said: _Said, coding: CodingRule, level: ScaleLevel, order: Sequence[str]) -> Ratings:
    n, r, k = len(said.units.names), len(said.coders.names), len(said.codes.names)
    cells = np.full((n * r, k), -1, np.int8)
    coded = said.code >= 0
    # Where single cells say no (a table per code), a code that is given says nothing of the others.
    by_cell = bool((coded & (said.word == UNUSED)).any())
    whole = np.isin(said.code, (NOTHING, JUDGED)) | (coded & (said.word == USED) & (not by_cell))
    cells[np.unique(said.place[whole])] = 0
    for word, value in ((UNUSED, 0), (BLANKED, -1), (USED, 1)):
        own = coded & (said.word == word)
        cells[said.place[own], said.code[own]] = value
    several = (cells == 1).sum(axis=1) > 1
    if coding == "exclusive" and several.any():
        at = int(np.flatnonzero(several)[0])
        what = f"coder {said.coders.names[at % r]!r} gives unit {said.units.names[at // r]!r} two codes"
        raise BadInputError(what, remedy="Use --coding multiple, or keep one code per unit and coder.")
    partly = (cells == -1).any(axis=1) & (cells >= 0).any(axis=1)
    exclusive = coding == "exclusive" or (coding == "" and not several.any() and not partly.any())
    nothing = exclusive and bool((cells == 0).all(axis=1).any())
    names = (said.units.names, said.coders.names, said.codes.names)
    ratings = Ratings("unit", *names, cells.reshape(n, r, k), said.units.names, np.ones(n), exclusive, nothing)
    return ratings if level == "nominal" else make_scale(ratings, level, order)


def _notes(entries: Entries, said: _Said, level: ScaleLevel) -> list[str]:
    notes = []
    for what, merged in (("unit", said.units), ("coder", said.coders), ("code", said.codes)):
        for own in merged.joined[:SHOWN]:
            notes.append(f"Taken for one {what}: {', '.join(repr(name) for name in dict.fromkeys(own))}.")
        if len(merged.joined) > SHOWN:
            notes.append(f"{len(merged.joined) - SHOWN} more {what}s were written in several ways.")
    for mark, count in entries.missing.items():
        notes.append(f"{count} answers {mark!r} were taken for missing.")
    return [*notes, *(scale_hint(said.codes.names) if level == "nominal" else ())]
