"""Tables: quotes, matrices and counts out; tables of other programs in, each quote in its place or named by row."""

import csv
import io
import random
import zipfile
from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comb.codebook import parse_codebook
from comb.codings.codings_csv import read_codings
from comb.codings.known import Known
from comb.codings.reader import CodingsTable, read_codings_table
from comb.codings.table_columns import CodingColumns
from comb.codings.table_files import is_codings_table
from comb.errors import BadInputError, NotReadyError
from comb.exchange.project import Grid, Project
from comb.exchange.tables.spreadsheet import cases, write_cases, write_matrix, write_quotes, write_xlsx
from comb.exchange.tables.spreadsheet_cells import LONGEST
from comb.records import Coding, Segment, Suggestion, Transcript, Turn
from comb.study.csv_files import escape, unescape
from comb.study.layout import Study
from comb.transcripts import file_safety as guard
from comb.transcripts import sheets as table
from comb.transcripts.reader import read_folder
from tests.conftest import Comb

BOOK = parse_codebook(
    {
        "levels": ["domain", "tdf"],
        "codes": [
            {
                "id": "motivation",
                "children": [{"id": "goals", "name": "Goals"}, {"id": "emotion", "name": "Emotion, fear"}],
            },
            {"id": "opportunity", "children": [{"id": "memory", "name": "Memory"}]},
        ],
    }
)
TEXT = "INT: Why?\nP1: I don’t know. It’s “far”.\n\nP1: No. I want\u00a0to.\nP1: No."
TURNS = (Turn("INT", "interviewer", 5, 9), Turn("P1", "participant", 14, 41))
TRANSCRIPTS = {"P1": Transcript("P1", TEXT, TURNS), "P 2": Transcript("P 2", "P2: =1+1 is two.", ())}
KNOWN = Known(TRANSCRIPTS, BOOK)


def is_quotes(path: Path) -> bool:
    return is_codings_table(path, KNOWN)


def read_quotes(path: Path, given: CodingColumns | None = None, coder: str = "A", transcript: str = "") -> CodingsTable:
    return read_codings_table(path, KNOWN, given=given, coder=coder, transcript=transcript)


def workbook(path: Path, *rows: Sequence[object]) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(list(row))
    book.save(path)
    return path


def text_table(path: Path, *rows: Sequence[str]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def found(project: CodingsTable) -> list[tuple[str, str, str, str]]:
    assert all(TRANSCRIPTS[c.transcript].text[c.start : c.end] == c.quote for c in project.codings)
    return [(c.transcript, c.quote, c.code, c.coder) for c in project.codings]


# ---- in: what programs write

WANT = "I want\u00a0to."
MAXQDA = (
    ("Color", "Document name", "Code", "Beginning", "End", "Weight score", "Segment", "Created by", "Comment"),
    ("", "P1", "Motivation > Goals", "4", "4", "0", "I want to.", "Ann", "hopes"),
    ("", "P1", "opportunity\\memory", "5", "5", "0", "No.", "Ben", ""),
)  # fmt: skip
ATLAS = (
    ("ID", "Quotation Name", "Document", "Document Groups", "Quotation Content", "Comment", "Codes", "Created by"),
    ("1:1", "", "1: P1.docx", "", "I don't know.", "", "Goals\nMemory", "Ann"),
)
DEDOOSE = (
    ("Media Title", "Excerpt Range", "Excerpt Creator", "Excerpt Date", "Excerpt Copy", "Codes Applied Combined",
     "Code: Goals Applied", "Code: Goals Range", "Code: Opportunity\\Memory Applied"),
    ("P1.txt", "1-5", "Ann", "2024", "It's \"far\".", "", "True", "", "False"),
    ("P1.txt", "1-5", "Ann", "2024", "I want to.", "", "True", "", "True"),
)  # fmt: skip
TAGUETTE = (("id", "document", "tag", "content"), ("1", "P1.txt", "Memory", "I don’t know .  It’s “far” ."))


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (MAXQDA, [("P1", WANT, "goals", "Ann"), ("P1", "No.", "memory", "Ben")]),
        (ATLAS, [("P1", "I don’t know.", "goals", "Ann"), ("P1", "I don’t know.", "memory", "Ann")]),
        (DEDOOSE, [("P1", "It’s “far”.", "goals", "Ann"), *[("P1", WANT, c, "Ann") for c in ("goals", "memory")]]),
        (TAGUETTE, [("P1", "I don’t know. It’s “far”.", "memory", "A")]),
    ],
    ids=["maxqda", "atlas", "dedoose", "taguette"],
)  # fmt: skip
def test_tables_of_other_programs(tmp_path: Path, kind: str, rows, expected) -> None:
    path = (workbook if kind == "xlsx" else text_table)(tmp_path / f"t.{kind}", *rows)
    assert is_quotes(path)
    project = read_quotes(path)
    assert found(project) == expected
    assert not any("left out" in warning for warning in project.notes)


