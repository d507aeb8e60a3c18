"""Turns of Word, RTF, captions, tables and PDF; Office files are made here, the rest is in tests/files/transcripts."""

import datetime
import io
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from comb.errors import BadInputError
from comb.records import Transcript
from comb.records import spoken as said
from comb.transcripts.doubts import doubts
from comb.transcripts.reader import read_spreadsheet, read_transcript

FILES = Path(__file__).parents[1] / "files" / "transcripts"


def spoken(transcript: Transcript) -> list[tuple[str, str]]:
    text = transcript.text
    return [(turn.speaker, said(text, turn.start, turn.end, turn.cuts)) for turn in transcript.turns]


def times(transcript: Transcript) -> list[float | None]:
    return [turn.time for turn in transcript.turns]


def word(path: Path, build: Callable[[Any], None]) -> Transcript:
    document = docx.Document()
    build(document)
    document.save(str(path / "a.docx"))
    return read_transcript(path / "a.docx")


def raw(document: Any, xml: str) -> None:
    body = document.element.body
    body.insert(len(body) - 1, parse_xml(f"<w:p {nsdecls('w')}>{xml}</w:p>"))


def test_word_labels_and_continuation(tmp_path: Path) -> None:
    def build(document: Any) -> None:
        for text in ("INT: Why? \U0001f600", "P03 : Because", "of the list.", "", "[00:00:09] INT: I see."):
            document.add_paragraph(text)

    transcript = word(tmp_path, build)
    assert transcript.text == "INT: Why? \U0001f600\nP03 : Because\nof the list.\n\n[00:00:09] INT: I see."
    assert spoken(transcript) == [("INT", "Why? \U0001f600"), ("P03", "Because\nof the list."), ("INT", "I see.")]
    assert times(transcript) == [None, None, 9.0]


def test_word_bold_names(tmp_path: Path) -> None:
    def build(document: Any) -> None:
        document.add_heading("Ward rounds")
        for name, text in (("Carys ", "I start early."), ("Tom", " So do I."), ("Carys", "\tYes."), ("Tom:", " Ah.")):
            paragraph = document.add_paragraph()
            paragraph.add_run(name).bold = True
            paragraph.add_run(text)

    said = [("Carys", "I start early."), ("Tom", "So do I."), ("Carys", "Yes."), ("Tom", "Ah.")]
    assert spoken(word(tmp_path, build)) == [("", "Ward rounds"), *said]


def test_word_bold_name_on_own_line_among_colons(tmp_path: Path) -> None:
    def build(document: Any) -> None:
        for _ in range(2):
            document.add_paragraph().add_run("Carys").bold = True
            document.add_paragraph("Hello.\nExactly\nExactly")
            document.add_paragraph("INT: Yes?")

    assert spoken(word(tmp_path, build)) == [("Carys", "Hello.\nExactly\nExactly"), ("INT", "Yes?")] * 2


def test_word_name_and_stamp_then_soft_line_break(tmp_path: Path) -> None:
    def build(document: Any) -> None:
        document.add_paragraph("Carys Jones   0:12\nHello there.")
        document.add_paragraph("Tom Ellis   0:15\nHello.")

    transcript = word(tmp_path, build)
    assert spoken(transcript) == [("Carys Jones", "Hello there."), ("Tom Ellis", "Hello.")]
    assert times(transcript) == [12.0, 15.0]


def test_word_tracked_changes(tmp_path: Path) -> None:
    def build(document: Any) -> None:
        mark = 'w:id="1" w:author="x" w:date="2024-01-01T00:00:00Z"'
        raw(
            document,
            f"<w:r><w:t>P03: I </w:t></w:r><w:del {mark}><w:r><w:delText>never </w:delText></w:r></w:del>"
            f"<w:ins {mark}><w:r><w:t>always </w:t></w:r></w:ins><w:moveFrom {mark}><w:r><w:t>gone</w:t></w:r>"
            "</w:moveFrom><w:hyperlink><w:r><w:t>do it</w:t></w:r></w:hyperlink>",
        )
        raw(document, f"<w:pPr><w:rPr><w:del {mark}/></w:rPr></w:pPr><w:r><w:t>and </w:t></w:r>")
        raw(document, "<w:r><w:t>so on</w:t></w:r>")

    assert word(tmp_path, build).text == "P03: I always do it\nand so on"


