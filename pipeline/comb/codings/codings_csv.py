"""The codings of a study: read from its tables with every quote verified, and written."""

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import cast, get_args

from comb.codebook import Codebook
from comb.codings.known import Known
from comb.codings.names import TranscriptNames, name_key, one_spelling
from comb.codings.problems import Problem, as_error, shortened
from comb.codings.reader import CodingsTable, read_codings_table
from comb.codings.valence_words import as_valence
from comb.codings.yes_or_no import blind_word
from comb.errors import BadInputError, CombError
from comb.records import Coding, Decision, Transcript, Valence, Verdict
from comb.study.files import read_rows, visible, write_rows
from comb.study.names import check_name

REQUIRED = ("transcript", "quote", "code", "coder")
COLUMNS = tuple(field.name for field in fields(Coding))
SELDOM = ("blind", "unsure")
"""Columns that are written only if a cell in them is filled."""
OTHER_TABLES = (".docx", ".doc", ".xls", ".xlsm", ".ods", ".numbers", ".tsv", ".qdpx", ".qda")
NOT_CODINGS = ("coverage.csv", "participants.csv")


@dataclass(frozen=True)
class CodingsRead:
    """All codings of a study, with notes on repairs."""

    codings: tuple[Coding, ...]
    warnings: tuple[str, ...]
    coverage: frozenset[tuple[str, str]] | None
    """(transcript, coder) pairs of whole transcripts that were read; None if no coverage.csv says so."""
    blind: frozenset[tuple[str, str]] | None = None
    """The pairs that were read blind, if coverage.csv says so."""


def read_codings(folder: Path, transcripts: Mapping[str, Transcript], codebook: Codebook | None = None) -> CodingsRead:
    """Read every table of codings in a folder, with ``coverage.csv`` if there is one.

    With a codebook, codes are found by id or name, and a cell may contain several; without one, they are kept as
    written. Raises one BadInputError for all rows of all files that cannot be read.
    """
    known = Known(transcripts, codebook)
    tables, notes = read_tables(folder, known)
    codings = tuple(dict.fromkeys(coding for table in tables for coding in table.codings))
    warnings = tuple(note for table in tables for note in table.notes) + tuple(notes)
    coders = [coding.coder for coding in codings]
    coverage = read_coverage(folder / "coverage.csv", known.names, coders)
    blind = _read_blind(folder / "coverage.csv", known.names, coders)
    return CodingsRead(codings, (*warnings, *_not_read(folder)), coverage, blind)


def read_tables(
    folder: Path, known: Known, look: Callable[[CodingsTable], CodingsTable] = lambda table: table
) -> tuple[list[CodingsTable], list[str]]:
    """Read every table of codings in a folder; also return notes on coders' names.

    ``look`` gets each table and may return a changed one. Raises one BadInputError for all rows of all
    files that cannot be read.
    """
    tables: list[CodingsTable] = []
    errors: list[CombError] = []
    for path in tables_in(folder):
        try:
            tables.append(look(read_codings_table(path, known)))
        except BadInputError as error:
            errors.append(error)
    errors += [as_error(table.name, table.problems) for table in tables if table.problems]
    if errors:
        raise joined(errors)
    return with_one_spelling(tables)


def tables_in(folder: Path) -> list[Path]:
    """List the files in a folder that are tables of codings."""
    found = (path for path in visible(folder, "*") if path.suffix.lower() in (".csv", ".xlsx"))
    return [path for path in found if path.name not in NOT_CODINGS]


def check_table_name(stem: str, where: str) -> None:
    """Raise BadInputError for a name, without its ending, that a table of codings cannot have in a study."""
    check_name(stem, where)
    if f"{stem}.csv".casefold() in NOT_CODINGS:
        remedy = "Rename it: comb uses that name for something else."
        raise BadInputError("a table of codings cannot have this name", where=where, remedy=remedy)


