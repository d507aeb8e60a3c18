"""Turn coders' answers into counts that add up over units, so that a bootstrap replicate is one matrix product.

Units with the same answers are one pattern and are counted together, so that memory grows with the number of different
patterns and not with units times codes.

Shapes, here and in ``multi_rater``: N units, R coders, C variables (one per code, or one for an exclusive codebook),
Q categories of a variable, T groups of units (transcripts) that are drawn together, E patterns of answers to a
variable, S columns of counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from comb.agreement.coefficients import Floats
from comb.agreement.linear_map import LinearMap

MISSING = -1


@dataclass(frozen=True)
class Counts:
    """The counts for all coefficients, summed over units; leading axes (...) are groups, replicates and variables."""

    weights: Floats
    """(Q, Q): agreement of two categories, 1 on the diagonal; the identity for nominal categories."""
    paired: Floats
    """(...): number of units judged by two coders or more."""
    agreeing: Floats
    """(...): sum over these units of the share of pairs of coders that agree."""
    coincident: Floats
    """(...): sum over these units of the agreeing pairs, with each unit weighted by its number of coders."""
    shares: Floats
    """(..., Q): sum over all judged units of the share of their coders who used each category."""
    pairable: Floats
    """(..., Q): how often each category was used in paired units."""
    margins: Floats
    """(..., R, Q): how often each coder used each category."""
    table: Floats | None
    """(..., Q, Q): first coder by second, if there are two."""


@dataclass(frozen=True)
class Patterns:
    """The different patterns of answers to each variable, and their frequencies in each group of units."""

    answers: NDArray[np.integer]
    """(E, R): the answer of each coder, a number of a category or MISSING."""
    variable: NDArray[np.intp]
    """(E,): the variable that a pattern belongs to, in order."""
    variables: int
    categories: int
    commonest: NDArray[np.intp]
    """(C,): the pattern of each variable whose frequency is not stored, because it is the rest of a group."""
    sizes: Floats
    """(T,): total weight of the units of each group."""
    occurrences: LinearMap
    """(T, E): total weight of the units with a pattern, without ``commonest``."""

    @classmethod
    def of(
        cls,
        answers: NDArray[np.integer],
        categories: int,
        groups: NDArray[np.intp] | None = None,
        sizes: Floats | None = None,
    ) -> "Patterns":
        """Find the patterns of answers (N, R, C), numbers of categories or MISSING, and count them in each group.

        ``groups`` (N,) is the number of each unit's group (by default, each unit is its own group); ``sizes`` (N,) is
        the weight of a unit, such as its number of characters. Raises ValueError for fewer than two coders.
        """
        n, r, c = answers.shape
        if r < 2:
            raise ValueError("agreement needs two coders")
        groups = np.arange(n) if groups is None else groups
        sizes = np.ones(n) if sizes is None else sizes
        found: list[NDArray[np.integer]] = []
        variable, commonest = [], []
        rows, columns, values = [], [], []
        start = 0
        for index in range(c):
            first, number, often = _different(answers[:, :, index], categories)
            most = int(often.argmax()) if n else 0
            kept = np.flatnonzero(number != most)
            rows.append(groups[kept])
            columns.append(number[kept] + start)
            values.append(sizes[kept])
            found.append(answers[first, :, index])
            variable.append(np.full(len(first), index, np.intp))
            commonest.append(start + most)
            start += len(first)
        total = int(groups.max(initial=-1)) + 1
        shape = (total, start)
        return cls(
            answers=np.concatenate(found) if found else np.zeros((0, r), np.int8),
            variable=np.concatenate(variable) if variable else np.zeros(0, np.intp),
            variables=c,
            categories=categories,
            commonest=np.array(commonest, np.intp),
            sizes=np.bincount(groups, weights=sizes, minlength=total).astype(float),
            occurrences=_occurrences(rows, columns, values, shape),
        )

    def counted(self, weights: Floats) -> Floats:
        """Count the patterns where group t is drawn ``weights`` (B, T) times: (B, E)."""
        counts = self.occurrences.apply(weights)
        if not len(self.answers):
            return counts
        starts = np.searchsorted(self.variable, np.arange(self.variables))
        others = np.add.reduceat(counts, starts, axis=1)
        counts[:, self.commonest] = (weights @ self.sizes)[:, None] - others
        return counts

    def of_coders(self, coders: Sequence[int]) -> "Patterns":
        """Keep the answers of these coders; patterns that differ only in other coders' answers stay separate."""
        return replace(self, answers=self.answers[:, list(coders)])

    def tally(self, coders: Sequence[int] | None = None, weights: ArrayLike | None = None) -> "Tally":
        """Prepare the counts of these coders (by default all); ``weights`` (Q, Q) is the agreement of categories."""
        answers = self.answers if coders is None else self.answers[:, list(coders)]
        matrix = np.eye(self.categories) if weights is None else np.asarray(weights, float)
        pack = _pack_pair if answers.shape[1] == 2 else _pack_several
        rows, columns, values, width = pack(answers, matrix)
        columns = columns + self.variable[rows] * width
        shape = (len(answers), self.variables * width)
        return Tally(answers.shape[1], matrix, self, LinearMap.of(rows, columns, values, shape))


