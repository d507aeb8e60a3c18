"""Agreement of any number of coders, with missing answers, from counts.

Every coefficient here is (p_o - p_e) / (1 - p_e); they differ in the agreement that they expect by chance. Shapes are
those of ``comb.agreement.tallies``; a function takes Counts with leading axes (..., C) and returns observed and
expected agreement, each (..., C), NaN where nothing was judged twice.
"""

from collections.abc import Callable, Mapping

import numpy as np

from comb.agreement.coefficients import (
    Floats,
    bias_index,
    corrected,
    divide,
    negative_agreement,
    positive_agreement,
    prevalence_index,
)
from comb.agreement.tallies import Counts

Parts = tuple[Floats, Floats]


def observed(counts: Counts) -> Floats:
    """Share of pairs of coders who agree, averaged over units. Source: Fleiss (1971), equation 3."""
    return divide(counts.agreeing, counts.paired)


def conger(counts: Counts) -> Parts:
    """Conger's kappa: chance is computed from each coder's own distribution; for two coders it is Cohen's kappa.

    Source: Conger (1980), Psychological Bulletin 88(2); with missing answers: Gwet (2014), Handbook of Inter-Rater
    Reliability, 4th ed., section 2.5. p_e = sum_kl w_kl (p_k p_l - s_kl / R), with the coders' mean use of a category
    p_k and covariance s_kl over the coders who judged anything.
    """
    total = counts.margins.sum(axis=-1, keepdims=True)
    active = total > 0
    habits = np.where(active, np.nan_to_num(divide(counts.margins, total)), 0.0)
    r = active.sum(axis=(-2, -1)).astype(float)
    mean = divide(habits.sum(axis=-2), r[..., None])
    apart = np.where(active, habits - mean[..., None, :], 0.0)
    scatter = np.einsum("...rk,kl,...rl->...", apart, counts.weights, apart)
    return observed(counts), _chance(mean, counts.weights) - divide(scatter, r * (r - 1))


def fleiss(counts: Counts) -> Parts:
    """Fleiss' kappa: chance is computed from the coders' joint distribution of categories.

    Source: Fleiss (1971), Psychological Bulletin 76(5), equations 3-7; with missing answers: Gwet (2014), section 2.5.

    >>> from comb.agreement.tallies import tally
    >>> import numpy as np
    >>> table = [[0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
    ...          [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7]]
    >>> answers = np.array([np.repeat(range(5), row) for row in table])[..., None]
    >>> round(float(corrected(*fleiss(tally(answers, 5).total()))[0]), 3)  # Wikipedia, "Fleiss' kappa"
    0.21
    """
    return observed(counts), _chance(_use(counts), counts.weights)


def brennan_prediger(counts: Counts) -> Parts:
    """Brennan & Prediger's coefficient: chance is 1/Q; for two categories it is PABAK, 2 p_o - 1.

    Source: Brennan & Prediger (1981), Educational and Psychological Measurement 41(3); PABAK: Byrt et al. (1993).
    """
    seen = observed(counts)
    return seen, np.full_like(seen, counts.weights.mean())


def gwet_ac1(counts: Counts) -> Parts:
    """Gwet's AC1 (AC2 with weights): chance agreement only among units that are hard to code.

    Source: Gwet (2008), British Journal of Mathematical and Statistical Psychology 61(1), equation 7; AC2 and missing
    answers: Gwet (2014), section 4.3. p_e = sum(w) / (Q (Q - 1)) * sum_q p_q (1 - p_q).

    >>> from comb.agreement.tallies import pair_tally
    >>> ac1 = corrected(*gwet_ac1(pair_tally([[13, 0, 0], [0, 20, 7], [0, 4, 56]]).total()))
    >>> round(float(ac1[0]), 7)  # Gwet, irrCAC vignette, "abstractors"
    0.8493305
    """
    use, q = _use(counts), len(counts.weights)
    spread = (use * (1 - use)).sum(axis=-1)
    return observed(counts), spread * counts.weights.sum() / (q * (q - 1)) if q > 1 else np.full_like(spread, np.nan)


def krippendorff(counts: Counts) -> Parts:
    """Krippendorff's alpha, as 1 - D_o and 1 - D_e; units judged by only one coder do not count.

    Source: Krippendorff (2004), Content Analysis, 2nd ed., p. 222-232 (nominal data, several coders, missing answers;
    with quadratic weights it is the interval alpha).

    >>> from comb.agreement.tallies import tally
    >>> import numpy as np
    >>> rows = ["*    *    *    *    *    3    4    1    2    1    1    3    3    *    3",
    ...         "1    *    2    1    3    3    4    3    *    *    *    *    *    *    *",
    ...         "*    *    2    1    3    4    4    *    2    1    1    3    3    *    4"]
    >>> answers = np.array([[-1 if cell == "*" else int(cell) - 1 for cell in row.split()] for row in rows])
    >>> round(float(corrected(*krippendorff(tally(answers.T[..., None], 4).total()))[0]), 3)  # Wikipedia
    0.691
    """
    n = counts.pairable.sum(axis=-1)
    together = np.einsum("...k,kl,...l->...", counts.pairable, counts.weights, counts.pairable) - n
    return divide(counts.coincident, n), divide(together, n * (n - 1))


