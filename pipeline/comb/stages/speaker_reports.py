"""Reports of a run on speakers: unconfirmed speakers, rows without effect, doubtful labels."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from comb.records import Transcript
from comb.stages.listener import Listener
from comb.stages.reading import Prepared, Reading, instructions, prepare
from comb.study.layout import Study
from comb.study.speakers import ensure_speakers
from comb.transcripts.confirmed_roles import stale_rows, unknown_speakers
from comb.transcripts.reader import read_each, read_folder, transcript_files, transcript_id
from comb.transcripts.role_proposals import SpeakerRole, propose_roles
from comb.transcripts.roles import key

MOST_NAMED = 5
"""Most transcripts with unconfirmed speakers that are named individually."""
MOST_COMPARED = 1000
"""Most transcripts of a study that are compared to propose roles during another command."""


def report_imported(study: Study, files: Sequence[Path], listener: Listener) -> None:
    """Report which speakers of newly imported transcripts have to be confirmed."""
    ensure_speakers(study.speakers)
    how = instructions(study)
    found = [one for one in (prepare(path, how) for path in files) if isinstance(one, Prepared)]
    report_speakers(study, [one.reading for one in found], listener)


def report_stale(study: Study, readings: Sequence[Reading], listener: Listener) -> None:
    """Report rows of the table of speakers without effect."""
    others = {key(name) for path in files_in(study.raw, study.new) for name in (transcript_id(path), path.name)}
    for stale in stale_rows([one.outline for one in readings], study.roles.rows, others):
        listener.note(f"comb: {study.speakers.name}, {stale}. The row is not used: correct it, or delete it.")


def report_speakers(study: Study, readings: Sequence[Reading], listener: Listener, files: Sequence[Path] = ()) -> None:
    """Report speakers who are not coded because their roles are not confirmed, with the proposed roles.

    ``files`` contains files from outside the study.
    """
    unknown = unknown_speakers([one.outline for one in readings], study.roles)
    for one in readings:
        if one.silent and one.outline.id not in unknown:
            what = "it has no speaker whose speech is coded"
            listener.note(f"comb: {one.outline.id}: {what}. See: comb speakers.")
    own = {transcript_id(path) for path in files_in(study.raw, study.new)}
    sources = {one.outline.id: one.outline.source for one in readings if one.outline.id not in own}
    named = list(unknown)[:MOST_NAMED]
    proposed = _proposed(study, named, [path for path in files if transcript_id(path) not in own])
    for name in named:
        asked = [item for item in proposed if item.transcript == name and item.source == "proposed"]
        listener.note(_question(name, asked, sources.get(name, "")))
    if len(unknown) > MOST_NAMED:
        rest = len(unknown) - MOST_NAMED
        more = "1 more transcript has" if rest == 1 else f"{rest} more transcripts have"
        listener.note(f"comb: {more} such speakers. To see all: comb speakers.")
    for one in readings:
        for doubt in one.doubts if unknown.get(one.outline.id) != [""] else ():
            listener.note(f"comb: {doubt}")


def _proposed(study: Study, names: Sequence[str], others: Sequence[Path]) -> list[SpeakerRole]:
    """Return who probably speaks in transcripts of these names, which lie in the study or in other files.

    The study's transcripts are read again for it, all together: in a study of more than ``MOST_COMPARED`` nothing is
    proposed but by ``comb speakers``.
    """
    if not names or sum(1 for _ in files_in(study.raw, study.new)) > MOST_COMPARED:
        return []
    roles = study.roles
    with quietly():
        found, _ = read_each(
            [path for path in others if transcript_id(path) in names],
            roles.unconfirmed,
            study.params.study.given_encodings,
        )
    return propose_roles(read_unconfirmed(study, found), roles)


def _question(name: str, speakers: Sequence[SpeakerRole], file: str) -> str:
    """Ask who speaks; ``file`` is the name of a file outside the study."""
    command = f'comb speakers "{file}"' if file else "comb speakers"
    if not speakers:
        return f"comb: {name}: speakers of unknown role, not coded. See: {command}."
    listed = ", ".join(f"{item.speaker or '(not named)'!r} ({_guess(item)})" for item in speakers)
    known = all(item.role for item in speakers)
    remedy = f"Confirm with: {command} --accept." if known else f"See: {command}."
    return f"comb: {name}: speakers of unknown role, not coded: {listed}. {remedy}"


def _guess(item: SpeakerRole) -> str:
    return f"{item.role}?" if item.role else "who is this?"


def read_unconfirmed(study: Study, known: Sequence[Transcript] = ()) -> list[Transcript]:
    """Return the study's transcripts, raw and new, without the roles that a person confirmed.

    ``known`` contains transcripts that have been read already.
    """
    found = {transcript.id: transcript for transcript in known}
    for folder in (study.raw, study.new):
        if any(transcript_id(path) not in found for path in files_in(folder)):
            with quietly():
                others, _ = read_folder(folder, study.roles.unconfirmed, study.params.study.given_encodings)
            for transcript in others:
                found.setdefault(transcript.id, transcript)
    return [found[name] for name in sorted(found)]


@contextmanager
def quietly() -> Iterator[None]:
    """Keep readers from logging the same messages when a file is read again."""
    logger = logging.getLogger("comb.transcripts")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


def files_in(*folders: Path) -> Iterator[Path]:
    """Yield the transcript files in some folders."""
    for folder in folders:
        yield from (path for _, path in transcript_files(folder))
