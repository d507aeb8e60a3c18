"""The framework matrix as a workbook to read: a sheet for each component, a row for each case."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from comb.study.atomic import atomic
from comb.synthesis.charting import cases
from comb.synthesis.findings import Findings
from comb.synthesis.forms import fitted


def write_matrix(path: Path, found: Findings) -> None:
    """Write the matrix: each cell has the summary, its state if it is not up to date, and the passages' ids."""
    import xlsxwriter

    cells = {(cell.case, cell.code): cell for cell in found.matrix}
    groups = _groups(found)
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    with atomic(path) as file, xlsxwriter.Workbook(file, options) as book:
        book.set_properties({"created": datetime(2000, 1, 1, tzinfo=UTC)})
        bold, wrap = (
            book.add_format({"bold": True, "text_wrap": True, "valign": "top"}),
            book.add_format({"text_wrap": True, "valign": "top"}),
        )
        for component in dict.fromkeys(map(found.component, found.codes)) or {"matrix": None}:
            codes = [code for code in found.codes if found.component(code) == component]
            sheet = book.add_worksheet(_sheet_name(component, [sheet.name for sheet in book.worksheets()]))
            sheet.write_row(0, 0, ["group", "case", *map(found.name, codes)], bold)
            for number, (case, group) in enumerate(groups.items(), 1):
                sheet.write_row(number, 0, [group, case], bold)
                for column, code in enumerate(codes, 2):
                    cell = cells.get((case, code))
                    if cell is not None:
                        sheet.write_string(number, column, fitted(_shown(cell.summary, cell.state, cell.ids)), wrap)
            sheet.freeze_panes(1, 2)
            sheet.set_column(0, 1, 18)
            sheet.set_column(2, len(codes) + 1, 46)


def _groups(found: Findings) -> dict[str, str]:
    """Return each case with its group, sorted by group so that cases can be compared within and across them."""
    named = {}
    for case, transcripts in cases(found.everyone).items():
        people = [person for name in transcripts for person in found.everyone.sessions[name].participants]
        named[case] = ", ".join(sorted(set(map(found.everyone.group, people)))) if found.everyone.groups else ""
    return {
        case: named.get(case, "")
        for case in sorted(dict.fromkeys(c.case for c in found.matrix), key=lambda c: named.get(c, ""))
    }


def _sheet_name(name: str, taken: Sequence[str]) -> str:
    """Return a name that Excel allows and no sheet has yet."""
    plain = re.sub(r"[\[\]:*?/\\']", " ", name).strip()[:27] or "sheet"
    known = {other.casefold() for other in taken}
    numbered = (f"{plain} {number}" for number in range(2, len(taken) + 3))
    return next(candidate for candidate in (plain, *numbered) if candidate.casefold() not in known)


def _shown(summary: str, state: str, ids: tuple[str, ...]) -> str:
    lines = [summary, f"[{state}]" if state and state != "up to date" else "", "; ".join(ids)]
    return "\n".join(filter(None, lines))
