"""Let the review page's database follow an edit of the codebook: in one transaction, with a usable history.

- A new id is also written into the history, so that undo and redo continue to work.
- Undo cannot go back beyond an edit that joins codings (a merge) or removes their code (a deletion): earlier acts stay
  in the history of each affected coder, but can no longer be undone.

Each change is recorded in the pair's history, as an act of kind ``codebook``.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from comb.codings.recoding import recode
from comb.errors import BadInputError, NotReadyError
from comb.review.storage.database import Database, acts, codings, decisions, progress, published, seen
from comb.review.storage.drafts import Change, Row, apply, now, rows
from comb.review.storage.memos import recode_memos
from comb.review.storage.refusals import Pair, RefusedError
from comb.stages.codebook import PENDING
from comb.stages.codebook_undo import database_file, read_database
from comb.study.files import read_json, write_json
from comb.study.layout import Study

CODEBOOK = "codebook"
"""Kind of the acts that record a change of the codebook."""
RECODED = "recoded"
"""In place of a digest: the pair's rows in the files have followed an edit of the codebook."""


def follow_codebook(study: Study, database: Database) -> None:
    """Let the database follow the edits of the codebook that it has not followed yet.

    Raises BadInputError if the note on them is damaged.
    """
    place = study.state / PENDING
    while place.exists():
        try:
            first, *rest = read_json(place)
            note = _Note(**first)
        except (ValueError, TypeError, NotReadyError):
            remedy = "Delete it, and compare the codings in the workspace with the files."
            raise BadInputError("not a note on the codebook", where=place.name, remedy=remedy) from None
        _follow(study, database, note)
        if rest:
            write_json(place, rest)
        else:
            place.unlink(missing_ok=True)


@dataclass(frozen=True)
class _Note:
    """One edit that the files have followed."""

    version: int
    mapped: Mapping[str, str]
    undone: int | None
    """The version that was taken back, if that was no renaming."""
    by: str
    what: str
    in_common: Sequence[Sequence[str]]


def _follow(study: Study, database: Database, note: _Note) -> None:
    told = (note.by, note.what)
    if note.undone is not None:
        take_back(study, database, note.undone, told)
    else:
        recode_database(database, note.mapped, told, lambda kept: _keep(study, note.version, kept))
    _mark(database, [Pair(transcript, coder) for transcript, coder in note.in_common])


def uses_in_database(database: Database) -> Counter[tuple[str, str]]:
    """Count codings by coder and code."""
    query = select(codings.c.coder, codings.c.code, func.count()).where(codings.c.code != "")
    with database.read() as db:
        found = db.execute(query.group_by(codings.c.coder, codings.c.code)).all()
    return Counter({(coder, code): n for coder, code, n in found})


@dataclass
class Recoded:
    """The changes of an edit in the database, as needed for undoing it."""

    changes: list[dict[str, Any]] = field(default_factory=list)
    stopped: list[int] = field(default_factory=list)
    """Acts that could be undone before."""
    pairs: list[tuple[str, str, int]] = field(default_factory=list)
    """Transcript, coder, and the pair's present version."""


def recode_database(
    database: Database,
    mapped: Mapping[str, str],
    told: tuple[str, str],
    keep: Callable[[Recoded], object] = lambda kept: None,
) -> None:
    """Recode all codings and decisions; repeating it after a kill changes nothing more.

    ``keep`` is called with the changes before they are on the disk.
    """
    done = Recoded()
    with database.write(alone="codebook") as db:
        taken = set(db.scalars(select(codings.c.code).where(codings.c.code.in_([*mapped.values()])).limit(1)))
        plain = not taken and all(mapped.values())
        for pair in _touched(db, mapped):
            found = _listed(_recode_pair(db, pair, mapped))
            if not found:  # followed before, as after a kill
                continue
            done.changes += found
            done.pairs.append((*pair, _tell(db, pair, found, told)))
        if plain:
            _rewrite_history(db, mapped)
        else:
            done.stopped += _stop_undo(db, mapped, {Pair(t, c) for t, c, _ in done.pairs})
        for table in (seen, published):
            _rename_keys(db, table, mapped)
        recode_memos(db, mapped)
        keep(done)


