"""Unit tables in every shape: recognised, said, and the same figures to the last bit."""

import csv
import json
import re
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from comb.agreement.compare import compare
from comb.agreement.spelling import folded, merge
from comb.agreement.table_files import open_tables
from comb.agreement.table_shapes import SHAPES
from comb.agreement.unit_tables import TablesRead, read_tables
from comb.errors import BadInputError

NONE, MISSING = "(none)", None
CODERS = ("Rater 1", "Rater 2", "Rater 3")
Answers = dict[tuple[str, str], "tuple[str, ...] | None"]


def write(folder: Path, name: str, rows: list[list[object]], delimiter: str = ",") -> Path:
    path = folder / name
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)
    return path


def read(*paths: Path, **options: object) -> TablesRead:
    return read_tables([table for path in paths for table in open_tables(path)], **options)  # type: ignore[arg-type]


def of(said: Answers) -> tuple[list[str], list[str], list[str]]:
    units, coders = (list(dict.fromkeys(key[side] for key in said)) for side in (0, 1))
    codes = sorted({code for own in said.values() if own for code in own})
    return units, coders, codes


def long(folder: Path, said: Answers) -> list[Path]:
    rows: list[list[object]] = [["unit", "coder", "code"]]
    for (unit, coder), own in said.items():
        if own is not None:
            rows += [[unit, coder, code] for code in own or ("",)]
    return [write(folder, "long.csv", rows)]


def code_columns(folder: Path, said: Answers) -> list[Path]:
    rows: list[list[object]] = [["Coder", "Unit", "Code 1", "Code 2", "Code 3"]]
    for (unit, coder), own in said.items():
        if own is not None:
            rows.append([coder, unit, *own, *[""] * (3 - len(own))])
    return [write(folder, "columns.csv", rows, ";")]


def column_per_coder(folder: Path, said: Answers) -> list[Path]:
    units, coders, _ = of(said)
    rows: list[list[object]] = [["Unit", *coders]]
    for unit in units:
        given = [said[unit, coder] for coder in coders]
        rows.append([unit, *("" if own is None else "; ".join(own) or NONE for own in given)])
    return [write(folder, "wide.csv", rows, "\t")]


def workbook(folder: Path, said: Answers) -> list[Path]:
    (path,) = column_per_coder(folder, said)
    book = openpyxl.Workbook()
    for line in path.read_text(encoding="utf-8").splitlines():
        book.active.append([cell or None for cell in line.split("\t")])
    book.save(folder / "wide.xlsx")
    return [folder / "wide.xlsx"]


def one_hot(folder: Path, said: Answers) -> list[Path]:
    units, coders, codes = of(said)
    paths = []
    for coder in coders:
        rows: list[list[object]] = [["unit", *codes]]
        for unit in units:
            own = said[unit, coder]
            rows.append([unit, *("" if own is None else int(code in own) for code in codes)])
        paths.append(write(folder, f"{coder}.csv", rows))
    return paths


def code_files(folder: Path, said: Answers) -> list[Path]:
    units, coders, codes = of(said)
    paths = []
    for code in codes:
        rows: list[list[object]] = [["unit", *coders]]
        for unit in units:
            given = [said[unit, coder] for coder in coders]
            rows.append([unit, *("" if own is None else int(code in own) for own in given)])
        paths.append(write(folder, f"{code}.csv", rows))
    return paths


WRITERS = {
    "long": long,
    "code-columns": code_columns,
    "coders": column_per_coder,
    "workbook": workbook,
    "one-hot": one_hot,
    "code-files": code_files,
}


