"""Evaluate by whole transcripts, as if each interview were new to the model.

Shapes: N segments, K codes, T held-out groups (transcripts, or participants), R bootstrap replicates.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from comb.agreement.coefficients import Floats
from comb.codings.alignment import UNREAD, USED, Codes
from comb.evaluation.among_people import human, machine
from comb.evaluation.baselines import better_baseline, majority_baseline, tfidf_baseline
from comb.evaluation.beside import BOTH, HEAD, beside
from comb.evaluation.code_gate import judge_codes, withheld
from comb.evaluation.conformal import COVERAGES, HeldOutScores, held_out_scores
from comb.evaluation.every_code import flat, lead_every, score_every, ungated, with_scores
from comb.evaluation.familiarity import MOST_SLOPE, familiar, slope_of
from comb.evaluation.results import (
    Beside,
    CodeFigures,
    Comparison,
    Estimate,
    Figure,
    Interval,
    Metrics,
    Overall,
    OverallWithScores,
    People,
    Protocol,
    Ungated,
)
from comb.evaluation.scoring import bins, score
from comb.learning.classifier import NO_CODE, fit, inner_folds
from comb.learning.dataset import Dataset, valence_targets
from comb.records import Coding
from comb.study.params import EvaluateParams, TrainParams

Progress = Callable[[str], object]
UNTUNED = "comb, encoder not fine-tuned"
UNGATED = "comb, no code withheld"
WITHOUT = "comb, without the language model"


@dataclass(frozen=True)
class Predictions:
    """A model's predictions for segments on which it was not trained."""

    chosen: Codes
    """(N, K), as ``Dataset.targets``; -1 for segments that were not judged."""
    scores: Floats
    """(N, K)."""
    alone: Floats
    """(N, K): scores of segments shown alone; 0 if not requested."""


@dataclass(frozen=True)
class Evaluation:
    """The content of ``evaluate.json`` and of the plots."""

    metrics: Metrics
    confusion: list[tuple[str, str]]
    """(reference, suggested) once per segment."""
    calibration: list[tuple[str, float, float, int]]
    """(code, mean score, share coded so by people, segments) per bin of scores."""
    table: list[tuple[str, Figure, Figure, Figure]]
    """(model, macro-F1, micro-F1, Cohen's kappa) for what a user gets, for the same without the gate, and for the
    baselines."""
    heldout: list[Coding]
    """The model's held-out codes of each segment, as one more coder for ``comb agree``."""
    scores: HeldOutScores
    """Its held-out scores, with which suggestion sets are calibrated."""
    chosen: Codes
    """(N, K): the codes that a user would get for each held-out segment; -1 where it was not judged."""


def evaluate(
    dataset: Dataset,
    train: TrainParams,
    params: EvaluateParams,
    progress: Progress = print,
    tuned: Sequence[Dataset] = (),
    model: str = "",
    language_model: tuple[str, Codes] | None = None,
) -> Evaluation:
    """Cross-validate with whole groups held out; all choices are made within the training part.

    Every code of the reference counts, including codes with too few examples to be learned and codes that the gate
    withholds: the figures are for what a user gets.

    If the encoder is fine-tuned, ``tuned`` is the dataset of each fold, embedded by an encoder that was fine-tuned
    on the fold's training part; the encoder as it was is one more baseline.

    ``model`` is the id of the model that is evaluated, ``language_model`` the name and the codes (N, K) of a language
    model that coded the same segments, -1 where it gave no answer. If it is an opinion of the head, the head without it
    is one more baseline. With fewer than two coded groups, nothing can be held out: all figures are undefined, and the
    gate withholds every code.
    """
    if _groups(dataset) < 2:
        return _unmeasured(dataset, train, params, model)
    rows = dataset.rows
    folds = list(outer_folds(dataset, params))
    seen = list(tuned) or [dataset] * len(folds)
    held_out = _held_out(dataset, seen, train, folds, progress, tuned=bool(tuned))
    scored = {name: score_every(dataset, rows, p.chosen[rows], params) for name, p in held_out.items()}
    best, others = held_out["comb"], [name for name in held_out if name != "comb"]
    people = human(dataset, best.chosen, params)
    gated = _gated(dataset, best.chosen, people, folds, params)
    suggested = score_every(dataset, rows, gated[rows], params)
    learned = Comparison(scored["comb"].overall, scored["comb"].intervals, _learned(dataset, scored["comb"]))
    gate = judge_codes(learned, people, params.gate, _groups(dataset))
    kept = held_out_scores(dataset, best.scores)
    leads = {name: lead_every(dataset, best.chosen, held_out[name].chosen, params) for name in others}
    metrics = Metrics(
        overall=with_scores(suggested.overall, gated[rows], best.scores[rows], dataset.targets[rows]),
        intervals=suggested.intervals,
        ungated=ungated(scored["comb"], best.chosen[rows]),
        codes=learned.codes,
        baselines={name: flat(scored[name]) for name in others},
        leads=leads,
        advice=better_baseline({name: flat(found) for name, found in scored.items()}, leads),
        human=replace(people, machine=machine(dataset, gated, params)) if people else None,
        valence=_valence(seen, train, params, folds),
        withheld=dict(dataset.withheld),
        gate=gate,
        familiar=familiar(dataset, slope_of(dataset, best.alone)),
        conformal={f"{share:.2f}": kept.check(withheld(gate), share) for share in COVERAGES},
        protocol=_protocol(dataset, train, params, len(folds)),
        model=model,
        beside=_beside(dataset, held_out, language_model, params),
    )
    return Evaluation(
        metrics,
        _confusion(dataset, gated, rows),
        _calibration(dataset, best.scores, rows),
        [_row("comb", suggested), *(_row(UNGATED if name == "comb" else name, s) for name, s in scored.items())],
        _as_codings(dataset, replace(best, chosen=gated), repr((train, params))),
        kept,
        gated,
    )


