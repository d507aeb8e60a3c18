"""The head: the classifier on top of the encoder. ``train`` and ``evaluate`` fit it, ``suggest`` uses it.

Shapes: N segments, B embeddings a segment, D dimensions, K codes.

Two linear models look at a segment, one at embeddings (the segment's own and, weaker, those of what the same speaker
said just before and of the question that is answered, with a few plain cues) and one at word and character n-grams. A
third joins what the two say of the segment, and of the segments around it, into probabilities; it is fitted on
segments that the two were not trained on, and thresholds are chosen on its probabilities. Nothing that is chosen has
seen the segments that it is judged on.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from comb.agreement.coefficients import cohen_kappa
from comb.codings.alignment import UNREAD, Codes
from comb.learning.tfidf import KINDS, Ngrams, Rows, fit_ngrams, ngram_rows
from comb.records import Segment
from comb.study.params import TrainParams

Floats = NDArray[np.float64]
Embeddings = NDArray[np.floating[Any]]

CONTEXT_WEIGHT = 0.5
"""Weight of the embeddings of what the speaker said before, and of what a segment answers."""
MIDDLE_WEIGHT = 1.4
"""Weight of the encoder's middle layer beside what it ends with."""
CUE_WEIGHT = 0.5
"""Weight of length, place and question marks beside embeddings of unit length."""
AROUND = 5
"""Segments before and after that are looked at, the near ones more."""
REGULARISATION = 0.2
"""Inverse strength C of the logistic regression on embeddings."""
RIDGE = 3.0
"""Strength of the ridge regression on n-grams."""
EXPECTED = (2.0, 1.0, 0.3)
"""Weights of embeddings, n-grams and what is around that the joint model takes before it has seen a segment."""
TRUST = 5.0
"""How firmly it keeps to them: half of this times the squared distance is added to the loss."""
MOST_ROWS = 50_000
"""Most segments that a head is fitted on, drawn at random from more; bounds time and memory on huge studies."""
SCORED_AT_ONCE = 20_000
GATHERED_AT_ONCE = 4096
CUTS = np.round(np.arange(0.04, 0.92, 0.02), 2)
"""Thresholds that are tried."""
ABSENT = -10.0
"""Logit of a code that no segment trained on has."""
NONE = "(no code)"


@dataclass(frozen=True)
class Inputs:
    """What a head sees of N segments, those of a transcript together and in their order."""

    texts: Sequence[str]
    embeddings: Embeddings
    """(N, B, D): of the segment, the encoder's last layer and its middle one; where B is 4, of what it answers, too."""
    before: NDArray[np.intp]
    """(N,): row of the segment that the same speaker said before in the same transcript, -1 where there is none."""
    cues: NDArray[np.float32]
    """(N, 4): length, place in the transcript, whether it answers a question, whether it is one."""
    transcripts: NDArray[np.intp]
    """(N,): number of the transcript."""

    @classmethod
    def of(cls, segments: Sequence[Segment], embeddings: Embeddings) -> "Inputs":
        """Bring segments and their embeddings together."""
        names = {name: number for number, name in enumerate(dict.fromkeys(s.transcript for s in segments))}
        transcripts = np.array([names[segment.transcript] for segment in segments], np.intp)
        texts = [segment.text for segment in segments]
        return cls(texts, embeddings, previous_rows(segments), _cues(segments, transcripts), transcripts)

    def features(self, rows: NDArray[np.intp]) -> Embeddings:
        """Give the dense features (len(rows), (B + 1) D + 4)."""
        _, b, d = self.embeddings.shape
        out = np.empty((len(rows), (b + 1) * d + self.cues.shape[1]), np.float32)
        blocks = out[:, : (b + 1) * d].reshape(len(rows), b + 1, d)
        for low in range(0, len(rows), GATHERED_AT_ONCE):
            part = slice(low, low + GATHERED_AT_ONCE)
            before = self.before[rows[part]]
            blocks[part, :b] = self.embeddings[rows[part]]
            blocks[part, b] = self.embeddings[before, 0] * (before >= 0)[:, None]
        blocks *= np.outer((1, CONTEXT_WEIGHT, CONTEXT_WEIGHT), (1, MIDDLE_WEIGHT)).ravel()[: b + 1, None]
        out[:, (b + 1) * d :] = CUE_WEIGHT * self.cues[rows]
        return out


