"""Thresholds: the score from which a code is suggested.

Shapes: N segments, M segments of the training part, K codes.

A threshold is chosen for the highest expected agreement with people, with the scores in place of the truth: the few
segments that people coded say less about the best threshold than all the scores do. The scores are of segments on which
the classifier was not trained. This holds true even if ``comb next`` chose the coded segments, since that choice
depends only on the classifier's inputs.

Transcripts differ in how frequent each code is. Each transcript therefore has its own thresholds, chosen on its scores
together with those of the training part, which weigh as much as ``HOME_WEIGHT`` segments: in a short transcript the
thresholds differ little from those of the training part, while in one with hundreds of segments its own scores decide.
No coding of that transcript is used.

Source: expected agreement under calibrated probabilities, for F1 in Ye, Chai, Lee & Chieu (2012), Optimizing F-measure:
a tale of two approaches, ICML, section 4; covariate shift: Shimodaira (2000). Adjusting the scores themselves to the
new shares of codes (Saerens, Latinne & Decaestecker 2002) was tried too and agreed less: see
docs/reference/measurements.md.
"""

import numpy as np
from numpy.typing import NDArray

from comb.agreement.coefficients import cohen_kappa

Floats = NDArray[np.float64]

THRESHOLD_GRID = np.round(np.arange(0.04, 0.92, 0.02), 2)
"""Thresholds that are tried."""
SWEEPS = 3
"""How often each code's threshold is optimised in turn if codes compete."""
HOME_WEIGHT = 100.0
"""Weight of the training part's scores relative to a transcript's own, in segments."""
HOME_ROWS = 500
"""Most segments of the training part whose scores are kept."""
FEWEST = 10
"""Fewest segments of a transcript with its own thresholds; shorter ones get those of the training part."""


def best_thresholds(
    scores: Floats, truth: NDArray[np.floating | np.integer], *, exclusive: bool, weights: Floats | None = None
) -> Floats:
    """Return each code's threshold (K,) for the highest agreement with the truth.

    ``scores`` and ``truth`` are (N, K). The truth is 1 where the code was used and 0 where not, or the probability that
    it was used: pass the scores themselves for the expected agreement. ``weights`` (N,) are those of the segments.
    """
    weights = np.ones(len(scores)) if weights is None else weights
    if not exclusive:
        return np.array([best_threshold(*columns, weights) for columns in zip(scores.T, truth.T, strict=True)])
    weighted = truth * weights[:, None]
    thresholds, best = np.full(scores.shape[1], 0.5), -1.0
    for _ in range(SWEEPS):
        for k in range(len(thresholds)):
            values = _kappa_plus_macro_f1(_competing(scores, weighted, thresholds, k))
            if values.max() > best + 1e-9:
                best, thresholds[k] = values.max(), THRESHOLD_GRID[values.argmax()]
    return thresholds


def _competing(scores: Floats, truth: Floats, thresholds: Floats, k: int) -> Floats:
    """Count truth against suggestion (G, K, K) for each of G thresholds of code k, the others' staying as they are."""
    codes = np.arange(scores.shape[1])
    relative = scores / thresholds
    relative[:, k] = -1.0
    rival = relative.argmax(axis=1)
    highest = relative[np.arange(len(scores)), rival]
    own = scores[:, k] / THRESHOLD_GRID[:, None]
    taken = (own > highest) | ((own == highest) & (k < rival))
    by_rival = np.where((rival[:, None] == codes)[:, None], truth[:, :, None], 0.0).reshape(len(scores), -1)
    moved = (taken.astype(float) @ by_rival).reshape(len(taken), len(codes), len(codes))
    tables: Floats = by_rival.sum(axis=0).reshape(len(codes), len(codes)) - moved
    tables[:, :, k] += moved.sum(axis=2)
    return tables


def best_threshold(scores: Floats, truth: NDArray[np.floating | np.integer], weights: Floats | None = None) -> float:
    """Return the threshold of the grid with the highest Cohen's kappa for one code; all arguments are (N,).

    >>> best_threshold(np.array([0.9, 0.6, 0.3, 0.1]), np.array([1, 1, 0, 0]))
    0.32
    >>> scores = np.array([0.9, 0.8, 0.3, 0.1, 0.1, 0.0])
    >>> best_threshold(scores, scores)
    0.32
    """
    weights = np.ones(len(scores)) if weights is None else weights
    yes, no = weights * truth, weights * (1 - truth)
    used = scores >= THRESHOLD_GRID[:, None]
    hits, false = used @ yes, used @ no
    missed, right = yes.sum() - hits, no.sum() - false
    kappas = cohen_kappa(np.stack([np.stack([right, false], -1), np.stack([missed, hits], -1)], axis=-2))
    return float(THRESHOLD_GRID[np.nan_to_num(kappas, nan=-1.0).argmax()])


def home_rows(scores: Floats, seed: int) -> Floats:
    """Return at most ``HOME_ROWS`` of the training part's scores (M, K), drawn at random."""
    if len(scores) <= HOME_ROWS:
        return scores
    return scores[np.sort(np.random.default_rng(seed).choice(len(scores), HOME_ROWS, replace=False))]


def thresholds_by_transcript(
    scores: Floats, transcripts: NDArray[np.intp], thresholds: Floats, home: Floats, *, exclusive: bool
) -> Floats:
    """Return the thresholds (N, K) of each segment's transcript.

    ``scores`` are (N, K), ``transcripts`` (N,); ``thresholds`` (K,) and ``home`` (M, K) are those of the training part;
    if it has no scores (the starter), its thresholds apply everywhere.
    """
    out = np.tile(thresholds, (len(scores), 1))
    for number in np.unique(transcripts) if len(home) else ():
        rows = np.flatnonzero(transcripts == number)
        if len(rows) >= FEWEST:
            both = np.vstack([scores[rows], home])
            weights = np.append(np.ones(len(rows)), np.full(len(home), HOME_WEIGHT / len(home)))
            out[rows] = best_thresholds(both, both, exclusive=exclusive, weights=weights)
    return out


def softened(scores: Floats, share: Floats, slope: float, *, exclusive: bool) -> Floats:
    """Shrink scores (N, K) towards the share (K,) of segments that have each code: their logits by a factor.

    >>> softened(np.array([[0.9, 0.1]]), np.array([0.5, 0.5]), 0.5, exclusive=False).round(2)
    array([[0.75, 0.25]])
    """
    low, high = 1e-6, 1 - 1e-6
    p, base = np.clip(scores, low, high), np.clip(share, low, high)
    if exclusive:
        logits = np.log(base) + slope * (np.log(p) - np.log(base))
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))
    logits = np.log(base / (1 - base)) * (1 - slope) + slope * np.log(p / (1 - p))
    return np.asarray(1 / (1 + np.exp(-logits)))


def _kappa_plus_macro_f1(tables: Floats) -> Floats:
    """Return kappa and macro-F1 together (G,) of tables (G, K, K): kappa alone gives up rare codes."""
    right = np.diagonal(tables, axis1=1, axis2=2)
    f1 = 2 * right / np.maximum(tables.sum(axis=1) + tables.sum(axis=2), 1e-9)
    return np.asarray(np.nan_to_num(cohen_kappa(tables)) + f1.mean(axis=1))
