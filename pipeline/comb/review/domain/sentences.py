"""The sentences of a turn, for the context of search results."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import pairwise

from comb.records import Span
from comb.review.storage.documents import Document

_ENDS = re.compile(r"(?<=[.!?…])[\"'”’)\]]*\s+|\n{2,}")
Stretch = tuple[int, int, str]
"""Start, end, and how it is shown: ``context``, ``hit`` or ``gap``."""


def sentences(document: Document, number: int) -> list[Span]:
    """Return the sentences of a turn, which together are all of it: as segmented, or cut at full stops."""
    text = document.transcript
    if not text.turns:
        return [(0, len(text.text))]
    turn = text.turns[number]
    segments = document.segments
    first = bisect_left(segments, turn.start, key=lambda segment: segment.start)
    last = bisect_right(segments, turn.end, key=lambda segment: segment.start)
    starts = [s.start for s in segments[first:last] if turn.start < s.start < turn.end]
    if not starts:
        starts = [turn.start + found.end() for found in _ENDS.finditer(text.text[turn.start : turn.end])]
    edges = [turn.start, *(start for start in starts if start < turn.end), turn.end]
    return [(a, b) for a, b in pairwise(edges) if a < b]


def beside(text: str, found: Sequence[Span], passage: Span) -> list[Stretch]:
    """Return a passage with the text before and after it, up to the nearest edge of a sentence."""
    start, end = passage
    before = [(a, start, "context") for a, _ in found if _has_words(text[a:start])][-1:]
    after = [(end, b, "context") for _, b in found if _has_words(text[end:b])][:1]
    return [*before, (start, end, "hit"), *after]


def _has_words(text: str) -> bool:
    return any(char.isalnum() for char in text)


def around(found: Sequence[Span], spans: Sequence[Span]) -> list[Stretch]:
    """Return the sentences with the spans in them, one before and one after, and gaps between."""
    hits = {n for n, (a, b) in enumerate(found) if any(x < b and a < y for x, y in spans)} or {0}
    shown = sorted({n for hit in hits for n in (hit - 1, hit, hit + 1) if 0 <= n < len(found)})
    stretches: list[Stretch] = []
    for place, n in enumerate(shown):
        if place and n > shown[place - 1] + 1:
            stretches.append((found[n][0], found[n][0], "gap"))
        stretches.append((*found[n], "hit" if n in hits else "context"))
    return stretches
