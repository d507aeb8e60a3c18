"""Finds quotes in a transcript although they were copied, cleaned or typed, and reports how certain the place is.

A quote is searched for to the letter first, then by its words alone: letters and digits, in one Unicode form and case.
So quotation marks, dashes, spaces, capitals, ligatures and a final full stop do not matter, nor do speakers' labels,
stamps and page headers between the words. Then come quotes with something left out (``...``, ``[…]``), and quotes with
a typo or two.
"""

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from heapq import nlargest

from comb.codings.folded_text import MIN_PART_OF_WORD, WORD, Letters, fold, folded, letters_of, plain
from comb.records import Span, Turn

LOOKALIKES = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...", "\u00a0": " "})
"""Characters that Word and Excel change as people type or paste."""
MAX_GAP = 3000
"""Most characters that may be left out at one place of a quote."""
MAX_ELLIPSIS = 200
"""Most characters that may be left out within a sentence if the quote is to stay one span."""
TYPOS = ((8, 1), (16, 2), (48, 3), (90, 4))
"""Letters that a quote must have for that number of edits (insert, delete, replace, swap neighbours) to be
corrected."""
LOOKED_AT = 25
"""Number of passages with rare words of a quote that are compared with it."""
MIN_ALIKE = 50
"""Similarity, out of 100, from which a passage is shown for a quote that is not found."""

_LABEL = re.compile(r"(?:^|\n)[ \t\"'“‘«]*[^\W_][\w .()#-]{0,30}:[ \t]+")
_STAMP = re.compile(r"[\[(#<]{0,2}\b\d{1,2}:\d{2}(?::\d{2})?(?:[.,-]\d{1,3})?\b[\])#>]{0,2}")
_ELISION = re.compile(r"\s*(?:[\[(<{]\s*(?:\.\s?){2,}[\])>}]|[\[(<{]\s*…\s*[\])>}]|(?:\.\s?){3,}|…)\s*")
_NEGATION = re.compile(r"\b(?:no|not|never|none|nothing|nobody|nor|cannot)\b|n[’']?t\b", re.IGNORECASE)
_NEGATED = re.compile(r"(?:\b(?:no|not|never|nor|cannot)|n[’']?t)[ \t]+\Z", re.IGNORECASE)
"""The end of a text after which what follows is negated."""
_APOSTROPHES = "'’"
_SENTENCE = re.compile(r"[^\s.?!…][^.?!…\n]*[.?!…\"”’')]*")
_SENTENCE_END = re.compile(r"[.?!…\n]")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a quote is: one span, or several where something was left out between them."""

    spans: tuple[Span, ...]
    edits: int = 0
    """Letters that differ from the transcript's."""
    by_paragraph: bool = False
    """Whether one of several places was chosen by the number of its paragraph."""


