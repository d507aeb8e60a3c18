"""What a report lacks, in words, with the page on which it is filled in."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, or_, select

from comb.agreement.units import CONSENSUS
from comb.records import TAKEN_OVER
from comb.review.domain.readiness import Need, listed
from comb.review.domain.views import Views
from comb.review.storage.database import codings, progress
from comb.stages.pseudonym_gate import unreplaced
from comb.study.files import read_rows
from comb.study.layout import Study

SHEETS = {
    "matrix": ("matrix", "No case has been summarised in the framework matrix yet."),
    "beliefs": ("beliefs", "No belief statements have been written yet."),
    "wheel": ("apease", "No intervention has been assessed with the APEASE criteria yet."),
}
"""By form: the table that it fills, and what is said while that is empty."""


def missing_inputs(views: Views, db: Connection) -> list[dict[str, Any]]:
    """Return what is missing, without saying who coded what."""
    return [asdict(need) for need in _missing(views, db)]


def _missing(views: Views, db: Connection) -> Iterator[Need]:
    library = views.library
    if not library.ids:
        yield Need("There are no transcripts yet.", must=True, link="/add", label="Add files")
        return
    coders = _coders(db)
    yield from _of_coding(coders)
    yield from _of_differences(coders, _readers(db), library.study.params.synthesis.coders)
    if not library.codebook.behaviour:
        yield Need("The codebook does not say which behaviour you study.", link="/codebook", label="Codebook")
    if unclear := [name for name in library.ids if library[name].unconfirmed]:
        yield Need(f"The speakers in {listed(unclear)} have not been confirmed yet.", link="/", label="Transcripts")
    yield from _of_tables(library.study)
    if why := unreplaced(library.study):
        yield Need(f"The report may name people: {why}.", link="/pseudonyms", label="Pseudonyms")


def _of_coding(coders: Mapping[str, set[str]]) -> Iterator[Need]:
    if not coders:
        yield Need("Nothing is coded yet, so there is nothing to report.", must=True, link="/", label="Transcripts")
    elif all(len(names) < 2 for names in coders.values()):
        text = "No transcript was coded by two people, so agreement cannot be measured."
        yield Need(text, link="/", label="Transcripts")


def _of_differences(
    coders: Mapping[str, set[str]], readers: Mapping[str, set[str]], order: Sequence[str]
) -> Iterator[Need]:
    """Yield how many transcripts the report leaves out because it is open whose codings count (``coded_passages``)."""
    left = [name for name in coders if len(readers[name]) > 1 and readers[name].isdisjoint(order)]
    if left:
        are = "transcript is" if len(coders) == 1 else "transcripts are"
        text = f"{len(left)} of {len(coders)} coded {are} not counted: two people or more coded the same transcript, "
        text += "and their differences are not settled."
        yield Need(text, link="/team", label="Settle differences")


def _of_tables(study: Study) -> Iterator[Need]:
    if not _has_rows(study.people):
        yield Need("Participants have no attributes yet, so groups cannot be compared. Fill in data/participants.csv.")
    for form, (sheet, text) in SHEETS.items():
        if not _has_rows(study.sheets / f"{sheet}.csv"):
            yield Need(text, link=f"#form-{form}", label="Go to the form")


def _coders(db: Connection) -> dict[str, set[str]]:
    """Return which people coded each transcript, the consensus and models left out."""
    found: dict[str, set[str]] = defaultdict(set)
    by_person = or_(codings.c.model == "", codings.c.origin == TAKEN_OVER)
    query = select(codings.c.transcript, codings.c.coder).distinct()
    query = query.where(codings.c.code != "", codings.c.start >= 0, by_person)
    for name, coder in db.execute(query):
        if coder != CONSENSUS:
            found[name].add(coder)
    return found


def _readers(db: Connection) -> dict[str, set[str]]:
    """Return who read each transcript: those who coded in it or finished it, and a consensus that is finished."""
    found = _coders(db)
    people = {CONSENSUS}.union(*found.values())
    query = select(progress.c.transcript, progress.c.coder).where(progress.c.finished)
    for name, coder in db.execute(query):
        if coder in people:
            found[name].add(coder)
    return found


def _has_rows(path: Path) -> bool:
    return bool(path.exists() and any(True for _ in read_rows(path, ())))
