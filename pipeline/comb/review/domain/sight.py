"""What a person may see of others' work, for all transcripts at once; looks are recorded before anything is sent."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from comb.review.domain.views import Person, Views
from comb.review.storage.database import codings, looks
from comb.review.storage.drafts import progress_of
from comb.review.storage.looks import CODINGS, SUGGESTIONS, note_look, seconds_between
from comb.review.storage.refusals import Pair

FRESH = 60.0
"""Seconds within which the same look is not noted again."""


@dataclass(frozen=True)
class Sight:
    """What a person may see."""

    who: Person
    open: frozenset[str]
    """Transcripts in which this person may see others' codings and suggestions."""
    others: frozenset[str]
    """Those among them that others, or language models, have coded."""

    def may(self, transcript: str, coder: str) -> bool:
        """Return whether a coder's work on a transcript may be shown."""
        return coder == self.who.name or transcript in self.open

    def codings_of_others(self, transcripts: Iterable[str]) -> dict[str, list[str]]:
        """Return the looks to record when others' codings in these transcripts are shown, counted or searched.

        A count of zero also reveals something.
        """
        return {name: [CODINGS] for name in transcripts if name in self.others}


def sight_of(views: Views, db: Connection, who: Person) -> Sight:
    """Return what a person may see."""
    open_to, coded = views.open_to(db, who), _coded_by_others(db, who)
    others = frozenset(name for name in open_to if name in coded or views.library.language_models(name))
    return Sight(who, open_to, others)


def unfinished_blind(views: Views, db: Connection, who: Person, shown: Iterable[str] = (CODINGS,)) -> list[str]:
    """List the transcripts in ``shown`` that a person reads blind and has not finished."""
    library, there = views.library, set[str]()
    if CODINGS in shown:
        there |= _coded_by_others(db, who)
    if SUGGESTIONS in shown:
        there |= {name for name in library.ids if library[name].suggestions}
    blind = there - views.open_to(db, who)
    return [name for name in library.ids if name in blind]


def _coded_by_others(db: Connection, who: Person) -> set[str]:
    return set(db.scalars(select(codings.c.transcript).where(codings.c.coder != who.name).distinct()))


def with_suggestions(
    views: Views, sight: Sight, transcripts: Iterable[str], noted: Mapping[str, list[str]]
) -> dict[str, list[str]]:
    """Add the looks at suggestions, for transcripts that have any."""
    found = {name: list(what) for name, what in noted.items()}
    for name in transcripts:
        if name in sight.open and views.library[name].suggestions:
            found.setdefault(name, []).append(SUGGESTIONS)
    return found


def note_all(views: Views, who: Person, shown: Mapping[str, list[str]], at: str) -> None:
    """Record what a person is about to see in many transcripts; the record is on the disk before the answer is sent."""
    ledger = views.ledger
    wanted = {name: what for name, what in shown.items() if what and name in views.library}
    if not wanted:
        return
    with ledger.database.read() as db:
        last = _last(db, who.name)
    digests = {name: views.library.text(name).digest for name in wanted}
    due = {
        name: [one for one in what if not _fresh(last.get((name, one, digests[name])), at)]
        for name, what in wanted.items()
    }
    if not any(due.values()):
        return
    with ledger.database.write() as db:
        for name in sorted(name for name, what in due.items() if what):
            pair = Pair(name, who.name)
            if progress_of(db, pair) is not None:
                # The order is that of acts, so that nothing is taken for blind that came after.
                ledger.lock(db, pair)
            for what in due[name]:
                note_look(db, *pair, what, digests[name], at)


def _last(db: Connection, coder: str) -> dict[tuple[str, str, str], str]:
    groups = (looks.c.transcript, looks.c.what, looks.c.text_digest)
    query = select(*groups, func.max(looks.c.until)).where(looks.c.coder == coder).group_by(*groups)
    return {(name, what, digest): until for name, what, digest, until in db.execute(query)}


def _fresh(until: str | None, at: str) -> bool:
    return until is not None and seconds_between(until, at) < FRESH
