"""A study may lie anywhere, and its files may have any name; or one line says why not."""

import os
import shutil
from pathlib import Path

import pytest

from comb.errors import BadInputError
from comb.review.storage.database import Database
from comb.study.layout import Study
from comb.study.names import check_name
from comb.transcripts.reader import read_folder, transcript_files
from tests import whole_study
from tests.conftest import Comb, FakeEncoder

FOLDERS = [
    *("a?b", "a?mode=ro", "100% sure", "a%41", "a#b", "a&b", "a b", "é", "e\u0301", "it's", 'say "no"', "a;b", "$HOME"),
    *(
        "[ab]",
        "*",
        "~",
        "-x",
        "file:x",
        "sqlite:",
        "a\\b",
        "{{x}}",
        "<i>",
        "CON",
        "nul.txt",
        "end.",
        "end ",
        "日本",
        "🙂",
    ),
    *("x" * 200, "a\nb", "..hidden", ".hidden"),
]


@pytest.mark.parametrize("name", FOLDERS)
def test_the_review_database_lies_in_the_study_and_is_its_owners(tmp_path: Path, name: str) -> None:
    study, other = Study(tmp_path / name / "study"), Study(tmp_path / name.split("?")[0].split("#")[0] / "study")
    Database.open(study.review).close()
    found = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.parent for path in found} == {study.state}
    if os.name != "nt":
        assert {path.stat().st_mode & 0o077 for path in found} == {0}
    if other != study:
        Database.open(other.review).close()
        assert other.review.exists()
        assert not other.review.samefile(study.review)


def test_a_database_that_others_could_read_is_made_its_owners(tmp_path: Path) -> None:
    study = Study(tmp_path)
    study.state.mkdir()
    study.review.touch(0o644)
    Database.open(study.review).close()
    assert study.review.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("name", ["a?b#c%41&d [*] {x} $HOME", '-x it\'s "é" e\u0301; 100%s 🙂.'])
def test_every_command_works_in_any_folder(comb: Comb, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("comb.encoder.embed.OnnxEncoder", lambda *_: FakeEncoder())
    comb("init", "--", name)
    comb.folder = comb.folder / name
    study = Study(comb.folder)
    whole_study.fill(study, 4)
    for stage in whole_study.STAGES[:5]:
        comb(*stage)
    comb("review", "--export")
    for kind in ("qdpx", "taguette", "docx", "html"):
        comb("export", "--format", kind, "--out", study.root / "out" / kind)
    outside = {path.name for path in study.root.parent.iterdir()}
    assert outside == {name}, "nothing is written outside of the study"


# ---- names of files


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("CON", "Windows"), ("nul.old", "Windows"), ("COM1", "Windows"), ("lpt9 ", "Windows"), ("", "empty"),
        ("..", "dots"), ("a/b", "slash"), ("a\\b", "slash"), ("a\nb", "line break"), ("a\0b", "control"),
        ("x" * 201, "longer than 200 bytes"), ("é" * 101, "longer than 200 bytes"),
    ],
)  # fmt: skip
def test_a_name_that_does_not_work_everywhere_is_refused(name: str, why: str) -> None:
    with pytest.raises(BadInputError, match=f"its name .*{why}.*Give it another name"):
        check_name(name, "x")


@pytest.mark.parametrize("name", ["CON.txt", "Nul.txt", "x" * 205 + ".txt", "a\nb.txt"])
def test_a_transcript_with_such_a_name_is_one_line_and_the_others_are_read(study: Study, comb: Comb, name: str) -> None:
    for one in (name, "good.txt"):
        (study.raw / one).write_text("INT: Well?\n\nP01: It was all right.\n", encoding="utf-8")
    told = comb("segment")
    assert "1 transcripts" in told
    assert "its name" in told
    assert "its name" in comb("import", study.raw / name, code=1)


def test_spaces_and_dots_at_the_end_of_a_name_do_not_count(study: Study, comb: Comb) -> None:
    (study.raw / "P01 .txt").write_text("INT: Well?\n\nP01: It was all right.\n", encoding="utf-8")
    comb("segment")
    assert [path.name for path in study.transcripts.iterdir()] == ["P01.json"]
    (study.raw / "P01..txt").write_text("INT: Well?\n\nP01: It was.\n", encoding="utf-8")
    assert "these files have the same id, 'P01'" in comb("segment", code=1)


@pytest.mark.parametrize("other", ["p01.txt", "P01.docx", "Pe\u0301.txt"])
def test_names_that_differ_in_case_or_form_only_are_one(study: Study, comb: Comb, other: str) -> None:
    for name in ("P01.txt", "P\u00e9.txt", "alone.txt", other):
        (study.raw / name).write_text("INT: Well?\n\nP01: It was all right.\n", encoding="utf-8")
    if len(list(study.raw.iterdir())) < 4:
        pytest.skip("the file system holds them for one")
    assert "these files have the same id" in comb("segment")


