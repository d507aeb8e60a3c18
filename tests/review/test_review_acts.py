"""What coders decide, on the page's API: each act, what it leaves, and what is refused."""

import json

import pytest

from comb.review.domain.actions import SAMPLE
from tests.review.room import BOX, FORGOT, GP, MODEL, NEVER, SUGGESTED, TEXT, WIFE, Room, key, span, suggest

KNOWS = key(NEVER, "knowledge")


def test_suggestion_is_no_coding_until_it_is_accepted(room: Room) -> None:
    ann = room.browser()
    found = ann.open()
    assert len(found["suggestions"]) == len(SUGGESTED)
    assert found["codings"] == []
    done = ann.act("accept", suggestion=KNOWS)
    (coding,) = done["codings"]
    start, end = span(NEVER)
    assert coding | {"id": "", "at": ""} == {
        "id": "", "start": start, "end": end, "code": "knowledge", "valence": "barrier", "coder": "Ann", "memo": "",
        "origin": "suggestion", "score": 0.9, "model": MODEL, "at": "", "unsure": "",
    }  # fmt: skip
    (suggestion,) = done["suggestions"]
    assert suggestion["decision"]["verdict"] == "accepted"
    assert suggestion["decision"]["coding"] == coding["id"]
    assert ann.codings() == [(NEVER, "knowledge", "barrier", "Ann")]


def test_everything_survives_a_restart(room: Room) -> None:
    ann = room.browser()
    ann.open()
    ann.act("accept", suggestion=KNOWS)
    ann.act("reject", suggestion=key(GP, "intentions"), memo="no resolve")
    ann.act("seen", suggestions=[key(BOX, "knowledge")])
    before = ann.get()
    room.restart()
    assert room.browser().get() == before


def test_offsets_count_code_points(room: Room) -> None:
    ann = room.browser()
    ann.open()
    ann.code("🙂 My wife", "emotion")
    assert ann.codings() == [("🙂 My wife", "emotion", "", "Ann")]


def test_reject_leaves_no_coding_but_a_decision(room: Room) -> None:
    ann = room.browser()
    ann.open()
    ann.act("reject", suggestion=KNOWS, memo="why")
    assert ann.codings() == []
    assert ann.decided() == {KNOWS: "rejected"}
    ann.act("accept", suggestion=KNOWS)
    assert ann.decided() == {KNOWS: "accepted"}
    ann.act("reject", suggestion=KNOWS)
    assert (ann.codings(), ann.decided()) == ([], {KNOWS: "rejected"})


@pytest.mark.parametrize(
    ("act", "left"),
    [
        ({"act": "recode", "code": "skills"}, (NEVER, "skills", "barrier", "Ann")),
        ({"act": "valence", "valence": "both"}, (NEVER, "knowledge", "both", "Ann")),
    ],
    ids=["code", "valence"],
)
@pytest.mark.parametrize("first", [True, False], ids=["accepted first", "at once"])
def test_change_of_a_suggestion(room: Room, act: dict, left: tuple, *, first: bool) -> None:
    ann = room.browser()
    ann.open()
    if first:
        ann.act("accept", suggestion=KNOWS)
    ann.act(act["act"], suggestion=KNOWS, **{k: v for k, v in act.items() if k != "act"})
    assert ann.codings() == [left]
    assert ann.decided() == {KNOWS: "changed"}
    (coding,) = ann.get()["codings"]
    assert (coding["model"], coding["score"]) == (MODEL, 0.9)


@pytest.mark.parametrize("first", [True, False], ids=["accepted first", "at once"])
def test_a_valence_where_none_was_suggested_changes_nothing(room: Room, *, first: bool) -> None:
    ann = room.browser()
    ann.open()
    box = key(BOX, "knowledge")
    if first:
        ann.act("accept", suggestion=box)
    ann.act("valence", suggestion=box, valence="barrier")
    assert ann.codings() == [(BOX, "knowledge", "barrier", "Ann")]
    assert ann.decided() == {box: "accepted"}
    ann.act("recode", suggestion=box, code="skills")
    assert ann.decided() == {box: "changed"}


def test_span_and_memo(room: Room) -> None:
    ann = room.browser()
    ann.open()
    coding = ann.act("accept", suggestion=KNOWS)["codings"][0]["id"]
    start, end = span("the evening one")
    ann.act("span", coding=coding, start=start, end=end)
    ann.act("memo", coding=coding, memo="clause = enough\nline 2 🙂")
    assert ann.codings()[0][0] == "the evening one"
    assert ann.decided() == {KNOWS: "changed"}
    assert ann.get()["codings"][0]["memo"] == "clause = enough\nline 2 🙂"
    ann.act("span", coding=coding, start=span(NEVER)[0], end=span(NEVER)[1])
    assert ann.decided() == {KNOWS: "accepted"}


def test_several_codes_by_hand_on_one_passage(room: Room) -> None:
    ann = room.browser()
    ann.open()
    words = "habit, I suppose"
    ann.code(words, "reinforcement")
    ann.code(words, "behavioural_regulation", valence="facilitator", memo="m")
    assert {code for _, code, _, _ in ann.codings()} == {"reinforcement", "behavioural_regulation"}
    start, end = span(words)
    assert "already" in ann.act("code", 400, start=start, end=end, code="reinforcement")["error"]


