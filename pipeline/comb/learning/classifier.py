"""The classifier on top of the encoder. ``train`` and ``evaluate`` fit it, ``suggest`` uses it.

Shapes: N segments, M opinions, K codes.

Several models, called opinions, judge a segment: ``comb.learning.opinions`` lists them. The stacker combines their
logits for the segment and for those near it into probabilities. It is fitted on segments on which the opinions were not
trained, and thresholds are chosen on its held-out probabilities. Some of these segments are shown alone, like a
sentence without its transcript.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from comb.codings.alignment import UNREAD, Codes
from comb.learning.features import Inputs
from comb.learning.linear import link
from comb.learning.opinions import available
from comb.learning.opinions.protocol import Judge, Opinion, Task
from comb.learning.stacker import Stacker, fit_stacker
from comb.learning.thresholds import Floats, best_thresholds, home_rows, softened, thresholds_by_transcript
from comb.learning.worth import HeldOut, Worth, earned, worths
from comb.study.params import TrainParams

MOST_ROWS = 50_000
"""Most segments on which a head is fitted, drawn at random from more; bounds time and memory in huge studies."""
SCORED_AT_ONCE = 20_000
SHOWN_ALONE = 0.3
"""Share of the segments that the stacker also sees alone."""
NO_CODE = "(no code)"


@dataclass(frozen=True)
class Classifier:
    """A fitted classifier for K codes."""

    codes: tuple[str, ...]
    exclusive: bool
    judges: dict[str, Judge]
    """The M opinions in use by name, in the stacker's order."""
    stacker: Stacker
    thresholds: Floats
    """(K,): thresholds for text like that of the training part."""
    home: Floats
    """(M, K): held-out scores of some segments of the training part."""
    worth: tuple[Worth, ...] = ()
    """The worth of each opinion in training; empty if it was not measured."""

    def predict_proba(self, inputs: Inputs, rows: NDArray[np.intp]) -> Floats:
        """Return the probability (len(rows), K) of each code; the rows of a transcript are each other's context."""
        parts = [rows[start : start + SCORED_AT_ONCE] for start in range(0, len(rows), SCORED_AT_ONCE)]
        values = np.concatenate([_values(self.judges.values(), inputs, part) for part in parts or [rows]])
        return link(self.stacker(values, inputs.transcripts[rows]), self.exclusive)

    def thresholds_for(self, scores: Floats, transcripts: NDArray[np.intp]) -> Floats:
        """Return the thresholds (N, K) for segments with these scores (N, K) in these transcripts (N,)."""
        return thresholds_by_transcript(scores, transcripts, self.thresholds, self.home, exclusive=self.exclusive)

    def effective_thresholds(self, scores: Floats, transcripts: NDArray[np.intp]) -> Floats:
        """Return the score (N, K) that each code needs to be suggested.

        This is the code's threshold. In an exclusive codebook, codes compete by their score relative to their
        threshold; there it is the score that would equal the strongest rival.
        """
        return self.needed(scores, self.thresholds_for(scores, transcripts))

    def needed(self, scores: Floats, thresholds: Floats) -> Floats:
        """Return the result of ``effective_thresholds``, given the thresholds (N, K) of the segments' transcripts."""
        if not self.exclusive:
            return thresholds
        relative = scores / thresholds
        rivals = np.stack(
            [np.delete(relative, k, axis=1).max(axis=1, initial=0) for k in range(len(self.codes))], axis=1
        )
        scaled: Floats = rivals * thresholds
        return scaled

    def shift_adjusted(self, scores: Floats) -> "Classifier":
        """Return this classifier with thresholds adjusted to segments with these scores (N, K): see ``thresholds``."""
        thresholds = best_thresholds(scores, scores, exclusive=self.exclusive)
        return replace(self, thresholds=thresholds, home=home_rows(scores, seed=1))

    def softened(self, share: Floats, slope: float) -> "Classifier":
        """Return this classifier with thresholds for scores that ``thresholds.softened`` has shrunk to a share (K,)."""
        return self.shift_adjusted(softened(self.home, share, slope, exclusive=self.exclusive))

    def predict(self, scores: Floats, transcripts: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Return the suggested codes (N, K); in an exclusive codebook exactly one each, which may be ``NO_CODE``."""
        return self.chosen(scores, self.thresholds_for(scores, transcripts))

    def chosen(self, scores: Floats, thresholds: Floats) -> NDArray[np.bool_]:
        """Return the result of ``predict``, given the thresholds (N, K) of the segments' transcripts."""
        if not self.exclusive:
            return np.asarray(scores >= thresholds)
        best = (scores / thresholds).argmax(axis=1)
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
    weigh: bool = False,
    opinions: Sequence[Opinion] = (),
) -> Classifier:
    """Fit a classifier on some rows of the inputs.

    ``targets`` (N, K) is 1 or 0 (rows with -1 are left out); ``groups`` (N,) are the units that stay together in inner
    folds: transcripts, or participants. If an exclusive codebook has segments without a code, ``NO_CODE`` is learned
    too, and comes last among the classifier's codes. With ``weigh``, the worth of each opinion is measured as well.
    ``opinions`` are by default all those for which the study has the necessary data.
    """
    rows = rows[(targets[rows] != UNREAD).all(axis=1)]
    rows = _at_most(rows, inputs.transcripts, params.seed)
    names = tuple(codes)
    if exclusive and (targets[rows] == 0).all(axis=1).any():
        targets = np.hstack([targets, (targets == 0).all(axis=1, keepdims=True).astype(np.int8)])
        names = (*names, NO_CODE)
    task = Task(names, exclusive, params.seed)
    able = {one.name: one for one in opinions or available(inputs, task, without=_switched_off(params))}
    held = _hold_out(list(able.values()), inputs, targets, rows, groups, task, params.inner_folds)
    candidates = [name for name, one in able.items() if one.must_earn]
    joined = earned(held, [name for name in able if name not in candidates], candidates)
    found = worths(held, joined) if weigh else []
    held = held.only(joined)
    features, answers = held.features()
    stacker = fit_stacker(features, answers, held.means, held.expected, exclusive=exclusive)
    scores = link(stacker.join(features), exclusive)[: len(rows)]
    judges = {name: able[name].fit(inputs, rows, targets[rows], task) for name in joined}
    none = np.zeros(len(names))
    return Classifier(names, exclusive, judges, stacker, none, scores[:0], tuple(found)).shift_adjusted(scores)


