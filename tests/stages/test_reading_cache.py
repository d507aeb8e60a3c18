"""``comb segment`` reads only what is new, writes what it would if it read all, and wipes what nobody needs more."""

import ast
import errno
import hashlib
import importlib.metadata
import logging
import os
import shutil
import stat
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from pathlib import Path

import pytest

import comb as package
from comb.errors import BadInputError
from comb.privacy.table import read_candidates, write_candidates
from comb.records import Transcript, Turn
from comb.stages import reading, reading_cache
from comb.stages.listener import Listener
from comb.stages.originals_left import originals_left
from comb.stages.reading import Instructions, Prepared, instructions, prepare_all
from comb.stages.reading_cache import Readings, prepare_new, remove_entries
from comb.study.files import write_text
from comb.study.layout import Study
from comb.study.params import RoleParams, SegmentParams
from comb.study.speakers import SpeakerRow, StudyRoles
from comb.transcripts.reader import folder_files
from tests import whole_study
from tests.conftest import ROOT, Comb
from tests.study.test_damage import cut, empty, flipped, noise, words

FRENCH = "P1: Je ne sais pas pourquoi nous avons dû attendre aussi longtemps dans la salle avec les autres.\n\n" * 9
SAID = "INT: Well?\n\nP01: The quokkas came. Then they went home.\n"


