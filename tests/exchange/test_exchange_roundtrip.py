"""There and back: what comb writes, opened by another program, comes home as the same study, and breaks none."""

import csv
import json
import re
import shutil
import sqlite3
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from comb.codebook import parse_codebook
from comb.codings.codings_csv import read_codings
from comb.codings.machine import model_of
from comb.exchange.annotations import (
    is_label_studio,
    read_doccano,
    read_label_studio,
    write_doccano,
    write_label_studio,
)
from comb.exchange.codebook_merge import merge_codebooks
from comb.exchange.codebook_text import codebook_with_added
from comb.exchange.from_study import gather_project
from comb.exchange.nvivo_codebook import read_nvivo_codebook
from comb.exchange.project import Project, Setting
from comb.exchange.refi_qda.identifiers import guid
from comb.exchange.refi_qda.read import read_qde, read_qdpx
from comb.exchange.refi_qda.write import write_for_qualcoder, write_qdpx
from comb.exchange.tables.for_r import write_for_r
from comb.exchange.word.writer import write_docx
from comb.records import Coding, Suggestion
from comb.study.layout import Study
from comb.transcripts.reader import read_folder
from tests.cli.test_study_cli import contents
from tests.conftest import Comb
from tests.exchange.qualcoder_files import through_qualcoder

TEXT = "INT: How was it?\nP1: I know what it is for.\nP1: My wife put them out.\n"
KNOW, WIFE = (21, 43), (48, 69)
CODINGS = """transcript,quote,code,valence,coder,memo
P1,I know what it is for.,knowledge,facilitator,Ann,she is sure
P1,I know what it is for.,knowledge,barrier,Ben,
P1,I know what it is for.,goals,,Ben,"two
lines | of it"
P1,My wife put them out.,social_influences,facilitator,Ann,
"""
MODEL = "60c33a60e7881ba5"


@pytest.fixture
def coded(study: Study) -> Study:
    """A study with one transcript and the codings of two people, which agree on some words."""
    (study.raw / "P1.txt").write_text(TEXT, encoding="utf-8")
    (study.codings / "both.csv").write_text(CODINGS, encoding="utf-8")
    return study


def codings_of(study: Study) -> list[Coding]:
    transcripts = {t.id: t for t in read_folder(study.raw, study.roles)[0]}
    return sorted(read_codings(study.codings, transcripts).codings, key=repr)


def with_suggestion(study: Study) -> Project:
    suggestion = Suggestion("P1", *WIFE, "P1", TEXT[slice(*WIFE)], "goals", "barrier", 0.81, 0.3, 1, MODEL)
    return replace(gather_project(study), suggestions=(suggestion,))


def said(codings: list[Coding] | tuple[Coding, ...]) -> set[tuple[object, ...]]:
    """What two studies must have in common; other programs add times and origins."""
    return {(c.transcript, c.start, c.end, c.quote, c.code, c.valence, c.coder, c.memo) for c in codings}


# ---- an import never breaks a study


def test_the_study_that_a_project_came_from_stays_as_it_is(comb: Comb, coded: Study, tmp_path: Path) -> None:
    comb("export", "--format", "qdpx", "--out", tmp_path / "back.qdpx")
    before = contents(coded.root)
    out = comb("import", tmp_path / "back.qdpx")
    assert "4 codings are in the study already and not imported again." in out
    assert contents(coded.root) == before


@pytest.mark.parametrize("write", [write_qdpx, write_for_qualcoder])
def test_through_qualcoder_and_back_into_the_same_study(comb: Comb, coded: Study, tmp_path: Path, write) -> None:
    comb("segment")
    agreed = comb("agree")
    write(with_suggestion(coded), tmp_path / "out.qdpx")
    back = through_qualcoder(tmp_path / "out.qdpx", tmp_path / "back.qda")
    before = contents(coded.root)
    out = comb("import", back)
    assert "your codebook stays as it is; 25 of the project's 25 codes are in it." in out
    assert "1 suggestion of 1 model left out" in out
    assert contents(coded.root) == before
    assert comb("agree") == agreed


@pytest.mark.parametrize("write", [write_qdpx, write_for_qualcoder])
def test_through_qualcoder_into_an_empty_study(comb: Comb, coded: Study, tmp_path: Path, write) -> None:
    write(with_suggestion(coded), tmp_path / "out.qdpx")
    back = through_qualcoder(tmp_path / "out.qdpx", tmp_path / "back.qda")
    comb.folder = tmp_path
    comb("init", "other")
    comb.folder = tmp_path / "other"
    comb("import", back)
    other = Study(comb.folder)
    assert said(codings_of(other)) == said(codings_of(coded))
    assert other.codebook == coded.codebook


