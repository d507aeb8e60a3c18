"""Word documents: paragraphs joined by line ends, tables of speaker and text, bold print as a sign of a label."""

import io
import logging
import re
from collections.abc import Collection, Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from comb.records import Turn
from comb.study.params import RoleParams
from comb.transcripts.document_page import CodedRow, Page
from comb.transcripts.embedded_turns import kept_turns
from comb.transcripts.file_safety import check_office, refusing, tidy
from comb.transcripts.symbols import in_font, symbol

if TYPE_CHECKING:
    from docx.document import Document
    from docx.oxml.xmlchemy import BaseOxmlElement as Element

_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_SYM_EX = "{http://schemas.microsoft.com/office/word/2015/wordml/symex}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
CUSTOM_XML = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/customXml"
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
SKIPPED = {_W + name for name in ("pPr", "rPr", "del", "moveFrom", "txbxContent", "rt", "instrText", "delText")}
_CHARACTERS = {_W + "tab": "\t", _W + "br": "\n", _W + "cr": "\n", _W + "noBreakHyphen": "\u2011", _W + "ptab": "\t"}
_RUNS = (_W + "r", _M + "r")
_NOTES = {"footnote": _W + "footnoteReference", "endnote": _W + "endnoteReference"}
_HEADING = re.compile(r"heading \d|title|subtitle")
_LABELLED = re.compile(r"\s*[^\W\d_][\w .'’()-]{0,30}\s*[:：]\s*\S")
_log = logging.getLogger(__name__)
_WRAPPERS = {_W + name for name in ("sdt", "sdtContent", "ins", "moveTo", "smartTag", "customXml")}


def read_word(data: bytes, where: str, roles: RoleParams) -> tuple[str, tuple[Turn, ...]]:
    """Read .docx: tracked insertions count, deletions do not; footnotes and comments are left out.

    A text box that begins with a speaker's label is read in its place; all others are left out. Omissions are counted
    in the log, as is a column of codes beside the words. A document that comb wrote, and that nobody has changed since,
    keeps its turns. Raises BadInputError for a file that is broken, protected by a password or not a .docx.
    """
    document = open_word(data, where)
    with refusing(".docx", where):
        page = _read_page(document, roles)
        text = page.text
        kept = (kept_turns(part, text, roles) for part in _custom_parts(document))
        turns = next((turns for turns in kept if turns is not None), None)
        turns = page.all_turns(where) if turns is None else turns
        _say_left_out(document, page, where)
    return text, turns


def coded_rows(data: bytes, where: str, roles: RoleParams) -> tuple[CodedRow, ...]:
    """Return the rows of a document's tables that have codes beside the words, placed in its canonical text."""
    document = open_word(data, where)
    with refusing(".docx", where):
        return tuple(_read_page(document, roles).coded)


def _say_left_out(document: "Document", page: Page, where: str) -> None:
    body = document.element.body
    boxes = (box for paragraph in body.iter(_W + "p") for box in _boxes(paragraph))
    counts = {"text box": sum(not _is_speech(box) for box in boxes)}
    counts |= {name: sum(1 for _ in body.iter(tag)) for name, tag in _NOTES.items()}
    found = [f"{count} {name}" if count == 1 else f"{count} {_plural(name)}" for name, count in counts.items() if count]
    if found:
        _log.warning("%s: left out, because it is not speech: %s", where, ", ".join(found))
    if page.has_codes:
        _log.warning(
            "%s: the column of codes beside the words is not speech; comb import %s makes codings of it", where, where
        )


def _plural(name: str) -> str:
    return name + ("es" if name.endswith("x") else "s")


def open_word(data: bytes, where: str) -> "Document":
    """Open .docx. Raises BadInputError for a file that is broken, hostile, protected by a password or not a .docx."""
    import docx

    check_office(data, ".docx", where)
    with refusing(".docx", where):
        return docx.Document(io.BytesIO(data))


def word_text(document: "Document") -> str:
    """Return the canonical text of a document."""
    return _read_page(document, RoleParams()).text


def _read_page(document: "Document", roles: RoleParams) -> Page:
    page = Page(roles)
    bold_styles = _bold_styles(document.styles.element)
    headings = _heading_styles(document.styles.element)
    for kind, blocks in groupby(_blocks(document.element.body), key=lambda block: block.tag):
        if kind == _W + "p":
            _add_paragraphs(page, list(blocks), bold_styles, headings)
        else:
            for table in blocks:
                page.add_table([[_cell(cell) for cell in _cells(row)] for row in _table_rows(table)])
    return page


def _custom_parts(document: "Document") -> list[bytes]:
    relations = document.part.rels.values()
    return [rel.target_part.blob for rel in relations if not rel.is_external and rel.reltype == CUSTOM_XML]


def _blocks(parent: "Element") -> Iterator["Element"]:
    """Yield paragraphs and tables in order; a table of one column only frames what is in it."""
    for child in parent:
        if child.tag == _W + "tbl" and _is_frame(child):
            for row in _table_rows(child):
                yield from _blocks(next(_cells(row)))
        elif child.tag in (_W + "p", _W + "tbl"):
            yield child
            if child.tag == _W + "p":
                yield from (inner for box in _boxes(child) if _is_speech(box) for inner in _blocks(box))
        elif child.tag in _WRAPPERS and not _is_placeholder(child):
            yield from _blocks(child)


def _is_frame(table: "Element") -> bool:
    rows = list(_table_rows(table))
    return bool(rows) and all(len(list(_cells(row))) == 1 for row in rows)


def _cells(row: "Element") -> Iterator["Element"]:
    yield from _walk(row, (_W + "tc",))


