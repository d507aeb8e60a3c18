"""Captions, WebVTT and SubRip: the cues of one speaker become one turn.

This is our own code and not a library, because a broken cue is refused with its line number rather than skipped, and
because one cue may contain the voices of several speakers.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from comb.errors import BadInputError
from comb.records import Role, Turn
from comb.study.params import RoleParams
from comb.transcripts.encoding import decode
from comb.transcripts.not_speech import cut_speech
from comb.transcripts.page_furniture import is_program_notice
from comb.transcripts.roles import find_role, key
from comb.transcripts.speaker_labels import Head, decide, parse_head
from comb.transcripts.timestamps import is_stamp, seconds

PAUSE = 3.0
"""Seconds of silence that separate two turns in a file that names no speaker."""

_TIME = r"(?:\d+:)?\d{1,2}:\d{2}(?:[.,]\d{1,3})?"
_TIMING = re.compile(rf"\s*({_TIME})\s*-->\s*({_TIME})(?:\s.*)?")
_VOICE = re.compile(r"<v(?:\.[^\s>]*)?\s+(?P<name>[^>]*)>|</v>")
_TAG = re.compile(r"</?(?:[bicus]|v|rt|ruby|lang|font)(?:[.\s][^>]*)?>|\{\\[^}]*\}", re.IGNORECASE)
_INLINE_TIME = re.compile(r"<(?:\d+:)?\d{2}:\d{2}\.\d{3}>")
_ENTITY = re.compile(r"&(?:#\d+|#x[0-9a-fA-F]+|\w+);")
_NAMED = re.compile(r"\d+ \"(?P<name>[^\"]+)\"(?: \(\d+\))?")
_NOT_CUES = re.compile(r"(?:NOTE|STYLE|REGION)(?:\s|$)")


@dataclass(frozen=True, slots=True)
class _Cue:
    start: float
    end: float
    lines: list[str]
    voice: str | None = None
    """The speaker that the cue's identifier names, as Webex writes it: ``12 "Ann Lee" (4711)``."""


@dataclass(slots=True)
class _Piece:
    """A stretch of speech; speaker None: the one who spoke before."""

    speaker: str | None
    text: str
    start: float
    end: float


def read_vtt(data: bytes, where: str, roles: RoleParams) -> tuple[str, tuple[Turn, ...]]:
    """Read .vtt. Raises BadInputError for a file without the WEBVTT line, without cues, or with a broken cue."""
    text = decode(data, where)
    if not re.match(r"WEBVTT(?:\s|$)", text):
        remedy = 'Put "WEBVTT" and an empty line at its top, or give it the suffix .srt.'
        raise BadInputError('the first line is not "WEBVTT"', where=f"{where}, line 1", remedy=remedy)
    return _compose(list(_cues(text, where, vtt=True)), roles, where)


def read_srt(data: bytes, where: str, roles: RoleParams) -> tuple[str, tuple[Turn, ...]]:
    """Read .srt. Raises BadInputError for a file without cues or with a broken cue."""
    return _compose(list(_cues(decode(data, where), where, vtt=False)), roles, where)


def _cues(text: str, where: str, *, vtt: bool) -> Iterator[_Cue]:
    """Yield the cues; text after an empty line inside a cue belongs to the cue above it."""
    cue: _Cue | None = None
    index = ""
    for number, block in _blocks(text):
        if vtt and (_NOT_CUES.match(block[0]) or (number == 1 and not any(map(_is_timing, block)))):
            continue
        first = next((at for at, line in enumerate(block) if _is_timing(line)), len(block))
        above = 0 if vtt and number == 1 else first - _identifiers(block, first, named=vtt or cue is None)
        if above and (cue is None or _is_next(block[0], index)):
            raise _broken("text without a time", number, where, "Put the time of that cue above it.")
        if cue is not None:
            cue.lines.extend(block[: above if number > 1 else 0])
        index = block[first - 1].strip() if 0 < first < len(block) else index
        voice = _NAMED.fullmatch(block[first - 1].strip()) if 0 < first < len(block) else None
        for following in _cues_of_block(block[first:], number + first, where, voice and voice["name"]):
            if cue is not None:
                yield cue
            cue = following
    if cue is not None:
        yield cue


def _is_timing(line: str) -> bool:
    return "-->" in line and line.strip()[0].isdigit()


def _identifiers(block: list[str], first: int, *, named: bool) -> int:
    """Return how many lines above the first time of a block name the cue, 0 or 1; ``named``: by more than a number."""
    above = block[first - 1].strip() if 0 < first < len(block) else ""
    return int(above.isdigit() or (named and first == 1 and above != ""))


def _is_next(line: str, index: str) -> bool:
    """Return whether a line is the number of the cue after the one numbered ``index``: then its time is missing."""
    return index.isdecimal() and line.strip().isdecimal() and int(line) == int(index) + 1


