"""Transfer codings to the study's own text from a text in which a program changed white space."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from comb.exchange.project import Project
from comb.records import Coding, Decision, Suggestion, Transcript

Placed = TypeVar("Placed", Coding, Suggestion, Decision)


class _Shift:
    """Leads from one text to another that differs from it in white space only."""

    def __init__(self, text: str, own: str) -> None:
        self.words, self.own = _printed(text), _printed(own)

    def span(self, start: int, end: int) -> tuple[int, int] | None:
        """Return where the words of a span are in the other text; None if it contains no word."""
        first, last = bisect_left(self.words, start), bisect_right(self.words, end - 1) - 1
        return (self.own[first], self.own[last] + 1) if first <= last else None


def _printed(text: str) -> list[int]:
    return [at for at, char in enumerate(text) if not char.isspace()]


def _squeezed(text: str) -> str:
    return "".join(text.split())


def onto_own_texts(project: Project, own: Mapping[str, Transcript], notes: list[str]) -> Project:
    """Transfer the codings of a project to the study's texts, if these differ in white space only.

    ``own`` contains the study's transcripts by id; texts that differ in words are left as they are, and refused later.
    """
    shifts = {
        name: _Shift(transcript.text, own[name].text)
        for name, transcript in project.transcripts.items()
        if name in own and transcript.text != own[name].text and _squeezed(transcript.text) == _squeezed(own[name].text)
    }
    if not shifts:
        return project
    notes.append(
        f"white space differs from that of your transcripts: {', '.join(sorted(shifts))}; codings are on the same "
        "words in yours."
    )

    def moved(items: Iterable[Placed]) -> tuple[Placed, ...]:
        return tuple(one for item in items if (one := _moved(item, shifts, own)) is not None)

    return replace(
        project,
        transcripts={**project.transcripts, **{name: own[name] for name in shifts}},
        codings=moved(project.codings),
        suggestions=moved(project.suggestions),
        decisions=moved(project.decisions),
    )


def _moved(item: Placed, shifts: Mapping[str, _Shift], own: Mapping[str, Transcript]) -> Placed | None:
    if item.transcript not in shifts:
        return item
    span = shifts[item.transcript].span(item.start, item.end)
    if span is None:
        return None
    words = own[item.transcript].text[slice(*span)]
    texts: dict[type, dict[str, Any]] = {Coding: {"quote": words}, Suggestion: {"text": words}}
    return replace(item, start=span[0], end=span[1], **texts.get(type(item), {}))
