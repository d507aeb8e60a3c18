"""Time stamps as transcribers, recorders and programs write them."""

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise

from comb.records import CLOSING, Span

_TIME = r"(?:\d{1,2}:)?\d{1,3}:[0-5]\d(?:[.,:;]\d{1,3})?"
_LOOSE = r"\d{1,2}:\d{1,2}(?::\d{1,2})?(?:[.,]\d{1,7})?"
"""Teams does not pad: ``0:0:9.0``."""
_LETTERS = r"(?:\d{1,2}\s?h\s?)?\d{1,3}\s?m(?:in)?\s?\d{1,2}\s?s(?:ec)?"
_DOTTED = r"\d{1,2}\.[0-5]\d\.[0-5]\d|\d{2}-[0-5]\d-[0-5]\d|\d{2,3}['’′][0-5]\d(?:''|[\"”″])?"
_UNTIL = rf"(?:\s*(?:-->|->|[-–—/])\s*{_TIME})?"
_STAMP = rf"(?P<time>{_TIME}){_UNTIL}"
HASHED = re.compile(r"#\s*(?P<time>(?:\d{1,2}:)?\d{1,2}:\d{2})(?:[-.,:]\d{1,3})?\s*#")
"""The style of f4, easytranscript and MAXQDA: ``#00:00:23-3#``."""
BRACKETED = re.compile(rf"[\[(<{{]\s*(?:{_STAMP}|(?P<other>{_LETTERS}|{_DOTTED}))\s*[\])>}}]")
ARROW = re.compile(rf"(?P<time>{_LOOSE})\s*-->\s*{_LOOSE}(?!\w|:\w)")
BARE = re.compile(rf"{_STAMP}(?!\w|:\w|\s*[\])])")
_HOURS = r"(?:hours?|stunden?|heures?|horas?|or[ae]|uur|uren|tim(?:me|mar|er))"
_MINUTES = r"(?:min(?:ute[ns]?|ut[io]s?|uter)?s?)"
_SECONDS_WORD = r"(?:sec(?:ond(?:e[ns]?|[io])?)?s?|segundos?|sekund(?:e[nr]?)?)"
UNITS = rf"(?:{_HOURS}|{_MINUTES}|{_SECONDS_WORD})"
"""Units of time in the languages in which Teams is used most."""
_AND = r",?(?: (?:and|und|et|y|e|en|och))? "
WORDS = re.compile(
    rf"[\[(]?(?P<time>(?:\d{{1,3}} {_HOURS}{_AND})?(?:\d{{1,3}} {_MINUTES}{_AND})?\d{{1,3}} {_SECONDS_WORD})[\])]?\s*$",
    re.IGNORECASE,
)
"""The style of Teams for screen readers, at the end of a line: ``1 hour 2 minutes 9 seconds``."""
_UNBROKEN = re.compile(r"(?P<time>(?:\d{1,2}h)?\d{1,2}m\d{2}s)(?!\w)")
_TRANSANA = re.compile("[¤\u0e4f]\\s?<(?P<time>\\d+)>")
_NOTE = re.compile(
    rf"[\[(](?:(?:[^\W\d_]+\s){{1,3}}(?:at\s)?(?P<time>{_TIME}){_UNTIL}|{_TIME}{_UNTIL}(?:\s[^\W\d_]+){{1,3}})[\])]"
)
"""A transcriber's note with its place: ``[inaudible 00:12:05]``."""
AT_END = re.compile(HASHED.pattern + r"\s*$")
"""A stamp of f4 at the end of a paragraph, which gives the start of the next one."""
_PADDED = re.compile(r"(?<![\w:.,#])\d{2}:[0-5]\d:[0-5]\d(?:[.,:]\d{1,3})?(?![\w:]|[.,]\d)")
_COUNTED = re.compile(r"\[\s*(?P<time>\d{1,6}(?:\.\d{1,3})?\s?s(?:ec)?)\s*\]")
"""Seconds from the start: ``[3.4s]``."""
_IN_SPEECH = (HASHED, ARROW, BRACKETED, _COUNTED, _TRANSANA, _NOTE)
_CLOCK = re.compile(r"\(\s*\d{1,3}:[0-5]\d\s*\)")
_UNPADDED = re.compile(r"(?<![\w:.,#])\d:[0-5]\d:[0-5]\d(?:[.,]\d{1,3})?(?![\w:]|[.,]\d)")
_OPENING = re.compile(r"(?P<time>\d{1,3}:[0-5]\d)(?=[ \t\n]+\S)")
MIN_AMBIGUOUS = 3
"""How often, and in order, ``(10:30)`` must occur in a file to count as a stamp within speech and not a time of day."""
MIN_PACE, MIN_ROUND_PACE, MAX_PACE = 0.2, 0.6, 8.0
"""Words per second between the first stamp of a file and the last; more if all of them end in 0 or 5."""
MIDNIGHT = 60
"""Nobody's story begins at ``00:10``: such a time is always a stamp."""
LATEST, SECONDS_A_WORD = 1800, 2
"""A lone ``03:45:12`` is a time that somebody mentions, not a stamp, if there is too little speech before it."""

