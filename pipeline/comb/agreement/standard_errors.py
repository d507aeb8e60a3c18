"""Analytic standard errors, where the literature gives them; they take units for independent, as bootstrap need not.

Shapes are those of ``comb.agreement.tallies``.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from comb.agreement.coefficients import Floats, cohen_kappa, corrected, divide
from comb.agreement.multi_rater import brennan_prediger, fleiss, gwet_ac1, krippendorff
from comb.agreement.tallies import tally, used


def cohen(table: ArrayLike, weights: ArrayLike | None = None, *, null: bool = False) -> Floats:
    """Give the standard error of Cohen's kappa, or with ``null`` that under a true kappa of 0 (for a test).

    Source: Fleiss, Cohen & Everitt (1969), Psychological Bulletin 72(5), equations 8-9 and 13-14.
    Shapes: (..., Q, Q) → (...).

    >>> table = [[0, 4, 1], [0, 8, 0], [0, 1, 5]]
    >>> round(float(cohen(table)), 4), round(float(cohen(table, null=True)), 4)  # SAS, PROC FREQ, in statsmodels' tests
    (0.138, 0.1484)
    """
    counts = np.asarray(table, float)
    matrix = np.eye(counts.shape[-1]) if weights is None else np.asarray(weights, float)
    n = counts.sum(axis=(-2, -1))
    p = divide(counts, n[..., None, None])
    rows, columns = p.sum(axis=-1), p.sum(axis=-2)
    chance = np.einsum("...i,ij,...j->...", rows, matrix, columns)
    habits = (columns @ matrix.T)[..., :, None] + (rows @ matrix)[..., None, :]
    kappa = np.zeros_like(chance) if null else cohen_kappa(counts, matrix)
    if null:
        p = rows[..., :, None] * columns[..., None, :]
    inner = matrix - habits * (1 - kappa)[..., None, None]
    spread = (p * inner**2).sum(axis=(-2, -1)) - (kappa - chance * (1 - kappa)) ** 2
    return divide(np.sqrt(np.maximum(spread, 0)), np.where(chance < 1, 1 - chance, 0) * np.sqrt(n))


def fleiss_null(counts: ArrayLike) -> float:
    """Give the standard error of Fleiss' kappa under a true kappa of 0; all units have the same number of coders.

    Source: Fleiss, Nee & Landis (1979), Psychological Bulletin 86(5), equation 12. ``counts``: (N, Q), coders who used
    each category of each unit.
    """
    table = np.asarray(counts, float)
    n, m = len(table), table[0].sum()
    p = table.sum(axis=0) / table.sum()
    spread = (p * (1 - p)).sum()
    inner = spread**2 - (p * (1 - p) * (1 - 2 * p)).sum()
    return float(np.sqrt(2 * inner / (n * m * (m - 1))) / spread)


def several(answers: NDArray[np.integer], categories: int) -> dict[str, Floats]:
    """Give the standard errors of Fleiss' kappa, Brennan-Prediger, AC1 and alpha: (N, R, C) → (C,) each.

    Source: Gwet (2014), Handbook of Inter-Rater Reliability, 4th ed., chapter 5: the coefficient of a unit, less what
    the unit moves chance agreement by, varies over units as the coefficient does over samples; AC1: Gwet (2008).

    >>> rows = ["11.1", "2232", "3333", "3333", "2222", "1234", "4444", "1121", "2222", ".555", "..11", "..3."]
    >>> answers = np.array([[-1 if cell == "." else int(cell) - 1 for cell in row] for row in rows])
    >>> found = several(answers[..., None], 5)
    >>> [round(float(found[name][0]), 5) for name in ("fleiss_kappa", "gwet_ac1", "brennan_prediger")]  # R irrCAC
    [0.15302, 0.14295, 0.14472]
    """
    count = used(answers, categories)
    total = tally(answers, categories).total()
    judged = count.sum(axis=-1)
    shares = divide(count, judged[..., None])
    use = divide(total.shares, total.shares.sum(axis=-1, keepdims=True))
    agreeing = divide((count * (count - 1)).sum(axis=-1), judged * (judged - 1))
    chance = {
        "fleiss_kappa": (corrected(*fleiss(total)), fleiss(total)[1], (shares * use).sum(axis=-1)),
        "gwet_ac1": (
            corrected(*gwet_ac1(total)),
            gwet_ac1(total)[1],
            (shares * (1 - use)).sum(axis=-1) / max(categories - 1, 1),
        ),
        "brennan_prediger": (
            corrected(*brennan_prediger(total)),
            brennan_prediger(total)[1],
            np.full_like(agreeing, 1 / categories),
        ),
    }
    found = {name: _linearised(agreeing, judged, *parts) for name, parts in chance.items()}
    return {**found, "krippendorff_alpha": _alpha(count, total.pairable, corrected(*krippendorff(total)))}


def _linearised(agreeing: Floats, judged: Floats, value: Floats, chance: Floats, own: Floats) -> Floats:
    """Spread of the units' own values over units: (N, C) and (C,) → (C,)."""
    n, paired = (judged > 0).sum(axis=0), (judged > 1).sum(axis=0)
    possible = np.where(chance < 1, 1 - chance, 0)
    scaled = divide(n, paired) * np.where(judged > 1, np.nan_to_num(agreeing) - chance, 0)
    moved = 2 * (1 - value) * np.nan_to_num(own - chance)
    each = np.where(judged > 0, divide(scaled - moved, possible), value)
    return np.sqrt(divide(((each - value) ** 2).sum(axis=0), n * (n - 1.0)))


def _alpha(count: Floats, pairable: Floats, alpha: Floats) -> Floats:
    """Spread of alpha: the delta method on D_o / D_e, both means over paired units weighed by their coders."""
    judged = count.sum(axis=-1)
    n = np.where(judged > 1, judged, 0)
    total = n.sum(axis=0)
    use = divide(pairable, total[:, None])
    expected = 1 - (use**2).sum(axis=-1)
    together = np.where(n > 0, n - divide((count * (count - 1)).sum(axis=-1), judged - 1), 0)
    apart = 2 * np.where(n > 0, n - (count * use).sum(axis=-1), 0)
    # d(D_o / D_e) = (dD_o - (1 - alpha) dD_e) / D_e; the units' parts of it sum to nought.
    moved = together - n * (1 - alpha) * expected - (1 - alpha) * (apart - 2 * n * expected)
    part = divide(moved, expected * total)
    units = (n > 0).sum(axis=0)
    return np.sqrt(divide(units * (part**2).sum(axis=0), units - 1.0))
