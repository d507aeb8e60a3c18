"""What a language model coded: shown as another coder's, and to nobody before the end of a blind reading."""

import json

from comb.codings.codings_csv import write_codings
from comb.codings.language_model import folder_name
from comb.records import Coding
from tests.review.room import GP, NEVER, WIFE, Room, span
from tests.review.test_review_blind import everything
from tests.review.test_review_looks import blind_of, seen_by, whole_of

CODER = "llm:qwen:7b"


def alone(room: Room) -> None:
    """Leave nothing but a language model's codings to be seen: no suggestions, no other coder, no queue."""
    for path in room.study.suggestions.glob("*"):
        path.unlink()
    codes_along(room)


def codes_along(room: Room, code: str = "emotion") -> None:
    made = [
        Coding("new é", *span(NEVER), NEVER, code, "", CODER, "It says never.", origin="llm", model=CODER, score=0.7),
        Coding("new é", *span(GP), GP, "", "", CODER, origin="llm", model=CODER),
    ]
    write_codings(room.study.llm / folder_name("qwen:7b") / "new.csv", made)


def test_its_codings_stand_beside_others_under_its_own_name(room: Room) -> None:
    codes_along(room)
    ben = room.browser("Ben")
    (found,) = ben.open()["codings"]
    assert (found["coder"], found["code"], found["origin"], found["score"]) == (CODER, "emotion", "llm", 0.7)
    assert (found["start"], found["end"]) == span(NEVER)
    listed = {item["id"]: item for item in ben.get("/api/transcripts")}
    assert listed["new é"]["coders"] == [CODER]
    assert listed["new é"]["coded"] == 0


def test_a_new_run_is_seen_without_a_restart(room: Room) -> None:
    codes_along(room)
    ben = room.browser("Ben")
    ben.open()
    codes_along(room, "goals")
    assert [coding["code"] for coding in ben.get()["codings"]] == ["goals"]


def test_nothing_of_it_is_sent_before_the_end_of_a_blind_reading(room: Room) -> None:
    codes_along(room)
    ben = room.browser("Ben", "blind")
    assert ben.open()["codings"] == []
    assert CODER not in everything(ben)
    ben.act("finish")
    assert CODER in everything(ben)


def test_its_codings_are_no_coding_of_a_person(room: Room) -> None:
    codes_along(room)
    ben = room.browser("Ben")
    ben.open()
    ben.act("accept", suggestion=next(iter(ben.get()["suggestions"]))["id"])
    coders = {coding["coder"] for coding in ben.get()["codings"]}
    assert coders == {"Ben", CODER}


def test_a_blind_coder_gets_nothing_of_it_by_any_route(room: Room) -> None:
    alone(room)
    ben = room.browser("Ben", "blind")
    opened = json.dumps(ben.open())
    ben.code(GP, "intentions")
    acted = json.dumps(ben.code(WIFE, "goals"))
    ben.get("adjudication", 403)
    ben.get("bulk?code=emotion&score=0", 404)
    ben.get("suggestions/emotion", 404)
    listed = json.dumps(ben.get("/api/transcripts"))
    sent = opened + acted + everything(ben) + listed
    assert [word for word in (CODER, "qwen", "It says never") if word in sent] == []
    assert seen_by(room) == []
    ben.act("finish")
    assert whole_of(room) == "yes"
    assert blind_of(room) == {"intentions": "yes", "goals": "yes"}


def test_seeing_its_codings_is_a_look(room: Room) -> None:
    """Even where they are all that there is to be seen."""
    alone(room)
    ben = room.browser("Ben")
    ben.open()
    assert seen_by(room) == ["codings"]
    assert "can no longer be coded blind" in ben.post("mode", 409, mode="blind")["error"]
    ben.code(GP, "intentions")
    ben.act("finish")
    assert whole_of(room) == "no"
    assert blind_of(room) == {"intentions": "no"}


def test_looking_after_the_end_is_a_look(room: Room) -> None:
    alone(room)
    ben = room.browser("Ben", "blind")
    ben.open()
    ben.code(GP, "intentions")
    ben.act("finish")
    assert seen_by(room) == []
    ben.get()
    assert seen_by(room) == ["codings"]
    ben.act("reopen")
    ben.code(WIFE, "goals")
    ben.act("finish")
    assert blind_of(room) == {"intentions": "yes", "goals": "no"}
