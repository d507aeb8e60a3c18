"""Evaluate by whole transcripts, as if each interview were new to the model.

Shapes: N segments, K codes, T held-out groups (transcripts, or participants), R bootstrap replicates.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from comb.agreement.coefficients import Floats
from comb.codings.alignment import UNREAD, USED, Codes
from comb.errors import BadInputError
from comb.evaluation.baselines import majority_baseline, tfidf_baseline
from comb.evaluation.beside import BOTH, HEAD, beside
from comb.evaluation.code_gate import judge_codes, withheld
from comb.evaluation.conformal import COVERAGES, HeldOutScores, held_out_scores
from comb.evaluation.results import (
    Beside,
    Comparison,
    Figure,
    Interval,
    MachineAmongPeople,
    Metrics,
    Overall,
    OverallWithScores,
    PairMean,
    People,
    Protocol,
    TransferMetrics,
    TransferProtocol,
)
from comb.evaluation.scoring import bins, expected_calibration_error, score
from comb.learning.artifact import Model
from comb.learning.classifier import NO_CODE, fit, inner_folds
from comb.learning.dataset import Dataset, valence_targets
from comb.records import Coding
from comb.study.params import EvaluateParams, TrainParams

Progress = Callable[[str], object]
UNTUNED = "comb, encoder not fine-tuned"
WITHOUT = "comb, without the language model"


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

    metrics: Metrics
    confusion: list[tuple[str, str]]
    """(reference, suggested) once per segment."""
    calibration: list[tuple[str, float, float, int]]
    """(code, mean score, share coded so by people, segments) per bin of scores."""
    table: list[tuple[str, Figure, Figure, Figure]]
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
    model: str = "",
    language_model: tuple[str, Codes] | None = None,
) -> Evaluation:
    """Cross-validate with whole groups held out, everything that is chosen being chosen inside the training part.

    Where the encoder is fine-tuned, ``tuned`` is the dataset of each fold, embedded by an encoder that was fine-tuned
    on the fold's training part; the encoder as it was is one more baseline.

    ``model`` is the id of the model that is evaluated, ``language_model`` the name and the codes (N, K) of a language
    model that coded the same segments, -1 where it gave no answer. Where it is an opinion of the head, the head without
    it is one more baseline. Raises BadInputError where fewer than two groups are coded.
    """
    rows = dataset.rows
    folds = list(outer_folds(dataset, params))
    seen = list(tuned) or [dataset] * len(folds)
    held_out = _hold_out(dataset, seen, folds, train, progress, tuned=bool(tuned))
    groups = dataset.groups[rows]
    scored = {
        name: score(dataset.targets[rows], p.chosen[rows], groups, dataset.codes, dataset.exclusive, params)
        for name, p in held_out.items()
    }
    best = held_out["comb"]
    people = human(dataset, best, params)
    gate = judge_codes(scored["comb"].codes, people, params.gate)
    kept = held_out_scores(dataset, best.scores)
    metrics = Metrics(
        overall=_with_scores(scored["comb"].overall, best.chosen[rows], best.scores[rows], dataset.targets[rows]),
        intervals=scored["comb"].intervals,
        codes=scored["comb"].codes,
        baselines={name: _flat(found) for name, found in scored.items() if name != "comb"},
        human=people,
        valence=_valence(seen, train, params, folds),
        withheld=dict(dataset.withheld),
        gate=gate,
        conformal={f"{share:.2f}": kept.check(withheld(gate), share) for share in COVERAGES},
        protocol=_protocol(dataset, train, params, len(folds)),
        model=model,
        beside=_beside(dataset, held_out, language_model, params),
    )
    return Evaluation(
        metrics,
        _confusion(dataset, best.chosen, rows),
        _calibration(dataset, best.scores, rows),
        [(name, s.overall.macro_f1, s.overall.micro_f1, s.overall.cohen_kappa) for name, s in scored.items()],
        _as_codings(dataset, best, repr((train, params))),
        kept,
    )


def _hold_out(
    dataset: Dataset,
    seen: Sequence[Dataset],
    folds: Sequence[tuple[NDArray[np.intp], NDArray[np.intp]]],
    train: TrainParams,
    progress: Progress,
    *,
    tuned: bool,
) -> dict[str, Predictions]:
    """Return what each model says of the segments held out of its training, by the model's name."""
    models: dict[str, Callable[[int, NDArray[np.intp], NDArray[np.intp]], tuple[Codes, Floats]]] = {
        "comb": lambda fold, a, b: _predict(seen[fold], train, a, b),
        **({UNTUNED: lambda _, a, b: _predict(dataset, train, a, b)} if tuned else {}),
        **({WITHOUT: lambda fold, a, b: _predict(_without(seen[fold]), train, a, b)} if dataset.inputs.outside else {}),
        "TF-IDF + logistic regression": lambda _, a, b: tfidf_baseline(dataset, a, b),
        "majority": lambda _, a, b: majority_baseline(dataset, a, b),
    }
    held_out = {}
    for name, predict in models.items():
        blank = Predictions(np.full_like(dataset.targets, UNREAD), np.zeros(dataset.targets.shape))
        for fold, (a, b) in enumerate(folds):
            progress(f"{name}: fold {fold + 1} of {len(folds)}")
            blank.chosen[b], blank.scores[b] = predict(fold, a, b)
        held_out[name] = blank
    return held_out


