# ruff: noqa: E501
"""Tables as people make them: titles above the header, several sheets, ids with zeros, entities, many column names."""

import csv
import datetime
import logging
from pathlib import Path

import openpyxl
import pytest

from comb.errors import BadInputError
from comb.records import Transcript
from comb.transcripts.reader import read_spreadsheet, read_transcript

TALK = [["INT", "Why is that?"], ["P03", "Because I forget."]]


def spoken(transcript: Transcript) -> list[tuple[str, str]]:
    return [(turn.speaker, transcript.text[turn.start : turn.end]) for turn in transcript.turns]


SAID = [tuple(row) for row in TALK]


def workbook(path: Path, sheets: dict[str, list[list[object]]], **states: str) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
        sheet.sheet_state = states.get(name, "visible")
    book.save(path / "P03.xlsx")
    return path / "P03.xlsx"


def table(path: Path, rows: list[list[str]], name: str = "P03.csv") -> Path:
    with (path / name).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path / name


@pytest.mark.parametrize(
    "above",
    [
        [["My study"]],
        [["Interview 3", ""], [], ["made", "in", "2024"]],
        [["Project:", "Sleep"], ["Date:", "3 May"], ["", ""]],
    ],
)
def test_header_below_a_title(above: list[list[str]], tmp_path: Path) -> None:
    rows = [*above, ["speaker", "text"], *TALK]
    assert spoken(read_transcript(table(tmp_path, rows))) == SAID
    assert spoken(read_transcript(workbook(tmp_path, {"Sheet": rows}))) == SAID


def test_rows_keep_their_numbers_below_a_title(tmp_path: Path) -> None:
    from comb.transcripts.reader import read_numbered_rows

    path = workbook(tmp_path, {"S": [["A title"], [], ["transcript", "quote", "code"], ["P03", "I forget", "memory"]]})
    assert read_spreadsheet(path)[0] == ["transcript", "quote", "code"]
    assert [number for number, _ in read_numbered_rows(path)[1]] == [4]


@pytest.mark.parametrize(
    "sheets",
    [
        {"Info": [["about", "this"]], "Data": [["speaker", "text"], *TALK]},
        {"Read me": [["One long remark"]], "Notes": [["when", "what"], ["May", "done"]], "D": [["who", "said"], *TALK]},
        {"Data": [["Speaker", "Utterance"], *TALK], "Empty": [], "Codes": [["code", "n"], ["a", 1]]},
    ],
)
def test_every_visible_sheet_is_considered(
    sheets: dict[str, list[list[object]]], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert spoken(read_transcript(workbook(tmp_path, sheets))) == SAID
    assert "P03.xlsx: of its sheets" in caplog.text
    assert "Because" not in caplog.text


def test_hidden_sheets_are_left_out_and_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    talk = [["speaker", "text"], *TALK]
    for state in ("hidden", "veryHidden"):
        path = workbook(tmp_path, {"Old": [["speaker", "text"], ["P9", "Old words"]], "Now": talk}, Old=state)
        with caplog.at_level(logging.WARNING):
            assert spoken(read_transcript(path)) == SAID
        assert "hidden: 'Old'" in caplog.text


def test_two_sheets_of_speech_are_asked_about(tmp_path: Path) -> None:
    talk = [["speaker", "text"], *TALK]
    path = workbook(tmp_path, {"P03": talk, "P04": talk, "Info": [["x", "y"]]})
    with pytest.raises(BadInputError, match=r"P03.xlsx: two or more sheets contain speech: 'P03', 'P04'.*one file"):
        read_transcript(path)


@pytest.mark.parametrize(
    ("value", "look", "shown"),
    [
        (7, "000", "007"), (42, "00000", "00042"), (3, '"P"00', "P03"), (0.5, "0%", "50%"), (2.5, "0.00", "2.50"),
        (1234, "#,##0", "1,234"), (12, "General", "12"), (3, "\\P000", "P003"), (7, "000;-000", "007"),
        (3, "@", "3"),
    ],
)  # fmt: skip
def test_ids_as_displayed(value: float, look: str, shown: str, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["id", "n"])
    book.active.append([value, "x"])
    book.active["A2"].number_format = look
    book.save(tmp_path / "a.xlsx")
    assert read_spreadsheet(tmp_path / "a.xlsx")[1][0]["id"] == shown


def test_dates_stay_iso(tmp_path: Path) -> None:
    path = workbook(tmp_path, {"S": [["id", "day"], ["a", datetime.datetime(2024, 3, 1)]]})
    assert read_spreadsheet(path)[1][0]["day"] == "2024-03-01"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("It was fine &#8212; really &amp; truly.", "It was fine — really & truly."),
        ("&quot;No&quot;, I said&hellip;", '"No", I said…'),
        ("it&#x2019;s &pound;5", "it’s £5"),
        ("AT&T & co; R&D;", "AT&T & co; R&D;"),
    ],
)
def test_entities(written: str, said: str, tmp_path: Path) -> None:
    path = table(tmp_path, [["speaker", "text"], ["P03", written]])
    assert spoken(read_transcript(path)) == [("P03", said)]


@pytest.mark.parametrize("name", ["words", "Utterance", "CONTENT", "Sentence", "Transcript text", "said", "Spoken words",
                                  "Quote", "response", "Speech", "Dialogue", "statement", "utterance_text", "Transcription"])  # fmt: skip
@pytest.mark.parametrize("who", ["Speaker", "speaker label", "Who", "Interlocutor", "participant id", "Role", "Name"])
def test_column_names(name: str, who: str, tmp_path: Path) -> None:
    transcript = read_transcript(table(tmp_path, [["line", who, name], ["1", "INT", "Why?"], ["2", "P03", "So."]]))
    assert spoken(transcript) == [("INT", "Why?"), ("P03", "So.")]


def test_rows_without_words_are_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    rows = [
        ["speaker", "text", "note"],
        ["INT", "Why?", ""],
        ["P03", "", "door bell"],
        ["P03", " ", "x"],
        ["P03", "So.", ""],
    ]
    with caplog.at_level(logging.WARNING):
        read_transcript(table(tmp_path, rows))
    assert "P03.csv: rows without words, left out: 2" in caplog.text


def test_a_table_of_codings_is_recognised(tmp_path: Path) -> None:
    for header in (["quote", "code"], ["Document", "Segment", "Code"], ["excerpt", "theme", "coder"]):
        with pytest.raises(BadInputError, match=r"a table of codings.*comb import codings P03.csv") as caught:
            read_transcript(table(tmp_path, [header, ["Secret words"] * len(header)]))
        assert "Secret" not in str(caught.value)


@pytest.mark.parametrize("name", ["transcript", "Interview ID", "session"])
def test_several_transcripts_in_a_table_are_asked_about(name: str, tmp_path: Path) -> None:
    path = table(tmp_path, [[name, "speaker", "text"], ["007", "INT", "Why?"], ["012", "INT", "So?"]])
    with pytest.raises(BadInputError, match=r"contains 2 transcripts.*comb import table P03.csv"):
        read_transcript(path)