_SECONDS = re.compile(
    r"(?:(?P<h>\d{1,3})[:.-])?(?P<m>\d{1,3})[:.'’′-](?P<s>[0-5]?\d(?:[.,]\d{1,7})?)(?:[:;]\d{1,3}|''|[\"”″])?"
)
_SPELLED = re.compile(
    rf"(?:(?P<h>\d{{1,3}})\s?(?:h|{_HOURS})(?:{_AND}|\s?))?(?:(?P<m>\d{{1,3}})\s?(?:m|{_MINUTES})(?:{_AND}|\s?))?"
    rf"(?P<s>\d{{1,6}}(?:\.\d{{1,3}})?)\s?(?:s|{_SECONDS_WORD})",
    re.IGNORECASE,
)


def seconds(time: str) -> float | None:
    """Return the time of a stamp in seconds; None if it is not a stamp. A plain number counts as seconds.

    >>> seconds("00:12:31"), seconds("1:05"), seconds("00:00:09,540"), seconds("90"), seconds("later")
    (751.0, 65.0, 9.54, 90.0, None)
    >>> seconds("0:0:9.0"), seconds("1 hour 2 minutes 9 seconds"), seconds("02m09s")
    (9.0, 3729.0, 129.0)
    """
    if match := _SECONDS.fullmatch(time.strip()) or _SPELLED.fullmatch(time.strip()):
        whole = int(match["h"] or 0) * 3600 + int(match["m"] or 0) * 60
        return whole + float(match["s"].replace(",", "."))
    return float(time) if re.fullmatch(r"\s*\d{1,7}(\.\d{1,6})?\s*", time) else None


def stamp_at(line: str, at: int, *, bare: bool = True) -> re.Match[str] | None:
    """Match a stamp that begins at a place: in brackets or hashes, a range, or a bare one if that is allowed."""
    marked = (pattern.match(line, at) for pattern in (BRACKETED, HASHED, ARROW, WORDS, _COUNTED, _UNBROKEN))
    return next(filter(None, marked), None) or (BARE.match(line, at) if bare else None)


def time_of(stamp: re.Match[str]) -> float | None:
    """Return the seconds of a matched stamp."""
    return seconds(stamp["time"] or stamp["other"])


def is_bare(stamp: re.Match[str]) -> bool:
    """Return whether a stamp could also be a time of day in prose: ``10:30``."""
    return stamp.re is BARE and stamp["time"].count(":") == 1


def is_stamp(line: str) -> bool:
    """Return whether a line or cell contains a stamp and nothing else.

    >>> is_stamp("[00:12:31]"), is_stamp(" 1:05 "), is_stamp("0 minutes 9 seconds"), is_stamp("It was 10:30")
    (True, True, True, False)
    """
    line = line.strip()
    match = stamp_at(line, 0)
    return match is not None and match.end() == len(line)


