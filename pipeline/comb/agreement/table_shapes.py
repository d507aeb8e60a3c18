"""Recognise the shape of a set of unit tables, from the names of columns and files and the content of cells.

``long``        a row per code: unit, coder, code
``code-columns`` a row per unit and coder (or a file per coder), codes by name in columns Code 1, Code 2, ...
``coders``      a row per unit, a column per coder, the code in the cell
``one-hot``     a file per coder, a column per code, 0 or 1
``code-files``  a file per code, a column per coder, 0 or 1
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from comb.agreement.spelling import folded
from comb.agreement.table_files import TableFile
from comb.agreement.table_words import (
    CODE,
    CODE_COLUMN,
    CODE_LIKE,
    CODER,
    CODER_LIKE,
    DERIVED,
    DOCUMENT,
    NO,
    PERHAPS_CODES,
    PLAIN_YES_NO,
    PROSE,
    SUMS,
    UNIT,
    WORDY,
    YES,
    are_coders,
    are_codes,
    in_framework,
    is_no,
    is_yes,
)
from comb.codings.table_columns import plain_name
from comb.errors import BadInputError

Shape = Literal["long", "code-columns", "coders", "one-hot", "code-files"]
SHAPES: tuple[Shape, ...] = get_args(Shape)


@dataclass(frozen=True)
class Recognised:
    """A shape, and the content of its columns."""

    shape: Shape
    unit: tuple[int, ...]
    """Columns that together name the unit, such as transcript and segment; none if rows are numbered."""
    coder: int | None = None
    values: tuple[int, ...] = ()
    """Columns of codes, or of coders."""
    empty_is_no: bool = False
    """Whether an empty cell of a yes/no table means no; otherwise it means not judged."""


def recognise(files: Sequence[TableFile], asked: str = "") -> Recognised:
    """Return the shape of tables, or check the one that was asked for.

    Raises BadInputError, a question in one line, if two readings are possible.
    """
    found = [_by_names(file) for file in files]
    known = [one for one in found if one is not None]
    if known and len(known) < len(found) and asked in ("", "long", "code-columns"):
        what = "some tables are long and some are one-hot or have a column per coder"
        raise BadInputError(what, remedy="Give all in one form.")
    if known and asked in ("", known[0].shape):
        return known[0]
    if asked in ("long", "code-columns"):
        raise _lacks_columns(files[0], asked)
    unit = _unit_columns(files, asked)
    shape = asked or _matrix_shape(files, unit)
    values = columns_of(files[0], unit)
    odd = set() if asked or shape != "coders" else set(_odd_columns(files[0], values))
    return Recognised(_as_shape(shape), unit, None, tuple(at for name, at in values.items() if name not in odd))


def _is_worded(file: TableFile, at: int) -> bool:
    """Return whether a column contains words of which none says yes or no."""
    return not any(is_yes(cell) or is_no(cell) or cell.isdigit() for cell in _cells(file, (at,)))


def _odd_columns(file: TableFile, columns: Mapping[str, int]) -> list[str]:
    """Name columns that share no value with another, where two or more others do: an age, say, beside coders' codes."""
    if file.header and are_coders(list(columns)):
        return []
    values = {name: _cells(file, (at,)) for name, at in columns.items()}
    shared = [name for name, own in values.items() if any(own & other for key, other in values.items() if key != name)]
    return [name for name, own in values.items() if own and name not in shared] if len(shared) > 1 else []


def columns_of(file: TableFile, unit: tuple[int, ...]) -> dict[str, int]:
    """Name the columns of a table with a column per coder or code. Raises BadInputError for a duplicate name."""
    found: dict[str, int] = {}
    for at in range(file.width):
        name = file.header[at] if file.header else f"coder {at + (not unit)}"
        if at in unit or not name or is_prose(file, at):
            continue
        if name in found:
            remedy = "Give each column a name of its own."
            raise BadInputError(f"column {name!r} occurs twice", where=file.name, remedy=remedy)
        found[name] = at
    return found


