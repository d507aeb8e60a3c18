"""Tables of codings and folders as people bring them: nothing is taken for something else without a word."""

from pathlib import Path

import docx
import pytest

from comb.codings.known import Known
from comb.codings.names import TranscriptNames, coder_and_date
from comb.codings.quote_finder import QuoteFinder
from comb.codings.valence_words import as_valence
from comb.study.layout import Study
from tests.codings.test_codings_as_written import BOOK, HEADER, KNOWN, read, row, turns
from tests.conftest import Comb

TALK = (
    "Interviewer: How is it?\n\nP01: I put the cream on at night. I don't like the smell of it.\n\n"
    "Interviewer: Who helps?\n\nP01: My son helps me. I'd never want a nurse for that. It is what it is."
)
OTHER_TALK = "Interviewer: And you?\n\nP02: My hands shake. The tube is hard to open. I ask at the chemist's."


@pytest.fixture
def cream(study: Study) -> Study:
    """A study with two interviews."""
    (study.raw / "P01.txt").write_text(TALK, encoding="utf-8")
    (study.raw / "P02.txt").write_text(OTHER_TALK, encoding="utf-8")
    return study


def table(path: Path, *rows: str, header: str = HEADER, encoding: str = "utf-8") -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes("\r\n".join([header, *rows, ""]).encode(encoding))
    return path


@pytest.mark.parametrize(
    ("name", "delimiter", "encoding"),
    [
        ("codes.txt", "\t", "utf-16"),
        ("codes.txt", "\t", "cp1252"),
        ("codes.tsv", "\t", "utf-8"),
        ("k.txt", ";", "utf-8"),
    ],
)
def test_a_table_of_codings_is_one_whatever_its_suffix(
    comb: Comb, cream: Study, name: str, delimiter: str, encoding: str
) -> None:
    rows = ["P01,My son helps me.,goals,helps,Zoé", "P02,My hands shake,skills,hinders,Zoé"]
    lines = [line.replace(",", delimiter) for line in (HEADER.upper(), *rows)]
    path = table(comb.folder / name, *lines[1:], header=lines[0], encoding=encoding)
    assert "2 codings" in comb("import", path)
    assert sorted(found.name for found in cream.raw.iterdir()) == ["P01.txt", "P02.txt"]
    assert "Zoé" in (cream.codings / f"{path.stem}.csv").read_text(encoding="utf-8")


def test_a_transcript_that_begins_with_such_words_stays_one(comb: Comb, cream: Study) -> None:
    text = "Transcript of the code review, with quotes\n\nInterviewer: And?\n\nP03: Transcript; quote; code, all of it."
    (comb.folder / "P03.txt").write_text(text, encoding="utf-8")
    comb("import", comb.folder / "P03.txt")
    assert (cream.raw / "P03.txt").exists()


@pytest.mark.parametrize(
    "header",
    ["Transkript;Zitat;Kategorie;Valenz;Kodiererin", "Transcription;Citation;Catégorie;Valence;Codeuse"],
)
def test_headers_in_german_and_french(header: str) -> None:
    assert len(read(f"{header}\nP07;At work;Goals;+;Jörg\n".encode("cp1252")).codings) == 1


def test_a_word_document_with_a_table_of_codings_is_no_transcript(comb: Comb, cream: Study) -> None:
    document = docx.Document()
    rows = [HEADER.title().split(","), ["P01", "My son helps me.", "goals", "", "Ann"]]
    words = document.add_table(2, 5)
    for cells, texts in zip(words.rows, rows, strict=True):
        for cell, text in zip(cells.cells, texts, strict=True):
            cell.text = text
    document.save(str(comb.folder / "codes.docx"))
    out = comb("import", comb.folder / "codes.docx", code=1)
    assert "a table of codings" in out
    assert ".xlsx" in out
    assert "son" not in out
    assert not (cream.raw / "codes.docx").exists()


@pytest.mark.parametrize("quote", ["I like the smell of it", "I’d want a nurse for that", "It want a nurse for that"])
def test_a_mended_quote_never_loses_a_negation_or_half_a_word(quote: str) -> None:
    assert QuoteFinder(TALK).places(quote) == []


@pytest.mark.parametrize(
    ("quote", "found"),
    [
        ("P01: My son helps me.", "My son helps me."),
        ("P01 My son helps me", "My son helps me"),
        ("1. My son helps me.", "My son helps me."),
        ("Interviewer: Who helps? P01: My son helps me", "Who helps?\n\nP01: My son helps me"),
        ("I don't like the smell of it. Interviewer:", "I don't like the smell of it."),
    ],
)
def test_speakers_names_at_the_edges_are_not_coded(quote: str, found: str) -> None:
    said = tuple(turn for turn in turns(TALK))
    (place,) = QuoteFinder(TALK, said).places(quote)
    assert [TALK[start:end] for start, end in place.spans] == [found]


