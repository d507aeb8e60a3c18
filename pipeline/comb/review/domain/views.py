"""JSON bodies for the page, with only the data that the coder may see."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from comb.exchange.colors import readable
from comb.review.domain.actions import sees_model
from comb.review.storage.database import acts, codings, decisions, looks, memos, people, progress, seen
from comb.review.storage.documents import Document, compact, queue
from comb.review.storage.drafts import Row, is_finished, one, progress_of, rows
from comb.review.storage.history import Ledger, Outcome, can
from comb.review.storage.library import Library
from comb.review.storage.looks import CODINGS, NO, SUGGESTIONS, first_look, has_looked
from comb.review.storage.memos import memos_of, study_pair
from comb.review.storage.refusals import Pair, RefusedError
from comb.review.storage.sync import placed
from comb.review.storage.tallies import Tallies

_LOST = ("id", "quote", "code", "valence", "memo", "at")
_SHOWN = ("id", "start", "end", "code", "valence", "coder", "memo", "origin", "score", "model", "at", "unsure")
MOST_AT_ONCE = 100
"""Most suggestions that are sent with their evidence in the answer to an act."""
_OPEN = ',"decision":null,"seen":'


READER = "reader"
"""The role of a team member who sees everything and changes nothing."""


@dataclass(frozen=True)
class Person:
    """The person who makes a request."""

    name: str
    role: str
    team: bool

    @property
    def lead(self) -> bool:
        """Whether this person may adjudicate, export and set modes: a lead, or a person who works alone."""
        return self.role == "lead" or not self.team

    def must_lead(self, act: str, remedy: str = "Ask your lead.") -> None:
        """Raise RefusedError, naming the act, unless this person has a lead's rights."""
        if not self.lead:
            raise RefusedError(f"only a lead may {act}", remedy=remedy, status=403)

    @property
    def reads_along(self) -> bool:
        """Whether this person sees everything and changes nothing."""
        return self.role == READER


PAPER = {"light": "#FBFAF7", "dark": "#17181B"}
"""The page's background by colour scheme, as in base.css."""
LINES = 3.2
"""Contrast of a code's lines and squares with the paper: a little more than WCAG 1.4.11 requires."""


