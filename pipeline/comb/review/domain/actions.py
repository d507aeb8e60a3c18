"""The changes of each act of a coder. A suggestion becomes a coding only here."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from comb.codebook import Codebook
from comb.records import TAKEN_OVER, Verdict
from comb.review.domain import schemas as ask
from comb.review.storage.database import codings, decisions, progress, seen
from comb.review.storage.documents import Document, Suggested
from comb.review.storage.drafts import Change, Draft, Row, is_finished
from comb.review.storage.library import Library
from comb.review.storage.looks import SUGGESTIONS
from comb.review.storage.memos import write_memo
from comb.review.storage.refusals import MissingError, Pair, RefusedError

SAMPLE = 10
"""Number of suggestions of a code that a coder decides individually before the others may be accepted at once."""


@dataclass(frozen=True)
class ActionContext:
    """The context of an act: the document, the codebook, and the draft of its changes."""

    library: Library
    document: Document
    draft: Draft

    @property
    def codebook(self) -> Codebook:
        """The study's codebook."""
        return self.library.codebook

    def suggested(self, key: str) -> Suggested:
        """Return a suggestion. Raises MissingError if there is none or the coder may not see it."""
        found = self.document.suggestions.get(key)
        if found is None or not sees_model(self.draft.state):
            raise MissingError("there is no such suggestion")
        self.draft.look(SUGGESTIONS)
        return found


def sees_model(state: Row) -> bool:
    """Return whether a coder may see suggestions, which is not the case before the end of a blind reading."""
    return state["mode"] == "open" or is_finished(state)


def make_action(library: Library, name: str, act: Any) -> Callable[[Draft], None]:
    """Return the function that adds an act's changes to a draft."""
    document = library[name]

    def build(draft: Draft) -> None:
        context = ActionContext(library, document, draft)
        draft.need_text(document.text.digest, act.text)
        if act.act not in ("reopen", "note") and is_finished(context.draft.state):
            raise RefusedError("this transcript is finished", remedy="Reopen it first.")
        _ACTIONS[act.act](context, act)

    return build


def as_now(act: Any, library: Library) -> Any:
    """Return an act with the codebook's present ids: the page may have shown ids that have changed since."""
    aliases = library.aliases
    fields = type(act).model_fields
    changed: dict[str, Any] = {}
    if "code" in fields and act.code in aliases:
        changed["code"] = aliases[act.code]
    if "suggestion" in fields and act.suggestion:
        changed["suggestion"] = _renamed(act.suggestion, aliases)
    if "suggestions" in fields:
        changed["suggestions"] = [_renamed(key, aliases) for key in act.suggestions]
    return act.model_copy(update=changed)


def _renamed(suggestion: str, aliases: Mapping[str, str]) -> str:
    place, _, code = suggestion.partition(":")
    return f"{place}:{aliases[code]}" if code in aliases else suggestion


# ---- codings


def _accept(context: ActionContext, act: ask.Accept) -> None:
    item = context.suggested(act.suggestion)
    _drop_decision(context, item.id)
    key = _add_coding(context, item.start, item.end, item.code, item.valence, item)
    _decide(context, item, "accepted", key)


def _reject(context: ActionContext, act: ask.Reject) -> None:
    item = context.suggested(act.suggestion)
    _drop_decision(context, item.id)
    _decide(context, item, "rejected", None, memo=act.memo)


def _code(context: ActionContext, act: ask.Code) -> None:
    _check_code(context, act.code)
    _check_span(context, act.start, act.end)
    _check_new(context, act.start, act.end, act.code)
    _add_coding(context, act.start, act.end, act.code, act.valence, None, memo=act.memo)


def _recode(context: ActionContext, act: ask.Recode) -> None:
    _check_code(context, act.code)
    if act.suggestion and not _coding_of(context, act.suggestion):
        item = context.suggested(act.suggestion)
        _take_changed(context, item, code=act.code)
    else:
        _alter(context, _target(context, act), code=act.code)


def _valence(context: ActionContext, act: ask.SetValence) -> None:
    if act.suggestion and not _coding_of(context, act.suggestion):
        item = context.suggested(act.suggestion)
        _take_changed(context, item, valence=act.valence)
    else:
        _alter(context, _target(context, act), valence=act.valence)


def _span(context: ActionContext, act: ask.SetSpan) -> None:
    _check_span(context, act.start, act.end)
    _alter(context, context.draft.coding(act.coding), start=act.start, end=act.end)


def _memo(context: ActionContext, act: ask.SetMemo) -> None:
    if act.suggestion:
        decision = context.draft.decision(context.suggested(act.suggestion).id)
        if decision is None:
            raise RefusedError("this suggestion is undecided", remedy="Decide first, then write the memo.")
        context.draft.put(decisions, decision, {**decision, "memo": act.memo})
    if act.coding or _coding_of(context, act.suggestion):
        coding = _target(context, act)
        context.draft.put(codings, coding, {**coding, "memo": act.memo})


def _unsure(context: ActionContext, act: ask.SetUnsure) -> None:
    coding = _target(context, act)
    context.draft.put(codings, coding, {**coding, "unsure": "yes" if act.unsure else ""})


