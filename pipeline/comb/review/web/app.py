"""The web application: routes, and the edge where errors become answers."""

import asyncio
import hashlib
import mimetypes
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from comb.errors import CombError
from comb.review.domain import schemas as ask
from comb.review.domain.views import Person
from comb.review.storage.documents import compact
from comb.review.storage.history import ConflictError, RefusedError
from comb.review.web.accounts import AT_ONCE, HOURS, LinkAuth, TeamAuth
from comb.review.web.api import Api
from comb.review.web.middleware import MOST_BYTES, Address, Guard
from comb.review.web.pseudonyms import PseudonymPage

Handler = Callable[[Request], Awaitable[Response]]
# Windows may know scripts under another type, and browsers refuse modules of another type.
mimetypes.add_type("text/javascript", ".js")


_AHEAD = ("sec-purpose", "purpose", "x-purpose", "x-moz")
"""Headers by which browsers say that nobody has opened the page yet."""
_ROBOTS = ("bot", "preview", "crawler", "spider", "facebookexternalhit", "whatsapp", "skype", "slack", "embedly")
"""What chat programs and mail filters call themselves when they look at a link."""
STATIC = Path(__file__).parents[1] / "static"


class _Static(StaticFiles):
    """Files of the page, with how long a browser may keep them."""

    def __init__(self, kept: str) -> None:
        super().__init__(directory=STATIC, check_dir=False)
        self.kept = kept

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """Answer with a file."""
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = self.kept
        return response


def stamped() -> str:
    """Return a path for the page's files that names their content, so that browsers need not fetch them again."""
    digest = hashlib.sha256()
    for path in sorted(STATIC.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(STATIC).as_posix().encode() + b"\0" + path.read_bytes())
    return f"/static/{digest.hexdigest()[:16]}"


@dataclass(frozen=True)
class Site:
    """All that a request can reach."""

    api: Api
    auth: LinkAuth | TeamAuth
    address: Address
    on_link_used: Callable[[], None]
    """Called when somebody has come in by the one-time link, so that there is another."""

    @property
    def team(self) -> bool:
        """Whether coders sign in."""
        return isinstance(self.auth, TeamAuth)

    def who(self, request: Request) -> Person | None:
        """Say who asks, by the session's cookie."""
        key = self.key(request)
        return self.auth.who(key) if key else None

    def key(self, request: Request) -> str:
        """Return the session's key of the cookie, where this server made it; browsers send cookies to all ports."""
        instance, _, key = request.cookies.get(self.address.cookie, "").partition(".")
        return key if instance == self.auth.instance else ""


def make_app(site: Site) -> Guard:
    """Make the application."""
    pages = _Pages(site)
    routes = [
        Route("/", pages.page("queue.html")),
        Route("/t/{id}", pages.page("transcript.html")),
        Route("/adjudicate/{id}", pages.page("adjudicate.html")),
        Route("/pseudonyms", pages.page("pseudonyms.html")),
        Route("/unsent", pages.unsent),
        Route("/signin", pages.show_sign_in, methods=["GET"]),
        Route("/signin", pages.sign_in, methods=["POST"]),
        Route("/signout", pages.sign_out, methods=["POST"]),
        Mount(pages.static, _Static("public, max-age=31536000, immutable")),
        Mount("/static", _Static("no-cache")),
        *_api_routes(site),
    ]
    handlers: dict[Any, Any] = {CombError: pages.refused, HTTPException: pages.http_error, Exception: pages.broken}
    # Around all, so that the answer to a failure of comb itself carries the headers too.
    return Guard(Starlette(routes=routes, exception_handlers=handlers), site.address, site.api.database.study)


def _api_routes(site: Site) -> list[Route]:
    api = site.api
    pseudonyms = PseudonymPage(api.library.study)
    one = "/api/transcripts/{id}"

    def get(path: str, answer: Callable[[Person, Request], Any]) -> Route:
        return Route(path, _endpoint(site, lambda who, request, body: answer(who, request)), methods=["GET"])

    def post(path: str, answer: Callable[[Person, Request, bytes], Any]) -> Route:
        return Route(path, _endpoint(site, answer), methods=["POST"])

    return [
        Route("/api/alive", _alive),
        get("/api/me", lambda who, r: api.views.me(who)),
        get("/api/codebook", lambda who, r: api.views.codebook()),
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
        get("/api/pseudonyms", lambda who, r: pseudonyms.table(who)),
        post("/api/pseudonyms", lambda who, r, body: pseudonyms.decide(who, ask.parse(ask.CANDIDATES, body))),
        post("/api/pseudonyms/look", lambda who, r, body: pseudonyms.look(who)),
        post("/api/export", lambda who, r, body: api.export(who)),
    ]


