"""Spans that are found again by their words after a transcript has changed.

An anchor keeps, beside its offsets, the words of a span, some words on both sides, and digests of all the text before
and after it. In a changed text, a span keeps its place if all the text before it, or all the text after it, is
unchanged. Otherwise it is placed where its words occur, exactly or nearly, with the same words around them. Nothing is
guessed: a span has no place if none is clearly the most likely, or if the words around differ.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from comb.codings.folded_text import fold
from comb.codings.quote_finder import QuoteFinder
from comb.records import Span, Transcript

CONTEXT = 60
"""Characters kept on each side of a span."""
LETTERS = 10
"""Letters that the context on one side needs to identify the place of a span."""
ALIKE = 0.75
"""Similarity of the words on one side, from 0 to 1, from which they count as the same."""
CLEAR = 8.0
"""How many more letters must match around the most likely place than around the next."""
LONG = 20
"""Letters from which a quote that occurs once is certain to be the one meant."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """A span with its words and the words around it."""

    start: int
    end: int
    quote: str
    before: str
    after: str
    head: str
    """Digest of all the text before the span."""
    tail: str
    """Digest of all the text after it."""

    @property
    def around(self) -> str:
        """Return the context as JSON: everything but offsets and quote."""
        return json.dumps([self.before, self.after, self.head, self.tail], ensure_ascii=False)

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Anchor":
        """Read an anchor from a row with ``start``, ``end``, ``quote`` and ``around``."""
        return cls(row["start"], row["end"], row["quote"], *json.loads(row["around"]))


@dataclass(frozen=True)
class Placed:
    """Where a span is in a changed text."""

    span: Span
    exact: bool
    """Whether it has the same words, to the letter."""
    evidence: float
    """Letters around it that match."""


class AnchoredText:
    """A transcript's text, which makes anchors and places anchors made on another version of it."""

    def __init__(self, transcript: Transcript) -> None:
        self.text = transcript.text
        self._turns = transcript.turns

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the canonical text in UTF-8, in hexadecimal."""
        return text_digest(self.text)

    @cached_property
    def _heads(self) -> "_Prefixes":
        return _Prefixes(self.text)

    @cached_property
    def _tails(self) -> "_Prefixes":
        return _Prefixes(self.text[::-1])

    def _head(self, start: int) -> str:
        return self._heads.digest(start)

    def _tail(self, end: int) -> str:
        return self._tails.digest(len(self.text) - end)

    @cached_property
    def _finder(self) -> QuoteFinder:
        return QuoteFinder(self.text, self._turns)

    def anchor(self, start: int, end: int) -> Anchor:
        """Return the anchor of a span."""
        text = self.text
        around = (text[max(0, start - CONTEXT) : start], text[end : end + CONTEXT])
        return Anchor(start, end, text[start:end], *around, self._head(start), self._tail(end))

    def place_all(self, anchors: Iterable[Anchor]) -> dict[Anchor, Placed]:
        """Place anchors; anchors without a place are left out.

        If two passages with the same words would lie on the same place, neither gets it unless its context shows
        clearly whose it is.
        """
        found = {anchor: placed for anchor in dict.fromkeys(anchors) if (placed := self.place(anchor)) is not None}
        shared: dict[tuple[Span, bool], list[Anchor]] = defaultdict(list)
        for anchor, placed in found.items():
            # One that had no place may be of another version, where it was the same passage.
            shared[placed.span, anchor.start < 0].append(anchor)
        for rivals in shared.values():
            for anchor in _losers(rivals, found):
                del found[anchor]
        return found

    def place(self, anchor: Anchor) -> Placed | None:
        """Place one anchor; None if its words are not there, or if several places are as likely."""
        if not anchor.quote:
            return None
        certain = self._certain(anchor)
        if certain is not None:
            return Placed(certain, exact=True, evidence=2.0 * CONTEXT)
        exact = [(at, at + len(anchor.quote)) for at in _all(self.text, anchor.quote)]
        best = self._likeliest(anchor, exact)
        if best is not None:
            return Placed(best[0], exact=True, evidence=best[1])
        if exact:
            return None
        places = self._finder.places(anchor.quote)
        near = self._likeliest(anchor, [place.spans[0] for place in places if len(place.spans) == 1])
        return None if near is None else Placed(near[0], exact=False, evidence=near[1])

    def _certain(self, anchor: Anchor) -> Span | None:
        """Return the place where all the text before, or all the text after, is what it was, and more than nothing."""
        length = len(anchor.quote)
        at = anchor.start
        if at >= CONTEXT and self.text.startswith(anchor.quote, at) and self._head(at) == anchor.head:
            return at, at + length
        if len(anchor.after) < CONTEXT:
            return None
        for at in _all(self.text, anchor.quote):
            if self.text.startswith(anchor.after, at + length) and self._tail(at + length) == anchor.tail:
                return at, at + length
        return None

    def _likeliest(self, anchor: Anchor, spans: Sequence[Span]) -> tuple[Span, float] | None:
        """Return the place with most of the anchor's words around it, and how many letters of them there are."""
        sides = [(span, self._sides(anchor, span)) for span in spans]
        ranked = sorted(((sum(map(_letters, two)), span, two) for span, two in sides), key=lambda one: -one[0])
        if not ranked or (len(ranked) > 1 and ranked[0][0] - ranked[1][0] < CLEAR):
            return None
        evidence, span, two = ranked[0]
        alone = len(ranked) == 1 and max(size for _, size in two) < LETTERS and len(fold(anchor.quote)) >= LONG
        if alone or any(likeness >= ALIKE and size >= LETTERS for likeness, size in two):
            return span, evidence
        return None

    def _sides(self, anchor: Anchor, span: Span) -> tuple[tuple[float, int], tuple[float, int]]:
        """Return for both sides how like the words there are to those that were, and how many letters these had."""
        from rapidfuzz.fuzz import ratio

        start, end = span
        before, after = fold(anchor.before), fold(anchor.after)
        left = fold(self.text[max(0, start - 2 * CONTEXT) : start])[-len(before) or len(self.text) :]
        right = fold(self.text[end : end + 2 * CONTEXT])[: len(after)]
        return (ratio(before, left) / 100, len(before)), (ratio(after, right) / 100, len(after))


