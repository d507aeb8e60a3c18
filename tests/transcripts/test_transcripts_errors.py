"""Each file that cannot be read is refused in one line: what, where, how to mend it; never with anybody's words."""

import zipfile
from pathlib import Path

import docx
import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from comb.errors import BadInputError
from comb.study.speakers import StudyRoles
from comb.transcripts import file_safety as guard
from comb.transcripts.reader import SUFFIXES, read_folder, read_transcript

FILES = Path(__file__).parents[1] / "files" / "transcripts"

CASES = {
    "empty.txt": ("the file is empty", "Export or copy"),
    "blank.txt": ("the file is empty", "Export or copy"),
    "byte-order-mark-only.txt": ("contains no text", "contains speech"),
    "binary.txt": ("not text but binary", "true format"),
    "pdf-inside.txt": ("a .pdf file with another suffix", "Rename it"),
    "utf8-with-broken-byte.txt": ("broken bytes on line 3", "UTF-8"),
    "mac-roman.txt": ("an encoding that is not certain", "study.encoding"),
    "cyrillic-1251.txt": ("an encoding that is not certain", "study.encoding"),
    "not-rtf.rtf": ("not an RTF file", "Save it"),
    "not-a-zip.docx": ("not a .docx file", "save it again"),
    "not-a-pdf.pdf": ("not a .pdf file", "save it again"),
    "legacy.doc": (".doc files are not read", "Save it as .docx"),
    "legacy.docx": ("before 2007", "Save it as .docx"),
    "password.docx": ("protected by a password", "without password"),
    "password.xlsx": ("protected by a password", "without password"),
    "unknown.mp3": ("a recording, not a transcript", "Transcribe it first"),
    "missing.txt": ("no such file", "Check its name"),
    "no-header.vtt": ("WEBVTT", "suffix .srt"),
    "no-cues.vtt": ("no cue contains any text", "Export"),
    "broken-time.vtt": ("line 6: a time that is not in the form", "Correct that time"),
    "text-before-times.srt": ("line 1: text without a time", "Put the time of that cue above it"),
    "missing-time.srt": ("line 5: text without a time", "Put the time of that cue above it"),
    "no-text-column.csv": ("no column for the text; the columns are: speaker, (a long text)", "utterance"),
    "no-speaker-column.csv": ("no column for the speaker; the columns are: time, text", "interlocutor"),
    "open-quote.csv": ("line 3: not a table", "double quote"),
    "unquoted-comma.csv": ("row 3: 3 cells", "double quotes"),
    "column-twice.csv": ("column 'text' occurs twice", "name of its own"),
    "several-transcripts.csv": ("contains 2 transcripts", "comb import"),
}


@pytest.mark.parametrize("name", CASES)
def test_refused_in_one_line(name: str) -> None:
    with pytest.raises(BadInputError) as caught:
        read_transcript(FILES / name)
    message = str(caught.value)
    what, remedy = CASES[name]
    assert "\n" not in message
    assert name in caught.value.where
    assert what in message
    assert remedy in caught.value.remedy
    assert "Because" not in message


def test_every_file_of_the_folder_is_read_or_refused() -> None:
    transcripts, errors = read_folder(FILES, StudyRoles())
    seen = {transcript.source for transcript in transcripts} | {name for name in CASES if name != "missing.txt"}
    assert {path.name for path in FILES.iterdir()} <= seen | {"legacy.doc"}
    assert len(errors) >= len(CASES) - 1 - 3  # "legacy" and "password" are twins by id


def with_part(path: Path, name: str, data: bytes) -> Path:
    docx.Document().save(str(path / "plain.docx"))
    target = path / "a.docx"
    with zipfile.ZipFile(path / "plain.docx") as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            if part != name:
                new.writestr(part, old.read(part))
        new.writestr(name, data)
    return target


def test_docx_with_entities_is_refused(tmp_path: Path) -> None:
    hostile = b'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/passwd">]><w>&x;</w>'
    with pytest.raises(BadInputError, match=r"a.docx: its XML has a document type definition.* Open it"):
        read_transcript(with_part(tmp_path, "word/document.xml", hostile))


def test_docx_with_entities_in_utf16_is_refused(tmp_path: Path) -> None:
    hostile = '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE w [<!ENTITY x "y">]><w>&x;</w>'.encode("utf-16")
    with pytest.raises(BadInputError, match=r"document type definition"):
        read_transcript(with_part(tmp_path, "word/document.xml", hostile))


def test_zip_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "MAX_UNPACKED", 1024**2)
    path = with_part(tmp_path, "word/media/x.png", b"0" * 2 * 1024**2)
    with pytest.raises(BadInputError, match=r"a.docx: unpacks to more than 1 MB"):
        read_transcript(path)


def test_broken_docx_is_refused(tmp_path: Path) -> None:
    path = with_part(tmp_path, "word/document.xml", b"<w:document>")
    with pytest.raises(BadInputError, match=r"a.docx: not a .docx file that can be read"):
        read_transcript(path)


def test_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "MAX_BYTES", 10)
    (tmp_path / "a.txt").write_text("P1: something long")
    with pytest.raises(BadInputError, match=r"a.txt: .* larger than"):
        read_transcript(tmp_path / "a.txt")


def test_office_files_without_words_are_refused(tmp_path: Path) -> None:
    docx.Document().save(str(tmp_path / "a.docx"))
    openpyxl.Workbook().save(tmp_path / "b.xlsx")
    with pytest.raises(BadInputError, match=r"a.docx: contains no text"):
        read_transcript(tmp_path / "a.docx")
    with pytest.raises(BadInputError, match=r"b.xlsx: the table is empty"):
        read_transcript(tmp_path / "b.xlsx")


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=60), kind=st.sampled_from([suffix for suffix in SUFFIXES if suffix != ".pdf"]))
def test_any_bytes_are_read_or_refused_in_one_line(tmp_path: Path, data: bytes, kind: str) -> None:
    path = tmp_path / f"a{kind}"
    start = {".rtf": b"{\\rtf1 ", ".vtt": b"WEBVTT\n\n", ".csv": b"who,text\n"}.get(kind, b"")
    path.write_bytes(start + data)
    transcripts, errors = read_folder(tmp_path)
    assert [one.source for one in transcripts] + [error.where[: len(path.name)] for error in errors] == [path.name]
    assert not any("\n" in str(error) for error in errors)
    path.unlink()


def test_missing_folder() -> None:
    with pytest.raises(BadInputError, match=r"no such folder"):
        read_folder(FILES / "nowhere")