@pytest.fixture
def filled(study: Study) -> Study:
    """A study whose transcripts give warnings, doubts, questions about speakers and an error."""
    whole_study.fill(study)
    write_text(study.raw / "french.txt", FRENCH)
    write_text(study.raw / "who.txt", "SPEAKER_00: Shall we?\n\nSPEAKER_01: The narwhal came.\n")
    (study.raw / "broken.docx").write_bytes(b"no zip")
    return study


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files that are read, as they are."""
    names: list[str] = []
    real = reading_cache.prepare_bytes

    def prepare_bytes(data: bytes, name: str, how: Instructions, **named: bool) -> Prepared:
        names.append(name)
        return real(data, name, how, **named)

    monkeypatch.setattr(reading_cache, "prepare_bytes", prepare_bytes)
    return names


def entries(study: Study) -> list[Path]:
    return sorted(path for path in study.readings.iterdir() if not path.name.startswith("."))


def outputs(study: Study) -> dict[str, bytes]:
    return {name: data for name, data in whole_study.content(study).items() if name.startswith("data/interim")}


def as_without(study: Study, comb: Comb) -> None:
    """Check that what was written is what a run without any entry writes."""
    held = outputs(study)
    shutil.rmtree(study.readings, ignore_errors=True)
    comb("segment")
    assert outputs(study) == held


# ---- only what is new


def test_only_new_and_changed_files_are_read(filled: Study, comb: Comb, read: list[str]) -> None:
    comb("segment")
    assert len(read) == 9
    read.clear()
    comb("segment")
    assert read == ["broken.docx"], "an error is not kept: the file may have been mended"
    read.clear()
    write_text(filled.raw / "one more.txt", SAID)
    with (filled.raw / "talk 2.txt").open("a", encoding="utf-8") as file:
        file.write("\n\nP02: And that is all.\n")
    comb("segment")
    assert read == ["broken.docx", "one more.txt", "talk 2.txt"]
    as_without(filled, comb)


def test_what_dvc_deletes_is_written_again_without_reading(filled: Study, comb: Comb, read: list[str]) -> None:
    comb("segment")
    held = outputs(filled)
    read.clear()
    shutil.rmtree(filled.transcripts)
    filled.segments.unlink()
    comb("segment")
    assert outputs(filled) == held
    assert read == ["broken.docx"]


def test_all_that_is_said_is_said_again(filled: Study, comb: Comb, caplog: pytest.LogCaptureFixture) -> None:
    said, warned = comb("segment"), caplog.messages[:]
    caplog.clear()
    assert comb("segment") == said
    assert caplog.messages == warned
    assert any("French" in line for line in warned)
    assert "broken.docx" in said
    assert "who: speakers of unknown role" in said


def test_what_a_reader_says_is_kept_also_where_nobody_hears_it(filled: Study, caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger(reading.READERS)
    logger.setLevel(logging.ERROR)
    try:
        list(new(filled))
    finally:
        logger.setLevel(logging.NOTSET)
    assert not caplog.messages
    list(new(filled))
    assert any("French" in line for line in caplog.messages)


def new(study: Study, listener: Listener | None = None) -> Iterator[Prepared | BadInputError]:
    files, _ = folder_files(study.raw)
    return prepare_new(files, instructions(study), study.readings, listener or Listener())


def test_no_more_is_read_than_is_worked_on(filled: Study, read: list[str]) -> None:
    every = list(new(filled))
    shutil.rmtree(filled.readings)
    read.clear()
    found = new(filled)
    assert str(next(found)) == str(every[0])
    assert next(found) == every[1]
    assert read == ["broken.docx", "french.txt"]
    found.close()  # type: ignore[attr-defined]


def test_what_is_kept_is_what_is_read(filled: Study) -> None:
    files, _ = folder_files(filled.raw)
    plain = [one for one in prepare_all(files, instructions(filled)) if isinstance(one, Prepared)]
    cuts = [replace(one, segments=one.cut(filled.params.segment)) for one in plain]
    for _ in range(2):
        assert [one for one in new(filled) if isinstance(one, Prepared)] == cuts


def test_other_processes_help_only_with_what_is_missing(
    filled: Study, comb: Comb, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    comb("segment")
    held = outputs(filled)
    shutil.rmtree(filled.readings)
    monkeypatch.setattr(reading, "POOL_BYTES", 0)
    comb("segment")
    assert outputs(filled) == held
    assert len(entries(filled)) == 8
    monkeypatch.setattr(reading, "POOL_BYTES", 1000)
    monkeypatch.setattr(reading, "ProcessPoolExecutor", None)
    write_text(filled.raw / "one more.txt", SAID)
    comb("segment")


# ---- never a stale one: what reading depends on

HOW = Instructions(
    StudyRoles(
        RoleParams(), (SpeakerRow("ann", "P01", "participant", "Jo", 2), SpeakerRow("bo", "P02", "other", "", 3))
    ),
    {"": "cp1252", "bo": "cp1250"},
    SegmentParams(),
)
FIRST, SECOND = HOW.roles.rows


def with_rows(*rows: SpeakerRow) -> Instructions:
    return replace(HOW, roles=StudyRoles(RoleParams(), rows))


def of_ann(how: Instructions = HOW, name: str = "ann.txt", data: bytes = b"P01: Well.") -> str:
    return Readings(Path("nowhere"), how).key(name, data)


@pytest.mark.parametrize(
    "how",
    [
        replace(HOW, roles=StudyRoles(RoleParams(participant=("p01",)), HOW.roles.rows)),
        replace(HOW, roles=StudyRoles(RoleParams(interviewer=("p01",)), HOW.roles.rows)),
        replace(HOW, roles=StudyRoles(RoleParams(other=("p01",)), HOW.roles.rows)),
        replace(HOW, segment=SegmentParams(unit="turn")),
        replace(HOW, segment=SegmentParams(roles=("interviewer",))),
        replace(HOW, segment=SegmentParams(max_words=10)),
        replace(HOW, encodings={"bo": "cp1250"}),
        replace(HOW, encodings={"": "cp1250", "bo": "cp1250"}),
        replace(HOW, encodings={"": "cp1252", "bo": "cp1250", "ann": "cp1250"}),
        with_rows(SECOND),
        with_rows(replace(FIRST, role="interviewer"), SECOND),
        with_rows(replace(FIRST, role=None), SECOND),
        with_rows(replace(FIRST, speaker="P1"), SECOND),
        with_rows(replace(FIRST, pseudonym="Al"), SECOND),
        with_rows(FIRST, SECOND, SpeakerRow("ANN.TXT", "P02", "other")),
        with_rows(FIRST, SECOND, SpeakerRow(" Ann", "P02", "other")),
        with_rows(replace(FIRST, transcript="ＡＮＮ", role="other"), SECOND),
        with_rows(SpeakerRow("ann.txt", "P01", "other"), FIRST, SECOND),
    ],
)
def test_whatever_a_transcript_depends_on_is_in_its_key(how: Instructions) -> None:
    assert of_ann(how) != of_ann()


def test_the_first_of_two_rows_counts() -> None:
    other = SpeakerRow("ann.txt", "P01", "other")
    assert of_ann(with_rows(FIRST, other)) != of_ann(with_rows(other, FIRST))


@pytest.mark.parametrize(
    "how",
    [
        with_rows(FIRST),
        with_rows(FIRST, replace(SECOND, role="participant")),
        with_rows(SpeakerRow("cy", "P01", "other"), replace(FIRST, number=7), SECOND),
        replace(HOW, encodings={"": "cp1252", "bo": "cp1252"}),
    ],
)
def test_what_is_of_other_transcripts_is_not(how: Instructions) -> None:
    assert of_ann(how) == of_ann()


def test_content_name_and_format_are_in_the_key() -> None:
    names = ["ann.txt", "ann.md", "Ann.txt", "ann .txt", "anne.txt", "cafe\u0301.txt", "caf\u00e9.txt"]
    found = [of_ann(name=name) for name in names] + [of_ann(data=b"P01: Well!")]
    assert len(set(found)) == len(found)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("comb.__version__", "99"),
        ("comb.stages.reading_cache.VERSIONS", {"segment": 99}),
        ("comb.stages.reading_cache.platform.python_version", lambda: "99"),
        ("comb.stages.reading_cache.code_digest", lambda: "of other code"),
        *((name, "99") for name in reading_cache.LIBRARIES),
    ],
)
def test_versions_are_in_the_key(place: str, value: object, monkeypatch: pytest.MonkeyPatch) -> None:
    before, real = of_ann(), importlib.metadata.version
    if place in reading_cache.LIBRARIES:
        monkeypatch.setattr(importlib.metadata, "version", lambda name: value if name == place else real(name))
    else:
        monkeypatch.setattr(place, value)
    assert of_ann() != before


def test_nothing_was_added_to_the_instructions_that_is_not_in_the_key() -> None:
    """Whoever adds a field puts it into ``Readings.key``, tests that, and changes these lists."""
    assert [f.name for f in fields(Instructions)] == ["roles", "encodings", "segment"]
    assert [f.name for f in fields(StudyRoles)] == ["patterns", "rows"]
    assert [f.name for f in fields(SpeakerRow)] == ["transcript", "speaker", "role", "pseudonym", "number"]


def _modules() -> dict[str, ast.Module]:
    """Return the code whose digest is in the key, by module."""
    root = Path(package.__file__).parent
    paths = {path for pattern in reading_cache.CODE for path in root.glob(pattern)}
    return {
        ".".join(["comb", *path.relative_to(root).with_suffix("").parts]).removesuffix(".__init__"): ast.parse(
            path.read_text(encoding="utf-8")
        )
        for path in paths
    }


def _imported(tree: ast.Module) -> set[str]:
    """Return what a module imports anywhere, also within functions; not what is for type checkers alone."""
    unused = {id(inner) for node in ast.walk(tree) if isinstance(node, ast.If) for inner in ast.walk(node)}
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import) and id(node) not in unused:
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and id(node) not in unused:
            found.add(node.module or "")
    return found


def test_all_code_and_libraries_that_read_are_in_the_key() -> None:
    """What the readers import, directly or not, is in the digest of the code, or its version is in the key."""
    modules, seen, others = _modules(), set(), set()
    waiting = ["comb.transcripts.reader", "comb.transcripts.segment", "comb.transcripts.confirmed_roles"]
    waiting += ["comb.transcripts.doubts", "comb.stages.reading", "comb.stages.transcript_copies"]
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        for imported in _imported(modules[name]):
            if imported.split(".")[0] == "comb":
                waiting.append(imported)
            else:
                others.add(imported.split(".")[0])
    distributions = importlib.metadata.packages_distributions()
    libraries = {name for other in others - set(sys.stdlib_module_names) for name in distributions[other]}
    known = {name.casefold().replace("_", "-") for name in reading_cache.LIBRARIES}
    assert {name.casefold().replace("_", "-") for name in libraries} <= known | OF_TABLES


OF_TABLES = {"numpy", "pyarrow", "pyyaml", "rapidfuzz", "filelock"}
"""Libraries of the study's own tables, settings and codings: no transcript is read with them."""


