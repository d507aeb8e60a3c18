"""Check whether a transcript is like those that the model learned from; if not, its scores are less reliable.

Shapes: N segments, B embeddings a segment, D dimensions, E coded segments, T transcripts.

Scores are calibrated on held-out transcripts of one study. Other texts (another topic, a list of quotations, written
comments) have other words, other lengths, and no question before a sentence. There are three measures, each a mean over
a transcript's segments: how near the nearest coded segments of other transcripts are (cosine), how many words a segment
has (logarithm), and whether it answers a question. The usual range is estimated from the study's own transcripts, each
left out in turn; a transcript is unlike them if a measure is outside the interval that would contain ``LIMIT`` of new
transcripts of the same kind.

In such texts, scores are shrunk towards the share of segments that have each code (``comb.learning.thresholds``). The
factor is measured in the study itself, on held-out segments shown alone, without context. It is at most ``MOST_SLOPE``,
because segments shown alone are still from the same study.

Source: prediction interval for one more group of a random-effects model, Higgins, Thompson & Spiegelhalter (2009), A
re-evaluation of random-effects meta-analysis, JRSS A 172, section 4. Slope of logits: Cox (1958), Two further
applications of a model for binary regression, Biometrika 45.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from comb.codings.alignment import USED
from comb.evaluation.results import Familiar, Usual
from comb.learning.classifier import NO_CODE
from comb.learning.dataset import Dataset
from comb.learning.features import Embeddings
from comb.learning.thresholds import Floats, softened
from comb.records import Segment

LIMIT = 0.99
"""Share of transcripts of the same kind that do not count as unlike, for each measure."""
FEWEST = 5
"""Fewest coded transcripts; with fewer, their differences are unknown, and none counts as unlike."""
LEAST = {"nearness": 0.005, "words": 0.05, "answers": 0.05}
"""Lower bound for the standard deviation between transcripts, by measure."""
MOST_SLOPE = 0.7
"""Largest factor of the logits in unlike text: see docs/reference/measurements.md."""
LEAST_SLOPE = 0.3
SAID = {
    "nearness": (
        "few of its sentences resemble coded sentences",
        "its sentences resemble coded sentences more than usual",
    ),
    "words": ("its sentences are much shorter", "its sentences are much longer"),
    "answers": ("hardly any of its sentences answer a question", "more of its sentences answer a question"),
}
NEAREST = 5
"""Number of coded segments whose cosine to a segment is averaged."""
AT_ONCE = 500


def measures(segments: Sequence[Segment], embeddings: Embeddings, coded: Embeddings) -> Floats:
    """Return each measure (N, 3) of segments with embeddings (N, B, D), compared with coded segments (E, D)."""
    own = embeddings[:, 0].astype(np.float32)
    near, most = np.zeros(len(own)), min(NEAREST, len(coded))
    for low in range(0, len(own) if most else 0, AT_ONCE):
        cosines = own[low : low + AT_ONCE] @ coded.T
        near[low : low + AT_ONCE] = np.partition(cosines, -most, axis=1)[:, -most:].mean(axis=1)
    words = np.log1p([len(segment.text.split()) for segment in segments])
    answers = [bool(segment.context.strip()) for segment in segments]
    return np.column_stack([near, words, answers])


def familiar(dataset: Dataset, factor: float) -> Familiar:
    """Measure the usual range among the transcripts of a dataset, each compared with the others.

    ``factor`` is that of the logits on unlike text.
    """
    rows, groups = dataset.rows, dataset.groups
    present = np.unique(groups[rows])
    coded = rows[(dataset.targets[rows] == USED).any(axis=1)]
    own = dataset.inputs.embeddings[:, 0].astype(np.float32)
    found = []
    for group in present if len(present) >= FEWEST else ():
        mine = rows[groups[rows] == group]
        segments = [dataset.segments[row] for row in mine]
        found.append(measures(segments, dataset.inputs.embeddings[mine], own[coded[groups[coded] != group]]))
    usual = {name: _usual([values[:, k] for values in found], name) for k, name in enumerate(LEAST)} if found else {}
    share = {code: round(value, 6) for code, value in shares(dataset).items()}
    return Familiar(usual, len(present), limit(len(present)), share, round(factor, 3))


def _usual(values: Sequence[Floats], name: str) -> Usual:
    """Return mean and variances of a measure from its values by transcript."""
    means, sizes = np.array([v.mean() for v in values]), np.array([len(v) for v in values])
    within = float(np.average([v.var() for v in values], weights=sizes))
    between = max(float(means.var(ddof=1) - np.mean(within / sizes)), LEAST[name] ** 2)
    return Usual(*(round(value, 6) for value in (float(means.mean()), between, max(within, LEAST[name] ** 2))))


def differences(values: Floats, home: Familiar) -> list[str]:
    """Return how a transcript with these measures (N, 3) differs from the usual; empty if it does not."""
    if not home.usual or not len(values):
        return []
    told = []
    for name, mean in zip(LEAST, values.mean(axis=0).tolist(), strict=True):
        usual = home.usual[name]
        spread = usual.between * (1 + 1 / home.transcripts) + usual.within / len(values)
        gap = (mean - usual.mean) / spread**0.5
        if gap < -home.limit or (gap > home.limit and name != "nearness"):
            told.append(SAID[name][gap > 0])
    return told


def limit(transcripts: int) -> float:
    """Return how many standard deviations from the mean of some transcripts still count as usual.

    >>> limit(20)
    2.860935
    """
    from scipy.special import stdtrit

    return round(float(stdtrit(transcripts - 1, (1 + LIMIT) / 2)), 6) if transcripts > 1 else 0.0


def unlike(segments: Sequence[Segment], embeddings: Embeddings, coded: Embeddings, home: Familiar) -> dict[str, str]:
    """Return the transcripts among N segments that are unlike those the model learned from, with the differences."""
    if not home.usual:
        return {}
    values = measures(segments, embeddings, np.asarray(coded, np.float32))
    owner = np.array([segment.transcript for segment in segments])
    told = {name: differences(values[owner == name], home) for name in dict.fromkeys(owner.tolist())}
    return {name: " and ".join(found) for name, found in told.items() if found}


def shares(dataset: Dataset) -> dict[str, float]:
    """Return the share of segments that have each code, ``NO_CODE`` among them where it is learned."""
    targets = dataset.targets[dataset.rows] == USED
    found = dict(zip(dataset.codes, targets.mean(axis=0).tolist(), strict=True))
    none = float((~targets.any(axis=1)).mean())
    return {**found, NO_CODE: none} if dataset.exclusive and none else found


def slope_of(dataset: Dataset, alone: Floats) -> float:
    """Measure the factor of logits from scores (N, K) of the dataset's held-out segments, each shown alone."""
    rows, share = dataset.rows, np.array(list(shares(dataset).values()))
    scores, truth = alone[rows], (dataset.targets[rows] == USED).astype(np.int8)
    if len(share) > scores.shape[1]:
        scores = np.column_stack([scores, np.clip(1 - scores.sum(axis=1), 0, 1)])
        truth = np.column_stack([truth, ~truth.any(axis=1)]).astype(np.int8)
    return slope(scores, truth, share, exclusive=dataset.exclusive)


def slope(scores: Floats, truth: NDArray[np.int8], share: Floats, *, exclusive: bool) -> float:
    """Return the factor of logits by which scores (N, K) are most likely, given the truth (N, K), within bounds.

    >>> rng = np.random.default_rng(1)
    >>> p = rng.random((4000, 1)) * 0.98 + 0.01
    >>> truth = (rng.random((4000, 1)) < softened(p, np.array([0.5]), 0.5, exclusive=False)).astype(np.int8)
    >>> 0.4 < slope(p, truth, np.array([0.5]), exclusive=False) < 0.6
    True
    """
    grid = np.round(np.arange(LEAST_SLOPE, MOST_SLOPE + 0.001, 0.05), 2)
    return float(grid[int(np.argmax([_likelihood(scores, truth, share, one, exclusive) for one in grid]))])


def _likelihood(scores: Floats, truth: NDArray[np.int8], share: Floats, factor: float, exclusive: bool) -> float:
    p = np.clip(softened(scores, share, factor, exclusive=exclusive), 1e-9, 1 - 1e-9)
    told = np.where(truth == USED, np.log(p), 0 if exclusive else np.log(1 - p))
    return float(told.sum())
