"""Bring files into a study, all or none: transcripts, codings tables, and projects of other software."""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from comb.codebook import Codebook, read_codebook
from comb.codings.codings_csv import check_table_name, joined, read_coverage, write_codings
from comb.codings.known import Known
from comb.codings.problems import as_error, counted
from comb.codings.table_columns import CodingColumns, find_columns, lacks_of_codings, plain_name
from comb.codings.table_files import begins_as_codings, is_codings_table, no_header
from comb.errors import BadInputError, CombError
from comb.exchange.incoming import told
from comb.exchange.project import Project, Setting
from comb.exchange.tables.utterance_tables import (
    RAW_COLUMNS,
    UtteranceColumns,
    choose_columns,
    left_out,
    raw_rows,
    split_table,
    table_codings,
    unknown_codes,
)
from comb.exchange.to_study import Placement, place_project
from comb.records import Coding, Transcript
from comb.stages import formats
from comb.stages.import_codings import place_codings, replace_codings, whose_is_it
from comb.stages.listener import Listener
from comb.stages.speaker_reports import report_imported
from comb.stages.transcript_copies import copies_of, opening
from comb.study.atomic import together, workspace
from comb.study.files import copy_file, visible, write_bytes, write_rows
from comb.study.layout import Study
from comb.study.names import check_name, is_left_behind, is_lock
from comb.transcripts.columns import NAMES
from comb.transcripts.encoding import EVERY, to_utf8
from comb.transcripts.file_safety import read_bytes
from comb.transcripts.reader import (
    SUFFIXES,
    TEXT_SUFFIXES,
    find_role,
    read_folder,
    read_spreadsheet,
    read_transcript,
    transcript_id,
)
from comb.transcripts.table import sheet_notes

_LOCK = "a lock file, which Word or Excel keeps while a document is open"
_HIDDEN = "a hidden file, or one that the system keeps for itself"


@dataclass
class _Incoming:
    """What an import is about to write; nothing is written before all of it is known."""

    new: dict[Path, Path] = field(default_factory=dict)
    grown: dict[Path, Path] = field(default_factory=dict)
    codings: dict[Path, Path] = field(default_factory=dict)
    """Tables of codings, each with its target, whose earlier import it may replace."""
    nobodys: dict[str, str] = field(default_factory=dict)
    """Transcripts coded in tables that do not say who coded, each with such a table."""
    transcripts: dict[str, Transcript] = field(default_factory=dict)
    """Those for ``data/raw``, by id."""
    notes: list[str] = field(default_factory=list)
    errors: list[CombError] = field(default_factory=list)
    brought: list[Coding] = field(default_factory=list)
    """Codings of projects, none of them twice."""

    def add(self, placed: Placement) -> None:
        """Add the files of a project."""
        clash = set(placed.grown.values()) & set(self.grown.values())
        if clash:
            remedy = "Import the two projects one after the other."
            raise BadInputError(f"two projects bring {min(clash).name}", where="import", remedy=remedy)
        self.new |= placed.new
        self.grown |= placed.grown
        self.brought += placed.codings

    def write(self, study: Study, listener: Listener, *, dry_run: bool = False) -> None:
        """Copy everything into the study, unless it is only tried, and report what was brought.

        Raises one error for all that is wrong.
        """
        if self.errors:
            raise joined(self.errors)
        _check_targets(self.new)
        if not dry_run:
            with together(study.root):
                _copy_all({**self.new, **self.grown})
                for source, target in self.codings.items():
                    replace_codings(study, source, target)
        for note in self.notes:
            listener.note(note)
        if dry_run:
            targets = (*self.new.values(), *self.grown.values(), *self.codings.values())
            names = sorted({target.name for target in targets})
            listener.note(f"Tried only: nothing was written. Files to be written: {', '.join(names) or 'none'}.")


