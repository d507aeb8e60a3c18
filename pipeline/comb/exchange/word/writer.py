"""A coded transcript as a Word document: coded words shaded in their code's colour, codes in the margin as comments.

``comb.transcripts.reader`` reads the document back as the same canonical text and turns, and ``comments`` reads the
comments back as the same codings.
"""

import io
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from comb.codings.code_labels import written
from comb.codings.machine import MODEL
from comb.exchange.colors import BLACK, WHITE, palette, readable, tint
from comb.exchange.project import Project
from comb.records import Transcript
from comb.study.files import write_bytes
from comb.transcripts.embedded_turns import keep_turns, xml_safe
from comb.transcripts.word import CUSTOM_XML

if TYPE_CHECKING:
    from docx.document import Document
    from docx.oxml.xmlchemy import BaseOxmlElement as Element

THRESHOLD = "threshold "
ASK = "Suggestions are by “comb model”. Reply to one with yes, no or another code, and import the document again."
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:Z|[+-]\d{2}:\d{2})?")
_STAMP = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment on a span."""

    start: int
    end: int
    code: str
    author: str
    lines: tuple[str, ...]
    date: str = ""


@dataclass
class _Writer:
    """The paragraphs as they grow, with the marks that are open."""

    body: "Element"
    colors: dict[str, str]
    paragraph: "Element | None" = None
    open: dict[int, Comment] = field(default_factory=dict)


def write_docx(project: Project, path: Path) -> list[str]:
    """Write the only transcript of a project with its codings and suggestions. Return warnings on omissions."""
    (name,) = project.transcripts
    write_bytes(path, docx_bytes(project, name))
    empty = sum(not coding.code for coding in project.codings)
    return [f"rows that say “read, no code”, left out: {empty}"] if empty else []


def docx_bytes(project: Project, name: str) -> bytes:
    """Return the document of one transcript as bytes, the same for the same project.

    Codings outside the transcript's text, and those that mean "read, no code", are left out.
    """
    import docx
    from docx.opc.packuri import PackURI
    from docx.opc.part import Part

    transcript = project.transcripts[name]
    marks = sorted(_marks(project, transcript), key=lambda mark: (mark.start, -mark.end))
    colors = palette(project.codebook, dict.fromkeys(mark.code for mark in marks))
    document = docx.Document()
    properties = document.core_properties
    properties.title, properties.author, properties.comments = xml_safe(name), "comb", ""
    _write_body(document, transcript, marks, colors)
    _write_comments(document, marks)
    _write_legend(document, project, marks, colors)
    _set_styles(document)
    kept = keep_turns(name, transcript.text, transcript.turns)
    package = document.part.package
    document.part.relate_to(Part(PackURI("/customXml/item2.xml"), "application/xml", kept, package), CUSTOM_XML)
    return packed(document)


def _set_styles(document: "Document") -> None:
    """Set what a reader of a journal's supplement expects: a serif face, room between turns, numbered pages."""
    from docx.shared import Pt

    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = "Times New Roman", Pt(11)
    normal.paragraph_format.space_after, normal.paragraph_format.line_spacing = Pt(6), 1.15
    section = document.sections[0]
    for footer in (section.footer, section.first_page_footer):
        footer.is_linked_to_previous = False
        paragraph = footer.paragraphs[0]
        paragraph.style = document.styles["Footer"]
        paragraph._p.append(_element("fldSimple", instr="PAGE"))


