"""Find copies of one transcript, which would otherwise be used for training and testing as if they were two."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Mapping

from comb.codings.folded_text import fold
from comb.codings.names import TranscriptNames, name_key
from comb.study.layout import Study
from comb.transcripts.reader import transcript_files

COMPARED = 3000
"""Number of characters at the beginning that must be the same."""


def opening(text: str) -> str:
    """Return a digest of the beginning of a transcript, which is the same for two copies of it."""
    return hashlib.sha256(fold(text[:COMPARED]).encode("utf-8", "surrogatepass")).hexdigest()


def copies_of(new: Collection[str], every: Mapping[str, str]) -> list[str]:
    """Return a note on each transcript in ``new`` that has copies, with what to do.

    ``every`` contains the opening of each transcript, including those in ``new``.
    """
    groups = _groups(every)
    wanted = set(new)
    notes = [_same_words(sorted(names)) for names in groups.values() if len(names) > 1 and wanted & set(names)]
    same = {name for names in groups.values() if len(names) > 1 for name in names}
    known = TranscriptNames(every)
    for name in sorted(wanted - same):
        original = known.copied(name)
        if original:
            notes.append(
                f"comb: by its name, {name} seems to be another copy of {original}, but its words differ. Keep the one "
                "that was coded, and remove the other from the study."
            )
    return sorted(notes)


def same_words(every: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Return, by transcript, the others with the same opening."""
    groups = [sorted(names) for names in _groups(every).values() if len(names) > 1]
    return {name: tuple(other for other in names if other != name) for names in groups for name in names}


def _groups(every: Mapping[str, str]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = defaultdict(list)
    for name, begins in every.items():
        groups[begins].append(name)
    return groups


def coded_and_new(study: Study) -> list[str]:
    """Return a note on each transcript in both ``data/raw`` and ``data/new``, with what to do."""
    raw = {name_key(name) for name, _ in transcript_files(study.raw)}
    both = [path.name for name, path in transcript_files(study.new) if name_key(name) in raw]
    return [
        f"comb: {name} is in data/new, and a transcript of that name is in data/raw: comb would suggest codes for what "
        "it has learned from. Remove it from data/new."
        for name in both
    ]


def _same_words(names: list[str]) -> str:
    listed = f"{', '.join(names[:-1])} and {names[-1]}"
    return (
        f"comb: {listed} begin with the same words: comb would treat them as different interviews, and be tested on "
        "what it has learned from. Keep one, and name that one in the codings of all coders."
    )
