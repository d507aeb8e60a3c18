"""Import files into a study, all or none: transcripts, codings tables, and projects of other software."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from comb.codings.known import Known
from comb.codings.table_columns import CodingColumns
from comb.exchange.tables.utterance_tables import UtteranceColumns
from comb.stages.import_incoming import AS_FOUND, Handling, Incoming
from comb.stages.import_plan import (
    codebook_of,
    planned,
    take_codings,
    take_utterances,
    transcripts_of,
)
from comb.stages.listener import Listener
from comb.stages.speaker_reports import report_imported
from comb.stages.speakers import confirm_roles
from comb.study.atomic import together, workspace
from comb.study.layout import Study
from comb.study.speakers import SpeakerRow


def import_files(
    study: Study,
    paths: Sequence[Path],
    listener: Listener,
    every: Handling = AS_FOUND,
    *,
    dry_run: bool = False,
) -> None:
    """Check the files and copy their content into the study; nothing is copied if one of them is not usable.

    A text file whose encoding is named, by ``every`` or in the study's params, is copied as UTF-8. ``every`` contains
    settings for all files, also those in a folder. With ``dry_run``, only report what would happen. Raises one error
    for all files that are not usable. Rows of codings that cannot be read are also written to ``data/to-correct``.
    """
    with planned(study, paths, listener, every=every, dry_run=dry_run) as incoming:
        incoming.write(study, listener, dry_run=dry_run)
    if not dry_run:
        _report_speakers(study, incoming, listener)


def add_files(
    study: Study,
    paths: Sequence[Path],
    listener: Listener,
    handlings: Mapping[Path, Handling],
    speakers: Sequence[SpeakerRow],
) -> None:
    """Import files with a person's corrections and roles of speakers; all or none.

    Raises one error for all files that are not usable.
    """
    with planned(study, paths, listener, handlings, dry_run=True) as incoming, together(study.root):
        incoming.write(study, listener)
        if speakers:
            confirm_roles(study, speakers)
    _report_speakers(study, incoming, listener)


def import_quotes(
    study: Study, file: Path, columns: CodingColumns, listener: Listener, *, coder: str, transcript: str
) -> None:
    """Import coded quotes from a table whose columns are named, or found by their usual names."""
    incoming = Incoming(known=Known(transcripts_of(study), codebook_of(study)))
    with workspace(study.state) as folder:
        given = Handling("codings", columns=columns, coder=coder, transcript=transcript)
        take_codings(file, file, given, study, incoming, folder)
        incoming.write(study, listener)


def import_utterances(
    study: Study, file: Path, columns: UtteranceColumns, participants: Sequence[str], listener: Listener
) -> None:
    """Turn a table with one row per utterance into transcripts and codings; columns are found unless they are named."""
    incoming = Incoming()
    with workspace(study.state) as folder:
        given = Handling("utterances", utterances=columns, participants=tuple(participants))
        found = take_utterances(file, given, study, incoming, folder)
        incoming.write(study, listener)
    _report_speakers(study, incoming, listener)
    unknown = sorted({one.code for one in found.codings if one.code and one.code not in study.codebook})
    if unknown:
        listener.note(
            f"comb: not in configs/codebook.yaml yet: {', '.join(unknown)}. Add these codes before dvc repro."
        )


def _report_speakers(study: Study, incoming: Incoming, listener: Listener) -> None:
    """Report which speakers of the imported transcripts have to be confirmed."""
    brought = [path for path in incoming.new.values() if path.parent in (study.raw, study.new)]
    report_imported(study, brought, listener)
