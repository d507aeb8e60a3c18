"""Codings as people write them: what is unambiguous is taken, the rest is listed at once with the nearest thing."""

import random
import time
import unicodedata
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comb.codebook import parse_codebook
from comb.codings.known import Known
from comb.codings.quote_finder import QuoteFinder
from comb.codings.reader import CodingsTable, read_codings_table
from comb.codings.table_files import is_codings_table
from comb.codings.valence_words import as_valence
from comb.errors import BadInputError
from comb.records import Transcript, Turn
from comb.study.layout import Study
from tests.conftest import Comb

TEXT = (
    "INT: How do you manage?\n\n"
    "P07: I keep the inhaler by the door. Then I never walk past it. “It’s a nuisance,” "
    "I told her… and that was that.\n\n"
    "INT: And at work?\n\n"
    "P07: At work I ﬁnd it harder. My café boss doesn’t like breaks. I take 10 mg there. Some days I skip it. "
    "Some days I skip it.\n\n"
    "P07: My sister reminds me, which is eﬀective, and she rings on Sundays."
)
BOOK = parse_codebook(
    {
        "levels": ["domain"],
        "codes": [
            {"id": "social_influences", "name": "Social influences"},
            {"id": "goals", "name": "Goals"},
            {"id": "skills", "name": "Skills"},
            {"id": "knowledge", "name": "Knowledge"},
            {"id": "beliefs", "name": "Beliefs about consequences, good or bad"},
        ],
    }
)


def turns(text: str) -> tuple[Turn, ...]:
    found, at = [], 0
    for part in text.split("\n\n"):
        name, _, _ = part.partition(": ")
        role = "interviewer" if name == "INT" else "participant"
        found.append(Turn(name, role, at + len(name) + 2, at + len(part)))
        at += len(part) + 2
    return tuple(found)


OTHER = "P08: My brother drives me to the clinic."
TRANSCRIPTS = {
    "P07": Transcript("P07", TEXT, turns(TEXT)),
    "Interview 8": Transcript("Interview 8", OTHER, turns(OTHER)),
}
KNOWN = Known(TRANSCRIPTS, BOOK)
HEADER = "transcript,quote,code,valence,coder"


def read(text: str | bytes, known: Known = KNOWN, **options) -> CodingsTable:
    return read_codings_table(text.encode() if isinstance(text, str) else text, known, "codes.csv", **options)


def row(**cells: str) -> CodingsTable:
    """Read a table of one row, each cell in quotation marks."""
    filled = {"transcript": "P07", "quote": "At work", "code": "goals", "valence": "", "coder": "Ann"} | cells
    quoted = ('"' + cell.replace('"', '""') + '"' for cell in filled.values())
    return read(f"{','.join(filled)}\n{','.join(quoted)}\n")


def spans(table: CodingsTable) -> list[str]:
    assert table.problems == ()
    return [TRANSCRIPTS[c.transcript].text[c.start : c.end] for c in table.codings]


# ---- files


FILES = {
    "semicolons": "transcript;quote;code;valence;coder\nP07;At work;goals;;Zoé\n",
    "tabs": "transcript\tquote\tcode\tvalence\tcoder\nP07\tAt work\tgoals\t\tZoé\n",
    "sep": "sep=;\r\ntranscript;quote;code;valence;coder\r\nP07;At work;goals;;Zoé\r\n",
    "windows": "transcript;quote;code;valence;coder\nP07;At work;goals;;Zoé\n".encode("cp1252"),
    "mac": "transcript,quote,code,valence,coder\nP07,My café boss,goals,,Zoé\n".encode("mac_roman"),
    "utf-16": "transcript\tquote\tcode\tvalence\tcoder\nP07\tAt work\tgoals\t\tZoé\n".encode("utf-16"),
    "utf-16 without mark": "transcript,quote,code,valence,coder\nP07,At work,goals,,Zoé\n".encode("utf-16-le"),
    "utf-8 with mark": "\ufefftranscript,quote,code,valence,coder\nP07,At work,goals,,Zoé\n",
    "title above": "My codings\n\ntranscript,quote,code,valence,coder\nP07,At work,goals,,Zoé\n",
    "capitals": "Transcript,QUOTE,Code,Valence,Coder\nP07,At work,goals,,Zoé\n",
    "synonyms": "Document name;Excerpt;Theme;Barrier/Facilitator;Coded by\nP07;At work;goals;;Zoé\n",
    "synonyms too": "Interview,Quotation,TDF domain,Direction,Researcher\nP07,At work,goals,,Zoé\n",
}


