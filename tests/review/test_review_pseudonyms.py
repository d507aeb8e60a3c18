"""Pseudonyms confirmed on the review page: the same table as the command's, for leads alone."""

import pytest

from comb.privacy.table import read_candidates
from comb.review.web.accounts import add_coder
from tests.review.room import Browser, Room

TEXT = "I: Who helped?\n\nP1: My sister Rhian Treloar did, in Llandysul.\n"


@pytest.fixture(autouse=True)
def rules_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("comb.stages.pseudonymise.spacy_recogniser", lambda: None)


@pytest.fixture
def browser(room: Room) -> Browser:
    (room.study.raw / "talk.txt").write_text(TEXT, encoding="utf-8")
    return room.browser(name="talk")


def rows(browser: Browser) -> dict[str, dict]:
    return {row["text"]: row for row in browser.get("/api/pseudonyms")["rows"]}


def sent(row: dict, **change: str) -> dict:
    before = {name: row[name] for name in ("decision", "pseudonym", "part")}
    kept = {name: row[name] for name in ("text", "kind", "transcript", "decision", "pseudonym", "part")}
    return {**kept, **change, "before": before}


def test_looking_shows_each_candidate_with_the_words_around(browser: Browser) -> None:
    assert browser.get("/api/pseudonyms") == {"looked": False, "rows": []}
    browser.post("/api/pseudonyms/look")
    row = rows(browser)["Rhian Treloar"]
    assert row["contexts"][0]["before"].endswith("My sister ")
    assert row["contexts"][0]["place"] == "talk"
    assert row["decision"] == ""
    assert row["pseudonym"]


def test_a_decision_is_in_the_table(room: Room, browser: Browser) -> None:
    browser.post("/api/pseudonyms/look")
    browser.post("/api/pseudonyms", rows=[sent(rows(browser)["Rhian Treloar"], decision="replace", pseudonym="Sam")])
    written = next(row for row in read_candidates(room.study.candidates) if row.text == "Rhian Treloar")
    assert (written.decision, written.pseudonym) == ("replace", "Sam")


def test_what_was_changed_elsewhere_is_not_overwritten(browser: Browser) -> None:
    browser.post("/api/pseudonyms/look")
    old = rows(browser)["Llandysul"]
    browser.post("/api/pseudonyms", rows=[sent(old, decision="keep")])
    assert "changed elsewhere" in browser.post("/api/pseudonyms", 409, rows=[sent(old, decision="replace")])["error"]
    assert rows(browser)["Llandysul"]["decision"] == "keep"


@pytest.mark.parametrize(
    "change", [{"decision": "replace", "pseudonym": " "}, {"decision": "part", "part": "elsewhere"}]
)
def test_a_decision_that_lacks_something_is_refused(browser: Browser, change: dict) -> None:
    browser.post("/api/pseudonyms/look")
    browser.post("/api/pseudonyms", 409, rows=[sent(rows(browser)["Llandysul"], **change)])
    assert rows(browser)["Llandysul"]["decision"] == ""


def test_the_page_is_for_leads(room: Room) -> None:
    add_coder(room.database, "Cai", "coder", "correct horse battery")
    client = room.team()
    client.post("/signin", data={"name": "Cai", "password": "correct horse battery"}, follow_redirects=False)
    headers = {"X-Comb": "1"}
    assert client.get("/pseudonyms").status_code == 403
    assert client.get("/api/pseudonyms", headers=headers).status_code == 403
    assert client.post("/api/pseudonyms/look", headers=headers, json={}).status_code == 403


def test_nobody_comes_in_without_the_link(room: Room) -> None:
    browser = room.browser()
    browser.http.cookies.clear()
    assert browser.http.get("/pseudonyms").status_code == 403
    assert browser.http.get("/api/pseudonyms").status_code == 401
