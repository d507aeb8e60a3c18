"""What an import is about to write, and how a person wants its files to be read."""

import unicodedata
from collections.abc import Mapping
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
"""The content of a file; empty: comb recognises it."""


@dataclass(frozen=True)
class Handling:
    """How one file is to be brought in, if a person has said so."""

    kind: Kind = ""
    fresh: bool = False
    """A transcript goes to ``data/new``, for suggestions, and not to ``data/raw``."""
    encoding: str = ""
    columns: CodingColumns = field(default_factory=CodingColumns)
    """Of a table of codings: those that are called something else."""
    coder: str = ""
    """Who coded, if no column of a table of codings says so."""
    transcript: str = ""
    """Which transcript was coded, if no column says so."""
    amendments: Amendments = AS_IT_IS
    utterances: UtteranceColumns = field(default_factory=UtteranceColumns)
    """Columns of a table with one row per utterance."""
    participants: tuple[str, ...] = ()
    """Speakers in it whose speech is coded."""


AS_FOUND = Handling()
"""Nothing is set: comb recognises everything."""


@dataclass
class Incoming:
    """What an import is about to write; nothing is written before all of it is known."""

    new: dict[Path, Path] = field(default_factory=dict)
    grown: dict[Path, Path] = field(default_factory=dict)
    codings: dict[Path, Path] = field(default_factory=dict)
    """Tables of codings, each with its target, whose earlier import it may replace."""
    nobodys: dict[str, str] = field(default_factory=dict)
    """Transcripts coded in tables that do not say who coded, each with such a table."""
    transcripts: dict[str, Transcript] = field(default_factory=dict)
    """Those for ``data/raw``, by id."""
    fresh: dict[str, Transcript] = field(default_factory=dict)
    """Those for ``data/new``, by id."""
    notes: list[str] = field(default_factory=list)
    failed: dict[Path, list[CombError]] = field(default_factory=dict)
    """By file: why it cannot be used."""
    to_correct: dict[Path, CodingsTable] = field(default_factory=dict)
    """By table of codings: its rows that wait to be corrected."""
    kinds: dict[Path, str] = field(default_factory=dict)
    """By file: what it was taken for."""
    told: list[str] = field(default_factory=list)
    """What is told after all is written."""
    known: Known = field(default_factory=lambda: Known({}))
    """All transcripts and the codebook that codings are read with."""
    brought: list[Coding] = field(default_factory=list)
    """Codings of projects, none of them twice."""

    @property
    def errors(self) -> list[CombError]:
        """All that is wrong, with every file."""
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
        """Copy everything into the study, unless it is only tried, and report what was brought.

        Raises one error for all that is wrong.
        """
        if self.errors:
            raise joined(self.errors)
        check_targets(self.new)
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


def check_targets(targets: Mapping[Path, Path]) -> None:
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


def _id(path: Path) -> str:
    return unicodedata.normalize("NFC", path.stem).casefold()
