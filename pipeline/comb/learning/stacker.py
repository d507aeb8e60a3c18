"""The stacker joins the values of several models, for a segment and those near it, into one probability for each code.

Shapes: N segments, K codes.
"""

import numpy as np
from numpy.typing import NDArray

from comb.codings.alignment import Codes
from comb.learning.linear import Linear
from comb.learning.thresholds import Floats

CONTEXT_WINDOW = 5
"""Segments before and after whose values count too, the nearest most."""
STACKING_PRIOR_MEAN = (2.0, 1.0, 0.3)
"""Weights of embeddings, n-grams and the window that the stacker expects before it has seen a segment."""
STACKING_PRIOR_PRECISION = 5.0
"""How firmly it keeps to them: half of this, times the squared distance from them, is added to the loss."""
ABSENT_LOGIT = -10.0
"""Logit of a code that no training segment has."""


def with_window(values: Floats, transcripts: NDArray[np.intp], k: int) -> Floats:
    """Put beside the models' values (N, 2 K) what they say, together, of the segments around (N, K).

    That is the mean over ``CONTEXT_WINDOW`` segments before and after in the same transcript, weighted by 1 / distance.
    """
    both = values.reshape(len(values), -1, k).sum(axis=1)
    total, weight = np.zeros_like(both), np.zeros((len(both), 1))
    for step in range(1, CONTEXT_WINDOW + 1):
        pairs = np.flatnonzero(transcripts[step:] == transcripts[:-step])
        for here, there in ((pairs, pairs + step), (pairs + step, pairs)):
            total[here] += both[there] / step
            weight[here] += 1 / step
    return np.hstack([values, total / np.maximum(weight, 1e-9)])


def fit_stacker(values: Floats, answers: Codes, *, exclusive: bool) -> Linear:
    """Join values (N, 3 K) to logits (N, K), per code, or over all codes where they compete.

    Logistic regression with a normal prior on the weights whose mean is ``STACKING_PRIOR_MEAN`` and not zero: a few
    segments say next to nothing about how far each model can be trusted.
    """
    from scipy.optimize import minimize

    k = answers.shape[1]
    known = answers.any(axis=0) & (exclusive | ~answers.all(axis=0))
    truth, codes = answers[:, known].astype(np.float64), int(known.sum())
    own = np.tile(known, values.shape[1] // k)
    features, blocks = values[:, own], values.shape[1] // k
    expected = np.kron(
        np.array(STACKING_PRIOR_MEAN if blocks == len(STACKING_PRIOR_MEAN) else STACKING_PRIOR_MEAN[::2])[:, None],
        np.eye(codes),
    )
    free = np.ones_like(expected) if exclusive else expected != 0

    def loss(parameters: Floats) -> tuple[float, Floats]:
        change, offset = np.split(parameters.reshape(-1, codes), [-1])
        p = np.clip(link(features @ (expected + change) + offset, exclusive), 1e-12, 1 - 1e-12)
        told = (truth * np.log(p)).sum() + (0 if exclusive else ((1 - truth) * np.log(1 - p)).sum())
        slope = free * (features.T @ (p - truth)) + STACKING_PRIOR_PRECISION * change
        return STACKING_PRIOR_PRECISION / 2 * (change**2).sum() - told, np.vstack(
            [slope, (p - truth).sum(axis=0)]
        ).ravel()

    weights, offsets = np.zeros((values.shape[1], k)), np.full(k, ABSENT_LOGIT)
    if codes:
        start = np.zeros((len(expected) + 1) * codes)
        found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 1000}).x.reshape(-1, codes)
        weights[np.ix_(own, known)], offsets[known] = expected + found[:-1], found[-1]
    return Linear(weights, offsets)


def link(logits: Floats, exclusive: bool) -> Floats:
    """Turn logits into probabilities: softmax where codes exclude each other, logistic where they do not."""
    if not exclusive:
        logistic: Floats = 1 / (1 + np.exp(-logits))
        return logistic
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    softmax: Floats = powers / powers.sum(axis=1, keepdims=True)
    return softmax
