"""Parse the input of a search field leniently: no input is a syntax error.

All words must occur; "words in quotation marks" must be adjacent; ``word*`` matches the beginning of a word; OR between
two words means either, NOT excludes. Only capitals are operators, since people say "or" and "and".
"""

import re
import unicodedata
from dataclasses import dataclass

MOST_TERMS = 64
"""Most terms of a query that are used."""
_QUOTES = '"“”„«»″＂'
_TERM = re.compile(rf"[{_QUOTES}]([^{_QUOTES}]*)[{_QUOTES}](\*?)|([^\s{_QUOTES}()]+)")
_OPERATORS = ("AND", "OR", "NOT")


@dataclass(frozen=True)
class Query:
    """A query in the syntax of FTS5, and symbols such as emoji, which FTS5 does not index as words."""

    match: str = ""
    symbols: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether there is nothing to search for."""
        return not self.match and not self.symbols


def understand(typed: str) -> Query:
    r"""Make a query from the input.

    >>> understand('tablets "in the morning" forg* OR remember NOT nurse').match
    '(("tablets" AND "in the morning" AND "forg"*) OR ("remember")) NOT ("nurse")'
    >>> understand('it"s (don\'t-know) AND').match
    '("it" AND "s" AND "don\'t-know")'
    >>> understand("🙂 !!").symbols
    ('🙂',)
    """
    wanted: list[list[str]] = [[]]
    unwanted: list[str] = []
    symbols: list[str] = []
    excluding = False
    for found in _TERM.finditer(unicodedata.normalize("NFC", typed.replace("\x00", " "))[:10_000]):
        quoted, star, word = found.group(1), found.group(2) or "", found.group(3) or ""
        if quoted is None and word in _OPERATORS:
            excluding = word == "NOT"
            if word == "OR" and wanted[-1]:
                wanted.append([])
            continue
        text = quoted if quoted is not None else word.rstrip("*")
        star = star or ("*" if word.endswith("*") else "")
        if any(char.isalnum() for char in text):
            (unwanted if excluding else wanted[-1]).append(f'"{text.replace(chr(34), " ").strip()}"{star}')
        elif not excluding and (symbol := text.strip()) and any(unicodedata.category(c) == "So" for c in symbol):
            symbols.append(symbol)
        excluding = False
    return Query(_match(wanted, unwanted), tuple(dict.fromkeys(symbols[:MOST_TERMS])))


def _match(wanted: list[list[str]], unwanted: list[str]) -> str:
    """Return the expression; a query that only excludes finds nothing."""
    ways = [f"({' AND '.join(terms[:MOST_TERMS])})" for terms in wanted[:MOST_TERMS] if terms]
    if not ways:
        return ""
    either = ways[0] if len(ways) == 1 else f"({' OR '.join(ways)})"
    return f"{either} NOT ({' OR '.join(unwanted[:MOST_TERMS])})" if unwanted else either
