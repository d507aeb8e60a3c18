"""A transcript's file that changes moves no coding to other words: on the page, in the database, and in the files."""

import csv
import json
import sqlite3
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from comb.codings.anchors import text_digest
from comb.review.storage.database import codings, decisions, settled
from comb.review.storage.drafts import rows
from comb.review.storage.reanchor import without_place
from comb.study.files import write_rows
from comb.study.layout import Study
from tests.review.room import BOX, FORGOT, GP, NEVER, TEXT, WIFE, Room, key, make_study, span

MORE = "Ten more. "


def write(study: Study, text: str, name: str = "old") -> None:
    """Change a transcript's file."""
    folder = study.new if name == "new é" else study.raw
    (folder / f"{name}.txt").write_bytes(text.encode())


def in_files(study: Study) -> list[tuple[str, str]]:
    """Read the quote and the code of each coding in the study's files, and check offsets."""
    found = []
    for path in sorted(study.codings.glob("*.csv")):
        if path.name == "coverage.csv":
            continue
        with path.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                text = (study.raw / f"{row['transcript']}.txt").read_bytes().decode()
                assert text[int(row["start"]) : int(row["end"])] == row["quote"]
                found.append((row["quote"], row["code"]))
    return sorted(found)


def listed(study: Study) -> list[tuple[str, str, str]]:
    """Read kind, code and quote of what has no place."""
    if not study.without_place.exists():
        return []
    with study.without_place.open(encoding="utf-8", newline="") as lines:
        return sorted((row["kind"], row["code"], row["quote"]) for row in csv.DictReader(lines))


CODED = [(NEVER, "knowledge"), (GP, "intentions"), (BOX, "goals")]


def coded(room: Room, name: str = "old"):
    """Code three passages."""
    ann = room.browser(name=name)
    ann.open()
    for words, code in CODED:
        ann.code(words, code, memo=f"on {code}")
    return ann


@pytest.mark.parametrize("exported", [False, True])
def test_words_put_in_before_a_restart_move_codings_with_theirs(room: Room, exported: bool) -> None:
    ann = coded(room)
    if exported:
        ann.post("/api/export")
    write(room.study, "Eleven more" + TEXT)
    room.restart()
    ann = room.browser(name="old")
    assert [(words, code) for words, code, *_ in ann.codings()] == CODED
    ann.post("/api/export")
    assert in_files(room.study) == sorted(CODED)
    assert any("3 moved with their words" in note for note in room.notes)


def test_words_put_in_while_the_server_runs(room: Room) -> None:
    ann = coded(room)
    write(room.study, TEXT.replace("P1: I never", "P1: Well. I never"))
    assert [(words, code) for words, code, *_ in ann.codings()] == CODED
    assert ann.get("history")[-1]["act"] == "reanchor"


def test_an_export_notices_a_text_that_nobody_opened_again(room: Room) -> None:
    ann = coded(room)
    write(room.study, MORE + TEXT)
    done = ann.post("/api/export")
    assert in_files(room.study) == sorted(CODED)
    assert any("its file was changed" in note for note in done["notes"])


def test_words_taken_out_leave_their_coding_listed_and_kept(room: Room) -> None:
    ann = coded(room)
    ann.post("/api/export")
    write(room.study, TEXT.replace(f" {GP}", ""))
    room.restart()
    ann = room.browser(name="old")
    body = ann.get()
    assert [(words, code) for words, code, *_ in ann.codings()] == [CODED[0], CODED[2]]
    assert [(lost["quote"], lost["code"], lost["memo"]) for lost in body["lost"]] == [
        (GP, "intentions", "on intentions")
    ]
    ann.post("/api/export")
    assert in_files(room.study) == sorted([CODED[0], CODED[2]])
    assert listed(room.study) == [("codings", "intentions", GP)]
    assert any("1 no longer in the text" in note for note in room.notes)
    assert [item["lost"] for item in ann.get("/api/transcripts") if item["id"] == "old"] == [1]


def test_what_was_lost_is_back_with_its_words(room: Room) -> None:
    ann = coded(room)
    write(room.study, TEXT.replace(f" {GP}", ""))
    assert len(ann.open()["lost"]) == 1
    write(room.study, MORE + TEXT)
    assert ann.open()["lost"] == []
    assert [(words, code) for words, code, *_ in ann.codings()] == CODED
    assert listed(room.study) == []


