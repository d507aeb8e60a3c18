"""``comb import table``: a spreadsheet with one row per utterance becomes transcripts and codings, all or nothing."""

import csv
import unicodedata
from collections import Counter
from pathlib import Path

import openpyxl
import pytest

from comb.codings.codings_csv import read_codings
from comb.records import Coding, Transcript
from comb.study.layout import Study
from comb.transcripts.reader import read_folder
from tests.conftest import Comb

COLUMNS = ("--transcript", "id", "--text", "text", "--speaker", "who", "--code", "code")
CLIENT = ("--participant", "Client")
HEADER = "id,n,who,text,code"
ROWS = (
    "i1,1,Therapist,Why is that?,",
    "i1,2,Client,I want to,goals",
    "i1,3,Client,Well…,n/a",
    "i2,1,Client,Hm,emotion",
)


def table(study: Study, *rows: str, header: str = HEADER, name: str = "coded.csv") -> Path:
    path = study.root.parent / name
    path.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
    return path


def result(study: Study) -> tuple[dict[str, Transcript], list[Coding]]:
    """Read the study as its stages do: no transcript may be refused, no coding repaired."""
    found, errors = read_folder(study.raw, study.roles)
    assert errors == []
    transcripts = {transcript.id: transcript for transcript in found}
    read = read_codings(study.codings, transcripts)
    assert read.warnings == ()
    return transcripts, list(read.codings)


def said(study: Study) -> dict[str, list[str]]:
    transcripts, _ = result(study)
    return {name: [t.text[turn.start : turn.end] for turn in t.turns] for name, t in transcripts.items()}


def coded(study: Study) -> set[tuple[str, str, str, str]]:
    return {(c.transcript, c.quote, c.code, c.coder) for c in result(study)[1]}


def contents(study: Study) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in study.data.rglob("*/*") if path.is_file()}


def test_table_becomes_transcripts_and_codings(comb: Comb, study: Study) -> None:
    out = comb("import", "table", table(study, *ROWS), *COLUMNS, *CLIENT)
    transcripts, _ = result(study)
    assert [(t.speaker, t.role) for t in transcripts["i1"].turns] == [
        ("Therapist", "interviewer"),
        ("Client", "participant"),
        ("Client", "participant"),
    ]
    assert said(study) == {"i1": ["Why is that?", "I want to", "Well…"], "i2": ["Hm"]}
    # "n/a" is read and not coded; the therapist's words are nobody's to code.
    assert coded(study) == {("i1", "I want to", "goals", "A"), ("i1", "Well…", "", "A"), ("i2", "Hm", "emotion", "A")}
    assert "2 transcripts" in out
    assert "3 codings of 1 coder" in out
    assert "not in configs/codebook.yaml" not in out


def test_codes_that_the_codebook_lacks_are_listed(comb: Comb, study: Study) -> None:
    out = comb("import", "table", table(study, "i1,1,Client,Hm,change"), *COLUMNS, *CLIENT)
    assert "not in configs/codebook.yaml yet: change." in out


def test_several_codes_in_a_cell(comb: Comb, study: Study) -> None:
    comb("import", "table", table(study, "i1,1,Client,Hm,goals; emotion;", "i1,2,Client,Oh,-"), *COLUMNS, *CLIENT)
    assert coded(study) == {("i1", "Hm", "goals", "A"), ("i1", "Hm", "emotion", "A"), ("i1", "Oh", "", "A")}


def test_valence_and_time(comb: Comb, study: Study) -> None:
    path = table(study, "i1,Client,Hm,goals,Barrier,00:01:05", "i1,Client,Oh,,none,", header="id,who,text,code,v,t")
    comb("import", "table", path, *COLUMNS, *CLIENT, "--valence", "v", "--time", "t")
    transcripts, codings = result(study)
    assert [(c.code, c.valence) for c in codings] == [("goals", "barrier"), ("", "")]
    assert [turn.time for turn in transcripts["i1"].turns] == [65.0, None]


