"""A team: passwords, sessions, roles, and what each coder may see and do."""

import time

import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from comb.errors import BadInputError
from comb.review.storage.database import sessions
from comb.review.web import accounts as people
from comb.review.web.accounts import TRIES, add_coder
from tests.review.room import NEVER, Browser, Room, key

PASSWORD = "a long password é"
KNOWS = key(NEVER, "knowledge")


pytestmark = pytest.mark.usefixtures("quick_hashes")


@pytest.fixture
def team(room: Room) -> TestClient:
    for name, role in (("Lea", "lead"), ("Ann", "coder"), ("Ben", "coder")):
        add_coder(room.database, name, role, PASSWORD)
    return room.team("blind")


def sign_in(team: TestClient, name: str, password: str = PASSWORD, status: int = 303) -> Browser:
    """Sign in with a browser of one's own."""
    http = TestClient(team.app, team.base_url, headers=team.headers)
    answer = http.post("/signin", data={"name": name, "password": password, "next": "/"}, follow_redirects=False)
    assert answer.status_code == status, answer.text
    http.headers["X-Comb"] = "1"
    return Browser(http, "new é")


def test_nothing_is_shown_before_signing_in(team: TestClient) -> None:
    assert team.get("/", follow_redirects=False).headers["location"] == "/signin"
    assert team.get("/?token=x", follow_redirects=False).headers["location"] == "/signin"
    assert team.get("/signin").status_code == 200
    for path in ("/api/me", "/api/transcripts", "/api/transcripts/old"):
        assert team.get(path).status_code == 401


def test_sign_in_and_out(team: TestClient) -> None:
    ann = sign_in(team, "Ann")
    assert ann.get("/api/me") == {"coder": "Ann", "role": "coder", "team": True, "lead": False}
    cookies = dict(ann.http.cookies)
    assert ann.http.get("/t/old").status_code == 200
    ann.post("/signout")
    ann.get("/api/me", 401)
    ann.http.cookies.update(cookies)
    ann.get("/api/me", 401)


@pytest.mark.parametrize(("name", "password"), [("Ann", "wrong"), ("Ann", ""), ("Nobody", PASSWORD), ("", "")])
def test_wrong_name_or_password(team: TestClient, name: str, password: str) -> None:
    stranger = sign_in(team, name, password, 401)
    assert "name or password is wrong" in stranger.http.get("/signin").text or not stranger.http.cookies
    stranger.get("/api/me", 401)


def test_a_form_of_another_site_cannot_sign_in(team: TestClient) -> None:
    data = {"name": "Ann", "password": PASSWORD}
    assert team.post("/signin", data=data, headers={"Origin": "https://evil.example"}).status_code == 403


def test_signing_in_leads_nowhere_else(team: TestClient) -> None:
    for place in ("https://evil.example", "//evil.example", "/\\evil.example"):
        data = {"name": "Ann", "password": PASSWORD, "next": place}
        assert team.post("/signin", data=data, follow_redirects=False).headers["location"] == "/"