@pytest.mark.parametrize(("name", "code"), [("../../evil", 0), ("a/b", 0), ("..", 0), ("CON", 1)])
def test_a_transcript_in_a_table_cannot_be_written_elsewhere(study: Study, comb: Comb, name: str, code: int) -> None:
    table = study.root / "table.csv"
    table.write_text(f'id,speaker,text\n"{name}",P1,Zebrafinch said so.\n', encoding="utf-8")
    before = whole_study.content(study)
    told = comb("import", "table", table, "--transcript", "id", "--participant", "P1", code=code)
    assert "Zebrafinch" not in told
    new = [study.root / place for place in whole_study.content(study).keys() - before.keys()]
    assert [path.parent for path in new] == [study.raw] * (1 - code)
    assert not list(study.root.parent.glob("**/evil*"))


# ---- what other programs leave behind

LEFT_BEHIND = [
    "~$a.docx",
    ".~lock.a.odt#",
    ".DS_Store",
    "._a.docx",
    "Thumbs.db",
    "desktop.ini",
    "~WRL0001.tmp",
    ".a.txt",
]


def test_what_other_programs_leave_behind_is_nobodys_transcript(study: Study, comb: Comb) -> None:
    folders = (study.raw, study.codings, study.reference, study.new, study.suggestions)
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
        for name in [*LEFT_BEHIND, "._A.csv", "._x.jsonl", "._x.json"]:
            (folder / name).write_bytes(b"\x00\x05\x16\x07")
    (study.raw / "a.txt").write_text("INT: Well?\n\nP01: It was all right.\n", encoding="utf-8")
    assert "1 transcripts" in comb("segment")
    (study.transcripts / "._a.json").write_bytes(b"\x00\x05\x16\x07")
    told = comb("speakers") + comb("export", "--format", "csv") + comb("review", "--export") + comb("transfer")
    assert not [name for name in LEFT_BEHIND if name in told]


def test_import_leaves_them_out(study: Study, comb: Comb) -> None:
    folder = study.root / "in"
    folder.mkdir()
    for name in LEFT_BEHIND:
        (folder / name).write_bytes(b"\x00\x05\x16\x07")
    for name in LEFT_BEHIND:
        comb("import", folder / name, code=1)
    assert "the folder is empty" in comb("import", folder, code=1)
    (folder / "a.txt").write_text("INT: Well?\n\nP01: It was all right.\n", encoding="utf-8")
    told = comb("import", folder)
    assert "a.txt → data/raw/a.txt" in told
    assert [path.name for path in study.raw.iterdir()] == ["a.txt"]
    shutil.rmtree(study.raw)
    told = comb("import", *(folder / name for name in [*LEFT_BEHIND, "a.txt"]))
    assert "~$a.docx: a lock file" in told
    assert "Thumbs.db: a hidden file" in told
    assert [path.name for path in study.raw.iterdir()] == ["a.txt"]


# ---- symbolic links


@pytest.fixture
def linked(study: Study) -> Study:
    try:
        (study.raw / "within.txt").symlink_to(study.raw / "a.txt")
    except OSError:
        pytest.skip("symbolic links cannot be made here")
    (study.raw / "within.txt").unlink()
    (study.raw / "a.txt").write_text("INT: Well?\n\nP01: It was all right.\n", encoding="utf-8")
    outside = study.root.parent / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_text("INT: Well?\n\nP01: Zebrafinch.\n", encoding="utf-8")
    return study


@pytest.mark.parametrize("target", ["secret.txt", ".", "nothing.txt"])
def test_a_link_out_of_the_transcripts_is_refused_with_one_message(linked: Study, comb: Comb, target: str) -> None:
    (linked.raw / "link.txt").symlink_to(linked.root.parent / "outside" / target)
    told = comb("segment")
    assert told.count("link.txt") == 1
    assert "link.txt: a symbolic link that leads" in told
    assert [path.name for path in linked.transcripts.iterdir()] == ["a.json"]
    assert [name for name, _ in transcript_files(linked.raw)] == ["a"]


def test_a_folder_of_transcripts_that_is_a_link_itself_is_followed(linked: Study, comb: Comb) -> None:
    linked.raw.rename(linked.root.parent / "elsewhere")
    linked.raw.symlink_to(linked.root.parent / "elsewhere")
    comb("segment")
    assert [path.name for path in linked.transcripts.iterdir()] == ["a.json"]


def test_a_link_that_leads_back_is_one_line(linked: Study) -> None:
    (linked.raw / "loop.txt").symlink_to(linked.raw / "loop.txt")
    (linked.raw / "round").symlink_to(linked.raw)
    transcripts, errors = read_folder(linked.raw)
    assert [transcript.id for transcript in transcripts] == ["a"]
    assert [str(error).split(":")[0] for error in errors] == ["loop.txt"]
