"""Memos of coders on a transcript, on a code and on the study; memos on codings belong to the codings.

A memo on a transcript is one of the coder's acts there. Memos on codes and on the study are acts of a pair without a
transcript, so that they have the same history, undo and protection against writes from another window.
"""

from collections.abc import Mapping

from sqlalchemy import Connection, select, update

from comb.codings.anchors import AnchoredText
from comb.codings.memos_csv import read_memos, write_memos
from comb.records import Memo, Transcript
from comb.review.storage.database import Database, acts, memos
from comb.review.storage.drafts import Change, Draft, Row, apply, one, rows
from comb.review.storage.refusals import Pair
from comb.study.layout import Study

NO_TEXT = AnchoredText(Transcript("", "", ()))
"""The digest for acts that are not about a transcript."""


def study_pair(coder: str) -> Pair:
    """Return the pair for a coder's memos on the study and its codes."""
    return Pair("", coder)


def write_memo(draft: Draft, transcript: str, code: str, text: str) -> None:
    """Write a memo; a cleared memo stays as an empty row, so that no file restores it."""
    key = {"transcript": transcript, "code": code, "coder": draft.pair.coder}
    before = one(draft.db, memos, **key)
    if text != (before["text"] if before else ""):
        draft.put(memos, before, {**key, "text": text, "at": draft.at})


def memos_of(db: Connection, coder: str) -> list[Row]:
    """Return a coder's memos, without cleared ones."""
    found = db.execute(select(memos).where(memos.c.coder == coder, memos.c.text != ""))
    return [dict(row) for row in found.mappings()]


def export_memos(study: Study, database: Database) -> bool:
    """Write all memos to ``data/memos.csv`` and return whether it changed; other people's rows stay in it."""
    before = read_memos(study.memos)
    with database.read() as db:
        every = [Memo(**row) for row in db.execute(select(memos)).mappings()]
    ours = {_key(memo) for memo in every}
    now = [memo for memo in before if _key(memo) not in ours] + [memo for memo in every if memo.text]
    if set(now) == set(before):
        return False
    write_memos(study.memos, now)
    return True


def _key(memo: Memo) -> tuple[str, str, str]:
    return memo.transcript, memo.code, memo.coder


def recode_memos(db: Connection, mapped: Mapping[str, str]) -> None:
    """Let memos on codes follow an edit of the codebook, from old ids to new ones.

    Memos on merged codes are joined; a memo on a deleted code stays. Undo does not go back beyond this point.
    """
    for row in rows(db, memos, transcript=""):
        code = mapped.get(row["code"]) if row["code"] else None
        if code and code != row["code"]:
            there = one(db, memos, transcript="", code=code, coder=row["coder"])
            texts = [text for text in (there["text"] if there else "", row["text"]) if text]
            moved = {**row, "code": code, "text": "\n\n".join(texts)}
            gone = [Change(memos.name, old, None) for old in (row, there) if old]
            apply(db, [*gone, Change(memos.name, None, moved)])
            db.execute(update(acts).where(acts.c.transcript == "", acts.c.coder == row["coder"]).values(undoable=False))
