"""From what coders answered to counts that add up over units, so that a bootstrap replicate is one matrix product.

Shapes, here and in ``several``: N units, R coders, C variables (one per code, or one for an exclusive codebook),
Q categories of a variable, T groups of units (transcripts) that are drawn together, S columns of counts.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from comb.agreement.coefficients import Floats

MISSING = -1
CHUNK = 2048
"""Units that are counted at once: bounds the memory, changes nothing else."""


@dataclass(frozen=True)
class Counts:
    """What all coefficients are made of, summed over units; leading axes (...) are groups, replicates and variables."""

    weights: Floats
    """(Q, Q): how much two categories agree, 1 on the diagonal; the identity for nominal categories."""
    paired: Floats
    """(...): units that two coders or more judged."""
    agreeing: Floats
    """(...): sum over those of the share of pairs of coders that agree."""
    coincident: Floats
    """(...): sum over those of the pairs that agree, each unit weighing as many as coders judged it."""
    shares: Floats
    """(..., Q): sum over all judged units of the share of their coders who used each category."""
    pairable: Floats
    """(..., Q): how often each category was used in paired units."""
    margins: Floats
    """(..., R, Q): how often each coder used each category."""
    table: Floats | None
    """(..., Q, Q): first coder by second, where there are two."""


@dataclass(frozen=True)
class Tally:
    """Counts of each group of units, one row each, ready to be drawn."""

    coders: int
    weights: Floats
    """(Q, Q)."""
    data: Floats
    """(T, C, S)."""

    def total(self) -> Counts:
        """Give the counts of all groups together; leading axis: (C,)."""
        return self._unpack(self.data.sum(axis=0))

    def drawn(self, weights: Floats) -> Counts:
        """Give the counts of bootstrap replicates; ``weights`` (B, T) say how often each group was drawn.

        Leading axes: (B, C).
        """
        t, c, s = self.data.shape
        return self._unpack((weights @ self.data.reshape(t, c * s)).reshape(len(weights), c, s))

    def groups(self) -> Counts:
        """Give the counts of each group; leading axes: (T, C)."""
        return self._unpack(self.data)

    def _unpack(self, data: Floats) -> Counts:
        return (_unpack_pair if self.coders == 2 else _unpack_several)(data, self.coders, self.weights)


def tally(
    answers: NDArray[np.integer],
    categories: int,
    groups: NDArray[np.intp] | None = None,
    sizes: Floats | None = None,
    weights: ArrayLike | None = None,
) -> Tally:
    """Count answers (N, R, C), numbers of categories or MISSING, within each of T groups.

    ``groups`` (N,) gives the number of each unit's group (by default each unit is its own); ``sizes`` (N,) how much a
    unit counts, such as its characters. Raises ValueError for fewer than two coders.
    """
    n, r, c = answers.shape
    if r < 2:
        raise ValueError("agreement needs two coders")
    groups = np.arange(n) if groups is None else groups
    sizes = np.ones(n) if sizes is None else sizes
    matrix = np.eye(categories) if weights is None else np.asarray(weights, float)
    pack = _pack_pair if r == 2 else _pack_several
    order = np.argsort(groups, kind="stable")
    width = categories**2 + 2 * categories if r == 2 else 3 + (2 + r) * categories
    data = np.zeros((int(groups.max(initial=-1)) + 1, c, width))
    for rows in _chunks(order):
        packed = pack(answers[rows], matrix) * sizes[rows, None, None]
        present, starts = np.unique(groups[rows], return_index=True)
        data[present] += np.add.reduceat(packed, starts, axis=0)
    return Tally(r, matrix, data)


def pair_tally(table: ArrayLike, weights: ArrayLike | None = None) -> Tally:
    """Take a table (Q, Q) of two coders for the tally of one group and one variable."""
    counts = np.asarray(table, float)
    matrix = np.eye(len(counts)) if weights is None else np.asarray(weights, float)
    data = np.concatenate([counts.ravel(), counts.sum(axis=1), counts.sum(axis=0)])
    return Tally(2, matrix, data[None, None])


def used(answers: NDArray[np.integer], categories: int) -> Floats:
    """How many coders used each category of each unit: (N, R, C) → (N, C, Q)."""
    found: Floats = np.sum(answers[..., None] == np.arange(categories), axis=1, dtype=float)
    return found


def _chunks(order: NDArray[np.intp]) -> Iterator[NDArray[np.intp]]:
    edges = [*range(0, len(order), CHUNK), len(order)]
    for start, end in pairwise(edges):
        yield order[start:end]


def _pack_pair(answers: NDArray[np.integer], weights: Floats) -> Floats:
    one = answers[..., None] == np.arange(len(weights))
    table = one[:, 0, :, :, None] & one[:, 1, :, None, :]
    n, _, c = answers.shape
    margins = one.transpose(0, 2, 1, 3).reshape(n, c, -1)
    return np.concatenate([table.reshape(n, c, -1), margins], axis=-1).astype(float)


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


def _pack_several(answers: NDArray[np.integer], weights: Floats) -> Floats:
    one = answers[..., None] == np.arange(len(weights))
    n, _, c = answers.shape
    count = one.sum(axis=1).astype(float)
    judged = count.sum(axis=-1, keepdims=True)
    paired = judged > 1
    inner = (count * (count @ weights - 1)).sum(axis=-1, keepdims=True)
    coincident = np.divide(inner, judged - 1, out=np.zeros_like(inner), where=paired)
    agreeing = np.divide(coincident, judged, out=np.zeros_like(inner), where=paired)
    shares = np.divide(count, judged, out=np.zeros_like(count), where=judged > 0)
    margins = one.transpose(0, 2, 1, 3).reshape(n, c, -1)
    return np.concatenate([paired, agreeing, coincident, shares, count * paired, margins], axis=-1).astype(float)


def _unpack_several(data: Floats, coders: int, weights: Floats) -> Counts:
    q = len(weights)
    paired, agreeing, coincident = (data[..., column] for column in range(3))
    shares, pairable = data[..., 3 : 3 + q], data[..., 3 + q : 3 + 2 * q]
    margins = data[..., 3 + 2 * q :].reshape(*data.shape[:-1], coders, q)
    return Counts(weights, paired, agreeing, coincident, shares, pairable, margins, None)
