"""Read unit tables, whose data are already divided into units, in any of the shapes of ``table_shapes``.

The same answers give the same ratings, to the last bit, whatever the shape: names are joined where only their spelling
differs, and units, coders and codes are put in their natural order.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from comb.agreement.ratings import Ratings
from comb.agreement.scales import ScaleLevel
from comb.agreement.spelling import MISSING_MARKS, doubtful, folded
from comb.agreement.table_answers import CodingRule, as_ratings
from comb.agreement.table_entries import BLANKED, JUDGED, MISSING, NOTHING, UNUSED, USED, Entries
from comb.agreement.table_files import TableFile
from comb.agreement.table_shapes import Recognised, columns_of, is_prose, recognise
from comb.agreement.table_words import SUMS, is_no, is_yes
from comb.errors import BadInputError

EmptyCell = Literal["", "no", "missing"]
ALL_CODES = "none"
"""Value of ``missing`` for tables in which no code is a missing answer."""
DESCRIPTIONS = {
    "long": "long tables (unit, coder, code), where an empty code means judged, no code",
    "code-columns": "a row per unit and coder with codes in columns, where a row without codes means judged, no code",
    "coders": "a column per coder, where an empty cell means not judged",
    "one-hot": "a table per coder with a column per code, where an empty cell means not judged",
    "code-files": "a table per code with a column per coder, where an empty cell means not judged",
}


@dataclass(frozen=True)
class TablesRead:
    """The content of unit tables, and how they were read."""

    ratings: Ratings
    shape: str
    reading: str
    """How they were read, in one line."""
    notes: tuple[str, ...]
    """Notes on joined names, omissions and doubtful values."""


def read_tables(
    files: Sequence[TableFile],
    coding: CodingRule = "",
    shape: str = "",
    level: ScaleLevel = "nominal",
    order: Sequence[str] = (),
    missing: Sequence[str] = (),
    empty: EmptyCell = "",
) -> TablesRead:
    """Read unit tables of any shape; ``shape`` names it if it cannot be recognised.

    Without ``coding``, the codes are exclusive if no coder gave a unit two of them. ``missing`` lists values for a
    missing answer besides the usual marks; ``none`` means that there are no others. ``empty`` is the meaning of an
    empty cell in a yes/no table. Raises BadInputError that lists the problems with file and row.
    """
    marks = MISSING_MARKS | {mark.casefold() for mark in missing if mark.casefold() != ALL_CODES}
    files = [replace(file, marks=marks) for file in files]
    found = recognise(files, shape)
    entries = Entries(marks=marks)
    found = replace(found, empty_is_no=_empty_is_no(files, found, empty))
    for number, file in enumerate(files):
        _READERS[found.shape](entries, file, number, found, files)
    entries.refuse_problems()
    if not missing and not order:
        _ask_for_missing(list(entries.codes.number))
    ratings, notes = as_ratings(entries, files, coding, level, order)
    kind = "at most one code per unit" if ratings.exclusive else "any number of codes per unit"
    sizes = ((ratings.units, "unit"), (ratings.coders, "coder"), (ratings.codes, "code"))
    counts = ", ".join(f"{len(names)} {noun}{'s' * (len(names) != 1)}" for names, noun in sizes)
    description = DESCRIPTIONS[found.shape]
    if found.empty_is_no:
        description = description.replace("means not judged", "means no")
    reading = f"Read as {description}: {counts}; {kind}."
    return TablesRead(ratings, found.shape, reading, (*notes, *_left_out(files, found)))


def _left_out(files: Sequence[TableFile], found: Recognised) -> list[str]:
    """Return which columns and sheets were not read."""
    columns = {file.header[at] for file in files for at in range(file.width) if file.header and is_prose(file, at)}
    if found.shape == "coders" and files[0].header:
        read = {files[0].header[at] for at in found.values}
        columns |= set(columns_of(files[0], found.unit)) - read
    columns -= {file.header[at] for file in files for at in found.unit if file.header}
    notes = []
    if columns and found.shape not in ("long", "code-columns"):
        notes.append(f"Columns that contain no codes were left out: {', '.join(sorted(columns))}.")
    for file in files:
        if file.left_out:
            notes.append(f"{file.name}: sheets that were left out: {', '.join(file.left_out)}.")
    return notes


def _ask_for_missing(codes: Sequence[str]) -> None:
    found = doubtful(codes)
    if found:
        shown = " and ".join(map(repr, found))
        what = f"{'are' if len(found) > 1 else 'is'} {shown} among the codes a missing answer?"
        what = what.replace("a missing answer", "missing answers") if len(found) > 1 else what
        remedy = f"If so, say --missing={','.join(found)}; if all are codes, --missing={ALL_CODES}."
        raise BadInputError(what, remedy=remedy)


def _empty_is_no(files: Sequence[TableFile], found: Recognised, said: EmptyCell) -> bool:
    """Return whether empty cells of yes/no tables mean no: if no cell says no, as with x and blank.

    Raises BadInputError if that is so in some tables only.
    """
    if found.shape not in ("one-hot", "code-files") or said:
        return said == "no"
    say = [_says(file, found) for file in files]
    silent = [file.name for file, (no, empty) in zip(files, say, strict=True) if empty and not no]
    if silent and any(no for no, _ in say):
        what = "no cell says no, as cells of the other tables do: are its empty cells no, or not judged?"
        remedy = "Say --empty no or --empty missing."
        raise BadInputError(what, where=silent[0], remedy=remedy)
    return bool(silent)


def _says(file: TableFile, found: Recognised) -> tuple[bool, bool]:
    """Return whether a cell of a yes/no table says no, and whether one is empty."""
    columns, empty = _value_columns(file, found).values(), False
    for _, cells in file.rows():
        own = [cells[at].strip() for at in columns]
        if any(map(is_no, own)):
            return True, empty
        empty = empty or "" in own
    return False, empty


def _value_columns(file: TableFile, found: Recognised) -> dict[str, int]:
    """Return the columns with answers, by name."""
    columns = columns_of(file, found.unit)
    return {name: at for name, at in columns.items() if at != found.coder}


def _unit(entries: Entries, file: TableFile, found: Recognised, row: int, cells: Sequence[str]) -> int | None:
    """Return the number of a row's unit; None, with a problem noted, if it has none."""
    if not found.unit:
        return entries.units.of(str(row - file.above - bool(file.header)))
    parts = [cells[at].strip() for at in found.unit]
    name = " ".join(parts)
    if name.casefold() in SUMS:
        entries.problems.append(f"{file.name}, row {row}: {name!r} sums up others and is not a unit; delete the row")
        return None
    if not all(parts):
        entries.problems.append(f"{file.name}, row {row}: no unit")
        return None
    return entries.units.of(name)


