"""The classifier on top of the encoder. ``train`` and ``evaluate`` fit it, ``suggest`` uses it.

Shapes: N segments, B embeddings a segment, D dimensions, K codes.

Two linear models look at a segment: one at embeddings (the segment's own and, with less weight, those of what the same
speaker said just before and of the question being answered, with a few plain metadata features), the other at word and
character n-grams. The stacker joins their values for the segment and for those near it into probabilities. It is fitted
on segments that the two models were not trained on, and thresholds are chosen on its probabilities: everything is
chosen on segments that took no part in training what is being chosen.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from comb.codings.alignment import UNREAD, Codes
from comb.learning.features import Inputs
from comb.learning.linear import Linear, fit_logistic, fit_ridge
from comb.learning.stacker import fit_stacker, link, with_window
from comb.learning.tfidf import KINDS, Ngrams, Rows, fit_ngrams, ngram_rows
from comb.learning.thresholds import Floats, best_thresholds
from comb.study.params import TrainParams

MOST_ROWS = 50_000
"""Most segments that a head is fitted on, drawn at random from more; bounds time and memory on huge studies."""
SCORED_AT_ONCE = 20_000
NO_CODE = "(no code)"


@dataclass(frozen=True)
class Classifier:
    """A fitted classifier for K codes."""

    codes: tuple[str, ...]
    exclusive: bool
    dense: Linear
    ngrams: tuple[Ngrams, ...]
    """Of words and of characters; none where n-grams are not used."""
    sparse: Linear
    stacker: Linear
    """From the values of both models (N, 2 K), or of one, and of the segments around (N, K), to logits (N, K)."""
    thresholds: Floats
    """(K,)."""

    def predict_proba(self, inputs: Inputs, rows: NDArray[np.intp]) -> Floats:
        """Return the probability (len(rows), K) of each code; the rows of a transcript see each other."""
        parts = [rows[start : start + SCORED_AT_ONCE] for start in range(0, len(rows), SCORED_AT_ONCE)]
        values = np.concatenate([self._values(inputs, part) for part in parts or [rows]])
        return link(self.stacker(with_window(values, inputs.transcripts[rows], len(self.codes))), self.exclusive)

    def _values(self, inputs: Inputs, rows: NDArray[np.intp]) -> Floats:
        blocks = [self.dense(inputs.features(rows))]
        if self.ngrams:
            blocks.append(self.sparse(_ngram_rows(self.ngrams, inputs, rows)))
        return np.hstack(blocks)

    def effective_thresholds(self, scores: Floats) -> Floats:
        """Return the score (N, K) that each code needs to be suggested.

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

    def shift_adjusted(self, scores: Floats) -> "Classifier":
        """Return this classifier with thresholds for segments with these scores (N, K): see ``thresholds``."""
        return replace(self, thresholds=best_thresholds(scores, scores, exclusive=self.exclusive))

    def predict(self, scores: Floats) -> NDArray[np.bool_]:
        """Tell which codes (N, K) are suggested; in an exclusive codebook exactly one, which may be ``NO_CODE``."""
        if not self.exclusive:
            return np.asarray(scores >= self.thresholds)
        best = (scores / self.thresholds).argmax(axis=1)
        return np.asarray(best[:, None] == np.arange(scores.shape[1]))


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
    transcript, or a participant. Where an exclusive codebook has segments without a code, ``NO_CODE`` is learned too,
    and comes last among the classifier's codes.
    """
    rows = rows[(targets[rows] != UNREAD).all(axis=1)]
    rows = _at_most(rows, inputs.transcripts, params.seed)
    names = tuple(codes)
    if exclusive and (targets[rows] == 0).all(axis=1).any():
        targets = np.hstack([targets, (targets == 0).all(axis=1, keepdims=True).astype(np.int8)])
        names = (*names, NO_CODE)
    # Where only some segments of a transcript are coded, those around them are judged all the same.
    seen = np.flatnonzero(np.isin(groups, groups[rows]))
    held_out = np.zeros((len(targets), len(names) * (2 if params.ngrams else 1)))
    for train, test in inner_folds(rows, groups, params.inner_folds, params.seed):
        judged = np.union1d(test, seen[np.isin(groups[seen], np.setdiff1d(groups[test], groups[train]))])
        held_out[judged] = np.hstack(_fit_blocks(inputs, targets, train, judged, exclusive, params.ngrams)[-1])
    window = with_window(held_out[seen], inputs.transcripts[seen], len(names))
    values = window[np.searchsorted(seen, rows)]
    stacker = fit_stacker(values, targets[rows], exclusive=exclusive)
    thresholds = best_thresholds(link(stacker(values), exclusive), targets[rows], exclusive=exclusive)
    dense, chosen, sparse, _ = _fit_blocks(inputs, targets, rows, rows[:0], exclusive, params.ngrams)
    return Classifier(names, exclusive, dense, chosen, sparse, stacker, thresholds)


def _at_most(rows: NDArray[np.intp], transcripts: NDArray[np.intp], seed: int) -> NDArray[np.intp]:
    """Return at most ``MOST_ROWS`` rows: whole transcripts drawn at random, the last one cut."""
    if len(rows) <= MOST_ROWS:
        return rows
    order = np.random.default_rng(seed).permutation(transcripts.max() + 1)
    drawn = rows[np.argsort(order[transcripts[rows]], kind="stable")]
    return np.sort(drawn[:MOST_ROWS])


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
    dense = fit_logistic(inputs.features(train), answers, exclusive=exclusive)
    values = [dense(inputs.features(test))]
    none = Linear(np.zeros((0, answers.shape[1])), np.zeros(answers.shape[1]))
    if not ngrams:
        return dense, (), none, values
    texts = [inputs.texts[row] for row in train]
    chosen = tuple(fit_ngrams(texts, kind) for kind in KINDS)
    sparse = fit_ridge(_ngram_rows(chosen, inputs, train).matrix(), answers)
    if len(test):
        values.append(sparse(_ngram_rows(chosen, inputs, test)))
    return dense, chosen, sparse, values


def _ngram_rows(chosen: Sequence[Ngrams], inputs: Inputs, rows: NDArray[np.intp]) -> Rows:
    return ngram_rows(chosen, [inputs.texts[row] for row in rows])
