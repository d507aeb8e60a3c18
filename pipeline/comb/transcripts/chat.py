"""CHAT, the format of CLAN and TalkBank (.cha): what speakers say, without dependent tiers and codes.

Source: MacWhinney, Tools for Analyzing Talk, Part 1: The CHAT Transcription Format, https://talkbank.org/manuals/CHAT.pdf.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from comb.errors import BadInputError
from comb.records import Role, Turn
from comb.study.params import RoleParams
from comb.transcripts.encoding import decode
from comb.transcripts.roles import find_role
from comb.transcripts.utterances import Utterance, compose

_INTERVIEWERS = ("investigator", "interviewer", "examiner", "clinician", "therapist")
_PARTICIPANTS = ("participant", "informant", "patient", "subject", "client")
_MAIN = re.compile(r"\*(?P<name>[^:\s]{1,20}):\s*(?P<said>.*)")
_BULLET = re.compile(r"\x15?(?P<start>\d{1,9})_(?P<end>\d{1,9})\x15?")
_REPLACED = (
    (re.compile(r"\x15[^\x15]*\x15"), " "),
    (re.compile(r"\[[^\]]*\]"), " "),
    (re.compile(r"&=\S+|(?<!\S)&\*\S+|(?<!\S)0[A-Za-z]\S*"), " "),
    (re.compile(r"&[-+~]?(?=\w)"), ""),
    (re.compile(r"\((?:\.{1,3}|\d+(?:[:.]\d+)*\.?)\)"), " "),
    (re.compile(r"(?<=\w)@[\w:$&]+"), ""),
    (re.compile(r"\+\.\.\."), "…"),
    (re.compile(r"\+\.\.\?|\+/+\?|\+!\?"), "?"),
    (re.compile(r"\+[/\".]*\."), "."),
    (re.compile(r"(?<!\S)\+[\^,+\"<]*(?=\s|\w)"), " "),
    (re.compile(r"[<>()‹›]"), ""),
    (re.compile(r"[„‡]"), ","),
    (re.compile(r"(?<=\w)_(?=\w)"), " "),
    (re.compile(r"\s+(?=[.,?!;:…])"), ""),
)
"""What the codes of an utterance become, in this order."""
_ASIDE = re.compile(r"(?<!\S)&\*(?P<name>[^:\s]{1,20}):(?P<said>\S+)")
"""A few words of somebody else in an utterance: ``&*INV:mhm``."""


def read_chat(data: bytes, where: str, roles: RoleParams) -> tuple[str, tuple[Turn, ...]]:
    """Read .cha: a turn for each main line, with the time of its bullet; the study's patterns match codes or roles.

    Left out are headers, dependent tiers (``%mor:``), events (``&=laughs``) and codes in brackets; fillers, fragments,
    repetitions and self-corrections were said, and stay. Raises BadInputError for a file without main lines.
    """
    lines = _unfolded(decode(data, where))
    if not any(line.startswith("*") for line in lines):
        remedy = 'Its speakers\' lines must begin like "*PAR:" and a tab; or give it the suffix .txt.'
        raise BadInputError("not a CHAT transcript", where=where, remedy=remedy)
    utterances = [one for line in lines for one in _utterances(line)]
    text, turns = compose(utterances, roles, where, merge=False)
    known = _roles(lines, roles)
    return text, tuple(_with_role(turn, known) for turn in turns)


def _unfolded(text: str) -> list[str]:
    """Join the lines that continue others, which begin with a tab or a space."""
    lines: list[str] = []
    for line in text.split("\n"):
        if lines and line[:1] in ("\t", " "):
            lines[-1] += " " + line.strip()
        else:
            lines.append(line)
    return lines


def _utterances(line: str) -> Iterator[Utterance]:
    main = _MAIN.match(line)
    if main is None:
        return
    times = _BULLET.search(main["said"])
    start, end = (int(times[name]) / 1000 if times else None for name in ("start", "end"))
    said = _plain(_BULLET.sub(" ", main["said"]))
    if any(char.isalnum() for char in said):
        yield Utterance(main["name"], said, start, end)
    for aside in _ASIDE.finditer(main["said"]):
        yield Utterance(aside["name"], _plain(aside["said"]), end, end)


def _plain(said: str) -> str:
    """Return what was said.

    >>> _plain("<the the> [/] the &-um ket(tle) (..) is@c &=coughs on +...")
    'the the the um kettle is on…'
    """
    for code, becomes in _REPLACED:
        said = code.sub(becomes, said)
    return " ".join(said.split())


def _roles(lines: list[str], roles: RoleParams) -> dict[str, Role]:
    """Read which roles the header names: ``PAR Ann Participant, INV Investigator``."""
    known: dict[str, Role] = {}
    for line in lines:
        if line.startswith("@Participants:"):
            for entry in line.partition(":")[2].split(","):
                words = entry.split()
                role = _role(words[-1], roles) if len(words) > 1 else None
                if role and not find_role(words[0], roles):
                    known[words[0]] = role
    return known


def _role(name: str, roles: RoleParams) -> Role | None:
    plain = name.casefold()
    if plain in _INTERVIEWERS:
        return "interviewer"
    return "participant" if plain in _PARTICIPANTS else find_role(name, roles)


def _with_role(turn: Turn, known: dict[str, Role]) -> Turn:
    return replace(turn, role=known.get(turn.speaker, turn.role))
