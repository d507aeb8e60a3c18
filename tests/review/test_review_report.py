"""The page Report: what it offers to download, to whom, and nothing else; what is missing is said."""

import io
import zipfile

import pytest
import yaml

from comb.review.web.accounts import add_coder
from comb.study.layout import Study
from tests.review.room import BOX, NEVER, Browser, Room

NAME = "new é"


def put(room: Room, place: str, words: str = "<p>what Ann thought</p>") -> None:
    path = room.study.processed / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(words)


def test_a_file_is_looked_at_in_a_box_of_its_own_and_kept_as_a_download(local: Room) -> None:
    put(local, "synthesis/report.html")
    ann = local.browser()
    (listed,) = ann.get("/api/report")["report"]
    assert (listed["path"], listed["preview"]) == ("synthesis/report.html", True)
    shown = ann.http.get("/api/files/synthesis/report.html")
    assert shown.text == "<p>what Ann thought</p>"
    policy = shown.headers["content-security-policy"]
    assert "sandbox;" in policy
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert shown.headers["content-disposition"].startswith("inline")
    kept = ann.http.get("/api/files/synthesis/report.html?download")
    assert kept.headers["content-disposition"].startswith("attachment")


def test_the_top_level_is_not_taken_for_the_domains_of_the_tdf(local: Room) -> None:
    levels = local.browser().get("/api/report")["levels"]
    assert [one["name"] for one in levels] == ["domain", "component", "tdf"]
    assert [one["title"] for one in levels] == ["domain (top level)", "component", "tdf"]


@pytest.mark.parametrize(
    "place",
    [
        "suggestions/new é.jsonl",
        "../../configs/params.yaml",
        "..%2F..%2Fconfigs%2Fparams.yaml",
        "synthesis/..%2f..%2f..%2f.comb%2freview.sqlite",
        "/etc/passwd",
        "%2Fetc%2Fpasswd",
        "synthesis/secret.txt",
        "synthesis",
        "downloads/docx/inside/deep.docx",
        "downloads/link.docx",
    ],
)
def test_nothing_else_of_the_machine_is_sent(local: Room, place: str) -> None:
    put(local, "synthesis/secret.txt")
    put(local, "downloads/docx/inside/deep.docx")
    put(local, "downloads/docx/fine.docx")
    (local.study.downloads / "docx" / "link.docx").symlink_to("/etc/passwd")
    answer = local.browser().http.get(f"/api/files/{place}")
    assert answer.status_code == 404
    assert "root:" not in answer.text
    assert local.browser().http.get("/api/files/downloads/docx/link.docx").status_code == 404


def test_files_of_an_export_come_together(local: Room) -> None:
    for name in ("one.docx", "two é.docx"):
        put(local, f"downloads/docx/{name}", name)
    answer = local.browser().http.get("/api/report/zip/docx")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert sorted(archive.namelist()) == ["one.docx", "two é.docx"]
    assert local.browser().http.get("/api/report/zip/nothing").status_code == 404


def test_who_reads_blind_gets_no_file_with_codings_until_finished(local: Room) -> None:
    put(local, "synthesis/report.html")
    ann = local.browser("Ann")
    ann.open()
    ann.code(NEVER, "knowledge")
    ben = local.browser("Ben", "blind")
    answer = ben.get("/api/files/synthesis/report.html", 403)
    assert NAME in answer["error"]
    assert answer["remedy"] == "Finish your own coding first."
    assert ben.get("/api/report")["blind"] == [NAME]
    ben.open()
    ben.act("finish")
    assert ben.http.get("/api/files/synthesis/report.html").status_code == 200


def test_in_a_team_coders_get_the_picture_of_the_curve_and_no_codings(local: Room) -> None:
    put(local, "synthesis/report.html")
    put(local, "plots/curve.svg", "<svg/>")
    add_coder(local.database, "Ben", "coder", "correct horse")
    http = local.team()
    http.post("/signin", data={"name": "Ben", "password": "correct horse"})
    ben = Browser(http, NAME)
    assert ben.http.get("/api/files/plots/curve.svg").status_code == 200
    for place in ("/api/files/synthesis/report.html", "/api/report", "/api/report/forms/matrix"):
        assert ben.http.get(place).status_code == 403


def test_what_is_missing_is_said_with_the_page_where_it_is_filled_in(local: Room) -> None:
    ann = local.browser()
    missing = {need["text"]: need["link"] for need in ann.get("/api/report")["missing"]}
    assert missing["Nothing is coded yet, so there is nothing to report."] == "/"
    assert missing["No belief statements have been written yet."] == "#form-beliefs"
    ann.open()
    ann.code(NEVER, "knowledge")
    said = str(ann.get("/api/report")["missing"])
    assert "No transcript was coded by two people" in said


@pytest.mark.parametrize("order", [[], ["Ann"]])
def test_transcripts_that_the_report_leaves_out_since_coders_differ_are_told(local: Room, order: list[str]) -> None:
    """Of four coded transcripts a report counted one, and only the report itself said so."""
    if order:
        write_params(local.study, coders=order)
        local.study = Study(local.study.root)
    ann, ben = local.browser("Ann", name="old"), local.browser("Ben", name="old")
    for one, code in ((ann, "knowledge"), (ben, "emotion")):
        one.open()
        one.code(NEVER, code)
    needs = {need["text"]: need["link"] for need in ann.get("/api/report")["missing"]}
    left_out = [text for text in needs if "leaves out" in text]
    if order:
        assert not left_out
        return
    (text,) = left_out
    assert needs[text].startswith("/adjudicate/")
    assert "Ben" not in text


def write_params(study: Study, **synthesis: list[str]) -> None:
    path = study.root / "configs" / "params.yaml"
    params = yaml.safe_load(path.read_text(encoding="utf-8"))
    path.write_text(yaml.safe_dump({**params, "synthesis": synthesis}), encoding="utf-8")


def test_transcripts_that_the_report_leaves_out_are_named_until_they_are_resolved(local: Room) -> None:
    ann, ben = local.browser("Ann", name="old"), local.browser("Ben", name="old")
    for coder in (ann, ben):
        coder.open()
        coder.code(NEVER, "knowledge")
        coder.act("finish")

    def left_out() -> dict[str, str]:
        missing = ann.get("/api/report")["missing"]
        return {need["text"]: need["link"] for need in missing if "leaves out" in need["text"]}

    assert left_out() == {}, "both coded it alike: there is nothing to resolve"
    ben.act("reopen")
    ben.code(BOX, "goals")
    ben.act("finish")
    assert left_out() == {
        "The report leaves out old: the coders disagree, and there is no consensus yet.": "/adjudicate/old"
    }
    cleo = local.browser("Cleo", name="old")
    cleo.post("mode", mode="blind")
    assert "leaves out" not in str(cleo.get("/api/report")), "who reads it blind learns nothing of it"
    found = ann.get("/api/transcripts/old/adjudication")
    (unit,) = [one for one in found["units"] if not one["agree"]]
    place = {"start": unit["start"], "end": unit["end"]}
    ann.post("/api/transcripts/old/adjudicate", base=found["version"], codes=[], **place)
    assert left_out() == {}


def test_a_form_that_is_none_is_refused(local: Room) -> None:
    ann = local.browser()
    assert ann.http.post("/api/report/forms/matrix", content=b"no workbook").status_code == 400
    assert ann.get("/api/report/forms/nothing", 404)