@dataclass(frozen=True)
class Views:
    """Makes response bodies from the library and the database."""

    library: Library
    ledger: Ledger

    def me(self, who: Person) -> dict[str, Any]:
        """Return the data of the person who asks."""
        return {"coder": who.name, "role": who.role, "team": who.team, "lead": who.lead}

    def codebook(self) -> dict[str, Any]:
        """Return the codebook as a flat list, parents first."""
        book = self.library.codebook
        codes = [
            {
                "id": code.id,
                "name": code.name,
                "color": {scheme: readable(code.color, paper, LINES) for scheme, paper in PAPER.items()},
                "level": book.levels[len(code.path) - 1],
                "parent": code.path[-2] if len(code.path) > 1 else None,
                "definition": code.definition,
                "include": code.include,
                "exclude": code.exclude,
                "examples": code.examples,
            }
            for code in book
        ]
        return {"name": book.name, "behaviour": book.behaviour, "exclusive": book.exclusive, "codes": codes}

    def state(self, db: Connection, pair: Pair) -> Row:
        """Return a coder's progress in a transcript."""
        found = progress_of(db, pair)
        if found is None:
            looked = has_looked(db, *pair, self.library.text(pair.transcript).digest)
            found = self.ledger.blank(pair) | ({"blind": NO} if looked else {})
        return {**found, "mode": "open"} if self.reads_along(db, pair.coder) else found

    def reads_along(self, db: Connection, coder: str) -> bool:
        """Return whether a coder is a reader of the team, from whom nothing is withheld."""
        return db.scalar(select(people.c.role).where(people.c.name == coder)) == READER

    def open_to(self, db: Connection, who: Person) -> frozenset[str]:
        """Return the transcripts in which a person may see others' codings and suggestions."""
        if self.reads_along(db, who.name):
            return frozenset(self.library.ids)
        states = {row["transcript"]: row for row in rows(db, progress, coder=who.name)}
        blank = self.ledger.blank
        return frozenset(n for n in self.library.ids if sees_model(states.get(n) or blank(Pair(n, who.name))))

    def queue(self, db: Connection, who: Person) -> list[dict[str, Any]]:
        """List the transcripts: those assigned to this person first, then in the order of ``comb next`` and by name."""
        tallies, proposed = Tallies.of(db, who.name), queue(self.library.study)
        models = self.library.language_model_names()
        listed = [
            self._listed(who, self.library[name], tallies, models.get(name, []))
            | {"rank": proposed[name][0][2] if name in proposed else None}
            for name in self.library.ids
        ]
        return sorted(
            listed, key=lambda item: (not item["assigned"] or item["finished"], item["rank"] is None, item["rank"] or 0)
        )

    def _listed(self, who: Person, document: Document, tallies: Tallies, models: list[str]) -> dict[str, Any]:
        name = document.transcript.id
        state = tallies.states.get(name) or self.ledger.blank(Pair(name, who.name))
        state = {**state, "mode": "open"} if who.reads_along else state
        shown = sees_model(state)
        suggestions = document.suggestions if shown else {}
        coders = tallies.coders.get(name, set())
        return {
            "id": name,
            "source": document.source,
            "segments": len(document.segments),
            "unconfirmed": bool(document.unconfirmed),
            "suggestions": len(suggestions),
            "decided": len(tallies.decided.get(name, set()) & set(suggestions)),
            "coded": tallies.coded.get(name, 0),
            "mode": state["mode"],
            "finished": is_finished(state),
            "blind": state["blind"],
            "coders": sorted(coders if shown else coders & {who.name}) + (models if shown else []),
            "comparable": shown and len(tallies.finished.get(name, set())) > 1,
            "lost": tallies.lost.get(name, 0),
            "assigned": name in tallies.assigned,
        }

    def transcript(self, db: Connection, who: Person, name: str) -> str:
        """Return a transcript with everything that the coder may see, as JSON."""
        document, pair = self.library[name], Pair(name, who.name)
        state = self.state(db, pair)
        shown = sees_model(state)
        whose = {"transcript": name} if shown else pair._asdict()
        found = [_coding(row) for row in placed(rows(db, codings, **whose)) if row["code"]]
        found += self.library.language_models(name) if shown else []
        lost = [row for row in rows(db, codings, **pair._asdict()) if row["start"] < 0 and row["code"]]
        undo, redo = can(db, pair)
        rest = {
            "version": state["version"],
            "mode": state["mode"],
            "finished": is_finished(state),
            "source": document.source,
            "codings": sorted(found, key=lambda row: (row["start"], row["end"], row["at"])),
            "can_undo": undo,
            "can_redo": redo,
            "next": queue(self.library.study).get(name, []) if shown else [],
            "audit": _spans(state["sample"]) if state["mode"] == "audit" else None,
            "blind": state["blind"],
            "seen_since": first_look(db, *pair, document.text.digest),
            "memo": _memo(db, pair),
            "lost": [{name: row[name] for name in _LOST} for row in lost],
        }
        listed = ",".join(self._suggestions(db, pair, document)) if shown else ""
        return f'{self.library.fixed(name)[:-1]},{compact(rest)[1:-1]},"suggestions":[{listed}]}}'

    def foreign(self, db: Connection, pair: Pair) -> list[str]:
        """Return which work of others, or of the model, the transcript now shows to a coder."""
        name, coder = pair
        if not sees_model(self.state(db, pair)):
            return []
        others = (codings.c.transcript == name, codings.c.coder != coder)
        coded = bool(self.library.language_models(name)) or db.scalar(select(codings.c.id).where(*others).limit(1))
        model = bool(self.library[name].suggestions or queue(self.library.study).get(name))
        return [CODINGS] * bool(coded) + [SUGGESTIONS] * model

    def foreign_acts(self, db: Connection, pair: Pair) -> list[str]:
        """Return which work of others, or of the model, the history shows to a coder, including removed codings."""
        shown = set(self.foreign(db, pair))
        others = select(acts.c.id).where(acts.c.transcript == pair.transcript, acts.c.coder != pair.coder)
        if sees_model(self.state(db, pair)) and db.scalar(others.limit(1)) is not None:
            shown.add(CODINGS)
        return sorted(shown)

    def _suggestions(self, db: Connection, pair: Pair, document: Document) -> list[str]:
        """Write each suggestion with this coder's decision."""
        made = {row["suggestion"]: row for row in rows(db, decisions, **pair._asdict())}
        looked = set(db.scalars(select(seen.c.suggestion).where(seen.c.transcript == pair[0], seen.c.coder == pair[1])))
        return [
            prefix
            + (f',"decision":{compact(_decision(made[key]))},"seen":true}}' if key in made else _seen(key in looked))
            for key, prefix in document.prefixes.items()
        ]

    def suggestion(self, db: Connection, pair: Pair, key: str) -> dict[str, Any] | None:
        """Return one suggestion with its evidence, or None if the coder may not see it."""
        item = self.library[pair.transcript].suggestions.get(key)
        if item is None or not sees_model(self.state(db, pair)):
            return None
        made = rows(db, decisions, **pair._asdict(), suggestion=key)
        looked = bool(made or rows(db, seen, **pair._asdict(), suggestion=key))
        decision = _decision(made[0]) if made else None
        return {**item.data(whole=True), "decision": decision, "seen": looked}

    def outcome(self, db: Connection, pair: Pair, done: Outcome) -> dict[str, Any]:
        """Return the changes of an act: present codings and suggestions, and the ids of removed codings."""
        now = {change.key: change for change in done.changes}
        coded = [change for change in now.values() if change.table == codings.name]
        decided = [change for change in now.values() if change.table == decisions.name]
        noted = [change for change in now.values() if change.table == memos.name]
        keys = {str(row["suggestion"]): change.after for change in decided if (row := change.after or change.before)}
        return {
            "version": done.version,
            "codings": [_coding(change.after) for change in coded if change.after],
            "removed": [change.before["id"] for change in coded if change.before and not change.after],
            "suggestions": self._decided(db, pair, keys),
            "finished": done.finished,
            "can_undo": done.can_undo,
            "can_redo": done.can_redo,
            **({"memo": noted[-1].after["text"] if noted[-1].after else ""} if noted else {}),
        }

    def _decided(self, db: Connection, pair: Pair, keys: dict[str, Row | None]) -> list[dict[str, Any]]:
        """Return suggestions with their decisions; of many, as in the transcript, without evidence."""
        items = self.library[pair.transcript].suggestions
        looked = _looked(db, pair) if None in keys.values() else set()
        return [
            {
                **items[key].data(whole=len(keys) < MOST_AT_ONCE),
                "decision": _decision(row) if row else None,
                "seen": row is not None or key in looked,
            }
            for key, row in keys.items()
            if key in items
        ]

    def memos(self, db: Connection, who: Person) -> dict[str, Any]:
        """Return a coder's own memos, and whether those on codes and the study can be undone or redone."""
        pair = study_pair(who.name)
        state, found = progress_of(db, pair), memos_of(db, who.name)
        undo, redo = can(db, pair)
        return {
            "version": state["version"] if state else 0,
            "study": next((row["text"] for row in found if not row["transcript"] and not row["code"]), ""),
            "codes": {row["code"]: row["text"] for row in found if row["code"]},
            "transcripts": {row["transcript"]: row["text"] for row in found if row["transcript"]},
            "can_undo": undo,
            "can_redo": redo,
        }

    def history(self, db: Connection, who: Person, name: str) -> list[dict[str, Any]]:
        """List acts with coder and time, newest last: all coders' if this coder may see them, else the coder's own."""
        shown = sees_model(self.state(db, Pair(name, who.name)))
        query = select(acts).where(acts.c.transcript == name).order_by(acts.c.id)
        if not shown:
            query = query.where(acts.c.coder == who.name)
        listed = [_entry(dict(row)) for row in db.execute(query).mappings()]
        seen_by = select(looks).where(looks.c.transcript == name)
        if not shown:
            seen_by = seen_by.where(looks.c.coder == who.name)
        listed += [_look(dict(row)) for row in db.execute(seen_by).mappings()]
        return sorted(listed, key=lambda entry: str(entry["at"]))


