"""Acts that a browser sends again, from several windows, many at once: each is done once, and in order."""

from pathlib import Path
from typing import Any

import pytest

from comb.review.storage.database import acts
from comb.review.storage.drafts import rows
from comb.review.web import app
from tests.review.room import BOX, FORGOT, GP, NEVER, WIFE, Browser, Room, key

FIRST, SECOND, THIRD = key(NEVER, "knowledge"), key(FORGOT, "knowledge"), key(GP, "intentions")


def made(room: Room) -> list[str]:
    """List the kinds of all acts."""
    with room.database.read() as db:
        return [act["kind"] for act in sorted(rows(db, acts), key=lambda act: act["id"])]


def accept(suggestion: str, name: str, window: str = "w", base: int = 0) -> dict[str, Any]:
    return {"act": "accept", "suggestion": suggestion, "id": name, "window": window, "base": base}


def test_an_act_that_is_sent_again_is_done_once_also_after_a_restart(room: Room) -> None:
    ann = room.browser()
    first = ann.post("acts", **accept(FIRST, "a1"))
    assert first["codings"][0]["id"] == "a1", "a browser can name the coding in its next acts"
    assert ann.post("acts", **accept(FIRST, "a1")) == first
    room.restart()
    ann = room.browser()
    assert ann.post("acts", **accept(FIRST, "a1")) == first
    assert made(room) == ["accept"]


def test_an_undo_that_is_sent_again_undoes_once(room: Room) -> None:
    ann = room.browser()
    for number, suggestion in enumerate((FIRST, SECOND)):
        ann.post("acts", **accept(suggestion, f"a{number}", base=number))
    for _ in range(3):
        ann.post("undo", base=2, id="u1", window="w")
    assert ann.decided() == {FIRST: "accepted"}
    for _ in range(3):
        ann.post("redo", base=3, id="r1", window="w")
    assert ann.decided() == {FIRST: "accepted", SECOND: "accepted"}


def test_an_act_sent_again_says_how_things_are_now(room: Room) -> None:
    ann = room.browser()
    ann.post("acts", **accept(FIRST, "a1"))
    ann.post("acts", act="valence", coding="a1", valence="both", id="v1", window="w", base=1)
    again = ann.post("acts", **accept(FIRST, "a1"))
    assert (again["version"], again["codings"][0]["valence"]) == (2, "both")
    ann.post("acts", act="uncode", coding="a1", id="x1", window="w", base=2)
    again = ann.post("acts", **accept(FIRST, "a1"))
    assert (again["codings"], again["removed"], again["suggestions"][0]["decision"]) == ([], ["a1"], None)


def test_an_act_that_changed_nothing_is_known_too(room: Room) -> None:
    ann = room.browser()
    coding = ann.code(NEVER, "goals")
    nothing = {"act": "memo", "coding": coding, "memo": "", "id": "m1", "window": "w", "base": 1}
    ann.post("acts", **nothing)
    ann.post("acts", act="memo", coding=coding, memo="later", id="m2", window="w", base=1)
    ann.post("acts", **nothing)
    assert ann.get()["codings"][0]["memo"] == "later"


def test_acts_of_one_window_do_not_conflict_those_of_two_do(room: Room) -> None:
    one, two = room.browsers()
    one.post("acts", **accept(FIRST, "a1", "one"))
    one.post("acts", act="reject", suggestion=FIRST, id="a2", window="one", base=0)
    two.post("acts", 409, **accept(FIRST, "b1", "two"))
    two.post("undo", 409, base=0, id="b2", window="two")
    one.post("undo", base=0, id="a3", window="one")
    assert one.decided() == {FIRST: "accepted"}


def test_an_answer_says_what_other_windows_changed(room: Room) -> None:
    one, two = room.browsers()
    one.post("acts", **accept(FIRST, "a1", "one"))
    found = two.post("acts", **accept(SECOND, "b1", "two"))
    assert {item["id"] for item in found["suggestions"]} == {FIRST, SECOND}
    assert {coding["id"] for coding in found["codings"]} == {"a1", "b1"}


def test_what_waited_is_done_in_order_up_to_what_is_refused(room: Room) -> None:
    ann = room.browser()
    sent = [accept(FIRST, "a1"), {"act": "undo", "base": 0, "id": "u1", "window": "w"}, accept(SECOND, "a2")]
    sent += [accept("1-2:none", "a3"), accept(THIRD, "a4")]
    found = ann.post("queue", acts=sent)
    assert [item["version"] for item in found["done"]] == [1, 2, 3]
    assert ann.decided() == {SECOND: "accepted"}
    ann.post("queue", 404, acts=sent[3:])
    assert ann.post("queue", acts=sent[:3])["done"][-1]["version"] == 3
    assert made(room) == ["accept", "undo", "accept"]


def test_a_browser_cannot_take_the_id_of_anothers_coding(room: Room) -> None:
    ann, ben = room.browser("Ann"), room.browser("Ben")
    ann.post("acts", **accept(FIRST, "same"))
    found = ben.post("acts", **accept(SECOND, "same"))
    assert found["codings"][0]["id"] != "same"
    assert [coder for *_, coder in ben.codings()] == ["Ann", "Ben"]


def test_a_page_of_another_study_changes_nothing(room: Room) -> None:
    ann = room.browser()
    study = room.database.study
    answer = ann.http.post("/api/transcripts/new é/acts", json=accept(FIRST, "a1"), headers={"X-Comb-Study": "another"})
    assert (answer.status_code, answer.headers["X-Comb-Study"]) == (421, study)
    assert made(room) == []
    assert f'data-study="{study}"' in ann.http.get("/").text
    room.restart()
    assert room.database.study == study


@pytest.mark.parametrize("name", ["a b", "x" * 65, "é", "<b>"])
def test_names_of_acts_are_plain(local: Room, name: str) -> None:
    local.browser().post("acts", 400, **accept(FIRST, name))


def test_the_page_asks_whether_the_server_is_there(local: Room) -> None:
    ann: Browser = local.browser()
    assert ann.http.get("/api/alive").json() == {}
    assert BOX not in ann.http.get("/").text
    assert WIFE not in ann.http.get("/t/new é").text


@pytest.mark.parametrize("built", [True, False])
def test_each_page_leads_to_the_help_if_it_is_built(
    local: Room, built: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "HELP", tmp_path if built else tmp_path / "none")
    ann = local.browser()
    for path in ("/", "/t/new é", "/codebook"):
        assert ('href="/help/"' in ann.http.get(path).text) is built
