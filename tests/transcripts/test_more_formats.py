# ruff: noqa: E501
"""Formats of transcription programs: Whisper and its kin, ELAN, CHAT, InqScribe, noScribe, OpenDocument."""

import json
import logging
import zipfile
from pathlib import Path

import pytest

from comb.errors import BadInputError
from comb.records import Transcript
from comb.transcripts.reader import read_transcript


def spoken(transcript: Transcript) -> list[tuple[str, str]]:
    return [(turn.speaker, transcript.text[turn.start : turn.end]) for turn in transcript.turns]


def times(transcript: Transcript) -> list[float | None]:
    return [turn.time for turn in transcript.turns]


def save(folder: Path, name: str, content: str | object) -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


ASKED = [("A", "Why is that? And when?"), ("B", "Because I forget."), ("A", "I see.")]
SPOKEN = [("A", " Why is that?", 0.0, 1.5), ("A", " And when?", 1.5, 2.0), ("B", " Because I forget.", 2.5, 4.0), ("A", " I see.", 4.0, 5.0)]  # fmt: skip
JSONS = {
    "whisperx": {"segments": [{"start": b, "end": e, "text": t, "speaker": s, "words": []} for s, t, b, e in SPOKEN], "language": "en"},
    "list": [{"speaker": s, "text": t, "start": b, "end": e} for s, t, b, e in SPOKEN],
    "assemblyai": {"text": "all of it", "utterances": [{"speaker": s, "text": t, "start": int(b * 1000), "end": int(e * 1000)} for s, t, b, e in SPOKEN]},
    "whisper.cpp": {"transcription": [{"offsets": {"from": int(b * 1000), "to": int(e * 1000)}, "text": t, "speaker": s} for s, t, b, e in SPOKEN]},
    "pipeline": {"text": "all", "chunks": [{"timestamp": [b, e], "text": t, "speaker": s} for s, t, b, e in SPOKEN]},
}  # fmt: skip


@pytest.mark.parametrize("kind", JSONS)
def test_json_of_speech_to_text(kind: str, tmp_path: Path) -> None:
    transcript = read_transcript(save(tmp_path, "a.json", JSONS[kind]))
    assert spoken(transcript) == ASKED
    assert times(transcript) == [0.0, 2.5, 4.0]


