"""Tables of codings that follow an edit of the codebook, cell by cell where that is possible."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from comb.codings.codings_csv import COLUMNS, REQUIRED
from comb.codings.corrections import cells_of
from comb.codings.known import Known
from comb.codings.problems import as_error
from comb.codings.reader import CodingsTable, Row, read_codings_table
from comb.codings.recoding import recode
from comb.codings.table_columns import find_columns
from comb.records import Coding
from comb.study.files import read_rows

Cells = Sequence[Sequence[object]]


@dataclass(frozen=True)
class RecodedTable:
    """A table as it is after an edit of the codebook."""

    source: Path
    target: Path
    """The file to write: another one if the table was a workbook."""
    header: Sequence[str]
    cells: Cells
    changed: int
    """Number of codings that have another code now, or were joined with another coding."""


def uses_in(path: Path, known: Known) -> Counter[tuple[str, str]]:
    """Count the codings of a table by coder and code. Raises BadInputError for rows that cannot be read."""
    return Counter((coding.coder, coding.code) for coding in _read(path, known).codings if coding.code)


def recoded_table(path: Path, before: Known, after: Known, mapped: Mapping[str, str]) -> RecodedTable | None:
    """Return a table in which each cell means the same code in the new codebook; None if nothing changes.

    Raises BadInputError for rows that cannot be read.
    """
    table = _read(path, before)
    rows = [_as_row(row.coding) for row in table.rows]
    made = recode(rows, mapped)
    if rows == made and _reads_same(path, after, table):
        return None
    changed = sum(old != new for old, new in zip(rows, made, strict=True))
    if _is_plain(path, table):
        return RecodedTable(path, path, *_plain(path, table, rows, made), changed)
    kept = [
        replace(row, coding=_with(row.coding, new))
        for row, new in zip(table.rows, made, strict=True)
        if new is not None
    ]
    return RecodedTable(path, path.with_suffix(".csv"), *cells_of(kept), changed)


def _read(path: Path, known: Known) -> CodingsTable:
    table = read_codings_table(path, known)
    if table.problems:
        raise as_error(table.name, table.problems)
    return table


def _reads_same(path: Path, after: Known, table: CodingsTable) -> bool:
    again = read_codings_table(path, after)
    return not again.problems and _codes(again) == _codes(table)


def _codes(table: CodingsTable) -> list[tuple[int, str]]:
    return [(row.number, row.coding.code) for row in table.rows]


def _as_row(coding: Coding) -> dict[str, Any]:
    names = ("transcript", "coder", "start", "end", "code", "valence", "memo", "blind")
    return {name: getattr(coding, name) for name in names} | {"at": coding.created_at}


def _with(coding: Coding, row: Mapping[str, Any]) -> Coding:
    return replace(coding, **{name: row[name] for name in ("code", "valence", "memo", "blind")})


def _is_plain(path: Path, table: CodingsTable) -> bool:
    """Return whether each row is one coding in columns of comb's own names, so that cells can be changed in place."""
    each = Counter(row.number for row in table.rows)
    columns = find_columns(table.header)
    own = all(name not in table.header or getattr(columns, name) == name for name in ("memo", "valence", "blind"))
    known = set(REQUIRED) <= set(table.header) and own and not columns.applied
    return path.suffix == ".csv" and known and set(each.values()) <= {1}


def _plain(
    path: Path, table: CodingsTable, rows: Sequence[Mapping[str, Any]], made: Sequence[Mapping[str, Any] | None]
) -> tuple[list[str], Cells]:
    changes: dict[int, tuple[Row, Mapping[str, Any], Mapping[str, Any] | None]] = {
        row.number: (row, old, new) for row, old, new in zip(table.rows, rows, made, strict=True)
    }
    header, cells = list(table.header), []
    for number, raw in read_rows(path, REQUIRED, exact=True):
        _, old, new = changes.get(number, (None, {}, {}))
        if new is None:
            continue
        raw |= {"code": new["code"]} if new else {}
        raw |= {name: new[name] for name in ("valence", "memo", "blind") if new and new[name] != old[name]}
        header += [name for name in COLUMNS if name in raw and name not in header]
        cells.append(raw)
    return header, [[raw.get(name, "") for name in header] for raw in cells]
