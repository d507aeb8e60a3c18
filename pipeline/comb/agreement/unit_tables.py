"""Unit tables: material that is cut into units already, one row per code (long) or per unit (one-hot).

DESIGN.md, section 3, has the two forms.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

from comb.agreement.ratings import Ratings
from comb.errors import BadInputError

Rows = Sequence[Mapping[str, str]]
Coding = Literal["exclusive", "multiple", ""]
LONG = ("unit", "coder", "code")
_YES, _NO, _BLANK = ("1", "1.0", "true", "yes", "x"), ("0", "0.0", "false", "no"), ("", "na", "n/a", "nan")


def is_long(header: Sequence[str]) -> bool:
    """Tell a long unit table by its header."""
    return set(LONG) <= {name.strip().casefold() for name in header}


def read_long(tables: Mapping[str, tuple[Sequence[str], Rows]], coding: Coding = "") -> Ratings:
    """Make ratings of long tables ``unit,coder,code`` by file name; an empty code says: read, none.

    Without ``coding`` the codes are exclusive where no coder gave a unit two of them. Raises BadInputError for a row
    that is there twice, or that says both a code and none.
    """
    answers: dict[tuple[str, str], dict[str, str]] = {}
    for file, (header, rows) in tables.items():
        columns = {name.strip().casefold(): name for name in header}
        for number, row in enumerate(rows, 2):
            unit, coder, code = (row[columns[name]].strip() for name in LONG)
            where = f"{file}, row {number}"
            if not unit or not coder:
                remedy = "Fill columns unit and coder in every row."
                raise BadInputError(f"no {'coder' if unit else 'unit'}", where=where, remedy=remedy)
            given = answers.setdefault((unit, coder), {})
            _refuse_repeat(given, unit, coder, code, where)
            given[code] = where
    return _ratings(answers, coding)


def _refuse_repeat(given: Mapping[str, str], unit: str, coder: str, code: str, where: str) -> None:
    if code in given:
        said = f"code {code!r}" if code else "no code"
        what = f"coder {coder!r} gives unit {unit!r} {said} again (first in {given[code]})"
        raise BadInputError(what, where=where, remedy="Keep one of the two rows.")
    if given and (not code or "" in given):
        what = f"coder {coder!r} gives unit {unit!r} a code and, in another row, none"
        raise BadInputError(what, where=where, remedy="Keep the rows that are meant.")


def _ratings(answers: Mapping[tuple[str, str], Mapping[str, str]], coding: Coding) -> Ratings:
    units = {unit: index for index, unit in enumerate(dict.fromkeys(unit for unit, _ in answers))}
    coders = {name: index for index, name in enumerate(dict.fromkeys(coder for _, coder in answers))}
    codes = {name: index for index, name in enumerate(sorted({c for given in answers.values() for c in given if c}))}
    twice = [key for key, given in answers.items() if len(given) > 1]
    if coding == "exclusive" and twice:
        what = f"coder {twice[0][1]!r} gives unit {twice[0][0]!r} two codes"
        raise BadInputError(what, remedy="Use --coding multiple, or keep one code per unit and coder.")
    if not codes:
        raise BadInputError("no coder used any code", remedy="Check column code of the table.")
    cells = np.full((len(units), len(coders), len(codes)), -1, np.int8)
    for (unit, coder), given in answers.items():
        cells[units[unit], coders[coder]] = 0
        for code in given:
            if code:
                cells[units[unit], coders[coder], codes[code]] = 1
    exclusive = coding == "exclusive" or (not coding and not twice)
    return _from_cells(tuple(units), tuple(coders), tuple(codes), cells, exclusive=exclusive)


def read_one_hot(tables: Mapping[str, tuple[Sequence[str], Rows]], coding: Coding = "") -> Ratings:
    """Make ratings of one-hot tables, one per coder, by file name; the coder is the name without its suffix.

    The first column names the unit, each other column is a code with 1, 0 or blank (missing). Codes are exclusive only
    where ``coding`` says so. Raises BadInputError for cells that are none of these, units that occur twice, and codes
    that not every coder has.
    """
    first = next(iter(tables))
    codes = [name.strip() for name in tables[first][0][1:]]
    answers: dict[str, dict[str, list[int]]] = {}
    for file, (header, rows) in tables.items():
        _check_codes(file, [name.strip() for name in header[1:]], first, codes)
        coder = file.rsplit(".", 1)[0]
        if coder in answers:
            remedy = "The file's name is the coder's name: rename one of the two."
            raise BadInputError(f"two tables are named {coder!r}", where=file, remedy=remedy)
        answers[coder] = _one_hot_rows(file, header, rows, codes)
    units = list(dict.fromkeys(unit for own in answers.values() for unit in own))
    absent = [-1] * len(codes)
    cells = np.array([[own.get(unit, absent) for own in answers.values()] for unit in units], np.int8)
    several = (cells.reshape(-1, len(codes)) == 1).sum(axis=1) > 1
    if coding == "exclusive" and several.any():
        remedy = "Use --coding multiple, or keep one 1 per row."
        raise BadInputError("a row has several codes", remedy=remedy)
    return _from_cells(tuple(units), tuple(answers), tuple(codes), cells, exclusive=coding == "exclusive")


def _check_codes(file: str, found: Sequence[str], first: str, codes: Sequence[str]) -> None:
    if not found:
        remedy = "Give one column per code after the first (the unit), or columns unit,coder,code."
        raise BadInputError("the table has no column for a code", where=file, remedy=remedy)
    odd = sorted(set(found) ^ set(codes))
    if odd:
        here, there = (file, first) if odd[0] in found else (first, file)
        what = f"code {odd[0]!r} is a column of {here} but not of {there}"
        raise BadInputError(what, remedy="Give every coder's table the same codes; a code never used is all 0.")


def _one_hot_rows(file: str, header: Sequence[str], rows: Rows, codes: Sequence[str]) -> dict[str, list[int]]:
    names = {name.strip(): name for name in header[1:]}
    found: dict[str, list[int]] = {}
    for number, row in enumerate(rows, 2):
        unit, where = row[header[0]].strip(), f"{file}, row {number}"
        if not unit:
            remedy = f"Fill column {header[0]!r} in every row."
            raise BadInputError("no unit", where=where, remedy=remedy)
        if unit in found:
            remedy = "Give each unit one row."
            raise BadInputError(f"unit {unit!r} occurs twice", where=where, remedy=remedy)
        found[unit] = [_cell(row[names[code]], code, where) for code in codes]
    return found


def _cell(text: str, code: str, where: str) -> int:
    text = text.strip().casefold()
    if text in _BLANK:
        return -1
    if text in _YES or text in _NO:
        return int(text in _YES)
    remedy = "Use 1 (used), 0 (not used) or blank (not judged), or a table with columns unit,coder,code."
    raise BadInputError(f"the cell of code {code!r} is not 0, 1 or blank", where=where, remedy=remedy)


def _from_cells(
    units: tuple[str, ...], coders: tuple[str, ...], codes: tuple[str, ...], cells: np.ndarray, *, exclusive: bool
) -> Ratings:
    nothing = ((cells == 0).all(axis=2)).any()
    sizes = np.ones(len(units))
    return Ratings("unit", units, coders, codes, cells, units, sizes, exclusive, exclusive and bool(nothing))