def _cues(segments: Sequence[Segment], transcripts: NDArray[np.intp]) -> NDArray[np.float32]:
    """Give the cues (N, 4), each between 0 and about 1."""
    counts = np.bincount(transcripts, minlength=1)
    first = np.cumsum(counts) - counts
    place = (np.arange(len(segments)) - first[transcripts]) / np.maximum(counts[transcripts] - 1, 1)
    length = np.log1p([len(segment.text.split()) for segment in segments]) / 3
    asked = [segment.context.rstrip().endswith("?") for segment in segments]
    asks = [segment.text.rstrip().endswith("?") for segment in segments]
    return np.column_stack([length, place, asked, asks]).astype(np.float32)


@dataclass(frozen=True)
class Linear:
    """A linear map (F, K) with an offset (K,)."""

    weights: Floats
    offset: Floats

    def __call__(self, features: Any) -> Floats:
        """Map features (N, F) to values (N, K)."""
        values: Floats = features @ self.weights + self.offset
        return values


@dataclass(frozen=True)
class Classifier:
    """A fitted classifier for K codes."""

    codes: tuple[str, ...]
    exclusive: bool
    dense: Linear
    ngrams: tuple[Ngrams, ...]
    """Of words and of characters; none where n-grams are not used."""
    sparse: Linear
    joint: Linear
    """From the values of both models (N, 2 K), or of one, and of the segments around (N, K), to logits (N, K)."""
    thresholds: Floats
    """(K,)."""

    def scores(self, inputs: Inputs, rows: NDArray[np.intp]) -> Floats:
        """Give the probability (len(rows), K) of each code; the rows of a transcript see each other."""
        parts = [rows[start : start + SCORED_AT_ONCE] for start in range(0, len(rows), SCORED_AT_ONCE)]
        values = np.concatenate([self._values(inputs, part) for part in parts or [rows]])
        return _link(self.joint(_with_around(values, inputs.transcripts[rows], len(self.codes))), self.exclusive)

    def _values(self, inputs: Inputs, rows: NDArray[np.intp]) -> Floats:
        blocks = [self.dense(inputs.features(rows))]
        if self.ngrams:
            blocks.append(self.sparse(_ngram_rows(self.ngrams, inputs, rows)))
        return np.hstack(blocks)

    def needed(self, scores: Floats) -> Floats:
        """Give the score (N, K) that each code needs to be suggested.

        That is the code's threshold. In an exclusive codebook codes compete, each score taken relative to its own
        threshold: there it is the score that would equal the strongest rival.
        """
        if not self.exclusive:
            return np.broadcast_to(self.thresholds, scores.shape)
        relative = scores / self.thresholds
        rivals = np.stack(
            [np.delete(relative, k, axis=1).max(axis=1, initial=0) for k in range(len(self.codes))], axis=1
        )
        needed: Floats = rivals * self.thresholds
        return needed

    def chosen(self, scores: Floats) -> NDArray[np.bool_]:
        """Tell which codes (N, K) are suggested; in an exclusive codebook exactly one, which may be ``NONE``."""
        if not self.exclusive:
            return np.asarray(scores >= self.thresholds)
        best = (scores / self.thresholds).argmax(axis=1)
        return np.asarray(best[:, None] == np.arange(scores.shape[1]))


def previous_rows(segments: Sequence[Segment]) -> NDArray[np.intp]:
    """Give, for each segment, the row of what the same speaker said before, -1 where there is nothing."""
    last: dict[tuple[str, str], int] = {}
    rows = []
    for row, segment in enumerate(segments):
        key = (segment.transcript, segment.speaker)
        rows.append(last.get(key, -1))
        last[key] = row
    return np.array(rows, np.intp)


def fit(
    inputs: Inputs,
    targets: Codes,
    rows: NDArray[np.intp],
    groups: NDArray[np.intp],
    codes: Sequence[str],
    params: TrainParams,
    *,
    exclusive: bool,
) -> Classifier:
    """Fit a classifier on some rows of the inputs.

    ``targets`` (N, K) holds 1 or 0 (rows with -1 are left out), ``groups`` (N,) what stays together in inner folds: a
    transcript, or a participant. Where an exclusive codebook has segments without a code, ``NONE`` is learned as well
    and comes last among the classifier's codes.
    """
    rows = rows[(targets[rows] != UNREAD).all(axis=1)]
    rows = _at_most(rows, inputs.transcripts, params.seed)
    names = tuple(codes)
    if exclusive and (targets[rows] == 0).all(axis=1).any():
        targets = np.hstack([targets, (targets == 0).all(axis=1, keepdims=True).astype(np.int8)])
        names = (*names, NONE)
    # Where only some segments of a transcript are coded, those around them are judged all the same.
    seen = np.flatnonzero(np.isin(groups, groups[rows]))
    held_out = np.zeros((len(targets), len(names) * (2 if params.ngrams else 1)))
    for train, test in inner_folds(rows, groups, params.inner_folds, params.seed):
        judged = np.union1d(test, seen[np.isin(groups[seen], np.setdiff1d(groups[test], groups[train]))])
        held_out[judged] = np.hstack(_fit_blocks(inputs, targets, train, judged, exclusive, params.ngrams)[-1])
    around = _with_around(held_out[seen], inputs.transcripts[seen], len(names))
    values = around[np.searchsorted(seen, rows)]
    joint = _fit_joint(values, targets[rows], exclusive)
    thresholds = _thresholds(_link(joint(values), exclusive), targets[rows], exclusive)
    dense, chosen, sparse, _ = _fit_blocks(inputs, targets, rows, rows[:0], exclusive, params.ngrams)
    return Classifier(names, exclusive, dense, chosen, sparse, joint, thresholds)


