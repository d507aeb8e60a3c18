"""One table of the formats of other software, with the functions that read and write them.

Functions are named, not imported, so that ``comb --help`` stays quick.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from comb.errors import BadInputError
from comb.stages.listener import Listener

if TYPE_CHECKING:
    from comb.exchange.project import Project


@dataclass(frozen=True)
class Format:
    """One format. Functions are given as ``module:function``; empty if comb does not read (or write) the format."""

    name: str
    """Name for ``--format``."""
    suffix: str
    """Suffix of the file, or of the folder that some programs make for a project; lower case, with the dot."""
    title: str
    read: str = ""
    """``(path: Path, setting: Setting) -> Project``."""
    write: str = ""
    """``(project: Project, path: Path) -> Sequence[str]``: writes one file, atomically, and returns warnings."""
    each: bool = False
    """Whether one file is written for each transcript, from ``project.only(transcript)``."""
    sniff: str = ""
    """``(path: Path) -> bool``: whether this format should read a file with a suffix that transcripts have, too."""


FORMATS = (
    Format(
        "qdpx",
        ".qdpx",
        "REFI-QDA project",
        "comb.exchange.refi_qda.read:read_qdpx",
        "comb.exchange.refi_qda.write:write_qdpx",
    ),
    Format("qde", ".qde", "REFI-QDA project without its zip file", "comb.exchange.refi_qda.read:read_qde"),
    Format(
        "qdc",
        ".qdc",
        "REFI-QDA codebook",
        "comb.exchange.refi_qda.read:read_qdc",
        "comb.exchange.refi_qda.write:write_qdc",
    ),
    Format(
        "nvivo-codebook-word",
        ".docx",
        "NVivo codebook",
        "comb.exchange.nvivo_codebook:read_nvivo_codebook",
        sniff="comb.exchange.nvivo_codebook:is_nvivo_codebook",
    ),
    Format(
        "nvivo-codebook",
        ".xlsx",
        "NVivo codebook",
        "comb.exchange.nvivo_codebook:read_nvivo_codebook",
        sniff="comb.exchange.nvivo_codebook:is_nvivo_codebook",
    ),
    Format(
        "docx",
        ".docx",
        "Word document with codes as comments",
        "comb.exchange.word.comments_reader:read_docx",
        "comb.exchange.word.writer:write_docx",
        each=True,
        sniff="comb.exchange.word.comments_reader:has_comments",
    ),
    Format(
        "docx-codes",
        ".docx",
        "Word document with a column of codes beside the words",
        read="comb.exchange.word.coded_tables:read_coded_table",
        sniff="comb.exchange.word.coded_tables:has_coded_rows",
    ),
    Format(
        "html",
        ".html",
        "page to read, filter and print",
        write="comb.report.transcript_page:write_html",
        each=True,
    ),
    Format(
        "xlsx",
        ".xlsx",
        "Excel workbook with a row per coded quote",
        write="comb.exchange.tables.spreadsheet:write_xlsx",
    ),
    Format(
        "label-studio",
        ".csv",
        "Label Studio's CSV",
        read="comb.exchange.tables.label_studio:read_label_studio",
        sniff="comb.exchange.tables.label_studio:is_label_studio",
    ),
    Format(
        "csv",
        ".csv",
        "CSV with a row per coded quote",
        write="comb.exchange.tables.spreadsheet:write_quotes",
    ),
    Format(
        "matrix", ".xlsx", "segments by codes, a sheet per coder", write="comb.exchange.tables.spreadsheet:write_matrix"
    ),
    Format("r", ".csv", "codings for R, with the columns of RQDA", write="comb.exchange.tables.for_r:write_for_r"),
    Format(
        "label-studio",
        ".json",
        "Label Studio tasks",
        "comb.exchange.annotations:read_label_studio",
        "comb.exchange.annotations:write_label_studio",
        sniff="comb.exchange.annotations:is_label_studio",
    ),
    Format(
        "doccano",
        ".jsonl",
        "doccano JSON lines",
        "comb.exchange.annotations:read_doccano",
        "comb.exchange.annotations:write_doccano",
        sniff="comb.exchange.annotations:is_doccano",
    ),
    Format(
        "doccano-list",
        ".json",
        "doccano JSON",
        "comb.exchange.annotations:read_doccano",
        sniff="comb.exchange.annotations:is_doccano",
    ),
    Format(
        "cases",
        ".csv",
        "Table (CSV) of cases by codes, with counts",
        write="comb.exchange.tables.spreadsheet:write_cases",
    ),
    Format(
        "qualcoder",
        ".qdpx",
        "REFI-QDA project for QualCoder, which keeps coders apart",
        write="comb.exchange.refi_qda.write:write_for_qualcoder",
    ),
    Format("qualcoder-project", ".qda", "QualCoder project", "comb.exchange.qualcoder:read_qualcoder"),
    Format(
        "taguette",
        ".sqlite3",
        "Taguette project",
        "comb.exchange.taguette:read_taguette",
        "comb.exchange.taguette_writer:write_taguette",
    ),
    Format(
        "taguette-codebook",
        ".csv",
        "Taguette codebook",
        "comb.exchange.taguette:read_tags",
        "comb.exchange.taguette_writer:write_tags",
        sniff="comb.exchange.taguette:is_tags",
    ),
)
"""All formats, in the order in which they are tried on a file."""


def function(name: str) -> Callable[..., Any]:
    """Import a function given as ``module:function``."""
    module, _, attribute = name.partition(":")
    found: Callable[..., Any] = getattr(import_module(module), attribute)
    return found


def reader(path: Path) -> Callable[..., Any] | None:
    """Find the function that reads a file of other software; None for any other file."""
    for item in FORMATS:
        if item.read and path.suffix.lower() == item.suffix and (not item.sniff or function(item.sniff)(path)):
            return function(item.read)
    return None


_CLOSED = {"mex": "MAXQDA", "mx": "MAXQDA", "nvp": "NVivo", "atlproj": "ATLAS.ti", "hpr": "ATLAS.ti"}
"""Programs whose own files only they can read, by how the suffix begins."""


def closed_format(path: Path) -> str:
    """Return the program whose closed format this is, which only that program can read; empty for any other file."""
    suffix = path.suffix.lower().lstrip(".")
    return next((program for start, program in _CLOSED.items() if suffix.startswith(start)), "")


def readable() -> str:
    """Describe the formats that ``comb import`` accepts, for messages."""
    from comb.transcripts.reader import SUFFIXES

    formats = dict.fromkeys(f"{item.title} ({item.suffix})" for item in FORMATS if item.read)
    return f"transcripts ({', '.join(sorted(SUFFIXES))}); {'; '.join(formats)}"


def writable() -> dict[str, Format]:
    """Return the formats that can be written, by name."""
    return {item.name: item for item in FORMATS if item.write}


def write_project(project: "Project", form: Format, out: Path, listener: Listener) -> Path:
    """Write a project in a format, to a file or into a folder; report its warnings, and return its path."""
    write = function(form.write)
    _check_out(form, out)
    if form.each:
        targets = {out / f"{name}{form.suffix}": project.only(name) for name in project.transcripts}
    else:
        kind = "" if form.suffix == f".{form.name}" else f"-{form.name}"
        out = out if out.suffix.lower() == form.suffix else out / f"{project.name}{kind}{form.suffix}"
        targets = {out: project}
    for path, part in targets.items():
        for warning in write(part, path):
            listener.note(f"comb: {path.name}: {warning}")
    return out


def _check_out(form: Format, out: Path) -> None:
    """Raise BadInputError if ``out`` is or looks like a file, and the format makes none of that kind."""
    suffix = out.suffix.lower()
    is_file = suffix in {item.suffix for item in FORMATS} if not out.exists() else out.is_file()
    if out.is_dir() or not is_file or (suffix == form.suffix and not form.each):
        return
    what = f"{form.name} makes {'a file for each transcript' if form.each else f'a {form.suffix} file'}"
    remedy = "Name a folder." if form.each else f"Name a {form.suffix} file, or a folder."
    raise BadInputError(what, where=f"--out {out.name}", remedy=remedy)


def write_each(project: "Project", folder: Path, names: Sequence[str], listener: Listener) -> None:
    """Write a project with one transcript into a folder, with a file for each format, named after the transcript."""
    for name in names:
        form = writable()[name]
        for warning in function(form.write)(project, folder / f"{project.name}{form.suffix}"):
            listener.note(f"comb: {project.name}{form.suffix}: {warning}")
