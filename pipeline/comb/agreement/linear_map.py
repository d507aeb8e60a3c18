"""Sums over groups as a linear map, kept sparse where most of it is nought.

A bootstrap replicate draws groups of units so many times; what it counts is ``weights @ map``. Shapes: T rows (groups
or patterns), M columns (counts), B replicates.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from comb.agreement.coefficients import Floats

DENSE_CELLS = 500_000
"""A map with no more cells than these is kept as a plain matrix."""
DENSE_SHARE = 0.2
"""So is one with at least this share of its cells filled, while it is smaller than ``LARGEST``."""
LARGEST = 20_000_000


@dataclass(frozen=True)
class LinearMap:
    """A matrix (T, M), dense or as entries in the order of their rows."""

    shape: tuple[int, int]
    dense: Floats | None
    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    values: Floats

    @classmethod
    def of(
        cls, rows: NDArray[np.intp], columns: NDArray[np.intp], values: Floats, shape: tuple[int, int]
    ) -> "LinearMap":
        """Make a map of entries; entries of one cell are added up."""
        cells = shape[0] * shape[1]
        if cells <= max(DENSE_CELLS, min(LARGEST, len(rows) / DENSE_SHARE)):
            flat = np.bincount(rows * shape[1] + columns, weights=values, minlength=cells).astype(float)
            none = np.zeros(0, np.intp)
            return cls(shape, flat.reshape(shape), none, none, np.zeros(0))
        order = np.argsort(rows, kind="stable")
        return cls(shape, None, rows[order], columns[order], values[order])

    def apply(self, weights: Floats) -> Floats:
        """Multiply: (B, T) → (B, M)."""
        if self.dense is not None:
            product: Floats = weights @ self.dense
            return product
        width = self.shape[1]
        out = np.empty((len(weights), width))
        for at, own in enumerate(weights):
            out[at] = np.bincount(self.columns, weights=self.values * own[self.rows], minlength=width)
        return out