def test_qualcoder_shows_valence_and_memo_and_keeps_coders_apart(coded: Study, tmp_path: Path) -> None:
    write_for_qualcoder(with_suggestion(coded), tmp_path / "out.qdpx")
    back = through_qualcoder(tmp_path / "out.qdpx", tmp_path / "back.qda")
    with sqlite3.connect(back / "data.qda") as database:
        rows = set(database.execute("select code_text.owner, code_text.memo from code_text"))
        assert database.execute("select count(*) from annotation").fetchone() == (0,)
    database.close()
    assert ("Ann", "valence: facilitator\nmemo: she is sure") in rows
    assert next(memo for owner, memo in rows if owner == "Ben").startswith("coding: goals | Ben\n")


def test_real_files_of_qualcoder(comb: Comb, study: Study, shared: Path) -> None:
    given = shared.parent / "cases" / "exchange" / "qualcoder-roundtrip"
    shutil.copy(given / "P01.txt", study.raw)
    shutil.copy(given / "ann.csv", study.codings)
    before = contents(study.root)
    for name in ("mini.qdpx", "from-qualcoder.qdpx", "from-qualcoder.qda"):
        assert "2 codings are in the study already" in comb("import", given / name)
    assert contents(study.root) == before
    comb("segment")


def test_what_another_coder_added_comes_in_and_nothing_twice(comb: Comb, coded: Study, tmp_path: Path) -> None:
    write_for_qualcoder(gather_project(coded), tmp_path / "out.qdpx")
    back = through_qualcoder(tmp_path / "out.qdpx", tmp_path / "back.qda")
    with sqlite3.connect(back / "data.qda") as database:
        cid = database.execute("insert into code_name(name, memo) values ('Trust', 'in nurses')").lastrowid
        place = (cid, 1, *WIFE, "Zoe", "valence: Barrier\nhm", TEXT[slice(*WIFE)])
        database.execute("insert into code_text(cid,fid,pos0,pos1,owner,memo,seltext) values(?,?,?,?,?,?,?)", place)
        below = (
            "update code_name set supercid = (select cid from code_name where name = 'Motivation') where name = 'Trust'"
        )
        database.execute(below)
    database.close()
    old = codings_of(coded)
    out = comb("import", back)
    assert "1 code was added to configs/codebook.yaml: Trust (below motivation)." in out
    (new,) = (coding for coding in codings_of(coded) if coding not in old)
    assert (new.code, new.coder, new.valence, new.memo, new.quote) == (
        "Trust",
        "Zoe",
        "barrier",
        "hm",
        TEXT[slice(*WIFE)],
    )
    changed = Study(coded.root)
    assert changed.codebook.codes["Trust"].path == ("motivation", "Trust")
    assert changed.codebook.levels == coded.codebook.levels
    text = (coded.root / "configs" / "codebook.yaml").read_text(encoding="utf-8")
    assert "# SOURCES. Definitions are in our own words" in text
    comb("segment")
    comb("agree")


def test_another_valence_over_there_is_said_and_ours_kept(comb: Comb, coded: Study, tmp_path: Path) -> None:
    write_for_qualcoder(gather_project(coded), tmp_path / "out.qdpx")
    back = through_qualcoder(tmp_path / "out.qdpx", tmp_path / "back.qda")
    with sqlite3.connect(back / "data.qda") as database:
        database.execute("update code_text set memo = 'valence: both' where owner = 'Ann' and pos0 = ?", (WIFE[0],))
    database.close()
    before = codings_of(coded)
    out = comb("import", back)
    assert (
        "1 of these have another valence or memo in the study, which is kept: "
        f"P1 {WIFE[0]}-{WIFE[1]} social_influences Ann" in out
    )
    assert codings_of(coded) == before


def test_dry_run_writes_nothing(comb: Comb, coded: Study, tmp_path: Path) -> None:
    comb("export", "--format", "qdpx", "--out", tmp_path / "back.qdpx")
    comb.folder = tmp_path
    comb("init", "other")
    comb.folder = tmp_path / "other"
    before = contents(comb.folder)
    out = comb("import", "--dry-run", tmp_path / "back.qdpx")
    assert "4 codings of 2 coders" in out
    assert "Dry run: nothing was written. Files to be written: P1.txt, back.csv." in out
    assert contents(comb.folder) == before


