"""The commands: tables and report of a small study, forms that lose nobody's words, and the check of the report."""

import csv
import io
import re
import shutil
import zipfile
from pathlib import Path

import openpyxl
import pytest

from comb.study.layout import Study
from tests.conftest import ROOT, Comb

TALKS = {
    "one": "INT: Why is that?\n\nP1: I want to walk more every day.\n\nINT: And?\n\n"
    "P1: The path is far too steep for me.\n",
    "two": "INT: Why is that?\n\nP2: My daughter walks with me on Sundays.\n",
    "group": "MOD: Why?\n\nA1: We are all afraid of the dog there.\n\nB1: I walk anyway, whatever the dog does.\n",
}
CODINGS = """transcript,quote,code,valence,coder
one,I want to walk more every day.,goals,facilitator,A
one,The path is far too steep for me.,environment_resources,barrier,A
two,My daughter walks with me on Sundays.,social_influences,facilitator,A
group,We are all afraid of the dog there.,emotion,barrier,A
"""
ROLES = '"p[0-9]*", "a1", "b1"'
PEOPLE = "participant,transcript,speaker,kind,group\nAnn,one,P1,,women\nBen,two,P2,,men\n"


@pytest.fixture
def walkers(comb: Comb, study: Study) -> Study:
    """A study of three transcripts that is segmented and coded."""
    for name, text in TALKS.items():
        (study.raw / f"{name}.txt").write_text(text, encoding="utf-8")
    (study.codings / "A.csv").write_text(CODINGS, encoding="utf-8")
    study.people.write_text(PEOPLE, encoding="utf-8")
    params = study.root / "configs" / "params.yaml"
    text = params.read_text(encoding="utf-8")
    params.write_text(text.replace('"p[0-9]*"', ROLES, 1), encoding="utf-8")
    comb("segment")
    return study


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_everything_is_written_and_twice_to_the_byte(comb: Comb, walkers: Study) -> None:
    out = comb("synthesis")
    assert "4 passages, 4 participants" in out
    first = contents(walkers.synthesis)
    shutil.rmtree(walkers.synthesis)
    comb("report")
    assert contents(walkers.synthesis) == first
    assert {
        "report.docx",
        "report.html",
        "matrix.xlsx",
        "counts.csv",
        "pictures/wheel.svg",
        "pictures/wheel.png",
    } <= set(first)
    assert len([name for name in first if name.startswith("tables/")]) >= 14


def test_every_table_row_that_counts_has_its_passages(comb: Comb, walkers: Study) -> None:
    comb("synthesis")
    known = {row["passage"] for row in rows(walkers.synthesis / "passages.csv")}
    for row in rows(walkers.synthesis / "counts.csv"):
        ids = [i for column in ("passage_ids", "focus_group_passage_ids") for i in row[column].split("; ") if i]
        assert set(ids) <= known
        assert int(row["passages"]) == len([i for i in row["passage_ids"].split("; ") if i])
        assert int(row["participants"]) == len([i for i in row["participant_ids"].split("; ") if i])
    for row in rows(walkers.synthesis / "tables" / "summary.csv"):
        assert set(row["passages"].split("; ")) <= known


def test_summary_prints_people_and_names_focus_groups(comb: Comb, walkers: Study) -> None:
    out = comb("summary", "--level", "tdf", "--json", "counts.json")
    assert "1 (50%)" in out
    assert "group" in out
    assert "In focus groups, participants are not counted" in out
    assert '"participant_ids": [' in (comb.folder / "counts.json").read_text(encoding="utf-8")
    assert "the codebook has no level 'sky'" in comb("summary", "--level", "sky", code=1)


def test_saturation_is_said_in_a_sentence(comb: Comb, walkers: Study) -> None:
    assert "without a new code) cannot be met with 3 transcripts: it needs at least 13" in comb("saturation")


