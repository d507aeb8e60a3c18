"""Who has seen what others coded, or what is suggested, is never blind again; the history and the files say so."""

import csv
from typing import Any

import pytest

from comb.review.storage.database import codings, forget, looks, progress
from comb.review.storage.drafts import rows
from comb.study.layout import Study
from tests.review.room import BOX, GP, NEVER, WIFE, Browser, Room, key, span
from tests.review.test_review_text_changed import to_version_1

KNOWS = key(NEVER, "knowledge")


def ann_codes(room: Room) -> None:
    ann = room.browser("Ann")
    ann.open()
    ann.code(NEVER, "knowledge")


def blind_of(room: Room, coder: str = "Ben") -> dict[str, str]:
    """Return whether each coding in the files was made blind, by code."""
    room.browser("Lead").post("/api/export")
    found = {}
    for folder in (room.study.codings, room.study.reviewed):
        for path in folder.glob(f"{coder}.csv"):
            with path.open(encoding="utf-8", newline="") as lines:
                found |= {row["code"]: row.get("blind", "") for row in csv.DictReader(lines)}
    return found


def whole_of(room: Room, coder: str = "Ben") -> str:
    """Return whether a finished transcript was read blind, as the database says."""
    with room.database.read() as db:
        (row,) = rows(db, progress, coder=coder)
    return str(row["blind"])


def seen_by(room: Room, coder: str = "Ben") -> list[str]:
    """List what the database says that a coder was shown."""
    with room.database.read() as db:
        return [row["what"] for row in rows(db, looks, coder=coder)]


def saw(browser: Browser) -> list[str]:
    """List what the history says that was seen by the coder."""
    return [entry["what"] for entry in browser.get("history") if entry["act"] == "saw" and entry["coder"] == "Ben"]


def test_a_blind_reading_is_blind_and_what_comes_after_is_not(room: Room) -> None:
    ann_codes(room)
    ben = room.browser("Ben", "blind")
    ben.open()
    ben.code(GP, "intentions")
    ben.act("finish")
    assert saw(ben) == ["codings", "suggestions"]
    assert ben.open()["blind"] == "yes"
    assert blind_of(room) == {"intentions": "yes"}
    ben.act("reopen")
    ben.code(WIFE, "goals")
    ben.act("finish")
    assert blind_of(room) == {"intentions": "yes", "goals": "no"}
    assert ben.open()["blind"] == "no"
    assert ben.get()["seen_since"]


def test_finish_empty_look_copy_and_finish_blind(room: Room) -> None:
    """The way in the report: nothing of it is blind, and the mode cannot be chosen again."""
    ann_codes(room)
    ben = room.browser("Ben", "blind")
    ben.open()
    ben.act("finish")
    assert ben.codings()
    ben.post("mode", mode="open")
    ben.open()
    ben.act("reopen")
    ben.code(NEVER, "knowledge")
    refused = ben.post("mode", 409, mode="blind")
    assert "can no longer be coded blind" in refused["error"]
    assert blind_of(room) == {"knowledge": "no"}
    assert whole_of(room) == "no"


def test_alone_blind_open_blind_leaves_a_trace(room: Room) -> None:
    ben = room.browser("Ben", "blind")
    ben.open()
    ben.code(GP, "intentions")
    ben.post("mode", mode="open")
    ben.open()
    ben.post("mode", 409, mode="blind")
    ben.open()
    ben.code(BOX, "goals")
    assert saw(ben) == ["suggestions"]
    assert blind_of(room) == {"intentions": "yes", "goals": "no"}
    assert whole_of(room) == "no"


def see_transcript(ben: Browser) -> Any:
    return ben.get()


def see_history(ben: Browser) -> Any:
    return ben.get("history")


def see_suggestion(ben: Browser) -> Any:
    return ben.get(f"suggestions/{KNOWS}")


def see_bulk(ben: Browser) -> Any:
    return ben.get("bulk?code=knowledge&score=0")


def accept_unseen(ben: Browser) -> Any:
    return ben.act("accept", suggestion=KNOWS, base=0)


def meet_a_conflict(ben: Browser) -> Any:
    ben.act("code", start=0, end=5, code="knowledge", base=0)
    return ben.undo(409, base=0)


@pytest.mark.parametrize(
    "route", [see_transcript, see_history, see_suggestion, see_bulk, accept_unseen, meet_a_conflict]
)
def test_every_route_counts(room: Room, route: Any) -> None:
    ann_codes(room)
    ben = room.browser("Ben")
    route(ben)
    assert seen_by(room), "before the transcript is opened, which is a look by itself"
    ben.open()
    ben.code(GP, "goals")
    assert blind_of(room)["goals"] == "no"
    assert saw(ben)


def test_side_by_side_counts(room: Room) -> None:
    for coder in ("Ann", "Cleo"):
        one = room.browser(coder, name="old")
        one.code(NEVER, "knowledge", base=0)
        one.act("finish", base=1)
    ben = room.browser("Ben", name="old")
    ben.get("adjudication")
    ben.version = 0
    ben.code(GP, "goals")
    assert blind_of(room) == {"goals": "no"}


def test_what_shows_nothing_of_others_is_blind_in_any_mode(room: Room) -> None:
    ben = room.browser("Ben", name="old")
    ben.open()
    ben.code(GP, "goals")
    ben.get("history")
    assert blind_of(room) == {"goals": "yes"}
    assert whole_of(room) == "yes"


def test_what_is_redone_after_a_look_is_not_blind(room: Room) -> None:
    ann_codes(room)
    ben = room.browser("Ben", "blind")
    ben.open()
    ben.code(GP, "goals")
    ben.undo()
    ben.post("mode", mode="open")
    ben.open()
    ben.redo()
    assert blind_of(room) == {"goals": "no"}