def is_prose(file: TableFile, at: int) -> bool:
    """Return whether a column contains words, times or speakers, judging by its name or its content."""
    name = plain_name(file.header[at]) if file.header else ""
    if name in SUMS or (name in PROSE and not _all_yes_no(file, [at])):
        return True
    if name in DERIVED and not _all_yes_no(file, range(1, file.width)):
        return True
    cells = [row[at].split() for row in file.sample if at < len(row) and row[at].strip()]
    different = len({tuple(words) for words in cells})
    return bool(cells) and sum(map(len, cells)) >= WORDY * len(cells) and different * 2 > len(cells)


def _as_shape(name: str) -> Shape:
    return next(shape for shape in SHAPES if shape == name)


def _by_names(file: TableFile) -> Recognised | None:
    """Recognise a table whose columns are named unit, coder and code (or Code 1, Code 2, ...)."""
    names = [plain_name(name) for name in file.header]
    coder, code = _first(names, CODER), _first(names, CODE)
    unit = _named_unit(file)
    several = tuple(at for at, name in enumerate(file.header) if CODE_COLUMN.fullmatch(name))
    if unit and several and not _all_yes_no(file, several):
        return Recognised("code-columns", unit, coder, several)
    if unit and code is None and coder is not None:
        others = tuple(columns_of(file, (*unit, coder)).values())
        return Recognised("one-hot", unit, coder, others) if others and _all_yes_no(file, others) else None
    if not unit or code is None:
        return None
    if coder is not None:
        return Recognised("long", unit, coder, (code,))
    alone = [at for at, name in enumerate(file.header) if name and at not in (*unit, code)]
    said_no = _all_yes_no(file, (code,)) and any(map(is_no, _cells(file, (code,))))
    return None if alone or said_no else Recognised("code-columns", unit, None, (code,))


def _named_unit(file: TableFile) -> tuple[int, ...]:
    """Find the columns that name the unit by their own names: the unit's, and that of its transcript before it."""
    names = [plain_name(name) for name in file.header]
    document = _first(names, DOCUMENT)
    unit = next((at for name in UNIT for at, other in enumerate(names) if other == name and at != document), None)
    found = [at for at in (document, unit) if at is not None]
    return tuple(at for at in found if at == 0 or names[at] not in PERHAPS_CODES or not _all_yes_no(file, (at,)))


def _first(names: Sequence[str], known: Sequence[str]) -> int | None:
    return next((names.index(name) for name in known if name in names), None)


def _lacks_columns(file: TableFile, asked: str) -> BadInputError:
    wanted = "unit, coder and code" if asked == "long" else "unit and Code 1, Code 2, ..."
    return BadInputError(f"no columns {wanted}", where=file.name, remedy="Name the columns so in the first row.")


def _cells(file: TableFile, columns: Sequence[int]) -> set[str]:
    """Collect what stands in the columns of the first rows, but for missing answers."""
    found = {row[at].strip().casefold() for row in file.sample for at in columns if at < len(row)}
    return found - file.blank


def _all_yes_no(file: TableFile, columns: Sequence[int]) -> bool:
    """Return whether the cells of columns say yes and no, each in one way."""
    cells = {folded(cell) for cell in _cells(file, columns)}
    one_way = all(len(cells & words) < 2 for words in (YES, NO)) or cells <= PLAIN_YES_NO
    return bool(cells) and cells <= YES | NO and one_way


def _unit_columns(files: Sequence[TableFile], asked: str) -> tuple[int, ...]:
    """Find the columns that name units: those that are called so, or the first, unless it looks like the others."""
    file = files[0]
    if file.width < 2:
        return ()
    return _named_unit(file) or (() if _first_column(file, asked) is None else (0,))


def _first_column(file: TableFile, asked: str) -> int | None:
    first = [row[0].strip() for row in file.sample]
    unlike = len(set(first)) == len(first) and all(first) and len(first) > 1
    if file.header and CODER_LIKE.fullmatch(file.header[0]) and len(file.header[0]) > 1:
        return None
    if not file.header:
        others = _cells(file, range(1, file.width))
        return 0 if unlike and len(first) > len(others) and not {c.casefold() for c in first} <= others else None
    rest = range(1, file.width)
    if asked in ("", "coders") and not unlike and not _all_yes_no(file, rest) and _shares_values(file):
        return None
    return 0 if unlike or not _all_yes_no(file, [0]) else None