def test_order_column_puts_utterances_in_order(comb: Comb, study: Study) -> None:
    path = table(study, "i1,10,Client,ten,goals", "i1,9,Client,nine,", "i1,2,Therapist,two,")
    comb("import", "table", path, *COLUMNS, *CLIENT, "--order", "n")
    assert said(study) == {"i1": ["two", "nine", "ten"]}


SEVERAL = ("i1,1,Client,Hm,goals,A", "i1,2,Client,Oh,,A", "i1,1,Client,Hm,emotion,B", "i1,2,Client,Oh,goals,B")


@pytest.mark.parametrize("order", [(), ("--order", "n")])
@pytest.mark.parametrize("rows", [SEVERAL, (SEVERAL[0], SEVERAL[2], SEVERAL[1], SEVERAL[3])])
def test_several_coders_code_one_transcript(comb: Comb, study: Study, rows: tuple[str, ...], order: tuple[str]) -> None:
    comb(
        "import", "table", table(study, *rows, header=HEADER + ",coder"), *COLUMNS, *CLIENT, "--coder", "coder", *order
    )
    assert said(study) == {"i1": ["Hm", "Oh"]}
    assert coded(study) == {
        ("i1", "Hm", "goals", "A"),
        ("i1", "Oh", "", "A"),
        ("i1", "Hm", "emotion", "B"),
        ("i1", "Oh", "goals", "B"),
    }


def test_a_coder_who_skipped_an_utterance_has_no_coding_of_it(comb: Comb, study: Study) -> None:
    path = table(study, *SEVERAL[:3], header=HEADER + ",coder")
    comb("import", "table", path, *COLUMNS, *CLIENT, "--coder", "coder", "--order", "n")
    assert {quote for _, quote, _, coder in coded(study) if coder == "B"} == {"Hm"}


def test_workbook_gives_the_same_as_csv(comb: Comb, study: Study) -> None:
    book = openpyxl.Workbook()
    for row in (HEADER, *ROWS):
        book.active.append([int(cell) if cell.isdigit() else cell or None for cell in row.split(",")])
    path = study.root.parent / "coded.xlsx"
    book.save(path)
    comb("import", "table", path, *COLUMNS, *CLIENT, "--order", "n")
    from_workbook = contents(study)
    comb("import", "table", table(study, *ROWS), *COLUMNS, *CLIENT, "--order", "n")  # the same files: no conflict
    assert contents(study) == from_workbook
    assert len(from_workbook) == 3


def test_semicolons_quotes_and_lines_in_cells(comb: Comb, study: Study) -> None:
    rows = ('i1;1;Client;"She said ""no"", 😀\n\nClient: and left";goals', "i1;2;Therapist;Ok: so;")
    comb("import", "table", table(study, *rows, header=HEADER.replace(",", ";")), *COLUMNS, *CLIENT)
    assert said(study) == {"i1": ['She said "no", 😀\n\nClient: and left', "Ok: so"]}


def test_transcript_names_of_any_kind(comb: Comb, study: Study) -> None:
    decomposed = unicodedata.normalize("NFD", "Zoë 2")
    rows = (
        "2024/03: a,1,Client,Hm,goals",
        f"{decomposed},1,Client,Oh,goals",
        ".1,1,Client,Ah,goals",
        "i.2,1,Client,Eh,",
    )
    comb("import", "table", table(study, *rows), *COLUMNS, *CLIENT)
    assert said(study) == {"2024_03_ a": ["Hm"], "Zoë 2": ["Oh"], "1": ["Ah"], "i.2": ["Eh"]}
    assert len(coded(study)) == 4


