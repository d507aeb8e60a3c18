"""Quotes of what was said, where the canonical text has a stamp, a page header or a divided word amid the words."""

from collections.abc import Callable, Sequence

from comb.records import Span, Transcript, speech_places, spoken


def is_quote(quote: str, transcript: Transcript, start: int, end: int) -> bool:
    """Tell whether a quote is the canonical text at ``[start, end)``, or what was said there."""
    text = transcript.text
    return text[start:end] == quote or spoken(text, start, end, transcript.cuts) == quote


def find_in_speech(
    find: Callable[[str, str], Sequence[Span]], quote: str, text: str, cuts: Sequence[Span]
) -> list[Span]:
    """Find a quote with ``find`` in what was said, and return its places in the canonical text.

    Nothing is found in a text without cuts: there the canonical text is what was said.
    """
    if not cuts:
        return []
    said, places = speech_places(text, 0, len(text), cuts)
    return [(places[start], places[end - 1] + 1) for start, end in find(quote, said) if start < end]