def test_the_nearest_passages_are_speech() -> None:
    finder = QuoteFinder(TALK, turns(TALK))
    start, end = finder.nearest("My son always helps")[0]
    assert TALK[start:end] == "My son helps me."


@pytest.mark.parametrize(
    ("cell", "near"),
    [("P01", "P01 transcript"), ("Interview P02", "p02"), ("p1", "P01 transcript"), ("P06", "P06.v2")],
)
def test_the_nearest_transcript_is_the_one_that_has_the_name_in_it(cell: str, near: str) -> None:
    ids = ["P01 transcript", "p02", "P03 talk with x", "P06.v2"]
    assert TranscriptNames(ids).nearest(cell)[0] == near


def test_an_empty_transcript_proposes_the_one_above() -> None:
    text = f"{HEADER}\nP07,At work,goals,,Ann\n,My sister reminds me,skills,,Ann\n"
    (problem,) = read(text).problems
    assert str(problem) == "no transcript is named; did you mean P07?"


@pytest.mark.parametrize("cell", ["2024-03-01", "01.03.2024", "3/1/24", "1 March 2024"])
def test_a_date_is_nobody(cell: str) -> None:
    (problem,) = row(coder=cell).problems
    assert "date" in problem.what
    assert "coder" in problem.what


@pytest.mark.parametrize(
    ("cell", "coder"),
    [("Ann 12/03", "Ann"), ("Ann 12.03.", "Ann"), ("Ann 5 Mar", "Ann"), ("Coder 1", "Coder 1"), ("Team 1/2", "Team")],
)
def test_dates_without_a_year(cell: str, coder: str) -> None:
    assert coder_and_date(cell)[0] == coder


def test_initials_are_one_with_and_without_stops(comb: Comb, cream: Study) -> None:
    rows = ["P01,My son helps me,goals,,AB", "P02,My hands shake,skills,,A.B."]
    assert "of 1 coder." in comb("import", table(comb.folder / "a.csv", *rows))


def test_a_valence_without_a_code_is_said() -> None:
    found = row(code="", valence="barrier")
    assert found.problems == ()
    assert "a valence without a code" in found.notes[0]


@pytest.mark.parametrize("cell", ["?", "tbc", "0"])
def test_an_unknown_valence_is_shown_with_the_known_ones(cell: str) -> None:
    (problem,) = row(valence=cell).problems
    assert repr(cell) in str(problem)
    assert "barrier, facilitator, both" in str(problem)


@pytest.mark.parametrize(
    ("cell", "valence"),
    [("Hindernis", "barrier"), ("fördernd", "facilitator"), ("Barrière", "barrier"), ("levier", "facilitator")],
)
def test_valences_in_german_and_french(cell: str, valence: str) -> None:
    assert as_valence(cell) == valence


@pytest.mark.parametrize("cell", ["Beliefs about consequences; good or bad", "Beliefs about consequences good & bad"])
def test_small_words_and_marks_in_the_name_of_a_code(cell: str) -> None:
    names = {code.id for code in BOOK}
    assert "beliefs" in names
    known = Known(KNOWN.transcripts, BOOK)
    assert known.codes.find("Beliefs about consequences good or bad") == "beliefs"
    assert known.codes.find("Social  &  influences") is None
    assert known.codes.nearest(cell)[0] == "beliefs"


def test_two_tables_of_one_interview_that_name_no_coder_are_asked_about(comb: Comb, cream: Study) -> None:
    header, line = "transcript,quote,code", "P01,My son helps me,goals"
    ann, ben = (table(comb.folder / f"{name}.csv", line, header=header) for name in ("ann", "ben"))
    out = comb("import", ann, ben, code=1)
    assert "--by" in out
    assert "ben.csv" in out
    assert "coder 'A'" in comb("import", ann)
    out = comb("import", ben, code=1)
    assert "comb import codings ben.csv --by NAME" in out
    comb("import", "codings", ben, "--by", "Ben")
    other = table(comb.folder / "p02.csv", "P02,My hands shake,goals", header=header)
    comb("import", other)
    comb("import", ann)


def test_a_folder_is_its_files_and_lock_files_are_left_out(comb: Comb, study: Study) -> None:
    folder = comb.folder / "to bring"
    folder.mkdir()
    (folder / "P01.txt").write_text(TALK, encoding="utf-8")
    (folder / ".DS_Store").write_bytes(b"\0\0")
    (folder / "~$codes.xlsx").write_bytes(b"\x03Ann" + b" " * 160)
    table(folder / "codes.csv", "P01,My son helps me,goals,,Ann")
    out = comb("import", folder)
    assert "P01.txt" in out
    assert "1 coding of 1 coder." in out
    out = comb("import", folder / "~$codes.xlsx", code=1)
    assert "lock file" in out
    assert "codes.xlsx" in out
    (comb.folder / "nothing").mkdir()
    assert "the folder is empty" in comb("import", comb.folder / "nothing", code=1)
    assert "directory" in comb("import", "codings", folder, code=1)


