"""Write codings and decisions into the study's files, where ``dvc repro`` reads them."""

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import update

from comb.agreement.units import CONSENSUS
from comb.codings.codings_csv import (
    COLUMNS,
    NOT_CODINGS,
    REQUIRED,
    coverage_rows,
    read_decisions,
    tables_in,
    with_one_spelling,
    write_codings,
    write_decisions,
)
from comb.codings.corrections import cells_of
from comb.codings.known import Known
from comb.codings.reader import CodingsTable, read_codings_table
from comb.records import Coding, Decision
from comb.review.storage.database import add_missing, decisions, exported, progress, published
from comb.review.storage.drafts import Row, one, rows
from comb.review.storage.history import Ledger
from comb.review.storage.library import Library
from comb.review.storage.looks import YES
from comb.review.storage.memos import export_memos
from comb.review.storage.reanchor import write_without_place
from comb.review.storage.refusals import Pair
from comb.review.storage.sync import codings_of, digest, mark_synced, placed, take_over
from comb.study.files import read_rows, visible, write_bytes, write_rows
from comb.study.layout import Study
from comb.study.names import LONGEST, is_reserved


@dataclass
class Exported:
    """The result of an export."""

    files: list[str] = field(default_factory=list)
    codings: int = 0
    """Number of codings of the pairs that were written."""
    notes: list[str] = field(default_factory=list)


def export(library: Library, ledger: Ledger) -> Exported:
    """Write codings, coverage and decisions of all coders; only files whose content changes are written.

    A finished transcript of ``data/new`` moves to ``data/raw``: that is where training reads it. Codings of those that
    stay in ``data/new`` go to ``data/processed/reviewed``, which training does not read. Only one export runs at a
    time, over all servers; the caller has the study's lock.
    """
    with ledger.database.alone("export"):
        return _export(library, ledger)


def _export(library: Library, ledger: Ledger) -> Exported:
    library.follow_moves()
    done = Exported(notes=take_over(library, ledger))
    _write_plainly(library, ledger, done)
    # All of one moment: what coders do meanwhile is for the next export.
    with ledger.database.read() as db:
        states = {_pair(row): row for row in rows(db, progress) if row["transcript"] in library}
        gone = {_pair(row): row for row in rows(db, progress) if row["transcript"] not in library and row["finished"]}
        found = {pair: codings_of(library, db, pair) for pair in sorted(states)}
        decided = [_decision(row) for row in placed(rows(db, decisions))]
    finished = {pair for pair, row in states.items() if row["finished"]}
    _move_finished(library, finished, done)
    changed = _changed(library, states, found, done)
    _write_codings(library.study, ledger, changed, done)
    raw = {pair: states[pair]["blind"] for pair in finished if library[pair.transcript].source == "raw"}
    raw |= {pair: row["blind"] for pair, row in gone.items()}
    _write_coverage(library.study, ledger, raw, set(states) - set(raw), done)
    write_without_place(library, ledger.database)
    _write_aside(library, found, done)
    _write_decisions(library.study, ledger, decided, done)
    if export_memos(library.study, ledger.database):
        done.files.append(library.study.memos.name)
    mark_synced(ledger, {pair: digest(own, finished=pair in finished) for pair, own in changed.items()})
    return done


def _pair(row: Row) -> Pair:
    return Pair(row["transcript"], row["coder"])


def _changed(
    library: Library, states: Mapping[Pair, Row], found: Mapping[Pair, list[Coding]], done: Exported
) -> dict[Pair, list[Coding]]:
    """Return the codings of the pairs that files and database do not have in common."""
    changed: dict[Pair, list[Coding]] = {}
    for pair, own in found.items():
        state = states[pair]
        if library[pair.transcript].source == "new" or digest(own, finished=state["finished"]) == state["synced"]:
            continue
        if pair.coder == CONSENSUS and not state["finished"]:
            done.notes.append(f"{pair.transcript}: the consensus is not complete yet, so it is not exported.")
        else:
            changed[pair] = own
    done.codings += sum(len(own) for own in changed.values())
    return changed


def _write_aside(library: Library, found: Mapping[Pair, list[Coding]], done: Exported) -> None:
    """Write the codings of transcripts that stay in ``data/new``, a new file for each coder."""
    aside = {pair: own for pair, own in found.items() if own and library[pair.transcript].source == "new"}
    files: dict[str, list[Coding]] = defaultdict(list)
    for pair, own in aside.items():
        files[file_name(pair.coder)] += own
    folder = library.study.reviewed
    for path in visible(folder, "*.csv"):
        if path.name not in files:
            path.unlink()
    for name, own in files.items():
        write_codings(folder / name, own)
        done.files.append(f"{folder.name}/{name}")
        done.codings += len(own)
    held = _in_reference(library.study) if aside else set()
    for name in sorted({pair.transcript for pair in aside}):
        done.notes.append(f"{name}: {_why_aside(name in held)}")


