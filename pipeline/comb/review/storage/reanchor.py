"""Move all rows with offsets into a transcript to their words after its file has changed.

This is done for a whole transcript at once, including its history, so that all offsets refer to one text and undo
continues to work. A row without a place is kept with negative offsets; it is not shown or exported, but listed, and it
returns as soon as its words do.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Table, delete, func, insert, select, update

from comb.agreement.units import CONSENSUS
from comb.codings.anchors import Anchor, AnchoredText, Placed
from comb.review.storage.database import (
    Database,
    acts,
    add_missing,
    codings,
    decisions,
    metadata,
    progress,
    seen,
    settled,
    texts,
)
from comb.review.storage.drafts import PLACED, Change, Row, apply, now, progress_of, rows, words_at
from comb.review.storage.history import REANCHOR
from comb.review.storage.library import Library, MissingFileError
from comb.review.storage.looks import UNKNOWN, note_look
from comb.review.storage.refusals import Pair
from comb.study.files import write_rows

MOVED = "moved"
"""In place of a digest: the pair's rows have moved here."""
COMB = "comb"
"""Author of such acts in the history."""


@dataclass
class Moves:
    """Effects of a changed text on its rows, without participants' words."""

    moved: int = 0
    """Number of rows on the same words, at another place."""
    near: int = 0
    """Number of rows on nearly the same words."""
    lost: int = 0
    back: int = 0
    """Number of rows that had no place before, and have one now."""

    def note(self, transcript: str) -> str:
        """Return a line on the changes; empty if nothing moved."""
        parts = [
            f"{self.moved} moved with their words" if self.moved else "",
            f"{self.near} now on nearly the same words" if self.near else "",
            f"{self.back} found again" if self.back else "",
            f"{self.lost} no longer in the text: see data/processed/without-place.csv" if self.lost else "",
        ]
        said = "; ".join(filter(None, parts)) or "all stay where they are"
        return f"{transcript}: its file was changed. Codings, decisions and consensus: {said}."


@dataclass(frozen=True)
class _Mapping:
    """Where each anchor of the old text is in the new one."""

    text: AnchoredText
    placed: Mapping[Anchor, Placed]
    moves: Moves = field(default_factory=Moves)

    def row(self, table: str, row: Row) -> Row:
        """Return a row with its offsets in the new text."""
        found = self.placed.get(Anchor.of(row)) if row.get("around") else None
        start, end = found.span if found else _nowhere(row["start"], row["end"])
        after = {**row, "start": start, "end": end}
        after |= words_at(self.text, after)
        if table == decisions.name:
            after["suggestion"] = f"{start}-{end}:{row['code']}"
        return after

    def count(self, before: Row, after: Row) -> None:
        """Count the change to a present row."""
        if after["start"] < 0:
            self.moves.lost += before["start"] >= 0
        elif before["start"] < 0:
            self.moves.back += 1
        elif after["quote"] != before["quote"]:
            self.moves.near += 1
        else:
            self.moves.moved += after["start"] != before["start"]


def follow_texts(library: Library, database: Database) -> list[str]:
    """Move all codings to the present texts of their files; return notes on moves and on files that are gone."""
    notes = [note for name in library.ids if (note := follow_text(library, database, name))]
    if notes:
        write_without_place(library, database)
    return [*notes, *_gone(library, database)]


def follow_text(library: Library, database: Database, name: str) -> str:
    """Move a transcript's codings to the present text of its file; return notes on it, if any."""
    try:
        library.refresh(name)
    except MissingFileError as error:
        return str(error)
    moves = reanchor(database, name, library.text(name))
    return moves.note(name) if moves else ""


def _gone(library: Library, database: Database) -> list[str]:
    """Return notes on coded transcripts whose file is gone, and on the file that each may have been renamed to."""
    with database.read() as db:
        known = {row.transcript: row.digest for row in db.execute(select(texts))}
        query = select(codings.c.transcript, func.count().label("n")).group_by(codings.c.transcript)
        counts = {row.transcript: row.n for row in db.execute(query)}
    same = {library.text(name).digest: name for name in library.ids}
    notes = []
    for name in sorted(set(counts) - set(library.ids)):
        other = same.get(known.get(name, ""))
        remedy = f"{other} has the same text: name its file {name} again." if other else "Put it back."
        notes.append(f"{name}: its file is gone. Its codings ({counts[name]}) are kept, and not exported. {remedy}")
    return notes


def write_without_place(library: Library, database: Database) -> None:
    """Write a list of rows without a place; no file if there are none."""
    found, path = without_place(database), library.study.without_place
    if found:
        names = ("transcript", "coder", "kind", "code", "valence", "quote", "memo", "at", "was")
        write_rows(path, names, [[row.get(name, "") for name in names] for row in found])
    else:
        path.unlink(missing_ok=True)


