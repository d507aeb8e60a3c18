"""Figures in words: why a coefficient is undefined, and how a kappa is usually interpreted."""

from dataclasses import dataclass

import numpy as np

from comb.agreement.ratings import Ratings
from comb.agreement.results import Figure

NO_PAIRS = "undefined, because no unit was judged by two coders"
ONE_CATEGORY = "undefined, because only one category occurs"
TITLES = {
    "observed_agreement": "Observed agreement",
    "cohen_kappa": "Cohen's kappa",
    "conger_kappa": "Conger's kappa",
    "scott_pi": "Scott's pi",
    "fleiss_kappa": "Fleiss' kappa",
    "brennan_prediger": "Brennan–Prediger (PABAK)",
    "gwet_ac1": "Gwet's AC1",
    "krippendorff_alpha": "Krippendorff's alpha",
    "holsti": "Holsti's coefficient",
    "positive_agreement": "Positive agreement (F1)",
    "negative_agreement": "Negative agreement",
    "prevalence_index": "Prevalence index",
    "bias_index": "Bias index",
    "krippendorff_alpha_jaccard": "Krippendorff's alpha, sets (Jaccard)",
    "krippendorff_alpha_masi": "Krippendorff's alpha, sets (MASI)",
    "unitizing_alpha": "Krippendorff's alpha, unitizing",
    "boundary_similarity": "Boundary similarity",
    "pk": "Pk (0 is best)",
    "windowdiff": "WindowDiff (0 is best)",
    "krippendorff_alpha_ordinal": "Krippendorff's alpha, ordinal",
    "krippendorff_alpha_interval": "Krippendorff's alpha, interval",
    "krippendorff_alpha_ratio": "Krippendorff's alpha, ratio",
    "icc_a1": "ICC(A,1)",
}
AC2 = "Gwet's AC2"


def title(name: str) -> str:
    """Return the name of a coefficient.

    >>> title("cohen_kappa_linear"), title("gwet_ac2_ordinal")
    ("Cohen's kappa, linear weights", "Gwet's AC2, ordinal weights")
    """
    if name in TITLES:
        return TITLES[name]
    base, _, weights = name.rpartition("_")
    return f"{AC2 if base == 'gwet_ac2' else TITLES[base]}, {weights} weights"


BANDS = ((0.2, "slight"), (0.4, "fair"), (0.6, "moderate"), (0.8, "substantial"), (1.0, "almost perfect"))
WARNING = (
    "The label is that of Landis and Koch (1977), who called their divisions arbitrary. At the same rate of "
    "disagreement, kappa is lower for a rare or very common code: read it with its interval, with how often the code "
    "was used, and with AC1, which also corrects for chance but depends much less on how common the code is."
)
TDF_BAR = 0.6
TDF_NOTE = (
    "For coding to the Theoretical Domains Framework, Atkins et al. (2017, Implementation Science 12:77) discuss "
    "double coding and agreement. The line at 0.60 in the chart below is a convention, not proof of quality."
)


@dataclass(frozen=True)
class Facts:
    """Facts that determine whether a coefficient is defined, for one code or overall."""

    paired: int
    """Number of units that two coders judged."""
    groups: int
    """Groups of units that can be drawn."""
    present: bool
    """Whether some coder used the code (overall: a code) in such a unit."""
    absent: bool
    """Whether some coder did not use it there."""
    nominal: bool
    """Overall, with exclusive codes."""
    sets: int = 0
    """Units with codes: a bound on different sets."""

    @classmethod
    def of(cls, ratings: Ratings) -> "Facts":
        """Gather the facts of all codes together."""
        cells = ratings.cells
        paired = (cells >= 0).any(axis=2).sum(axis=1) > 1
        inside = cells[paired]
        return cls(
            paired=int(paired.sum()),
            groups=_groups(ratings),
            present=bool((inside == 1).any()),
            absent=bool((inside == 0).any()),
            nominal=ratings.exclusive and ratings.presence is None,
            sets=int((cells == 1).any(axis=(1, 2)).sum()),
        )

    @classmethod
    def of_codes(cls, ratings: Ratings) -> "list[Facts]":
        """Gather the facts of each code."""
        judged = (ratings.cells >= 0).sum(axis=1, dtype=np.int16)
        used = (ratings.cells == 1).sum(axis=1, dtype=np.int16)
        paired = judged > 1
        present, absent = ((paired & some).any(axis=0) for some in (used > 0, used < judged))
        groups = _groups(ratings)
        return [
            cls(int(n), groups, bool(some), bool(none), nominal=False)
            for n, some, none in zip(paired.sum(axis=0), present, absent, strict=True)
        ]


def _groups(ratings: Ratings) -> int:
    groups = len(set(ratings.groups))
    return groups if groups > 1 else len(ratings.units)


def reason(name: str, facts: Facts) -> str:
    """Return why a coefficient is undefined.

    >>> reason("cohen_kappa", Facts(40, 40, present=False, absent=True, nominal=False))
    'undefined, because only one category occurs: nobody used the code'
    """
    if facts.nominal and name in ("positive_agreement", "negative_agreement", "prevalence_index", "bias_index"):
        return "undefined over several exclusive codes; it is given for each code"
    if not facts.paired:
        return NO_PAIRS
    if name == "icc_a1":
        return "undefined, because fewer than two units were judged by all coders, or all answers are the same"
    if name == "positive_agreement" and not facts.present:
        return "undefined, because nobody used the code"
    if not facts.present:
        return f"{ONE_CATEGORY}: nobody used the code"
    if not facts.absent:
        return f"{ONE_CATEGORY}: every coder used the code in every unit"
    return ONE_CATEGORY


def band(value: float) -> str:
    """Return Landis and Koch's word for a kappa. Source: Landis & Koch (1977), Biometrics 33(1), p. 165.

    >>> band(0.61), band(-0.1), band(0.60)
    ('substantial', 'poor', 'moderate')
    """
    if value < 0:
        return "poor"
    return next(word for top, word in BANDS if round(value, 2) <= top or np.isclose(value, top))


def sentence(title: str, figure: Figure) -> str:
    """Return a coefficient in words, with its interval; a kappa of nominal codes with Landis and Koch's label.

    >>> sentence("Cohen's kappa", Figure(0.7, 0.61, 0.78))
    "Cohen's kappa is 0.70 (95% interval 0.61 to 0.78): substantial."
    >>> sentence("Krippendorff's alpha, ordinal", Figure(0.7, 0.61, 0.78))
    "Krippendorff's alpha, ordinal is 0.70 (95% interval 0.61 to 0.78)."
    """
    value, low, high = figure.value, figure.low, figure.high
    if value is None:
        return f"{title} is {figure.undefined}."
    label = f": {band(value)}" if title.endswith("kappa") else ""
    if low is None or high is None:
        return f"{title} is {value:.2f} ({figure.interval or 'no interval'}){label}."
    if label and band(low) != band(high):
        label += f"; the interval reaches from {band(low)} to {band(high)}"
    return f"{title} is {value:.2f} (95% interval {low:.2f} to {high:.2f}){label}."