def stamps_in_speech(text: str, spans: Sequence[Span]) -> list[Span]:
    """Find the stamps within speech, each with the spaces after it; ``spans`` are the places of the file's speech.

    ``(10:30)`` and a bare ``1:02:09`` may be times of day: they count only if the file has at least ``MIN_AMBIGUOUS``
    of them, in order and at intervals that fit the words between them. A bare ``00:02:09`` counts by itself if it is
    not too late for the words before it.
    """
    speech = [(start, text[start:end]) for start, end in spans]
    found = [
        (start + match.start(), start + match.end())
        for start, said in speech
        for pattern in _IN_SPEECH
        for match in pattern.finditer(said)
        if not _CLOCK.fullmatch(match[0])
    ]
    for pattern in (_CLOCK, _UNPADDED, _PADDED):
        doubtful = [(start + m.start(), start + m.end()) for start, said in speech for m in pattern.finditer(said)]
        times = [seconds(text[a:b].strip("() ")) or 0.0 for a, b in doubtful]
        words = _words_before(text, [a for a, _ in doubtful])
        if keep_pace(times, words):
            found += doubtful
        elif pattern is _PADDED:
            early = [time <= LATEST + SECONDS_A_WORD * said for time, said in zip(times, words, strict=True)]
            found += [span for span, fits in zip(doubtful, early, strict=True) if fits]
    found += _opening_stamps(text, speech)
    return [_with_spaces(text, a, b) for a, b in found]


def _opening_stamps(text: str, speech: Sequence[tuple[int, str]]) -> list[Span]:
    """Find bare stamps behind labels, ``P1: 12:31 Well``, where at least half of the turns begin so."""
    matches = [(start, match) for start, said in speech if (match := _OPENING.match(said))]
    times = [seconds(match["time"]) or 0.0 for _, match in matches]
    fits = 2 * len(matches) >= len(speech) and keep_pace(times, _words_before(text, [start for start, _ in matches]))
    return [(start, start + match.end()) for start, match in matches] if fits else []


def _words_before(text: str, places: Sequence[int]) -> list[int]:
    """Return how many words of a text stand before each of some places, which are in order."""
    between = (len(text[a:b].split()) for a, b in pairwise([0, *places]))
    return list(accumulate(between))


def keep_pace(times: Sequence[float], words: Sequence[int]) -> bool:
    """Return whether times in seconds fit the words before each, so that they may be stamps, not times in a story.

    >>> keep_pace([420, 450, 495], [4, 6, 8]), keep_pace([421, 453, 499], [4, 60, 160])
    (False, True)
    """
    if len(times) < MIN_AMBIGUOUS or any(a > b for a, b in pairwise(times)):
        return False
    if times[0] < MIDNIGHT:
        return True
    pace = (words[-1] - words[0]) / max(times[-1] - times[0], 1)
    lowest = MIN_ROUND_PACE if all(time % 5 == 0 for time in times) else MIN_PACE
    return lowest <= pace <= MAX_PACE


def _with_spaces(text: str, start: int, end: int) -> Span:
    """Add the spaces behind a stamp, and those before it where a full stop or the like follows."""
    while text[end : end + 1] in (" ", "\t"):
        end += 1
    while text[end : end + 1] in tuple(CLOSING) and text[start - 1 : start] == " ":
        start -= 1
    return start, end


def merge(spans: Sequence[Span]) -> Iterator[Span]:
    """Yield spans in order, joining those that touch or overlap."""
    current: Span | None = None
    for start, end in sorted(spans):
        if current is None:
            current = (start, end)
        elif start <= current[1]:
            current = (current[0], max(current[1], end))
        else:
            yield current
            current = (start, end)
    if current is not None:
        yield current