def reanchor(database: Database, transcript: str, text: AnchoredText) -> Moves | None:
    """Move all rows of a transcript in the database to its present text; return None if the text has not changed.

    If an older version of comb did not store the words, they are taken from the present text.
    """
    with database.read() as db:
        if db.scalar(select(texts.c.digest).where(texts.c.transcript == transcript)) == text.digest:
            return None
    with database.write() as db:
        known = db.execute(select(texts.c.digest).where(texts.c.transcript == transcript).with_for_update()).scalar()
        if known == text.digest:
            return None
        if known is None:
            add_missing(db, texts, {"transcript": transcript, "digest": text.digest})
            _keep_words(db, transcript, text)
            return None
        mapping = _Mapping(text, text.place_all(_anchors(db, transcript)))
        _rewrite_history(db, transcript, mapping)
        by_pair = _move_rows(db, transcript, mapping)
        for row in rows(db, progress, transcript=transcript):
            pair = Pair(transcript, row["coder"])
            _write_act(db, pair, by_pair.get(pair, []), text.digest)
            _move_sample(db, pair, row["sample"], mapping)
        # What was looked at is known by its place, which may have other words now.
        db.execute(delete(seen).where(seen.c.transcript == transcript))
        db.execute(update(texts).where(texts.c.transcript == transcript).values(digest=text.digest))
        return mapping.moves


def without_place(database: Database) -> list[Row]:
    """List rows without a place: codings, decisions and settled units, with ``kind`` and at least ``quote``."""
    found = []
    with database.read() as db:
        for table in (codings, decisions, settled):
            for row in map(dict, db.execute(select(table).where(table.c.start < 0)).mappings()):
                found.append({"coder": CONSENSUS, **row, "kind": table.name, "was": _before(row)})
    return sorted(found, key=lambda row: (row["transcript"], row["coder"], row["kind"], row["was"]))


def _before(row: Row) -> str:
    return f"{-row['start'] - 1}-{-row['end'] - 1}"


def _nowhere(start: int, end: int) -> tuple[int, int]:
    """Return offsets that are on no words and still say where a span was."""
    return (start, end) if start < 0 else (-start - 1, -end - 1)


def _tables(db: Connection, transcript: str) -> Iterable[tuple[Table, Row]]:
    for name in PLACED:
        table = metadata.tables[name]
        for row in rows(db, table, transcript=transcript):
            yield table, row


def _acts(db: Connection, transcript: str) -> list[tuple[int, list[dict[str, Any]]]]:
    """List what acts changed, but for moves: these are never undone, and say what was where."""
    own = (acts.c.transcript == transcript, acts.c.kind != REANCHOR)
    found = db.execute(select(acts.c.id, acts.c.changes).where(*own))
    return [(act.id, json.loads(act.changes)) for act in found]


def _sides(changes: Sequence[dict[str, Any]]) -> Iterable[tuple[dict[str, Any], str]]:
    """Yield each change with the side, before or after, on which it has a row with offsets."""
    for change in changes:
        for side in ("before", "after"):
            if change["table"] in PLACED and change[side]:
                yield change, side


def _anchors(db: Connection, transcript: str) -> list[Anchor]:
    """List the anchors of all that has offsets: what stands now, the history, and samples."""
    found = [row for _, row in _tables(db, transcript)]
    found += [change[side] for _, changes in _acts(db, transcript) for change, side in _sides(changes)]
    for row in rows(db, progress, transcript=transcript):
        found += [item for item in json.loads(row["sample"]) if isinstance(item, dict)]
    return [Anchor.of(row) for row in found if row.get("around")]


def _rewrite_history(db: Connection, transcript: str, mapping: _Mapping) -> None:
    """Put the rows kept in acts on the new text, so that undo and redo write the right places."""
    for key, changes in _acts(db, transcript):
        for change, side in _sides(changes):
            change[side] = mapping.row(change["table"], change[side])
        db.execute(update(acts).where(acts.c.id == key).values(changes=json.dumps(changes)))


