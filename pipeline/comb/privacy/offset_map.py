"""Replacements in a text, and a map from places in the old text to the new one."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from comb.records import Span, Transcript, Turn


@dataclass(frozen=True, slots=True)
class Replacement:
    """``text[start:end]`` becomes ``new``."""

    start: int
    end: int
    new: str


@dataclass(frozen=True)
class OffsetMap:
    """Replacements in the order of the text, without overlaps and none empty, and the map that follows from them.

    >>> made = OffsetMap((Replacement(3, 8, "Alex"),))
    >>> made.apply("Dr Evans came."), made.span(0, 8), made.span(9, 13), made.span(5, 13)
    ('Dr Alex came.', (0, 7), (8, 12), (3, 12))
    """

    replacements: tuple[Replacement, ...] = ()

    @cached_property
    def _starts(self) -> list[int]:
        return [one.start for one in self.replacements]

    @cached_property
    def _shifts(self) -> list[int]:
        """How far a place behind the first n replacements has moved."""
        shifts = [0]
        for one in self.replacements:
            shifts.append(shifts[-1] + len(one.new) - (one.end - one.start))
        return shifts

    def apply(self, text: str) -> str:
        """Return the text with all replacements made."""
        parts, at = [], 0
        for one in self.replacements:
            parts += [text[at : one.start], one.new]
            at = one.end
        return "".join([*parts, text[at:]])

    def span(self, start: int, end: int) -> Span:
        """Return the place of a span in the new text; a replacement that it touches belongs to it as a whole."""
        return self._place(start, after=False), self._place(end, after=end > start)

    def _place(self, at: int, *, after: bool) -> int:
        """Return where a place is; inside a replacement, its start, or with ``after`` its end."""
        number = bisect_right(self._starts, at)
        if number:
            one = self.replacements[number - 1]
            start = one.start + self._shifts[number - 1]
            if at == one.start:
                return start
            if at < one.end:
                return start + len(one.new) if after else start
        return at + self._shifts[number]

    def inverse(self, text: str) -> "OffsetMap":
        """Return the replacements that turn the new text back into the old ``text``."""
        return OffsetMap(
            tuple(Replacement(*self.span(one.start, one.end), text[one.start : one.end]) for one in self.replacements)
        )

    def transcript(self, transcript: Transcript, name: str, speakers: "dict[str, str]") -> Transcript:
        """Return a transcript with all replacements made, under a new id, with its speakers renamed by ``speakers``."""
        turns = tuple(self._turn(turn, speakers) for turn in transcript.turns)
        return Transcript(name, self.apply(transcript.text), turns, transcript.source)

    def _turn(self, turn: Turn, speakers: "dict[str, str]") -> Turn:
        start, end = self.span(turn.start, turn.end)
        cuts = tuple(self.span(*cut) for cut in turn.cuts)
        return Turn(speakers.get(turn.speaker, turn.speaker), turn.role, start, end, turn.time, cuts)


def make_map(replacements: Sequence[Replacement]) -> OffsetMap:
    """Return the map for replacements in any order; of overlapping ones, the longest counts."""
    kept: list[Replacement] = []
    for one in sorted(replacements, key=lambda item: (item.start - item.end, item.start)):
        if one.start < one.end and all(one.end <= other.start or other.end <= one.start for other in kept):
            kept.append(one)
    return OffsetMap(tuple(sorted(kept, key=lambda item: item.start)))