@pytest.mark.parametrize(
    "change",
    [
        lambda study: _add(study.speakers, "TALK 0.TXT,P00,other,\n"),
        lambda study: _add(study.speakers, "talk 0,P00,,Mr X\n"),
        lambda study: _add(study.root / "configs" / "params.yaml", "segment: {unit: turn}\n"),
        lambda study: _add(study.root / "configs" / "params.yaml", "segment: {max_words: 10}\n"),
        lambda study: _add(study.root / "configs" / "params.yaml", "segment: {roles: [interviewer]}\n"),
        lambda study: _add(study.root / "configs" / "params.yaml", "study: {roles: {participant: [INT, P*]}}\n"),
        lambda study: _add(study.root / "configs" / "params.yaml", "study: {encoding: cp1250}\n"),
        lambda study: _add(study.root / "configs" / "params.yaml", "study: {encodings: {old: cp1250}}\n"),
        lambda study: (study.raw / "talk 0.txt").rename(study.raw / "talk 0b.txt"),
        lambda study: (study.raw / "talk 0.txt").rename(study.raw / "talk 0.md"),
        lambda study: (study.raw / "talk 0.txt").unlink(),
        lambda study: _swap(study.raw / "talk 0.txt", study.raw / "talk 1.txt"),
    ],
)
def test_after_any_change_the_files_are_those_of_a_whole_run(
    filled: Study, comb: Comb, change: Callable[[Study], object]
) -> None:
    old = "INT: Well?\n\nP01: That’s what I do in the café, and what they said about it. I was there for a year.\n"
    (filled.raw / "old.txt").write_bytes(old.encode("cp1252"))
    comb("segment")
    change(filled)
    comb("segment")
    as_without(filled, comb)