def _seen(looked: bool) -> str:
    return f"{_OPEN}true}}" if looked else f"{_OPEN}false}}"


def _looked(db: Connection, pair: Pair) -> set[str]:
    return set(db.scalars(select(seen.c.suggestion).where(seen.c.transcript == pair[0], seen.c.coder == pair[1])))


def _memo(db: Connection, pair: Pair) -> str:
    """Return the coder's memo on the transcript."""
    found = one(db, memos, **pair._asdict(), code="")
    return str(found["text"]) if found else ""


def _coding(row: Row) -> Row:
    return {name: row.get(name, "") for name in _SHOWN}


def _decision(row: Row) -> Row:
    return {name: row[name] for name in ("verdict", "coder", "at", "coding", "memo", "bulk")}


def _entry(act: Row) -> dict[str, Any]:
    """Describe an act in one line: what was coded or decided, after it or, if that is gone, before."""
    payload, changes = json.loads(act["payload"]), json.loads(act["changes"])
    coding = _first(changes, codings.name)
    decision = _first(changes, decisions.name)
    note = {"memo": _first(changes, memos.name).get("text")}
    about = {**note, **decision, **{k: v for k, v in coding.items() if v not in (None, "")}}
    kept = ("start", "end", "code", "valence", "memo", "model", "score")
    return {
        "id": act["id"],
        "at": act["at"],
        "coder": act["by"],
        "for": act["coder"],
        "act": act["kind"],
        **{name: about.get(name) for name in kept},
        "of": payload.get("of"),
        "count": sum(c["table"] == codings.name for c in changes) if len(changes) > 2 else None,
        "undone": act["undone_by"] is not None,
    }


def _look(row: Row) -> dict[str, Any]:
    """Describe a look at what others coded, or at suggestions, as an entry of the history."""
    seconds = datetime.fromisoformat(row["until"]) - datetime.fromisoformat(row["since"])
    nothing = dict.fromkeys(("start", "end", "code", "valence", "memo", "model", "score", "of", "count"))
    who = {"coder": row["coder"], "for": row["coder"], "undone": False}
    told = {"act": "saw", "what": row["what"], "seconds": round(seconds.total_seconds()), "until": row["until"]}
    return {"id": f"look-{row['id']}", "at": row["since"], **who, **nothing, **told}


def _spans(sample: str) -> list[tuple[int, int]]:
    return [(item["start"], item["end"]) for item in placed(json.loads(sample))]


def _first(changes: Sequence[dict[str, Any]], table: str) -> Row:
    """Return the first row of a table that the changes wrote or, failing that, removed."""
    own = [c for c in changes if c["table"] == table]
    found = next((c["after"] for c in own if c["after"]), None) or next((c["before"] for c in own), None)
    return found or {}
