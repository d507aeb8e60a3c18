"""What people type into a search field, understood leniently: no input is an error of syntax.

Words must all occur; "words in quotation marks" stand together; ``word*`` is the beginning of a word; OR between two
means either, NOT excludes. Only capitals are operators: "or" and "and" are words that people say.
"""

import re
import unicodedata
from dataclasses import dataclass

MOST_TERMS = 64
"""Terms of a query that are looked at."""
_QUOTES = '"“”„«»″＂'
_TERM = re.compile(rf"[{_QUOTES}]([^{_QUOTES}]*)[{_QUOTES}](\*?)|([^\s{_QUOTES}()]+)")
_OPERATORS = ("AND", "OR", "NOT")


@dataclass(frozen=True)
class Query:
    """A query, as FTS5 takes it, and what FTS5 does not see as words: emoji and other symbols."""

    match: str = ""
    symbols: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether there is nothing to look for."""
        return not self.match and not self.symbols


def understand(typed: str) -> Query:
    r"""Make a query of what was typed.

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
