"""Acts: written with their changes, undone and redone without limit, and refused if they would overwrite others.

All decisions of a coder in one transcript form one line of history, a *pair* (transcript, coder) with a version that
each act raises. With an act, a browser sends the version that it showed (``base``). If acts of other windows came in
between, the new one is accepted only if none of them touched the same rows. An act with an id from a browser is done
once, however often it is sent: the id is stored in the same transaction.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, insert, select, update

from comb.codings.anchors import AnchoredText
from comb.review.storage.database import (
    Database,
    acts,
    add_missing,
    codings,
    decisions,
    metadata,
    progress,
    received,
    texts,
)
from comb.review.storage.drafts import (
    Change,
    Draft,
    Row,
    is_finished,
    now,
    one,
)
from comb.review.storage.looks import NO, YES, has_looked
from comb.review.storage.refusals import ConflictError, MissingError, Pair, RefusedError, TextChangedError

REANCHOR = "reanchor"
"""Kind of the acts that move rows to their words after a transcript's file has changed."""


class Sent(NamedTuple):
    """A browser's names for an act: an id, the same each time that the act is sent, and the window from which it came.

    An act without an id is done twice if it is sent twice.
    """

    id: str = ""
    window: str = ""


@dataclass(frozen=True)
class Outcome:
    """The result of an act."""

    version: int
    changes: Sequence[Change]
    """Changes, including those of other windows since the version that this one showed."""
    finished: bool
    can_undo: bool
    can_redo: bool


class Ledger:
    """Writes acts."""

    def __init__(self, database: Database, texts: Callable[[str], AnchoredText], mode: str = "open") -> None:
        self.database = database
        self.texts = texts
        """Returns the text of a transcript, as its file is now."""
        self.mode = mode
        """The mode in which a coder begins a transcript."""

    def blank(self, pair: Pair) -> Row:
        """Return the initial progress of a coder."""
        begun = {"version": 0, "mode": self.mode, "finished": False, "audited": False, "sample": "[]", "synced": ""}
        begun["blind"] = YES
        return {**pair._asdict(), **begun}

    def act(
        self,
        pair: Pair,
        by: str,
        payload: Mapping[str, Any],
        base: int | None,
        build: Callable[[Draft], None],
        *,
        undoable: bool = True,
        sent: Sent = Sent(),  # noqa: B008  (a constant)
    ) -> Outcome:
        """Do an act: ``build`` adds its changes to a draft. ``base`` is None if nothing can conflict.

        An act with a known id is not done again; the outcome shows the present state. Acts of the same window never
        conflict: it sends them in order. Raises ConflictError, RefusedError or MissingError, with nothing changed.
        """
        with self.database.write() as db:
            state = self.lock(db, pair)
            between = _between(db, pair, base, sent.window)
            if (known := _known(db, pair, sent)) is not None:
                return _outcome(state, _as_now(db, [*between.changes, *known]), *can(db, pair))
            draft = self._draft(db, pair, state, name=sent.id)
            stale = bool(between.acts) or (base or 0) > state["version"]
            try:
                build(draft)
            except MissingError:
                if stale:
                    raise ConflictError(pair) from None
                raise
            if between.moved or {change.key for change in between.changes} & {change.key for change in draft.changes}:
                raise ConflictError(pair)
            after = self._write(draft, payload, by, sent, undoable=undoable)
            changes = [*_as_now(db, between.changes), *draft.changes]
            return _outcome(after, changes, *can(db, pair))

    def undo(
        self,
        pair: Pair,
        by: str,
        base: int,
        check: Callable[[str], None],
        *,
        redo: bool = False,
        sent: Sent = Sent(),  # noqa: B008  (a constant)
    ) -> Outcome:
        """Undo the last act, or redo the last act that was undone.

        ``check`` is called with the kind of that act, and raises if it may not be undone.
        """
        with self.database.write() as db:
            state = self.lock(db, pair)
            between = _between(db, pair, base, sent.window)
            if (known := _known(db, pair, sent)) is not None:
                return _outcome(state, _as_now(db, [*between.changes, *known]), *can(db, pair))
            if between.acts or base > state["version"]:
                raise ConflictError(pair)
            target = _next_redo(db, pair) if redo else _last_done(db, pair)
            if target is None:
                raise RefusedError(f"there is nothing to {'redo' if redo else 'undo'}")
            found = db.execute(select(acts.c.kind, acts.c.changes).where(acts.c.id == target)).one()
            check(found.kind)
            changes = [Change(**change) for change in json.loads(found.changes)]
            done = changes if redo else [change.reversed for change in reversed(changes)]
            draft = self._draft(db, pair, state)
            draft.put_all(done)
            after = self._write(draft, {"act": "redo" if redo else "undo", "of": target}, by, sent, undoable=False)
            number = db.scalar(select(func.max(acts.c.id)).where(acts.c.transcript == pair[0], acts.c.coder == pair[1]))
            db.execute(update(acts).where(acts.c.id == target).values(undone_by=None if redo else number))
            return _outcome(after, draft.changes, *can(db, pair))

    def _draft(self, db: Connection, pair: Pair, state: Row, name: str = "") -> Draft:
        """Begin a draft on the text that all offsets are into. Raises RefusedError if there is another text now."""
        text = self.texts(pair.transcript)
        digest = select(texts.c.digest).where(texts.c.transcript == pair.transcript)
        known = db.scalar(digest)
        if known is None:
            add_missing(db, texts, {"transcript": pair.transcript, "digest": text.digest})
            known = db.scalar(digest)
        if known != text.digest:
            raise TextChangedError
        return Draft(db, pair, state, now(), text, name=name)

    def lock(self, db: Connection, pair: Pair) -> Row:
        """Return a pair's progress, created if it is missing, and block other writers of it."""
        where = (progress.c.transcript == pair.transcript, progress.c.coder == pair.coder)
        found = db.execute(select(progress).where(*where).with_for_update()).mappings().first()
        if found is None:
            blind = NO if has_looked(db, *pair, self.texts(pair.transcript).digest) else YES
            add_missing(db, progress, {**self.blank(pair), "blind": blind})
            found = db.execute(select(progress).where(*where).with_for_update()).mappings().one()
        return dict(found)

    def _write(self, draft: Draft, payload: Mapping[str, Any], by: str, sent: Sent, *, undoable: bool) -> Row:
        """Write an act to the history, unless it changes nothing, and its id; return the progress after it."""
        db, pair, version = draft.db, draft.pair, draft.state["version"] + bool(draft.changes)
        if sent.id:
            made = version if draft.changes else None
            db.execute(insert(received).values(**pair._asdict(), **sent._asdict(), version=made))
        if not draft.changes:
            return draft.state
        changes = [{"table": c.table, "before": c.before, "after": c.after} for c in draft.changes]
        kind = str(payload["act"])
        row = {**pair._asdict(), "version": version, "kind": kind, "by": by, "at": draft.at, "undoable": undoable}
        written = {"payload": json.dumps(payload), "changes": json.dumps(changes)}
        db.execute(insert(acts), [{**row, **written}])
        where = (progress.c.transcript == pair.transcript, progress.c.coder == pair.coder)
        decided = draft.looked and any(change.table in (codings.name, decisions.name) for change in draft.changes)
        db.execute(update(progress).where(*where).values(version=version, **({"blind": NO} if decided else {})))
        steps = [change.after or {} for change in draft.changes if change.table == progress.name]
        return {key: value for row in (draft.state, *steps, {"version": version}) for key, value in row.items()}


