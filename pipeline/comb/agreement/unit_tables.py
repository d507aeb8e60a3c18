"""Unit tables: material that is cut into units already, read from any of the shapes of ``table_shapes``.

The same answers give the same ratings, to the last bit, whatever the shape: names are joined where only their spelling
differs, and units, coders and codes are put in their natural order.
"""

from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from comb.agreement.ratings import Ratings
from comb.agreement.scale_order import make_scale, scale_hint
from comb.agreement.scales import ScaleLevel
from comb.agreement.spelling import MISSING_MARKS, NO_CODE_MARKS, Merged, folded, merge
from comb.agreement.table_files import TableFile
from comb.agreement.table_shapes import BLANK, NO, YES, Recognised, columns_of, is_prose, recognise
from comb.errors import BadInputError

CodingRule = Literal["exclusive", "multiple", ""]
NOTHING, MISSING, JUDGED = -1, -2, -3
"""In place of a code: judged, no code; not judged; and judged, with or without codes in other entries."""
USED, UNUSED, BLANKED = 1, 0, -1
"""What an entry says of its code: given; not given; and not judged though the unit was."""
SHOWN = 5
"""Problems that are listed before the others are counted."""
DESCRIPTIONS = {
    "long": "long tables (unit, coder, code), where an empty code means judged and none",
    "code-columns": "a row per unit and coder with codes in columns, where a row without codes means judged and none",
    "coders": "a column per coder, where an empty cell means not judged",
    "one-hot": "a table per coder with a column per code, where an empty cell means not judged",
    "code-files": "a table per code with a column per coder, where an empty cell means not judged",
}


@dataclass(frozen=True)
class TablesRead:
    """What unit tables say, and how they were read."""

    ratings: Ratings
    shape: str
    reading: str
    """How they were read, in one line."""
    notes: tuple[str, ...]
    """What was joined, left out or is worth a thought."""


@dataclass
class _Names:
    """Names as written, numbered in the order in which they come."""

    number: dict[str, int] = field(default_factory=dict)

    def of(self, name: str) -> int:
        return self.number.setdefault(name, len(self.number))


@dataclass
class _Entries:
    """One entry for each code that a coder gave, or did not give, to a unit."""

    units: _Names = field(default_factory=_Names)
    coders: _Names = field(default_factory=_Names)
    codes: _Names = field(default_factory=_Names)
    flat: "array[int]" = field(default_factory=lambda: array("i"))
    """Six numbers an entry: unit, coder, code, what is said of it, row and file."""
    missing: Counter[str] = field(default_factory=Counter)
    """Marks that were taken for a missing answer."""
    problems: list[str] = field(default_factory=list)

    def add(self, unit: int, coder: int, code: int, said: int, row: int, file: int) -> None:
        self.flat.extend((unit, coder, code, said, row, file))

    @property
    def columns(self) -> Sequence[NDArray[np.intc]]:
        """The entries as six arrays."""
        return [np.ascontiguousarray(column) for column in np.frombuffer(self.flat, np.intc).reshape(-1, 6).T]

    def add_text(self, unit: int, coder: int, text: str, empty: int, row: int, file: int) -> None:
        """Add what a cell says in words: one code or several with ; between, none, or nothing (``empty``)."""
        text = text.strip()
        mark = text.casefold()
        if not text or mark in MISSING_MARKS or mark in NO_CODE_MARKS:
            if mark in MISSING_MARKS:
                self.missing[text] += 1
            code = empty if not text else MISSING if mark in MISSING_MARKS else NOTHING
            self.add(unit, coder, code, UNUSED, row, file)
            return
        for part in filter(None, map(str.strip, text.split(";"))):
            self.add(unit, coder, self.codes.of(part), USED, row, file)


def read_tables(
    files: Sequence[TableFile],
    coding: CodingRule = "",
    shape: str = "",
    level: ScaleLevel = "nominal",
    order: Sequence[str] = (),
) -> TablesRead:
    """Read unit tables of whatever shape; ``shape`` says which where it cannot be told.

    Without ``coding`` the codes are exclusive where no coder gave a unit two of them. Raises BadInputError that lists
    the problems with file and row.
    """
    found = recognise(files, shape)
    entries = _Entries()
    for number, file in enumerate(files):
        _READERS[found.shape](entries, file, number, found, files)
    _raise(entries.problems)
    ratings, notes = _ratings(entries, files, coding, level, order)
    kind = "one code per unit at most" if ratings.exclusive else "any number of codes per unit"
    sizes = ((ratings.units, "unit"), (ratings.coders, "coder"), (ratings.codes, "code"))
    counts = ", ".join(f"{len(names)} {noun}{'s' * (len(names) != 1)}" for names, noun in sizes)
    left_out = {file.header[at] for file in files for at in range(file.width) if file.header and is_prose(file, at)}
    if left_out and found.shape not in ("long", "code-columns"):
        notes.append(f"Columns that hold no codes were left out: {', '.join(sorted(left_out))}.")
    reading = f"Read as {DESCRIPTIONS[found.shape]}: {counts}; {kind}."
    return TablesRead(ratings, found.shape, reading, tuple(notes))


