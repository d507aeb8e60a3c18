"""Codes as people write them, in a cell or a comment: ``goals [barrier]; Knowledge (0.71)``."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from comb.codebook import Codebook
from comb.codings.valence_words import as_valence
from comb.records import Valence

SEPARATORS = re.compile(r"[;|\n]")
_WIDER = re.compile(r"[;|\n,/&+]|\band\b", re.IGNORECASE)
MIN_ALIKE = 70
"""Similarity, out of 100, from which a code is proposed in place of one that the codebook does not have."""
PATHS = re.compile(r"\s*(?:>|\\|»)\s*")
"""How MAXQDA, NVivo and Dedoose separate a code from the codes above it."""
_NUMBER = re.compile(r"^\s*(?:tdf|code|domain)?\s*\d+(?:\.\d+)*\s*[.):–-]?\s+", re.IGNORECASE)
"""The number of a code in a list."""
_VALENCE = re.compile(r"\s*(?:\[([^\[\]]*)\]|\(([^()]+)\)|(?:\s[-–—]|:)\s+([^-–—:]+))$")
_SCORE = re.compile(r"\s*\(([01](?:\.\d+)?)\)$")


@dataclass(frozen=True, slots=True)
class Written:
    """One code as it was written, with its valence and score."""

    code: str
    valence: Valence = ""
    score: float | None = None


def fold(name: str) -> str:
    """Return a code's name in a form for comparison: no case, spaces, commas or hyphens, and "and" for ``&``.

    >>> fold("Social_ influences") == fold("social  Influences")
    True
    """
    plain = unicodedata.normalize("NFKC", name).casefold().replace("&", " and ")
    return " ".join(re.sub("[_,;-]", " ", plain).replace("/", " / ").split())


class CodeNames:
    """Finds codes of a codebook by id or name; case, accents' encoding, spaces and underscores do not matter."""

    def __init__(self, codebook: Codebook | None) -> None:
        self.ids: dict[str, str] = {}
        found: dict[str, set[str]] = defaultdict(set)
        paths: dict[str, set[str]] = defaultdict(set)
        for code in codebook or ():
            self.ids[code.id] = code.id
            for name in (code.id, code.name):
                found[fold(name)].add(code.id)
            above = [codebook.codes[one].name for one in code.path] if codebook else []
            for at in range(len(above)):
                paths[_path(above[at:])].add(code.id)
        self._names = {name: min(ids) for name, ids in found.items() if len(ids) == 1}
        self._paths = {path: min(ids) for path, ids in paths.items() if len(ids) == 1}

    def find(self, name: str) -> str | None:
        """Return the id of a code; None if none, or more than one, has that name."""
        name = name.strip()
        plain = self.ids.get(name) or self._names.get(fold(name)) or self._names.get(fold(_NUMBER.sub("", name)))
        steps = [step for step in PATHS.split(name) if step]
        if plain or len(steps) < 2:
            return plain
        return self._paths.get(_path(steps)) or self._names.get(fold(steps[-1]))

    def parse(self, text: str) -> list[Written] | None:
        """Read a list of codes; None unless every part of it is a code of the codebook."""
        for separators in (SEPARATORS, _WIDER):
            found = [self.one(part) for part in separators.split(text) if part.strip()]
            if found and None not in found:
                return cast(list[Written], found)
        return None

    def nearest(self, name: str, most: int = 3) -> list[str]:
        """List the ids of the codes with the most similar names, the most similar first.

        >>> from comb.codebook import parse_codebook
        >>> book = parse_codebook({"codes": [{"id": "goals"}, {"id": "social_influences"}]})
        >>> CodeNames(book).nearest("Soical influence")
        ['social_influences']
        """
        from rapidfuzz import fuzz, process

        found = process.extract(
            fold(split_code(name).code), list(self._names), scorer=fuzz.WRatio, score_cutoff=MIN_ALIKE
        )
        return list(dict.fromkeys(self._names[label] for label, _, _ in found))[:most]

    def one(self, part: str) -> Written | None:
        """Read one code with its valence and score; the whole text is tried first, since ids may contain brackets."""
        whole = self.find(part)
        if whole:
            return Written(whole)
        written = split_code(part)
        code = self.find(written.code)
        return None if code is None else Written(code, written.valence, written.score)


def split_code(part: str) -> Written:
    """Split a code from its valence in square brackets and its score in round ones.

    >>> split_code("goals [Barrier] (0.71)"), split_code("goals [later]").code
    (Written(code='goals', valence='barrier', score=0.71), 'goals [later]')
    """
    text = part.strip()
    score = _SCORE.search(text)
    before = text[: score.start()] if score else text
    bracket = _VALENCE.search(before)
    valence = as_valence(next(filter(None, bracket.groups()), "")) if bracket else ""
    if bracket and valence is None:
        return Written(text)
    code = before[: bracket.start()] if bracket else before
    return Written(code.strip(), valence or "", float(score.group(1)) if score else None)


def written(code: str, valence: str, score: float | None) -> str:
    """Write a code as ``split_code`` reads it.

    >>> written("goals", "barrier", None), written("goals", "", 0.5)
    ('goals [barrier]', 'goals (0.5)')
    """
    return code + (f" [{valence}]" if valence else "") + ("" if score is None else f" ({score})")


def _path(steps: Sequence[str]) -> str:
    return "\n".join(fold(step) for step in steps)
