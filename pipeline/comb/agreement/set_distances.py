"""Several codes on one unit, compared as sets: distances between sets, and Krippendorff's alpha with them.

Shapes: N units, R coders, K codes, V different sets, T groups of units.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from comb.agreement.coefficients import Floats, corrected, divide
from comb.agreement.linear_map import LinearMap

Distance = Callable[[Floats, Floats, Floats], Floats]
MOST_SETS = 4000
"""Most different sets for resampling: the table of their distances must fit in memory."""
_BLOCK = 512


def jaccard(inside: Floats, first: Floats, second: Floats) -> Floats:
    """1 minus the share of codes in common: ``1 - |A and B| / |A or B|``; two empty sets do not differ.

    ``inside`` is ``|A and B|``, ``first`` and ``second`` are ``|A|`` and ``|B|``; any shapes, broadcast.
    Source: Jaccard (1912).
    """
    either = first + second - inside
    return 1 - np.where(either == 0, 1.0, np.nan_to_num(divide(inside, either)))


def monotonicity(inside: Floats, first: Floats, second: Floats) -> Floats:
    """0 for the same set, 1/3 if one contains the other, 2/3 if they overlap, 1 if they do not.

    Source: Passonneau (2004), LREC. Every set contains the empty set. Shapes: as ``jaccard``.
    """
    same = (inside == first) & (inside == second)
    holds = inside == np.minimum(first, second)
    return np.where(same, 0, np.where(holds, 1 / 3, np.where(inside > 0, 2 / 3, 1.0)))


def masi(inside: Floats, first: Floats, second: Floats) -> Floats:
    """Jaccard's share of codes in common, times how one set contains the other (1, 2/3, 1/3, 0), from 1.

    Source: Passonneau (2006), LREC, section 4. NLTK rounds the factors to 0.67 and 0.33. Shapes: as ``jaccard``.

    >>> round(float(masi(np.array(1.0), np.array(2.0), np.array(1.0))), 4)  # {a, b} and {a}
    0.6667
    """
    return 1 - (1 - jaccard(inside, first, second)) * (1 - monotonicity(inside, first, second))


DISTANCES: Mapping[str, Distance] = {
    "krippendorff_alpha_jaccard": jaccard,
    "krippendorff_alpha_masi": masi,
}


@dataclass(frozen=True)
class SetTally:
    """Sums for alpha over sets, in each group of units."""

    sets: NDArray[np.bool_]
    """(V, K): the different sets."""
    use: LinearMap
    """(T, V): how often each set was given in units judged by two coders."""
    distances: Mapping[str, Distance]
    apart: dict[str, Floats]
    """(T,) each: sum over units of the distances of pairs of coders, in both directions, divided by coders minus
    one."""

    def alphas(self, weights: Floats | None = None) -> dict[str, Floats]:
        """Compute alpha with each distance: (), or (B,) for replicates that draw group t ``weights`` (B, T) times.

        Source: Krippendorff (2004), Content Analysis, 2nd ed., p. 222; with sets: Passonneau (2006).
        """
        drawn = np.ones((1, self.use.shape[0])) if weights is None else weights
        if weights is not None and len(self.sets) > MOST_SETS:
            return {name: np.full(len(drawn), np.nan) for name in self.apart}
        use = self.use.apply(drawn)
        n = use.sum(axis=-1)
        found = {}
        for name, apart in self.apart.items():
            observed = divide(drawn @ apart, n)
            expected = divide(self._together(use, self.distances[name]), n * (n - 1))
            alpha = corrected(1 - observed, 1 - expected)
            found[name] = alpha[0] if weights is None else alpha
        return found

    def _together(self, use: Floats, distance: Distance) -> Floats:
        """Sum the distances of all pairs of sets in use: (B, V) → (B,); by blocks, so that V x V never stands whole."""
        whole, size = self.sets.astype(float), self.sets.sum(axis=1).astype(float)
        total = np.zeros(len(use))
        for start in range(0, len(whole), _BLOCK):
            rows = slice(start, start + _BLOCK)
            block = distance(whole[rows] @ whole.T, size[rows, None], size[None, :])
            total += ((use @ block.T) * use[:, rows]).sum(axis=1)
        return total


def set_tally(
    cells: NDArray[np.integer],
    groups: NDArray[np.intp] | None = None,
    sizes: Floats | None = None,
    distances: Mapping[str, Distance] = DISTANCES,
) -> SetTally:
    """Tally sets of codes (N, R, K): 1 used, 0 not; a coder with any -1 did not judge the unit.

    ``groups`` (N,) and ``sizes`` (N,) are those of ``tallies.Patterns.of``.
    """
    n, r, _ = cells.shape
    groups = np.arange(n) if groups is None else groups
    sizes = np.ones(n) if sizes is None else sizes
    judged = (cells >= 0).all(axis=2)
    judged &= judged.sum(axis=1, keepdims=True) > 1
    rows, coders = np.nonzero(judged)
    sets, number = _different(cells[rows, coders] == 1)
    last = int(groups.max(initial=-1)) + 1
    use = LinearMap.of(groups[rows], number, sizes[rows], (last, len(sets)))
    apart = {name: np.zeros(last) for name in distances}
    count = judged.sum(axis=1)
    for a in range(r):
        for b in range(a + 1, r):
            both = np.flatnonzero(judged[:, a] & judged[:, b])
            one, other = cells[both, a] == 1, cells[both, b] == 1
            inside, first, second = (x.sum(axis=1).astype(float) for x in (one & other, one, other))
            for name, distance in distances.items():
                gap = 2 * distance(inside, first, second) / (count[both] - 1) * sizes[both]
                apart[name] += np.bincount(groups[both], weights=gap, minlength=last)
    return SetTally(sets, use, distances, apart)


def _different(sets: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], NDArray[np.intp]]:
    """Find the different sets (M, K), and the number of each row's set: (V, K) and (M,)."""
    if sets.shape[1] > 62:
        found, number = np.unique(sets, axis=0, return_inverse=True)
        return found, number.reshape(-1)
    keys = sets @ (1 << np.arange(sets.shape[1], dtype=np.int64))
    _, first, number = np.unique(keys, return_index=True, return_inverse=True)
    return sets[first], number.reshape(-1)


def overlap(cells: NDArray[np.integer]) -> dict[str, Floats]:
    """Return, for each unit and pair of coders, whether their sets are equal and overlap, and Dice's coefficient.

    (N, 2, K) → (N,) each. Dice is ``2 |A and B| / (|A| + |B|)``, 0 for two empty sets, as in DKPro Statistics: average
    it over units that somebody coded; otherwise it mainly shows how much was left uncoded.
    """
    first, second = (cells == 1).transpose(1, 0, 2)
    inside = (first & second).sum(axis=1).astype(float)
    both = first.sum(axis=1) + second.sum(axis=1)
    return {
        "same": (first == second).all(axis=1).astype(float),
        "meet": (inside > 0).astype(float),
        "dice": np.nan_to_num(divide(2 * inside, both)),
    }
