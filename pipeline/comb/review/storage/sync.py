"""Synchronise the database with the study's files: existing codings are read, and decisions are written.

For each coder's work on a transcript (a pair), either the file or the database is authoritative. At the start, and
before each export, the pairs in the files are compared with the last common state (``synced``, a digest):

- only the file has changed: its codings are read, as an act in the history;
- only the database has changed: the next export writes it;
- both have: the database counts, and the export keeps a copy of the file in ``.comb/replaced``.

An export changes only the pairs that changed in the database: other rows, other columns and other files stay as they
are.
"""

import hashlib
import json
import secrets
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, select, update

from comb.codings.codings_csv import CodingsRead
from comb.records import Coding
from comb.review.storage.database import codings, decisions, progress
from comb.review.storage.documents import Span
from comb.review.storage.drafts import Change, Draft, Row, one, progress_of, rows
from comb.review.storage.files_read import HELD, read_files
from comb.review.storage.history import Ledger
from comb.review.storage.library import Library
from comb.review.storage.looks import NO
from comb.review.storage.reanchor import MOVED, follow_texts
from comb.review.storage.recode import RECODED, follow_codebook
from comb.review.storage.refusals import ConflictError, Pair

READ = ("rejected", "audit")
"""Origins of rows without a code: for a segment all of whose suggestions the coder rejected, and for a segment of a
blind audit that the coder left without a code."""
_CONTENT = ("start", "end", "code", "valence", "memo", "created_at", "origin", "model", "score")


def take_over(library: Library, ledger: Ledger) -> list[str]:
    """Read the codings in the files into the database; return notes on pairs that changed on both sides.

    Raises BadInputError for a codings CSV that cannot be read.
    """
    follow_codebook(library.study, ledger.database)
    moved = follow_texts(library, ledger.database)
    read, held = read_files(library, ledger)
    in_files = pairs_of(read)
    with ledger.database.read() as db:
        synced = {
            Pair(*found): digest_
            for *found, digest_ in db.execute(select(progress.c.transcript, progress.c.coder, progress.c.synced))
        }
    finished = covered(read)
    pairs = {pair for pair in {*synced, *in_files} if pair.transcript in library} - held
    changed = [
        pair for pair in sorted(pairs) if synced.get(pair) != digest(in_files.get(pair, []), finished=pair in finished)
    ]
    notes = [_take_over(library, ledger, pair, in_files.get(pair, []), finished) for pair in changed]
    return [*moved, *(note for note in read.warnings if HELD in note), *sorted(note for note in notes if note)]


def in_common(library: Library, ledger: Ledger) -> list[Pair]:
    """List the pairs whose codings are the same in files and database, after ``take_over``."""
    read, held = read_files(library, ledger)
    in_files, whole = pairs_of(read), covered(read)
    with ledger.database.read() as db:
        states = {Pair(row["transcript"], row["coder"]): row["synced"] for row in rows(db, progress)}
    same = [pair for pair, kept in states.items() if kept == digest(in_files.get(pair, []), finished=pair in whole)]
    return [pair for pair in same if pair not in held]


def pairs_of(read: CodingsRead) -> dict[Pair, list[Coding]]:
    """Group codings by transcript and coder; a coder who read a transcript without coding has an empty list."""
    found: dict[Pair, list[Coding]] = defaultdict(list)
    for coding in read.codings:
        found[Pair(coding.transcript, coding.coder)].append(coding)
    for transcript, coder in read.coverage or ():
        found.setdefault(Pair(transcript, coder), [])
    return dict(found)


def covered(read: CodingsRead) -> frozenset[Pair]:
    """Return who read each transcript to the end: the coders in coverage.csv, or else all who coded in it."""
    if read.coverage is not None:
        return frozenset(Pair(*pair) for pair in read.coverage)
    return frozenset(Pair(coding.transcript, coding.coder) for coding in read.codings)


def digest(found: Iterable[Coding], *, finished: bool) -> str:
    """Return a digest of a pair's codings, whatever their order; empty for an unknown pair."""
    content = sorted(json.dumps(_said(coding)) for coding in found)
    if not content and not finished:
        return ""
    return hashlib.sha256(json.dumps([content, finished]).encode()).hexdigest()


def _said(coding: Coding) -> list[Any]:
    """Return the content of a coding; ``unsure`` only if it is set, so that older digests stay valid."""
    return [*(getattr(coding, name) for name in (*_CONTENT, "blind")), *filter(None, [coding.unsure])]


def _take_over(
    library: Library, ledger: Ledger, pair: Pair, found: Sequence[Coding], read_whole: frozenset[Pair]
) -> str:
    """Compare a pair, again if its coder has acted meanwhile, which must not be overwritten."""
    while True:
        try:
            return _compare(library, ledger, pair, found, read_whole)
        except ConflictError:
            continue


