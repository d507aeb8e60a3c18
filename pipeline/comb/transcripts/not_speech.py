"""Text in a transcript that was not said: lines to leave out, and parts to cut from turns."""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from comb.records import HYPHENS, Span, Turn
from comb.transcripts.page_furniture import find_marked_pages, find_page_lines, is_notice, number_prefixes
from comb.transcripts.speaker_labels import Line
from comb.transcripts.timestamps import is_stamp, merge, stamps_in_speech

_DIVIDED = re.compile(rf"(?P<first>[^\W\d_](?:[\w’']|-(?=\w))*)(?P<hyphen>[{HYPHENS}])[ \t]*(?=\n)")
_SOFT = re.compile("\u00ad(?=\\w)")
_WHITE = re.compile(r"\s*")
MAX_CUTS_BETWEEN = 10
"""Most headers, footers and the like between the halves of a word."""
_NEXT_WORD = re.compile(r"[^\W\d_]+")
_WHOLE_WORDS = frozenset(
    """also another anybody anyhow anyone anything anyway anywhere because cannot everybody everyone everything
    everywhere forever herself himself however into itself maybe myself nobody nothing nowhere onto ourselves
    outside somebody somehow someone something sometimes somewhere themselves today together tomorrow tonight
    upset weekend whatever whenever within without yourself""".split()
)
"""Words of two words: ``some-`` before ``thing`` is divided, ``she-`` before ``that`` is broken off by the speaker."""
_KEEPS_HYPHEN = frozenset(
    """all anti bi co cross double ex far first follow front full half hands hard high home ill inter life long low mid
    mother multi near non off old on one over part post pre pro quarter re second self semi short single so son step
    sub third three two ultra under up well wide year""".split()
)
"""First parts of compounds that are written with a hyphen: well-known, self-care, follow-up."""


def speech_lines(text: str, lines: Sequence[Line], cuts: Sequence[Span] = ()) -> tuple[list[Line], list[Span]]:
    """Return the lines that may contain speech, without line numbers, and the spans that were left out.

    ``cuts`` are lines that the reader knows not to be speech.
    """
    known = {start for start, _ in cuts}
    filled = [line for line in lines if text[line.start : line.end].strip()]
    words = [text[line.start : line.end] for line in filled]
    out = {number for number, line in enumerate(filled) if line.start in known}
    out |= _furniture(text, filled, words) | {number for number, line in enumerate(words) if is_notice(line)}
    out |= {n for n, (line, after) in enumerate(pairwise(words)) if line.strip().isdigit() and _is_cue_time(after)}
    kept = [number for number in range(len(filled)) if number not in out]
    prefixes = number_prefixes([words[number] for number in kept])
    left = [_whole_line(text, filled[number]) for number in out]
    speech: list[Line] = []
    for number, prefix in zip(kept, prefixes, strict=True):
        line = filled[number]
        if prefix and not words[number][prefix:].strip():
            left.append(_whole_line(text, line))
            continue
        if prefix:
            left.append((line.start, line.start + prefix))
        speech.append(Line(line.start + prefix, line.end, max(0, line.bold - prefix), line.heading))
    return speech, left


def _is_cue_time(line: str) -> bool:
    """Return whether a line is the time of a caption, which has its number above it."""
    return "-->" in line and is_stamp(line)


def _furniture(text: str, lines: Sequence[Line], words: Sequence[str]) -> set[int]:
    """Find page headers, footers and numbers, by form feeds where the text has them."""
    marked = find_marked_pages(words)
    if "\f" not in text:
        return marked
    pages: list[list[int]] = [[]]
    for number, line in enumerate(lines):
        before = lines[number - 1].end if number else 0
        if "\f" in text[before : line.end].rstrip("\f"):
            pages.append([])
        pages[-1].append(number)
    found = find_page_lines([[words[number] for number in page] for page in pages])
    return marked | {page[at] for page, places in zip(pages, found, strict=True) for at in places}


def _whole_line(text: str, line: Line) -> Span:
    return line.start, min(line.end + 1, len(text))


