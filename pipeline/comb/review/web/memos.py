"""Routes for memos on codes and the study; memos on a transcript and its codings are acts there."""

from starlette.routing import Route

from comb.review.domain import schemas as ask
from comb.review.web.endpoints import Endpoints
from comb.review.web.site import Site


def routes(site: Site) -> list[Route]:
    """Return the routes."""
    api, make = site.api, Endpoints(site)
    return [
        make.get("/api/memos", lambda who, r: api.memos(who)),
        make.post("/api/memos", lambda who, r, body: api.write_memo(who, ask.parse(ask.WRITE_MEMO, body))),
        make.post("/api/memos/undo", lambda who, r, body: api.step_memo(who, ask.parse(ask.STEP, body))),
        make.post("/api/memos/redo", lambda who, r, body: api.step_memo(who, ask.parse(ask.STEP, body), redo=True)),
        make.get("/api/notes", lambda who, r: api.notes(who)),
    ]
