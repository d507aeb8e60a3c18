"""Requests for adding files: how to read each of them, corrections to it, and who speaks."""

from dataclasses import fields, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from comb.codings.amendments import Amendment, Amendments
from comb.codings.problems import Passage
from comb.codings.table_columns import CodingColumns
from comb.exchange.tables.utterance_tables import UtteranceColumns
from comb.records import Role
from comb.review.domain.schemas import Id, Offset, Request
from comb.stages.import_incoming import Handling

Cell = Annotated[str, Field(max_length=100_000)]
Column = Annotated[str, Field(max_length=1000)]


class RowFix(Request):
    """Corrections of one row of a table of codings."""

    row: int = Field(ge=1)
    cells: dict[Literal["transcript", "quote", "code", "coder", "valence"], Cell] = Field(default_factory=dict)
    transcript: str = Field(default="", max_length=500)
    spans: list[tuple[Offset, Offset]] = Field(default_factory=list, max_length=50)

    def amendment(self) -> Amendment:
        """Return it as an amendment for the reader of tables."""
        spans = tuple((start, end) for start, end in self.spans)
        return Amendment(
            {kind: cell for kind, cell in self.cells.items()}, Passage(self.transcript, spans) if spans else None
        )


class FileHandling(Request):
    """Settings for importing one file."""

    name: Id
    kind: Literal["", "transcript", "codings", "utterances"] = ""
    fresh: bool = False
    encoding: str = Field(default="", max_length=40)
    coder: str = Field(default="", max_length=200)
    transcript: str = Field(default="", max_length=500)
    columns: dict[str, Column] = Field(default_factory=dict)
    participants: list[Id] = Field(default_factory=list, max_length=500)
    codes: dict[Cell, Id] = Field(default_factory=dict)
    transcripts: dict[Cell, Id] = Field(default_factory=dict)
    rows: list[RowFix] = Field(default_factory=list, max_length=100_000)
    left_out: list[int] = Field(default_factory=list)
    to_correct: list[int] = Field(default_factory=list)

    def handling(self) -> Handling:
        """Return it as a handling for the import, without columns that the import does not know."""
        rows = {fix.row: fix.amendment() for fix in self.rows}
        return Handling(
            self.kind,
            self.fresh,
            self.encoding,
            replace(CodingColumns(), **_known(self.columns, CodingColumns, self.kind == "codings")),
            self.coder.strip(),
            self.transcript,
            Amendments(rows, self.codes, self.transcripts, frozenset(self.left_out), frozenset(self.to_correct)),
            replace(UtteranceColumns(), **_known(self.columns, UtteranceColumns, self.kind == "utterances")),
            tuple(self.participants),
        )


class SpeakerIs(Request):
    """The role of a speaker of a transcript."""

    transcript: Id
    speaker: str = Field(max_length=500)
    role: Role


class Adding(Request):
    """The files to add, with their settings."""

    files: list[FileHandling] = Field(max_length=1000)
    speakers: list[SpeakerIs] = Field(default_factory=list, max_length=20_000)

    def handlings(self, folder: Path) -> dict[Path, Handling]:
        """Return the handling of each file, by its path."""
        return {folder / one.name: one.handling() for one in self.files}


class NamedFile(Request):
    """One of the files."""

    name: Id


def _known(columns: dict[str, str], kind: type[Any], meant: bool) -> dict[str, Any]:
    """Return the columns that a table of a kind has, if the file is one of that kind."""
    texts = {one.name for one in fields(kind) if one.default == ""}
    return {name: column for name, column in columns.items() if meant and name in texts and column}


ADDING: TypeAdapter[Adding] = TypeAdapter(Adding)
NAMED_FILE: TypeAdapter[NamedFile] = TypeAdapter(NamedFile)