def _why_aside(held: bool) -> str:
    if held:
        return (
            "its codings in data/reference measure suggestions, so it stays in data/new and the new codings go to "
            "data/processed/reviewed. To train on it, remove it from data/reference and export again."
        )
    return "nobody has finished it, so its codings go to data/processed/reviewed, which training does not read."


def _write_decisions(study: Study, ledger: Ledger, decided: Sequence[Decision], done: Exported) -> None:
    """Write all decisions; those in the file that came another way, such as replies in Word, stay."""
    before = read_decisions(study.decisions)
    with ledger.database.read() as db:
        ours = {_DecisionKey(**row) for row in rows(db, published)}
    now = {_key_of(decision) for decision in decided}
    kept = [decision for decision in before if _key_of(decision) not in ours | now]
    found = sorted([*kept, *decided], key=lambda d: (d.transcript, d.coder, d.start, d.end, d.code))
    # Noted first: should this end half-way, a row that was not written is not taken for somebody else's later.
    with ledger.database.write() as db:
        new = [key._asdict() for key in sorted(now - ours)]
        if new:
            add_missing(db, published, new)
    if found != before:
        write_decisions(study.decisions, found)
        done.files.append(study.decisions.name)


class _DecisionKey(NamedTuple):
    transcript: str
    coder: str
    suggestion: str
    at: str


def _key_of(decision: Decision) -> _DecisionKey:
    place = f"{decision.start}-{decision.end}:{decision.code}"
    return _DecisionKey(decision.transcript, decision.coder, place, decision.decided_at)


def _in_reference(study: Study) -> set[str]:
    paths = [path for path in visible(study.reference, "*.csv") if path.name not in NOT_CODINGS]
    return {_nfc(row["transcript"]) for path in paths for _, row in read_rows(path, ("transcript",))}


def _move_finished(library: Library, finished: set[Pair], done: Exported) -> None:
    names = sorted({pair.transcript for pair in finished if library[pair.transcript].source == "new"})
    held = _in_reference(library.study) if names else set()
    for name in names:
        file = library[name].file
        target = library.study.raw / file.name
        if name in held:
            continue
        if not file.exists():
            done.notes.append(f"{name}: {file.name} is no longer in data/new; start comb again.")
            continue
        if target.exists():
            done.notes.append(f"{name}: there is another file {file.name} in data/raw; move yours there yourself.")
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        file.replace(target)
        library.moved(name, target)
        done.notes.append(f"{name}: {file.name} moved from data/new to data/raw, so that training reads it.")


def _write_plainly(library: Library, ledger: Ledger, done: Exported) -> None:
    """Write tables of codings as comb does where their columns, transcripts or coders are called something else.

    What follows goes by the names in their rows.
    """
    known = Known(library.transcripts, library.codebook)
    paths = tables_in(library.study.codings)
    tables, _ = with_one_spelling([read_codings_table(path, known) for path in paths])
    for path, table in zip(paths, tables, strict=True):
        if not table.problems and not _is_plain(path, table):
            _write(library.study, ledger, path.with_suffix(".csv"), *cells_of(table.rows), done)
            if path.suffix != ".csv":
                write_bytes(library.study.replaced / path.name, path.read_bytes())
                path.unlink()


def _is_plain(path: Path, table: CodingsTable) -> bool:
    if path.suffix != ".csv" or not set(REQUIRED) <= set(table.header):
        return False
    pairs = {Pair(row.coding.transcript, row.coding.coder) for row in table.rows}
    return {Pair(_nfc(row["transcript"]), row["coder"].strip()) for _, row in read_rows(path, REQUIRED)} <= pairs


def _write_codings(study: Study, ledger: Ledger, changed: Mapping[Pair, Sequence[Coding]], done: Exported) -> None:
    """Write each pair to its coder's file, and remove it from any other file that contained it."""
    by_file: dict[Path, dict[Pair, Sequence[Coding]]] = defaultdict(dict)
    there = {path.name.casefold(): path for path in visible(study.codings, "*.csv")}
    for pair, found in changed.items():
        name = file_name(pair.coder)
        by_file[there.get(name.casefold(), study.codings / name)][pair] = found
    others = [
        p for p in there.values() if p.name not in NOT_CODINGS and p not in by_file and not p.name.startswith(".")
    ]
    # A coder's own file first: should this end half-way, a coding stands twice rather than nowhere.
    for path in [*by_file, *others]:
        _merge(study, ledger, path, changed, by_file.get(path, {}), done)