@st.composite
def answers(draw: st.DrawFn) -> Answers:
    """Answers of two or three coders on some units: codes, none, or missing; two judge at least one unit."""
    most = draw(st.sampled_from([1, 3]))
    codes = st.lists(st.sampled_from(["goals", "memory", "skills"]), max_size=most, unique=True).map(tuple)
    said: Answers = {}
    coders = CODERS[: draw(st.integers(2, 3))]
    for number in range(draw(st.integers(2, 8))):
        for coder in coders:
            said[f"u{number}", coder] = draw(st.one_of(codes, st.none()))
    for coder in coders:
        said["u0", coder] = draw(codes)
    said["u1", coders[0]] = ("goals",)
    said["u1", coders[1]] = ("memory",)
    known = {unit for (unit, _), given in said.items() if given is not None}
    return {key: given for key, given in said.items() if key[0] in known}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(answers())
def test_one_dataset_in_every_shape_gives_the_same_figures(tmp_path: Path, said: Answers) -> None:
    found = {}
    for shape, writer in WRITERS.items():
        folder = tmp_path / shape
        folder.mkdir(exist_ok=True)
        for old in folder.iterdir():
            old.unlink()
        asked = shape if shape in ("one-hot", "code-files") else ""
        ratings = read(*writer(folder, said), shape=asked, empty="missing" if asked else "").ratings
        found[shape] = (ratings.units, ratings.coders, ratings.codes, ratings.exclusive, compare(ratings, 20, 1))
    for shape, other in found.items():
        assert other == found["long"], shape


@pytest.mark.parametrize(
    ("tables", "shape"),
    [
        ({"a.csv": "unit,coder,code\n1,A,x\n1,B,y\n"}, "long"),
        ({"a.csv": "Item;Annotator;Label\n1;A;x\n1;B;y\n"}, "long"),
        ({"a.csv": "segment,rater,Code 1,Code 2\n1,A,x,y\n1,B,y,\n"}, "code-columns"),
        ({"Ann.csv": "unit,code\n1,x\n2,y\n", "Ben.csv": "unit,code\n1,x\n2,x\n"}, "code-columns"),
        ({"a.csv": "Units,Rater1,Rater2\n1,a,a\n2,b,a\n"}, "coders"),
        ({"a.csv": "rater1,rater2\nbarrier,barrier\nenabler,barrier\nbarrier,barrier\n"}, "coders"),
        ({"a.csv": "unit,Ann,Ben\n1,goals,goals\n2,memory,goals\n"}, "coders"),
        ({"a.csv": "id,Coder A,Coder B\n1,1,0\n2,0,0\n3,1,1\n"}, "coders"),
        ({"A.csv": "unit,x\n1,1\n2,0\n", "B.csv": "unit,x\n1,1\n2,0\n"}, "one-hot"),
        ({"Ann.csv": "unit,knowledge,skills\n1,1,0\n", "Ben.csv": "unit,knowledge,skills\n1,1,0\n"}, "one-hot"),
        ({"codeA.csv": "unit,Rater1,Rater2\n1,1,0\n", "codeB.csv": "unit,Rater1,Rater2\n1,1,0\n"}, "code-files"),
        ({"x.csv": "1,0\n1,1\n0,0\n", "y.csv": "0,0\n1,1\n0,1\n"}, "code-files"),
        ({"knowledge.csv": "unit,Ann,Ben\n1,1,0\n", "skills.csv": "unit,Ann,Ben\n1,0,0\n"}, "code-files"),
    ],
)
def test_shapes_are_recognised(tmp_path: Path, tables: dict[str, str], shape: str) -> None:
    paths = [tmp_path / name for name in tables]
    for path, text in zip(paths, tables.values(), strict=True):
        path.write_text(text, encoding="utf-8")
    found = read(*paths)
    assert found.shape == shape
    assert found.reading.startswith("Read as ")
    assert len(found.ratings.coders) == 2