def packed(document: "Document") -> bytes:
    """Return the document as bytes, without the times that zip files contain."""
    first, out = io.BytesIO(), io.BytesIO()
    document.save(first)
    with zipfile.ZipFile(first) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.namelist():
            new.writestr(zipfile.ZipInfo(entry, _STAMP), old.read(entry), zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _marks(project: Project, transcript: Transcript) -> Iterator[Comment]:
    for coding in project.codings:
        if coding.transcript == transcript.id and coding.code and _fits(coding.start, coding.end, transcript):
            head = written(coding.code, coding.valence, coding.score)
            lines = (head, *(coding.memo.split("\n") if coding.memo else ()))
            yield Comment(coding.start, coding.end, coding.code, coding.coder, lines, coding.created_at)
    for item in project.suggestions:
        if item.transcript == transcript.id and _fits(item.start, item.end, transcript):
            lines = (written(item.code, item.valence, item.score), f"{THRESHOLD}{item.threshold}")
            yield Comment(item.start, item.end, item.code, MODEL + item.model, lines)


def _fits(start: int, end: int, transcript: Transcript) -> bool:
    return 0 <= start < end <= len(transcript.text)


# ---- the text


def _write_body(document: "Document", transcript: Transcript, marks: Sequence[Comment], colors: dict[str, str]) -> None:
    body = document.element.body
    writer = _Writer(body, colors)
    starts, ends = defaultdict(list), defaultdict(list)
    for number, mark in enumerate(marks):
        starts[mark.start].append(number)
        ends[mark.end].append(number)
    text = xml_safe(transcript.text)
    labels = _labels(transcript)
    breaks = {at for match in re.finditer("\n", text) for at in match.span()}
    cuts = sorted({0, len(text), *starts, *ends, *breaks, *(at for span in labels for at in span)})
    label = iter([*labels, (len(text) + 1, len(text) + 1)])
    bold = next(label)
    _new_paragraph(writer)
    for at, until in zip(cuts, [*cuts[1:], len(text)], strict=True):
        _close(writer, ends.get(at, ()))
        _open(writer, starts.get(at, ()), marks)
        while bold[1] <= at:
            bold = next(label)
        if text[at:until] == "\n":
            _new_paragraph(writer)
        elif until > at:
            _add_run(writer, text[at:until], bold=bold[0] <= at)


def _labels(transcript: Transcript) -> list[tuple[int, int]]:
    """Find what stands before each turn in its line: the speaker's name."""
    found = []
    before = 0
    for turn in transcript.turns:
        line = max(transcript.text.rfind("\n", 0, turn.start) + 1, before)
        if turn.speaker and line < turn.start:
            found.append((line, turn.start))
        before = turn.end
    return found


def _new_paragraph(writer: _Writer) -> None:
    from docx.oxml import OxmlElement

    writer.paragraph = OxmlElement("w:p")
    last = writer.body[-1] if len(writer.body) else None
    if last is not None and last.tag.endswith("}sectPr"):
        last.addprevious(writer.paragraph)
    else:
        writer.body.append(writer.paragraph)


def _open(writer: _Writer, numbers: Sequence[int], marks: Sequence[Comment]) -> None:
    for number in numbers:
        writer.open[number] = marks[number]
        _append(writer, _element("commentRangeStart", id=str(number)))


def _close(writer: _Writer, numbers: Sequence[int]) -> None:
    for number in numbers:
        del writer.open[number]
        _append(writer, _element("commentRangeEnd", id=str(number)))
        run = _element("r")
        run.append(_element("commentReference", id=str(number)))
        _append(writer, run)


def _add_run(writer: _Writer, text: str, *, bold: bool) -> None:
    run = _element("r")
    style = _element("rPr")
    if bold:
        style.append(_element("b"))
    for property_ in _looks(writer):
        style.append(property_)
    if len(style):
        run.append(style)
    for at, piece in enumerate(text.split("\t")):
        if at:
            run.append(_element("tab"))
        if piece:
            run.append(_text(piece))
    _append(writer, run)


def _looks(writer: _Writer) -> Iterator["Element"]:
    """Shade with the innermost code; underline with the next, and draw a frame if there are more than two."""
    inner = sorted(writer.open.values(), key=lambda mark: (mark.end - mark.start, mark.start))
    codes = list(dict.fromkeys(mark.code for mark in inner))
    colors = [writer.colors[code] for code in codes]
    if len(colors) > 1:
        yield _element("u", val="thick", color=readable(colors[1], WHITE)[1:])
    if len(colors) > 2:
        yield _element("bdr", val="single", sz="4", space="0", color=readable(colors[2], WHITE)[1:])
    if colors:
        yield _element("shd", val="clear", color="auto", fill=tint(colors[0], WHITE, BLACK)[1:])


def _append(writer: _Writer, element: "Element") -> None:
    assert writer.paragraph is not None  # noqa: S101  (a paragraph is made before anything stands in one)
    writer.paragraph.append(element)


def _element(name: str, **attributes: str) -> "Element":
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    return OxmlElement(f"w:{name}", attrs={qn(f"w:{key}"): value for key, value in attributes.items()})


def _text(text: str) -> "Element":
    element = _element("t")
    element.text = text
    element.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    return element


# ---- the margin and the legend


def _write_comments(document: "Document", marks: Sequence[Comment]) -> None:
    comments = document.part._comments_part.element
    for number, mark in enumerate(marks):
        author = xml_safe(mark.author)
        initials = "".join(word[0] for word in author.split())[:3]
        dated = {"date": mark.date} if _DATE.fullmatch(mark.date) else {}
        comment = _element("comment", id=str(number), author=author, initials=initials, **dated)
        for line in mark.lines:
            comment.append(_line(line))
        comments.append(comment)


def _line(line: str) -> "Element":
    paragraph, run = _element("p"), _element("r")
    for at, piece in enumerate(xml_safe(line).split("\t")):
        if at:
            run.append(_element("tab"))
        run.append(_text(piece))
    paragraph.append(run)
    return paragraph


def _write_legend(document: "Document", project: Project, marks: Sequence[Comment], colors: dict[str, str]) -> None:
    """Name the codes in the head of the first page: what stands there is no part of the transcript."""
    section = document.sections[0]
    section.different_first_page_header_footer = True
    names = {code.id: code.name for code in project.codebook or ()}
    used = dict.fromkeys(mark.code for mark in marks)
    legend = section.first_page_header.paragraphs[0]._p
    for code in [code for code in colors if code in used]:
        run, style = _element("r"), _element("rPr")
        style.append(_element("shd", val="clear", color="auto", fill=tint(colors[code], WHITE, BLACK)[1:]))
        run.append(style)
        run.append(_text(xml_safe(f" {names.get(code, code)} ")))
        legend.append(run)
        gap = _element("r")
        gap.append(_text("  "))
        legend.append(gap)
    if any(mark.author.startswith(MODEL) for mark in marks):
        section.first_page_header.add_paragraph(ASK)
