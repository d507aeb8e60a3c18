"""Word documents: paragraphs joined by line ends, tables of speaker and text, bold print as a sign of a label."""

import io
from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from comb.records import Turn
from comb.study.params import RoleParams
from comb.transcripts.document_page import Page
from comb.transcripts.embedded_turns import kept_turns
from comb.transcripts.file_safety import check_office, refusing, tidy

if TYPE_CHECKING:
    from docx.document import Document
    from docx.oxml.xmlchemy import BaseOxmlElement as Element

CUSTOM_XML = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/customXml"
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
SKIPPED = {_W + name for name in ("pPr", "rPr", "del", "moveFrom", "txbxContent", "rt", "instrText", "delText")}
_CHARACTERS = {_W + "tab": "\t", _W + "br": "\n", _W + "cr": "\n", _W + "noBreakHyphen": "\u2011"}
_WRAPPERS = {_W + name for name in ("sdt", "sdtContent", "ins", "moveTo", "smartTag", "customXml")}


def read_word(data: bytes, where: str, roles: RoleParams) -> tuple[str, tuple[Turn, ...]]:
    """Read .docx: tracked insertions count, deletions do not; footnotes, comments and text boxes are left out.

    A document that comb wrote, and nobody changed since, gives the turns that it was written with. Raises
    BadInputError for a file that is broken, protected by a password or not a .docx.
    """
    document = open_word(data, where)
    with refusing(".docx", where):
        page = _read_page(document, roles)
        text = page.text
        kept = (kept_turns(part, text, roles) for part in _custom_parts(document))
        turns = next((turns for turns in kept if turns is not None), None)
    return text, page.all_turns(where) if turns is None else turns


def open_word(data: bytes, where: str) -> "Document":
    """Open .docx. Raises BadInputError for a file that is broken, hostile, protected by a password or not a .docx."""
    import docx

    check_office(data, ".docx", where)
    with refusing(".docx", where):
        return docx.Document(io.BytesIO(data))


def word_text(document: "Document") -> str:
    """Give the canonical text of a document."""
    return _read_page(document, RoleParams()).text


def _read_page(document: "Document", roles: RoleParams) -> Page:
    page = Page(roles)
    bold_styles = _bold_styles(document.styles.element)
    for kind, blocks in groupby(_blocks(document.element.body), key=lambda block: block.tag):
        if kind == _W + "p":
            _add_paragraphs(page, list(blocks), bold_styles)
        else:
            for table in blocks:
                page.add_table([[_cell(cell) for cell in row.iterchildren(_W + "tc")] for row in _table_rows(table)])
    return page


def _custom_parts(document: "Document") -> list[bytes]:
    relations = document.part.rels.values()
    return [rel.target_part.blob for rel in relations if not rel.is_external and rel.reltype == CUSTOM_XML]


def _blocks(parent: "Element") -> Iterator["Element"]:
    for child in parent:
        if child.tag in (_W + "p", _W + "tbl"):
            yield child
        elif child.tag in _WRAPPERS:
            yield from _blocks(child)


def _add_paragraphs(page: Page, paragraphs: list["Element"], bold_styles: set[str]) -> None:
    text, bold = "", 0
    for paragraph in paragraphs:
        runs = list(_runs(paragraph, bold_styles))
        if bold == len(text):
            bold += _bold_length(runs)
        text += tidy("".join(run for run, _ in runs))
        if not _mark_is_deleted(paragraph):
            page.add_paragraph(text, bold)
            text, bold = "", 0
    if text:
        page.add_paragraph(text, bold)


def _bold_length(runs: list[tuple[str, bool]]) -> int:
    length = 0
    for run, bold in runs:
        if not bold and run:
            break
        length += len(run)
    return length


def paragraph_text(paragraph: "Element") -> str:
    """Give the text of a paragraph, tracked deletions left out."""
    return "".join(text for text, _ in _runs(paragraph, set()))


def _mark_is_deleted(paragraph: "Element") -> bool:
    """Tell whether the paragraph's end is a tracked deletion, so that the next paragraph goes on in it."""
    return paragraph.find(f"{_W}pPr/{_W}rPr/{_W}del") is not None


def _runs(paragraph: "Element", bold_styles: set[str]) -> Iterator[tuple[str, bool]]:
    style = paragraph.find(f"{_W}pPr/{_W}pStyle")
    inherited = style is not None and style.get(_W + "val") in bold_styles
    for run in _walk(paragraph, _W + "r"):
        yield "".join(_characters(run)), _is_bold(run, bold_styles, inherited=inherited)


def _walk(element: "Element", tag: str) -> Iterator["Element"]:
    for child in element:
        if child.tag == tag:
            yield child
        elif child.tag not in SKIPPED:
            yield from _walk(child, tag)


def _characters(run: "Element") -> Iterator[str]:
    for child in run:
        if child.tag == _W + "t":
            yield child.text or ""
        elif child.tag in _CHARACTERS:
            yield _CHARACTERS[child.tag]


def _is_bold(run: "Element", bold_styles: set[str], *, inherited: bool) -> bool:
    bold = run.find(f"{_W}rPr/{_W}b")
    if bold is not None:
        return _is_on(bold)
    style = run.find(f"{_W}rPr/{_W}rStyle")
    return inherited or (style is not None and style.get(_W + "val") in bold_styles)


def _is_on(switch: "Element") -> bool:
    return switch.get(_W + "val") not in ("0", "false", "off")


def _bold_styles(styles: "Element") -> set[str]:
    bold = ((style, style.find(f"{_W}rPr/{_W}b")) for style in styles.iter(_W + "style"))
    return {style.get(_W + "styleId") for style, switch in bold if switch is not None and _is_on(switch)}


def _table_rows(table: "Element") -> Iterator["Element"]:
    for row in _walk(table, _W + "tr"):
        if row.find(f"{_W}trPr/{_W}del") is None:
            yield row


def _cell(cell: "Element") -> str:
    return tidy("\n".join(paragraph_text(paragraph) for paragraph in _walk(cell, _W + "p")))
