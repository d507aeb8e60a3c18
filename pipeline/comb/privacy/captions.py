"""Captions with names replaced: times and lines stay; remarks, styles and names of cues are removed."""

import re
from collections.abc import Iterator, Mapping

from comb.privacy.offset_map import OffsetMap, Replacement, make_map

_TIMING = re.compile(r"\s*[\d:.,]+\s*-->")
_DROPPED = re.compile(r"(?:NOTE|STYLE|REGION)(?:\s|$)")
_TAG = re.compile(r"<[^>\n]*>|\{\\[^}\n]*\}")
_WORD = re.compile(r"[^\s<>{}]+")
_REACH = 60
"""Words in a row that a label, a stamp or a repeated line may put between two words of the transcript."""


def rewrite_captions(raw: str, text: str, made: OffsetMap, speakers: Mapping[str, str]) -> str:
    """Return the captions file ``raw`` with the replacements that ``made`` makes in its canonical ``text``.

    A word that cannot be placed stays unchanged; the caller reads the result and compares.
    """
    kept = _without_remarks(raw)
    spans = _align(kept, text)
    found = [one for item in made.replacements for one in _raw(kept, text, item, spans)]
    found += _in_labels(kept, speakers)
    return make_map(found).apply(kept)


def _without_remarks(raw: str) -> str:
    """Leave out remarks, styles, and what names a cue but a number."""
    blocks = [block for block in re.split(r"\n[ \t]*\n+", raw.strip("\n")) if not _DROPPED.match(block)]
    return "\n\n".join(filter(None, map(_without_name, blocks))) + "\n"


def _without_name(block: str) -> str:
    lines = block.split("\n")
    if lines[0].startswith("WEBVTT"):
        return "\n".join(
            ["WEBVTT", *(lines[next((n for n, line in enumerate(lines) if _TIMING.match(line)), len(lines)) :])]
        )
    if len(lines) > 1 and _TIMING.match(lines[1]) and not lines[0].strip().isdigit():
        return "\n".join(lines[1:])
    return block


def _words(raw: str) -> Iterator[tuple[str, int]]:
    """Yield the words that are said, with their places; not times, tags and numbers of cues."""
    lines = raw.split("\n")
    at = 0
    for number, line in enumerate(lines):
        timed = number + 1 < len(lines) and _TIMING.match(lines[number + 1]) and line.strip().isdigit()
        if not (_TIMING.match(line) or timed or line.startswith("WEBVTT")):
            bare = _TAG.sub(lambda tag: " " * len(tag[0]), line)
            yield from ((match[0], at + match.start()) for match in _WORD.finditer(bare))
        at += len(line) + 1


def _align(raw: str, text: str) -> dict[int, int]:
    """Return, for the place of each word of the canonical text, its place in the file."""
    words = list(_words(raw))
    places: dict[int, int] = {}
    next_word = 0
    for match in _WORD.finditer(text):
        window = range(next_word, min(len(words), next_word + _REACH))
        at = next((number for number in window if words[number][0] == match[0]), None)
        if at is not None:
            places[match.start()] = words[at][1]
            next_word = at + 1
    return places


def _raw(raw: str, text: str, item: Replacement, places: Mapping[int, int]) -> Iterator[Replacement]:
    """Yield what a replacement is in the file: the first word becomes the pseudonym, the others go."""
    before = next(
        (
            match
            for match in reversed(list(_WORD.finditer(text, max(0, item.start - 80), item.end)))
            if match.start() <= item.start
        ),
        None,
    )
    if before is None or before.start() not in places:
        return
    start = places[before.start()] + item.start - before.start()
    pattern = re.compile(r"\s+".join(map(re.escape, text[item.start : item.end].split())))
    match = pattern.match(raw, start)
    if match:
        yield Replacement(match.start(), match.end(), item.new)


def _in_labels(raw: str, speakers: Mapping[str, str]) -> Iterator[Replacement]:
    """Yield the speakers' names in voice tags and at the beginnings of lines."""
    for name, new in speakers.items():
        if name and name != new:
            spelled = r"\s+".join(map(re.escape, name.split()))
            for match in re.finditer(
                rf"(?m)(?<=<v )\s*{spelled}(?=\s*>)|^\s*{spelled}(?=\s*:)|(?<=>){spelled}(?=\s*:)", raw
            ):
                yield Replacement(match.start(), match.end(), new)
