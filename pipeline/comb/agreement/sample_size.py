"""Number of units that must be coded twice for a given precision of kappa."""

import math

import numpy as np

from comb.agreement import standard_errors
from comb.agreement.results import Figure, MoreUnits

Z, ONE_SIDED = 1.959964, 1.644854
TARGET = 0.1
"""Target for half the width of the 95% interval."""
ALL_ALIKE = "all resamples give the same value"
"""Why an interval of no width is no sign of precision."""


def units_needed(kappa: float, prevalence: float, half_width: float = TARGET) -> int:
    """Return the number of units that two coders must code for the 95% interval of kappa to be ± ``half_width``.

    Both coders are assumed to use the code equally often (``prevalence``). The standard error is that of Fleiss, Cohen
    & Everitt (1969), which shrinks with the square root of the units; the plan is Donner & Eliasziw's (1992, Statistics
    in Medicine 11). Units of one transcript resemble one another, so this is a minimum.

    >>> units_needed(0.6, 0.3), units_needed(0.6, 0.05)
    (296, 1347)
    """
    apart = (1 - kappa) * prevalence * (1 - prevalence)
    table = np.array([[1 - prevalence - apart, apart], [apart, prevalence - apart]])
    return math.ceil(float(standard_errors.cohen(table * 1.0)) ** 2 * (Z / half_width) ** 2)


def plan_kappa(expected: float, lowest: float, prevalence: float) -> int:
    """Plan: units that two coders must code for the lower limit of kappa to be ``lowest`` if kappa is ``expected``.

    The expected lower limit of a one-sided 95% interval by goodness of fit is meant, so the power is about one half.
    Both coders are taken to use the code as often (``prevalence``). Source: Donner & Eliasziw (1992), Statistics in
    Medicine 11(11). Raises ValueError unless 0 < lowest < expected <= 1 and 0 < prevalence < 1.

    >>> plan_kappa(0.8, 0.6, 0.1), plan_kappa(0.8, 0.6, 0.05)
    (116, 217)
    """
    if not 0 < lowest < expected <= 1 or not 0 < prevalence < 1:
        raise ValueError("0 < lowest < expected <= 1 and 0 < prevalence < 1")
    p, q = prevalence, 1 - prevalence
    gap = (p * q * (expected - lowest)) ** 2
    agree = (p * p + p * q * lowest, q * q + p * q * lowest)
    distance = gap * (1 / agree[0] + 2 / (p * q * (1 - lowest)) + 1 / agree[1])
    return math.ceil(ONE_SIDED**2 / distance)


def transcripts_to_meet(share: float, certainty: float = 0.95) -> int:
    """Return the number of transcripts needed to meet a theme at least once, if ``share`` of people would voice it.

    Source: binomial; see Guest, Bunce & Johnson (2006), Field Methods 18(1), and Fugard & Potts (2015), International
    Journal of Social Research Methodology 18(6). Raises ValueError for shares that are not between 0 and 1.

    >>> transcripts_to_meet(0.2), transcripts_to_meet(0.1)
    (14, 29)
    """
    if not 0 < share < 1 or not 0 < certainty < 1:
        raise ValueError("shares lie between 0 and 1")
    return math.ceil(math.log(1 - certainty) / math.log(1 - share))


def more_needed(figure: Figure, units: int, groups: int, half_width: float = TARGET) -> MoreUnits:
    """Compute how many more units (and transcripts) would narrow a given interval to ± ``half_width``.

    The width of an interval shrinks with the square root of the number of drawn units; a bootstrap interval also
    reflects how much transcripts differ. ``figure`` is a coefficient with its interval; ``groups`` is 0 where units
    were drawn.

    >>> found = more_needed(Figure(0.6, 0.4, 0.8), units=150, groups=10)
    >>> found.needed, found.more, found.more_transcripts
    (600, 450, 30)
    """
    if figure.low is None or figure.high is None:
        why = figure.undefined or figure.interval or "undefined, because there is no interval"
        return MoreUnits(units, undefined=why)
    half = round((figure.high - figure.low) / 2, 6)
    if half == 0:
        why = f"undefined, because {ALL_ALIKE}: double-code more units first"
        return MoreUnits(units, undefined=why)
    factor = (half / half_width) ** 2
    needed = math.ceil(round(units * factor, 6))
    more_groups = max(0, math.ceil(round(groups * factor, 6)) - groups) if groups else None
    return MoreUnits(units, half, needed, max(0, needed - units), more_groups)
