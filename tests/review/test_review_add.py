"""Files that are added on the page: sent, looked at, corrected, brought in."""

from pathlib import Path
from typing import Any

import pytest

from comb.review.storage.database import looks
from comb.review.storage.drafts import rows
from comb.review.storage.uploads import Uploads
from comb.study.layout import Study
from tests.review.room import BOX, NEVER, TEXT, WIFE, Browser, Room

HEADER = "transcript,quote,code,valence,coder\n"
OTHER = TEXT.replace("tablets", "inhalers").replace("INT:", "Megan:").replace("P1:", "Nia:")


class Adder:
    """The page on which files are added, without a screen."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.batch = browser.post("/api/add")["batch"]
        self.files: dict[str, dict[str, Any]] = {}
        self.speakers: list[dict[str, str]] = []

    def send(self, name: str, data: str | bytes, status: int = 200) -> Any:
        body = data if isinstance(data, bytes) else data.encode()
        address = f"/api/add/{self.batch}/files"
        answer = self.browser.http.post(address, content=body, headers={"X-Comb-Name": name})
        assert answer.status_code == status, answer.text
        return answer.json()

    def handle(self, name: str, **how: Any) -> None:
        self.files.setdefault(name, {"name": name}).update(how)

    def preview(self) -> Any:
        return self._post("preview")

    def apply(self, status: int = 200) -> Any:
        return self._post("apply", status)

    def _post(self, what: str, status: int = 200) -> Any:
        body = {"files": list(self.files.values()), "speakers": self.speakers}
        return self.browser.post(f"/api/add/{self.batch}/{what}", status, **body)


@pytest.fixture
def adder(local: Room) -> Adder:
    return Adder(local.browser(name="old"))


def files_of(study: Study) -> dict[str, bytes]:
    """Return all files of a study's data."""
    return {path.name: path.read_bytes() for path in study.data.rglob("*") if path.is_file()}


def test_a_preview_says_what_was_understood_and_changes_nothing(adder: Adder, plain: Study) -> None:
    before = files_of(plain)
    adder.send("Ward 1.txt", OTHER)
    found = adder.preview()
    assert found["ready"]
    (one,) = found["transcripts"]
    assert (one["id"], one["turns"], one["language"], one["there"]) == ("Ward 1", 5, "", "")
    assert {s["speaker"]: (s["role"], s["source"]) for s in one["speakers"]} == {
        "Megan": ("interviewer", "proposed"),
        "Nia": ("participant", "proposed"),
    }
    assert one["segments"] == 8
    assert files_of(plain) == before


def test_what_is_confirmed_comes_in_with_the_transcript(adder: Adder, plain: Study) -> None:
    adder.send("Ward 1.txt", OTHER)
    adder.speakers = [
        {"transcript": "Ward 1", "speaker": "Megan", "role": "interviewer"},
        {"transcript": "Ward 1", "speaker": "Nia", "role": "participant"},
    ]
    assert adder.apply()["transcripts"] == ["Ward 1"]
    assert (plain.raw / "Ward 1.txt").read_text(encoding="utf-8") == OTHER
    assert {row.speaker: row.role for row in plain.roles.rows} == {"Megan": "interviewer", "Nia": "participant"}
    listed = {item["id"]: item for item in adder.browser.get("/api/transcripts")}
    assert (listed["Ward 1"]["source"], listed["Ward 1"]["unconfirmed"]) == ("raw", False)
    assert not list(plain.state.glob("*.tmp"))
    adder.browser.post(f"/api/add/{adder.batch}/preview", 404, files=[])


def test_a_transcript_may_be_for_suggestions(adder: Adder, plain: Study) -> None:
    adder.send("Ward 1.txt", OTHER)
    adder.handle("Ward 1.txt", fresh=True)
    assert adder.preview()["transcripts"][0]["fresh"]
    adder.apply()
    assert (plain.new / "Ward 1.txt").exists()


def test_a_quote_taken_with_other_letters_and_a_coder_in_two_spellings_are_shown(adder: Adder) -> None:
    """Both stood only among the names of the files, and the coders were listed in both spellings."""
    typo = WIFE.replace("puts", "ptus")
    adder.send("team.csv", HEADER + f"old,{typo},knowledge,barrier,Megan\nold,{BOX},goals,barrier,megan \n")
    (found,) = adder.preview()["codings"]
    assert (found["placed"], found["coders"]) == (2, ["Megan"])
    assert found["spellings"] == ["coder 'megan' is read as 'Megan'"]
    (repaired,) = found["repaired"]
    assert (repaired["row"], repaired["quote"], repaired["passage"]["words"]) == (2, typo, WIFE)


