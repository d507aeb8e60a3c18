"""Broken and hostile .qdpx and .qdc: one clear error or a counted warning, bounded memory, nothing outside."""

import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from comb.errors import BadInputError
from comb.exchange.project import Project, Setting
from comb.exchange.refi_qda import archive
from comb.exchange.refi_qda.read import read_qdc, read_qdpx
from comb.study.layout import Study
from tests.conftest import ROOT, Comb
from tests.exchange.refi_files import CODE, CODEBOOK, SOURCE, USER, USERS, coded, project, qdpx, selection, source

PLAIN = b"INT: Why?\n\nP1: It costs a lot.\n"
SECRET = b"P1: something that lies outside.\n"


def read(path: Path) -> Project:
    return read_qdpx(path, Setting())


def refused(path: Path) -> str:
    """Give the message of the error that a file is refused with."""
    with pytest.raises(BadInputError) as caught:
        (read_qdc if path.suffix == ".qdc" else read_qdpx)(path, Setting())
    assert str(caught.value).startswith(path.name)
    return str(caught.value)


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
ENTITIES = {
    "external": '<!DOCTYPE Project [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    "billion laughs": f'<!DOCTYPE Project [<!ENTITY l0 "ha">{LAUGHS}<!ENTITY x "&l9;">]>',
    "remote DTD": '<!DOCTYPE Project SYSTEM "http://localhost:9/x.dtd">',
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("kind", ENTITIES)
def test_entities_and_dtds_are_refused(tmp_path: Path, kind: str, encoding: str) -> None:
    head, _, rest = project("", "<Users><User name='&x;'/></Users>").partition("\n")
    xml = head.replace("utf-8", encoding) + ENTITIES[kind] + rest
    assert "document type definition" in refused(qdpx(tmp_path / "x.qdpx", xml.encode(encoding)))
    book = xml.replace("Project", "CodeBook").encode(encoding)
    (tmp_path / "x.qdc").write_bytes(book)
    assert "document type definition" in refused(tmp_path / "x.qdc")


def test_zip_bombs(tmp_path: Path) -> None:
    bomb = b" " * (30 * 1024 * 1024)
    dense = qdpx(tmp_path / "a.qdpx", project().encode() + bomb, method=zipfile.ZIP_DEFLATED)
    assert "too many times its size" in refused(dense)
    large = qdpx(tmp_path / "b.qdpx", project().encode() + bomb * 3)
    assert "unpacks to 90 MB" in refused(large)
    found = read(qdpx(tmp_path / "c.qdpx", project(source()), {"sources/a.txt": bomb}, method=zipfile.ZIP_DEFLATED))
    assert "is left out" in found.warnings[0]
    assert found.transcripts == {}


def test_many_texts_are_bounded_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_TOTAL", 6 * 1024 * 1024)
    names = [f"{n}.txt" for n in range(8)]
    sources = "".join(source("", f"internal://{name}") for name in names)
    files = {f"sources/{name}": b"P1: a\n" + b"word " * 190_000 for name in names}
    found = read(qdpx(tmp_path / "x.qdpx", project(sources), files))
    assert "its texts unpack to more than 6 MB" in " ".join(found.warnings)
    assert len(found.transcripts) == 6


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.9, 0.99])
def test_truncated_files(tmp_path: Path, keep: float) -> None:
    path = coded(tmp_path / "x.qdpx", PLAIN * 50, selection(15, 30))
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * keep)])
    assert "x.qdpx" in refused(path)


def test_damaged_bytes(tmp_path: Path) -> None:
    path = coded(tmp_path / "x.qdpx", PLAIN, selection(15, 30))
    data = path.read_bytes()
    path.write_bytes(data.replace(b"<Users>", b"<Usors>"))
    refused(path)
    (tmp_path / "y.qdpx").write_bytes(b"P1: not a zip file at all")
    assert "not a .qdpx file, or not whole" in refused(tmp_path / "y.qdpx")
    (tmp_path / "z.qdpx").write_bytes(b"")
    refused(tmp_path / "z.qdpx")


@pytest.mark.parametrize(
    "xml", ["", "P1: not XML", "<Project>", "<Html/>", project()[:-3], project().replace("?>", "", 1)]
)
def test_broken_xml(tmp_path: Path, xml: str) -> None:
    assert "XML" in refused(qdpx(tmp_path / "x.qdpx", xml))


