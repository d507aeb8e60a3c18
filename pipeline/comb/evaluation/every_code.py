"""Figures in which every code of the reference counts, including codes that are never suggested.

Shapes: n rows of a dataset, K codes that are learned, L codes of the reference.
"""

import numpy as np
from numpy.typing import NDArray

from comb.agreement.coefficients import Floats
from comb.codings.alignment import USED, Codes
from comb.evaluation.results import Comparison, Figure, Lead, Overall, OverallWithScores, Ungated
from comb.evaluation.scoring import expected_calibration_error, lead, score
from comb.learning.dataset import Dataset
from comb.study.params import EvaluateParams


def reference(dataset: Dataset, rows: NDArray[np.intp]) -> Codes:
    """Return every code of the reference (n, L); unknown ones count as not used."""
    return np.asarray(dataset.reference[rows] == USED).astype(np.int8)


def score_every(dataset: Dataset, rows: NDArray[np.intp], chosen: Codes, params: EvaluateParams) -> Comparison:
    """Compare the codes chosen for some rows (n, K) with every code of the reference."""
    truth, guess = reference(dataset, rows), dataset.among_every(chosen)
    return score(truth, guess, dataset.groups[rows], dataset.every, dataset.exclusive, params)


def lead_every(dataset: Dataset, one: Codes, other: Codes, params: EvaluateParams) -> Lead:
    """Return the lead of codes chosen for the coded rows (N, K) over others."""
    rows = dataset.rows
    guesses = dataset.among_every(one[rows]), dataset.among_every(other[rows])
    return lead(reference(dataset, rows), guesses, dataset.groups[rows], dataset.exclusive, params)


def with_scores(overall: Overall, chosen: Codes, scores: Floats, truth: Codes) -> OverallWithScores:
    """Add coverage and the calibration of the scores (n, K) to overall figures."""
    return OverallWithScores(**vars(overall), coverage=coverage(chosen), ece=expected_calibration_error(scores, truth))


def coverage(chosen: Codes) -> float:
    """Return the share of segments (n, K) that get a suggestion."""
    return float((chosen == USED).any(axis=1).mean()) if len(chosen) else 0.0


def ungated(found: Comparison, chosen: Codes) -> Ungated:
    """Return overall figures of suggestions without withheld codes."""
    return Ungated(**vars(found.overall), coverage=coverage(chosen), intervals=found.intervals)


def flat(found: Comparison) -> dict[str, Figure]:
    """Return the overall figures of a baseline and the limits of their intervals, as one row."""
    limits = {f"{name}_{side}": value for name, pair in found.intervals.items() for side, value in vars(pair).items()}
    return {**vars(found.overall), **limits}
