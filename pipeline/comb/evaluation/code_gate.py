"""The reliability gate: only codes that agree with people on transcripts held out are suggested.

What counts is the lower limit of the 95% interval of Cohen's kappa rather than kappa itself: a code that was seen a few
times has not shown anything yet.
"""

from collections.abc import Mapping
from typing import Literal

from comb.evaluation.results import CodeFigures, Gate, GateDecision, People

SHARE = 0.4
"""Of the lower bound of what people reach among themselves: with less, most suggestions are in the way."""
ALONE = 0.2
"""Where no two people coded the same: above what Landis & Koch (1977, Biometrics 33) call slight agreement."""
FLOOR = 0.1
"""People who hardly agree set no bar; this one stays."""


def bar(people: People | None, gate: float | Literal["auto"]) -> tuple[float, str]:
    """Return the lower limit of kappa that a code needs, and where it comes from.

    >>> bar(None, "auto")
    (0.2, 'no two people coded the same segments')
    >>> bar(None, 0.5)
    (0.5, 'evaluate.gate in configs/params.yaml')
    """
    if gate != "auto":
        return gate, "evaluate.gate in configs/params.yaml"
    low = people.intervals["cohen_kappa"].low if people else None
    if low is None:
        return ALONE, "no two people coded the same segments"
    return max(FLOOR, round(SHARE * low, 4)), f"{SHARE} of the lower limit of people's own kappa, {low:.2f}"


def judge_codes(codes: Mapping[str, CodeFigures], people: People | None, gate: float | Literal["auto"]) -> Gate:
    """Decide for each code whether it may be suggested."""
    needed, because = bar(people, gate)
    lows = {code: figures.cohen_kappa.low for code, figures in codes.items()}
    decisions = {code: GateDecision(low is not None and low >= needed, low) for code, low in lows.items()}
    return Gate(needed, because, decisions)


def withheld(gate: Gate) -> dict[str, str]:
    """Return the codes that the gate withholds, each with the reason."""
    return {code: _reason(found.low, gate.needed) for code, found in gate.codes.items() if not found.open}


def none_open(gate: Gate, examples: Mapping[str, int], transcripts: int) -> str:
    """Say that no code may be suggested and what is missing; empty where one may be.

    ``examples`` counts the coded segments of each code, ``transcripts`` those that are coded.
    """
    if any(found.open for found in gate.codes.values()):
        return ""
    lows = {code: found.low for code, found in gate.codes.items() if found.low is not None}
    best = max(lows, key=lambda code: lows[code], default=None)
    told = "no code is reliable enough yet: on transcripts held out "
    told += f"none reaches a lower limit of kappa of {gate.needed:.2f}"
    if best is not None:
        told += f"; {best}, from {examples[best]} coded segments, is nearest with {lows[best]:.2f}"
    return f"{told}. {transcripts} transcripts are coded; code more, then run: dvc repro."


def _reason(low: float | None, needed: float) -> str:
    if low is None:
        return "kappa is undefined on the transcripts held out"
    return f"the lower limit of kappa is {low:.2f}, less than the {needed:.2f} that it needs"
