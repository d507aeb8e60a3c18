"""Roles of speakers: proposals for each transcript of the study, and a person's confirmation."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from comb.errors import BadInputError
from comb.records import Role
from comb.stages.speaker_reports import read_unconfirmed
from comb.study.layout import Study
from comb.study.speakers import SpeakerRow, ensure_speakers, write_speakers
from comb.transcripts.confirmed_roles import stale_rows
from comb.transcripts.reader import read_each
from comb.transcripts.role_proposals import SpeakerRole, propose_roles
from comb.transcripts.roles import is_numbered, key


@dataclass(frozen=True)
class WhoSpeaks:
    """Who speaks in the study, as far as known."""

    speakers: tuple[SpeakerRole, ...]
    """Speakers of the requested transcripts, in the order of their ids."""
    stale: tuple[str, ...]
    """Notes on rows of ``speakers.csv`` that fit no transcript or no speaker."""

    @property
    def open(self) -> list[SpeakerRole]:
        """Speakers whose role nobody has confirmed."""
        return [item for item in self.speakers if item.source == "proposed"]


def who_speaks(study: Study, wanted: Sequence[str] = (), files: Sequence[Path] = ()) -> WhoSpeaks:
    """Propose roles of speakers in the transcripts of the study and in ``files``: in all, or in those ``wanted`` by id.

    Raises BadInputError if a transcript is unknown, or a file cannot be read.
    """
    ensure_speakers(study.speakers)
    roles = study.roles
    given, errors = read_each(files, roles.unconfirmed, study.params.study.given_encodings)
    if errors:
        raise errors[0]
    transcripts = read_unconfirmed(study, given)
    known = {key(name): item.id for item in transcripts for name in (item.id, item.source)}
    missing = [name for name in wanted if key(name) not in known]
    if missing:
        remedy = "See the ids with: comb speakers."
        raise BadInputError(f"there is no transcript {', '.join(map(repr, missing))}", where="speakers", remedy=remedy)
    shown = {known[key(name)] for name in wanted} | {item.id for item in given}
    found = propose_roles(transcripts, roles)
    return WhoSpeaks(
        tuple(item for item in found if not shown or item.transcript in shown),
        tuple(stale_rows(transcripts, roles.rows)),
    )


def watched_by_dvc(study: Study) -> bool:
    """Return whether ``dvc repro`` notices changed roles; studies made by older versions lack that dependency."""
    pipeline = study.root / "dvc.yaml"
    return not pipeline.is_file() or study.speakers.name in pipeline.read_text(encoding="utf-8")


def accept_proposals(study: Study, speakers: Iterable[SpeakerRole]) -> list[SpeakerRole]:
    """Confirm every proposed role, write them to ``data/speakers.csv``, and return them; other rows are kept."""
    taken = [item for item in speakers if item.source == "proposed" and item.role]
    confirm_roles(study, [SpeakerRow(item.transcript, item.speaker, item.role, item.pseudonym) for item in taken])
    return taken


def set_roles(study: Study, speakers: Sequence[SpeakerRole], roles: Mapping[str, Role]) -> list[SpeakerRole]:
    """Confirm the roles that a person gives to speakers by name, and return these speakers.

    Raises BadInputError if nobody has that name, or if the name was numbered by a program and occurs in several of the
    transcripts, where it is not the same person.
    """
    wanted = {key(name): role for name, role in roles.items()}
    meant = [item for item in speakers if key(item.speaker) in wanted]
    for name in roles:
        own = {item.transcript for item in meant if key(item.speaker) == key(name)}
        if not own:
            names = ", ".join(dict.fromkeys(repr(item.speaker) for item in speakers))
            raise BadInputError(f"no speaker is named {name!r}", where="--role", remedy=f"The speakers are: {names}.")
        if is_numbered(name) and len(own) > 1:
            what = f"{name!r} was numbered by a program, and is not the same person in {len(own)} transcripts"
            remedy = f'Name the transcript: comb speakers "{min(own)}" --role "{name}={roles[name]}".'
            raise BadInputError(what, where="--role", remedy=remedy)
    rows = [SpeakerRow(i.transcript, i.speaker, wanted[key(i.speaker)], i.pseudonym) for i in meant]
    confirm_roles(study, rows)
    return [replace(item, role=wanted[key(item.speaker)]) for item in meant]


def confirm_roles(study: Study, rows: Sequence[SpeakerRow]) -> None:
    """Write confirmed roles to ``data/speakers.csv``; rows of other speakers are kept."""
    new = {_key(row): row for row in rows}
    kept = {_key(row): row for row in study.roles.rows}
    write_speakers(study.speakers, [*(new.pop(name, row) for name, row in kept.items()), *new.values()])


def _key(row: SpeakerRow) -> tuple[str, str]:
    return key(row.transcript), key(row.speaker)
