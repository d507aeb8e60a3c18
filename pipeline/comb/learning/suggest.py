"""Suggest codes for segments, each with score, threshold and reasons: most similar segments, words, nearest rival.

Shapes: N segments, B embeddings a segment, D dimensions, K codes, E examples.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from comb.learning.artifact import Model
from comb.learning.classifier import NO_CODE
from comb.learning.explanation import rival, words
from comb.learning.features import Embeddings, Inputs, OutsideScores
from comb.learning.thresholds import Floats, softened
from comb.records import Evidence, Segment, Suggestion, Valence

SIMILARITIES = 4_000_000
"""Most similarities of segments to examples in memory at once."""


@dataclass(frozen=True)
class Unlike:
    """Transcripts unlike those that a model learned from, and how reliable its scores are there."""

    transcripts: Collection[str] = ()
    share: Mapping[str, float] = field(default_factory=dict)
    """Share of the training segments with each code."""
    slope: float = 1.0
    """The factor of the logits; see ``comb.learning.thresholds.softened``."""


@dataclass(frozen=True)
class Decisions:
    """A model's decisions for N segments."""

    scores: Floats
    """(N, K)."""
    chosen: NDArray[np.bool_]
    """(N, K)."""
    needed: Floats
    """(N, K): the score that each code needed."""


NONE_UNLIKE = Unlike()


def suggest(
    segments: Sequence[Segment],
    embeddings: Embeddings,
    model: Model,
    evidence: int,
    *,
    withheld: Collection[str] = (),
    cutoff: float | None = None,
    unlike: Unlike = NONE_UNLIKE,
    outside: Mapping[str, OutsideScores] | None = None,
) -> list[Suggestion]:
    """Suggest codes for N segments with embeddings (N, B, D), as returned by ``embed_segments``.

    A segment gets one suggestion for each code whose score reaches what it needs, the highest score first; most get
    none, which is the model abstaining. Scores are probabilities. Codes in ``withheld`` are never suggested. With
    ``cutoff``, every other code with at least that score is: these are the sets of ``comb.evaluation.conformal``. In
    transcripts that are ``unlike`` those the model learned from, scores are shrunk towards the usual shares.
    ``outside`` contains scores for the segments from outside comb.
    """
    if not segments:
        return []
    inputs = Inputs.of(segments, embeddings, outside=outside)
    decided = decide(model, segments, inputs, unlike, cutoff)
    scores, needed = decided.scores, decided.needed
    chosen = decided.chosen & np.array([name != NO_CODE and name not in withheld for name in model.codes.codes])
    touched = np.flatnonzero(chosen.any(axis=1))
    valences = _valences(model, inputs, touched)
    near = dict(zip(touched.tolist(), _nearest(model, segments, embeddings, touched, evidence), strict=True))
    order = [[int(k) for k in np.argsort(-scores[row], kind="stable") if chosen[row, k]] for row in touched]
    weighty = words(model.codes, [segments[row].text for row in touched.tolist()], order)
    out = []
    for row, ranked, found in zip(touched.tolist(), order, weighty, strict=True):
        segment = segments[row]
        other = rival(model.codes, scores[row], needed[row], chosen[row])
        for rank, (k, spoken) in enumerate(zip(ranked, found, strict=True), 1):
            out.append(
                Suggestion(
                    transcript=segment.transcript,
                    start=segment.start,
                    end=segment.end,
                    speaker=segment.speaker,
                    text=segment.text,
                    code=model.codes.codes[k],
                    valence=valences[row],
                    score=round(float(scores[row, k]), 4),
                    threshold=round(float(needed[row, k]), 4),
                    rank=rank,
                    model=model.id,
                    evidence=near[row],
                    rival=other,
                    words=spoken,
                )
            )
    return out


def decide(
    model: Model, segments: Sequence[Segment], inputs: Inputs, unlike: Unlike = NONE_UNLIKE, cutoff: float | None = None
) -> Decisions:
    """Decide which codes N segments get, and the score that each code needed: the same for all with ``cutoff``."""
    head, names = model.codes, [segment.transcript for segment in segments]
    scores = head.predict_proba(inputs, np.arange(len(segments)))
    chosen, needed = np.zeros(scores.shape, bool), np.zeros(scores.shape)
    foreign = np.isin(names, list(unlike.transcripts))
    share = np.array([unlike.share.get(code, 0.0) for code in head.codes])
    for rows, at_home in ((np.flatnonzero(~foreign), True), (np.flatnonzero(foreign), False)):
        if not len(rows):
            continue
        if not at_home:
            scores[rows] = softened(scores[rows], share, unlike.slope, exclusive=head.exclusive)
        judge = head if at_home else head.softened(share, unlike.slope)
        thresholds = judge.thresholds_for(scores[rows], inputs.transcripts[rows])
        chosen[rows] = judge.chosen(scores[rows], thresholds)
        needed[rows] = judge.needed(scores[rows], thresholds)
    if cutoff is not None:
        return Decisions(scores, scores >= cutoff, np.full(scores.shape, cutoff))
    return Decisions(scores, chosen, needed)


def _valences(model: Model, inputs: Inputs, rows: NDArray[np.intp]) -> dict[int, Valence]:
    if model.valence is None or not len(rows):
        return dict.fromkeys(rows.tolist(), "")
    best = model.valence.predict(model.valence.predict_proba(inputs, rows), inputs.transcripts[rows]).argmax(axis=1)
    names: list[Valence] = ["" if name in ("none", NO_CODE) else name for name in model.valence.codes]  # type: ignore[misc]
    return {row: names[k] for row, k in zip(rows.tolist(), best, strict=True)}


def _nearest(
    model: Model, segments: Sequence[Segment], embeddings: Embeddings, rows: NDArray[np.intp], most: int
) -> Iterator[tuple[Evidence, ...]]:
    """Find the hand-coded segments nearest to each row by cosine, the segment itself apart."""
    examples = np.asarray(model.example_embeddings)
    most, spare = min(most, len(examples)), min(len(examples), most + 8)
    if not most:
        yield from ((),) * len(rows)
        return
    at_once = max(1, SIMILARITIES // len(examples))
    for start in range(0, len(rows), at_once):
        block = rows[start : start + at_once]
        similarities = embeddings[block, 0].astype(np.float32) @ examples.T
        spare = min(len(examples), most + 8)
        nearest = (
            np.sort(np.argpartition(-similarities, spare - 1, axis=1)[:, :spare]) if spare else block[:, None][:, :0]
        )
        values = np.take_along_axis(similarities, nearest, axis=1)
        order = np.argsort(-values, axis=1, kind="stable")
        for row, near, like in zip(
            block.tolist(),
            np.take_along_axis(nearest, order, axis=1).tolist(),
            np.take_along_axis(values, order, axis=1).tolist(),
            strict=True,
        ):
            own = segments[row].id
            others = [pair for pair in zip(near, like, strict=True) if model.examples[pair[0]].segment != own]
            yield tuple(_evidence(model, example, similarity) for example, similarity in others[:most])


def _evidence(model: Model, index: int, similarity: float) -> Evidence:
    example = model.examples[index]
    return Evidence(example.segment, example.text, example.code, round(similarity, 4))
