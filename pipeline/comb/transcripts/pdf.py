"""PDF files with a text layer, read with pypdf."""

import io
import logging
from typing import TYPE_CHECKING

from comb.errors import BadInputError
from comb.records import Span, Turn
from comb.study.params import RoleParams
from comb.transcripts.file_safety import refusing, tidy
from comb.transcripts.page_furniture import find_page_lines
from comb.transcripts.turns import parse_turns

if TYPE_CHECKING:
    import pypdf

_log = logging.getLogger(__name__)


def read_pdf(data: bytes, where: str, roles: RoleParams) -> tuple[str, tuple[Turn, ...]]:
    """Read .pdf: its lines, joined by line ends; headers, footers and page numbers belong to no turn.

    Raises BadInputError for a file that is broken, needs a password or has no text layer. Pages without text in a
    file that has some are named in the log.
    """
    with refusing(".pdf", where):
        pages = _pages(data, where)
    empty = [number for number, page in enumerate(pages, 1) if not page.strip()]
    if len(empty) == len(pages):
        remedy = "Run text recognition (OCR) on it first, or use the document that it was made from."
        raise BadInputError("no text layer: its pages are pictures", where=where, remedy=remedy)
    if empty:
        _log.warning("%s: no text on page %s. Is it a scan?", where, ", ".join(map(str, empty)))
    text, cuts = _join([page.strip("\n").split("\n") if page.strip() else [] for page in pages])
    return text, parse_turns(text, roles, where, cuts=cuts, wrapped=True)


def _pages(data: bytes, where: str) -> list[str]:
    import pypdf

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # its warnings quote the file
    reader = pypdf.PdfReader(io.BytesIO(data))
    if reader.is_encrypted and not _opens_without_password(reader):
        remedy = "Save a copy without password."
        raise BadInputError("protected by a password", where=where, remedy=remedy)
    return [tidy(page.extract_text()) for page in reader.pages]


def _opens_without_password(reader: "pypdf.PdfReader") -> bool:
    """Return whether a file only restricts printing or copying, so that it opens with an empty password."""
    from pypdf.errors import DependencyError, PyPdfError

    try:
        return bool(reader.decrypt(""))
    except (DependencyError, PyPdfError, NotImplementedError):
        return False


def _join(pages: list[list[str]]) -> tuple[str, list[Span]]:
    """Join the lines of all pages; return the text and where page furniture lies in it."""
    furniture = find_page_lines(pages)
    cuts: list[Span] = []
    at = 0
    for page, out in zip(pages, furniture, strict=True):
        for number, line in enumerate(page):
            if number in out:
                cuts.append((at, at + len(line)))
            at += len(line) + 1
    return "\n".join(line for page in pages for line in page), cuts
