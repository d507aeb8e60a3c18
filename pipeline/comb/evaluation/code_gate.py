"""The reliability gate: only codes that agree with people on held-out transcripts are suggested.

The criterion is Cohen's kappa of each code on held-out transcripts. For a code with few examples, this is little
evidence, for or against: its kappa is shrunk towards the lower limit of the kappa of all codes of the study together,
as if ``EVIDENCE`` further segments had that kappa. Codes are thus never withheld because of their number alone, and if
the codes of a study were random, hardly any would pass with few examples. A code whose own lower 95% limit reaches the
bar also passes. A code needs both with fewer than ``FEW`` transcripts, and if all codes together do not demonstrably
agree beyond chance.

The limits are wider than those reported with the figures, since a percentile bootstrap over a few transcripts gives
intervals that are too narrow. With those, the gate opened a code in 10 of 40 studies of four transcripts whose codes
were drawn at random; a test allows 2 of 20 of each kind.

Source: the expanded percentile interval, Hesterberg (2015), What teachers should know about the bootstrap, The American
Statistician 69, section 5; shrinkage of many small samples towards what they have in common, Efron & Morris (1975),
Data analysis using Stein's estimator and its generalizations, JASA 70. The figures that it was chosen by are in
docs/reference/measurements.md.
"""

from collections.abc import Mapping, Sequence
from itertools import repeat
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from comb.agreement.bootstrap import draws, interval
from comb.evaluation.confusion_counts import ConfusionCounts
from comb.evaluation.results import CodeFigures, Comparison, Figure, Gate, GateDecision, People

SHARE = 0.4
"""Times the lower 95% limit of the kappa between people: the kappa that a code needs."""
ALONE = 0.2
"""The kappa needed if no two people coded the same: above what Landis & Koch (1977, Biometrics 33) call slight."""
FLOOR = 0.1
"""The kappa needed at least, however little people agree."""
REPLICATES = 200
"""Of the bootstrap over groups within each fold."""
UPPER = 0.975
"""Quantile of a 95% interval's upper limit."""
FEW = 6
"""Transcripts, or participants: with fewer, a code needs both kappas, since it may reach one of them by chance."""
EVIDENCE = 10
"""Number of segments with a code whose evidence weighs as much as that of all other codes."""