def test_a_table_without_rows_is_refused(comb: Comb, cream: Study) -> None:
    assert "no rows" in comb("import", table(comb.folder / "a.csv"), code=1)
    assert not list(cream.codings.iterdir())


def test_coverage_is_imported_as_excel_saves_it_and_all_its_problems_listed(comb: Comb, cream: Study) -> None:
    codes = table(comb.folder / "codes.csv", "P01,My son helps me,goals,,Ann", "P01,My son helps me,goals,,Ben")
    rows = ["P01.docx;ann", "P01;Ben"]
    comb("import", codes, table(comb.folder / "coverage.csv", *rows, header="Transcript;Coder"))
    comb("segment")
    comb("agree")
    wrong = table(comb.folder / "coverage.csv", "P99;Ann", "P01;", ";Ben", "P98;Ann", header="Transcript;Coder")
    out = comb("import", wrong, code=1)
    assert "rows 2, 5: column transcript: there is no such transcript" in out
    assert "row 3: column coder: no coder is named" in out
    assert "row 4: column transcript: no transcript is named" in out
    (cream.codings / "coverage.csv").write_bytes(wrong.read_bytes())
    assert "rows 2, 5" in comb("agree", code=1)


def test_files_that_are_no_tables_among_the_codings_are_named(comb: Comb, cream: Study) -> None:
    table(cream.codings / "codes.csv", "P01,My son helps me,goals,,Ann", "P01,My son helps me,goals,,Ben")
    (cream.codings / "ben.docx").write_bytes(b"PK")
    comb("segment")
    assert "ben.docx" in comb("agree")


def test_a_table_of_utterances_maps_codes_and_refuses_what_the_codebook_lacks(comb: Comb, study: Study) -> None:
    rows = ["1,T,How are you?,", "1,C,I try hard,Goals", "1,C,I fall,Fooo", "1,C,My wife nags,Social influence"]
    path = table(comb.folder / "t.csv", *rows, header="id,who,text,code")
    out = comb("import", "table", path, "--participant", "C", code=1)
    assert "row 4: the codebook has no code 'Fooo'" in out
    assert "row 5" in out
    assert "did you mean social_influences" in out
    assert not list(study.raw.glob("*.csv"))
    rows[2], rows[3] = "1,C,I fall,SKILLS", "1,C,My wife nags,Social influences"
    table(path, *rows, header="id,who,text,code")
    comb("import", "table", path, "--participant", "C")
    comb("segment")
    assert "social_influences" in (study.codings / "t.csv").read_text(encoding="utf-8")


def test_one_row_is_one(comb: Comb, cream: Study) -> None:
    out = comb("import", table(comb.folder / "a.csv", "P01,My son helps me,gaols,,Ann"), code=1)
    assert "Correct it in a.csv" in out
    assert "1 coding of 1 coder." in comb("import", table(comb.folder / "a.csv", "P01,My son helps me,goals,,Ann"))


@pytest.mark.parametrize("last", ["Total,,2,,", "Total: ,2,,,", "Grand total,,,,"])
def test_a_row_of_totals_is_left_out_and_said(last: str) -> None:
    found = read(f"{HEADER}\nP07,At work,goals,,Ann\n{last}\n")
    assert len(found.codings) == 1
    assert found.notes == ("codes.csv, row 3: a row of totals: left out",)


@pytest.mark.parametrize("name", ["Barrier / Facilitator", "Enabler / Barrier", "barrier  /facilitator:"])
def test_spaces_in_the_name_of_a_column_do_not_lose_a_valence(name: str) -> None:
    (coding,) = read(f"transcript,quote,code,{name},coder\nP07,At work,goals,B,Ann\n").codings
    assert coding.valence == "barrier"


@pytest.mark.parametrize(
    ("cells", "valence"),
    [("x,", "barrier"), (",1", "facilitator"), ("yes,yes", "both"), ("0,0", ""), ("no,X", "facilitator")],
)
def test_a_column_for_each_valence(cells: str, valence: str) -> None:
    (coding,) = read(f"transcript,quote,code,Barriers,Enabler,coder\nP07,At work,goals,{cells},Ann\n").codings
    assert coding.valence == valence


