"""The API's endpoints for a person; each is one transaction, or a read followed by one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from threading import Lock
from typing import Any, TypeVar

from sqlalchemy import Connection

from comb.agreement.units import CONSENSUS
from comb.errors import CombError
from comb.review.domain import schemas as ask
from comb.review.domain.actions import as_now, bulk, make_action, sees_model
from comb.review.domain.adjudication import Adjudication, Sides
from comb.review.domain.modes import choose_mode
from comb.review.domain.views import Person, Views
from comb.review.storage.database import Database, add_missing, seen
from comb.review.storage.documents import compact
from comb.review.storage.drafts import Draft, now, progress_of
from comb.review.storage.export import export
from comb.review.storage.history import Ledger, Outcome
from comb.review.storage.library import Library, MissingFileError
from comb.review.storage.looks import CODINGS, SUGGESTIONS, note_look
from comb.review.storage.memos import NO_TEXT, study_pair, write_memo
from comb.review.storage.reanchor import reanchor, write_without_place
from comb.review.storage.refusals import MissingError, Pair, RefusedError
from comb.review.storage.sync import take_over
from comb.review.web.alone import changing
from comb.stages.speakers import confirm_roles, who_speaks
from comb.study.speakers import SpeakerRow
from comb.transcripts.role_proposals import SpeakerRole

_View = TypeVar("_View")


@dataclass(frozen=True)
class Api:
    """The API of one study."""

    library: Library
    database: Database
    ledger: Ledger
    views: Views
    adjudication: Adjudication
    exporting: Lock = field(default_factory=Lock)
    following: Lock = field(default_factory=Lock)
    confirming: Lock = field(default_factory=Lock)

    @classmethod
    def of(cls, library: Library, database: Database, mode: ask.Mode = "open") -> "Api":
        """Make the API; ``mode`` is the one in which transcripts are begun."""
        ledger = Ledger(database, lambda name: library.text(name) if name else NO_TEXT, mode)
        return cls(library, database, ledger, Views(library, ledger), Adjudication(library, ledger))

    def follow(self) -> None:
        """Read changes of the study's files by commands, other servers and people."""
        # Who asks while another request reads the files waits for it: the answer must contain what it read.
        with self.following:
            # What an export writes meanwhile is no news; it is looked at when the export has ended.
            if not self.exporting.acquire(blocking=False):
                return
            try:
                self.take_in()
            finally:
                self.exporting.release()

    def take_in(self) -> None:
        """Follow changes; the caller makes sure that nothing is exported meanwhile."""
        if self.library.follow():
            self.library.notes += take_over(self.library, self.ledger)

    def codebook(self) -> dict[str, Any]:
        """Return the codebook."""
        self.follow()
        return self.views.codebook()

    def queue(self, who: Person) -> list[dict[str, Any]]:
        """List the transcripts."""
        self.follow()
        with self.database.read() as db:
            return self.views.queue(db, who)

    def transcript(self, who: Person, name: str) -> str:
        """Return a transcript, as JSON."""
        self._need(name)
        pair = Pair(name, who.name)
        return self._shown(pair, self.views.foreign, lambda db: self.views.transcript(db, who, name))

    def _shown(
        self, pair: Pair, foreign: Callable[[Connection, Pair], list[str]], view: Callable[[Connection], _View]
    ) -> _View:
        """Return a view, with the looks noted at what it shows, ``foreign``; of what came meanwhile, too."""
        with self.database.read() as db:
            shown = foreign(db, pair)
        self.note_looks(pair, shown)
        with self.database.read() as db:
            body = view(db)
            come = set(foreign(db, pair)) - set(shown)
        self.note_looks(pair, sorted(come))
        return body

    def fresh(self, who: Person, pair: Pair) -> str:
        """Return the data that a browser needs after a conflict, as JSON: the version, and the coder's transcript."""
        if pair == study_pair(who.name):
            return compact({"version": self.memos(who)["version"]})
        with self.database.read() as db:
            version = self.views.state(db, pair)["version"]
        own = f',"transcript":{self.transcript(who, pair.transcript)}' if pair.coder == who.name else ""
        return f'{{"version":{version}{own}}}'

    def suggestion(self, who: Person, name: str, key: str) -> dict[str, Any]:
        """Return one suggestion with its evidence."""
        self._need(name)
        pair = Pair(name, who.name)
        with self.database.read() as db:
            found = self.views.suggestion(db, pair, key)
            shown = self.views.foreign(db, pair)
        # That there is none says something, too.
        self.note_looks(pair, _of_model(shown))
        if found is None:
            raise MissingError("there is no such suggestion")
        return found

    def bulk(self, who: Person, name: str, query: Mapping[str, str]) -> dict[str, Any]:
        """Return the coder's progress with the sample that bulk acceptance requires."""
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
        self.note_looks(pair, [SUGGESTIONS])
        numbers = {"checked": found.checked, "needed": found.needed, "accepted": found.accepted}
        return {"matching": len(found.matching), **numbers, "sample": found.sample}

    def history(self, who: Person, name: str) -> list[dict[str, Any]]:
        """List the acts in a transcript."""
        self._need(name)
        pair = Pair(name, who.name)
        return self._shown(pair, self.views.foreign_acts, lambda db: self.views.history(db, who, name))

    def memos(self, who: Person) -> dict[str, Any]:
        """Return a coder's memos on transcripts, codes and the study."""
        with self.database.read() as db:
            return self.views.memos(db, who)

    def write_memo(self, who: Person, asked: ask.WriteMemo) -> dict[str, Any]:
        """Write a coder's memo on a code, or on the study."""
        if asked.code and asked.code not in self.library.codebook:
            raise RefusedError("there is no such code in the codebook")

        def build(draft: Draft) -> None:
            write_memo(draft, "", asked.code, asked.memo)

        payload = {"act": "note", **asked.payload}
        self.ledger.act(study_pair(who.name), who.name, payload, asked.base, build, sent=asked.sent)
        return self.memos(who)

    def step_memo(self, who: Person, step: ask.Step, *, redo: bool = False) -> dict[str, Any]:
        """Undo or redo a coder's memos on codes and the study."""
        self.ledger.undo(study_pair(who.name), who.name, step.base, lambda kind: None, redo=redo, sent=step.sent)
        return self.memos(who)

    def notes(self, who: Person) -> list[str]:
        """Return notes for a lead on files that could not be used, without transcripts that the lead reads blind."""
        who.must_lead("see this", remedy="")
        with self.database.read() as db:
            blind = set(self.library.ids) - self.views.open_to(db, who)
        return [note for note in dict.fromkeys(self.library.notes) if not any(name in note for name in blind)]

    def act(self, who: Person, name: str, act: Any) -> dict[str, Any]:
        """Do an act."""
        if self.library.has_other_codebook():
            self.follow()
        self._need(name)
        pair = Pair(name, who.name)
        act = as_now(act, self.library)
        if isinstance(act, ask.Seen):
            return self._look(pair, act)
        if isinstance(act, ask.Reopen):
            self._may_reopen(who, pair)
        build = make_action(self.library, name, act)
        try:
            done = self.ledger.act(pair, who.name, act.payload, act.base, build, sent=act.sent)
        except CombError:
            # The refusal says something of suggestions, too; the look that the act noted was undone with it.
            if isinstance(act, ask.BulkAccept) or getattr(act, "suggestion", None):
                self._note_model(pair)
            raise
        return self._outcome(pair, done)

    def queued(self, who: Person, name: str, acts: Sequence[Any]) -> dict[str, Any]:
        """Do acts in order, up to the first that is refused. Raises the error if already the first one is refused."""
        done: list[dict[str, Any]] = []
        for act in acts:
            try:
                done.append(self._one(who, name, act))
            except CombError:
                if not done:
                    raise
                break
        return {"done": done}

    def _one(self, who: Person, name: str, act: Any) -> dict[str, Any]:
        if isinstance(act, ask.Again):
            return self.step(who, name, act, redo=act.act == "redo")
        if isinstance(act, ask.Adjudicate):
            return self.adjudicate(who, name, act)
        return self.act(who, name, act)

    def step(self, who: Person, name: str, step: ask.Step, *, redo: bool = False) -> dict[str, Any]:
        """Undo or redo."""
        self._need(name)
        if step.coder == CONSENSUS:
            return self._step_consensus(who, name, step, redo=redo)
        pair = Pair(name, who.name)

        def check(kind: str) -> None:
            if kind == "finish" and not redo:
                self._may_reopen(who, pair)

        done = self.ledger.undo(pair, who.name, step.base, check, redo=redo, sent=step.sent)
        return self._outcome(pair, done)

    def _outcome(self, pair: Pair, done: Outcome) -> dict[str, Any]:
        with self.database.read() as db:
            found = self.views.outcome(db, pair, done)
        if found["suggestions"]:
            self.note_looks(pair, [SUGGESTIONS])
        return found

    def set_mode(self, who: Person, name: str, asked: ask.SetMode) -> dict[str, Any]:
        """Choose open, blind or audit; in a team, only a lead opens a transcript that was to be read blind."""
        self._need(name)
        if asked.coder not in (None, who.name) and not who.lead:
            raise RefusedError("only a lead may choose for other coders", status=403)
        pair = Pair(name, asked.coder or who.name)
        build = choose_mode(self.views, pair, who, asked)
        payload = {"act": "mode", "mode": asked.mode}
        done = self.ledger.act(pair, who.name, payload, None, build, undoable=False)
        return {"version": done.version, "mode": asked.mode}

    def speakers(self, name: str) -> list[dict[str, Any]]:
        """Return the speakers of a transcript with their confirmed or proposed roles, and the reasons."""
        self._need(name)
        return [asdict(speaker) for speaker in who_speaks(self.library.study, [name]).speakers]

    def confirm_speakers(self, who: Person, name: str, asked: ask.ConfirmSpeakers) -> list[dict[str, Any]]:
        """Confirm who speaks in a transcript; in a team, a lead does."""
        self._need(name)
        who.must_lead("confirm speakers")
        with self.confirming, changing(self.library.study, "the workspace"):
            known = {one.speaker: one for one in who_speaks(self.library.study, [name]).speakers}
            rows = [_row(known.get(answer.speaker), answer) for answer in asked.speakers]
            confirm_roles(self.library.study, rows)
            self.library.reread(name)
        return self.speakers(name)

    def sides(self, who: Person, name: str, query: Mapping[str, str]) -> dict[str, Any]:
        """Return two coders side by side."""
        with self.database.read() as db:
            self._may_adjudicate(db, who, name)
            found = self.adjudication.body(db, self.adjudication.sides(db, name, (query.get("a"), query.get("b"))))
        self.note_looks(Pair(name, who.name), [CODINGS])
        return found

    def adjudicate(self, who: Person, name: str, asked: ask.Adjudicate) -> dict[str, Any]:
        """Settle a unit."""
        with self.database.read() as db:
            self._may_adjudicate(db, who, name)
            sides = self.adjudication.sides(db, name, (asked.a, asked.b))
        self.note_looks(Pair(name, who.name), [CODINGS])
        build = self.adjudication.settle(sides, asked, who.name)
        done = self.ledger.act(Pair(name, CONSENSUS), who.name, asked.payload, asked.base, build, sent=asked.sent)
        return self._settled(sides, done, (asked.start, asked.end))

    def _step_consensus(self, who: Person, name: str, step: ask.Step, *, redo: bool) -> dict[str, Any]:
        with self.database.read() as db:
            self._may_adjudicate(db, who, name)
            sides = self.adjudication.sides(db, name, (step.a, step.b))
        self.note_looks(Pair(name, who.name), [CODINGS])
        pair = Pair(name, CONSENSUS)
        done = self.ledger.undo(pair, who.name, step.base, lambda kind: None, redo=redo, sent=step.sent)
        return self._settled(sides, done, None)

    def _settled(self, sides: Sides, done: Outcome, place: tuple[int, int] | None) -> dict[str, Any]:
        with self.database.read() as db:
            found = self.adjudication.after(db, sides, done)
        unit = next((u for u in found["units"] if (u["start"], u["end"]) == place), None)
        return {**found, "unit": unit}

    def _may_adjudicate(self, db: Connection, who: Person, name: str) -> None:
        self._need(name)
        who.must_lead("resolve disagreements", remedy="")
        if not sees_model(self.views.state(db, Pair(name, who.name))):
            remedy = "Finish your own coding first."
            raise RefusedError("you are coding this transcript blind", remedy=remedy, status=403)

    def export(self, who: Person) -> dict[str, Any]:
        """Write the study's files."""
        who.must_lead("export", remedy="")
        with self.exporting, changing(self.library.study, "an export in the workspace"):
            done = export(self.library, self.ledger)
        return {"files": done.files, "codings": done.codings, "notes": done.notes}

    def _look(self, pair: Pair, act: ask.Seen) -> dict[str, Any]:
        """Note what was looked at; that is no decision, cannot be undone, and conflicts with nothing."""
        self._note_model(pair)
        document = self.library[pair.transcript]
        with self.database.write() as db:
            state = self.views.state(db, pair)
            # Of another text than the one that was shown, the same places are other words.
            known = document.suggestions if sees_model(state) and act.text in (None, document.text.digest) else {}
            looked = [key for key in dict.fromkeys(act.suggestions) if key in known]
            if looked:
                add_missing(db, seen, [{**pair._asdict(), "suggestion": key, "at": now()} for key in looked])
            return {"version": state["version"], "seen": looked}

    def _note_model(self, pair: Pair) -> None:
        """Note a look at the suggestions, if there are any that the coder may see."""
        with self.database.read() as db:
            shown = self.views.foreign(db, pair)
        self.note_looks(pair, _of_model(shown))

    def note_codings_shown(self, who: Person, names: Sequence[str]) -> None:
        """Record that a coder is about to be shown others' codings of some transcripts."""
        for name in names:
            self.note_looks(Pair(name, who.name), [CODINGS])

    def note_looks(self, pair: Pair, shown: Sequence[str]) -> None:
        """Record that a coder is about to see others' or the model's work; on the disk before the answer is sent."""
        if not shown:
            return
        with self.database.write() as db:
            state = progress_of(db, pair)
            if state is not None:
                # The order is that of acts, so that nothing is taken for blind that came after.
                self.ledger.lock(db, pair)
            for what in shown:
                note_look(db, *pair, what, self.library.text(pair.transcript).digest, now())

    def _may_reopen(self, who: Person, pair: Pair) -> None:
        with self.database.read() as db:
            state = self.views.state(db, pair)
        if state["mode"] != "open" and not who.lead:
            remedy = "Ask your lead: you have since seen other people's codings."
            raise RefusedError("finished blind coding cannot be changed", remedy=remedy, status=403)

    def refresh_all(self) -> None:
        """Read transcripts again whose files have changed; one whose file is gone stays as last read."""
        for name in self.library.ids:
            try:
                changed = self.library.refresh(name)
            except MissingFileError:
                continue
            if changed:
                reanchor(self.database, name, self.library.text(name))
                write_without_place(self.library, self.database)

    def _need(self, name: str) -> None:
        if name not in self.library:
            raise MissingError("there is no such transcript", remedy="Go back to the list.")
        try:
            changed = self.library.refresh(name)
        except MissingFileError as error:
            raise RefusedError(error.what, remedy=error.remedy, status=409) from None
        if reanchor(self.database, name, self.library.text(name)) is not None or changed:
            write_without_place(self.library, self.database)


def _of_model(shown: Sequence[str]) -> list[str]:
    return [what for what in shown if what == SUGGESTIONS]


def _row(known: SpeakerRole | None, answer: ask.SpeakerAnswer) -> SpeakerRow:
    """Make the row of an answer. Raises RefusedError if the page showed outdated roles."""
    confirmed = known.role if known and known.source == "confirmed" else None
    if known is None or confirmed != answer.before:
        remedy = "Open the panel again."
        raise RefusedError("the speakers were changed in another window", remedy=remedy, status=409)
    return SpeakerRow(known.transcript, known.speaker, answer.role, known.pseudonym)
