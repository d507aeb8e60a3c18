"""Between the database and the study's files: what is there comes in, what was decided goes out."""

import re
from pathlib import Path

import pytest

from comb.codings.alignment import UNREAD, align
from comb.codings.codings_csv import read_codings, read_decisions
from comb.exchange.colors import contrast
from comb.records import Coding
from comb.review.domain.views import PAPER
from comb.review.storage.library import open_library
from comb.study.files import read_rows, write_rows
from comb.study.layout import Study
from tests.conftest import ROOT
from tests.review.room import BOX, FORGOT, GP, MODEL, NEVER, TEXT, WIFE, Browser, Room, key, span

HEADER = ("transcript", "quote", "code", "valence", "coder", "mood")
ROWS = [
    ("old", NEVER, "knowledge", "barrier", "Bea", "calm"),
    ("old", GP, "intentions", "", "Bea", ""),
    ("old", WIFE, "social_influences", "", "Cem", "glad"),
]


def given(study: Study, rows: list[tuple], name: str = "all.csv", header: tuple = HEADER) -> Path:
    """Write a codings CSV as a researcher might have: quotes only, and a column of one's own."""
    path = study.codings / name
    write_rows(path, header, rows)
    return path


def codings(study: Study) -> set[tuple[str, str, str, str]]:
    """Read the study's codings as training does, from the files."""
    library, _ = open_library(study)
    raw = {name: t for name, t in library.transcripts.items() if library[name].source == "raw"}
    return {(c.transcript, c.quote, c.code, c.coder) for c in read_codings(study.codings, raw).codings}


def coverage(study: Study) -> list[tuple[str, str]] | None:
    path = study.codings / "coverage.csv"
    return (
        [(r["transcript"], r["coder"]) for _, r in read_rows(path, ("transcript", "coder"))] if path.exists() else None
    )


def see_all(browser: Browser) -> None:
    browser.act("seen", suggestions=[s["id"] for s in browser.open()["suggestions"]])


def contents(study: Study) -> dict[str, bytes]:
    return {p.relative_to(study.data).as_posix(): p.read_bytes() for p in study.data.rglob("*") if p.is_file()}


# ---- coming in


def test_codings_that_are_there_are_shown_and_are_finished(room: Room) -> None:
    given(room.study, ROWS)
    bea = room.browser("Bea", name="old")
    found = bea.open()
    assert set(bea.codings()) == {
        (NEVER, "knowledge", "barrier", "Bea"),
        (GP, "intentions", "", "Bea"),
        (WIFE, "social_influences", "", "Cem"),
    }
    assert found["finished"], "without coverage.csv, who coded in a transcript has read it"
    assert not found["can_undo"]
    ids = {c["id"] for c in found["codings"]}
    room.restart()
    assert {c["id"] for c in room.browser("Bea", name="old").get()["codings"]} == ids


def test_coverage_says_who_has_finished(room: Room) -> None:
    given(room.study, ROWS)
    given(room.study, [("old", "Cem")], "coverage.csv", ("transcript", "coder"))
    assert not room.browser("Bea", name="old").get()["finished"]
    assert room.browser("Cem", name="old").get()["finished"]


def test_opening_and_exporting_without_an_act_writes_nothing(room: Room) -> None:
    given(room.study, ROWS)
    before = contents(room.study)
    done = room.browser("Bea").post("/api/export")
    assert done == {"files": [], "codings": 0, "notes": []}
    assert contents(room.study) == before


def test_a_file_changed_by_hand_is_taken_over(room: Room) -> None:
    given(room.study, ROWS)
    kept = {c["code"]: c["id"] for c in room.browser("Bea", name="old").get()["codings"]}
    given(room.study, [ROWS[0], ("old", BOX, "goals", "", "Bea", ""), ROWS[2]])
    bea = room.browser("Bea", name="old")
    assert {code for _, code, _, coder in bea.codings() if coder == "Bea"} == {"knowledge", "goals"}
    assert {c["id"] for c in bea.get()["codings"]} >= {kept["knowledge"], kept["social_influences"]}
    assert room.notes == []
    bea.open()
    bea.undo()
    assert {code for _, code, _, coder in bea.codings() if coder == "Bea"} == {"knowledge", "intentions"}