class QuoteFinder:
    """One transcript, ready to be searched; its indexes are built when they are first needed."""

    def __init__(self, text: str, turns: Sequence[Turn] = ()) -> None:
        self.text = text
        self.turns = turns

    def places(self, quote: str, start: int | None = None, end: int | None = None) -> list[Place]:
        """List the places of a quote; one where ``start`` and ``end`` are its offsets, or ``start`` its paragraph.

        If there are several, a person has to choose; if there are none, the quote does not occur, not even with a typo
        or two.
        """
        if start is not None and end is not None and self._is_at(quote, start, end):
            return [Place(((start, end),))]
        exact = self._exact(quote) or self._exact(quote.strip())
        if len(exact) > 1:
            whole = [span for span in exact if self._is_whole(span)]
            exact = whole if len(whole) == 1 else exact
        found = list(dict.fromkeys(map(self._spoken, exact or self._by_words(quote))))
        if found:
            return self._in_paragraph(found, start)
        return self._elided(quote) or [Place((self._spoken(span),), edits) for span, edits in self._mended(quote)]

    def contains(self, letters: str) -> bool:
        """Return whether a quote, folded by ``fold``, occurs; False if it is too short to be certain."""
        return len(letters) >= MIN_PART_OF_WORD and letters in self._whole.letters

    def nearest(self, quote: str, most: int = 3) -> list[Span]:
        """List the passages that are most similar to a quote, the most similar first; none if nothing is similar."""
        from rapidfuzz import fuzz

        wanted = plain(_without_labels(quote))
        by_word = self._sentences[1]
        shared: dict[int, float] = defaultdict(float)
        for word in set(wanted.split()):
            rows = by_word.get(word, ())
            for row in rows:
                shared[row] += 1 / len(rows)
        passages = [self._passage(row, len(wanted)) for row in nlargest(LOOKED_AT, shared, key=lambda row: shared[row])]
        said = {span: plain(self.text[span[0] : span[1]]) for span in passages}
        alike = [span for span in passages if fuzz.partial_ratio(wanted, said[span]) >= MIN_ALIKE]
        scores = {
            span: (fuzz.partial_ratio if len(said[span]) > len(wanted) else fuzz.ratio)(wanted, said[span])
            for span in alike
        }
        ranked = sorted(scores, key=lambda span: (-scores[span], span))
        return _apart(ranked)[:most]

    def _is_at(self, quote: str, start: int, end: int) -> bool:
        if not 0 <= start < end <= len(self.text):
            return False
        held = self.text[start:end]
        if not quote or held == quote:
            return True
        letters = fold(quote)
        if not letters:
            return False
        cuts = [cut for turn in self.turns for cut in turn.cuts if cut[0] < end and cut[1] > start]
        return letters in (fold(held), "".join(folded(self.text, _around(start, end, cuts))))

    def _spoken(self, span: Span) -> Span:
        """Return a place without the label of a speaker in which it begins or ends."""
        start, end = span
        after, last = bisect_right(self._starts, start), bisect_left(self._starts, end) - 1
        if after <= last and (not after or self.turns[after - 1].end <= start):
            begins = self.turns[after].start
            start = begins if self.text.rfind("\n", 0, begins) < start else start
        if 0 <= last < len(self.turns) - 1 and start < self.turns[last].end < end:
            end = self.turns[last].end if self.text[self.turns[last].end : end].strip() else end
        return start, end

    @cached_property
    def _starts(self) -> list[int]:
        return [turn.start for turn in self.turns]

    def _exact(self, quote: str) -> list[Span]:
        return [(at, at + len(quote)) for at in _all(self.text, quote)]

    def _is_whole(self, span: Span) -> bool:
        before, after = self.text[: span[0]][-1:], self.text[span[1] : span[1] + 1]
        return not (before.isalnum() and self.text[span[0]].isalnum()) and not (
            after.isalnum() and self.text[span[1] - 1].isalnum()
        )

    def _by_words(self, quote: str) -> list[Span]:
        for words in dict.fromkeys((quote, _without_labels(quote))):
            letters = fold(words)
            for searched in self._searched if letters else ():
                if found := searched.find(letters):
                    return [self._with_edges(words, span) for span in found]
        return []

    @cached_property
    def _whole(self) -> Letters:
        return letters_of(self.text, [(0, len(self.text))])

    @cached_property
    def _searched(self) -> tuple[Letters, ...]:
        """All of the text, what all speakers said, and what participants said."""
        every = [_around(turn.start, turn.end, turn.cuts) for turn in self.turns]
        own = [spans for turn, spans in zip(self.turns, every, strict=True) if turn.role == "participant"]
        parts = [[span for spans in group for span in spans] for group in (every, own) if group]
        return (self._whole, *(letters_of(self.text, spans) for spans in parts))

    def _with_edges(self, quote: str, span: Span) -> Span:
        """Add the punctuation around a place that the quote has too."""
        start, end = span
        words = list(WORD.finditer(quote))
        before = self.text[max(0, start - 12) : start][::-1]
        start -= _edge(before, quote[: words[0].start()][::-1])
        return start, end + _edge(self.text[end : end + 12], quote[words[-1].end() :])

    def _in_paragraph(self, found: list[Span], paragraph: int | None) -> list[Place]:
        """Choose among several places by the number of the paragraph, if one and only one is in it.

        MAXQDA and ATLAS.ti count paragraphs from 1, with or without empty ones: a place must be the only one under
        either count that gives any.
        """
        if len(found) == 1 or paragraph is None:
            return [Place((span,)) for span in found]
        lines = self.text.split("\n")
        filled = [number for number, line in enumerate(lines) if line.strip()]
        wanted = {paragraph - 1} | ({filled[paragraph - 1]} if 0 < paragraph <= len(filled) else set())
        chosen = [span for span in found if self.text.count("\n", 0, span[0]) in wanted]
        if len(chosen) == 1:
            return [Place((chosen[0],), by_paragraph=True)]
        return [Place((span,)) for span in found]

    def _elided(self, quote: str) -> list[Place]:
        """Find a quote in which something was left out, by its longest part and what is nearest on both sides."""
        parts = [part for part in _ELISION.split(_without_labels(quote)) if fold(part)]
        if not parts or not _ELISION.search(quote):
            return []
        places = [self._part(part) for part in parts]
        longest = max(range(len(parts)), key=lambda at: len(fold(parts[at])))
        found = []
        for anchor, edits in places[longest]:
            after = _chain(places[longest + 1 :], anchor[1], forward=True)
            before = _chain(places[:longest][::-1], anchor[0], forward=False)
            if after is not None and before is not None:
                chain = [*reversed(before), (anchor, edits), *after]
                spans = tuple(self._joined([span for span, _ in chain]))
                found.append(Place(spans, sum(edits for _, edits in chain)))
        return found

    def _part(self, part: str) -> list[tuple[Span, int]]:
        return [(span, 0) for span in self._by_words(part)] or self._mended(part)

    def _joined(self, spans: list[Span]) -> Iterator[Span]:
        """Join spans with less than a sentence between them."""
        start, end = spans[0]
        for span in spans[1:]:
            gap = self.text[end : span[0]]
            if len(gap) > MAX_ELLIPSIS or _SENTENCE_END.search(self.text[end - 1 : end] + gap):
                yield start, end
                start = span[0]
            end = span[1]
        yield start, end

    def _mended(self, quote: str) -> list[tuple[Span, int]]:
        """List the places where a quote with typos is best, each with its edits; a clear best is the only one."""
        words = _without_labels(quote)
        letters = fold(words)
        most = max((edits for length, edits in TYPOS if len(letters) >= length), default=0)
        if not most:
            return []
        for searched in self._searched:
            near = _near(searched, letters, most)
            kept = {span: edits for span, edits in near.items() if self._keeps_the_sense(quote, span)}
            if kept:
                best = min(near.values())
                return [(self._with_edges(words, span), edits) for span, edits in kept.items() if edits == best]
        return []

    def _keeps_the_sense(self, quote: str, span: Span) -> bool:
        """Return whether a place has whole words, the quote's numbers and negations, and no negation just before it."""
        start, end = span
        halved = self.text[start - 1 : start] in _APOSTROPHES and self.text[start - 2 : start - 1].isalnum()
        negated = _NEGATED.search(self.text, max(0, start - 12), start)
        return not (start > 1 and halved) and not negated and _means_the_same(quote, self.text[start:end])

    @cached_property
    def _sentences(self) -> tuple[list[Span], dict[str, list[int]]]:
        """The sentences, roughly, and in which of them each word is."""
        spans = [match.span() for match in _SENTENCE.finditer(self.text)]
        by_word: dict[str, list[int]] = defaultdict(list)
        for row, (start, end) in enumerate(spans):
            for word in set(plain(self.text[start:end]).split()):
                by_word[word].append(row)
        return spans, by_word

    def _passage(self, row: int, length: int) -> Span:
        """Return sentences from one on that are about as long as a quote."""
        spans = self._sentences[0]
        last = row
        while last + 1 < len(spans) and spans[last][1] - spans[row][0] < 0.7 * length:
            last += 1
        return self._spoken((spans[row][0], spans[last][1]))


