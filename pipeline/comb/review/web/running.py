"""Find servers that run on this computer, so that a second start of comb opens the page of the first."""

import http.client
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from comb.review.web.accounts import LinkAuth
from comb.review.web.endpoints import read_body
from comb.review.web.middleware import Address
from comb.review.web.site import Door

ANSWERS = 3.0
"""Seconds within which a running server answers."""


@dataclass(frozen=True)
class Running:
    """A server of one coder."""

    port: int
    study: str
    """Its study, as in its answers."""
    coder: str
    secret: str

    def link(self) -> str | None:
        """Ask the server for a new one-time link; None if it is no longer running, or if it is another server."""
        origin = f"http://127.0.0.1:{self.port}"
        headers = {"Origin": origin, "X-Comb": "1", "Content-Type": "application/json"}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWERS)
        try:
            connection.request("GET", "/api/alive")
            alive = connection.getresponse()
            alive.read()
            if alive.getheader("X-Comb-Study") != self.study:
                return None
            connection.request("POST", "/api/again", json.dumps({"secret": self.secret}), headers)
            answer = connection.getresponse()
            found = json.loads(answer.read())
            return str(found["link"]) if answer.status == 200 else None
        except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
            return None
        finally:
            connection.close()


def note_running(folder: Path, running: Running) -> Path:
    """Record that a server is running, readable only by its user; return the file, which is removed when it ends."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{running.port}.json"
    with suppress(FileNotFoundError):
        path.unlink()
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(asdict(running), file)
    return path


def link_of_running(folder: Path, coder: str) -> str | None:
    """Return a new link to a coder's running server; files of servers that have ended are removed."""
    for path, running in _noted(folder):
        if running.coder != coder:
            continue
        if link := running.link():
            return link
        path.unlink(missing_ok=True)
    return None


def _noted(folder: Path) -> Iterator[tuple[Path, Running]]:
    for path in sorted(folder.glob("*.json")):
        with suppress(OSError, ValueError, TypeError):
            yield path, Running(**json.loads(path.read_text(encoding="utf-8")))


def again(door: Door, secret: str) -> Route:
    """Return the route through which another comb process of the same person asks for a new link."""

    async def endpoint(request: Request) -> Response:
        try:
            asked = json.loads(await read_body(request))["secret"].encode()
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            asked = b""
        known = secrets.compare_digest(asked, secret.encode())
        if not secret or not known or not isinstance(door.auth, LinkAuth):
            return JSONResponse({"error": "there is nothing here", "remedy": ""}, 404)
        return JSONResponse({"link": link_to(door.address, door.auth)})

    return Route("/api/again", endpoint, methods=["POST"])


def link_to(address: Address, links: LinkAuth) -> str:
    """Return a new one-time link for a person who works alone; the earlier one is no longer valid."""
    return f"{address.origins[0]}/?token={links.token()}"