@pytest.mark.parametrize("name", FILES)
def test_files_of_any_dialect_and_header(name: str) -> None:
    table = read(FILES[name])
    assert table.problems == ()
    ((transcript, code, coder),) = {(c.transcript, c.code, c.coder) for c in table.codings}
    assert (transcript, code, coder) == ("P07", "goals", "Zoé")


def test_workbooks_are_read_from_files_and_bytes(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for cells in (("Transcript", "Quote", "Code", "Valence", "Coder"), ("P07.docx", "At work", "Goals", "+", "Ann")):
        book.active.append(cells)
    book.save(tmp_path / "codes.xlsx")
    for source in (tmp_path / "codes.xlsx", (tmp_path / "codes.xlsx").read_bytes()):
        (coding,) = read_codings_table(source, KNOWN, "codes.xlsx").codings
        assert (coding.transcript, coding.code, coding.valence) == ("P07", "goals", "facilitator")


HEADERLESS = (
    "P07,At work I find it harder,goals,,Ann\nP07,Some days,goals,,Ann\n",
    "p07.docx;At work I find it harder;Goals;barrier;Ann\n",
    "Interview 99,Secret words,skills,,Ann\n",
)


@pytest.mark.parametrize("text", HEADERLESS)
def test_a_table_without_a_header_says_so_and_shows_nothing_of_it(tmp_path: Path, text: str) -> None:
    (tmp_path / "codes.csv").write_text(text, encoding="utf-8")
    assert is_codings_table(tmp_path / "codes.csv", KNOWN)
    with pytest.raises(BadInputError) as caught:
        read(text)
    assert str(caught.value).startswith(
        "codes.csv: the first row contains no column names that comb knows. Put a row above"
    )
    assert not any(word in str(caught.value) for word in ("work", "Some", "Secret", "Ann"))


# ---- cells


@pytest.mark.parametrize(
    "cell", ["P07", "p07", "P07.docx", "p07.TXT", " P07 ", "P 07", "P-07", "interviews/P07.docx", "C:\\x\\P07.doc"]
)
def test_transcripts_by_any_name(cell: str) -> None:
    assert spans(row(transcript=cell)) == ["At work"]


@pytest.mark.parametrize("cell", ["P07 (1).docx", "P07 - Copy", "P07 AS", "P07_NO.docx", "Copy of P07", "P07 final"])
def test_a_copy_of_a_transcript_is_taken_for_it_and_said(cell: str) -> None:
    table = row(transcript=cell)
    assert spans(table) == ["At work"]
    assert table.notes == (f"codes.csv, row 2: {cell!r} is read as transcript 'P07'",)


@pytest.mark.parametrize(("cell", "nearest"), [("P70", "P07"), ("Intervew 8", "Interview 8"), ("P0 7x", "P07")])
def test_a_transcript_that_there_is_not(cell: str, nearest: str) -> None:
    (problem,) = row(transcript=cell).problems
    assert str(problem) == f"there is no transcript {cell!r}; did you mean {nearest}?"


@pytest.mark.parametrize(
    ("cell", "codes"),
    [
        ("Social influences", ["social_influences"]),
        ("SOCIAL_INFLUENCES", ["social_influences"]),
        ("social-influences ", ["social_influences"]),
        ("skills; knowledge", ["skills", "knowledge"]),
        ("Skills, Knowledge", ["skills", "knowledge"]),
        ("skills / goals", ["skills", "goals"]),
        ("skills | goals | Knowledge", ["skills", "goals", "knowledge"]),
        ("Skills & goals", ["skills", "goals"]),
        ("Beliefs about consequences, good or bad", ["beliefs"]),
        ("3. Skills", ["skills"]),
        ("TDF 12 Social Influences", ["social_influences"]),
        ("", [""]),
    ],
)
def test_codes_by_id_or_name_alone_or_several(cell: str, codes: list[str]) -> None:
    assert [coding.code for coding in row(code=cell).codings] == codes


@pytest.mark.parametrize(
    ("cell", "wrong", "nearest"),
    [
        ("soical_influences", "soical_influences", "social_influences"),
        ("Gaols", "Gaols", "goals"),
        ("skills; Knowlege", "Knowlege", "knowledge"),
    ],
)
def test_a_misspelt_code_names_the_nearest(cell: str, wrong: str, nearest: str) -> None:
    (problem,) = row(code=cell).problems
    assert str(problem) == f"the codebook has no code {wrong!r}; did you mean {nearest}?"


@pytest.mark.parametrize(
    ("valence", "words"),
    [
        ("barrier", "barrier Barriers B b - – − negative Neg hinders obstacle inhibitor -1".split()),
        ("facilitator", "facilitator FACILITATORS F + positive helps Enabler enables supportive driver +1".split()),
        ("both", ["both", "mixed", "B/F", "f/b", "+/-", "±", "ambivalent", "barrier and facilitator", "B, F", "b + f"]),
        ("", ["", "none", "n/a", "Neutral", "NA"]),
        (None, ["perhaps", "x", "n", "important", "?", "1", "barrier or so"]),
    ],
)
def test_valence_in_the_words_that_people_use(valence: str | None, words: list[str]) -> None:
    assert {word: as_valence(word) for word in words} == dict.fromkeys(words, valence)


@pytest.mark.parametrize(
    "cell", ["Goals [barrier]", "goals (Barrier)", "Goals - barrier", "goals: hinders", "Goals (B)"]
)
def test_valence_beside_the_code(cell: str) -> None:
    assert [(c.code, c.valence) for c in row(code=cell).codings] == [("goals", "barrier")]


def test_an_unknown_valence_is_a_problem_and_not_emptied() -> None:
    (problem,) = row(valence="perhaps").problems
    assert (problem.row, problem.what) == (
        2,
        "unknown valence 'perhaps': use barrier, facilitator, both, or leave it empty",
    )
    assert row(valence="helps").codings[0].valence == "facilitator"


@pytest.mark.parametrize(
    ("cell", "date"),
    [("Ann 12/03/2024", "12/03/2024"), ("Ann (2024-03-12)", "2024-03-12"), ("Ann, 3 March 2024 14:05", "3 March 2024")],
)
def test_a_date_is_not_part_of_the_coder(cell: str, date: str) -> None:
    table = row(coder=cell)
    assert [(c.coder, c.created_at) for c in table.codings] == [("Ann", date)]
    assert "the date after the coder's name is not part of it: 'Ann'" in table.notes[0]


# ---- quotes


@pytest.mark.parametrize(
    ("quote", "found"),
    [
        ('"At work I find it harder."', "At work I ﬁnd it harder."),
        ("“at work I find it harder”", "At work I ﬁnd it harder"),
        ("‘Then I never walk past it’", "Then I never walk past it"),
        ("Keep the inhaler by the door", "keep the inhaler by the door"),
        ("THEN I NEVER WALK PAST IT", "Then I never walk past it"),
        ("Which is effective.", "which is eﬀective"),
        ("is eﬀective", "is eﬀective"),
        (unicodedata.normalize("NFD", "My café boss"), "My café boss"),
        ("My CAFÉ boss doesn't like breaks", "My café boss doesn’t like breaks"),
        ("R: My sister reminds me", "My sister reminds me"),
        ("P07: My sister reminds me", "My sister reminds me"),
        ("Participant 7: my sister reminds me", "My sister reminds me"),
        ("[00:12:31] My sister reminds me", "My sister reminds me"),
        ("I keep the inhaler by the door", "I keep the inhaler by the door"),
        ("she rings on Sundays", "she rings on Sundays"),
        ("It's a nuisance, I told her", "It’s a nuisance,” I told her"),
        ("skip it. My sister reminds me", "skip it.\n\nP07: My sister reminds me"),
        (
            "that was that. At work I find it harder",
            "that was that.\n\nINT: And at work?\n\nP07: At work I ﬁnd it harder",
        ),
        (
            "R: and that was that.\nI: And at work?\nR: At work",
            "and that was that.\n\nINT: And at work?\n\nP07: At work",
        ),
    ],
)
def test_quotes_in_spite_of_how_they_were_copied(quote: str, found: str) -> None:
    table = row(quote=quote)
    assert spans(table) == [found]
    assert table.codings[0].quote == found
    assert table.notes == ()


@pytest.mark.parametrize(
    ("quote", "found"),
    [
        ("I keep … by the door", ["I keep the inhaler by the door"]),
        ("I keep the ... by the door", ["I keep the inhaler by the door"]),
        ("My sister [...] rings on Sundays", ["My sister reminds me, which is eﬀective, and she rings on Sundays"]),
        ("I keep the inhaler by the door […] At work I find it harder",
         ["I keep the inhaler by the door", "At work I ﬁnd it harder"]),
        ("...never walk past it... (...) I take 10 mg there.", ["never walk past it", "I take 10 mg there."]),
    ],
)  # fmt: skip
def test_quotes_with_something_left_out(quote: str, found: list[str]) -> None:
    table = row(quote=quote)
    assert spans(table) == found
    assert len(table.notes) == (len(found) > 1)


@pytest.mark.parametrize(
    ("quote", "found", "edits"),
    [
        ("I keep the inhaler by the dor", "I keep the inhaler by the door", 1),
        ("My sister remidns me", "My sister reminds me", 1),
        ("she rinks on Sundais.", "she rings on Sundays.", 2),
        ("My cafe boss doesnt like braeks", "My café boss doesn’t like breaks", 2),
    ],
)
def test_a_typo_or_two_is_mended_and_marked(quote: str, found: str, edits: int) -> None:
    table = row(quote=quote)
    assert spans(table) == [found]
    (kept,) = table.rows
    assert (kept.coding.origin, kept.others["as written"]) == ("mended", quote)
    assert f"{edits} letter" in table.notes[0]
    assert "compare it with P07 " in table.notes[0]


@pytest.mark.parametrize(
    "quote", ["I take 20 mg there", "Then I ever walk past it", "My café boss does like breaks", "Some days I skp it."]
)
def test_a_typo_that_would_change_the_sense_or_fits_twice_is_not_mended(quote: str) -> None:
    (problem,) = row(quote=quote).problems
    assert problem.passages
    first = problem.passages[0].spans[0]
    wanted = {"I take": "I take 10 mg", "Then I": "Then I never", "My caf": "My café", "Some d": "Some days"}[quote[:6]]
    assert wanted in TEXT[first[0] : first[1]]


def test_what_is_not_found_shows_the_nearest_passages_in_order() -> None:
    (problem,) = row(quote="I always leave my inhaler near the front door").problems
    assert str(problem).startswith("the quote (45 characters) occurs nowhere in transcript 'P07'; nearest: P07 ")
    start, end = problem.passages[0].spans[0]
    assert TEXT[start:end] == "I keep the inhaler by the door."


@pytest.mark.parametrize("quote", ["My brother drives me", "drives me to the clinic.", "MY BROTHER DRIVES me"])
def test_a_quote_of_another_transcript_is_found_there(quote: str) -> None:
    (problem,) = row(quote=quote).problems
    assert problem.passages[0].transcript == "Interview 8"


def test_cuts_within_speech_do_not_hide_a_quote() -> None:
    text = "P1: It helps me to see the eve- #00:01:12-3#\nning dose. Page 3\nof my diary there."
    hyphen, page = text.index("- #"), text.index("Page 3")
    cut = (Turn("P1", "participant", 4, len(text), cuts=((hyphen, text.index("ning")), (page, page + 7))),)
    known = Known({"t": Transcript("t", text, cut)}, BOOK)
    for quote in ("see the evening dose", "the evening dose. of my diary", "dose of my diary there"):
        (coding,) = read(f"{HEADER}\nt,{quote},goals,,Ann\n", known).codings
        assert coding.quote == text[coding.start : coding.end]
        assert coding.quote.split()[0].rstrip(".") == quote.split()[0]
        assert coding.quote.rstrip(".").split()[-1] == quote.split()[-1]


# ---- all at once

NINE = "\n".join(
    (
        "Transcript,Quote,Code,Valence,Coder",
        "P07.docx,I keep the inhaler by the door.,Social influences,Enabler,Ann",
        "p07,Then I never walk past it.,skills; knowledge,B,ann",
        'P07,"""At work I find it harder.""",GOALS,-,Ann',
        "P07,my sister ... rings on Sundays,goals,mixed,Ann",
        "P07,I keep the inhaler […] by the door,goals,,Ann",
        "P07,R: My sister reminds me,goals,,Ann",
        "P07,My sister remnids me,goals,,Ann",
        "P07,Some days I skip it. My sister reminds me,goals,,Ann",
        "P07,Some days I skip it.,goals,,Ann",
        "P07,At work,soical_influences,,Ann",
        "P07,Words that nobody said about inhaler doors,goals,,Ann",
        "P70,At work,goals,,Ann",
        "P07,At work,goals,so-so,Ann",
    )
)


def test_nine_ordinary_mistakes_in_one_file_are_taken_or_listed_at_once() -> None:
    table = read(NINE)
    assert sorted({row.number for row in table.rows}) == [2, 3, 4, 5, 6, 7, 8, 9]
    assert [(problem.row, problem.what.split(" (")[0].split(" 'P70")[0]) for problem in table.problems] == [
        (10, "the quote"),
        (11, "the codebook has no code 'soical_influences'"),
        (12, "the quote"),
        (13, "there is no transcript"),
        (14, "unknown valence 'so-so': use barrier, facilitator, both, or leave it empty"),
    ]
    told = " ".join(map(str, table.problems)) + " ".join(table.notes)
    assert not any(word in told for word in ("inhaler", "skip", "sister", "nobody"))


def test_import_lists_all_problems_and_a_corrected_table_completes_it(comb: Comb, study: Study) -> None:
    (study.raw / "P07.txt").write_text(TEXT, encoding="utf-8")
    file = comb.folder.parent / "codes.csv"
    file.write_text(NINE, encoding="utf-8")
    out = comb("import", file, code=1)
    assert "comb: codes.csv: rows 10, 11, 12, 13, 14 cannot be read. Nothing was imported." in out
    for said in (
        "row 11: the codebook has no code 'soical_influences'; did you mean social_influences?",
        "row 13: there",
    ):
        assert said in out
    assert not any(word in out for word in ("inhaler", "skip", "sister", "nobody"))
    assert list(study.codings.iterdir()) == []
    to_correct = study.to_correct / "codes.csv"
    text = to_correct.read_text(encoding="utf-8-sig")
    assert "I keep the inhaler by the door." in text  # the nearest passage stands in the table, not in the message
    header, *rows = read_cells(text)
    number, take = header.index("comb: row of the file"), header.index("comb: take passage")
    by_row = {cells[number]: cells for cells in rows}
    by_row["10"][take] = "2"
    by_row["11"][header.index("Code")] = "social_influences"
    by_row["12"][take] = "1"
    by_row["14"][header.index("Valence")] = ""
    write_cells(to_correct, [header, *rows])
    out = comb("import", to_correct, code=1)
    assert "codes.csv: row 5 cannot be read" in out  # the transcript is still wrong; the other rows wait
    header, *rows = read_cells(to_correct.read_text(encoding="utf-8-sig"))
    assert len(rows) == 1
    rows[0][header.index("Transcript")] = "P07"
    write_cells(to_correct, [header, *rows])
    out = comb("import", to_correct)
    assert "codes.csv → data/codings/codes.csv: 13 codings of 1 coder." in out
    assert not to_correct.exists()
    comb("segment")
    found = read_cells((study.codings / "codes.csv").read_text(encoding="utf-8"))
    second = TEXT.rindex("Some days")
    assert any(cells[1] == str(second) for cells in found)
    assert {cells[6] for cells in found[1:]} == {"Ann"}


def test_correcting_the_file_itself_replaces_the_earlier_import(comb: Comb, study: Study) -> None:
    (study.raw / "P07.txt").write_text(TEXT, encoding="utf-8")
    file = comb.folder.parent / "codes.csv"
    file.write_text(f"{HEADER}\nP07,At work,goals,,Ann\n", encoding="utf-8")
    comb("import", file)
    file.write_text(f"{HEADER}\nP07,At work,gaols,,Ann\n", encoding="utf-8")
    before = (study.codings / "codes.csv").read_bytes()
    comb("import", file, code=1)
    assert (study.codings / "codes.csv").read_bytes() == before
    file.write_text(f"{HEADER}\nP07,At work,skills,,Ann\n", encoding="utf-8")
    comb("import", file)
    assert ",skills," in (study.codings / "codes.csv").read_text(encoding="utf-8")
    assert not list(study.to_correct.glob("*"))
    assert [path.read_bytes() for path in study.replaced.iterdir()] == [before]
    file.write_text(f"{HEADER}\nP07,At work,skills,,Ben\n", encoding="utf-8")
    assert "the study has another file of that name, by Ann. Rename yours" in comb("import", file, code=1)


def test_a_table_to_correct_without_its_other_rows_is_refused(comb: Comb, study: Study) -> None:
    (study.raw / "P07.txt").write_text(TEXT, encoding="utf-8")
    file = comb.folder.parent / "codes.csv"
    file.write_text(f"{HEADER}\nP07,At work,goals,,Ann\nP07,At work,gaols,,Ann\n", encoding="utf-8")
    comb("import", file, code=1)
    (study.waiting / "codes.csv").unlink()
    assert "the other rows of this file are no longer in the study" in comb(
        "import", study.to_correct / "codes.csv", code=1
    )


def test_codings_and_their_transcripts_come_together_and_all_errors_at_once(comb: Comb, study: Study) -> None:
    folder = comb.folder.parent
    (folder / "P07.txt").write_text(TEXT, encoding="utf-8")
    (folder / "bad.mp3").write_bytes(b"ID3")
    (folder / "codes.csv").write_text(f"{HEADER}\nP07,At work,gaols,,Ann\n", encoding="utf-8")
    out = comb("import", folder / "codes.csv", folder / "bad.mp3", folder / "P07.txt", code=1)
    assert out.startswith("comb: 2 files cannot be used")
    assert "bad.mp3: unknown kind of file" in out
    assert "did you mean goals?" in out
    assert not list(study.raw.iterdir())


def test_coded_transcripts_among_the_new_ones_are_noticed(comb: Comb, study: Study) -> None:
    (study.new / "P07.txt").write_text(TEXT, encoding="utf-8")
    file = comb.folder.parent / "codes.csv"
    file.write_text(f"{HEADER}\nP07,At work,goals,,Ann\n", encoding="utf-8")
    out = comb("import", file, code=1)
    assert "transcript 'P07' is coded, but lies in data/new" in out
    assert "move P07.txt to data/raw" in out


@pytest.mark.parametrize("names", [("P34 AS", "P34 NO"), ("P33", "P33 (1)"), ("a", "b")])
def test_two_copies_of_a_transcript_are_noticed(comb: Comb, study: Study, names: tuple[str, str]) -> None:
    paths = [comb.folder.parent / f"{name}.txt" for name in names]
    for path in paths:
        path.write_text(TEXT, encoding="utf-8")
    out = comb("import", *paths)
    assert f"{names[0]} and {names[1]} begin with the same words" in out


def test_copies_and_transcripts_coded_and_new_are_noticed_in_the_folders_too(comb: Comb, study: Study) -> None:
    for path in (study.raw / "P34 AS.txt", study.raw / "P34 NO.txt", study.raw / "P35.txt", study.new / "p35.txt"):
        path.write_text(OTHER if "35" in path.name else TEXT, encoding="utf-8")
    out = comb("segment")
    assert "comb: P34 AS and P34 NO begin with the same words" in out
    assert "comb: p35.txt is in data/new, and a transcript of that name is in data/raw" in out


def test_a_revised_copy_is_noticed_by_its_name(comb: Comb, study: Study) -> None:
    (study.raw / "P33.txt").write_text(TEXT, encoding="utf-8")
    path = comb.folder.parent / "P33 (1).txt"
    path.write_text(OTHER, encoding="utf-8")
    assert "by its name, P33 (1) seems to be another copy of P33, but its words differ" in comb("import", path)


def test_coders_are_one_whatever_their_case_in_all_files(comb: Comb, study: Study) -> None:
    (study.raw / "P07.txt").write_text(TEXT, encoding="utf-8")
    for name, coder in (("a", "Ann"), ("b", "ann"), ("c", "ANN ")):
        (study.codings / f"{name}.csv").write_text(f"{HEADER}\nP07,At work,goals,,{coder}\n", encoding="utf-8")
    from comb.codings.codings_csv import read_codings

    found = read_codings(study.codings, TRANSCRIPTS, BOOK)
    assert {coding.coder for coding in found.codings} == {"ANN"}
    assert found.warnings == ("coder 'Ann' is read as 'ANN'", "coder 'ann' is read as 'ANN'")


def test_a_codings_folder_is_read_as_people_fill_it_and_lists_all_problems(tmp_path: Path) -> None:
    from comb.codings.codings_csv import read_codings

    (tmp_path / "a.csv").write_text("Transcript;Quote;Code;Coder\nP07;At work;Goals;Ann\n", encoding="utf-8")
    (tmp_path / "b.csv").write_text(f"{HEADER}\nP07,At work,gaols,,Ann\nP07,nowhere to be found,goals,,Ann\n")
    (tmp_path / "c.csv").write_text(f"{HEADER}\nP09,At work,goals,,Ann\n")
    with pytest.raises(BadInputError) as caught:
        read_codings(tmp_path, TRANSCRIPTS, BOOK)
    told = "\n".join((str(caught.value), *caught.value.details))
    assert "b.csv, row 2: the codebook has no code 'gaols'; did you mean goals?" in told
    assert "b.csv, row 3: the quote (19 characters) occurs nowhere" in told
    assert "c.csv, row 2: there is no transcript 'P09'; did you mean P07?" in told


def read_cells(text: str) -> list[list[str]]:
    import csv
    import io

    return list(csv.reader(io.StringIO(text)))


def write_cells(path: Path, rows: list[list[str]]) -> None:
    import csv

    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(rows)


# ---- hostile


CELLS = st.sampled_from(
    ["P07", "at work I find it harder", "goals", "Ann", "+", "barrier", "...", "[…]", '"', "R: ", "9", "sep=;", ""]
)
BYTES = st.lists(
    st.one_of(CELLS.map(str.encode), st.sampled_from([b",", b";", b"\n", b"\xe9", b"\0", b"\r"])), max_size=30
)


@given(
    st.one_of(
        st.binary(max_size=60), BYTES.map(b"".join), BYTES.map(lambda some: HEADER.encode() + b"\n" + b"".join(some))
    )
)
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_codings_or_an_error_without_words(data: bytes) -> None:
    try:
        table = read_codings_table(data, KNOWN, "codes.csv")
    except BadInputError as error:
        table = CodingsTable("codes.csv", (), (), (str(error),))
    assert all(c.quote == TRANSCRIPTS[c.transcript].text[c.start : c.end] for c in table.codings)
    assert not any("at work I find it harder" in str(told) for told in (*table.problems, *table.notes))


LETTERS = st.text(st.sampled_from("abcé ’'.,…\nﬁ1"), min_size=1, max_size=50)


@given(LETTERS, LETTERS)
@settings(max_examples=200, deadline=None)
def test_whatever_is_found_lies_within_the_text(text: str, quote: str) -> None:
    finder = QuoteFinder(text, (Turn("", "participant", 0, len(text)),))
    for place in finder.places(quote):
        assert all(0 <= start < end <= len(text) for start, end in place.spans)
    for start, end in finder.nearest(quote):
        assert 0 <= start < end <= len(text)


# ---- speed


def test_many_codings_of_many_long_transcripts_are_read_in_seconds() -> None:
    draw = random.Random(2)
    words = ["".join(draw.choices("abcdefghijklmnoprstuvw", k=draw.randint(2, 9))) for _ in range(4000)]
    texts = {}
    for number in range(100):
        sentences = [" ".join(draw.choices(words, k=12)).capitalize() + "." for _ in range(820)]
        texts[f"P{number:02}"] = sentences
    transcripts = {name: Transcript(name, " ".join(sentences), ()) for name, sentences in texts.items()}
    rows = [HEADER]
    for number in range(5000):
        name = f"P{number % 100:02}"
        quote = draw.choice(texts[name])
        if number % 10 == 0:
            quote = quote[:20] + quote[21:]
        elif number % 3 == 0:
            quote = f"“{quote.upper()}”"
        elif number % 50 == 1:
            quote = "Something that is not in there at all"
        rows.append(f"{name},{quote},goals,,Ann")
    began = time.process_time()
    table = read("\n".join(rows), Known(transcripts, BOOK))
    assert len(table.codings) > 4700
    assert time.process_time() - began < 30
