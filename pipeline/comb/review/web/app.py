"""The web application: the routes of all its parts."""

from collections.abc import Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from comb import HELP
from comb.errors import CombError
from comb.review.storage.refusals import RefusedError
from comb.review.web import adding, codebook, memos, overview, pseudonyms, reading, report, search, team, training
from comb.review.web.endpoints import Endpoints
from comb.review.web.middleware import Guard
from comb.review.web.pages import Pages
from comb.review.web.running import again
from comb.review.web.sections import SECTIONS
from comb.review.web.site import Door, Site
from comb.review.web.static import PageFiles

PARTS = (
    reading.routes,
    adding.routes,
    memos.routes,
    codebook.routes,
    search.routes,
    overview.routes,
    training.routes,
    report.routes,
    pseudonyms.routes,
    team.routes,
)
"""Functions that make the routes of each part of the workspace for a site."""


def make_app(site: Site) -> Guard:
    """Make the application of a study."""
    pages = Pages(site)
    routes = [
        *(Route(section.path, pages.page(section.template, section)) for section in SECTIONS),
        Route("/t/{id}", pages.page("transcript.html")),
        Route("/adjudicate/{id}", pages.page("adjudicate.html")),
        Route("/unsent", pages.unsent),
        Route("/signin", pages.show_sign_in, methods=["GET"]),
        Route("/signin", pages.sign_in, methods=["POST"]),
        *(route for part in PARTS for route in part(site)),
    ]
    return guarded(site, pages, routes, site.secret)


def guarded(door: Door, pages: Pages, routes: Sequence[Route], secret: str) -> Guard:
    """Make an application from its routes and those that all servers have."""
    pages.help = HELP.is_dir()
    common = [
        Route("/signout", pages.sign_out, methods=["POST"]),
        Mount(pages.static, PageFiles("public, max-age=31536000, immutable")),
        Mount("/static", PageFiles("no-cache")),
        *([Mount("/help", StaticFiles(directory=HELP, html=True))] if pages.help else []),
        Route("/api/alive", _alive),
        again(door, secret),
        Endpoints(door).post("/api/stop", lambda who, request, body: _stop(door)),
    ]
    handlers: dict[Any, Any] = {
        CombError: pages.refused,
        OSError: pages.system_refused,
        HTTPException: pages.http_error,
        Exception: pages.broken,
    }
    # Around all, so that the answer to a failure of comb itself carries the headers too.
    return Guard(Starlette(routes=[*routes, *common], exception_handlers=handlers), door.address, door.study)


def _stop(door: Door) -> dict[str, Any]:
    """Stop the server, once this has been answered."""
    if door.stop is None:
        raise RefusedError("this page cannot stop comb", remedy="Ask who runs the server.", status=403)
    door.stop()
    return {}


async def _alive(request: Request) -> Response:
    """Answer at once, whoever asks: the page sees by it that the server is there."""
    return JSONResponse({})
