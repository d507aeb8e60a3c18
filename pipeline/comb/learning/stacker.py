"""The stacker combines the logits of opinions, for a segment and for those near it, into one probability for each code.

Shapes: N segments, M opinions, K codes, T transcripts (or whatever is held out together).

A missing value, for a segment that an opinion cannot judge, is replaced with the opinion's mean in training. The same
applies to the window of a segment without neighbours; with few neighbours, the window is shrunk towards that mean.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from comb.codings.alignment import Codes
from comb.learning.linear import learnable, link, log_losses
from comb.learning.thresholds import Floats

CONTEXT_WINDOW = 5
"""Number of segments before and after whose values count, the nearest most."""
WINDOW_WEIGHT = 0.8
"""Weight that the stacker expects for the window, the mean value of the segments around."""
MEAN_WEIGHT = 1.0
"""Weight of the mean within a window: that of a neighbour next to the segment."""
STACKING_PRIOR_PRECISION = 5.0
"""How strongly a code's weights are shrunk towards those of all codes: half of this, times the squared distance, is
added to the loss.

A few segments say little about how far each opinion can be trusted.
"""
COMMON_PRIOR_PRECISION = 10.0
"""How strongly the weights of all codes are shrunk towards the expected ones, likewise."""
ABSENT_LOGIT = -10.0
"""Logit of a code that no training segment has."""


@dataclass(frozen=True)
class Stacker:
    """A fitted stacker."""

    expected: Floats
    """(M,): expected weight of each opinion before any segment was seen."""
    means: Floats
    """(M, K): replacements for missing values."""
    weights: Floats
    """(M + 1, K), the window last; (M + 1, K, K) if codes exclude each other."""
    offset: Floats
    """(K,)."""

    def __call__(self, values: Floats, transcripts: NDArray[np.intp]) -> Floats:
        """Join values (N, M, K), NaN where missing, to logits (N, K); segments of a transcript see each other."""
        return self.join(joinable(values, self.means, self.expected, transcripts))

    def join(self, features: Floats) -> Floats:
        """Combine values with the window (N, M + 1, K) into logits (N, K)."""
        return _joined(features, self.weights, self.offset)


def _joined(features: Floats, weights: Floats, offset: Floats) -> Floats:
    product = "nmk,mkj->nj" if weights.ndim == 3 else "nmk,mk->nk"
    logits: Floats = np.einsum(product, features, weights, optimize=True) + offset
    return logits


def joinable(values: Floats, means: Floats, expected: Floats, transcripts: NDArray[np.intp]) -> Floats:
    """Return values (N, M, K) without gaps, together with the window: (N, M + 1, K).

    The window is the mean over ``CONTEXT_WINDOW`` segments before and after in the same transcript, weighted by 1 /
    distance, of the opinions' values combined with their expected weights.
    """
    filled = np.where(np.isnan(values), means, values)
    share = expected / expected.sum()
    every, usual = np.einsum("nmk,m->nk", filled, share), share @ means
    total, weight = np.zeros_like(every), np.zeros((len(every), 1))
    for step in range(1, CONTEXT_WINDOW + 1):
        pairs = np.flatnonzero(transcripts[step:] == transcripts[:-step])
        for here, there in ((pairs, pairs + step), (pairs + step, pairs)):
            total[here] += every[there] / step
            weight[here] += 1 / step
    window = (total + MEAN_WEIGHT * usual) / (weight + MEAN_WEIGHT)
    return np.concatenate([filled, window[:, None]], axis=1)


def value_means(values: Floats) -> Floats:
    """Return the mean (M, K) of the values (N, M, K) that are not missing; 0 if all are missing."""
    known = ~np.isnan(values)
    means: Floats = np.where(known, values, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return means


def fit_stacker(
    features: Floats, answers: Codes, means: Floats, expected: Sequence[float], *, exclusive: bool
) -> Stacker:
    """Fit on values that are ``joinable`` (N, M + 1, K) and answers (N, K).

    Logistic regression per code, or over all codes where they compete. The weights have a normal prior whose mean is
    not zero: it is learned for each opinion over all codes together, starting from its expected weight. A code with few
    segments thus relies on an opinion as far as the other codes show that it is reliable.

    Source: partial pooling in a hierarchical model, Gelman & Hill (2007), Data analysis using regression and
    multilevel/hierarchical models, chapter 12; here its mode.
    """
    from scipy.optimize import minimize

    m, k = features.shape[1:]
    prior = np.array([*expected, WINDOW_WEIGHT])
    known = learnable(answers, exclusive=exclusive)
    truth, own = answers[:, known].astype(np.float64), features[:, :, known]
    size = truth.shape[1]
    pattern = np.eye(size) if exclusive else np.ones(size)
    """Factor of an opinion's weight that is common to all codes: each code depends on its own values."""
    shape = m, *pattern.shape

    def parts(parameters: Floats) -> tuple[Floats, Floats, Floats]:
        common, change, offset = np.split(parameters, [m, m + m * pattern.size])
        return common, change.reshape(shape), offset

    def pooled(common: Floats) -> Floats:
        return np.multiply.outer(prior + common, pattern)

    def loss(parameters: Floats) -> tuple[float, Floats]:
        common, change, offset = parts(parameters)
        logits = _joined(own, pooled(common) + change, offset)
        wrong = link(logits, exclusive) - truth
        slope = np.einsum("nmk,nj->mkj" if exclusive else "nmk,nk->mk", own, wrong, optimize=True)
        far = COMMON_PRIOR_PRECISION / 2 * (common**2).sum() + STACKING_PRIOR_PRECISION / 2 * (change**2).sum()
        of_common = (slope * pattern).reshape(m, -1).sum(axis=1) + COMMON_PRIOR_PRECISION * common
        of_change = (slope + STACKING_PRIOR_PRECISION * change).ravel()
        total = log_losses(logits, truth, exclusive).sum() + far
        return total, np.concatenate([of_common, of_change, wrong.sum(axis=0)])

    weights, offsets = np.zeros((m, k, k) if exclusive else (m, k)), np.full(k, ABSENT_LOGIT)
    if known.any():
        start = np.zeros(m + m * pattern.size + size)
        found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 1000}).x
        common, change, offsets[known] = parts(found)
        weights[np.ix_(np.arange(m), known, known) if exclusive else (slice(None), known)] = pooled(common) + change
    return Stacker(np.array(expected, np.float64), means, weights, offsets)