def _groups(dataset: Dataset) -> int:
    return len(np.unique(dataset.groups[dataset.rows]))


def _without(dataset: Dataset) -> Dataset:
    """Return the dataset without scores from outside."""
    return replace(dataset, inputs=replace(dataset.inputs, outside={}))


def _beside(
    dataset: Dataset,
    held_out: Mapping[str, Predictions],
    language_model: tuple[str, Codes] | None,
    params: EvaluateParams,
) -> Beside | None:
    """Compare a language model with the head that does not hear it and, if it does, with both together."""
    if language_model is None:
        return None
    name, codes = language_model
    comb = held_out["comb"].chosen
    both = {BOTH: comb} if WITHOUT in held_out else {}
    head = held_out[WITHOUT].chosen if both else comb
    return beside(dataset, name, {HEAD: head, name: codes, **both}, params)


def _learned(dataset: Dataset, found: Comparison) -> dict[str, CodeFigures]:
    return {code: found.codes[code] for code in dataset.codes}


def _held_out(
    dataset: Dataset,
    seen: Sequence[Dataset],
    train: TrainParams,
    folds: Sequence[tuple[NDArray[np.intp], NDArray[np.intp]]],
    progress: Progress,
    *,
    tuned: bool,
) -> dict[str, Predictions]:
    """Return what comb and each baseline say of every segment while its group is held out.

    ``seen`` is the dataset as comb sees it in each fold; ``tuned`` says that its encoder was fine-tuned.
    """
    models: dict[str, Callable[[int, NDArray[np.intp], NDArray[np.intp]], tuple[NDArray[Any], ...]]] = {
        "comb": lambda fold, a, b: _predict(seen[fold], train, a, b),
        **({UNTUNED: lambda _, a, b: _predict(dataset, train, a, b)} if tuned else {}),
        **({WITHOUT: lambda fold, a, b: _predict(_without(seen[fold]), train, a, b)} if dataset.inputs.outside else {}),
        "TF-IDF + logistic regression": lambda _, a, b: tfidf_baseline(dataset, a, b),
        "majority": lambda _, a, b: majority_baseline(dataset, a, b),
    }
    held_out: dict[str, Predictions] = {}
    for name, predict in models.items():
        shape = dataset.targets.shape
        blank = Predictions(np.full_like(dataset.targets, UNREAD), np.zeros(shape), np.zeros(shape))
        for fold, (a, b) in enumerate(folds):
            progress(f"{name}: fold {fold + 1} of {len(folds)}")
            blank.chosen[b], blank.scores[b], *alone = predict(fold, a, b)
            blank.alone[b] = alone[0] if alone else 0.0
        held_out[name] = blank
    return held_out


def _row(name: str, found: Comparison) -> tuple[str, Figure, Figure, Figure]:
    return name, found.overall.macro_f1, found.overall.micro_f1, found.overall.cohen_kappa


def _gated(
    dataset: Dataset,
    chosen: Codes,
    people: People | None,
    folds: Sequence[tuple[NDArray[np.intp], NDArray[np.intp]]],
    params: EvaluateParams,
) -> Codes:
    """Return what is chosen (N, K) without the codes that a gate withholds which has not seen the transcript."""
    out = chosen.copy()
    for a, b in folds:
        groups = dataset.groups[a]
        found = score(dataset.targets[a], chosen[a], groups, dataset.codes, dataset.exclusive, params)
        closed = withheld(judge_codes(found, people, params.gate, len(np.unique(groups))))
        out[b[:, None], np.flatnonzero([code in closed for code in dataset.codes])] = 0
    return out


