"""The team's page: people and roles, assignments, draws, and where coders differ."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from comb.review.storage.database import SCHEMA, looks
from comb.review.storage.drafts import rows
from comb.review.web.accounts import add_coder
from tests.review.room import BOX, NEVER, WIFE, Browser, Room, span
from tests.review.test_review_team import PASSWORD, sign_in

pytestmark = pytest.mark.usefixtures("quick_hashes")


@pytest.fixture
def team(room: Room) -> TestClient:
    return a_team(room)


@pytest.fixture
def here(local: Room) -> TestClient:
    return a_team(local)


def a_team(room: Room) -> TestClient:
    for name, role in (("Lea", "lead"), ("Ann", "coder"), ("Ben", "coder"), ("Rhys", "reader")):
        add_coder(room.database, name, role, PASSWORD)
    return room.team("blind")


def work(browser: Browser) -> dict[str, Any]:
    return {one["id"]: one for one in browser.get("/api/team")["transcripts"]}


# ---- people


def test_a_lead_adds_people_and_changes_roles_and_passwords(team: TestClient) -> None:
    lea = sign_in(team, "Lea")
    lea.post("/api/team/people", name="Dai", role="coder", password="croeso i Gymru")
    assert sign_in(team, "Dai", "croeso i Gymru").get("/api/me")["role"] == "coder"
    lea.post("/api/team/people", name="Dai", role="reader", password="")
    assert sign_in(team, "Dai", "croeso i Gymru").get("/api/me")["role"] == "reader"
    lea.post("/api/team/people", name="Dai", role="lead", password="another long one")
    sign_in(team, "Dai", "croeso i Gymru", 401)
    listed = lea.get("/api/team")["people"]
    assert [one["name"] for one in listed] == ["Ann", "Ben", "Dai", "Lea", "Rhys"]
    assert "password" not in listed[0]


@pytest.mark.parametrize(
    "asked",
    [
        {"name": "Lea", "role": "coder", "password": ""},
        {"name": "ann", "role": "coder", "password": PASSWORD},
        {"name": "consensus", "role": "coder", "password": PASSWORD},
        {"name": "Dai", "role": "coder", "password": "short"},
        {"name": "Dai", "role": "coder", "password": ""},
    ],
)
def test_what_is_refused(here: TestClient, asked: dict[str, str]) -> None:
    lea = sign_in(here, "Lea")
    assert lea.post("/api/team/people", 400, **asked)["remedy"]
    assert len(lea.get("/api/team")["people"]) == 4


def test_only_a_lead_sees_and_changes_it(here: TestClient) -> None:
    ann = sign_in(here, "Ann")
    ann.get("/api/team", 403)
    ann.get("/api/team/conflicts", 403)
    ann.post("/api/team/people", 403, name="Dai", role="lead", password=PASSWORD)
    ann.post("/api/team/assign", 403, add=[])
    ann.post("/api/team/draw", 403, share=0.5, coders=["Ann"])
    ann.post("/api/team/share", 403, coders=["Ann"])
    assert ann.http.get("/team").status_code == 403
    assert "Team" not in ann.http.get("/").text


# ---- readers


def test_a_reader_sees_everything_and_changes_nothing(room: Room, team: TestClient) -> None:
    ann, rhys = sign_in(team, "Ann"), sign_in(team, "Rhys")
    ann.open()
    ann.code(NEVER, "knowledge")
    found = rhys.open()
    assert [coding["coder"] for coding in found["codings"]] == ["Ann"], "although the team reads blind"
    assert found["suggestions"]
    assert rhys.post("/api/search", code="knowledge")["total"] == 1
    app: Any = team.app
    routes = [r for r in app.app.routes if "POST" in (getattr(r, "methods", None) or ()) and r.path.startswith("/api/")]
    reading = {"/api/search", "/api/search/file", "/api/overview/codes", "/api/overview/file"}
    assert reading <= {route.path for route in routes}
    # Another comb on this machine asks for /api/again, with a secret of its own; to everybody else it is not there.
    for route in routes:
        if route.path not in {*reading, "/api/again"}:
            answer = rhys.http.post(route.path.replace("{id}", "new é"), json={})
            assert answer.status_code == 403, route.path
            assert "reader" in answer.json()["error"]
    assert ann.open()["codings"]
    with room.database.read() as db:
        assert {row["coder"] for row in rows(db, looks)} == {"Rhys"}, "should Rhys code one day, it is not blind"


# ---- assignments


def test_what_is_assigned_comes_first_and_is_read_as_asked(team: TestClient) -> None:
    lea, ann = sign_in(team, "Lea"), sign_in(team, "Ann")
    assert [one["id"] for one in ann.get("/api/transcripts")] == ["new é", "old"]
    done = lea.post("/api/team/assign", add=[{"transcript": "old", "coder": "Ann", "mode": "open"}])
    assert done == {"made": 1, "problems": []}
    listed = ann.get("/api/transcripts")
    assert [(one["id"], one["assigned"], one["mode"]) for one in listed] == [
        ("old", True, "open"),
        ("new é", False, "blind"),
    ]
    assert work(lea)["old"]["states"] == {"Ann": "assigned"}
    lea.post("/api/team/assign", remove=[{"transcript": "old", "coder": "Ann"}])
    assert not any(one["assigned"] for one in ann.get("/api/transcripts"))


def test_what_cannot_be_assigned_is_said_and_the_rest_is_done(here: TestClient) -> None:
    lea, ann = sign_in(here, "Lea"), sign_in(here, "Ann")
    lea.post("mode", mode="open", coder="Ann")
    ann.open()
    asked = [
        {"transcript": "new é", "coder": "Ann", "mode": "blind"},
        {"transcript": "new é", "coder": "Nobody"},
        {"transcript": "new é", "coder": "Rhys"},
        {"transcript": "gone", "coder": "Ben"},
        {"transcript": "old", "coder": "Ben", "mode": "blind"},
    ]
    done = lea.post("/api/team/assign", add=asked)
    assert done["made"] == 2
    assert len(done["problems"]) == 4
    assert any("Ann has seen" in problem for problem in done["problems"]), "nobody is made blind again"


def test_a_draw_is_shown_before_it_is_assigned(here: TestClient) -> None:
    lea = sign_in(here, "Lea")
    asked = {"share": 0.5, "coders": ["Ann", "Ben"], "seed": 7}
    found = lea.post("/api/team/draw", **asked)
    assert (found["wanted"], found["reached"], found["of"]) == (1, 1, 2)
    assert lea.post("/api/team/draw", **asked) == found
    (one,) = found["drawn"]
    assert one["added"] == ["Ann", "Ben"]
    assert not any(own["assigned"] for own in work(lea).values())
    add = [{"transcript": one["transcript"], "coder": coder, "mode": "blind"} for coder in one["added"]]
    lea.post("/api/team/assign", add=add, drawn=True)
    assert work(lea)[one["transcript"]]["assigned"] == {"Ann": True, "Ben": True}
    assert lea.post("/api/team/draw", **asked)["drawn"] == [], "two have it now"
    shared = lea.post("/api/team/share", coders=["Ann", "Ben"])["shared"]
    assert {row["transcript"] for row in shared} == {"new é", "old"} - {one["transcript"]}


def test_who_works_alone_draws_for_a_second_coder(local: Room) -> None:
    ann = local.browser("Ann")
    found = ann.post("/api/team/draw", share=0.5, coders=["Ann", "Second"])
    add = [{"transcript": found["drawn"][0]["transcript"], "coder": "Second"}]
    assert ann.post("/api/team/assign", add=add, drawn=True)["problems"] == []
    assert "Second" in ann.get("/api/team")["coders"]
    ann.post("/api/team/people", 400, name="Second", role="coder", password=PASSWORD)


# ---- where coders differ


def test_open_disagreements_per_pair_with_where_they_are(team: TestClient, room: Room) -> None:
    for name, code in (("Ann", "knowledge"), ("Ben", "emotion")):
        one = sign_in(team, name)
        one.open()
        one.code(NEVER, code)
        one.code(WIFE, "social_influences")
        one.act("finish")
    lea = sign_in(team, "Lea")
    assert lea.get("/api/team/conflicts") == {"pairs": [], "left": 0}, "she reads it blind herself"
    lea.post("mode", mode="open")
    (pair,) = lea.get("/api/team/conflicts")["pairs"]
    assert (pair["a"], pair["b"], pair["open"]) == ("Ann", "Ben", 1)
    assert pair["where"] == [{"transcript": "new é", "open": 1}]
    with room.database.read() as db:
        assert {row["what"] for row in rows(db, looks, coder="Lea")} == {"codings"}
    start, end = span(NEVER)
    lea.open()
    lea.post("adjudicate", base=0, start=start, end=end, codes=[{"code": "knowledge"}])
    assert lea.get("/api/team/conflicts")["pairs"][0]["open"] == 0


# ---- databases made before


def test_a_database_made_before_assignments_is_brought_up_to_date(room: Room) -> None:
    ann = room.browser("Ann")
    ann.open()
    ann.code(BOX, "goals")
    with room.database.write() as db:
        db.exec_driver_sql("DROP TABLE assignments")
        db.exec_driver_sql("UPDATE about SET schema = 2")
    room.restart()
    again = room.browser("Ann")
    assert (BOX, "goals", "", "Ann") in again.codings()
    assert again.post("/api/team/assign", add=[{"transcript": "old", "coder": "Ann"}])["made"] == 1
    with room.database.read() as db:
        assert db.exec_driver_sql("SELECT schema FROM about").scalar() == SCHEMA
