r"""Place selections: programs count characters differently, and comb finds the one rule that fits a text.

The standard counts Unicode code points from 0, the end not included. Programs were seen to count UTF-16 units (an emoji
is two), ``\r\n`` as one character though the file has two (ATLAS.ti, by QualCoder's source), ``\n`` as two (Windows),
UTF-8 bytes, and a byte order mark. RULES lists these ways; rules that make no difference in a text are left out. Each
rule is scored by the selections of the text: it gains if a selection's name is the text that it would mark, and if
selections begin and end between words and without white space. It loses if a position is outside the text or within a
character, or if it selects nothing. The best rule is used for the whole text. Without a clear winner, the rule of the
whole project is used, which is the standard's unless another is clearly better. Selections that a rule of equal merit
would put elsewhere are ambiguous, and are listed.

Shapes: N characters of the canonical text, S selections.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
from numpy.typing import NDArray

Span = tuple[int, int]
_OPENING = frozenset("\"'“‘„«»([<¿¡-–—…*#")


@dataclass(frozen=True, slots=True)
class Rule:
    """One way of counting."""

    unit: str = "code points"
    line_ends: str = "as in the file"
    mark: bool = False
    """Whether the byte order mark is counted."""
    inclusive: bool = False
    """Whether the end is the last character rather than the one after it."""

    def __str__(self) -> str:
        """Return it in words."""
        more = ", byte order mark counted" * self.mark + ", end included" * self.inclusive
        return f"{self.unit}, line ends {self.line_ends}{more}"


STANDARD = Rule()
RULES = tuple(
    Rule(unit, line_ends, mark, inclusive)
    for inclusive, mark, unit, line_ends in product(
        (False, True),
        (False, True),
        ("code points", "UTF-16 units", "UTF-8 bytes"),
        ("as in the file", "as one", "as two"),
    )
)
"""The rules, the most usual first."""
NAMED = 8
"""Score of a selection whose name is its text; an end that is not inside a word scores 2, a start with a letter and an
end without white space score 1."""
EVIDENCE = 1000
"""Most selections of a text that are scored."""
CLEAR = 3
"""Lead over the usual rule that another rule needs; with many selections, it needs more."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A selection as written in the file: positions as counted by the program, and its name."""

    start: int | None
    end: int | None
    name: str = ""


@dataclass
class Text:
    r"""The decoded text of a source, with original line ends; ``mark``: whether it began with a byte order mark."""

    raw: str
    mark: bool = False

    @cached_property
    def canonical(self) -> str:
        r"""The text with ``\n`` for every line end."""
        return self.raw.replace("\r\n", "\n").replace("\r", "\n")

    @cached_property
    def points(self) -> NDArray[np.uint32]:
        """Code points of the canonical text, (N,)."""
        return np.frombuffer(self.canonical.encode("utf-32-le", "surrogatepass"), np.uint32)

    @cached_property
    def pairs(self) -> NDArray[np.intp]:
        r"""Places of the line ends that are ``\r\n`` in the file."""
        if "\r\n" not in self.raw:
            return np.zeros(0, np.intp)
        raw = np.frombuffer(self.raw.encode("utf-32-le", "surrogatepass"), np.uint32)
        found = np.flatnonzero((raw[:-1] == 13) & (raw[1:] == 10))
        return found - np.arange(len(found))

    def rules(self) -> list[Rule]:
        """List the rules that can differ in this text."""
        wide = bool((self.points > 0xFFFF).any())
        foreign = bool((self.points > 0x7F).any())
        units = {"code points": True, "UTF-16 units": wide, "UTF-8 bytes": foreign}
        ends = {"as in the file": True, "as one": len(self.pairs) > 0, "as two": bool((self.points == 10).any())}
        return [r for r in RULES if units[r.unit] and ends[r.line_ends] and (self.mark or not r.mark)]

    def counts(self, rule: Rule) -> NDArray[np.int32]:
        """Return the position of each of the N + 1 places between characters, as counted by the rule."""
        widths = np.ones(len(self.points), np.int8)
        if rule.unit == "UTF-16 units":
            widths += self.points > 0xFFFF
        elif rule.unit == "UTF-8 bytes":
            widths += sum((self.points > limit).astype(np.int8) for limit in (0x7F, 0x7FF, 0xFFFF))
        if rule.line_ends == "as two":
            widths[self.points == 10] += 1
        elif rule.line_ends == "as in the file":
            widths[self.pairs] += 1
        counts = np.zeros(len(widths) + 1, np.int32)
        np.cumsum(widths, out=counts[1:])
        counts += (3 if rule.unit == "UTF-8 bytes" else 1) if rule.mark else 0
        return counts