def test_one_of_several_places_by_paragraph_is_said(tmp_path: Path) -> None:
    project = read_quotes(text_table(tmp_path / "t.csv", *MAXQDA))
    (coding,) = (c for c in project.codings if c.code == "memory")
    assert TEXT.count("\n", 0, coding.start) == 4
    assert project.notes == (
        "t.csv, row 3: the quote occurs several times and was placed by the number of its paragraph",
    )


def test_what_cannot_be_placed_is_named_by_row_and_not_quoted(tmp_path: Path) -> None:
    rows = (
        ("document", "quote", "code"),
        ("P1", "I don't know.", "goals"),
        ("P1", "No.", "goals"),
        ("P1", "Secret words", "goals"),
        ("P9", "No.", "goals"),
        ("P1", "", "goals"),
        ("P1", "It’s “far”.", "new theme"),
    )
    table = read_quotes(text_table(tmp_path / "t.csv", *rows))
    assert [c.code for c in table.codings] == ["goals"]
    first, second, third, fourth, fifth = table.problems
    assert str(first) == ("the quote (3 characters) occurs 2 times in transcript 'P1'; nearest: P1 45-48, P1 64-67")
    assert str(second) == "the quote (12 characters) occurs nowhere in transcript 'P1'"
    assert str(third) == "there is no transcript 'P9'"
    assert str(fourth) == "neither a quote nor a usable start and end"
    assert str(fifth) == "the codebook has no code 'new theme'"
    assert [problem.row for problem in table.problems] == [3, 4, 5, 6, 7]
    assert list(table.unread) == [3, 4, 5, 6, 7]


def test_offsets_choose_among_places(tmp_path: Path) -> None:
    at = str(TEXT.rindex("No."))
    rows = (("transcript", "quote", "code", "start", "end"), ("P1", "No.", "goals", at, str(int(at) + 3)))
    (coding,) = read_quotes(text_table(tmp_path / "t.csv", *rows)).codings
    assert coding.start == int(at)


def test_columns_by_option(tmp_path: Path) -> None:
    path = text_table(tmp_path / "t.csv", ("Where", "Said", "Theme 1"), ("x", "It’s “far”.", "goals [barrier]; memory"))
    with pytest.raises(BadInputError, match=r"no column for the transcript.*Its first row must name the columns"):
        read_quotes(path)
    with pytest.raises(BadInputError, match=r"there is no column 'Sayd' \(for --quote\)"):
        read_quotes(path, CodingColumns(quote="Sayd"))
    project = read_quotes(path, CodingColumns(quote="Said", code="Theme 1"), coder="Eve", transcript="P1")
    assert [(c.code, c.valence, c.coder) for c in project.codings] == [
        ("goals", "barrier", "Eve"),
        ("memory", "", "Eve"),
    ]


def test_names_with_commas_are_not_cut(tmp_path: Path) -> None:
    rows = (("file", "text", "codes"), ("P1", "It’s “far”.", "Emotion, fear"), ("P1", "I don’t know.", "Goals, Memory"))
    assert [c.code for c in read_quotes(text_table(tmp_path / "t.csv", *rows)).codings] == [
        "emotion",
        "goals",
        "memory",
    ]


def test_a_transcript_with_codes_is_no_table_of_quotes(tmp_path: Path) -> None:
    path = text_table(tmp_path / "t.csv", ("transcript", "speaker", "text", "code"), ("i1", "P1", "Hm", "goals"))
    assert not is_quotes(path)
    assert not is_quotes(text_table(tmp_path / "u.csv", ("speaker", "text"), ("P1", "Hm")))


# ---- out

