"""Data for the page Codebook, and the passages of a code that is being split."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from comb.codebook import PALETTE, Codebook
from comb.codings.recoding import joined_valence
from comb.privacy.table import Candidate
from comb.review.domain.views import Person, Views
from comb.review.storage.database import codings, decisions
from comb.review.storage.drafts import Draft, Row, rows
from comb.review.storage.looks import CODINGS
from comb.review.storage.refusals import Pair, RefusedError
from comb.stages.codebook import last_edit, open_splits
from comb.stages.codebook_effects import trained_codes
from comb.study.codebook_history import codebook_text, digest, read_history

AROUND = 120
"""Characters shown on either side of a passage."""
MOST = 400
"""Most passages shown at once."""


@dataclass(frozen=True)
class CodebookViews:
    """Makes response bodies for the codebook, its history, and the codings that use it."""

    views: Views

    def page(self, db: Connection, who: Person) -> dict[str, Any]:
        """Return all data for the page; for codings, only the person's own number for each code."""
        study, book = self.views.library.study, self.views.library.codebook
        last, trained = last_edit(study), trained_codes(study)
        counts = self.counts(db, who, [])
        described = self.views.codebook()
        codes = [
            {**shown, "own_color": book.codes[shown["id"]].color, "mine": counts.get(shown["id"], {}).get(who.name, 0)}
            for shown in described.pop("codes")
        ]
        return {
            **described,
            "codes": codes,
            "levels": book.levels,
            "digest": digest(codebook_text(study)),
            "palette": PALETTE,
            "lead": who.lead,
            "trained": trained,
            "splits": open_splits(study, book),
            "undo": last.what if last else "",
            "versions": [
                {"version": one.version, "at": one.at, "by": one.by, "what": one.what, "why": one.why}
                for one in reversed(read_history(study))
            ],
            "pseudonymised": study.pseudonymised.exists(),
        }

    def counts(self, db: Connection, who: Person, shown: Sequence[str]) -> dict[str, dict[str, int]]:
        """Count codings by code and coder: the person's own everywhere, all coders' in the transcripts ``shown``."""
        query = select(codings.c.code, codings.c.coder, codings.c.transcript, func.count())
        found: dict[str, dict[str, int]] = {}
        groups = (codings.c.code, codings.c.coder, codings.c.transcript)
        for code, coder, transcript, n in db.execute(query.where(codings.c.code != "").group_by(*groups)):
            if coder == who.name or transcript in shown:
                by_coder = found.setdefault(code, {})
                by_coder[coder] = by_coder.get(coder, 0) + n
        return found

    def open_to(self, db: Connection, who: Person) -> list[str]:
        """List the transcripts in which the person may see others' codings."""
        names = sorted(self.views.open_to(db, who))
        return [name for name in names if CODINGS in self.views.foreign(db, Pair(name, who.name))]

    def passages(self, db: Connection, who: Person, code: str, shown: Sequence[str]) -> dict[str, Any]:
        """List the passages of a code: the person's own, and those of others in the transcripts ``shown``."""
        found = []
        for row in rows(db, codings, code=code):
            name = row["transcript"]
            if row["start"] >= 0 and name in self.views.library and (row["coder"] == who.name or name in shown):
                found.append(_passage(self.views.library[name].transcript.text, row))
        found.sort(key=lambda one: (one["coder"] != who.name, one["transcript"], one["start"]))
        return {"passages": found[:MOST], "left": max(0, len(found) - MOST)}


def _passage(text: str, row: Row) -> dict[str, Any]:
    start, end = row["start"], row["end"]
    kept = ("transcript", "coder", "valence", "memo", "start", "end")
    around = {"before": text[max(0, start - AROUND) : start], "after": text[end : end + AROUND]}
    return {"coding": row["id"], **{name: row[name] for name in kept}, "quote": text[start:end], **around}


def with_pseudonyms(text: str, found: Sequence[Candidate]) -> str:
    """Return a text with the words replaced for which a person decided so, the longest first.

    >>> with_pseudonyms("Ann's brother Dan", [Candidate("Ann", "person", decision="replace", pseudonym="Mia")])
    "Mia's brother Dan"
    """
    names = {one.replaced.casefold(): one.pseudonym for one in found if one.replaced and one.pseudonym}
    if not names:
        return text
    either = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    pattern = re.compile(rf"(?<!\w)({either})(?!\w)", re.IGNORECASE)
    return pattern.sub(lambda match: names[match[0].casefold()], text)


def giving(book: Codebook, coding: str, code: str, into: Sequence[str]) -> Callable[[Draft], None]:
    """Return the function that recodes a passage of ``code``: its coding gets the first code, copies get the others.

    Raises RefusedError for a code that is not in the codebook, and for several where a passage has one.
    """
    if not into or len({*into}) != len(into) or any(one not in book or one == code for one in into):
        raise RefusedError("there is no such code in the codebook", remedy="Load the page again.")
    if book.exclusive and len(into) > 1:
        raise RefusedError("this codebook allows one code per passage", remedy="Choose one of them.")

    def build(draft: Draft) -> None:
        row = draft.coding(coding)
        if row["code"] != code:
            raise RefusedError("this passage has been decided already", remedy="Load the page again.", status=409)
        _give(draft, row, into)

    return build


def _give(draft: Draft, row: Row, into: Sequence[str]) -> None:
    """Replace a coding by codings with the new codes; an existing coding with one of them absorbs it."""
    there = {one["code"]: one for one in draft.at_span(row["start"], row["end"])}
    missing = [name for name in into if name not in there]
    for name in [name for name in into if name in there]:
        draft.put(codings, there[name], _taking_in(there[name], row))
    for name in missing[1:]:
        draft.put(codings, None, {**row, "id": draft.new_id(), "code": name})
    for decision in draft.decisions_of(row["id"]):
        coded = row["id"] if missing else there[into[0]]["id"]
        draft.put(decisions, decision, {**decision, "verdict": "changed", "coding": coded})
    draft.put(codings, row, {**row, "code": missing[0]} if missing else None)


def _taking_in(row: Row, other: Row) -> Row:
    memo = "\n".join(dict.fromkeys(filter(None, (row["memo"], other["memo"]))))
    return {**row, "memo": memo, "valence": joined_valence([row["valence"], other["valence"]])}
