"""Each coder's codes of each segment, and the reference that a head is trained on and measured against.

Shapes: N segments, K codes of the level that is trained.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from comb.codebook import Codebook
from comb.codings.codings_csv import CodingsRead
from comb.records import Coding, Segment, Valence

USED, UNUSED, UNREAD = 1, 0, -1
Codes = NDArray[np.int8]
VALENCE_NAMES = ("none", "barrier", "facilitator", "both")


@dataclass(frozen=True)
class CoderView:
    """One coder's codings, on the segments.

    ``codes`` is (N, K): 1 the code was used, 0 the segment was read and the code not used, -1 not read, or coded
    with a parent of the code, so that it is unknown. ``valence`` is (N,): index into VALENCE_NAMES, -1 where no code
    was used.
    """

    codes: Codes
    valence: Codes


@dataclass(frozen=True)
class CoderViews:
    """All coders on the same segments."""

    codes: tuple[str, ...]
    coders: dict[str, CoderView]
    unplaced: int
    """Codings that overlap no segment, such as those of interviewers' speech."""
    too_general: int
    """Codings with a code above the level, which leave open which of its children is meant."""


def overlaps(coding: Coding, segment: Segment, share: float) -> bool:
    """Return whether a coding applies to a segment.

    It does where they have in common at least ``share`` of the shorter of the two: a coded clause codes its sentence,
    a coded passage codes each of its sentences, and a span that runs a few letters into its neighbour does not code
    the neighbour. (``align`` adds that a coding which meets no segment so applies to the one it has most in common
    with: no coding within coded speech is lost.)
    """
    common = _common(coding, segment)
    return common > 0 and common >= share * min(coding.end - coding.start, segment.end - segment.start)


def _common(coding: Coding, segment: Segment) -> int:
    return min(coding.end, segment.end) - max(coding.start, segment.start)


def align(
    segments: Sequence[Segment], read: CodingsRead, codebook: Codebook, level: str, share: float, *, human: bool = True
) -> CoderViews:
    """Put every coder's codings on the segments.

    ``human`` leaves out codings that a model made. Raises BadParamsError for a code that the codebook does not have.
    """
    names = codebook.codes_at(level)
    column = {name: index for index, name in enumerate(names)}
    by_transcript = _by_transcript(segments)
    used = [c for c in read.codings if not (human and c.by_model)]
    coders = {c.coder for c in used} | {coder for _, coder in read.coverage or ()}
    views = {coder: _blank(len(segments), len(names)) for coder in sorted(coders)}
    _mark_read(views, used, read.coverage, by_transcript)
    best: dict[tuple[str, int], tuple[int, int]] = {}
    general: list[tuple[CoderView, int, list[int]]] = []
    unplaced = too_general = 0
    for coding in used:
        view = views[coding.coder]
        near = _touched(coding, segments, by_transcript.get(coding.transcript, ()), share)
        unplaced += not near
        columns = _columns(coding, codebook, level, column)
        too_general += len(columns) > 1
        for row in near:
            codes = view.codes[row]
            codes[codes == UNREAD] = UNUSED
            if len(columns) > 1:
                general.append((view, row, columns))
            elif columns and (not codebook.exclusive or _is_best(best, row, coding, columns[0], segments[row])):
                _mark(view, row, coding, columns[0], exclusive=codebook.exclusive)
    # Last, so that the order of the codings does not matter: a branch leaves open which of its children is meant.
    for view, row, columns in general:
        codes = view.codes[row]
        if not (codebook.exclusive and (codes == USED).any()):
            codes[[k for k in columns if codes[k] != USED]] = UNREAD
    return CoderViews(names, views, unplaced, too_general)


def reference(views: CoderViews, segments: Sequence[Segment], order: Sequence[str], *, exclusive: bool) -> CoderView:
    """Make one reference from all coders.

    In each transcript, the codings of the first coder in ``order`` who read it count (such as ``consensus``). If none
    of them did, the majority of the coders who read the segment counts, and an even split as used (exclusive: the first
    code of the codebook among the most used).
    """
    n, k = len(segments), len(views.codes)
    named = [views.coders[name] for name in order if name in views.coders]
    others = [view for name, view in views.coders.items() if name not in order]
    result = _majority(others, n, k, exclusive)
    for rows in _by_transcript(segments).values():
        chosen = next((view for view in named if (view.codes[rows] != UNREAD).any()), result)
        result.codes[rows] = chosen.codes[rows]
        result.valence[rows] = chosen.valence[rows]
    return result


