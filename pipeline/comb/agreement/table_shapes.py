"""Which shape a set of unit tables has, told by names of columns and files and by what stands in the cells.

``long``        a row per code: unit, coder, code
``code-columns`` a row per unit and coder (or a file per coder), codes by name in columns Code 1, Code 2, ...
``coders``      a row per unit, a column per coder, the code in the cell
``one-hot``     a file per coder, a column per code, 0 or 1
``code-files``  a file per code, a column per coder, 0 or 1
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from comb.agreement.spelling import MISSING_MARKS
from comb.agreement.table_files import TableFile
from comb.errors import BadInputError

Shape = Literal["long", "code-columns", "coders", "one-hot", "code-files"]
SHAPES: tuple[Shape, ...] = get_args(Shape)
UNIT = ("unit", "units", "item", "segment", "unit id", "unit_id", "item id", "segment id", "id", "case", "subject",
        "subjects", "utterance", "excerpt", "quotation", "row", "no", "no.", "nr", "#", "number", "observation",
        "document", "doc")  # fmt: skip
CODER = ("coder", "rater", "annotator", "judge", "reviewer", "observer", "coder id", "coder_id", "rater id", "rater_id",
         "annotator id", "annotator_id", "coded by", "coded_by", "coder name", "user")  # fmt: skip
CODE = ("code", "codes", "label", "category", "theme", "rating", "score", "value", "tag", "annotation", "answer")
YES, NO = frozenset({"1", "1.0", "1,0", "true", "yes", "x"}), frozenset({"0", "0.0", "0,0", "false", "no"})
BLANK = MISSING_MARKS | {""}
_CODE_COLUMN = re.compile(r"(?:code|label|theme|category|tag)s?[\s_.-]*\d+", re.IGNORECASE)
_PEOPLE = r"coders?|raters?|annotators?|judges?|reviewers?|observers?|researchers?|analysts?|evaluators?|experts?"
_CODER_LIKE = re.compile(
    rf"(?:.*[\W_])?(?:{_PEOPLE})(?:[\W_\d].*|[a-z])?|(?:r|c|a|ra|coder|rater)[\s_.#-]*\d+|(?-i:[A-Z])|first|second|third|me",
    re.IGNORECASE,
)
_CODE_LIKE = re.compile(r"(?:code|theme|label|category|tag|variable|var)s?[\s_.-]*\w{0,3}", re.IGNORECASE)
_FRAMEWORK = (
    "capab", "opportun", "motivat", "knowledge", "skill", "memory", "behavioural reg", "behavioral reg", "belief",
    "environment", "social", "intention", "goal", "optimism", "reinforcement", "emotion", "barrier", "facilitator",
    "enabler", "professional role", "identity",
)  # fmt: skip
PROSE = ("text", "quote", "excerpt", "utterance", "segment text", "quotation", "memo", "comment", "comments", "note",
         "notes", "date", "time", "timestamp", "speaker", "transcript")  # fmt: skip
"""Columns that stand beside answers and are none."""
WORDY = 6
"""Words on average of a column that holds speech, and no codes."""
MANY = 12
"""More columns than these are hardly coders."""


@dataclass(frozen=True)
class Recognised:
    """A shape, and which columns hold what."""

    shape: Shape
    unit: int | None
    """Column of the unit; None where rows are numbered."""
    coder: int | None = None
    values: tuple[int, ...] = ()
    """Columns of codes, or of coders."""


def recognise(files: Sequence[TableFile], asked: str = "") -> Recognised:
    """Tell the shape of tables, or take the one that was asked for.

    Raises BadInputError, a question in one line, where two readings are possible.
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
    unit = _unit_column(files, asked)
    shape = asked or _matrix_shape(files, unit)
    return Recognised(_as_shape(shape), unit, None, tuple(columns_of(files[0], unit).values()))


def columns_of(file: TableFile, unit: int | None) -> dict[str, int]:
    """Name the columns of a table with a column per coder or code. Raises BadInputError for a name that is double."""
    found: dict[str, int] = {}
    for at in range(file.width):
        name = file.header[at] if file.header else f"coder {at + (unit is None)}"
        if at == unit or not name or is_prose(file, at):
            continue
        if name in found:
            remedy = "Give each column a name of its own."
            raise BadInputError(f"column {name!r} occurs twice", where=file.name, remedy=remedy)
        found[name] = at
    return found


def is_prose(file: TableFile, at: int) -> bool:
    """Tell whether a column holds words, times or speakers, by its name or by what stands in it."""
    if file.header and file.header[at].casefold() in PROSE and not _all_yes_no(file, [at]):
        return True
    cells = [row[at].split() for row in file.sample if at < len(row) and row[at].strip()]
    different = len({tuple(words) for words in cells})
    return bool(cells) and sum(map(len, cells)) >= WORDY * len(cells) and different * 2 > len(cells)


def _as_shape(name: str) -> Shape:
    return next(shape for shape in SHAPES if shape == name)


def _by_names(file: TableFile) -> Recognised | None:
    """Recognise a table whose columns are named unit, coder and code (or Code 1, Code 2, ...)."""
    names = [name.casefold() for name in file.header]
    unit, coder, code = (_first(names, known) for known in (UNIT, CODER, CODE))
    several = tuple(at for at, name in enumerate(file.header) if _CODE_COLUMN.fullmatch(name))
    if unit is not None and several and not _all_yes_no(file, several):
        return Recognised("code-columns", unit, coder, several)
    if unit is None or code is None:
        return None
    if coder is not None:
        return Recognised("long", unit, coder, (code,))
    alone = [at for at, name in enumerate(file.header) if name and at not in (unit, code)]
    return (
        None
        if alone or (_all_yes_no(file, (code,)) and _cells(file, (code,)) & NO)
        else Recognised("code-columns", unit, None, (code,))
    )


