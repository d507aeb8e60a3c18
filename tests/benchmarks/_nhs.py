"""Comments of NHS patients: 46 codes, many of them rare, several a comment; and a peer that uses all that comb uses.

The set is ../shared/data/nhs. Each comment is a transcript of one segment, and what it answers is its question, so that
whole comments are held out. Shapes: N comments, K codes that are learned, L codes of the reference.
"""

import csv
from pathlib import Path

import numpy as np

from comb.agreement.bootstrap import draws, interval
from comb.agreement.coefficients import f1
from comb.codebook import parse_codebook
from comb.codings.codings_csv import CodingsRead
from comb.encoder.embed import Cache, OnnxEncoder, embed_segments
from comb.evaluation import cross_validation as evaluation
from comb.evaluation.confusion_counts import tables
from comb.evaluation.every_code import reference
from comb.learning.classifier import inner_folds
from comb.learning.dataset import Dataset, make_dataset
from comb.records import Coding, Segment
from comb.study.layout import Study
from comb.study.params import EvaluateParams, TrainParams

COMMENTS = Path(__file__).parents[3] / "shared" / "data" / "nhs" / "comments-two-thirds.csv"
LEAST = 20
"""Codes with fewer comments are left out of macro-F1."""
CUTS = np.round(np.arange(0.94, 0.03, -0.02), 2)
"""Cuts that the peer tries, the highest first: it takes the highest of those that do equally well."""
PEERS = {"balanced": 1.0, None: 5.0}
"""How the peer weighs codes, and its C: each as good as others nearby."""


def nhs(study: Study) -> Dataset:
    """Return the comments as a dataset, embedded by a study's encoder."""
    with COMMENTS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    segments, codings = [], []
    for row in rows:
        place = f"c{row['id']}", 0, len(row["comment"])
        segments.append(Segment(*place, 0, "P", "participant", row["comment"], row["question"]))
        codings += [Coding(*place, row["comment"], code, "", "NHS") for code in row["codes"].split("; ")]
    names = sorted({coding.code for coding in codings} - {""})
    book = parse_codebook({"codes": [{"id": name} for name in names]})
    embeddings, _ = embed_segments(segments, Cache(study.cache, OnnxEncoder(study.encoder)), context=True)
    return make_dataset(segments, embeddings, CodingsRead(tuple(codings), (), None), book, TrainParams(), {})


def fair_peer(data: Dataset, a: np.ndarray, b: np.ndarray, weights: str | None) -> np.ndarray:
    """Return codes (len(b), K): one logistic regression on n-grams and embeddings, cuts chosen in inner folds."""
    inside = np.zeros((len(data.targets), len(data.codes)))
    for train, test in inner_folds(a, data.groups, TrainParams().inner_folds, 1):
        inside[test] = probabilities(data, train, test, weights)
    cuts = np.array([best_cut(*columns) for columns in zip(inside[a].T, data.targets[a].T, strict=True)])
    return (probabilities(data, a, b, weights) >= cuts).astype(np.int8)


def probabilities(data: Dataset, a: np.ndarray, b: np.ndarray, weights: str | None) -> np.ndarray:
    """Fit on rows ``a``; return the probability (len(b), K) of each code."""
    from scipy.sparse import csr_matrix, hstack
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2)
    characters = TfidfVectorizer(
        analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, min_df=2, max_features=50_000
    )
    texts = [[data.inputs.texts[row] for row in rows] for rows in (a, b)]
    counted = [(one.fit_transform(texts[0]), one.transform(texts[1])) for one in (words, characters)]
    dense = data.inputs.embeddings[:, 0].astype(float)
    train, test = (
        hstack([*(pair[side] for pair in counted), csr_matrix(dense[rows])]).tocsr() for side, rows in enumerate((a, b))
    )
    out = np.zeros((len(b), len(data.codes)))
    for k in np.flatnonzero(data.targets[a].any(axis=0)):
        model = LogisticRegression(C=PEERS[weights], class_weight=weights, max_iter=500, tol=1e-3)
        out[:, k] = model.fit(train, data.targets[a, k]).predict_proba(test)[:, 1]
    return out


def best_cut(scores: np.ndarray, truth: np.ndarray) -> float:
    """Return the cut with the highest F1 of one code."""
    chosen = scores >= CUTS[:, None]
    return float(CUTS[(2 * (chosen & (truth == 1)).sum(axis=1) / (chosen.sum(axis=1) + truth.sum() + 1e-9)).argmax()])


def compare_nhs(data: Dataset) -> None:
    """Print comb, as it is and gated, beside the fair peer: macro-F1, micro-F1, leads with 95% intervals."""
    params, codings = EvaluateParams(), {}
    folds = list(evaluation.outer_folds(data, params))
    blank = np.full_like(data.targets, -1)
    codings["comb, gated"] = codings["comb"] = blank
    for weights in PEERS:
        codings[f"n-grams and embeddings, one LR, {weights or 'not balanced'}"] = blank.copy()
    for a, b in folds:
        blank[b] = evaluation._predict(data, TrainParams(), a, b)[0]
        for name, weights in zip(list(codings)[2:], PEERS, strict=True):
            codings[name][b] = fair_peer(data, a, b, weights)
    codings["comb, gated"] = evaluation._gated(data, blank, None, folds, params)
    report(data, codings)


def report(data: Dataset, codings: dict[str, np.ndarray]) -> None:
    """Print the figures of codes (N, K) by name, and how far comb and comb gated lead the others."""
    rows = data.rows
    truth = reference(data, rows)
    groups = np.unique(data.groups[rows], return_inverse=True)[1]
    weights = np.vstack([np.ones(groups.max() + 1), *draws(groups.max() + 1, 500, 1)])
    found = {}
    for name, chosen in codings.items():
        binary, _ = tables(truth, data.among_every(chosen[rows]), groups, False)
        counted = np.tensordot(weights, binary, 1)
        by_code = np.nan_to_num(f1(counted))
        enough = truth.sum(axis=0) >= LEAST
        found[name] = by_code[:, enough].mean(axis=1), f1(counted.sum(axis=1)), by_code.mean(axis=1)
    print(f"\nnhs: {len(rows)} comments, {truth.shape[1]} codes, {enough.sum()} with {LEAST} comments or more")
    print(f"{'':48}macro-F1 (those)  micro-F1  macro-F1 (all)")
    for name, values in found.items():
        print(f"{name:48}" + "".join(f"{value[0]:>12.3f}" for value in values), flush=True)
    for own in ("comb", "comb, gated"):
        for other in list(found)[2:]:
            print(f"lead of {own} over {other}: " + ", ".join(map(lead, found[own][:2], found[other][:2])), flush=True)


def lead(one: np.ndarray, other: np.ndarray) -> str:
    """Tell by how much one figure leads another, with its 95% interval; the first value is that of all comments."""
    found = interval(one[1:] - other[1:])
    return f"{one[0] - other[0]:+.3f} [{found.low:+.3f}, {found.high:+.3f}]"