def test_an_empty_study_says_what_to_do_and_an_uncoded_one_works(comb: Comb, study: Study) -> None:
    assert "comb segment" in comb("synthesis", code=1)
    (study.raw / "one.txt").write_text(TALKS["one"], encoding="utf-8")
    comb("segment")
    assert "Not coded yet, and not counted: one" in comb("synthesis")
    assert "nothing to show yet" in (study.synthesis / "report.html").read_text(encoding="utf-8")


def test_the_report_accounts_for_transcripts_that_a_setting_leaves_out(comb: Comb, walkers: Study) -> None:
    comb("report")
    page = walkers.synthesis / "report.html"
    assert "Left out by the setting" not in page.read_text(encoding="utf-8")
    params = walkers.root / "configs" / "params.yaml"
    text = params.read_text(encoding="utf-8")
    assert text.count('  transcripts: ["*"]      # ids of the transcripts that are counted') == 1
    params.write_text(
        text.replace('["*"]      # ids of the transcripts that are counted', "[one, two]  # "), encoding="utf-8"
    )
    comb("report")
    said = "Left out by the setting synthesis.transcripts: 1 of the 3 transcripts in the folder raw."
    assert said in page.read_text(encoding="utf-8")


def test_the_guideline_names_codes_and_leaves_other_words(comb: Comb, walkers: Study) -> None:
    book = walkers.root / "configs" / "codebook.yaml"
    text = book.read_text(encoding="utf-8")
    words = "    definition: >-\n      Not follow_up_calls but social_influences. A fact: knowledge; some knowledge.\n"
    book.write_text(text.replace("    definition: >-\n", words, 1), encoding="utf-8")
    comb("synthesis")
    table = (walkers.synthesis / "tables" / "coding_guideline.csv").read_text(encoding="utf-8")
    assert "Not follow_up_calls but Social influences. A fact: Knowledge; some knowledge." in table


def test_the_report_s_table_of_agreement_has_its_caveats(comb: Comb, walkers: Study) -> None:
    import docx

    (walkers.codings / "B.csv").write_text(CODINGS.replace(",A\n", ",B\n"), encoding="utf-8")
    comb("agree", "--json", walkers.agreement)
    comb("report")
    notes = [paragraph.text for paragraph in docx.Document(walkers.synthesis / "report.docx").paragraphs]
    assert "Fewer than ten transcripts: the intervals are rough, and usually too narrow." in notes
    assert any(text.startswith("Units are segments, here sentences") for text in notes)
    (note,) = [text for text in notes if "all resamples give the same value" in text]
    codes = {"all codes", "Goals", "Environmental context and resources", "Social influences", "Emotion"}
    assert set(note.partition(":")[0].split(", ")) == codes


# ---- the check


@pytest.mark.parametrize(
    ("place", "change"),
    [
        ("data/codings/A.csv", "two,My daughter walks with me on Sundays.,emotion,,A\n"),
        ("data/participants.csv", "Cy,group,A1,,women\n"),
        ("data/speakers.csv", "one,P1,participant\n"),
        ("data/synthesis/reporting.csv", "item,text,by\nSRQR 21,None.,S\n"),
        ("data/raw/one.txt", "\n\nP1: And another thing.\n"),
        ("configs/params.yaml", "  quotes: 1\n"),
        ("configs/codebook.yaml", "# changed\n"),
    ],
)
def test_check_fails_and_names_what_has_changed(comb: Comb, walkers: Study, place: str, change: str) -> None:
    comb("report")
    assert "The report is up to date" in comb("report", "--check")
    path = walkers.root / place
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    new = old.replace("  quotes: 2 ", "  quotes: 1 ") if place.endswith("params.yaml") else old + change
    path.write_text(new, encoding="utf-8")
    out = comb("report", "--check", code=1)
    assert place in out
    assert len(out.splitlines()) == 1


def test_check_without_a_report_says_how_to_make_one(comb: Comb, walkers: Study) -> None:
    assert "comb report" in comb("report", "--check", code=1)


# ---- the documents