def _not_read(folder: Path) -> list[str]:
    """Name the files of a folder of codings that look like codings in a format that is not read there."""
    left = [path.name for path in visible(folder, "*") if path.suffix.lower() in OTHER_TABLES]
    return [f"{name}: not read, since codings are read from .csv and .xlsx. Use: comb import {name}" for name in left]


def read_codings_file(
    path: Path, transcripts: Mapping[str, Transcript], codebook: Codebook | None = None
) -> tuple[list[Coding], list[str]]:
    """Read one table of codings; return the codings, and notes on repairs without participants' words."""
    table = read_codings_table(path, Known(transcripts, codebook))
    if table.problems:
        raise as_error(table.name, table.problems)
    (table,), notes = with_one_spelling([table])
    return [row.coding for row in table.rows], [*table.notes, *notes]


def with_one_spelling(tables: Sequence[CodingsTable]) -> tuple[list[CodingsTable], list[str]]:
    """Unify coders whose names differ only in case, in all tables; return the tables and notes on it."""
    spelling = one_spelling(row.coding.coder for table in tables for row in table.rows)
    notes = [f"coder {name!r} is read as {chosen!r}" for name, chosen in sorted(spelling.items())]
    return [_renamed(table, spelling) for table in tables] if spelling else list(tables), notes


def _renamed(table: CodingsTable, coders: Mapping[str, str]) -> CodingsTable:
    """Return a table whose coders are called by one spelling."""
    rows = (
        replace(row, coding=replace(row.coding, coder=coders.get(row.coding.coder, row.coding.coder)))
        for row in table.rows
    )
    return replace(table, rows=tuple(rows))


def joined(errors: Sequence[CombError]) -> CombError:
    """Return one error for several, with all problems listed."""
    if len(errors) == 1:
        return errors[0]
    details = [line for error in errors for line in (str(error), *(f"  {detail}" for detail in error.details))]
    return BadInputError(f"{len(errors)} files cannot be used", remedy="Correct them.", details=shortened(details))


def write_codings(path: Path, codings: Iterable[Coding]) -> None:
    """Write a codings CSV file with all columns; ``blind`` and ``unsure`` only if any coding has them."""
    found = list(codings)
    names = tuple(name for name in COLUMNS if name not in SELDOM or any(getattr(coding, name) for coding in found))

    def row(coding: Coding) -> list[object]:
        return ["" if value is None else value for value in (getattr(coding, name) for name in names)]

    write_rows(path, names, map(row, found), exact=True)


def write_decisions(path: Path, decisions: Iterable[Decision]) -> None:
    """Write coders' decisions on suggestions, one per row."""
    names = tuple(field.name for field in fields(Decision))
    write_rows(path, names, ([getattr(decision, name) for name in names] for decision in decisions))


def read_decisions(path: Path) -> list[Decision]:
    """Read the decisions that ``write_decisions`` wrote; none if there is no such file."""
    if not path.exists():
        return []
    required = tuple(field.name for field in fields(Decision) if field.name != "memo")
    return [_decision(row, f"{path.name}, row {number}") for number, row in read_rows(path, required, ("memo",))]


def _decision(row: Mapping[str, str], where: str) -> Decision:
    if row["verdict"] not in get_args(Verdict):
        remedy = f"Use one of: {', '.join(get_args(Verdict))}."
        raise BadInputError("unknown verdict", where=where, remedy=remedy)
    start, end = (_offset(row[name], name, where) for name in ("start", "end"))
    score, threshold = (_score(row[name], where) for name in ("score", "threshold"))
    texts = {name: row.get(name, "") for name in ("transcript", "code", "model", "coder", "decided_at", "memo")}
    return Decision(
        start=start or 0,
        end=end or 0,
        score=score or 0.0,
        threshold=threshold or 0.0,
        valence=_valence(row["valence"], where),
        verdict=cast(Verdict, row["verdict"]),
        **texts,
    )