def test_changed_on_both_sides_the_page_stands_and_the_file_is_kept(room: Room) -> None:
    path = given(room.study, ROWS)
    bea = room.browser("Bea", name="old")
    bea.open()
    bea.act("reopen")
    bea.code(BOX, "emotion")
    theirs = given(room.study, [("old", FORGOT, "goals", "", "Bea", "")]).read_bytes()
    bea = room.browser("Bea", name="old")
    (note,) = room.notes
    assert "old, coder Bea: changed both" in note
    assert {code for _, code, _, coder in bea.codings() if coder == "Bea"} == {"knowledge", "intentions", "emotion"}
    done = bea.post("/api/export")
    assert done["notes"] == [note]
    assert [p.read_bytes() for p in room.study.replaced.glob(f"{path.stem}-*.csv")] == [theirs]
    assert ("old", BOX, "emotion", "Bea") in codings(room.study)
    assert ("old", FORGOT, "goals", "Bea") not in codings(room.study)


def test_a_broken_codings_file_is_named(local: Room) -> None:
    from comb.errors import BadInputError

    given(local.study, [("old", "words that nobody said", "goals", "", "Bea", "")])
    with pytest.raises(BadInputError, match=r"all\.csv"):
        local.api()


# ---- going out


def test_export_is_what_training_reads(room: Room) -> None:
    ann = room.browser("Ann", name="old")
    ann.open()
    ann.code(NEVER, "knowledge", valence="barrier", memo='"quoted", = and\nmore')
    ann.code("habit, I suppose", "reinforcement")
    ann.act("finish")
    done = ann.post("/api/export")
    assert (done["files"], done["codings"]) == (["Ann.csv"], 2)
    library, _ = open_library(room.study)
    read = read_codings(room.study.codings, {"old": library.transcripts["old"]})
    start, end = span(NEVER)
    (first,) = (c for c in read.codings if c.code == "knowledge")
    assert first == Coding(
        "old", start, end, NEVER, "knowledge", "barrier", "Ann", '"quoted", = and\nmore', first.created_at, "hand"
    )
    assert read.warnings == ()
    assert read.coverage is None, "who coded has finished: the codings alone say so"
    room.restart()
    assert room.browser("Ann").post("/api/export")["files"] == [], "nothing has changed since"


def test_what_was_accepted_keeps_model_and_score_in_the_files(room: Room) -> None:
    ann = room.browser("Ann")
    see_all(ann)
    ann.act("accept", suggestion=key(NEVER, "knowledge"))
    ann.act("recode", suggestion=key(WIFE, "social_influences"), code="goals")
    ann.act("reject", suggestion=key(GP, "intentions"), memo="no resolve")
    ann.act("finish")
    ann.post("/api/export")
    rows = [row for _, row in read_rows(room.study.codings / "Ann.csv", ("score", "model", "origin"))]
    assert {(r["code"], r["origin"], r["model"], r["score"]) for r in rows} == {
        ("knowledge", "suggestion", MODEL, "0.9"),
        ("goals", "suggestion", MODEL, "0.8"),
    }
    decided = read_decisions(room.study.decisions)
    assert {(d.code, d.verdict, d.score, d.model, d.coder, d.memo) for d in decided} == {
        ("knowledge", "accepted", 0.9, MODEL, "Ann", ""),
        ("social_influences", "changed", 0.8, MODEL, "Ann", ""),
        ("intentions", "rejected", 0.6, MODEL, "Ann", "no resolve"),
    }


def test_decisions_that_came_another_way_stay(room: Room) -> None:
    from comb.codings.codings_csv import write_decisions
    from comb.records import Decision

    word = Decision("new é", *span(NEVER), "knowledge", "", 0.9, 0.3, MODEL, "rejected", "Ann", "2026-01-01T00:00:00Z")
    write_decisions(room.study.decisions, [word])
    ann = room.browser("Ann")
    ann.open()
    ann.act("accept", suggestion=key(NEVER, "knowledge"))
    ann.post("/api/export")
    assert [d.verdict for d in read_decisions(room.study.decisions)] == ["rejected", "accepted"]
    ann.undo()
    ann.post("/api/export")
    assert read_decisions(room.study.decisions) == [word], "what was taken back here goes, what was not stays"


def test_a_finished_new_transcript_becomes_training_material(room: Room) -> None:
    ann = room.browser("Ann")
    see_all(ann)
    ann.act("accept", suggestion=key(NEVER, "knowledge"))
    done = ann.post("/api/export")
    assert done["files"] == ["reviewed/Ann.csv", "decisions.csv"]
    assert "nobody has finished it" in done["notes"][0]
    assert codings(room.study) == set()
    ann.act("finish")
    done = ann.post("/api/export")
    assert done["notes"] == ["new é: new é.txt moved from data/new to data/raw, so that training reads it."]
    assert (room.study.raw / "new é.txt").read_bytes() == TEXT.encode()
    assert list(room.study.new.iterdir()) == list(room.study.reviewed.iterdir()) == []
    assert codings(room.study) == {("new é", NEVER, "knowledge", "Ann")}
    assert ann.get()["source"] == "raw"
    room.restart()
    ann = room.browser("Ann")
    assert ann.codings() == [(NEVER, "knowledge", "barrier", "Ann")]
    assert ann.decided() == {key(NEVER, "knowledge"): "accepted"}