def import_files(
    study: Study, paths: Sequence[Path], listener: Listener, encoding: str = "", *, dry_run: bool = False
) -> None:
    """Check the files and copy what they hold to its places in the study; nothing is copied if one is not usable.

    A text file whose encoding is named, by ``encoding`` or in the study's params, is copied as UTF-8. With
    ``dry_run``, say what would happen, and write nothing. Raises one error for all files that are not usable. Rows of
    codings that cannot be read are also written to ``data/to-correct``.
    """
    incoming = _Incoming()
    known = Known(_transcripts(study), _codebook(study))
    tables = []
    paths = _files(paths, incoming)
    with workspace(study.state) as folder:
        for number, path in enumerate(paths):
            try:
                path = _as_utf8(path, study, encoding, folder / f"{number}-utf8")
                if _is_codings(path, known):
                    tables.append(path)
                else:
                    _take(path, study, incoming, folder / str(number), listener)
            except CombError as error:
                incoming.errors.append(_of_codings(path) or error)
        known = Known({**known.transcripts, **incoming.transcripts}, known.codebook)
        for path in tables:
            _take_codings(path, study, known, incoming, folder / "codings", dry_run=dry_run)
        _check_coverage(study, known, incoming)
        openings = {name: opening(transcript.text) for name, transcript in known.transcripts.items()}
        incoming.notes += copies_of(incoming.transcripts, openings)
        incoming.write(study, listener, dry_run=dry_run)
    if not dry_run:
        brought = [path for path in incoming.new.values() if path.parent in (study.raw, study.new)]
        report_imported(study, brought, listener)


def _files(paths: Sequence[Path], incoming: _Incoming) -> list[Path]:
    """List the files to import, those of folders that are no projects too, without hidden files and lock files."""
    found: list[Path] = []
    for path in paths:
        opened = path.is_dir() and formats.reader(path) is None
        inside = sorted(file for file in path.iterdir() if file.is_file()) if opened else [path]
        left = [file for file in inside if is_left_behind(file.name)]
        told = [file for file in left if file == path or is_lock(file.name)]
        incoming.notes += [f"comb: {file.name}: {_kind(file)}, left out" for file in told]
        found += [file for file in inside if file not in left]
        if opened and left == inside:
            raise BadInputError("the folder is empty", where=path.name, remedy="Name files, or a folder with files.")
    if paths and not found:
        remedy = "Name the document itself; save it before."
        raise BadInputError(_kind(paths[0]), where=", ".join(path.name for path in paths), remedy=remedy)
    return found


def _kind(file: Path) -> str:
    return _LOCK if is_lock(file.name) else _HIDDEN


def _check_coverage(study: Study, known: Known, incoming: _Incoming) -> None:
    """Note what is wrong with a table of who read which transcript."""
    for path, target in incoming.new.items():
        if target == study.codings / "coverage.csv":
            try:
                read_coverage(path, known.names)
            except CombError as error:
                incoming.errors.append(error)


def _as_utf8(path: Path, study: Study, encoding: str, folder: Path) -> Path:
    """Return the path of a copy in UTF-8 where the encoding of a text file is named; otherwise the path itself."""
    encodings = {EVERY: encoding} if encoding else study.params.study.given_encodings
    if not encodings or path.suffix.lower() not in TEXT_SUFFIXES or not path.is_file():
        return path
    data = read_bytes(path)
    text = to_utf8(data, transcript_id(path), encodings, path.name)
    if text is data:
        return path
    write_bytes(folder / path.name, text)
    return folder / path.name


def import_quotes(
    study: Study, file: Path, columns: CodingColumns, listener: Listener, *, coder: str, transcript: str
) -> None:
    """Bring in coded quotes from a table whose columns are named, or found by common names."""
    incoming = _Incoming()
    known = Known(_transcripts(study), _codebook(study))
    with workspace(study.state) as folder:
        options = {"given": columns, "coder": coder, "transcript": transcript}
        _take_codings(file, study, known, incoming, folder, **options)
        incoming.write(study, listener)


def _is_codings(path: Path, known: Known) -> bool:
    suffix = path.suffix.lower()
    if suffix in (".csv", ".xlsx"):
        return is_codings_table(path, known)
    return suffix in (".txt", ".tsv") and begins_as_codings(path)  # Excel saves "Unicode text" as .txt


def _of_codings(path: Path) -> CombError | None:
    """Return what is wrong with a table if it is one of codings, or lacks a header, so that no cell must be shown."""
    if path.suffix.lower() not in (".csv", ".xlsx"):
        return None
    try:
        header, _ = read_spreadsheet(path)
    except CombError:
        return None
    speech = {name for names in NAMES.values() for name in names}
    if not find_columns(header).known and not any(plain_name(name) in speech for name in header):
        return no_header(path.name)
    return lacks_of_codings(header, path.name)