def test_a_table_that_cannot_be_read_is_only_tried_too(comb: Comb, coded: Study, tmp_path: Path) -> None:
    table = tmp_path / "more.csv"
    table.write_text(CODINGS + "P1,These words are nowhere.,goals,,Ann,\n", encoding="utf-8")
    before = contents(coded.root)
    out = comb("import", "--dry-run", table, code=1)
    assert "row 6" in out
    assert "to-correct" not in out
    assert contents(coded.root) == before
    assert "to-correct" in comb("import", table, code=1)


# ---- codebooks


def book(*codes: object, **more: object):
    return parse_codebook({"codes": list(codes), **more})


def test_codes_match_by_guid_then_id_then_name() -> None:
    known = "098AC082-A9C7-50F4-9728-48730081A95E"
    own = book({"id": "cost", "guid": known}, {"id": "time", "name": "Waiting time"}, {"id": "fear"})
    other = book(
        {"id": "money", "guid": known.lower()}, {"id": "fear", "name": "Dread"}, {"id": "x", "name": "WAITING  Time"}
    )
    merged = merge_codebooks(own, other)
    assert merged.ids == {"money": "cost", "fear": "fear", "x": "time"}
    assert merged.book == own


def test_a_name_of_two_codes_matches_only_with_the_codes_above_it() -> None:
    own = book({"id": "barriers", "children": [{"id": "cost", "name": "Cost"}]}, {"id": "helps"})
    other = book(
        {"id": "Helps", "children": [{"id": "cost", "name": "Cost"}]},
        {"id": "Barriers", "children": [{"id": "barriers_cost", "name": "Cost"}]},
    )
    merged = merge_codebooks(own, other)
    assert merged.ids["barriers_cost"] == "cost"
    assert merged.under == {"cost_2": ""}, "helps is a leaf: with a child it would mean something else"
    assert merged.moved == ["cost_2"]


def test_the_tree_never_becomes_deeper_than_its_levels() -> None:
    own = book({"id": "a", "children": [{"id": "b"}]}, levels=["top", "low"])
    other = book({"id": "n", "children": [{"id": "m", "children": [{"id": "o", "children": [{"id": "p"}]}]}]})
    merged = merge_codebooks(own, other)
    assert merged.book.levels == ("top", "low")
    assert {code.id: code.path for code in merged.book}["p"] == ("n", "p")
    assert merged.moved == ["o", "p"]


@pytest.mark.parametrize(
    "text",
    [
        "codes:\n- id: a\n  children:\n  - id: b\n    definition: >\n      long\n      text\n\n# end\n- id: c\n",
        "codes:\n    - id: a   # first\n      children:\n        - id: b  # below\n          examples: []\n    - id: c",
        "codes: [{id: a, children: [{id: b}]}, {id: c}]\n",
        "codes:\r\n- id: a\r\n  children:\r\n  - {id: b}\r\n- id: c\r\n",
    ],
)
def test_codes_are_put_into_the_text_of_a_codebook(text: str) -> None:
    own = parse_codebook(yaml.safe_load(text))
    other = book(
        {"id": "A", "name": "A", "children": [{"id": "n: 1", "name": "# new", "definition": "one\n\ntwo"}]}, {"id": "z"}
    )
    merged = merge_codebooks(own, other)
    new, kept = codebook_with_added(text, merged)
    assert kept
    assert parse_codebook(yaml.safe_load(new)) == merged.book
    assert [line for line in text.splitlines() if "#" in line] == [
        line for line in new.splitlines() if line in text.splitlines() and "#" in line
    ]
    assert merged.book.codes["n: 1"].path == ("a", "n: 1")


# ---- the machine stays a machine


@pytest.mark.parametrize(
    "name",
    [
        "comb model 60c33a60e7881ba5",
        "Comb Model x",
        "COMB_MODEL 60",
        '"comb model x"',
        "comb model",
        "combmodel 1",
        "Comb Modell 60c33a60e7881ba5",
        "imported: comb model 60c33a60e7881ba5",
        "60C33A60E7881BA5",
    ],
)
def test_a_machine_is_known_by_its_name(name: str) -> None:
    assert model_of(name) is not None