def _add(path: Path, line: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(line)


def _swap(one: Path, other: Path) -> None:
    """Let two files change their places, with their sizes and times."""
    aside = one.with_suffix(".aside")
    one.rename(aside)
    other.rename(one)
    aside.rename(other)


def test_a_row_of_another_transcript_makes_nobody_read_this_one(filled: Study, comb: Comb, read: list[str]) -> None:
    comb("segment")
    read.clear()
    write_text(filled.raw / "one more.txt", SAID.replace("P01", "Ann"))
    _add(filled.speakers, "one more,Ann,participant,P77\n")
    comb("segment")
    assert read == ["broken.docx", "one more.txt"]


def test_the_key_is_of_the_content_that_was_read(filled: Study, comb: Comb, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that changes between the look at it and its reading is kept under what was read."""
    comb("segment")
    place, was = filled.raw / "talk 1.txt", (filled.raw / "talk 1.txt").read_bytes()
    place.write_bytes(was + b"\n\nP01: One thing more.\n")
    real = Readings.known

    def known(self: Readings, files: list[Path]) -> dict[Path, str]:
        found = real(self, files)
        place.write_bytes(was + b"\n\nP01: Another thing.\n")
        return found

    monkeypatch.setattr(Readings, "known", known)
    comb("segment")
    monkeypatch.undo()
    comb.monkeypatch.setenv("COLUMNS", "200")
    place.write_bytes(was + b"\n\nP01: One thing more.\n")
    comb("segment")
    assert "One thing more." in (filled.transcripts / "talk 1.json").read_text(encoding="utf-8")


# ---- damage, kills, disks, several at once


def of_another(data: bytes) -> bytes:
    """Return what a sound entry of another key would be."""
    content = zlib.compress(b"{}")
    return hashlib.sha256(b"0" * 64 + content).digest() + content


def sealed(data: bytes) -> bytes:
    return b"\0" * 32 + data[32:]


@pytest.mark.parametrize("damage", [empty, cut, noise, flipped, words, of_another, sealed, lambda data: data + b"x"])
def test_a_damaged_entry_is_made_again(
    filled: Study, comb: Comb, read: list[str], damage: Callable[[bytes], bytes]
) -> None:
    said = comb("segment")
    held, kept = outputs(filled), {path: path.read_bytes() for path in entries(filled)}
    for path, data in kept.items():
        path.write_bytes(damage(data))
    read.clear()
    assert comb("segment") == said
    assert outputs(filled) == held
    assert len(read) == 9
    assert {path: path.read_bytes() for path in entries(filled)} == kept


def test_an_entry_of_one_transcript_does_not_serve_for_another(filled: Study, comb: Comb) -> None:
    comb("segment")
    held, (one, other) = outputs(filled), entries(filled)[:2]
    _swap(one, other)
    comb("segment")
    assert outputs(filled) == held


def test_what_cannot_be_kept_as_it_is_is_not_kept(filled: Study) -> None:
    """JSON has no infinite times; what would read back as something else is read again each time."""
    readings = Readings(filled.readings, instructions(filled))
    one = next(one for one in new(filled) if isinstance(one, Prepared))
    turn = replace(one.transcript.turns[0], time=float("inf"))
    assert readings._keep("0" * 64, replace(one, transcript=replace(one.transcript, turns=(turn,)))) == ""
    lone = Transcript("x", "\ud800", (Turn("P", "participant", 0, 1),))
    assert readings._keep("0" * 64, replace(one, transcript=lone)) == ""
    assert "0" * 64 not in {path.name for path in entries(filled)}


def test_a_folder_that_cannot_be_written_is_told_and_costs_nothing_else(filled: Study, comb: Comb) -> None:
    comb("segment")
    held = outputs(filled)
    shutil.rmtree(filled.readings)
    filled.readings.write_text("a file where the folder should be")
    said = comb("segment")
    assert outputs(filled) == held
    assert said.count(".comb/readings cannot be changed") == 1


def test_a_full_disk_is_told_and_leaves_nothing_behind(
    filled: Study, comb: Comb, monkeypatch: pytest.MonkeyPatch
) -> None:
    comb("segment")
    held = outputs(filled)
    shutil.rmtree(filled.readings)
    real = Path.replace

    def full(self: Path, target: Path) -> Path:
        if filled.readings in self.parents:
            raise OSError(errno.ENOSPC, "No space left on device", str(self))
        return real(self, target)

    monkeypatch.setattr(Path, "replace", full)
    said = comb("segment")
    assert ".comb/readings cannot be changed (No space left on device)" in said
    assert outputs(filled) == held
    assert not filled.readings.exists()


def test_several_at_once_give_the_same(filled: Study) -> None:
    """Each run removes what it has no need of, also while another reads it."""
    files, _ = folder_files(filled.raw)
    wanted = [one for one in prepare_all(files, instructions(filled)) if isinstance(one, Prepared)]

    def run(number: int) -> bool:
        some = files if number % 2 else files[: number % 5 + 1]
        found = prepare_new(some, instructions(filled), filled.readings, Listener())
        texts = [one.transcript for one in found if isinstance(one, Prepared)]
        return texts == [one.transcript for one in wanted][: len(texts)] and len(texts) >= len(some) - 1

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(run, range(24)))


def test_what_a_killed_run_left_is_used_or_made_again(filled: Study, comb: Comb) -> None:
    comb("segment")
    held = outputs(filled)
    for path in entries(filled)[::2]:
        path.unlink()
    ended = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    left = filled.readings / f".comb-{int(ended.stdout)}-abc-{'0' * 64}.tmp"
    left.write_bytes(b"half an entry")
    comb("segment")
    assert outputs(filled) == held
    assert not left.exists()


# ---- the words of participants


def test_entries_are_their_owners(filled: Study, comb: Comb) -> None:
    old = os.umask(0o022)
    try:
        filled.readings.mkdir(parents=True, mode=0o777)
        comb("segment")
    finally:
        os.umask(old)
    assert {stat.S_IMODE(path.stat().st_mode) for path in entries(filled)} == {0o600}
    assert stat.S_IMODE(filled.readings.stat().st_mode) == 0o700


def test_what_no_transcript_needs_is_overwritten_and_removed(filled: Study, comb: Comb, tmp_path: Path) -> None:
    comb("segment")
    held = {path: tmp_path / path.name for path in entries(filled)}
    for path, other in held.items():
        os.link(path, other)  # shows what becomes of the bytes
    (filled.raw / "talk 3.txt").unlink()
    (filled.readings / "mine.txt").write_text("of somebody else")
    comb("segment")
    (gone,) = [path for path in held if not path.exists()]
    assert set(held[gone].read_bytes()) == {0}
    assert all(set(other.read_bytes()) != {0} for path, other in held.items() if path != gone)
    assert (filled.readings / "mine.txt").exists()
    for path in filled.raw.iterdir():
        path.unlink()
    comb("segment", code=1)
    assert [path.name for path in filled.readings.iterdir()] == ["mine.txt"]
    assert all(set(other.read_bytes()) == {0} for other in held.values())


def test_links_in_the_folder_lead_nowhere(filled: Study, comb: Comb, tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("mine")
    filled.readings.mkdir(parents=True)
    (filled.readings / ("a" * 64)).symlink_to(tmp_path / "victim")
    comb("segment")
    assert (tmp_path / "victim").read_text() == "mine"


def test_a_copy_without_names_takes_the_entries_away(filled: Study, comb: Comb, tmp_path: Path) -> None:
    (filled.raw / "broken.docx").unlink()
    comb("segment")
    held = [tmp_path / path.name for path in entries(filled)]
    for path, other in zip(entries(filled), held, strict=True):
        os.link(path, other)
    assert ".comb/readings" in dict(originals_left(filled))
    comb("pseudonymise")
    rows = read_candidates(filled.candidates)
    write_candidates(filled.candidates, [replace(row, decision="replace") for row in rows])
    comb("pseudonymise", "--apply", tmp_path / "copy")
    assert not filled.readings.exists()
    assert all(set(other.read_bytes()) == {0} for other in held)
    assert ".comb/readings" not in dict(originals_left(filled))
    assert not (tmp_path / "copy" / ".comb" / "readings").exists()


def test_all_places_of_words_are_told_as_originals(filled: Study) -> None:
    """What SECURITY.md says contains words, and is not made from the folders named already, is in the list."""
    for path in (filled.search_index, filled.llm_cache, filled.readings / "x"):
        write_text(path, "x")
    told = dict(originals_left(filled))
    assert {".comb/search.sqlite", ".comb/llm.sqlite", ".comb/readings"} <= set(told)
    remove_entries(filled.readings)
    assert (filled.readings / "x").exists()


def test_security_names_the_place() -> None:
    assert "| `.comb/readings` | **yes** |" in (ROOT / "SECURITY.md").read_text(encoding="utf-8")