def _take_codings(path: Path, study: Study, known: Known, incoming: _Incoming, folder: Path, **options: Any) -> None:
    """Read a table of codings, and note where it belongs or what is wrong with it."""
    try:
        placed = place_codings(path, study, known, frozenset(incoming.transcripts), folder, **options)
    except CombError as error:
        incoming.errors.append(error)
        return
    if placed.target in incoming.codings.values():
        what, remedy = "two of the files would have the same name in the study", "Rename one of them."
        incoming.errors.append(BadInputError(what, where=path.name, remedy=remedy))
    shared = sorted(placed.nobodys & set(incoming.nobodys))
    if shared:
        incoming.errors.append(whose_is_it(path, incoming.nobodys[shared[0]]))
    incoming.nobodys |= dict.fromkeys(placed.nobodys, path.name)
    incoming.notes += [f"comb: {note}" for note in placed.notes]
    if placed.any:
        incoming.codings[placed.source] = placed.target
        incoming.notes.append(placed.told)


def import_utterances(
    study: Study, file: Path, columns: UtteranceColumns, participants: Sequence[str], listener: Listener
) -> None:
    """Turn a table with one row per utterance into transcripts and codings; columns are found where not named."""
    header, rows = read_spreadsheet(file)
    columns = choose_columns(header, columns, file.name)
    roles = study.roles
    role_of = partial(find_role, roles=roles.patterns)
    parts = split_table(rows, header, columns, list(participants), role_of, file.name)
    check_table_name(file.stem, file.name)
    for name in parts:
        check_name(name, f"{file.name}, a transcript in it")
    codings: list[Coding] = []
    transcripts: dict[str, Transcript] = {}
    with workspace(study.state) as folder:
        for name, utterances in parts.items():
            path = folder / f"{name}.csv"
            write_rows(path, RAW_COLUMNS, raw_rows(utterances), exact=True)
            transcripts[name] = read_transcript(path, roles)
        known = Known(transcripts, _codebook(study))
        problems = unknown_codes((u for utterances in parts.values() for u in utterances), known)
        if problems:
            remedy = "Correct them, or add them to configs/codebook.yaml; nothing was imported."
            raise as_error(file.name, problems, remedy)
        for name, utterances in parts.items():
            codings += table_codings(transcripts[name], utterances, known)
        table = folder / "codings" / f"{file.stem}.csv"
        write_codings(table, codings)
        targets = {folder / f"{name}.csv": study.raw / f"{name}.csv" for name in parts}
        targets |= {table: study.codings / table.name} if columns.code and codings else {}
        _check_targets(targets)
        with together(study.root):
            _copy_all(targets)
    coders, codes = ({getattr(c, name) for c in codings} for name in ("coder", "code"))
    found = f"{counted(len(codings), 'coding')} of {counted(len(coders), 'coder')}"
    told = f", {found} → {study.codings}" if columns.code else ""
    listener.note(f"{counted(len(parts), 'transcript')} → {study.raw}{told}")
    listener.note(f"Columns: {', '.join(_named(columns))}.")
    for reason in (*left_out(rows, parts, columns), *sheet_notes(file)):
        listener.note(f"comb: {file.name}: {reason}.")
    report_imported(study, [study.raw / f"{name}.csv" for name in parts], listener)
    unknown = sorted(name for name in codes if name and name not in study.codebook)
    if unknown:
        listener.note(
            f"comb: not in configs/codebook.yaml yet: {', '.join(unknown)}. Add these codes before dvc repro."
        )


def _named(columns: UtteranceColumns) -> list[str]:
    """List which column was taken for what."""
    return [f"{name!r} is the {option}" for option, name in asdict(columns).items() if name]


