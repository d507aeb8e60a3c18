"""Write Excel workbooks to fill in, and read completed ones into the study's files.

A workbook contains, on hidden sheets, the original content of its cells. Only changed cells are read back, and none if
the study's file has changed in the meantime, so that nobody's words are lost.
"""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from comb.errors import BadInputError
from comb.study.atomic import atomic
from comb.study.files import write_rows
from comb.synthesis.sheets import WHERE, Row, Sheet, read_sheet, wrong

WIDTHS = {"passages": 80, "text": 80, "summary": 60, "statement": 60, "comment": 40, "definition": 60}
CELL = 32_767
"""Most characters of a cell in Excel."""
CUT = "\n[… cut off here: the rest is in data/processed/synthesis/passages.csv]"
EMPTY_ROWS = 60
"""Empty rows of a sheet to which rows can be added."""


@dataclass(frozen=True)
class Page:
    """One sheet of a workbook: rows of the study's file, with additional read-only columns."""

    sheet: Sheet
    shown: tuple[str, ...]
    rows: Sequence[Row]
    """Each with key, read-only and fillable columns, and the values for ``keeps`` if the row were filled in now."""


def write_form(path: Path, pages: Sequence[Page]) -> None:
    """Write a workbook with a sheet to fill in for each page. Raises BadInputError if the file exists already."""
    import xlsxwriter

    if path.exists():
        remedy = "Somebody may have filled it in: give the form another name, or delete it yourself."
        raise BadInputError("the file is there already", where=str(path), remedy=remedy)
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    with atomic(path) as file, xlsxwriter.Workbook(file, options) as book:
        book.set_properties({"created": datetime(2000, 1, 1, tzinfo=UTC)})
        head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        grey = book.add_format({"text_wrap": True, "valign": "top", "font_color": "#555555"})
        white = book.add_format({"text_wrap": True, "valign": "top", "bg_color": "#FFF9E5", "border": 1})
        for page in pages:
            _write_page(book.add_worksheet(page.sheet.name), page, head, grey, white)
        for page in pages:
            hidden = book.add_worksheet(_base_name(page.sheet))
            hidden.hide()
            hidden.write_row(0, 0, (*page.sheet.columns, *(n for n in page.shown if n not in page.sheet.columns)))
            for number, row in enumerate(page.rows, 1):
                hidden.write_row(number, 0, [row.get(name, "") for name in page.sheet.columns])


def _write_page(worksheet: Any, page: Page, head: object, grey: object, white: object) -> None:
    columns = (*page.sheet.key, *page.shown, *page.sheet.fill)
    worksheet.write_row(0, 0, columns, head)
    spare = EMPTY_ROWS if page.sheet.grows else 0
    for number, row in enumerate([*page.rows, *({} for _ in range(spare))], 1):
        for column, name in enumerate(columns):
            fills = name in page.sheet.fill or (page.sheet.grows and not row)
            text = row.get(name, "") if name in page.sheet.columns else fitted(row.get(name, ""))
            worksheet.write_string(number, column, text, white if fills else grey)
    for column, name in enumerate(columns):
        worksheet.set_column(column, column, WIDTHS.get(name, 18))
        if name in page.sheet.allowed:
            words = [word for word in page.sheet.allowed[name] if word]
            worksheet.data_validation(
                1, column, max(len(page.rows) + spare, 1), column, {"validate": "list", "source": words}
            )
    worksheet.freeze_panes(1, len(page.sheet.key))


def fitted(text: str) -> str:
    """Return a text that fits into a cell of Excel; a note says what is cut off (Excel would drop it all)."""
    if len(text) <= CELL:
        return text
    return f"{text[: CELL - len(CUT)]}{CUT}"


def _base_name(sheet: Sheet) -> str:
    return f"_{sheet.name}"[:31]


def read_form(path: Path, sheets: Sequence[Sheet], folder: Path) -> dict[str, int]:
    """Read people's entries into the study's files; return the number of changed rows, by sheet.

    Raises BadInputError listing every invalid row, with nothing written.
    """
    book = _open(path)
    problems: list[str] = []
    changes: list[tuple[Sheet, list[Row], int]] = []
    for sheet in sheets:
        if sheet.name in book.sheetnames:
            current = read_sheet(folder, sheet, problems)
            changes.append((sheet, *_merged(book, sheet, current, problems)))
    problems += _renamed(book, sheets)
    if not changes and not problems:
        problems.append(f"it has no sheet {' or '.join(sheet.name for sheet in sheets)}")
    if problems:
        remedy = "Nothing was taken. Correct these rows, or write a new form and copy your words into it."
        raise BadInputError("; ".join(problems), where=path.name, remedy=remedy)
    for sheet, rows, changed in changes:
        if changed:
            columns = tuple(dict.fromkeys((*sheet.columns, *(name for row in rows for name in row if name != WHERE))))
            write_rows(sheet.path(folder), columns, ([row.get(name, "") for name in columns] for row in rows))
    return {sheet.name: changed for sheet, _, changed in changes}