@pytest.mark.parametrize(
    "tables",
    [
        {"one.csv": "unit,Ann,Ben\n1,1,0\n2,0,0\n", "two.csv": "unit,Ann,Ben\n1,1,0\n2,1,0\n"},
        {"Ann.csv": "unit,hope,fear\n1,1,0\n2,0,0\n", "Ben.csv": "unit,hope,fear\n1,1,0\n2,1,0\n"},
        {"all.csv": "unit,hope,fear\n1,1,0\n2,0,1\n"},
    ],
)
def test_where_two_readings_are_possible_one_line_asks(comb, tables: dict[str, str]) -> None:
    for name, text in tables.items():
        (comb.folder / name).write_text(text, encoding="utf-8")
    out = comb("agree", *tables, code=1)
    assert "--shape" in out
    assert len(out.strip().splitlines()) == 1
    answer = "coders" if len(tables) == 1 else "code-files"
    first = comb("agree", *tables, "--shape", answer).splitlines()[0]
    assert first.startswith("Read as a")


def test_the_two_readings_of_a_question_differ_in_who_the_coders_are(tmp_path: Path) -> None:
    text = "unit,Ann,Ben\n1,1,0\n2,0,0\n3,1,1\n"
    paths = [tmp_path / name for name in ("one.csv", "two.csv")]
    for path in paths:
        path.write_text(text, encoding="utf-8")
    assert read(*paths, shape="one-hot").ratings.coders == ("one", "two")
    assert read(*paths, shape="code-files").ratings.coders == ("Ann", "Ben")
    assert set(SHAPES) == {"long", "code-columns", "coders", "one-hot", "code-files"}


def test_spellings_are_joined_and_said(tmp_path: Path) -> None:
    rows = [["unit", "coder", "code"], [1, "Ann", "Goals"], [2, "Ann", "Memory"], [3, "ann", "Goals "]]
    rows += [["1.0", "Ben", "goals"], ["2.0", "Ben", "memory"], ["3.0", "Ben", "GOALS"]]
    found = read(write(tmp_path, "a.csv", rows))
    assert found.ratings.coders == ("Ann", "Ben")
    assert len(found.ratings.units) == 3
    assert found.ratings.codes == ("Goals", "memory") or found.ratings.codes == ("Goals", "Memory")
    assert compare(found.ratings, 10, 1).overall["cohen_kappa"].value == 1
    assert any("'Ann', 'ann'" in note for note in found.notes)


def test_spellings_that_one_coder_gives_side_by_side_stay_apart(tmp_path: Path) -> None:
    rows = [["unit", "coder", "code"], ["a1", "A", "x"], ["A1", "A", "y"], ["a1", "B", "x"], ["A1", "B", "x"]]
    assert read(write(tmp_path, "a.csv", rows)).ratings.units == ("A1", "a1")


def test_numbers_and_their_labels_are_one_code(tmp_path: Path) -> None:
    rows = [["unit", "A", "B"], ["u1", "1. Barrier", "1"], ["u2", "2. Enabler", "2"], ["u3", "1. Barrier", "2"]]
    assert read(write(tmp_path, "a.csv", rows), shape="coders").ratings.codes == ("1. Barrier", "2. Enabler")


@pytest.mark.parametrize("mark", ["NA", "nan", "N/A", "#N/A", "<NA>", "."])
def test_marks_for_missing_are_no_code(tmp_path: Path, mark: str) -> None:
    rows = [["unit", "coder", "code"], [1, "A", "x"], [2, "A", "y"], [1, "B", "x"], [2, "B", mark]]
    found = read(write(tmp_path, "a.csv", rows))
    assert found.ratings.codes == ("x", "y")
    assert found.ratings.cells[1, 1].tolist() == [-1, -1]
    assert f"1 answers {mark!r} were taken for missing." in found.notes


def test_presence_is_the_code_and_not_its_absence(comb) -> None:
    (comb.folder / "a.csv").write_text(
        "unit,coder,code\n1,A,\n2,A,\n3,A,x\n4,A,x\n5,A,\n1,B,\n2,B,\n3,B,\n4,B,\n5,B,\n", encoding="utf-8"
    )
    comb("agree", "a.csv", "--json", "a.json")
    overall = json.loads((comb.folder / "a.json").read_text())["overall"]
    indices = ("positive_agreement", "negative_agreement", "prevalence_index", "bias_index")
    assert [overall[name]["value"] for name in indices] == [0.0, 0.75, -0.6, 0.4]


