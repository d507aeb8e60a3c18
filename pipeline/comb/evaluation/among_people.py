"""People compared with one another, and the machine with the same people.

Shapes: N segments, K codes that are learned, L codes of the reference.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from comb.codings.alignment import UNREAD, USED, Codes
from comb.evaluation.results import Comparison, Figure, Interval, MachineAmongPeople, PairMean, People
from comb.evaluation.scoring import score
from comb.learning.dataset import Dataset
from comb.study.params import EvaluateParams


def human(dataset: Dataset, chosen: Codes, params: EvaluateParams) -> People | None:
    """Compare people with one another, and the machine with the same people, on the segments that two people read.

    ``chosen`` (N, K) are the machine's codes, -1 where it was not asked. Every code counts. Figures are means over the
    pairs of coders; None if nobody coded the same segments. A consensus does not count as a coder.
    """
    shared, pairs = np.zeros(len(dataset.segments), bool), []
    for a, b, rows in _shared_rows(dataset, chosen):
        shared[rows] = True
        pairs.append(_compare(dataset, rows, a, b, params))
    if not pairs:
        return None
    kappas = [pair.intervals["cohen_kappa"] for pair in pairs]
    return People(
        **_means(pairs),
        intervals={"cohen_kappa": Interval(_average([k.low for k in kappas]), _average([k.high for k in kappas]))},
        coders=len(_coders(dataset)),
        pairs=len(pairs),
        segments=int(shared.sum()),
        codes={code: _mean_of_code(pairs, code) for code in dataset.codes},
        machine=machine(dataset, chosen, params),
    )


def machine(dataset: Dataset, chosen: Codes, params: EvaluateParams) -> MachineAmongPeople:
    """Compare the machine's codes (N, K) with each of two people who read the same segments."""
    said = dataset.among_every(np.where(chosen == USED, USED, 0).astype(np.int8))
    shared = list(_shared_rows(dataset, chosen))
    beside = [_compare(dataset, rows, person, said, params) for a, b, rows in shared for person in (a, b)]
    return MachineAmongPeople(**_means(beside), codes={code: _mean_of_code(beside, code) for code in dataset.codes})


def _coders(dataset: Dataset) -> list[str]:
    return [name for name in dataset.views.coders if name.casefold() != "consensus"]


def _shared_rows(dataset: Dataset, chosen: Codes) -> Iterator[tuple[Codes, Codes, NDArray[np.intp]]]:
    """Yield what two coders said (N, L) and the rows that both read, and the machine judged, for each such pair."""
    judged = ((dataset.targets != UNREAD) & (chosen != UNREAD)).all(axis=1)
    for a, b in combinations(_coders(dataset), 2):
        one, other = dataset.views.coders[a].codes, dataset.views.coders[b].codes
        rows = np.flatnonzero(judged & ((one != UNREAD) & (other != UNREAD)).all(axis=1))
        if len(rows):
            yield one, other, rows


def _compare(dataset: Dataset, rows: NDArray[np.intp], one: Codes, other: Codes, params: EvaluateParams) -> Comparison:
    return score(one[rows], other[rows], dataset.groups[rows], dataset.every, dataset.exclusive, params)


def _means(scored: Sequence[Comparison]) -> dict[str, Figure]:
    return {name: _average([vars(s.overall)[name] for s in scored]) for name in vars(scored[0].overall)}


def _mean_of_code(scored: Sequence[Comparison], code: str) -> PairMean:
    figures = [s.codes[code] for s in scored]
    return PairMean(_average([f.f1.value for f in figures]), _average([f.cohen_kappa.value for f in figures]))


def _average(values: Sequence[Figure]) -> Figure:
    known = [value for value in values if value is not None]
    return round(sum(known) / len(known), 6) if known else None
