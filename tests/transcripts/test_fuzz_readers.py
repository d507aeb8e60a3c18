# ruff: noqa: E501
"""Every reader on files that were damaged at random: a transcript with sound offsets, or one line that quotes nobody."""

import io
import random
import time
import zipfile
from pathlib import Path

import docx
import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from comb.errors import BadInputError
from comb.records import Transcript
from comb.transcripts.reader import SUFFIXES, read_spreadsheet, read_transcript

SECRET = "Quokka"
"""A word of a participant's, which no message may hold."""
LIMIT = 10.0
"""Seconds of computing in which any small file must be read or refused."""
TALK = f"INT: Why is it?\nP03: Because of the {SECRET} — it’s “far”.\n[00:01:05] INT: Ah.\nP03: {SECRET} again.\n"


def made_docx() -> bytes:
    document = docx.Document()
    for line in TALK.splitlines():
        document.add_paragraph(line)
    table = document.add_table(3, 3)
    for row, cells in zip(
        table.rows, (("I", SECRET, "goals"), ("R", f"{SECRET} so", ""), ("I", "Ah", "")), strict=True
    ):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def made_xlsx() -> bytes:
    book = openpyxl.Workbook()
    for row in (["A title"], ["id", "speaker", "text"], [7, "INT", "Why?"], [8, "P03", f"{SECRET} &amp; more"]):
        book.active.append(row)
    book.active["A3"].number_format = "000"
    book.create_sheet("Hidden").sheet_state = "hidden"
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def made_odt() -> bytes:
    names = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "text", "table")
    )
    lines = "".join(f"<text:p>{line}</text:p>" for line in TALK.splitlines())
    body = f"<office:document-content{names}><office:body><office:text>{lines}</office:text></office:body></office:document-content>"
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("content.xml", body)
    return file.getvalue()


def made_pdf() -> bytes:
    from tests.transcripts.test_transcripts_formats import pdf

    return pdf(f"INT: Why?\nP03: {SECRET}", f"P03: {SECRET} more\nINT: Ah.")


CAPTIONS = f"1\n00:00:01.000 --> 00:00:04.000\nINT: Why?\n\n2\n00:00:05.000 --> 00:00:06.000\nP03: {SECRET} so\n\n"
SAMPLES = {
    ".txt": TALK.encode(),
    ".md": TALK.replace("INT", "**INT**").encode("cp1252"),
    ".docx": made_docx(),
    ".odt": made_odt(),
    ".rtf": (r"{\rtf1\ansi INT: Why?\par P03: " + SECRET + r" \u8217? so\par {\*\deleted x}}").encode(),
    ".vtt": ("WEBVTT\n\n" + CAPTIONS.replace("P03: ", "<v P03>")).encode(),
    ".srt": CAPTIONS.replace(".000", ",000").encode(),
    ".csv": f'time;speaker;text\n0:01;INT;"Why; so?"\n0:02;P03;{SECRET} so\n'.encode("utf-16"),
    ".tsv": f"start\tend\ttext\n0\t2500\tWhy?\n2500\t4000\t{SECRET} so\n".encode(),
    ".xlsx": made_xlsx(),
    ".pdf": made_pdf(),
    ".json": f'{{"segments": [{{"start": 0, "end": 1.5, "text": " Why?", "speaker": "A"}}, {{"text": "{SECRET}", "start": 2}}]}}'.encode(),
    ".cha": f"@Begin\n@Participants:\tINV Investigator, PAR Participant\n*INV:\twhy ? 0_100\n*PAR:\t{SECRET} [/] <so> .\n@End\n".encode(),
    ".inqscr": f"app=InqScribe\ntext=INT: Why?\\r[00:00:05.12] P03: {SECRET}\\r\n".encode(),
    ".html": f"<html><body><p>INT: Why?</p><p><a>P03: {SECRET}</a><br>so</p></body></html>".encode(),
    ".htm": f"<p>INT: Why?<p>P03: {SECRET} &amp; so".encode("cp1252"),
}
BITS = [b"\0", b"\xff\xfe", b"\x92", b"\xe9", b"<", b">", b"&", b'"', b"\n\n", b"\t", b":", b"{", b"}", b"[", b"\\", b"--> ", b"&#x110000;", b"9" * 30, b"\x1b$B", b"~{", b";", b"=", b"\r", "\ud7ff".encode(), "İ".encode(), b"e9999", b"-1", b"null", b"true"]  # fmt: skip