def test_zero_and_one_in_a_column_per_coder_are_absence_and_presence(tmp_path: Path) -> None:
    rows = [["unit", "Rater1", "Rater2"], [1, 1, 1], [2, 0, 1], [3, 0, 0], [4, 0, 0]]
    overall = compare(read(write(tmp_path, "a.csv", rows)).ratings, 10, 1).overall
    assert overall["positive_agreement"].value == pytest.approx(2 / 3, abs=1e-6)
    assert overall["prevalence_index"].value == pytest.approx(-0.25)


def test_between_two_codes_neither_is_the_presence(tmp_path: Path) -> None:
    rows = [["unit", "Rater1", "Rater2"], [1, "barrier", "barrier"], [2, "enabler", "barrier"]]
    overall = compare(read(write(tmp_path, "a.csv", rows)).ratings, 10, 1).overall
    assert "it is given for each code" in overall["positive_agreement"].undefined


def test_one_and_one_point_nought_beside_decimals_is_asked(tmp_path: Path) -> None:
    rows = [["unit", "Rater1", "Rater2"], ["u1", "1", "1.0"], ["u2", "1.5", "1.5"], ["u3", "2", "2"]]
    path = write(tmp_path, "a.csv", rows)
    with pytest.raises(BadInputError, match="may be one number or two codes"):
        read(path)
    assert read(path, level="interval").ratings.codes == ("1", "1.5", "2")


def test_all_problems_are_listed_at_once(comb) -> None:
    (comb.folder / "a.csv").write_text("unit,coder,code\n1,A,x\n1,A,\n2,,x\n,A,x\n3,B,x\n3,B,\n", encoding="utf-8")
    out = comb("agree", "a.csv", code=1)
    assert "row 4: no coder" in out
    assert "row 5: no unit" in out
    assert len(out.strip().splitlines()) == 1


def test_a_code_given_twice_counts_once_where_units_have_several(tmp_path: Path) -> None:
    rows = [["unit", "coder", "code"], [1, "A", "x"], [1, "A", "y"], [1, "A", "x"], [1, "B", "x"], [2, "B", "y"]]
    found = read(write(tmp_path, "a.csv", rows))
    assert any("counted once" in note for note in found.notes)
    assert found.ratings.cells[0, 0].tolist() == [1, 1]


def test_folding_keeps_hierarchical_numbers_apart() -> None:
    assert len({folded(name) for name in ("1.1", "1.10", "1.2")}) == 3
    assert merge(["B", "b "], np.array([3, 1])).names == ("B",)


def test_speech_beside_the_answers_is_no_coder(tmp_path: Path) -> None:
    rows = [["id", "text", "Ann", "Ben"], ["u1", "I was afraid", "fear", "fear"], ["u2", "Not me", "hope", "fear"]]
    found = read(write(tmp_path, "a.csv", rows))
    assert found.ratings.coders == ("Ann", "Ben")
    assert "Columns that contain no codes were left out: text." in found.notes
    spoken = [["id", "What was said", "Ann", "Ben"]]
    spoken += [[f"u{n}", f"I was number {n} of all those people", "fear", "fear"] for n in range(4)]
    assert read(write(tmp_path, "b.csv", spoken)).ratings.coders == ("Ann", "Ben")


def test_a_table_of_one_row_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="one row"):
        read(write(tmp_path, "a.csv", [["a", "b"]]))