def _keep(study: Study, version: int, kept: Recoded) -> None:
    if kept.changes or not database_file(study).exists():
        write_json(database_file(study), {"version": version, **asdict(kept)})


def _touched(db: Connection, mapped: Mapping[str, str]) -> list[Pair]:
    found = set()
    for table in (codings, decisions):
        query = select(table.c.transcript, table.c.coder).where(table.c.code.in_([*mapped])).distinct()
        found |= {Pair(*row) for row in db.execute(query)}
    return sorted(found)


def _listed(changes: Sequence[Change]) -> list[dict[str, Any]]:
    return [{"table": c.table, "before": c.before, "after": c.after} for c in changes]


def _recode_pair(db: Connection, pair: Pair, mapped: Mapping[str, str]) -> list[Change]:
    """Recode what a coder has in a transcript; decisions lead to the coding that took theirs in."""
    own = rows(db, codings, **pair._asdict())
    made = recode(own, mapped)
    changes = [Change(codings.name, old, new) for old, new in zip(own, made, strict=True) if old != new]
    left = {(row["start"], row["end"], row["code"]): row["id"] for row in made if row}
    gone = {
        old["id"]: left.get((old["start"], old["end"], mapped.get(old["code"], old["code"])))
        for old, new in zip(own, made, strict=True)
        if new is None
    }
    told = _recode_decisions(rows(db, decisions, **pair._asdict()), mapped, gone)
    # Those that go first: another may take their place.
    apply(db, [change for change in told if change.after is None])
    apply(db, [change for change in told if change.after])
    apply(db, changes)
    return [*told, *changes]


def _recode_decisions(found: Sequence[Row], mapped: Mapping[str, str], gone: Mapping[str, str | None]) -> list[Change]:
    """Return how decisions change; of two on what is one suggestion now, the one that led to a coding stays."""
    made: dict[str, tuple[Row, Row]] = {}
    dropped: list[Change] = []
    for row in sorted(found, key=lambda row: (row["coding"] is None, row["code"] in mapped, row["at"])):
        code = mapped.get(row["code"]) or row["code"]
        coding = gone.get(row["coding"], row["coding"]) if row["coding"] else None
        key = row["suggestion"].removesuffix(f":{row['code']}") + f":{code}"
        after = {**row, "code": code, "suggestion": key, "coding": coding}
        if key in made:
            dropped.append(Change(decisions.name, row, None))
        else:
            made[key] = (row, after)
    return [*dropped, *(Change(decisions.name, old, new) for old, new in made.values() if old != new)]


def _stop_undo(db: Connection, mapped: Mapping[str, str], touched: set[Pair]) -> list[int]:
    """End undo before what has gone: for whom it touched, and who could bring the code back by undoing."""
    query = select(acts.c.id, acts.c.transcript, acts.c.coder, acts.c.changes).where(acts.c.undoable)
    found = list(db.execute(query))
    words = [f'"code": {json.dumps(code)}' for code in mapped]
    touched |= {Pair(row.transcript, row.coder) for row in found if any(word in row.changes for word in words)}
    stopped = [row.id for row in found if Pair(row.transcript, row.coder) in touched]
    for at in range(0, len(stopped), 500):
        db.execute(update(acts).where(acts.c.id.in_(stopped[at : at + 500])).values(undoable=False))
    return stopped


def _tell(db: Connection, pair: Pair, changes: Sequence[Mapping[str, Any]], told: tuple[str, str]) -> int:
    """Record the change in the history of a pair and return its version.

    What a browser decided on what it showed before is a conflict then.
    """
    by, what = told
    own = (progress.c.transcript == pair.transcript, progress.c.coder == pair.coder)
    version: int = (db.scalar(select(progress.c.version).where(*own).with_for_update()) or 0) + 1
    row = {**pair._asdict(), "version": version, "kind": CODEBOOK, "by": by or "comb", "at": now(), "undoable": False}
    payload = json.dumps({"act": CODEBOOK, "what": what})
    db.execute(insert(acts).values(**row, payload=payload, changes=json.dumps(changes)))
    db.execute(update(progress).where(*own).values(version=version))
    return version