class _Between(NamedTuple):
    """Changes from elsewhere since a window last looked."""

    acts: int
    changes: list[Change]
    moved: bool = False
    """Whether the transcript's text changed, so that rows were put back on their words."""


def _between(db: Connection, pair: Pair, base: int | None, window: str) -> _Between:
    """Return the acts after a version that this window did not send itself, and what they changed."""
    if base is None:
        return _Between(0, [])
    own = select(received.c.version).where(
        *(received.c[name] == value for name, value in pair._asdict().items()),
        received.c.window == window,
        received.c.window != "",
        received.c.version > base,
    )
    where = (acts.c.transcript == pair.transcript, acts.c.coder == pair.coder, acts.c.version > base)
    found = db.execute(select(acts.c.kind, acts.c.changes).where(*where, acts.c.version.not_in(own))).all()
    moved = any(act.kind == REANCHOR for act in found)
    return _Between(len(found), _changes(act.changes for act in found), moved)


def _known(db: Connection, pair: Pair, sent: Sent) -> list[Change] | None:
    """Return the changes of an act that was received before; None if it was not."""
    found = one(db, received, **pair._asdict(), id=sent.id) if sent.id else None
    if found is None:
        return None
    where = (acts.c.transcript == pair.transcript, acts.c.coder == pair.coder, acts.c.version == found["version"])
    return _changes(db.scalars(select(acts.c.changes).where(*where)))


def _changes(stored: Iterable[str]) -> list[Change]:
    return [Change(**change) for text in stored for change in json.loads(text)]


def _as_now(db: Connection, changes: Sequence[Change]) -> list[Change]:
    """Return each changed row once, as it is now."""
    latest = {change.key: change for change in changes}
    return [Change(c.table, c.before or c.after, _row_of(db, c)) for c in latest.values()]


def _row_of(db: Connection, change: Change) -> Row | None:
    table, row = metadata.tables[change.table], change.after or change.before or {}
    return one(db, table, **{column.name: row[column.name] for column in table.primary_key})


def _outcome(state: Row, changes: Sequence[Change], undo: bool, redo: bool) -> Outcome:
    return Outcome(state["version"], changes, is_finished(state), undo, redo)


def can(db: Connection, pair: Pair) -> tuple[bool, bool]:
    """Return whether a coder can undo, and whether the coder can redo."""
    return _last_done(db, pair) is not None, _next_redo(db, pair) is not None


def _last_done(db: Connection, pair: Pair) -> int | None:
    where = (acts.c.transcript == pair.transcript, acts.c.coder == pair.coder, acts.c.undoable)
    return db.scalar(select(acts.c.id).where(*where, acts.c.undone_by.is_(None)).order_by(acts.c.id.desc()).limit(1))


def _next_redo(db: Connection, pair: Pair) -> int | None:
    """Find the first of the acts that can be redone: those undone since the last new act."""
    where = (acts.c.transcript == pair.transcript, acts.c.coder == pair.coder, acts.c.undoable)
    newest = db.scalar(select(func.max(acts.c.id)).where(*where)) or 0
    found: int | None = db.scalar(select(func.min(acts.c.id)).where(*where, acts.c.undone_by > newest))
    return found