def test_a_coder_puts_a_lost_coding_on_other_words_or_removes_it(room: Room) -> None:
    ann = coded(room)
    write(room.study, TEXT.replace(GP, "The doctor says so."))
    (lost,) = ann.open()["lost"]
    start = TEXT.index(GP)
    ann.act("span", coding=lost["id"], start=start, end=start + len("The doctor says so."))
    assert ("The doctor says so.", "intentions", "", "Ann") in ann.codings()
    assert ann.get()["lost"] == []
    ann.undo()
    assert len(ann.get()["lost"]) == 1
    ann.act("uncode", coding=lost["id"])
    assert ann.get()["lost"] == []


def test_undo_and_redo_go_on_across_a_change(room: Room) -> None:
    ann = coded(room)
    first = next(coding for coding in ann.get()["codings"] if coding["code"] == "knowledge")
    ann.act("uncode", coding=first["id"])
    write(room.study, MORE + TEXT)
    ann.open()
    ann.undo()
    assert [(words, code) for words, code, *_ in ann.codings()] == CODED
    ann.undo()
    ann.undo()
    ann.undo()
    assert ann.codings() == []
    for _ in CODED:
        ann.redo()
    assert [(words, code) for words, code, *_ in ann.codings()] == CODED


def test_decisions_move_with_their_words_and_can_be_undone(room: Room) -> None:
    ann = room.browser()
    ann.open()
    ann.act("accept", suggestion=key(NEVER, "knowledge"))
    ann.act("reject", suggestion=key(FORGOT, "knowledge"))
    write(room.study, MORE + TEXT, "new é")
    ann.open()
    start, end = span(NEVER)
    with room.database.read() as db:
        found = {row["suggestion"]: row["quote"] for row in rows(db, decisions)}
    assert found[f"{start + len(MORE)}-{end + len(MORE)}:knowledge"] == NEVER
    assert sorted(found.values()) == sorted([NEVER, FORGOT])
    ann.undo()
    ann.undo()
    assert ann.codings() == []
    with room.database.read() as db:
        assert rows(db, decisions) == []


def test_suggestions_for_the_old_text_are_not_shown_on_the_new(room: Room) -> None:
    ann = room.browser()
    assert ann.open()["suggestions"]
    write(room.study, MORE + TEXT, "new é")
    assert ann.open()["suggestions"] == []


def test_an_act_on_the_text_as_it_was_is_refused(room: Room) -> None:
    ann = room.browser(name="old")
    old = ann.open()["text_digest"]
    assert old == text_digest(TEXT)
    write(room.study, MORE + TEXT)
    start, end = span(GP)
    refused = ann.act("code", 409, start=start, end=end, code="goals", text=old)
    assert "changed" in refused["error"]
    ann.open()
    assert ann.codings() == []


def test_an_act_on_a_version_before_the_change_is_a_conflict(room: Room) -> None:
    ann = coded(room)
    write(room.study, MORE + TEXT)
    start, end = span(WIFE)
    assert ann.act("code", 409, start=start, end=end, code="goals")["transcript"]["text"] == MORE + TEXT


def test_the_consensus_moves_too(room: Room) -> None:
    for coder, code in (("Ann", "knowledge"), ("Ben", "goals")):
        one = room.browser(coder, name="old")
        one.open()
        one.code(NEVER, code)
        one.act("finish")
    ann = room.browser(name="old")
    unit = next(unit for unit in ann.get("adjudication")["units"] if not unit["agree"])
    body = {"start": unit["start"], "end": unit["end"], "codes": [{"code": "goals"}], "memo": "settled"}
    ann.post("adjudicate", base=0, **body)
    write(room.study, MORE + TEXT)
    ann.open()
    with room.database.read() as db:
        (note,) = rows(db, settled)
        (coding,) = rows(db, codings, coder="consensus")
    assert (MORE + TEXT)[note["start"] : note["end"]] == note["quote"] == coding["quote"] == unit["quote"]
    unit = next(unit for unit in ann.get("adjudication")["units"] if not unit["agree"])
    assert (unit["consensus"], unit["memo"]) == ([{"code": "goals", "valence": ""}], "settled")


def test_a_blind_audit_keeps_its_sample_on_its_words(room: Room) -> None:
    ann = room.browser()
    ann.post("mode", mode="audit")
    body = ann.open()
    before = [body["text"][start:end] for start, end in body["audit"]]
    write(room.study, MORE + TEXT, "new é")
    body = ann.open()
    assert [body["text"][start:end] for start, end in body["audit"]] == before


@pytest.mark.parametrize("codec", ["utf-16", "utf-8-sig"])
def test_another_encoding_of_the_same_text_changes_nothing(room: Room, codec: str) -> None:
    ann = coded(room)
    (room.study.raw / "old.txt").write_bytes(TEXT.replace("\n", "\r\n").encode(codec))
    found = ann.get()
    assert [(words, code) for words, code, *_ in ann.codings()] == CODED
    assert (found["lost"], ann.get("history")[-1]["act"]) == ([], "code")


