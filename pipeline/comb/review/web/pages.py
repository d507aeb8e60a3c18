"""Pages, the sign-in, and the conversion of errors to answers."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qsl

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from comb.errors import CombError, from_system
from comb.review.domain.views import Person
from comb.review.storage.documents import compact
from comb.review.storage.refusals import ConflictError, RefusedError
from comb.review.web.accounts import AT_ONCE, HOURS, LinkAuth, TeamAuth
from comb.review.web.endpoints import Handler, read_body
from comb.review.web.sections import Section
from comb.review.web.site import Door, Site
from comb.review.web.static import stamped

_AHEAD = ("sec-purpose", "purpose", "x-purpose", "x-moz")
"""Headers by which browsers say that nobody has opened the page yet."""
_ROBOTS = ("bot", "preview", "crawler", "spider", "facebookexternalhit", "whatsapp", "skype", "slack", "embedly")
"""What chat programs and mail filters call themselves when they look at a link."""


class Pages:
    """Pages and errors; the data of a page are sent by the API, not with the page."""

    def __init__(self, site: Door) -> None:
        self.site = site
        self.static = stamped()
        self.help = False
        # Threads of their own: those who wait for a password to be checked must not keep coders waiting.
        self.signing_in = ThreadPoolExecutor(AT_ONCE)
        loader = PackageLoader("comb.review", "templates")
        self.templates = Environment(loader=loader, autoescape=True, undefined=StrictUndefined)

    def page(self, template: str, section: Section | None = None) -> Handler:
        """Make the endpoint of a page that only signed-in people, and for some sections only leads, may see."""

        async def endpoint(request: Request) -> Response:
            token = request.query_params.get("token")
            if isinstance(self.site.auth, LinkAuth) and token is not None:
                return self._look_in() if _only_looks(request) else self._enter(self.site.auth, token)
            who = await run_in_threadpool(self.site.who, request)
            if who is None:
                return self._closed(request)
            if section and not section.open_to(who):
                return self._error("For leads only", "Only a lead may open this page.", "Ask your lead.", 403)
            name = request.path_params.get("id")
            if name is not None and not self.site.has(name):
                return self._error("Not found", "There is no such transcript.", "", 404)
            return self._render(
                template, who, here=request.url.path, **({"transcript": name} if name is not None else {})
            )

        return endpoint

    def _look_in(self) -> Response:
        """Answer to what fetches a link without a person who opens it; not with success, or browsers would keep it."""
        return self._error("comb", "This link opens the workspace, once.", "Open it in your browser.", 503)

    def _enter(self, links: LinkAuth, token: str) -> Response:
        key = links.exchange(token)
        if key is None:
            remedy = "Use the last link that comb printed: each works once."
            return self._error(
                "This link has already been used", "It opens the workspace in one browser only.", remedy, 403
            )
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
        """Show the page that sends the acts that the browser keeps for this address, and then continues."""
        who = await run_in_threadpool(self.site.who, request)
        if who is None:
            return self._closed(request)
        return self._render("unsent.html", who, onward=self._after(f"http://{request.headers['host']}"))

    def _closed(self, request: Request) -> Response:
        if self.site.team:
            return RedirectResponse("/signin", status_code=303)
        remedy = "Open the last link that comb printed in the terminal, or start comb again."
        return self._error("Not signed in in this browser", "The workspace opens only with its link.", remedy, 403)

    async def show_sign_in(self, request: Request) -> Response:
        """Show the form."""
        if not self.site.team:
            return RedirectResponse("/", status_code=303)
        return self._render("signin.html", None, error="", next=_inside(request.query_params.get("next", "/")))

    async def sign_in(self, request: Request) -> Response:
        """Check name and password; redirect to the page that the coder requested, or show the form again."""
        auth = self.site.auth
        if not isinstance(auth, TeamAuth):
            raise RefusedError("signing in is not needed here", status=404)
        sent = dict(parse_qsl((await read_body(request)).decode("utf-8", "replace"), keep_blank_values=True))
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
        context["study"] = self.site.study if who else ""
        context["study_name"] = self.site.name if who else ""
        context["sections"] = self.site.sections(who) if who else ()
        context |= {
            "chooser": not isinstance(self.site, Site),
            "home": self.site.home,
            "stoppable": bool(who and self.site.stop),
            "help": self.help,
        }
        context.setdefault("here", "")
        return HTMLResponse(self.templates.get_template(template).render(context), status_code=status)

    def _error(self, title: str, message: str, remedy: str, status: int) -> Response:
        return self._render("error.html", None, status, title=title, message=message, remedy=remedy)

    async def refused(self, request: Request, error: CombError) -> Response:
        """Answer with what was refused and why; for a conflict, with the present transcript."""
        status = error.status if isinstance(error, RefusedError) else 400
        facts: dict[str, Any] = dict(error.facts) if isinstance(error, RefusedError) else {}
        data = {"error": error.what, "remedy": error.remedy, **facts}
        if isinstance(error, ConflictError) and isinstance(self.site, Site):
            who = await run_in_threadpool(self.site.who, request)
            fresh = await run_in_threadpool(self.site.api.fresh, who, error.pair) if who else "{}"
            return Response(f"{compact(data)[:-1]},{fresh[1:]}", 409, media_type="application/json")
        return JSONResponse(data, status)

    async def system_refused(self, request: Request, error: OSError) -> Response:
        """Answer to an error of the operating system, such as a full disk."""
        told = from_system(error)
        return JSONResponse({"error": told.what, "remedy": told.remedy.replace("run the command", "try")}, 507)

    async def http_error(self, request: Request, error: HTTPException) -> Response:
        """Answer to an address or a method that does not exist."""
        if request.url.path.startswith("/api/"):
            return JSONResponse({"error": "there is nothing here", "remedy": ""}, error.status_code)
        return self._error("Not found", "This page does not exist.", "", error.status_code)

    async def broken(self, request: Request, error: Exception) -> Response:
        """Answer to a fault in comb, without details, which may contain participants' words."""
        data = {"error": "comb failed on this request", "remedy": "Nothing was changed. Load the page again."}
        return JSONResponse(data, 500)


def _only_looks(request: Request) -> bool:
    """Return whether a link is only prefetched or previewed, which must not use it up."""
    headers = request.headers
    ahead = any(words in headers.get(name, "").casefold() for name in _AHEAD for words in ("prefetch", "preview"))
    within_page = headers.get("sec-fetch-dest", "document") != "document"
    robot = any(word in headers.get("user-agent", "").casefold() for word in _ROBOTS)
    return request.method == "HEAD" or ahead or within_page or robot


def _inside(path: str) -> str:
    """Return a path on this server; anything else, such as another site, is the start page."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) else "/"
