"""Questions for the researcher about who speaks in a transcript, where a guess could be wrong."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from comb.records import Transcript, Turn
from comb.transcripts.emphasis import NAMES
from comb.transcripts.roles import key
from comb.transcripts.speaker_labels import WEAK, Head, parse_head
from comb.transcripts.speaker_names import is_distinct, is_name_like, is_prose

SHOWN = 5
"""Most lines that a message names."""
_LABEL = "Begin each turn with the speaker's name and a colon."
_AMID = re.compile(
    r"[.?!…][\"'”’)\]]*[ \t]+(?P<name>(?:[A-Z][a-z]{0,3}\. )?[^\W\d_a-z][\w '’-]{0,30}?)[ \t]*[:：](?=\s)"
)
_INITIALS = re.compile(r"[A-Z]{1,3}\d{0,2}")
_WORD = re.compile(r"\w")


def doubts(transcript: Transcript) -> tuple[str, ...]:
    """Return each doubt about who speaks in a transcript as a line: the file, the finding, what to do.

    The only words of the transcript in these lines are speakers' names.
    """
    where = transcript.source or transcript.id
    return tuple(f"{where}: {doubt}" for doubt in _doubts(transcript))


def _doubts(transcript: Transcript) -> Iterator[str]:
    speakers = {turn.speaker for turn in transcript.turns if turn.speaker}
    if not speakers:
        yield (
            "no speaker labels were found, so all of it is treated as one participant's words. "
            f"If anybody else speaks in it: {_LABEL[0].lower()}{_LABEL[1:]}"
        )
        return
    if _is_by_emphasis(transcript, speakers):
        yield (
            "no speaker labels were found; lines that are set off (bold, italics, capitals) and the others are treated "
            "as interviewer and participant, by which of them ask questions. "
            f"If that is wrong: {_LABEL[0].lower()}{_LABEL[1:]}"
        )
        return
    if len(speakers) == 1 and _has_unlabelled_speech(transcript):
        yield (
            f"{next(iter(speakers))!r} is the only speaker that was found, and paragraphs without a label are treated "
            f"as that speaker's. If anybody else speaks in it: {_LABEL[0].lower()}{_LABEL[1:]}"
        )
    amid = sorted(set(_lines_with_labels_amid(transcript, {key(speaker) for speaker in speakers})))
    if amid:
        yield (
            f"line {_listed(amid)}: a speaker's name and a colon occur within the words of another speaker. "
            "If somebody else speaks there, begin a new line before that name."
        )
    lines = sorted(set(_doubtful_lines(transcript)))
    if lines:
        yield (
            f"line {_listed(lines)}: seems to begin with a speaker's name, but is treated as the words of the speaker "
            "above. If somebody else speaks there, write the name in the same form as the other speakers' names."
        )


def _listed(lines: Sequence[int]) -> str:
    return ", ".join(map(str, lines[:SHOWN])) + (f" and {len(lines) - SHOWN} more" if len(lines) > SHOWN else "")


def _lines_with_labels_amid(transcript: Transcript, speakers: set[str]) -> Iterator[int]:
    """Yield the numbers of lines in which a label follows a sentence: a line end is missing there."""
    for turn in transcript.turns:
        for match in _AMID.finditer(transcript.text, turn.start, turn.end):
            name = match["name"].strip()
            if turn.speaker and (key(name) in speakers or is_distinct(name) or _INITIALS.fullmatch(name)):
                yield transcript.text.count("\n", 0, match.start("name")) + 1


def _is_by_emphasis(transcript: Transcript, speakers: set[str]) -> bool:
    """Return whether speakers were distinguished by print: they have the names for that, and the text has no labels."""
    between = [(0, transcript.turns[0].start), *((a.end, b.start) for a, b in pairwise(transcript.turns))]
    unlabelled = not any(_WORD.search(transcript.text, start, end) for start, end in between)
    return unlabelled and speakers == {name for name, _ in NAMES.values()}


def _has_unlabelled_speech(transcript: Transcript) -> bool:
    """Return whether an interviewer's turn goes on in a paragraph of its own, or somebody's turn with a question."""
    for turn in transcript.turns:
        lines = [line.strip() for _, line in _lines(transcript, turn)][1:]
        if turn.speaker and any(line.endswith("?") or turn.role == "interviewer" for line in lines if line):
            return True
    return False


def _lines(transcript: Transcript, turn: Turn) -> Iterator[tuple[int, str]]:
    """Yield the start and the words of each line of a turn."""
    at = turn.start
    for line in transcript.text[turn.start : turn.end].split("\n"):
        yield at, line
        at += len(line) + 1


def _doubtful_lines(transcript: Transcript) -> Iterator[int]:
    """Yield the numbers of lines within turns that begin as with a name, which stronger signs have not made a label."""
    found = list(_candidates(transcript))
    counts = Counter(key(head.name) for _, head in found)
    for at, head in found:
        if head.style in ("colon", "bold") or is_distinct(head.name) or counts[key(head.name)] > 1:
            yield transcript.text.count("\n", 0, at) + 1


def _has_label(text: str, start: int) -> bool:
    """Return whether a label stands before a turn on its line."""
    line = text[text.rfind("\n", 0, start) + 1 : start]
    return any(char.isalpha() for char in line)


def _candidates(transcript: Transcript) -> Iterator[tuple[int, Head]]:
    for turn in transcript.turns:
        cut = {start for start, _ in turn.cuts}
        for at, line in _lines(transcript, turn):
            if at == turn.start and _has_label(transcript.text, at):
                continue
            head = parse_head(line)
            of_style = head.style in ("colon", "bold", *WEAK)
            if turn.speaker and at not in cut and of_style and is_name_like(head.name) and not is_prose(head.name):
                yield at, head
