"""QualCoder and Taguette projects: all that comb can hold comes in, the rest is counted; hostile ones are refused."""

import contextlib
import json
import random
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comb.codebook import read_codebook
from comb.codings.codings_csv import read_codings
from comb.errors import BadInputError
from comb.exchange import sqlite
from comb.exchange.attributes import read_attributes
from comb.exchange.offset_alignment import align_quotes, rules_of
from comb.exchange.project import Project, Setting
from comb.exchange.qualcoder import read_qualcoder
from comb.exchange.taguette import Page, read_taguette
from comb.study.layout import Study
from comb.transcripts.reader import read_folder
from tests.conftest import ROOT, Comb

SCHEMAS = Path(__file__).parents[1] / "files" / "exchange"
TEXT = "INT: Why?\r\nP1: I can’t 😀 walk.\r\nP1: No. No.\r\n"
DATE = "2024-03-01 10:00:00"


def database(path: Path, schema: str, tables: dict[str, Sequence[Sequence[object]]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path)
    connection.executescript((SCHEMAS / schema).read_text(encoding="utf-8"))
    for table, rows in tables.items():
        for row in rows:
            connection.execute(f"INSERT INTO {table} VALUES ({','.join('?' * len(row))})", row)
    connection.commit()
    connection.close()
    return path


def coding(ctid: int, cid: int, words: str, at: int, owner: str = "Ann", memo: str = "") -> tuple[object, ...]:
    return (ctid, cid, 1, words, at, at + len(words), owner, DATE, memo, None, 0)


def qualcoder(folder: Path, codings: Sequence[Sequence[object]], text: str = TEXT) -> Path:
    tables = {
        "source": [(1, "P1.docx.txt", text, None, "", "Ann", DATE, None, None),
                   (2, "talk.mp3", None, "/audio/talk.mp3", "", "Ann", DATE, None, None)],
        "code_cat": [(1, "Motivation", "Ann", DATE, "wants", None), (2, "Plans", "Ann", DATE, "", 1)],
        "code_name": [(1, "goals", "what one wants", 2, "Ann", DATE, "#e6194b"),
                      (2, 'a "b"; c', "", None, "Ann", DATE, "red"),
                      (3, "Plans", "", 2, "Ann", DATE, "#3cb44b")],
        "code_text": codings,
        "code_image": [(1, 2, 0, 0, 5, 5, 1, "", DATE, "Ann", 0, None)],
        "code_av": [(1, 2, 0, 5, 1, "", DATE, "Ann", 0), (2, 2, 0, 5, 1, "", DATE, "Ann", 0)],
        "cases": [(1, "Mary", "", "Ann", DATE), (2, "John", "", "Ann", DATE)],
        "case_text": [(1, 1, 1, 0, 5, "Ann", DATE, ""), (2, 2, 1, 5, 9, "Ann", DATE, "")],
        "attribute": [(1, "Age", "case", "41", 1, DATE, "Ann"), (2, "Age", "case", "52", 2, DATE, "Ann"),
                      (3, "Site", "file", "North", 1, DATE, "Ann")],
    }  # fmt: skip
    return database(folder / "study.qda" / "data.qda", "qualcoder-v14.sql", tables).parent


PLAIN = TEXT.replace("\r\n", "\n")


def test_qualcoder_project(tmp_path: Path) -> None:
    rows = [coding(1, 1, "can’t", TEXT.index("can"), memo="hm"), coding(2, 2, "walk", TEXT.index("walk"), "Ben")]
    project = read_qualcoder(qualcoder(tmp_path, rows), Setting())
    assert project.transcripts["P1"].text == PLAIN
    assert [turn.speaker for turn in project.transcripts["P1"].turns] == ["INT", "P1", "P1"]
    assert [(c.quote, c.code, c.coder, c.memo, c.created_at) for c in project.codings] == [
        ("can’t", "goals", "Ann", "hm", DATE),
        ("walk", "a b c", "Ben", "", DATE),
    ]
    assert project.codebook is not None
    codes = {code.id: code for code in project.codebook}
    assert codes["goals"].path == ("Motivation", "Plans", "goals")
    assert (codes["goals"].color, codes["goals"].definition) == ("#E6194B", "what one wants")
    assert codes["Plans (2)"].path == ("Motivation", "Plans", "Plans (2)")
    assert codes["a b c"].name == 'a "b"; c'
    assert project.attributes == {"P1": {"case": "Mary; John", "Age": "41; 52", "Site": "North"}}
    assert set(project.warnings) >= {
        "codings in pictures and on PDF pages, left out: 1",
        "sources without text (audio, video, pictures), left out: 1",
        "codings in audio and video, left out: 2",
    }


def test_qualcoder_positions_in_units_of_qt(tmp_path: Path) -> None:
    text = TEXT.replace("\r\n", "\n")
    units = [
        coding(n, 1, word, len(text[: text.index(word)].encode("utf-16-le")) // 2)
        for n, word in enumerate(("can’t", "walk"), 1)
    ]
    project = read_qualcoder(qualcoder(tmp_path, units, text), Setting())
    assert [c.quote for c in project.codings] == ["can’t", "walk"]


def test_qualcoder_codings_that_have_no_certain_place_are_counted(tmp_path: Path) -> None:
    at = PLAIN.index("can")
    rows = [coding(1, 1, "can’t", at), coding(2, 1, "walk", 3), coding(3, 1, "No.", 2), coding(5, 99, "can’t", at)]
    rows += [coding(4, 1, "never said", 5), (6, 1, 1, "x", None, 3, "Ann", DATE, "", None, 0)]
    rows += [coding(7, 1, "far", 10**9)]
    project = read_qualcoder(qualcoder(tmp_path, rows, PLAIN), Setting())
    assert [c.quote for c in project.codings] == ["can’t", "walk"]
    told = " ".join(project.warnings)
    assert "codings of P1 realigned by their words: 1" in told
    assert "codings whose words occur nowhere, or several times, in their text, left out: 3" in told
    assert "codings of a deleted text or code, left out: 1" in told
    assert "codings without a position, left out: 1" in told


def test_qualcoder_comes_in_by_the_command_line_and_is_not_touched(comb: Comb, study: Study) -> None:
    folder = qualcoder(comb.folder.parent, [coding(1, 1, "can’t", TEXT.index("can"))])
    before = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}
    comb("import", folder)
    assert {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()} == before
    (transcript,) = read_folder(study.raw, study.roles)[0]
    assert transcript.text == PLAIN
    assert [c.quote for c in read_codings(study.codings, {"P1": transcript}).codings] == ["can’t"]
    assert read_attributes(study.attributes)["P1"]["Site"] == "North"


# ---- Taguette

HTML = "<p>P1: I <b>can’t</b> 😀 walk &amp; run.</p>\n<ul><li>One</li><li>Two</li></ul>"
FLAT = "P1: I can’t 😀 walk & run.\nOneTwo"
"""What Taguette counts in: the text nodes, one after the other."""


def taguette(path: Path, words: Sequence[tuple[str, str]], html: str = HTML, projects: int = 1) -> Path:
    highlights, commands = [], []
    for number, (flat, snippet) in enumerate(words, 1):
        at = len(FLAT[: FLAT.index(flat)].encode())
        highlights.append((number, 1, at, at + len(flat.encode()), snippet))
        payload = json.dumps({"type": "highlight_add", "highlight_id": number, "tags": [1]})
        commands.append((number, DATE, "ann", 1, 1, payload))
    tables = {
        "projects": [(n, f"Study {n}", "", DATE) for n in range(1, projects + 1)],
        "documents": [(1, "P1.docx", "", "P1.docx", DATE, 1, "LEFT_TO_RIGHT", html)],
        "tags": [(1, 1, "plan", "to do"), (2, 1, "plan.goals", ""), (3, 1, "e.g. fear", "")],
        "highlights": highlights,
        "highlight_tags": [
            (number, tag) for number in range(1, len(words) + 1) for tag in (1, 2) if number > 1 or tag == 1
        ],
        "commands": commands,
    }
    return database(path, "taguette-1.5.2.sql", tables)


def test_taguette_project(tmp_path: Path) -> None:
    path = taguette(
        tmp_path / "t.sqlite3",
        [("can’t", "<b>can’t</b>"), ("walk & run", "<p>walk &amp; run</p>"), ("Two", "<li>Two</li>")],
    )
    project = read_taguette(path, Setting())
    text = project.transcripts["P1"].text
    assert text == "P1: I can’t 😀 walk & run.\nOne\nTwo\n"
    assert [(c.quote, c.code, c.coder, c.created_at) for c in project.codings] == [
        ("can’t", "plan", "ann", DATE),
        ("walk & run", "plan", "ann", DATE),
        ("walk & run", "plan.goals", "ann", DATE),
        ("Two", "plan", "ann", DATE),
        ("Two", "plan.goals", "ann", DATE),
    ]
    assert project.codebook is not None
    assert {c.id: c.path for c in project.codebook} == {
        "plan": ("plan",), "plan.goals": ("plan", "plan.goals"), "e.g. fear": ("e.g. fear",)
    }  # fmt: skip
    assert project.warnings == ()


def test_taguette_white_space_before_the_first_element_may_or_may_not_count(tmp_path: Path) -> None:
    project = read_taguette(taguette(tmp_path / "t.sqlite3", [("can’t", "can’t")], "\n  " + HTML), Setting())
    assert [c.quote for c in project.codings] == ["can’t"]


def test_taguette_server_with_several_projects_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="contains 2 projects.* Export project"):
        read_taguette(taguette(tmp_path / "t.sqlite3", [], projects=2), Setting())