def _switched_off(params: TrainParams) -> frozenset[str]:
    """Return the opinions that the study's params do without."""
    return frozenset() if params.ngrams else frozenset({"n-grams"})


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
    """Split rows into training and test rows, with no group in both; a single group is split by position."""
    labels = groups[rows]
    if len(np.unique(labels)) < 2:
        labels = np.arange(len(rows)) * folds // max(len(rows), 1)
    present = np.unique(labels)
    for part in np.array_split(np.random.default_rng(seed).permutation(present), min(folds, len(present))):
        test = np.isin(labels, part)
        yield rows[~test], rows[test]


def _hold_out(
    opinions: Sequence[Opinion],
    inputs: Inputs,
    targets: Codes,
    rows: NDArray[np.intp],
    groups: NDArray[np.intp],
    task: Task,
    folds: int,
) -> HeldOut:
    """Return what the opinions say of segments that they were not fitted on, then of some of these shown alone.

    If only some segments of a transcript are coded, those around them are judged all the same.
    """
    seen = np.flatnonzero(np.isin(groups, groups[rows]))
    lone = rows[np.random.default_rng(task.seed).random(len(rows)) < SHOWN_ALONE]
    alone = inputs.alone()
    shape = len(targets), len(opinions), len(task.codes)
    within, apart = np.full(shape, np.nan), np.full(shape, np.nan)
    for train, test in inner_folds(rows, groups, folds, task.seed):
        judged = np.union1d(test, seen[np.isin(groups[seen], np.setdiff1d(groups[test], groups[train]))])
        judges = [opinion.fit(inputs, train, targets[train], task) for opinion in opinions]
        within[judged] = _values(judges, inputs, judged)
        shown = np.intersect1d(lone, test)
        apart[shown] = _values(judges, alone, shown)
    every = np.concatenate([seen, lone])
    return HeldOut(
        names=tuple(opinion.name for opinion in opinions),
        expected=tuple(opinion.weight for opinion in opinions),
        values=np.concatenate([within[seen], apart[lone]]),
        transcripts=np.concatenate([inputs.transcripts[seen], inputs.transcripts.max() + 1 + lone]),
        coded=np.concatenate([np.isin(seen, rows), np.ones(len(lone), np.bool_)]),
        answers=targets[every],
        groups=groups[every],
        exclusive=task.exclusive,
    )


def _values(judges: Iterable[Judge], inputs: Inputs, rows: NDArray[np.intp]) -> Floats:
    """Return what each judge says (len(rows), M, K)."""
    return np.stack([judge(inputs, rows) for judge in judges], axis=1)
