"""Data for the list of all transcripts, from a few queries, whatever the number of transcripts and coders."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, exists, func, or_, select

from comb.agreement.units import CONSENSUS
from comb.records import TAKEN_OVER
from comb.review.storage.database import assignments, codings, decisions, progress
from comb.review.storage.drafts import Row, rows

_STANDS = (codings.c.code != "", codings.c.start >= 0)
_LOST = (codings.c.code != "", codings.c.start < 0)


@dataclass(frozen=True)
class Tallies:
    """A coder's progress, and the other coders, by transcript."""

    states: dict[str, Row]
    coded: dict[str, int]
    """Number of the coder's codings."""
    lost: dict[str, int]
    """Number of the coder's codings that have lost their place."""
    decided: dict[str, set[str]]
    """Ids of the suggestions that the coder has decided on."""
    coders: dict[str, set[str]]
    """Everybody who has a coding there."""
    finished: dict[str, set[str]]
    """Who has finished it, without the consensus."""
    assigned: frozenset[str]
    """Transcripts assigned to the coder."""

    @classmethod
    def of(cls, db: Connection, coder: str) -> "Tallies":
        """Count for one coder."""
        own = codings.c.coder == coder
        counted = select(codings.c.transcript, func.count().label("n")).group_by(codings.c.transcript)
        made = select(decisions.c.transcript, decisions.c.suggestion).where(decisions.c.coder == coder)
        return cls(
            {row["transcript"]: row for row in rows(db, progress, coder=coder)},
            {row.transcript: row.n for row in db.execute(counted.where(own, *_STANDS))},
            {row.transcript: row.n for row in db.execute(counted.where(own, *_LOST))},
            _sets(db, made),
            _sets(db, _pairs_with_codings()),
            _sets(db, _pairs_finished()),
            frozenset(db.scalars(select(assignments.c.transcript).where(assignments.c.coder == coder))),
        )


def people_by_transcript(db: Connection) -> dict[str, set[str]]:
    """Return which people coded each transcript, the consensus and models left out."""
    by_person = or_(codings.c.model == "", codings.c.origin == TAKEN_OVER)
    query = select(codings.c.transcript, codings.c.coder).distinct()
    return _sets(db, query.where(func.lower(codings.c.coder) != CONSENSUS, *_STANDS, by_person))


def _sets(db: Connection, query: Select[Any]) -> dict[str, set[str]]:
    """Gather the second column of a query by its first."""
    found: dict[str, set[str]] = defaultdict(set)
    for name, value in db.execute(query):
        found[name].add(value)
    return found


def _pairs_finished() -> Select[Any]:
    """Select who has finished what."""
    whose = func.lower(progress.c.coder) != CONSENSUS
    return select(progress.c.transcript, progress.c.coder).where(progress.c.finished, whose)


def _pairs_with_codings() -> Select[Any]:
    """Select who coded where: a look at the index for each pair, so that the number of codings costs nothing."""
    pair = (codings.c.transcript == progress.c.transcript, codings.c.coder == progress.c.coder)
    return select(progress.c.transcript, progress.c.coder).where(exists().where(*pair, *_STANDS))