def _different(answers: NDArray[np.integer], categories: int) -> tuple[NDArray[np.intp], ...]:
    """Find the different rows (N, R): the first unit with each, each unit's number of a row, and how often each is."""
    n, r = answers.shape
    if n == 0:
        return np.zeros(0, np.intp), np.zeros(0, np.intp), np.zeros(0, np.intp)
    keys: NDArray[np.int64] | NDArray[np.integer]
    if r * np.log2(categories + 1) < 62:
        keys = np.zeros(n, np.int64)
        for coder in range(r):
            keys = keys * (categories + 1) + (answers[:, coder].astype(np.int64) + 1)
        _, first, number, often = np.unique(keys, return_index=True, return_inverse=True, return_counts=True)
    else:
        _, first, number, often = np.unique(answers, axis=0, return_index=True, return_inverse=True, return_counts=True)
    return first, number.reshape(-1), often


def _occurrences(
    rows: Sequence[NDArray[np.intp]],
    columns: Sequence[NDArray[np.intp]],
    values: Sequence[Floats],
    shape: tuple[int, int],
) -> LinearMap:
    if not rows:
        return LinearMap.of(np.zeros(0, np.intp), np.zeros(0, np.intp), np.zeros(0), shape)
    return LinearMap.of(np.concatenate(rows), np.concatenate(columns), np.concatenate(values), shape)


@dataclass(frozen=True)
class Tally:
    """Counts of some coders, ready to be drawn."""

    coders: int
    weights: Floats
    """(Q, Q)."""
    patterns: Patterns
    packed: LinearMap
    """(E, C * S): contribution of a unit with a pattern to the counts of its variable."""

    @property
    def groups(self) -> int:
        """How many groups of units can be drawn."""
        return len(self.patterns.sizes)

    def total(self) -> Counts:
        """Return the counts of all groups together; leading axis: (C,)."""
        return self.counts(self.patterns.counted(np.ones((1, self.groups))), single=True)

    def drawn(self, weights: Floats) -> Counts:
        """Return the counts of bootstrap replicates; ``weights`` (B, T) is how often each group was drawn.

        Leading axes: (B, C).
        """
        return self.counts(self.patterns.counted(weights))

    def by_group(self) -> Counts:
        """Return the counts of each group; leading axes: (T, C)."""
        return self.drawn(np.eye(self.groups))

    def counts(self, occurrences: Floats, *, single: bool = False) -> Counts:
        """Return the counts for frequencies of patterns: (B, E) → leading axes (B, C), or (C,) if ``single``."""
        c = self.patterns.variables
        data = self.packed.apply(occurrences).reshape(len(occurrences), c, -1)
        unpack = _unpack_pair if self.coders == 2 else _unpack_several
        return unpack(data[0] if single else data, self.coders, self.weights)


def tally(
    answers: NDArray[np.integer],
    categories: int,
    groups: NDArray[np.intp] | None = None,
    sizes: Floats | None = None,
    weights: ArrayLike | None = None,
) -> Tally:
    """Count answers (N, R, C) within each of T groups; see ``Patterns.of`` and ``Patterns.tally``."""
    return Patterns.of(answers, categories, groups, sizes).tally(weights=weights)


