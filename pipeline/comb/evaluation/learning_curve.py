"""The learning curve: quality of suggestions by number of coded transcripts, and the expected gain from more of them.

Shapes: S sizes (numbers of transcripts trained on), T groups held out (transcripts, or participants), R repeats,
K codes, B bootstrap replicates.

Whole groups are held out, as in ``evaluate``; heads are trained on random subsets of the others, each size adding to
the one before. The curve is an inverse power law, quality = a - b n^-c (Figueroa, Zeng-Treitler, Kandula & Ngo 2012,
BMC Medical Informatics and Decision Making 12:8), with later points weighing more, as there. Its uncertainty is
estimated by resampling the test groups and the repeats (Field & Welsh 2007): all sizes are tested on the same groups,
so that a difference along the curve is paired.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from comb.agreement.bootstrap import draws, interval
from comb.codings.alignment import USED
from comb.codings.problems import counted
from comb.errors import BadInputError
from comb.evaluation.code_gate import open_codes
from comb.evaluation.confusion_counts import ConfusionCounts, count
from comb.evaluation.every_code import reference
from comb.evaluation.results import Estimate, Metrics
from comb.learning.classifier import fit, inner_folds
from comb.learning.dataset import Dataset
from comb.learning.thresholds import Floats
from comb.study.params import EvaluateParams, TrainParams

FEWEST_GROUPS = 4
SIZES = 7
REPEATS = 2
REPLICATES = 400
EXPONENTS = np.geomspace(0.1, 2.0, 30)
NOTICEABLE = 0.01
"""A gain in kappa below this is no reason to code another interview."""
TOO_FAR = 10
"""Largest forecast, as a multiple of the present number of transcripts."""


@dataclass(frozen=True)
class MeasuredPoint:
    """Measured quality for a number of coded transcripts."""

    transcripts: int
    segments: float
    """Mean number of segments trained on."""
    kappa: Estimate
    macro_f1: Estimate
    kappa_ungated: Estimate
    """As if no code were withheld; also for the next field."""
    macro_f1_ungated: Estimate


@dataclass(frozen=True)
class ForecastPoint:
    """Forecast quality for a number of coded transcripts."""

    transcripts: int
    kappa: Estimate
    macro_f1: Estimate


@dataclass(frozen=True)
class PowerLaw:
    """Quality with n transcripts is a - b n^-c."""

    a: float
    b: float
    c: float


@dataclass(frozen=True)
class CodeCurve:
    """Kappa of one code by the number of segments that have it."""

    now: int
    examples: list[float]
    """(S,): mean number of segments with the code."""
    kappa: list[float]
    """(S,)."""
    laws: list[list[float]]
    """Laws fitted to some of the replicates: a, b and c each."""


@dataclass(frozen=True)
class CurveProtocol:
    """Settings of the measurement."""

    repeats: int
    groups: int
    seed: int
    replicates: int


@dataclass(frozen=True)
class LearningCurve:
    """The content of ``curve.json``."""

    now: int
    """Present number of coded transcripts (or participants)."""
    more: int
    """Number of further ones in the forecast."""
    points: list[MeasuredPoint]
    forecast: list[ForecastPoint]
    law: dict[str, PowerLaw]
    gain: dict[str, Estimate]
    """Forecast gain from ``more`` transcripts, by figure."""
    codes: dict[str, CodeCurve]
    protocol: CurveProtocol
    answer: str
    """Whether coding more would help, in one sentence."""
    model: str
    """Id of the model trained at the time of the measurement."""


@dataclass(frozen=True)
class Curve:
    """Quality at S sizes, measured on T held-out groups in R repeats."""

    sizes: tuple[int, ...]
    segments: Floats
    """(S,): mean number of segments trained on."""
    examples: Floats
    """(S, K): mean number of segments with each code among them."""
    counts: Sequence[Sequence[Sequence[ConfusionCounts]]]
    """(R, S, T): counts for every code of the reference, without suggestions of withheld codes."""
    ungated: Sequence[Sequence[Sequence[ConfusionCounts]]]
    """(R, S, T): as if no code were withheld."""
    codes: tuple[str, ...]
    """The K codes that are learned."""
    columns: tuple[int, ...]
    """(K,): their columns among the codes of the reference."""
    now: int
    """Number of coded groups, on all of which the study's own model is trained."""
    examples_now: tuple[int, ...]
    """(K,)."""


