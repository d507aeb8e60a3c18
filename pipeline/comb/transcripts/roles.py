"""Who speaks: from the name of a speaker to a role, by the study's patterns."""

import re
import unicodedata
from fnmatch import fnmatchcase
from functools import lru_cache

from comb.records import ROLES, Role
from comb.study.params import RoleParams

_BEFORE_NUMBER = re.compile(r"[\s._#-]+(?=\d)")
_AFTER_NAME = re.compile(r"\.|\s*\([^()]*\)$")
_IN_BRACKETS = re.compile(r".*\S\s*\(([^()]+)\)$")
_WILDCARD = re.compile(r"\[[^\]]*\]|[*?]")
_NUMBERED = re.compile(
    r"(?:s|spk|(?P<word>(?:unknown )?speaker|person|voice|guest|user|unknown|sprecher|locuteur|hablante|spreker))"
    r"(?:[\s._#-]*\d+|(?(word)[\s._#-]+[a-z]|(?!)))"
)
MAX_INITIALS = 3
"""Number of letters before ``*`` up to which a pattern stands for initials, and does not match longer names."""


def key(name: str) -> str:
    r"""Return a form of a speaker's name that is the same for all its spellings.

    >>> key("  INTERVIEWER\u00a01 ")
    'interviewer 1'
    """
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def is_numbered(name: str) -> bool:
    """Return whether a name was given by a program that numbers the voices of each recording.

    >>> [is_numbered(name) for name in ("SPEAKER_00", "Speaker 1", "S01", "Person A", "Unknown 2", "P01", "Sam")]
    [True, True, True, True, True, False, False]
    """
    return _NUMBERED.fullmatch(key(name)) is not None


def in_brackets(name: str) -> str:
    """Return the text in brackets after a name; ``""`` if there is none.

    >>> in_brackets("Sarah (practice nurse)")
    'practice nurse'
    """
    match = _IN_BRACKETS.fullmatch(name.strip())
    return match[1].strip() if match else ""


def find_role(name: str, roles: RoleParams) -> Role | None:
    """Find the role of a speaker by the patterns; None if none matches, since a role is never guessed.

    ``P 03``, ``P-03``, ``P03 (female)`` and ``P03`` are the same, and ``Ann (interviewer)`` is an interviewer. Of
    several patterns that match, the most specific decides: one without wildcards first, then the one with the most
    literal characters; between equals, participant goes before interviewer and interviewer before other.

    >>> find_role("P 03", RoleParams()), find_role("Interviewee", RoleParams()), find_role("Carys", RoleParams())
    ('participant', 'participant', None)
    """
    return _find(key(name), roles)


def find_lasting_role(name: str, roles: RoleParams) -> Role | None:
    """Find the role of a speaker as ``find_role`` does, except for names numbered by a program.

    The same number is another person in the next file, so a pattern cannot identify the speaker.

    >>> roles = RoleParams(participant=("speaker*",))
    >>> [find_lasting_role(name, roles) for name in ("Speaker 1", "Speaker 1 (interviewer)", "Speakers")]
    [None, 'interviewer', 'participant']
    """
    described = in_brackets(name)
    if is_numbered(_AFTER_NAME.sub("", name)):
        return find_role(described, roles) if described else None
    return find_role(name, roles)


@lru_cache(maxsize=4096)
def _find(name: str, roles: RoleParams) -> Role | None:
    plain = _AFTER_NAME.sub("", name) or name
    names = {name, plain, _BEFORE_NUMBER.sub("", plain), in_brackets(name)} - {""}
    matches = [
        (_specificity(pattern), -rank)
        for rank, role in enumerate(ROLES)
        for pattern in getattr(roles, role)
        if any(_matches(one, key(pattern), role) for one in names)
    ]
    return ROLES[-max(matches)[1]] if matches else None


def _matches(name: str, pattern: str, role: Role) -> bool:
    """Return whether a pattern takes in a name.

    ``i*`` takes in ``I1`` and ``Interviewer`` but not ``Ivy``: after a few letters ``*`` stands for more letters only
    if the name is a word for that role.
    """
    if not fnmatchcase(name, pattern):
        return False
    letters = pattern.removesuffix("*")
    if not (pattern.endswith("*") and letters.isalpha() and len(letters) <= MAX_INITIALS):
        return True
    return not name[len(letters) :][:1].isalpha() or any(fnmatchcase(name, known) for known in _words_for(role))


def _words_for(role: Role) -> tuple[str, ...]:
    patterns: tuple[str, ...] = getattr(RoleParams(), role)
    return tuple(pattern for pattern in patterns if len(pattern.removesuffix("*")) > MAX_INITIALS)


def _specificity(pattern: str) -> tuple[bool, int]:
    literal = _WILDCARD.sub("", key(pattern))
    return literal == key(pattern), len(literal)
