"""Generated names: guids that are the same in every export, ids of codes, names of files and coders."""

import re
import unicodedata
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime

from comb.transcripts.reader import SUFFIXES

ORIGIN = "comb"
"""Beginning of the attribute ``origin`` in comb's own files."""
NO_TIME = "2000-01-01T00:00:00Z"
"""Time that comb wrote before version 0.2 if none was known."""
LONGEST = 100

_SPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:comb:refi-qda")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-](0\d|1[0-3]):[0-5]\d)?")
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)|readme|~\$|\.", re.IGNORECASE)


def guid(*parts: str) -> str:
    """Return the guid of a thing, the same for the same name in every export.

    >>> guid("code", "goals") == guid("code", "goals") != guid("user", "goals")
    True
    """
    return str(uuid.uuid5(_SPACE, "\\0".join(parts)))


def is_time(text: str) -> bool:
    """Return whether a text is a time as defined by XML Schema."""
    try:
        return _TIME.fullmatch(text) is not None and datetime.fromisoformat(text).year > 0
    except ValueError:
        return False


class Names:
    """Names that must differ, with ``fold`` by more than case; a name that is taken gets a number."""

    def __init__(self, between: str, *, fold: bool = False) -> None:
        self.between, self.fold = between, fold
        self.taken: set[str] = set()
        self._last: dict[str, int] = {}

    def __contains__(self, name: str) -> bool:
        """Return whether a name is taken."""
        return self._key(name) in self.taken

    def take(self, name: str) -> str:
        """Take a name, or the name with the next free number."""
        new, number = name, self._last.get(self._key(name), 1)
        while new in self:
            number += 1
            new = f"{name}{self.between}{number}"
        self._last[self._key(name)] = number
        self.taken.add(self._key(new))
        return new

    def _key(self, name: str) -> str:
        return name.casefold() if self.fold else name


def code_id(name: str, above: Sequence[str], taken: Names) -> str:
    """Make a readable id from a code's name; if it is taken, the parent's name is put before it.

    >>> taken = Names("_")
    >>> [code_id(name, ["barriers"], taken) for name in ("Waiting time", "Cost", "cost", 'a; "b"')]
    ['waiting_time', 'cost', 'barriers_cost', 'a_b']
    """
    plain = _slug(name) or "code"
    for start in range(len(above), -1, -1):
        longer = "_".join([*above[start:], plain])
        if longer not in taken and len(longer) <= LONGEST:
            return taken.take(longer)
    return taken.take(plain)


def _slug(name: str) -> str:
    text = re.sub(r"[;|\"'\s/\\,]+", "_", unicodedata.normalize("NFC", name).casefold())
    text = "".join(char for char in text if char.isprintable())
    return text.strip("_.:")[:LONGEST].strip("_")


def file_id(name: str, taken: Names, *, strip: bool) -> str:
    """Make a transcript's id, which is a valid file name on every system, from a source's name.

    With ``strip``, the suffix of a document is removed, since other programs name a source after its file.

    >>> taken = Names(" ", fold=True)
    >>> [file_id(name, taken, strip=True) for name in ("P1.docx", "p1.doc", "../a:b", "CON", "")]
    ['P1', 'p1 2', '_a_b', 'transcript CON', 'transcript']
    """
    plain = "".join("_" if char in '/\\:*?"<>|' or not char.isprintable() else char for char in name)
    plain = unicodedata.normalize("NFC", plain).strip(". ")
    stem, dot, suffix = plain.rpartition(".")
    if strip and stem and f"{dot}{suffix}".lower() in (*SUFFIXES, ".doc", ".odt", ".wav", ".mp3", ".mp4", ".m4a"):
        plain = stem.strip(". ")
    if not plain or _RESERVED.match(plain):
        plain = f"transcript {plain}".strip()
    return taken.take(plain[:LONGEST].strip(". "))


def user_names(users: Iterable[tuple[str, str, str]]) -> dict[str, str]:
    """Name the coders, by guid; coders with the same name are distinguished by their ids, or by numbers."""
    taken = Names(" ")
    names: dict[str, str] = {}
    for key, name, short in users:
        plain = name or short or f"user {key[:8]}"
        if key not in names:
            names[key] = taken.take(f"{plain} ({short})" if plain in taken and short else plain)
    return names
