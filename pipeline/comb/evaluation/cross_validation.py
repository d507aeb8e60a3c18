"""Evaluate by whole transcripts, as if each interview were new to the model.

Shapes: N segments, K codes, T held-out groups (transcripts, or participants), R bootstrap replicates.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
from comb.codings.alignment import UNREAD, USED, Codes
from comb.errors import BadInputError
from comb.evaluation.code_gate import judge, withheld
from comb.evaluation.conformal import COVERAGES, HeldOutScores, held_out_scores
from comb.evaluation.confusion_counts import tables
from comb.learning.artifact import Model
from comb.learning.classifier import NONE, fit, inner_folds
from comb.learning.dataset import Dataset, valence_targets
from comb.records import Coding
from comb.study.params import EvaluateParams, TrainParams

Progress = Callable[[str], object]
SIDES = ("low", "high")
UNTUNED = "comb, encoder not fine-tuned"
BINS = np.linspace(0, 1, 11)


@dataclass(frozen=True)
class Predictions:
    """What a model says of segments that it was not trained on."""

    chosen: Codes
    """(N, K), as ``Dataset.targets``; -1 for segments that were not judged."""
    scores: Floats
    """(N, K)."""


@dataclass(frozen=True)
class Evaluation:
    """The content of ``evaluate.json`` and of the plots."""

    metrics: dict[str, Any]
    confusion: list[tuple[str, str]]
    """(reference, suggested) once per segment."""
    calibration: list[tuple[str, float, float, int]]
    """(code, mean score, share coded so by people, segments) per bin of scores."""
    table: list[tuple[str, float, float, float]]
    """(model, macro-F1, micro-F1, Cohen's kappa): the model beside its baselines."""
    heldout: list[Coding]
    """What the model said of each segment while its transcript was held out: one more coder for ``comb agree``."""
    scores: HeldOutScores
    """What it held each code for, by which suggestion sets are calibrated."""


def evaluate(
    dataset: Dataset,
    train: TrainParams,
    params: EvaluateParams,
    progress: Progress = print,
    tuned: Sequence[Dataset] = (),
) -> Evaluation:
    """Cross-validate with whole groups held out, everything that is chosen being chosen inside the training part.

    Where the encoder is fine-tuned, ``tuned`` is the dataset of each fold, embedded by an encoder that was fine-tuned
    on the fold's training part; the encoder as it was is one more baseline.

    Raises BadInputError where fewer than two groups are coded.
    """
    rows = dataset.rows
    folds = list(outer_folds(dataset, params))
    seen = list(tuned) or [dataset] * len(folds)
    models: dict[str, Callable[[int, NDArray[np.intp], NDArray[np.intp]], tuple[Codes, Floats]]] = {
        "comb": lambda fold, a, b: _predict(seen[fold], train, a, b),
        **({UNTUNED: lambda _, a, b: _predict(dataset, train, a, b)} if tuned else {}),
        "TF-IDF + logistic regression": lambda _, a, b: _tfidf(dataset, a, b),
        "majority": lambda _, a, b: _majority(dataset, a, b),
    }
    held_out = {}
    for name, predict in models.items():
        blank = Predictions(np.full_like(dataset.targets, UNREAD), np.zeros(dataset.targets.shape))
        for fold, (a, b) in enumerate(folds):
            progress(f"{name}: fold {fold + 1} of {len(folds)}")
            blank.chosen[b], blank.scores[b] = predict(fold, a, b)
        held_out[name] = blank
    groups = dataset.groups[rows]
    scored = {
        name: score(dataset.targets[rows], p.chosen[rows], groups, dataset.codes, dataset.exclusive, params)
        for name, p in held_out.items()
    }
    best = held_out["comb"]
    metrics = scored["comb"]
    metrics["overall"]["coverage"] = float((best.chosen[rows] == USED).any(axis=1).mean())
    metrics["overall"]["ece"] = expected_calibration_error(best.scores[rows], dataset.targets[rows])
    metrics["baselines"] = {n: {**s["overall"], **_bounds(s)} for n, s in scored.items() if n != "comb"}
    metrics["human"] = human(dataset, best, params)
    metrics["valence"] = _valence(seen, train, params, folds)
    metrics["withheld"] = dict(dataset.withheld)
    metrics["gate"] = judge(metrics, params.gate)
    kept = held_out_scores(dataset, best.scores)
    metrics["conformal"] = {f"{share:.2f}": kept.check(withheld(metrics), share) for share in COVERAGES}
    metrics["protocol"] = {
        "split": "whole transcripts" if _one_each(dataset) else "whole participants",
        "folds": len(folds),
        "seed": params.seed,
        "segments": len(rows),
        "transcripts": len({dataset.segments[row].transcript for row in rows}),
        "groups": len(np.unique(groups)),
        "bootstrap": params.bootstrap,
        "interval": "95%, percentile bootstrap over the held-out groups",
        "level": train.level,
    }
    return Evaluation(
        metrics,
        _confusion(dataset, best.chosen, rows),
        _calibration(dataset, best.scores, rows),
        [(name, *(s["overall"][k] for k in ("macro_f1", "micro_f1", "cohen_kappa"))) for name, s in scored.items()],
        _as_codings(dataset, best, repr((train, params))),
        kept,
    )


def score(
    truth: Codes, guess: Codes, groups: NDArray[np.intp], codes: Sequence[str], exclusive: bool, params: EvaluateParams
) -> dict[str, Any]:
    """Compare codes (N, K) with reference codes (N, K): overall and per code, with intervals.

    Overall kappa and alpha are those of the nominal codes in an exclusive codebook and pooled over the codes
    otherwise; macro-F1 is the mean over the codes that occur in the reference.
    """
    binary, nominal = tables(truth, guess, groups, exclusive)
    weights = _weights(len(binary), params.bootstrap, params.seed)
    point, drawn = binary.sum(axis=0), np.tensordot(weights, binary, 1)
    names = {"precision": precision, "recall": recall, "f1": f1, "cohen_kappa": cohen_kappa}
    per_code = {name: (function(point), function(drawn)) for name, function in names.items()}
    present = point[:, 1].sum(axis=1) > 0
    overall = {
        "macro_f1": lambda table: np.nan_to_num(f1(table))[..., present].mean(axis=-1),
        "micro_f1": lambda table: f1(table.sum(axis=-3)),
        "cohen_kappa": pooled_kappa,
        "krippendorff_alpha": pooled_alpha,
    }
    values = {name: (function(point), function(drawn)) for name, function in overall.items()}
    if exclusive:
        both = nominal.sum(axis=0), np.tensordot(weights, nominal, 1)
        values["cohen_kappa"] = cohen_kappa(both[0]), cohen_kappa(both[1])
        values["krippendorff_alpha"] = krippendorff_alpha(both[0]), krippendorff_alpha(both[1])
    return {
        "overall": {name: _number(value) for name, (value, _) in values.items()},
        "intervals": {name: _interval(draws) for name, (_, draws) in values.items()},
        "codes": {
            code: {
                "n": int(point[k, 1].sum()),
                **{name: {"value": _number(v[k]), **_interval(d[:, k])} for name, (v, d) in per_code.items()},
            }
            for k, code in enumerate(codes)
        },
    }


def human(dataset: Dataset, machine: Predictions, params: EvaluateParams) -> dict[str, Any] | None:
    """Compare people with one another, and the machine with the same people, on the segments that two people read.

    Figures are means over the pairs of coders; None where nobody coded the same segments. A consensus is no coder.
    """
    names = [n for n in dataset.views.coders if n.casefold() != "consensus"]
    pairs, beside, shared = [], [], np.zeros(len(dataset.segments), bool)
    for a, b in combinations(names, 2):
        first, second = (dataset.views.coders[n].codes[:, dataset.columns] for n in (a, b))
        both = np.flatnonzero(((first != UNREAD) & (second != UNREAD) & (machine.chosen != UNREAD)).all(axis=1))
        if len(both):
            shared[both] = True
            groups = dataset.groups[both]
            rest = (dataset.codes, dataset.exclusive, params)
            pairs.append(score(first[both], second[both], groups, *rest))
            beside += [score(person[both], machine.chosen[both], groups, *rest) for person in (first, second)]
    if not pairs:
        return None
    return {
        **_mean(pairs),
        "intervals": {"cohen_kappa": {s: _average([p["intervals"]["cohen_kappa"][s] for p in pairs]) for s in SIDES}},
        "coders": len(names),
        "pairs": len(pairs),
        "segments": int(shared.sum()),
        "codes": {code: _mean_code(pairs, code) for code in dataset.codes},
        "machine": {**_mean(beside), "codes": {code: _mean_code(beside, code) for code in dataset.codes}},
    }


def transfer(dataset: Dataset, model: Model, params: EvaluateParams) -> dict[str, Any]:
    """Evaluate a trained model on transcripts that it was not trained on; ``dataset`` holds the model's codes."""
    rows = dataset.rows
    scores = model.codes.predict_proba(dataset.inputs, rows)
    chosen = model.codes.predict(scores)[:, : len(dataset.codes)].astype(np.int8)
    truth = dataset.targets[rows]
    metrics = score(truth, chosen, dataset.groups[rows], dataset.codes, dataset.exclusive, params)
    metrics["overall"]["coverage"] = float((chosen == USED).any(axis=1).mean())
    metrics["overall"]["ece"] = expected_calibration_error(scores[:, : len(dataset.codes)], truth)
    metrics["protocol"] = {
        "segments": len(rows),
        "transcripts": len(np.unique(dataset.groups[rows])),
        "model": model.id,
    }
    return metrics


def expected_calibration_error(scores: Floats, truth: Codes) -> float:
    """Mean gap between scores and the share that people coded so, over ten bins of equal width.

    Source: Guo, Pleiss, Sun & Weinberger (2017), ICML, equation 3; here over all segment-code pairs.
    """
    gaps = [abs(mean - share) * n for mean, share, n in _bins(scores.ravel(), truth.ravel())]
    return float(sum(gaps) / scores.size)


def outer_folds(dataset: Dataset, params: EvaluateParams) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Give the rows trained on and those held out, fold by fold.

    Raises BadInputError where fewer than two groups are coded.
    """
    rows = dataset.rows
    found = len(np.unique(dataset.groups[rows]))
    if found < 2:
        raise BadInputError(
            f"{found} coded transcript is too few to hold whole transcripts out",
            where="the codings folder",
            remedy="Code at least two transcripts (of two participants); ten or more give usable figures.",
        )
    return inner_folds(rows, dataset.groups, params.folds, params.seed)


def _predict(dataset: Dataset, train: TrainParams, a: NDArray[np.intp], b: NDArray[np.intp]) -> tuple[Codes, Floats]:
    head = fit(dataset.inputs, dataset.targets, a, dataset.groups, dataset.codes, train, exclusive=dataset.exclusive)
    scores = head.predict_proba(dataset.inputs, b)
    k = len(dataset.codes)
    return head.predict(scores)[:, :k].astype(np.int8), scores[:, :k]


def _tfidf(dataset: Dataset, a: NDArray[np.intp], b: NDArray[np.intp]) -> tuple[Codes, Floats]:
    """Word TF-IDF with logistic regression, as a careful tutorial would do it."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2 if len(a) > 200 else 1)
    train = vectorizer.fit_transform([dataset.inputs.texts[row] for row in a])
    test = vectorizer.transform([dataset.inputs.texts[row] for row in b])
    return _logistic(train, test, dataset.targets[a], dataset.exclusive)


def _logistic(train: Any, test: Any, targets: Codes, exclusive: bool) -> tuple[Codes, Floats]:
    from sklearn.linear_model import LogisticRegression

    def probabilities(answers: NDArray[Any], k: int) -> Floats:
        out = np.zeros((test.shape[0], k))
        if len(np.unique(answers)) > 1:
            model = LogisticRegression(class_weight="balanced", max_iter=1000).fit(train, answers)
            out[:, model.classes_] = model.predict_proba(test)
        return out

    k = targets.shape[1]
    if exclusive:
        scores = probabilities(np.where(targets.any(axis=1), targets.argmax(axis=1), k), k + 1)
        return _one_hot(scores)[:, :k], scores[:, :k]
    scores = np.stack([probabilities(column, 2)[:, 1] for column in targets.T], axis=1)
    return (scores >= 0.5).astype(np.int8), scores


def _majority(dataset: Dataset, a: NDArray[np.intp], b: NDArray[np.intp]) -> tuple[Codes, Floats]:
    """Say of every segment what is said most often: for each code whether it is used, or the one most used."""
    share = (dataset.targets[a] == USED).mean(axis=0)
    scores = np.tile(np.append(share, 1 - share.sum()) if dataset.exclusive else share, (len(b), 1))
    chosen = _one_hot(scores) if dataset.exclusive else (scores > 0.5).astype(np.int8)
    k = len(dataset.codes)
    return chosen[:, :k], scores[:, :k]


def _one_hot(scores: Floats) -> Codes:
    chosen: Codes = (scores.argmax(axis=1)[:, None] == np.arange(scores.shape[1])).astype(np.int8)
    return chosen


def _valence(
    seen: Sequence[Dataset], train: TrainParams, params: EvaluateParams, folds: Sequence[tuple[Any, Any]]
) -> dict[str, Any] | None:
    """Evaluate valence on the segments that people coded; None where fewer than two valences are used enough."""
    dataset = seen[0]
    coded = np.flatnonzero((dataset.targets == USED).any(axis=1))
    targets, names = valence_targets(dataset.valence, coded, train.min_examples)
    if len(names) < 2:
        return None
    known = targets[:, 0] != UNREAD
    known &= (dataset.targets == USED).any(axis=1)
    chosen = np.full_like(targets, UNREAD)
    for (a, b), one in zip(folds, seen, strict=True):
        head = fit(one.inputs, targets, a[known[a]], dataset.groups, names, train, exclusive=True)
        test = b[known[b]]
        chosen[test] = head.predict(head.predict_proba(one.inputs, test))[:, : len(names)]
    rows = np.flatnonzero(known & (chosen != UNREAD).all(axis=1))
    return score(targets[rows], chosen[rows], dataset.groups[rows], names, True, params)


def _weights(groups: int, replicates: int, seed: int) -> NDArray[np.float64]:
    """How often each of T groups is drawn in each replicate: (R, T)."""
    rng = np.random.default_rng(seed)
    return rng.multinomial(groups, np.full(groups, 1 / groups), size=replicates).astype(float)


def _number(value: Any) -> float | None:
    return None if np.isnan(value) else round(float(value), 6)


def _interval(draws: Floats) -> dict[str, float | None]:
    known = draws[~np.isnan(draws)]
    if not len(known):
        return {"low": None, "high": None}
    low, high = np.quantile(known, [0.025, 0.975])
    return {"low": _number(low), "high": _number(high)}


def _bounds(scored: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{name}_{side}": value for name, pair in scored["intervals"].items() for side, value in pair.items()}


def _mean(scored: Sequence[Mapping[str, Any]]) -> dict[str, float | None]:
    return {name: _average([s["overall"][name] for s in scored]) for name in scored[0]["overall"]}


def _mean_code(scored: Sequence[Mapping[str, Any]], code: str) -> dict[str, float | None]:
    return {name: _average([s["codes"][code][name]["value"] for s in scored]) for name in ("f1", "cohen_kappa")}


def _average(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(sum(known) / len(known), 6) if known else None


def _one_each(dataset: Dataset) -> bool:
    names = {(s.transcript, g) for s, g in zip(dataset.segments, dataset.groups.tolist(), strict=True)}
    return len(names) == len({g for _, g in names})


def _confusion(dataset: Dataset, chosen: Codes, rows: NDArray[np.intp]) -> list[tuple[str, str]]:
    """Pair each reference code with each suggestion of its segment; what both have is no confusion with the rest."""
    out = []
    for row in rows:
        truth, guess = (
            [c for c, u in zip(dataset.codes, x[row], strict=True) if u == USED] for x in (dataset.targets, chosen)
        )
        both = [c for c in truth if c in guess]
        left, right = [c for c in truth if c not in both] or [NONE], [c for c in guess if c not in both] or [NONE]
        out += [(c, c) for c in both]
        if not both or left != [NONE] or right != [NONE]:
            out += [(a, b) for a in left for b in right]
    return out


def _as_codings(dataset: Dataset, best: Predictions, made_of: str) -> list[Coding]:
    """Write held-out predictions as codings; the coder is the hash of how they were made and what they say."""
    rows = dataset.rows
    names = [segment.id for segment in dataset.segments]
    digest = hashlib.sha256(f"{made_of} {dataset.codes} {[names[row] for row in rows]}".encode())
    digest.update(best.chosen[rows].tobytes())
    coder = digest.hexdigest()[:16]
    codings = []
    for row in rows:
        segment = dataset.segments[row]
        place = (segment.transcript, segment.start, segment.end, segment.text)
        used = np.flatnonzero(best.chosen[row] == USED)
        found: list[tuple[str, float | None]]
        found = [(dataset.codes[k], round(float(best.scores[row, k]), 4)) for k in used]
        found = found or [("", None)]
        codings += [Coding(*place, code, "", coder, origin="model", model=coder, score=score) for code, score in found]
    return codings


def _calibration(dataset: Dataset, scores: Floats, rows: NDArray[np.intp]) -> list[tuple[str, float, float, int]]:
    pairs = [("all codes", scores[rows].ravel(), dataset.targets[rows].ravel())]
    pairs += [(code, scores[rows, k], dataset.targets[rows, k]) for k, code in enumerate(dataset.codes)]
    return [(name, round(m, 4), round(s, 4), n) for name, x, y in pairs for m, s, n in _bins(x, y)]


def _bins(scores: Floats, truth: NDArray[Any]) -> Iterator[tuple[float, float, int]]:
    index = np.clip(np.digitize(scores, BINS) - 1, 0, len(BINS) - 2)
    for number in np.unique(index):
        inside = index == number
        yield float(scores[inside].mean()), float((truth[inside] == USED).mean()), int(inside.sum())
