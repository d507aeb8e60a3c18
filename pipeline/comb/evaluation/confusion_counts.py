"""Agreement of suggestions with the reference in a few figures, as plotted for curves and simulations.

Shapes: N segments, K codes, T groups (transcripts, or participants).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from comb.agreement.coefficients import Floats, cohen_kappa, f1, pooled_kappa
from comb.codings.alignment import Codes


@dataclass(frozen=True)
class ConfusionCounts:
    """Counts of reference against suggestion; counts of several folds add up."""

    binary: Floats
    """(K, 2, 2), per code."""
    nominal: Floats
    """(K + 1, K + 1) if codes exclude each other (the last is no code), else (0, 0)."""

    def __add__(self, other: "ConfusionCounts") -> "ConfusionCounts":
        """Add the counts of other segments."""
        return ConfusionCounts(self.binary + other.binary, self.nominal + other.nominal)

    def withhold(self, closed: NDArray[np.bool_]) -> "ConfusionCounts":
        """Return the counts as if some of the K codes (K,) were never suggested."""
        binary, nominal = self.binary.copy(), self.nominal.copy()
        binary[closed, :, 0] += binary[closed, :, 1]
        binary[closed, :, 1] = 0
        if nominal.size:
            columns = np.flatnonzero(closed)
            nominal[:, -1] += nominal[:, columns].sum(axis=1)
            nominal[:, columns] = 0
        return ConfusionCounts(binary, nominal)

    @property
    def kappa(self) -> float:
        """Cohen's kappa: of the single code if codes exclude each other, otherwise pooled over the codes."""
        return float(cohen_kappa(self.nominal) if self.nominal.size else pooled_kappa(self.binary))

    @property
    def macro_f1(self) -> float:
        """The mean F1 of the codes that occur in the reference."""
        present = self.binary[:, 1].sum(axis=1) > 0
        return float(np.nan_to_num(f1(self.binary))[present].mean()) if present.any() else float("nan")

    @property
    def kappas(self) -> NDArray[np.float64]:
        """Cohen's kappa of each code (K,), NaN where it is undefined."""
        return np.asarray(cohen_kappa(self.binary))


def count(truth: Codes, guess: Codes, *, exclusive: bool) -> ConfusionCounts:
    """Count reference (N, K) against suggestions (N, K).

    >>> truth, guess = np.array([[1, 0], [0, 1], [0, 0]], np.int8), np.array([[1, 0], [0, 1], [1, 0]], np.int8)
    >>> round(count(truth, guess, exclusive=False).kappa, 3)
    0.667
    """
    binary, nominal = tables(truth, guess, np.zeros(len(truth), np.intp), exclusive)
    return ConfusionCounts(binary.sum(axis=0), nominal.sum(axis=0) if exclusive else np.zeros((0, 0)))


def tables(
    truth: Codes, guess: Codes, groups: NDArray[np.intp], exclusive: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Count, per group, reference against suggestion: (T, K, 2, 2) per code, (T, K + 1, K + 1) for the single code."""
    present, group = np.unique(groups, return_inverse=True)
    k = truth.shape[1]
    binary = np.zeros((len(present), k, 2, 2))
    np.add.at(binary, (group[:, None], np.arange(k), truth, guess), 1)
    nominal = np.zeros((len(present), k + 1, k + 1))
    if exclusive:
        one, other = (np.where(c.any(axis=1), c.argmax(axis=1), k) for c in (truth, guess))
        np.add.at(nominal, (group, one, other), 1)
    return binary, nominal