def measure(
    dataset: Dataset, train: TrainParams, params: EvaluateParams, needed: float, progress: Callable[[int], object]
) -> Curve:
    """Train on more and more transcripts and test on held-out ones; ``progress`` is called for each fitted head.

    ``needed`` is the kappa that a code needs to be suggested; at each size, the other folds decide whether it reaches
    that.

    Raises BadInputError if fewer than ``FEWEST_GROUPS`` are coded.
    """
    rows, groups = dataset.rows, dataset.groups
    present = np.unique(groups[rows])
    if len(present) < FEWEST_GROUPS:
        raise BadInputError(
            f"too few transcripts are coded for a learning curve ({len(present)})",
            where="the codings folder",
            remedy=f"Code at least {FEWEST_GROUPS} transcripts; ten or more give a usable forecast.",
        )
    folds = list(inner_folds(rows, groups, params.folds, params.seed))
    sizes = _sizes(min(len(np.unique(groups[a])) for a, _ in folds))
    counts = [[[ConfusionCounts(np.zeros(0), np.zeros(0))] * len(present) for _ in sizes] for _ in range(REPEATS)]
    trained: list[list[NDArray[np.intp]]] = [[] for _ in sizes]
    for repeat in range(REPEATS):
        rng = np.random.default_rng([params.seed, repeat])
        for a, b in folds:
            order = rng.permutation(np.unique(groups[a]))
            for index, size in enumerate(sizes):
                used = a[np.isin(groups[a], order[:size])]
                trained[index].append(used)
                for group, found in _test(dataset, train, used, b):
                    counts[repeat][index][int(np.searchsorted(present, group))] = found
                progress(1)
    of_fold = {int(group): fold for fold, (_, b) in enumerate(folds) for group in np.unique(groups[b])}
    fold = np.array([of_fold[int(group)] for group in present])
    gated = [[_gated(found, fold, needed, params.seed) for found in of_repeat] for of_repeat in counts]
    used_codes = dataset.targets == USED
    return Curve(
        sizes=sizes,
        segments=np.array([np.mean([len(part) for part in parts]) for parts in trained]),
        examples=np.array([np.mean([used_codes[part].sum(axis=0) for part in parts], axis=0) for parts in trained]),
        counts=gated,
        ungated=counts,
        codes=dataset.codes,
        columns=dataset.columns,
        now=len(present),
        examples_now=tuple(used_codes[rows].sum(axis=0).tolist()),
    )