def test_the_word_report_has_real_tables_captions_and_alt_texts(comb: Comb, walkers: Study) -> None:
    import docx

    comb("report")
    document = docx.Document(walkers.synthesis / "report.docx")
    text = "\n".join(paragraph.text for paragraph in document.paragraphs)
    assert "2 interviews with 2 participants and 1 focus group with 2 participants" in text
    captions = [p for p in document.paragraphs if p.style.name == "Caption"]
    assert len(captions) == len(document.tables) + len(document.inline_shapes)
    assert all("SEQ " in p._p.xml for p in captions)
    assert len(document.inline_shapes) == 4
    assert all(shape._inline.docPr.get("descr") for shape in document.inline_shapes)
    for table in document.tables:
        assert "w:tblHeader" in table.rows[0]._tr.xml
    with zipfile.ZipFile(walkers.synthesis / "report.docx") as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_the_html_report_opens_every_number_and_asks_nobody(comb: Comb, walkers: Study) -> None:
    comb("report")
    page = (walkers.synthesis / "report.html").read_text(encoding="utf-8")
    targets, links = set(re.findall(r'<tr id="([^"]+)"', page)), set(re.findall(r'href="#(p-[^"]+)"', page))
    assert links
    assert links <= targets
    assert not re.findall(r'(?:src|href)="(?!#)', page.replace('xlink:href="#', ""))
    assert "default-src &#39;none&#39;" in page


def test_people_s_words_are_escaped_in_the_page_and_their_texts_kept_in_the_report(comb: Comb, walkers: Study) -> None:
    (walkers.sheets / "reporting.csv").write_text("item,text,by\nSRQR 21,<b>Nobody paid</b>,S\n", encoding="utf-8")
    comb("report")
    page = (walkers.synthesis / "report.html").read_text(encoding="utf-8")
    assert "&lt;b&gt;Nobody paid&lt;/b&gt;" in page
    assert "SRQR 20" in page
    assert "To be written by you." in page


# ---- forms


def fill(path: Path, sheet: str, match: dict[str, str], **cells: str) -> None:
    """Fill cells of the row that matches; an empty match is the first empty row."""
    book = openpyxl.load_workbook(path)
    page = book[sheet]
    header = [cell.value for cell in page[1]]
    for row in page.iter_rows(min_row=2):
        values = dict(zip(header, row, strict=True))
        empty = not any(cell.value for cell in row)
        if all(values[name].value == value for name, value in match.items()) and (match or empty):
            for name, value in cells.items():
                values[name].value = value
            break
    else:
        raise AssertionError("no such row")
    book.save(path)


def test_charting_goes_into_the_study_and_says_what_is_new_since(comb: Comb, walkers: Study) -> None:
    form = comb.folder / "m.xlsx"
    comb("matrix", "--form", "m.xlsx")
    fill(form, "matrix", {"case": "Ann", "code": "goals"}, summary="Wants to walk.", author="S")
    out = comb("matrix", "--read", "m.xlsx")
    assert "data/synthesis/matrix.csv, rows changed: 1" in out
    (row,) = rows(walkers.sheets / "matrix.csv")
    assert (row["summary"], row["passages"]) == ("Wants to walk.", "one:23-53")
    with (walkers.codings / "A.csv").open("a", encoding="utf-8") as file:
        file.write("one,The path is far too steep for me.,goals,barrier,A\n")
    assert "1 new passage since you summarised" in comb("matrix")
    comb("matrix", "--form", "again.xlsx")
    fill(comb.folder / "again.xlsx", "matrix", {"case": "Ann", "code": "goals"}, checked="still true")
    comb("matrix", "--read", "again.xlsx")
    assert "since you summarised" not in comb("matrix")


