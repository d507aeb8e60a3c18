"""The page Search, for words and coded passages in all transcripts. Search terms are never part of an address."""

from dataclasses import dataclass, field
from typing import Any

from starlette.routing import Route

from comb.review.domain import schemas as ask
from comb.review.domain.find_requests import SAVE_SEARCH, SEARCH, SaveSearch, Search
from comb.review.domain.finding import Finder, Finding
from comb.review.domain.groups import attribute_values, speakers_of
from comb.review.domain.sight import note_all, sight_of
from comb.review.domain.views import Person
from comb.review.storage.database import codings
from comb.review.storage.drafts import now
from comb.review.storage.refusals import RefusedError
from comb.review.storage.result_files import attachment, places_document, places_table, table_file
from comb.review.storage.search_index import SearchIndex
from comb.review.web.api import Api
from comb.review.web.endpoints import Endpoints
from comb.review.web.site import Site

MOST_SAVED = 20_000
"""Most places in a saved file."""


def routes(site: Site) -> list[Route]:
    """Return the routes of the search page."""
    page, make = SearchPage.of(site.api), Endpoints(site)
    return [
        make.get("/api/search", lambda who, r: page.choices(who)),
        make.post("/api/search", lambda who, r, body: page.search(who, ask.parse(SEARCH, body)), reads=True),
        make.post("/api/search/file", lambda who, r, body: page.save(who, ask.parse(SAVE_SEARCH, body)), reads=True),
    ]


@dataclass(frozen=True)
class SearchPage:
    """Answers the search page."""

    api: Api
    finder: Finder
    last: dict[str, Search] = field(default_factory=dict)
    """Each person's last search, for returning from a transcript; only in memory, since it may contain participants'
    words."""

    @classmethod
    def of(cls, api: Api) -> "SearchPage":
        """Make the page, with the study's index."""
        return cls(api, Finder(api.views, SearchIndex(api.library.study.search_index)))

    def choices(self, who: Person) -> dict[str, Any]:
        """Return the choices for the filters: coders whose work may be seen, speakers, attributes."""
        self.api.follow()
        library = self.api.library
        values, problem = attribute_values(library)
        with self.api.database.read() as db:
            sight = sight_of(self.api.views, db, who)
            pairs = db.execute(codings.select().with_only_columns(codings.c.transcript, codings.c.coder).distinct())
            coders = {row.coder for row in pairs if sight.may(row.transcript, row.coder)} | {who.name}
        machines = {row["coder"] for name in sight.others for row in library.language_models(name)}
        return {
            "coders": sorted(coders | machines),
            "speakers": speakers_of(library.transcripts),
            "attributes": values,
            "problem": problem,
            "transcripts": library.ids,
            "last": self.last[who.name].model_dump(exclude={"skip", "most"}) if who.name in self.last else None,
        }

    def search(self, who: Person, asked: Search) -> dict[str, Any]:
        """Find the matching places, and return some of them with their total number."""
        found = self._found(who, asked)
        self.last[who.name] = asked
        shown = found.part(asked.skip, asked.skip + asked.most)
        return {
            "total": found.total,
            "transcripts": found.transcripts,
            "places": self.finder.data(asked, shown),
            "more": asked.skip + len(shown) < found.total,
        }

    def save(self, who: Person, asked: SaveSearch) -> dict[str, str]:
        """Return all matching places as a file."""
        found = self._found(who, asked)
        if found.total > MOST_SAVED:
            what = f"{found.total} places are too many for one file (at most {MOST_SAVED})"
            raise RefusedError(what, remedy="Choose fewer with the filters.")
        places = self.finder.data(asked, found.part(0, None))
        names = {code.id: code.name for code in self.api.library.codebook}
        if asked.format == "docx":
            return attachment("passages.docx", places_document("Passages", places, names))
        return table_file("passages", asked.format, places_table(places, names))

    def _found(self, who: Person, asked: Search) -> Finding:
        library = self.api.library
        if asked.code and asked.code not in library.codebook:
            raise RefusedError("there is no such code in the codebook", remedy="Choose another.", status=404)
        self.api.refresh_all()
        with self.api.database.read() as db:
            found = self.finder.find(db, who, asked)
        # Also where nothing was found: that says something, too.
        note_all(self.api.views, who, found.shown, now())
        return found
