"""What the API's endpoints do, for a person; each is one transaction, or a reading and one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite

from pipeline.review import requests as ask
from pipeline.review.acts import builder, bulk, is_finished, sees_model
from pipeline.review.database import Database, progress, seen
from pipeline.review.ledger import Draft, Ledger, MissingError, Pair, RefusedError, now
from pipeline.review.library import Library
from pipeline.review.views import Person, Views


@dataclass(frozen=True)
class Api:
    """The API of one study."""

    library: Library
    database: Database
    ledger: Ledger
    views: Views

    @classmethod
    def of(cls, library: Library, database: Database, mode: ask.Mode = "open") -> "Api":
        """Put an API together; ``mode`` is the one in which transcripts are begun."""
        ledger = Ledger(database, mode)
        return cls(library, database, ledger, Views(library, ledger))

    def queue(self, who: Person) -> list[dict[str, Any]]:
        """List the transcripts."""
        with self.database.read() as db:
            return self.views.queue(db, who)

    def transcript(self, who: Person, name: str) -> str:
        """Give a transcript, as JSON."""
        self._need(name)
        with self.database.read() as db:
            return self.views.transcript(db, who, name)

    def fresh(self, who: Person, name: str) -> tuple[int, str]:
        """Give a transcript after a conflict: its version, and its JSON."""
        with self.database.read() as db:
            state = self.views.state(db, Pair(name, who.name))
            return state["version"], self.views.transcript(db, who, name)

    def suggestion(self, who: Person, name: str, key: str) -> dict[str, Any]:
        """Give one suggestion whole."""
        self._need(name)
        with self.database.read() as db:
            found = self.views.suggestion(db, Pair(name, who.name), key)
        if found is None:
            raise MissingError("there is no such suggestion")
        return found

    def bulk(self, who: Person, name: str, query: Mapping[str, str]) -> dict[str, Any]:
        """Say how far the coder is with the sample that accepting at once asks for."""
        self._need(name)
        try:
            score = float(query.get("score", ""))
        except ValueError:
            raise RefusedError("score is not a number") from None
        pair = Pair(name, who.name)
        with self.database.read() as db:
            if not sees_model(self.views.state(db, pair)):
                raise MissingError("there are no suggestions here")
            found = bulk(self.library, db, pair, query.get("code", ""), score)
        numbers = {"checked": found.checked, "needed": found.needed, "accepted": found.accepted}
        return {"matching": len(found.matching), **numbers, "sample": found.sample}

    def history(self, who: Person, name: str) -> list[dict[str, Any]]:
        """List what was done in a transcript."""
        self._need(name)
        with self.database.read() as db:
            return self.views.history(db, who, name)

    def act(self, who: Person, name: str, act: Any) -> dict[str, Any]:
        """Do an act."""
        self._need(name)
        pair = Pair(name, who.name)
        if isinstance(act, ask.Seen):
            return self._look(pair, act)
        if isinstance(act, ask.Reopen):
            self._may_reopen(who, pair)
        done = self.ledger.act(pair, who.name, act.model_dump(), act.base, builder(self.library, name, act))
        with self.database.read() as db:
            return self.views.outcome(db, pair, done)

    def step(self, who: Person, name: str, step: ask.Step, *, redo: bool = False) -> dict[str, Any]:
        """Undo or redo."""
        self._need(name)
        pair = Pair(name, who.name)

        def check(kind: str) -> None:
            if kind == "finish" and not redo:
                self._may_reopen(who, pair)

        done = self.ledger.undo(pair, who.name, step.base, check, redo=redo)
        with self.database.read() as db:
            return self.views.outcome(db, pair, done)

    def set_mode(self, who: Person, name: str, wish: ask.SetMode) -> dict[str, Any]:
        """Choose open, blind or audit; in a team, only a lead opens what was to be read blind."""
        self._need(name)
        if wish.coder not in (None, who.name) and not who.lead:
            raise RefusedError("only a lead chooses for other coders", status=403)
        pair = Pair(name, wish.coder or who.name)
        if wish.mode == "audit" and not self.library[name].suggestions:
            raise RefusedError("there is nothing to audit: the model said nothing here", remedy="Run: dvc repro.")

        def build(draft: Draft) -> None:
            state = self.views.state(draft.db, pair)
            if state["mode"] == "blind" and wish.mode != "blind" and not who.lead and not is_finished(state):
                raise RefusedError("only a lead opens what is to be read blind", remedy="Ask your lead.", status=403)
            key = pair._asdict()
            draft.put(progress, {**key, "mode": state["mode"]}, {**key, "mode": wish.mode})

        payload = {"act": "mode", "mode": wish.mode}
        done = self.ledger.act(pair, who.name, payload, None, build, undoable=False)
        return {"version": done.version, "mode": wish.mode}

    def _look(self, pair: Pair, act: ask.Seen) -> dict[str, Any]:
        """Note what was looked at; that is no decision, cannot be undone, and conflicts with nothing."""
        with self.database.write() as db:
            state = self.views.state(db, pair)
            known = self.library[pair.transcript].suggestions if sees_model(state) else {}
            looked = [key for key in dict.fromkeys(act.suggestions) if key in known]
            if looked:
                into = (postgresql if db.dialect.name == "postgresql" else sqlite).insert(seen).on_conflict_do_nothing()
                db.execute(into, [{**pair._asdict(), "suggestion": key, "at": now()} for key in looked])
            return {"version": state["version"], "seen": looked}

    def _may_reopen(self, who: Person, pair: Pair) -> None:
        with self.database.read() as db:
            state = self.views.state(db, pair)
        if state["mode"] != "open" and not who.lead:
            remedy = "Ask your lead: you have seen what others coded."
            raise RefusedError("a blind reading that is finished stays as it is", remedy=remedy, status=403)

    def _need(self, name: str) -> None:
        if name not in self.library:
            raise MissingError("there is no such transcript", remedy="Go back to the list.")