def test_nothing_wins_it_back(room: Room) -> None:
    """Forgetting, a file with other words in its column, and the same text under another name."""
    ann_codes(room)
    ben = room.browser("Ben")
    ben.open()
    ben.code(GP, "goals")
    assert blind_of(room) == {"goals": "no"}
    (path,) = room.study.reviewed.glob("Ben.csv")
    (room.study.codings / "Ben.csv").write_text(path.read_text().replace(",no", ",yes"))
    forget(room.database, "new é")
    (room.study.new / "new é.txt").rename(room.study.new / "renamed.txt")
    (room.study.codings / "Ben.csv").unlink()
    ben = room.browser("Ben", "blind", name="renamed")
    ben.open()
    ben.code(GP, "goals")
    assert blind_of(room) == {"goals": "no"}


def test_a_file_cannot_say_blind_after_a_look(room: Room) -> None:
    one = room.browser("Ann", name="old")
    one.open()
    one.code(NEVER, "knowledge")
    ben = room.browser("Ben", name="old")
    ben.open()
    ben.code(GP, "goals")
    room.browser("Lead").post("/api/export")
    path = room.study.codings / "Ben.csv"
    assert ",no" in path.read_text()
    path.write_text(path.read_text().replace(",no", ",yes").replace("goals", "intentions"))
    room.restart()
    with room.database.read() as db:
        room.browser("Ben", name="old")
        (row,) = rows(db, codings, coder="Ben")
    assert (row["code"], row["blind"]) in {("intentions", "no"), ("goals", "no")}
    assert blind_of(room) == {"intentions": "no"}


def test_coverage_says_whether_a_finished_transcript_was_blind(room: Room) -> None:
    one = room.browser("Ann", name="old")
    one.open()
    one.act("finish")
    ben = room.browser("Ben", name="old")
    ben.open()
    ben.code(NEVER, "knowledge")
    ben.act("finish")
    cleo = room.browser("Cleo", name="old")
    cleo.open()
    cleo.act("finish")
    room.browser("Lead").post("/api/export")
    with (room.study.codings / "coverage.csv").open(encoding="utf-8", newline="") as lines:
        found = {row["coder"]: row["blind"] for row in csv.DictReader(lines)}
    assert found == {"Ann": "yes", "Ben": "yes", "Cleo": "no"}


def test_how_long_it_was_seen(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([f"2026-01-01T10:{minute:02}:00.000Z" for minute in (0, 0, 5, 5, 9, 9, 30, 30)])
    monkeypatch.setattr("comb.review.web.api.now", lambda: next(times))
    ben = room.browser("Ben")
    for _ in range(3):
        ben.get()
    monkeypatch.setattr("comb.review.web.api.now", lambda: "2026-01-01T10:40:00.000Z")
    entries = [entry for entry in ben.get("history") if entry["act"] == "saw"]
    assert sum(entry["seconds"] for entry in entries) > 0


def test_an_older_database_does_not_call_blind_what_it_does_not_know(plain: Any) -> None:
    room = Room(plain, plain.review)
    ann_codes(room)
    room.database.close()
    to_version_1(plain.review)
    room = Room(plain, plain.review)
    assert blind_of(room, "Ann") == {"knowledge": ""}
    ann = room.browser("Ann", "blind")
    assert "unknown" in {entry.get("what") for entry in ann.get("history")}
    start, end = span(GP)
    ann.act("code", start=start, end=end, code="goals", base=1)
    assert blind_of(room, "Ann")["goals"] == "no"
    room.database.close()


def test_a_team_coder_cannot_look_and_go_back(room: Room) -> None:
    ann_codes(room)
    ben = room.browser("Ben", "blind")
    ben.open()
    ben.act("finish")
    ben.get()
    with room.database.read() as db:
        assert {row["coder"] for row in rows(db, looks)} >= {"Ben"}
    start, end = span(WIFE)
    ben.post("mode", mode="open")
    ben.open()
    ben.act("reopen")
    ben.act("code", start=start, end=end, code="goals")
    ben.act("finish", 400)
    assert whole_of(room) == "no"


def test_undoing_what_came_by_a_file_does_not_win_it_back(room: Room) -> None:
    ann = room.browser("Ann", "blind", name="old")
    ann.open()
    ann.code(NEVER, "knowledge")
    ben = room.browser("Ben", "blind", name="old")
    ben.open()
    ben.code(GP, "goals")
    ben.undo()
    (room.study.codings / "coverage.csv").write_text("transcript,coder\nold,Ben\n", encoding="utf-8")
    ben = room.browser("Ben", "blind", name="old")
    assert ben.open()["finished"], "as the file says: so the others are shown"
    assert saw(ben)
    ben.undo()
    assert not ben.open()["finished"]
    ben.act("finish")
    with room.database.read() as db:
        (row,) = rows(db, progress, coder="Ben")
    assert row["blind"] == "no"


def test_what_the_file_says_of_blindness_outlives_the_database(plain: Study) -> None:
    room = Room(plain, plain.review)
    ben = room.browser("Ben", "blind", name="old")
    ben.open()
    ben.act("finish")
    ben.post("/api/export")
    coverage = (plain.codings / "coverage.csv").read_text(encoding="utf-8")
    assert "old,Ben,yes" in coverage
    room.database.close()
    for path in plain.review.parent.glob("review.sqlite*"):
        path.unlink()
    room = Room(plain, plain.review)
    room.browser("Lea").post("/api/export")
    assert (plain.codings / "coverage.csv").read_text(encoding="utf-8") == coverage
    room.database.close()
