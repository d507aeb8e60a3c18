"""Names of units, coders and codes that differ only in spelling: case, spaces, accents composed or not, 1 and 1.0."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MISSING_MARKS = frozenset(
    {"na", "n/a", "nan", "#n/a", "#na", "null", "<na>", ".", "#null!", "n.a.", "n.a", "n. a.", "(null)", "missing"}
    | {"(missing)", "<missing>", "sysmis"}
)
"""Marks of programs for a missing answer (casefolded)."""
DOUBTFUL_MARKS = ("-", "–", "—", "--", "?", "not coded", "uncoded")
"""Marks that may mean a missing answer, no code, or a code."""
DOUBTFUL_NUMBERS = frozenset(
    sign * number for sign in (1, -1) for number in (7, 8, 9, 77, 88, 97, 98, 99, 777, 888, 998, 999, 9998, 9999)
)
"""Numbers often declared as missing in statistics programs."""
NO_CODE_MARKS = frozenset({"(none)", "no code", "(no code)"})
"""Marks for "judged, and no code" (casefolded)."""
_WHOLE = re.compile(r"(-?)0*(\d+)(?:[.,]0+)?")
_LABELLED = re.compile(r"(-?\d+)\s*[.=:)–-]\s*\D.*")


def folded(name: str) -> str:
    """Return a form of a name that is the same for all its spellings.

    >>> folded(" Goals "), folded("1.0"), folded("01"), folded("1.10")
    ('goals', '1', '1', '1.10')
    """
    plain = name if name.isascii() else unicodedata.normalize("NFKC", name)
    plain = " ".join(plain.split()).casefold()
    whole = _WHOLE.fullmatch(plain)
    return whole[1] + whole[2] if whole else plain


def natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """Return a key that sorts names as people do: 2 before 10.

    >>> sorted(["u10", "u2", "a"], key=natural)
    ['a', 'u2', 'u10']
    """
    parts = re.split(r"(\d+)", name)
    return tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts if part)


def doubtful(codes: Sequence[str]) -> list[str]:
    """List codes that may mean missing answers: dashes, and customary numbers far from the other numbers.

    A dash beside a plus is a valence. Numbers are far if the gap before them is at least as wide as all the others
    together.

    >>> doubtful(["1", "2", "5", "99"]), doubtful(["5", "6", "7", "8", "9"]), doubtful(["+", "-"])
    (['99'], [], [])
    """
    signs = any(code.strip() == "+" for code in codes)
    marks = [code for code in codes if code.strip().casefold() in DOUBTFUL_MARKS and not (signs and code != "?")]
    numbers = {code: int(whole[1] + whole[2]) for code in codes if (whole := _WHOLE.fullmatch(code.strip()))}
    if len(numbers) < len(codes) - len(marks):
        return marks
    far = {*_far(list(numbers.values())), *(-number for number in _far([-number for number in numbers.values()]))}
    return marks + [code for code, number in numbers.items() if number in far]


def _far(numbers: Sequence[int]) -> list[int]:
    """List the customary numbers for missing answers that stand far above the others."""
    rising = sorted(set(numbers))
    for at in range(2, len(rising)):
        low, high, above = rising[0], rising[at - 1], rising[at:]
        if above[0] - high >= max(high - low, 2) and DOUBTFUL_NUMBERS.issuperset(above):
            return above
    return []


@dataclass(frozen=True)
class Merged:
    """Names after joining those that differ only in spelling, in natural order."""

    names: tuple[str, ...]
    number: NDArray[np.intp]
    """The index in ``names`` of each name as written."""
    joined: tuple[tuple[str, ...], ...]
    """The spellings that were joined into one name, the kept one first."""


def merge(written: Sequence[str], often: NDArray[np.integer], *, apart: bool = False, labels: bool = False) -> Merged:
    """Join names that differ only in spelling, given their counts; the most common spelling is kept.

    With ``apart``, only spaces are normalised. With ``labels``, a number is also joined with its value label (``1`` and
    ``1. Barrier``, as statistics programs export them), and the label is kept.
    """
    keys = [" ".join(name.split()) for name in written] if apart else [folded(name) for name in written]
    if labels:
        keys = _numbers_of_labels(keys)
    groups: dict[str, list[int]] = {}
    for index, key in enumerate(keys):
        groups.setdefault(key, []).append(index)
    spellings = []
    for own in groups.values():
        labelled = [i for i in own if _LABELLED.fullmatch(written[i].strip())] if len(own) > 1 else []
        spellings.append(sorted(own, key=lambda i: (i not in labelled, -often[i], written[i])))
    names = [" ".join(written[own[0]].split()) for own in spellings]
    order = sorted(range(len(names)), key=lambda place: natural(names[place]))
    number = np.zeros(len(written), np.intp)
    for new, old in enumerate(order):
        number[spellings[old]] = new
    joined = (tuple(written[i] for i in spellings[old]) for old in order)
    several = tuple(own for own in joined if len(set(map(str.strip, own))) > 1)
    return Merged(tuple(names[old] for old in order), number, several)


def _numbers_of_labels(keys: Sequence[str]) -> list[str]:
    """Replace ``1. barrier`` by ``1`` where a plain 1 occurs too."""
    plain = set(keys)
    found = []
    for key in keys:
        label = _LABELLED.fullmatch(key)
        found.append(label[1] if label and label[1] in plain else key)
    return found
