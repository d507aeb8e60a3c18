"""Bootstrap: groups of units are drawn with replacement, and what agreement would have been is computed each time."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from comb.agreement.coefficients import Floats

CELLS = 1_000_000
"""Weights that are held at once: bounds the memory."""
ENOUGH = 0.5
"""Share of replicates in which a coefficient must be defined for its interval to be given."""


def draws(groups: int, replicates: int, seed: int) -> Iterator[Floats]:
    """Say how often each of T groups is drawn in each of B replicates, in blocks (b, T).

    Source: Efron & Tibshirani (1993), An Introduction to the Bootstrap; whole clusters: Field & Welsh (2007).
    """
    rng = np.random.default_rng(seed)
    step = max(1, CELLS // max(groups, 1))
    for start in range(0, replicates, step):
        b = min(step, replicates - start)
        drawn = rng.integers(0, groups, (b, groups)) + groups * np.arange(b)[:, None]
        yield np.bincount(drawn.ravel(), minlength=b * groups).reshape(b, groups).astype(float)


def interval(values: Floats) -> dict[str, Any]:
    """Give the 95% percentile interval of replicates (B,), or say why there is none.

    Replicates in which the coefficient is undefined are left out, and their share is given as ``resamples``.

    >>> interval(np.full(100, np.nan))["interval"]
    'undefined, because only one category occurs in most resamples'
    """
    known = values[~np.isnan(values)]
    if len(known) < ENOUGH * len(values) or not len(known):
        reason = "undefined, because only one category occurs in most resamples"
        return {"low": None, "high": None, "interval": reason}
    low, high = (tidy(bound) for bound in np.quantile(known, [0.025, 0.975]))
    share = {} if len(known) == len(values) else {"resamples": round(len(known) / len(values), 3)}
    return {"low": low, "high": high, **share}


def tidy(value: Any) -> float:
    """Round to six decimals, and never to -0."""
    return round(float(value), 6) + 0.0
