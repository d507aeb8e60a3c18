"""Plan an import: every file is read and checked, and nothing is written before all of them are known."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from comb.codebook import Codebook, template_codebook
from comb.codings.codings_csv import coverage_rows, read_coverage
from comb.codings.known import Known
from comb.codings.table_columns import find_columns, lacks_of_codings, plain_name
from comb.codings.table_files import begins_as_codings, is_codings_table, no_header
from comb.errors import BadInputError, CombError
from comb.exchange.coverage import COLUMNS, merged_coverage, write_coverage
from comb.exchange.incoming import told
from comb.exchange.project import Project, Setting
from comb.exchange.to_study import place_project
from comb.records import Transcript
from comb.stages import formats
from comb.stages.import_codings import place_codings, whose_is_it
from comb.stages.import_incoming import AS_FOUND, Handling, Incoming
from comb.stages.import_utterances import Utterances, read_utterances
from comb.stages.listener import Listener
from comb.stages.transcript_copies import copies_of, opening
from comb.study.atomic import workspace
from comb.study.files import read_rows, write_bytes
from comb.study.layout import Study
from comb.study.names import is_left_behind, is_lock
from comb.transcripts.columns import NAMES
from comb.transcripts.encoding import EVERY, to_utf8
from comb.transcripts.file_safety import read_bytes
from comb.transcripts.reader import (
    SUFFIXES,
    TEXT_SUFFIXES,
    read_folder,
    read_spreadsheet,
    read_transcript,
    transcript_id,
)

_LOCK = "a lock file, which Word or Excel keeps while a document is open"
_HIDDEN = "a hidden file, or a file of the system"


@contextmanager
def planned(
    study: Study,
    paths: Sequence[Path],
    listener: Listener,
    handlings: Mapping[Path, Handling] = {},
    *,
    every: Handling = AS_FOUND,
    dry_run: bool = False,
) -> Iterator[Incoming]:
    """Read and check files, and yield the import; errors are in its ``failed``.

    ``handlings`` contains settings for some files, ``every`` those for all others.

    The prepared files are removed when the block ends. Rows of codings that cannot be read are written to
    ``data/to-correct`` unless this is a ``dry_run``.
    """
    incoming = Incoming()
    own = Known(transcripts_of(study), codebook_of(study))
    tables = []
    paths = _files(paths, incoming)
    with workspace(study.state) as folder:
        for number, path in enumerate(paths):
            given = handlings.get(path, every)
            try:
                read = _as_utf8(path, study, given.encoding, folder / f"{number}-utf8")
                if given.kind == "codings" or (not given.kind and _is_codings(read, own)):
                    tables.append((path, read, given))
                    incoming.kinds[path] = "codings"
                else:
                    _take(read, path, given, study, incoming, folder / str(number), listener)
            except CombError as error:
                incoming.fail(path, _of_codings(path) or error)
        incoming.known = Known({**own.transcripts, **incoming.fresh, **incoming.transcripts}, own.codebook)
        for number, (path, read, given) in enumerate(tables):
            take_codings(read, path, given, study, incoming, folder / f"codings-{number}", dry_run=dry_run)
        _take_coverage(study, incoming, folder)
        arrived = {**incoming.transcripts, **incoming.fresh}
        openings = {name: opening(transcript.text) for name, transcript in incoming.known.transcripts.items()}
        incoming.notes += copies_of(arrived, openings)
        yield incoming


def _files(paths: Sequence[Path], incoming: Incoming) -> list[Path]:
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
        remedy = "Save the document, and name the document itself."
        raise BadInputError(_kind(paths[0]), where=", ".join(path.name for path in paths), remedy=remedy)
    return found


def _kind(file: Path) -> str:
    return _LOCK if is_lock(file.name) else _HIDDEN


def _take_coverage(study: Study, incoming: Incoming, folder: Path) -> None:
    """Merge what the import says about who read which transcript with what the study says."""
    target = study.codings / "coverage.csv"
    brought = [path for path, place in incoming.new.items() if place == target]
    for path in brought:
        try:
            read_coverage(path, incoming.known.names)
        except CombError as error:
            incoming.fail(path, error)
    if incoming.failed or not (brought or incoming.codings):
        return
    base = next((path for path, place in incoming.grown.items() if place == target), target)
    said = {pair: word for path in brought for pair, word in coverage_rows(path).items()} if brought else None
    coded = {(row["transcript"], row["coder"]) for path in incoming.codings for _, row in read_rows(path, COLUMNS)}
    rows = merged_coverage(study, base, said, coded)
    if rows is None:
        return
    for path in brought:
        del incoming.new[path]
    before = coverage_rows(base)
    if rows != before:
        incoming.grown.pop(base, None)
        write_coverage(folder / target.name, rows)
        incoming.grown[folder / target.name] = target
    if said is None:
        incoming.notes += [
            f"comb: coverage.csv: {coder} counts as having read all of {name}"
            for name, coder in sorted(rows.keys() - before.keys())
        ]


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


def take_codings(
    read: Path, path: Path, given: Handling, study: Study, incoming: Incoming, folder: Path, *, dry_run: bool = False
) -> None:
    """Read a table of codings, and note its target or its errors."""
    fresh = {name: source for source in incoming.new if (name := transcript_id(source)) in incoming.fresh}
    try:
        placed = place_codings(
            read,
            study,
            incoming.known,
            frozenset(incoming.transcripts),
            folder,
            coder=given.coder,
            dry_run=dry_run,
            amendments=given.amendments,
            fresh=fresh,
            given=given.columns if given.kind == "codings" else None,
            transcript=given.transcript,
        )
    except CombError as error:
        incoming.fail(path, error)
        return
    if placed.target in incoming.codings.values():
        what, remedy = "two of the files would have the same name in the study", "Rename one of them."
        incoming.fail(path, BadInputError(what, where=path.name, remedy=remedy))
    shared = sorted(placed.nobodys & set(incoming.nobodys))
    if shared:
        incoming.fail(path, whose_is_it(path, incoming.nobodys[shared[0]]))
    incoming.nobodys |= dict.fromkeys(placed.nobodys, path.name)
    incoming.notes += [f"comb: {note}" for note in placed.notes]
    if placed.any:
        incoming.codings[placed.source] = placed.target
        incoming.notes.append(placed.told)
    if placed.to_correct is not None:
        incoming.to_correct[path] = placed.to_correct


def _take(
    read: Path, path: Path, given: Handling, study: Study, incoming: Incoming, folder: Path, listener: Listener
) -> None:
    """Read a file and note where in the study it, or what is in it, belongs."""
    if given.kind == "utterances":
        take_utterances(path, given, study, incoming, folder)
        return
    target = None if given.kind else _own_table(read, study)
    by_program = None if target or given.kind else formats.reader(read)
    if by_program is not None:
        incoming.kinds[path] = "project"
        _take_project(read, by_program, study, incoming, folder, listener)
        return
    incoming.kinds[path] = "table" if target else "transcript"
    if target is None:
        transcript = _read_transcript(read, study)
        (incoming.fresh if given.fresh else incoming.transcripts)[transcript.id] = transcript
        target = (study.new if given.fresh else study.raw) / read.name
    empty = target == study.people and target.exists() and not read_spreadsheet(target)[1]
    (incoming.grown if empty else incoming.new)[read] = target
    incoming.notes.append(f"{read.name} → {target.relative_to(study.root)}")


def take_utterances(path: Path, given: Handling, study: Study, incoming: Incoming, folder: Path) -> Utterances:
    """Turn a table with one row per utterance into transcripts and codings, and note their targets."""
    known = Known({}, codebook_of(study))
    found = read_utterances(path, given.utterances, given.participants, study, known, folder)
    incoming.kinds[path] = "utterances"
    incoming.new |= found.targets
    incoming.transcripts |= found.transcripts
    incoming.notes += found.notes
    return found


def _take_project(
    path: Path, read: Callable[..., Any], study: Study, incoming: Incoming, folder: Path, listener: Listener
) -> None:
    """Read a file of other software, and prepare what is in it."""
    with listener.status(f"Reading {path.name}"):
        setting = Setting(study.roles, codebook_of(study), lambda: transcripts_of(study))
        project: Project = read(path, setting)
        placed = place_project(project, path.stem, study, template_codebook(), folder, incoming.brought)
    incoming.add(placed)
    for name, transcript in project.transcripts.items():
        (incoming.fresh if name in project.new else incoming.transcripts)[name] = transcript
    incoming.notes += [f"comb: {path.name}: {warning}" for warning in project.warnings]
    incoming.notes += [f"{path.name}: {told(project)}", *placed.notes]


def _own_table(path: Path, study: Study) -> Path | None:
    """Return where one of comb's own tables belongs; None for every other file."""
    if path.suffix.lower() != ".csv":
        return None
    header = {plain_name(name) for name in read_spreadsheet(path)[0]}
    if header - {"blind"} == {"transcript", "coder"}:
        return study.codings / "coverage.csv"
    if header == {"transcript", "participant"}:
        return study.participants
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
        how = "" if how.startswith("Known formats") else f"{how} "
        remedy = f"{how}comb import takes {formats.readable()}."
        raise BadInputError(error.what, where=path.name, remedy=remedy) from None


def codebook_of(study: Study) -> Codebook | None:
    """Return the study's codebook; None if there is none."""
    return study.codebook if (study.root / "configs" / "codebook.yaml").exists() else None


def transcripts_of(study: Study) -> dict[str, Transcript]:
    """Read all transcripts of the study, coded and new."""
    folders = [folder for folder in (study.new, study.raw) if folder.is_dir()]
    return {t.id: t for folder in folders for t in _read_folder(folder, study)}


def _read_folder(folder: Path, study: Study) -> list[Transcript]:
    return read_folder(folder, study.roles, study.params.study.given_encodings)[0]