def _merge(
    study: Study,
    ledger: Ledger,
    path: Path,
    changed: Mapping[Pair, Sequence[Coding]],
    own: Mapping[Pair, Sequence[Coding]],
    done: Exported,
) -> None:
    """Replace rows of changed pairs in one file, other rows and columns staying as they are."""
    before = [row for _, row in read_rows(path, REQUIRED, exact=True)] if path.exists() else []
    kept = [row for row in before if Pair(_nfc(row["transcript"]), row["coder"].strip()) not in changed]
    new = [coding for pair in sorted(own) for coding in own[pair]]
    if len(kept) == len(before) and not new:
        return
    said = [name for name in COLUMNS if name != "unsure" or any(coding.unsure for coding in new)]
    header = list(dict.fromkeys([*said, *(before[0] if before else ())]))
    cells: list[list[object]] = [[row.get(name, "") for name in header] for row in kept]
    cells += [[_cell(coding, name) for name in header] for coding in new]
    _write(study, ledger, path, header, cells, done)


def _cell(coding: Coding, name: str) -> object:
    value = getattr(coding, name, "")
    return "" if value is None else value


def _write_coverage(
    study: Study, ledger: Ledger, finished: Mapping[Pair, str], unfinished: set[Pair], done: Exported
) -> None:
    """Write who read which transcript to its end, and whether blind, if the codings alone do not show it.

    Of pairs that are neither, such as those of a transcript that came in meanwhile, what the file says stays.
    """
    path = study.codings / "coverage.csv"
    if not path.exists():
        files = [file for file in visible(study.codings, "*.csv") if file.name not in NOT_CODINGS]
        said: dict[Pair, set[str]] = defaultdict(set)
        for _, row in (found for file in files for found in read_rows(file, REQUIRED, ("blind",))):
            said[Pair(_nfc(row["transcript"]), row["coder"].strip())].add(row.get("blind", ""))
        if {pair: words == {YES} for pair, words in said.items()} == {
            pair: word == YES for pair, word in finished.items()
        }:
            return
    else:
        listed = {Pair(*pair): word for pair, word in coverage_rows(path).items()}
        # What the database does not know, having been made again from the files, the file does.
        known = {pair: word or listed.get(pair, "") for pair, word in finished.items()}
        finished = {pair: word for pair, word in listed.items() if pair not in unfinished} | known
        if listed == finished:
            return
    cells = [[*pair, finished[pair]] for pair in sorted(finished)]
    _write(study, ledger, path, [*Pair._fields, "blind"], cells, done)


def _write(
    study: Study, ledger: Ledger, path: Path, header: Sequence[str], cells: Sequence[Sequence[object]], done: Exported
) -> None:
    """Write a CSV file; keep a copy of the old one if somebody else wrote or changed it."""
    with ledger.database.read() as db:
        last = one(db, exported, file=path.name)
    if path.exists():
        old = path.read_bytes()
        value = hashlib.sha256(old).hexdigest()
        if last is None or last["digest"] != value:
            write_bytes(study.replaced / f"{path.stem}-{value[:12]}{path.suffix}", old)
    write_rows(path, header, cells, exact=True)
    row = {"file": path.name, "digest": hashlib.sha256(path.read_bytes()).hexdigest()}
    with ledger.database.write() as db:
        add_missing(db, exported, row)
        db.execute(update(exported).where(exported.c.file == path.name).values(row))
    done.files.append(path.name)


def file_name(coder: str) -> str:
    """Return the file name for a coder's codings.

    >>> file_name("Ann"), file_name("a/b: c"), file_name("coverage"), file_name("CON")
    ('Ann.csv', 'a_b_ c.csv', 'coverage-codings.csv', 'CON-codings.csv')
    """
    stem = re.sub(r"[^\w .@-]", "_", unicodedata.normalize("NFC", coder)).strip(" .") or "coder"
    stem = stem.encode()[:LONGEST].decode("utf-8", "ignore")
    taken = f"{stem}.csv".casefold() in NOT_CODINGS or is_reserved(stem)
    return f"{stem}-codings.csv" if taken else f"{stem}.csv"


def _decision(row: Row) -> Decision:
    names = ("transcript", "start", "end", "code", "valence", "score", "threshold", "model", "verdict", "coder", "memo")
    return Decision(**{name: row[name] for name in names}, decided_at=row["at"])


def _nfc(cell: str) -> str:
    return unicodedata.normalize("NFC", cell.strip())
