"""Results of an evaluation, as records: the content of ``evaluate.json`` and ``transfer.json``.

A figure that is undefined, such as the kappa of a code that nobody used, is None; in the files it is null.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from comb.learning.worth import Worth

Figure = float | None


@dataclass(frozen=True)
class Interval:
    """A 95% interval."""

    low: Figure
    high: Figure


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95% interval."""

    value: Figure
    low: Figure
    high: Figure


@dataclass(frozen=True)
class Overall:
    """Figures over all codes; see ``score`` for what each is."""

    macro_f1: Figure
    micro_f1: Figure
    cohen_kappa: Figure
    krippendorff_alpha: Figure


@dataclass(frozen=True)
class OverallWithScores(Overall):
    """Figures over all codes, with coverage and calibration of the scores."""

    coverage: float
    """Share of the segments that get at least one suggestion."""
    ece: Figure
    """Expected calibration error."""


@dataclass(frozen=True)
class Ungated(Overall):
    """The same figures as if no code were withheld by the gate: with ``comb suggest --ungated``."""

    coverage: float
    intervals: Mapping[str, Interval]


@dataclass(frozen=True)
class Lead:
    """The lead of comb's suggestions, without withholding, over a baseline's; paired over the same held-out groups."""

    macro_f1: Estimate
    micro_f1: Estimate
    cohen_kappa: Estimate


@dataclass(frozen=True)
class CodeFigures:
    """Figures for one code, as if the gate did not withhold it."""

    n: int
    """Segments that have the code in the reference."""
    precision: Estimate
    recall: Estimate
    f1: Estimate
    cohen_kappa: Estimate


@dataclass(frozen=True)
class Comparison:
    """Suggestions, or a coder, compared with reference codes."""

    overall: Overall
    intervals: Mapping[str, Interval]
    """By field of ``Overall``."""
    codes: Mapping[str, CodeFigures]


@dataclass(frozen=True)
class PairMean:
    """Mean kappa and F1 of a code over pairs of coders."""

    f1: Figure
    cohen_kappa: Figure


@dataclass(frozen=True)
class MachineAmongPeople(Overall):
    """The machine compared with the same people on the same segments, the mean over coders."""

    codes: Mapping[str, PairMean]


@dataclass(frozen=True)
class People(Overall):
    """People compared with one another, the mean over pairs of coders."""

    intervals: Mapping[str, Interval]
    coders: int
    pairs: int
    segments: int
    """Segments that at least two people coded."""
    codes: Mapping[str, PairMean]
    machine: MachineAmongPeople


@dataclass(frozen=True)
class GateDecision:
    """The gate's decision on a code."""

    open: bool
    kappa: Figure
    """The code's kappa, shrunk towards the lower limit of all codes' kappa, the more so the fewer examples it has."""
    low: Figure
    """Lower 95% limit of the code's own kappa, wider with few transcripts: see ``code_gate``."""


@dataclass(frozen=True)
class Gate:
    """Which codes are reliable enough to suggest."""

    needed: float
    """The kappa that a code needs."""
    because: str
    """The reason for it."""
    all_codes: Figure
    """The lower 95% limit of the kappa of all codes together, likewise."""
    codes: Mapping[str, GateDecision]


@dataclass(frozen=True)
class Usual:
    """The usual range of a measure, over the transcripts that the model learned from, each compared with the others."""

    mean: float
    between: float
    """Variance from transcript to transcript."""
    within: float
    """Variance from segment to segment of a transcript."""


@dataclass(frozen=True)
class Familiar:
    """Profile of the transcripts that the model learned from, and the reliability of its scores on others."""

    usual: Mapping[str, Usual]
    """Usual ranges by measure; none if too few transcripts are coded."""
    transcripts: int
    limit: float
    """Standard deviations from the usual mean beyond which a transcript counts as unlike: a quantile of Student's t.

    It is stored so that ``comb suggest`` does not have to import scipy."""
    share: Mapping[str, float]
    """Share of segments with each learned code, towards which scores are shrunk in unlike text."""
    slope: float
    """The factor of the logits there; 1 would leave the scores unchanged."""