def test_no_project_or_several(tmp_path: Path) -> None:
    assert "contains no project.qde" in refused(qdpx(tmp_path / "x.qdpx", project(), name="readme.xml"))
    several = qdpx(tmp_path / "y.qdpx", project(), {"b.qde": b""}, "a.qde")
    assert "contains several projects" in refused(several)


def test_list_of_files_that_would_not_fit_in_memory(tmp_path: Path) -> None:
    path = coded(tmp_path / "x.qdpx", PLAIN)
    data = bytearray(path.read_bytes())
    at = data.rindex(b"PK\x05\x06") + 12
    data[at : at + 4] = (2**31).to_bytes(4, "little")
    path.write_bytes(data)
    assert "it lists too many files" in refused(path)


@pytest.mark.parametrize("scheme", ["internal://", "relative://", "absolute://", ""])
def test_paths_that_lead_outside_are_never_followed(tmp_path: Path, scheme: str) -> None:
    (tmp_path / "secret.txt").write_bytes(SECRET)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "link.txt").symlink_to(tmp_path / "secret.txt")
    for number, path in enumerate(["../secret.txt", str(tmp_path / "secret.txt"), "..\\secret.txt", "link.txt", "%00"]):
        file = qdpx(tmp_path / "in" / f"{number}.qdpx", project(source("", scheme + path)))
        found = read(file)
        assert found.transcripts == {}, path
        assert "texts are left out, because their files are neither in the .qdpx" in found.warnings[0]


@pytest.mark.parametrize(
    "name", ["../../evil", "/etc/evil", "..\\evil", "C:\\evil", "a\nb", ".", "..", "CON", "x" * 500]
)
def test_names_never_lead_outside_the_study(comb: Comb, study: Study, tmp_path: Path, name: str) -> None:
    given = coded(tmp_path / "x.qdpx", PLAIN, selection(15, 30), name=name.replace("\n", "&#10;"))
    with zipfile.ZipFile(given, "a") as zipped:
        zipped.writestr("../../../evil.txt", "x")
    before = {path for path in tmp_path.rglob("*") if study.root not in path.parents}
    comb("import", given)
    assert {path for path in tmp_path.rglob("*") if study.root not in path.parents} == before
    assert len(list(study.raw.iterdir())) == 1
    comb("segment")


@pytest.mark.parametrize(
    "text",
    [
        b"\xff\xfe\x00",
        b"\x00\x01\x02" * 50,
        "Привет, мир, это слова".encode("cp1251"),
        b"caf\xc3 \xe9\xc3\xa9 \xc3\xa8",
    ],
)
def test_wrong_encodings_leave_out_one_text(tmp_path: Path, text: bytes) -> None:
    sources = source(selection(0, 4)) + source(selection(15, 30, 1), "internal://b.txt", name="P02")
    found = read(qdpx(tmp_path / "x.qdpx", project(sources), {"sources/a.txt": text, "sources/b.txt": PLAIN}))
    assert list(found.transcripts) == ["P02"]
    assert f"source {SOURCE} is left out" in found.warnings[0]
    assert len(found.codings) == 1


OLDER = "P1: We don’t like the café, and my fiancé said it is naïve to think that they would help us with “that”.\n"


def test_other_encodings_are_read(tmp_path: Path) -> None:
    for number, data in enumerate([PLAIN.decode().encode("utf-16"), PLAIN + OLDER.encode("cp1252")]):
        found = read(coded(tmp_path / f"{number}.qdpx", data, selection(15, 30)))
        assert [coding.quote for coding in found.codings] == ["It costs a lot."]


def test_positions_of_every_kind(tmp_path: Path) -> None:
    places = [(15, 30), (15, 17), (16, 30), (10, 31), (15, 15), (20, 18), (-3, 4), (15, 10**9), (10**9, 10**9 + 4)]
    marks = [selection(start, end, number) for number, (start, end) in enumerate(places)]
    marks += [selection("", "x", 20), selection("9" * 5000, 4, 21), selection("1.5", "4", 22)]
    found = read(coded(tmp_path / "x.qdpx", PLAIN, *marks))
    kept = {(coding.start, coding.end) for coding in found.codings}
    assert kept == {(15, 30), (15, 17), (16, 30), (10, 31), (15, 31)}
    told = " ".join(found.warnings)
    assert "selections that select nothing, or lie outside their text, are left out: 7" in told
    assert "selections that end past their text, or inside a character, were moved to the nearest place: 1" in told


