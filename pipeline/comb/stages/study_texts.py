"""Everything in a study that may contain names: transcripts, labels, file names, tables, memos."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from comb.codings.codings_csv import read_codings_file, tables_in
from comb.errors import BadInputError, CombError
from comb.privacy.candidates import Text, of_transcript
from comb.records import Coding, Transcript
from comb.study.csv_files import decode_table, numbered_rows
from comb.study.layout import Study
from comb.transcripts.reader import read_folder, transcript_files

NOT_TEXT = (
    "transcript",
    "start",
    "end",
    "code",
    "valence",
    "coder",
    "created_at",
    "score",
    "model",
    "threshold",
    "verdict",
)
_PASSAGE = re.compile(r"(?<!\S)[^\s;:]+:\d+-\d+")
_JOINED = re.compile(r"[-_.+]")


@dataclass(frozen=True)
class StudyTexts:
    """The transcripts and tables of a study."""

    transcripts: dict[str, Transcript]
    folders: dict[str, Path]
    """The file of each transcript."""
    codings: dict[Path, list[Coding]]
    tables: dict[Path, list[list[str]]]
    """Other tables: rows of cells, the header first."""
    errors: tuple[CombError, ...]
    """Errors of files that could not be read."""

    def texts(self) -> list[Text]:
        """Return all texts: transcripts first, then file names, memos and cells."""
        found = [of_transcript(one) for one in self.transcripts.values()]
        found += [Text(f"file name of {name}", name, file_name_words(name)) for name in self.transcripts]
        for path, codings in self.codings.items():
            memos = ((n, coding) for n, coding in enumerate(codings, 2) if coding.memo)
            found += [
                Text(f"{path.parent.name}/{path.name}, memo {n}", coding.transcript, coding.memo) for n, coding in memos
            ]
        for path, rows in self.tables.items():
            found += _cells(path, rows)
        return found


def file_name_words(name: str) -> str:
    """Return the id of a transcript as words, of the same length."""
    return _JOINED.sub(" ", name)


def _cells(path: Path, rows: list[list[str]]) -> Iterator[Text]:
    header = [cell.strip().casefold() for cell in rows[0]] if rows else []
    for number, row in enumerate(rows[1:], 2):
        named = dict(zip(header, row, strict=False))
        for column, cell in named.items():
            if cell.strip() and column not in NOT_TEXT and any(map(str.isalpha, cell)):
                words = _PASSAGE.sub(lambda match: " " * len(match[0]), cell)
                yield Text(f"{path.name}, row {number}, {column}", named.get("transcript", ""), words)


def read_texts(study: Study) -> StudyTexts:
    """Read everything that may contain names; errors are listed."""
    transcripts: dict[str, Transcript] = {}
    folders: dict[str, Path] = {}
    errors: list[CombError] = []
    for folder in (study.raw, study.new):
        if not folder.is_dir():
            continue
        found, wrong = read_folder(folder, study.roles, study.params.study.given_encodings)
        errors += wrong
        transcripts |= {one.id: one for one in found}
        folders |= dict(transcript_files(folder))
    codings: dict[Path, list[Coding]] = {}
    for path in (path for folder in (study.codings, study.reference) for path in tables_in(folder)):
        try:
            codings[path] = read_codings_file(path, transcripts)[0]
        except BadInputError as error:
            errors.append(error)
    tables = {path: _rows(path) for path in _other_tables(study) if path.is_file()}
    return StudyTexts(transcripts, folders, codings, tables, tuple(errors))


def _other_tables(study: Study) -> list[Path]:
    named = [study.people, study.attributes, study.speakers, study.decisions, study.participants]
    named += [folder / "coverage.csv" for folder in (study.codings, study.reference)]
    return [*named, *sorted(study.sheets.glob("*.csv"))]


def _rows(path: Path) -> list[list[str]]:
    return [row for _, row in numbered_rows(decode_table(path.read_bytes(), path.name), path.name)]


def digests(study: Study) -> dict[str, str]:
    """Return the SHA-256 of each transcript file, by its path in the study."""
    files = (path for folder in (study.raw, study.new) if folder.is_dir() for _, path in transcript_files(folder))
    return {path.relative_to(study.root).as_posix(): digest(path) for path in sorted(files)}


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