def _at_most(rows: NDArray[np.intp], transcripts: NDArray[np.intp], seed: int) -> NDArray[np.intp]:
    """Give at most ``MOST_ROWS`` rows: whole transcripts drawn at random, the last one cut."""
    if len(rows) <= MOST_ROWS:
        return rows
    order = np.random.default_rng(seed).permutation(transcripts.max() + 1)
    drawn = rows[np.argsort(order[transcripts[rows]], kind="stable")]
    return np.sort(drawn[:MOST_ROWS])


def _with_around(values: Floats, transcripts: NDArray[np.intp], k: int) -> Floats:
    """Put beside the models' values (N, 2 K) what they say, together, of the segments around (N, K).

    That is the mean over ``AROUND`` segments before and after in the same transcript, weighted by 1 / distance.
    """
    both = values.reshape(len(values), -1, k).sum(axis=1)
    total, weight = np.zeros_like(both), np.zeros((len(both), 1))
    for step in range(1, AROUND + 1):
        pairs = np.flatnonzero(transcripts[step:] == transcripts[:-step])
        for here, there in ((pairs, pairs + step), (pairs + step, pairs)):
            total[here] += both[there] / step
            weight[here] += 1 / step
    return np.hstack([values, total / np.maximum(weight, 1e-9)])


