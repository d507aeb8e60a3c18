"""Files for use outside comb: the report, comparisons of coders, files for other software."""

import mimetypes
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from comb.errors import CombError
from comb.stages.synthesis import check_report
from comb.study.layout import Study

CODED = ("report", "agreement", "export")
"""Kinds of files that contain people's codings."""
TITLES = {
    "report.docx": "The report, as a Word document",
    "report.html": "The report, as a web page",
    "matrix.xlsx": "Framework matrix, as an Excel workbook",
    "counts.csv": "All counts, as a table",
    "passages.csv": "All coded passages, as a table",
    "quotes.csv": "Quotations, as a table",
    "agreement.docx": "Agreement in APA style, as a Word document",
    "agreement.html": "Agreement, as a web page with the disagreements",
    "agreement.csv": "All figures of the agreement, as a table",
}
REPORT = ("report.docx", "report.html", "matrix.xlsx", "counts.csv", "passages.csv", "quotes.csv")
AGREEMENT = ("agreement.docx", "agreement.html", "agreement.csv")
PICTURES = ("curve.svg",)


@dataclass(frozen=True)
class Product:
    """One file that may be downloaded."""

    path: str
    """Its path below data/processed, with slashes, which is used in its address."""
    file: Path
    kind: str
    """report, agreement, export or picture."""
    title: str

    @property
    def has_codings(self) -> bool:
        """Whether it contains people's codings."""
        return self.kind in CODED

    @property
    def has_suggestions(self) -> bool:
        """Whether it contains a model's suggestions, which only an export with suggestions does."""
        return self.kind == "export" and self.path.split("/")[1].endswith("-with-suggestions")

    def view(self) -> dict[str, Any]:
        """Return the file's entry on the page."""
        found = self.file.stat()
        made = datetime.fromtimestamp(found.st_mtime, UTC).isoformat(timespec="seconds")
        preview = self.file.suffix in (".html", ".svg")
        place = {"path": self.path, "title": self.title, "name": self.file.name}
        return {**place, "made": made, "bytes": found.st_size, "preview": preview}


def products(study: Study) -> dict[str, Product]:
    """List every file that may be downloaded, by its path; no other file has an address."""
    return {one.path: one for one in _products(study)}


def _products(study: Study) -> Iterator[Product]:
    for kind, folder, names in (
        ("report", study.synthesis, REPORT),
        ("agreement", study.downloads / "agreement", AGREEMENT),
        ("picture", study.plots, PICTURES),
    ):
        for name in names:
            if (file := folder / name).is_file():
                yield _product(study, file, kind, TITLES.get(name, name))
    if study.downloads.is_dir():
        for folder in sorted(study.downloads.iterdir()):
            if folder.is_dir() and not folder.is_symlink() and folder.name != "agreement":
                files = (file for file in sorted(folder.iterdir()) if file.is_file() and not file.is_symlink())
                yield from (_product(study, file, "export", file.name) for file in files)


def _product(study: Study, file: Path, kind: str, title: str) -> Product:
    return Product(file.relative_to(study.processed).as_posix(), file, kind, title)


def media_type(file: Path) -> str:
    """Return the media type of a file."""
    return mimetypes.guess_type(file.name)[0] or "application/octet-stream"


def out_of_date(study: Study) -> bool:
    """Return whether the report has not been written yet, or the study has changed since."""
    try:
        check_report(study)
    except CombError:
        return True
    return False
