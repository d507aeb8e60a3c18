"""The inputs of opinions for each segment: its embeddings, those of its context, simple features, scores from outside.

Shapes: N segments, B embeddings a segment, D dimensions, C codes scored from outside, F features.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from comb.records import Segment

Embeddings = NDArray[np.floating[Any]]

CONTEXT_WEIGHT = 0.5
"""Weight of the embeddings of the speaker's previous segment, and of the question that a segment answers."""
MIDDLE_WEIGHT = 1.4
"""Weight of the encoder's middle layer relative to its last layer."""
CUE_WEIGHT = 0.5
"""Weight of length and question marks relative to embeddings of unit length."""
LEAST_WITH_PLACE = 20
"""Fewest segments of a transcript whose place features are used: a shorter one has no beginning, middle and end."""
GATHERED_AT_ONCE = 4096


@dataclass(frozen=True)
class OutsideScores:
    """Scores of N segments from outside comb."""

    codes: tuple[str, ...]
    """(C,)."""
    logits: NDArray[np.float64]
    """(N, C): NaN for a segment, or a code, that was not scored."""

    def of(self, rows: slice) -> "OutsideScores":
        """Return the scores of some of the segments."""
        return OutsideScores(self.codes, self.logits[rows])


@dataclass(frozen=True)
class Inputs:
    """The inputs of opinions for N segments, those of a transcript together and in order."""

    texts: Sequence[str]
    embeddings: Embeddings
    """(N, B, D): the encoder's last and middle layer for the segment and, if B is 4, for the question that it
    answers."""
    before: NDArray[np.intp]
    """(N,): row of the same speaker's previous segment in the transcript, -1 if there is none."""
    answers: NDArray[np.bool_]
    """(N,): whether it answers another speaker."""
    cues: NDArray[np.float32]
    """(N, 3): length, whether it is a question, whether it answers one."""
    place: NDArray[np.float64]
    """(N,): place in the transcript, from 0 to 1; NaN where the transcript is too short for that."""
    transcripts: NDArray[np.intp]
    """(N,): number of the transcript."""
    starter: Mapping[str, str] = field(default_factory=dict)
    """The starter's code for each code of the study that it knows; empty if it is off or does not fit."""
    outside: Mapping[str, OutsideScores] = field(default_factory=dict)
    """Scores from outside, by the name of who gave them."""

    @classmethod
    def of(
        cls,
        segments: Sequence[Segment],
        embeddings: Embeddings,
        starter: Mapping[str, str] | None = None,
        outside: Mapping[str, OutsideScores] | None = None,
    ) -> "Inputs":
        """Make the inputs from segments and their data."""
        names = {name: number for number, name in enumerate(dict.fromkeys(s.transcript for s in segments))}
        transcripts = np.array([names[segment.transcript] for segment in segments], np.intp)
        return cls(
            texts=[segment.text for segment in segments],
            embeddings=embeddings,
            before=previous_rows(segments),
            answers=np.array([bool(segment.context) for segment in segments], np.bool_),
            cues=_cues(segments),
            place=_places(transcripts),
            transcripts=transcripts,
            starter=starter or {},
            outside=outside or {},
        )

    def alone(self) -> "Inputs":
        """Return the same segments as if each were the whole of its transcript."""
        n = len(self.texts)
        return replace(
            self,
            before=np.full(n, -1, np.intp),
            answers=np.zeros(n, np.bool_),
            place=np.full(n, np.nan),
            transcripts=np.arange(n),
        )

    def features(self, rows: NDArray[np.intp], means: Embeddings) -> Embeddings:
        """Return the dense features (len(rows), F); features that a segment lacks are replaced with ``means`` (F,)."""
        _, b, d = self.embeddings.shape
        out = np.empty((len(rows), (b + 1) * d + self.cues.shape[1]), np.float32)
        blocks = out[:, : (b + 1) * d].reshape(len(rows), b + 1, d)
        for low in range(0, len(rows), GATHERED_AT_ONCE):
            part = slice(low, low + GATHERED_AT_ONCE)
            blocks[part, :b] = self.embeddings[rows[part]]
            blocks[part, b] = self.embeddings[self.before[rows[part]], 0]
        blocks *= np.outer((1, CONTEXT_WEIGHT, CONTEXT_WEIGHT), (1, MIDDLE_WEIGHT)).ravel()[: b + 1, None]
        out[:, (b + 1) * d :] = CUE_WEIGHT * self.cues[rows]
        for columns, lacking in self._lacking(rows):
            out[lacking, columns] = means[columns]
        return out

    def feature_means(self, rows: NDArray[np.intp]) -> Embeddings:
        """Return the mean (F,) of each feature over the given rows that have it; 0 if none has it."""
        features = self.features(rows, np.zeros((self.embeddings.shape[1] + 1) * self.embeddings.shape[2] + 3))
        means: Embeddings = features.mean(axis=0)
        for columns, lacking in self._lacking(rows):
            means[columns] = features[~lacking, columns].mean(axis=0) if not lacking.all() else 0
        return means

    def _lacking(self, rows: NDArray[np.intp]) -> list[tuple[slice, NDArray[np.bool_]]]:
        """Return which features (a slice) which of some rows lack."""
        _, b, d = self.embeddings.shape
        unanswering, first = ~self.answers[rows], self.before[rows] < 0
        width = (b + 1) * d + self.cues.shape[1]
        last = (slice(b * d, (b + 1) * d), first)
        if b < 4:  # what it answers is not encoded
            return [last, (slice(width - 1, width), unanswering)]
        return [(slice(2 * d, 4 * d), unanswering), last, (slice(width - 1, width), unanswering)]


def _cues(segments: Sequence[Segment]) -> NDArray[np.float32]:
    """Return the cues (N, 3), each between 0 and about 1."""
    length = np.log1p([len(segment.text.split()) for segment in segments]) / 3
    asks = [segment.text.rstrip().endswith("?") for segment in segments]
    asked = [segment.context.rstrip().endswith("?") for segment in segments]
    return np.column_stack([length, asks, asked]).astype(np.float32)


def _places(transcripts: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return each segment's place (N,) in its transcript, NaN in one of fewer than ``LEAST_WITH_PLACE`` segments."""
    counts = np.bincount(transcripts, minlength=1)
    first = np.cumsum(counts) - counts
    place = (np.arange(len(transcripts)) - first[transcripts]) / np.maximum(counts[transcripts] - 1, 1)
    return np.where(counts[transcripts] < LEAST_WITH_PLACE, np.nan, place)


def previous_rows(segments: Sequence[Segment]) -> NDArray[np.intp]:
    """Return, for each segment, the row of the same speaker's previous segment, or -1."""
    last: dict[tuple[str, str], int] = {}
    rows = []
    for row, segment in enumerate(segments):
        key = (segment.transcript, segment.speaker)
        rows.append(last.get(key, -1))
        last[key] = row
    return np.array(rows, np.intp)
