"""Who may ask, from where, and what each answer carries; on a real socket where a real one matters."""

import logging
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
import uvicorn
from sqlalchemy.exc import SQLAlchemyError
from starlette.testclient import TestClient

from comb.errors import BadInputError
from comb.review.web.accounts import LinkAuth
from comb.review.web.app import make_app
from comb.review.web.middleware import POLICY, Address
from comb.review.web.server import Asked, address_of, listen, site_of
from tests.review.room import NEVER, ORIGIN, Room

POSTS = (
    "/api/export",
    "/api/transcripts/old/acts",
    "/api/transcripts/old/undo",
    "/api/transcripts/old/mode",
    "/signout",
)


@contextmanager
def served(room: Room) -> Iterator[tuple[str, list[str]]]:
    """Serve on a free port as ``comb review`` does; give the link, and a list of what is printed."""
    asked, said = Asked("Ann"), []
    listener = listen(asked)
    address = address_of(asked, listener.getsockname()[1])
    site = site_of(room.api(), asked, address, said.append)
    assert isinstance(site.auth, LinkAuth)
    link = f"{address.origins[0]}/?token={site.auth.token()}"
    server = uvicorn.Server(uvicorn.Config(make_app(site), access_log=False, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield link, said
    finally:
        server.should_exit = True
        thread.join()


def test_only_this_machine_is_listened_to() -> None:
    with listen(Asked("Ann")) as listener:
        assert listener.getsockname()[0] == "127.0.0.1"
        with pytest.raises(BadInputError, match="cannot be used"):
            listen(Asked("Ann", port=listener.getsockname()[1]))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (Asked("Ann", host="0.0.0.0"), "without a password"),
        (Asked("Ann", host="0.0.0.0", team=True), "address of the page is not known"),
        (Asked("Ann", team=True, url="comb.example.org"), "not a valid base URL"),
        (Asked("Ann", team=True, url="https://comb.example.org/x"), "not a valid base URL"),
        (Asked("Ann", team=True, url="http://comb.example.org"), "would be sent unencrypted"),
    ],
)
def test_others_are_let_in_only_with_passwords(asked: Asked, said: str) -> None:
    with pytest.raises(BadInputError, match=said):
        asked.check()


def test_the_link_opens_one_browser_and_the_next_link_another(local: Room) -> None:
    with served(local) as (link, said):
        first = httpx.get(link)
        assert (first.status_code, first.headers["location"]) == (303, "/"), "the token does not stay in the address"
        cookie = first.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "samesite=strict" in cookie.lower()
        assert re.match(r"comb-\d+=", cookie), "cookies are shared by all ports of a host"
        assert httpx.get(link).status_code == 403
        assert httpx.get(said[0].split()[-1]).status_code == 303
        assert len(said) == 2


@pytest.mark.parametrize(
    "path", ["/", "/t/old", "/adjudicate/old", "/api/me", "/api/transcripts", "/api/transcripts/old"]
)
@pytest.mark.parametrize("token", ["", "?token=", "?token=guess"])
def test_without_the_link_nothing_is_shown(local: Room, path: str, token: str) -> None:
    with served(local) as (link, _):
        answer = httpx.get(link.partition("/?")[0] + path + token)
        assert answer.status_code in (401, 403)
        assert NEVER not in answer.text
        cookie = {"Cookie": f"comb-{link.split(':')[2].split('/')[0]}=guess"}
        assert httpx.get(link.partition("/?")[0] + path, headers=cookie).status_code in (401, 403)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1", "127.0.0.1:1", "localhost", ""])
def test_another_host_is_refused(local: Room, host: str) -> None:
    """A page of another site whose name was made to point here (DNS rebinding) says its own name."""
    with served(local) as (link, _):
        origin = link.partition("/?")[0]
        answer = httpx.get(link, headers={"Host": host})
        assert (answer.status_code, "set-cookie" in answer.headers) in ((403, False), (400, False))
        assert httpx.get(link).status_code == 303, "the token was not spent"
        named = origin.replace("127.0.0.1", "localhost")
        assert httpx.get(f"{origin}/static/none", headers={"Host": named.partition("//")[2]}).status_code == 404