def test_a_replaced_file_leaves_all_listed(room: Room) -> None:
    ann = coded(room)
    ann.post("/api/export")
    write(room.study, "P9: I speak of something else altogether.\n")
    room.restart()
    ann = room.browser(name="old")
    assert ann.codings() == []
    ann.post("/api/export")
    assert in_files(room.study) == []
    assert len(listed(room.study)) == 3


def test_a_deleted_and_a_renamed_file_are_said(room: Room) -> None:
    ann = coded(room)
    ann.post("/api/export")
    (room.study.raw / "old.txt").rename(room.study.raw / "other.txt")
    assert "is gone" in ann.post("acts", 409, act="finish", base=ann.version)["error"]
    room.restart()
    other = room.browser(name="other")
    assert any(
        "old: its file is gone. Its codings (3) are kept" in note and "other has the same text" in note
        for note in room.notes
    )
    other.post("/api/export")
    (room.study.raw / "other.txt").rename(room.study.raw / "old.txt")
    room.restart()
    assert [(words, code) for words, code, *_ in room.browser(name="old").codings()] == CODED


def test_a_row_of_a_file_that_nobody_knows_is_still_an_error(room: Room) -> None:
    coded(room).post("/api/export")
    row = ("old", "", "", "said by nobody at all in this interview", "goals", "Ann")
    write_rows(room.study.codings / "more.csv", ("transcript", "start", "end", "quote", "code", "coder"), [row])
    with pytest.raises(Exception, match="occurs nowhere"):
        room.browser()


def test_a_database_of_the_version_before_is_taken_over_whole(plain: Study) -> None:
    room = Room(plain, plain.review)
    ann = coded(room)
    coding = ann.get()["codings"][0]
    ann.act("uncode", coding=coding["id"])
    room.database.close()
    to_version_1(plain.review)
    room = Room(plain, plain.review)
    ann = room.browser(name="old")
    assert [(words, code) for words, code, *_ in ann.codings()] == CODED[1:]
    ann.open()
    ann.undo()
    write(plain, MORE + TEXT)
    assert [(words, code) for words, code, *_ in ann.codings()] == CODED
    room.database.close()


def to_version_1(path: Path) -> None:
    """Make a database as the version before made it: offsets only."""
    with sqlite3.connect(path) as db:
        for table, names in (
            ("codings", ("quote", "around", "text_digest", "blind")),
            ("decisions", ("quote", "around", "text_digest")),
            ("settled", ("quote", "around", "text_digest")),
            ("progress", ("blind",)),
        ):
            for name in names:
                db.execute(f"ALTER TABLE {table} DROP COLUMN {name}")
        db.execute("DROP TABLE texts")
        db.execute("DROP TABLE looks")
        for number, text in db.execute("SELECT id, changes FROM acts").fetchall():
            changes = json.loads(text)
            for change in changes:
                for side in ("before", "after"):
                    for name in ("quote", "around", "text_digest", "blind"):
                        (change[side] or {}).pop(name, None)
            db.execute("UPDATE acts SET changes = ? WHERE id = ?", (json.dumps(changes), number))
        db.execute("UPDATE about SET schema = 1")
    db.close()


EDITS = st.lists(
    st.tuples(
        st.integers(0, len(TEXT)), st.integers(0, 30), st.sampled_from(["", "no ", "Well, yes.\n\nP1: ", "é 🙂 "])
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits=EDITS, undone=st.integers(0, 2))
def test_every_coding_is_on_its_words_or_listed(
    tmp_path_factory: pytest.TempPathFactory, edits: list, undone: int
) -> None:
    study = make_study(tmp_path_factory.mktemp("property") / "study")
    room = Room(study, study.review)
    ann = coded(room)
    for _ in range(undone):
        ann.undo()
    quotes = sorted(coding[0] for coding in ann.codings())
    text = TEXT
    for at, gone, new in edits:
        text = text[:at] + new + text[at + gone :]
    write(study, text)
    ann.open()
    with room.database.read() as db:
        for row in rows(db, codings):
            assert row["start"] < 0 or text[row["start"] : row["end"]] == row["quote"]
            assert row["text_digest"] == (text_digest(text) if row["start"] >= 0 else row["text_digest"])
    lost = [row["quote"] for row in without_place(room.database)]
    assert len(ann.codings()) + len(lost) == len(quotes)
    for _ in range(undone):
        ann.redo()
    assert len(ann.codings()) + len(without_place(room.database)) == len(CODED)
    room.database.close()