@pytest.mark.parametrize(
    "name",
    [
        "Ann",
        "combs",
        "honeycomb model x",
        "comb modeller",
        "Comb",
        "Combmodelli",
        "0123456789012345",
        "deadbeefdeadbeef1",
    ],
)
def test_people_are_people(name: str) -> None:
    assert model_of(name) is None


@pytest.mark.parametrize(
    "change",
    [
        ("name", f'name="comb model {MODEL}" id="{MODEL}"', 'name="Bot"'),
        ("memo", "threshold: 0.3", "hello"),
        ("guid and memo", "threshold: 0.3", "hello"),
    ],
)
def test_a_suggestion_never_comes_back_as_a_persons_coding(coded: Study, tmp_path: Path, change) -> None:
    write_qdpx(with_suggestion(coded), tmp_path / "out.qdpx")
    kind, old, new = change
    with zipfile.ZipFile(tmp_path / "out.qdpx") as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    xml = files["project.qde"].decode().replace('origin="comb', 'origin="other').replace(old, new)
    if kind == "guid and memo":
        xml = xml.replace(guid("model", MODEL), "098AC082-A9C7-50F4-9728-48730081A95E")
    with zipfile.ZipFile(tmp_path / "in.qdpx", "w") as archive:
        for name, data in {**files, "project.qde": xml.encode()}.items():
            archive.writestr(name, data)
    found = read_qdpx(tmp_path / "in.qdpx", Setting(coded.roles, coded.codebook))
    assert said(found.codings) == said(codings_of(coded))


# ---- what the file says


def xml_of(path: Path) -> str:
    with zipfile.ZipFile(path) as archive:
        return archive.read("project.qde").decode()


def test_codings_of_the_same_words_are_one_selection_and_no_time_is_made_up(coded: Study, tmp_path: Path) -> None:
    write_qdpx(gather_project(coded), tmp_path / "out.qdpx")
    xml = xml_of(tmp_path / "out.qdpx")
    assert xml.count("<PlainTextSelection ") == 2
    assert xml.count("<Coding ") == 4
    assert "2000-01-01" not in xml
    assert all("DateTime" not in line for line in xml.split("\n") if "<Coding " in line)
    assert "<Description>coding: knowledge | Ann\nvalence: facilitator\nmemo: she is sure\ncoding: goals | Ben\n" in xml


# ---- doors


def test_a_project_without_its_zip_file(comb: Comb, coded: Study, tmp_path: Path) -> None:
    write_qdpx(gather_project(coded), tmp_path / "out.qdpx")
    folder = tmp_path / "from maxqda"
    with zipfile.ZipFile(tmp_path / "out.qdpx") as archive:
        archive.extractall(folder)
    comb.folder = tmp_path
    comb("init", "other")
    comb.folder = tmp_path / "other"
    comb("import", folder / "project.qde")
    assert said(codings_of(Study(comb.folder))) == said(codings_of(coded))


def test_a_bare_project_reads_no_file_outside_its_folder(coded: Study, tmp_path: Path) -> None:
    write_qdpx(gather_project(coded), tmp_path / "out.qdpx")
    (tmp_path / "secret.txt").write_text(TEXT, encoding="utf-8")
    (tmp_path / "in").mkdir()
    xml = re.sub(r"internal://[^\"]*", "relative:///../secret.txt", xml_of(tmp_path / "out.qdpx"))
    (tmp_path / "in" / "project.qde").write_text(xml, encoding="utf-8")
    assert not read_qde(tmp_path / "in" / "project.qde", Setting()).transcripts


def test_a_file_of_another_kind_is_refused_with_all_that_is_taken(comb: Comb, study: Study, tmp_path: Path) -> None:
    (tmp_path / "x.sav").write_bytes(b"$FL2")
    out = comb("import", tmp_path / "x.sav", code=1)
    for kind in (".docx", ".vtt", ".qdpx", ".qde", ".qda", ".sqlite3", "REFI-QDA", "Taguette"):
        assert kind in out


ROUTES = [
    ("qdpx", ".qdpx"),
    ("qualcoder", ".qdpx"),
    ("label-studio", ".json"),
    ("doccano", ".jsonl"),
    ("taguette", ".sqlite3"),
]
LOSE_MEMOS = ("label-studio", "doccano", "taguette")


