"""Find the transcript or the coder that a cell names."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

_SUFFIX = re.compile(r"\.(?:txt|md|docx?|odt|rtf|pdf|vtt|srt|csv|tsv|xlsx?|json|mp3|mp4|m4a|wav|cha)$", re.IGNORECASE)
_NUMBERED = re.compile(r"^(?:d\s*)?\d+\s*:\s*", re.IGNORECASE)
"""ATLAS.ti's number of a document."""
_COPY = re.compile(
    r"[ _.-]*(?:\(\d{1,2}\)|\[\d{1,2}\]|[-– ]+(?:copy|kopie|copia)(?: ?\(?\d*\)?)?|(?:copy of|kopie van|kopie von)\s+"
    r"|[ _.-](?:final|clean|coded|anon(?:ymi[sz]ed)?|v\d{1,2}|transcript))$|^(?:copy of|kopie van|kopie von) ",
    re.IGNORECASE,
)
MIN_ALIKE = 60
"""Similarity, out of 100, from which a transcript is proposed in place of one that does not exist."""
_INITIALS = re.compile(r"[ _.-]+\(?[A-Z]{2,3}\)?$")
_WITH_STOPS = re.compile(r"(?:[^\W\d_]\. ?){2,3}")
"""Initials such as ``A.B.``"""
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]*"
_DATE = re.compile(
    rf"^(?P<name>.*?)[\s,;:(_–-]+(?P<date>\d{{4}}-\d{{1,2}}-\d{{1,2}}|\d{{1,2}}([./-])\d{{1,2}}\3\d{{2,4}}"
    rf"|(?:\d{{1,2}}\.? )?{_MONTH}\.?,? (?:\d{{1,2}},? )?\d{{4}}"
    rf"|\d{{1,2}}/\d{{1,2}}|\d{{1,2}}\.\d{{1,2}}\.|\d{{1,2}}\.? {_MONTH})"
    r"(?:[ T,]+\d{1,2}:\d{2}(?::\d{2})?(?: ?[ap]m)?)?\)?$",
    re.IGNORECASE,
)


def name_key(name: str) -> str:
    r"""Return a form of a name that is the same for all its spellings.

    >>> name_key(" Zoe\u0308 "), name_key("P 03") == name_key("p03"), name_key("A. B.")
    ('zoë', False, 'ab')
    """
    key = " ".join(unicodedata.normalize("NFKC", name).casefold().split())
    return re.sub(r"[. ]", "", key) if _WITH_STOPS.fullmatch(key) else key


class TranscriptNames:
    """Finds transcripts by the names that people write for them."""

    def __init__(self, ids: Iterable[str]) -> None:
        self.ids = sorted(ids)
        self._exact = {unicodedata.normalize("NFC", name): name for name in self.ids}
        self._by_key, self._by_letters = _unique(self.ids, name_key), _unique(self.ids, _letters)

    def find(self, cell: str) -> str | None:
        """Return the id of the transcript that a cell names by its id (in any case), file, path, or copy of a file."""
        name = unicodedata.normalize("NFC", cell.strip())
        last = re.split(r"[/\\]", _NUMBERED.sub("", name))[-1].strip()
        stem = _SUFFIX.sub("", last)
        for tried in dict.fromkeys((name, last, stem)):
            if (
                found := self._exact.get(tried)
                or self._by_key.get(name_key(tried))
                or self._by_letters.get(_letters(tried))
            ):
                return found
        return self.copied(stem)

    def copied(self, name: str) -> str | None:
        """Return the id of the transcript that a file is a copy of, going by their names: ``P33 (1)``, ``P34 AS``."""
        for mark in (_COPY, _INITIALS):
            plain = mark.sub("", name)
            if plain and plain != name and (found := self._by_letters.get(_letters(plain))):
                return found
        return None

    def nearest(self, cell: str, most: int = 2) -> tuple[str, ...]:
        """Return the ids that are most similar to a name."""
        from rapidfuzz import fuzz

        wanted = _parts(_SUFFIX.sub("", cell.strip()))
        if not wanted:
            return ()
        likeness = {
            name: max(
                fuzz.ratio(wanted, parts),
                fuzz.token_set_ratio(wanted, parts),
                fuzz.ratio(_letters(cell), _letters(name)),
            )
            for name, parts in ((name, _parts(name)) for name in self.ids)
        }
        ranked = sorted(self.ids, key=lambda name: -likeness[name])
        return tuple(name for name in ranked[:most] if likeness[name] >= MIN_ALIKE)


def _parts(name: str) -> str:
    """Return the words of a name, numbers without zeros before them.

    >>> _parts("P01_final.v2")
    'p1 final v2'
    """
    return re.sub(r"(?<!\d)0+(?=\d)", "", " ".join(re.findall(r"[^\W_]+", name_key(name))))


def _letters(name: str) -> str:
    return re.sub(r"[\W_]+", "", name_key(name))


def _unique(names: Sequence[str], key: Callable[[str], str]) -> dict[str, str]:
    groups: dict[str, list[str]] = defaultdict(list)
    for name in names:
        groups[key(name)].append(name)
    return {form: same[0] for form, same in groups.items() if form and len(same) == 1}


def is_date(cell: str) -> bool:
    """Return whether a cell is a date, with or without the time."""
    return bool(coder_and_date(f"x {cell.strip()}")[1] and coder_and_date(f"x {cell.strip()}")[0] == "x")


def coder_and_date(cell: str) -> tuple[str, str]:
    """Split a coder's name from the date after it.

    >>> coder_and_date("Ann (12/03/2024)"), coder_and_date("Ann, 2024-03-01 14:22"), coder_and_date("Coder 1")
    (('Ann', '12/03/2024'), ('Ann', '2024-03-01'), ('Coder 1', ''))
    """
    name = " ".join(cell.split())
    found = _DATE.match(name)
    return (found["name"].rstrip(" ,;:(–-"), found["date"]) if found and found["name"].strip(" ,;:(") else (name, "")


def one_spelling(coders: Iterable[str]) -> Mapping[str, str]:
    """Return the most common spelling for names that differ only in case; ``coders`` has one entry per coding.

    >>> one_spelling(["Ann", "ann", "Ben"])
    {'ann': 'Ann'}
    """
    groups: dict[str, Counter[str]] = defaultdict(Counter)
    for name in coders:
        groups[name_key(name)][name] += 1
    chosen = {key: min(found, key=lambda name: (-found[name], name)) for key, found in groups.items()}
    return {name: chosen[key] for key, found in groups.items() for name in found if name != chosen[key]}