def test_tables_with_a_column_per_coder_go_together_if_their_units_differ(tmp_path: Path) -> None:
    one = write(tmp_path, "one.csv", [["unit", "Ann", "Ben"], ["u1", "fear", "fear"], ["u2", "hope", "fear"]])
    two = write(tmp_path, "two.csv", [["unit", "Ann", "Ben"], ["u3", "fear", "fear"], ["u4", "hope", "hope"]])
    assert read(one, two).ratings.units == ("u1", "u2", "u3", "u4")
    again = write(tmp_path, "three.csv", [["unit", "Ann", "Ben"], ["u1", "anger", "joy"], ["u2", "joy", "anger"]])
    with pytest.raises(BadInputError, match="different variables"):
        read(one, again)


def _tables(folder: Path, **texts: str) -> list[Path]:
    paths = [folder / f"{name}.csv" for name in texts]
    for path, text in zip(paths, texts.values(), strict=True):
        path.write_text(text, encoding="utf-8")
    return paths


def test_the_unit_column_is_found_wherever_it_stands(tmp_path: Path) -> None:
    found = read(*_tables(tmp_path, a="Ann,Ben,ID\n1,2,1\n2,2,2\n3,1,3\n1,1,4\n")).ratings
    assert found.coders == ("Ann", "Ben")
    assert found.units == ("1", "2", "3", "4")


@pytest.mark.parametrize("shape", ["", "coders"])
def test_segments_that_are_numbered_anew_in_each_transcript_stay_apart(tmp_path: Path, shape: str) -> None:
    text = "transcript,segment,Ann,Ben\nP01,1,a,a\nP01,2,b,a\nP02,1,b,b\nP02,2,a,b\n"
    found = read(*_tables(tmp_path, a=text), shape=shape).ratings
    assert found.coders == ("Ann", "Ben")
    assert found.units == ("P01 1", "P01 2", "P02 1", "P02 2")
    long = "Document,Segment_No,Coded by,Theme\nP01,1,Ann,a\nP01,1,Ben,a\nP02,1,Ann,b\nP02,1,Ben,a\n"
    assert read(*_tables(tmp_path, long=long)).ratings.units == ("P01 1", "P02 1")


@pytest.mark.parametrize(
    "header", ["Excerpt,Researcher,Theme", "segment_no,coded_by,category", "Segment ID,Created by,Codes"]
)
def test_long_tables_are_known_by_the_names_that_programs_use(tmp_path: Path, header: str) -> None:
    found = read(*_tables(tmp_path, a=f"{header}\n1,Ann,a\n1,Ben,a\n2,Ann,b\n2,Ben,a\n"))
    assert (found.shape, found.ratings.coders) == ("long", ("Ann", "Ben"))


def test_a_long_table_without_a_header_is_not_read_as_three_coders(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="no row names the columns"):
        read(*_tables(tmp_path, a="u1,Ann,a\nu1,Ben,b\nu2,Ann,a\nu2,Ben,a\nu3,Ann,b\nu3,Ben,b\n"))


@pytest.mark.parametrize(
    ("yes", "no"), [("y", "n"), ("✓", ""), ("ja", "nein"), ("x", "-"), ("x", ""), ("1,00", "0,00")]
)
def test_ways_to_say_yes_and_no(tmp_path: Path, yes: str, no: str) -> None:
    given = {"Ann": ((1, 0), (0, 1), (0, 0)), "Ben": ((1, 0), (1, 0), (0, 0))}
    texts = {}
    for name, rows in given.items():
        cells = [";".join((no, yes)[one] for one in row) for row in rows]
        texts[name] = "unit;hope;fear\n" + "".join(f"{at};{row}\n" for at, row in enumerate(cells))
    found = read(*_tables(tmp_path, **texts), shape="one-hot")
    usual = {"Ann": "unit,hope,fear\n0,1,0\n1,0,1\n2,0,0\n", "Ben": "unit,hope,fear\n0,1,0\n1,1,0\n2,0,0\n"}
    plain = read(*_tables(tmp_path, **usual), shape="one-hot")
    assert np.array_equal(found.ratings.cells, plain.ratings.cells)
    assert ("an empty cell means no:" in found.reading) == (not no)