def _shares_values(file: TableFile) -> bool:
    """Return whether most values of the first column occur in the others too."""
    first = _cells(file, [0])
    others = _cells(file, range(1, file.width))
    return len(first & others) * 2 >= max(len(first), 1)


def _matrix_shape(files: Sequence[TableFile], unit: tuple[int, ...]) -> Shape:
    columns = [list(columns_of(file, unit).items()) for file in files]
    if not columns[0]:
        remedy = "Give one column per code or coder after the first (the unit), or columns unit,coder,code."
        raise BadInputError("the table has no column for a code", where=files[0].name, remedy=remedy)
    binary = all(_all_yes_no(file, [at for _, at in own]) for file, own in zip(files, columns, strict=True))
    names = [name for name, _ in columns[0]]
    if all(len(own) == 1 and _is_worded(file, own[0][1]) for file, own in zip(files, columns, strict=True)):
        remedy = "If it contains codes by name, call it code, and add a column coder or give a file per coder."
        raise BadInputError(f"column {names[0]!r} does not contain 0 and 1", where=files[0].name, remedy=remedy)
    if len(files) > 1:
        return _of_several(files, columns, binary=binary)
    if len(names) == 1 or (not binary and not _is_coders(files[0], columns[0])):
        return "one-hot" if len(names) == 1 else _ask_one(files[0], names)
    if not binary or are_coders(names):
        return "coders"
    return _ask_one(files[0], names)


def _is_coders(file: TableFile, columns: Sequence[tuple[str, int]]) -> bool:
    """Return whether two columns or more draw on the same values, as coders of one variable do."""
    if file.header and are_coders([name for name, _ in columns]):
        return True
    odd = _odd_columns(file, dict(columns))
    left = [at for name, at in columns if name not in odd and _cells(file, (at,))]
    values = [_cells(file, (at,)) for at in left]
    others = [set().union(*values[:at], *values[at + 1 :]) for at in range(len(values))]
    return (
        len(values) > 1
        and all(own & rest for own, rest in zip(values, others, strict=True))
        and bool(file.header or not odd)
    )


def _of_several(files: Sequence[TableFile], columns: Sequence[list[tuple[str, int]]], *, binary: bool) -> Shape:
    names = [name for name, _ in columns[0]]
    if not binary:
        coders = len(names) > 1 and all(map(_is_coders, files, columns))
        if coders and _same_units(files):
            what = "the tables have a column per coder and the same units: they are about different variables"
            raise BadInputError(what, remedy="Compare one table at a time, or give a file per coder.")
        # In other tables each cell that is not 0, 1 or blank is reported when they are read.
        return "coders" if coders else "one-hot"
    if len(names) == 1:
        return "one-hot"
    stems = [file.stem for file in files]
    people = are_coders([stem.upper() if len(stem) == 1 else stem for stem in stems])
    one_hot = people + are_codes(names)
    code_files = are_coders(names) + all(map(CODE_LIKE.fullmatch, stems)) + in_framework(stems)
    code_files += not any(file.header for file in files)
    if one_hot == code_files:
        shown = ", ".join(names[:3])
        what = f"the tables can be read in two ways: is {stems[0]!r} a coder and {shown} codes, or the other way round?"
        remedy = (
            "Say --shape one-hot (each file a coder, each column a code) or --shape code-files (the other way round)."
        )
        raise BadInputError(what, remedy=remedy)
    return "one-hot" if one_hot > code_files else "code-files"


def _same_units(files: Sequence[TableFile]) -> bool:
    first = [{row[0].strip() for row in file.sample} for file in files]
    return bool(set.intersection(*first))


def _ask_one(file: TableFile, names: Sequence[str]) -> Shape:
    if not file.header:
        what = "no row names the columns, and they contain different things"
        remedy = "Name them in the first row: unit, coder, code; or unit and the coders' names."
        raise BadInputError(what, where=file.name, remedy=remedy)
    shown = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
    what = f"are the columns ({shown}) coders or codes?"
    remedy = (
        "If coders, say --shape coders; if codes of one coder, give the other coders' files too; "
        "if each row is one code, call the columns unit, coder and code."
    )
    raise BadInputError(what, where=file.name, remedy=remedy)
