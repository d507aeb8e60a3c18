"""Chance-corrected agreement, from counts.

Shapes: ``table`` is (..., K, K): how often one coder used category i where the other used j; leading axes (codes,
bootstrap replicates) are computed at once. A coefficient is NaN exactly where it is undefined; callers that print it
must say so in words (``undefined``).
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
UNDEFINED = "only one category occurs"


def cohen_kappa(table: ArrayLike) -> Floats:
    """Cohen's kappa of two coders.

    Source: Cohen (1960), Educational and Psychological Measurement 20(1), p. 40, equation 1, kappa =
    (p_o - p_e) / (1 - p_e). Parameters and result: (..., K, K) → (...).

    >>> round(float(cohen_kappa([[88, 14, 18], [10, 40, 10], [2, 6, 12]])), 2)  # Cohen 1960, p. 45, in per cent × 2
    0.49
    """
    counts = np.asarray(table, float)
    n = counts.sum(axis=(-2, -1))
    observed = np.trace(counts, axis1=-2, axis2=-1)
    expected = (counts.sum(axis=-1) * counts.sum(axis=-2)).sum(axis=-1)
    return _corrected(_divide(observed, n), _divide(expected, n * n))


def pooled_kappa(table: ArrayLike) -> Floats:
    """Kappa over several codes: observed and expected agreement are averaged over the codes first.

    Source: De Vries, Elliott, Kanouse & Teleki (2008), Field Methods 20(3), p. 277. Shapes: (..., C, K, K) → (...).
    Unlike a mean of kappas it is defined, and steady, where some codes are rare.
    """
    counts = np.asarray(table, float)
    n = counts.sum(axis=(-2, -1))
    observed = _divide(np.trace(counts, axis1=-2, axis2=-1), n)
    expected = _divide((counts.sum(axis=-1) * counts.sum(axis=-2)).sum(axis=-1), n * n)
    return _corrected(observed.mean(axis=-1), expected.mean(axis=-1))


def krippendorff_alpha(table: ArrayLike) -> Floats:
    """Krippendorff's nominal alpha of two coders who both judged every unit.

    Source: Krippendorff (2004), Content Analysis, 2nd ed., p. 224: alpha = 1 - D_o / D_e on the coincidence matrix,
    which for two coders is the table plus its transpose. Shapes: (..., K, K) → (...).

    >>> round(float(krippendorff_alpha([[5, 1], [3, 1]])), 3)  # ibid., p. 225: "slightly above chance"
    0.095
    """
    observed, expected = _disagreement(table)
    return _corrected(1 - observed, 1 - expected)


def pooled_alpha(table: ArrayLike) -> Floats:
    """Alpha over several codes: disagreements are averaged over the codes first, as in ``pooled_kappa``.

    Shapes: (..., C, K, K) → (...).
    """
    observed, expected = _disagreement(table)
    return _corrected(1 - observed.mean(axis=-1), 1 - expected.mean(axis=-1))


def _disagreement(table: ArrayLike) -> tuple[Floats, Floats]:
    counts = np.asarray(table, float)
    coincidences = counts + np.swapaxes(counts, -1, -2)
    n = coincidences.sum(axis=(-2, -1))
    margins = coincidences.sum(axis=-1)
    observed = 1 - _divide(np.trace(coincidences, axis1=-2, axis2=-1), n)
    expected = 1 - _divide((margins * (margins - 1)).sum(axis=-1), n * (n - 1))
    return observed, expected


def f1(table: ArrayLike) -> Floats:
    """Harmonic mean of precision and recall of the second category of a (..., 2, 2) table; rows are the reference."""
    counts = np.asarray(table, float)
    hits = counts[..., 1, 1]
    return _divide(2 * hits, 2 * hits + counts[..., 0, 1] + counts[..., 1, 0])


def precision(table: ArrayLike) -> Floats:
    """Share of what the second coder coded that the reference coded too; rows of the table are the reference."""
    counts = np.asarray(table, float)
    return _divide(counts[..., 1, 1], counts[..., :, 1].sum(axis=-1))


def recall(table: ArrayLike) -> Floats:
    """Share of what the reference coded that the second coder coded too; rows of the table are the reference."""
    counts = np.asarray(table, float)
    return _divide(counts[..., 1, 1], counts[..., 1, :].sum(axis=-1))


def _corrected(observed: Floats, expected: Floats) -> Floats:
    # 1 - p_e is rounded as a sum of squares is: a difference of a few units in the last place is none.
    possible = np.where(np.abs(1 - expected) < 1e-12, 0.0, 1 - expected)
    return _divide(observed - expected, possible)


def _divide(top: ArrayLike, bottom: ArrayLike) -> Floats:
    top, bottom = np.asarray(top, float), np.asarray(bottom, float)
    shape = np.broadcast_shapes(top.shape, bottom.shape)
    quotient: Floats = np.divide(top, bottom, out=np.full(shape, np.nan), where=bottom != 0)
    return quotient