def test_without_speakers_all_speech_is_coded_and_without_codes_none(comb: Comb, study: Study) -> None:
    columns = ("--transcript", "id", "--text", "text")
    comb("import", "table", table(study, *ROWS), *columns)
    assert sorted(path.name for path in study.raw.rglob("*.csv")) == ["i1.csv", "i2.csv"]
    comb("import", "table", table(study, *ROWS), *columns, "--code", "code")
    assert len(coded(study)) == len(ROWS)


# ---- refused


TWICE = ("i1,1,Client,Secret,goals", "i1,1,Client,Words,")


@pytest.mark.parametrize(
    ("rows", "options", "remark"),
    [
        (ROWS, (*COLUMNS, "--participant", "Me"), "no speaker in column 'who' is named 'me'. The speakers are: Cl"),
        (ROWS, (*COLUMNS[:-1], "c"), "there is no column 'c' (for --code). Its columns are: id, n, who, text, code."),
        (("i1,1,Client, ,goals",), COLUMNS, "no row contains spoken words."),
        (TWICE, (*COLUMNS, "--order", "n"), ", row 3: utterance '1' of transcript 'i1' has different words here than"),
        (("i1,1,Client,Secret,x",), (*COLUMNS, "--valence", "code"), ", row 2: unknown valence. Use barrier, "),
    ],
)  # fmt: skip
def test_refused_in_one_line_and_nothing_is_imported(comb: Comb, study: Study, rows, options, remark: str) -> None:
    out = comb("import", "table", table(study, *rows), *options, code=1)
    assert out.startswith("comb: coded.csv")
    assert remark in out
    assert len(out.splitlines()) == 1
    assert "Secret" not in out
    assert contents(study) == {}


def test_importing_again_changes_nothing(comb: Comb, study: Study) -> None:
    comb("import", "table", table(study, *ROWS), *COLUMNS, *CLIENT)
    before = contents(study)
    comb("import", "table", table(study, *ROWS), *COLUMNS, *CLIENT)
    assert contents(study) == before


@pytest.mark.parametrize("changed", ["i2,1,Client,Hmm,emotion", "i2,1,Client,Hm,goals"])
def test_conflict_imports_nothing(comb: Comb, study: Study, changed: str) -> None:
    comb("import", "table", table(study, *ROWS), *COLUMNS, *CLIENT)
    before = contents(study)
    out = comb("import", "table", table(study, "i0,1,Client,New,goals", *ROWS[:3], changed), *COLUMNS, *CLIENT, code=1)
    assert "the study has another file of that name" in out
    assert "nothing was imported" in out
    assert contents(study) == before


# ---- bugs


def test_one_row_per_code(comb: Comb, study: Study) -> None:
    comb(
        "import",
        "table",
        table(study, "i1,1,Client,Hm,goals", "i1,1,Client,Hm,emotion"),
        *COLUMNS,
        *CLIENT,
        "--order",
        "n",
    )
    assert {code for _, _, code, _ in coded(study)} == {"goals", "emotion"}


@pytest.mark.parametrize(("one", "other"), [("a/b", "a:b"), ("a", "A")])
def test_two_transcripts_that_would_be_one_file_are_refused(comb: Comb, study: Study, one: str, other: str) -> None:
    path = table(study, f"{one},1,Client,Hm,goals", f"{other},1,Client,Oh,emotion")
    assert "two transcripts would be stored as the file" in comb("import", "table", path, *COLUMNS, *CLIENT, code=1)
    assert not list(study.raw.iterdir())


def test_speaker_named_once_for_several_rows(comb: Comb, study: Study) -> None:
    comb("import", "table", table(study, "i1,1,Client,Hm,goals", "i1,2,,Oh,emotion"), *COLUMNS, *CLIENT)
    assert {code for _, _, code, _ in coded(study)} == {"goals", "emotion"}