def _blocks(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the stretches of lines between empty lines, each with the number of its first line, from 1."""
    block: list[str] = []
    for number, line in enumerate([*text.split("\n"), ""], 1):
        if line.strip():
            block.append(line)
        elif block:
            yield number - len(block), block
            block = []


def _cues_of_block(block: list[str], number: int, where: str, voice: str | None) -> Iterator[_Cue]:
    """Yield the cues of a block that begins with a time; some programs leave out the empty line between cues."""
    times = [at for at, line in enumerate(block) if _is_timing(line)]
    for at, after in pairwise([*times, len(block) + 1]):
        match = _TIMING.fullmatch(block[at])
        if match is None:
            what = "a time that is not in the form 00:00:01.000 --> 00:00:04.000"
            raise _broken(what, number + at, where, "Correct that time.")
        end = after - 1 if after < len(block) and block[after - 1].strip().isdigit() else after
        yield _Cue(seconds(match[1]) or 0.0, seconds(match[2]) or 0.0, block[at + 1 : end], voice if at == 0 else None)


def _broken(what: str, number: int, where: str, remedy: str) -> BadInputError:
    return BadInputError(f"{what} among the cues", where=f"{where}, line {number}", remedy=remedy)


def _compose(cues: list[_Cue], roles: RoleParams, where: str) -> tuple[str, tuple[Turn, ...]]:
    pieces = _pieces(cues, roles)
    if not pieces:
        remedy = "Export the transcript again, with its text."
        raise BadInputError("no cue contains any text", where=where, remedy=remedy)
    named = any(piece.speaker for piece in pieces)
    text, turns = _write(list(_merge(pieces, named=named)), roles, named=named)
    return text, cut_speech(text, turns)


def _pieces(cues: list[_Cue], roles: RoleParams) -> list[_Piece]:
    spoken = [[piece for piece in _voices(cue) if _is_speech(piece)] for cue in cues]
    rolling = _is_rolling(cues, spoken)
    pieces: list[_Piece] = []
    for cue in spoken:
        if rolling and pieces and cue and cue[0].text == pieces[-1].text:
            del cue[0]  # automatic captions roll: the last line of a cue is shown again as the first of the next
        pieces += cue
    return _take_labels(pieces, roles, sum(map(bool, spoken)))


def _is_speech(piece: _Piece) -> bool:
    """Return whether a line is more than a stamp, a notice of a program or the name of its own voice."""
    is_name = bool(piece.speaker) and key(piece.text.rstrip(" :")) == key(piece.speaker or "")
    return not (is_name or is_stamp(piece.text) or is_program_notice(piece.text))


def _is_rolling(cues: list[_Cue], spoken: list[list[_Piece]]) -> bool:
    """Return whether most cues begin with the line that the one before ended with, as automatic captions do."""
    if any(_INLINE_TIME.search(line) for cue in cues for line in cue.lines):
        return True
    filled = [cue for cue in spoken if cue]
    again = sum(after[0].text == before[-1].text for before, after in pairwise(filled))
    return again >= 2 and again >= 0.5 * (len(filled) - 1)


def _voices(cue: _Cue) -> Iterator[_Piece]:
    """Yield the lines of a cue, each with the voice tag that it stands under."""
    voice = cue.voice
    for line in cue.lines:
        at = 0
        for match in _VOICE.finditer(line):
            yield from _piece(cue, voice, line[at : match.start()])
            voice, at = _plain(match["name"] or "") or None, match.end()
        yield from _piece(cue, voice, line[at:])


def _piece(cue: _Cue, voice: str | None, line: str) -> Iterator[_Piece]:
    text = _plain(line)
    if text:
        yield _Piece(voice, text, cue.start, cue.end)


def _plain(line: str) -> str:
    """Strip the tags and white space around, and write entities as what they stand for.

    >>> _plain("<c.yellow>Tom <00:00:01.000>&amp; I</c> <laughs>")
    'Tom & I <laughs>'
    """
    bare = _INLINE_TIME.sub("", _TAG.sub("", line))
    return _ENTITY.sub(lambda match: html.unescape(match[0]), bare).strip()


def _take_labels(pieces: list[_Piece], roles: RoleParams, cues: int) -> list[_Piece]:
    """Move names as Zoom writes them, ``Name: text``, from the text to the speaker."""
    heads = [parse_head(piece.text) if piece.speaker is None else Head("none") for piece in pieces]
    heads = [head if head.style in ("colon", "sign", "bracket") else Head("none") for head in heads]
    candidates = [head for head in heads if head.style != "none"]
    labels = decide(candidates + [Head("none", end=1)] * (cues - len(candidates)), roles)
    for piece, head in zip(pieces, heads, strict=True):
        if label := labels.choose(head):
            piece.speaker, piece.text = label.name, piece.text[label.speech :]
    return pieces


def _merge(pieces: list[_Piece], *, named: bool) -> Iterator[_Piece]:
    """Join the pieces of one speaker; in a file without names, those with no long pause between."""
    current = _Piece(pieces[0].speaker or "", pieces[0].text, pieces[0].start, pieces[0].end)
    for piece in pieces[1:]:
        speaker = piece.speaker or current.speaker or ""
        if key(speaker) == key(current.speaker or "") and (named or piece.start - current.end < PAUSE):
            current.text = f"{current.text} {piece.text}".strip()
            current.end = piece.end
        else:
            yield current
            current = _Piece(speaker, piece.text, piece.start, piece.end)
    yield current


def _write(pieces: list[_Piece], roles: RoleParams, *, named: bool) -> tuple[str, tuple[Turn, ...]]:
    parts: list[str] = []
    turns: list[Turn] = []
    spelled: dict[str, str] = {}
    at = 0
    for piece in pieces:
        if not piece.text:
            continue
        name = spelled.setdefault(key(piece.speaker or ""), " ".join((piece.speaker or "").split()))
        role: Role = (find_role(name, roles) or "other") if named else "participant"
        label = f"{name}: " if name else ""
        start = at + len(label)
        turns.append(Turn(name, role, start, start + len(piece.text), piece.start))
        parts.append(label + piece.text)
        at = start + len(piece.text) + 2
    return "\n\n".join(parts), tuple(turns)
