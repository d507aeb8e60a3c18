"""Quotations that show the range: several people, short enough, never the same twice; researchers' picks come first."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from comb.codebook import Codebook
from comb.synthesis.counts import VIEWS, under
from comb.synthesis.passages import Passage

FEWEST_WORDS = 6
"""Shorter passages rarely make sense alone."""
ALIKE = 0.8
"""Share of common words above which two quotations count as the same."""


@dataclass(frozen=True, slots=True)
class Pick:
    """A researcher's decision about a passage as a quotation for a code."""

    code: str
    passage: str
    wanted: bool
    why: str = ""


@dataclass(frozen=True, slots=True)
class Quote:
    """A quotation for a code, and who chose it."""

    code: str
    valence: str
    passage: Passage
    chosen_by: str
    """``researcher`` or ``comb``."""


def choose(
    passages: Sequence[Passage],
    codebook: Codebook,
    codes: Sequence[str],
    picks: Sequence[Pick],
    most: int,
    longest: int,
) -> list[Quote]:
    """Choose up to ``most`` quotations for each code and side, barrier before facilitator.

    A code whose passages have no valence has one side, ``none``; picks without a valence are also on that side.

    Researchers' picks all stay, each once, and come first; those for codes that are not in ``codes`` stay too. comb
    adds passages of at most ``longest`` words, in this order of preference: people and groups not yet quoted for the
    code before others, people quoted less often for other codes, passages coded with it alone, those nearest to half of
    the length, then the order of the transcripts. The same passages give the same quotations.
    """
    refused = {(pick.code, pick.passage) for pick in picks if not pick.wanted}
    wanted = {(pick.code, pick.passage) for pick in picks if pick.wanted}
    codes_of: dict[str, set[str]] = {}
    for passage in passages:
        codes_of.setdefault(passage.id, set()).add(passage.code)
    quotes: list[Quote] = []
    for code in [*codes, *(code for code in codebook.codes if code not in codes and code in {c for c, _ in wanted})]:
        own = [p for p in under(codebook, code, passages) if (code, p.id) not in refused]
        picks_here = [p for p in own if (code, p.id) in wanted]
        sided = any(p.valence for p in own)
        for side in ("barrier", "facilitator", "none") if sided else ("none",):
            used = [*(quote.passage for quote in quotes), *picks_here]
            done = {quote.passage.id for quote in quotes if quote.code == code}
            fitting = [p for p in own if VIEWS[side](p)]
            first = {p.id: p for p in reversed(fitting) if (code, p.id) in wanted and p.id not in done}
            picked = [Quote(code, side, p, "researcher") for p in reversed(first.values())]
            quotes += picked
            if code in codes and not (sided and side == "none"):
                quotes += _fill(code, side, fitting, used, picked, codes_of, most, longest)
    return quotes


def _fill(
    code: str,
    side: str,
    fitting: Sequence[Passage],
    used: list[Passage],
    picked: Sequence[Quote],
    codes_of: Mapping[str, set[str]],
    most: int,
    longest: int,
) -> list[Quote]:
    chosen: list[Passage] = [quote.passage for quote in picked]
    added: list[Quote] = []
    open_ = [p for p in fitting if FEWEST_WORDS <= len(p.text.split()) <= longest]
    while len(chosen) < most:
        fresh = [p for p in open_ if not any(_same(p, other) for other in (*used, *chosen))]
        if not fresh:
            break
        often = Counter(person for other in (*used, *(quote.passage for quote in added)) for person in _speakers(other))
        best = min(fresh, key=lambda p: _rank(p, chosen, often, codes_of, longest))
        chosen.append(best)
        added.append(Quote(code, side, best, "comb"))
    return added


def _rank(
    passage: Passage,
    chosen: Sequence[Passage],
    often: Mapping[str, int],
    codes_of: Mapping[str, set[str]],
    longest: int,
) -> tuple[object, ...]:
    """Return what a passage is ordered by; the smallest is quoted next."""
    people = {person for other in chosen for person in _speakers(other)}
    groups = {group for other in chosen for group in other.groups}
    return (
        bool(people & set(_speakers(passage))),
        bool(groups & set(passage.groups)),
        max(often.get(person, 0) for person in _speakers(passage)),
        len(codes_of[passage.id]),
        abs(len(passage.text.split()) - longest // 2),
        passage.transcript,
        passage.start,
        passage.end,
    )


def _speakers(passage: Passage) -> tuple[str, ...]:
    """Return who speaks; the transcript, if it is unknown which member of a focus group it was."""
    return passage.participants or (passage.transcript,)


def _same(one: Passage, other: Passage) -> bool:
    """Return whether two passages overlap or have nearly all their words in common."""
    if one.transcript == other.transcript and min(one.end, other.end) > max(one.start, other.start):
        return True
    a, b = _words(one.text), _words(other.text)
    return len(a & b) >= ALIKE * max(len(a | b), 1)


@lru_cache(maxsize=2**14)
def _words(text: str) -> frozenset[str]:
    return frozenset(text.casefold().split())


def lost(picks: Iterable[Pick], quotes: Iterable[Quote]) -> list[Pick]:
    """Return the picks that are missing among the quotations, because their passage no longer has their code."""
    known = {(quote.code, quote.passage.id) for quote in quotes}
    return [pick for pick in picks if pick.wanted and (pick.code, pick.passage) not in known]
