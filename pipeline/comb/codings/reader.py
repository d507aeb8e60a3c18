"""Tables of codings, read as people write them: codings, what was corrected on the way, and every problem at once.

One reader for ``data/codings``, ``comb import`` and the review page: a CSV file of any dialect or a workbook, with
columns in any of their common names. Unambiguous deviations are accepted, with a note where a person should know;
anything else is a problem of its row, with what may have been meant.
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from comb.codings.amendments import AS_IT_IS, Amendments
from comb.codings.code_labels import SEPARATORS, Written, split_code
from comb.codings.folded_text import fold
from comb.codings.known import Known
from comb.codings.machine import model_of
from comb.codings.names import coder_and_date, is_date
from comb.codings.problems import Passage, Problem, numbered
from comb.codings.quote_finder import Place
from comb.codings.table_columns import CHOOSE, CodingColumns, choose_columns
from comb.codings.table_files import lacks_header, no_header, table_of
from comb.codings.valence_words import as_valence
from comb.codings.yes_or_no import NO, YES, blind_word, unsure_word
from comb.errors import BadInputError
from comb.records import Coding, Valence
from comb.study.csv_files import unescape
from comb.transcripts.file_safety import read_bytes

MENDED = "mended"
"""Origin of a coding whose quote had typos."""
AS_WRITTEN = "as written"
"""Column for the quote as written in the table, if it had typos."""
PASSAGES = 3
_PASSAGE = re.compile(r"(?P<name>.*?)(?P<spans>(?: \d+-\d+)+)")
TOTALS = ("total", "totals", "sum", "grand total", "subtotal", "count", "gesamt", "summe", "anzahl", "somme")
"""First cells of rows of totals."""
NO_CODE = ("none", "no code", "no codes", "n/a", "na", "nil", "uncoded", "not coded", "-", "–", "—")
"""Cells that mean: read, and no code."""
_MARKED_BY = "'"


@dataclass(frozen=True)
class Row:
    """One coding with the row that it came from, and that row's other cells."""

    number: int
    coding: Coding
    others: Mapping[str, str]
    """Cells of columns that comb does not know, by name."""


@dataclass(frozen=True)
class CodingsTable:
    """The content of one table of codings."""

    name: str
    rows: tuple[Row, ...]
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]
    """Notes on cells that were read differently from how they were written; no participants' words."""
    header: tuple[str, ...] = ()
    unread: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    """The cells of the rows with problems, as written, by number."""

    @property
    def codings(self) -> tuple[Coding, ...]:
        """The codings, each once."""
        return tuple(dict.fromkeys(row.coding for row in self.rows))


@dataclass
class _Reading:
    """The state of reading one table."""

    known: Known
    columns: CodingColumns
    header: Sequence[str]
    coder: str
    transcript: str
    notes: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    problems: list[Problem] = field(default_factory=list)
    above: str = ""
    """The transcript of the row before."""
    amendments: Amendments = AS_IT_IS

    @property
    def for_people(self) -> bool:
        """Whether cells that look like formulas have an apostrophe before them; never in comb's own codings."""
        return self.columns.coder != "coder" or CHOOSE in self.header

    def note(self, row: int, what: str) -> None:
        """Note that something was read differently from how it was written."""
        self.notes[what].append(row)

    def problem(self, row: int, what: str, remedy: str, **near: tuple[str, ...] | tuple[Passage, ...]) -> None:
        """Note why a row cannot be read."""
        self.problems.append(Problem(row, what, remedy, **near))  # type: ignore[arg-type]


