"""Import a table with one row per utterance as transcripts and codings."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from comb.codings.codings_csv import check_table_name, write_codings
from comb.codings.known import Known
from comb.codings.problems import as_error, counted
from comb.exchange.tables.utterance_tables import (
    RAW_COLUMNS,
    Utterance,
    UtteranceColumns,
    choose_columns,
    left_out,
    raw_rows,
    split_table,
    table_codings,
    unknown_codes,
)
from comb.records import Coding, Transcript
from comb.study.files import write_rows
from comb.study.layout import Study
from comb.study.names import check_name
from comb.transcripts.reader import find_role, read_spreadsheet, read_transcript
from comb.transcripts.table import sheet_notes


@dataclass(frozen=True)
class Utterances:
    """The transcripts and codings of a table of utterances."""

    transcripts: dict[str, Transcript]
    codings: tuple[Coding, ...]
    targets: dict[Path, Path]
    """The place in the study of each prepared file."""
    notes: tuple[str, ...]


def read_utterances(
    file: Path, columns: UtteranceColumns, participants: Sequence[str], study: Study, known: Known, folder: Path
) -> Utterances:
    """Prepare the transcripts and codings of a table in ``folder``; columns are found unless they are named.

    Raises BadInputError listing all its problems.
    """
    header, rows = read_spreadsheet(file)
    columns = choose_columns(header, columns, file.name)
    role_of = partial(find_role, roles=study.roles.patterns)
    parts = split_table(rows, header, columns, list(participants), role_of, file.name)
    check_table_name(file.stem, file.name)
    for name in parts:
        check_name(name, f"{file.name}, a transcript in it")
    transcripts = {name: _transcript(name, utterances, study, folder) for name, utterances in parts.items()}
    known = Known(transcripts, known.codebook)
    problems = unknown_codes((u for utterances in parts.values() for u in utterances), known)
    if problems:
        remedy = "Correct them, or add them to configs/codebook.yaml; nothing was imported."
        raise as_error(file.name, problems, remedy)
    codings = [one for name, said in parts.items() for one in table_codings(transcripts[name], said, known)]
    targets = {folder / f"{name}.csv": study.raw / f"{name}.csv" for name in parts}
    if columns.code and codings:
        table = folder / "codings" / f"{file.stem}.csv"
        write_codings(table, codings)
        targets[table] = study.codings / table.name
    notes = [
        _told(transcripts, codings, study, coded=bool(columns.code)),
        f"Columns: {', '.join(_named(columns))}.",
        *(f"comb: {file.name}: {reason}." for reason in (*left_out(rows, parts, columns), *sheet_notes(file))),
    ]
    return Utterances(transcripts, tuple(codings), targets, tuple(notes))


def _transcript(name: str, utterances: Sequence[Utterance], study: Study, folder: Path) -> Transcript:
    path = folder / f"{name}.csv"
    write_rows(path, RAW_COLUMNS, raw_rows(utterances), exact=True)
    return read_transcript(path, study.roles)


def _told(transcripts: dict[str, Transcript], codings: Sequence[Coding], study: Study, *, coded: bool) -> str:
    coders = {coding.coder for coding in codings}
    found = f", {counted(len(codings), 'coding')} of {counted(len(coders), 'coder')} → {study.codings}"
    return f"{counted(len(transcripts), 'transcript')} → {study.raw}{found if coded else ''}"


def _named(columns: UtteranceColumns) -> list[str]:
    """List the recognised columns."""
    return [f"{name!r} is the {option}" for option, name in asdict(columns).items() if name]