def pair_tally(table: ArrayLike, weights: ArrayLike | None = None) -> Tally:
    """Return a table (Q, Q) of two coders as the tally of one group and one variable."""
    counts = np.asarray(table, float)
    q = len(counts)
    answers = np.indices((q, q)).reshape(2, -1).T
    patterns = Patterns.of(answers[..., None], q, np.zeros(q * q, np.intp), counts.ravel())
    return patterns.tally(weights=weights)


def used(answers: NDArray[np.integer], categories: int) -> Floats:
    """Count the coders who used each category for each unit: (N, R, C) → (N, C, Q)."""
    found: Floats = np.sum(answers[..., None] == np.arange(categories), axis=1, dtype=float)
    return found


Entries = tuple[NDArray[np.intp], NDArray[np.intp], Floats, int]
"""Rows, columns and values of the cells that are not zero, and the number of columns."""


def _pack_pair(answers: NDArray[np.integer], weights: Floats) -> Entries:
    q = len(weights)
    one, other = answers.T.astype(np.intp)
    both, left, right = (np.flatnonzero(known) for known in ((one >= 0) & (other >= 0), one >= 0, other >= 0))
    rows = np.concatenate([both, left, right])
    columns = np.concatenate([one[both] * q + other[both], q * q + one[left], q * q + q + other[right]])
    return rows, columns, np.ones(len(rows)), q * q + 2 * q


def _unpack_pair(data: Floats, coders: int, weights: Floats) -> Counts:
    q = len(weights)
    table = data[..., : q * q].reshape(*data.shape[:-1], q, q)
    margins = data[..., q * q :].reshape(*data.shape[:-1], coders, q)
    agreeing = (table * weights).sum(axis=(-2, -1))
    pairable = table.sum(axis=-1) + table.sum(axis=-2)
    # A unit that one coder judged counts whole for that coder's category, as in Gwet (2014), section 2.8.
    alone = margins.sum(axis=-2) - pairable
    return Counts(
        weights,
        table.sum(axis=(-2, -1)),
        agreeing,
        2 * agreeing,
        pairable / 2 + alone,
        pairable,
        margins,
        table,
    )


def _pack_several(answers: NDArray[np.integer], weights: Floats) -> Entries:
    (e, r), q = answers.shape, len(weights)
    known = answers >= 0
    judged = known.sum(axis=1)
    agreeing, coincident = np.zeros(e), np.zeros(e)
    for a in range(r):
        for b in range(r):
            if a != b:
                both = np.flatnonzero(known[:, a] & known[:, b])
                coincident[both] += weights[answers[both, a], answers[both, b]]
    paired = judged > 1
    coincident[paired] /= judged[paired] - 1
    agreeing[paired] = coincident[paired] / judged[paired]
    rows, coders = np.nonzero(known)
    category = answers[rows, coders].astype(np.intp)
    every = np.arange(e)
    entries = [
        (every, np.zeros(e, np.intp), paired.astype(float)),
        (every, np.full(e, 1, np.intp), agreeing),
        (every, np.full(e, 2, np.intp), coincident),
        (rows, 3 + category, 1 / judged[rows]),
        (rows, 3 + q + category, paired[rows].astype(float)),
        (rows, 3 + 2 * q + coders * q + category, np.ones(len(rows))),
    ]
    kept = [(row[value != 0], column[value != 0], value[value != 0]) for row, column, value in entries]
    row, column, value = (np.concatenate(part) for part in zip(*kept, strict=True))
    return row, column, value, 3 + (2 + r) * q


def _unpack_several(data: Floats, coders: int, weights: Floats) -> Counts:
    q = len(weights)
    paired, agreeing, coincident = (data[..., column] for column in range(3))
    shares, pairable = data[..., 3 : 3 + q], data[..., 3 + q : 3 + 2 * q]
    margins = data[..., 3 + 2 * q :].reshape(*data.shape[:-1], coders, q)
    return Counts(weights, paired, agreeing, coincident, shares, pairable, margins, None)