def _boxes(paragraph: "Element") -> Iterator["Element"]:
    """Yield the text boxes that hang on a paragraph, each once: it may be there in a new form and in an old one."""
    for box in paragraph.iter(_W + "txbxContent"):
        above = list(box.iterancestors())
        inner = above[: above.index(paragraph)]
        choice = any(one.tag == _MC + "Choice" and one.find(f".//{_W}txbxContent") is not None for one in inner)
        fallback = next((one for one in inner if one.tag == _MC + "Fallback"), None)
        twin = fallback is not None and fallback.getparent().find(f"{_MC}Choice//{_W}txbxContent") is not None
        nested = any(one.tag == _W + "txbxContent" for one in inner)
        if (choice or not twin) and not nested:
            yield box


def _is_speech(box: "Element") -> bool:
    """Return whether a text box begins with a speaker's label."""
    texts = (paragraph_text(paragraph) for paragraph in box.iter(_W + "p"))
    return bool(_LABELLED.match(next((text for text in texts if text.strip()), "")))


def _is_placeholder(element: "Element") -> bool:
    """Return whether a content control shows its prompt, and nobody has filled it in."""
    return element.tag == _W + "sdt" and element.find(f"{_W}sdtPr/{_W}showingPlcHdr") is not None


def _add_paragraphs(page: Page, paragraphs: list["Element"], bold_styles: set[str], headings: set[str]) -> None:
    text, bold = "", 0
    for paragraph in paragraphs:
        runs = list(_runs(paragraph, bold_styles))
        if bold == len(text):
            bold += _bold_length(runs)
        text += tidy("".join(run for run, _ in runs))
        if not _mark_is_deleted(paragraph):
            page.add_paragraph(text, bold, heading=_style(paragraph) in headings)
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
    """Return the text of a paragraph, tracked deletions left out."""
    return "".join(text for text, _ in _runs(paragraph, set()))


def _mark_is_deleted(paragraph: "Element") -> bool:
    """Return whether the paragraph's end is a tracked deletion, so that the next paragraph goes on in it."""
    return paragraph.find(f"{_W}pPr/{_W}rPr/{_W}del") is not None


def _runs(paragraph: "Element", bold_styles: set[str]) -> Iterator[tuple[str, bool]]:
    inherited = _style(paragraph) in bold_styles
    for run in _walk(paragraph, _RUNS):
        yield "".join(_characters(run)), _is_bold(run, bold_styles, inherited=inherited)


def _style(paragraph: "Element") -> str:
    style = paragraph.find(f"{_W}pPr/{_W}pStyle")
    return "" if style is None else style.get(_W + "val", "")


def _walk(element: "Element", tags: Collection[str]) -> Iterator["Element"]:
    for child in element:
        if child.tag in tags:
            yield child
        elif child.tag == _MC + "AlternateContent":
            yield from _walk(_alternative(child, tags), tags)
        elif child.tag not in SKIPPED and not _is_placeholder(child):
            yield from _walk(child, tags)


def _alternative(content: "Element", tags: Collection[str]) -> "Element":
    """Return the first of several forms of one content that contains what is looked for; the last if none does."""
    forms = list(content)
    return next((form for form in forms if any(True for _ in form.iter(*tags))), forms[-1] if forms else content)


def _characters(run: "Element") -> Iterator[str]:
    fonts = run.find(f"{_W}rPr/{_W}rFonts")
    font = "" if fonts is None else fonts.get(_W + "ascii") or fonts.get(_W + "hAnsi") or ""
    for child in run:
        yield _character(child, font)


def _character(child: "Element", font: str) -> str:
    if child.tag in (_W + "t", _M + "t"):
        return in_font(child.text or "", font)
    if child.tag in (_W + "sym", _SYM_EX + "symEx"):
        space = _W if child.tag == _W + "sym" else _SYM_EX
        return symbol(child.get(space + "font", ""), child.get(space + "char", ""))
    if child.tag == _MC + "AlternateContent":
        found = ("".join(_character(inner, font) for inner in form) for form in child)
        return next(filter(None, found), "")
    return _CHARACTERS.get(child.tag, "")


def _is_bold(run: "Element", bold_styles: set[str], *, inherited: bool) -> bool:
    bold, italic = (run.find(f"{_W}rPr/{_W}{tag}") for tag in ("b", "i"))
    if italic is not None and _is_on(italic):
        return True
    if bold is not None:
        return _is_on(bold)
    style = run.find(f"{_W}rPr/{_W}rStyle")
    return inherited or (style is not None and style.get(_W + "val") in bold_styles)


def _is_on(switch: "Element") -> bool:
    return switch.get(_W + "val") not in ("0", "false", "off")


def _bold_styles(styles: "Element") -> set[str]:
    bold = ((style, style.find(f"{_W}rPr/{_W}b")) for style in styles.iter(_W + "style"))
    return {style.get(_W + "styleId") for style, switch in bold if switch is not None and _is_on(switch)}


def _heading_styles(styles: "Element") -> set[str]:
    """Return the ids of the styles that Word itself has for titles and headings, whose names no language changes."""
    names = ((style, style.find(f"{_W}name")) for style in styles.iter(_W + "style"))
    return {
        style.get(_W + "styleId")
        for style, name in names
        if name is not None and _HEADING.fullmatch(name.get(_W + "val", "").lower())
    }


def _table_rows(table: "Element") -> Iterator["Element"]:
    for row in _walk(table, (_W + "tr",)):
        if row.find(f"{_W}trPr/{_W}del") is None:
            yield row


def _cell(cell: "Element") -> str:
    return tidy("\n".join(paragraph_text(paragraph) for paragraph in _walk(cell, (_W + "p",))))
