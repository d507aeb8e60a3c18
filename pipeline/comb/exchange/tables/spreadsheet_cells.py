"""Cells of tables for spreadsheets, in which words that begin like a formula must stay words.

Source: OWASP, "CSV Injection": a cell that begins with ``=``, ``+``, ``-``, ``@``, a tab or a line end (or the
full-width forms) may be taken for a formula; an apostrophe before it stops that. Only tables for people are written in
this way; comb's own CSV files contain the words exactly as they are.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from comb.study.atomic import atomic
from comb.study.csv_files import escape
from comb.study.files import write_text

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST = 32_767
"""Most characters of a cell in Excel."""
Table = tuple[Sequence[str], Sequence[Sequence[object]]]
"""Header and rows."""


def write_csv(path: Path, table: Table) -> None:
    """Write a CSV file for Excel: UTF-8 with a byte order mark, all cells in quotes, formulas escaped."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    for row in (table[0], *table[1]):
        writer.writerow([escape(cell) if isinstance(cell, str) else "" if cell is None else cell for cell in row])
    write_text(path, "\ufeff" + buffer.getvalue())


def write_workbook(path: Path, sheets: "Mapping[str, Table]") -> int:
    """Write a workbook for reading and printing; return how many texts were too long for a cell and were cut.

    Texts are never formulas. Headers stay visible, have filters, and are repeated on each printed page.
    """
    import xlsxwriter

    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    cut = 0
    with atomic(path) as file, xlsxwriter.Workbook(file, options) as book:
        # A fixed date keeps the bytes the same from run to run.
        book.set_properties({"created": datetime(2000, 1, 1, tzinfo=UTC)})
        looks = {
            "header": book.add_format({"bold": True, "text_wrap": True, "valign": "bottom", "bottom": 1}),
            "text": book.add_format({"text_wrap": True, "valign": "top"}),
            "whole": book.add_format({"valign": "top"}),
            "decimal": book.add_format({"valign": "top", "num_format": "0.00"}),
        }
        for name, (header, rows) in sheets.items():
            sheet = book.add_worksheet(name)
            cut += _fill(sheet, header, rows, looks)
            _print_on_one_page_wide(sheet)
    return cut


def _print_on_one_page_wide(sheet: Any) -> None:
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.6)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.set_footer("&L&A&RPage &P of &N")


def _fill(sheet: Any, header: Sequence[str], rows: Iterable[Sequence[object]], looks: "Mapping[str, Any]") -> int:
    cut = last = 0
    for at, name in enumerate(header):
        sheet.write_string(0, at, name[:LONGEST], looks["header"])
        sheet.set_column(at, at, _width(name))
    for last, row in enumerate(rows, 1):
        for at, cell in enumerate(row):
            cut += isinstance(cell, str) and len(cell) > LONGEST
            _write(sheet, last, at, cell, looks)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(last, 1), max(len(header) - 1, 0))
    return cut


def _width(name: str) -> int:
    """Return the width of a column in characters."""
    wide = {"quote": 60, "definition": 60, "text": 60, "memo": 30, "path": 30, "code name": 24}
    narrow = ("start", "end", "score", "valence", "codings")
    return wide.get(name, 10 if name in narrow else min(max(len(name) + 2, 12), 20))


def _write(sheet: Any, row: int, column: int, cell: object, looks: "Mapping[str, Any]") -> None:
    if isinstance(cell, str):
        text = cell if len(cell) <= LONGEST else cell[: LONGEST - 1] + "…"
        sheet.write_string(row, column, text, looks["text"])
    elif isinstance(cell, int | float):
        sheet.write_number(row, column, cell, looks["whole" if isinstance(cell, int) else "decimal"])
