"""The study's table of speakers, ``data/speakers.csv``: the role of each speaker in each transcript.

A row takes precedence over the patterns of the params. A row with an empty role confirms nothing, but may give a
pseudonym.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from comb.errors import BadInputError
from comb.records import ROLES, Role
from comb.study.files import read_rows, write_rows
from comb.study.params import RoleParams

COLUMNS = ("transcript", "speaker", "role", "pseudonym")
_SYNONYMS: dict[str, Role] = {
    "interviewee": "participant",
    "respondent": "participant",
    "patient": "participant",
    "client": "participant",
    "moderator": "interviewer",
    "facilitator": "interviewer",
    "researcher": "interviewer",
    "therapist": "interviewer",
    "observer": "other",
    "interpreter": "other",
}


@dataclass(frozen=True, slots=True)
class SpeakerRow:
    """One speaker of one transcript, as a person confirmed it."""

    transcript: str
    speaker: str
    """The name as written in the transcript; ``""`` if nobody is named."""
    role: Role | None = None
    pseudonym: str = ""
    """The name that takes the place of the speaker's in segments, suggestions and exports."""
    number: int = 0
    """The number of the row in the file; 0 if it is not in the file yet."""


@dataclass(frozen=True, slots=True)
class StudyRoles:
    """Roles of speakers in a study: the patterns of its params, and the rows of ``data/speakers.csv``."""

    patterns: RoleParams = field(default_factory=RoleParams)
    rows: tuple[SpeakerRow, ...] = ()

    @property
    def unconfirmed(self) -> "StudyRoles":
        """The patterns alone, to read a file as if no person had confirmed anything."""
        return StudyRoles(self.patterns)


def read_speakers(path: Path) -> tuple[SpeakerRow, ...]:
    """Read the table of speakers; no rows if there is no file.

    Raises BadInputError that lists every row without a transcript or with an unknown role. No cell is shown: if cells
    have moved, it may contain a participant's words.
    """
    if not path.exists():
        return ()
    rows: list[SpeakerRow] = []
    wrong: list[str] = []
    seen: dict[tuple[str, str], SpeakerRow] = {}
    for number, cells in read_rows(path, COLUMNS[:3], COLUMNS[3:]):
        transcript, speaker, role, pseudonym = (" ".join(cells.get(name, "").split()) for name in COLUMNS)
        known = next((one for one in ROLES if one == role.casefold()), None)
        if role and known is None:
            wrong.append(f"row {number}, column role: not a role{_nearest(role)}")
        if not transcript:
            wrong.append(f"row {number}, column transcript: no transcript is named")
        row = SpeakerRow(transcript, speaker, known, pseudonym, number)
        other = seen.setdefault((transcript.casefold(), speaker.casefold()), row)
        if (other.role, other.pseudonym) != (row.role, row.pseudonym):
            wrong.append(f"rows {other.number} and {number}: the same speaker has two roles or pseudonyms")
        if other is row:
            rows.append(row)
    if wrong:
        remedy = f"The roles are: {', '.join(ROLES)}. Correct these rows in {path.name}."
        raise BadInputError("; ".join(wrong), where=path.name, remedy=remedy)
    return tuple(rows)


def _nearest(role: str) -> str:
    near = get_close_matches(role.casefold(), [*ROLES, *_SYNONYMS], 1)
    return f" (did you mean {_SYNONYMS.get(near[0], near[0])}?)" if near else ""


def write_speakers(path: Path, rows: Iterable[SpeakerRow]) -> None:
    """Write the table of speakers."""
    write_rows(path, COLUMNS, ((row.transcript, row.speaker, row.role or "", row.pseudonym) for row in rows))


def ensure_speakers(path: Path) -> None:
    """Write an empty table of speakers if there is none, because DVC refuses to run without it."""
    if not path.exists() and path.parent.is_dir():
        write_speakers(path, ())
