"""Memos on transcripts, codes and the study, and the flag for codings of which a coder is unsure."""

import csv
import sqlite3

import pytest

from comb.review.storage.database import Database
from comb.review.storage.memos import recode_memos
from comb.study.layout import Study
from tests.review.room import BOX, NEVER, Browser, Room, key, span

KNOWS = key(NEVER, "knowledge")


def note(ann: Browser, memo: str, code: str = "", status: int = 200) -> dict:
    """Write a memo on a code, or on the study."""
    return ann.post("/api/memos", status, base=ann.get("/api/memos")["version"], memo=memo, code=code)


def exported(study: Study) -> list[list[str]]:
    with study.memos.open(encoding="utf-8-sig", newline="") as file:
        return [
            [row[name] for name in ("about", "transcript", "code", "coder", "memo")] for row in csv.DictReader(file)
        ]


def test_a_memo_on_a_transcript_is_kept_undone_and_in_the_history(room: Room) -> None:
    ann = room.browser()
    ann.open()
    assert ann.act("note", memo="tired, short answers 🙂")["memo"] == "tired, short answers 🙂"
    assert ann.get()["memo"] == "tired, short answers 🙂"
    assert ann.get("history")[-1]["memo"] == "tired, short answers 🙂"
    assert ann.undo()["memo"] == ""
    assert ann.get()["memo"] == ""
    ann.redo()
    room.restart()
    assert room.browser().get()["memo"] == "tired, short answers 🙂"


def test_a_finished_transcript_takes_a_memo(room: Room) -> None:
    ann = room.browser(name="old")
    ann.open()
    ann.act("finish")
    ann.act("note", memo="after the end")
    assert ann.get()["memo"] == "after the end"


def test_memos_on_codes_and_the_study(room: Room) -> None:
    ann = room.browser()
    note(ann, "what the study is about")
    assert note(ann, "only plans, no wishes", "goals")["codes"] == {"goals": "only plans, no wishes"}
    assert "no such code" in note(ann, "?", "nothing", 400)["error"]
    found = ann.post("/api/memos/undo", base=2)
    assert (found["study"], found["codes"], found["can_redo"]) == ("what the study is about", {}, True)
    assert ann.post("/api/memos/redo", base=found["version"])["codes"] == {"goals": "only plans, no wishes"}
    ben = room.browser("Ben").get("/api/memos")
    assert (ben["study"], ben["codes"]) == ("", {}), "each coder has their own"


def test_a_memo_that_another_window_changed_is_not_overwritten(room: Room) -> None:
    one, other = room.browsers()
    one.post("/api/memos", base=0, window="a", id="a1", memo="first")
    refused = other.post("/api/memos", 409, base=0, window="b", id="b1", memo="second")
    assert refused["version"] == 1
    assert one.get("/api/memos")["study"] == "first"
    other.post("/api/memos/undo", 409, base=0)
    assert one.post("/api/memos", base=1, window="a", id="a1", memo="first")["version"] == 1, "sent twice, done once"


def test_an_undo_of_nothing_is_refused_in_words(room: Room) -> None:
    ann = room.browser()
    assert "nothing to undo" in ann.post("/api/memos/undo", 400, base=0)["error"]
    assert ann.post("/api/memos/undo", 409, base=7)["version"] == 0


def test_memos_are_exported_and_what_others_put_there_stays(room: Room) -> None:
    ann = room.browser()
    ann.open()
    ann.act("note", memo="=1+1, with a comma")
    note(ann, "only plans", "goals")
    room.study.memos.write_text("about,transcript,code,coder,memo,at\nstudy,,,Zoe,by hand,\n", encoding="utf-8")
    assert "memos.csv" in ann.post("/api/export")["files"]
    assert exported(room.study) == [
        ["code", "", "goals", "Ann", "only plans"],
        ["study", "", "", "Zoe", "by hand"],
        ["transcript", "new é", "", "Ann", "'=1+1, with a comma"],
    ]
    before = room.study.memos.read_bytes()
    assert "memos.csv" not in ann.post("/api/export")["files"]
    ann.act("note", memo="")
    note(ann, "", "goals")
    ann.post("/api/export")
    assert exported(room.study) == [["study", "", "", "Zoe", "by hand"]]
    assert room.study.memos.read_bytes() != before


