"""The case for both readings of segments that two people coded differently; never a verdict."""

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

from comb.agreement.disagreements import UnitAnswers, unit_answers
from comb.llm.asker import Asker
from comb.llm.critic import Readings, question_of_readings, readings_in
from comb.llm.questions import Question, Unanswered
from comb.records import Segment
from comb.stages.agree import people_on_segments
from comb.stages.listener import Listener
from comb.stages.llm import opened
from comb.study.files import write_rows
from comb.study.layout import Study

COLUMNS = ("transcript", "start", "end", "text", "first_reading", "second_reading", "case_for_first", "case_for_second")
Dispute = tuple[Segment, Sequence[str], Sequence[str]]
"""A segment with the codes of one person and those of another."""


def write_readings(study: Study, listener: Listener, out: Path | None = None, *, approved: bool = False) -> Path:
    """Ask the language model for the case of either reading of each disputed segment; return the file written.

    Here, unlike when it codes, the model sees people's codes, without their names. It decides nothing, and its own
    codings are not affected.
    """
    material, people = people_on_segments(study, listener)
    disputes = disputed(unit_answers(material, people, "", "segment"), people)
    target = out or study.processed / "readings.csv"
    rows: list[list[object]] = []
    if disputes:
        with opened(study, listener, [segment for segment, _, _ in disputes], approved=approved) as model:
            questions = [question_of_readings(*one, study.codebook, study.params.llm.seed) for one in disputes]
            with listener.progress("Asking for readings", len(questions)) as advance:
                asker = model.asker
                found = asker.each(lambda question: _readings(asker, question), questions, advance)
        rows = [_row(dispute, one) for dispute, one in zip(disputes, found, strict=True)]
        missing = sum(one is None for one in found)
        if missing:
            listener.note(f"comb: segments without a usable answer: {missing} of {len(found)}; their cells are empty.")
    write_rows(target, COLUMNS, rows)
    listener.note(f"Segments that people coded differently, with both readings: {len(rows)} → {target}")
    return target


def disputed(units: Sequence[UnitAnswers], people: Sequence[str]) -> list[Dispute]:
    """List the segments on which two people differ, once for each pair of readings, in the order of the text."""
    out: dict[tuple[str, tuple[str, ...], tuple[str, ...]], Dispute] = {}
    for judged in units:
        answers = {name: judged.answers[name] for name in people if name in judged.answers}
        said = {name: tuple(sorted({code for code, _ in answer})) for name, answer in answers.items()}
        for one, other in combinations(said, 2):
            first, second = sorted((said[one], said[other]))
            if first != second:
                out[judged.unit.id, first, second] = (judged.unit, first, second)
    return list(out.values())


def _readings(asker: Asker, question: Question) -> Readings | None:
    try:
        return asker.reply(question, readings_in)
    except Unanswered:
        return None


def _row(dispute: Dispute, found: Readings | None) -> list[object]:
    segment, first, second = dispute
    codes = ("; ".join(first), "; ".join(second))
    cases = (found.first, found.second) if found else ("", "")
    return [segment.transcript, segment.start, segment.end, segment.text, *codes, *cases]
