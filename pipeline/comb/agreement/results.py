"""Results of a comparison of coders, as records from which the agreement JSON is written."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

from comb.agreement.bootstrap import Interval, tidy
from comb.codings.language_model import LlmRun


@dataclass(frozen=True)
class Figure:
    """One coefficient: its value and 95% interval, or the reason why it is undefined."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    undefined: str = ""
    """The reason, if there is no value."""
    interval: str = ""
    """The reason, if there is a value but no interval."""
    resamples: float | None = None
    """Share of bootstrap replicates in which it is defined, if less than 1."""
    se: float | None = None
    """Analytic standard error, if one is published."""
    krippendorff: Interval | None = None
    """Alpha only: the interval by Krippendorff's own bootstrap, which draws pairs of answers."""
    passages: int | None = None
    """Number of compared passages; only for the overlap of passages."""

    @classmethod
    def of(cls, value: float, interval: Interval | None = None, **other: Any) -> "Figure":
        """Round a value and join it with its interval."""
        if interval is None:
            return cls(tidy(value), **other)
        return cls(tidy(value), interval.low, interval.high, "", interval.reason, interval.resamples, **other)


Coefficients = Mapping[str, Figure]
"""Figures by the key of their coefficient."""


@dataclass(frozen=True)
class Confusion:
    """Codes of one coder by codes of the other, over all pairs of coders; the last category is no code."""

    codes: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class CoderApart:
    """How far one coder agrees with the others."""

    coder: str
    mean_kappa: float | None
    alpha_without: float | None
    """Alpha of the others alone."""


@dataclass(frozen=True)
class MoreUnits:
    """How many more units must be coded twice for an interval of the wanted width."""

    units: int
    half_width: float | None = None
    needed: int | None = None
    more: int | None = None
    more_transcripts: int | None = None
    undefined: str = ""


@dataclass(frozen=True)
class SampleSize:
    """Units needed for an interval of ± ``target``, overall and for each code."""

    coefficient: str
    target: float
    overall: MoreUnits
    codes: Mapping[str, MoreUnits]


@dataclass(frozen=True)
class TranscriptAgreement:
    """Agreement on one transcript."""

    transcript: str
    units: int
    observed_agreement: float
    conger_kappa: float | None


@dataclass(frozen=True)
class CoderDrift:
    """How often a coder used codes in the first and the second half of the transcripts, and agreement with the rest."""

    coder: str
    codes_per_unit: tuple[float | None, float | None]
    kappa: tuple[float | None, float | None]


@dataclass(frozen=True)
class Drift:
    """Agreement over transcripts in the order in which they were coded."""

    transcripts: tuple[TranscriptAgreement, ...]
    trend: float | None
    """Spearman's rank correlation of a transcript's kappa with its place."""
    halves: tuple[float | None, ...]
    coders: tuple[CoderDrift, ...] = ()


@dataclass(frozen=True)
class CodePair:
    """Two codes that coders gave to the same units, and the frequency expected by chance."""

    first: str
    second: str
    together: int
    expected: float


@dataclass(frozen=True)
class GroupDifference:
    """The share of transcripts with a code, by group."""

    attribute: str
    code: str
    shares: Mapping[str, float]
    chi_squared: float
    p: float
    """The p value, by permutation of the groups."""
    smallest_expected: float
    enough: bool
    """Whether all expected counts are 5 or more."""


@dataclass(frozen=True)
class Saturation:
    """How many new codes further transcripts brought."""

    base: int
    run: int
    new_share: float
    ordered: bool
    """Whether the order of coding is known."""
    reached_at: int | None
    """Number of transcripts, in coding order, after which a run brought hardly anything new."""
    curve: tuple[float, ...]
    """Codes expected after 1, 2, ... transcripts drawn at random."""
    reason: str
    critics: str


@dataclass(frozen=True)
class ValenceAgreement:
    """Agreement on valence, on units where two coders put a code."""

    units: int
    overall: Coefficients
    codes: Mapping[str, Coefficients]


@dataclass(frozen=True)
class LevelAgreement:
    """Agreement at one level of the codebook."""

    overall: Coefficients
    differ: int
    pairs_judged: int


@dataclass(frozen=True)
class CodePassages:
    """Agreement on the passages of one code."""

    unitizing_alpha: Figure
    overlap: Figure


@dataclass(frozen=True)
class PassageAgreement:
    """Agreement on passages as coders marked them."""

    transcripts: int
    share: float
    overall: Figure
    codes: Mapping[str, CodePassages]
    overlap: Figure
    boundaries: Coefficients = field(default_factory=dict)
    """Agreement on where passages start and end, whatever their code."""
    edition: str = ""


@dataclass(frozen=True)
class HumanMachine:
    """A coefficient between people, between the machine and people, and the difference (machine minus people)."""

    human: Figure
    machine: Figure
    difference: Figure


