"""Modes of reading a transcript: open, blind, or a blind sample of it."""

from collections.abc import Callable

from comb.review.domain import schemas as ask
from comb.review.domain.views import Person, Views
from comb.review.storage.database import progress
from comb.review.storage.documents import Document, audit_sample, compact
from comb.review.storage.drafts import Draft, Row, is_finished, words_at
from comb.review.storage.refusals import Pair, RefusedError

_STRICT = ("open", "audit", "blind")


def choose_mode(views: Views, pair: Pair, who: Person, asked: ask.SetMode) -> Callable[[Draft], None]:
    """Return the function that changes a coder's mode.

    Raises RefusedError, now or in that function, if the mode may not change.
    """
    document = views.library[pair.transcript]
    if asked.mode == "audit" and not document.suggestions:
        remedy = "Train first: on the page Train, or with dvc repro."
        raise RefusedError("there is nothing to audit: the model suggested no codes here", remedy=remedy)

    def build(draft: Draft) -> None:
        draft.need_text(document.text.digest)
        state = views.state(draft.db, pair)
        _check(asked.mode, state, draft, who)
        sample = state["sample"]
        if asked.mode == "audit" and sample == "[]":
            # Kept, so that it stays the same when the model is trained again.
            sample = _drawn(views, document)
        key = pair._asdict()
        before = {**key, "mode": state["mode"], "sample": state["sample"]}
        draft.put(progress, before, {**key, "mode": asked.mode, "sample": sample})

    return build


def _check(mode: str, state: Row, draft: Draft, who: Person) -> None:
    """Raise RefusedError for blind reading after a look, and for a coder who would end a blind reading."""
    if mode == "blind" and draft.looked and state["mode"] != "blind":
        subject = "you have" if draft.pair.coder == who.name else f"{draft.pair.coder} has"
        what = f"{subject} seen other people's codings or suggestions here, so it can no longer be coded blind"
        raise RefusedError(what, remedy="Continue in open mode. The history shows when that was.", status=409)
    opens = _STRICT.index(mode) < _STRICT.index(state["mode"])
    if opens and not who.lead and not is_finished(state):
        raise RefusedError("only a lead may end blind coding", remedy="Ask your lead.", status=403)


def _drawn(views: Views, document: Document) -> str:
    """Return the sample to audit, with its words, as JSON."""
    drawn = audit_sample(views.library.study, document, views.library.params.train.seed)
    places = [{"start": start, "end": end} for start, end in drawn]
    return compact([place | words_at(document.text, place) for place in places])