def _unmeasured(dataset: Dataset, train: TrainParams, params: EvaluateParams, model: str) -> Evaluation:
    """Return the evaluation of a study of which no transcript can be held out: nothing is known, all is withheld."""
    nothing, limits = Estimate(None, None, None), Interval(None, None)
    figures = dict.fromkeys(("macro_f1", "micro_f1", "cohen_kappa", "krippendorff_alpha"))
    counts = (dataset.targets[dataset.rows] == USED).sum(axis=0).tolist()
    codes = {
        code: CodeFigures(n, nothing, nothing, nothing, nothing) for code, n in zip(dataset.codes, counts, strict=True)
    }
    intervals = dict.fromkeys(figures, limits)
    metrics = Metrics(
        overall=OverallWithScores(**figures, coverage=0.0, ece=None),
        intervals=intervals,
        ungated=Ungated(**figures, coverage=0.0, intervals=intervals),
        codes=codes,
        baselines={},
        leads={},
        advice="",
        human=None,
        valence=None,
        withheld=dict(dataset.withheld),
        gate=judge_codes(Comparison(Overall(**figures), intervals, codes), None, params.gate, 0),
        familiar=familiar(dataset, MOST_SLOPE),
        conformal={f"{share:.2f}": None for share in COVERAGES},
        protocol=_protocol(dataset, train, params, 0),
        model=model,
    )
    scores = held_out_scores(dataset, np.zeros(dataset.targets.shape))
    return Evaluation(metrics, [], [], [], [], scores, np.full_like(dataset.targets, UNREAD))


def _protocol(dataset: Dataset, train: TrainParams, params: EvaluateParams, folds: int) -> Protocol:
    rows = dataset.rows
    return Protocol(
        split="whole transcripts" if _one_each(dataset) else "whole participants",
        folds=folds,
        seed=params.seed,
        segments=len(rows),
        transcripts=len({dataset.segments[row].transcript for row in rows}),
        groups=len(np.unique(dataset.groups[rows])),
        bootstrap=params.bootstrap,
        interval="95%, percentile bootstrap over the held-out groups",
        level=train.level,
    )


def outer_folds(dataset: Dataset, params: EvaluateParams) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Yield the training rows and the held-out rows of each fold; there must be at least two coded groups."""
    return inner_folds(dataset.rows, dataset.groups, params.folds, params.seed)


def _predict(
    dataset: Dataset, train: TrainParams, a: NDArray[np.intp], b: NDArray[np.intp]
) -> tuple[Codes, Floats, Floats]:
    """Fit on rows ``a``; return the codes chosen for rows ``b``, their scores, and the scores of each shown alone."""
    head = fit(dataset.inputs, dataset.targets, a, dataset.groups, dataset.codes, train, exclusive=dataset.exclusive)
    scores = head.predict_proba(dataset.inputs, b)
    k = len(dataset.codes)
    chosen = head.predict(scores, dataset.inputs.transcripts[b])[:, :k].astype(np.int8)
    return chosen, scores[:, :k], head.predict_proba(dataset.inputs.alone(), b)[:, :k]


def _valence(
    seen: Sequence[Dataset], train: TrainParams, params: EvaluateParams, folds: Sequence[tuple[Any, Any]]
) -> Comparison | None:
    """Evaluate valence on the segments that people coded; None if fewer than two valences are used enough."""
    dataset = seen[0]
    coded = np.flatnonzero((dataset.targets == USED).any(axis=1))
    targets, names = valence_targets(dataset.valence, coded)
    if len(names) < 2:
        return None
    known = targets[:, 0] != UNREAD
    known &= (dataset.targets == USED).any(axis=1)
    chosen = np.full_like(targets, UNREAD)
    for (a, b), one in zip(folds, seen, strict=True):
        head = fit(one.inputs, targets, a[known[a]], dataset.groups, names, train, exclusive=True)
        test = b[known[b]]
        chosen[test] = head.predict(head.predict_proba(one.inputs, test), one.inputs.transcripts[test])[:, : len(names)]
    rows = np.flatnonzero(known & (chosen != UNREAD).all(axis=1))
    return score(targets[rows], chosen[rows], dataset.groups[rows], names, True, params)


def _one_each(dataset: Dataset) -> bool:
    names = {(s.transcript, g) for s, g in zip(dataset.segments, dataset.groups.tolist(), strict=True)}
    return len(names) == len({g for _, g in names})


def _confusion(dataset: Dataset, chosen: Codes, rows: NDArray[np.intp]) -> list[tuple[str, str]]:
    """Pair each reference code with each suggestion of its segment; what both have is no confusion with the rest."""
    out = []
    for reference, suggested in zip(dataset.reference[rows], dataset.among_every(chosen[rows]), strict=True):
        truth, guess = (
            [c for c, u in zip(dataset.every, codes, strict=True) if u == USED] for codes in (reference, suggested)
        )
        both = [c for c in truth if c in guess]
        left, right = [c for c in truth if c not in both] or [NO_CODE], [c for c in guess if c not in both] or [NO_CODE]
        out += [(c, c) for c in both]
        if not both or left != [NO_CODE] or right != [NO_CODE]:
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
    return [(name, round(m, 4), round(s, 4), n) for name, x, y in pairs for m, s, n in bins(x, y)]