CODINGS = (
    Coding("P1", 14, 27, TEXT[14:27], "goals", "barrier", "Ann", "a memo", "2024-03-01"),
    Coding("P1", 14, 27, TEXT[14:27], "memory", "", "Ben"),
    Coding("P1", 28, 39, TEXT[28:39], "goals", "both", "Ann"),
    Coding("P 2", 4, 16, "=1+1 is two.", "emotion", "", "Ann"),
)
SUGGESTED = (Suggestion("P1", 14, 27, "P1", TEXT[14:27], "goals", "barrier", 0.7, 0.5, 1, "1a2b"),)
SEGMENTS = (
    Segment("P1", 14, 27, 1, "P1", "participant", TEXT[14:27]),
    Segment("P1", 28, 39, 1, "P1", "participant", TEXT[28:39]),
    Segment("P 2", 4, 16, 0, "P2", "participant", "=1+1 is two."),
)
PROJECT = Project(
    "s", BOOK, TRANSCRIPTS, CODINGS, SUGGESTED, attributes={"P1": {"age": "41", "site": "=cmd()"}},
    grid=lambda: Grid(SEGMENTS, "tdf", 0.5),
)  # fmt: skip


def sheet(path: Path, name: str) -> list[dict[str, object]]:
    header, *rows = openpyxl.load_workbook(path)[name].iter_rows(values_only=True)
    return [dict(zip(map(str, header), row, strict=True)) for row in rows]


def test_workbook_of_quotes_has_attributes_and_no_formulas(tmp_path: Path) -> None:
    assert write_xlsx(PROJECT, tmp_path / "s.xlsx") == []
    rows = sheet(tmp_path / "s.xlsx", "quotes")
    assert len(rows) == 5
    first = next(row for row in rows if row["coded by"] == "Ann" and row["start"] == 14)
    assert (first["quote"], first["speaker"], first["code name"], first["age"]) == (TEXT[14:27], "P1", "Goals", "41")
    assert {row["coded by"] for row in rows} == {"Ann", "Ben", "comb model 1a2b"}
    with zipfile.ZipFile(tmp_path / "s.xlsx") as archive:
        assert not any(b"<f>" in archive.read(name) for name in archive.namelist())
    book = openpyxl.load_workbook(tmp_path / "s.xlsx")
    assert {cell.data_type for row in book["quotes"] for cell in row} <= {"s", "n"}


def test_cells_too_long_for_excel_are_cut_and_counted(tmp_path: Path) -> None:
    text = "word " * 10_000
    project = Project("s", BOOK, {"a": Transcript("a", text, ())}, (Coding("a", 0, 50_000, text, "goals", "", "Ann"),))
    assert write_xlsx(project, tmp_path / "s.xlsx") == ["texts too long for a cell of Excel, cut: 1"]
    assert len(str(sheet(tmp_path / "s.xlsx", "quotes")[0]["quote"])) == LONGEST


def test_csv_for_people_cannot_run_formulas(tmp_path: Path) -> None:
    write_quotes(PROJECT, tmp_path / "s.csv")
    with (tmp_path / "s.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["quote"] for row in rows if row["transcript"] == "P 2"} == {"'=1+1 is two."}
    assert {row["site"] for row in rows if row["transcript"] == "P1"} == {"'=cmd()"}
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for row in rows for cell in row.values())


@settings(deadline=None)
@given(st.text(st.sampled_from("'=+-@\t\rax"), max_size=6))
def test_escaping_comes_off_again(cell: str) -> None:
    assert unescape(escape(cell)) == cell
    assert not escape(cell).startswith(("=", "+", "-", "@", "\t", "\r"))


@pytest.mark.parametrize(("name", "write"), [("s.xlsx", write_xlsx), ("s.csv", write_quotes)])
def test_own_exports_read_back(tmp_path: Path, name: str, write) -> None:
    write(PROJECT, tmp_path / name)
    assert is_quotes(tmp_path / name)
    back = read_quotes(tmp_path / name)
    key = ("transcript", "start", "end", "quote", "code", "valence", "coder", "memo", "created_at")
    assert {tuple(getattr(c, k) for k in key) for c in back.codings} == {
        tuple(getattr(c, k) for k in key) for c in CODINGS
    }
    assert back.notes == (f"{name}, row 5: a model's suggestions, not codings: left out",)


def test_csv_for_people_is_not_taken_for_a_codings_csv(comb: Comb, study: Study) -> None:
    (study.raw / "P 2.txt").write_text(TRANSCRIPTS["P 2"].text, encoding="utf-8")
    suggested = Suggestion("P 2", 0, 2, "P2", "P2", "goals", "", 0.7, 0.5, 1, "1a2b")
    transcripts = {"P 2": TRANSCRIPTS["P 2"]}
    write_quotes(Project("s", BOOK, transcripts, CODINGS[3:], (suggested,)), comb.folder / "s.csv")
    comb("import", "s.csv")
    found = read_codings(study.codings, transcripts).codings
    assert [(c.quote, c.coder) for c in found] == [("=1+1 is two.", "Ann")]


