"""Blind means blind: what is sent holds nothing of others or of the model before the end."""

import json

import pytest

from comb.study.files import write_rows
from tests.review.room import GP, MODEL, NEVER, SUGGESTED, Browser, Room, key, span

KNOWS = key(NEVER, "knowledge")
SECRETS = ("knowledge", MODEL, "Ann", "Ann's memo", "It slipped my mind")


def ann_codes(room: Room) -> None:
    ann = room.browser("Ann")
    ann.open()
    ann.act("accept", suggestion=KNOWS)
    ann.act("memo", suggestion=KNOWS, memo="Ann's memo")


def everything(browser: Browser) -> str:
    """Give all that a browser can get of its transcript."""
    listed = [item for item in browser.get("/api/transcripts") if item["id"] == browser.name]
    return json.dumps([browser.get(), browser.get("history"), listed])


@pytest.mark.parametrize("mode", ["blind", "audit"])
def test_nothing_of_others_nor_of_the_model_before_the_end(room: Room, mode: str) -> None:
    ann_codes(room)
    ben = room.browser("Ben", "blind")
    if mode == "audit":
        ben.post("mode", mode="audit")
    found = ben.open()
    assert (found["mode"], found["suggestions"], found["codings"]) == (mode, [], [])
    seen = everything(ben)
    assert [secret for secret in SECRETS if secret in seen] == []
    ben.get(f"suggestions/{KNOWS}", 404)
    ben.get("bulk?code=knowledge&score=0", 404)
    ben.get("adjudication", 403)
    ben.act("accept", 404, suggestion=KNOWS)
    ben.act("bulk_accept", 404, code="knowledge", score=0.0)
    assert ben.act("seen", suggestions=[KNOWS])["seen"] == []
    ben.code(GP, "intentions")
    ben.act("finish")
    seen = everything(ben)
    assert [secret for secret in SECRETS if secret not in seen] == []
    assert {coder for *_, coder in ben.codings()} == {"Ann", "Ben"}


def test_reopening_a_blind_reading_hides_the_others_again(room: Room) -> None:
    ann_codes(room)
    ben = room.browser("Ben", "blind")
    ben.open()
    ben.act("finish")
    ben.act("reopen")
    assert ben.get()["codings"] == []
    ben.undo()
    assert len(ben.get()["codings"]) == 1
    ben.undo()
    ben.undo(400)
    assert ben.get()["suggestions"] == []


def test_mode_is_kept_for_each_coder_and_transcript(room: Room) -> None:
    ann = room.browser("Ann")
    ann.post("mode", mode="blind")
    room.restart()
    modes = {item["id"]: item["mode"] for item in room.browser("Ann").get("/api/transcripts")}
    assert modes == {"new é": "blind", "old": "open"}
    assert room.browser("Ben").get()["mode"] == "open"
    ann.post("mode", 400, mode="secret")


def test_queue_hides_what_the_page_hides(room: Room) -> None:
    ann_codes(room)
    ben = room.browser("Ben", "blind")
    (listed,) = [item for item in ben.get("/api/transcripts") if item["id"] == "new é"]
    assert (listed["suggestions"], listed["decided"], listed["coders"]) == (0, 0, [])


def test_audit_shows_what_the_model_left_uncoded_the_same_each_time(room: Room) -> None:
    ann = room.browser("Ann")
    ann.post("mode", mode="audit")
    sample = ann.open()["audit"]
    suggested = {span(words) for words, *_ in SUGGESTED}
    segments = {(start, end) for start, end, _ in ann.get()["segments"]}
    assert sample
    assert {tuple(place) for place in sample} == segments - suggested
    for path in room.study.suggestions.glob("*"):
        path.unlink()
    room.restart()
    assert room.browser("Ann").get()["audit"] == sample, "a new training does not draw another sample"


def test_audit_takes_the_sample_that_comb_audit_drew(room: Room) -> None:
    start, end = span(GP)
    write_rows(room.study.processed / "audit.csv", ("transcript", "start", "end"), [("new é", start, end)])
    ann = room.browser("Ann")
    ann.post("mode", mode="audit")
    assert ann.get()["audit"] == [[start, end]]


def test_audit_and_reading_are_finished_apart(room: Room) -> None:
    ann = room.browser("Ann")
    ann.post("mode", mode="audit")
    ann.open()
    ann.act("finish")
    assert ann.get()["finished"]
    ann.post("mode", mode="open")
    assert not ann.get()["finished"], "a sample that was read is no transcript that was read"


def test_audit_needs_a_model(room: Room) -> None:
    assert "model" in room.browser("Ann", name="old").post("mode", 400, mode="audit")["error"]


def test_queue_follows_comb_next(room: Room) -> None:
    ann = room.browser("Ann")
    assert [item["id"] for item in ann.get("/api/transcripts")] == ["new é", "old"]
    assert ann.get()["next"] == []
    rows = [(1, "old", 5, 9), (3, "new é", 1, 4), (2, "new é", 6, 8)]
    write_rows(room.study.processed / "next.csv", ("rank", "transcript", "start", "end"), rows)
    assert [(item["id"], item["rank"]) for item in ann.get("/api/transcripts")] == [("old", 1), ("new é", 2)]
    assert ann.get()["next"] == [[6, 8, 2], [1, 4, 3]]
    assert room.browser("Ben", "blind").get()["next"] == [], "where the model is unsure is the model's word too"
