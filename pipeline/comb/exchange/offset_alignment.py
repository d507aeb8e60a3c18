"""Convert positions that another program counted in its own way to code points, with the help of the quotes."""

import re
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from comb.codings.quote_finder import QuoteFinder

Span = tuple[int, int]
Rule = Callable[[int, int], Span]
"""A function from start and end, as the program counts, to indices into the text."""
_UNIT = re.compile(r"\r\n|[\s\S]")
_TWOFOLD = re.compile("\r\n|[\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Aligned:
    """A span for each given one; None if it has no certain place."""

    spans: tuple[Span | None, ...]
    moved: int
    """Number of spans that are elsewhere than the positions said."""


def rules_of(raw: str) -> list[Rule]:
    r"""List the ways in which programs count positions in a text, whose line ends may be two characters long.

    In code points, or in UTF-16 units as Qt, Windows and browsers do; a line end as one or as two. Rules return indices
    into the text in which every line end is one character.

    >>> [rule(4, 5)[0] for rule in rules_of("a\r\n😀b")]
    [4, 3, 3, 2]
    """
    kinds_of: tuple[tuple[str, ...], ...] = ((), ("line",), ("wide",), ("line", "wide"))
    twofold = {kinds: array("q") for kinds in kinds_of}
    for at, match in enumerate(_UNIT.finditer(raw)) if _TWOFOLD.search(raw) else ():
        kind = "line" if match.group() == "\r\n" else "wide" if ord(match.group()) > 0xFFFF else ""
        for kinds, places in twofold.items():
            if kind in kinds:
                places.append(at)
    distinct = {places.tobytes(): _rule(places) for places in twofold.values()}
    return list(distinct.values())


def _rule(twofold: Sequence[int]) -> Rule:
    """Make a rule of the characters, by index, that the program counts as two."""
    starts = array("q", (at + before for before, at in enumerate(twofold)))
    return lambda start, end: (start - bisect_left(starts, start), end - bisect_left(starts, end))


def align_quotes(text: str, given: Sequence[tuple[int, int, str]], rules: Sequence[Rule]) -> Aligned:
    """Place spans ``(start, end, quote)`` by the one rule under which most contain their quote.

    Exact matches of a quote count more than matches that differ in white space. A span whose quote is elsewhere is
    placed where its quote occurs, if it occurs once. A span without a quote is placed by the rule.
    """
    if not given:
        return Aligned((), 0)
    finder = QuoteFinder(text)
    hits = Counter({at: sum(_merit(text, rule, one) for one in given) for at, rule in enumerate(rules)})
    rule = rules[max(range(len(rules)), key=lambda at: (hits[at], -at))]
    spans: list[Span | None] = []
    for start, end, quote in given:
        span = rule(start, end)
        inside = 0 <= span[0] < span[1] <= len(text)
        if inside and (not quote.strip() or _same(text[span[0] : span[1]], quote)):
            spans.append(span)
            continue
        places = finder.places(quote) if quote.strip() else []
        spans.append((places[0].spans[0][0], places[0].spans[-1][1]) if len(places) == 1 else None)
    asked = [(one[0], one[1]) for one in given]
    moved = sum(span is not None and span != there for span, there in zip(spans, asked, strict=True))
    return Aligned(tuple(spans), moved)


def _merit(text: str, rule: Rule, span: tuple[int, int, str]) -> int:
    """Return 2 where a rule leads to the quote to the letter, 1 where white space differs, otherwise 0."""
    start, end = rule(span[0], span[1])
    if not (start < end <= len(text) and span[2]):
        return 0
    return 2 * (text[start:end] == span[2]) or int(_same(text[start:end], span[2]))


def _same(one: str, other: str) -> bool:
    return one == other or "".join(one.split()) == "".join(other.split())
