"""The speakers in each transcript: participants, their attributes, and whether they spoke alone or in a focus group."""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch
from pathlib import Path
from typing import Literal

from comb.codings.names import TranscriptNames
from comb.errors import BadInputError
from comb.records import Transcript
from comb.study.files import read_rows

Kind = Literal["interview", "focus group"]
KINDS: tuple[Kind, ...] = ("interview", "focus group")
COLUMNS = ("participant", "transcript", "speaker", "kind")
"""Columns of ``participants.csv`` that comb knows; every other column is an attribute of the participant."""
NOT_STATED = "(not stated)"
MOST_GROUPS = 8
"""Most groups in a table."""
ALL = "all"


@dataclass(frozen=True, slots=True)
class Session:
    """One transcript as a meeting of people."""

    transcript: str
    kind: Kind
    speakers: Mapping[str, str]
    """Participant by speaker's label. A missing label belongs to an unknown member of the group."""
    participants: tuple[str, ...]


@dataclass(frozen=True)
class Sample:
    """The people of a study and the sessions that they took part in, in the order of the study."""

    sessions: Mapping[str, Session]
    attributes: Mapping[str, Mapping[str, str]]
    """Attributes by participant: name and value."""
    grouped_by: str
    notes: tuple[str, ...] = ()
    left_out: int = 0
    """Number of the study's transcripts that the setting ``synthesis.transcripts`` leaves out."""

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of all attributes, sorted."""
        return tuple(sorted({name for values in self.attributes.values() for name in values}))

    @property
    def groups(self) -> tuple[str, ...]:
        """Return the compared groups, sorted; none if nobody has the attribute."""
        found = {values.get(self.grouped_by, "") for values in self.attributes.values()} - {""}
        if not found:
            return ()
        stated = all(self.attributes.get(person, {}).get(self.grouped_by) for person in self.participants)
        return (*sorted(found), *(() if stated else (NOT_STATED,)))

    @property
    def compared(self) -> tuple[str, ...]:
        """Return the groups with a column in tables: those with somebody interviewed, if a page has room."""
        found = tuple(group for group in self.groups if self.interviewed(group))
        return found if len(found) <= MOST_GROUPS else ()

    @property
    def participants(self) -> tuple[str, ...]:
        """Return every participant, without duplicates, in the order of the sessions."""
        return tuple(dict.fromkeys(person for session in self.sessions.values() for person in session.participants))

    def only(self, transcripts: Container[str]) -> "Sample":
        """Return the sample limited to these transcripts and the people in them."""
        kept = {name: session for name, session in self.sessions.items() if name in transcripts}
        return replace(self, sessions=kept)

    def group(self, participant: str) -> str:
        """Return a participant's group, or the text that it is not stated."""
        return self.attributes.get(participant, {}).get(self.grouped_by) or NOT_STATED

    def interviewed(self, group: str = ALL) -> tuple[str, ...]:
        """Return the people who were interviewed, not only heard in a focus group: the denominator of all shares."""
        sessions = (s for s in self.sessions.values() if s.kind == "interview")
        people = dict.fromkeys(person for session in sessions for person in session.participants)
        return tuple(person for person in people if group in (ALL, self.group(person)))

    def of_kind(self, kind: Kind, group: str = ALL) -> tuple[str, ...]:
        """Return the transcripts of a kind in which somebody of a group took part."""
        return tuple(
            name
            for name, session in self.sessions.items()
            if session.kind == kind and (group == ALL or group in map(self.group, session.participants))
        )


@dataclass(frozen=True, slots=True)
class _Row:
    where: str
    participant: str
    transcript: str
    speaker: str
    kind: str
    attributes: Mapping[str, str] = field(default_factory=dict)


def read_sample(
    transcripts: Mapping[str, Transcript],
    participants: Path,
    repeated: Path,
    attributes: Mapping[str, Mapping[str, str]],
    grouped_by: str,
    patterns: Sequence[str] = ("*",),
) -> Sample:
    """Return the people who took part in the transcripts whose ids match one of ``patterns``.

    ``participants`` has a row for each person in a transcript. Missing data are taken from ``repeated``
    (``transcript,participant``: who was interviewed more than once), from ``attributes`` of transcripts, as other
    programs' cases give them, and from the speakers. Raises BadInputError listing every row that contradicts the
    transcripts or another row.
    """
    wanted = {name: item for name, item in transcripts.items() if any(fnmatch(name, p) for p in patterns)}
    rows = _read(participants, TranscriptNames(transcripts))
    problems = _misfits(rows, transcripts)
    rows = [row for row in rows if row.transcript in wanted]
    rows += _repeated(repeated, {row.transcript for row in rows}, wanted)
    people = _attributes(rows, problems)
    if problems:
        remedy = f"Correct data/participants.csv; its columns are: {', '.join(COLUMNS)}, and any attribute."
        raise BadInputError("; ".join(problems), where=participants.name, remedy=remedy)
    order = list(dict.fromkeys([row.transcript for row in rows if row.where] + list(wanted)))
    sessions = {name: _session(wanted[name], [row for row in rows if row.transcript == name]) for name in order}
    for name, session in sessions.items():
        for person in session.participants:
            people.setdefault(person, {})
            if len(session.participants) == 1:
                people[person] = {**attributes.get(name, {}), **people[person]}
    sample = Sample(sessions, people, grouped_by)
    crowded = (f"Too many groups for a table ({len(sample.groups)}): they are in counts.csv only",)
    notes = (*_notes(sessions, rows), *(crowded if sample.groups and not sample.compared else ()))
    return replace(sample, notes=notes, left_out=len(transcripts) - len(wanted))