def test_codes_and_quotes_are_corrected_and_the_rest_waits(adder: Adder, plain: Study) -> None:
    table = HEADER + "".join(
        f"{row}\n"
        for row in (
            f"old,{NEVER},knowledge,barrier,Ann",
            f"old,{BOX},Gaols,barrier,Ben",
            "old,My wife lays them out for me each day.,social_influences,facilitator,Ben",
            "old,Nobody ever said this at all in here.,knowledge,barrier,Ann",
            "old,It is habit,reinforcement,barrier,Ann",
        )
    )
    adder.send("team.csv", table)
    (found,) = adder.preview()["codings"]
    assert (found["rows"], found["placed"], found["coders"]) == (5, 2, ["Ann"])
    assert [(one["written"], one["rows"], one["nearest"][0]) for one in found["unknown"]] == [("Gaols", 1, "goals")]
    assert [row["row"] for row in found["to_fix"]] == [4, 5]
    passage = found["to_fix"][0]["passages"][0]
    assert passage["words"].endswith(WIFE)
    adder.apply(400)
    assert not list(plain.codings.glob("*.csv"))
    assert not plain.to_correct.exists(), "the page asks first"

    fix = {"row": 4, "transcript": passage["transcript"], "spans": passage["spans"]}
    adder.handle("team.csv", codes={"Gaols": "goals"}, rows=[fix], to_correct=[5])
    ready = adder.preview()
    assert ready["ready"]
    assert (ready["codings"][0]["placed"], ready["codings"][0]["later"], ready["codings"][0]["to_fix"]) == (4, 1, [])
    adder.apply()
    written = (plain.codings / "team.csv").read_text(encoding="utf-8")
    assert WIFE in written
    assert "goals" in written
    assert len(written.splitlines()) == 5
    waits = plain.to_correct / "team to correct.csv"
    assert "Nobody ever said this" in waits.read_text(encoding="utf-8-sig")

    again = Adder(adder.browser)
    corrected = waits.read_text(encoding="utf-8-sig").replace("Nobody ever said this at all in here.", "I do try.")
    again.send(waits.name, corrected)
    assert again.preview()["ready"]
    again.apply()
    assert "I do try." in (plain.codings / waits.name).read_text(encoding="utf-8")
    assert (plain.codings / "team.csv").read_text(encoding="utf-8") == written
    assert not waits.exists()


def test_an_edited_quote_is_looked_for_again_and_a_row_left_out(adder: Adder, plain: Study) -> None:
    adder.send(
        "team.csv", HEADER + f"old,I do not recall it,knowledge,,Ann\nold,{BOX},goals,,Ann\nold,xx yy zz,goals,,Ann\n"
    )
    adder.handle("team.csv", rows=[{"row": 2, "cells": {"quote": NEVER}}], left_out=[4])
    assert adder.preview()["codings"][0]["placed"] == 2
    adder.apply()
    assert NEVER in (plain.codings / "team.csv").read_text(encoding="utf-8")


def test_codings_that_come_in_are_on_the_page(adder: Adder) -> None:
    adder.send("team.csv", HEADER + f"old,{BOX},goals,barrier,Ann\n")
    adder.apply()
    adder.browser.open("old")
    assert adder.browser.codings() == [(BOX, "goals", "barrier", "Ann")]


def test_the_same_text_and_the_same_name_are_seen_before(adder: Adder) -> None:
    adder.send("old.txt", OTHER)
    adder.send("copy.txt", TEXT)
    found = adder.preview()
    shown = {one["id"]: (one["there"], one["same"], one["copies"]) for one in found["transcripts"]}
    assert shown["old"][:2] == ("old.txt", False)
    assert "old" not in shown["copy"][2]
    assert "new é" in shown["copy"][2]
    assert not found["ready"]
    assert [problem["file"] for problem in found["problems"]] == ["old.txt"]
    adder.browser.post(f"/api/add/{adder.batch}/remove", name="old.txt")
    assert adder.preview()["ready"]


def test_all_that_cannot_be_read_is_said_at_once(adder: Adder) -> None:
    adder.send("a.xyz", b"\x00\x01")
    adder.send("b.docx", b"no zip")
    adder.send("c.csv", "Person,Remark\nx,y\n")
    found = adder.preview()
    assert {problem["file"] for problem in found["problems"]} == {"a.xyz", "b.docx", "c.csv"}
    assert next(one["header"] for one in found["problems"] if one["file"] == "c.csv") == ["Person", "Remark"]


