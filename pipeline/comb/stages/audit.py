"""Draw segments that the model left uncoded, to be coded blind, and estimate what it misses."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from comb.active_learning.audit import Audit, draw, estimate, judge
from comb.codings.codings_csv import read_codings_file
from comb.errors import BadInputError
from comb.stages.listener import Listener
from comb.stages.loading import each_in, load_aside, read_all
from comb.stages.measured import read_model_facts
from comb.stages.reliability import model_id, write_card
from comb.stages.suggest import suggest_for
from comb.study.atomic import together
from comb.study.damage import sound
from comb.study.files import need, read_record, read_rows, write_record, write_rows
from comb.study.layout import Study

FORM = ("transcript", "start", "end", "quote", "code", "valence", "coder")
"""Columns of the form that a coder fills in; the first three identify a drawn segment."""


def draw_audit(study: Study, size: int, seed: int, listener: Listener) -> None:
    """Draw segments of data/new without a suggestion; write their places, and a form for coding them."""
    uncoded = []
    for one in suggest_for(study, each_in(study, study.new, listener), load_aside(study), listener):
        touched = {(item.start, item.end) for item in one.suggestions}
        uncoded += [s for s in one.segments if (s.start, s.end) not in touched]
    drawn = draw(uncoded, size, seed)
    frame = Counter(segment.transcript for segment in uncoded)
    with together(study.root):
        write_rows(study.audit, FORM[:3], ([s.transcript, s.start, s.end] for s in drawn))
        write_rows(study.audit_form, FORM, ([s.transcript, s.start, s.end, s.text, "", "", ""] for s in drawn))
        write_record(study.audit_result, Audit(model_id(study), seed, dict(sorted(frame.items())), len(drawn)))
    listener.note(
        f"{len(drawn)} of {len(uncoded)} segments without a suggestion, drawn with seed {seed}: {study.audit}"
    )


def estimate_missed(study: Study, files: Sequence[Path], listener: Listener) -> Audit:
    """Estimate from the coded sample how much the suggestions miss; write the result and the card, and return it."""
    audit = read_record(study.audit_result, Audit, "Draw a sample first: comb audit.")
    again = "Draw a sample again: comb audit."
    rows = list(read_rows(need(study.audit, again), FORM[:3]))
    with sound(study.audit, again):
        places = [(row["transcript"], int(row["start"]), int(row["end"])) for _, row in rows]
    texts = {transcript.id: transcript for transcript in read_all(study, study.new, listener)}
    codings = [coding for file in files for coding in read_codings_file(_existing(file), texts, study.codebook)[0]]
    train = study.params.train
    judged = judge(places, codings, study.codebook, train.level, train.overlap)
    if len(judged) < len(places):
        left = len(places) - len(judged)
        listener.note(
            f"comb: drawn segments not coded yet, left out: {left} of {len(places)}. The estimate treats the others as "
            "a random sample."
        )
    facts = read_model_facts(study)
    codes = [code for code in (facts.codes if facts else ()) if code in study.codebook]
    found = estimate(audit, judged, codes)
    with together(study.root):
        write_record(study.audit_result, found)
        write_card(study, audit=found)
    return found


def _existing(file: Path) -> Path:
    if not file.is_file():
        raise BadInputError("there is no such file", where=str(file), remedy="Name the CSV with the coded sample.")
    return file
