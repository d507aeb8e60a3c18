"""Undo, redo and conflicts: nothing is lost, nothing is overwritten unseen."""

import itertools
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comb.review.domain import schemas as ask
from comb.review.storage.refusals import RefusedError
from comb.review.web.api import Api
from tests.review.room import BOX, FORGOT, NEVER, SUGGESTED, Room, key, make_study, person, state

KNOWS, FORGETS = key(NEVER, "knowledge"), key(FORGOT, "knowledge")
IDS = [key(words, code) for words, code, _, _ in SUGGESTED]
NUMBERS = itertools.count()
CODES = ["knowledge", "goals", "emotion"]
WRITABLE = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
"""What a memo may hold: PostgreSQL stores no NUL, and the API refuses it."""
STEPS = st.lists(
    st.one_of(
        st.fixed_dictionaries({"act": st.sampled_from(["accept", "reject"]), "suggestion": st.sampled_from(IDS)}),
        st.fixed_dictionaries(
            {"act": st.just("recode"), "suggestion": st.sampled_from(IDS), "code": st.sampled_from(CODES)}
        ),
        st.fixed_dictionaries(
            {"act": st.just("code"), "start": st.integers(0, 60), "end": st.integers(40, 90),
             "code": st.sampled_from(CODES)}
        ),
        st.fixed_dictionaries({"act": st.just("uncode"), "pick": st.integers(0, 9)}),
        st.fixed_dictionaries(
            {"act": st.just("span"), "pick": st.integers(0, 9), "start": st.integers(0, 60), "end": st.integers(40, 90)}
        ),
        st.fixed_dictionaries(
            {"act": st.just("memo"), "pick": st.integers(0, 9), "memo": st.text(WRITABLE, max_size=5)}
        ),
        st.fixed_dictionaries(
            {"act": st.just("valence"), "pick": st.integers(0, 9), "valence": st.sampled_from(["both", ""])}
        ),
        st.sampled_from([{"act": name} for name in ("undo", "redo", "finish", "reopen")]),
    ),
    max_size=15,
)  # fmt: skip


class Line:
    """A coder's acts on a transcript, without a server between."""

    def __init__(self, api: Api, coder: str) -> None:
        self.api, self.who = api, person(coder)

    def body(self) -> dict[str, Any]:
        return json.loads(self.api.transcript(self.who, "new é"))

    def snapshot(self) -> dict[str, Any]:
        """Give all but what only counts steps."""
        body = self.body()
        body["codings"] = [coding for coding in body["codings"] if coding["coder"] == self.who.name]
        return {k: v for k, v in body.items() if k not in ("version", "can_undo", "can_redo")}

    def do(self, step: dict[str, Any]) -> None:
        """Do one step, where it is possible."""
        body = self.body()
        step = {"base": body["version"], **step}
        if "pick" in step:
            own = [coding["id"] for coding in body["codings"] if coding["coder"] == self.who.name]
            if not own:
                return
            step["coding"] = own[step.pop("pick") % len(own)]
        try:
            if step["act"] in ("undo", "redo"):
                self.step(step["act"])
            else:
                self.api.act(self.who, "new é", ask.ACT.validate_python(step))
        except RefusedError:
            assert self.body() == body, "what is refused changes nothing"

    def step(self, kind: str) -> None:
        self.api.step(self.who, "new é", ask.Step(base=self.body()["version"]), redo=kind == "redo")


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Api:
    study = make_study(tmp_path_factory.mktemp("undo") / "s")
    return Room(study, study.review).api()


@settings(max_examples=25, deadline=None)
@given(steps=STEPS)
def test_undoing_all_leads_back_and_redoing_all_leads_forth(api: Api, steps: list[dict]) -> None:
    line = Line(api, f"coder {next(NUMBERS)}")
    passed = []
    line.api.act(line.who, "new é", ask.Seen(act="seen", suggestions=IDS))
    start = line.snapshot()
    for step in steps:
        line.do(step)
    end = line.snapshot()
    while line.body()["can_undo"]:
        passed.append(line.snapshot())
        line.step("undo")
    assert line.snapshot() == start
    for expected in reversed(passed):
        line.step("redo")
        assert line.snapshot() == expected
    if passed:
        assert line.snapshot() == end


def test_undo_has_no_limit_and_survives_a_restart(room: Room) -> None:
    ann = room.browser()
    ann.open()
    states = []
    for number in range(30):
        states.append(state(ann))
        ann.code(NEVER[: number + 3], "emotion")
    room.restart()
    ann = room.browser()
    ann.open()
    for expected in reversed(states):
        ann.undo()
        assert state(ann) == expected
    assert "nothing to undo" in ann.undo(400)["error"]
    room.restart()
    ann = room.browser()
    ann.open()
    assert ann.get()["can_redo"]
    ann.redo()
    assert state(ann) == states[1]


def test_an_act_after_an_undo_leaves_nothing_to_redo(room: Room) -> None:
    ann = room.browser()
    ann.open()
    ann.act("accept", suggestion=KNOWS)
    ann.undo()
    assert not ann.act("reject", suggestion=FORGETS)["can_redo"]
    assert "nothing to redo" in ann.redo(400)["error"]
    ann.undo()
    assert not ann.redo()["can_redo"], "what was left behind stays behind"
    assert ann.decided() == {FORGETS: "rejected"}


# ---- two browsers


def test_two_browsers_do_not_overwrite_each_other(room: Room) -> None:
    one, two = room.browsers()
    one.open()
    two.open()
    one.act("accept", suggestion=KNOWS)
    told = two.act("reject", 409, suggestion=KNOWS)
    assert "another window" in told["error"]
    assert told["version"] == 1
    assert told["transcript"] == two.get(), "with the conflict comes what it is now"
    assert one.decided() == {KNOWS: "accepted"}
    two.open()
    two.act("reject", suggestion=KNOWS)
    assert one.decided() == {KNOWS: "rejected"}


def test_browsers_that_decide_on_different_things_do_not_disturb_each_other(room: Room) -> None:
    one, two = room.browsers()
    one.open()
    two.open()
    one.act("accept", suggestion=KNOWS)
    two.act("accept", suggestion=FORGETS)
    two.act("seen", base=0, suggestions=[KNOWS])
    assert set(one.decided()) == {KNOWS, FORGETS}


def test_a_coding_that_is_gone_is_a_conflict(room: Room) -> None:
    one, two = room.browsers()
    one.open()
    coding = one.code(BOX, "goals")
    two.open()
    one.act("uncode", coding=coding)
    assert "transcript" in two.act("memo", 409, coding=coding, memo="late")
    two.open()
    two.act("memo", 404, coding=coding, memo="late")


def test_undo_takes_back_only_what_was_shown(room: Room) -> None:
    one, two = room.browsers()
    one.open()
    two.open()
    one.act("accept", suggestion=KNOWS)
    two.undo(409)
    one.undo()
    two.redo(409)
    assert one.decided() == {}


def test_coders_never_conflict(room: Room) -> None:
    ann, ben = room.browser("Ann"), room.browser("Ben")
    ann.open()
    ben.open()
    ann.act("accept", suggestion=KNOWS)
    ben.act("reject", suggestion=KNOWS)
    assert (ann.decided(), ben.decided()) == ({KNOWS: "accepted"}, {KNOWS: "rejected"})
    assert ben.undo()["can_redo"]
    assert ann.decided() == {KNOWS: "accepted"}
