"""The input of ``train`` and ``evaluate``: segments with embeddings and reference codes.

Shapes: N segments, D dimensions, K codes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from comb.codebook import Codebook
from comb.codings.alignment import UNREAD, USED, VALENCE_NAMES, CoderViews, Codes, align, reference
from comb.codings.codings_csv import CodingsRead
from comb.errors import BadInputError
from comb.learning.features import Embeddings, Inputs, OutsideScores
from comb.records import Segment
from comb.study.params import TrainParams

FEWEST_OF_VALENCE = 15
"""Coded segments that a valence needs to be learned, since no gate checks valences."""


class TooFewCodingsError(BadInputError):
    """There are too few codings for training."""


@dataclass(frozen=True)
class Dataset:
    """Segments with their inputs for a head, and people's codes."""

    segments: Sequence[Segment]
    inputs: Inputs
    codes: tuple[str, ...]
    """The K codes that have enough examples."""
    withheld: Mapping[str, int]
    """Codes with too few examples, and the number of these."""
    targets: Codes
    """(N, K): 1 used, 0 not used, -1 unknown."""
    every: tuple[str, ...]
    """The L codes at the trained level, including those with too few examples."""
    reference: Codes
    """(N, L): as ``targets``, for every code."""
    valence: Codes
    """(N,): index into VALENCE_NAMES, -1 for a segment without a code."""
    groups: NDArray[np.intp]
    """(N,): number of the group that is held out together: a transcript, or all transcripts of a participant."""
    views: CoderViews
    columns: tuple[int, ...]
    """Columns of the K codes in ``views``."""
    exclusive: bool

    @property
    def rows(self) -> NDArray[np.intp]:
        """Rows whose codes are all known."""
        return np.flatnonzero((self.targets != UNREAD).all(axis=1))

    def among_every(self, chosen: Codes) -> Codes:
        """Expand codes (n, K) to all codes of the reference (n, L); codes that are not learned are never chosen."""
        out = np.zeros((len(chosen), len(self.every)), np.int8)
        out[:, self.columns] = chosen
        return out


def make_dataset(
    segments: Sequence[Segment],
    embeddings: Embeddings,
    codings: CodingsRead,
    codebook: Codebook,
    params: TrainParams,
    participants: Mapping[str, str],
    codes: Sequence[str] = (),
    outside: Mapping[str, OutsideScores] | None = None,
    starter: Mapping[str, str] | None = None,
) -> Dataset:
    """Make a dataset from people's codings and the inputs of a head.

    ``codes`` fixes the codes, such as those of a trained model; by default they are those with enough examples.
    ``starter`` contains the codes that the starter knows, ``outside`` the scores for the segments from outside comb.
    Raises TooFewCodingsError if there is nothing to train on, saying what is missing.
    """
    if len(segments) != len(embeddings):
        remedy = "Run: dvc repro (or: comb embed)."
        raise BadInputError("segments and embeddings are not of one run", where="data/interim", remedy=remedy)
    views = align(segments, codings, codebook, params.level, params.overlap)
    if not views.coders:
        remedy = "Put codings CSV files there, or use: comb import table FILE --help."
        raise TooFewCodingsError("there are no codings of people", where="the codings folder", remedy=remedy)
    merged = reference(views, segments, params.reference, exclusive=codebook.exclusive)
    counts = dict(zip(views.codes, (merged.codes == USED).sum(axis=0).tolist(), strict=True))
    kept = tuple(codes) or tuple(name for name, n in counts.items() if n >= params.min_examples)
    if not kept:
        most = max(counts, key=counts.__getitem__)
        raise TooFewCodingsError(
            f"no code has {params.min_examples} coded segments (the most has {most!r}: {counts[most]})",
            where="the codings folder",
            remedy="Code more, or lower train.min_examples in configs/params.yaml.",
        )
    columns = tuple(views.codes.index(name) for name in kept)
    return Dataset(
        segments=segments,
        inputs=Inputs.of(segments, embeddings, starter, outside),
        codes=kept,
        withheld={name: n for name, n in counts.items() if name not in kept},
        targets=merged.codes[:, columns],
        every=views.codes,
        reference=merged.codes,
        valence=merged.valence,
        groups=np.unique([participants.get(s.transcript, s.transcript) for s in segments], return_inverse=True)[1],
        views=views,
        columns=columns,
        exclusive=codebook.exclusive,
    )


def valence_targets(valence: Codes, rows: NDArray[np.intp]) -> tuple[Codes, tuple[str, ...]]:
    """Return the valences that enough of the rows have as targets (N, V), and their names."""
    counts = [(valence[rows] == index).sum() for index in range(len(VALENCE_NAMES))]
    kept = [index for index, count in enumerate(counts) if count >= FEWEST_OF_VALENCE]
    targets = (valence[:, None] == np.array(kept, np.int8)).astype(np.int8)
    targets[~targets.any(axis=1)] = UNREAD
    return targets, tuple(VALENCE_NAMES[index] for index in kept)
