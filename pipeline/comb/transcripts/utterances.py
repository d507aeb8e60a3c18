"""Canonical text and turns from utterances, for formats that give speakers and times."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from comb.errors import BadInputError
from comb.records import Role, Turn
from comb.study.params import RoleParams
from comb.transcripts.roles import find_role, key

PAUSE = 3.0
"""Seconds of silence that separate two turns in a file that names no speaker."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Utterance:
    """An uninterrupted speech of one speaker; ``start`` and ``end`` in seconds, if the file gives them."""

    speaker: str
    """``""`` if the file does not name the speaker."""
    text: str
    start: float | None = None
    end: float | None = None


def compose(
    utterances: Iterable[Utterance], roles: RoleParams, where: str, *, merge: bool = True
) -> tuple[str, tuple[Turn, ...]]:
    """Return canonical text and turns: a paragraph ``Speaker: text`` for each stretch of one speaker.

    Utterances of one speaker that follow each other are one turn, if they are to ``merge``. In a file that names
    nobody, turns are separated by pauses, and all of them are a participant's. If only some utterances have no speaker,
    their turns have role ``other``. Both cases are logged. Raises BadInputError if there is no speech.
    """
    spoken = [replace(one, text=" ".join(one.text.split())) for one in utterances if one.text.strip()]
    if not spoken:
        raise BadInputError("it contains no speech", where=where, remedy="Export the transcript again.")
    nameless = sum(not one.speaker for one in spoken)
    if nameless == len(spoken):
        _log.warning("%s: no speakers are named. All of it is treated as one participant's words.", where)
    elif nameless:
        _log.warning("%s: stretches of speech without a speaker, not coded: %d.", where, nameless)
    named = nameless < len(spoken)
    return _write(_merged(spoken, named=named) if merge else spoken, roles, named=named)


def _merged(utterances: Sequence[Utterance], *, named: bool) -> list[Utterance]:
    merged = [utterances[0]]
    for one in utterances[1:]:
        last = merged[-1]
        same = key(one.speaker) == key(last.speaker) if named else not _is_pause(last, one)
        if same:
            merged[-1] = replace(last, text=f"{last.text} {one.text}", end=one.end)
        else:
            merged.append(one)
    return merged


def _is_pause(before: Utterance, after: Utterance) -> bool:
    return before.end is not None and after.start is not None and after.start - before.end >= PAUSE


def _write(utterances: Sequence[Utterance], roles: RoleParams, *, named: bool) -> tuple[str, tuple[Turn, ...]]:
    parts: list[str] = []
    turns: list[Turn] = []
    spelled: dict[str, str] = {}
    at = 0
    for one in utterances:
        name = spelled.setdefault(key(one.speaker), " ".join(one.speaker.split()))
        role: Role = (find_role(name, roles) or "other") if named else "participant"
        label = f"{name}: " if name else ""
        start = at + len(label)
        turns.append(Turn(name, role, start, start + len(one.text), one.start))
        parts.append(label + one.text)
        at = start + len(one.text) + 2
    return "\n\n".join(parts), tuple(turns)
