"""Cells of tables that people open in a spreadsheet: words that begin like a formula must stay words.

Source: OWASP, "CSV Injection": a cell that begins with ``=``, ``+``, ``-``, ``@``, a tab or a line end (or the
full-width forms) may be taken for a formula; an apostrophe before it stops that. Only tables for people are written
so; comb's own CSV files hold the words exactly as they are.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from comb.study.csv_files import escape
from comb.study.files import atomic, write_text

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST = 32_767
"""Characters that a cell of Excel holds."""
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
    """Write a workbook whose texts are texts, and say how many were too long for a cell and had to be cut."""
    import xlsxwriter

    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    cut = 0
    with atomic(path) as file, xlsxwriter.Workbook(file, options) as book:
        # A fixed date keeps the bytes the same from run to run.
        book.set_properties({"created": datetime(2000, 1, 1, tzinfo=UTC)})
        looks = (book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"}))
        for name, (header, rows) in sheets.items():
            cut += _fill(book.add_worksheet(name), header, rows, looks)
    return cut


def _fill(sheet: Any, header: Sequence[str], rows: Iterable[Sequence[object]], looks: tuple[Any, Any]) -> int:
    cut = last = 0
    for at, name in enumerate(header):
        sheet.write_string(0, at, name[:LONGEST], looks[0])
        sheet.set_column(at, at, 70 if name in ("quote", "definition") else 16)
    for last, row in enumerate(rows, 1):
        for at, cell in enumerate(row):
            cut += isinstance(cell, str) and len(cell) > LONGEST
            _write(sheet, last, at, cell, looks[1])
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(last, 1), max(len(header) - 1, 0))
    return cut


def _write(sheet: Any, row: int, column: int, cell: object, look: Any) -> None:
    if isinstance(cell, str):
        text = cell if len(cell) <= LONGEST else cell[: LONGEST - 1] + "…"
        sheet.write_string(row, column, text, look)
    elif isinstance(cell, int | float):
        sheet.write_number(row, column, cell, look)
