"""Chance-corrected agreement of two coders, from a table of counts.

Shapes: ``table`` is (..., Q, Q): how often one coder used category i where the other used j; leading axes (codes,
bootstrap replicates) are computed at once. A coefficient is NaN exactly where it is undefined; callers that print it
must say so in words (``comb.agreement.interpretation``). For more than two coders see ``comb.agreement.multi_rater``.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def cohen_kappa(table: ArrayLike, weights: ArrayLike | None = None) -> Floats:
    """Cohen's kappa of two coders; weighted if ``weights`` (Q, Q) give the agreement of two categories.

    Source: Cohen (1960), Educational and Psychological Measurement 20(1), p. 40, equation 1, kappa =
    (p_o - p_e) / (1 - p_e); weighted: Cohen (1968), Psychological Bulletin 70(4). Shapes: (..., Q, Q) → (...).

    >>> round(float(cohen_kappa([[88, 14, 18], [10, 40, 10], [2, 6, 12]])), 2)  # Cohen 1960, p. 45, in per cent × 2
    0.49
    >>> round(float(cohen_kappa([[13, 0, 0], [0, 20, 7], [0, 4, 56]])), 7)  # Gwet, irrCAC vignette, "abstractors"
    0.7964094
    """
    counts = np.asarray(table, float)
    weights = np.eye(counts.shape[-1]) if weights is None else np.asarray(weights, float)
    n = counts.sum(axis=(-2, -1))
    observed = (counts * weights).sum(axis=(-2, -1))
    expected = np.einsum("...i,ij,...j->...", counts.sum(axis=-1), weights, counts.sum(axis=-2))
    return corrected(divide(observed, n), divide(expected, n * n))


def linear_weights(scores: ArrayLike) -> Floats:
    """Agreement of two categories that decreases with the distance of their ``scores`` (Q,): (Q, Q), 1 on the diagonal.

    Source: Cicchetti & Allison (1971), American Journal of EEG Technology 11(3).
    """
    values = np.asarray(scores, float)
    apart = np.abs(values[:, None] - values)
    result: Floats = 1 - apart / apart.max()
    return result


def quadratic_weights(scores: ArrayLike) -> Floats:
    """Agreement that decreases with the squared distance of ``scores`` (Q,). Source: Fleiss & Cohen (1973)."""
    result: Floats = 1 - (1 - linear_weights(scores)) ** 2
    return result


def pooled_kappa(table: ArrayLike) -> Floats:
    """Kappa over several codes: observed and expected agreement are averaged over the codes first.

    Source: De Vries, Elliott, Kanouse & Teleki (2008), Field Methods 20(3), p. 277. Shapes: (..., C, Q, Q) → (...).
    Unlike a mean of kappas, it is defined and stable if some codes are rare.
    """
    counts = np.asarray(table, float)
    n = counts.sum(axis=(-2, -1))
    observed = divide(np.trace(counts, axis1=-2, axis2=-1), n)
    expected = divide((counts.sum(axis=-1) * counts.sum(axis=-2)).sum(axis=-1), n * n)
    return corrected(observed.mean(axis=-1), expected.mean(axis=-1))


def krippendorff_alpha(table: ArrayLike) -> Floats:
    """Krippendorff's nominal alpha of two coders who both judged every unit.

    Source: Krippendorff (2004), Content Analysis, 2nd ed., p. 224: alpha = 1 - D_o / D_e on the coincidence matrix,
    which for two coders is the table plus its transpose. Shapes: (..., Q, Q) → (...).

    >>> round(float(krippendorff_alpha([[5, 1], [3, 1]])), 3)  # ibid., p. 225: "slightly above chance"
    0.095
    """
    observed, expected = _disagreement(table)
    return corrected(1 - observed, 1 - expected)


def pooled_alpha(table: ArrayLike) -> Floats:
    """Alpha over several codes: disagreements are averaged over the codes first, as in ``pooled_kappa``.

    Shapes: (..., C, Q, Q) → (...).
    """
    observed, expected = _disagreement(table)
    return corrected(1 - observed.mean(axis=-1), 1 - expected.mean(axis=-1))


def _disagreement(table: ArrayLike) -> tuple[Floats, Floats]:
    counts = np.asarray(table, float)
    coincidences = counts + np.swapaxes(counts, -1, -2)
    n = coincidences.sum(axis=(-2, -1))
    margins = coincidences.sum(axis=-1)
    observed = 1 - divide(np.trace(coincidences, axis1=-2, axis2=-1), n)
    expected = 1 - divide((margins * (margins - 1)).sum(axis=-1), n * (n - 1))
    return observed, expected


def positive_agreement(table: ArrayLike) -> Floats:
    """Specific agreement on the presence of a code: 2a / (2a + b + c), which is also F1 and Dice's coefficient.

    Source: Cicchetti & Feinstein (1990), Journal of Clinical Epidemiology 43(6). Shapes: (..., 2, 2) → (...); the
    second category is the presence.

    >>> round(float(positive_agreement([[15, 10], [5, 70]])), 3)
    0.903
    """
    return f1(table)


def negative_agreement(table: ArrayLike) -> Floats:
    """Specific agreement on the absence of a code: 2d / (2d + b + c). Source and shapes: ``positive_agreement``."""
    return f1(np.asarray(table, float)[..., ::-1, ::-1])


def prevalence_index(table: ArrayLike) -> Floats:
    """How unequal presence and absence are: (a - d) / n, from -1 (nobody used the code) to 1 (both always).

    Source: Byrt, Bishop & Carlin (1993), Journal of Clinical Epidemiology 46(5), p. 425, there without sign.
    Shapes: (..., 2, 2) → (...).
    """
    counts = np.asarray(table, float)
    return divide(counts[..., 1, 1] - counts[..., 0, 0], counts.sum(axis=(-2, -1)))


def bias_index(table: ArrayLike) -> Floats:
    """How much more often the first coder (rows) used the code than the second: (b - c) / n.

    Source: Byrt, Bishop & Carlin (1993), ibid., there without sign. Shapes: (..., 2, 2) → (...).
    """
    counts = np.asarray(table, float)
    return divide(counts[..., 1, 0] - counts[..., 0, 1], counts.sum(axis=(-2, -1)))


def f1(table: ArrayLike) -> Floats:
    """Harmonic mean of precision and recall of the second category of a (..., 2, 2) table; rows are the reference."""
    counts = np.asarray(table, float)
    hits = counts[..., 1, 1]
    return divide(2 * hits, 2 * hits + counts[..., 0, 1] + counts[..., 1, 0])


def precision(table: ArrayLike) -> Floats:
    """Share of the second coder's codings that are also in the reference; rows of the table are the reference."""
    counts = np.asarray(table, float)
    return divide(counts[..., 1, 1], counts[..., :, 1].sum(axis=-1))