def text_digest(text: str) -> str:
    """Return the SHA-256 of a canonical text."""
    return hashlib.sha256(_bytes(text)).hexdigest()


class _Prefixes:
    """Digests of all that a text begins with; a state is kept at every so many characters."""

    STEP = 4096

    def __init__(self, text: str) -> None:
        self.text = text
        self._states = [hashlib.blake2b(digest_size=8)]

    def digest(self, length: int) -> str:
        """Return the digest of the first ``length`` characters."""
        whole = length // self.STEP
        while len(self._states) <= whole:
            done = self._states[-1].copy()
            at = (len(self._states) - 1) * self.STEP
            done.update(_bytes(self.text[at : at + self.STEP]))
            self._states.append(done)
        state = self._states[whole].copy()
        state.update(_bytes(self.text[whole * self.STEP : length]))
        return state.hexdigest()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _letters(side: tuple[float, int]) -> float:
    likeness, size = side
    return likeness * size


def _losers(rivals: Sequence[Anchor], found: Mapping[Anchor, Placed]) -> list[Anchor]:
    """Return which of several anchors on one place do not belong there: all, if none is clearly the best."""
    if len({(anchor.start, anchor.end) for anchor in rivals}) < 2:
        return []
    ranked = sorted(rivals, key=lambda anchor: -found[anchor].evidence)
    best = found[ranked[0]].evidence
    others = [anchor for anchor in ranked if (anchor.start, anchor.end) != (ranked[0].start, ranked[0].end)]
    if best - found[others[0]].evidence >= CLEAR:
        return others
    return list(rivals)


def _all(text: str, words: str) -> Iterator[int]:
    at = text.find(words)
    while at >= 0:
        yield at
        at = text.find(words, at + 1)
