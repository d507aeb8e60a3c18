"""Find turns in lines of canonical text, for every format without columns or cues."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate

from comb.errors import BadInputError
from comb.records import Role, Span, Turn
from comb.study.params import RoleParams
from comb.transcripts.emphasis import by_emphasis
from comb.transcripts.not_speech import cut_speech, speech_lines
from comb.transcripts.roles import find_role, key
from comb.transcripts.speaker_labels import Head, Labels, Line, decide, parse_head
from comb.transcripts.timestamps import AT_END, is_stamp, keep_pace, seconds
from comb.transcripts.title_page import title_page

WRAPPED = 120
"""If no line of a text is longer, it counts as wrapped by hand, with blank lines between paragraphs."""
MIN_FULL_LINES = 4
"""Fewest lines of nearly the greatest length in a text whose lines end where the page ends."""
MAX_LINES = 500_000
"""Most lines of a transcript; a day of talk has about ten thousand."""

_HEADING = re.compile(r"#{1,6} +[^\s#]")
_SECTION = re.compile(
    r"(?:Topic|Section|Theme|Module|Chapter|TOPIC|SECTION|THEME|MODULE|CHAPTER) (?:\d{1,2}|[IVX]{1,4})"
    r"(?:\s*[:.–—-]\s*[^.?!]{1,60})?"
)
_LINE = re.compile(r"[^\n\v\x85\u2028\u2029]+")
_BLANK = re.compile(r"\n\s*\n")
_Q_AND_A = re.compile(r"(?P<kind>Q|A|Question|Answer)[ ._#-]*(?P<number>\d{1,3})", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.?!…。？！:][\"'”’)\]]*\s*$")


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
        """Begin another turn of the same speaker, because a stamp interrupts the speech."""
        self.close()
        self.time = self.stamp = time

    def is_amid_sentence(self, text: str, start: int, end: int) -> bool:
        """Return whether speech at ``[start, end)`` continues a sentence that the open turn has begun."""
        begun = self.start >= 0 and not _SENTENCE_END.search(text, max(self.start, self.end - 10), self.end)
        return begun and text[start:end].lstrip()[:1].islower()

    def grow(self, start: int, end: int) -> None:
        """Add a stretch of speech to the open turn."""
        self.start = start if self.start < 0 else self.start
        self.end, self.stamp = end, None

    def set_aside(self, start: int, end: int) -> None:
        """Make a heading a turn without a speaker; the same speaker continues after it."""
        self.close()
        self.turns.append(Turn("", "other", start, end))

    def close(self) -> None:
        """Add the open turn to the finished ones, unless it is empty."""
        if self.start >= 0:
            self.turns.append(Turn(self.speaker, self.role, self.start, self.end, self.time))
            self.start, self.time = -1, None


def split_lines(text: str) -> list[Line]:
    """List the lines of a text that are not empty."""
    return [
        Line(match.start(), match.end(), heading=_HEADING.match(match[0]) is not None) for match in _LINE.finditer(text)
    ]


def parse_turns(
    text: str,
    roles: RoleParams,
    where: str,
    lines: Sequence[Line] | None = None,
    *,
    alone: bool = True,
    cuts: Sequence[Span] = (),
    wrapped: bool = False,
) -> tuple[Turn, ...]:
    """Find the turns in a text: labels open them, lines without label continue the speaker above.

    Text before the first label (a title, a date) is a turn of speaker ``""`` and role ``other``, and so is a heading
    within the speech. A stamp at the start of a line splits a speech into two turns of one speaker. Other text that is
    not speech is cut out of its turn: stamps within a line, page headers, line numbers, notices of programs, the hyphen
    of a word that is divided at a line's end, and ``cuts``, given by the reader. ``wrapped`` says that lines end where
    the page does. In a text without any label, questions set off by bold print are an interviewer's, and the rest a
    participant's; without such questions, all of it is one participant's, each paragraph a turn of speaker ``""``. If
    the lines are not ``alone``, the rest of the transcript (a table) has the speakers. Raises BadInputError for more
    lines than MAX_LINES.
    """
    if text.count("\n") > MAX_LINES:
        remedy = "Use one file per interview, not a whole archive."
        raise BadInputError(f"more than {MAX_LINES} lines", where=where, remedy=remedy)
    lines = split_lines(text) if lines is None else lines
    lines, beside = speech_lines(text, lines, cuts)
    if not lines:
        return ()
    heads = _read_heads(text, lines)
    labels = decide(heads, roles)
    heads = _settle([text[line.start : line.end] for line in lines], heads, labels)
    if not alone or any(head.style != "none" for head in heads):
        turns = _build(text, lines, heads, roles)
    else:
        turns = by_emphasis(text, lines) or _unlabelled(text, lines, heads)
    return cut_speech(text, turns, beside, wrapped=wrapped or _is_wrapped(lines))


def _is_wrapped(lines: Sequence[Line]) -> bool:
    """Return whether the lines of a text end where the page does, and not where a paragraph does."""
    lengths = sorted(line.end - line.start for line in lines)
    full = sum(length >= 0.75 * lengths[-1] for length in lengths)
    return lengths[-1] <= WRAPPED and full >= max(MIN_FULL_LINES, 0.4 * len(lengths))


def _read_heads(text: str, lines: Sequence[Line]) -> list[Head]:
    spans = [text[line.start : line.end] for line in lines]
    stamps = [number for number, span in enumerate(spans) if is_stamp(span)]
    if _names_stand_below(spans, stamps):
        heads = [parse_head(span, line.bold) for span, line in zip(spans, lines, strict=True)]
        below = {number + 1 for number in stamps}
        return [
            replace(head, style="stamped") if number in below and head.style == "alone" else head
            for number, head in enumerate(heads)
        ]
    following = [*spans[1:], ""]
    return [parse_head(span, line.bold, after) for span, line, after in zip(spans, lines, following, strict=True)]


def _names_stand_below(spans: Sequence[str], stamps: Sequence[int]) -> bool:
    """Return whether lines of names stand below lines of stamps, as Teams writes them, and not above."""
    styles = {n: parse_head(spans[n]).style for at in stamps for n in (at - 1, at + 1) if 0 <= n < len(spans)}
    below = sum(styles.get(at + 1) == "alone" for at in stamps)
    above = sum(styles.get(at - 1) == "alone" for at in stamps)
    return len(stamps) > 1 and below > above and below >= 0.8 * len(stamps)


def _settle(lines: Sequence[str], heads: Sequence[Head], labels: Labels) -> list[Head]:
    """Keep the accepted labels; make prose of the rest, and of bare stamps unless the text is full of them."""
    chosen = [labels.choose(head) for head in heads]
    facts = title_page(lines, heads, chosen)
    chosen = [*[None] * facts, *chosen[facts:]]
    words = accumulate(len(line.split()) for line in ["", *lines])
    bare = [
        (head.time, before)
        for head, label, before in zip(heads, chosen, words, strict=False)
        if label is None and head.stamp == "bare" and head.time is not None
    ]
    trusted = keep_pace([time for time, _ in bare], [before for _, before in bare])
    settled = [label or _as_prose(head, trusted=trusted) for head, label in zip(heads, chosen, strict=True)]
    return _without_question_numbers(settled)


def _as_prose(head: Head, *, trusted: bool) -> Head:
    if head.stamp == "bare" and not trusted:
        return Head("none", end=head.end)
    return Head("none", prose=head.prose, end=head.end, time=head.time, stamp=head.stamp)


def _without_question_numbers(heads: Sequence[Head]) -> list[Head]:
    """Name the speakers of numbered questions and answers ``Q`` and ``A``: ``Q1``, ``A1``, ``Q2`` are not three."""
    numbered = {
        (match["kind"].casefold(), match["number"]) for head in heads if (match := _Q_AND_A.fullmatch(head.name))
    }
    kinds = Counter(kind[0] for kind, _ in numbered)
    if min(kinds["q"], kinds["a"]) < 2:
        return list(heads)
    return [replace(head, name=match["kind"]) if (match := _Q_AND_A.fullmatch(head.name)) else head for head in heads]


def _build(text: str, lines: Sequence[Line], heads: Sequence[Head], roles: RoleParams) -> tuple[Turn, ...]:
    builder = _Builder(roles)
    for line, head in zip(lines, heads, strict=True):
        at = head.prose
        if head.style == "none" and _is_heading(text, line):
            builder.set_aside(line.start, line.end)
            continue
        if head.style != "none":
            builder.open(head.name, head.time)
            at = head.speech
        elif head.stamp and not builder.is_amid_sentence(text, line.start + at, line.start + head.end):
            builder.split(head.time)
        _add_speech(builder, text, line.start + at, line.start + head.end)
        if tail := AT_END.search(text, line.start, line.end):
            builder.split(seconds(tail["time"]))
    builder.close()
    return tuple(builder.turns)


def _is_heading(text: str, line: Line) -> bool:
    words = text[line.start : line.end].strip()
    return bool(words) and (line.heading or _SECTION.fullmatch(words) is not None)


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