def test_a_mark_that_is_not_known_in_such_a_column_is_a_problem() -> None:
    (problem,) = read("transcript,quote,code,Barrier,Facilitator,coder\nP07,At work,goals,?,,Ann\n").problems
    assert problem.what.startswith("unknown valence '?'")


@pytest.mark.parametrize("cell", ["B; F", "barrier;facilitator", "-|+"])
def test_as_many_valences_as_codes_belong_to_one_each(cell: str) -> None:
    found = row(code="goals; skills", valence=cell).codings
    assert [(coding.code, coding.valence) for coding in found] == [("goals", "barrier"), ("skills", "facilitator")]


@pytest.mark.parametrize(
    ("code", "valence"), [("goals; skills; knowledge", "B; F"), ("goals (barrier)", "facilitator")]
)
def test_valences_that_do_not_fit_the_codes_are_asked_about(code: str, valence: str) -> None:
    (problem,) = row(code=code, valence=valence).problems
    assert "valence" in problem.what


@pytest.mark.parametrize("cell", ["none", "No code", "n/a", "-", "uncoded"])
def test_words_for_no_code(cell: str) -> None:
    (coding,) = row(code=cell).codings
    assert coding.code == ""


def test_what_an_import_does_not_use_or_cannot_count_is_said(comb: Comb, cream: Study) -> None:
    header = "transcript,quote,code,second code,coder"
    rows = ["P01,My son helps me,goals,skills,Ann", "P01,Who helps?,goals,,Ann", "P02,My hands shake,goals,,Ann & Ben"]
    out = comb("import", table(comb.folder / "a.csv", *rows, header=header))
    assert "columns not used: 'second code'" in out
    assert "row 3: in the interviewer's words" in out
    assert "'Ann & Ben'" in out


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("Participant,Theme,Extract,Researcher", "no column for the transcript"),
        ("transcript,quote,code1,code2,coder", "no column for the code"),
        ("transcript,quote,goals,skills,coder", "no column for the code"),
    ],
)
def test_what_a_table_of_codings_lacks_is_said_of_codings(comb: Comb, cream: Study, header: str, said: str) -> None:
    cells = ",".join(["P01", "My son helps me", "goals", "x", "Ann"][: len(header.split(","))])
    out = comb("import", table(comb.folder / "a.csv", cells, header=header), code=1)
    assert said in out
    assert "comb import codings a.csv --" in out


def test_a_second_coder_counts_as_having_read_although_coverage_csv_is_there(comb: Comb, cream: Study) -> None:
    """An export writes ``coverage.csv``; a table that another coder sends later is as good as one sent before."""
    comb("import", table(comb.folder / "ann.csv", "P01,My son helps me,goals,,Ann"))
    coverage = cream.codings / "coverage.csv"
    coverage.write_text("transcript,coder,blind\nP01,Ann,yes\n", encoding="utf-8")
    out = comb("import", table(comb.folder / "ben.csv", "P01,My son helps me,goals,,Ben"))
    assert "coverage.csv: Ben counts as having read all of P01" in out
    assert coverage.read_text(encoding="utf-8") == "transcript,coder,blind\nP01,Ann,yes\nP01,Ben,\n"


def test_who_had_codings_already_does_not_become_one_who_read_all(comb: Comb, cream: Study) -> None:
    codes = table(comb.folder / "ann.csv", "P01,My son helps me,goals,,Ann")
    comb("import", codes)
    coverage = cream.codings / "coverage.csv"
    coverage.write_text("transcript,coder,blind\n", encoding="utf-8")
    comb("import", codes)
    assert coverage.read_text(encoding="utf-8") == "transcript,coder,blind\n"


def test_coverage_of_another_study_is_merged_and_speaks_for_its_tables(comb: Comb, cream: Study) -> None:
    """As Ben sends both files that his export wrote; what the study itself says of Ann stays."""
    comb("import", table(comb.folder / "ann.csv", "P01,My son helps me,goals,,Ann"))
    codes = table(comb.folder / "ben.csv", "P01,My son helps me,goals,,Ben", "P02,My son helps me,goals,,Ben")
    (cream.raw / "P02.txt").write_text("P02: My son helps me.\n", encoding="utf-8")
    brought = table(comb.folder / "coverage.csv", "P01,Ben,yes", header="transcript,coder,blind")
    comb("import", codes, brought)
    coverage = cream.codings / "coverage.csv"
    assert coverage.read_text(encoding="utf-8") == "transcript,coder,blind\nP01,Ann,\nP01,Ben,yes\n"
    comb("import", table(comb.folder / "coverage.csv", "P02,Ben", header="transcript,coder"))
    assert coverage.read_text(encoding="utf-8") == "transcript,coder,blind\nP01,Ann,\nP01,Ben,yes\nP02,Ben,\n"