def _around(start: int, end: int, cuts: Sequence[Span]) -> list[Span]:
    """List the stretches between ``start`` and ``end`` that are not cut out."""
    edges = [start, *(edge for cut in cuts for edge in cut), end]
    return [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if a < b]


def _without_labels(quote: str) -> str:
    """Return a quote without speakers' labels at the beginning of lines, and without stamps."""
    return _LABEL.sub("\n", _STAMP.sub(" ", quote)).strip() or quote


def _edge(near: str, wanted: str) -> int:
    """Count the characters of ``near`` that ``wanted`` begins with, but for spaces and what only ``wanted`` has."""
    at = 0
    for char in "".join(wanted.translate(LOOKALIKES).split()):
        step = at
        while step < len(near) and near[step] in " \u00a0":
            step += 1
        if step < len(near) and near[step].translate(LOOKALIKES)[0] == char:
            at = step + 1
    return at


def _chain(parts: Sequence[Sequence[tuple[Span, int]]], at: int, *, forward: bool) -> list[tuple[Span, int]] | None:
    """Take the nearest place of each part in turn, from ``at`` on; None if one is not near."""
    chain = []
    for places in parts:
        gaps = {place: (place[0][0] - at if forward else at - place[0][1]) for place in places}
        near = [place for place, gap in gaps.items() if 0 <= gap <= MAX_GAP]
        if not near:
            return None
        chain.append(min(near, key=lambda place: gaps[place]))
        at = chain[-1][0][1] if forward else chain[-1][0][0]
    return chain


