"""Diagnose disagreement: confused codes, drift over time, coders who stand apart, and levels of the codebook.

Shapes: N units, R coders, K codes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from comb.agreement.bootstrap import tidy
from comb.agreement.coefficients import Floats, corrected, f1, precision, recall
from comb.agreement.compare import Answers, compare, in_use
from comb.agreement.interpretation import NO_PAIRS, Facts
from comb.agreement.multi_rater import krippendorff, pooled
from comb.agreement.ratings import NONE, Ratings
from comb.agreement.results import (
    AgainstReference,
    CoderApart,
    CoderDrift,
    Confusion,
    Drift,
    Figure,
    LevelAgreement,
    ReferenceScores,
    TranscriptAgreement,
    ValenceAgreement,
)
from comb.agreement.tallies import tally
from comb.codings.alignment import VALENCE_NAMES

HEADLINE = ("observed_agreement", "cohen_kappa", "fleiss_kappa", "gwet_ac1", "krippendorff_alpha")


def confusion(ratings: Ratings) -> Confusion:
    """Count, over all pairs of coders, the code of one against the code of the other: (K + 1, K + 1), symmetric.

    Codes that both gave to a unit count on the diagonal; each code that only one gave is paired with each code that
    only the other gave, or with NONE. Only codes that somebody used are listed.
    """
    kept = np.flatnonzero(in_use(ratings))
    k = len(kept)
    matrix: Floats = np.zeros((k + 1, k + 1))
    known: NDArray[np.bool_] = np.all(ratings.cells >= 0, axis=2)
    used: NDArray[np.bool_] = np.equal(ratings.cells[:, :, kept], 1)
    for a, b in combinations(range(len(ratings.coders)), 2):
        both = known[:, a] & known[:, b]
        matrix += _confused(used[both, a], used[both, b], ratings.sizes[both])
    counts = tuple(tuple(int(cell) for cell in row) for row in matrix)
    return Confusion((*(ratings.codes[code] for code in kept), NONE), counts)


def _confused(one: NDArray[np.bool_], other: NDArray[np.bool_], sizes: Floats) -> Floats:
    agreed = [*(sizes @ (one & other)), sizes[~one.any(axis=1) & ~other.any(axis=1)].sum()]
    differ = np.flatnonzero((one != other).any(axis=1))
    one, other, sizes = one[differ], other[differ], sizes[differ]
    left, right = one & ~other, other & ~one
    first = np.hstack([left, ~left.any(axis=1, keepdims=True)]).astype(float)
    second = np.hstack([right, ~right.any(axis=1, keepdims=True)]).astype(float)
    crossed = (first * sizes[:, None]).T @ second
    matrix: Floats = crossed + crossed.T + np.diag(agreed)
    return matrix


def drift(ratings: Ratings, order: Sequence[str]) -> Drift | None:
    """Follow agreement over transcripts in coding order; None if two coders read fewer than three of them."""
    names = [name for name in order if name in set(ratings.groups)]
    place = {name: index for index, name in enumerate(names)}
    groups = np.array([place[name] for name in ratings.groups], np.intp)
    among = in_use(ratings)
    counts = tally(ratings.cells, 2, groups, ratings.sizes).by_group()
    found = pooled(counts, among)
    paired = counts.paired.max(axis=-1)
    rows = tuple(
        TranscriptAgreement(
            name, int(paired[at]), tidy(found["observed_agreement"][at]), _known(found["conger_kappa"][at])
        )
        for name, at in place.items()
        if paired[at]
    )
    if len(rows) < 3:
        return None
    known = [kappa for kappa in found["conger_kappa"][paired > 0].tolist() if not np.isnan(kappa)]
    late = groups >= (len(place) + 1) // 2
    halves = tuple(_kappa(ratings.where(half), among) for half in (~late, late))
    return Drift(rows, _rank_correlation(known), halves, _coders(ratings, late, among))


def _coders(ratings: Ratings, late: NDArray[np.bool_], among: Floats) -> tuple[CoderDrift, ...]:
    """Follow each coder: how many codes a unit got, and the mean kappa with the others, early and late."""
    found = []
    for coder in range(len(ratings.coders)):
        used = [_mean(ratings.cells[half, coder]) for half in (~late, late)]
        others = [name for index, name in enumerate(ratings.coders) if index != coder]
        pairs = [ratings.of([ratings.coders[coder], other]) for other in others]
        kappas = []
        for half in (~late, late):
            own = [_kappa(pair.where(half), among) for pair in pairs]
            known = [kappa for kappa in own if kappa is not None]
            kappas.append(tidy(np.mean(known)) if known else None)
        found.append(CoderDrift(ratings.coders[coder], (used[0], used[1]), (kappas[0], kappas[1])))
    return tuple(found)


def _mean(cells: NDArray[np.int8]) -> float | None:
    judged = (cells >= 0).any(axis=1)
    return tidy((cells[judged] == 1).sum(axis=1).mean()) if judged.any() else None


def _kappa(ratings: Ratings, among: Floats) -> float | None:
    together = np.zeros(len(ratings.units), np.intp)
    return _known(pooled(tally(ratings.cells, 2, together, ratings.sizes).total(), among)["conger_kappa"])


def _known(value: float | Floats) -> float | None:
    return None if np.isnan(value) else tidy(value)


def _rank_correlation(values: Sequence[float]) -> float | None:
    if len(values) < 3 or len(set(values)) == 1:
        return None
    array = np.array(values)
    ranks = np.array([(np.sum(array < v) + np.sum(array <= v) + 1) / 2 for v in array])
    return tidy(np.corrcoef(ranks, np.arange(len(ranks)))[0, 1])


def apart(ratings: Ratings) -> tuple[CoderApart, ...]:
    """Compare each coder with the others, and compute alpha without that coder; none for two coders.

    The first coder stands apart most: without that coder, alpha is highest.
    """
    if len(ratings.coders) < 3:
        return ()
    answers = Answers.of(ratings)
    drawn = answers.drawn()
    kappas = {
        pair: float(answers.panel(pair).values(drawn).overall["cohen_kappa"])
        for pair in combinations(ratings.coders, 2)
    }
    rows = []
    for coder in ratings.coders:
        known = [kappa for pair, kappa in kappas.items() if coder in pair and not np.isnan(kappa)]
        rest = _alpha(ratings.of([name for name in ratings.coders if name != coder]), answers.among)
        rows.append(CoderApart(coder, tidy(np.mean(known)) if known else None, _known(rest)))
    return tuple(sorted(rows, key=lambda row: -(row.alpha_without if row.alpha_without is not None else -2)))


def _alpha(ratings: Ratings, among: Floats) -> float:
    if ratings.exclusive:
        counts = tally(ratings.nominal(), len(ratings.categories), None, ratings.sizes).total()
        return float(corrected(*krippendorff(counts))[0])
    return float(pooled(tally(ratings.cells, 2, None, ratings.sizes).total(), among)["krippendorff_alpha"])


def levels(by_level: Mapping[str, Ratings], replicates: int, seed: int) -> dict[str, LevelAgreement]:
    """Compare at each level of the codebook, and count the pairs of judgements that differ at each."""
    found = {}
    for level, ratings in by_level.items():
        figures = compare(ratings, replicates, seed).overall
        differ, judged = _differing(ratings)
        found[level] = LevelAgreement({name: figures[name] for name in HEADLINE}, differ, judged)
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
    """Make ratings of valence, on the units where a coder put a code; None if nobody gave a valence."""
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


def valence(ratings: Ratings, replicates: int, seed: int) -> ValenceAgreement | None:
    """Compare valence, on the units where two coders put a code; None if nobody gave a valence."""
    made = valence_ratings(ratings)
    if made is None:
        return None
    units = int((made.judged().sum(axis=1) > 1).sum())
    if not units:
        return ValenceAgreement(0, {name: Figure(undefined=NO_PAIRS) for name in HEADLINE}, {})
    found = compare(made, replicates, seed)
    return ValenceAgreement(units, {name: found.overall[name] for name in HEADLINE}, found.codes)


def against(ratings: Ratings, reference: str) -> AgainstReference:
    """Return precision, recall and F1 of each coder against a named reference: overall (micro) and per code."""
    found = {}
    among = in_use(ratings)
    for coder in ratings.coders:
        if coder == reference:
            continue
        pair = ratings.of([reference, coder])
        table = tally(pair.cells, 2, None, pair.sizes).total().table
        assert table is not None  # noqa: S101  (two coders)
        overall = _scores(np.einsum("cij,c->ij", table, among), Facts.of(pair))
        facts = Facts.of_codes(pair)
        codes = {code: _scores(table[k], facts[k]) for k, code in enumerate(ratings.codes) if among[k]}
        found[coder] = ReferenceScores(overall, codes)
    return AgainstReference(reference, found)


def _scores(table: Floats, facts: Facts) -> dict[str, Figure]:
    why = {
        "precision": "undefined, because this coder did not use the code",
        "recall": "undefined, because the reference did not use the code",
        "f1": "undefined, because nobody used the code",
    }
    scores = {"precision": precision(table), "recall": recall(table), "f1": f1(table)}
    return {
        name: Figure(undefined=why[name] if facts.paired else NO_PAIRS) if np.isnan(value) else Figure.of(float(value))
        for name, value in scores.items()
    }
