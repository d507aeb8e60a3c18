"""Start the server: find a free port on this machine, make a one-time link, open the browser."""

import secrets
import socket
import sys
import time
import webbrowser
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sqlalchemy import select, update

from comb.errors import BadInputError
from comb.review.domain.views import Person
from comb.review.storage.database import Database, add_missing, served
from comb.review.web.accounts import LinkAuth, TeamAuth
from comb.review.web.api import Api
from comb.review.web.app import make_app
from comb.review.web.middleware import Address
from comb.review.web.running import Running, link_to, note_running
from comb.review.web.site import Site

if TYPE_CHECKING:
    import uvicorn
    from starlette.types import ASGIApp

Stop = Callable[[], None]

LOOPBACK = ("127.0.0.1", "::1", "localhost")
FIRST_PORT, PORTS = 20_000, 12_000
"""Range of the studies' ports, below those that systems assign."""
REMEMBERED = 4
"""Number of earlier ports that are also served."""


@dataclass(frozen=True)
class Asked:
    """Settings for serving the page."""

    coder: str
    host: str = "127.0.0.1"
    port: int = 0
    team: bool = False
    url: str = ""
    """The URL under which a team's browsers reach the page, if it is not on this machine."""
    browser: bool = True

    def check(self) -> None:
        """Raise BadInputError if the page would be served to other machines without passwords or a known name."""
        if self.host not in LOOPBACK and not self.team:
            remedy = "Leave out --host, or let coders sign in: --team."
            raise BadInputError("others could reach the page without a password", where="--host", remedy=remedy)
        if self.host not in LOOPBACK and not self.url:
            remedy = "Add it as browsers see it, such as --url https://comb.example.org."
            raise BadInputError("the address of the page is not known", where="--url", remedy=remedy)
        parts = urlsplit(self.url)
        if self.url and (parts.scheme not in ("http", "https") or not parts.netloc or parts.path not in ("", "/")):
            raise BadInputError("not a valid base URL", where="--url", remedy="Use the form https://NAME.")
        if parts.scheme == "http" and parts.hostname not in LOOPBACK:
            remedy = "Put a web server with TLS in front of it, and use its https address."
            raise BadInputError("passwords and transcripts would be sent unencrypted", where="--url", remedy=remedy)


def listen(asked: Asked, wanted: Sequence[int] = ()) -> socket.socket:
    """Bind the port; if it is 0, the first free one of the preferred ports, or else any.

    Raises BadInputError if it is taken.
    """
    for port in wanted if asked.port == 0 else ():
        if (found := _bound(asked.host, port)) is not None:
            return found
    found = _bound(asked.host, asked.port)
    if found is None:
        remedy = "Choose another --port, or leave it out for a free one."
        raise BadInputError(f"port {asked.port} cannot be used", where="--port", remedy=remedy)
    return found


