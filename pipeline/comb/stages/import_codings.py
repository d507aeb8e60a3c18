"""Import a table of codings into a study: all of its rows, or else none, with a table of the rows to correct."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from comb.codings.amendments import AS_IT_IS, Amendments
from comb.codings.codings_csv import COLUMNS, NOT_CODINGS, check_table_name, tables_in, with_one_spelling
from comb.codings.corrections import write_corrections, write_table
from comb.codings.known import Known
from comb.codings.names import name_key
from comb.codings.problems import Problem, counted, lines, numbered, shortened
from comb.codings.reader import AS_WRITTEN, CodingsTable, Row, read_codings_table
from comb.codings.table_columns import PROBLEM, find_columns
from comb.errors import BadInputError
from comb.exchange.incoming import CodingKey, by_key, coding_key, told_known
from comb.records import Coding
from comb.study.atomic import remove, together
from comb.study.files import visible, write_bytes
from comb.study.layout import Study
from comb.transcripts.reader import transcript_files

ONLY_CODER = "A"
_SEVERAL = re.compile(r"\w\s*(?:[;/&+]|\band\b)\s*\w", re.IGNORECASE)


@dataclass(frozen=True)
class PlacedCodings:
    """A table of codings, ready to be copied into the study."""

    source: Path
    target: Path
    notes: tuple[str, ...]
    told: str
    """A line on the imported codings."""
    any: bool = True
    """Whether it has a row that is new to the study."""
    nobodys: frozenset[str] = frozenset()
    """The transcripts coded in it, if neither the table nor the command names the coder."""
    to_correct: CodingsTable | None = None
    """Its unreadable rows, which are to wait in ``data/to-correct``."""


def place_codings(
    path: Path,
    study: Study,
    known: Known,
    arriving: Collection[str],
    folder: Path,
    *,
    coder: str = "",
    dry_run: bool = False,
    amendments: Amendments = AS_IT_IS,
    fresh: Mapping[str, Path] = {},
    **options: Any,
) -> PlacedCodings:
    """Read a table of codings, prepare the file in ``folder``, and return its place in the study.

    ``arriving`` contains the ids of transcripts in the same import for ``data/raw``, ``fresh`` those for ``data/new``,
    each with its file. A table to correct is joined with the rows that wait for it. Raises one BadInputError for all
    rows that cannot be read, which are written to ``data/to-correct`` unless this is a ``dry_run``; ``amendments`` may
    say that some wait there while the others are imported.
    """
    stem = path.stem
    check_table_name(stem, path.name)
    table = read_codings_table(path, known, coder=coder or ONLY_CODER, amendments=amendments, **options)
    table, aside = _put_aside(table, amendments.to_correct)
    waiting = _waiting(path, study, known, table.header)
    (table,), notes = with_one_spelling([_with_rows(table, waiting)])
    problems = [*table.problems, *_not_in_raw(table, study, arriving, fresh)]
    if problems:
        raise _refused(path, table, problems, study, known, dry_run=dry_run)
    if not table.rows and aside is None:
        remedy = "Put a row for each coded quote below the header."
        raise BadInputError("no rows with codings", where=path.name, remedy=remedy, details=list(table.notes))
    source, target = folder / f"{stem}.csv", study.codings / f"{stem}.csv"
    unnamed = not coder and not find_columns(table.header).coder
    nobodys = frozenset(row.coding.transcript for row in table.rows if unnamed)
    _need_other_transcripts(nobodys, target, study, known, path)
    elsewhere = _in_other_files(study, target, known)
    new = [row for row in table.rows if coding_key(row.coding) not in elsewhere]
    notes += [f"{path.name}: {note}" for note in told_known((row.coding for row in table.rows), elsewhere)]
    table = replace(table, rows=tuple(new))
    write_table(source, table.rows)
    _need_same_coders(target, table, known, path)
    coders = {row.coding.coder for row in table.rows}
    if nobodys:
        notes.append(
            f"{path.name}: no column says who coded: coder {ONLY_CODER!r} (or use: comb import codings --by NAME)"
        )
    notes += _aside(table, known, path.name)
    told = f"{path.name} → {target.relative_to(study.root)}: "
    told += f"{counted(len(table.codings), 'coding')} of {counted(len(coders), 'coder')}."
    brings = bool(table.rows) or (target.exists() and aside is None)
    return PlacedCodings(source, target, (*table.notes, *notes), told, brings, nobodys, aside)


def _put_aside(table: CodingsTable, rows: Collection[int]) -> tuple[CodingsTable, CodingsTable | None]:
    """Part a table from those of its rows with problems that are to wait; None if there are no such rows."""
    waiting = tuple(problem for problem in table.problems if problem.row in rows)
    if not waiting:
        return table, None
    kept = {problem.row for problem in waiting}
    aside = replace(table, rows=(), problems=waiting, unread={n: c for n, c in table.unread.items() if n in kept})
    return replace(table, problems=tuple(one for one in table.problems if one not in waiting)), aside


def write_to_correct(study: Study, source: Path, aside: CodingsTable, known: Known) -> Path:
    """Write rows that wait for corrections as a separate table, and return its path."""
    taken = {path.stem.casefold() for folder in (study.to_correct, study.codings) for path in visible(folder, "*")}
    names = (f"{source.stem} to correct{number}" for number in ("", *(f" {n}" for n in range(2, 1000))))
    target = study.to_correct / f"{next(name for name in names if name.casefold() not in taken)}.csv"
    write_table(study.waiting / target.name, ())
    write_corrections(target, aside, known.transcripts)
    return target


def _in_other_files(study: Study, target: Path, known: Known) -> dict[CodingKey, list[Coding]]:
    """Find the codings that the study has in other files than the one that this import may replace."""
    found: list[Coding] = []
    for path in visible(study.codings, "*.csv"):
        if path.name not in NOT_CODINGS and path not in _same_name(target):
            found += [row.coding for row in _rows_of(path, known)]
    return by_key(found)


def _aside(table: CodingsTable, known: Known, file: str) -> list[str]:
    """Return notes on parts of a table that are not used, do not count, or are ambiguous."""
    used = (*find_columns(table.header).known, *COLUMNS, AS_WRITTEN)
    unused = [name for name in dict.fromkeys(name for row in table.rows for name in row.others) if name not in used]
    asked = sorted({row.number for row in table.rows if _is_asked(row, known)})
    several = sorted({row.coding.coder for row in table.rows if _SEVERAL.search(row.coding.coder)})
    notes = [f"{file}: columns not used: {', '.join(map(repr, unused))}"] if unused else []
    notes += [f"{file}, {numbered(asked)}: in the interviewer's words, which are not coded"] if asked else []
    return notes + [
        f"{file}: {name!r} is treated as one coder: write a row for each if they are two" for name in several
    ]


def _is_asked(row: Row, known: Known) -> bool:
    """Return whether a coding lies wholly in an interviewer's words."""
    coding = row.coding
    turns = known.transcripts[coding.transcript].turns
    return {turn.role for turn in turns if turn.start < coding.end and turn.end > coding.start} == {"interviewer"}