def inner_folds(
    rows: NDArray[np.intp], groups: NDArray[np.intp], folds: int, seed: int
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Split rows into train and test so that no group is in both; a lone group is split by position in the text."""
    labels = groups[rows]
    if len(np.unique(labels)) < 2:
        labels = np.arange(len(rows)) * folds // max(len(rows), 1)
    present = np.unique(labels)
    for part in np.array_split(np.random.default_rng(seed).permutation(present), min(folds, len(present))):
        test = np.isin(labels, part)
        yield rows[~test], rows[test]


def _fit_blocks(
    inputs: Inputs, targets: Codes, train: NDArray[np.intp], test: NDArray[np.intp], exclusive: bool, ngrams: bool
) -> tuple[Linear, tuple[Ngrams, ...], Linear, list[Floats]]:
    """Fit both blocks on ``train``; give them with their values (N, K) each on ``test``."""
    answers = targets[train]
    dense = _logistic(inputs.features(train), answers, exclusive, REGULARISATION)
    values = [dense(inputs.features(test))]
    none = Linear(np.zeros((0, answers.shape[1])), np.zeros(answers.shape[1]))
    if not ngrams:
        return dense, (), none, values
    texts = [inputs.texts[row] for row in train]
    chosen = tuple(fit_ngrams(texts, kind) for kind in KINDS)
    sparse = _ridge(_ngram_rows(chosen, inputs, train).matrix(), answers)
    if len(test):
        values.append(sparse(_ngram_rows(chosen, inputs, test)))
    return dense, chosen, sparse, values


def _logistic(features: Any, answers: Codes, exclusive: bool, c: float) -> Linear:
    """Fit a logistic regression per code, or one over all codes where codes exclude each other."""
    from sklearn.linear_model import LogisticRegression

    columns = [answers.argmax(axis=1)] if exclusive else list(answers.T)
    weights = np.zeros((features.shape[1], answers.shape[1]))
    offset = np.zeros(answers.shape[1])
    for index, column in enumerate(columns):
        if len(np.unique(column)) < 2:  # nothing to tell apart: says nothing
            continue
        model = LogisticRegression(C=c, class_weight="balanced", max_iter=500, tol=1e-3).fit(features, column)
        coefficients, intercept = model.coef_.T, model.intercept_
        if exclusive and len(model.classes_) == 2:
            coefficients, intercept = (
                np.hstack([-coefficients, coefficients]) / 2,
                np.hstack([-intercept, intercept]) / 2,
            )
        where = model.classes_ if exclusive else [index]
        weights[:, where], offset[where] = coefficients, intercept
    return Linear(weights, offset)


def _ridge(features: Any, answers: Codes) -> Linear:
    """Fit all codes at once by least squares: as good as logistic regression on n-grams, and many times faster."""
    from sklearn.linear_model import Ridge

    model = Ridge(alpha=RIDGE, solver="sparse_cg", tol=1e-3).fit(features, 2.0 * answers - 1)
    return Linear(np.atleast_2d(model.coef_).T.astype(np.float64), np.atleast_1d(model.intercept_))


def _ngram_rows(chosen: Sequence[Ngrams], inputs: Inputs, rows: NDArray[np.intp]) -> Rows:
    return ngram_rows(chosen, [inputs.texts[row] for row in rows])


def _fit_joint(values: Floats, answers: Codes, exclusive: bool) -> Linear:
    """Join values (N, 3 K) to logits (N, K), per code, or over all codes where they compete.

    Logistic regression whose weights are drawn to ``EXPECTED`` and not to zero (a normal prior with that mean): few
    segments tell next to nothing of how far each model is to be trusted, or even that it is always wrong.
    """
    from scipy.optimize import minimize

    k = answers.shape[1]
    known = answers.any(axis=0) & (exclusive | ~answers.all(axis=0))
    truth, codes = answers[:, known].astype(np.float64), int(known.sum())
    own = np.tile(known, values.shape[1] // k)
    features, blocks = values[:, own], values.shape[1] // k
    expected = np.kron(np.array(EXPECTED if blocks == len(EXPECTED) else EXPECTED[::2])[:, None], np.eye(codes))
    free = np.ones_like(expected) if exclusive else expected != 0

    def loss(parameters: Floats) -> tuple[float, Floats]:
        change, offset = np.split(parameters.reshape(-1, codes), [-1])
        p = np.clip(_link(features @ (expected + change) + offset, exclusive), 1e-12, 1 - 1e-12)
        told = (truth * np.log(p)).sum() + (0 if exclusive else ((1 - truth) * np.log(1 - p)).sum())
        slope = free * (features.T @ (p - truth)) + TRUST * change
        return TRUST / 2 * (change**2).sum() - told, np.vstack([slope, (p - truth).sum(axis=0)]).ravel()

    weights, offsets = np.zeros((values.shape[1], k)), np.full(k, ABSENT)
    if codes:
        start = np.zeros((len(expected) + 1) * codes)
        found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 1000}).x.reshape(-1, codes)
        weights[np.ix_(own, known)], offsets[known] = expected + found[:-1], found[-1]
    return Linear(weights, offsets)


def _link(logits: Floats, exclusive: bool) -> Floats:
    """Turn logits into probabilities: softmax where codes exclude each other, logistic where they do not."""
    if not exclusive:
        logistic: Floats = 1 / (1 + np.exp(-logits))
        return logistic
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    softmax: Floats = powers / powers.sum(axis=1, keepdims=True)
    return softmax


def _thresholds(scores: Floats, answers: Codes, exclusive: bool) -> Floats:
    """Choose each code's threshold (K,) for the highest Cohen's kappa on held-out scores."""
    if not exclusive:
        return np.array([_best_cut(scores[:, k], answers[:, k]) for k in range(answers.shape[1])])
    thresholds = np.full(answers.shape[1], 0.5)
    truth = answers.argmax(axis=1)
    best = -1.0
    for _ in range(3):
        for k in range(len(thresholds)):
            for cut in CUTS:
                trial = thresholds.copy()
                trial[k] = cut
                value = _worth(truth, (scores / trial).argmax(axis=1), len(thresholds))
                if value > best + 1e-9:
                    best, thresholds = value, trial
    return thresholds


def _best_cut(scores: Floats, answers: NDArray[np.int8]) -> float:
    cuts = CUTS
    used = scores >= cuts[:, None]
    yes = answers == 1
    hits, false = (used & yes).sum(axis=1), (used & ~yes).sum(axis=1)
    missed, right = yes.sum() - hits, (~yes).sum() - false
    kappas = cohen_kappa(np.stack([np.stack([right, false], -1), np.stack([missed, hits], -1)], axis=-2))
    return float(cuts[np.nan_to_num(kappas, nan=-1.0).argmax()])


def _worth(truth: NDArray[np.intp], guess: NDArray[np.intp], k: int) -> float:
    """Kappa and macro-F1 together: kappa alone gives up rare codes."""
    table = np.bincount(truth * k + guess, minlength=k * k).reshape(k, k).astype(float)
    with np.errstate(invalid="ignore"):
        f1 = 2 * np.diag(table) / (table.sum(axis=0) + table.sum(axis=1))
    return float(np.nan_to_num(cohen_kappa(table)) + np.nan_to_num(f1).mean())
