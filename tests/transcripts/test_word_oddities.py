# ruff: noqa: E501
"""What Word documents hold beside plain paragraphs: symbols, text boxes, notes, changes, and codes beside the words."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.oxml import parse_xml

from comb.records import Transcript
from comb.transcripts.reader import read_transcript

NAMES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:w16se="http://schemas.microsoft.com/office/word/2015/wordml/symex" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
    'xmlns:v="urn:schemas-microsoft-com:vml"'
)
MARK = 'w:id="1" w:author="x" w:date="2024-01-01T00:00:00Z"'


def spoken(transcript: Transcript) -> list[tuple[str, str]]:
    return [(turn.speaker, transcript.text[turn.start : turn.end]) for turn in transcript.turns]


def word(path: Path, build: Callable[[Any], None], name: str = "P03.docx") -> Path:
    document = docx.Document()
    build(document)
    document.save(str(path / name))
    return path / name


def raw(*blocks: str) -> Callable[[Any], None]:
    def build(document: Any) -> None:
        body = document.element.body
        for block in blocks:
            tag = "w:tbl" if block.startswith("<w:tr>") else "w:p"
            body.insert(len(body) - 1, parse_xml(f"<{tag} {NAMES}>{block}</{tag}>"))

    return build


def run(text: str, look: str = "") -> str:
    return f"<w:r><w:rPr>{look}</w:rPr><w:t xml:space='preserve'>{text}</w:t></w:r>"


@pytest.mark.parametrize(
    ("xml", "shown"),
    [
        ('<w:r><w:sym w:font="Symbol" w:char="F0B3"/></w:r>', "≥"),
        ('<w:r><w:sym w:font="Symbol" w:char="F061"/></w:r>', "α"),
        ('<w:r><w:sym w:font="Symbol" w:char="00AE"/></w:r>', "→"),
        ('<w:r><w:sym w:font="Wingdings" w:char="F04A"/></w:r>', "☺"),
        ('<w:r><w:sym w:font="Wingdings" w:char="F0FC"/></w:r>', "✓"),
        ('<w:r><w:sym w:font="Segoe UI Emoji" w:char="263A"/></w:r>', "☺"),
        (run("\uf0b3", '<w:rFonts w:ascii="Symbol" w:hAnsi="Symbol"/>'), "≥"),
        (
            '<w:r><mc:AlternateContent><mc:Choice Requires="w16se"><w16se:symEx w16se:font="Segoe UI Emoji" '
            'w16se:char="1F60A"/></mc:Choice><mc:Fallback><w:t>😊</w:t></mc:Fallback></mc:AlternateContent></w:r>',
            "😊",
        ),
        (
            '<mc:AlternateContent><mc:Choice Requires="x"><w:r><w:t>once</w:t></w:r></mc:Choice><mc:Fallback><w:r>'
            "<w:t>once</w:t></w:r></mc:Fallback></mc:AlternateContent>",
            "once",
        ),
        ("<m:oMath><m:r><m:t>x≥2</m:t></m:r></m:oMath>", "x≥2"),
        (run("😀 👩‍⚕️"), "😀 👩‍⚕️"),
        ('<w:fldSimple w:instr="DATE">' + run("3 May") + "</w:fldSimple>", "3 May"),
        (
            '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>REF x</w:instrText></w:r><w:r><w:fldChar '
            'w:fldCharType="separate"/></w:r>' + run("seen") + '<w:r><w:fldChar w:fldCharType="end"/></w:r>',
            "seen",
        ),
        ("<w:sdt><w:sdtPr/><w:sdtContent>" + run("chosen") + "</w:sdtContent></w:sdt>", "chosen"),
        ("<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>" + run("Click here") + "</w:sdtContent></w:sdt>", ""),
        (f"<w:del {MARK}><w:r><w:delText>old</w:delText></w:r></w:del><w:ins {MARK}>{run('new')}</w:ins>", "new"),
    ],
)  # fmt: skip
def test_characters_are_kept(xml: str, shown: str, tmp_path: Path) -> None:
    path = word(tmp_path, raw(run("INT: Why?"), run("P03: dose ") + xml + run(" now.")))
    assert spoken(read_transcript(path)) == [("INT", "Why?"), ("P03", f"dose {shown} now.")]


def box(*paragraphs: str) -> str:
    inside = "".join(f"<w:p>{run(text)}</w:p>" for text in paragraphs)
    return (
        '<w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wps:txbx><w:txbxContent>'
        f"{inside}</w:txbxContent></wps:txbx></w:drawing></mc:Choice><mc:Fallback><w:pict><v:textbox><w:txbxContent>"
        f"{inside}</w:txbxContent></v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r>"
    )


def test_text_boxes_with_speech_are_read_once_and_others_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = word(
        tmp_path,
        raw(
            run("INT: Why?"),
            run("P03: So.") + box("A pulled quote"),
            box("INT: And?", "P03: In a box."),
            run("INT: Ah."),
        ),
    )
    with caplog.at_level(logging.WARNING):
        said = spoken(read_transcript(path))
    assert said == [("INT", "Why?"), ("P03", "So."), ("INT", "And?"), ("P03", "In a box."), ("INT", "Ah.")]
    assert "P03.docx: left out, because it is not speech: 1 text box" in caplog.text


def test_footnotes_are_left_out_and_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    note = '<w:r><w:footnoteReference w:id="2"/></w:r>'
    path = word(tmp_path, raw(run("INT: Why?"), run("P03: So") + note + run(" it is.") + note.replace("foot", "end")))
    with caplog.at_level(logging.WARNING):
        assert spoken(read_transcript(path))[1] == ("P03", "So it is.")
    assert "left out, because it is not speech: 1 footnote, 1 endnote" in caplog.text


def row(*cells: str) -> str:
    return "<w:tr>" + "".join(f"<w:tc>{cell}</w:tc>" for cell in cells) + "</w:tr>"


def paragraphs(*texts: str) -> str:
    return "".join(f"<w:p>{run(text)}</w:p>" for text in texts)


def test_a_table_of_one_cell_is_a_frame(tmp_path: Path) -> None:
    inner = row(paragraphs("INT"), paragraphs("Why?")) + row(paragraphs("P03"), paragraphs("So."))
    inner += row(paragraphs("INT"), paragraphs("Ah."))
    nested = f"<w:tbl>{inner}</w:tbl>"
    path = word(tmp_path, raw(row(paragraphs("Interview") + nested + paragraphs(""))))
    assert spoken(read_transcript(path))[-3:] == [("INT", "Why?"), ("P03", "So."), ("INT", "Ah.")]


CODED = {
    "labels in cells": [("I: How is it?", ""), ("R: I hardly know it.", "knowledge"), ("I: And time?", ""), ("R: There is never enough.", "goals; emotion")],
    "header": [("Transcript", "Codes"), ("I: How is it?", ""), ("R: I hardly know it.", "knowledge"), ("I: And time?", ""), ("R: There is never enough.", "goals; emotion")],
    "codes first": [("", "I: How is it?"), ("knowledge", "R: I hardly know it."), ("", "I: And time?"), ("goals; emotion", "R: There is never enough.")],
    "three columns": [("I", "How is it?", ""), ("R", "I hardly know it.", "knowledge"), ("I", "And time?", ""), ("R", "There is never enough.", "goals; emotion")],
    "codes that repeat": [("I: How is it?", "Knowledge"), ("R: I hardly know it.", "Knowledge"), ("I: And time?", ""), ("R: There is never enough.", "Goals; Emotion")],
}  # fmt: skip
SAID = [("I", "How is it?"), ("R", "I hardly know it."), ("I", "And time?"), ("R", "There is never enough.")]


def coded(path: Path, kind: str) -> Path:
    return word(path, raw("".join(row(*(paragraphs(cell) for cell in cells)) for cells in CODED[kind])))


@pytest.mark.parametrize("kind", CODED)
def test_codes_beside_the_words_are_not_speech(kind: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert spoken(read_transcript(coded(tmp_path, kind))) == SAID
    assert "P03.docx: the column of codes beside the words is not speech" in caplog.text
    assert "hardly" not in caplog.text


@pytest.mark.parametrize("kind", CODED)
def test_codes_beside_the_words_are_imported(kind: str, tmp_path: Path, comb, study) -> None:
    from comb.codings.codings_csv import read_codings
    from comb.transcripts.reader import read_folder

    out = comb("import", coded(study.root.parent, kind))
    transcripts, _ = read_folder(study.raw)
    found = read_codings(study.codings, {t.id: t for t in transcripts}).codings
    assert {(c.quote, c.code) for c in found} - {("How is it?", "knowledge")} == {
        ("I hardly know it.", "knowledge"), ("There is never enough.", "goals"), ("There is never enough.", "emotion"),
    }  # fmt: skip
    assert "codings of 1 coder" in out


@pytest.mark.parametrize(
    "rows",
    [
        [("I", "How is it?"), ("R", "I hardly know it."), ("I", "Why?"), ("R", "Time.")],
        [("I: How is it?", "R: Well, it is what it always was here."), ("I: Why?", "R: Time, and there is never enough.")],
        [("00:01", "I", "How is it?"), ("00:02", "R", "Knowledge."), ("00:03", "I", "Why?")],
    ],
)  # fmt: skip
def test_words_in_columns_are_no_codes(
    rows: list[tuple[str, ...]], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = word(tmp_path, raw("".join(row(*(paragraphs(cell) for cell in cells)) for cells in rows)))
    with caplog.at_level(logging.WARNING):
        transcript = read_transcript(path)
    assert "column of codes" not in caplog.text
    for cells in rows:
        assert any(cells[-1].split(": ")[-1] in said for _, said in spoken(transcript))