def _move_rows(db: Connection, transcript: str, mapping: _Mapping) -> dict[Pair, list[Change]]:
    """Put the rows that stand now on the new text; return the changes by the pair in whose history they are told."""
    by_pair: dict[Pair, list[Change]] = {}
    taken: set[str] = set()
    for table, before in _tables(db, transcript):
        change = _apart(table, before, mapping.row(table.name, before), taken)
        after = change.after or {}
        taken.add(change.key)
        mapping.count(before, after)
        pair = Pair(transcript, before.get("coder", CONSENSUS))
        by_pair.setdefault(pair, []).append(change)
    every = [change for changes in by_pair.values() for change in changes]
    # Out of the way first: a row may take the place of another that moves on. Decisions last: they name codings.
    apply(db, [Change(change.table, change.before, None) for change in every if change.table != codings.name])
    apply(db, [change for change in every if change.table == codings.name])
    apply(db, [Change(change.table, None, change.after) for change in every if change.table != codings.name])
    return by_pair


def _apart(table: Table, before: Row, after: Row, taken: set[str]) -> Change:
    """Return the change of a row; one whose key another row has got keeps no place, under a key of its own."""
    change = Change(table.name, before, after)
    start, end = _nowhere(before["start"], before["end"])
    while change.key in taken:
        after = {**before, "start": start, "end": end}
        after |= {"suggestion": f"{start}-{end}:{before['code']}"} if table is decisions else {}
        change = Change(table.name, before, after)
        start, end = start - 1, end - 1
    return change


def _write_act(db: Connection, pair: Pair, changes: Sequence[Change], digest: str) -> None:
    """Record the move in the history of a pair; a decision on the earlier text is then a conflict."""
    moved = [change for change in changes if _place(change.before) != _place(change.after)]
    version = (progress_of(db, pair) or {})["version"] + 1
    told = [{"table": change.table, "before": change.before, "after": change.after} for change in moved]
    lost = sum(bool(change.after) and change.after["start"] < 0 for change in moved if change.after)
    payload = {"act": REANCHOR, "text_digest": digest, "moved": len(moved) - lost, "lost": lost}
    row = {**pair._asdict(), "version": version, "kind": REANCHOR, "by": COMB, "at": now(), "undoable": False}
    db.execute(insert(acts).values(**row, payload=json.dumps(payload), changes=json.dumps(told)))
    own = (progress.c.transcript == pair.transcript, progress.c.coder == pair.coder)
    # The files still have the offsets of before: the next export writes these pairs, and until then they stand here.
    synced = {"synced": MOVED} if moved else {}
    db.execute(update(progress).where(*own).values(version=version, **synced))


def _place(row: Row | None) -> tuple[int, int]:
    return (row["start"], row["end"]) if row else (0, 0)


def _move_sample(db: Connection, pair: Pair, sample: str, mapping: _Mapping) -> None:
    items = [mapping.row("", item) for item in json.loads(sample)]
    own = (progress.c.transcript == pair.transcript, progress.c.coder == pair.coder)
    db.execute(update(progress).where(*own).values(sample=json.dumps(items)))


def _keep_words(db: Connection, transcript: str, text: AnchoredText) -> None:
    """Add the words to what an older comb stored without them; whether codings were blind then is unknown."""
    whole = _Words(text)
    every = [Change(table.name, row, whole.row(row)) for table, row in _tables(db, transcript) if not row["around"]]
    apply(db, every)
    for key, changes in _acts(db, transcript):
        for change, side in _sides(changes):
            change[side] = whole.row(change[side]) if not change[side].get("around") else change[side]
            if change["table"] == codings.name:
                change[side].setdefault("blind", "")
        db.execute(update(acts).where(acts.c.id == key).values(changes=json.dumps(changes)))
    for row in rows(db, progress, transcript=transcript):
        _note_unknown(db, row, text.digest)
        items = [item if isinstance(item, dict) else whole.row(_span(item)) for item in json.loads(row["sample"])]
        own = (progress.c.transcript == transcript, progress.c.coder == row["coder"])
        db.execute(update(progress).where(*own).values(sample=json.dumps(items)))


def _note_unknown(db: Connection, row: Row, digest: str) -> None:
    """Note that a coder may have seen others' work before comb noted it: what comes now is not blind for certain."""
    shown = row["mode"] == "open" or row["finished"] or row["audited"]
    if not row["blind"] and row["version"] and shown:
        note_look(db, row["transcript"], row["coder"], UNKNOWN, digest, now())


def _span(item: Sequence[int]) -> Row:
    return {"start": item[0], "end": item[1]}


@dataclass(frozen=True)
class _Words:
    """Adds words to rows that have offsets only; offsets beyond the text have none."""

    text: AnchoredText

    def row(self, row: Row) -> Row:
        """Return a row with its words."""
        if not 0 <= row["start"] < row["end"] <= len(self.text.text):
            start, end = _nowhere(row["start"], row["end"])
            return {**row, "start": start, "end": end, "quote": "", "around": "", "text_digest": ""}
        return {**row, **words_at(self.text, row)}
