"""The files that an import is about to write, and a person's settings for reading them."""

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from comb.codings.amendments import AS_IT_IS, Amendments
from comb.codings.codings_csv import joined
from comb.codings.known import Known
from comb.codings.reader import CodingsTable
from comb.codings.table_columns import CodingColumns
from comb.errors import BadInputError, CombError
from comb.exchange.tables.utterance_tables import UtteranceColumns
from comb.exchange.to_study import Placement
from comb.records import Coding, Transcript
from comb.stages.import_codings import replace_codings, write_to_correct
from comb.stages.listener import Listener
from comb.study.atomic import together
from comb.study.files import copy_file, visible
from comb.study.layout import Study

Kind = Literal["", "transcript", "codings", "utterances"]
"""The kind of a file; empty if comb is to recognise it."""


@dataclass(frozen=True)
class Handling:
    """A person's settings for importing one file."""

    kind: Kind = ""
    fresh: bool = False
    """Whether a transcript goes to ``data/new``, for suggestions, and not to ``data/raw``."""
    encoding: str = ""
    columns: CodingColumns = field(default_factory=CodingColumns)
    """Columns of a table of codings whose names comb does not know."""
    coder: str = ""
    """The coder, if no column of a table of codings names one."""
    transcript: str = ""
    """The coded transcript, if no column names it."""
    amendments: Amendments = AS_IT_IS
    utterances: UtteranceColumns = field(default_factory=UtteranceColumns)
    """Columns of a table with one row per utterance."""
    participants: tuple[str, ...] = ()
    """Speakers in that table whose speech is coded."""


AS_FOUND = Handling()
"""No settings: comb recognises everything."""


@dataclass
class Incoming:
    """The files that an import is about to write; nothing is written before all of them are known."""

    new: dict[Path, Path] = field(default_factory=dict)
    grown: dict[Path, Path] = field(default_factory=dict)
    codings: dict[Path, Path] = field(default_factory=dict)
    """Tables of codings, each with its target, which it may replace if it is an earlier import."""
    nobodys: dict[str, str] = field(default_factory=dict)
    """Transcripts coded in tables that do not name the coder, each with such a table."""
    transcripts: dict[str, Transcript] = field(default_factory=dict)
    """Transcripts for ``data/raw``, by id."""
    fresh: dict[str, Transcript] = field(default_factory=dict)
    """Transcripts for ``data/new``, by id."""
    notes: list[str] = field(default_factory=list)
    failed: dict[Path, list[CombError]] = field(default_factory=dict)
    """Errors of unusable files, by file."""
    to_correct: dict[Path, CodingsTable] = field(default_factory=dict)
    """Rows that wait for corrections, by table of codings."""
    kinds: dict[Path, str] = field(default_factory=dict)
    """The recognised kind of each file."""
    told: list[str] = field(default_factory=list)
    """Lines to report after everything is written."""
    known: Known = field(default_factory=lambda: Known({}))
    """All transcripts and the codebook, with which codings are read."""
    brought: list[Coding] = field(default_factory=list)
    """Codings of projects, without duplicates."""

    @property
    def errors(self) -> list[CombError]:
        """All errors, of all files."""
        return [error for errors in self.failed.values() for error in errors]

    def fail(self, path: Path, error: CombError) -> None:
        """Note why a file cannot be used."""
        self.failed.setdefault(path, []).append(error)

    def add(self, placed: Placement) -> None:
        """Add the files of a project."""
        clash = set(placed.grown.values()) & set(self.grown.values())
        if clash:
            remedy = "Import the two projects one after the other."
            raise BadInputError(f"two projects contain {min(clash).name}", where="import", remedy=remedy)
        self.new |= placed.new
        self.grown |= placed.grown
        self.brought += placed.codings

    def write(self, study: Study, listener: Listener, *, dry_run: bool = False) -> None:
        """Copy everything into the study, unless this is a dry run, and report what was imported.

        Raises one error for all problems.
        """
        if self.errors:
            raise joined(self.errors)
        check_targets(study, self.new)
        if not dry_run:
            self._write(study)
        for note in self.notes:
            listener.note(note)
        if dry_run:
            targets = (*self.new.values(), *self.grown.values(), *self.codings.values())
            names = sorted({target.name for target in targets})
            listener.note(f"Dry run: nothing was written. Files to be written: {', '.join(names) or 'none'}.")

    def _write(self, study: Study) -> None:
        """Write all at once; a table of codings first gives way to the rows of it that wait."""
        with together(study.root):
            for source, target in {**self.new, **self.grown}.items():
                copy_file(source, target)
            for source, target in self.codings.items():
                replace_codings(study, source, target)
            for path, table in self.to_correct.items():
                target = write_to_correct(study, path, table, self.known)
                rows = len(table.unread)
                what = f"{rows} row{'s' if rows > 1 else ''} to correct → {target.relative_to(study.root)}"
                self.notes.append(f"comb: {path.name}: {what}")


def check_targets(study: Study, targets: Mapping[Path, Path]) -> None:
    """Raise one error for all files that would replace another in the study, or share its id."""
    taken: dict[tuple[Path, str], Path] = {}
    errors: list[CombError] = []
    for source, target in targets.items():
        other = taken.setdefault((target.parent, _id(target)), source)
        same = targets[other] == target and _alike(other, source)
        clash = [path for path in _of_that_id(target) if path.name != target.name or not _alike(path, source)]
        if clash or not same:
            remedy = "Rename one of the two, or make another study for it; nothing was imported."
            name = clash[0].name if clash else other
            what = f"the study has another file of that name or id: {name}"
            errors.append(BadInputError(what, where=source.name, remedy=remedy))
        errors += _in_the_other_folder(study, source, target)
    if errors:
        raise joined(errors)


def _in_the_other_folder(study: Study, source: Path, target: Path) -> Iterator[BadInputError]:
    """Yield an error for a transcript that is in ``data/new`` and is to go to ``data/raw``, or the reverse."""
    other = {study.raw: study.new, study.new: study.raw}.get(target.parent)
    for path in _of_that_id(other / target.name) if other else ():
        there, here = (folder.relative_to(study.root).as_posix() for folder in (path.parent, target.parent))
        remedy = f"Move it from {there} to {here}; or, if it is another interview, rename one of the two."
        yield BadInputError(f"{path.name} is already in {there}", where=source.name, remedy=remedy)


def _of_that_id(target: Path) -> list[Path]:
    """List the files beside a target that have its id, itself included."""
    return [path for path in visible(target.parent, "*") if path.is_file() and _id(path) == _id(target)]


def _alike(path: Path, other: Path) -> bool:
    return path.read_bytes() == other.read_bytes()


def _id(path: Path) -> str:
    return unicodedata.normalize("NFC", path.stem).casefold()