def bar(people: People | None, gate: float | Literal["auto"]) -> tuple[float, str]:
    """Return the kappa that a code needs, and the reason for it.

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
    because = f"{SHARE} times the lower 95% limit of the kappa between people, {low:.2f}"
    if SHARE * low < FLOOR:
        return FLOOR, f"the minimum, since {because}, would be lower"
    return round(SHARE * low, 4), because


def judge_codes(found: Comparison, people: People | None, gate: float | Literal["auto"], groups: int) -> Gate:
    """Decide for each code whether it may be suggested, from figures of suggestions without any withheld code.

    ``groups`` is the number of transcripts, or participants, behind the figures.
    """
    needed, because = bar(people, gate)
    all_codes = lower_limit(found.overall.cohen_kappa, found.intervals["cohen_kappa"].low, groups)
    decisions = {code: _decide(figures, all_codes, needed, groups) for code, figures in found.codes.items()}
    return Gate(needed, because, all_codes, decisions)


def _decide(figures: CodeFigures, all_codes: Figure, needed: float, groups: int) -> GateDecision:
    own = figures.cohen_kappa.value
    low = lower_limit(own, figures.cohen_kappa.low, groups)
    kappa = shrunk(own, figures.n, all_codes)
    return GateDecision(_passes((kappa, low), all_codes, needed, groups), kappa, low)


def _passes(kappas: Sequence[Figure], all_codes: Figure, needed: float, groups: int) -> bool:
    """Return whether a code passes with one of its two kappas, or with both where agreement may be chance."""
    reached = [value is not None and value >= needed for value in kappas]
    return any(reached) if groups >= FEW and (all_codes or 0.0) > 0 else all(reached)


def lower_limit(value: Figure, low: Figure, groups: int) -> Figure:
    """Return the lower 95% limit of a figure, from that of a percentile bootstrap over groups.

    >>> [lower_limit(0.5, 0.4, groups) for groups in (2, 4, 10, 100)]
    [-0.4168, 0.3125, 0.3783, 0.3983]
    >>> lower_limit(None, 0.4, 4) is None
    True
    """
    from scipy.special import ndtri, stdtrit

    if value is None or low is None or groups < 2:
        return None
    wider = np.sqrt(groups / (groups - 1)) * stdtrit(groups - 1, UPPER) / ndtri(UPPER)
    return round(float(value - wider * (value - low)), 4)


def shrunk(kappa: Figure, n: int, all_codes: Figure) -> Figure:
    """Return a code's kappa from n segments, shrunk towards the lower limit of all codes' kappa.

    >>> shrunk(0.0, 5, 0.6), shrunk(0.1, 190, 0.6)
    (0.4, 0.125)
    >>> shrunk(None, 5, 0.6) is None
    True
    """
    if kappa is None:
        return None
    return round((n * kappa + EVIDENCE * max(all_codes or 0.0, 0.0)) / (n + EVIDENCE), 4)


def open_codes(counts: Sequence[ConfusionCounts], needed: float, seed: int) -> NDArray[np.bool_]:
    """Decide for L codes, from counts by held-out group, which may be suggested: as ``judge_codes`` does."""
    weights = np.concatenate(list(draws(len(counts), REPLICATES, seed)))
    binary = np.array([found.binary for found in counts])
    nominal = np.array([found.nominal for found in counts])
    whole = ConfusionCounts(binary.sum(axis=0), nominal.sum(axis=0))
    drawn = [ConfusionCounts(*(np.tensordot(row, table, 1) for table in (binary, nominal))) for row in weights]
    together, *kappas = (None if np.isnan(kappa) else float(kappa) for kappa in (whole.kappa, *whole.kappas))
    limits = (interval(column).low for column in np.array([(found.kappa, *found.kappas) for found in drawn]).T)
    all_codes, *lows = map(lower_limit, (together, *kappas), limits, repeat(len(counts)))
    examples = whole.binary[:, 1].sum(axis=1).astype(int).tolist()
    pairs = ((shrunk(own, n, all_codes), low) for own, n, low in zip(kappas, examples, lows, strict=True))
    return np.array([_passes(pair, all_codes, needed, len(counts)) for pair in pairs])


def withheld(gate: Gate) -> dict[str, str]:
    """Return the codes that the gate withholds, each with the reason."""
    return {code: _reason(found, gate) for code, found in gate.codes.items() if not found.open}


def none_open(gate: Gate, examples: Mapping[str, int], transcripts: int, names: Mapping[str, str] | None = None) -> str:
    """Return why no code may be suggested; empty if one may be.

    ``examples`` is the number of coded segments of each code, ``transcripts`` that of coded transcripts; ``names`` are
    the codes' names, by default their ids.
    """
    if any(found.open for found in gate.codes.values()):
        return ""
    told = "no code is reliable enough yet: "
    kappas = {code: found.kappa for code, found in gate.codes.items() if found.kappa is not None}
    best = max(kappas, key=lambda code: kappas[code], default=None)
    if best is None:
        told += "this is measured on transcripts held out, for which at least two transcripts of two participants are "
        told += "needed; ten or more give usable figures"
    else:
        count = f"{examples[best]} coded segment{'s' * (examples[best] != 1)}"
        unsure, both = kappas[best] >= gate.needed, " with its lower 95% limit too"
        told += f"on transcripts held out no code reaches a kappa of {gate.needed:.2f}{both * unsure}; "
        told += f"{(names or {}).get(best, best)}, with {count}, is nearest: {kappas[best]:.2f}"
        told += f", but {_unsure(gate.codes[best])}" if unsure else ""
    are = "transcript is" if transcripts == 1 else "transcripts are"
    return f"{told}. {transcripts} {are} coded; code more, then train again (Train, or: dvc repro)."


def _reason(found: GateDecision, gate: Gate) -> str:
    if found.kappa is None:
        return "kappa is undefined on the transcripts held out"
    if found.kappa >= gate.needed:
        return f"its shrunk kappa is {found.kappa:.2f}, but {_unsure(found)}; {gate.needed:.2f} is needed"
    return f"its shrunk kappa is {found.kappa:.2f}; {gate.needed:.2f} is needed"


def _unsure(found: GateDecision) -> str:
    """Return the note on a code that is withheld though its kappa reaches the bar."""
    return "its lower 95% limit is unknown" if found.low is None else f"its lower 95% limit is {found.low:.2f}"
