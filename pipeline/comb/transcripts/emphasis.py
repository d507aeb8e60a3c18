"""Interviews without labels whose questions are set off from the answers by bold print, italics or capitals."""

import re
from collections.abc import Sequence
from itertools import groupby

from comb.records import Role, Turn
from comb.transcripts.speaker_labels import Line

MIN_LINES = 2
"""Fewest lines of each kind."""
NAMES: dict[bool, tuple[str, Role]] = {True: ("Interviewer", "interviewer"), False: ("Participant", "participant")}
"""Whether a line is a question, and whose it is then."""

_MARKED = re.compile(r"(?P<mark>\*{1,3}|_{1,3})(?=\S)(?P<said>.*\S)(?P=mark)\W*")
_LETTERS = re.compile(r"[^\W\d_]")
_QUESTION = re.compile(r"\?[\"'”’)\]*_\s]*$")


def by_emphasis(text: str, lines: Sequence[Line]) -> tuple[Turn, ...]:
    """Make turns from set-off questions and the answers between them; none if the text is not written in this way.

    Most lines of one kind, and few of the other, must be questions. Lines above the first question are a title.
    """
    marked = [_is_set_off(text[line.start : line.end], line.bold) for line in lines]
    asks = [bool(_QUESTION.search(text[line.start : line.end])) for line in lines]
    shares = {
        kind: sum(ask for ask, mark in zip(asks, marked, strict=True) if mark == kind) / max(1, marked.count(kind))
        for kind in (True, False)
    }
    asking = max(shares, key=lambda kind: shares[kind])
    enough = min(marked.count(True), marked.count(False)) >= MIN_LINES
    if not enough or shares[asking] < 0.5 or shares[not asking] > 0.2:
        return ()
    first = next(at for at, (ask, mark) in enumerate(zip(asks, marked, strict=True)) if ask and mark == asking)
    title = [_turn(text, lines[:first], "", "other")] if first else []
    kinds = groupby(zip(lines[first:], marked[first:], strict=True), key=lambda pair: pair[1] == asking)
    return (*title, *(_turn(text, [line for line, _ in pairs], *NAMES[kind]) for kind, pairs in kinds))


def _is_set_off(line: str, bold: int) -> bool:
    """Return whether a line is set off as a whole: in print, by Markdown's signs, or in capitals."""
    letters = "".join(_LETTERS.findall(line))
    return (
        bold >= len(line.rstrip()) or bool(_MARKED.fullmatch(line.strip())) or (len(letters) > 2 and letters.isupper())
    )


def _turn(text: str, lines: Sequence[Line], speaker: str, role: Role) -> Turn:
    start, end = lines[0].start, lines[-1].end
    start += len(text[start:end]) - len(text[start:end].lstrip())
    end -= len(text[start:end]) - len(text[start:end].rstrip())
    return Turn(speaker, role, start, end)