def test_taguette_codebook(comb: Comb, study: Study) -> None:
    rows = "tag,description,number of highlights\nplan,to do,3\nplan.goals,,1\n"
    (comb.folder / "codebook.csv").write_text(rows, encoding="utf-8")
    comb("import", "codebook.csv")
    paths = {code.id: code.path for code in Study(study.root).codebook}
    assert paths["plan.goals"] == ("plan", "plan.goals")
    assert Study(study.root).codebook.levels == ("domain", "component", "tdf")
    alone = read_codebook(study.root / "configs" / "codebook.codebook.yaml")
    assert [code.id for code in alone] == ["plan", "plan.goals"]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(st.sampled_from("ab é😀&<\n"), max_size=6), min_size=1, max_size=5))
def test_taguette_bytes_lead_to_the_same_words(texts: list[str]) -> None:
    import html as escapes

    page = Page("".join(f"<p>{escapes.escape(text)}</p>" for text in texts))
    rule, before = page.rule(), 0
    for text in texts:
        if text.strip():
            start, end = before, before + len(text.encode())
            assert page.text[slice(*rule(start, end))] == text.replace("\n", " ")
        before += len(text.encode())


RAW = st.lists(st.sampled_from(["a", "b", "\r\n", "😀", " "]), min_size=3, max_size=30).map("".join)