def test_a_form_never_overwrites_a_file_nor_words_written_meanwhile(comb: Comb, walkers: Study) -> None:
    comb("matrix", "--form", "m.xlsx")
    assert "the file is there already" in comb("matrix", "--form", "m.xlsx", code=1)
    fill(comb.folder / "m.xlsx", "matrix", {"case": "Ann", "code": "goals"}, summary="Mine.")
    sheet = "case,code,summary,author,checked,passages\nAnn,goals,Theirs.,T,,\n"
    (walkers.sheets / "matrix.csv").write_text(sheet, encoding="utf-8")
    assert "the study's file has changed since the form was written" in comb("matrix", "--read", "m.xlsx", code=1)
    assert (walkers.sheets / "matrix.csv").read_text(encoding="utf-8") == sheet


def test_reading_an_untouched_form_changes_nothing(comb: Comb, walkers: Study) -> None:
    for kind in ("matrix", "beliefs", "wheel"):
        comb(kind, "--form", f"{kind}.xlsx")
        assert set(re.findall(r"rows changed: (\d+)", comb(kind, "--read", f"{kind}.xlsx"))) == {"0"}
    assert list(walkers.sheets.iterdir()) == []


def test_beliefs_are_worded_placed_and_judged_in_one_workbook(comb: Comb, walkers: Study) -> None:
    form = comb.folder / "b.xlsx"
    comb("beliefs", "--form", "b.xlsx")
    fill(form, "beliefs", {}, belief="B1", code="emotion", statement="The dog frightens us", by="S", strong="yes")
    fill(form, "belief-passages", {"code": "emotion"}, belief="B1", by="S")
    fill(form, "relevance", {"code": "emotion"}, relevant="yes", strong="yes", by="S")
    comb("beliefs", "--read", "b.xlsx")
    out = comb("beliefs")
    assert "The dog frightens us" in out.replace("\n", " ") or "dog" in out
    comb("synthesis")
    (belief,) = rows(walkers.synthesis / "beliefs.csv")
    assert (belief["participants"], belief["focus_groups"], belief["side"]) == ("0", "group", "barrier")
    functions = rows(walkers.synthesis / "tables" / "component_functions.csv")
    assert {row["TDF"] for row in functions} == {"Emotion"}


def test_a_form_with_bad_rows_is_refused_whole(comb: Comb, walkers: Study) -> None:
    form = comb.folder / "b.xlsx"
    comb("beliefs", "--form", "b.xlsx")
    fill(form, "beliefs", {}, belief="B1", code="emotoin", statement="The dog frightens us", by="S")
    fill(form, "relevance", {"code": "emotion"}, relevant="yes", by="S")
    out = comb("beliefs", "--read", "b.xlsx", code=1)
    assert "column code: there is no such code; the nearest is 'emotion'" in out
    assert "dog" not in out
    assert list(walkers.sheets.iterdir()) == []
    fill(form, "relevance", {"code": "emotion"}, relevant="surely")
    assert "relevant takes 'yes' or 'no'" in comb("beliefs", "--read", "b.xlsx", code=1)


def test_apease_judgements_stay_in_the_study(comb: Comb, walkers: Study) -> None:
    comb("wheel", "--form", "w.xlsx")
    fill(comb.folder / "w.xlsx", "apease", {"kind": "function", "item": "Training"}, equity="helps all", chosen="yes")
    comb("wheel", "--read", "w.xlsx")
    assert "helps all" in comb("wheel")


def test_what_is_no_workbook_is_refused_in_one_line(comb: Comb, walkers: Study) -> None:
    (comb.folder / "x.xlsx").write_bytes(b"no zip")
    assert len(comb("matrix", "--read", "x.xlsx", code=1).splitlines()) == 1
    assert "there is no such file" in comb("matrix", "--read", "none.xlsx", code=1)
    assert "Usage" in comb("matrix", "--read", "x.xlsx", "--form", "y.xlsx", code=2)


def test_the_example_study_shows_all_of_it(example) -> None:
    from comb.synthesis.tables import tables

    made = {table.name: table for table in tables(example)}
    printed = (
        "coding_framework thematic_count beliefs_by_group domain_relevance relevance_short domain_ranking importance "
        "quotes com_b_diagnosis barriers_enablers_bct component_functions bct_apease all_in_one bct_congruence"
    ).split()
    assert all(made[name].lines for name in printed)
    assert len(printed) == 14
    assert all(len(line.cells) == len(table.columns) for table in made.values() for line in table.lines)
    assert (ROOT / "data/example/synthesis/beliefs.csv").exists()


