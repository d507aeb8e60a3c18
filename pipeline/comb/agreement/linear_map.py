"""Sums over groups as a linear map, stored sparse if most of it is zero.

A bootstrap replicate draws each group of units a number of times; its counts are ``weights @ map``. Shapes: T rows
(groups or patterns), M columns (counts), B replicates.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from comb.agreement.coefficients import Floats

DENSE_CELLS = 500_000
"""Most cells of a map that is always stored as a dense matrix."""
DENSE_SHARE = 0.2
"""Share of filled cells from which a map is stored dense, if it is smaller than ``LARGEST``."""
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
        """Make a map from entries; entries for the same cell are added up."""
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
