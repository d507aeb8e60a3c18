"""Words of a transcript as the rules for names see them: their places, their spelling, and the words before."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from comb.privacy.word_lists import is_common

_WORD = re.compile(r"[^\W\d_]+(?:['’\-‐‑][^\W\d_]+)*")
_SUFFIX = re.compile(r"(?:['’](?:s|m|re|ve|ll|d|t)|n['’]t)$", re.IGNORECASE)
_SENTENCE_END = frozenset(".?!…:;\n")
_OPENING = " \t\"'“”‘’()[]*_-–—"
_ABBREVIATED = frozenset("mr mrs ms dr prof st rev cllr sgt".split())
_UPPER_SHARE = 0.7


@dataclass(frozen=True, slots=True)
class Token:
    """A word; a possessive or contracted ending is not part of it."""

    start: int
    end: int
    text: str
    low: str
    """The word in lower case, with straight apostrophes."""
    initial: bool
    """Whether it opens a sentence or a line, so that a capital says nothing."""
    flat: bool
    """Whether its line is all in lower case or all in capitals."""
    touches: bool
    """Whether only a space separates it from the word before."""
    owns: bool
    """Whether a possessive or contracted ending follows: *Megan's*."""

    @property
    def capital(self) -> bool:
        """Whether it begins with a capital that is evidence of a name."""
        return self.text[0].isupper() and not self.flat


@dataclass(frozen=True, slots=True)
class Seen:
    """How words are written in all transcripts of a study whose sentences have capitals."""

    small: frozenset[str] = frozenset()
    """Words that occur in lower case."""
    inside: frozenset[str] = field(default=frozenset())
    """Words that occur with a capital inside a sentence."""


def tokens_of(text: str) -> list[Token]:
    """Return the words of a text."""
    found: list[Token] = []
    at = 0
    for line in text.splitlines(keepends=True):
        flat = _is_flat(line)
        end = -1
        for match in _WORD.finditer(line):
            between = line[max(end, 0) : match.start()]
            titled = between.strip(" ") == "." and bool(found) and found[-1].low in _ABBREVIATED
            initial = not titled and (
                end < 0 or bool(_SENTENCE_END & set(between)) or between.strip(" ") in ("-", "–", '"', "“")
            )
            core = _SUFFIX.sub("", match[0]) or match[0]
            low = core.casefold().replace("’", "'").replace("‐", "-").replace("‑", "-")
            start = at + match.start()
            found.append(
                Token(
                    start, start + len(core), core, low, initial, flat,
                    end >= 0 and (titled or between in (" ", "\u00a0")),
                    len(core) < len(match[0]) or line[match.end() : match.end() + 1] in ("'", "’"),
                )
            )  # fmt: skip
            end = match.end()
        at += len(line)
    return found


def _is_flat(line: str) -> bool:
    letters = [char for char in line if char.isalpha()]
    upper = sum(char.isupper() for char in letters)
    if not upper:
        return True
    speech = line.partition(": ")[2] or line
    letters = [char for char in speech if char.isalpha()]
    upper = sum(char.isupper() for char in letters)
    return bool(letters) and (not upper or (upper > _UPPER_SHARE * len(letters) and len(letters) > 5))


def seen_in(texts: Iterable[str]) -> Seen:
    """Return how words are written in the texts."""
    small: set[str] = set()
    inside: set[str] = set()
    for text in texts:
        for token in tokens_of(text):
            if not _stands_alone(text, token):
                continue
            if not token.flat and not token.text[0].isupper():
                small.add(token.low)
            elif token.capital and not token.initial:
                inside.add(token.low)
    return Seen(frozenset(small), frozenset(inside))


def _stands_alone(text: str, token: Token) -> bool:
    """Return whether a word is no part of an address in the web, a user name or a reference."""
    before, after = text[token.start - 1 : token.start], text[token.end : token.end + 2]
    inside = after[:1] in tuple("@/_\\") or (after[:1] in tuple(".-") and after[1:].isalnum()) or after[:1].isdigit()
    return not inside and not (before.isdigit() or before in tuple("@/_.\\-"))


def runs(tokens: list[Token], is_part: "list[bool]") -> Iterator[tuple[int, int]]:
    """Yield the longest stretches ``[first, last)`` of adjacent words in a sentence that are parts."""
    at = 0
    while at < len(tokens):
        if not is_part[at]:
            at += 1
            continue
        end = at + 1
        while (
            end < len(tokens)
            and is_part[end]
            and tokens[end].touches
            and not tokens[end].initial
            and not tokens[end - 1].owns
        ):
            end += 1
        yield at, end
        at = end


def is_unknown(token: Token, seen: Seen) -> bool:
    """Return whether a word is neither common nor written in lower case anywhere in the study."""
    return not is_common(token.low) and token.low not in seen.small


def word_before(tokens: list[Token], at: int) -> str:
    """Return the word before, in lower case; empty if it does not touch."""
    return tokens[at - 1].low if at and tokens[at].touches else ""


def word_after(tokens: list[Token], at: int) -> str:
    """Return the word after, in lower case; empty if it does not touch."""
    return tokens[at + 1].low if at + 1 < len(tokens) and tokens[at + 1].touches else ""