def test_the_columns_are_those_that_papers_print(example, shared: Path) -> None:
    from comb.synthesis.tables import tables

    names = {table.columns for table in tables(example)}
    for row in rows(shared / "bcw" / "published_tables.csv"):
        wanted = [re.sub(r"\W+", "", column.partition("(")[0]).casefold() for column in row["columns"].split("|")]
        if row["table"] not in ("Belief statements by group", "Quotes"):
            shown = [[re.sub(r"\W+", "", c.partition("(")[0]).casefold() for c in columns] for columns in names]
            assert any(all(w[:8] in "".join(columns) for w in wanted) for columns in shown), row["table"]


def test_a_table_of_participants_is_imported_to_its_place_once(comb: Comb, study: Study) -> None:
    table = comb.folder.parent / "participants.csv"
    table.write_text(PEOPLE, encoding="utf-8")
    assert "participants.csv → data/participants.csv" in comb("import", table)
    assert study.people.read_text(encoding="utf-8") == PEOPLE
    table.write_text(PEOPLE + "Cy,group,A1,,women\n", encoding="utf-8")
    assert "the study has another file of that name" in comb("import", table, code=1)
    assert study.people.read_text(encoding="utf-8") == PEOPLE


def test_summary_can_compare_by_another_attribute(comb: Comb, walkers: Study) -> None:
    walkers.people.write_text(PEOPLE.replace("group", "group,site").replace("women", "women,east"), encoding="utf-8")
    assert "east (of 1)" in comb("summary", "--by", "site")
    assert "no participant has an attribute 'age'. The attributes are: group, site." in comb(
        "summary", "--by", "age", code=1
    )


def test_a_cell_that_excel_has_no_room_for_is_cut_and_says_so() -> None:
    from comb.synthesis.forms import CELL, fitted

    assert fitted("a" * CELL) == "a" * CELL
    long = fitted("a" * (CELL + 1))
    assert len(long) == CELL
    assert "passages.csv" in long[-80:]


def test_a_codebook_of_another_kind_without_valences_gets_all_but_the_wheel(comb: Comb, walkers: Study) -> None:
    names = [
        '"Costs $5_ [a]/b: as long as Excel allows a sheet to be 1"',
        '"Costs $5_ [a]/b: as long as Excel allows a sheet to be 2"',
    ]
    codes = ", ".join(f"{{id: c{n}, name: {name}}}" for n, name in enumerate(names, 1))
    book = f"coding: exclusive\ncodes: [{codes}, {{id: c3}}]\n"
    (walkers.root / "configs" / "codebook.yaml").write_text(book, encoding="utf-8")
    rows_ = ["one,I want to walk more every day.,c1,,A", "two,My daughter walks with me on Sundays.,c2,,A"]
    (walkers.codings / "A.csv").write_text(
        "\n".join(["transcript,quote,code,valence,coder", *rows_, ""]), encoding="utf-8"
    )
    out = comb("synthesis")
    assert "Not followed, because no matrix contains them" in out
    assert "Nobody has judged" not in out
    summary = rows(walkers.synthesis / "tables" / "summary.csv")
    assert [(row["valence"], row["participants (of 2)"]) for row in summary] == [
        ("none", "1 (50%)"),
        ("none", "1 (50%)"),
    ]
    assert len(rows(walkers.synthesis / "quotes.csv")) == 2
    assert "[a]/b" in comb("summary")
    caption = "(n = 2) who mention a code, by domain and group; the numbers at the bars are participants."
    assert caption in (walkers.synthesis / "report.html").read_text(encoding="utf-8")
    assert len(set(openpyxl.load_workbook(walkers.synthesis / "matrix.xlsx").sheetnames)) == 3
