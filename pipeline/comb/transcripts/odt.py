"""OpenDocument text (.odt), by lxml: paragraphs joined by line ends, tables of speaker and text, bold names.

This is our own code over ``content.xml`` and not a library, because odfpy builds the whole document from Python objects
with the parser of the standard library, while comb only needs to walk over paragraphs.
"""

import io
import zipfile
from collections.abc import Iterator
from typing import TYPE_CHECKING

from comb.errors import BadInputError
from comb.records import Turn
from comb.study.params import RoleParams
from comb.transcripts.document_page import Page
from comb.transcripts.file_safety import check_office, refusing, tidy

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_NAMES = "urn:oasis:names:tc:opendocument:xmlns:"
_TEXT, _TABLE, _OFFICE, _STYLE = (f"{{{_NAMES}{name}:1.0}}" for name in ("text", "table", "office", "style"))
_WEIGHT = "{urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0}font-weight"
_DRAW = f"{{{_NAMES}drawing:1.0}}"
_SKIPPED = {_OFFICE + "annotation", _TEXT + "note", _TEXT + "tracked-changes", _TEXT + "ruby-text", _DRAW + "frame"}
_CHARACTERS = {_TEXT + "tab": "\t", _TEXT + "line-break": "\n"}
_MANIFEST = "META-INF/manifest.xml"
MAX_SPACES = 1000
"""Spaces that one element may stand for."""


def read_odt(data: bytes, where: str, roles: RoleParams) -> tuple[str, tuple[Turn, ...]]:
    """Read .odt: tracked insertions count, deletions do not; footnotes, comments and text boxes are left out.

    Raises BadInputError for a file that is broken, hostile, protected by a password or not an .odt.
    """
    check_office(data, ".odt", where)
    with refusing(".odt", where):
        root = _content(data, where)
        page = Page(roles)
        bold = _bold_styles(root)
        for block in _blocks(root.find(f"{_OFFICE}body/{_OFFICE}text")):
            if block.tag == _TABLE + "table":
                page.add_table([[_cell(cell) for cell in row] for row in _rows(block)])
            else:
                page.add_paragraph(*_paragraph(block, bold), heading=block.tag == _TEXT + "h")
    return page.text, page.all_turns(where)


def _content(data: bytes, where: str) -> "Element":
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if "META-INF/manifest.xml" in archive.namelist() and b"encryption-data" in archive.read(
            "META-INF/manifest.xml"
        ):
            raise BadInputError("protected by a password", where=where, remedy="Save a copy without password.")
        return etree.fromstring(archive.read("content.xml"), parser)


def _bold_styles(root: "Element") -> set[str]:
    looks = ((style, style.find(_STYLE + "text-properties")) for style in root.iter(_STYLE + "style"))
    return {style.get(_STYLE + "name", "") for style, look in looks if look is not None and look.get(_WEIGHT) == "bold"}


def _blocks(parent: "Element | None") -> "Iterator[Element]":
    """Yield paragraphs, headings and tables in order, out of lists and sections."""
    for child in parent if parent is not None else ():
        if child.tag in (_TEXT + "p", _TEXT + "h", _TABLE + "table"):
            yield child
        elif child.tag not in _SKIPPED:
            yield from _blocks(child)


def _paragraph(paragraph: "Element", bold_styles: set[str]) -> tuple[str, int]:
    """Return the text of a paragraph, and how many characters at its start are in bold print."""
    text, bold = "", 0
    opens = True
    for piece, is_bold in _pieces(paragraph, bold_styles, is_bold=paragraph.get(_TEXT + "style-name") in bold_styles):
        opens = opens and (is_bold or not piece)
        bold += len(piece) if opens else 0
        text += piece
    return tidy(text), bold


def _pieces(element: "Element", bold_styles: set[str], *, is_bold: bool) -> Iterator[tuple[str, bool]]:
    yield _squeezed(element.text), is_bold
    for child in element:
        if child.tag == _TEXT + "s":
            yield " " * min(_number(child.get(_TEXT + "c")), MAX_SPACES), is_bold
        elif child.tag in _CHARACTERS:
            yield _CHARACTERS[child.tag], is_bold
        elif isinstance(child.tag, str) and child.tag not in _SKIPPED:
            own = is_bold or child.get(_TEXT + "style-name") in bold_styles
            yield from _pieces(child, bold_styles, is_bold=own)
        yield _squeezed(child.tail), is_bold


def _squeezed(text: str | None) -> str:
    """Return text as OpenDocument means it: white space of any length is one space."""
    found = text or ""
    words = " ".join(found.split())
    return (" " if found[:1].isspace() else "") + words + (" " if words and found[-1:].isspace() else "")


def _number(count: str | None) -> int:
    return int(count) if count and count.isdecimal() else 1


def _rows(table: "Element") -> "Iterator[list[Element]]":
    for row in table.iter(_TABLE + "table-row"):
        yield list(row.iterchildren(_TABLE + "table-cell"))


def _cell(cell: "Element") -> str:
    return "\n".join(_paragraph(block, set())[0] for block in _blocks(cell) if block.tag != _TABLE + "table")
