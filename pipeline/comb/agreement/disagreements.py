"""Write coders' disagreements as a list to fill in, and read a completed list as codings of ``consensus``.

A unit is listed if two coders who judged it differ in codes, or only in valence.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from comb.agreement.ratings import Ratings
from comb.agreement.units import CONSENSUS, CodedStudy, book_for, known_coverage, placed, units_of
from comb.codebook import Codebook
from comb.codings.alignment import UNREAD, align
from comb.codings.code_labels import CodeNames
from comb.codings.problems import Problem, as_error
from comb.errors import BadInputError
from comb.records import Coding, Segment, Valence

NOTHING = "(none)"
"""Text for "no code"; an empty cell means "not decided yet". (A cell "-" alone would be a formula in Excel.)"""
FIXED = ("transcript", "start", "end", "text", "codes", "differs", "agree_at")
FILLED = ("consensus", "memo")
Answer = frozenset[tuple[str, Valence]]
"""The codes that a coder gave to a unit, each with its valence; empty if it was judged to have no code."""


@dataclass
class UnitAnswers:
    """A unit with the answer of each coder who judged it."""

    unit: Segment
    answers: dict[str, Answer] = field(default_factory=dict)
    memos: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    @property
    def agreed(self) -> Answer | None:
        """The common answer, if two or more coders judged the unit and agree."""
        said = set(self.answers.values())
        return next(iter(said)) if len(said) == 1 and len(self.answers) > 1 else None

    @property
    def disputed(self) -> bool:
        """Whether any two coders differ."""
        return len(set(self.answers.values())) > 1


def unit_answers(study: CodedStudy, coders: Sequence[str], level: str, unit: str) -> list[UnitAnswers]:
    """List all units with each coder's answer.

    Codes are those of the level; a code that is too general for it is kept.
    """
    units = units_of(study, unit, coders)
    read = known_coverage(study, coders)
    views = align(units, read, book_for(study, unit), level, study.share, human=False)
    rows = [UnitAnswers(item) for item in units]
    given: dict[tuple[int, str], dict[str, Valence]] = defaultdict(dict)
    for row, coding in placed(units, read.codings, study.share):
        code = study.codebook.at_level(coding.code, level)
        column = views.codes.index(code) if code is not None else None
        # Of several codes on one segment an exclusive codebook keeps one: align says which.
        if column is None or views.coders[coding.coder].codes[row, column] == 1:
            own = given[row, coding.coder]
            own[code or coding.code] = _both(own.get(code or coding.code, ""), coding.valence)
            if coding.memo.strip():
                rows[row].memos[coding.coder].append(coding.memo.strip())
    for coder in coders:
        view = views.coders.get(coder)
        for row, judged in enumerate(rows):
            if (row, coder) in given or (view is not None and (view.codes[row] != UNREAD).any()):
                judged.answers[coder] = frozenset(given.get((row, coder), {}).items())
    return rows


def _both(before: Valence, valence: Valence) -> Valence:
    """Join the valences of two codings of one code on one unit, as ``alignment`` does."""
    if not before or before == valence:
        return valence
    return "both" if valence else before


def header(coders: Sequence[str]) -> list[str]:
    """Return the columns of the list."""
    return [*FIXED, *(f"coder {name}" for name in coders), *(f"memo {name}" for name in coders), *FILLED]


def coders_of(columns: Sequence[str]) -> list[str]:
    """Return the compared coders, from the columns of a list."""
    return [name.removeprefix("coder ") for name in columns if name.startswith("coder ")]


def table_listing(ratings: Ratings) -> tuple[list[str], list[list[object]]]:
    """Return header and rows for the units of a table on which coders differ."""
    columns = ["unit", "codes", *(f"coder {name}" for name in ratings.coders), *FILLED]
    found: list[tuple[str, list[object]]] = []
    for row in np.flatnonzero(_differ(ratings)):
        answers: list[frozenset[str] | None] = [
            frozenset(ratings.codes[k] for k in np.flatnonzero(cells == 1)) if (cells >= 0).any() else None
            for cells in ratings.cells[row]
        ]
        said = [answer for answer in answers if answer is not None]
        if len(set(said)) > 1:
            common = frozenset.intersection(*said)
            pair = " × ".join(sorted({"+".join(sorted(answer - common)) or NOTHING for answer in said}))
            cells = ["" if answer is None else "; ".join(sorted(answer)) or NOTHING for answer in answers]
            found.append((pair, [ratings.units[row], pair, *cells, "", ""]))
    often = Counter(pair for pair, _ in found)
    return columns, [row for _, row in sorted(found, key=lambda item: (-often[item[0]], item[0]))]


def _differ(ratings: Ratings) -> NDArray[np.bool_]:
    """Mark the units on which two coders differ in some code: (N,)."""
    used = (ratings.cells == 1).any(axis=1)
    unused = ((ratings.cells != 1).all(axis=2) & ratings.judged())[:, :, None] | (ratings.cells == 0)
    differ: NDArray[np.bool_] = (used & unused.any(axis=1)).any(axis=1)
    return differ


def listing(rows: Iterable[UnitAnswers], coders: Sequence[str], codebook: Codebook) -> list[list[object]]:
    """Write the disputed units as rows, the most frequently disputed pairs of codes first."""
    disputed = [row for row in rows if row.disputed]
    pairs = [_code_pair(row) for row in disputed]
    often = Counter(pairs)
    order = sorted(
        range(len(disputed)),
        key=lambda i: (-often[pairs[i]], pairs[i], disputed[i].unit.transcript, disputed[i].unit.start),
    )
    return [_row(disputed[i], pairs[i], coders, codebook) for i in order]


def write_answer(answer: Answer) -> str:
    """Write codes in a cell.

    >>> write_answer(frozenset({("knowledge", "barrier"), ("goals", "")}))
    'goals; knowledge [barrier]'
    """
    return "; ".join(f"{code} [{valence}]" if valence else code for code, valence in sorted(answer)) or NOTHING


def read_answer(cell: str, codebook: Codebook, where: str) -> Answer | None:
    """Read a cell filled in by a person: codes separated by ``;``, each optionally with ``[valence]``; None if empty.

    Codes are found by id or name, valences by their common words. Raises BadInputError for an unknown code or valence,
    and for two codes in an exclusive codebook.
    """
    cell = cell.strip()
    if not cell:
        return None
    if cell.casefold() in (NOTHING, "none", "-", "–", "—", "n/a"):
        return frozenset()
    names = CodeNames(codebook)
    found: set[tuple[str, Valence]] = set()
    for part in filter(None, (piece.strip() for piece in cell.split(";"))):
        written = names.one(part)
        if written is None:
            raise _unknown(part, names, where)
        found.add((written.code, written.valence))
    if codebook.exclusive and len(found) > 1:
        remedy = "The codebook is exclusive: decide for one."
        raise BadInputError("several codes in column consensus", where=where, remedy=remedy)
    return frozenset(found)


def _unknown(part: str, names: CodeNames, where: str) -> BadInputError:
    """Return the error for what is no code, or a code with an unknown valence."""
    name, bracket, _ = part.partition("[")
    if bracket and names.find(name):
        remedy = "Write [barrier], [facilitator], [both] or nothing after the code."
        return BadInputError("unknown valence in column consensus", where=where, remedy=remedy)
    near = names.nearest(part)
    meant = f"; did you mean {' or '.join(near)}?" if near else ""
    remedy = f"Use codes of configs/codebook.yaml with ; between, or {NOTHING} for no code."
    return BadInputError(f"not a code in column consensus{meant}", where=where, remedy=remedy)


@dataclass(frozen=True)
class Applied:
    """The result of a completed list."""

    codings: list[Coding]
    """Codings of coder ``consensus``: every unit of the finished transcripts, with agreed and decided codes."""
    finished: list[str]
    open: dict[str, int]
    """Transcripts with undecided rows, and the number of these."""
    kept: list[str]
    """Transcripts that already have a consensus, which is kept."""


def apply(
    decided: Sequence[tuple[int, Mapping[str, str]]],
    rows: Sequence[UnitAnswers],
    codebook: Codebook,
    before: set[str],
    file: str,
) -> Applied:
    """Make codings of coder ``consensus`` from a completed list; ``before`` contains the transcripts that have one.

    A transcript counts only once all its disputed units are decided: its agreed units are then included, so that the
    consensus of a transcript is complete. Raises BadInputError for a row that is no longer a disputed unit.
    """
    disputed = {(r.unit.transcript, r.unit.start, r.unit.end): r for r in rows if r.disputed}
    found: dict[tuple[str, int, int], tuple[Answer, str]] = {}
    problems: list[Problem] = []
    for number, row in decided:
        try:
            key, answer = _decision(row, f"{file}, row {number}", disputed, found, codebook)
        except BadInputError as error:
            problems.append(Problem(number, error.what, error.remedy))
            continue
        if answer is not None:
            found[key] = answer, row.get("memo", "").strip()
    if problems:
        raise as_error(file, problems, "" if len(problems) == 1 else problems[0].remedy)
    open_rows = Counter(key[0] for key in disputed if key not in found)
    named = list(dict.fromkeys(key[0] for key in found))
    finished = [name for name in named if not open_rows[name] and name not in before]
    codings = [coding for row in rows if row.unit.transcript in finished for coding in _consensus(row, found)]
    return Applied(
        codings,
        finished,
        {name: open_rows[name] for name in named if open_rows[name]},
        [name for name in named if name in before],
    )


def _decision(
    row: Mapping[str, str],
    where: str,
    disputed: Mapping[tuple[str, int, int], UnitAnswers],
    found: Mapping[tuple[str, int, int], tuple[Answer, str]],
    codebook: Codebook,
) -> tuple[tuple[str, int, int], Answer | None]:
    """Return the unit that a row decides, and its codes; None if it is not decided yet."""
    key = _key(row, where)
    if key not in disputed:
        remedy = "Codings have changed since the list was made, or --unit is another: make a new one."
        raise BadInputError("this unit is not in dispute", where=where, remedy=remedy)
    if key in found:
        raise BadInputError("this unit was decided in a row above", where=where, remedy="Keep one of the rows.")
    return key, read_answer(row["consensus"], codebook, where)


def _consensus(row: UnitAnswers, found: Mapping[tuple[str, int, int], tuple[Answer, str]]) -> list[Coding]:
    unit = row.unit
    key = (unit.transcript, unit.start, unit.end)
    if key in found:
        answer, memo = found[key]
        memo = memo or f"decided; coders said: {_said(row)}"
    elif row.agreed is not None:
        answer, memo = row.agreed, ""
    else:
        return []
    place = (unit.transcript, unit.start, unit.end, unit.text)
    codes: list[tuple[str, Valence]] = sorted(answer) or [("", "")]
    return [Coding(*place, code, valence, CONSENSUS, memo=memo, origin="adjudication") for code, valence in codes]


def _said(row: UnitAnswers) -> str:
    return ", ".join(f"{coder}: {write_answer(answer)}" for coder, answer in row.answers.items())


def _key(row: Mapping[str, str], where: str) -> tuple[str, int, int]:
    try:
        return row["transcript"].strip(), int(float(row["start"])), int(float(row["end"]))
    except ValueError:
        remedy = "Leave the columns transcript, start and end as they were."
        raise BadInputError("start or end is not a number", where=where, remedy=remedy) from None


def _code_pair(row: UnitAnswers) -> str:
    """Name what is disputed: the codes that not all gave, each against what the others gave instead."""
    codes = [frozenset(code for code, _ in answer) for answer in row.answers.values()]
    common = frozenset.intersection(*codes)
    sides = sorted({"+".join(sorted(answer - common)) or NOTHING for answer in codes})
    if len(sides) == 1:
        return " × ".join(sorted({_valences(answer) for answer in row.answers.values()}))
    return " × ".join(sides)


def _valences(answer: Answer) -> str:
    return "+".join(sorted(f"{code} [{valence or 'none'}]" for code, valence in answer))


def _row(row: UnitAnswers, pair: str, coders: Sequence[str], codebook: Codebook) -> list[object]:
    unit = row.unit
    codes = {frozenset(code for code, _ in answer) for answer in row.answers.values()}
    answers = [write_answer(row.answers[name]) if name in row.answers else "" for name in coders]
    memos = [" | ".join(row.memos[name]) if name in row.memos else "" for name in coders]
    differs = "valence" if len(codes) == 1 else "code"
    place = [unit.transcript, unit.start, unit.end, unit.text]
    return [*place, pair, differs, _agree_at(codes, codebook), *answers, *memos, "", ""]


def _agree_at(codes: Iterable[frozenset[str]], codebook: Codebook) -> str:
    """Name the deepest level at which all coders say the same, or ``""``: ``domain`` where they part only below it."""
    codes = list(codes)
    if any(not answer for answer in codes):
        return ""
    best = ""
    for depth, level in enumerate(codebook.levels):
        above = {frozenset(codebook.codes[code].path[: depth + 1] for code in answer) for answer in codes}
        cut = {frozenset(path[-1] for path in answer) for answer in above}
        if len(cut) != 1:
            break
        best = level
    return best
