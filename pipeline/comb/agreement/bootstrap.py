"""Bootstrap: groups of units are drawn with replacement, and the statistics are computed each time."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from comb.agreement.coefficients import Floats

CELLS = 1_000_000
"""Most weights in memory at once."""
ENOUGH = 0.5
"""Share of replicates in which a coefficient must be defined for its interval to be given."""


@dataclass(frozen=True)
class Interval:
    """A 95% interval, or the reason why it is missing."""

    low: float | None
    high: float | None
    reason: str = ""
    resamples: float | None = None
    """Share of replicates in which the coefficient is defined, if less than 1."""
    se: float | None = None
    """Standard deviation of the replicates."""


def draws(groups: int, replicates: int, seed: int, width: int = 0) -> Iterator[Floats]:
    """Yield how often each of T groups is drawn in each of B replicates, in blocks (b, T).

    ``width`` is the number of counts computed from each replicate: wider ones come in smaller blocks, which affects
    only memory. Source: Efron & Tibshirani (1993), An Introduction to the Bootstrap; whole clusters: Field & Welsh
    (2007).
    """
    rng = np.random.default_rng(seed)
    step = max(1, CELLS // max(groups, width // 4, 1))
    for start in range(0, replicates, step):
        b = min(step, replicates - start)
        drawn = rng.integers(0, groups, (b, groups)) + groups * np.arange(b)[:, None]
        yield np.bincount(drawn.ravel(), minlength=b * groups).reshape(b, groups).astype(float)


def interval(values: Floats) -> Interval:
    """Return the 95% percentile interval of replicates (B,), or the reason why there is none.

    Replicates in which the coefficient is undefined are left out.

    >>> interval(np.full(100, np.nan)).reason
    'undefined, because only one category occurs in most resamples'
    """
    known = values[~np.isnan(values)]
    if len(known) < ENOUGH * len(values) or not len(known):
        return Interval(None, None, "undefined, because only one category occurs in most resamples")
    low, high = (tidy(bound) for bound in np.quantile(known, [0.025, 0.975]))
    share = None if len(known) == len(values) else round(len(known) / len(values), 3)
    return Interval(low, high, "", share, tidy(known.std()))


def tidy(value: Any) -> float:
    """Round to six decimals, and never to -0."""
    return round(float(value), 6) + 0.0