def _near(searched: Letters, letters: str, most: int) -> dict[Span, int]:
    """Find whole words within ``most`` edits of some letters, the best of places that overlap.

    Of ``most + 1`` pieces of the letters at least one is without an edit, and says where to look.
    """
    step = len(letters) / (most + 1)
    found: dict[Span, int] = {}
    for piece in range(most + 1):
        first, last = round(piece * step), round((piece + 1) * step)
        for at in _all(searched.letters, letters[first:last]):
            for span, edits in _windows(searched, letters, at - first, most):
                found[span] = min(edits, found.get(span, edits))
    best = sorted(found, key=lambda span: (found[span], span[0] - span[1]))
    return {span: found[span] for span in _apart(best)}


def _windows(searched: Letters, letters: str, at: int, most: int) -> Iterator[tuple[Span, int]]:
    from rapidfuzz.distance import OSA

    starts = searched.at[bisect_left(searched.at, at - most) : bisect_right(searched.at, at + most)]
    end = at + len(letters)
    ends = searched.at[bisect_left(searched.at, end - most) : bisect_right(searched.at, end + most)]
    for low in starts:
        for high in ends:
            if low < high:
                edits = OSA.distance(letters, searched.letters[low:high], score_cutoff=most)
                if edits <= most:
                    yield searched.span(low, high)[0], edits


def _means_the_same(quote: str, passage: str) -> bool:
    """Return whether neither numbers nor negations differ: a typo in them would change what was said."""
    return _sense(_without_labels(quote)) == _sense(passage)


def _sense(text: str) -> tuple[str, int]:
    return "".join(char for char in text if char.isdigit()), len(_NEGATION.findall(text))


def _apart(spans: Sequence[Span]) -> list[Span]:
    """Keep the first of spans that overlap."""
    kept: list[Span] = []
    for span in spans:
        if all(span[1] <= other[0] or span[0] >= other[1] for other in kept):
            kept.append(span)
    return kept


def _all(text: str, words: str) -> Iterator[int]:
    at = text.find(words) if words else -1
    while at >= 0:
        yield at
        at = text.find(words, at + 1)
