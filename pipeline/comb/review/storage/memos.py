"""Memos of coders on a transcript, on a code and on the study; those on codings are the codings' own.

A memo on a transcript is an act of the coder's work there. Memos on codes and on the study are acts of a pair without
a transcript: so they have the same history, undo and protection against what another window writes.
"""

from collections.abc import Iterable

from sqlalchemy import Connection, select

from comb.codings.anchors import AnchoredText
from comb.records import Transcript
from comb.review.storage.database import Database, memos
from comb.review.storage.history import Draft, Pair, Row, one
from comb.study.files import read_rows, write_rows
from comb.study.layout import Study

COLUMNS = ("about", "transcript", "code", "coder", "memo", "at")
NO_TEXT = AnchoredText(Transcript("", "", ()))
"""The text of what is about no transcript."""


def study_pair(coder: str) -> Pair:
    """Return the pair of what a coder writes about the study and its codes."""
    return Pair("", coder)


def write_memo(draft: Draft, transcript: str, code: str, text: str) -> None:
    """Write a memo; an emptied one stays as an empty row, so that no file brings it back."""
    key = {"transcript": transcript, "code": code, "coder": draft.pair.coder}
    before = one(draft.db, memos, **key)
    if text != (before["text"] if before else ""):
        draft.put(memos, before, {**key, "text": text, "at": draft.at})


def memos_of(db: Connection, coder: str) -> list[Row]:
    """Return a coder's memos, without those that were emptied."""
    found = db.execute(select(memos).where(memos.c.coder == coder, memos.c.text != ""))
    return [dict(row) for row in found.mappings()]


def export_memos(study: Study, database: Database) -> bool:
    """Write all memos to ``data/memos.csv`` and tell whether the file changed; rows of nobody here stay in it."""
    path = study.memos
    before = [row for _, row in read_rows(path, COLUMNS)] if path.exists() else []
    with database.read() as db:
        every = [dict(row) for row in db.execute(select(memos)).mappings()]
    ours = {(row["transcript"], row["code"], row["coder"]) for row in every}
    kept = [row for row in before if (row["transcript"], row["code"], row["coder"]) not in ours]
    now = sorted([*kept, *_cells(every)], key=lambda row: [row[name] for name in COLUMNS])
    if now == before or not (now or before):
        return False
    write_rows(path, COLUMNS, [[row[name] for name in COLUMNS] for row in now])
    return True


def _cells(found: Iterable[Row]) -> list[dict[str, str]]:
    return [
        {
            **{name: row[name] for name in ("transcript", "code", "coder", "at")},
            "about": _about(row),
            "memo": row["text"],
        }
        for row in found
        if row["text"]
    ]


def _about(row: Row) -> str:
    return "transcript" if row["transcript"] else "code" if row["code"] else "study"
