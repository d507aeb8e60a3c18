"""Compare suggestions with reference codes: figures overall and by code, with intervals.

Shapes: N segments, K codes, T held-out groups (transcripts, or participants), B bootstrap replicates.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from comb.agreement.bootstrap import draws, interval, tidy
from comb.agreement.coefficients import (
    Floats,
    cohen_kappa,
    f1,
    krippendorff_alpha,
    pooled_alpha,
    pooled_kappa,
    precision,
    recall,
)
from comb.codings.alignment import USED, Codes
from comb.evaluation.confusion_counts import tables
from comb.evaluation.results import CodeFigures, Comparison, Estimate, Figure, Interval, Lead, Overall
from comb.study.params import EvaluateParams

BINS = np.linspace(0, 1, 11)


def score(
    truth: Codes, guess: Codes, groups: NDArray[np.intp], codes: Sequence[str], exclusive: bool, params: EvaluateParams
) -> Comparison:
    """Compare codes (N, K) with reference codes (N, K): overall and by code, with intervals.

    Overall kappa and alpha are those of the nominal codes in an exclusive codebook and pooled over the codes
    otherwise; macro-F1 is the mean over the codes that occur in the reference. Whole groups are resampled.
    """
    point, drawn, values = _replicated(*tables(truth, guess, groups, exclusive), exclusive, params)
    return Comparison(
        overall=Overall(**{name: figure(value) for name, (value, _) in values.items()}),
        intervals={name: _interval(replicates) for name, (_, replicates) in values.items()},
        codes=_by_code(codes, point, drawn),
    )


def lead(
    truth: Codes, guesses: tuple[Codes, Codes], groups: NDArray[np.intp], exclusive: bool, params: EvaluateParams
) -> Lead:
    """Return the lead of the first of two guesses (N, K) over the second, with the same groups drawn for both."""
    one, other = (tables(truth, guess, groups, exclusive) for guess in guesses)
    return lead_of_counts(one, other, exclusive, params)


def lead_of_counts(
    one: tuple[Floats, Floats], other: tuple[Floats, Floats], exclusive: bool, params: EvaluateParams
) -> Lead:
    """Return the lead of the first of two counts over the second, both from ``tables`` for the same T groups."""
    first, second = (_replicated(*counts, exclusive, params)[-1] for counts in (one, other))
    return Lead(
        **{
            name: estimate(first[name][0] - second[name][0], first[name][1] - second[name][1])
            for name in ("macro_f1", "micro_f1", "cohen_kappa")
        }
    )


def _replicated(
    binary: Floats, nominal: Floats, exclusive: bool, params: EvaluateParams
) -> tuple[Floats, Floats, dict[str, tuple[float, Floats]]]:
    """Count by code (K, 2, 2), (B, K, 2, 2) in replicates; give with it each overall figure and its replicates."""
    weights = np.concatenate(list(draws(len(binary), params.bootstrap, params.seed)))
    point, drawn = binary.sum(axis=0), np.tensordot(weights, binary, 1)
    present = point[:, 1].sum(axis=1) > 0
    functions: dict[str, Callable[[Floats], Any]] = {
        "macro_f1": lambda table: np.nan_to_num(f1(table))[..., present].mean(axis=-1),
        "micro_f1": lambda table: f1(table.sum(axis=-3)),
        "cohen_kappa": pooled_kappa,
        "krippendorff_alpha": pooled_alpha,
    }
    values = {name: (function(point), function(drawn)) for name, function in functions.items()}
    if exclusive:
        once, again = nominal.sum(axis=0), np.tensordot(weights, nominal, 1)
        values["cohen_kappa"] = cohen_kappa(once), cohen_kappa(again)
        values["krippendorff_alpha"] = krippendorff_alpha(once), krippendorff_alpha(again)
    return point, drawn, values


def _by_code(codes: Sequence[str], point: Floats, drawn: Floats) -> dict[str, CodeFigures]:
    functions = {"precision": precision, "recall": recall, "f1": f1, "cohen_kappa": cohen_kappa}
    found = {name: (function(point), function(drawn)) for name, function in functions.items()}
    return {
        code: CodeFigures(
            n=int(point[k, 1].sum()),
            **{name: estimate(values[k], replicates[:, k]) for name, (values, replicates) in found.items()},
        )
        for k, code in enumerate(codes)
    }


def figure(value: float) -> Figure:
    """Return a figure rounded for files; None if it is undefined (NaN)."""
    return None if np.isnan(value) else tidy(value)


def _interval(replicates: Floats) -> Interval:
    found = interval(replicates)
    return Interval(found.low, found.high)


def estimate(value: float, replicates: Floats) -> Estimate:
    """Return a figure with the interval of its replicates (B,)."""
    spread = _interval(replicates)
    return Estimate(figure(value), spread.low, spread.high)


def expected_calibration_error(scores: Floats, truth: Codes) -> float:
    """Return the mean gap between scores and the share of segments that people gave the code, over ten equal bins.

    Source: Guo, Pleiss, Sun & Weinberger (2017), ICML, equation 3; here over all segment-code pairs.
    """
    gaps = [abs(mean - share) * n for mean, share, n in bins(scores.ravel(), truth.ravel())]
    return float(sum(gaps) / scores.size)


def bins(scores: Floats, truth: NDArray[Any]) -> Iterator[tuple[float, float, int]]:
    """Yield, for each non-empty bin of scores: mean score, share given the code by people, number of segments."""
    index = np.clip(np.digitize(scores, BINS) - 1, 0, len(BINS) - 2)
    for number in np.unique(index):
        inside = index == number
        yield float(scores[inside].mean()), float((truth[inside] == USED).mean()), int(inside.sum())
