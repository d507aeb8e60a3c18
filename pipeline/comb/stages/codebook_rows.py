"""Rows that name codes but are not codings: people's texts about findings, and rows that wait for corrections."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from comb.codings.code_labels import written
from comb.codings.known import Known
from comb.codings.table_columns import find_columns
from comb.study.csv_files import decode_table, numbered_rows
from comb.study.files import read_rows, visible, write_rows
from comb.study.layout import Study
from comb.synthesis.sheets import SHEETS, Row, Sheet

Writes = dict[Path, Callable[[], None]]


def recoded_sheets(study: Study, mapped: Mapping[str, str], notes: list[str]) -> Writes:
    """Return the recoded sheets of ``data/synthesis``; rows of a deleted code stay, with a line in ``notes``."""
    found: Writes = {}
    for sheet in SHEETS if mapped else ():
        path = sheet.path(study.sheets)
        if "code" not in sheet.columns or not path.exists():
            continue
        rows = [row for _, row in read_rows(path, sheet.key, (*sheet.fill, *sheet.keeps))]
        gone = sum(mapped.get(row.get("code", "").strip()) == "" for row in rows)
        if gone:
            notes.append(f"data/synthesis/{path.name}: rows about the deleted code: {gone}; delete or change them.")
        made = _recoded(sheet, rows, {old: new for old, new in mapped.items() if new}, notes)
        if made != rows:
            found[path] = _writing(path, made)
    return found


def _recoded(sheet: Sheet, rows: Sequence[Row], mapped: Mapping[str, str], notes: list[str]) -> list[Row]:
    """Return rows with their new codes; two rows that then have the same key are merged."""
    made: dict[tuple[str, ...], Row] = {}
    for at, row in enumerate(rows):
        code = row.get("code", "").strip()
        row = {**row, "code": mapped[code]} if code in mapped else row
        key = sheet.key_of(row) if all(sheet.key_of(row)) else (str(at),)
        other = made.get(key)
        made[key] = row if other is None else _joined(sheet, other, row, notes)
    return list(made.values())


def _joined(sheet: Sheet, one: Row, other: Row, notes: list[str]) -> Row:
    joined = dict(one)
    for name, text in other.items():
        if not joined.get(name) or joined[name] == text:
            joined[name] = joined.get(name) or text
        elif name in sheet.allowed:
            joined[name] = ""
            where = "/".join(sheet.key_of(one))
            notes.append(
                f"data/synthesis/{sheet.name}.csv, {where}: the two codes differed in {name!r}; fill it in again."
            )
        elif text and name not in sheet.key:
            joined[name] = f"{joined[name]}\n{text}"
    return joined


def _writing(path: Path, rows: Sequence[Row]) -> Callable[[], None]:
    header = list(dict.fromkeys(name for row in rows for name in row))
    return lambda: write_rows(path, header, ([row.get(name, "") for name in header] for row in rows))


def recoded_waiting(study: Study, before: Known, after: Known, mapped: Mapping[str, str]) -> Writes:
    """Return the recoded tables that wait for corrections, and the rows that wait for them."""
    found: Writes = {}
    for path in [*visible(study.to_correct, "*.csv"), *visible(study.waiting, "*.csv")] if mapped else ():
        data = path.read_bytes()
        rows = [cells for _, cells in numbered_rows(decode_table(data, path.name), path.name)]
        at = rows[0].index(find_columns(rows[0]).code) if rows and find_columns(rows[0]).code else None
        made = [_recoded_cells(cells, at, before, after, mapped) for cells in rows] if at is not None else rows
        if made != rows:
            found[path] = _rewriting(path, made, data.startswith(b"\xef\xbb\xbf"))
    return found


def _rewriting(path: Path, rows: Sequence[Sequence[str]], for_excel: bool) -> Callable[[], None]:
    return lambda: write_rows(path, rows[0], rows[1:], exact=True, for_excel=for_excel)


def _recoded_cells(cells: list[str], at: int, before: Known, after: Known, mapped: Mapping[str, str]) -> list[str]:
    read = before.codes.parse(cells[at]) if at < len(cells) else None
    if not read or not any(one.code in mapped for one in read):
        return cells
    kept = [
        written(mapped.get(one.code, one.code), one.valence, one.score) for one in read if mapped.get(one.code, "?")
    ]
    return [*cells[:at], "; ".join(dict.fromkeys(kept)), *cells[at + 1 :]]