def _open(path: Path) -> "Book":
    import openpyxl

    from comb.transcripts.file_safety import check_office, refusing

    if not path.is_file():
        raise BadInputError("there is no such file", where=str(path), remedy="Name the workbook that you filled in.")
    data = path.read_bytes()
    check_office(data, ".xlsx", path.name)
    with refusing(".xlsx", path.name):
        return Book(openpyxl.load_workbook(BytesIO(data), data_only=True))


class Book:
    """A filled workbook, as rows of text."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self.sheetnames: list[str] = list(self._book.sheetnames)

    def header(self, name: str) -> list[str]:
        """Return the headings of a sheet; none if there is no such sheet."""
        lines = self._book[name].iter_rows(max_row=1, values_only=True) if name in self.sheetnames else iter(())
        return [str(cell or "").strip() for cell in next(lines, ())]

    def stray(self, name: str, known: Container[str]) -> list[str]:
        """Return the letters of columns with content under a heading that is not ``known``."""
        from openpyxl.utils import get_column_letter

        columns = enumerate(self._book[name].iter_cols(values_only=True), 1)
        unknown = ((n, cells) for n, cells in columns if str(cells[0] or "").strip() not in known)
        return [get_column_letter(n) for n, cells in unknown if any(_text(cell) for cell in cells[1:])]

    def rows(self, name: str) -> list[tuple[int, Row]]:
        """Return the rows of a sheet that are not blank, with their numbers."""
        lines = self._book[name].iter_rows(values_only=True) if name in self.sheetnames else iter(())
        header = [str(cell or "").strip() for cell in next(lines, ())]
        found = []
        for number, line in enumerate(lines, 2):
            cells = {name: _text(cell) for name, cell in zip(header, line, strict=False) if name}
            if any(cells.values()):
                found.append((number, cells))
        return found


def _text(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell).strip()


def _merged(book: Book, sheet: Sheet, current: Sequence[Row], problems: list[str]) -> tuple[list[Row], int]:
    """Return the rows of the study's file with what the workbook changed, and how many rows it changed."""
    base = {sheet.key_of(row): sheet.normal(row) for _, row in book.rows(_base_name(sheet))}
    rows = {sheet.key_of(row): dict(row) for row in current}
    bad = _misheaded(book, sheet)
    problems += bad
    changed, taken = 0, set()
    for number, line in book.rows(sheet.name) if not bad else ():
        row = sheet.normal({name: line.get(name, "") for name in (*sheet.key, *sheet.fill)})
        where = f"sheet {sheet.name}, row {number}"
        old = base.get(sheet.key_of(row))
        if sheet.key_of(row) in taken:
            problems.append(f"{where}: {' / '.join(sheet.key_of(row))} is in an earlier row too")
            continue
        taken.add(sheet.key_of(row))
        if old is None and not sheet.grows:
            problems.append(f"{where}: {' / '.join(sheet.key_of(row))} was not in the form")
        elif not _differs(sheet, row, old or {}):
            continue
        elif _differs(sheet, rows.get(sheet.key_of(row), {}), old or {}) and _differs(
            sheet, row, rows.get(sheet.key_of(row), {})
        ):
            problems.append(f"{where}: the study's file has changed since the form was written")
        else:
            problems += [f"{where}: {what}" for what in wrong(sheet, row)]
            kept = {name: (old or {}).get(name, "") for name in sheet.keeps}
            rows[sheet.key_of(row)] = {**rows.get(sheet.key_of(row), {}), **row, **kept}
            changed += 1
    return list(rows.values()), changed


def _misheaded(book: Book, sheet: Sheet) -> list[str]:
    """Return which columns of a sheet are gone, and which contain words that would be lost."""
    base, header = book.header(_base_name(sheet)), book.header(sheet.name)
    gone = [name for name in (*sheet.key, *sheet.fill) if name in base and name not in header]
    found = [f"sheet {sheet.name}: column {name!r} is missing: restore its heading" for name in gone]
    stray = book.stray(sheet.name, base) if base else []
    return found + [
        f"sheet {sheet.name}: column {letter} is not part of the form, and its text would be lost: move it"
        for letter in stray
    ]


def _renamed(book: Book, sheets: Sequence[Sheet]) -> list[str]:
    """Return which sheets of the form are gone, where others stand that the form did not have."""
    known = {name for sheet in sheets for name in (sheet.name, _base_name(sheet))}
    others = [name for name in book.sheetnames if name not in known]
    gone = [s.name for s in sheets if s.name not in book.sheetnames and _base_name(s) in book.sheetnames]
    return [f"sheet {name} is missing: has it been renamed?" for name in gone] if others else []


def _differs(sheet: Sheet, one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    return any(one.get(name, "") != other.get(name, "") for name in sheet.fill)