@pytest.mark.parametrize("valence", ["field", "codes"])
@pytest.mark.parametrize(("name", "suffix"), ROUTES)
def test_every_format_that_goes_out_comes_home(
    comb: Comb, coded: Study, tmp_path: Path, name: str, suffix: str, valence: str
) -> None:
    """Into the study that it came from, which stays as it is, and into an empty one, which becomes the same."""
    comb("export", "--format", name, "--valence", valence, "--out", tmp_path / f"out{suffix}")
    before = contents(coded.root)
    assert "4 codings are in the study already" in comb("import", tmp_path / f"out{suffix}")
    assert contents(coded.root) == before
    comb.folder = tmp_path
    comb("init", "other")
    comb.folder = tmp_path / "other"
    comb("import", tmp_path / f"out{suffix}")
    found, own = codings_of(Study(comb.folder)), codings_of(coded)
    if name in LOSE_MEMOS:
        found, own = [replace(one, memo="") for one in found], [replace(one, memo="") for one in own]
    assert said(found) == said(own)
    assert Study(comb.folder).codebook == coded.codebook


def test_label_studio_counts_as_browsers_do_and_names_people(tmp_path: Path) -> None:
    text = "P1: 😀 It costs a lot."
    value = {"start": 7, "end": 22, "text": "It costs a lot.", "labels": ["Cost [barrier]"]}
    tasks = [
        {
            "id": 7,
            "data": {"text": text, "title": "Ward 3"},
            "annotations": [{"completed_by": {"email": "ann@x.org"}, "result": [{"type": "labels", "value": value}]}],
            "predictions": [{"model_version": "x", "result": [{"type": "labels", "value": value}]}],
        }
    ]
    path = tmp_path / "x.json"
    path.write_text(json.dumps(tasks), encoding="utf-8")
    assert is_label_studio(path)
    (coding,) = read_label_studio(path, Setting()).codings
    assert (coding.transcript, coding.quote, coding.code) == ("Ward 3", "It costs a lot.", "Cost")
    assert (coding.valence, coding.coder) == ("barrier", "ann@x.org")


@pytest.mark.parametrize("after", [" ", "\n", " \n"])
@pytest.mark.parametrize(("name", "suffix"), [("label-studio", ".json"), ("qualcoder", ".qdpx"), ("qdpx", ".qdpx")])
def test_a_coding_with_an_emoji_before_white_space_does_not_grow(
    comb: Comb, study: Study, tmp_path: Path, name: str, suffix: str, after: str
) -> None:
    quote = "I forgot it 😀 once."
    (study.raw / "P1.txt").write_text(f"P1: {quote}{after}P1: It rained.", encoding="utf-8")
    (study.codings / "a.csv").write_text(
        f"transcript,quote,code,valence,coder\nP1,{quote},goals,,Ann\n", encoding="utf-8"
    )
    comb("export", "--format", name, "--out", tmp_path / f"out{suffix}")
    before = contents(study.root)
    comb("import", tmp_path / f"out{suffix}")
    assert contents(study.root) == before


@pytest.mark.parametrize("valence", ["", "both"])
@pytest.mark.parametrize("read", [read_label_studio, read_doccano])
def test_a_label_that_is_a_code_keeps_what_is_in_brackets(study: Study, tmp_path: Path, read, valence) -> None:
    (study.raw / "P1.txt").write_text(TEXT, encoding="utf-8")
    (study.codings / "a.csv").write_text("transcript,quote,code,valence,coder\n", encoding="utf-8")
    codebook = parse_codebook({"codes": [{"id": "sum(1)"}, {"id": "sum"}]})
    project = gather_project(study)
    coding = Coding("P1", *KNOW, TEXT[slice(*KNOW)], "sum(1)", valence, "Ann")
    write = write_label_studio if read is read_label_studio else write_doccano
    write(replace(project, codings=(coding,)), tmp_path / "x.json")
    (found,) = read(tmp_path / "x.json", Setting(study.roles, codebook)).codings
    assert (found.code, found.valence) == ("sum(1)", valence)


def test_doccano_in_both_its_forms(tmp_path: Path) -> None:
    rows = [
        {"id": 1, "text": "P1: It costs a lot.", "label": [[4, 12, "Cost"]]},
        {"id": 2, "text": "P2: Never.", "entities": [{"label": "No", "start_offset": 4, "end_offset": 9}]},
        {"id": 3, "text": "P3: Hm.", "label": ["whole"]},
    ]
    path = tmp_path / "x.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    found = read_doccano(path, Setting())
    assert [(c.transcript, c.quote, c.code) for c in found.codings] == [
        ("text 1", "It costs", "Cost"),
        ("text 2", "Never", "No"),
    ]
    assert found.warnings == ("labels of a whole text, left out: 1",)


