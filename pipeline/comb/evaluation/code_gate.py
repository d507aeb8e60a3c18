"""The gate: a code is suggested only if it has shown, on transcripts held out, that it agrees with people.

What counts is the lower bound of the 95% interval of Cohen's kappa, not kappa: a code that was seen a few times has yet
to show anything.
"""

from collections.abc import Mapping
from typing import Any, Literal

SHARE = 0.4
"""Of the lower bound of what people reach among themselves: with less, most suggestions are in the way."""
ALONE = 0.2
"""Where no two people coded the same: above what Landis & Koch (1977, Biometrics 33) call slight agreement."""
FLOOR = 0.1
"""People who hardly agree set no bar; this one stays."""


def bar(metrics: Mapping[str, Any], gate: float | Literal["auto"]) -> tuple[float, str]:
    """Give the lower bound of kappa that a code needs, and where that comes from.

    >>> bar({"human": None}, "auto")
    (0.2, 'no two people coded the same segments')
    >>> bar({"human": {"intervals": {"cohen_kappa": {"low": 0.75, "high": 0.8}}}}, "auto")
    (0.3, "0.4 of the lower bound of people's own kappa, 0.75")
    """
    if gate != "auto":
        return gate, "evaluate.gate in configs/params.yaml"
    human = metrics["human"]
    low = human and human["intervals"]["cohen_kappa"]["low"]
    if not isinstance(low, float):
        return ALONE, "no two people coded the same segments"
    return max(FLOOR, round(SHARE * low, 4)), f"{SHARE} of the lower bound of people's own kappa, {low:.2f}"


def judge(metrics: Mapping[str, Any], gate: float | Literal["auto"]) -> dict[str, Any]:
    """Say of each code whether it may be suggested: the entry ``gate`` of ``evaluate.json``.

    ``metrics`` has ``codes`` with their kappa and interval, and ``human``.
    """
    needed, because = bar(metrics, gate)
    lows = {code: figures["cohen_kappa"]["low"] for code, figures in metrics["codes"].items()}
    codes = {code: {"open": low is not None and low >= needed, "low": low} for code, low in lows.items()}
    return {"needed": needed, "because": because, "codes": codes}


def withheld(metrics: Mapping[str, Any]) -> dict[str, str]:
    """Name the codes that the gate of ``evaluate.json`` keeps back, each with the reason."""
    gate = metrics["gate"]
    return {code: _reason(facts["low"], gate["needed"]) for code, facts in gate["codes"].items() if not facts["open"]}


def _reason(low: float | None, needed: float) -> str:
    if low is None:
        return "kappa is undefined on the transcripts held out"
    return f"the lower bound of kappa is {low:.2f}, less than the {needed:.2f} that it needs"
