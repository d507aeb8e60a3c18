"""Suggestion sets that contain the coder's code with a guaranteed coverage, for transcripts new to the model.

Shapes: N segments, K codes, T held-out groups (transcripts, or participants), M codes that people gave to segments.

The guarantee: draw a new transcript, then at random one of the codes that its coder gave to its segments. With a
probability of at least ``coverage`` that code is in the segment's set. If codes exclude each other and a segment may
have none, ``NO_CODE`` counts as a code. If a segment may have several codes, each of them is such a code; nothing is
guaranteed for a segment that the coder left without a code.

Segments of one transcript are similar, so only whole transcripts are exchangeable. Each transcript therefore has the
same weight whatever its length, and so has the future transcript: hierarchical conformal prediction.

Sources: Dunn, Wasserman & Ramdas (2023), Distribution-free prediction sets for two-layer hierarchical models, JASA 118;
Lee, Barber & Willett (2023), Distribution-free inference with hierarchical data, arXiv:2306.06342, section 3; general:
Vovk, Gammerman & Shafer (2005), Algorithmic Learning in a Random World; Angelopoulos & Bates (2023), Conformal
prediction: a gentle introduction. The scores are cross-fitted: each transcript is scored by a head that has not seen
it, while suggestions come from a head that has seen all. The guarantee is then that of cross-conformal sets (Vovk
2015), which is checked empirically (``check``) and not proved.
"""

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from comb.evaluation.results import SetCheck
from comb.learning.classifier import NO_CODE
from comb.learning.dataset import Dataset
from comb.learning.thresholds import Floats
from comb.study.files import need, read_rows, write_rows

COVERAGES = (0.8, 0.9, 0.95)
"""Coverages that an evaluation reports."""


@dataclass(frozen=True)
class Given:
    """The codes that people gave: one entry for each code of each segment."""

    scores: Floats
    """(M,): score of each code, by a model that had not seen the transcript."""
    rows: NDArray[np.intp]
    """(M,): the segment's row."""


@dataclass(frozen=True)
class HeldOutScores:
    """Scores and reference of N segments whose transcripts were held out."""

    places: Sequence[tuple[str, int, int]]
    """(transcript, start, end) of each segment."""
    groups: NDArray[np.intp]
    """(N,)."""
    codes: tuple[str, ...]
    """K codes; the last is ``NO_CODE`` if codes exclude each other and a segment may have none."""
    scores: Floats
    """(N, K)."""
    truth: NDArray[np.int8]
    """(N, K)."""

    def check(self, withheld: Collection[str], coverage: float) -> SetCheck | None:
        """Measure the sets of codes that are not withheld; see the function ``check``."""
        kept = self._kept(withheld)
        return check(self.scores[:, kept], self.truth[:, kept], self.groups, coverage)

    def cutoff(self, withheld: Collection[str], coverage: float) -> float | None:
        """Return the score from which a code is in a set; None if too few transcripts are coded."""
        kept = self._kept(withheld)
        found = given(self.scores[:, kept], self.truth[:, kept])
        return cutoff(found.scores, self.groups[found.rows], coverage)

    def _kept(self, withheld: Collection[str]) -> list[int]:
        return [k for k, code in enumerate(self.codes) if code not in withheld]


def held_out_scores(dataset: Dataset, scores: Floats) -> HeldOutScores:
    """Make the record of held-out scores of each segment (N, K)."""
    rows = dataset.rows
    places = [(s.transcript, s.start, s.end) for s in (dataset.segments[row] for row in rows)]
    codes, own, truth = dataset.codes, scores[rows], dataset.targets[rows]
    if dataset.exclusive and (truth != 1).all(axis=1).any():
        codes, (own, truth) = (*codes, NO_CODE), _with_none(own, truth)
    return HeldOutScores(places, dataset.groups[rows], codes, own, truth)


def write_scores(path: Path, held_out: HeldOutScores) -> None:
    """Write a row for each segment: its place, its held-out group, its codes and the score of each code."""

    def rows() -> Iterator[list[object]]:
        for place, group, scores, truth in zip(
            held_out.places, held_out.groups.tolist(), held_out.scores, held_out.truth, strict=True
        ):
            given_ = "; ".join(code for code, used in zip(held_out.codes, truth, strict=True) if used == 1)
            yield [*place, group, given_, *(f"{score:.6f}" for score in scores)]

    write_rows(path, (*_FIXED, *(_SCORE + code for code in held_out.codes)), rows())


