"""Time stamps as transcribers and recorders write them."""

import re

_TIME = r"(?:\d{1,2}:)?\d{1,3}:[0-5]\d(?:[.,:]\d{1,3})?"
_STAMP = rf"(?P<time>{_TIME})(?:\s*(?:-->|[-–—])\s*{_TIME})?"
BRACKETED = re.compile(rf"[\[(<]\s*{_STAMP}\s*[\])>]")
BARE = re.compile(rf"{_STAMP}(?!\w|:\w)")
AT_END = re.compile(r"\s*#(?P<time>\d{1,2}:\d{2}:\d{2})(?:-\d)?#\s*$")
"""The style of f4 and easytranscript, which ends each paragraph with ``#00:00:23-3#``."""

_SECONDS = re.compile(r"(?:(?P<h>\d{1,3}):)?(?P<m>\d{1,3}):(?P<s>[0-5]?\d(?:[.,]\d{1,6})?)(?::\d{1,3})?")


def seconds(time: str) -> float | None:
    """Give the seconds that a stamp says; None where it says none. A plain number counts as seconds.

    >>> seconds("00:12:31"), seconds("1:05"), seconds("00:00:09,540"), seconds("90"), seconds("later")
    (751.0, 65.0, 9.54, 90.0, None)
    """
    if match := _SECONDS.fullmatch(time.strip()):
        whole = int(match["h"] or 0) * 3600 + int(match["m"]) * 60
        return whole + float(match["s"].replace(",", "."))
    return float(time) if re.fullmatch(r"\s*\d{1,7}(\.\d{1,6})?\s*", time) else None


def stamp_at(line: str, at: int, *, bare: bool = True) -> re.Match[str] | None:
    """Match a stamp that begins exactly at a place: in brackets, or bare where that is allowed."""
    return BRACKETED.match(line, at) or (BARE.match(line, at) if bare else None)


def is_stamp(line: str) -> bool:
    """Tell whether a line is a stamp and nothing else.

    >>> is_stamp(" [00:12:31] "), is_stamp("0:12"), is_stamp("10:30 is early")
    (True, True, False)
    """
    line = line.strip()
    match = stamp_at(line, 0)
    return bool(match) and match is not None and match.end() == len(line)
