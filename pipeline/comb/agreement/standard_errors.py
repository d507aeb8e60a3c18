"""Published analytic standard errors; unlike the bootstrap, they assume independent units.

Shapes: E patterns of answers, R coders, Q categories.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from comb.agreement.bootstrap import Interval, tidy
from comb.agreement.coefficients import Floats, cohen_kappa, corrected, divide
from comb.agreement.multi_rater import brennan_prediger, conger, fleiss, gwet_ac1
from comb.agreement.tallies import Counts, Patterns, used


def cohen(table: ArrayLike, weights: ArrayLike | None = None, *, null: bool = False) -> Floats:
    """Return the standard error of Cohen's kappa or, with ``null``, under a true kappa of 0 (for a test).

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


@dataclass(frozen=True)
class _Units:
    """The units of one variable by pattern of answers, and their counts together."""

    answers: NDArray[np.integer]
    """(E, R)."""
    often: Floats
    """(E,): units with the pattern."""
    count: Floats
    """(E, Q): coders who used each category."""
    agreeing: Floats
    """(E,): weighted share of pairs of coders that agree; NaN if there is no pair."""
    total: Counts
    """Leading axes: none."""

    @property
    def judged(self) -> Floats:
        """(E,): coders who judged a unit."""
        coders: Floats = self.count.sum(axis=1)
        return coders


def several(patterns: Patterns, weights: ArrayLike | None = None) -> list[dict[str, float]]:
    """Return the standard errors of the coefficients for any number of coders, for each variable; NaN if undefined.

    Source: Gwet (2014), Handbook of Inter-Rater Reliability, 4th ed., chapter 5, and his R package irrCAC: the
    coefficient of a unit, minus the unit's effect on chance agreement, varies over units as the coefficient does over
    samples. ``weights`` (Q, Q) is the agreement of categories.

    >>> rows = ["11.1", "2232", "3333", "3333", "2222", "1234", "4444", "1121", "2222", ".555", "..11", "..3."]
    >>> answers = np.array([[-1 if cell == "." else int(cell) - 1 for cell in row] for row in rows])
    >>> found = several(Patterns.of(answers[..., None], 5))[0]
    >>> [round(found[name], 5) for name in ("fleiss_kappa", "gwet_ac1", "brennan_prediger")]  # R irrCAC
    [0.15302, 0.14295, 0.14472]
    >>> [round(found[name], 5) for name in ("krippendorff_alpha", "conger_kappa")]
    [0.14557, 0.14917]
    """
    matrix = np.eye(patterns.categories) if weights is None else np.asarray(weights, float)
    often = patterns.counted(np.ones((1, len(patterns.sizes))))
    total = patterns.tally(weights=matrix).counts(often, single=True)
    found = []
    for variable in range(patterns.variables):
        own = np.flatnonzero((patterns.variable == variable) & (often[0] > 0))
        answers = patterns.answers[own]
        count = used(answers[..., None], patterns.categories)[:, 0]
        judged = count.sum(axis=1)
        agreeing = divide((count * (count @ matrix - 1)).sum(axis=1), judged * (judged - 1))
        found.append(_errors(_Units(answers, often[0, own], count, agreeing, _of(total, variable))))
    return found


def _of(counts: Counts, variable: int) -> Counts:
    parts = {name: getattr(counts, name) for name in Counts.__dataclass_fields__}
    return Counts(**{n: part if n == "weights" or part is None else part[variable] for n, part in parts.items()})


def _errors(units: _Units) -> dict[str, float]:
    w, total, q = units.total.weights, units.total, len(units.total.weights)
    shares = divide(units.count, units.judged[:, None])
    use = divide(total.shares, total.shares.sum())
    own = {
        "fleiss_kappa": (fleiss, shares @ ((w + w.T) @ use / 2)),
        "gwet_ac1": (gwet_ac1, (shares * (1 - use)).sum(axis=1) * w.sum() / max(q * (q - 1), 1)),
        "brennan_prediger": (brennan_prediger, np.full(len(shares), w.mean())),
    }
    found = {}
    for name, (parts, chance_of_unit) in own.items():
        value, chance = corrected(*parts(total)), parts(total)[1]
        found[name] = _linearised(units, value, chance, np.nan_to_num(chance_of_unit - chance))
    value, chance = corrected(*conger(total)), conger(total)[1]
    found["conger_kappa"] = _linearised(units, value, chance, _conger_moves(units))
    found["krippendorff_alpha"] = _alpha(units)
    if total.table is not None:
        found["cohen_kappa"] = float(cohen(total.table, w))
        found["scott_pi"] = _scott(units)
    return found


def _linearised(units: _Units, value: Floats, chance: Floats, moves: Floats) -> float:
    """Spread of the units' own values; ``moves`` (E,) is what a unit moves chance agreement by."""
    judged, often = units.judged, units.often
    n, paired = often[judged > 0].sum(), often[judged > 1].sum()
    if not paired or n < 2 or not chance < 1:
        return np.nan
    scaled = n / paired * np.where(judged > 1, np.nan_to_num(units.agreeing) - chance, 0)
    each = np.where(judged > 0, (scaled - 2 * (1 - value) * moves) / (1 - chance), value)
    return _spread(each, value, units, often, n)