@dataclass
class Fit:
    """Selections placed by one rule."""

    spans: list[Span | None]
    """(S,): places in the canonical text; None for a selection that is outside it or selects nothing."""
    moved: list[int]
    """Indices of selections that ended past the text, or began or ended within a character, and were moved."""


@dataclass
class RuleScores:
    """The score of each rule that makes a difference in a text."""

    text: Text
    placed: Sequence[Placed]
    merits: dict[Rule, int]

    def choose(self, usual: Rule) -> Rule:
        """Choose the best rule, or the usual one if it is as good or nearly so."""
        return _clearly_best(self.merits, self.like(usual), len(self.placed))

    def like(self, rule: Rule) -> Rule:
        """Return the rule that counts like ``rule`` in this text, among those that make a difference in it."""
        units, ends = (rule.unit, STANDARD.unit), (rule.line_ends, STANDARD.line_ends)
        same = (Rule(*one, rule.inclusive) for one in product(units, ends, (rule.mark, False)))
        return next(one for one in same if one in self.merits)

    def ambiguous(self, chosen: Rule, spans: Sequence[Span | None]) -> list[int]:
        """List the selections that an equally good rule would put elsewhere."""
        found: set[int] = set()
        for rule, merit in self.merits.items():
            if rule != chosen and merit >= self.merits[chosen]:
                others = place(self.text, self.placed, rule).spans
                found |= {at for at, (own, other) in enumerate(zip(spans, others, strict=True)) if own != other}
        return sorted(found)


def score_rules(text: Text, placed: Sequence[Placed]) -> RuleScores:
    """Score each rule that makes a difference in the text on its selections, at most EVIDENCE of them."""
    sample = placed[:: len(placed) // EVIDENCE + 1]
    return RuleScores(text, placed, {rule: _merits(text, sample, rule) for rule in text.rules()})


def _merits(text: Text, placed: Sequence[Placed], rule: Rule) -> int:
    fit = place(text, placed, rule)
    merits = (_merit(text.canonical, span, one.name) for span, one in zip(fit.spans, placed, strict=True))
    return sum(merits) - NAMED * len(fit.moved)


def place(text: Text, placed: Sequence[Placed], rule: Rule) -> Fit:
    r"""Place selections by one rule.

    >>> emoji = Text("\U0001f600 I can't.")
    >>> place(emoji, [Placed(3, 10)], Rule("UTF-16 units")).spans, place(emoji, [Placed(2, 9)], STANDARD).spans
    ([(2, 9)], [(2, 9)])
    """
    counts = text.counts(rule)
    given = [(-1, -1) if one.start is None or one.end is None else (one.start, one.end) for one in placed]
    wanted = np.clip(np.array(given, np.int64).reshape(-1, 2), -1, 2**31 - 3)
    wanted[:, 1] += int(rule.inclusive)
    found = np.searchsorted(counts, wanted)
    at = np.minimum(found, len(counts) - 1)
    exact = (counts[at] == wanted).all(axis=1)
    usable = (wanted[:, 0] >= 0) & (at[:, 0] < at[:, 1])
    pairs = zip(usable.tolist(), at.tolist(), strict=True)
    spans: list[Span | None] = [(start, end) if use else None for use, (start, end) in pairs]
    return Fit(spans, np.flatnonzero(usable & ~exact).tolist())


def project_rule(scores: Sequence[RuleScores]) -> Rule:
    """Find the rule that fits all texts of a project best: the standard's, unless another is clearly better."""
    rules = dict.fromkeys(rule for one in scores for rule in one.merits)
    totals = {rule: sum(one.merits[one.like(rule)] for one in scores) for rule in (STANDARD, *rules)}
    return _clearly_best(totals, STANDARD, sum(len(one.placed) for one in scores))


def _clearly_best(merits: Mapping[Rule, int], usual: Rule, selections: int) -> Rule:
    best = max(merits, key=lambda rule: merits[rule])
    return best if merits[best] - merits[usual] >= max(CLEAR, selections // 50) else usual


def _merit(text: str, span: Span | None, name: str) -> int:
    if span is None:
        return -NAMED
    start, end = span
    edges = 2 * (_is_edge(text, start) + _is_edge(text, end))
    clean = (text[start].isalnum() or text[start] in _OPENING) + (not text[end - 1].isspace())
    return edges + clean + (NAMED if _is_named(text[start:end], name) else 0)


def _is_edge(text: str, at: int) -> bool:
    """Return whether a place is not inside a word."""
    return at in (0, len(text)) or not (text[at - 1].isalnum() and text[at].isalnum())


def _is_named(span: str, name: str) -> bool:
    """Return whether a name is the text of the span, or its start; names of one short word prove nothing."""
    plain = name.rstrip(".… \n\r\t")
    if len(plain) < 4:
        return False
    return " ".join(span[: 2 * len(plain) + 50].split()).startswith(" ".join(plain.split()))
