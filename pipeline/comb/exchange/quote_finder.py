"""Finds quotes in a text that was asked for many of them; ``codings.locate`` is for one."""

from collections.abc import Iterator, Sequence
from functools import cached_property

from comb.codings.codings_csv import LOOKALIKES
from comb.exchange.tables.spreadsheet_cells import unescape
from comb.records import Span, speech_places


class Finder:
    """One transcript's text, ready to be searched.

    To the letter first; else whatever Word, Excel and other programs change as they copy: quotation marks, dashes,
    and white space, which some programs also put between words that had other print (``no!`` becomes ``no !``).
    """

    def __init__(self, text: str, cuts: Sequence[Span] = ()) -> None:
        self.text = text
        self.cuts = cuts
        """What is not speech in the text; a quote may leave it out."""
        self.guessed = 0
        """Quotes that were placed by the number of their paragraph."""

    def places(self, quote: str, start: str = "", end: str = "") -> list[tuple[int, int]]:
        """Give the places of a quote; one where ``start`` and ``end`` are its offsets, or name its paragraph."""
        for words in dict.fromkeys((quote, unescape(quote))):
            given = _number(start), _number(end)
            if None not in given and self.text[given[0] : given[1]] == words:
                return [(given[0] or 0, given[1] or 0)]
            found = self._exact(words) or self._exact(words.strip()) or self._loose(words) or self._spoken(words)
            if found:
                return found if len(found) == 1 else self._in_paragraph(found, given[0])
        return []

    def _exact(self, quote: str) -> list[tuple[int, int]]:
        return [(at, at + len(quote)) for at in _all(self.text, quote)]

    @cached_property
    def _folded(self) -> tuple[str, list[int]]:
        pairs = [
            (piece, at)
            for at, char in enumerate(self.text)
            if not char.isspace()
            for piece in char.translate(LOOKALIKES)
        ]
        return "".join(piece for piece, _ in pairs), [at for _, at in pairs]

    def _loose(self, quote: str) -> list[tuple[int, int]]:
        folded, places = self._folded
        words = "".join(quote.translate(LOOKALIKES).split())
        return [(places[at], places[at + len(words) - 1] + 1) for at in _all(folded, words)]

    @cached_property
    def _speech(self) -> "tuple[Finder, Sequence[int]]":
        said, places = speech_places(self.text, 0, len(self.text), self.cuts)
        return Finder(said), places

    def _spoken(self, quote: str) -> list[tuple[int, int]]:
        if not self.cuts:
            return []
        finder, places = self._speech
        return [(places[start], places[end - 1] + 1) for start, end in finder._loose(quote) if start < end]

    def _in_paragraph(self, found: list[tuple[int, int]], paragraph: int | None) -> list[tuple[int, int]]:
        """Choose among several places by the number of the paragraph, if one and only one is in it.

        MAXQDA and ATLAS.ti count paragraphs from 1, with or without empty ones: a place must be the only one under
        either count that gives any.
        """
        if paragraph is None:
            return found
        lines = self.text.split("\n")
        filled = [number for number, line in enumerate(lines) if line.strip()]
        wanted = {paragraph - 1} | ({filled[paragraph - 1]} if 0 < paragraph <= len(filled) else set())
        chosen = [place for place in found if self.text.count("\n", 0, place[0]) in wanted]
        self.guessed += len(chosen) == 1
        return chosen if len(chosen) == 1 else found


def _all(text: str, words: str) -> Iterator[int]:
    at = text.find(words) if words else -1
    while at >= 0:
        yield at
        at = text.find(words, at + 1)


def _number(cell: str) -> int | None:
    cell = cell.strip()
    return int(cell) if cell.isascii() and cell.isdigit() and len(cell) < 12 else None