def read_codings_table(
    source: Path | bytes,
    known: Known,
    name: str = "",
    *,
    given: CodingColumns | None = None,
    coder: str = "",
    transcript: str = "",
    amendments: Amendments = AS_IT_IS,
) -> CodingsTable:
    """Read a table of codings, .csv or .xlsx, from a file or from its bytes (``name`` then names it in messages).

    ``given`` names columns that are called something else; ``coder`` is who coded if no column says so,
    ``transcript`` where the quotes are from, and ``amendments`` what a person has corrected. Raises BadInputError if
    the file is no table or lacks a column; what is wrong with its rows is in ``problems``.
    """
    data = read_bytes(source) if isinstance(source, Path) else source
    name = name or (source.name if isinstance(source, Path) else "the table")
    header, rows = table_of(data, name, known)
    if given is None and lacks_header(header, known):
        raise no_header(name)
    columns = choose_columns(header, given or CodingColumns(), name, one=bool(transcript))
    if not columns.coder and not coder:
        remedy = "Add a column coder that says who coded."
        raise BadInputError("column 'coder' is missing", where=name, remedy=remedy)
    rows = amendments.apply(rows, header, columns)
    reading = _Reading(known, columns, header, coder, transcript, amendments=amendments)
    found = [row for number, cells in rows for row in _row(reading, number, cells)]
    wrong = {problem.row for problem in reading.problems}
    return CodingsTable(
        name,
        tuple(row for row in found if row.number not in wrong),
        tuple(sorted(reading.problems, key=lambda problem: problem.row)),
        tuple(f"{name}, {numbered(numbers)}: {what}" for what, numbers in reading.notes.items()),
        tuple(header),
        {number: tuple(cells) for number, cells in rows if number in wrong},
    )


def _row(reading: _Reading, number: int, cells: Sequence[str]) -> Iterator[Row]:
    """Read one row: a coding for each code and span."""
    if any(cell.strip() for cell in cells[len(reading.header) :]):
        remedy = "Put quotation marks around cells that contain commas."
        reading.problem(number, "more cells than columns", remedy)
        return
    row = dict(zip(reading.header, [*cells, *[""] * (len(reading.header) - len(cells))], strict=False))
    if _is_total(reading, row):
        reading.note(number, "a row of totals: left out")
        return
    coder, date = _coder(reading, number, row)
    if model_of(coder) is not None and not reading.columns.model:
        reading.note(number, "a model's suggestions, not codings: left out")
        return
    chosen = _chosen(reading, number, row)
    name = chosen.transcript if chosen else _transcript(reading, number, row)
    place = Place(chosen.spans) if chosen else _place(reading, number, row, name) if name else None
    codes = _with_valences(reading, number, list(_codes(reading, number, row)), row)
    score = _number(reading, number, row, "score")
    if name is None or place is None or not coder:
        return
    others = {key: cell for key, cell in row.items() if _is_other(reading, key) and cell.strip()}
    if place.edits:
        others[AS_WRITTEN] = _cell(row, reading.columns.quote)
    text, columns = reading.known.transcripts[name].text, reading.columns
    memo, unsure = _cell(row, columns.memo), _unsure(reading, number, row)
    for code in codes:
        for start, end in place.spans:
            yield Row(
                number,
                Coding(
                    transcript=name,
                    start=start,
                    end=end,
                    quote=text[start:end],
                    code=code.code,
                    valence=code.valence,
                    coder=coder,
                    memo=unescape(memo) if reading.for_people else memo,
                    created_at=_cell(row, columns.created_at) or date,
                    origin=_cell(row, columns.origin) or (MENDED if place.edits else ""),
                    model=_cell(row, columns.model),
                    score=code.score if score is None else score,
                    blind=blind_word(_cell(row, columns.blind)),
                    unsure=unsure,
                ),
                others,
            )


def _cell(row: Mapping[str, str], column: str) -> str:
    return row[column] if column else ""


def _unsure(reading: _Reading, number: int, row: Mapping[str, str]) -> str:
    cell = _cell(row, reading.columns.unsure)
    if cell.strip().casefold() not in (*NO, *YES):
        reading.note(number, "column unsure: a remark, read as yes")
    return unsure_word(cell)


def _is_total(reading: _Reading, row: Mapping[str, str]) -> bool:
    """Return whether a row without a quote is a sum of those above it."""
    columns = reading.columns
    placed = any(_cell(row, name).strip() for name in (columns.quote, columns.start, columns.end) if name)
    first = next((cell for cell in row.values() if cell.strip()), "")
    return first.strip(" :").casefold() in TOTALS and (not placed or row.get(columns.quote, "").strip().isdecimal())


def _is_other(reading: _Reading, column: str) -> bool:
    return bool(column) and column not in reading.columns.known and not column.startswith("comb: ")


