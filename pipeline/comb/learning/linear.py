"""Linear models, fitted by scikit-learn and kept as plain arrays.

Shapes: N segments, F features, K codes.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from comb.codings.alignment import Codes
from comb.learning.thresholds import Floats

LOGISTIC_C = 0.2
"""Inverse strength C of the logistic regression on embeddings."""
RIDGE_ALPHA = 3.0
"""Strength of the ridge regression on n-grams."""


@dataclass(frozen=True)
class Linear:
    """A linear map (F, K) with an offset (K,)."""

    weights: Floats
    offset: Floats

    def __call__(self, features: Any) -> Floats:
        """Map features (N, F) to values (N, K)."""
        values: Floats = features @ self.weights + self.offset
        return values


def fit_logistic(features: Any, answers: Codes, *, exclusive: bool) -> Linear:
    """Fit a logistic regression per code, or one over all codes where codes exclude each other."""
    from sklearn.linear_model import LogisticRegression

    columns = [answers.argmax(axis=1)] if exclusive else list(answers.T)
    weights = np.zeros((features.shape[1], answers.shape[1]))
    offset = np.zeros(answers.shape[1])
    for index, column in enumerate(columns):
        if len(np.unique(column)) < 2:  # nothing to tell apart: says nothing
            continue
        model = LogisticRegression(C=LOGISTIC_C, class_weight="balanced", max_iter=500, tol=1e-3).fit(features, column)
        coefficients, intercept = model.coef_.T, model.intercept_
        if exclusive and len(model.classes_) == 2:
            coefficients, intercept = (
                np.hstack([-coefficients, coefficients]) / 2,
                np.hstack([-intercept, intercept]) / 2,
            )
        where = model.classes_ if exclusive else [index]
        weights[:, where], offset[where] = coefficients, intercept
    return Linear(weights, offset)


def fit_ridge(features: Any, answers: Codes) -> Linear:
    """Fit all codes at once by least squares: as good as logistic regression on n-grams, and many times faster."""
    from sklearn.linear_model import Ridge

    model = Ridge(alpha=RIDGE_ALPHA, solver="sparse_cg", tol=1e-3).fit(features, 2.0 * answers - 1)
    return Linear(np.atleast_2d(model.coef_).T.astype(np.float64), np.atleast_1d(model.intercept_))