def test_two_host_headers_are_refused(local: Room) -> None:
    with served(local) as (link, _):
        host = link.split("/")[2]
        with socket.create_connection(host.split(":")) as connection:
            connection.sendall(f"GET /api/me HTTP/1.1\r\nHost: {host}\r\nHost: evil\r\n\r\n".encode())
            assert connection.recv(100).split()[1] in (b"400", b"403")


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example", "X-Comb": "1"},
        {"Origin": "http://127.0.0.1:1", "X-Comb": "1"},
        {"Origin": "null", "X-Comb": "1"},
        {"Origin": "", "X-Comb": "1"},
        {"Origin": ORIGIN, "X-Comb": ""},
    ],
    ids=str,
)
def test_requests_of_other_pages_are_refused(local: Room, path: str, headers: dict[str, str]) -> None:
    ann = local.browser(name="old")
    before = ann.get()
    answer = ann.http.post(
        path, json={"act": "code", "start": 0, "end": 3, "code": "goals", "base": 0}, headers=headers
    )
    assert answer.status_code == 403
    assert ann.get() == before


@pytest.mark.parametrize(
    "path", ["/", "/t/new é", "/adjudicate/new é", "/t/none", "/api/me", "/api/none", "/none", "/signin"]
)
def test_every_answer_binds_the_browser(local: Room, path: str) -> None:
    answer = local.browser().http.get(path)
    assert answer.headers["content-security-policy"] == POLICY
    assert "unsafe" not in POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cache-control"] == "no-store"


def test_refusals_carry_the_headers_too(local: Room) -> None:
    answer = local.browser().http.get("/", headers={"Host": "evil.example"})
    assert answer.status_code == 403
    assert answer.headers["content-security-policy"] == POLICY


def test_files_of_the_page_are_kept_under_a_path_that_names_their_content(local: Room) -> None:
    ann = local.browser()
    (path, *_) = re.findall(r'src="(/static/[^"]+\.js)"', ann.http.get("/").text)
    kept = ann.http.get(path)
    assert kept.headers["content-type"].startswith("text/javascript")
    assert "immutable" in kept.headers["cache-control"]
    plain = ann.http.get(re.sub(r"/static/[0-9a-f]+/", "/static/", path))
    assert (plain.content, plain.headers["cache-control"]) == (kept.content, "no-cache")
    assert ann.http.get("/static/../app.py").status_code == 404
    assert ann.http.get("/static/%2e%2e/app.py").status_code == 404


def test_pages_hold_no_words_of_participants(local: Room) -> None:
    ann = local.browser()
    assert all(NEVER not in ann.http.get(path).text for path in ("/", "/t/new é", "/adjudicate/new é"))


def test_a_failure_of_comb_tells_no_details(local: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    ann = local.browser()
    quiet = TestClient(ann.http.app, ORIGIN, cookies=ann.http.cookies, raise_server_exceptions=False)
    monkeypatch.setattr("comb.review.domain.views.Views.me", lambda *_: 1 / 0)
    answer = quiet.get("/api/me")
    assert answer.status_code == 500
    assert set(answer.json()) == {"error", "remedy"}
    assert "division" not in answer.text
    assert "content-security-policy" in answer.headers


def test_memos_do_not_come_up_in_errors_or_logs(local: Room, caplog: pytest.LogCaptureFixture, monkeypatch) -> None:
    ann = local.browser()
    ann.open()
    with local.database.write() as db:
        db.exec_driver_sql("DROP TABLE settled")
        db.exec_driver_sql("ALTER TABLE codings RENAME TO other")
    caplog.set_level(logging.DEBUG)
    with pytest.raises(SQLAlchemyError, match="codings") as failure:
        ann.code(NEVER, "goals", memo="secret words")
    assert "secret words" not in str(failure.value) + caplog.text


def test_addresses() -> None:
    assert Address(("https://comb.example.org",)).hosts == {"comb.example.org"}
    assert Address(("https://comb.example.org",)).cookie == "__Host-comb"
    assert not Address((ORIGIN,)).secure