def test_a_transcript_to_measure_by_stays_out_of_training(room: Room) -> None:
    room.study.reference.mkdir()
    write_rows(room.study.reference / "R.csv", HEADER[:5], [("new é", NEVER, "knowledge", "", "R")])
    ann = room.browser("Ann")
    see_all(ann)
    ann.act("accept", suggestion=key(NEVER, "knowledge"))
    ann.act("finish")
    done = ann.post("/api/export")
    assert "data/reference" in done["notes"][0]
    assert (room.study.new / "new é.txt").exists()
    assert not (room.study.codings / "Ann.csv").exists()
    rows = [row for _, row in read_rows(room.study.reviewed / "Ann.csv", ("code",))]
    assert [row["code"] for row in rows] == ["knowledge"]


def test_another_file_of_the_name_is_not_overwritten(room: Room) -> None:
    (room.study.raw / "new é.txt").mkdir()
    ann = room.browser("Ann")
    see_all(ann)
    ann.act("finish")
    assert "another file" in ann.post("/api/export")["notes"][0]
    assert (room.study.new / "new é.txt").exists()


def test_rows_and_columns_of_others_stay(room: Room) -> None:
    path = given(room.study, ROWS)
    original = path.read_bytes()
    bea = room.browser("Bea", name="old")
    bea.open()
    bea.act("reopen")
    bea.act("uncode", coding=next(c["id"] for c in bea.get()["codings"] if c["code"] == "intentions"))
    bea.act("finish")
    assert bea.post("/api/export")["files"] == ["Bea.csv", "all.csv"]
    assert [tuple(row[name] for name in HEADER) for _, row in read_rows(path, ("mood",))] == [ROWS[2]]
    assert codings(room.study) == {("old", NEVER, "knowledge", "Bea"), ("old", WIFE, "social_influences", "Cem")}
    assert [p.read_bytes() for p in room.study.replaced.iterdir()] == [original], "what an export replaces is kept"
    bea.act("reopen")
    bea.code(BOX, "goals")
    bea.act("finish")
    bea.post("/api/export")
    assert len(list(room.study.replaced.iterdir())) == 1, "what an export itself wrote is not"


@pytest.mark.parametrize(
    ("header", "old", "coder"),
    [
        (("Transcript", "Excerpt", "Theme", "Direction", "Coded by", "mood"), "old.docx", "Bea"),
        (HEADER, "OLD", "Bea"),
        (HEADER, "old", "bea"),
    ],
)
def test_tables_in_other_words_are_written_plainly_before_an_export(
    local: Room, header: tuple, old: str, coder: str
) -> None:
    given(
        local.study,
        [(old, NEVER, "Knowledge", "B", coder, "calm"), ("old", WIFE, "goals", "", "Bea", "")],
        header=header,
    )
    bea = local.browser("Bea", name="old")
    bea.open()
    bea.act("reopen")
    bea.code(BOX, "emotion")
    bea.act("finish")
    bea.post("/api/export")
    assert codings(local.study) == {
        ("old", NEVER, "knowledge", "Bea"),
        ("old", WIFE, "goals", "Bea"),
        ("old", BOX, "emotion", "Bea"),
    }
    assert len(list(local.study.replaced.iterdir())) >= 1


def test_own_file_of_a_coder_keeps_other_transcripts(room: Room) -> None:
    (room.study.raw / "older.txt").write_bytes(TEXT.encode())
    given(room.study, [ROWS[0], ("older", GP, "goals", "", "Bea", "calm")], "Bea.csv")
    bea = room.browser("Bea", name="old")
    bea.open()
    bea.act("reopen")
    bea.code(BOX, "emotion")
    bea.act("finish")
    bea.post("/api/export")
    assert codings(room.study) == {
        ("old", NEVER, "knowledge", "Bea"),
        ("old", BOX, "emotion", "Bea"),
        ("older", GP, "goals", "Bea"),
    }
    rows = [row for _, row in read_rows(room.study.codings / "Bea.csv", ("mood",))]
    assert [row["mood"] for row in rows if row["transcript"] == "older"] == ["calm"]