def cut_speech(
    text: str, turns: Iterable[Turn], beside: Sequence[Span] = (), *, wrapped: bool = False
) -> tuple[Turn, ...]:
    """Return the turns with their cuts: the spans in ``beside``, stamps within speech and hyphens at the ends of lines.

    A cut at an end of a turn shortens the turn, and a turn with nothing left is left out. With ``wrapped``, a hyphen at
    a line's end divides a word unless both parts occur as separate words in the text; otherwise a word is joined only
    if it occurs undivided elsewhere.
    """
    turns = list(turns)
    stamps = stamps_in_speech(text, [(turn.start, turn.end) for turn in turns])
    spans = list(merge([*beside, *stamps, *(cut for turn in turns for cut in turn.cuts)]))
    trimmed = [turn for turn in _trimmed(text, turns, spans) if turn is not None]
    words = (re.findall(r"\w+(?:-\w+)*", text[turn.start : turn.end]) for turn in trimmed)
    known = Counter(word.casefold() for found in words for word in found)
    return tuple(_joined(text, turn, known, wrapped=wrapped) for turn in trimmed)


def cut_stamps(text: str, turns: Sequence[Turn]) -> tuple[Turn, ...]:
    """Cut stamps out of turns that were read from columns; every turn stays, even if it contains only a stamp."""
    stamps = stamps_in_speech(text, [(turn.start, turn.end) for turn in turns])
    spans = list(merge([*stamps, *(cut for turn in turns for cut in turn.cuts)]))
    trimmed = _trimmed(text, turns, spans)
    return tuple(cut or turn for turn, cut in zip(turns, trimmed, strict=True)) if stamps else tuple(turns)


def _trimmed(text: str, turns: Sequence[Turn], spans: Sequence[Span]) -> Iterable[Turn | None]:
    at = 0
    for turn in turns:
        while at < len(spans) and spans[at][1] <= turn.start:
            at += 1
        inside = []
        after = at
        while after < len(spans) and spans[after][0] < turn.end:
            inside.append(spans[after])
            after += 1
        yield _trim(text, turn, inside)


def _trim(text: str, turn: Turn, cuts: list[Span]) -> Turn | None:
    start, end = turn.start, turn.end
    cuts = [(max(a, start), min(b, end)) for a, b in cuts]
    before = None
    while start < end and before != (start, end):
        before = start, end
        start += len(text[start:end]) - len(text[start:end].lstrip())
        end -= len(text[start:end]) - len(text[start:end].rstrip())
        while cuts and cuts[0][0] <= start:
            start = max(start, cuts.pop(0)[1])
        while cuts and cuts[-1][1] >= end:
            end = min(end, cuts.pop()[0])
    return replace(turn, start=start, end=end, cuts=tuple(cuts)) if start < end else None


def _joined(text: str, turn: Turn, known: Counter[str], *, wrapped: bool) -> Turn:
    cuts = list(turn.cuts)
    for match in _DIVIDED.finditer(text, turn.start, turn.end):
        after = _next_speech(text, match.end(), turn)
        second = _NEXT_WORD.match(text, after, turn.end)
        if second is None or not second[0][0].islower():
            continue
        first = match["first"].casefold()
        joined = first + second[0]
        broken_off = min(known[first], known[second[0]]) > 1 and joined not in _WHOLE_WORDS
        if match["hyphen"] == "\u00ad" or joined in known or (wrapped and not broken_off):
            keep = match["hyphen"] != "\u00ad" and _keeps_hyphen(first, second[0], known)
            cuts.append((match.end("hyphen") if keep else match.start("hyphen"), after))
    cuts += [(m.start(), m.end()) for m in _SOFT.finditer(text, turn.start, turn.end)]
    return turn if len(cuts) == len(turn.cuts) else replace(turn, cuts=tuple(merge(cuts)))


def _next_speech(text: str, at: int, turn: Turn) -> int:
    """Return where speech goes on after a line's end, on the next line or behind what is cut; else the line's end."""
    place = at
    first = bisect_right(turn.cuts, at, key=lambda cut: cut[1])
    for start, end in turn.cuts[first : first + MAX_CUTS_BETWEEN]:
        gap = _WHITE.match(text, place, start)
        if gap is None or gap.end() < start or gap[0].count("\n") > 1:
            break
        place = end
    white = _WHITE.match(text, place, turn.end)
    return white.end() if white and white[0].count("\n") <= 1 else at


def _keeps_hyphen(first: str, second: str, known: Counter[str]) -> bool:
    if f"{first}-{second}" in known:
        return True
    return "-" in first or (first in _KEEPS_HYPHEN and first + second not in known)