def _by_transcript(segments: Sequence[Segment]) -> dict[str, list[int]]:
    rows: dict[str, list[int]] = defaultdict(list)
    for index, segment in enumerate(segments):
        rows[segment.transcript].append(index)
    return rows


def _blank(n: int, k: int) -> CoderView:
    return CoderView(np.full((n, k), UNREAD, np.int8), np.full(n, -1, np.int8))


def _mark_read(
    views: Mapping[str, CoderView],
    codings: Sequence[Coding],
    coverage: frozenset[tuple[str, str]] | None,
    by_transcript: Mapping[str, list[int]],
) -> None:
    whole = {(c.transcript, c.coder) for c in codings} if coverage is None else coverage
    for transcript, coder in whole:
        if coder in views and transcript in by_transcript:
            views[coder].codes[by_transcript[transcript]] = UNUSED


def _touched(coding: Coding, segments: Sequence[Segment], rows: Sequence[int], share: float) -> list[int]:
    """Find the segments that a coding applies to; ``rows`` are in the order of the transcript."""
    first = bisect_right(rows, coding.start, key=lambda row: segments[row].end)
    last = bisect_left(rows, coding.end, key=lambda row: segments[row].start)
    met = [row for row in rows[first:last] if _common(coding, segments[row]) > 0]
    near = [row for row in met if overlaps(coding, segments[row], share)]
    return near or ([max(met, key=lambda row: _common(coding, segments[row]))] if met else [])


def _columns(coding: Coding, codebook: Codebook, level: str, column: Mapping[str, int]) -> list[int]:
    """List the columns that a code may stand for: one, or all children of a branch above the level."""
    if not coding.code:
        return []
    where = f"codings of coder {coding.coder!r}, transcript {coding.transcript!r}"
    codebook.require(coding.code, where)
    at = codebook.at_level(coding.code, level)
    if at is not None:
        return [column[at]]
    return [index for name, index in column.items() if coding.code in codebook.codes[name].path]


def _is_best(
    best: dict[tuple[str, int], tuple[int, int]], row: int, coding: Coding, column: int, segment: Segment
) -> bool:
    """Return, if codes exclude each other, whether a coding covers more of the segment than those before it."""
    rank = (_common(coding, segment), -column)
    if rank <= best.get((coding.coder, row), (0, 0)):
        return False
    best[coding.coder, row] = rank
    return True


def _mark(view: CoderView, row: int, coding: Coding, column: int, *, exclusive: bool) -> None:
    if exclusive:
        view.codes[row] = UNUSED
        view.valence[row] = -1
    view.codes[row, column] = USED
    view.valence[row] = _both(int(view.valence[row]), coding.valence)


def _both(before: int, valence: Valence) -> int:
    """Join the valences of two codings of one segment: barrier and facilitator make both, none gives way."""
    new = VALENCE_NAMES.index(valence or "none")
    if before in (-1, 0) or before == new:
        return new
    return before if new == 0 else VALENCE_NAMES.index("both")


def _majority(views: Sequence[CoderView], n: int, k: int, exclusive: bool) -> CoderView:
    result = _blank(n, k)
    if not views:
        return result
    codes = np.stack([view.codes for view in views])
    yes, read = (codes == USED).sum(axis=0), (codes != UNREAD).sum(axis=0)
    result.codes[:] = np.where(read == 0, UNREAD, np.where((yes > 0) & (2 * yes >= read), USED, UNUSED))
    if exclusive:
        _keep_first_most_used(result.codes, yes, read)
    valences = np.stack([view.valence for view in views])
    votes = np.stack([(valences == index).sum(axis=0) for index in range(len(VALENCE_NAMES))])
    coded = (result.codes == USED).any(axis=1) & (votes.sum(axis=0) > 0)
    result.valence[:] = np.where(coded, votes.argmax(axis=0), -1)
    return result


def _keep_first_most_used(codes: Codes, yes: NDArray[np.int_], read: NDArray[np.int_]) -> None:
    none = read.max(axis=1) - yes.sum(axis=1)
    rows = np.flatnonzero((yes.max(axis=1) > 0) & (yes.max(axis=1) >= none))
    seen = codes != UNREAD
    codes[seen] = UNUSED
    codes[rows, yes[rows].argmax(axis=1)] = USED