def test_matrix_tells_missing_from_negative(tmp_path: Path) -> None:
    write_matrix(PROJECT, tmp_path / "m.xlsx")
    ann, ben = sheet(tmp_path / "m.xlsx", "Ann"), sheet(tmp_path / "m.xlsx", "Ben")
    assert [(row["unit"], row["goals"], row["memory"]) for row in ann] == [
        ("P1:14-27", 1, 0),
        ("P1:28-39", 1, 0),
        ("P 2:4-16", 0, 0),
    ]
    assert [(row["goals"], row["memory"]) for row in ben] == [(0, 1), (0, 0), (None, None)]
    assert ann[0]["text"] == TEXT[14:27]


def test_matrix_needs_segments(tmp_path: Path) -> None:
    with pytest.raises(NotReadyError, match="Run: comb segment"):
        write_matrix(Project("s", BOOK, TRANSCRIPTS, CODINGS), tmp_path / "m.xlsx")
    assert list(tmp_path.iterdir()) == []


def test_sheets_for_coders_of_any_name(tmp_path: Path) -> None:
    coders = ["a/b", "A\\B", "x" * 40, "x" * 41, "History"]
    codings = tuple(Coding("P1", 14, 27, TEXT[14:27], "goals", "", coder) for coder in coders)
    project = Project("s", BOOK, TRANSCRIPTS, codings, grid=PROJECT.grid)
    warnings = write_matrix(project, tmp_path / "m.xlsx")
    assert len(openpyxl.load_workbook(tmp_path / "m.xlsx").sheetnames) == 5
    assert len(warnings) == 5