def _spread(each: Floats, value: Floats, units: _Units, often: Floats, n: float) -> float:
    """Return the standard error of a mean of n units; of two coders that of large samples, as published for tables."""
    lost = 0.0 if units.answers.shape[1] == 2 else 1.0
    return float(np.sqrt((often * (each - value) ** 2).sum() / (n * (n - lost))))


def _conger_moves(units: _Units) -> Floats:
    """Compute what each unit moves Conger's chance agreement by, through each coder's habits: (E,)."""
    margins, w = units.total.margins, units.total.weights
    given = margins.sum(axis=1)
    active = np.flatnonzero(given > 0)
    r, n = len(active), units.often[units.judged > 0].sum()
    habits = margins[active] / given[active, None]
    others = (habits.sum(axis=0) - habits) @ ((w + w.T) / 2) / (r * (r - 1)) if r > 1 else habits
    moves = np.zeros(len(units.answers))
    for at, coder in enumerate(active):
        answer = units.answers[:, coder]
        gain = others[at][answer] - habits[at] @ others[at]
        moves += n / given[coder] * np.where(answer >= 0, gain, 0)
    return moves


def _scott(units: _Units) -> float:
    """Scott's pi: as Fleiss' kappa, on the units that both judged."""
    both = units.judged > 1
    kept = _Units(units.answers[both], units.often[both], units.count[both], units.agreeing[both], units.total)
    use = divide(units.total.pairable, units.total.pairable.sum())
    w = units.total.weights
    chance = np.asarray(use @ w @ use)
    value = corrected(divide(units.total.agreeing, units.total.paired), chance)
    return _linearised(kept, value, chance, kept.count / 2 @ ((w + w.T) @ use / 2) - chance)


def _alpha(units: _Units) -> float:
    """Krippendorff's alpha: Gwet (2014), section 5.3, which gives observed agreement the small-sample correction."""
    w, paired = units.total.weights, units.judged > 1
    count, often, judged = units.count[paired], units.often[paired], units.judged[paired]
    n = often.sum()
    if n < 2:
        return np.nan
    mean = (often * judged).sum() / n
    inner = (count * (count @ w - 1)).sum(axis=1) / (mean * (judged - 1))
    observed = (often * inner).sum() / n
    use = often @ count / (n * mean)
    chance = use @ w @ use
    if not chance < 1:
        return np.nan
    value = (observed - chance) / (1 - chance)
    more = (judged - mean) / mean
    small = 1 / (n * mean)
    own = (inner - (observed * (1 - small) + small) * more - chance) / (1 - chance)
    moves = count @ ((w + w.T) @ use / 2) / mean - chance * more - chance
    each = own - 2 * (1 - value) * moves / (1 - chance)
    return _spread(each, value, units, often, n)


def coincidences(patterns: Patterns, variable: int) -> Floats:
    """Return Krippendorff's coincidence matrix of one variable: (Q, Q). Source: Krippendorff (2004), p. 222."""
    often = patterns.counted(np.ones((1, len(patterns.sizes))))[0]
    own = np.flatnonzero(patterns.variable == variable)
    answers, often = patterns.answers[own], often[own]
    judged = (answers >= 0).sum(axis=1)
    q = patterns.categories
    matrix = np.zeros(q * q)
    for a in range(answers.shape[1]):
        for b in range(answers.shape[1]):
            if a != b:
                both = (answers[:, a] >= 0) & (answers[:, b] >= 0)
                cell = answers[both, a].astype(np.intp) * q + answers[both, b]
                matrix += np.bincount(cell, weights=often[both] / (judged[both] - 1), minlength=q * q)
    return matrix.reshape(q, q)


def krippendorff_bootstrap(matrix: Floats, apart: Floats, replicates: int, seed: int) -> Interval | None:
    """Return the interval of alpha by Krippendorff's own bootstrap; None if alpha is undefined.

    Pairs of answers are drawn from the observed coincidences (Q, Q) as if they were independent, and the expected
    disagreement stays as observed. ``apart`` (Q, Q) is the squared difference of two categories. Source: Krippendorff
    (2006), Bootstrapping distributions for Krippendorff's alpha: the number of pairs is n/2, but at most 25 for each
    coincidence that occurs.
    """
    n = matrix.sum()
    use = matrix.sum(axis=1)
    expected = (use @ apart @ use) / max(n * (n - 1), 1)
    filled = np.flatnonzero(matrix.ravel() > 0)
    if expected <= 0 or not len(filled):
        return None
    pairs = max(1, int(min(25 * len(filled), n / 2)))
    share = matrix.ravel()[filled] / n
    drawn = np.random.default_rng(seed).multinomial(pairs, share / share.sum(), size=replicates)
    values = 1 - drawn @ apart.ravel()[filled] / pairs / expected
    low, high = np.quantile(values, [0.025, 0.975])
    return Interval(tidy(low), tidy(high), se=tidy(values.std()))
