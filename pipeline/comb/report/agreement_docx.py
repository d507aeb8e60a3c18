"""The agreement tables for Word, in the style of the American Psychological Association."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from comb.agreement.interpretation import title
from comb.agreement.results import Agreement, Figure
from comb.codings.machine import LLM
from comb.exchange.word.writer import packed
from comb.report.agreement_text import FOR_RESEARCHER, coreq, disclosure, independence, methods, srqr
from comb.report.blocks import main_kappa, noun, shown, who
from comb.report.number_text import number, reasons, spread, with_interval

if TYPE_CHECKING:
    from docx.document import Document
    from docx.table import Table, _Cell

STAMP = (2000, 1, 1, 0, 0, 0)
MARGIN_CM = 2.54
SIZE = 11
LINE = 6
"""Thickness of the rules, in eighths of a point."""


def render_agreement_docx(found: Agreement, names: Mapping[str, str] = MappingProxyType({})) -> bytes:
    """Write a Word document: tables overall, by code and for the model, the methods paragraph and the checklists.

    ``names`` are those of the codes, by id.
    """
    document = _new(f"Agreement of {who(found)}")
    numbered = iter(range(1, 100))
    _overall(document, next(numbered), found)
    _by_code(document, next(numbered), found, names)
    for part in found.machine:
        if part.overall:
            rows = [
                [title(name), with_interval(t.human), with_interval(t.machine), with_interval(t.difference)]
                for name, t in part.overall.items()
            ]
            caption = f"Agreement Between People and of the Model With People on the Same {part.units} Units"
            note = "Values in parentheses are 95% percentile bootstrap confidence intervals. "
            note += (
                "The model was blind to people's codings."
                if part.machine.startswith(LLM)
                else "The model was not trained on the transcripts in question (cross-validation by transcript)."
            )
            header = ["Coefficient", "Between people", "Model and people", "Difference"]
            _table(document, next(numbered), caption, header, rows, note)
    _heading(document, "Methods")
    document.add_paragraph(methods(found))
    document.add_paragraph(independence(found))
    told = disclosure(found)
    if told:
        _heading(document, "Disclosure of the model")
        for paragraph in told.split("\n\n"):
            document.add_paragraph(paragraph)
    for name, items in (("COREQ Checklist", coreq(found)), ("SRQR Checklist", srqr(found))):
        note = (
            f"The study's files do not answer the items marked '{FOR_RESEARCHER}'. The answers are about what is "
            "compared here; those for a whole study are in its report (COREQ items 24–32 and SRQR)."
        )
        _table(document, next(numbered), name, ["No.", "Item", "Answer"], [list(item) for item in items], note)
    return packed(_dated(document))


def _overall(document: "Document", number_of_table: int, found: Agreement) -> None:
    figures = {name: figure for name, figure in found.overall.items() if figure.value is not None}
    rows = [[title(name), number(figure), spread(figure)] for name, figure in figures.items()]
    header = ["Coefficient", "Value", "95% CI"]
    errors = ["" if figure.se is None else f"{figure.se:.3f}" for figure in figures.values()]
    if any(errors):
        header.append("SE")
        rows = [[*row, error] for row, error in zip(rows, errors, strict=True)]
    where = f" From {found.transcripts} Transcripts" if found.transcripts else ""
    caption = f"Agreement on {found.units} {noun(found).capitalize()}{where}"
    note = (
        f"CI = percentile bootstrap confidence interval over {found.settings.resampled} "
        f"({found.settings.bootstrap:,} replicates)."
    )
    if any(errors):
        note += " SE = analytic standard error, which treats units as independent."
    if found.levels:
        note += f" Codes were compared at level {found.settings.level} of the codebook."
    if found.models and len(found.coders) - len(found.models) < 2:
        note += " One coder and a model: this is not agreement between people."
    note += "".join(f" {caveat}" for caveat in found.notes)
    note += _why({title(name): figure for name, figure in figures.items()})
    _table(document, number_of_table, caption, header, rows, note)


def _by_code(document: "Document", number_of_table: int, found: Agreement, names: Mapping[str, str]) -> None:
    kappa = main_kappa(found)
    rows, kappas = [], {}
    for code, figures in found.codes.items():
        counts = found.use[code]
        if any(counts.values()):
            often = " / ".join(str(n) for n in counts.values())
            ac1, alpha = number(figures["gwet_ac1"]), number(figures["krippendorff_alpha"])
            name = names.get(code) or code.replace("_", " ")
            kappas[name] = figures[kappa]
            rows.append([name, often, number(figures[kappa]), spread(figures[kappa]), ac1, alpha])
    by = " / ".join(shown(found, coder) for coder in found.coders)
    header = ["Code", "Uses", title(kappa), "95% CI", "AC1", "α"]
    note = f"Uses: how often each coder used the code, in the order {by}. CI = confidence interval; AC1 = Gwet's AC1; "
    note += f"α = Krippendorff's alpha.{_why(kappas)}"
    _table(document, number_of_table, "Agreement by Code", header, rows, note)


def _why(figures: Mapping[str, Figure]) -> str:
    """Return why values or intervals are missing or say little, as further sentences of a note."""
    return "".join(f" {line.strip()}" for line in reasons(figures))


def _new(heading: str) -> "Document":
    import docx
    from docx.shared import Cm, Pt

    document = docx.Document()
    section = document.sections[0]
    for side in ("left_margin", "right_margin", "top_margin", "bottom_margin"):
        setattr(section, side, Cm(MARGIN_CM))
    style = document.styles["Normal"]
    style.font.name, style.font.size = "Times New Roman", Pt(SIZE)
    document.core_properties.author = ""
    document.core_properties.title = heading
    _heading(document, heading)
    return document


def _heading(document: "Document", text: str) -> None:
    from docx.shared import Pt

    paragraph = document.add_paragraph()
    run = paragraph.add_run(text)
    run.bold = True
    run.font.size = Pt(SIZE + 1)
    paragraph.paragraph_format.space_before = Pt(14)
    paragraph.paragraph_format.keep_with_next = True


def _table(
    document: "Document",
    number_of_table: int,
    caption: str,
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    note: str,
) -> None:
    """Write a numbered table with rules above, below and under the header, and a note."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    top = document.add_paragraph()
    top.add_run(f"Table {number_of_table}").bold = True
    name = document.add_paragraph()
    name.add_run(caption).italic = True
    for paragraph in (top, name):
        paragraph.paragraph_format.keep_with_next = True
        paragraph.paragraph_format.space_after = Pt(4)
    top.paragraph_format.space_before = Pt(16)
    table = document.add_table(rows=1 + len(rows), cols=len(header))
    words = header[-1] == "Answer"
    for r, cells in enumerate([header, *rows]):
        for c, text in enumerate(cells):
            paragraph = table.cell(r, c).paragraphs[0]
            paragraph.add_run(str(text)).font.size = Pt(SIZE - 1)
            paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(1.5)
            if c and not words:
                paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _widths(table, [1.5, 6.0, 8.5] if words else [6.5] + [9.5 / (len(header) - 1)] * (len(header) - 1))
    _rules(table)
    below = document.add_paragraph()
    below.add_run("Note. ").italic = True
    below.add_run(note)
    below.paragraph_format.space_before = Pt(4)
    for run in below.runs:
        run.font.size = Pt(SIZE - 1)


