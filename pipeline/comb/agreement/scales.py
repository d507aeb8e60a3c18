"""Ordered or numeric codes: weights between categories, ordinal alpha and the intraclass correlation.

Shapes: Q categories in ascending order, E patterns of answers, R coders; leading axes (...) are replicates.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from comb.agreement.coefficients import Floats, divide, linear_weights, quadratic_weights
from comb.agreement.linear_map import LinearMap
from comb.agreement.tallies import Patterns

ScaleLevel = Literal["nominal", "ordinal", "interval", "ratio"]
SCALE_LEVELS: tuple[ScaleLevel, ...] = get_args(ScaleLevel)
MOST_VALUES = 101
"""Most different values of a scale."""


@dataclass(frozen=True)
class Scale:
    """The relation between categories: an order, or values."""

    level: ScaleLevel
    values: tuple[float, ...]
    """The value of each category, ascending; ranks for an ordinal scale."""

    def weights(self) -> Mapping[str, Floats]:
        """Return the agreement of two categories for each kind of weights, by name: (Q, Q) each, 1 on the diagonal."""
        if len(self.values) < 2:
            return {name: np.ones((1, 1)) for name in ("linear", "quadratic", self.own)}
        found = {"linear": linear_weights(self.values), "quadratic": quadratic_weights(self.values)}
        if self.level == "ordinal":
            found["ordinal"] = ordinal_weights(len(self.values))
        if self.level == "ratio":
            found["ratio"] = ratio_weights(self.values)
        return found

    @property
    def own(self) -> str:
        """The weights for this level of measurement."""
        return "quadratic" if self.level == "interval" else self.level

    def squared_differences(self, use: Floats) -> Floats:
        """Return Krippendorff's squared difference of two categories, given their frequencies (Q,): (Q, Q).

        Source: Krippendorff (2004), Content Analysis, 2nd ed., p. 232-235.
        """
        if self.level == "ordinal":
            middle = np.cumsum(use) - use / 2
            return np.asarray((middle[:, None] - middle) ** 2)
        return np.asarray(1 - self.weights()[self.own])


def ordinal_weights(categories: int) -> Floats:
    """Agreement by the number of pairs of categories between two ranks. Source: Gwet (2014), section 3.5.

    >>> ordinal_weights(3).round(3).tolist()
    [[1.0, 0.667, 0.0], [0.667, 1.0, 0.667], [0.0, 0.667, 1.0]]
    """
    ranks = np.arange(categories)
    apart = np.abs(ranks[:, None] - ranks) + 1
    pairs = apart * (apart - 1) / 2
    weights: Floats = 1 - pairs / pairs.max()
    return weights


def ratio_weights(values: Sequence[float]) -> Floats:
    """Agreement by the squared difference of two values relative to their sum. Source: Gwet (2014), section 3.5."""
    scores = np.asarray(values, float)
    apart = np.nan_to_num(divide(scores[:, None] - scores, scores[:, None] + scores)) ** 2
    weights: Floats = 1 - apart / apart.max()
    return weights


@dataclass(frozen=True)
class ScaleTally:
    """Sums for ordinal alpha and the intraclass correlation, per pattern of answers."""

    scale: Scale
    coders: int
    coincident: LinearMap
    """(E, Q * Q): coincidences of a unit with the pattern; ordinal scales only."""
    moments: LinearMap
    """(E, 3 + R): units that all judged; their squared sum, sum of squares and values of each coder."""

    @classmethod
    def of(cls, patterns: Patterns, scale: Scale) -> "ScaleTally":
        """Prepare the patterns of one variable whose categories are those of the scale."""
        return cls(scale, patterns.answers.shape[1], _coincident(patterns), _moments(patterns, scale))

    def values(self, occurrences: Floats) -> dict[str, Floats]:
        """Compute the coefficients from the frequencies of patterns: (B, E) → (B,) each."""
        if self.scale.level == "ordinal":
            return {"krippendorff_alpha_ordinal": self._ordinal_alpha(occurrences)}
        return {"icc_a1": self._icc(occurrences)}

    def _ordinal_alpha(self, occurrences: Floats) -> Floats:
        """Source: Krippendorff (2004), p. 232; the difference of two ranks is how many answers lie between them."""
        q = len(self.scale.values)
        together = self.coincident.apply(occurrences).reshape(-1, q, q)
        use = together.sum(axis=-1)
        n = use.sum(axis=-1)
        middle = np.cumsum(use, axis=-1) - use / 2
        apart = (middle[:, :, None] - middle[:, None, :]) ** 2
        observed = divide((together * apart).sum(axis=(1, 2)), n)
        expected = divide(np.einsum("bi,bij,bj->b", use, apart, use), n * (n - 1))
        alpha: Floats = 1 - np.where(expected > 0, divide(observed, expected), np.nan)
        return alpha

    def _icc(self, occurrences: Floats) -> Floats:
        """ICC(A,1): two-way, absolute agreement of one coder. Source: McGraw & Wong (1996), Psychological Methods 1."""
        sums = self.moments.apply(occurrences)
        n, k = sums[:, 0], self.coders
        grand = divide(sums[:, 3:].sum(axis=1) ** 2, n * k)
        units = sums[:, 1] / k - grand
        coders = divide((sums[:, 3:] ** 2).sum(axis=1), n) - grand
        rest = sums[:, 2] - grand - units - coders
        between, habits = divide(units, n - 1), coders / (k - 1)
        error = divide(rest, (n - 1) * (k - 1))
        icc: Floats = divide(between - error, between + (k - 1) * error + divide(k * (habits - error), n))
        spread = sums[:, 2] - grand
        return np.where(spread > 1e-12, icc, np.nan)


def _coincident(patterns: Patterns) -> LinearMap:
    answers, q = patterns.answers.astype(np.intp), patterns.categories
    judged = (answers >= 0).sum(axis=1)
    rows, columns, values = [], [], []
    for a in range(answers.shape[1]):
        for b in range(answers.shape[1]):
            both = np.flatnonzero((answers[:, a] >= 0) & (answers[:, b] >= 0)) if a != b else np.zeros(0, np.intp)
            rows.append(both)
            columns.append(answers[both, a] * q + answers[both, b])
            values.append(1 / (judged[both] - 1))
    shape = (len(answers), q * q)
    return LinearMap.of(np.concatenate(rows), np.concatenate(columns), np.concatenate(values), shape)


def _moments(patterns: Patterns, scale: Scale) -> LinearMap:
    answers = patterns.answers
    whole = np.flatnonzero((answers >= 0).all(axis=1))
    scores = np.asarray(scale.values) - np.mean(scale.values)
    given = scores[answers[whole]]
    columns = np.column_stack([np.ones(len(whole)), given.sum(axis=1) ** 2, (given**2).sum(axis=1), given])
    width = columns.shape[1]
    rows = np.repeat(whole, width)
    return LinearMap.of(rows, np.tile(np.arange(width), len(whole)), columns.ravel(), (len(answers), width))


def scaled_names(scale: Scale) -> tuple[str, ...]:
    """List the coefficients that a scale adds, in reading order."""
    kappas = ("observed_agreement", "cohen_kappa", "conger_kappa", "scott_pi", "fleiss_kappa", "brennan_prediger")
    names = [f"{name}_{weights}" for weights in ("linear", "quadratic") for name in (*kappas, "gwet_ac2")]
    if scale.level in ("ordinal", "ratio"):
        names.append(f"gwet_ac2_{scale.level}")
    names.append(f"krippendorff_alpha_{scale.level}")
    return (*names, "icc_a1") if scale.level != "ordinal" else tuple(names)


def scaled_values(scale: Scale, found: Mapping[str, Mapping[str, Floats]]) -> dict[str, Floats]:
    """Name the coefficients for each kind of weights; ``found`` contains all of them by the name of the weights."""
    named: dict[str, Floats] = {}
    for weights, values in found.items():
        for name, value in values.items():
            key = f"gwet_ac2_{weights}" if name == "gwet_ac1" else f"{name}_{weights}"
            named[key] = value
    if scale.level != "ordinal":
        named[f"krippendorff_alpha_{scale.level}"] = found[scale.own]["krippendorff_alpha"]
    return {name: named[name] for name in scaled_names(scale) if name in named}
