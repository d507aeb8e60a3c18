"""The order, or the values, of codes that form a scale."""

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from comb.agreement.ratings import Ratings
from comb.agreement.scales import MOST_VALUES, Scale, ScaleLevel
from comb.agreement.spelling import folded
from comb.errors import BadInputError

_LEADING = re.compile(r"(-?\d+(?:[.,]\d+)?)(?:\s*[.=:)–-]\s*\D.*)?")
FEWEST = 3
"""Fewest numbers that look like a scale."""


def number_of(code: str) -> float | None:
    """Read a code as a number: ``2``, ``2.5``, ``2,5`` or ``2. often``; None if it is not one.

    >>> number_of("2. often"), number_of("2,5"), number_of("often")
    (2.0, 2.5, None)
    """
    match = _LEADING.fullmatch(code.strip())
    return float(match[1].replace(",", ".")) if match else None


def make_scale(ratings: Ratings, level: ScaleLevel, order: Sequence[str]) -> Ratings:
    """Put the codes in the order of their scale. Raises BadInputError if the order is unknown."""
    if not ratings.exclusive:
        what = f"a unit has several codes, which cannot be one value of an {level} scale"
        raise BadInputError(what, remedy="Leave out --level, or give one code per unit and coder.")
    values = _ranks(ratings.codes, order) if order else [number_of(code) for code in ratings.codes]
    unknown = [code for code, value in zip(ratings.codes, values, strict=True) if value is None]
    if unknown:
        shown = ", ".join(repr(code) for code in unknown[:3])
        if level == "ordinal":
            remedy = "Give the order from low to high: --order low,medium,high."
            raise BadInputError(f"the order of the codes is unknown ({shown})", remedy=remedy)
        article = "An" if level == "interval" else "A"
        remedy = f"{article} {level} scale needs numbers; for ranks say --level ordinal."
        raise BadInputError(f"codes that are not numbers: {shown}", remedy=remedy)
    known = [float(value) for value in values if value is not None]
    if level == "ratio" and min(known) < 0:
        raise BadInputError("a ratio scale has no negative values", remedy="Say --level interval.")
    if len(known) > MOST_VALUES:
        what = f"{len(known)} different values, more than {MOST_VALUES}"
        raise BadInputError(what, remedy="Round the values, for example to whole numbers.")
    place = np.argsort(known, kind="stable")
    scores = np.arange(len(place), dtype=float) if level == "ordinal" else np.asarray(known)[place]
    return replace(
        ratings,
        codes=tuple(ratings.codes[at] for at in place),
        cells=ratings.cells[:, :, place],
        scale=Scale(level, tuple(float(score) for score in scores)),
    )


def _ranks(codes: Sequence[str], order: Sequence[str]) -> list[float | None]:
    rank = {folded(name): float(at) for at, name in enumerate(order)}
    missing = [code for code in codes if folded(code) not in rank]
    if missing:
        what = f"--order lacks {', '.join(repr(code) for code in missing[:3])}"
        raise BadInputError(what, remedy="Name every code once, from low to high.")
    return [rank[folded(code)] for code in codes]


def scale_hint(codes: Sequence[str]) -> list[str]:
    """Return a hint that the codes may form a scale, if all of them are numbers."""
    if len(codes) < FEWEST or any(number_of(code) is None for code in codes):
        return []
    return [
        "The codes are numbers. If they form a scale, say --level ordinal (ranks) or --level interval (amounts): "
        "then answers that are close count as partly agreeing."
    ]
