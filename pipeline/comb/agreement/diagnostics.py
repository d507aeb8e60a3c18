"""Where coders differ: which codes are taken for which, whether agreement drifts, who stands apart, at which level.

Shapes: N units, R coders, K codes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from comb.agreement.bootstrap import tidy
from comb.agreement.coefficients import Floats, corrected, f1, precision, recall
from comb.agreement.compare import Comparison, compare, in_use
from comb.agreement.interpretation import NO_PAIRS, Facts
from comb.agreement.multi_rater import krippendorff, pooled
from comb.agreement.ratings import NONE, Ratings
from comb.agreement.tallies import tally
from comb.codings.alignment import VALENCE_NAMES

HEADLINE = ("observed_agreement", "cohen_kappa", "fleiss_kappa", "gwet_ac1", "krippendorff_alpha")


def confusion(ratings: Ratings) -> dict[str, Any]:
    """Count, over all pairs of coders, what one coded where the other coded something else: (K + 1, K + 1), symmetric.

    Codes that both gave a unit agree and count on the diagonal; each code that only one gave is paired with each that
    only the other gave, or with NONE. Only codes that somebody used are listed.
    """
    kept = np.flatnonzero(in_use(ratings))
    k = len(kept)
    matrix: Floats = np.zeros((k + 1, k + 1))
    for a, b in combinations(range(len(ratings.coders)), 2):
        both = (ratings.cells[:, [a, b]] >= 0).all(axis=(1, 2))
        one, other = (np.equal(ratings.cells[both, coder][:, kept], 1) for coder in (a, b))
        sizes = ratings.sizes[both]
        matrix += _confused(one, other, sizes)
    return {"codes": [*(ratings.codes[code] for code in kept), NONE], "counts": matrix.astype(int).tolist()}


def _confused(one: NDArray[np.bool_], other: NDArray[np.bool_], sizes: Floats) -> Floats:
    same, left, right = one & other, one & ~other, other & ~one
    some_left, some_right = left.any(axis=1, keepdims=True), right.any(axis=1, keepdims=True)
    first = np.hstack([left, ~some_left & some_right]).astype(float)
    second = np.hstack([right, ~some_right & some_left]).astype(float)
    crossed = (first * sizes[:, None]).T @ second
    agreed = [*(same * sizes[:, None]).sum(axis=0), sizes[~one.any(axis=1) & ~other.any(axis=1)].sum()]
    matrix: Floats = crossed + crossed.T + np.diag(agreed)
    return matrix


def drift(ratings: Ratings, order: Sequence[str]) -> dict[str, Any] | None:
    """Follow agreement over transcripts in coding order; None where there are fewer than three that two coders read.

    ``trend`` is Spearman's rank correlation of a transcript's kappa with its place in the order.
    """
    names = [name for name in order if name in set(ratings.groups)]
    place = {name: index for index, name in enumerate(names)}
    groups = np.array([place[name] for name in ratings.groups], np.intp)
    among = in_use(ratings)
    counts = tally(ratings.cells, 2, groups, ratings.sizes).groups()
    found = pooled(counts, among)
    paired = counts.paired.max(axis=-1)
    rows = [
        {
            "transcript": name,
            "units": int(paired[at]),
            "observed_agreement": tidy(found["observed_agreement"][at]),
            "conger_kappa": None if np.isnan(found["conger_kappa"][at]) else tidy(found["conger_kappa"][at]),
        }
        for name, at in place.items()
        if paired[at]
    ]
    if len(rows) < 3:
        return None
    known = [kappa for kappa in found["conger_kappa"][paired > 0].tolist() if not np.isnan(kappa)]
    return {"transcripts": rows, "trend": _rank_correlation(known), "halves": _halves(ratings, groups, among, place)}


def _halves(ratings: Ratings, groups: NDArray[np.intp], among: Floats, place: Mapping[str, int]) -> list[float | None]:
    late = (groups >= (len(place) + 1) // 2).astype(np.intp)
    kappa = pooled(tally(ratings.cells, 2, late, ratings.sizes).groups(), among)["conger_kappa"]
    return [None if np.isnan(value) else tidy(value) for value in kappa]


def _rank_correlation(values: Sequence[float]) -> float | None:
    if len(values) < 3 or len(set(values)) == 1:
        return None
    array = np.array(values)
    ranks = np.array([(np.sum(array < v) + np.sum(array <= v) + 1) / 2 for v in array])
    return tidy(np.corrcoef(ranks, np.arange(len(ranks)))[0, 1])


def apart(ratings: Ratings) -> list[dict[str, Any]] | None:
    """Say of each coder how far he or she agrees with the others, and alpha without that coder; None for two coders.

    The first in the list stands apart most: without that coder alpha is highest.
    """
    if len(ratings.coders) < 3:
        return None
    among = in_use(ratings)
    comparison = Comparison.of(ratings, sets=False)
    _, pairs = comparison.figures()
    rows = []
    for coder in ratings.coders:
        kappas = [float(f.overall["cohen_kappa"]) for pair, f in pairs.items() if coder in pair]
        known = [kappa for kappa in kappas if not np.isnan(kappa)]
        rest = _alpha(ratings.of([name for name in ratings.coders if name != coder]), among)
        rows.append(
            {
                "coder": coder,
                "mean_kappa": tidy(np.mean(known)) if known else None,
                "alpha_without": None if np.isnan(rest) else tidy(rest),
            }
        )
    return sorted(rows, key=lambda row: -(row["alpha_without"] if row["alpha_without"] is not None else -2))


def _alpha(ratings: Ratings, among: Floats) -> float:
    if ratings.exclusive:
        counts = tally(ratings.nominal(), len(ratings.categories), None, ratings.sizes).total()
        return float(corrected(*krippendorff(counts))[0])
    return float(pooled(tally(ratings.cells, 2, None, ratings.sizes).total(), among)["krippendorff_alpha"])


def levels(by_level: Mapping[str, Ratings], replicates: int, seed: int) -> dict[str, Any]:
    """Compare at each level of the codebook, and say at which level coders part.

    ``differ`` counts the pairs of judgements (two coders, one unit) that differ at a level.
    """
    found: dict[str, Any] = {}
    for level, ratings in by_level.items():
        figures = compare(ratings, replicates, seed)["overall"]
        differ, judged = _differing(ratings)
        found[level] = {"overall": {n: figures[n] for n in HEADLINE}, "differ": differ, "pairs_judged": judged}
    return found


def _differing(ratings: Ratings) -> tuple[int, int]:
    differ = judged = 0
    for a, b in combinations(range(len(ratings.coders)), 2):
        one, other = ratings.cells[:, a], ratings.cells[:, b]
        known = (one >= 0) & (other >= 0)
        differ += int(((one != other) & known).any(axis=1).sum())
        judged += int(known.any(axis=1).sum())
    return differ, judged


def valence_ratings(ratings: Ratings) -> Ratings | None:
    """Make ratings of valence, on the units where a coder put a code; None where nobody gave a valence."""
    if ratings.valence is None or not (ratings.valence > 0).any():
        return None
    used = [index for index in range(len(VALENCE_NAMES)) if (ratings.valence == index).any()]
    cells = (ratings.valence[:, :, None] == np.array(used)).astype(np.int8)
    cells[ratings.valence < 0] = -1
    return replace(
        ratings,
        codes=tuple(VALENCE_NAMES[index] for index in used),
        cells=cells,
        exclusive=True,
        with_none=False,
        valence=None,
    )


def valence(ratings: Ratings, replicates: int, seed: int) -> dict[str, Any] | None:
    """Compare valence, on the units where two coders put a code; None where nobody gave a valence."""
    made = valence_ratings(ratings)
    if made is None:
        return None
    if not (made.judged().sum(axis=1) > 1).any():
        return {"units": 0, "overall": {name: {"undefined": NO_PAIRS} for name in HEADLINE}, "codes": {}}
    found = compare(made, replicates, seed)
    units = int((made.judged().sum(axis=1) > 1).sum())
    return {"units": units, "overall": {n: found["overall"][n] for n in HEADLINE}, "codes": found["codes"]}


def against(ratings: Ratings, reference: str) -> dict[str, Any]:
    """Give precision, recall and F1 of each coder against a named reference: overall (micro) and per code."""
    found: dict[str, Any] = {}
    among = in_use(ratings)
    for coder in ratings.coders:
        if coder == reference:
            continue
        pair = ratings.of([reference, coder])
        table = tally(pair.cells, 2, None, pair.sizes).total().table
        assert table is not None  # noqa: S101  (two coders)
        facts = Facts.of(pair)
        found[coder] = {
            "overall": _scores(np.einsum("cij,c->ij", table, among), facts),
            "codes": {code: _scores(table[k], Facts.of(pair, k)) for k, code in enumerate(ratings.codes) if among[k]},
        }
    return {"reference": reference, "coders": found}


def _scores(table: Floats, facts: Facts) -> dict[str, Any]:
    why = {
        "precision": "undefined, because this coder did not use the code",
        "recall": "undefined, because the reference did not use the code",
        "f1": "undefined, because nobody used the code",
    }
    scores = {"precision": precision(table), "recall": recall(table), "f1": f1(table)}
    return {
        name: {"undefined": NO_PAIRS if not facts.paired else why[name]} if np.isnan(value) else {"value": tidy(value)}
        for name, value in scores.items()
    }
