"""Find missing inputs of a report, each with the page on which it is filled in."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection

from comb.agreement.units import CONSENSUS
from comb.review.domain.overview import read_now
from comb.review.domain.readiness import Need, listed
from comb.review.domain.sight import Sight
from comb.review.domain.views import Views
from comb.review.storage.library import Library
from comb.review.storage.tallies import people_by_transcript
from comb.stages.pseudonym_gate import unreplaced
from comb.study.files import read_rows
from comb.study.layout import Study
from comb.synthesis.passages import whose_count

SHEETS = {
    "matrix": ("matrix", "No case has been summarised in the framework matrix yet."),
    "beliefs": ("beliefs", "No belief statements have been written yet."),
    "wheel": ("apease", "No intervention has been assessed with the APEASE criteria yet."),
}
"""By form: the table that it fills, and the message while the table is empty."""


def missing_inputs(views: Views, db: Connection, sight: Sight) -> list[dict[str, Any]]:
    """Return what is missing, without revealing who coded what, or transcripts that this person reads blind."""
    return [asdict(need) for need in _missing(views, db, sight)]


def _missing(views: Views, db: Connection, sight: Sight) -> Iterator[Need]:
    library = views.library
    if not library.ids:
        yield Need("There are no transcripts yet.", must=True, link="/add", label="Add files")
        return
    yield from _of_coding(people_by_transcript(db))
    yield from _of_consensus(library, db, sight)
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


def _of_consensus(library: Library, db: Connection, sight: Sight) -> Iterator[Need]:
    read = read_now(db, library, sight.open)
    whole = read.coverage or frozenset()
    kept = [c for c in read.codings if c.coder != CONSENSUS or (c.transcript, CONSENSUS) in whole]
    found = replace(read, codings=tuple(kept))
    order = library.params.synthesis.coders
    differ = list(whose_count(found, [name for name in library.ids if name in sight.open], order)[1])
    if differ:
        text = f"The report leaves out {listed(differ)}: the coders disagree, and there is no consensus yet."
        link = f"/adjudicate/{quote(differ[0], safe='')}"
        yield Need(text, link=link, label=f"Resolve the disagreements in {differ[0]}")


def _of_tables(study: Study) -> Iterator[Need]:
    if not _has_rows(study.people):
        text = (
            "Nothing is known about the participants yet, so groups cannot be compared. In a spreadsheet, fill in "
            "data/participants.csv in the study's folder (participant, transcript, speaker, kind, group), or add your "
            "own participants.csv."
        )
        yield Need(text, link="/add", label="Add files")
    for form, (sheet, text) in SHEETS.items():
        if not _has_rows(study.sheets / f"{sheet}.csv"):
            yield Need(text, link=f"#form-{form}", label="Go to the form")


def _has_rows(path: Path) -> bool:
    return bool(path.exists() and any(True for _ in read_rows(path, ())))
