"""Routes for the list of transcripts, for reading, deciding and coding, and for the consensus."""

from starlette.routing import Route

from comb.review.domain import schemas as ask
from comb.review.web.endpoints import Endpoints
from comb.review.web.endpoints import transcript_id as _id
from comb.review.web.site import Site


def routes(site: Site) -> list[Route]:
    """Return the routes."""
    api, make = site.api, Endpoints(site)
    get, post = make.get, make.post
    one = "/api/transcripts/{id}"
    return [
        get("/api/me", lambda who, r: api.views.me(who)),
        get("/api/codebook", lambda who, r: api.codebook()),
        get("/api/transcripts", lambda who, r: api.queue(who)),
        get(one, lambda who, r: api.transcript(who, _id(r))),
        get(f"{one}/suggestions/{{key:path}}", lambda who, r: api.suggestion(who, _id(r), r.path_params["key"])),
        get(f"{one}/bulk", lambda who, r: api.bulk(who, _id(r), r.query_params)),
        get(f"{one}/history", lambda who, r: api.history(who, _id(r))),
        get(f"{one}/speakers", lambda who, r: api.speakers(_id(r))),
        post(f"{one}/speakers", lambda who, r, body: api.confirm_speakers(who, _id(r), ask.parse(ask.SPEAKERS, body))),
        get(f"{one}/adjudication", lambda who, r: api.sides(who, _id(r), r.query_params)),
        post(f"{one}/acts", lambda who, r, body: api.act(who, _id(r), ask.parse(ask.ACT, body))),
        post(f"{one}/queue", lambda who, r, body: api.queued(who, _id(r), ask.parse(ask.QUEUE, body).acts)),
        post(f"{one}/undo", lambda who, r, body: api.step(who, _id(r), ask.parse(ask.STEP, body))),
        post(f"{one}/redo", lambda who, r, body: api.step(who, _id(r), ask.parse(ask.STEP, body), redo=True)),
        post(f"{one}/mode", lambda who, r, body: api.set_mode(who, _id(r), ask.parse(ask.MODE, body))),
        post(f"{one}/adjudicate", lambda who, r, body: api.adjudicate(who, _id(r), ask.parse(ask.ADJUDICATE, body))),
        post("/api/export", lambda who, r, body: api.export(who)),
    ]