def _take(path: Path, study: Study, incoming: _Incoming, folder: Path, listener: Listener) -> None:
    """Read a file and note where in the study it, or what is in it, belongs."""
    target = _own_table(path, study)
    read = None if target else formats.reader(path)
    if read is not None:
        _take_project(path, read, study, incoming, folder, listener)
        return
    if target is None:
        transcript = _read_transcript(path, study)
        incoming.transcripts[transcript.id] = transcript
        target = study.raw / path.name
    empty = target == study.people and target.exists() and not read_spreadsheet(target)[1]
    (incoming.grown if empty else incoming.new)[path] = target
    incoming.notes.append(f"{path.name} → {target.relative_to(study.root)}")


def _take_project(
    path: Path, read: Callable[..., Any], study: Study, incoming: _Incoming, folder: Path, listener: Listener
) -> None:
    """Read a file of other software, and prepare what is in it."""
    with listener.status(f"Reading {path.name}"):
        setting = Setting(study.roles, _codebook(study), lambda: _transcripts(study))
        project: Project = read(path, setting)
        placed = place_project(project, path.stem, study, template_codebook(), folder, incoming.brought)
    incoming.add(placed)
    incoming.transcripts |= {name: t for name, t in project.transcripts.items() if name not in project.new}
    incoming.notes += [f"comb: {path.name}: {warning}" for warning in project.warnings]
    incoming.notes += [f"{path.name}: {told(project)}", *placed.notes]


def _own_table(path: Path, study: Study) -> Path | None:
    """Return where one of comb's own tables belongs; None for every other file."""
    if path.suffix.lower() != ".csv":
        return None
    header = {plain_name(name) for name in read_spreadsheet(path)[0]}
    if header in ({"transcript", "coder"}, {"transcript", "participant"}):
        return study.codings / ("coverage.csv" if "coder" in header else "participants.csv")
    if {"transcript", "participant"} < header and path.stem.casefold() == study.people.stem:
        return study.people
    return None


def _read_transcript(path: Path, study: Study) -> Transcript:
    """Read a transcript; a file of another kind is refused with all that is taken, and how its program gives it."""
    try:
        return read_transcript(path, study.roles, study.params.study.given_encodings)
    except BadInputError as error:
        if path.suffix.lower() in SUFFIXES or not path.exists():
            raise
        program = formats.closed_format(path)
        how = f"In {program}, export the project as REFI-QDA (.qdpx)." if program else error.remedy
        how = "" if how.startswith("Known are") else f"{how} "
        remedy = f"{how}comb import takes {formats.readable()}."
        raise BadInputError(error.what, where=path.name, remedy=remedy) from None


def _codebook(study: Study) -> Codebook | None:
    return study.codebook if (study.root / "configs" / "codebook.yaml").exists() else None


def _transcripts(study: Study) -> dict[str, Transcript]:
    """Read the transcripts that the study has, coded and new ones."""
    folders = [folder for folder in (study.new, study.raw) if folder.is_dir()]
    return {t.id: t for folder in folders for t in _read_folder(folder, study)}


def _read_folder(folder: Path, study: Study) -> list[Transcript]:
    return read_folder(folder, study.roles, study.params.study.given_encodings)[0]


def template_codebook() -> Codebook:
    """Return the codebook that ``comb init`` writes."""
    from importlib.resources import as_file, files

    with as_file(files("comb.study.template").joinpath("configs/codebook.yaml")) as path:
        return read_codebook(path)


def _check_targets(targets: Mapping[Path, Path]) -> None:
    """Raise BadInputError if a file would replace another in the study, or share its id."""
    taken: dict[tuple[Path, str], Path] = {}
    for source, target in targets.items():
        there = [path for path in visible(target.parent, "*") if path.is_file() and _id(path) == _id(target)]
        other = taken.setdefault((target.parent, _id(target)), source)
        clash = [path for path in there if path.name != target.name or path.read_bytes() != source.read_bytes()]
        same = targets[other] == target and other.read_bytes() == source.read_bytes()
        if clash or not same:
            remedy = "Rename one of the two, or make another study for it; nothing was imported."
            name = clash[0].name if clash else other
            raise BadInputError(
                f"the study has another file of that name or id: {name}", where=str(source.name), remedy=remedy
            )


def _copy_all(targets: Mapping[Path, Path]) -> None:
    for source, target in targets.items():
        copy_file(source, target)


def _id(path: Path) -> str:
    return unicodedata.normalize("NFC", path.stem).casefold()
