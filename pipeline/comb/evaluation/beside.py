"""Compare the head, a language model, both together and people on the same segments, with intervals of differences.

Shapes: N segments, K codes, T held-out groups (transcripts, or participants), B bootstrap replicates.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from comb.agreement.bootstrap import draws
from comb.agreement.coefficients import Floats, cohen_kappa, pooled_kappa
from comb.codings.alignment import UNREAD, Codes
from comb.evaluation.confusion_counts import tables
from comb.evaluation.results import Beside, Estimate
from comb.evaluation.scoring import estimate
from comb.learning.dataset import Dataset
from comb.study.params import EvaluateParams

HEAD, BOTH, PEOPLE = "head", "head and language model", "people"
Pair = tuple[Codes, Codes]
"""Codes (N, K) of two coders to compare; -1 where one of them did not judge."""


@dataclass(frozen=True)
class Sides:
    """The coders to compare, each with the pairs over which kappa is averaged."""

    pairs: Mapping[str, Sequence[Pair]]
    base: str
    """The side with which the others are compared."""
    groups: NDArray[np.intp]
    """(N,)."""
    exclusive: bool


def beside(dataset: Dataset, coder: str, machines: Mapping[str, Codes], params: EvaluateParams) -> Beside | None:
    """Compare machines, given by name as codes (N, K), with the reference and with people.

    All of them are compared on the segments that every one of them judged; None if there are none. ``machines``
    contains the head under ``HEAD``.
    """
    judged = np.all([(codes != UNREAD).all(axis=1) for codes in machines.values()], axis=0)
    rows = dataset.rows[judged[dataset.rows]]
    if not len(rows):
        return None
    truth, groups = dataset.targets[rows], dataset.groups[rows]
    sides = Sides({name: [(truth, codes[rows])] for name, codes in machines.items()}, HEAD, groups, dataset.exclusive)
    kappa, difference = compare_sides(sides, params)
    among, from_people, shared = _among_people(dataset, machines, judged, params)
    return Beside(
        coder=coder,
        segments=len(rows),
        transcripts=len({dataset.segments[row].transcript for row in rows}),
        kappa=kappa,
        from_head=difference,
        shared=shared,
        with_people=among,
        from_people=from_people,
    )


def _among_people(
    dataset: Dataset, machines: Mapping[str, Codes], judged: NDArray[np.bool_], params: EvaluateParams
) -> tuple[dict[str, Estimate], dict[str, Estimate], int]:
    """Compare people with one another and machines with the same people; also count the segments that two coded."""
    views = {n: v.codes[:, dataset.columns] for n, v in dataset.views.coders.items() if n.casefold() != "consensus"}
    pairs: dict[str, list[Pair]] = {PEOPLE: [], **{name: [] for name in machines}}
    shared = np.zeros(len(judged), bool)
    for one, other in combinations(views.values(), 2):
        both = judged & (one != UNREAD).all(axis=1) & (other != UNREAD).all(axis=1)
        if not both.any():
            continue
        shared |= both
        first, second = (np.where(both[:, None], codes, UNREAD) for codes in (one, other))
        pairs[PEOPLE].append((first, second))
        for name, codes in machines.items():
            pairs[name] += [(first, codes), (second, codes)]
    if not shared.any():
        return {}, {}, 0
    rows = np.flatnonzero(shared)
    kept = {name: [(a[rows], b[rows]) for a, b in own] for name, own in pairs.items()}
    sides = Sides(kept, PEOPLE, dataset.groups[rows], dataset.exclusive)
    return *compare_sides(sides, params), len(rows)


def compare_sides(sides: Sides, params: EvaluateParams) -> tuple[dict[str, Estimate], dict[str, Estimate]]:
    """Return each side's mean kappa, and its difference from that of the base, both with intervals.

    The same groups are drawn for all sides, so that a difference varies less than its two parts.
    """
    present = np.unique(sides.groups)
    weights = np.concatenate(list(draws(len(present), params.bootstrap, params.seed)))
    found = {name: _mean_kappa(pairs, sides, present, weights) for name, pairs in sides.pairs.items()}
    point, drawn = found[sides.base]
    kappa = {name: estimate(value, replicates) for name, (value, replicates) in found.items()}
    difference = {
        name: estimate(value - point, replicates - drawn)
        for name, (value, replicates) in found.items()
        if name != sides.base
    }
    return kappa, difference


def _mean_kappa(
    pairs: Sequence[Pair], sides: Sides, present: NDArray[np.intp], weights: Floats
) -> tuple[float, Floats]:
    """Return the mean kappa of pairs, and the same for each replicate (B,)."""
    points, replicates = [], []
    for first, second in pairs:
        known = ((first != UNREAD) & (second != UNREAD)).all(axis=1)
        groups = sides.groups[known]
        binary, nominal = tables(first[known], second[known], groups, sides.exclusive)
        counts = nominal if sides.exclusive else binary
        function = cohen_kappa if sides.exclusive else pooled_kappa
        own = weights[:, np.isin(present, groups)]
        points.append(float(function(counts.sum(axis=0))))
        replicates.append(function(np.tensordot(own, counts, 1)))
    return float(np.mean(points)), np.mean(replicates, axis=0)
