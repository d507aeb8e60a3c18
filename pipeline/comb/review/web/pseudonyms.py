"""The page on which a person confirms pseudonyms: the same table as ``private/candidates.csv``."""

from dataclasses import asdict, replace
from threading import Lock
from typing import Any

from starlette.routing import Route

from comb.errors import BadInputError
from comb.privacy.table import Candidate, fold, read_candidates
from comb.review.domain import schemas as ask
from comb.review.domain.views import Person
from comb.review.storage.refusals import RefusedError
from comb.review.web.alone import changing
from comb.review.web.endpoints import Endpoints
from comb.review.web.site import Site
from comb.stages.listener import Listener
from comb.stages.pseudonymise import Context, contexts, decide, look
from comb.stages.study_texts import digests
from comb.study.layout import Study


def routes(site: Site) -> list[Route]:
    """Return the routes of the page on pseudonyms."""
    page, make = PseudonymPage(site.api.library.study), Endpoints(site)
    return [
        make.get("/api/pseudonyms", lambda who, r: page.table(who)),
        make.post("/api/pseudonyms", lambda who, r, body: page.decide(who, ask.parse(ask.CANDIDATES, body))),
        make.post("/api/pseudonyms/look", lambda who, r, body: page.look(who)),
    ]


class PseudonymPage:
    """Candidates with the words around them, and their decisions; for leads."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self._lock = Lock()
        self._known: tuple[dict[str, str], dict[str, list[Context]]] = ({}, {})

    def table(self, who: Person) -> dict[str, Any]:
        """Return the table; ``looked`` is false before the first search for names."""
        who.must_lead("confirm pseudonyms")
        rows = read_candidates(self.study.candidates)
        near = self._contexts() if rows else {}
        shown = [{**asdict(row), "contexts": [asdict(one) for one in near.get(fold(row.text), ())]} for row in rows]
        return {"looked": self.study.candidates.exists(), "rows": shown}

    def look(self, who: Person) -> dict[str, Any]:
        """Search for names, as ``comb pseudonymise`` does."""
        who.must_lead("confirm pseudonyms")
        listener = Listener()
        with self._lock, changing(self.study, "the workspace"):
            look(self.study, listener)
        return {**self.table(who), "notes": listener.notes}

    def decide(self, who: Person, asked: ask.DecideCandidates) -> dict[str, Any]:
        """Write decisions. Raises RefusedError if a row was changed elsewhere, or a decision is incomplete."""
        who.must_lead("confirm pseudonyms")
        with self._lock, changing(self.study, "the workspace"):
            known = {row.key: row for row in read_candidates(self.study.candidates)}
            before, after = [], []
            for one in asked.rows:
                old = known.get(Candidate(one.text, "person", one.transcript).key)
                base = old or Candidate(one.text, one.kind, one.transcript)
                before.append(replace(base, **one.before.model_dump()))
                after.append(
                    replace(base, decision=one.decision, pseudonym=one.pseudonym.strip(), part=one.part.strip())
                )
            try:
                decide(self.study, after, before)
            except BadInputError as error:
                raise RefusedError(error.what, remedy=error.remedy, status=409) from None
        return {"decided": len(after)}

    def _contexts(self) -> dict[str, list[Context]]:
        """Return the words around each candidate; read again only if a transcript has changed."""
        with self._lock:
            now = digests(self.study)
            if self._known[0] != now:
                self._known = (now, contexts(self.study))
            return self._known[1]