def whose_is_it(path: Path, other: str) -> BadInputError:
    """Return the question to ask if two tables with codings of one transcript do not name the coder."""
    what = f"no column says who coded, nor does {other}, which has codings of the same transcript"
    remedy = f"Name the coder: comb import codings {path.name} --by NAME. Nothing was imported."
    return BadInputError(what, where=path.name, remedy=remedy)


def _need_other_transcripts(coded: frozenset[str], target: Path, study: Study, known: Known, path: Path) -> None:
    """Raise BadInputError if the study has another table of these transcripts by ``ONLY_CODER``."""
    own = {old.resolve() for old in _same_name(target)}
    for other in tables_in(study.codings) if coded else ():
        if other.resolve() not in own:
            codings = [row.coding for row in _rows_of(other, known)]
            if any(coding.coder == ONLY_CODER and coding.transcript in coded for coding in codings):
                raise whose_is_it(path, other.name)


def _rows_of(path: Path, known: Known) -> tuple[Row, ...]:
    """Return the rows of a table of the study; none if it cannot be read, as the next command says."""
    try:
        return read_codings_table(path, known, coder=ONLY_CODER).rows
    except BadInputError:
        return ()


def replace_codings(study: Study, source: Path, target: Path) -> None:
    """Put a table of codings in its place; keep a copy of the old table, and remove rows that waited for it."""
    import hashlib

    data = source.read_bytes()
    for old in _same_name(target):
        before = old.read_bytes()
        if before != data:
            digest = hashlib.sha256(before).hexdigest()[:12]
            write_bytes(study.replaced / f"{old.stem}-{digest}{old.suffix}", before)
        if old != target:
            remove(old)
    write_bytes(target, data)
    for leftover in (study.to_correct / target.name, study.waiting / target.name):
        remove(leftover)