def _note(context: ActionContext, act: ask.SetNote) -> None:
    write_memo(context.draft, context.draft.pair.transcript, "", act.memo)


def _uncode(context: ActionContext, act: ask.Uncode) -> None:
    _remove(context, context.draft.coding(act.coding))


def _target(context: ActionContext, act: Any) -> Row:
    """Return the coding that an act is about, named by itself or by its suggestion."""
    key = act.coding or _coding_of(context, act.suggestion)
    if not key:
        raise RefusedError("name a coding or a suggestion")
    return context.draft.coding(key)


def _coding_of(context: ActionContext, suggestion: str | None) -> str | None:
    decision = context.draft.decision(suggestion) if suggestion else None
    return decision["coding"] if decision else None


def _take_changed(context: ActionContext, item: Suggested, **changed: str) -> None:
    """Accept a suggestion with another code or valence; the decision says "changed" if it differs."""
    _drop_decision(context, item.id)
    code, valence = changed.get("code", item.code), changed.get("valence", item.valence)
    key = _add_coding(context, item.start, item.end, code, valence, item)
    _decide(context, item, _verdict((item.code, item.valence), (code, valence)), key)


def _verdict(suggested: tuple[str, str], taken: tuple[str, str]) -> Verdict:
    """Return how a suggestion was taken, by code and valence; a valence where none was suggested changes nothing.

    >>> _verdict(("goals", ""), ("goals", "barrier")), _verdict(("goals", "barrier"), ("goals", ""))
    ('accepted', 'changed')
    """
    (code, valence), (taken_code, taken_valence) = suggested, taken
    return "accepted" if code == taken_code and valence in ("", taken_valence) else "changed"


def _alter(context: ActionContext, before: Row, **changed: Any) -> None:
    after = {**before, **changed}
    _check_new(context, after["start"], after["end"], after["code"], but=before["id"])
    if context.codebook.exclusive:
        _make_room(context, after["start"], after["end"], keep=before["id"])
    context.draft.put(codings, before, after)
    for decision in context.draft.decisions_of(before["id"]):
        moved = (after["start"], after["end"]) != (decision["start"], decision["end"])
        kept = _verdict((decision["code"], decision["valence"]), (after["code"], after["valence"]))
        context.draft.put(decisions, decision, {**decision, "verdict": "changed" if moved else kept})


def _add_coding(
    context: ActionContext, start: int, end: int, code: str, valence: str, item: Suggested | None, memo: str = ""
) -> str:
    """Add a coding, or use the existing one; return its id."""
    _check_code(context, code)
    if context.codebook.exclusive:
        _make_room(context, start, end)
    for row in context.draft.at_span(start, end):
        if row["code"] == code:
            return str(row["id"])
    row = _new_coding(context, start, end, code, valence, item, memo)
    context.draft.put(codings, None, row)
    return str(row["id"])


def _new_coding(
    context: ActionContext, start: int, end: int, code: str, valence: str, item: Suggested | None, memo: str = ""
) -> Row:
    return {
        "id": context.draft.new_id(),
        **context.draft.pair._asdict(),
        "start": start,
        "end": end,
        "code": code,
        "valence": valence,
        "memo": memo,
        "at": context.draft.at,
        "origin": TAKEN_OVER if item else "hand",
        "model": item.model if item else "",
        "score": item.score if item else None,
    }


def _make_room(context: ActionContext, start: int, end: int, keep: str = "") -> None:
    """Remove the codings on a span if a span may have only one code."""
    for row in context.draft.at_span(start, end):
        if row["id"] != keep:
            _remove(context, row)


def _remove(context: ActionContext, coding: Row) -> None:
    """Remove a coding; the suggestion that it came from is undecided again."""
    for decision in context.draft.decisions_of(coding["id"]):
        context.draft.put(decisions, decision, None)
    context.draft.put(codings, coding, None)


# ---- decisions


def _decide(context: ActionContext, item: Suggested, verdict: str, coding: str | None, memo: str = "") -> None:
    context.draft.put(decisions, None, _decision(context, item, verdict, coding, memo))


def _decision(
    context: ActionContext, item: Suggested, verdict: str, coding: str | None, memo: str = "", *, bulk: bool = False
) -> Row:
    kept = ("start", "end", "code", "valence", "score", "threshold", "model")
    return {
        **context.draft.pair._asdict(),
        "suggestion": item.id,
        "verdict": verdict,
        "coding": coding,
        "memo": memo,
        "at": context.draft.at,
        "bulk": bulk,
        **{name: getattr(item, name) for name in kept},
    }


def _drop_decision(context: ActionContext, suggestion: str) -> None:
    """Remove the earlier decision and the coding that came from it."""
    decision = context.draft.decision(suggestion)
    if decision:
        context.draft.put(decisions, decision, None)
        if decision["coding"]:
            coding = context.draft.coding(decision["coding"])
            # A coding by hand that was there before stays, and so does one that another suggestion led to as well.
            if coding["origin"] == TAKEN_OVER and not context.draft.decisions_of(coding["id"]):
                context.draft.put(codings, coding, None)