@pytest.mark.parametrize("name", ["coverage", "../../x", "a/b", "Zoë 1", "...", "CON:"])
def test_any_name_of_a_coder_is_a_file(local: Room, name: str) -> None:
    ann = local.browser(name, name="old")
    ann.open()
    ann.code(NEVER, "knowledge")
    ann.act("finish")
    (written,) = ann.post("/api/export")["files"]
    assert (local.study.codings / written).parent == local.study.codings
    assert codings(local.study) == {("old", NEVER, "knowledge", name)}


# ---- what was read


def views(study: Study, coder: str, name: str) -> list[bool]:
    """Tell, for each segment in order, whether training takes it as read by a coder."""
    library, _ = open_library(study)
    raw = {n: t for n, t in library.transcripts.items() if library[n].source == "raw"}
    segments = library[name].segments
    view = align(segments, read_codings(study.codings, raw), library.codebook, "", 0.5).coders[coder]
    return [bool((row != UNREAD).any()) for row in view.codes]


def test_an_unfinished_transcript_counts_only_where_it_was_read(room: Room) -> None:
    (room.study.new / "new é.txt").rename(room.study.raw / "new é.txt")
    ann = room.browser("Ann")
    ann.open()
    ann.act("accept", suggestion=key(NEVER, "knowledge"))
    ann.act("reject", suggestion=key(FORGOT, "knowledge"))
    ann.act("reject", suggestion=key(WIFE, "social_influences"))
    ann.post("/api/export")
    assert coverage(room.study) == []
    texts = [s.text for s in open_library(room.study)[0]["new é"].segments]
    read = dict(zip(texts, views(room.study, "Ann", "new é"), strict=True))
    assert [words for words in texts if read[words]] == [NEVER, FORGOT], "one suggestion of another is still open"
    room.restart()
    ann = room.browser("Ann")
    assert ann.codings() == [(NEVER, "knowledge", "barrier", "Ann")]
    assert ann.post("/api/export")["files"] == []


def test_coverage_of_those_who_never_opened_the_page_stays(room: Room) -> None:
    given(room.study, ROWS)
    (room.study.new / "new é.txt").rename(room.study.raw / "new é.txt")
    ann = room.browser("Ann")
    ann.open()
    ann.act("accept", suggestion=key(NEVER, "knowledge"))
    ann.post("/api/export")
    assert coverage(room.study) == [("old", "Bea"), ("old", "Cem")]
    assert all(views(room.study, "Cem", "old"))


def test_finished_without_a_code_is_read(room: Room) -> None:
    ann = room.browser("Ann", name="old")
    ann.open()
    ann.act("finish")
    ann.post("/api/export")
    assert coverage(room.study) == [("old", "Ann")]
    ann.act("reopen")
    ann.post("/api/export")
    assert coverage(room.study) == []


def test_a_finished_audit_says_what_was_read(room: Room) -> None:
    (room.study.new / "new é.txt").rename(room.study.raw / "new é.txt")
    ann = room.browser("Ann")
    ann.post("mode", mode="audit")
    sample = ann.open()["audit"]
    start, end = sample[0]
    ann.act("code", start=start, end=end, code="emotion")
    ann.act("finish")
    ann.post("/api/export")
    rows = [row for _, row in read_rows(room.study.codings / "Ann.csv", ("origin",))]
    assert {(int(r["start"]), int(r["end"])): (r["code"], r["origin"]) for r in rows} == {
        (start, end): ("emotion", "hand"),
        **{tuple(place): ("", "audit") for place in sample[1:]},
    }
    assert coverage(room.study) == []


def test_suggestions_of_another_text_are_left_out(local: Room) -> None:
    (local.study.new / "new é.txt").write_bytes(b"P1: Other words altogether, and many more of them than before.\n" * 9)
    api = local.api()
    assert api.library["new é"].suggestions == {}
    assert "another version of the text" in api.library.notes[0]


def test_colours_of_codes_stand_out_on_the_pages_own_paper(room: Room) -> None:
    css = (ROOT / "pipeline" / "comb" / "review" / "static" / "base.css").read_text(encoding="utf-8")
    papers = re.findall(r"--paper: (#[0-9a-f]{6});", css)
    assert [paper.upper() for paper in papers] == list(PAPER.values()), "the style sheet has other papers"
    codes = room.api().views.codebook()["codes"]
    assert codes
    for code in codes:
        for scheme, paper in PAPER.items():
            assert contrast(code["color"][scheme], paper) >= 3, f"{code['id']} on {scheme} paper"