def cohen(counts: Counts) -> Parts:
    """Cohen's kappa of two coders, on the units that both judged. Source: Cohen (1960), as in ``coefficients``."""
    table = _table(counts)
    n = table.sum(axis=(-2, -1))
    chance = np.einsum("...i,ij,...j->...", table.sum(axis=-1), counts.weights, table.sum(axis=-2))
    return observed(counts), divide(chance, n * n)


def scott(counts: Counts) -> Parts:
    """Scott's pi of two coders, on the units that both judged. Source: Scott (1955), Public Opinion Quarterly 19(3)."""
    n = counts.pairable.sum(axis=-1, keepdims=True)
    return observed(counts), _chance(divide(counts.pairable, n), counts.weights)


def holsti(counts: Counts) -> Floats:
    """Holsti's coefficient of two coders: 2 M / (N_1 + N_2), agreed answers divided by all answers of either.

    Source: Holsti (1969), Content Analysis for the Social Sciences and Humanities, p. 140. Answers are counted on the
    units that both judged, since a unit that one did not see is not a disagreement; it is thus their observed
    agreement.
    """
    return divide(2 * counts.agreeing, counts.pairable.sum(axis=-1))


CHANCE: Mapping[str, Callable[[Counts], Parts]] = {
    "conger_kappa": conger,
    "fleiss_kappa": fleiss,
    "brennan_prediger": brennan_prediger,
    "gwet_ac1": gwet_ac1,
    "krippendorff_alpha": krippendorff,
}
"""Coefficients of any number of coders."""
PAIR_CHANCE: Mapping[str, Callable[[Counts], Parts]] = {"cohen_kappa": cohen, "scott_pi": scott}
"""Coefficients of two coders; of several coders, the mean over their pairs (Light 1971 for kappa)."""
PAIR_TABLE: Mapping[str, Callable[[Floats], Floats]] = {
    "positive_agreement": positive_agreement,
    "negative_agreement": negative_agreement,
    "prevalence_index": prevalence_index,
    "bias_index": bias_index,
}
"""Descriptive figures for one code and two coders; over several codes, from the sum of their tables."""
PAIRWISE = (*PAIR_CHANCE, "holsti", *PAIR_TABLE)
ORDER = (
    "observed_agreement", "cohen_kappa", "conger_kappa", "scott_pi", "fleiss_kappa", "brennan_prediger", "gwet_ac1",
    "krippendorff_alpha", "holsti", "positive_agreement", "negative_agreement", "prevalence_index", "bias_index",
)  # fmt: skip


def values(counts: Counts) -> dict[str, Floats]:
    """Compute every coefficient that these coders allow, per variable: (..., C) each."""
    found = {"observed_agreement": observed(counts)}
    found.update({name: corrected(*parts(counts)) for name, parts in CHANCE.items()})
    if counts.table is not None:
        found.update({name: corrected(*parts(counts)) for name, parts in PAIR_CHANCE.items()})
        found["holsti"] = holsti(counts)
        if len(counts.weights) == 2:
            found.update({name: index(counts.table) for name, index in PAIR_TABLE.items()})
    return found


def pooled(counts: Counts, among: Floats) -> dict[str, Floats]:
    """Compute the same over several codes at once: (..., C) → (...).

    Observed and expected agreement are averaged over the codes that ``among`` (C,) marks with 1, then corrected, as in
    De Vries et al. (2008) for kappa; unlike a mean of coefficients, this is stable if codes are rare.
    """
    found = {"observed_agreement": _mean(observed(counts), among)}
    chance = {**CHANCE, **(PAIR_CHANCE if counts.table is not None else {})}
    for name, parts in chance.items():
        seen, expected = parts(counts)
        found[name] = corrected(_mean(seen, among), _mean(expected, among))
    if counts.table is not None:
        agreed, given = counts.agreeing @ among, counts.pairable.sum(axis=-1) @ among
        found["holsti"] = divide(2 * agreed, given)
        table = np.einsum("...cij,c->...ij", counts.table, among)
        found.update({name: index(table) for name, index in PAIR_TABLE.items()})
    return found


def _mean(values: Floats, among: Floats) -> Floats:
    """Average over the last axis the values that are there and marked; NaN if there are none."""
    known = ~np.isnan(values) * among
    return divide((np.nan_to_num(values) * known).sum(axis=-1), known.sum(axis=-1))


def _use(counts: Counts) -> Floats:
    return divide(counts.shares, counts.shares.sum(axis=-1, keepdims=True))


def _chance(use: Floats, weights: Floats) -> Floats:
    chance: Floats = np.einsum("...k,kl,...l->...", use, weights, use)
    return chance


def _table(counts: Counts) -> Floats:
    if counts.table is None:
        raise ValueError("this coefficient compares two coders")
    return counts.table