@pytest.mark.parametrize("kind", ["indented cells", "paths"])
def test_codebooks_of_nvivo(comb: Comb, study: Study, kind: str) -> None:
    import docx
    import openpyxl
    from openpyxl.styles import Alignment

    head = ["Name", "Description", "Files", "References"]
    rows = [["Cost", "money", "3", "9"], ["Travel", "buses", "1", "2"], ["Trust", "", "2", "2"]]
    if kind == "paths":
        rows[1][0] = "Cost\\Travel"
    document = docx.Document()
    table = document.add_table(0, 4)
    book = openpyxl.Workbook()
    for at, row in enumerate([head, *rows]):
        cells = table.add_row().cells
        book.active.append(row)
        for cell, text in zip(cells, row, strict=True):
            cell.text = text
        if kind != "paths" and at == 2:
            cells[0].paragraphs[0].paragraph_format.left_indent = 200_000
            book.active.cell(at + 1, 1).alignment = Alignment(indent=1)
    document.save(str(study.root / "a.docx"))
    book.save(study.root / "b.xlsx")
    for name in ("a.docx", "b.xlsx"):
        found = read_nvivo_codebook(study.root / name, Setting()).codebook
        assert found is not None
        assert {code.id: code.path for code in found} == {
            "Cost": ("Cost",),
            "Travel": ("Cost", "Travel"),
            "Trust": ("Trust",),
        }
    assert "3 codes were added" in comb("import", "a.docx")
    assert "3 of the project's 3 codes are in it" in comb("import", "b.xlsx")