def _raise(problems: Sequence[str]) -> None:
    if problems:
        more = f"; and {len(problems) - SHOWN} more" if len(problems) > SHOWN else ""
        raise BadInputError("; ".join(problems[:SHOWN]) + more, remedy="Mend the rows and run again.")


def _unit(entries: _Entries, file: TableFile, found: Recognised, row: int, cells: Sequence[str]) -> int | None:
    """Return the number of a row's unit; None, with a problem noted, where it has none."""
    if found.unit is None:
        return entries.units.of(str(row - bool(file.header)))
    name = cells[found.unit].strip()
    if not name:
        entries.problems.append(f"{file.name}, row {row}: no unit")
        return None
    return entries.units.of(name)


def _long(entries: _Entries, file: TableFile, number: int, found: Recognised, files: Sequence[TableFile]) -> None:
    del files
    own = _aligned(file, found)
    for row, cells in file.rows():
        unit = _unit(entries, file, own, row, cells)
        coder = cells[own.coder].strip() if own.coder is not None else file.stem
        if not coder:
            entries.problems.append(f"{file.name}, row {row}: no coder")
        elif unit is not None and found.shape == "long":
            entries.add_text(unit, entries.coders.of(coder), cells[own.values[0]], NOTHING, row, number)
        elif unit is not None:
            _code_cells(entries, unit, entries.coders.of(coder), [cells[at] for at in own.values], row, number)


def _code_cells(entries: _Entries, unit: int, coder: int, cells: Sequence[str], row: int, number: int) -> None:
    """Add the codes of one row, each once; where it has none: none, or missing where only marks for that are there."""
    given = list(dict.fromkeys(cell.strip() for cell in cells if cell.strip()))
    codes = [cell for cell in given if cell.casefold() not in MISSING_MARKS]
    if codes:
        for cell in codes:
            entries.add_text(unit, coder, cell, NOTHING, row, number)
    else:
        entries.add_text(unit, coder, given[0] if given else "", NOTHING, row, number)


def _aligned(file: TableFile, found: Recognised) -> Recognised:
    """Find the columns of this file, which may stand in another order than in the first."""
    own = recognise([file])
    return own if own.shape == found.shape else found


def _by_coder(entries: _Entries, file: TableFile, number: int, found: Recognised, files: Sequence[TableFile]) -> None:
    del files
    coders = [(at, entries.coders.of(name)) for name, at in columns_of(file, found.unit).items()]
    seen: set[int] = set()
    for row, cells in file.rows():
        unit = _unit(entries, file, found, row, cells)
        if unit is None or _is_repeated(entries, seen, unit, file, row):
            continue
        for at, coder in coders:
            entries.add_text(unit, coder, cells[at], MISSING, row, number)


def _is_repeated(entries: _Entries, seen: set[int], unit: int, file: TableFile, row: int) -> bool:
    if unit in seen:
        name = next(name for name, index in entries.units.number.items() if index == unit)
        entries.problems.append(f"{file.name}, row {row}: unit {name!r} occurs twice")
        return True
    seen.add(unit)
    return False


def _one_hot(entries: _Entries, file: TableFile, number: int, found: Recognised, files: Sequence[TableFile]) -> None:
    columns = columns_of(file, found.unit)
    if not columns:
        remedy = "Give one column per code after the first (the unit), or columns unit,coder,code."
        raise BadInputError("the table has no column for a code", where=file.name, remedy=remedy)
    _check_codes(files[0], file, found)
    _check_stem(file, number, files)
    coder = entries.coders.of(file.stem)
    _binary(entries, file, number, found, [(at, coder, entries.codes.of(name), name) for name, at in columns.items()])


def _code_file(entries: _Entries, file: TableFile, number: int, found: Recognised, files: Sequence[TableFile]) -> None:
    _check_stem(file, number, files)
    code = entries.codes.of(file.stem)
    columns = columns_of(file, found.unit)
    _binary(
        entries, file, number, found, [(at, entries.coders.of(name), code, file.stem) for name, at in columns.items()]
    )


def _check_stem(file: TableFile, number: int, files: Sequence[TableFile]) -> None:
    if any(file.stem == other.stem for other in files[:number]):
        remedy = "The file's name is the coder's name: rename one of the two."
        raise BadInputError(f"two tables are named {file.stem!r}", where=file.name, remedy=remedy)


