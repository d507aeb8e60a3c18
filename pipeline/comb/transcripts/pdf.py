"""PDF files with a text layer, by way of pypdf."""

import io
import logging
import re
from typing import TYPE_CHECKING

from comb.errors import BadInputError
from comb.records import Turn
from comb.study.params import RoleParams
from comb.transcripts.file_safety import refusing, tidy
from comb.transcripts.turns import parse_turns

if TYPE_CHECKING:
    import pypdf

_PAGE_NUMBER = re.compile(r"\s*(?:page|p\.)?\s*[-–]?\s*\d{1,4}\s*[-–]?\s*(?:(?:of|/)\s*\d{1,4})?\s*", re.IGNORECASE)
_log = logging.getLogger(__name__)


def read_pdf(data: bytes, where: str, roles: RoleParams) -> tuple[str, tuple[Turn, ...]]:
    """Read .pdf: its lines, joined by line ends; page numbers at the top or bottom of a page are left out.

    Raises BadInputError for a file that is broken, needs a password or has no text layer. Pages without text in a
    file that has some are named in the log.
    """
    with refusing(".pdf", where):
        pages = _pages(data, where)
    empty = [number for number, page in enumerate(pages, 1) if not page.strip()]
    if len(empty) == len(pages):
        remedy = "Run text recognition (OCR) on it first, or give the document it was made from."
        raise BadInputError("no text layer: its pages are pictures", where=where, remedy=remedy)
    if empty:
        _log.warning("%s: no text on page %s. Is it a scanned picture?", where, ", ".join(map(str, empty)))
    text = "\n".join(page for page in map(_without_number, pages) if page.strip())
    return text, parse_turns(text, roles, where)


def _pages(data: bytes, where: str) -> list[str]:
    import pypdf

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # its warnings quote the file
    reader = pypdf.PdfReader(io.BytesIO(data))
    if reader.is_encrypted and not _opens_without_password(reader):
        remedy = "Save a copy without password."
        raise BadInputError("protected by a password", where=where, remedy=remedy)
    return [tidy(page.extract_text()) for page in reader.pages]


def _opens_without_password(reader: "pypdf.PdfReader") -> bool:
    """Tell whether a file only restricts printing or copying, so that it opens with an empty password."""
    from pypdf.errors import DependencyError, PyPdfError

    try:
        return bool(reader.decrypt(""))
    except (DependencyError, PyPdfError, NotImplementedError):
        return False


def _without_number(page: str) -> str:
    lines = page.strip("\n").split("\n")
    for end in (0, -1):
        if lines and _PAGE_NUMBER.fullmatch(lines[end]):
            del lines[end]
    return "\n".join(lines)