def test_accepting_what_was_coded_by_hand_makes_no_second_coding(room: Room) -> None:
    ann = room.browser()
    ann.open()
    ann.code(NEVER, "knowledge")
    ann.act("accept", suggestion=KNOWS)
    assert len(ann.codings()) == 1
    ann.act("reject", suggestion=KNOWS)
    assert len(ann.codings()) == 1, "a coding by hand goes only when its coder removes it"


def test_removing_a_coding_leaves_its_suggestion_undecided(room: Room) -> None:
    ann = room.browser()
    ann.open()
    coding = ann.act("accept", suggestion=KNOWS)["codings"][0]["id"]
    done = ann.act("uncode", coding=coding)
    assert done["removed"] == [coding]
    assert done["suggestions"][0]["decision"] is None
    assert (ann.codings(), ann.decided()) == ([], {})


def test_two_suggestions_that_end_in_one_coding(room: Room) -> None:
    ann = room.browser()
    ann.open()
    first, second = key(WIFE, "social_influences"), key(WIFE, "environment_resources")
    coding = ann.act("accept", suggestion=first)["codings"][0]["id"]
    ann.act("recode", suggestion=second, code="social_influences")
    assert ann.decided() == {first: "accepted", second: "changed"}
    ann.act("reject", suggestion=second)
    assert len(ann.codings()) == 1
    ann.act("recode", suggestion=second, code="social_influences")
    ann.act("uncode", coding=coding)
    assert (ann.codings(), ann.decided()) == ([], {})


def test_exclusive_codebook_keeps_one_code_on_a_span(room: Room) -> None:
    book = "coding: exclusive\ncodes: [{id: knowledge}, {id: goals}, {id: social_influences}, {id: intentions}]\n"
    (room.study.root / "configs" / "codebook.yaml").write_text(book, encoding="utf-8")
    ann = room.browser()
    ann.open()
    old = ann.act("accept", suggestion=KNOWS)["codings"][0]["id"]
    start, end = span(NEVER)
    done = ann.act("code", start=start, end=end, code="goals")
    assert done["removed"] == [old]
    assert [c[1] for c in ann.codings()] == ["goals"]
    ann.undo()
    assert [c[1] for c in ann.codings()] == ["knowledge"]
    assert ann.decided() == {KNOWS: "accepted"}


def test_a_decision_outlives_a_new_training(room: Room) -> None:
    ann = room.browser()
    ann.open()
    ann.act("reject", suggestion=KNOWS)
    suggest(room.study, "new é", model="another")
    (path,) = room.study.suggestions.glob("*.jsonl")
    assert ann.decided() == {KNOWS: "rejected"}, path
    assert {s["model"] for s in ann.get()["suggestions"]} == {"another"}


# ---- looked at and decided are two things


def test_looking_decides_nothing_and_is_never_undone(room: Room) -> None:
    ann = room.browser()
    ann.open()
    done = ann.act("seen", suggestions=[KNOWS, "no such"])
    assert (done["seen"], done["version"]) == ([KNOWS], 0)
    ann.act("seen", base=99, suggestions=[KNOWS])
    found = ann.get()
    assert [s["id"] for s in found["suggestions"] if s["seen"]] == [KNOWS]
    assert not found["can_undo"]
    (listed,) = [item for item in ann.get("/api/transcripts") if item["id"] == "new é"]
    assert (listed["decided"], listed["suggestions"]) == (0, len(SUGGESTED))
    ann.act("accept", suggestion=KNOWS)
    (listed,) = [item for item in ann.get("/api/transcripts") if item["id"] == "new é"]
    assert (listed["decided"], listed["coded"]) == (1, 1)


def test_nobody_finishes_past_suggestions_that_were_not_looked_at(room: Room) -> None:
    ann = room.browser()
    ann.open()
    ann.act("accept", suggestion=KNOWS)
    assert ann.act("finish", 400)["unseen"] == len(SUGGESTED) - 1
    ann.act("seen", suggestions=[s["id"] for s in ann.get()["suggestions"]])
    assert ann.act("finish")["finished"]
    assert "finished" in ann.act("reject", 400, suggestion=KNOWS)["error"]
    ann.act("reopen")
    ann.act("reject", suggestion=KNOWS)


def test_accepting_at_once_needs_a_sample_checked_by_hand(room: Room) -> None:
    ann = room.browser()
    ann.open()
    mine = [key(words, "knowledge") for words in (NEVER, FORGOT, BOX)]
    refused = ann.act("bulk_accept", 400, code="knowledge", score=0.0)
    assert (refused["checked"], refused["needed"]) == (0, 3)
    asked = ann.get("bulk?code=knowledge&score=0.6")
    assert (asked["matching"], asked["needed"], asked["checked"]) == (2, 2, 0)
    assert set(asked["sample"]) == set(mine[:2])
    ann.act("seen", suggestions=mine)
    ann.act("accept", suggestion=mine[0])
    ann.act("reject", suggestion=mine[1])
    assert ann.act("bulk_accept", 400, code="knowledge", score=0.0)["checked"] == 2, "looking is no checking"
    # Checked above the higher score, so what is left above it may be accepted: nothing.
    assert ann.act("bulk_accept", code="knowledge", score=0.6)["codings"] == []


