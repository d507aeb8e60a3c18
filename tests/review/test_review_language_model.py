"""What a language model coded: shown as another coder's, and to nobody before the end of a blind reading."""

from comb.codings.codings_csv import write_codings
from comb.codings.language_model import folder_name
from comb.records import Coding
from tests.review.room import GP, NEVER, Room, span
from tests.review.test_review_blind import everything

CODER = "llm:qwen:7b"


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