def _compare(library: Library, ledger: Ledger, pair: Pair, found: Sequence[Coding], read_whole: frozenset[Pair]) -> str:
    finished = pair in read_whole
    theirs = digest(found, finished=finished)
    with ledger.database.read() as db:
        state = progress_of(db, pair)
        if state is not None and state["synced"] == theirs:
            return ""
        ours = digest(codings_of(library, db, pair), finished=bool(state and state["finished"]))
    if state is not None and state["synced"] == MOVED and ours == theirs:
        return ""
    if state is not None and state["synced"] == RECODED:
        # Files and database have followed the same edit of the codebook: what the file has is known here.
        mark_synced(ledger, {pair: theirs})
        return ""
    if state is not None and state["synced"] not in (ours, theirs) and ours != theirs:
        return (
            f"{pair.transcript}, coder {pair.coder}: changed both in data/codings and in the workspace; "
            "the codings made in the workspace count. The next export keeps a copy of the file in .comb/replaced."
        )
    if ours != theirs:
        plain = [coding for coding in found if coding.origin not in READ or coding.code]
        build = _replacing(pair, plain, finished=finished)
        payload = {"act": "import", "codings": len(plain)}
        base = state["version"] if state is not None else 0
        ledger.act(pair, pair.coder, payload, base, build, undoable=state is not None)
    mark_synced(ledger, {pair: theirs})
    return ""


def mark_synced(ledger: Ledger, digests: dict[Pair, str]) -> None:
    """Record the common state of files and database."""
    with ledger.database.write() as db:
        for pair, value in digests.items():
            ledger.lock(db, pair)
            where = (progress.c.transcript == pair.transcript, progress.c.coder == pair.coder)
            db.execute(update(progress).where(*where).values(synced=value))


def _replacing(pair: Pair, found: Sequence[Coding], *, finished: bool) -> Callable[[Draft], None]:
    """Return the function that makes a pair's codings those of a file; what is the same in both keeps its id."""

    def build(draft: Draft) -> None:
        left = {_content(row): row for row in placed(draft.own(codings))}
        new = [row for coding in found if left.pop(_content(row := _row(coding)), None) is None]
        gone = {row["id"] for row in left.values()}
        lost = [row for row in draft.own(decisions) if row["coding"] in gone]
        draft.put_all([Change(decisions.name, row, None) for row in lost])
        draft.put_all([Change(codings.name, row, None) for row in left.values()])
        draft.put_all([Change(codings.name, None, row) for row in new])
        state = one(draft.db, progress, **pair._asdict()) or {}
        key = pair._asdict()
        before = {**key, "finished": state["finished"], "blind": state["blind"]}
        draft.put(progress, before, {**key, "finished": finished, "blind": NO if draft.looked else _blind(found)})

    return build


def _blind(found: Sequence[Coding]) -> str:
    """Return whether the codings of a file were made blind if all of them agree on it; else it is unknown."""
    said = {coding.blind for coding in found}
    return said.pop() if len(said) == 1 else ""


def _row(coding: Coding) -> Row:
    names = ("transcript", "coder", "start", "end", "code", "valence", "memo", "origin", "model", "score")
    flags = {"blind": coding.blind, "unsure": coding.unsure}
    return {"id": secrets.token_hex(8), **{n: getattr(coding, n) for n in names}, **flags, "at": coding.created_at}


def _content(row: Row) -> tuple[Any, ...]:
    return tuple(row["at" if name == "created_at" else name] for name in (*_CONTENT, "unsure"))


def codings_of(library: Library, db: Connection, pair: Pair) -> list[Coding]:
    """Return a pair's codings as an export writes them, in the order of the text.

    If the coder has not finished, they include segments that were read and have no code: those with all suggestions
    rejected, and those of a finished audit. Other segments are unknown.
    """
    text = library[pair.transcript].transcript.text
    own = placed(rows(db, codings, **pair._asdict()))
    state = progress_of(db, pair)
    made = [as_coding(row, text) for row in own]
    if state is not None and not state["finished"]:
        ends = [(row["start"], row["end"]) for row in own]
        read = _rejected(library, db, pair) | _audited(state)
        blank = {**pair._asdict(), "code": "", "valence": "", "blind": state["blind"]}
        made += [
            Coding(start=start, end=end, quote=text[start:end], origin=origin, **blank)
            for (start, end), origin in read.items()
            if not any(a < end and start < b for a, b in ends)
        ]
    return sorted(made, key=lambda c: (c.start, c.end, c.code, c.created_at, c.memo))


def as_coding(row: Row, text: str) -> Coding:
    """Make a coding from a row of the database."""
    kept = {k: v for k, v in row.items() if k not in ("id", "at", "quote", "around", "text_digest")}
    return Coding(quote=text[row["start"] : row["end"]], created_at=row["at"], **kept)


def placed(found: Iterable[Row]) -> list[Row]:
    """Keep the rows that have a place in the present transcript."""
    return [row for row in found if row["start"] >= 0]


def _rejected(library: Library, db: Connection, pair: Pair) -> dict[Span, str]:
    """Return the segments of which the coder rejected every suggestion."""
    where = (decisions.c.transcript == pair.transcript, decisions.c.coder == pair.coder)
    found = db.execute(select(decisions.c.suggestion, decisions.c.verdict).where(*where))
    verdicts: dict[str, str] = {row.suggestion: row.verdict for row in found}
    said: dict[Span, set[str | None]] = defaultdict(set)
    if verdicts:
        for item in library[pair.transcript].suggestions.values():
            said[item.start, item.end].add(verdicts.get(item.id))
    return {span: "rejected" for span, found in said.items() if found == {"rejected"}}


def _audited(state: Row) -> dict[Span, str]:
    """Return the segments of a finished audit."""
    if not state["audited"]:
        return {}
    return {(item["start"], item["end"]): "audit" for item in placed(json.loads(state["sample"]))}