def _read(path: Path, names: TranscriptNames) -> list[_Row]:
    if not path.exists():
        return []
    return [
        _Row(
            f"row {number}",
            row.pop("participant").strip(),
            names.find(row["transcript"]) or row["transcript"].strip(),
            row.pop("speaker", "").strip(),
            row.pop("kind", "").strip().casefold().replace("-", " "),
            {name: value.strip() for name, value in row.items() if value.strip() and name != "transcript"},
        )
        for number, row in read_rows(path, COLUMNS[:2], COLUMNS[2:])
    ]


def _repeated(path: Path, known: Iterable[str], wanted: Mapping[str, Transcript]) -> list[_Row]:
    if not path.exists():
        return []
    rows = (row for _, row in read_rows(path, ("transcript", "participant")))
    names = TranscriptNames(wanted)
    pairs = ((names.find(row["transcript"]), row["participant"].strip()) for row in rows)
    return [_Row("", person, name, "", "") for name, person in pairs if name is not None and name not in known]


def _misfits(rows: Sequence[_Row], transcripts: Mapping[str, Transcript]) -> list[str]:
    """Return what rows say that cannot be."""
    problems = []
    for row in rows:
        if not row.participant:
            problems.append(f"{row.where}: no participant")
        if row.transcript not in transcripts:
            problems.append(f"{row.where}, column transcript: there is no such transcript")
            continue
        speakers = _speakers(transcripts[row.transcript])
        if row.speaker and row.speaker not in speakers:
            problems.append(
                f"{row.where}, column speaker: nobody in {row.transcript!r} is labelled so (participants there: "
                f"{', '.join(speakers) or 'none'})"
            )
        if row.kind and row.kind not in KINDS:
            problems.append(f"{row.where}, column kind: neither 'interview' nor 'focus group'")
    return problems + _contradictory_kinds(rows)


def _contradictory_kinds(rows: Sequence[_Row]) -> list[str]:
    kinds: dict[str, str] = {}
    problems = []
    for row in rows:
        if row.kind in KINDS and kinds.setdefault(row.transcript, row.kind) != row.kind:
            problems.append(f"{row.where}: its transcript is called {kinds[row.transcript]} in an earlier row")
    return problems


def _attributes(rows: Sequence[_Row], problems: list[str]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        own = found.setdefault(row.participant, {})
        for name, value in row.attributes.items():
            if own.setdefault(name, value) != value:
                problems.append(f"{row.where}, column {name}: the same participant has another one in an earlier row")
    return found


def _session(transcript: Transcript, rows: Sequence[_Row]) -> Session:
    speakers = _speakers(transcript)
    kind = next((kind for row in rows for kind in KINDS if row.kind == kind), None)
    if kind is None:
        kind = "focus group" if max(len(speakers), len({row.participant for row in rows})) > 1 else "interview"
    named = {row.speaker: row.participant for row in rows if row.speaker}
    unlabelled = tuple(dict.fromkeys(row.participant for row in rows if not row.speaker))
    people = tuple(dict.fromkeys(row.participant for row in rows))
    if not rows:
        named = {speaker: _own_name(transcript.id, speaker, speakers) for speaker in speakers}
        people = tuple(named.values()) or (transcript.id,)
    elif len(unlabelled) == 1 and (kind == "interview" or len(speakers) - len(named) == 1):
        named |= {speaker: unlabelled[0] for speaker in speakers if speaker not in named}
    elif not unlabelled and kind == "focus group":
        strangers = {s: _own_name(transcript.id, s, speakers) for s in speakers if s not in named}
        named, people = named | strangers, (*people, *strangers.values())
    return Session(transcript.id, kind, named, people)


def _own_name(transcript: str, speaker: str, speakers: Sequence[str]) -> str:
    return transcript if len(speakers) == 1 else f"{transcript}/{speaker}"


def _speakers(transcript: Transcript) -> tuple[str, ...]:
    return tuple(dict.fromkeys(turn.speaker for turn in transcript.turns if turn.role == "participant"))


def _notes(sessions: Mapping[str, Session], rows: Sequence[_Row]) -> Iterable[str]:
    said = {row.transcript for row in rows if row.kind}
    pairs = [n for n, s in sessions.items() if s.kind == "focus group" and len(s.participants) == 2 and n not in said]
    if pairs:
        yield (
            f"Two people speak in {', '.join(pairs)}, counted as a focus group. For a joint interview, write interview "
            "in column kind of data/participants.csv"
        )
    lost = [n for n, s in sessions.items() if s.kind == "interview" and set(s.participants) - set(s.speakers.values())]
    if lost:
        yield f"data/participants.csv does not say who is which speaker in {', '.join(lost)}: fill in column speaker"