def _rename_keys(db: Connection, table: Any, mapped: Mapping[str, str]) -> None:
    """Rename suggestions by which rows are known; one that is known by the new name already stands for both."""
    for old, new in mapped.items():
        if not new:
            continue
        query = select(table).where(table.c.suggestion.endswith(f":{old}", autoescape=True))
        for row in map(dict, db.execute(query).mappings().all()):
            place, _, code = row["suggestion"].partition(":")
            if code != old:
                continue
            after = {**row, "suggestion": f"{place}:{new}"}
            key = [column.name for column in table.primary_key]
            db.execute(delete(table).where(*(table.c[name] == row[name] for name in key)))
            if not rows(db, table, **{name: after[name] for name in key}):
                db.execute(insert(table).values(after))


def _rewrite_history(db: Connection, mapped: Mapping[str, str]) -> None:
    """Write new ids into the rows kept in acts, so that undo and redo write the present ids."""
    for row in db.execute(select(acts.c.id, acts.c.payload, acts.c.changes)).all():
        payload, changes = _renamed(json.loads(row.payload), mapped), json.loads(row.changes)
        for change in changes:
            for side in ("before", "after"):
                if change["table"] in (codings.name, decisions.name) and change[side]:
                    change[side] = _renamed(change[side], mapped)
        new = {"payload": json.dumps(payload), "changes": json.dumps(changes)}
        if new != {"payload": row.payload, "changes": row.changes}:
            db.execute(update(acts).where(acts.c.id == row.id).values(**new))


def _renamed(row: Row, mapped: Mapping[str, str]) -> Row:
    after = dict(row)
    if row.get("code") in mapped:
        after["code"] = mapped[row["code"]]
    place, colon, code = str(row.get("suggestion") or "").partition(":")
    if colon and code in mapped:
        after["suggestion"] = f"{place}:{mapped[code]}"
    return after


# ---- taking it back


def check_take_back(study: Study, database: Database, version: int) -> None:
    """Raise RefusedError if somebody has since changed codings that a merge or a deletion changed."""
    kept = read_database(study, version)
    if kept is None:
        what = "this change can no longer be undone: comb did not keep the earlier codings"
        raise RefusedError(what, remedy="Change codings one by one on the reading page.", status=409)
    with database.read() as db:
        at = {(row["transcript"], row["coder"]): row["version"] for row in rows(db, progress)}
    changed = sorted({f"{c} in {t}" for t, c, n in kept["pairs"] if at.get((t, c)) != n})
    if changed:
        what = f"this change can no longer be undone: coded since by {', '.join(changed)}"
        remedy = "Change these codings one by one on the reading page."
        raise RefusedError(what, remedy=remedy, status=409)


def take_back(study: Study, database: Database, version: int, told: tuple[str, str]) -> None:
    """Restore codings and decisions to their state before an edit; repeating it after a kill changes nothing more."""
    kept = read_database(study, version)
    if kept is None:
        return
    by_pair: dict[Pair, list[Change]] = defaultdict(list)
    for data in kept["changes"]:
        change = Change(**data).reversed
        row = change.before or change.after or {}
        by_pair[Pair(row["transcript"], row["coder"])].append(change)
    with database.write(alone="codebook") as db:
        for pair, changes in by_pair.items():
            apply(db, [c for c in changes if c.table == decisions.name and c.after is None])
            apply(db, [c for c in changes if c.table == codings.name and _stands(db, c)])
            apply(db, [c for c in changes if c.table == decisions.name and c.after and _stands(db, c)])
            _tell(db, pair, _listed(changes), told)
        if kept["stopped"]:
            db.execute(update(acts).where(acts.c.id.in_(kept["stopped"])).values(undoable=True))
    database_file(study).unlink(missing_ok=True)


def _stands(db: Connection, change: Change) -> bool:
    """Return whether a change inserts a row that is missing or alters one that is there."""
    if change.before is not None:
        return True
    table = codings if change.table == codings.name else decisions
    return not rows(db, table, **{c.name: (change.after or {})[c.name] for c in table.primary_key})


def _mark(database: Database, pairs: Sequence[Pair]) -> None:
    with database.write() as db:
        for pair in pairs:
            own = (progress.c.transcript == pair.transcript, progress.c.coder == pair.coder)
            db.execute(update(progress).where(*own).values(synced=RECODED))
