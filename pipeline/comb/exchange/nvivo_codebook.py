r"""Codebooks as NVivo exports them, Word documents and workbooks: a table of *Name, Description, Files, References*.

A code is below another if its name is indented further, by white space or by the paragraph, or if its name is a path
(``Nodes\\Cost\\Travel``).
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from comb.errors import BadInputError
from comb.exchange.code_tree import Entry, Key, codebook_of
from comb.exchange.project import Project, Setting
from comb.transcripts.file_safety import check_office, read_bytes, refusing

_NAMES = {"name", "code", "node", "nodes", "codes", "code name", "node name"}
_MARKS = {"files", "references", "sources", "number of files", "number of sources", "number of coding references"}
_PATH = re.compile(r"\\+")
HEAD = 8
"""Rows at the top of a table among which its header is searched for."""
MAX_ROWS, MAX_COLUMNS = 20_000, 30
Row = tuple[int, str, str]
"""Indentation, name and description of a code."""


def is_nvivo_codebook(path: Path) -> bool:
    """Return whether a document or workbook contains such a table."""
    try:
        return any(True for _ in _tables(path, HEAD))
    except BadInputError:
        return False


def read_nvivo_codebook(path: Path, setting: Setting) -> Project:
    """Read the codebook. Raises BadInputError if it has no code."""
    rows = [row for table in _tables(path) for row in table if row[1]]
    book, _ = codebook_of(path.stem, list(_entries(rows)))
    if book is None:
        raise BadInputError("the codebook has no codes", where=path.name, remedy="Export a codebook with codes.")
    return Project(path.stem, book, {})


def _entries(rows: Sequence[Row]) -> Iterator[Entry]:
    open_: list[tuple[int, Key]] = []
    paths: dict[tuple[str, ...], Key] = {}
    for number, (indent, name, description) in enumerate(rows):
        steps = tuple(step.strip() for step in _PATH.split(name) if step.strip())
        while open_ and open_[-1][0] >= indent:
            open_.pop()
        key: Key = ("row", number)
        by_path = next((paths[steps[:at]] for at in range(len(steps) - 1, 0, -1) if steps[:at] in paths), None)
        above = by_path or (open_[-1][1] if open_ else ("row", None))
        paths[steps] = key
        open_.append((indent, key))
        yield Entry(key, steps[-1] if steps else name, above, "", description)


def _tables(path: Path, most: int = MAX_ROWS) -> Iterator[list[Row]]:
    """Read the tables that are codebooks, as far as so many rows."""
    check_office(read_bytes(path), path.suffix, path.name)
    with refusing("codebook", path.name):
        tables = _word_tables(path, most) if path.suffix.lower() == ".docx" else _sheets(path, most)
        for rows in tables:
            for at, (_, cells) in enumerate(rows[:HEAD]):
                header = [cell.strip().casefold() for cell in cells]
                if _NAMES & set(header) and "description" in header and _MARKS & set(header):
                    yield list(_rows(rows[at + 1 :], header))
                    break


def _rows(rows: Sequence[tuple[int, list[str]]], header: Sequence[str]) -> Iterator[Row]:
    name = next(at for at, cell in enumerate(header) if cell in _NAMES)
    description = header.index("description")
    for indent, cells in rows:
        text = cells[name]
        yield indent + len(text) - len(text.lstrip()), text.strip(), cells[description].strip()


def _word_tables(path: Path, most: int) -> Iterator[list[tuple[int, list[str]]]]:
    import docx

    for table in docx.Document(str(path)).tables:
        rows = (row for row in list(table.rows)[:most] if row.cells)
        yield [(_indent(row.cells[0]), [cell.text for cell in row.cells]) for row in rows]


def _indent(cell: Any) -> int:
    """Return how far the first paragraph of a cell is indented, in points."""
    left = cell.paragraphs[0].paragraph_format.left_indent if cell.paragraphs else None
    return int(left.pt) if left else 0


def _sheets(path: Path, most: int) -> Iterator[list[tuple[int, list[str]]]]:
    import openpyxl

    with closing(openpyxl.load_workbook(path, read_only=True, data_only=True)) as book:
        for sheet in book.worksheets:
            rows = [row for row in sheet.iter_rows(max_row=most, max_col=MAX_COLUMNS) if row]
            yield [(_cell_indent(row[0]), [_text(cell) for cell in row]) for row in rows]


def _cell_indent(cell: Any) -> int:
    return int(cell.alignment.indent or 0) if cell.value is not None else 0


def _text(cell: Any) -> str:
    return "" if cell.value is None else str(cell.value)