def test_tables_that_write_no_in_different_ways_are_asked_about(tmp_path: Path) -> None:
    paths = _tables(tmp_path, Ann="unit,hope\n1,1\n2,0\n3,1\n", Ben="unit,hope\n1,x\n2,\n3,\n")
    with pytest.raises(BadInputError, match=r"Ben\.csv: no cell says no.*--empty no or --empty missing"):
        read(*paths)
    assert (read(*paths, empty="no").ratings.cells[:, 1, 0] == (1, 0, 0)).all()
    assert (read(*paths, empty="missing").ratings.cells[:, 1, 0] == (1, -1, -1)).all()


def test_one_table_with_a_column_for_the_coder_and_one_for_each_code(tmp_path: Path) -> None:
    text = "unit,coder,hope,fear\n1,Ann,1,0\n1,Ben,1,1\n2,Ann,0,0\n2,Ben,0,1\n"
    found = read(*_tables(tmp_path, a=text))
    assert (found.shape, found.ratings.coders, found.ratings.codes) == ("one-hot", ("Ann", "Ben"), ("fear", "hope"))
    assert found.ratings.cells.tolist() == [[[0, 1], [1, 1]], [[0, 0], [1, 0]]]


@pytest.mark.parametrize("mark", ["99", "-9", "999", "-", "?"])
def test_what_may_be_a_missing_answer_is_asked(tmp_path: Path, mark: str) -> None:
    paths = _tables(tmp_path, a=f"unit,Ann,Ben\n1,1,2\n2,{mark},5\n3,5,5\n4,2,2\n")
    with pytest.raises(BadInputError, match=f"--missing={re.escape(mark)}"):
        read(*paths)
    assert read(*paths, missing=(mark,)).ratings.codes == ("1", "2", "5")
    assert mark in read(*paths, missing=("none",)).ratings.codes


def test_numbers_of_a_scale_and_signs_of_valence_are_no_missing_answers(tmp_path: Path) -> None:
    assert len(read(*_tables(tmp_path, a="unit,Ann,Ben\n1,6,7\n2,8,9\n3,9,9\n4,5,5\n")).ratings.codes) == 5
    assert len(read(*_tables(tmp_path, b="unit,Ann,Ben\n1,+,-\n2,-,-\n3,+,+\n")).ratings.codes) == 2


def test_a_title_above_the_header_is_no_header(tmp_path: Path) -> None:
    found = read(*_tables(tmp_path, a="Reliability study\n\nunit;Ann;Ben\n1;a;a\n2;b;a\n")).ratings
    assert (found.coders, found.units) == (("Ann", "Ben"), ("1", "2"))


def test_a_table_of_excel_in_windows_1252_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("unit;Ann;Ben\r\n1;Hürde;Hürde\r\n2;Größe;Hürde\r\n".encode("cp1252"))
    assert read(path).ratings.codes == ("Größe", "Hürde")


def _book(path: Path, sheets: dict[str, list[list[object]]]) -> Path:
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_sheets_with_the_same_columns_are_read_and_others_named(tmp_path: Path) -> None:
    sheets: dict[str, list[list[object]]] = {
        "Ann": [["Segment", "Code"], [1, "a"], [2, "b"]],
        "Ben": [["Segment", "Code"], [1, "a"], [2, "a"]],
        "Codebook": [["Code", "Definition"], ["a", "one"], ["b", "another"]],
    }
    found = read(_book(tmp_path / "all.xlsx", sheets))
    assert found.ratings.coders == ("Ann", "Ben")
    assert "all.xlsx: sheets that were left out: Codebook." in " ".join(found.notes).replace(", sheet 'Ann'", "")