def _coder(reading: _Reading, number: int, row: Mapping[str, str]) -> tuple[str, str]:
    written = _cell(row, reading.columns.coder).strip().lstrip(_MARKED_BY)
    coder, date = coder_and_date(written)
    if date:
        reading.note(number, f"the date after the coder's name is not part of it: {coder!r}")
    coder = coder if reading.columns.coder else reading.coder
    if is_date(written):
        reading.problem(number, "a date in place of the coder's name", "Put the coder's name in column coder.")
    elif not coder:
        reading.problem(number, "no coder", "Put the coder's name in column coder.")
    return coder, date


def _transcript(reading: _Reading, number: int, row: Mapping[str, str]) -> str | None:
    cell = reading.transcript or _cell(row, reading.columns.transcript)
    names = reading.known.names
    found = names.find(cell)
    if not cell.strip():
        remedy = "Name the transcript in each row: merged cells contain it only in the first."
        reading.problem(number, "no transcript is named", remedy, names=(reading.above,) if reading.above else ())
    elif found is None:
        what = f"there is no transcript {reading.known.shown(cell)}"
        remedy = f"Put it in the raw folder, or correct the name. The transcripts are: {_some(names.ids)}."
        reading.problem(number, what, remedy, names=names.nearest(cell))
    elif found.casefold() != cell.strip().casefold() and names.copied(cell.strip().rpartition(".")[0] or cell.strip()):
        reading.note(number, f"{reading.known.shown(cell)} is read as transcript {found!r}")
    reading.above = found or reading.above
    return found


def _place(reading: _Reading, number: int, row: Mapping[str, str], name: str) -> Place | None:
    quote = _cell(row, reading.columns.quote)
    start, end = (_offset(reading, number, row, kind, strict=not quote.strip()) for kind in ("start", "end"))
    finder = reading.known.finder(name)
    quote = quote if quote in finder.text else unescape(quote)
    if not quote.strip():
        if start is not None and end is not None and 0 <= start < end <= len(finder.text):
            return Place(((start, end),))
        what, remedy = (
            "neither a quote nor a usable start and end",
            "Give start and end within the transcript, or the quote.",
        )
        reading.problem(number, what, remedy)
        return None
    places = finder.places(quote, start, end)
    if len(places) == 1:
        _tell_place(reading, number, name, places[0], (start, end))
        return places[0]
    _not_placed(reading, number, name, quote, places)
    return None


def _tell_place(reading: _Reading, number: int, name: str, place: Place, given: tuple[int | None, int | None]) -> None:
    passage = Passage(name, place.spans)
    if place.edits:
        letters = f"{place.edits} letter{'s' * (place.edits > 1)}"
        reading.note(number, f"{letters} of the quote corrected; compare it with {passage}")
    elif reading.columns.start == "start" and None not in given and given != place.spans[0]:
        reading.note(number, f"offsets {given[0]}-{given[1]} did not contain the quote; it is at {place.spans[0][0]}")
    if len(place.spans) > 1:
        reading.note(number, f"the quote leaves something out: coded as {len(place.spans)} passages")
    if place.by_paragraph:
        reading.note(number, "the quote occurs several times and was placed by the number of its paragraph")


def _not_placed(reading: _Reading, number: int, name: str, quote: str, places: Sequence[Place]) -> None:
    remedy = "Copy the quote from the transcript, with enough words to occur only once, or give its start and end."
    if places:
        how, near = f"occurs {len(places)} times", [Passage(name, place.spans) for place in places]
    else:
        how = "occurs nowhere"
        elsewhere = [other for other in reading.known.names.ids if other != name]
        letters = fold(quote)
        holding = next((other for other in elsewhere if reading.known.finder(other).contains(letters)), None)
        if holding:
            near = [Passage(holding, place.spans) for place in reading.known.finder(holding).places(quote)]
        else:
            near = [Passage(name, (span,)) for span in reading.known.finder(name).nearest(quote, PASSAGES)]
    what = f"the quote ({len(quote)} characters) {how} in transcript {name!r}"
    reading.problem(number, what, remedy, passages=tuple(near[:PASSAGES]))


def _chosen(reading: _Reading, number: int, row: Mapping[str, str]) -> Passage | None:
    """Return the passage that a person chose, on the page or in a table to correct."""
    if number in reading.amendments.rows and (passage := reading.amendments.rows[number].passage):
        return passage if reading.known.holds(passage) else None
    choice = row.get(CHOOSE, "").strip().removesuffix(".0")
    listed = _PASSAGE.fullmatch(row.get(f"comb: passage {choice} is at", "")) if choice else None
    if listed is None:
        return None
    places = [span.split("-") for span in listed["spans"].split()]
    passage = Passage(listed["name"], tuple((int(start), int(end)) for start, end in places))
    return passage if reading.known.holds(passage) else None