def _waiting(path: Path, study: Study, known: Known, header: Collection[str]) -> tuple[Row, ...]:
    """Return the rows that wait for a table to correct, wherever it is now; none for another file."""
    rest = study.waiting / path.name
    taken_out = PROBLEM in header and rest.exists()
    if path.resolve().parent != study.to_correct.resolve() and not taken_out:
        return ()
    if not rest.exists():
        remedy = "Correct the file that it came from, and import that."
        raise BadInputError("the other rows of this file are no longer in the study", where=path.name, remedy=remedy)
    return read_codings_table(rest, known).rows


def _with_rows(table: CodingsTable, rows: tuple[Row, ...]) -> CodingsTable:
    from dataclasses import replace

    return replace(table, rows=(*rows, *table.rows))


def _not_in_raw(
    table: CodingsTable, study: Study, arriving: Collection[str], fresh: Mapping[str, Path]
) -> list[Problem]:
    """List the rows of transcripts that training does not read."""
    raw = {transcript_id for transcript_id, _ in transcript_files(study.raw)} | set(arriving)
    new = {**dict(transcript_files(study.new)), **fresh}
    return [
        Problem(
            row.number,
            f"transcript {name!r} is coded, but lies in data/new with those that nobody has coded: "
            f"move {new[name].name} to data/raw",
            "",
        )
        for row in table.rows
        if (name := row.coding.transcript) not in raw and name in new
    ]


def _refused(
    path: Path, table: CodingsTable, problems: list[Problem], study: Study, known: Known, *, dry_run: bool
) -> BadInputError:
    """Write the rows to correct beside those that wait for them, unless it is only tried, and return the error."""
    name = f"{path.stem}.csv"
    rows = sorted({problem.row for problem in problems})
    what = f"{numbered(rows)} cannot be read"
    if not table.problems:
        remedy = "Move the transcripts, then import it again; nothing was imported."
        return BadInputError(what, where=path.name, remedy=remedy, details=lines(path.name, problems))
    details = shortened(lines(path.name, problems))
    if dry_run:
        remedy = f"Correct {'them' if len(rows) > 1 else 'it'} and import it again; nothing was written."
        return BadInputError(what, where=path.name, remedy=remedy, details=details)
    target = study.to_correct / name
    with together(study.root):
        write_table(study.waiting / name, table.rows)
        write_corrections(target, table, known.transcripts)
    remedy = (
        f"Nothing was imported. Correct {'them' if len(rows) > 1 else 'it'} in {path.name} and import it again; "
        f"or do so in {target.relative_to(study.root)}, which shows what may be meant, and import that: "
        "the other rows are kept."
    )
    return BadInputError(what, where=path.name, remedy=remedy, details=details)


def _same_name(target: Path) -> list[Path]:
    """List the files in the study that are an earlier import of a table of codings."""
    found = visible(target.parent, "*")
    return [
        path
        for path in found
        if path.suffix.lower() in (".csv", ".xlsx") and name_key(path.stem) == name_key(target.stem)
    ]


def _need_same_coders(target: Path, table: CodingsTable, known: Known, path: Path) -> None:
    """Raise BadInputError if the study has a table of that name by other coders, which is another file."""
    new = {name_key(row.coding.coder) for row in table.rows}
    for old in _same_name(target):
        if old.resolve() == path.resolve():
            continue
        before = {row.coding.coder for row in _rows_of(old, known)}
        if before and not new & {name_key(name) for name in before}:
            what = f"the study has another file of that name, by {', '.join(sorted(before))}"
            raise BadInputError(what, where=path.name, remedy="Rename yours; nothing was imported.")
