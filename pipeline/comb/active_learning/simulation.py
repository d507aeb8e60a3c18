"""Measure whether ``comb next`` would have saved work, by simulating coding in several orders on a fully coded study.

Shapes: S sizes (numbers of coded segments), R runs, U candidates.

In each run some transcripts are held out for testing. The others are uncoded at first; a strategy picks segments, their
codes are looked up, the study's own head is trained, and so on. ``random`` picks segments at random, ``transcripts``
takes whole transcripts in random order, as people do. Labels are segments that were read and coded, including those
without a code. "Final" means with all labels.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from comb.active_learning.acquisition import Candidates, choose
from comb.agreement.bootstrap import draws, interval
from comb.errors import BadInputError
from comb.evaluation.confusion_counts import ConfusionCounts, count
from comb.evaluation.results import Estimate, Interval
from comb.learning.classifier import Classifier, fit
from comb.learning.dataset import Dataset
from comb.learning.thresholds import Floats
from comb.study.params import TrainParams

ORDERS = ("transcripts", "random")
"""Orders besides the strategies of ``comb.active_learning.acquisition``."""
FIRST = 50
"""Number of labels with which every run starts: random segments, or the first transcript."""
GROWTH = 1.35
FOLDS = 4
"""A quarter of the transcripts is held out."""
ENOUGH = 0.95
"""Share of the final kappa to be reached."""
REPLICATES = 1000


@dataclass(frozen=True)
class Run:
    """One strategy in one run."""

    strategy: str
    number: int
    kappas: tuple[float, ...]
    """(S,): kappa on the held-out transcripts; the last one is the final kappa, the same for all strategies of a
    run."""


@dataclass(frozen=True)
class Strategy:
    """The result of one strategy."""

    labels: int
    """Number of coded segments from which the mean kappa stays at the required share of its final value."""
    low: float | None
    high: float | None
    of_transcripts: Estimate | None
    """Ratio of the labels needed to those needed by whole transcripts in random order."""
    of_random: Estimate | None
    kappa: list[float]
    """(S,): mean over runs."""


@dataclass(frozen=True)
class Simulation:
    """The content of ``simulate.json``."""

    sizes: list[int]
    """(S,)."""
    final_kappa: float
    share: float
    runs: int
    strategies: dict[str, Strategy]


def sizes(dataset: Dataset) -> tuple[int, ...]:
    """Return the numbers of labels at which heads are trained; the last is the number of labels in the smallest run."""
    most = min(len(pool) for pool, _ in (_split(dataset, run) for run in range(FOLDS)))
    steps = [FIRST]
    while steps[-1] * GROWTH < most:
        steps.append(round(steps[-1] * GROWTH))
    return (*steps, most) if steps[-1] < most else tuple(steps)


def simulate(
    dataset: Dataset, train: TrainParams, strategies: Sequence[str], runs: int, progress: Callable[[int], object]
) -> list[Run]:
    """Simulate every strategy in every run; ``progress`` is called for each fitted head.

    Raises BadInputError if there are too few coded transcripts or segments.
    """
    if len(np.unique(dataset.groups[dataset.rows])) < FOLDS:
        raise BadInputError(
            "too few coded transcripts for a simulation",
            where="the codings folder",
            remedy=f"Code at least {FOLDS} transcripts.",
        )
    steps = sizes(dataset)
    if len(steps) == 1:
        raise BadInputError(
            "too few coded segments for a simulation",
            where="the codings folder",
            remedy=f"Code more: with a quarter of the transcripts held out, more than {FIRST} segments must be left.",
        )
    found = []
    for number in range(runs):
        pool, test = _split(dataset, number)
        final = _kappa(dataset, _fit(dataset, train, pool, pool), test)
        progress(1)
        for strategy in strategies:
            kappas = tuple(_play(dataset, train, (pool, test), strategy, steps[:-1], number, progress))
            found.append(Run(strategy, number, (*kappas, final)))
    return found


def heads(dataset: Dataset, strategies: Sequence[str], runs: int) -> int:
    """Return how many heads ``simulate`` will fit."""
    return runs * (1 + len(strategies) * (len(sizes(dataset)) - 1))


def _split(dataset: Dataset, run: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the rows of a run that may be coded, and those held out; four runs hold out every transcript once."""
    rows, groups = dataset.rows, dataset.groups
    rng = np.random.default_rng([1, run // FOLDS])
    part = np.array_split(rng.permutation(np.unique(groups[rows])), FOLDS)[run % FOLDS]
    test = np.isin(groups[rows], part)
    return rows[~test], rows[test]


def _play(
    dataset: Dataset,
    train: TrainParams,
    parts: tuple[NDArray[np.intp], NDArray[np.intp]],
    strategy: str,
    steps: Sequence[int],
    number: int,
    progress: Callable[[int], object],
) -> Iterator[float]:
    pool, test = parts
    rng = np.random.default_rng([2, number])
    groups = dataset.groups
    if strategy == "transcripts":
        order = np.concatenate([pool[groups[pool] == group] for group in rng.permutation(np.unique(groups[pool]))])
    else:
        order = rng.permutation(pool)
    coded = order[: steps[0]]
    for size, following in zip(steps, (*steps[1:], 0), strict=True):
        head = _fit(dataset, train, np.sort(coded), pool)
        progress(1)
        yield _kappa(dataset, head, test)
        if strategy in ORDERS:
            coded = order[:following]
        elif following:
            coded = np.concatenate([coded, _pick(dataset, head, (pool, coded), strategy, following - size, rng)])


def _pick(
    dataset: Dataset,
    head: Classifier,
    parts: tuple[NDArray[np.intp], NDArray[np.intp]],
    strategy: str,
    most: int,
    rng: np.random.Generator,
) -> NDArray[np.intp]:
    """Pick rows of the pool that are not coded yet; ``parts`` is the pool and what is coded of it."""
    pool, coded = parts
    left = np.setdiff1d(pool, coded)
    scores = head.predict_proba(dataset.inputs, pool)[np.searchsorted(pool, left)]
    transcripts = dataset.inputs.transcripts
    done = np.bincount(transcripts[coded], minlength=transcripts.max() + 1)
    embeddings = dataset.inputs.embeddings[left, 0]
    candidates = Candidates(scores, head.thresholds, head.exclusive, embeddings, transcripts[left], done)
    return left[choose(candidates, strategy, most, rng)[0]]


def _fit(dataset: Dataset, train: TrainParams, rows: NDArray[np.intp], pool: NDArray[np.intp]) -> Classifier:
    """Train as ``train`` does: with thresholds for all that may be coded, if only part of it is."""
    head = fit(dataset.inputs, dataset.targets, rows, dataset.groups, dataset.codes, train, exclusive=dataset.exclusive)
    return head.shift_adjusted(head.predict_proba(dataset.inputs, pool)) if len(rows) < len(pool) else head


def _kappa(dataset: Dataset, head: Classifier, test: NDArray[np.intp]) -> float:
    said = head.predict(head.predict_proba(dataset.inputs, test), dataset.inputs.transcripts[test])
    chosen = said[:, : len(dataset.codes)].astype(np.int8)
    found: ConfusionCounts = count(dataset.targets[test], chosen, exclusive=dataset.exclusive)
    return 0.0 if np.isnan(found.kappa) else found.kappa


def labels_needed(steps: Floats, kappas: Floats, share: float = ENOUGH) -> float:
    """Return the number of labels from which the mean kappa of runs (R, S) stays at ``share`` of the final one.

    The mean curve is made monotone first (least squares, Barlow et al. 1972), since a curve that reaches the mark by
    chance and falls again does not count; between sizes it is a straight line.

    >>> labels_needed(np.array([10.0, 20.0, 30.0]), np.array([[0.1, 0.3, 0.4]]), 0.5)
    15.0
    """
    from scipy.optimize import isotonic_regression

    curve = isotonic_regression(kappas.mean(axis=0)).x
    mark = share * float(kappas[:, -1].mean())
    first = int(np.argmax(curve >= mark - 1e-12))
    if first == 0:
        return float(steps[0])
    before, after = curve[first - 1], curve[first]
    return float(steps[first - 1] + (steps[first] - steps[first - 1]) * (mark - before) / (after - before))


def summarise(found: Sequence[Run], steps: Sequence[int], seed: int) -> Simulation:
    """Return the curves, and the labels that each strategy needs relative to random order and whole transcripts."""
    tables = {name: np.array([run.kappas for run in found if run.strategy == name]) for name in _names(found)}
    axis = np.array(steps, float)
    runs = len(next(iter(tables.values())))
    drawn = np.concatenate(list(draws(runs, REPLICATES, seed))).astype(int)
    needed = {name: labels_needed(axis, table) for name, table in tables.items()}
    again = {
        name: np.array([labels_needed(axis, np.repeat(table, counts, axis=0)) for counts in drawn])
        for name, table in tables.items()
    }
    strategies = {
        name: Strategy(
            labels=round(needed[name]),
            low=_spread(again[name], 0).low,
            high=_spread(again[name], 0).high,
            **{f"of_{other}": _ratio(name, other, needed, again) for other in ORDERS},
            kappa=np.round(table.mean(axis=0), 4).tolist(),
        )
        for name, table in tables.items()
    }
    final = round(float(next(iter(tables.values()))[:, -1].mean()), 4)
    return Simulation(list(steps), final, ENOUGH, runs, strategies)


def _ratio(name: str, other: str, needed: Mapping[str, float], again: Mapping[str, Floats]) -> Estimate | None:
    if other not in needed:
        return None
    spread = _spread(again[name] / again[other], 3)
    return Estimate(round(needed[name] / needed[other], 3), spread.low, spread.high)


def _spread(values: Floats, digits: int) -> Interval:
    """Return the 95% interval of replicates; none if they are all alike, as after one run."""
    if np.ptp(values) == 0:
        return Interval(None, None)
    found = interval(values)
    low, high = (None if bound is None else round(bound, digits) for bound in (found.low, found.high))
    return Interval(low, high)


def _names(found: Sequence[Run]) -> list[str]:
    return list(dict.fromkeys(run.strategy for run in found))