def _long(entries: Entries, file: TableFile, number: int, found: Recognised, files: Sequence[TableFile]) -> None:
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


def _code_cells(entries: Entries, unit: int, coder: int, cells: Sequence[str], row: int, number: int) -> None:
    """Add the codes of one row, each once; if it has none: none, or missing where only marks for that are there."""
    given = list(dict.fromkeys(cell.strip() for cell in cells if cell.strip()))
    codes = [cell for cell in given if cell.casefold() not in entries.marks]
    if codes:
        for cell in codes:
            entries.add_text(unit, coder, cell, NOTHING, row, number)
    else:
        entries.add_text(unit, coder, given[0] if given else "", NOTHING, row, number)


def _aligned(file: TableFile, found: Recognised) -> Recognised:
    """Find the columns of this file, which may stand in another order than in the first."""
    own = recognise([file])
    return own if own.shape == found.shape else found


def _by_coder(entries: Entries, file: TableFile, number: int, found: Recognised, files: Sequence[TableFile]) -> None:
    known = {files[0].header[at] for at in found.values} if files[0].header else set()
    coders = [
        (at, entries.coders.of(name))
        for name, at in columns_of(file, found.unit).items()
        if not known or name in known or file is not files[0]
    ]
    seen: set[tuple[int, int]] = set()
    for row, cells in file.rows():
        unit = _unit(entries, file, found, row, cells)
        if unit is None or _is_repeated(entries, seen, (unit, 0), file, row):
            continue
        for at, coder in coders:
            entries.add_text(unit, coder, cells[at], MISSING, row, number)