def damaged(data: bytes, seed: int) -> bytes:
    """Change a few places of a file: pieces cut, doubled, moved or put in."""
    dice = random.Random(seed)
    for _ in range(dice.randint(1, 4)):
        start = dice.randrange(len(data) + 1)
        end = min(len(data), start + dice.choice((0, 1, 3, 20, 200)))
        piece = dice.choice(
            (b"", data[start:end] * 2, dice.choice(BITS), dice.randbytes(dice.randint(1, 6)), data[:20])
        )
        data = data[:start] + piece + data[end:]
    return data


def damaged_inside(data: bytes, seed: int) -> bytes:
    """Damage one part of a zip file, and zip it again, so that the XML is reached and not only the zip."""
    dice = random.Random(seed)
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w") as new:
        chosen = dice.choice(old.namelist())
        for name in old.namelist():
            part = old.read(name)
            new.writestr(name, damaged(part, seed) if name == chosen else part)
    return file.getvalue()


def read(path: Path) -> tuple[Transcript | None, str]:
    try:
        return read_transcript(path), ""
    except BadInputError as error:
        return None, str(error)


def check(path: Path) -> None:
    began = time.process_time()
    transcript, said = read(path)
    assert SECRET not in said
    assert "\n" not in said
    if transcript is not None:
        places = [0, *(place for turn in transcript.turns for place in (turn.start, turn.end)), len(transcript.text)]
        assert places == sorted(places)
        assert all(transcript.text[turn.start : turn.end].strip() for turn in transcript.turns)
        transcript.text.encode()
    assert time.process_time() - began < LIMIT


def message(path: Path) -> str:
    """Return what is said of a table that cannot be read."""
    try:
        read_spreadsheet(path)
    except BadInputError as error:
        return str(error)
    return ""


def test_every_suffix_has_a_sample() -> None:
    assert set(SAMPLES) == set(SUFFIXES)


@pytest.mark.parametrize("suffix", SAMPLES)
def test_samples_are_read(suffix: str, tmp_path: Path) -> None:
    (tmp_path / f"a{suffix}").write_bytes(SAMPLES[suffix])
    assert SECRET in read_transcript(tmp_path / f"a{suffix}").text


@pytest.mark.parametrize("suffix", SAMPLES)
@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_damaged_files(suffix: str, tmp_path: Path, seed: int) -> None:
    path = tmp_path / f"a{suffix}"
    data = SAMPLES[suffix]
    inside = data.startswith(b"PK") and seed % 4
    path.write_bytes((damaged_inside if inside else damaged)(data, seed))
    check(path)


@pytest.mark.parametrize("suffix", SAMPLES)
@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(other=st.sampled_from(sorted(SAMPLES)), tail=st.binary(max_size=40))
def test_files_under_a_wrong_suffix(suffix: str, other: str, tail: bytes, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(SAMPLES[other] + tail)
    check(path)


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".tsv"])
@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_damaged_tables_of_any_kind(suffix: str, tmp_path: Path, seed: int) -> None:
    path = tmp_path / f"a{suffix}"
    data = SAMPLES[suffix]
    path.write_bytes((damaged_inside if data.startswith(b"PK") else damaged)(data, seed))
    assert SECRET not in message(path)


@pytest.mark.parametrize(
    ("suffix", "data"),
    [
        (".html", b"<div>" * 20_000 + b"INT: x"),
        (".json", b"[" * 100_000),
        (".odt", b"PK\x03\x04"),
        (".txt", b"A\t" * 200_000),
        (".txt", b"a:\n" * 100_000),
        (".txt", ("é’" * 50_000).encode("cp1252")),
        (".txt", bytes(range(128, 256)) * 2_000),
        (".cha", b"*A:\t" + b"<" * 50_000 + b"[" * 50_000 + b"\n"),
        (".cha", b"*A:\t+" + b"/" * 50_000 + b"\n"),
        (".csv", b'speaker,text\n"' + b"a" * 200_000),
        (".csv", b"speaker,text\nA," + b"&" * 200_000 + b"\n"),
        (".tsv", b"1.5\t2.5\t" * 50_000),
    ],
)
def test_hostile_files_end_soon(suffix: str, data: bytes, tmp_path: Path) -> None:
    (tmp_path / f"a{suffix}").write_bytes(data)
    check(tmp_path / f"a{suffix}")
