"""Checks of every request (Host, Origin), and security headers of every answer."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # With no-referrer, browsers send "Origin: null" with a form, and sign-in could not be told from a forgery.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
MOST_BYTES = 2_000_000


@dataclass(frozen=True)
class Address:
    """The addresses of the page: ``http://127.0.0.1:PORT``, or a team's own URL."""

    origins: tuple[str, ...]
    earlier: tuple[str, ...] = ()
    """Those among them at which the page was served before; browsers may keep acts for them."""

    @property
    def hosts(self) -> frozenset[str]:
        """Valid values of the Host header."""
        return frozenset(urlsplit(origin).netloc for origin in self.origins)

    @property
    def secure(self) -> bool:
        """Whether cookies are sent over https only."""
        return all(origin.startswith("https:") for origin in self.origins)

    @property
    def cookie(self) -> str:
        """Name of the session's cookie. Cookies are shared by all ports of a host, so the port is part of it."""
        port = urlsplit(self.origins[0]).port
        return "__Host-comb" if self.secure else f"comb-{port or 80}"


class Guard:
    """Refuses requests for another host (DNS rebinding) and from another origin (forgery); adds headers."""

    def __init__(self, app: ASGIApp, address: Address, study: str) -> None:
        self.app = app
        self.address = address
        self.headers = {**HEADERS, "X-Comb-Study": study}
        """A page knows by the study's id that no other program has taken the server's address."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    # Files that comb made have a policy of their own, which is stricter.
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        refusal = self._refusal(scope)
        if refusal:
            answer = JSONResponse({"error": refusal, "remedy": "Open the link that comb printed."}, status_code=403)
            await answer(scope, receive, with_headers)
        else:
            await self.app(scope, receive, with_headers)

    def _refusal(self, scope: Scope) -> str:
        headers = Headers(scope=scope)
        if headers.getlist("host") != [headers.get("host")] or headers["host"] not in self.address.hosts:
            return "this is not the address of the workspace"
        if scope["method"] in ("GET", "HEAD"):
            return ""
        if headers.get("origin") not in self.address.origins:
            return "this request comes from another page"
        if scope["path"] != "/signin" and headers.get("x-comb") != "1":
            return "this request does not come from the workspace"
        return ""
