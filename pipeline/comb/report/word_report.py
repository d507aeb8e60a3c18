"""The report as a Word document: styles that journals accept, real tables, pictures with captions and alt texts."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from io import BytesIO
from math import sqrt
from typing import TYPE_CHECKING, Any

from comb.exchange.word.writer import packed
from comb.report.document import Block, Heading, Paragraph, PictureBlock, TableBlock
from comb.synthesis.results_tables import Table
from comb.transcripts.embedded_turns import xml_safe

if TYPE_CHECKING:
    from docx.document import Document

FONT = "Times New Roman"
FULL, LANDSCAPE = 16.0, 24.7
"""Widths of the text in cm, on an upright page and on a landscape page."""
LETTER = 0.18
"""Approximate width in cm of a letter in a table."""


def word_report(title: str, blocks: Iterable[Block], pictures: Mapping[str, bytes]) -> bytes:
    """Return the document, the same bytes for the same report; ``pictures`` are PNG files by the picture's name."""
    import docx

    document = docx.Document()
    _set_up(document, title)
    document.add_paragraph(xml_safe(title), style="Title")
    numbers = {"Table": 0, "Figure": 0}
    waiting: list[Heading] = []
    for block in blocks:
        if isinstance(block, Heading):
            waiting.append(block)
            continue
        _turn(document, wide=isinstance(block, TableBlock) and _is_wide(block.table))
        for heading in waiting:
            document.add_heading(xml_safe(heading.text), heading.level)
        waiting.clear()
        _draw(document, block, numbers, pictures)
    return packed(document)


def _draw(
    document: "Document",
    block: Paragraph | TableBlock | PictureBlock,
    numbers: dict[str, int],
    pictures: Mapping[str, bytes],
) -> None:
    match block:
        case Paragraph(text, kind):
            document.add_paragraph(xml_safe(text), style={"body": "Normal", "note": "Note", "todo": "To do"}[kind])
        case TableBlock(table):
            numbers["Table"] += 1
            _caption(document, "Table", numbers["Table"], table.title, before=True)
            _table(document, table)
        case PictureBlock(picture):
            numbers["Figure"] += 1
            _picture(document, pictures[picture.name], picture.alt)
            _caption(document, "Figure", numbers["Figure"], picture.caption, before=False)


def _set_up(document: "Document", title: str) -> None:
    from docx.enum.style import WD_STYLE_TYPE
    from docx.enum.text import WD_LINE_SPACING
    from docx.shared import Cm, Pt, RGBColor

    day = datetime(2000, 1, 1, tzinfo=UTC)
    properties = document.core_properties
    properties.title, properties.author, properties.comments, properties.language = xml_safe(title), "comb", "", "en-GB"
    properties.created = properties.modified = properties.last_printed = day
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Cm(2.5)
    _footer(section)
    for name, size in (("Normal", 11), ("Title", 18), ("Heading 1", 14), ("Heading 2", 12), ("Caption", 10)):
        style = document.styles[name]
        _font(style, size)
        style.font.bold = name != "Normal"
        style.paragraph_format.space_after = Pt(6)
    document.styles["Caption"].paragraph_format.space_before = Pt(12)
    document.styles["Normal"].paragraph_format.line_spacing_rule = WD_LINE_SPACING.ONE_POINT_FIVE
    for name, color in (("Note", "555555"), ("To do", "A33B00"), ("Table text", "000000")):
        style = document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.base_style = document.styles["Normal"]
        _font(style, 9 if name != "To do" else 11)
        style.font.color.rgb = RGBColor.from_string(color)
        style.font.italic = name == "To do"
        style.paragraph_format.line_spacing = 1.0
        style.paragraph_format.space_after = Pt(2 if name == "Table text" else 6)
        style.paragraph_format.space_before = Pt(2 if name == "Table text" else 0)


def _font(style: Any, size: float) -> None:
    from docx.oxml.ns import qn
    from docx.shared import Pt, RGBColor

    style.font.name, style.font.size = FONT, Pt(size)
    style.font.color.rgb = RGBColor(0, 0, 0)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for name in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
        fonts.attrib.pop(qn(name), None)
    for name in ("w:ascii", "w:hAnsi", "w:eastAsia", "w:cs"):
        fonts.set(qn(name), FONT)


def _footer(section: Any) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    paragraph = section.footer.paragraphs[0]
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _field(paragraph, "PAGE", "1")