def _without(dataset: Dataset) -> Dataset:
    """Return the dataset without scores from outside."""
    return replace(dataset, inputs=replace(dataset.inputs, outside={}))


def _beside(
    dataset: Dataset,
    held_out: Mapping[str, Predictions],
    language_model: tuple[str, Codes] | None,
    params: EvaluateParams,
) -> Beside | None:
    """Compare a language model with the head that does not hear it and, where it does, with both together."""
    if language_model is None:
        return None
    name, codes = language_model
    if WITHOUT not in held_out:
        return beside(dataset, name, {HEAD: held_out["comb"].chosen, name: codes}, params)
    machines = {HEAD: held_out[WITHOUT].chosen, name: codes, BOTH: held_out["comb"].chosen}
    return beside(dataset, name, machines, params)


def human(dataset: Dataset, machine: Predictions, params: EvaluateParams) -> People | None:
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
    kappas = [pair.intervals["cohen_kappa"] for pair in pairs]
    return People(
        **_means(pairs),
        intervals={"cohen_kappa": Interval(_average([k.low for k in kappas]), _average([k.high for k in kappas]))},
        coders=len(names),
        pairs=len(pairs),
        segments=int(shared.sum()),
        codes={code: _mean_of_code(pairs, code) for code in dataset.codes},
        machine=MachineAmongPeople(
            **_means(beside), codes={code: _mean_of_code(beside, code) for code in dataset.codes}
        ),
    )


def transfer(dataset: Dataset, model: Model, params: EvaluateParams) -> TransferMetrics:
    """Evaluate a trained model on transcripts that it was not trained on; ``dataset`` holds the model's codes."""
    rows, k = dataset.rows, len(dataset.codes)
    scores = model.codes.predict_proba(dataset.inputs, rows)
    chosen = model.codes.predict(scores)[:, :k].astype(np.int8)
    truth, groups = dataset.targets[rows], dataset.groups[rows]
    found = score(truth, chosen, groups, dataset.codes, dataset.exclusive, params)
    return TransferMetrics(
        overall=_with_scores(found.overall, chosen, scores[:, :k], truth),
        intervals=found.intervals,
        codes=found.codes,
        protocol=TransferProtocol(len(rows), len(np.unique(groups)), model.id),
    )


def _with_scores(overall: Overall, chosen: Codes, scores: Floats, truth: Codes) -> OverallWithScores:
    coverage = float((chosen == USED).any(axis=1).mean())
    return OverallWithScores(**vars(overall), coverage=coverage, ece=expected_calibration_error(scores, truth))


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
    """Yield the rows trained on and those held out, fold by fold.

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


def _valence(
    seen: Sequence[Dataset], train: TrainParams, params: EvaluateParams, folds: Sequence[tuple[Any, Any]]
) -> Comparison | None:
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


def _flat(found: Comparison) -> dict[str, Figure]:
    """Return the overall figures of a baseline and the limits of their intervals, as one row."""
    limits = {f"{name}_{side}": value for name, pair in found.intervals.items() for side, value in vars(pair).items()}
    return {**vars(found.overall), **limits}


def _means(scored: Sequence[Comparison]) -> dict[str, Figure]:
    return {name: _average([vars(s.overall)[name] for s in scored]) for name in vars(scored[0].overall)}


def _mean_of_code(scored: Sequence[Comparison], code: str) -> PairMean:
    figures = [s.codes[code] for s in scored]
    return PairMean(_average([f.f1.value for f in figures]), _average([f.cohen_kappa.value for f in figures]))


def _average(values: Sequence[Figure]) -> Figure:
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
