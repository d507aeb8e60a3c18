"""Recognise files that are tables of codings, and find their header and rows."""

from collections.abc import Sequence
from pathlib import Path

from comb.codings.known import Known
from comb.codings.table_columns import find_columns, is_codings_header
from comb.errors import BadInputError
from comb.study.csv_files import decode_table, numbered_rows
from comb.transcripts.file_safety import read_bytes
from comb.transcripts.sheets import read_book

TITLE_ROWS = 10
"""Rows that may stand above the header."""


def is_codings_table(path: Path, known: Known) -> bool:
    """Return whether a file is a table of codings, with a header or, judging by its first row, without one."""
    header, _ = table_of(read_bytes(path), path.name, known)
    return is_codings_header(header) or lacks_header(header, known)


def begins_as_codings(path: Path) -> bool:
    """Return whether a text file begins with the names of the columns of a table of codings."""
    try:
        text = decode_table(read_bytes(path), path.name)
        first = "\n".join(text.splitlines()[:TITLE_ROWS])
        return any(is_codings_header(cells) for _, cells in numbered_rows(first, path.name))
    except BadInputError:
        return False


def table_of(data: bytes, name: str, known: Known) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Return the header and the rows below it; there may be a title above the header."""
    book = read_book(data, name, lambda data, where: decode_table(data, where, lambda: known.words))
    filled = [sheet.rows for sheet in book.sheets if sheet.rows]
    if not filled:
        raise BadInputError("the table is empty", where=name, remedy="Use a table with a header and rows.")
    headed = [
        (rows, at) for rows in filled for at in range(min(TITLE_ROWS, len(rows))) if is_codings_header(rows[at][1])
    ]
    if len({id(rows) for rows, _ in headed}) > 1:
        held = [repr(sheet.name) for sheet in book.sheets if any(sheet.rows is rows for rows, _ in headed)]
        what = f"{len(held)} of its sheets contain codings: {', '.join(held)}"
        remedy = "Save each as a separate file, or hide the others."
        raise BadInputError(what, where=name, remedy=remedy)
    rows, first = headed[0] if headed else (filled[0], 0)
    header = [cell.strip() for cell in rows[first][1]]
    twice = next((at for at, cell in enumerate(header) if cell and cell in header[:at]), None)
    if twice is not None:
        what = f"columns {header.index(header[twice]) + 1} and {twice + 1} have the same name"
        raise BadInputError(what, where=name, remedy="Give each column a name of its own.")
    return header, rows[first + 1 :]


def lacks_header(cells: Sequence[str], known: Known) -> bool:
    """Return whether a first row is itself a coding: it names a transcript or a code, but no column."""
    if find_columns(cells).known or len(cells) < 3:
        return False
    filled = [cell for cell in cells if cell.strip()]
    return any(known.names.find(cell) for cell in filled) or any(known.codes.parse(cell) for cell in filled)


def no_header(name: str) -> BadInputError:
    """Return the error for a table without names of columns, which shows nothing of its first row."""
    remedy = "Put a row above the others: transcript,quote,code,valence,coder (in the order of your columns)."
    return BadInputError("the first row contains no column names that comb knows", where=name, remedy=remedy)