def _is_repeated(
    entries: Entries, seen: set[tuple[int, int]], place: tuple[int, int], file: TableFile, row: int
) -> bool:
    """Note as a problem that a unit, or a unit and coder, has been seen before."""
    if place in seen:
        name = next(name for name, index in entries.units.number.items() if index == place[0])
        entries.problems.append(f"{file.name}, row {row}: unit {name!r} occurs twice")
        return True
    seen.add(place)
    return False


def _one_hot(entries: Entries, file: TableFile, number: int, found: Recognised, files: Sequence[TableFile]) -> None:
    columns = _value_columns(file, found)
    if not columns:
        remedy = "Give one column per code after the first (the unit), or columns unit,coder,code."
        raise BadInputError("the table has no column for a code", where=file.name, remedy=remedy)
    _check_codes(files[0], file, found)
    if found.coder is None:
        _check_stem(file, number, files)
    coder = entries.coders.of(file.stem) if found.coder is None else 0
    _binary(entries, file, number, found, [(at, coder, entries.codes.of(name), name) for name, at in columns.items()])


def _code_file(entries: Entries, file: TableFile, number: int, found: Recognised, files: Sequence[TableFile]) -> None:
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
    one, other = ({folded(name): name for name in _value_columns(table, found)} for table in (first, file))
    odd = sorted(set(one) ^ set(other))
    if odd:
        here, there = (file, first) if odd[0] in other else (first, file)
        what = f"code {(one | other)[odd[0]]!r} is a column of {here.name} but not of {there.name}"
        raise BadInputError(what, remedy="Give every coder's table the same codes; a code never used is all 0.")


def _binary(
    entries: Entries, file: TableFile, number: int, found: Recognised, columns: Sequence[tuple[int, int, int, str]]
) -> None:
    """Add the cells of columns (place, coder, code, code's name) that contain yes, no or blank."""
    seen: set[tuple[int, int]] = set()
    empty = UNUSED if found.empty_is_no else BLANKED
    for row, cells in file.rows():
        unit, own = _unit(entries, file, found, row, cells), _row_coder(entries, file, found, row, cells)
        if unit is None or own is None or _is_repeated(entries, seen, (unit, own), file, row):
            continue
        words = []
        for at, coder, code, name in columns:
            word = _binary_cell(entries, cells[at].strip(), f"{file.name}, row {row}", name, empty)
            words.append(word)
            if word != UNUSED or found.shape == "code-files":
                entries.add(unit, coder if found.coder is None else own, code, word, row, number)
        if found.shape == "one-hot":
            judged = any(word != BLANKED for word in words)
            coder = columns[0][1] if found.coder is None else own
            entries.add(unit, coder, JUDGED if judged else MISSING, UNUSED, row, number)


def _row_coder(entries: Entries, file: TableFile, found: Recognised, row: int, cells: Sequence[str]) -> int | None:
    """Return the number of the coder that a row names, 0 if no column does; None, with a problem noted, if empty."""
    if found.coder is None:
        return 0
    name = cells[found.coder].strip()
    if not name:
        entries.problems.append(f"{file.name}, row {row}: no coder")
        return None
    return entries.coders.of(name)


def _binary_cell(entries: Entries, text: str, where: str, code: str, empty: int) -> int:
    """Read a cell that contains yes, no or blank; anything else is noted as a problem."""
    if not text:
        return empty
    if text.casefold() in entries.marks:
        entries.missing.update([text])
        return BLANKED
    if not is_yes(text) and not is_no(text):
        entries.problems.append(f"{where}: the cell of code {code!r} is not 0, 1 or blank")
    return USED if is_yes(text) else UNUSED


_READERS = {
    "long": _long,
    "code-columns": _long,
    "coders": _by_coder,
    "one-hot": _one_hot,
    "code-files": _code_file,
}
