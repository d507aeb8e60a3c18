"""The letters and words of a text in one Unicode form and case, with their places in the text."""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from comb.records import Span

WORD = re.compile(r"[^\W_](?:[^\W_]|[\u0300-\u036f])*")
MIN_PART_OF_WORD = 8
"""Letters that a quote must have to be found although it begins or ends inside a word."""
_NOT_LETTERS = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Letters:
    """Words run together without spaces, in one form and case, with the place of each in the text."""

    text: str
    letters: str
    at: Sequence[int]
    """The place in ``letters`` at which each word begins, and at the end its length."""
    spans: Sequence[Span]

    def find(self, letters: str) -> list[Span]:
        """List the places of some letters: as whole words if possible, otherwise with ends inside words."""
        found: list[Span] = []
        inside: list[Span] = []
        at = self.letters.find(letters)
        while at >= 0:
            span, whole = self.span(at, at + len(letters))
            (found if whole else inside).append(span)
            at = self.letters.find(letters, at + 1)
        return found or (inside if len(letters) >= MIN_PART_OF_WORD or not letters.isascii() else [])

    def span(self, start: int, end: int) -> tuple[Span, bool]:
        """Return the place in the text of some letters, and whether they are whole words."""
        first, last = bisect_right(self.at, start) - 1, bisect_left(self.at, end) - 1
        into, whole = start - self.at[first], start == self.at[first] and end == self.at[last + 1]
        if whole:
            return (self.spans[first][0], self.spans[last][1]), True
        return (self._place(first, into), self._place(last, end - self.at[last] - 1) + 1), False

    def _place(self, word: int, letter: int) -> int:
        """Return the place in the text of a letter of a word; ligatures and accents make the two differ."""
        start, end = self.spans[word]
        if end - start == self.at[word + 1] - self.at[word]:
            return start + letter
        passed = 0
        for place in range(start, end):
            passed += len(_fold_word(self.text[place]))
            if passed > letter:
                return place
        return end - 1


def fold(text: str) -> str:
    """Return the letters and digits of a text, in one Unicode form and case.

    >>> fold("“It’s eﬀective,” she said…") == fold("its EFFECTIVE she said")
    True
    """
    return "".join(folded(text, [(0, len(text))]))


def words_of(text: str) -> set[str]:
    """Return the words of a text that contain non-ASCII characters, in lower case."""
    return {match.group().casefold() for match in WORD.finditer(text) if not match.group().isascii()}


def plain(text: str) -> str:
    """Return the words of a text, folded, separated by spaces."""
    return " ".join(_fold_word(match.group()) for match in WORD.finditer(text))


def letters_of(text: str, spans: Sequence[Span]) -> Letters:
    """Return the words of some stretches of a text, run together."""
    words = [match.span() for start, end in spans for match in WORD.finditer(text, start, end)]
    lower = text.lower() if text.isascii() else ""
    folded = [lower[start:end] if lower else _fold_word(text[start:end]) for start, end in words]
    at = [0]
    for word in folded:
        at.append(at[-1] + len(word))
    return Letters(text, "".join(folded), at, words)


def folded(text: str, spans: Sequence[Span]) -> Iterator[str]:
    """Yield the words of some stretches of a text, each in one form and case."""
    for start, end in spans:
        for match in WORD.finditer(text, start, end):
            yield _fold_word(match.group())


def _fold_word(word: str) -> str:
    if word.isascii():
        return word.lower()
    return _NOT_LETTERS.sub("", unicodedata.normalize("NFKC", word).casefold())