def recall(table: ArrayLike) -> Floats:
    """Share of the reference's codings that the second coder also made; rows of the table are the reference."""
    counts = np.asarray(table, float)
    return divide(counts[..., 1, 1], counts[..., 1, :].sum(axis=-1))


def corrected(observed: ArrayLike, expected: ArrayLike) -> Floats:
    """Agreement beyond chance as a share of the possible: (p_o - p_e) / (1 - p_e); NaN where p_e is 1.

    Shapes: any, broadcast.
    """
    observed, expected = np.asarray(observed, float), np.asarray(expected, float)
    # Both are rounded as sums of squares are: a difference of a few units in the last place is none.
    possible = np.where(np.abs(1 - expected) < 1e-12, 0.0, 1 - expected)
    beyond = np.where(np.abs(observed - expected) < 1e-15, 0.0, observed - expected)
    return divide(beyond, possible)


def divide(top: ArrayLike, bottom: ArrayLike) -> Floats:
    """Divide; NaN where ``bottom`` is 0. Shapes: any, broadcast."""
    top, bottom = np.asarray(top, float), np.asarray(bottom, float)
    shape = np.broadcast_shapes(top.shape, bottom.shape)
    quotient: Floats = np.divide(top, bottom, out=np.full(shape, np.nan), where=bottom != 0)
    return quotient