def test_double_guids_and_references_that_lead_nowhere(tmp_path: Path) -> None:
    book = CODEBOOK.replace("</Codes>", f'<Code guid="{CODE}" name="Other" isCodable="true"/></Codes>')
    users = USERS.replace("</Users>", f'<User guid="{USER}" name="Ben"/></Users>')
    lost = f'<Coding guid="{CODE}"><CodeRef targetGUID="{SOURCE}"/><NoteRef targetGUID="{SOURCE}"/></Coding>'
    bare = f'<Coding guid="{CODE}"/>'
    note = f'<Note guid="{USER}"><PlainTextContent>a</PlainTextContent><NoteRef targetGUID="{USER}"/></Note>'
    own = selection(15, 30, inside=f'<Coding><CodeRef targetGUID="{CODE}"/><NoteRef targetGUID="{USER}"/></Coding>')
    text = source(own + selection(15, 30, 1, lost) + selection(15, 30, 2, bare))
    xml = project(text, users + book, f"<Notes>{note * 2}</Notes>")
    found = read(qdpx(tmp_path / "x.qdpx", xml, {"sources/a.txt": PLAIN}))
    assert [(c.code, c.coder, c.memo) for c in found.codings] == [("cost", "Ann", "a")]
    assert [code.id for code in found.codebook] == ["cost"]
    told = " ".join(found.warnings)
    assert "codings are left out, because their codes are not in the file: 2" in told
    assert "codes with another code's guid are left out: 1" in told


def test_codes_nested_without_end(tmp_path: Path) -> None:
    for depth, said in ((41, "nested more than 40 deep"), (5000, "XML")):
        code = f'<Code guid="{CODE}" name="a" isCodable="true">' * depth + "</Code>" * depth
        book = f"<CodeBook><Codes>{code}</Codes></CodeBook>"
        assert said in refused(qdpx(tmp_path / "x.qdpx", project("", book)))


def test_turns_that_a_stranger_made_up(tmp_path: Path) -> None:
    for turns in (b"[", b"[" * 100_000, b"[]", b'{"x": 3}', f'{{"{SOURCE}": {{"turns": [[1]]}}}}'.encode()):
        files = {"sources/a.txt": PLAIN, "Sources/comb-turns.json": turns}
        found = read(qdpx(tmp_path / "x.qdpx", project(source()), files))
        assert [turn.speaker for turn in found.transcripts["P01"].turns] == ["INT", "P1"]


MEASURE = """
import sys
from pathlib import Path
from comb.errors import CombError
from comb.exchange.project import Setting
from comb.exchange.refi_qda import archive
from comb.exchange.refi_qda.read import read_qdpx
try:
    read_qdpx(Path(sys.argv[1]), Setting())
except CombError as error:
    print(error)
status = Path("/proc/self/status").read_text()
sys.exit(int(status.partition("VmHWM:")[2].split()[0]) // 1024 >= 500)
"""


def _element(number: int) -> str:
    return f"<Link/><User guid='{number}'/>"


LARGE: dict[str, Callable[[Path], Path]] = {
    "a source of 100 MB": lambda path: coded(path, b"P1: one two three.\n" * 5_500_000, selection(4, 7)),
    "10 MB of emoji": lambda path: coded(
        path, "P1: 😀😀 ab\n".encode() * 180_000, *[selection(4, 8, n) for n in range(99)]
    ),
    "codings of everything": lambda path: coded(
        path, b"P1: a\n" * 150_000, *[selection(n, 890_000, n) for n in range(99)]
    ),
    "too many elements": lambda path: qdpx(path, project("", "".join(map(_element, range(900_000))))),
}


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is measured with /proc")
@pytest.mark.parametrize("kind", LARGE)
def test_memory_stays_below_500_mb(tmp_path: Path, kind: str) -> None:
    path = LARGE[kind](tmp_path / "x.qdpx")
    done = subprocess.run([sys.executable, "-c", MEASURE, path], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()[-500:]