def test_two_rounds_in_one_workbook_are_not_read_as_one(tmp_path: Path) -> None:
    rows: list[list[object]] = [["unit", "Ann", "Ben"], [1, "a", "a"], [2, "b", "a"]]
    with pytest.raises(BadInputError, match="the same units"):
        read(_book(tmp_path / "all.xlsx", {"Round 1": rows, "Round 2": rows}))


def test_the_consensus_is_compared_only_if_named(comb) -> None:
    text = "unit,Ann,Ben,Consensus\n1,a,a,a\n2,b,a,b\n3,b,b,b\n"
    (comb.folder / "a.csv").write_text(text, encoding="utf-8")
    out = comb("agree", "a.csv", "--bootstrap", "20")
    assert "Agreement of Ann and Ben on 3 units" in out
    assert "consensus is left out" in out
    assert "Compared with Consensus" in comb("agree", "a.csv", "--bootstrap", "20", "--reference", "Consensus")


def test_words_on_a_scale_of_numbers_are_listed_with_their_rows(tmp_path: Path) -> None:
    paths = _tables(tmp_path, a="unit,Ann,Ben\n1,1,2\n2,2,three\n3,1,1\n4,x,1\n")
    with pytest.raises(BadInputError, match=r"a\.csv, row 3: 'three'; a\.csv, row 5: 'x'"):
        read(*paths, level="interval")


def test_all_files_that_cannot_be_read_are_named_at_once(comb) -> None:
    out = comb("agree", "one.csv", "two.csv", code=1)
    assert "one.csv: no such file" in out
    assert "two.csv: no such file" in out


def test_columns_beside_the_coders_are_no_coders(tmp_path: Path) -> None:
    text = "id,Ann,Ben,Sex,Years,Agree\n1,2,2,m,21,1\n2,3,2,f,34,0\n3,1,1,f,45,1\n4,3,3,m,52,1\n"
    found = read(*_tables(tmp_path, a=text))
    assert found.ratings.coders == ("Ann", "Ben")
    assert "left out: Agree, Sex, Years." in " ".join(found.notes)


def test_row_numbers_of_pandas_are_no_coder(tmp_path: Path) -> None:
    text = "Unnamed: 0,unit,Ann,Ben\n0,u1,a,a\n1,u2,b,a\n2,u3,b,b\n"
    found = read(*_tables(tmp_path, a=text)).ratings
    assert (found.coders, found.units) == (("Ann", "Ben"), ("u1", "u2", "u3"))


def test_a_row_that_sums_up_is_no_unit(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="row 4: 'Mean' sums up others"):
        read(*_tables(tmp_path, a="unit,Ann,Ben\n1,1,2\n2,2,2\nMean,1.5,2\n"))


def test_an_spss_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.sav"
    path.write_bytes(b"$FL2@(#) SPSS DATA FILE")
    with pytest.raises(BadInputError, match=r"an SPSS file.*\.csv or \.xlsx"):
        read(path)


def test_one_column_of_words_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="column 'topic' does not contain 0 and 1"):
        read(*_tables(tmp_path, a="unit,topic\n1,a\n2,b\n3,a\n"))


def test_an_order_without_an_ordinal_scale_is_refused(comb) -> None:
    (comb.folder / "a.csv").write_text("unit,Ann,Ben\n1,low,low\n2,high,low\n", encoding="utf-8")
    assert "--level ordinal" in comb("agree", "a.csv", "--order", "low,high", code=1)


def test_coders_are_found_whatever_their_case(comb) -> None:
    (comb.folder / "a.csv").write_text("unit,Ann,Ben,Cat\n1,a,a,b\n2,b,a,b\n3,b,b,b\n", encoding="utf-8")
    assert "Agreement of Ann and Ben on" in comb("agree", "a.csv", "--coder", "ann", "--coder", "ben")
    out = comb("agree", "a.csv", "--coder", "Dan", "--coder", "Eve", code=1)
    assert "no coder 'Dan' and no coder 'Eve'" in out