def _check_codes(first: TableFile, file: TableFile, found: Recognised) -> None:
    one, other = ({folded(name): name for name in columns_of(table, found.unit)} for table in (first, file))
    odd = sorted(set(one) ^ set(other))
    if odd:
        here, there = (file, first) if odd[0] in other else (first, file)
        what = f"code {(one | other)[odd[0]]!r} is a column of {here.name} but not of {there.name}"
        raise BadInputError(what, remedy="Give every coder's table the same codes; a code never used is all 0.")


def _binary(
    entries: _Entries, file: TableFile, number: int, found: Recognised, columns: Sequence[tuple[int, int, int, str]]
) -> None:
    """Add the cells of columns (place, coder, code, code's name) that hold 0, 1 or blank."""
    seen: set[int] = set()
    for row, cells in file.rows():
        unit = _unit(entries, file, found, row, cells)
        if unit is None or _is_repeated(entries, seen, unit, file, row):
            continue
        for at, coder, code, name in columns:
            word = _binary_cell(entries, cells[at].strip(), f"{file.name}, row {row}", name)
            if word != UNUSED or found.shape == "code-files":
                entries.add(unit, coder, code, word, row, number)
        if found.shape == "one-hot":
            judged = any(cells[at].strip().casefold() not in BLANK for at, *_ in columns)
            entries.add(unit, columns[0][1], JUDGED if judged else MISSING, UNUSED, row, number)


def _binary_cell(entries: _Entries, text: str, where: str, code: str) -> int:
    """Read a cell that holds 0, 1 or blank; anything else is noted as a problem."""
    mark = text.casefold()
    if mark in BLANK:
        entries.missing.update([text] if text else [])
        return BLANKED
    if mark not in YES and mark not in NO:
        entries.problems.append(f"{where}: the cell of code {code!r} is not 0, 1 or blank")
    return USED if mark in YES else UNUSED


_READERS = {
    "long": _long,
    "code-columns": _long,
    "coders": _by_coder,
    "one-hot": _one_hot,
    "code-files": _code_file,
}


def _ratings(
    entries: _Entries, files: Sequence[TableFile], coding: CodingRule, level: ScaleLevel, order: Sequence[str]
) -> tuple[Ratings, list[str]]:
    unit, coder, code, word, row, file = entries.columns
    if not entries.codes.number:
        raise BadInputError("no coder used any code", remedy="Check column code of the table.")
    units = _joined(entries.units, unit, coder)
    coders = _joined(entries.coders, coder, unit)
    names = list(entries.codes.number)
    codes = merge(names, np.bincount(code[code >= 0], minlength=len(names)), labels=True)
    if level == "nominal":
        _refuse_decimals(names, codes)
    else:
        code = np.where(code == NOTHING, MISSING, code)
    merged = np.where(code >= 0, codes.number[np.maximum(code, 0)], code)
    said = _Said(units, coders, codes, units.number[unit], coders.number[coder], merged, word)
    repeated = _refuse_conflicts(said, row, file, files)
    return _fill(said, coding, level, order), [*_notes(entries, said, level), *repeated]


@dataclass(frozen=True)
class _Said:
    units: Merged
    coders: Merged
    codes: Merged
    unit: NDArray[np.intp]
    coder: NDArray[np.intp]
    code: NDArray[np.intp]
    word: NDArray[np.intc]
    """What is said of the code."""

    @property
    def place(self) -> NDArray[np.intp]:
        """The unit and coder of each entry, as one number."""
        places: NDArray[np.intp] = self.unit * len(self.coders.names) + self.coder
        return places


