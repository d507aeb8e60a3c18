"""Who speaks, said in the review page: the same proposals and the same file as ``comb speakers``."""

import pytest
from starlette.testclient import TestClient

from comb.review.web.accounts import add_coder
from comb.study.layout import Study
from comb.study.speakers import SpeakerRow, write_speakers
from tests.review.room import ORIGIN, Browser, Room

TALK = "talk"
ASKS = "Speaker 1: How do you fit it into your week?\n\nSpeaker 2: I do it before breakfast.\n\n"
TEXT = ASKS + "Speaker 1: And what gets in the way?\n\nSpeaker 2: The cold in the hall.\n"


@pytest.fixture
def browser(room: Room) -> Browser:
    (room.study.new / f"{TALK}.txt").write_text(TEXT, encoding="utf-8")
    return room.browser(name=TALK)


def answer(speaker: str, role: str, before: str | None = None) -> dict[str, str | None]:
    return {"speaker": speaker, "role": role, "before": before}


def confirmed(study: Study) -> dict[str, str | None]:
    return {row.speaker: row.role for row in study.roles.rows if row.transcript == TALK}


def test_proposals_with_reasons(browser: Browser) -> None:
    assert browser.get()["unconfirmed"] == ["Speaker 1", "Speaker 2"]
    assert browser.get()["segments"] == []
    assert {one["id"] for one in browser.get("/api/transcripts") if one["unconfirmed"]} == {TALK}
    found = browser.get("speakers")
    assert [(one["speaker"], one["role"], one["source"]) for one in found] == [
        ("Speaker 1", "interviewer", "proposed"),
        ("Speaker 2", "participant", "proposed"),
    ]
    assert "asks in 2 of 2 turns" in found[0]["reasons"]
    assert "breakfast" not in str(found)


def test_confirming_changes_file_turns_and_segments_at_once(browser: Browser, room: Room) -> None:
    answers = [answer("Speaker 1", "interviewer"), answer("Speaker 2", "participant")]
    found = browser.post("speakers", speakers=answers)
    assert {one["source"] for one in found} == {"confirmed"}
    assert confirmed(room.study) == {"Speaker 1": "interviewer", "Speaker 2": "participant"}
    data = browser.get()
    assert data["unconfirmed"] == []
    assert {data["text"][start:end] for start, end, _ in data["segments"]} == {
        "I do it before breakfast.",
        "The cold in the hall.",
    }
    assert {turn["speaker"]: turn["role"] for turn in data["turns"]} == confirmed(room.study)


def test_a_correction_beats_the_pattern_and_keeps_the_rest(browser: Browser, room: Room) -> None:
    rows = [SpeakerRow("old", "P1", "participant", "Pat"), SpeakerRow("new é", "INT", None, "Kay")]
    write_speakers(room.study.speakers, rows)
    browser.post("speakers", speakers=[answer("INT", "other")], transcript="new é", status=400)
    browser.name = "new é"
    browser.post("speakers", speakers=[answer("INT", "other")])
    kept = [(row.transcript, row.speaker, row.role, row.pseudonym) for row in room.study.roles.rows]
    assert kept == [("old", "P1", "participant", "Pat"), ("new é", "INT", "other", "Kay")]
    assert {turn["speaker"] for turn in browser.get()["turns"]} == {"Kay", "P1"}


def test_codings_outlive_the_change(browser: Browser) -> None:
    browser.open()
    start = TEXT.index("I do it")
    browser.act("code", start=start, end=start + 24, code="knowledge")
    browser.post("speakers", speakers=[answer("Speaker 2", "other")])
    assert [coding[0] for coding in browser.codings()] == [TEXT[start : start + 24]]


def test_two_windows_do_not_overwrite_each_other(browser: Browser, room: Room) -> None:
    browser.post("speakers", speakers=[answer("Speaker 1", "interviewer")])
    browser.post("speakers", 409, speakers=[answer("Speaker 1", "participant")])
    browser.post("speakers", 409, speakers=[answer("Speaker 9", "participant")])
    assert confirmed(room.study) == {"Speaker 1": "interviewer"}
    browser.post("speakers", speakers=[answer("Speaker 1", "participant", "interviewer")])
    assert confirmed(room.study) == {"Speaker 1": "participant"}


@pytest.mark.parametrize("wrong", [{"role": "boss"}, {"role": None}, {"speaker": 3}, {"extra": 1}])
def test_nonsense_is_refused(browser: Browser, room: Room, wrong: dict[str, object]) -> None:
    browser.post("speakers", 400, speakers=[answer("Speaker 1", "other") | wrong])
    assert confirmed(room.study) == {}


@pytest.mark.usefixtures("quick_hashes")
def test_in_a_team_a_lead_says_who_speaks(room: Room) -> None:
    (room.study.new / f"{TALK}.txt").write_text(TEXT, encoding="utf-8")
    for name, role in (("Lea", "lead"), ("Ann", "coder")):
        add_coder(room.database, name, role, "a long password é")
    team = room.team()
    for name, status in (("Ann", 403), ("Lea", 200)):
        http = TestClient(team.app, ORIGIN, headers={**team.headers, "X-Comb": "1"})
        http.post("/signin", data={"name": name, "password": "a long password é", "next": "/"})
        browser = Browser(http, TALK)
        assert browser.get("speakers")[0]["speaker"] == "Speaker 1"
        browser.post("speakers", status, speakers=[answer("Speaker 1", "interviewer")])