@pytest.mark.parametrize("column", ["text", "who is it"])
def test_wrong_column_for_the_transcript_is_one_line(comb: Comb, study: Study, column: str) -> None:
    comb(
        "import",
        "table",
        table(study, f"i1,1,Client,{'Hm ' * 100},goals"),
        "--transcript",
        column,
        "--text",
        "text",
        code=1,
    )


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("coverage.csv", "cannot have this name"),
        ("Coverage.csv", "cannot have this name"),
        ("con.csv", "its name is reserved by Windows"),
    ],
)
def test_a_table_cannot_take_a_name_that_is_taken(comb: Comb, study: Study, name: str, said: str) -> None:
    printed = comb("import", "table", table(study, *ROWS, name=name), *COLUMNS, *CLIENT, code=1)
    assert said in printed
    assert not list(study.codings.iterdir())


# ---- real files

ANNOMI = (
    *("--transcript", "transcript_id", "--speaker", "interlocutor", "--text", "utterance_text"),
    *("--order", "utterance_id", "--time", "timestamp", "--code", "client_talk_type", "--participant", "client"),
)


def expected(path: Path) -> tuple[Counter[tuple[str, str]], set[str]]:
    """Count codings by coder and code, with csv alone; and list the transcripts."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["utterance_text"].strip()]
    client = [row for row in rows if row["interlocutor"] == "client"]
    count = Counter((r.get("annotator_id", "A"), r["client_talk_type"].replace("n/a", "")) for r in client)
    return count, {row["transcript_id"] for row in rows}


def test_ten_coders_of_real_conversations(comb: Comb, study: Study, shared: Path) -> None:
    path = shared / "annomi" / "annomi-ten-coders.csv"
    out = comb("import", "table", path, *ANNOMI, "--coder", "annotator_id")
    transcripts, codings = result(study)
    count, names = expected(path)
    assert set(transcripts) == names
    assert len(names) == 7
    assert {c.coder for c in codings} == {str(number) for number in range(10)}
    assert Counter((c.coder, c.code) for c in codings) == count
    assert len({(c.transcript, c.start) for c in codings}) == 212  # as SOURCE.txt says
    assert "of 10 coders" in out


def test_all_real_conversations(comb: Comb, study: Study, shared: Path) -> None:
    path = shared / "annomi" / "annomi-utterances.csv"
    comb("import", "table", path, *ANNOMI)
    transcripts, codings = result(study)
    count, names = expected(path)
    assert set(transcripts) == names
    assert Counter((c.coder, c.code) for c in codings) == count
    speakers = {(turn.speaker, turn.role) for t in transcripts.values() for turn in t.turns}
    assert speakers == {("therapist", "interviewer"), ("client", "participant")}


# ---- columns that are found


@pytest.mark.parametrize(
    "header", ["timestamp,speaker,words,tags", "Time,Who,Utterance,Code", "start,interlocutor,What was said,Theme"]
)
def test_one_file_is_one_transcript_and_columns_are_found(comb: Comb, study: Study, header: str) -> None:
    rows = ("00:01,P7,It was fine &#8212; really &amp; truly.,goals;emotion", "00:02,RA,And then?,goals", "00:03,P7,,x")
    path = table(study, *rows, header=header, name="P07.csv")
    out = comb("import", "table", path)
    assert said(study) == {"P07": ["It was fine — really & truly.", "And then?"]}
    assert {(code, quote) for _, quote, code, _ in coded(study)} == {
        ("goals", "It was fine — really & truly."),
        ("emotion", "It was fine — really & truly."),
    }
    assert "codes of speakers who are not participants (RA), left out: 1, on 1 row" in out
    assert "rows without words, left out: 1 (1 of them with codes)" in out


def test_a_column_is_asked_for_only_where_none_is_known(comb: Comb, study: Study) -> None:
    path = table(study, "Ann,Hm,goals", header="a,b,code")
    refused = comb("import", "table", path, code=1)
    assert "no column is recognised as the words spoken. Name it with --text." in refused
    comb("import", "table", path, "--text", "b", "--participant", "Ann", "--speaker", "a")
    assert said(study) == {"coded": ["Hm"]}
