"""Notices two files that hold one transcript, which would be trained on and tested on as if they were two."""

from collections import defaultdict
from collections.abc import Mapping

from comb.codings.folded_text import fold
from comb.codings.names import TranscriptNames, name_key
from comb.records import Transcript
from comb.study.layout import Study
from comb.transcripts.reader import transcript_files

COMPARED = 3000
"""Characters at the beginning that must be the same."""


def copies_of(new: Mapping[str, Transcript], every: Mapping[str, Transcript]) -> list[str]:
    """Say of each transcript in ``new`` which others among ``every`` are copies of it, and what to do."""
    groups = _groups(every)
    notes = [_same_words(sorted(names)) for names in groups.values() if len(names) > 1 and new.keys() & set(names)]
    same = {name for names in groups.values() if len(names) > 1 for name in names}
    for name in sorted(new.keys() - same):
        original = TranscriptNames([other for other in every if other != name]).copied(name)
        if original:
            notes.append(
                f"comb: {name} looks by its name like another copy of {original}, but its words differ. Keep the one "
                "that was coded, and remove the other from the study."
            )
    return sorted(notes)


def same_words(every: Mapping[str, Transcript]) -> dict[str, tuple[str, ...]]:
    """Return, by transcript, the others that begin with the same words, where there are any."""
    groups = [sorted(names) for names in _groups(every).values() if len(names) > 1]
    return {name: tuple(other for other in names if other != name) for names in groups for name in names}


def _groups(every: Mapping[str, Transcript]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = defaultdict(list)
    for name, transcript in every.items():
        groups[fold(transcript.text[:COMPARED])].append(name)
    return groups


def coded_and_new(study: Study) -> list[str]:
    """Say which transcripts lie both in ``data/raw`` and in ``data/new``, and what to do."""
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
        f"comb: {listed} begin with the same words: comb would take them for different interviews, and test itself on "
        "what it has learned from. Keep one, and name that one in the codings of all coders."
    )
