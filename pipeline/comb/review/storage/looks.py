"""Record when a coder was shown others' codings of a transcript, or the model's suggestions for it.

After the first such look, no decision of the coder in that transcript is blind, in whatever mode it is read, and under
whatever name the same text returns. A look lasts until the last request of the coder's page.
"""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, insert, or_, select, update

from comb.review.storage.database import looks, progress

PAUSE = 600
"""Seconds without a request after which a new look begins."""
YES, NO = "yes", "no"
CODINGS, SUGGESTIONS, UNKNOWN = "codings", "suggestions", "unknown"
"""Kinds of looks: at others' codings, at the model's suggestions, or at either, as shown by an older version of
comb."""


def note_look(db: Connection, transcript: str, coder: str, what: str, text_digest: str, at: str) -> None:
    """Record that a coder is shown ``what`` (codings, suggestions): the last look is extended, or a new one begins.

    A reading that is not finished by then is no longer blind.
    """
    if not has_looked(db, transcript, coder, text_digest):
        own = (progress.c.transcript == transcript, progress.c.coder == coder)
        db.execute(update(progress).where(*own, progress.c.finished.is_(False)).values(blind=NO))
    query = select(looks.c.id, looks.c.until).where(
        looks.c.transcript == transcript, looks.c.coder == coder, looks.c.what == what
    )
    last = db.execute(query.order_by(looks.c.id.desc()).limit(1)).one_or_none()
    if last is not None and seconds_between(last.until, at) <= PAUSE:
        db.execute(update(looks).where(looks.c.id == last.id).values(until=max(last.until, at)))
        return
    row = {"transcript": transcript, "coder": coder, "what": what, "text_digest": text_digest}
    db.execute(insert(looks).values(**row, since=at, until=at))


def has_looked(db: Connection, transcript: str, coder: str, text_digest: str) -> bool:
    """Return whether a coder was ever shown others' codings of a transcript, or suggestions for it."""
    return db.scalar(select(looks.c.id).where(*_of(transcript, coder, text_digest)).limit(1)) is not None


def first_look(db: Connection, transcript: str, coder: str, text_digest: str) -> str | None:
    """Return when a coder was first shown others' codings of a transcript, or suggestions for it."""
    since: str | None = db.scalar(select(func.min(looks.c.since)).where(*_of(transcript, coder, text_digest)))
    return since


def _of(transcript: str, coder: str, text_digest: str) -> tuple[ColumnElement[bool], ...]:
    return (
        looks.c.coder == coder,
        or_(looks.c.transcript == transcript, (looks.c.text_digest == text_digest) & (looks.c.text_digest != "")),
    )


def seconds_between(since: str, until: str) -> float:
    """Return the seconds between two times of the database."""
    return (datetime.fromisoformat(until) - datetime.fromisoformat(since)).total_seconds()