def test_accepting_at_once(room: Room) -> None:
    many = room.study.suggestions / "old.jsonl"
    start = TEXT.index("P1: I never")
    fixed = {"code": "goals", "valence": "", "score": 0.5, "threshold": 0.3, "rank": 1, "model": MODEL}
    lines = [{"start": start, "end": start + n, "text": TEXT[start : start + n], **fixed} for n in range(4, 20)]
    many.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    ann = room.browser(name="old")
    ann.open()
    for _ in range(SAMPLE):
        assert ann.act("bulk_accept", 400, code="goals", score=0.5)["needed"] == SAMPLE
        ann.act("accept", suggestion=ann.get("bulk?code=goals&score=0.5")["sample"][0])
    done = ann.act("bulk_accept", code="goals", score=0.5)
    assert len(done["codings"]) == len(lines) - SAMPLE
    assert sum(s["decision"]["bulk"] for s in ann.get()["suggestions"]) == len(lines) - SAMPLE
    ann.undo()
    assert len(ann.codings()) == SAMPLE, "accepting at once is one step"


# ---- refused


@pytest.mark.parametrize(
    ("act", "status"),
    [
        ({"act": "frobnicate"}, 400),
        ({"act": "accept"}, 400),
        ({"act": "accept", "suggestion": "secret words"}, 404),
        ({"act": "accept", "suggestion": KNOWS, "secret words": 1}, 400),
        ({"act": "accept", "suggestion": ["secret words"]}, 400),
        ({"act": "recode", "suggestion": KNOWS, "code": "secret words"}, 400),
        ({"act": "recode", "code": "goals"}, 400),
        ({"act": "valence", "suggestion": KNOWS, "valence": "secret words"}, 400),
        ({"act": "memo", "suggestion": KNOWS, "memo": "secret words"}, 400),
        ({"act": "memo", "coding": "x", "memo": "secret words"}, 404),
        ({"act": "code", "start": 5, "end": 5, "code": "goals"}, 400),
        ({"act": "code", "start": -1, "end": 5, "code": "goals"}, 400),
        ({"act": "code", "start": 0, "end": 10**6, "code": "goals"}, 400),
        ({"act": "code", "start": TEXT.index("\n\n"), "end": TEXT.index("\n\n") + 2, "code": "goals"}, 400),
        ({"act": "code", "start": 0, "end": 4, "code": "goals", "memo": "nul \0"}, 400),
        ({"act": "uncode", "coding": "x"}, 404),
        ({"act": "reopen"}, 400),
        ({"act": "bulk_accept", "code": "knowledge", "score": float("1e9")}, 400),
    ],
    ids=lambda value: json.dumps(value)[:60] if isinstance(value, dict) else "",
)
def test_nonsense_is_refused_and_changes_nothing(room: Room, act: dict, status: int) -> None:
    ann = room.browser()
    before = ann.open()
    refused = ann.post("acts", status, base=0, **act)
    assert refused["error"]
    assert "secret words" not in json.dumps(refused)
    assert ann.get() == before
    assert [entry for entry in ann.get("history") if entry["act"] != "saw"] == []


def test_unknown_transcripts_and_addresses(local: Room) -> None:
    ann = local.browser()
    assert ann.get("/api/transcripts/none", 404)["remedy"]
    assert ann.get("/api/frobnicate", 404)["error"]
    assert ann.get(f"suggestions/{KNOWS}")["evidence"]
    ann.get("suggestions/none", 404)
    assert ann.http.get("/t/none").status_code == 404
    assert ann.http.post("/api/me").status_code == 405


def test_too_large_a_request_is_refused(local: Room) -> None:
    ann = local.browser()
    assert ann.http.post("/api/transcripts/old/acts", content=b"x" * 3_000_000).status_code == 413


def test_history_says_who_what_when_and_by_which_model(room: Room) -> None:
    ann = room.browser()
    ann.open()
    ann.act("accept", suggestion=KNOWS)
    ann.act("recode", suggestion=KNOWS, code="skills")
    ann.undo()
    ann.undo()
    saw, *entries = ann.get("history")
    assert (saw["act"], saw["what"]) == ("saw", "suggestions")
    assert [(e["coder"], e["act"], e["code"]) for e in entries] == [
        ("Ann", "accept", "knowledge"),
        ("Ann", "recode", "skills"),
        ("Ann", "undo", "knowledge"),
        ("Ann", "undo", "knowledge"),
    ]
    assert {(e["model"], e["score"]) for e in entries} == {(MODEL, 0.9)}, "kept after all of it was taken back"
    assert [e["undone"] for e in entries] == [True, True, False, False]
    assert all(e["at"].endswith("Z") for e in entries)