@settings(deadline=None)
@given(RAW, st.data())
def test_positions_of_any_program_lead_to_the_same_words(raw: str, data: st.DataObject) -> None:
    text = raw.replace("\r\n", "\n")
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    count = data.draw(st.sampled_from([len, lambda words: len(words.encode("utf-16-le")) // 2]))
    twofold = data.draw(st.booleans())

    def place(at: int) -> int:
        before = text[:at].replace("\n", "\r\n") if twofold else text[:at]
        return count(before)

    given = (place(start), place(end), text[start:end])
    found = align_quotes(text, [given], rules_of(raw)).spans[0]
    if text[start:end].strip():
        assert found is None or "".join(text[slice(*found)].split()) == "".join(text[start:end].split())
        assert found is not None or text.count(text[start:end].strip()) > 1


# ---- hostile and broken


def read(path: Path) -> Project:
    return read_qualcoder(path, Setting())


def changed(folder: Path, *statements: str) -> Path:
    path = qualcoder(folder, [])
    connection = sqlite3.connect(path / "data.qda")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()
    return path


FOREVER = (
    "CREATE VIEW code_text AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM n) SELECT x AS ctid FROM n"
)


@pytest.mark.parametrize(
    ("statements", "message"),
    [
        (("DROP TABLE code_text", FOREVER), "'code_text' is not a plain table"),
        (("DROP TABLE source", "CREATE VIRTUAL TABLE source USING fts5(id)"), "'source' is not a plain table"),
        (("DROP TABLE code_name",), "no 'code_name'"),
        (("ALTER TABLE code_text DROP COLUMN seltext",), "table 'code_text' has no column 'seltext'"),
    ],
)  # fmt: skip
def test_databases_with_other_things_in_the_place_of_tables(tmp_path: Path, statements, message: str) -> None:
    with pytest.raises(BadInputError, match=message):
        read(changed(tmp_path, *statements))


def test_triggers_do_nothing_and_circles_end(tmp_path: Path) -> None:
    path = changed(
        tmp_path,
        "CREATE TRIGGER t AFTER INSERT ON source BEGIN DELETE FROM source; END",
        "UPDATE code_cat SET supercatid = 2 WHERE catid = 1",
    )
    project = read(path)
    assert project.codebook is not None
    assert {"Motivation", "Plans", "goals"} <= set(project.codebook.codes)


def test_not_sqlite_missing_and_still_open(tmp_path: Path) -> None:
    (tmp_path / "a.qda").write_bytes(b"PK\x03\x04not it")
    with pytest.raises(BadInputError, match="a.qda: not a QualCoder project: not a SQLite file"):
        read(tmp_path / "a.qda")
    with pytest.raises(BadInputError, match="no such file"):
        read(tmp_path / "none.qda")
    path = qualcoder(tmp_path, [])
    (path / "data.qda-wal").write_bytes(b"something")
    with pytest.raises(BadInputError, match="QualCoder has it open.* close it"):
        read(path)


@pytest.mark.parametrize("keep", [40, 3000, 9000])
def test_truncated_and_corrupt(tmp_path: Path, keep: int) -> None:
    file = qualcoder(tmp_path, []) / "data.qda"
    whole = file.read_bytes()
    file.write_bytes(whole[:keep])
    with pytest.raises(BadInputError, match="not a QualCoder project that can be read"):
        read(file)
    draw = random.Random(keep)
    for _ in range(10):
        file.write_bytes(whole[:keep] + draw.randbytes(len(whole) - keep))
        with contextlib.suppress(BadInputError):  # any other error fails the test
            read(file)


def test_values_of_the_wrong_kind_are_no_traceback(tmp_path: Path) -> None:
    path = changed(
        tmp_path,
        "INSERT INTO source VALUES (3, x'00ff', x'00ff', NULL, NULL, NULL, NULL, NULL, NULL)",
        "INSERT INTO source VALUES (4, 5, 6.5, NULL, NULL, NULL, NULL, NULL, NULL)",
        "INSERT INTO code_name VALUES (9, NULL, NULL, 'x', NULL, NULL, x'ff')",
        "INSERT INTO code_text VALUES (9, 9, 4, x'ff', 0, 2, NULL, NULL, NULL, NULL, NULL)",
    )
    assert set(read(path).transcripts) == {"P1", "5"}


def test_cells_and_files_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = qualcoder(tmp_path, [], "word " * 3000)
    monkeypatch.setattr(sqlite, "MAX_CELL", 10_000)
    with pytest.raises(BadInputError, match="not a QualCoder project that can be read"):
        read(path)
    monkeypatch.setattr(sqlite, "MAX_CELL", 10**6)
    monkeypatch.setattr(sqlite, "MAX_TEXT", 10_000)
    with pytest.raises(BadInputError, match="contains more than"):
        read(path)


MEMORY = """
import sys
from pathlib import Path
from comb.errors import BadInputError
from comb.exchange.project import Setting
from comb.exchange.qualcoder import read_qualcoder
try:
    read_qualcoder(Path(sys.argv[1]), Setting())
except BadInputError as error:
    print(error)
status = Path("/proc/self/status").read_text()  # not getrusage: that counts what the parent had, too
print(int(status.partition("VmHWM:")[2].split()[0]) // 1024)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
@pytest.mark.parametrize("words", ["char(10) || 'x'", "'😀'"])
def test_a_hundred_megabytes_do_not_fill_the_memory(tmp_path: Path, words: str) -> None:
    path = changed(
        tmp_path, f"UPDATE source SET fulltext = replace(hex(zeroblob(10000000)), '0', {words}) WHERE id = 1"
    )
    done = subprocess.run([sys.executable, "-c", MEMORY, path], cwd=ROOT, capture_output=True, check=True, text=True)
    *_, peak = done.stdout.split()
    assert int(peak) < 500