def fill(document: Any, rows: list[list[str]]) -> None:
    table = document.add_table(len(rows), len(rows[0]))
    for row, cells in zip(table.rows, rows, strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text


def test_word_table_of_speakers(tmp_path: Path) -> None:
    def build(document: Any) -> None:
        document.add_paragraph("Interview 7")
        said = [["00:04", "P03:", "So.\nNote: more"], ["", "", "And."]]
        fill(document, [["00:01", "INT:", "Why?"], *said, ["0:09", "INT:", "?"]])
        document.add_paragraph("End")

    transcript = word(tmp_path, build)
    assert transcript.text.startswith("Interview 7\n00:01\tINT:\tWhy?\n")
    said = [("INT", "Why?"), ("P03", "So.\nNote: more"), ("P03", "And."), ("INT", "?")]
    assert spoken(transcript) == [("", "Interview 7"), *said, ("", "End")]
    assert times(transcript)[1:5] == [1.0, 4.0, None, 9.0]


def test_word_table_with_header_and_notes(tmp_path: Path) -> None:
    def build(document: Any) -> None:
        fill(document, [["Speaker", "Text", "Notes", "Codes"], ["INT", "Why?", "x", "y"], ["P03", "So.", "x", "y"]])

    assert spoken(word(tmp_path, build)) == [("INT", "Why?"), ("P03", "So.")]


def test_word_table_of_facts_beside_labels(tmp_path: Path) -> None:
    def build(document: Any) -> None:
        fill(document, [["Date", "3 March"], ["Place", "Cardiff"]])
        document.add_paragraph("INT: Why?")

    assert spoken(word(tmp_path, build)) == [("", "Date\t3 March\nPlace\tCardiff"), ("INT", "Why?")]


def test_rtf() -> None:
    transcript = read_transcript(FILES / "rich-text.rtf")
    assert spoken(transcript) == [
        ("INT", "Café or tea?"), ("P03", "“Tea” \U0001f600 yes."), ("INT", "Fine."),
    ]  # fmt: skip


def test_zoom_cues_merge_by_speaker() -> None:
    transcript = read_transcript(FILES / "zoom-names.vtt")
    assert transcript.text == "Carys Jones: Okay, we start. Is that fine?\n\nP03: Note: it is. And more."
    assert spoken(transcript) == [("Carys Jones", "Okay, we start. Is that fine?"), ("P03", "Note: it is. And more.")]
    assert times(transcript) == [4.859, 15.0]


def test_teams_voices_tags_and_entities() -> None:
    transcript = read_transcript(FILES / "teams-voices.vtt")
    assert spoken(transcript) == [
        ("Jones, Carys", "Tea & toast?"), ("Participant 1", "Yes, please."), ("Jones, Carys", "Good."),
    ]  # fmt: skip
    assert times(transcript) == [1.0, 3.0, 3.0]


def test_captions_without_names_part_at_pauses() -> None:
    transcript = read_transcript(FILES / "no-names.srt")
    assert transcript.text == "Hello there we go on\n\nafter a pause"
    assert [(turn.role, turn.time) for turn in transcript.turns] == [("participant", 1.0), ("participant", 9.0)]
    assert "no speaker labels" in doubts(transcript)[0]


def test_cues_without_blank_line_between() -> None:
    assert spoken(read_transcript(FILES / "no-blank-between-cues.srt")) == [("INT", "One"), ("P1", "Two")]


def test_rolling_captions_are_not_doubled() -> None:
    assert read_transcript(FILES / "rolling-captions.vtt").text == "so we begin now"


def test_csv_rows_are_turns() -> None:
    transcript = read_transcript(FILES / "semicolons.csv")
    assert transcript.text == "INT: Why; and how?\n\nP03: Because,\nwell.\n\nP03: And more."
    assert spoken(transcript) == [("INT", "Why; and how?"), ("P03", "Because,\nwell."), ("P03", "And more.")]
    assert times(transcript) == [1.0, 65.0, None]


def test_csv_role_column() -> None:
    transcript = read_transcript(FILES / "role-column.csv")
    assert [(turn.speaker, turn.role) for turn in transcript.turns] == [
        ("Carys", "interviewer"), ("Tom", "participant"),
    ]  # fmt: skip


def test_csv_in_utf16_with_tabs() -> None:
    assert read_spreadsheet(FILES / "tabs-utf16.csv") == (
        ["who", "said", "text"],
        [{"who": "INT", "said": "x", "text": "Why?"}],
    )


def test_xlsx(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    rows = [
        ["Who ", "Time", "Text", None, "N"],
        ["INT", datetime.time(0, 1, 5), "Why?", None, 3.0],
        [None] * 5,
        ["P03", datetime.datetime(2024, 3, 1), 7, None, 0.1 + 0.2],
        [None, datetime.timedelta(seconds=70), "And\nmore \U0001f600", None, True],
    ]
    for row in rows:
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    assert spoken(read_transcript(tmp_path / "a.xlsx")) == [
        ("INT", "Why?"), ("P03", "7"), ("P03", "And\nmore \U0001f600"),
    ]  # fmt: skip
    assert times(read_transcript(tmp_path / "a.xlsx")) == [65.0, None, 70.0]
    header, read = read_spreadsheet(tmp_path / "a.xlsx")
    assert header == ["Who ", "Time", "Text", "N"]
    assert list(read[0].values()) == ["INT", "00:01:05", "Why?", "3"]
    assert list(read[1].values()) == ["P03", "2024-03-01", "7", "0.3"]
    assert list(read[2].values()) == ["", "0:01:10", "And\nmore \U0001f600", "TRUE"]


def test_read_rows_of_a_broken_table() -> None:
    with pytest.raises(BadInputError, match=r"unquoted-comma.csv, row 3: 3 cells"):
        read_spreadsheet(FILES / "unquoted-comma.csv")


def pdf(*pages: str) -> bytes:
    """Write a PDF by hand: one text line per line of each page."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", ""]
    kids = []
    for page in pages:
        lines = page.split("\n") if page else []
        stream = "BT /F1 12 Tf 14 TL 72 700 Td " + " ".join(f"({line}) Tj T*" for line in lines) + " ET"
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
        font = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
        resources = f"/Resources << /Font << /F1 {font} >> >>"
        content = f"/MediaBox [0 0 595 842] /Contents {len(objects)} 0 R"
        objects.append(f"<< /Type /Page /Parent 2 0 R {resources} {content} >>")
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    out, places = io.BytesIO(b"%PDF-1.4\n"), []
    out.seek(0, io.SEEK_END)
    for number, body in enumerate(objects, 1):
        places.append(out.tell())
        out.write(f"{number} 0 obj\n{body}\nendobj\n".encode())
    start = out.tell()
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    size = len(objects) + 1
    out.write(f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n<< /Size {size} /Root 1 0 R >>\n".encode())
    out.write(f"startxref\n{start}\n%%EOF\n".encode())
    return out.getvalue()


def test_pdf(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf("INT: Why?\nP03: Because of\nPage 1 of 3", "", "the list.\nINT: Ah.\n3"))
    with caplog.at_level(logging.WARNING):
        transcript = read_transcript(tmp_path / "a.pdf")
    assert spoken(transcript) == [("INT", "Why?"), ("P03", "Because of\nthe list."), ("INT", "Ah.")]
    assert "a.pdf: no text on page 2." in caplog.text


def test_pdf_without_text_layer(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf("", ""))
    with pytest.raises(BadInputError, match=r"a.pdf: no text layer.*OCR"):
        read_transcript(tmp_path / "a.pdf")


def test_pdf_with_password(tmp_path: Path) -> None:
    import pypdf

    for user, name in (("secret", "shut.pdf"), ("", "open.pdf")):
        writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf("INT: Why?\nP03: So.")))
        writer.encrypt(user_password=user, owner_password="owner", algorithm="RC4-128")
        writer.write(tmp_path / name)
    with pytest.raises(BadInputError, match=r"shut.pdf: protected by a password. Save"):
        read_transcript(tmp_path / "shut.pdf")
    assert spoken(read_transcript(tmp_path / "open.pdf")) == [("INT", "Why?"), ("P03", "So.")]


@pytest.mark.parametrize(
    ("written", "shown"),
    [(r"{\f1\'b3}", "≥"), (r"{\rtlch\f1 \u-3917\'3f}", "≥"), (r"{\f1 \'61}", "α"), (r"{\f2\'fc}", "✓")],
)  # fmt: skip
def test_rtf_symbols(written: str, shown: str, tmp_path: Path) -> None:
    fonts = r"{\fonttbl{\f0 Arial;}{\f1\froman\fcharset2\fprq2 Symbol;}{\f2\fcharset2 Wingdings;}}"
    source = rf"{{\rtf1\ansi\ansicpg1250\deff0{fonts}INT: Why?\par P03: dose {written} 5.\par}}"
    (tmp_path / "a.rtf").write_bytes(source.encode("latin-1"))
    assert spoken(read_transcript(tmp_path / "a.rtf"))[1] == ("P03", f"dose {shown} 5.")