def heads(dataset: Dataset, params: EvaluateParams) -> int:
    """Return how many heads ``measure`` will fit."""
    groups = len(np.unique(dataset.groups[dataset.rows]))
    folds = min(params.folds, groups)
    return REPEATS * folds * len(_sizes(groups - -(-groups // folds)))


def _sizes(most: int) -> tuple[int, ...]:
    return tuple(sorted({round(size) for size in np.geomspace(min(2, most), most, SIZES)}))


def _test(
    dataset: Dataset, train: TrainParams, used: NDArray[np.intp], test: NDArray[np.intp]
) -> Iterator[tuple[int, ConfusionCounts]]:
    """Fit a head on some rows and count, group by group, how it does on others."""
    head = fit(dataset.inputs, dataset.targets, used, dataset.groups, dataset.codes, train, exclusive=dataset.exclusive)
    said = head.predict(head.predict_proba(dataset.inputs, test), dataset.inputs.transcripts[test])
    truth, chosen = reference(dataset, test), dataset.among_every(said[:, : len(dataset.codes)].astype(np.int8))
    for group in np.unique(dataset.groups[test]).tolist():
        own = dataset.groups[test] == group
        yield group, count(truth[own], chosen[own], exclusive=dataset.exclusive)


def _gated(
    counts: Sequence[ConfusionCounts], fold: NDArray[np.intp], needed: float, seed: int
) -> list[ConfusionCounts]:
    """Withhold in each group what the groups of other folds say is not reliable; ``fold`` is (T,)."""
    closed = {
        number: ~open_codes([found for found, other in zip(counts, fold, strict=True) if other != number], needed, seed)
        for number in np.unique(fold).tolist()
    }
    return [found.withhold(closed[number]) for found, number in zip(counts, fold.tolist(), strict=True)]


def law(sizes: Floats, values: Floats) -> Floats:
    """Fit a - b n^-c to B curves (B, S) at sizes (S,), and return (B, 3): a at most 1, b at least 0.

    The exponent is searched on a grid; a and b are then a weighted regression, in which point j of S has weight j / S.

    >>> n = np.array([2.0, 4.0, 8.0, 16.0])
    >>> law(n, (0.6 - 0.4 * n**-EXPONENTS[12])[None]).round(3)[0, :2]
    array([0.6, 0.4])
    """
    weights = np.arange(1, len(sizes) + 1) / len(sizes)
    weights = weights / weights.sum()
    best, error = np.zeros((len(values), 3)), np.full(len(values), np.inf)
    for exponent in EXPONENTS:
        shape = sizes**-exponent
        middle, mean = weights @ shape, values @ weights
        slope = ((values - mean[:, None]) * (shape - middle)) @ weights / max(weights @ (shape - middle) ** 2, 1e-12)
        fall = np.maximum(-slope, 0)
        top = mean + fall * middle
        capped = top > 1
        fall = np.where(capped, np.maximum((1 - values) @ (weights * shape) / (weights @ shape**2), 0), fall)
        top = np.minimum(top, 1)
        wrong = ((values - top[:, None] + fall[:, None] * shape) ** 2) @ weights
        better = wrong < error - 1e-12
        best[better] = np.stack([top, fall, np.full(len(top), exponent)], axis=1)[better]
        error = np.minimum(error, wrong)
    return best


def at(laws: Floats, size: float) -> Floats:
    """Return the value (B,) of each fitted curve (B, 3) at a size."""
    values: Floats = laws[:, 0] - laws[:, 1] * size ** -laws[:, 2]
    return values


def summarise(curve: Curve, more: int, seed: int, model: str = "") -> LearningCurve:
    """Return the measured points, a forecast, and the gain expected from ``more`` transcripts."""
    values, loose = _replicates(curve.counts, seed), _replicates(curve.ungated, seed)
    sizes = np.array(curve.sizes, float)
    values.pop("codes")
    by_code = loose.pop("codes")[:, :, list(curve.columns)]
    laws = {name: law(sizes, table) for name, table in values.items()}
    ahead = sorted({*np.linspace(curve.now, 2 * curve.now, 7).round().astype(int).tolist(), curve.now + more})
    gains = {name: at(fitted, curve.now + more) - at(fitted, curve.now) for name, fitted in laws.items()}
    gain = {name: _estimate(values) for name, values in gains.items()}
    forecast = [ForecastPoint(n, **{name: _estimate(at(fitted, n)) for name, fitted in laws.items()}) for n in ahead]
    return LearningCurve(
        now=curve.now,
        more=more,
        points=[
            MeasuredPoint(
                size,
                round(float(curve.segments[s]), 1),
                **{name: _estimate(table[:, s]) for name, table in values.items()},
                **{f"{name}_ungated": _estimate(table[:, s]) for name, table in loose.items()},
            )
            for s, size in enumerate(curve.sizes)
        ],
        forecast=forecast,
        law={name: PowerLaw(*np.round(fitted[0], 4).tolist()) for name, fitted in laws.items()},
        gain=gain,
        codes=_by_code(curve, by_code),
        protocol=CurveProtocol(len(curve.counts), curve.now, seed, REPLICATES),
        answer=answer(curve.now, more, {point.transcripts: point.kappa for point in forecast}, gain["kappa"]),
        model=model,
    )


def _replicates(counts: Sequence[Sequence[Sequence[ConfusionCounts]]], seed: int) -> dict[str, Floats]:
    """Return kappa and macro-F1 (B + 1, S) and each code's kappa (B + 1, S, L); the first is what was measured."""
    repeats, sizes, groups = len(counts), len(counts[0]), len(counts[0][0])
    binary = np.array([[[c.binary for c in row] for row in size] for size in counts])
    nominal = np.array([[[c.nominal for c in row] for row in size] for size in counts])
    drawn = np.concatenate([np.ones((1, groups)), *draws(groups, REPLICATES, seed)])
    picked = np.concatenate([np.ones((1, repeats)), *draws(repeats, REPLICATES, seed + 1)])
    found = [
        [
            ConfusionCounts(*(np.tensordot(weights, table[:, s], ([0, 1], [0, 1])) for table in (binary, nominal)))
            for s in range(sizes)
        ]
        for weights in (np.outer(picks, groups_drawn) for picks, groups_drawn in zip(picked, drawn, strict=True))
    ]
    tables = {
        "kappa": [[c.kappa for c in row] for row in found],
        "macro_f1": [[c.macro_f1 for c in row] for row in found],
        "codes": [[c.kappas for c in row] for row in found],
    }
    return {name: np.nan_to_num(np.array(table)) for name, table in tables.items()}


def _estimate(values: Floats) -> Estimate:
    """Return what was measured, first among B + 1 values, with the 95% percentile interval of the others."""
    found = interval(values[1:])
    return Estimate(_round(values[0]), _round(found.low), _round(found.high))


def _round(value: Any) -> float:
    return round(float(value), 4) + 0.0


def _by_code(curve: Curve, kappas: Floats) -> dict[str, CodeCurve]:
    """Return, for each code, its curve over the number of segments that have it."""
    out = {}
    for k, code in enumerate(curve.codes):
        seen = np.maximum(curve.examples[:, k], 0.5)
        out[code] = CodeCurve(
            now=curve.examples_now[k],
            examples=np.round(seen, 1).tolist(),
            kappa=np.round(kappas[0, :, k], 4).tolist(),
            laws=np.round(law(seen, kappas[:: max(1, len(kappas) // 50), :, k]), 4).tolist(),
        )
    return out


def examples_needed(code: CodeCurve, kappa: float) -> int | None:
    """Return the least number of further segments with a code until it may reach its kappa.

    "Least" means that a tenth of the bootstrap curves reach it by then. None if it cannot be estimated.
    """
    laws = np.array(code.laws)
    gap = laws[:, 0] - kappa
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        sizes = np.where(gap > 0, (laws[:, 1] / gap) ** (1 / laws[:, 2]), np.inf)
    size = float(np.quantile(sizes, 0.1, method="higher"))
    return max(1, int(np.ceil(size - code.now - 1e-9))) if size <= TOO_FAR * max(code.now, 1) else None


def more_examples(metrics: Metrics, curve: LearningCurve | None, code: str) -> str:
    """Return the least number of further segments with a withheld code until it may be suggested.

    Its own kappa must rise to the bar: with that many examples, the other codes' kappa counts for little.
    """
    if curve is None or code not in curve.codes:
        return "comb curve can estimate how many more coded segments are needed"
    needed = examples_needed(curve.codes[code], metrics.gate.needed)
    if needed is None:
        return "how many more coded segments are needed cannot be estimated: its curve does not reach that far"
    return f"by its learning curve it needs at least {counted(needed, 'more coded segment')}"


def answer(now: int, more: int, forecast: Mapping[int, Estimate], gain: Estimate) -> str:
    """Answer in one sentence whether coding more transcripts would help.

    ``forecast`` is kappa by number of transcripts, ``gain`` the change in kappa from ``more`` of them.
    """
    low, high = gain.low or 0.0, gain.high or 0.0
    change = (
        f"held-out kappa from {forecast[now].value:.3f} to {forecast[now + more].value:.3f} (95% interval of the "
        f"change {low:+.3f} to {high:+.3f})"
    )
    if high < NOTICEABLE:
        verdict = "would hardly help"
    elif low >= NOTICEABLE:
        verdict = "would help"
    else:
        verdict = "may help a little"
    return f"Coding {counted(more, 'more transcript')} {verdict}: forecast of {change}."