def test_cases_count_each_coder(tmp_path: Path) -> None:
    write_cases(PROJECT, tmp_path / "c.csv")
    with (tmp_path / "c.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {(row["transcript"], row["coder"]): row for row in csv.DictReader(file)}
    assert rows.keys() == {("P1", "Ann"), ("P1", "Ben"), ("P 2", "Ann")}
    goals = BOOK.codes["goals"].name
    assert (rows["P1", "Ann"][goals], rows["P1", "Ben"][goals], rows["P1", "Ann"]["age"]) == ("2", "0", "41")


def test_cases_split_by_valence_and_count_codes_below(tmp_path: Path) -> None:
    data = {"codes": [{"id": "m", "name": "Motivation", "children": [{"id": "g", "name": "Goals"}, {"id": "h"}]}]}
    place = ("P1", 14, 27, TEXT[14:27])
    given = (("g", "barrier"), ("h", ""), ("m", "both"))
    codings = tuple(Coding(*place, code, valence, "Ann") for code, valence in given)
    header, (row,) = cases(Project("s", parse_codebook(data), TRANSCRIPTS, codings))
    assert dict(zip(header, row, strict=True)) == {
        "transcript": "P1",
        "coder": "Ann",
        "Motivation, all": 3,
        "Motivation, all: barrier": 1,
        "Motivation, all: both": 1,
        "Goals": 1,
        "Goals: barrier": 1,
        "H": 1,
    }


def test_workbooks_are_made_to_be_printed(tmp_path: Path) -> None:
    write_xlsx(PROJECT, tmp_path / "q.xlsx")
    for sheet in openpyxl.load_workbook(tmp_path / "q.xlsx").worksheets:
        assert sheet.page_setup.orientation == "landscape"
        assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert sheet.print_title_rows == "$1:$1"
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref
    quotes = openpyxl.load_workbook(tmp_path / "q.xlsx")["quotes"]
    head = {cell.value: cell.column for cell in quotes[1]}
    assert quotes.cell(2, head["quote"]).alignment.wrap_text
    scores = [quotes.cell(row, head["score"]) for row in range(2, quotes.max_row + 1)]
    assert {cell.number_format for cell in scores if cell.value is not None} == {"0.00"}


# ---- the command line


def test_import_and_export_by_the_command_line(comb: Comb, study: Study) -> None:
    (study.raw / "P1.txt").write_text(TEXT, encoding="utf-8")
    workbook(comb.folder / "maxqda.xlsx", *MAXQDA)
    out = comb("import", "maxqda.xlsx", code=1)
    assert "row 3: the codebook has no code 'opportunity\\\\memory'; did you mean opportunity?" in out
    assert not list(study.codings.iterdir())
    table_file = study.to_correct / "maxqda.csv"
    known = table_file.read_text(encoding="utf-8").replace("opportunity\\memory", "knowledge", 1)
    table_file.write_text(known, encoding="utf-8")
    out = comb("import", table_file)
    assert "2 codings of 2 coders" in out
    transcripts = {t.id: t for t in read_folder(study.raw, study.roles)[0]}
    assert {c.code for c in read_codings(study.codings, transcripts).codings} == {"goals", "knowledge"}
    comb("segment")
    for name, file in (("xlsx", "s.xlsx"), ("csv", "q.csv"), ("matrix", "m.xlsx"), ("cases", "c.csv")):
        comb("export", "--format", name, "--out", file)
        assert (comb.folder / file).stat().st_size > 100


def test_import_codings_with_named_columns(comb: Comb, study: Study) -> None:
    (study.raw / "P1.txt").write_text(TEXT, encoding="utf-8")
    text_table(comb.folder / "t.csv", ("Said", "Theme 1"), ("It’s “far”.", "goals"))
    comb("import", "codings", "t.csv", "--quote", "Said", "--code", "Theme 1", "--of", "P1", "--by", "Eve")
    assert "It’s “far”.,goals,,Eve" in (study.codings / "t.csv").read_text(encoding="utf-8")


# ---- hostile


def rezipped(path: Path, change) -> Path:
    out = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            new.writestr(part, change(part, old.read(part)))
    path.write_bytes(out.getvalue())
    return path


def entity(part: str, data: bytes) -> bytes:
    return b'<!DOCTYPE x [<!ENTITY a "b">]>' + data.partition(b"?>")[2] if part.endswith("sheet1.xml") else data


def styles(part: str, data: bytes) -> bytes:
    return data.replace(b"</cellXfs>", b"<xf/>" * 300_000 + b"</cellXfs>") if part.endswith("styles.xml") else data


@pytest.mark.parametrize(
    ("change", "message"), [(entity, "document type definition"), (styles, "more than 200000 elements")]
)
def test_hostile_workbooks(tmp_path: Path, change, message: str) -> None:
    path = rezipped(workbook(tmp_path / "t.xlsx", *MAXQDA), change)
    with pytest.raises(BadInputError, match=message):
        read_quotes(path)


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("t.xlsx", b"SQLite format 3\x00" + b"\x00" * 100, "t.xlsx"),
        ("t.xlsx", b"PK\x03\x04broken", "not a .xlsx file"),
        ("t.csv", b"document,quote,code\nP1,\xff\xfe\x00,x\n", "t.csv"),
        ("t.csv", b'document,quote,code\nP1,"open,x\n', "not a table"),
    ],
)
def test_broken_tables_are_one_line(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(BadInputError) as caught:
        read_quotes(tmp_path / name)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_huge_tables_are_refused_before_they_fill_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "MAX_CELLS", 50)
    path = text_table(tmp_path / "t.csv", *[("document", "quote", "code")] * 20)
    with pytest.raises(BadInputError, match="t.csv, row 17: more than"):
        read_quotes(path)
    monkeypatch.setattr(table, "MAX_TEXT", 100)
    text_table(path, ("document", "quote", "code"), ("P1", "x" * 200, "goals"))
    with pytest.raises(BadInputError, match="MB of text"):
        read_quotes(path)
    monkeypatch.setattr(guard, "MAX_STREAMED_TAGS", 20)
    with pytest.raises(BadInputError, match="more than 20 elements"):
        read_quotes(workbook(tmp_path / "t.xlsx", *MAXQDA))


def test_formulas_of_a_workbook_are_read_as_what_excel_stored(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "t.xlsx",
        ("document", "quote", "code"),
        ("P1", '=HYPERLINK("http://x")', "goals"),
        ("P1", 'It\'s "far".', "goals"),
    )
    project = read_quotes(path)
    assert len(project.codings) == 1


def test_many_quotes_are_found_quickly(tmp_path: Path) -> None:
    draw = random.Random(1)
    sentences = [f"I said “thing” number {number}, and that’s {draw.random()}." for number in range(3000)]
    transcript = Transcript("long", "\n".join(sentences), ())
    rows = [("long", sentence.replace("’", "'").replace("“", '"').replace("”", '"'), "goals") for sentence in sentences]
    path = text_table(tmp_path / "t.csv", ("document", "quote", "code"), *rows)
    project = read_codings_table(path, Known({"long": transcript}, BOOK), coder="A")
    assert [c.quote for c in project.codings] == sentences