def test_guessing_is_slowed_down(team: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(TRIES):
        sign_in(team, "Ann", "wrong", 401)
    sign_in(team, "Ann", PASSWORD, 429)
    sign_in(team, "Ben")
    later = time.time() + people.WINDOW + 1
    monkeypatch.setattr(people.time, "time", lambda: later)
    sign_in(team, "Ann")


def test_sessions_end(room: Room, team: TestClient) -> None:
    ann = sign_in(team, "Ann")
    with room.database.write() as db:
        assert db.execute(update(sessions).values(expires=time.time() - 1)).rowcount == 1
    ann.get("/api/me", 401)


def test_a_new_password_ends_sessions(room: Room, team: TestClient) -> None:
    ann = sign_in(team, "Ann")
    add_coder(room.database, "Ann", "lead", "another long one")
    ann.get("/api/me", 401)
    sign_in(team, "Ann", PASSWORD, 401)
    assert sign_in(team, "Ann", "another long one").get("/api/me")["role"] == "lead"


def test_passwords_and_keys_are_not_stored(room: Room, team: TestClient) -> None:
    ann = sign_in(team, "Ann")
    with room.database.read() as db:
        stored = str([db.exec_driver_sql(f"SELECT * FROM {name}").all() for name in ("people", "sessions")])
    assert "$argon2id$" in stored
    assert PASSWORD not in stored
    assert all(value not in stored for value in ann.http.cookies.values())


@pytest.mark.parametrize(
    ("name", "password"), [("", PASSWORD), (" Ann", PASSWORD), ("A\nnn", PASSWORD), ("Ann", "short")]
)
def test_names_and_passwords_that_are_refused(room: Room, name: str, password: str) -> None:
    with pytest.raises(BadInputError):
        add_coder(room.database, name, "coder", password)


# ---- who may see and do what


def test_each_codes_under_the_own_name_and_sees_no_other(team: TestClient) -> None:
    ann, ben = sign_in(team, "Ann"), sign_in(team, "Ben")
    ann.open()
    ann.code(NEVER, "knowledge", memo="Ann's own words")
    found = ben.open()
    assert (found["codings"], found["suggestions"]) == ([], [])
    assert "Ann" not in str(ben.get("history")) + str(ben.get("/api/transcripts"))
    ben.code(NEVER, "emotion")
    ben.act("finish")
    assert {coder for *_, coder in ben.codings()} == {"Ann", "Ben"}
    assert {coder for *_, coder in ann.codings()} == {"Ann"}, "Ann has not finished"


def test_nobody_changes_codings_of_others(team: TestClient) -> None:
    ann, ben = sign_in(team, "Ann"), sign_in(team, "Ben")
    ann.open()
    coding = ann.code(NEVER, "knowledge")
    ben.open()
    for act, more in (("uncode", {}), ("recode", {"code": "goals"}), ("memo", {"memo": "x"})):
        ben.act(act, 404, coding=coding, **more)


def test_what_only_a_lead_may(team: TestClient) -> None:
    ann = sign_in(team, "Ann")
    ann.open()
    for path, body in (
        ("mode", {"mode": "open"}),
        ("mode", {"mode": "audit"}),
        ("mode", {"mode": "blind", "coder": "Ben"}),
        ("adjudicate", {"base": 0, "start": 0, "end": 5, "codes": []}),
        ("undo", {"base": 0, "coder": "consensus"}),
        ("/api/export", {}),
    ):
        ann.post(path, 403, **body)
    ann.get("adjudication", 403)
    ann.act("finish")
    ann.act("reopen", 403)
    ann.undo(403)
    assert ann.get()["finished"]


def test_a_lead_sets_modes_of_others(team: TestClient) -> None:
    lea, ann = sign_in(team, "Lea"), sign_in(team, "Ann")
    lea.post("mode", mode="open", coder="Ann")
    lea.post("mode", mode="blind", coder="Ann")
    assert ann.get()["suggestions"] == []
    ann.post("mode", 403, mode="open")
    lea.post("mode", mode="open", coder="Ann")
    assert ann.open()["mode"] == "open"
    assert len(ann.get()["suggestions"]) > 0
    for who, more in ((ann, {}), (lea, {"coder": "Ann"})):
        refused = who.post("mode", 409, mode="blind", **more)
        assert "seen other people's codings" in refused["error"], "nobody makes blind again what was seen"


def test_a_lead_who_reads_blind_is_blind_too(team: TestClient) -> None:
    ann, ben, lea = (sign_in(team, name) for name in ("Ann", "Ben", "Lea"))
    for browser in (ann, ben):
        browser.open()
        browser.code(NEVER, "knowledge")
        browser.act("finish")
    lea.get("adjudication", 403)
    lea.open()
    lea.act("finish")
    assert lea.get("adjudication")["coders"] == ["Ann", "Ben"]


def test_who_finished_looked_and_copied_is_not_blind(team: TestClient) -> None:
    ann = sign_in(team, "Ann")
    ann.open()
    ann.code(NEVER, "knowledge")
    ann.act("finish")
    ben = sign_in(team, "Ben")
    ben.open()
    ben.act("finish")
    assert (ben.open()["blind"], ben.codings()[0][3]) == ("yes", "Ann"), "an empty reading, blind as it stands"
    ben.post("mode", mode="open")
    ben.open()
    ben.act("reopen")
    ben.code(NEVER, "knowledge")
    ben.post("mode", 409, mode="blind")
    assert ben.open()["blind"] == "no"
    listed = {entry["coder"] for entry in ben.get("history") if entry["act"] == "saw"}
    assert "Ben" in listed
    lea = sign_in(team, "Lea")
    assert "Ben has seen" in lea.post("mode", 409, mode="blind", coder="Ben")["error"]
    assert ann.open()["blind"] == "yes"