def _field(paragraph: Any, instruction: str, shown: str) -> None:
    """Add a field that Word counts itself, with what it shows until then."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), instruction)
    run, text = OxmlElement("w:r"), OxmlElement("w:t")
    text.text = shown
    run.append(text)
    field.append(run)
    paragraph._p.append(field)


def _turn(document: "Document", *, wide: bool) -> None:
    """Begin a page on its side, or upright, where the last block was the other way round."""
    from docx.enum.section import WD_ORIENT, WD_SECTION

    last = document.sections[-1]
    if (last.orientation == WD_ORIENT.LANDSCAPE) == wide:
        return
    new = document.add_section(WD_SECTION.NEW_PAGE)
    new.orientation = WD_ORIENT.LANDSCAPE if wide else WD_ORIENT.PORTRAIT
    new.page_width, new.page_height = last.page_height, last.page_width
    _take_no_room(document)


def _take_no_room(document: "Document") -> None:
    """Put the last break of sections into the paragraph before it: an empty one of its own may fill a blank page."""
    from docx.oxml.ns import qn
    from docx.shared import Pt

    element = document.element.body.xpath("./w:p[w:pPr/w:sectPr]")[-1]
    before = element.getprevious()
    if before is not None and before.tag == qn("w:p") and not before.xpath("./w:pPr/w:sectPr"):
        before.get_or_add_pPr().append(element.pPr.sectPr)
        element.getparent().remove(element)
        return
    paragraph = next(p for p in reversed(document.paragraphs) if p._p is element)
    paragraph.style = "Note"
    paragraph.paragraph_format.line_spacing = Pt(1)
    paragraph.paragraph_format.space_after = Pt(0)


def _caption(document: "Document", kind: str, number: int, text: str, *, before: bool) -> None:
    paragraph = document.add_paragraph(style="Caption")
    paragraph.paragraph_format.keep_with_next = before
    paragraph.add_run(f"{kind} ")
    _field(paragraph, f"SEQ {kind} \\* ARABIC", str(number))
    run = paragraph.add_run(f". {xml_safe(text)}")
    run.bold = False


def _table(document: "Document", table: Table) -> None:
    from docx.enum.table import WD_TABLE_ALIGNMENT
    from docx.shared import Cm

    drawn = document.add_table(rows=1, cols=len(table.columns))
    drawn.alignment = WD_TABLE_ALIGNMENT.CENTER
    drawn.autofit = False
    rows = [table.columns, *(line.cells for line in table.lines)]
    widths, style = _widths(table), document.styles["Table text"].style_id
    for column, width in zip(drawn.columns, widths, strict=True):
        column.width = Cm(width)
    for number, cells in enumerate(rows):
        row = drawn.rows[0] if number == 0 else drawn.add_row()
        _row(row, cells, widths, style, heading=number == 0)
    _rules(drawn)
    for note in table.notes:
        document.add_paragraph(xml_safe(note), style="Note")


def _row(row: Any, cells: Iterable[str], widths: list[float], style: str, *, heading: bool) -> None:
    """Write a row; ``style`` is the id of the cells' style, because python-docx looks a name up among all styles."""
    from docx.oxml import OxmlElement
    from docx.shared import Cm

    properties = row._tr.get_or_add_trPr()
    properties.append(OxmlElement("w:cantSplit"))
    if heading:
        properties.append(OxmlElement("w:tblHeader"))
    for cell, text, width in zip(row.cells, cells, widths, strict=True):
        cell.width = Cm(width)
        paragraph = cell.paragraphs[0]
        paragraph._p.style = style
        stripped = text.lstrip(" ")
        paragraph.paragraph_format.left_indent = Cm(0.12 * (len(text) - len(stripped)))
        paragraph.add_run(xml_safe(stripped)).bold = heading


def _columns(table: Table) -> list[tuple[str, ...]]:
    return list(zip(table.columns, *(line.cells for line in table.lines), strict=True))


def _least(column: Iterable[str]) -> float:
    """Return the width in cm that a column needs for its longest word."""
    longest: int = max((len(word) for text in column for word in text.split()), default=1)
    return LETTER * longest + 0.45


def _wanted(column: Iterable[str]) -> float:
    """Return the width in cm that a column could do with: one line for short texts, more for long ones."""
    longest: int = max(len(text) for text in column)
    return max(_least(column), min(LETTER * longest + 0.45, 0.5 * sqrt(longest) + 1.0))


def _widths(table: Table) -> list[float]:
    """Return the widths in cm: every column has its longest word on one line, the rest goes to those that want it."""
    full = LANDSCAPE if _is_wide(table) else FULL
    least = [_least(column) for column in _columns(table)]
    if sum(least) >= full:
        return [full * width / sum(least) for width in least]
    more = [_wanted(column) - width + 0.01 for column, width in zip(_columns(table), least, strict=True)]
    return [width + (full - sum(least)) * extra / sum(more) for width, extra in zip(least, more, strict=True)]


def _is_wide(table: Table) -> bool:
    """Return whether a table needs a page on its side."""
    columns = _columns(table)
    return sum(map(_wanted, columns)) > 1.3 * FULL or sum(map(_least, columns)) > FULL


def _rules(table: Any) -> None:
    """Draw three rules and no more, as journals do: above and below the heading, and at the foot."""
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    line = 'w:val="single" w:sz="{size}" w:space="0" w:color="000000"'
    borders = (
        f"<w:tblBorders {nsdecls('w')}><w:top {line.format(size=8)}/><w:bottom {line.format(size=8)}/></w:tblBorders>"
    )
    table._tbl.tblPr.append(parse_xml(borders))
    for cell in table.rows[0].cells:
        below = f"<w:tcBorders {nsdecls('w')}><w:bottom {line.format(size=4)}/></w:tcBorders>"
        cell._tc.get_or_add_tcPr().append(parse_xml(below))


def _picture(document: "Document", png: bytes, alt: str) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Cm, Emu

    paragraph = document.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.paragraph_format.keep_with_next = True
    shape = paragraph.add_run().add_picture(BytesIO(png))
    scale = min(Cm(FULL) / shape.width, Cm(19) / shape.height, 1)
    shape.width, shape.height = Emu(int(shape.width * scale)), Emu(int(shape.height * scale))
    shape._inline.docPr.set("descr", xml_safe(alt))
