"""What the classifier sees of each segment: its embeddings, those of what was said before, and plain metadata.

Shapes: N segments, B embeddings a segment, D dimensions.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from comb.records import Segment

Embeddings = NDArray[np.floating[Any]]

CONTEXT_WEIGHT = 0.5
"""Weight of the embeddings of what the speaker said before, and of what a segment answers."""
MIDDLE_WEIGHT = 1.4
"""Weight of the encoder's middle layer beside what it ends with."""
METADATA_WEIGHT = 0.5
"""Weight of length, place and question marks beside embeddings of unit length."""
GATHERED_AT_ONCE = 4096


@dataclass(frozen=True)
class Inputs:
    """What the classifier sees of N segments, those of a transcript together and in their order."""

    texts: Sequence[str]
    embeddings: Embeddings
    """(N, B, D): of the segment, the encoder's last layer and its middle one; where B is 4, of what it answers, too."""
    before: NDArray[np.intp]
    """(N,): row of the segment that the same speaker said before in the same transcript, -1 where there is none."""
    metadata: NDArray[np.float32]
    """(N, 4): length, place in the transcript, whether it answers a question, whether it is one."""
    transcripts: NDArray[np.intp]
    """(N,): number of the transcript."""

    @classmethod
    def of(cls, segments: Sequence[Segment], embeddings: Embeddings) -> "Inputs":
        """Bring segments and their embeddings together."""
        names = {name: number for number, name in enumerate(dict.fromkeys(s.transcript for s in segments))}
        transcripts = np.array([names[segment.transcript] for segment in segments], np.intp)
        texts = [segment.text for segment in segments]
        return cls(texts, embeddings, previous_rows(segments), _metadata(segments, transcripts), transcripts)

    def features(self, rows: NDArray[np.intp]) -> Embeddings:
        """Return the dense features (len(rows), (B + 1) D + 4)."""
        _, b, d = self.embeddings.shape
        out = np.empty((len(rows), (b + 1) * d + self.metadata.shape[1]), np.float32)
        blocks = out[:, : (b + 1) * d].reshape(len(rows), b + 1, d)
        for low in range(0, len(rows), GATHERED_AT_ONCE):
            part = slice(low, low + GATHERED_AT_ONCE)
            before = self.before[rows[part]]
            blocks[part, :b] = self.embeddings[rows[part]]
            blocks[part, b] = self.embeddings[before, 0] * (before >= 0)[:, None]
        blocks *= np.outer((1, CONTEXT_WEIGHT, CONTEXT_WEIGHT), (1, MIDDLE_WEIGHT)).ravel()[: b + 1, None]
        out[:, (b + 1) * d :] = METADATA_WEIGHT * self.metadata[rows]
        return out


def _metadata(segments: Sequence[Segment], transcripts: NDArray[np.intp]) -> NDArray[np.float32]:
    """Return the metadata features (N, 4), each between 0 and about 1."""
    counts = np.bincount(transcripts, minlength=1)
    first = np.cumsum(counts) - counts
    place = (np.arange(len(segments)) - first[transcripts]) / np.maximum(counts[transcripts] - 1, 1)
    length = np.log1p([len(segment.text.split()) for segment in segments]) / 3
    asked = [segment.context.rstrip().endswith("?") for segment in segments]
    asks = [segment.text.rstrip().endswith("?") for segment in segments]
    return np.column_stack([length, place, asked, asks]).astype(np.float32)


def previous_rows(segments: Sequence[Segment]) -> NDArray[np.intp]:
    """Return, for each segment, the row of what the same speaker said before, or -1."""
    last: dict[tuple[str, str], int] = {}
    rows = []
    for row, segment in enumerate(segments):
        key = (segment.transcript, segment.speaker)
        rows.append(last.get(key, -1))
        last[key] = row
    return np.array(rows, np.intp)
