"""Find what a training still needs; read from the database, so that no export is necessary first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from comb.agreement.units import CONSENSUS
from comb.review.domain.actions import sees_model
from comb.review.domain.views import Person, Views
from comb.review.storage.database import codings, progress
from comb.review.storage.drafts import rows
from comb.review.storage.refusals import Pair

USABLE = 10
"""Number of coded transcripts from which figures are usable."""
NAMED = 5
"""Most transcripts that are named individually."""


@dataclass(frozen=True)
class Need:
    """A requirement for training, or an improvement."""

    text: str
    must: bool = False
    """Whether nothing can be trained without it."""
    link: str = ""
    """The page on which this is done."""
    label: str = ""


def needs(views: Views, db: Connection, who: Person) -> list[Need]:
    """Return what a training still needs; an empty list if nothing is missing."""
    return list(_needs(views, db, who))


def _needs(views: Views, db: Connection, who: Person) -> Iterator[Need]:
    library = views.library
    if not library.ids:
        yield Need("There are no transcripts yet.", must=True, link="/add", label="Add files")
        return
    coded = set(db.scalars(select(codings.c.transcript).where(codings.c.code != "", codings.c.start >= 0).distinct()))
    finished = {row["transcript"] for row in rows(db, progress) if row["finished"]}
    learned = [n for n in library.ids if n in coded and (library[n].source == "raw" or n in finished)]
    waiting = [n for n in library.ids if n in coded and n not in learned and _may_know(views, db, who, n)]
    yield from _coded(len(learned), any(library[n].source == "raw" or n in finished for n in library.ids))
    if waiting:
        are, them = ("is", "it") if len(waiting) == 1 else ("are", "them")
        text = f"{listed(waiting)} {are} coded but not finished: comb learns from {them} once you press Finish… there."
        yield Need(text, link="/", label="Transcripts")
    if unclear := [name for name in library.ids if library[name].unconfirmed]:
        text = f"The speakers in {listed(unclear)} have not been confirmed yet: what these people say is left out."
        yield Need(text, link="/", label="Transcripts")
    if learned and len(learned) == len(library.ids):
        yield Need("Every transcript is coded: training measures quality, but none is left to suggest codes for.")


def _coded(n: int, any_to_read: bool) -> Iterator[Need]:
    if not n:
        text = "Nothing is coded yet. Code two transcripts to their end"
        if any_to_read:
            more = ": until then, suggestions can come only from the starter, which learned from another study."
            yield Need(text + more, link="/", label="Transcripts")
        else:
            yield Need(f"{text}; comb learns from finished transcripts.", must=True, link="/", label="Transcripts")
    elif n == 1:
        yield Need(
            "1 transcript is coded; comb needs at least 2 to measure how well it codes.", link="/", label="Transcripts"
        )
    elif n < USABLE:
        yield Need(f"{n} transcripts are coded. Estimates of quality become usable with {USABLE} or more.")


def _may_know(views: Views, db: Connection, who: Person, name: str) -> bool:
    """Return whether a person may know that others coded in a transcript: it is read openly, or finished, or coded."""
    own = (codings.c.transcript == name, codings.c.coder.in_((who.name, CONSENSUS)))
    return sees_model(views.state(db, Pair(name, who.name))) or db.scalar(select(codings.c.id).where(*own)) is not None


def listed(names: Sequence[str]) -> str:
    """List names in words.

    >>> listed(["P1"]), listed(["P1", "P2", "P3"]), listed(["a", "b", "c", "d", "e", "f", "g"])
    ('P1', 'P1, P2 and P3', 'a, b, c, d, e and 2 more')
    """
    head, rest = list(names[:NAMED]), len(names) - NAMED
    tail = f"{rest} more" if rest > 0 else head.pop() if len(head) > 1 else ""
    return f"{', '.join(head)} and {tail}" if tail else head[0]
