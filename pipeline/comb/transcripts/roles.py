"""Who speaks: from the name of a speaker to a role, by the study's patterns."""

import re
import unicodedata
from collections.abc import Sequence
from fnmatch import fnmatchcase
from functools import lru_cache

from comb.records import ROLES, Role, Transcript
from comb.study.params import RoleParams

_BEFORE_NUMBER = re.compile(r"[\s._#-]+(?=\d)")
_AFTER_NAME = re.compile(r"\.|\s*\([^()]*\)$")
_WILDCARD = re.compile(r"\[[^\]]*\]|[*?]")


def key(name: str) -> str:
    r"""Give the form under which two spellings of a speaker's name are one.

    >>> key("  INTERVIEWER\u00a01 ")
    'interviewer 1'
    """
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def find_role(name: str, roles: RoleParams) -> Role | None:
    """Find the role of a speaker; None where no pattern matches, since a role is never guessed.

    ``P 03``, ``P-03``, ``P03 (female)`` and ``P03`` are the same. Of several patterns that match, the most specific
    decides: one without wildcards first, then the one with the most literal characters; between equals, participant
    goes before interviewer and interviewer before other.

    >>> find_role("P 03", RoleParams()), find_role("Interviewee", RoleParams()), find_role("Carys", RoleParams())
    ('participant', 'participant', None)
    """
    return _find(key(name), roles)


@lru_cache(maxsize=4096)
def _find(name: str, roles: RoleParams) -> Role | None:
    plain = _AFTER_NAME.sub("", name) or name
    names = {name, plain, _BEFORE_NUMBER.sub("", plain)}
    matches = [
        (_specificity(pattern), -rank)
        for rank, role in enumerate(ROLES)
        for pattern in getattr(roles, role)
        if any(fnmatchcase(one, key(pattern)) for one in names)
    ]
    return ROLES[-max(matches)[1]] if matches else None


def _specificity(pattern: str) -> tuple[bool, int]:
    literal = _WILDCARD.sub("", key(pattern))
    return literal == key(pattern), len(literal)


def unknown_speakers(transcripts: Sequence[Transcript], roles: RoleParams) -> dict[str, list[str]]:
    """List, for each transcript that has any, the speakers whose role no pattern tells.

    Their turns have role ``other``: they are neither coded nor learned from until the study's roles name them.
    """
    unknown = {transcript.id: _unknown(transcript, roles) for transcript in transcripts}
    return {name: speakers for name, speakers in unknown.items() if speakers}


def _unknown(transcript: Transcript, roles: RoleParams) -> list[str]:
    speakers = {turn.speaker for turn in transcript.turns if turn.role == "other" and turn.speaker}
    return sorted(speaker for speaker in speakers if find_role(speaker, roles) is None)