@dataclass(frozen=True)
class Bulk:
    """A coder's progress with the sample that bulk acceptance requires."""

    matching: tuple[Suggested, ...]
    """Number of undecided suggestions of the code from the score upwards, in this transcript."""
    checked: int
    needed: int
    accepted: int
    """Number of checked suggestions that were accepted unchanged."""

    @property
    def sample(self) -> list[str]:
        """Suggestions to check next, drawn at random, but the same each time."""
        drawn = list(self.matching)
        random.Random(len(drawn) and drawn[0].id).shuffle(drawn)  # noqa: S311
        return [item.id for item in drawn[: max(0, self.needed - self.checked)]]


def bulk(library: Library, db: Connection, pair: Pair, code: str, score: float) -> Bulk:
    """Return the coder's progress with the sample for a code and score, counted over the whole study."""
    own = (decisions.c.coder == pair.coder, decisions.c.code == code)
    query = select(decisions.c.verdict, func.count()).where(
        *own, decisions.c.score >= score, decisions.c.bulk.is_(False)
    )
    counts = {verdict: int(n) for verdict, n in db.execute(query.group_by(decisions.c.verdict))}
    done = set(db.scalars(select(decisions.c.suggestion).where(*own, decisions.c.transcript == pair.transcript)))
    there = [i for name in library.ids for i in library[name].suggestions.values() if i.code == code]
    matching = [i for i in library[pair.transcript].suggestions.values() if i.code == code and i.score >= score]
    return Bulk(
        matching=tuple(item for item in matching if item.id not in done),
        checked=sum(counts.values()),
        needed=min(SAMPLE, sum(item.score >= score for item in there)),
        accepted=counts.get("accepted", 0),
    )


def _bulk_accept(context: ActionContext, act: ask.BulkAccept) -> None:
    if not sees_model(context.draft.state):
        raise MissingError("there are no suggestions here")
    context.draft.look(SUGGESTIONS)
    found = bulk(context.library, context.draft.db, context.draft.pair, act.code, act.score)
    if found.checked < found.needed:
        raise RefusedError(
            f"such suggestions checked one by one: {found.checked} of {found.needed}",
            remedy="Check the sample first, then accept the others.",
            checked=found.checked,
            needed=found.needed,
        )
    if context.codebook.exclusive:
        for item in found.matching:
            _make_room(context, item.start, item.end)
    have = {(row["start"], row["end"], row["code"]): row["id"] for row in context.draft.own(codings)}
    made: list[Change] = []
    decided: list[Change] = []
    _check_code(context, act.code)
    for item in found.matching:
        key = have.get((item.start, item.end, item.code))
        if key is None:
            row = _new_coding(context, item.start, item.end, item.code, item.valence, item)
            key = row["id"]
            made.append(Change(codings.name, None, row))
        decided.append(Change(decisions.name, None, _decision(context, item, "accepted", key, bulk=True)))
    context.draft.put_all([*made, *decided])


# ---- reading


def _finish(context: ActionContext, act: ask.Finish) -> None:
    state = context.draft.state
    if state["mode"] == "open":
        looked = {row["suggestion"] for table in (seen, decisions) for row in context.draft.own(table)}
        unseen = len(set(context.document.suggestions) - looked)
        if unseen:
            remedy = "Look at each of them, or code the transcript blind."
            raise RefusedError(f"suggestions not looked at yet: {unseen}", remedy=remedy, unseen=unseen)
    _set_finished(context, state, finished=True)


def _reopen(context: ActionContext, act: ask.Reopen) -> None:
    if not is_finished(context.draft.state):
        raise RefusedError("this transcript is not finished")
    _set_finished(context, context.draft.state, finished=False)


def _set_finished(context: ActionContext, state: Row, *, finished: bool) -> None:
    name = "audited" if state["mode"] == "audit" else "finished"
    key = context.draft.pair._asdict()
    context.draft.put(progress, {**key, name: state[name]}, {**key, name: finished})


# ---- what is asked for must make sense


def _check_code(context: ActionContext, code: str) -> None:
    if code not in context.codebook:
        raise RefusedError("there is no such code in the codebook", remedy="Load the page again.")


def _check_new(context: ActionContext, start: int, end: int, code: str, but: str = "") -> None:
    if any(row["code"] == code and row["id"] != but for row in context.draft.at_span(start, end)):
        raise RefusedError("this passage already has this code from you", remedy="Change that coding, or remove it.")


def _check_span(context: ActionContext, start: int, end: int) -> None:
    text = context.document.transcript.text
    if not start < end <= len(text):
        raise RefusedError("this passage is not inside the transcript")
    if not text[start:end].strip():
        raise RefusedError("this passage contains no words")


_ACTIONS: dict[str, Callable[[ActionContext, Any], None]] = {
    "accept": _accept,
    "reject": _reject,
    "recode": _recode,
    "valence": _valence,
    "span": _span,
    "memo": _memo,
    "code": _code,
    "unsure": _unsure,
    "note": _note,
    "uncode": _uncode,
    "finish": _finish,
    "reopen": _reopen,
    "bulk_accept": _bulk_accept,
}