def _widths(table: "Table", centimetres: Sequence[float]) -> None:
    from docx.shared import Cm

    table.autofit = False
    for column, width in zip(table.columns, centimetres, strict=True):
        column.width = Cm(width)
    for row in table.rows:
        for cell, width in zip(row.cells, centimetres, strict=True):
            cell.width = Cm(width)


def _rules(table: "Table") -> None:
    from docx.oxml.ns import qn

    for cell in table.rows[0].cells:
        _rule(cell, "top", "bottom")
    for cell in table.rows[-1].cells:
        _rule(cell, "bottom")
    repeat = table.rows[0]._tr.get_or_add_trPr()
    repeat.append(repeat.makeelement(qn("w:tblHeader"), {qn("w:val"): "true"}))
    for row in table.rows:
        own = row._tr.get_or_add_trPr()
        own.append(own.makeelement(qn("w:cantSplit"), {}))


def _rule(cell: "_Cell", *sides: str) -> None:
    from docx.oxml.ns import qn

    own = cell._tc.get_or_add_tcPr()
    borders = own.find(qn("w:tcBorders"))
    if borders is None:
        borders = own.makeelement(qn("w:tcBorders"), {})
        own.append(borders)
    for side in sides:
        attributes = {qn("w:val"): "single", qn("w:sz"): str(LINE), qn("w:color"): "000000"}
        borders.append(borders.makeelement(qn(f"w:{side}"), attributes))


def _dated(document: "Document") -> "Document":
    """Set a fixed date, so that the same figures give the same bytes, and return the document."""
    import datetime

    document.core_properties.created = document.core_properties.modified = datetime.datetime(*STAMP)
    return document
