"""Starts the server: a free port on this machine, a one-time link, the browser."""

import socket
import sys
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from comb.errors import BadInputError
from comb.review.domain.views import Person
from comb.review.web.accounts import LinkAuth, TeamAuth
from comb.review.web.api import Api
from comb.review.web.app import Site, make_app
from comb.review.web.middleware import Address

LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class Asked:
    """How the page is to be served."""

    coder: str
    host: str = "127.0.0.1"
    port: int = 0
    team: bool = False
    url: str = ""
    """Under which URL a team's browsers reach the page, where that is not this machine itself."""
    browser: bool = True

    def check(self) -> None:
        """Raise BadInputError for what would be served to others without passwords, or without a known name."""
        if self.host not in LOOPBACK and not self.team:
            remedy = "Leave out --host, or let coders sign in: --team."
            raise BadInputError("others could reach the page without a password", where="--host", remedy=remedy)
        if self.host not in LOOPBACK and not self.url:
            remedy = "Give it as browsers see it, such as --url https://comb.example.org."
            raise BadInputError("the address of the page is not known", where="--url", remedy=remedy)
        parts = urlsplit(self.url)
        if self.url and (parts.scheme not in ("http", "https") or not parts.netloc or parts.path not in ("", "/")):
            raise BadInputError("not a valid base URL", where="--url", remedy="Give only https://NAME.")
        if parts.scheme == "http" and parts.hostname not in LOOPBACK:
            remedy = "Put a web server with TLS before it, and give its https address."
            raise BadInputError("passwords and transcripts would be sent unencrypted", where="--url", remedy=remedy)


def listen(asked: Asked) -> socket.socket:
    """Take the port, or any free one where it is 0. Raises BadInputError where it is taken."""
    family = socket.AF_INET6 if ":" in asked.host else socket.AF_INET
    # The protocol is named so that asyncio turns Nagle's algorithm off: it would hold each answer back for 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if sys.platform != "win32":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((asked.host, asked.port))
    except OSError:
        listener.close()
        remedy = "Give another --port, or none for a free one."
        raise BadInputError(f"port {asked.port} cannot be used", where="--port", remedy=remedy) from None
    listener.listen(128)
    return listener


def address_of(asked: Asked, port: int) -> Address:
    """Say under which names the page is reached."""
    if asked.url:
        return Address((asked.url.rstrip("/"),))
    host = f"[{asked.host}]" if ":" in asked.host else asked.host
    return Address(
        tuple(dict.fromkeys((f"http://{host}:{port}", f"http://127.0.0.1:{port}", f"http://localhost:{port}")))
    )


def site_of(api: Api, asked: Asked, address: Address, say: Callable[[str], None]) -> Site:
    """Put a site together; ``say`` prints the link, and a new one each time that one was used."""
    if asked.team:
        return Site(api, TeamAuth(api.database), address, lambda: None)
    links = LinkAuth(Person(asked.coder, "lead", team=False))

    def again() -> None:
        say(f"To open it in one more browser: {address.origins[0]}/?token={links.token()}")

    return Site(api, links, address, again)


def serve(api: Api, asked: Asked, say: Callable[[str], None]) -> None:
    """Serve until stopped."""
    import uvicorn

    asked.check()
    listener = listen(asked)
    address = address_of(asked, listener.getsockname()[1])
    site = site_of(api, asked, address, say)
    link = address.origins[0]
    if isinstance(site.auth, LinkAuth):
        link += f"/?token={site.auth.token()}"
    say(f"The review page: {link}\nStop it with Ctrl+C; every decision is saved as you make it.")
    if asked.browser and not asked.team:
        webbrowser.open(link)
    # No access log: it would hold names of transcripts, and the token.
    config = uvicorn.Config(
        make_app(site), access_log=False, log_level="warning", server_header=False, proxy_headers=False, lifespan="off"
    )
    uvicorn.Server(config).run(sockets=[listener])
