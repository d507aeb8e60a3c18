"""No cell that comb writes for a spreadsheet is a formula, and what comb reads back are the words as they were."""

import csv
import shutil
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comb.agreement.disagreements import FILLED
from comb.cli import run
from comb.codings.codings_csv import read_codings_file
from comb.codings.known import Known
from comb.codings.reader import read_codings_table
from comb.records import Coding, Transcript
from comb.study.csv_files import escape, unescape
from comb.study.files import read_rows, write_rows
from comb.study.layout import Study
from tests import whole_study
from tests.conftest import Comb, FakeEncoder

RISKY = ("=", "+", "-", "@", "\t", "\r", "＝")
SAID = {
    "knowledge": "=HYPERLINK(1) told me what it meant, number {}.",
    "emotion": "@SUM of the needle frightened me, number {}.",
    "social_influences": "+1 my daughter kept on at me, number {}.",
    "": "-2+3 we had the bus from town, number {}.",
}


@given(st.lists(st.text(alphabet="=+-@\t\r\n'a ＝,\"")))
@settings(max_examples=60, deadline=None)
def test_cells_come_back_as_they_were(tmp_path_factory: pytest.TempPathFactory, cells: list[str]) -> None:
    path = tmp_path_factory.getbasetemp() / "cells.csv"
    names = [f"=column {number}" for number in range(len(cells))]
    write_rows(path, ["@first", *names], [["x", *cells]])
    with path.open(encoding="utf-8", newline="") as file:
        written = [cell for row in csv.reader(file) for cell in row]
    assert not [cell for cell in written if cell.startswith(RISKY)]
    assert [list(row.values()) for _, row in read_rows(path, ["@first", *names])] == [["x", *cells]]
    assert [unescape(escape(cell)) for cell in cells] == cells


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """A study in which everybody talks like a spreadsheet, with all tables made."""
    root = tmp_path_factory.mktemp("spoken") / "study"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("comb.encoder.embed.OnnxEncoder", lambda *_: FakeEncoder())
        patch.setattr(whole_study, "SAID", SAID)
        patch.chdir(root.parent)
        assert run(["init", str(root)]) == 0
        study = Study(root)
        whole_study.fill(study)
        _add_memos(study)
        patch.chdir(root)
        for command in COMMANDS:
            assert run(command.split()) == 0, command
    return study


COMMANDS = (
    *("segment", "embed", "train", "suggest --ungated --format csv,jsonl,xlsx", "next --segments 5", "audit --size 5"),
    *("agree --csv figures.csv --disagreements list.csv", "synthesis"),
    *(f"export --format {kind} --out out/{kind}" for kind in ("csv", "xlsx", "cases", "matrix", "taguette-codebook")),
)


def _add_memos(study: Study) -> None:
    for path in study.codings.glob("*.csv"):
        rows = list(csv.reader(path.open(encoding="utf-8", newline="")))
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([[*rows[0], "memo"], *([*row, f"=memo of {row[-1]}"] for row in rows[1:])])


@pytest.fixture
def risky(spoken: Study, comb: Comb, monkeypatch: pytest.MonkeyPatch) -> Study:
    """A copy of that study."""
    comb.folder = comb.folder / "study"
    shutil.copytree(spoken.root, comb.folder)
    monkeypatch.setattr("comb.encoder.embed.OnnxEncoder", lambda *_: FakeEncoder())
    return Study(comb.folder)


def test_no_table_for_people_holds_a_formula(risky: Study) -> None:
    exact = (risky.codings, risky.raw, risky.heldout)
    tables = [p for p in risky.root.rglob("*.csv") if not any(p.is_relative_to(place) for place in exact)]
    assert {"audit-form.csv", "list.csv", "figures.csv", "new one.csv", "passages.csv"} <= {p.name for p in tables}
    seen = 0
    for path in tables:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.reader(file):
                for cell in row:
                    assert not cell.startswith(RISKY) or _is_number(cell), f"{path.name}: {cell}"
                    seen += cell.startswith("'")
    assert seen > 100, "the words are there"
    for path in risky.root.rglob("*.xlsx"):
        for sheet in openpyxl.load_workbook(path):
            kinds = {cell.data_type for row in sheet.iter_rows() for cell in row}
            assert "f" not in kinds, path.name


def _is_number(cell: str) -> bool:
    try:
        return bool(float(cell)) or True
    except ValueError:
        return False


def test_what_people_fill_in_is_read_with_the_words_as_they_were(risky: Study, comb: Comb) -> None:
    form = risky.root / "form.csv"
    shutil.copyfile(risky.audit_form, form)
    with form.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert all(row[3].startswith("'") for row in rows)
    for place in (True, False):
        kept = [[*(row[:3] if place else [row[0], "", ""]), row[3], "knowledge", "", "Ann"] for row in rows]
        with form.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *kept])
        text = (risky.new / "new one.txt").read_text(encoding="utf-8")
        codings, _ = read_codings_file(form, {"new one": Transcript("new one", text, ())})
        assert [coding.quote for coding in codings] == [row[3][1:] for row in rows]
        assert [[coding.start, coding.end] for coding in codings] == [[int(row[1]), int(row[2])] for row in rows]
    comb("audit", "--estimate", form)


def test_a_list_of_disagreements_comes_back(risky: Study, comb: Comb) -> None:
    path = risky.root / "list.csv"
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert any(cell.startswith("'=") for row in rows for cell in row)
    at = header.index(FILLED[0])
    for row in rows:
        row[at] = "knowledge"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    comb("agree", "--apply", "list.csv")
    found = [row for _, row in read_rows(risky.codings / "consensus.csv", ("quote", "memo"), exact=True)]
    assert any(row["quote"].startswith("=HYPERLINK") for row in found)
    assert not [row for row in found if row["quote"].startswith("'")]


@pytest.mark.parametrize("quote", ["=SUM it up.", "'=SUM it up.", "''=SUM", "- well, no.", "'tis so."])
@pytest.mark.parametrize("form", [escape, str])
def test_a_quote_is_found_escaped_or_not(quote: str, form) -> None:
    text = f"P1: {quote} And then some more of it."
    known = Known({"a": Transcript("a", text, ())}, None)
    table = f'transcript,quote,code,coder\na,"{form(quote)}",x,A\n'.encode()
    (coding,) = read_codings_table(table, known, "t.csv").codings
    assert isinstance(coding, Coding)
    assert coding.quote == quote


def test_a_table_to_correct_comes_back(study: Study, comb: Comb) -> None:
    (study.raw / "a.txt").write_text("INT: Well?\n\nP01: =SUM it was all right.\n", encoding="utf-8")
    table = Path(study.root, "A.csv")
    table.write_text(
        "transcript,quote,code,coder,memo\na,=SUM it was all right.,knowledgge,A,=memo\n", encoding="utf-8"
    )
    comb("import", table, code=1)
    path = study.to_correct / "A.csv"
    text = path.read_text(encoding="utf-8-sig")
    assert "'=memo" in text
    path.write_text(text.replace("knowledgge", "knowledge", 1), encoding="utf-8")
    comb("import", path)
    (row,) = [row for _, row in read_rows(study.codings / "A.csv", ("quote", "memo"), exact=True)]
    assert (row["quote"], row["memo"]) == ("=SUM it was all right.", "=memo")
