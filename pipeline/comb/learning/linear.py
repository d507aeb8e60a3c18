"""Linear models, fitted by scipy and scikit-learn and kept as plain arrays.

Shapes: N segments, F features, K codes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from comb.codings.alignment import Codes
from comb.learning.thresholds import Floats

LOGISTIC_C = 0.2
"""Inverse strength C of the logistic regression on embeddings."""
RIDGE_ALPHA = 3.0
"""Strength of the ridge regression on n-grams."""
TOLERANCE = 1e-3
"""Largest gradient of the mean loss at which the logistic regression counts as fitted."""


@dataclass(frozen=True)
class Linear:
    """A linear map (F, K) with an offset (K,)."""

    weights: Floats
    offset: Floats

    def __call__(self, features: Any) -> Floats:
        """Map features (N, F) to values (N, K)."""
        values: Floats = features @ self.weights + self.offset
        return values

    def parts(self) -> dict[str, NDArray[Any]]:
        """Return the arrays from which it can be restored."""
        return {"weights": self.weights, "offset": self.offset}

    @classmethod
    def restore(cls, parts: Mapping[str, NDArray[Any]]) -> "Linear":
        """Return the map that was stored as these parts, which may contain others, too."""
        return cls(parts["weights"], parts["offset"])


def link(logits: Floats, exclusive: bool) -> Floats:
    """Turn logits into probabilities: softmax if codes exclude each other, logistic if they do not."""
    if not exclusive:
        logistic: Floats = 1 / (1 + np.exp(-logits))
        return logistic
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    softmax: Floats = powers / powers.sum(axis=1, keepdims=True)
    return softmax


def log_losses(logits: Floats, truth: Floats, exclusive: bool) -> Floats:
    """Return the logarithmic loss (N,) of logits (N, K): over all codes together, or summed over them.

    >>> log_losses(np.zeros((1, 4)), np.eye(4)[:1], exclusive=True).round(3)
    array([1.386])
    """
    if exclusive:
        top = logits.max(axis=1, keepdims=True)
        every: Floats = np.log(np.exp(logits - top).sum(axis=1)) + top[:, 0] - (logits * truth).sum(axis=1)
        return every
    total: Floats = (np.logaddexp(0, logits) - truth * logits).sum(axis=1)
    return total


def learnable(answers: Codes, *, exclusive: bool) -> Codes:
    """Return which codes (K,) can be learned from the answers (N, K): those that some segments have, but not all.

    If codes exclude each other, a code that all segments have has no rival and is kept.
    """
    return np.asarray(answers.any(axis=0) & (exclusive | ~answers.all(axis=0)))


def fit_logistic(features: Any, answers: Codes, *, exclusive: bool) -> Linear:
    """Fit a logistic regression per code, or one over all codes if codes exclude each other.

    Codes are weighted, so that a rare one is not swamped by the segments without it. All of them are fitted at once:
    one product of matrices a step serves 46 codes as fast as one. A code that cannot be learned gets zero weights.
    """
    from scipy.optimize import minimize

    weights, offset = np.zeros((features.shape[1], answers.shape[1])), np.zeros(answers.shape[1])
    known = learnable(answers, exclusive=exclusive)
    if known.sum() < 1 + exclusive:
        return Linear(weights, offset)
    truth, small = answers[:, known].astype(np.float64), np.ascontiguousarray(features, np.float32)
    balance, n = _balance(truth, exclusive), len(truth)

    def loss(parameters: Floats) -> tuple[float, Floats]:
        own = parameters.reshape(-1, truth.shape[1])
        logits = (small @ own[:-1].astype(np.float32)).astype(np.float64) + own[-1]
        if exclusive:
            told = balance[:, 0] @ log_losses(logits, truth, exclusive)
        else:
            told = (balance * (np.logaddexp(0, logits) - truth * logits)).sum()
        wrong = balance * (link(logits, exclusive) - truth)
        slope = small.T @ wrong.astype(np.float32) + own[:-1] / LOGISTIC_C
        total = told + (own[:-1] ** 2).sum() / (2 * LOGISTIC_C)
        return total / n, np.vstack([slope, wrong.sum(axis=0)]).ravel() / n

    start, options = np.zeros((small.shape[1] + 1) * truth.shape[1]), {"maxiter": 500, "gtol": TOLERANCE}
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options=options).x.reshape(-1, truth.shape[1])
    weights[:, known], offset[known] = found[:-1], found[-1]
    return Linear(weights, offset)


def _balance(truth: Floats, exclusive: bool) -> Floats:
    """Return the weight of each segment (N, 1), or of each answer (N, K), by which codes are balanced."""
    n, used = len(truth), truth.sum(axis=0)
    if exclusive:
        each: Floats = (truth @ (n / (len(used) * used)))[:, None]
        return each
    weights: Floats = np.where(truth == 1, n / (2 * used), n / (2 * (n - used)))
    return weights


def fit_ridge(features: Any, answers: Codes) -> Linear:
    """Fit all codes at once by least squares: as good as logistic regression on n-grams, but many times faster."""
    from sklearn.linear_model import Ridge

    model = Ridge(alpha=RIDGE_ALPHA, solver="sparse_cg", tol=1e-3).fit(features, 2.0 * answers - 1)
    return Linear(np.atleast_2d(model.coef_).T.astype(np.float64), np.atleast_1d(model.intercept_))