def _id(request: Request) -> str:
    return str(request.path_params["id"])


async def _alive(request: Request) -> Response:
    """Answer at once, whoever asks: the page sees by it that the server is there."""
    return JSONResponse({})


def _endpoint(site: Site, answer: Callable[[Person, Request, bytes], Any]) -> Handler:
    """Make an endpoint of a function that may take its time; text is JSON already."""

    async def endpoint(request: Request) -> Response:
        body = await _body(request)

        def work() -> Response:
            who = site.who(request)
            if who is None:
                remedy = "Sign in again." if site.team else "Open the link that comb printed last."
                raise RefusedError("you are not signed in", remedy=remedy, status=401)
            if request.headers.get("x-comb-study", site.api.database.study) != site.api.database.study:
                remedy = "What you decided is kept in this browser until the review page of its own study runs again."
                raise RefusedError("another study's review page runs here now", remedy=remedy, status=421)
            found = answer(who, request, body)
            return Response(found if isinstance(found, str) else compact(found), media_type="application/json")

        return await run_in_threadpool(work)

    return endpoint


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise RefusedError("the request is too large", status=413)
    return bytes(body)


class _Pages:
    """Pages and errors; the words of a page come by the API, not with the page."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.static = stamped()
        # Threads of their own: those who wait for a password to be checked must not keep coders waiting.
        self.signing_in = ThreadPoolExecutor(AT_ONCE)
        loader = PackageLoader("comb.review", "templates")
        self.templates = Environment(loader=loader, autoescape=True, undefined=StrictUndefined)

    def page(self, template: str) -> Handler:
        """Make the endpoint of a page that only who is signed in may see."""

        async def endpoint(request: Request) -> Response:
            token = request.query_params.get("token")
            if isinstance(self.site.auth, LinkAuth) and token is not None:
                return self._look_in() if _only_looks(request) else self._enter(self.site.auth, token)
            who = await run_in_threadpool(self.site.who, request)
            if who is None:
                return self._closed(request)
            name = request.path_params.get("id")
            if name is not None and name not in self.site.api.library:
                return self._error("Not found", "There is no such transcript.", "Go back to the list.", 404)
            return self._render(template, who, **({"transcript": name} if name is not None else {}))

        return endpoint

    def _look_in(self) -> Response:
        """Answer to what fetches a link without a person who opens it; not with success, or browsers would keep it."""
        return self._error("The review page", "This link opens it, once.", "Open it in your browser.", 503)

    def _enter(self, links: LinkAuth, token: str) -> Response:
        key = links.exchange(token)
        if key is None:
            remedy = "Use the link that comb printed last: each works once."
            return self._error("This link was used already", "It opens one browser only.", remedy, 403)
        self.site.on_link_used()
        return self._with_cookie(RedirectResponse(self._after(""), status_code=303), key)

    def _after(self, origin: str) -> str:
        """Return where a browser that has signed in goes next: by each earlier address, to send what it keeps there."""
        stations = self.site.address.earlier
        at = stations.index(origin) + 1 if origin in stations else 0
        if at < len(stations):
            return f"{stations[at]}/unsent"
        return "/" if not stations else f"{self.site.address.origins[0]}/"

    async def unsent(self, request: Request) -> Response:
        """Show the page that sends what the browser keeps for this address, and then goes on."""
        who = await run_in_threadpool(self.site.who, request)
        if who is None:
            return self._closed(request)
        return self._render("unsent.html", who, onward=self._after(f"http://{request.headers['host']}"))

    def _closed(self, request: Request) -> Response:
        if self.site.team:
            return RedirectResponse("/signin", status_code=303)
        remedy = "Open the link that comb printed last in the terminal."
        return self._error("Not open in this browser", "The review page needs its link.", remedy, 403)

    async def show_sign_in(self, request: Request) -> Response:
        """Show the form."""
        if not self.site.team:
            return RedirectResponse("/", status_code=303)
        return self._render("signin.html", None, error="", next=_inside(request.query_params.get("next", "/")))

    async def sign_in(self, request: Request) -> Response:
        """Take name and password; send on to where the coder wanted to go, or show the form again."""
        auth = self.site.auth
        if not isinstance(auth, TeamAuth):
            raise RefusedError("there is no signing in here", status=404)
        sent = dict(parse_qsl((await _body(request)).decode("utf-8", "replace"), keep_blank_values=True))
        address = request.client.host if request.client else ""
        onward = _inside(sent.get("next", "/"))
        try:
            name, password = sent.get("name", ""), sent.get("password", "")[:1000]
            loop = asyncio.get_running_loop()
            key = await loop.run_in_executor(self.signing_in, auth.sign_in, name, password, address)
        except RefusedError as error:
            return self._render("signin.html", None, status=error.status, error=str(error), next=onward)
        return self._with_cookie(RedirectResponse(onward, status_code=303), key)

    async def sign_out(self, request: Request) -> Response:
        """End the session."""
        await run_in_threadpool(self.site.auth.end, self.site.key(request))
        response = JSONResponse({})
        response.delete_cookie(self.site.address.cookie, secure=self.site.address.secure, httponly=True)
        return response

    def _with_cookie(self, response: Response, key: str) -> Response:
        address, value = self.site.address, f"{self.site.auth.instance}.{key}"
        lasts = HOURS * 3600 if self.site.team else None
        response.set_cookie(
            address.cookie, value, max_age=lasts, httponly=True, samesite="strict", secure=address.secure, path="/"
        )
        return response

    def _render(self, template: str, who: Person | None, status: int = 200, **context: object) -> Response:
        context |= {"coder": who.name if who else "", "team": self.site.team, "static": self.static}
        context["study"] = self.site.api.database.study if who else ""
        return HTMLResponse(self.templates.get_template(template).render(context), status_code=status)

    def _error(self, title: str, message: str, remedy: str, status: int) -> Response:
        return self._render("error.html", None, status, title=title, message=message, remedy=remedy)

    async def refused(self, request: Request, error: CombError) -> Response:
        """Answer with what was refused and why; a conflict comes with the transcript as it is now."""
        status = error.status if isinstance(error, RefusedError) else 400
        facts: dict[str, Any] = dict(error.facts) if isinstance(error, RefusedError) else {}
        data = {"error": error.what, "remedy": error.remedy, **facts}
        if isinstance(error, ConflictError):
            who = await run_in_threadpool(self.site.who, request)
            fresh = await run_in_threadpool(self.site.api.fresh, who, error.pair) if who else "{}"
            return Response(f"{compact(data)[:-1]},{fresh[1:]}", 409, media_type="application/json")
        return JSONResponse(data, status)

    async def http_error(self, request: Request, error: HTTPException) -> Response:
        """Answer to an address or a method that does not exist."""
        if request.url.path.startswith("/api/"):
            return JSONResponse({"error": "there is nothing here", "remedy": ""}, error.status_code)
        return self._error("Not found", "There is nothing here.", "Go back to the list.", error.status_code)

    async def broken(self, request: Request, error: Exception) -> Response:
        """Answer where comb itself failed, without details: they may hold words."""
        data = {"error": "comb failed on this request", "remedy": "Nothing was changed. Load the page again."}
        return JSONResponse(data, 500)


def _only_looks(request: Request) -> bool:
    """Tell whether a link is fetched ahead or for a preview, and not opened: that must not spend it."""
    headers = request.headers
    ahead = any(words in headers.get(name, "").casefold() for name in _AHEAD for words in ("prefetch", "preview"))
    within_page = headers.get("sec-fetch-dest", "document") != "document"
    robot = any(word in headers.get("user-agent", "").casefold() for word in _ROBOTS)
    return request.method == "HEAD" or ahead or within_page or robot


def _inside(path: str) -> str:
    """Return a path on this server; anything else, such as another site, is the start page."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) else "/"