def _bound(host: str, port: int) -> socket.socket | None:
    """Listen on a port; None if it is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named so that asyncio turns Nagle's algorithm off: it would delay each answer by 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if sys.platform != "win32":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError:
        listener.close()
        return None
    listener.listen(128)
    return listener


@dataclass(frozen=True)
class Ports:
    """The ports of a study's page. A browser stores unsent acts separately for each port, so a study keeps its port.

    If that port is not available, earlier ports are served as well, so that browsers can send what they stored for
    them.
    """

    main: socket.socket
    earlier: Sequence[socket.socket]
    missed: Sequence[int]
    """Earlier ports in use by another program."""

    @classmethod
    def take(cls, database: Database, asked: Asked) -> "Ports":
        """Bind the ports, and store the main one. Raises BadInputError if it is taken."""
        with database.read() as db:
            known = list(db.scalars(select(served.c.port).order_by(served.c.at.desc()).limit(REMEMBERED)))
        main = listen(asked, [*known, FIRST_PORT + int(database.study[:8], 16) % PORTS])
        port = main.getsockname()[1]
        with database.write() as db:
            add_missing(db, served, {"port": port, "at": 0.0})
            db.execute(update(served).where(served.c.port == port).values(at=time.time()))
        others = {old: _bound(asked.host, old) for old in known if old != port} if not asked.url else {}
        taken = [old for old, listener in others.items() if listener is None]
        return cls(main, [listener for listener in others.values() if listener is not None], taken)

    @property
    def numbers(self) -> list[int]:
        """The served ports, the main one first."""
        return [listener.getsockname()[1] for listener in (self.main, *self.earlier)]


def address_of(asked: Asked, port: int, earlier: Sequence[int] = ()) -> Address:
    """Return the addresses of the page."""
    if asked.url:
        return Address((asked.url.rstrip("/"),))
    host = f"[{asked.host}]" if ":" in asked.host else asked.host
    names = dict.fromkeys((host, "127.0.0.1", "localhost"))
    origins = [f"http://{name}:{number}" for number in (port, *earlier) for name in names]
    return Address(tuple(origins), tuple(f"http://{host}:{number}" for number in earlier))


def site_of(api: Api, asked: Asked, address: Address, say: Callable[[str], None]) -> Site:
    """Make a site; ``say`` prints the link, and a new one each time a link was used."""
    if asked.team:
        return Site(api, TeamAuth(api.database), address, lambda: None)
    links = LinkAuth(Person(asked.coder, "lead", team=False))

    def again() -> None:
        say(f"To open it in another browser: {address.origins[0]}/?token={links.token()}")

    return Site(api, links, address, again)


@dataclass(frozen=True)
class Service:
    """A study's server, ready to run."""

    site: Site
    ports: Ports
    server: "uvicorn.Server"
    noted: Path | None = None
    """The file that records that it is running."""

    def link(self) -> str:
        """Return a new link to it, which works once, for a person who works alone."""
        auth = self.site.auth
        return link_to(self.site.address, auth) if isinstance(auth, LinkAuth) else self.site.address.origins[0]

    def run(self) -> None:
        """Serve until stopped."""
        try:
            self.server.run(sockets=[self.ports.main, *self.ports.earlier])
        finally:
            if self.noted:
                self.noted.unlink(missing_ok=True)
            self.site.jobs.stop()
            for close in self.site.closing:
                close()

    def stop(self) -> None:
        """Let the server end after answering its present requests."""
        self.server.should_exit = True


def service_of(api: Api, asked: Asked, say: Callable[[str], None], home: str = "", stop: Stop | None = None) -> Service:
    """Bind the ports of a study and prepare its server. Raises BadInputError if they are taken."""
    asked.check()
    ports = Ports.take(api.database, asked)
    port, *earlier = ports.numbers
    site = site_of(api, asked, address_of(asked, port, earlier), say)
    site.home = home
    noted = None
    if not asked.team:
        site.secret = secrets.token_urlsafe(32)
        running = Running(port, api.database.study, asked.coder, site.secret)
        with suppress(OSError):  # a study that may only be read
            noted = note_running(api.library.study.running, running)
    server = uvicorn_server(make_app(site))
    found = Service(site, ports, server, noted)
    site.stop = None if asked.team else stop or found.stop
    return found


def uvicorn_server(app: "ASGIApp") -> "uvicorn.Server":
    """Return the server of an application."""
    import uvicorn

    # No access log: it would contain names of transcripts, and the token.
    config = uvicorn.Config(
        app, access_log=False, log_level="warning", server_header=False, proxy_headers=False, lifespan="off"
    )
    return uvicorn.Server(config)


def serve(api: Api, asked: Asked, say: Callable[[str], None]) -> None:
    """Serve until stopped."""
    service = service_of(api, asked, say)
    link = service.link()
    say(f"The workspace: {link}\nStop it with Ctrl+C; every decision is saved as you make it.")
    say_missed(service.ports, say)
    if asked.browser and not asked.team:
        webbrowser.open(link)
    service.run()


def say_missed(ports: Ports, say: Callable[[str], None]) -> None:
    """Print which earlier ports another program uses."""
    if ports.missed:
        numbers = ", ".join(map(str, ports.missed))
        say(f"Another program now uses port {numbers}. Decisions not yet sent from there wait in the browser.")
