"""The framework matrix as a workbook to read: a sheet for each component, a row for each case."""

from datetime import UTC, datetime
from pathlib import Path

from comb.study.files import atomic
from comb.synthesis.findings import Findings


def write_matrix(path: Path, found: Findings) -> None:
    """Write the matrix: each cell has the summary, its state where it is not up to date, and the passages' ids."""
    import xlsxwriter

    cells = {(cell.case, cell.code): cell for cell in found.matrix}
    cases = dict.fromkeys(cell.case for cell in found.matrix)
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    with atomic(path) as file, xlsxwriter.Workbook(file, options) as book:
        book.set_properties({"created": datetime(2000, 1, 1, tzinfo=UTC)})
        bold, wrap = (
            book.add_format({"bold": True, "text_wrap": True, "valign": "top"}),
            book.add_format({"text_wrap": True, "valign": "top"}),
        )
        for component in dict.fromkeys(map(found.component, found.codes)) or {"matrix": None}:
            codes = [code for code in found.codes if found.component(code) == component]
            sheet = book.add_worksheet(component[:31].replace("/", " "))
            sheet.write_row(0, 0, ["case", *map(found.name, codes)], bold)
            for number, case in enumerate(cases, 1):
                sheet.write_string(number, 0, case, bold)
                for column, code in enumerate(codes, 1):
                    cell = cells.get((case, code))
                    if cell is not None:
                        sheet.write_string(number, column, _shown(cell.summary, cell.state, cell.ids), wrap)
            sheet.freeze_panes(1, 1)
            sheet.set_column(0, 0, 18)
            sheet.set_column(1, max(len(codes), 1), 46)


def _shown(summary: str, state: str, ids: tuple[str, ...]) -> str:
    lines = [summary, f"[{state}]" if state and state != "up to date" else "", "; ".join(ids)]
    return "\n".join(filter(None, lines))
