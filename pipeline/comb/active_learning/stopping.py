"""When to stop coding by hand: rules that use the measurements so far and advise to stop, to go on, or cannot say.

To add a rule, write a function from ``Signals`` to ``Advice`` and put it into ``RULES``.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from comb.active_learning.audit import Audit
from comb.agreement.coefficients import pooled_kappa
from comb.codings.problems import counted
from comb.evaluation.learning_curve import LearningCurve

STABLE = 0.99
"""Kappa between successive models from which suggestions count as stable, and ``WINDOW``, the number of models in a
row.

Source: Bloodgood & Vijay-Shanker (2009), A method for stopping active learning based on stabilizing predictions,
CoNLL: 0.99, over the last three.
"""
WINDOW = 3
GAIN = 0.01
"""Gain in kappa that three more transcripts must be expected to bring."""
MISSED = 0.05
"""Share of the uncoded segments that the model may have missed.

After the target recall of 95% of Callaghan & Müller-Hansen (2020), Statistical stopping criteria for automated
screening in systematic reviews, Systematic Reviews 9:273: there, as here, a random sample of the rest decides.
"""


@dataclass(frozen=True)
class Signals:
    """Measurements so far; None for each one that is missing."""

    curve: LearningCurve | None
    audit: Audit | None
    agreement: Sequence[float]
    """Kappa between the suggestions of each model and the next on the same uncoded segments, the latest last."""


@dataclass(frozen=True)
class Advice:
    """A rule's advice, with the reason."""

    rule: str
    verdict: Literal["stop", "go on", "cannot say"]
    reason: str


def forecast(signals: Signals) -> Advice:
    """Advise to stop if the learning curve forecasts hardly any gain."""
    if signals.curve is None:
        return Advice("forecast", "cannot say", "no learning curve has been measured: run comb curve")
    high, more = signals.curve.gain["kappa"].high or 0.0, signals.curve.more
    said = (
        f"the forecast gain in kappa from {counted(more, 'more transcript')} is at most "
        f"{max(high, 0):.3f} (upper 95% limit)"
    )
    return Advice("forecast", "stop" if high < GAIN else "go on", said)


def stable(signals: Signals) -> Advice:
    """Advise to stop if new codings no longer change the model's suggestions."""
    last = signals.agreement[-WINDOW:]
    if len(last) < WINDOW:
        said = f"comparisons of successive models so far: {len(last)} of {WINDOW}; code, train and run comb next again"
        return Advice("stable", "cannot say", said)
    mean = sum(last) / len(last)
    said = (
        f"mean kappa of each of the last {WINDOW} models with the one before: {mean:.3f}; from {STABLE} "
        "on suggestions are stable"
    )
    return Advice("stable", "stop" if mean >= STABLE else "go on", said)


def missed(signals: Signals) -> Advice:
    """Advise to stop if a blind audit shows that the model misses little."""
    if signals.audit is None or signals.audit.any is None:
        return Advice("missed", "cannot say", "nothing has been audited: run comb audit")
    high = signals.audit.any.high
    said = (
        f"at most {high:.0%} of the segments left uncoded should have had a code (upper 95% limit); "
        f"{MISSED:.0%} is accepted"
    )
    return Advice("missed", "stop" if high <= MISSED else "go on", said)


RULES: dict[str, Callable[[Signals], Advice]] = {"forecast": forecast, "stable": stable, "missed": missed}


def advise(signals: Signals) -> list[Advice]:
    """Return the advice of every rule."""
    return [rule(signals) for rule in RULES.values()]


def agreement(before: Mapping[str, Sequence[str]], after: Mapping[str, Sequence[str]]) -> float | None:
    """Return kappa, pooled over codes, between the codes that two models suggest for the same segments.

    Each maps a segment's id to the codes suggested for it. None if the two share no segment, or no code.

    >>> agreement({"a": ["x"], "b": []}, {"a": ["x"], "b": []})
    1.0
    """
    shared = sorted(before.keys() & after.keys())
    codes = sorted({code for said in (before, after) for name in shared for code in said[name]})
    if not codes:
        return None
    tables = np.zeros((len(codes), 2, 2))
    for name in shared:
        for k, code in enumerate(codes):
            tables[k, int(code in before[name]), int(code in after[name])] += 1
    kappa = float(pooled_kappa(tables))
    return None if np.isnan(kappa) else round(kappa, 4)
