"""Write a language model's outcomes as codings and as a table of scores.

Shapes: N segments, K codes.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from comb.errors import BadInputError
from comb.llm.coder import Outcome
from comb.records import Coding, Segment
from comb.study.files import read_rows, write_rows

ORIGIN = "llm"
"""Origin of a coding that a language model made."""
PLACE = ("transcript", "start", "end")


def as_codings(
    segments: Sequence[Segment], outcomes: Sequence[Outcome], codes: Sequence[str], coder: str
) -> list[Coding]:
    """Return the codings: one for each code, and one without a code for a segment that was read but given none.

    A segment without an answer has no row at all: it was not read, which differs from "no code".
    """
    made = []
    for segment, outcome in zip(segments, outcomes, strict=True):
        if outcome.answer is None:
            continue
        place = (segment.transcript, segment.start, segment.end, segment.text)
        for code in outcome.answer.chosen or ("",):
            score = outcome.answer.scores[codes.index(code)] if code else None
            why = outcome.answer.why
            made.append(Coding(*place, code, "", coder, why, origin=ORIGIN, model=coder, score=score))
    return made


def counts(outcomes: Iterable[Outcome]) -> tuple[int, int, dict[str, int]]:
    """Return how many segments were coded, how many were given no code, and how many are missing, by reason."""
    outcomes = list(outcomes)
    answers = [outcome.answer for outcome in outcomes if outcome.answer]
    coded = sum(bool(answer.chosen) for answer in answers)
    missing = Counter(outcome.missing for outcome in outcomes if outcome.answer is None)
    return coded, len(answers) - coded, dict(sorted(missing.items()))


def write_scores(path: Path, segments: Sequence[Segment], outcomes: Sequence[Outcome], codes: Sequence[str]) -> None:
    """Write the score of each code, a row for each segment that was answered."""

    def rows() -> Iterator[list[object]]:
        for segment, outcome in zip(segments, outcomes, strict=True):
            if outcome.answer:
                yield [segment.transcript, segment.start, segment.end, *outcome.answer.scores]

    write_rows(path, (*PLACE, *map(_column, codes)), rows())


def _column(code: str) -> str:
    """Return the column of a code's scores: a code may be called ``start``, too."""
    return f"{code} score"


def score_rows(path: Path, codes: Sequence[str]) -> Iterator[tuple[tuple[str, int, int], list[float]]]:
    """Yield the place of each segment that was answered, with the score of each code; NaN for a code not offered.

    Raises BadInputError if the file is not such a table.
    """
    for number, cells in read_rows(path, PLACE):
        try:
            place = (cells["transcript"], int(cells["start"]), int(cells["end"]))
            told = [float(cells[_column(code)]) if _column(code) in cells else np.nan for code in codes]
        except ValueError:
            remedy = "Run: comb llm code."
            raise BadInputError("not a number", where=f"{path.name}, row {number}", remedy=remedy) from None
        yield place, told


def read_scores(path: Path, segments: Sequence[Segment], codes: Sequence[str]) -> NDArray[np.float64]:
    """Read the scores (N, K) of segments, as ``score_rows`` does; NaN where a segment was not answered."""
    row_of = {(s.transcript, s.start, s.end): row for row, s in enumerate(segments)}
    scores = np.full((len(segments), len(codes)), np.nan)
    for place, told in score_rows(path, codes):
        if place in row_of:
            scores[row_of[place]] = told
    return scores