@dataclass(frozen=True)
class Noninferiority:
    """Whether the machine agrees with people as people agree with each other, within a margin."""

    coefficient: str
    margin: float
    verdict: str
    """``yes``, ``no`` or ``cannot say yet``."""
    low: float | None
    high: float | None
    more_units: int | None = None
    """Number of further double-coded units for a conclusive result, if it is inconclusive."""


@dataclass(frozen=True)
class LeftOut:
    """One coder against all other people, on the same units as the machine against them."""

    coder: str
    person: Figure
    machine: Figure


@dataclass(frozen=True)
class MachineAgreement:
    """A model's held-out predictions compared with people who coded the same units."""

    machine: str
    units: int
    level: str = ""
    people: tuple[str, ...] = ()
    pairs: int = 0
    overall: Mapping[str, HumanMachine] = field(default_factory=dict)
    codes: Mapping[str, Mapping[str, HumanMachine]] = field(default_factory=dict)
    noninferiority: Noninferiority | None = None
    leave_one_out: tuple[LeftOut, ...] = ()
    undefined: str = ""


@dataclass(frozen=True)
class ReferenceScores:
    """Precision, recall and F1 of one coder against the reference."""

    overall: Coefficients
    codes: Mapping[str, Coefficients]


@dataclass(frozen=True)
class AgainstReference:
    """Every coder against a named reference."""

    reference: str
    coders: Mapping[str, ReferenceScores]


@dataclass(frozen=True)
class SettingsUsed:
    """The settings of the comparison, with exact versions: the same signature gives the same figures."""

    unit: str
    level: str
    scale: str
    """nominal, ordinal, interval or ratio."""
    shape: str
    """How the tables were read; empty for a study."""
    coding: str
    coders: tuple[str, ...]
    reference: str
    codes_in_use: tuple[str, ...]
    categories: tuple[str, ...] | int
    overlap: float
    margin: float
    bootstrap: int
    seed: int
    resampled: str
    interval: str
    inputs: Mapping[str, str]
    versions: Mapping[str, str]
    signature: str = ""


@dataclass(frozen=True)
class ModelFacts:
    """Facts about the compared model."""

    id: str
    encoder: str
    level: str
    segments: int
    transcripts: int
    folds: int | None = None


@dataclass(frozen=True)
class Agreement:
    """All results of ``comb agree``."""

    unit: str
    units: int
    coders: tuple[str, ...]
    settings: SettingsUsed
    overall: Coefficients
    codes: Mapping[str, Coefficients]
    pairs: Mapping[str, Coefficients]
    use: Mapping[str, Mapping[str, int]]
    """How often each coder used each code, in units judged by two coders."""
    judged: Mapping[str, int]
    transcripts: int
    pair_codes: Mapping[str, Coefficients] | None
    confusion: Confusion
    apart: tuple[CoderApart, ...]
    sample_size: SampleSize
    notes: tuple[str, ...]
    reading: str = ""
    """How unit tables were read."""
    codes_used: tuple[str, ...] = ()
    """The codes as coders gave them, not rolled up to a level."""
    models: tuple[str, ...] = ()
    """The coders that are models."""
    model_facts: ModelFacts | None = None
    language_models: tuple[LlmRun, ...] = ()
    """The run of each compared language model."""
    unanswerable: tuple[str, ...] = ()
    """Questions that these data cannot answer."""
    valence: ValenceAgreement | None = None
    levels: Mapping[str, LevelAgreement] = field(default_factory=dict)
    passages: PassageAgreement | None = None
    machine: tuple[MachineAgreement, ...] = ()
    drift: Drift | None = None
    saturation: Saturation | None = None
    cooccurrence: tuple[CodePair, ...] = ()
    groups: tuple[GroupDifference, ...] = ()
    against: AgainstReference | None = None


def as_json(value: object) -> Any:
    """Turn records into the content of a JSON file: a field is a key; empty fields of a Figure are left out."""
    if isinstance(value, Figure):
        return _figure(value)
    if isinstance(value, MoreUnits):
        return {f.name: getattr(value, f.name) for f in fields(value) if getattr(value, f.name) not in (None, "")}
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: as_json(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {key: as_json(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [as_json(item) for item in value]
    return value


def _figure(figure: Figure) -> dict[str, Any]:
    if figure.value is None:
        return {"undefined": figure.undefined}
    found: dict[str, Any] = {"value": figure.value}
    if figure.low is not None or figure.interval:
        found |= {"low": figure.low, "high": figure.high}
    for name in ("interval", "resamples", "se", "passages"):
        if getattr(figure, name) not in (None, ""):
            found[name] = getattr(figure, name)
    if figure.krippendorff is not None:
        own = figure.krippendorff
        found["krippendorff_bootstrap"] = {"low": own.low, "high": own.high, "se": own.se}
    return found
