"""Thresholds: the score from which a code is suggested.

Shapes: N segments, K codes.

A threshold is chosen for the highest agreement with what people coded, on scores of segments that the classifier was
not trained on. Segments chosen by ``comb next`` are not a random sample, so thresholds tuned on them do not transfer.
Scores do: the choice of segments looked only at what the classifier looks at. There each threshold is chosen for the
agreement to be expected on all segments of the transcripts that somebody has begun, the scores standing for the truth.

Source: expected agreement under calibrated probabilities, as Ye, Chai, Lee & Chieu (2012), Optimizing F-measure: a tale
of two approaches, ICML, section 4, have it for F1; covariate shift: Shimodaira (2000).
"""

import numpy as np
from numpy.typing import NDArray

from comb.agreement.coefficients import cohen_kappa

Floats = NDArray[np.float64]

THRESHOLD_GRID = np.round(np.arange(0.04, 0.92, 0.02), 2)
"""Thresholds that are tried."""
SWEEPS = 3
"""How often each code's threshold is reconsidered where codes compete."""


def best_thresholds(scores: Floats, truth: NDArray[np.floating | np.integer], *, exclusive: bool) -> Floats:
    """Return each code's threshold (K,) for the highest agreement with the truth.

    ``scores`` and ``truth`` are (N, K). The truth is 1 where the code was used and 0 where not, or the probability that
    it is used: pass the scores themselves for the agreement that they promise.
    """
    if not exclusive:
        return np.array([best_threshold(*columns) for columns in zip(scores.T, truth.T, strict=True)])
    thresholds, best = np.full(scores.shape[1], 0.5), -1.0
    for _ in range(SWEEPS):
        for k in range(len(thresholds)):
            for threshold in THRESHOLD_GRID:
                trial = thresholds.copy()
                trial[k] = threshold
                value = _kappa_plus_macro_f1(truth, (scores / trial).argmax(axis=1))
                if value > best + 1e-9:
                    best, thresholds = value, trial
    return thresholds


def best_threshold(scores: Floats, truth: NDArray[np.floating | np.integer]) -> float:
    """Return the threshold of the grid with the highest Cohen's kappa for one code; both arguments are (N,).

    >>> best_threshold(np.array([0.9, 0.6, 0.3, 0.1]), np.array([1, 1, 0, 0]))
    0.32
    >>> scores = np.array([0.9, 0.8, 0.3, 0.1, 0.1, 0.0])
    >>> best_threshold(scores, scores)
    0.32
    """
    used = scores >= THRESHOLD_GRID[:, None]
    hits, false = (used * truth).sum(axis=1), (used * (1 - truth)).sum(axis=1)
    missed, right = truth.sum() - hits, (1 - truth).sum() - false
    kappas = cohen_kappa(np.stack([np.stack([right, false], -1), np.stack([missed, hits], -1)], axis=-2))
    return float(THRESHOLD_GRID[np.nan_to_num(kappas, nan=-1.0).argmax()])


def _kappa_plus_macro_f1(truth: NDArray[np.floating | np.integer], guess: NDArray[np.intp]) -> float:
    """Return kappa and macro-F1 together: kappa alone gives up rare codes. ``guess`` (N,) is the code suggested."""
    table = np.stack([truth[guess == k].sum(axis=0, dtype=float) for k in range(truth.shape[1])], axis=1)
    f1 = 2 * np.diag(table) / np.maximum(table.sum(axis=0) + table.sum(axis=1), 1e-9)
    return float(np.nan_to_num(cohen_kappa(table)) + f1.mean())