def _offset(reading: _Reading, number: int, row: Mapping[str, str], kind: str, *, strict: bool) -> int | None:
    found = _number(reading, number, row, kind, strict=strict)
    return None if found is None else int(found)


def _number(reading: _Reading, number: int, row: Mapping[str, str], kind: str, *, strict: bool = True) -> float | None:
    """Return a cell as a number; one that is none is a problem if ``strict``, and else left aside."""
    cell = _cell(row, getattr(reading.columns, kind)).strip()
    try:
        found = float(cell) if cell else None
    except ValueError:
        found = math.nan
    if found is None or math.isfinite(found):
        return found
    if strict:
        reading.problem(number, f"{kind} is not a number", "Give a number or leave it empty.")
    return None


def _codes(reading: _Reading, number: int, row: Mapping[str, str]) -> Iterator[Written]:
    columns = reading.columns
    for column, code in columns.applied.items():
        if row[column].strip().casefold() in YES:
            yield from _parsed(reading, number, code)
    cell = _cell(row, columns.code).strip()
    if cell:
        yield from _parsed(reading, number, cell)
    elif not columns.applied:
        yield Written("")


def _parsed(reading: _Reading, number: int, cell: str) -> Iterator[Written]:
    """Read one code or several; without a codebook the cell is one code, as it is written."""
    names = reading.known.codes
    if reading.known.codebook is None:
        yield Written(cell)
        return
    if cell in names.ids:
        yield Written(cell)
        return
    if cell.casefold() in NO_CODE and names.find(cell) is None:
        yield Written("")
        return
    for form in (cell, cell.lstrip(_MARKED_BY)):
        if found := names.parse(form):
            yield from found
            return
    for part in SEPARATORS.split(cell):
        if part.strip() and names.one(part) is None:
            what = f"the codebook has no code {reading.known.shown(split_code(part).code)}"
            remedy = "Correct it, or add it to configs/codebook.yaml."
            reading.problem(number, what, remedy, names=tuple(names.nearest(part)))


def _with_valences(reading: _Reading, number: int, codes: list[Written], row: Mapping[str, str]) -> list[Written]:
    """Return the codes of a row with their valences: one for all, or as many as there are codes."""
    cell = _cell(row, reading.columns.valence)
    parts = SEPARATORS.split(cell)
    if len(codes) > 1 and len(parts) > 1:
        given = [_valence(reading, number, part) for part in parts]
        if len(given) != len(codes):
            reading.problem(number, f"{len(codes)} codes, but {len(given)} valences", "Write one row for each code.")
            return codes
    else:
        marked = {_mark(reading, number, row[name], word) for name, word in reading.columns.valences.items()} - {""}
        valence = "both" if len(marked) > 1 else next(iter(marked), _valence(reading, number, cell))
        given = [valence] * len(codes)
    return [_with_valence(reading, number, code, valence) for code, valence in zip(codes, given, strict=True)]


def _with_valence(reading: _Reading, number: int, code: Written, valence: Valence) -> Written:
    if valence and code.valence and code.valence != valence:
        what = f"the valence is {code.valence} beside the code, but {valence} in its own column"
        reading.problem(number, what, "Correct one of the two.")
    elif valence and not code.code and not reading.columns.origin:
        reading.note(number, "a valence without a code: treated as read, but not coded")
    return replace(code, valence=code.valence or valence)


def _mark(reading: _Reading, number: int, cell: str, word: Valence) -> Valence:
    """Return the valence of a column that stands for one, if the cell marks it."""
    plain_cell = cell.strip().casefold()
    if plain_cell in NO:
        return ""
    return word if plain_cell in (*YES, "y", "✓", "✔") else _valence(reading, number, cell)


def _valence(reading: _Reading, number: int, cell: str) -> Valence:
    found = as_valence(cell.strip().lstrip(_MARKED_BY))
    if found is None:
        what = f"unknown valence {reading.known.shown(cell)}: use barrier, facilitator, both, or leave it empty"
        reading.problem(number, what, "")
    return found or ""


def _some(names: Sequence[str], most: int = 8) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more if names else "none yet"
