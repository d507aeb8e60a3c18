"""From lines of canonical text to turns; every format that has no columns or cues of its own comes through here."""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from comb.errors import BadInputError
from comb.records import Role, Turn
from comb.study.params import RoleParams
from comb.transcripts.roles import find_role, key
from comb.transcripts.speaker_labels import Head, Labels, Line, decide, parse_head
from comb.transcripts.timestamps import AT_END, seconds

WRAPPED = 120
"""A text none of whose lines is longer is taken to be wrapped by hand: its paragraphs are parted by blank lines."""
MIN_BARE_STAMPS = 3
MAX_LINES = 500_000
"""Lines of one transcript that memory is meant for; a day of talk has some ten thousand."""

_LINE = re.compile(r"[^\n]+")
_BLANK = re.compile(r"\n\s*\n")
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Builder:
    """Collects turns: one is open at a time, and grows by the lines that continue it."""

    roles: RoleParams
    speaker: str = ""
    role: Role = "other"
    time: float | None = None
    stamp: float | None = None
    """The time of a stamp that no speech has followed yet."""
    start: int = -1
    end: int = -1
    turns: list[Turn] = field(default_factory=list)
    spelled: dict[str, str] = field(default_factory=dict)

    def open(self, speaker: str, time: float | None) -> None:
        """Begin a turn of a speaker, under the first spelling of the name."""
        self.close()
        self.speaker = self.spelled.setdefault(key(speaker), speaker)
        self.role = find_role(speaker, self.roles) or "other"
        self.time = self.stamp if time is None else time
        self.stamp = None

    def split(self, time: float | None) -> None:
        """Begin another turn of the same speaker, because a stamp parts the speech."""
        self.close()
        self.time = self.stamp = time

    def grow(self, start: int, end: int) -> None:
        """Add a stretch of speech to the open turn."""
        self.start = start if self.start < 0 else self.start
        self.end, self.stamp = end, None

    def close(self) -> None:
        """Put the open turn among the finished ones, if it says anything."""
        if self.start >= 0:
            self.turns.append(Turn(self.speaker, self.role, self.start, self.end, self.time))
            self.start, self.time = -1, None


def split_lines(text: str) -> list[Line]:
    """List the lines of a text that are not empty."""
    return [Line(match.start(), match.end()) for match in _LINE.finditer(text)]


def parse_turns(
    text: str, roles: RoleParams, where: str, lines: Sequence[Line] | None = None, *, alone: bool = True
) -> tuple[Turn, ...]:
    """Find the turns in a text: labels open them, lines without label continue the speaker above.

    What stands before the first label (a title, a date) is a turn of speaker ``""`` and role ``other``. A stamp inside
    a speech parts it into two turns of one speaker, since no turn covers a stamp. A text without any label is one
    participant: each paragraph a turn of speaker ``""``, and a warning in the log says so; not so where the lines are
    not ``alone``, because the rest of the transcript (a table) has its speakers. Raises BadInputError for more lines
    than MAX_LINES.
    """
    if text.count("\n") > MAX_LINES:
        remedy = "Give one interview a file, not a whole archive."
        raise BadInputError(f"more than {MAX_LINES} lines", where=where, remedy=remedy)
    lines = split_lines(text) if lines is None else lines
    lines = [line for line in lines if text[line.start : line.end].strip()]
    if not lines:
        return ()
    heads = _read_heads(text, lines)
    labels = decide(heads, roles)
    heads = _settle(heads, labels)
    if not alone or any(head.style != "none" for head in heads):
        return _build(text, lines, heads, roles)
    warn_unlabelled(where)
    return _unlabelled(text, lines, heads)


def warn_unlabelled(where: str) -> None:
    """Say in the log that a transcript has no speakers, so that all of it is taken for a participant's."""
    _log.warning("%s: no speaker labels were found. All of it is taken as one participant's words.", where)


def _read_heads(text: str, lines: Sequence[Line]) -> list[Head]:
    spans = [text[line.start : line.end] for line in lines]
    following = [*spans[1:], ""]
    return [parse_head(span, line.bold, after) for span, line, after in zip(spans, lines, following, strict=True)]


def _settle(heads: Sequence[Head], labels: Labels) -> list[Head]:
    """Keep the accepted labels; make prose of the rest, and of bare stamps unless the text is full of them."""
    refused = [head for head in heads if not labels.accepts(head)]
    bare = [head.time for head in refused if head.stamp == "bare" and head.time is not None]
    trusted = len(bare) >= MIN_BARE_STAMPS and bare == sorted(bare)
    return [head if labels.accepts(head) else _as_prose(head, trusted=trusted) for head in heads]


def _as_prose(head: Head, *, trusted: bool) -> Head:
    if head.stamp == "bare" and not trusted:
        return Head("none", end=head.end)
    return Head("none", prose=head.prose, end=head.end, time=head.time, stamp=head.stamp)


def _build(text: str, lines: Sequence[Line], heads: Sequence[Head], roles: RoleParams) -> tuple[Turn, ...]:
    builder = _Builder(roles)
    for line, head in zip(lines, heads, strict=True):
        at = head.prose
        if head.style != "none":
            builder.open(head.name, head.time)
            at = head.speech
        elif head.stamp:
            builder.split(head.time)
        _add_speech(builder, text, line.start + at, line.start + head.end)
        if tail := AT_END.search(text, line.start, line.end):
            builder.split(seconds(tail["time"]))
    builder.close()
    return tuple(builder.turns)


def _add_speech(builder: _Builder, text: str, start: int, end: int) -> None:
    speech = text[start:end]
    if speech.strip():
        builder.grow(start + len(speech) - len(speech.lstrip()), start + len(speech.rstrip()))


def _unlabelled(text: str, lines: Sequence[Line], heads: Sequence[Head]) -> tuple[Turn, ...]:
    """Make each paragraph a turn; in a text wrapped by hand, those parted by blank lines."""
    builder = _Builder(RoleParams(), role="participant")
    wrapped = _BLANK.search(text) is not None and all(line.end - line.start <= WRAPPED for line in lines)
    before = 0
    for line, head in zip(lines, heads, strict=True):
        if head.stamp:
            builder.split(head.time)
        elif not wrapped or _BLANK.search(text, before, line.start):
            builder.split(None if builder.start >= 0 else builder.time)
        _add_speech(builder, text, line.start + head.prose, line.start + head.end)
        before = line.end
    builder.close()
    return tuple(builder.turns)