def test_whisper_without_speakers_parts_at_pauses(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    segments = [{"start": b, "end": b + 1, "text": t} for b, t in ((0, " One."), (1, " Two."), (9, " Three."))]
    with caplog.at_level(logging.WARNING):
        transcript = read_transcript(save(tmp_path, "a.json", {"text": " One. Two. Three.", "segments": segments}))
    assert spoken(transcript) == [("", "One. Two."), ("", "Three.")]
    assert "no speakers are named" in caplog.text


def test_a_segment_without_speaker_is_nobodys(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    segments = [{"start": 0, "end": 1, "text": "Why?", "speaker": "SPEAKER_00"}, {"start": 1, "end": 2, "text": "So."}]
    with caplog.at_level(logging.WARNING):
        transcript = read_transcript(save(tmp_path, "a.json", {"segments": segments}))
    assert spoken(transcript) == [("SPEAKER_00", "Why?"), ("", "So.")]
    assert transcript.turns[1].role == "other"
    assert "stretches of speech without a speaker, not coded: 1" in caplog.text


@pytest.mark.parametrize("value", [{"segments": [1]}, {"segments": [{"text": 3}]}, [], {}, 5, {"segments": []}, [[]]])
def test_other_json_is_refused(value: object, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"a.json: "):
        read_transcript(save(tmp_path, "a.json", value))


def test_whisper_tsv_has_milliseconds(tmp_path: Path) -> None:
    transcript = read_transcript(
        save(tmp_path, "a.tsv", 'start\tend\ttext\n0\t2500\tHow?\n9000\t9900\tBy the "kettle".\n')
    )
    assert spoken(transcript) == [("", "How?"), ("", 'By the "kettle".')]
    assert times(transcript) == [0.0, 9.0]


def test_tsv_with_speakers(tmp_path: Path) -> None:
    transcript = read_transcript(save(tmp_path, "a.tsv", "start\tspeaker\ttext\n1\tINT\tWhy?\n2\tP03\tSo.\n"))
    assert spoken(transcript) == [("INT", "Why?"), ("P03", "So.")]


ELAN = {
    "all columns": "INT\t\t00:00:01.000\t1.0\t00:00:02.500\t2.5\tHow so?\nP03\t\t00:00:02.500\t2.5\t00:00:04.000\t4.0\tBy the kettle.\nP03\t\t00:00:05.000\t5.0\t00:00:06.000\t6.0\tAnd on.\n",
    "tier by tier": "P03\t00:00:02.500\t00:00:04.000\tBy the kettle.\nP03\t00:00:05.000\t00:00:06.000\tAnd on.\nINT\t00:00:01.000\t00:00:02.500\tHow so?\n",
    "milliseconds": "INT\tAnn\t1000\t2500\t1500\tHow so?\nP03\tBo\t2500\t4000\t1500\tBy the kettle.\nP03\tBo\t5000\t6000\t1000\tAnd on.\n",
    "header": "Tier\tBegin Time - hh:mm:ss.ms\tEnd Time - hh:mm:ss.ms\tAnnotation\nINT\t00:00:01.000\t00:00:02.500\tHow so?\nP03\t00:00:02.500\t00:00:04.000\tBy the kettle.\nP03\t00:00:05.000\t00:00:06.000\tAnd on.\n",
    "a column for each tier": "Begin Time - hh:mm:ss.ms\tEnd Time - hh:mm:ss.ms\tINT\tP03\n00:00:01.000\t00:00:02.500\tHow so?\t\n00:00:02.500\t00:00:04.000\t\tBy the kettle.\n00:00:05.000\t00:00:06.000\t\tAnd on.\n",
}  # fmt: skip


@pytest.mark.parametrize("kind", ELAN)
@pytest.mark.parametrize("name", ["a.txt", "a.tsv"])
def test_elan_tab_delimited(kind: str, name: str, tmp_path: Path) -> None:
    transcript = read_transcript(save(tmp_path, name, ELAN[kind]))
    assert spoken(transcript) == [("INT", "How so?"), ("P03", "By the kettle. And on.")]
    assert times(transcript) == [1.0, 2.5]


def test_text_with_tabs_is_no_export(tmp_path: Path) -> None:
    transcript = read_transcript(save(tmp_path, "a.txt", "INT:\tWhy?\nP03:\tSo\tor\tso.\nINT:\tAh.\n"))
    assert spoken(transcript) == [("INT", "Why?"), ("P03", "So\tor\tso."), ("INT", "Ah.")]


CHAT = (
    "@UTF8\n@Begin\n@Languages:\teng\n@Participants:\tINV Investigator, PAR Ann Participant\n@ID:\teng|x|INV|||||Investigator|||\n"
    "*INV:\thow do you keep track of\n\tyour tablets ? \x150_2500\x15\n%mor:\tadv|how\n"
    "*PAR:\tI [/] I put them (.) by the &-um <kettle> [//] kettle on the shelf . 2500_4000\n%com:\tsecret remark\n"
    "*PAR:\tthen &=laughs I see (th)em +... \n*INV:\tdo you [= really] [+ exc] ?\n*PAR:\tgonna@c xxx I was +/.\n@End\n"
)  # fmt: skip


def test_chat(tmp_path: Path) -> None:
    transcript = read_transcript(save(tmp_path, "a.cha", CHAT))
    assert spoken(transcript) == [
        ("INV", "how do you keep track of your tablets?"),
        ("PAR", "I I put them by the um kettle kettle on the shelf."),
        ("PAR", "then I see them…"),
        ("INV", "do you?"),
        ("PAR", "gonna xxx I was."),
    ]
    assert [turn.role for turn in transcript.turns] == [
        *("interviewer", "participant", "participant"),
        *("interviewer", "participant"),
    ]
    assert times(transcript)[:2] == [0.0, 2.5]


@pytest.mark.parametrize("text", ["@Begin\n@End\n", "no chat at all\n", "*PAR:\t&=laughs .\n"])
def test_chat_without_speech_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"a.cha: "):
        read_transcript(save(tmp_path, "a.cha", text))


def test_inqscribe(tmp_path: Path) -> None:
    content = "app=InqScribe\nfont.name=Arial\ntext=INT: Why?\\r[00:00:05.12] P03: By the\\tkettle \\\\ sink.\\r\ntimecode.fps=30\n"
    transcript = read_transcript(save(tmp_path, "a.inqscr", content))
    assert [name for name, _ in spoken(transcript)] == ["INT", "P03"]
    assert "By the\tkettle \\ sink." in transcript.text
    assert "font" not in transcript.text


def test_noscribe_html(tmp_path: Path) -> None:
    content = (
        '<!DOCTYPE HTML><html><head><meta charset="UTF-8"><style>p {color: red}</style><title>x</title></head><body>'
        '<p>Interview 7</p><p><a name="ts_0_2500_S00">S00: How do you</a><a name="ts_2500_3000_S00"> know &amp; why?</a></p>'
        '<p><a name="ts_3000_4000_S01">S01:\nBy the kettle.<br>And so.</a></p><p>S00: Ah.</p><p>S01: Yes.</p><script>alert(1)</script></body></html>'
    )
    transcript = read_transcript(save(tmp_path, "a.html", content))
    said = [("S00", "How do you know & why?"), ("S01", "By the kettle.\nAnd so."), ("S00", "Ah."), ("S01", "Yes.")]
    assert spoken(transcript)[-4:] == said
    assert "alert" not in transcript.text
    assert "color" not in transcript.text


ODT = """<?xml version="1.0" encoding="UTF-8"?>
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0"
 xmlns:dc="http://purl.org/dc/elements/1.1/">
<office:automatic-styles><style:style style:name="B"><style:text-properties fo:font-weight="bold"/></style:style>
</office:automatic-styles><office:body><office:text>%s</office:text></office:body></office:document-content>"""


def odt(folder: Path, body: str, name: str = "a.odt") -> Path:
    with zipfile.ZipFile(folder / name, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        archive.writestr("content.xml", ODT % body)
    return folder / name


def test_odt_paragraphs(tmp_path: Path) -> None:
    body = (
        "<text:tracked-changes><text:changed-region><text:deletion><text:p>gone words</text:p></text:deletion>"
        "</text:changed-region></text:tracked-changes>"
        "<text:h>Interview 7</text:h><text:p>INT: Why<text:s text:c='2'/>is<text:tab/>that?</text:p>"
        "<text:p>P03: <text:span>By the</text:span> kettle<office:annotation><dc:creator>Ann</dc:creator>"
        "<text:p>remark</text:p></office:annotation><text:note><text:note-citation>1</text:note-citation><text:note-body>"
        "<text:p>foot</text:p></text:note-body></text:note>,<text:line-break/>really.</text:p>"
        "<text:list><text:list-item><text:p>INT: Ah.</text:p></text:list-item></text:list>"
    )
    transcript = read_transcript(odt(tmp_path, body))
    assert transcript.text == "Interview 7\nINT: Why  is\tthat?\nP03: By the kettle,\nreally.\nINT: Ah."
    assert spoken(transcript)[1:] == [("INT", "Why  is\tthat?"), ("P03", "By the kettle,\nreally."), ("INT", "Ah.")]


def test_odt_bold_names(tmp_path: Path) -> None:
    said = (("Carys", "I start early."), ("Tom", "So do I."), ("Carys", "Yes."), ("Tom", "Ah."))
    body = "".join(f'<text:p><text:span text:style-name="B">{name} </text:span>{text}</text:p>' for name, text in said)
    assert spoken(read_transcript(odt(tmp_path, body))) == list(said)


def test_odt_table_of_speakers(tmp_path: Path) -> None:
    rows = (("INT:", "Why?"), ("P03:", "So."), ("INT:", "?"), ("P03:", "Yes."))
    cells = "".join(
        f"<table:table-row><table:table-cell><text:p>{a}</text:p></table:table-cell><table:table-cell><text:p>{b}</text:p>"
        "</table:table-cell></table:table-row>"
        for a, b in rows
    )
    transcript = read_transcript(odt(tmp_path, f"<table:table>{cells}</table:table>"))
    assert spoken(transcript) == [(a.rstrip(":"), b) for a, b in rows]


def test_odt_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "a.odt").write_bytes(b"PK\x03\x04nonsense")
    with pytest.raises(BadInputError, match=r"a.odt: "):
        read_transcript(tmp_path / "a.odt")
    with zipfile.ZipFile(tmp_path / "b.odt", "w") as archive:
        archive.writestr("META-INF/manifest.xml", "<m:manifest xmlns:m='x'><m:encryption-data/></m:manifest>")
        archive.writestr("content.xml", b"\x80\x81\x82")
    with pytest.raises(BadInputError, match=r"b.odt: protected by a password"):
        read_transcript(tmp_path / "b.odt")
    with zipfile.ZipFile(tmp_path / "c.odt", "w") as archive:
        archive.writestr("content.xml", '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>')
    with pytest.raises(BadInputError, match=r"c.odt: .*document type"):
        read_transcript(tmp_path / "c.odt")


@pytest.mark.parametrize(
    ("name", "remedy"),
    [("a.doc", "Save it as .docx"), ("a.mp3", "Transcribe it"), ("a.m4a", "Transcribe it"), ("a.mp4", "Transcribe it"), ("a.eaf", "Tab-delimited"), ("a.pages", ".docx")],
)  # fmt: skip
def test_what_cannot_be_read_says_how_to_convert(name: str, remedy: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(BadInputError) as caught:
        read_transcript(tmp_path / name)
    assert remedy in caught.value.remedy
