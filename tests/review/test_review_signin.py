"""Signing in: guesses side by side, links that are only looked at, cookies that other ports get to see."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any

import pytest
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from starlette.testclient import TestClient

from comb.review.storage.refusals import RefusedError
from comb.review.web import accounts
from comb.review.web.accounts import AT_ONCE, TRIES, LinkAuth, TeamAuth, add_coder
from comb.review.web.app import make_app
from comb.review.web.middleware import Address
from comb.review.web.server import Asked, site_of
from tests.review.room import ORIGIN, Room

PASSWORD = "a password of Ann"


class Counted:
    """Counts how many passwords are checked, and how many at once."""

    def __init__(self) -> None:
        self.checked = self.running = self.most = 0
        self.lock = Lock()

    def verify(self, hasher: PasswordHasher, stored: str, password: str) -> bool:
        """Check a password."""
        with self.lock:
            self.checked += 1
            self.running += 1
            self.most = max(self.most, self.running)
        try:
            time.sleep(0.05)
            if password == "wrong":  # found out at once, so that many can be tried
                raise VerifyMismatchError
            return PLAIN(hasher, stored, password)
        finally:
            with self.lock:
                self.running -= 1


PLAIN = PasswordHasher.verify


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counted:
    counted = Counted()
    monkeypatch.setattr(PasswordHasher, "verify", lambda *arguments: counted.verify(*arguments))
    return counted


def guess(auth: TeamAuth, name: str, password: str = "wrong") -> int:
    try:
        auth.sign_in(name, password, "10.0.0.1")
    except RefusedError as error:
        return error.status
    return 200


def test_the_limit_holds_for_guesses_side_by_side(room: Room, counted: Counted) -> None:
    add_coder(room.database, "Ann", "coder", PASSWORD)
    servers = [TeamAuth(room.database), TeamAuth(room.database)]
    with ThreadPoolExecutor(60) as pool:
        said = list(pool.map(lambda number: guess(servers[number % 2], "Ann"), range(60)))
    assert (said.count(401), said.count(429)) == (TRIES, 60 - TRIES)
    assert counted.checked == TRIES
    assert guess(servers[0], "Ann", PASSWORD) == 429


def test_few_passwords_are_checked_at_once(local: Room, counted: Counted) -> None:
    auth = TeamAuth(local.database)
    with ThreadPoolExecutor(24) as pool:
        said = list(pool.map(lambda number: guess(auth, f"name {number}"), range(24)))
    assert said == [401] * 24
    assert counted.most <= AT_ONCE


def test_who_signs_in_is_not_counted(local: Room, counted: Counted) -> None:
    add_coder(local.database, "Ann", "coder", PASSWORD)
    auth = TeamAuth(local.database)
    for _ in range(TRIES - 1):
        assert guess(auth, "Ann") == 401
    for _ in range(TRIES + 1):
        assert guess(auth, "Ann", PASSWORD) == 200


def test_a_restart_does_not_forget_guesses(local: Room, counted: Counted, monkeypatch: pytest.MonkeyPatch) -> None:
    add_coder(local.database, "Ann", "coder", PASSWORD)
    for _ in range(TRIES):
        guess(TeamAuth(local.database), "Ann")
    assert guess(TeamAuth(local.database), "Ann", PASSWORD) == 429
    monkeypatch.setattr(accounts, "WINDOW", 0)
    assert guess(TeamAuth(local.database), "Ann", PASSWORD) == 200


@pytest.fixture
def alone(local: Room) -> tuple[TestClient, LinkAuth]:
    """The page of who works alone; nobody has come in yet."""
    site = site_of(local.api(), Asked("Ann"), Address((ORIGIN,)), lambda text: None)
    assert isinstance(site.auth, LinkAuth)
    return TestClient(make_app(site), ORIGIN, follow_redirects=False), site.auth


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Purpose": "prefetch;prerender"},
        {"Purpose": "prefetch"},
        {"X-Moz": "prefetch"},
        {"X-Purpose": "preview"},
        {"Sec-Fetch-Dest": "image"},
        {"User-Agent": "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"},
        {"User-Agent": "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5"},
        {"User-Agent": "facebookexternalhit/1.1 Facebot Twitterbot/1.0"},
        {"User-Agent": "WhatsApp/2.23.20.0"},
    ],
)
def test_a_look_does_not_spend_a_link(alone: tuple[TestClient, LinkAuth], headers: dict[str, str]) -> None:
    http, auth = alone
    link = {"token": auth.token()}
    looked = http.get("/", params=link, headers=headers)
    assert (looked.status_code, "set-cookie" in looked.headers) == (503, False)
    assert http.get("/", params=link).status_code == 303


def test_head_does_not_spend_a_link(alone: tuple[TestClient, LinkAuth]) -> None:
    http, auth = alone
    link = {"token": auth.token()}
    for path in ("/", "/t/old"):
        assert "set-cookie" not in http.head(path, params=link).headers
    assert http.get("/", params=link, headers={"Sec-Fetch-Dest": "document"}).status_code == 303
    assert http.get("/", params=link).status_code == 403


def test_a_cookie_is_worth_nothing_to_another_server(local: Room, alone: tuple[TestClient, LinkAuth]) -> None:
    http, auth = alone
    http.get("/", params={"token": auth.token()})
    assert http.get("/api/me").status_code == 200
    ((name, value),) = http.cookies.items()
    assert value.startswith(f"{auth.instance}."), "it names the server that made it"
    site: Any = site_of(local.api(), Asked("Ann"), Address((ORIGIN,)), lambda text: None)
    site.auth._sessions |= auth._sessions
    other = TestClient(make_app(site), ORIGIN, cookies={name: value})
    assert other.get("/api/me").status_code == 401


def test_cookies_of_two_ports_stand_side_by_side(local: Room) -> None:
    ports = [Address((f"http://127.0.0.1:{port}",)) for port in (8001, 8002)]
    sites = [site_of(local.api(), Asked("Ann"), address, lambda text: None) for address in ports]
    jar: dict[str, str] = {}
    for site, address in zip(sites, ports, strict=True):
        assert isinstance(site.auth, LinkAuth)
        http = TestClient(make_app(site), address.origins[0], follow_redirects=False)
        http.get("/", params={"token": site.auth.token()})
        jar |= dict(http.cookies)
    assert len(jar) == 2
    for site, address in zip(sites, ports, strict=True):
        http = TestClient(make_app(site), address.origins[0], cookies=jar)
        assert http.get("/api/me").status_code == 200
    assert Address(("https://comb.example.org",)).cookie.startswith("__Host-")