def _offset(cell: str, name: str, where: str) -> int | None:
    cell = cell.strip()
    if not cell:
        return None
    try:
        return int(float(cell))
    except (ValueError, OverflowError):
        raise BadInputError(f"{name} is not a number", where=where, remedy="Give a number or leave it empty.") from None


def _score(cell: str, where: str) -> float | None:
    try:
        return float(cell) if cell.strip() else None
    except ValueError:
        raise BadInputError("score is not a number", where=where, remedy="Give a number or leave it empty.") from None


def _valence(cell: str, where: str) -> Valence:
    found = as_valence(cell)
    if found is None:
        remedy = "Use barrier, facilitator, both, or leave it empty."
        raise BadInputError("unknown valence", where=where, remedy=remedy)
    return found


def read_coverage(path: Path, names: TranscriptNames, coders: Iterable[str] = ()) -> frozenset[tuple[str, str]] | None:
    """Return which coder read which transcript to the end; None if there is no such file.

    Raises one BadInputError for all rows that lack a transcript or a coder.
    """
    if not path.exists():
        return None
    spelling = {name_key(coder): coder for coder in coders}
    pairs, problems = [], []
    for number, row in read_rows(path, ("transcript", "coder")):
        name, coder = names.find(row["transcript"]), row["coder"].strip()
        pairs.append((name or "", spelling.get(name_key(coder), coder)))
        problems += [Problem(number, what, "", near) for what, near in _wrong_pair(row, name, names)]
    if problems:
        raise as_error(path.name, problems, "Correct the names, or remove the rows.")
    return frozenset(pairs)


def coverage_rows(path: Path) -> dict[tuple[str, str], str]:
    """Return the rows of a ``coverage.csv``, each pair with its cell ``blind``; empty if there is no such file."""
    if not path.exists():
        return {}
    rows = (row for _, row in read_rows(path, ("transcript", "coder"), ("blind",)))
    return {
        (unicodedata.normalize("NFC", row["transcript"].strip()), row["coder"].strip()): row.get("blind", "")
        for row in rows
    }


def _read_blind(path: Path, names: TranscriptNames, coders: Iterable[str]) -> frozenset[tuple[str, str]] | None:
    """Read who read which transcript blind to the end; None if the file does not say."""
    found = list(read_rows(path, ("transcript", "coder"), ("blind",))) if path.exists() else []
    if not any(row.get("blind", "").strip() for _, row in found):
        return None
    spelling = {name_key(coder): coder for coder in coders}
    rows = [row for _, row in found if blind_word(row.get("blind", "")) == "yes"]
    return frozenset(
        (names.find(row["transcript"]) or "", spelling.get(name_key(row["coder"].strip()), row["coder"].strip()))
        for row in rows
    )


def _wrong_pair(
    row: Mapping[str, str], name: str | None, names: TranscriptNames
) -> Iterator[tuple[str, tuple[str, ...]]]:
    cell = row["transcript"].strip()
    if not cell:
        yield "column transcript: no transcript is named", ()
    elif name is None:  # the cell is not shown: where cells have moved, it may be what somebody said
        yield "column transcript: there is no such transcript", names.nearest(cell)
    if not row["coder"].strip():
        yield "column coder: no coder is named", ()


def read_participants(paths: Sequence[Path], transcripts: Sequence[str]) -> dict[str, str]:
    """Return the group of each transcript, for people who speak in several; by default, each is its own group.

    Each table has the columns ``transcript,participant``, with one row for each person in a transcript; missing tables
    are skipped. Transcripts that share a person, directly or through others, form one group, named after its first
    transcript.
    """
    group = {name: name for name in transcripts}
    first: dict[str, str] = {}
    names = TranscriptNames(transcripts)
    rows = (row for path in paths if path.exists() for _, row in read_rows(path, ("transcript", "participant")))
    for row in rows:
        name = names.find(row["transcript"])
        if name is not None and row["participant"].strip():
            old, new = group[name], group[first.setdefault(row["participant"].strip(), name)]
            group = {key: new if value == old else value for key, value in group.items()}
    return group
