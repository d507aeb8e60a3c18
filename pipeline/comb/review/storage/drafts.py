"""The changes of an act: rows before and after, collected in a draft and written together."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Table, and_, bindparam, delete, insert, select, update

from comb.agreement.units import CONSENSUS
from comb.codings.anchors import AnchoredText
from comb.review.storage.database import codings, decisions, metadata, progress, settled
from comb.review.storage.looks import NO, YES, has_looked, note_look
from comb.review.storage.refusals import MissingError, Pair, TextChangedError

Row = dict[str, Any]
PLACED = (codings.name, decisions.name, settled.name)
"""Tables whose rows have offsets, and keep their words."""


@dataclass(frozen=True)
class Change:
    """One row of one table before and after; None stands for no row."""

    table: str
    before: Row | None
    after: Row | None

    @property
    def key(self) -> str:
        """Return the key of the row, the same before and after."""
        row = self.after or self.before or {}
        return ":".join([self.table, *(str(row[c.name]) for c in metadata.tables[self.table].primary_key)])

    @property
    def reversed(self) -> "Change":
        """The change that reverses this one."""
        return Change(self.table, self.after, self.before)


@dataclass
class Draft:
    """The changes that an act is about to make; reading through it shows the database with these changes."""

    db: Connection
    pair: Pair
    state: Row
    """The coder's progress before the act."""
    at: str
    text: AnchoredText
    changes: list[Change] = field(default_factory=list)
    looked: bool = field(init=False)
    """Whether the coder was ever shown others' codings or suggestions of the transcript."""
    name: str = ""
    """The act's id, which becomes the id of the first new coding, so that a browser can refer to it in its next
    acts."""

    def __post_init__(self) -> None:
        """Look up whether what follows can be blind."""
        self.looked = self.pair.coder == CONSENSUS or has_looked(self.db, *self.pair, self.text.digest)

    def look(self, what: str) -> None:
        """Record that the act refers to others' or the model's work that the coder was shown."""
        note_look(self.db, *self.pair, what, self.text.digest, self.at)
        self.looked = True

    def need_text(self, *digests: str | None) -> None:
        """Raise TextChangedError unless all of these are digests of the current text."""
        if any(digest not in (None, self.text.digest) for digest in digests):
            raise TextChangedError

    def new_id(self) -> str:
        """Return the id of a new coding."""
        name, self.name = self.name, ""
        return name if name and one(self.db, codings, id=name) is None else secrets.token_hex(8)

    def put(self, table: Table, before: Row | None, after: Row | None) -> None:
        """Add a change, unless it changes nothing."""
        if before != after:
            self.put_all([Change(table.name, before, after)])

    def put_all(self, changes: Sequence[Change]) -> None:
        """Add many changes at once; rows with offsets get their words, and codings whether they were made blind."""
        whole = [Change(change.table, change.before, self._whole(change)) for change in changes]
        self.changes += whole
        apply(self.db, whole)

    def _whole(self, change: Change) -> Row | None:
        row = change.after
        if row is not None and self.looked and change.table == progress.name and "blind" in row:
            # What is undone may have been blind before the look; it is not any more.
            return {**row, "blind": NO}
        if row is None or change.table not in PLACED:
            return row
        if change.table == codings.name:
            blind = NO if self.looked else row.get("blind", YES)
            row = {**row, "blind": blind, "unsure": row.get("unsure", "")}
        return {**row, **words_at(self.text, row)}

    def coding(self, key: str) -> Row:
        """Return a coding of this pair. Raises MissingError."""
        found = one(self.db, codings, id=key, transcript=self.pair.transcript, coder=self.pair.coder)
        if found is None:
            raise MissingError("there is no such coding of yours")
        return found

    def decision(self, suggestion: str) -> Row | None:
        """Return this coder's decision on a suggestion, or None."""
        return one(self.db, decisions, **self.pair._asdict(), suggestion=suggestion)

    def decisions_of(self, coding: str) -> list[Row]:
        """Return the decisions that led to a coding: two if one was changed into what another accepted."""
        return rows(self.db, decisions, coding=coding)

    def at_span(self, start: int, end: int) -> list[Row]:
        """Return this pair's codings on exactly this span."""
        return rows(self.db, codings, **self.pair._asdict(), start=start, end=end)

    def own(self, table: Table) -> list[Row]:
        """Return all rows of this pair."""
        return rows(self.db, table, **self.pair._asdict())

    def settled(self, start: int, end: int) -> Row | None:
        """Return how a unit was settled, or None."""
        return one(self.db, settled, transcript=self.pair.transcript, start=start, end=end)


def words_at(text: AnchoredText, row: Row) -> Row:
    """Return the columns that keep the words of a row; a row without a place keeps its values."""
    if row["start"] < 0:
        return {}
    anchor = text.anchor(row["start"], row["end"])
    return {"quote": anchor.quote, "around": anchor.around, "text_digest": text.digest}


def is_finished(state: Row) -> bool:
    """Return whether a coder has finished the transcript or, in an audit, the sample."""
    return bool(state["audited"] if state["mode"] == "audit" else state["finished"])


def now() -> str:
    """Return the time as ISO 8601, UTC, with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def rows(db: Connection, table: Table, **where: object) -> list[Row]:
    """Return the rows of a table in which these columns have these values."""
    found = db.execute(select(table).where(*(table.c[name] == value for name, value in where.items())))
    return [dict(row) for row in found.mappings()]


def one(db: Connection, table: Table, **where: object) -> Row | None:
    """Return the row of a table in which these columns have these values, or None."""
    found = rows(db, table, **where)
    return found[0] if found else None


def apply(db: Connection, changes: Iterable[Change]) -> None:
    """Write changes in order; consecutive changes of one kind are written together."""
    for (name, before, after), run in groupby(changes, lambda c: (c.table, c.before is None, c.after is None)):
        table, group = metadata.tables[name], list(run)
        if before:
            db.execute(insert(table), [change.after or {} for change in group])
            continue
        match = and_(*(column == bindparam(f"key_{column.name}") for column in table.primary_key))
        keys = [{f"key_{c.name}": (change.before or {})[c.name] for c in table.primary_key} for change in group]
        if after:
            db.execute(delete(table).where(match), keys)
        else:
            names = list(group[0].after or {})
            values = [key | {f"new_{n}": (c.after or {})[n] for n in names} for key, c in zip(keys, group, strict=True)]
            db.execute(update(table).where(match).values({n: bindparam(f"new_{n}") for n in names}), values)


def progress_of(db: Connection, pair: Pair) -> Row | None:
    """Return a coder's progress in a transcript; None if the coder has not begun."""
    return one(db, progress, **pair._asdict())