@dataclass(frozen=True)
class SetCheck:
    """Performance of suggestion sets on held-out transcripts."""

    coverage: float
    """Mean over transcripts of the share of given codes that are in their segment's set."""
    error: float
    """Standard error of the coverage."""
    size: float
    """Mean number of codes in a set."""
    empty: float
    """Share of empty sets."""
    cutoff: float
    """The score from which a code is in a set, from all transcripts."""
    transcripts: int


@dataclass(frozen=True)
class Protocol:
    """Settings of the evaluation."""

    split: str
    """The unit that is held out."""
    folds: int
    seed: int
    segments: int
    transcripts: int
    groups: int
    bootstrap: int
    """Replicates."""
    interval: str
    level: str


@dataclass(frozen=True)
class Beside:
    """Cohen's kappa of the head, a language model and both together, on the segments that all of them judged."""

    coder: str
    """The language model's name as a coder, which is also its key in ``kappa``."""
    segments: int
    transcripts: int
    kappa: Mapping[str, Estimate]
    """Kappa with the reference."""
    from_head: Mapping[str, Estimate]
    """Difference from the head's kappa."""
    shared: int
    """Number of these segments that two people coded."""
    with_people: Mapping[str, Estimate]
    """Mean kappa with people, and of people with one another; nothing if no two people coded the same."""
    from_people: Mapping[str, Estimate]
    """Difference from people's kappa with one another."""


@dataclass(frozen=True)
class Metrics:
    """The content of ``evaluate.json``."""

    overall: OverallWithScores
    """Figures for what a user gets: codes that the gate withholds are not suggested, and every code of the reference
    counts. The gate of each fold is set by the other folds."""
    intervals: Mapping[str, Interval]
    ungated: Ungated
    codes: Mapping[str, CodeFigures]
    baselines: Mapping[str, Mapping[str, Figure]]
    """By baseline: the overall figures, and the limits of their intervals as ``<figure>_low`` and ``<figure>_high``."""
    leads: Mapping[str, Lead]
    """By baseline."""
    advice: str
    """Advice if a baseline does better; empty otherwise."""
    human: People | None
    """None if no two people coded the same segments."""
    valence: Comparison | None
    """None if fewer than two valences are used often enough."""
    withheld: Mapping[str, int]
    """Codes with too few examples to be learned, and the number of these."""
    gate: Gate
    familiar: Familiar
    """Profile of the texts to which these figures apply, and the reliability of scores on other texts."""
    conformal: Mapping[str, SetCheck | None]
    """Checks by guaranteed coverage; None if too few transcripts are coded."""
    protocol: Protocol
    model: str
    """Id of the model that was trained on all transcripts."""
    beside: Beside | None = None
    """None if no language model coded."""
    opinions: Sequence[Worth] = ()
    """The worth of each opinion when that model was trained; none if too few transcripts are coded."""


@dataclass(frozen=True)
class TransferProtocol:
    """Settings of a test on new transcripts."""

    segments: int
    transcripts: int
    model: str


@dataclass(frozen=True)
class TransferMetrics:
    """Figures for a trained model on transcripts on which it was not trained: the content of ``transfer.json``."""

    overall: OverallWithScores
    """Figures for the output of ``comb suggest``, against every code of the reference."""
    intervals: Mapping[str, Interval]
    ungated: Ungated
    codes: Mapping[str, CodeFigures]
    """Figures for every code of the reference; a code that is never suggested has a recall of 0."""
    withheld: Mapping[str, str]
    """The codes of the reference that are never suggested, each with the reason."""
    unlike: Mapping[str, str]
    """The transcripts that are unlike those the model learned from, with the differences."""
    protocol: TransferProtocol