def test_a_table_for_r_counts_as_rqda_does(coded: Study, tmp_path: Path) -> None:
    write_for_r(gather_project(coded), tmp_path / "r.csv")
    with (tmp_path / "r.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 4
    for row in rows:
        assert TEXT[int(row["index1"]) - 1 : int(row["index2"])] == row["text"]
    assert (rows[0]["codename"], rows[0]["filename"], rows[0][".id"]) == ("Knowledge", "P1", f"P1:{KNOW[0]}-{KNOW[1]}")


def test_files_that_only_their_program_reads_name_the_way_out(comb: Comb, study: Study, tmp_path: Path) -> None:
    for name, program in (("a.mx24", "MAXQDA"), ("a.nvpx", "NVivo"), ("a.atlproj23", "ATLAS.ti")):
        (tmp_path / name).write_bytes(b"x")
        out = comb("import", tmp_path / name, code=1)
        assert f"In {program}, export the project as REFI-QDA (.qdpx)." in out


@pytest.mark.parametrize("used_by", ["codings", "a model", "params"])
def test_a_codebook_in_use_is_never_replaced(comb: Comb, study: Study, tmp_path: Path, used_by: str) -> None:
    flat = used_by != "params"
    codes = '<Code guid="11111111-0000-0000-0000-000000000000" name="Cost" isCodable="true">{}</Code>'
    below = '<Code guid="22222222-0000-0000-0000-000000000000" name="Fares" isCodable="true"/>'
    book = f"<Codes>{codes.format('' if flat else below)}</Codes>"
    xml = f'<CodeBook xmlns="urn:QDA-XML:codebook:1.0" origin="x">{book}</CodeBook>'
    (tmp_path / "x.qdc").write_text(xml, encoding="utf-8")
    if used_by == "codings":
        (study.raw / "P1.txt").write_text(TEXT, encoding="utf-8")
        (study.codings / "both.csv").write_text(CODINGS, encoding="utf-8")
    elif used_by == "a model":
        study.head.mkdir(parents=True)
    before = study.codebook
    comb("import", tmp_path / "x.qdc")
    after = Study(study.root).codebook
    assert after.levels == before.levels
    assert [code for code in after if code.id in before.codes] == list(before)
    assert after.codes["cost"].path == ("cost",)


def test_an_untouched_codebook_that_nothing_uses_is_replaced(comb: Comb, study: Study, tmp_path: Path) -> None:
    xml = '<CodeBook xmlns="urn:QDA-XML:codebook:1.0"><Codes><Code guid="1" name="Cost"/></Codes></CodeBook>'
    (tmp_path / "x.qdc").write_text(xml, encoding="utf-8")
    comb("import", tmp_path / "x.qdc")
    assert list(Study(study.root).codebook.codes) == ["cost"]


def test_two_files_with_the_same_codings_bring_them_once(comb: Comb, coded: Study, tmp_path: Path) -> None:
    write_for_qualcoder(gather_project(coded), tmp_path / "a.qdpx")
    back = through_qualcoder(tmp_path / "a.qdpx", tmp_path / "b.qda")
    comb.folder = tmp_path
    comb("init", "other")
    comb.folder = tmp_path / "other"
    comb("import", tmp_path / "a.qdpx", back)
    assert [path.name for path in Study(comb.folder).codings.iterdir()] == ["a.csv"]
    assert said(codings_of(Study(comb.folder))) == said(codings_of(coded))


def test_a_project_that_is_a_folder_is_one_file(comb: Comb, coded: Study, tmp_path: Path) -> None:
    write_for_qualcoder(gather_project(coded), tmp_path / "a.qdpx")
    through_qualcoder(tmp_path / "a.qdpx", tmp_path / "ward.qda")
    comb.folder = tmp_path
    comb("init", "other")
    comb.folder = tmp_path / "other"
    assert "ward.qda: 1 transcript" in comb("import", tmp_path / "ward.qda")
    assert [path.name for path in Study(comb.folder).codings.iterdir()] == ["ward.csv"]


@pytest.mark.parametrize(("name", "suffix"), [("csv", ".csv"), ("xlsx", ".xlsx")])
def test_tables_for_people_bring_no_coding_twice(
    comb: Comb, coded: Study, tmp_path: Path, name: str, suffix: str
) -> None:
    comb("export", "--format", name, "--out", tmp_path / f"back{suffix}")
    before = contents(coded.root)
    out = comb("import", tmp_path / f"back{suffix}")
    assert "4 codings are in the study already" in out
    assert "data/codings" not in out
    assert "0 codings" not in out
    assert contents(coded.root) == before


def test_a_table_with_another_valence_leaves_ours_and_says_so(comb: Comb, coded: Study, tmp_path: Path) -> None:
    (tmp_path / "back.csv").write_text(CODINGS.replace("facilitator,Ann", "barrier,Ann", 1), encoding="utf-8")
    before = contents(coded.root)
    out = comb("import", tmp_path / "back.csv")
    assert "1 of these have another valence or memo in the study, which is kept: P1 21-43 knowledge Ann." in out
    assert contents(coded.root) == before


@pytest.mark.parametrize("time", ["0-00-00T00:00:00Z", "0000-00-00", "yesterday"])
def test_a_time_that_is_none_does_not_come_in(comb: Comb, coded: Study, tmp_path: Path, time: str) -> None:
    """LibreOffice writes the first of these for comments without a date."""
    write_docx(gather_project(coded), tmp_path / "P1.docx")
    with zipfile.ZipFile(tmp_path / "P1.docx") as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    comments = re.sub(rb' w:date="[^"]*"', b"", files["word/comments.xml"])
    files["word/comments.xml"] = comments.replace(b"<w:comment ", f'<w:comment w:date="{time}" '.encode())
    with zipfile.ZipFile(tmp_path / "P1.docx", "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    (coded.codings / "both.csv").unlink()
    comb("import", tmp_path / "P1.docx")
    assert {coding.created_at for coding in codings_of(coded)} == {""}


@pytest.mark.parametrize(
    ("name", "out", "remedy"),
    [
        ("qdpx", "x.docx", "Name a .qdpx file, or a folder."),
        ("cases", "x.xlsx", "Name a .csv file, or a folder."),
        ("docx", "x.docx", "Name a folder."),
        ("html", "there.qdpx", "Name a folder."),
        ("qdpx", "there", "Name a .qdpx file, or a folder."),
    ],
)
def test_out_of_another_kind_is_refused(
    comb: Comb, coded: Study, tmp_path: Path, name: str, out: str, remedy: str
) -> None:
    for there in ("there.qdpx", "there"):
        (tmp_path / there).write_text("mine", encoding="utf-8")
    assert remedy in comb("export", "--format", name, "--out", tmp_path / out, code=1)
    assert {path.name for path in tmp_path.iterdir()} >= {"there.qdpx", "there"}
    assert (tmp_path / "there").read_text(encoding="utf-8") == "mine"
    assert not (tmp_path / "x.docx").exists()