def test_columns_and_the_coder_may_be_named(adder: Adder, plain: Study) -> None:
    adder.send("c.csv", f"Which,Words,What\nold,{BOX},goals\n")
    adder.handle(
        "c.csv", kind="codings", coder="Cleo", columns={"transcript": "Which", "quote": "Words", "code": "What"}
    )
    found = adder.preview()
    assert found["codings"][0]["coders"] == ["Cleo"], found["problems"]
    adder.apply()
    assert "Cleo" in (plain.codings / "c.csv").read_text(encoding="utf-8")


def test_names_of_people_are_counted_and_not_shown(adder: Adder) -> None:
    adder.send("Ward 1.txt", OTHER.replace("My wife", "Dr Margaret Thompson"))
    found = adder.preview()
    assert found["names"] >= 1
    assert "Thompson" not in str(found)


@pytest.mark.parametrize("name", ["../../evil.txt", "C:\\me\\evil.txt", "/etc/evil.txt", "x/..%2Fevil.txt"])
def test_no_name_leads_out_of_the_folder(adder: Adder, plain: Study, name: str) -> None:
    assert adder.send(name, "x")["name"] == "evil.txt"
    (folder,) = plain.state.glob(".comb-*.tmp")
    assert [path.name for path in folder.iterdir()] == ["evil.txt"]
    assert folder.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("name", ["CON.txt", "nul", "a%00b.txt", "", "..", "a%3Ab.txt", "x" * 300 + ".txt", "a. "])
def test_names_that_no_system_keeps_are_refused(adder: Adder, plain: Study, name: str) -> None:
    adder.send(name, "x", 400)
    (folder,) = plain.state.glob(".comb-*.tmp")
    assert list(folder.iterdir()) == []


def test_a_file_that_is_too_large_leaves_nothing(adder: Adder, plain: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("comb.review.storage.uploads.MOST_BYTES", 1000)
    assert "larger than" in adder.send("big.txt", b"x" * 1001, 413)["error"]
    (folder,) = plain.state.glob(".comb-*.tmp")
    assert list(folder.iterdir()) == []


def test_what_was_sent_goes_when_the_server_ends(plain: Study) -> None:
    uploads = Uploads()
    uploads.begin(plain)
    assert list(plain.state.glob(".comb-*.tmp"))
    uploads.close()
    assert not list(plain.state.glob(".comb-*.tmp"))


def test_only_a_lead_of_a_team_adds_files(local: Room) -> None:
    from comb.review.web.accounts import add_coder

    add_coder(local.database, "Ben", "coder", "a long password")
    http = local.team()
    http.post("/signin", data={"name": "Ben", "password": "a long password"})
    answer = http.post("/api/add", json={}, headers={"X-Comb": "1"})
    assert (answer.status_code, answer.json()["error"]) == (403, "only a lead may add files")
    assert http.get("/add").status_code == 403


def test_rows_that_show_what_others_coded_are_noted_as_looks(local: Room) -> None:
    ann = local.browser(name="old")
    ann.open()
    adder = Adder(ann)
    adder.send("team.csv", HEADER + "old,Nobody said this here at all,goals,,Ben\n")
    adder.preview()
    with local.database.read() as db:
        assert [row["what"] for row in rows(db, looks, coder="Ann", transcript="old")] == ["codings"]


def test_nothing_is_sent_by_who_is_not_signed_in(local: Room) -> None:
    adder = Adder(local.browser())
    adder.browser.http.cookies.clear()
    adder.send("a.txt", "x", 401)


def test_it_is_the_same_import_as_on_the_command_line(adder: Adder, plain: Study, comb: Any, tmp_path: Path) -> None:
    adder.send("Ward 1.txt", OTHER)
    adder.send("team.csv", HEADER + f"Ward 1,{BOX},goals,barrier,Ann\n")
    page = adder.apply()["notes"]
    from tests.review.room import make_study

    other = make_study(tmp_path / "other")
    (tmp_path / "Ward 1.txt").write_text(OTHER, encoding="utf-8")
    (tmp_path / "team.csv").write_text(HEADER + f"Ward 1,{BOX},goals,barrier,Ann\n", encoding="utf-8")
    comb.folder = other.root
    said = comb("import", tmp_path / "Ward 1.txt", tmp_path / "team.csv")
    assert page == said.splitlines()
    assert (plain.codings / "team.csv").read_bytes() == (other.codings / "team.csv").read_bytes()