def test_memos_follow_codes_that_are_renamed_and_merged(room: Room) -> None:
    ann = room.browser()
    for code, memo in (("goals", "of goals"), ("skills", "of skills"), ("emotion", "of emotion")):
        note(ann, memo, code)
    with room.database.write() as db:
        recode_memos(db, {"goals": "skills", "emotion": "knowledge", "habit": ""})
    found = ann.get("/api/memos")
    assert found["codes"] == {"skills": "of skills\n\nof goals", "knowledge": "of emotion"}
    assert not found["can_undo"], "what would come back is of codes that are no more"


def test_no_memos_no_file(local: Room) -> None:
    local.browser().post("/api/export")
    assert not local.study.memos.exists()


def test_unsure_is_a_flag_of_a_coding(room: Room) -> None:
    ann = room.browser()
    ann.open()
    coding = ann.act("accept", suggestion=KNOWS)["codings"][0]
    assert coding["unsure"] == ""
    assert ann.act("unsure", coding=coding["id"], unsure=True)["codings"][0]["unsure"] == "yes"
    assert ann.decided() == {KNOWS: "accepted"}, "the decision stays"
    ann.undo()
    assert ann.get()["codings"][0]["unsure"] == ""
    ann.redo()
    ann.act("unsure", suggestion=KNOWS, unsure=False)
    assert ann.get()["codings"][0]["unsure"] == ""


def test_unsure_comes_out_and_in_again(local: Room) -> None:
    ann = local.browser(name="old")
    ann.open()
    coding = ann.code(NEVER, "knowledge")
    ann.code(BOX, "goals")
    ann.post("/api/export")
    (path,) = local.study.codings.glob("Ann.csv")
    assert "unsure" not in path.read_text(encoding="utf-8").splitlines()[0], "no column that says nothing"
    ann.act("unsure", coding=coding, unsure=True)
    ann.post("/api/export")
    with path.open(encoding="utf-8-sig", newline="") as file:
        assert [row["unsure"] for row in csv.DictReader(file)] == ["yes", ""]
    local.database.close()
    local.study.review.unlink()
    local.restart()
    again = local.browser(name="old")
    assert [one["unsure"] for one in again.get()["codings"]] == ["yes", ""]
    assert not [name for name in again.post("/api/export")["files"] if name == "Ann.csv"], "nothing has changed"


@pytest.mark.parametrize("schema", [1, 2, 3])
def test_an_older_database_gets_flag_and_memos(plain: Study, schema: int) -> None:
    Database.open(plain.review).close()
    with sqlite3.connect(plain.review) as db:
        db.execute("DROP TABLE memos")
        db.execute("ALTER TABLE codings DROP COLUMN unsure")
        db.execute(f"UPDATE about SET schema = {schema}")
    room = Room(plain, plain.review)
    ann = room.browser()
    ann.open()
    start, end = span(BOX)
    coding = ann.act("code", start=start, end=end, code="goals")["codings"][0]["id"]
    ann.act("unsure", coding=coding, unsure=True)
    ann.act("note", memo="kept")
    room.restart()
    assert (room.browser().get()["memo"], room.browser().get()["codings"][0]["unsure"]) == ("kept", "yes")
    room.database.close()


def test_leads_are_told_what_files_could_not_be_used(plain: Study) -> None:
    ann = Room(plain, plain.review).browser()
    assert ann.get("/api/notes") == []
    (plain.root / "configs" / "codebook.yaml").write_text("codes: [", encoding="utf-8")
    ann.get("/api/codebook")
    (note,) = ann.get("/api/notes")
    assert "codebook.yaml" in note