def _first(names: Sequence[str], known: Sequence[str]) -> int | None:
    return next((names.index(name) for name in known if name in names), None)


def _lacks_columns(file: TableFile, asked: str) -> BadInputError:
    wanted = "unit, coder and code" if asked == "long" else "unit and Code 1, Code 2, ..."
    return BadInputError(f"no columns {wanted}", where=file.name, remedy="Name the columns so in the first row.")


def _cells(file: TableFile, columns: Sequence[int]) -> set[str]:
    return {row[at].strip().casefold() for row in file.sample for at in columns if at < len(row)}


def _all_yes_no(file: TableFile, columns: Sequence[int]) -> bool:
    cells = _cells(file, columns) - BLANK
    return bool(cells) and cells <= YES | NO


def _unit_column(files: Sequence[TableFile], asked: str) -> int | None:
    """Find the column that names units: the first, unless it looks like one of the others."""
    file = files[0]
    if file.width < 2:
        return None
    if file.header and file.header[0].casefold() in UNIT:
        return 0
    first = [row[0].strip() for row in file.sample]
    unlike = len(set(first)) == len(first) and all(first) and len(first) > 1
    if file.header and _CODER_LIKE.fullmatch(file.header[0]) and len(file.header[0]) > 1:
        return None
    if not file.header:
        others = _cells(file, range(1, file.width))
        return 0 if unlike and len(first) > len(others) and not {c.casefold() for c in first} <= others else None
    rest = range(1, file.width)
    if asked in ("", "coders") and not unlike and not _all_yes_no(file, rest) and _shares_values(file):
        return None
    return 0 if unlike or not _all_yes_no(file, [0]) else None


def _shares_values(file: TableFile) -> bool:
    """Tell whether most values of the first column occur in the others too."""
    first = _cells(file, [0]) - BLANK
    others = _cells(file, range(1, file.width))
    return len(first & others) * 2 >= max(len(first), 1)


def _matrix_shape(files: Sequence[TableFile], unit: int | None) -> Shape:
    columns = [list(columns_of(file, unit).items()) for file in files]
    if not columns[0]:
        remedy = "Give one column per code or coder after the first (the unit), or columns unit,coder,code."
        raise BadInputError("the table has no column for a code", where=files[0].name, remedy=remedy)
    binary = all(_all_yes_no(file, [at for _, at in own]) for file, own in zip(files, columns, strict=True))
    names = [name for name, _ in columns[0]]
    if len(files) > 1:
        return _of_several(files, columns, binary=binary)
    if len(names) == 1 or (not binary and not _is_coders(files[0], columns[0])):
        return "one-hot" if len(names) == 1 else _ask_one(files[0], names)
    if not binary or _are_coders(names):
        return "coders"
    return _ask_one(files[0], names)


def _is_coders(file: TableFile, columns: Sequence[tuple[str, int]]) -> bool:
    """Tell whether columns draw on the same values, as coders of one variable do."""
    if _are_coders([name for name, _ in columns]):
        return True
    values = [_cells(file, [at]) - BLANK for _, at in columns]
    others = [set().union(*values[:at], *values[at + 1 :]) for at in range(len(values))]
    return any(values) and all(own & rest for own, rest in zip(values, others, strict=True) if own)


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
    people = _are_coders([stem.upper() if len(stem) == 1 else stem for stem in stems])
    one_hot = people + _are_codes(names)
    code_files = _are_coders(names) + all(map(_CODE_LIKE.fullmatch, stems)) + _in_framework(stems)
    code_files += not any(file.header for file in files)
    if one_hot == code_files:
        shown = ", ".join(names[:3])
        what = f"the tables can be read in two ways: is {stems[0]!r} a coder and {shown} codes, or the other way round?"
        remedy = (
            "Say --shape one-hot (each file a coder, each column a code) or --shape code-files (the other way round)."
        )
        raise BadInputError(what.rstrip("?"), remedy=remedy)
    return "one-hot" if one_hot > code_files else "code-files"


def _same_units(files: Sequence[TableFile]) -> bool:
    first = [{row[0].strip() for row in file.sample} for file in files]
    return bool(set.intersection(*first))


def _are_coders(names: Sequence[str]) -> bool:
    return all(_CODER_LIKE.fullmatch(name) for name in names)


def _are_codes(names: Sequence[str]) -> bool:
    wordy = sum(len(name.split()) > 2 for name in names) * 2 > len(names)
    return wordy or len(names) > MANY or _in_framework(names) or all(map(_CODE_LIKE.fullmatch, names))


def _in_framework(names: Sequence[str]) -> bool:
    """Tell whether most names are those of COM-B or the Theoretical Domains Framework."""
    return sum(any(part in name.casefold().replace("_", " ") for part in _FRAMEWORK) for name in names) * 2 > len(names)


def _ask_one(file: TableFile, names: Sequence[str]) -> Shape:
    shown = ", ".join(names[:3])
    what = f"are the columns ({shown}) coders or codes"
    remedy = "If coders, say --shape coders; if they are codes of one coder, give the other coders' files too."
    raise BadInputError(what, where=file.name, remedy=remedy)