def _joined(names: _Names, number: NDArray[np.intc], other: NDArray[np.intc]) -> Merged:
    """Join spellings, unless two of them occur beside one another: then they are meant to differ."""
    written = list(names.number)
    often = np.bincount(number, minlength=len(written))
    merged = merge(written, often)
    if len(merged.names) == len(written):
        return merged
    pairs = np.unique(number.astype(np.int64) * (int(other.max(initial=0)) + 1) + other)
    after = merged.number[pairs // (int(other.max(initial=0)) + 1)] * (int(other.max(initial=0)) + 1)
    after += pairs % (int(other.max(initial=0)) + 1)
    return merged if len(np.unique(after)) == len(pairs) else merge(written, often, apart=True)


def _refuse_decimals(names: Sequence[str], codes: Merged) -> None:
    decimal = any("." in name.strip(" .0") and name.replace(".", "", 1).strip().isdigit() for name in names)
    whole = next((own for own in codes.joined if all(part.strip(" .,0123456789") == "" for part in own)), None)
    if decimal and whole:
        what = f"codes {' and '.join(map(repr, whole))} may be one number or two codes"
        raise BadInputError(what, remedy="Write them alike, or, if the codes are numbers, say --level interval.")


def _refuse_conflicts(
    said: _Said, row: NDArray[np.intc], file: NDArray[np.intc], files: Sequence[TableFile]
) -> list[str]:
    """Refuse a code beside none, and a code that is given twice where no unit has two.

    Where units have several codes, one that is given twice counts once; return that, as a note.
    """
    given = np.flatnonzero((said.code >= NOTHING) & ((said.word == USED) | (said.code == NOTHING)))
    keys = said.place[given] * (len(said.codes.names) + 1) + said.code[given] + 1
    order = np.argsort(keys, kind="stable")
    again = np.flatnonzero(keys[order][1:] == keys[order][:-1]) + 1
    one, other = given[order[again - 1]], given[order[again]]
    apart = np.flatnonzero((row[one] != row[other]) | (file[one] != file[other]))
    several = len(np.unique(keys)) > len(np.unique(said.place[given]))
    problems = _both(said, given, row, file, files)
    if several or not len(apart):
        _raise(problems)
        return [f"{len(apart)} codes were given to a unit twice by the same coder: counted once."] if len(apart) else []
    for first, second in zip(one[apart[: SHOWN + 1]], other[apart[: SHOWN + 1]], strict=True):
        code = f"code {said.codes.names[said.code[second]]!r}" if said.code[second] >= 0 else "no code"
        where = f"{files[file[first]].name}, row {row[first]}"
        problems.append(f"{_where(said, second, row, file, files)} {code} again (first in {where})")
    _raise(problems)
    return []


def _both(
    said: _Said, given: NDArray[np.intp], row: NDArray[np.intc], file: NDArray[np.intc], files: Sequence[TableFile]
) -> list[str]:
    none = given[said.code[given] == NOTHING]
    some = np.unique(said.place[given[said.code[given] >= 0]])
    clash = none[np.isin(said.place[none], some)]
    return [f"{_where(said, at, row, file, files)} a code and, in another row, none" for at in clash[: SHOWN + 1]]


def _where(said: _Said, at: int, row: NDArray[np.intc], file: NDArray[np.intc], files: Sequence[TableFile]) -> str:
    coder, unit = said.coders.names[said.coder[at]], said.units.names[said.unit[at]]
    return f"{files[file[at]].name}, row {row[at]}: coder {coder!r} gives unit {unit!r}"


def _fill(said: _Said, coding: CodingRule, level: ScaleLevel, order: Sequence[str]) -> Ratings:
    n, r, k = len(said.units.names), len(said.coders.names), len(said.codes.names)
    cells = np.full((n * r, k), -1, np.int8)
    coded = said.code >= 0
    # Where single cells say no (a table per code), a code that is given says nothing of the others.
    by_cell = bool((coded & (said.word == UNUSED)).any())
    whole = np.isin(said.code, (NOTHING, JUDGED)) | (coded & (said.word == USED) & (not by_cell))
    cells[np.unique(said.place[whole])] = 0
    for word, value in ((UNUSED, 0), (BLANKED, -1), (USED, 1)):
        own = coded & (said.word == word)
        cells[said.place[own], said.code[own]] = value
    several = (cells == 1).sum(axis=1) > 1
    if coding == "exclusive" and several.any():
        at = int(np.flatnonzero(several)[0])
        what = f"coder {said.coders.names[at % r]!r} gives unit {said.units.names[at // r]!r} two codes"
        raise BadInputError(what, remedy="Use --coding multiple, or keep one code per unit and coder.")
    partly = (cells == -1).any(axis=1) & (cells >= 0).any(axis=1)
    exclusive = coding == "exclusive" or (coding == "" and not several.any() and not partly.any())
    nothing = exclusive and bool((cells == 0).all(axis=1).any())
    names = (said.units.names, said.coders.names, said.codes.names)
    ratings = Ratings("unit", *names, cells.reshape(n, r, k), said.units.names, np.ones(n), exclusive, nothing)
    return ratings if level == "nominal" else make_scale(ratings, level, order)


def _notes(entries: _Entries, said: _Said, level: ScaleLevel) -> list[str]:
    notes = []
    for what, merged in (("unit", said.units), ("coder", said.coders), ("code", said.codes)):
        for own in merged.joined[:SHOWN]:
            notes.append(f"Taken for one {what}: {', '.join(repr(name) for name in dict.fromkeys(own))}.")
        if len(merged.joined) > SHOWN:
            notes.append(f"{len(merged.joined) - SHOWN} more {what}s were written in several ways.")
    for mark, count in entries.missing.items():
        notes.append(f"{count} answers {mark!r} were taken for missing.")
    return [*notes, *(scale_hint(said.codes.names) if level == "nominal" else ())]