def read_scores(path: Path) -> HeldOutScores:
    """Read the scores that ``write_scores`` wrote. Raises NotReadyError if there are none."""
    rows = [row for _, row in read_rows(need(path, "Run: dvc repro (or: comb evaluate)."), _FIXED)]
    codes = tuple(name.removeprefix(_SCORE) for name in (rows[0] if rows else ()) if name.startswith(_SCORE))
    given_ = [set(row["codes"].split("; ")) for row in rows]
    return HeldOutScores(
        places=[(row["transcript"], int(row["start"]), int(row["end"])) for row in rows],
        groups=np.array([int(row["group"]) for row in rows], np.intp),
        codes=codes,
        scores=np.array([[float(row[_SCORE + code]) for code in codes] for row in rows]).reshape(len(rows), len(codes)),
        truth=np.array([[code in used for code in codes] for used in given_], np.int8).reshape(len(rows), len(codes)),
    )


_FIXED = ("transcript", "start", "end", "group", "codes")
_SCORE = "score of "


def fewest(coverage: float) -> int:
    """Return the fewest transcripts for which a coverage can be guaranteed.

    >>> fewest(0.9), fewest(0.95)
    (9, 19)
    """
    return math.ceil(round(coverage / (1 - coverage), 9))


def given(scores: Floats, truth: NDArray[np.int8]) -> Given:
    """List the scores (N, K) of the codes that the reference (N, K) has."""
    rows, columns = np.nonzero(truth == 1)
    return Given(scores[rows, columns], rows)


def _with_none(scores: Floats, truth: NDArray[np.int8]) -> tuple[Floats, NDArray[np.int8]]:
    """Add the column of ``NO_CODE`` to scores and reference (N, K) of an exclusive codebook: what others leave over."""
    rest = np.clip(1 - scores.sum(axis=1, keepdims=True), 0, 1)
    return np.hstack([scores, rest]), np.hstack([truth, (truth != 1).all(axis=1, keepdims=True).astype(np.int8)])


def cutoff(scores: Floats, groups: NDArray[np.intp], coverage: float) -> float | None:
    """Return the score that a code must reach to be in a set; None if there are too few groups for a guarantee.

    ``scores`` (M,) are those of the codes that people gave, ``groups`` (M,) their transcripts.

    >>> cutoff(np.array([0.9, 0.8, 0.7, 0.2]), np.array([0, 1, 2, 3]), 0.6)
    0.7
    >>> cutoff(np.array([0.9, 0.8]), np.array([0, 1]), 0.9) is None
    True
    """
    present, index, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    order = np.argsort(-scores, kind="stable")
    reached = np.cumsum(1 / ((len(present) + 1) * sizes[index[order]]))
    enough = np.flatnonzero(reached >= coverage - 1e-9)
    return float(scores[order[enough[0]]]) if len(enough) else None


def check(scores: Floats, truth: NDArray[np.int8], groups: NDArray[np.intp], coverage: float) -> SetCheck | None:
    """Measure sets on held-out transcripts: each in turn, with the cutoff from the others.

    ``scores`` and ``truth`` are (N, K), ``groups`` (N,). None if there are too few transcripts, or if nobody gave
    any of the codes, as when all of them are withheld.
    """
    found = given(scores, truth)
    if not len(found.rows):
        return None
    owners = groups[found.rows]
    shares, sizes = [], []
    for group in np.unique(owners):
        own = owners == group
        cut = cutoff(found.scores[~own], owners[~own], coverage)
        if cut is None:
            return None
        shares.append(float((found.scores[own] >= cut).mean()))
        sizes.append((scores[groups == group] >= cut).sum(axis=1))
    every = np.concatenate(sizes)
    return SetCheck(
        coverage=round(float(np.mean(shares)), 4),
        error=round(float(np.std(shares, ddof=1) / math.sqrt(len(shares))), 4),
        size=round(float(every.mean()), 3),
        empty=round(float((every == 0).mean()), 4),
        cutoff=round(cutoff(found.scores, owners, coverage) or 0.0, 6),
        transcripts=len(shares),
    )
