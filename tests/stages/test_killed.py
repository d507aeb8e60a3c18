"""Whoever kills a command, or fills the disk, finds the study as it was before or as it is afterwards.

The commands are processes of their own, with the fake encoder. They are killed at random moments, and at each of their
writes, by a limit on how large a file may be.
"""

import contextlib
import csv
import io
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import numpy as np
import pytest

from comb.cli import run
from comb.encoder import embed
from comb.study import atomic
from comb.study.files import write_text
from comb.study.layout import Study
from tests import whole_study
from tests.conftest import ROOT, SWEEP, FakeEncoder

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork, signals and limits of POSIX")
RUN = [sys.executable, "-m", "tests.whole_study"]
BROUGHT = {
    "more.txt": "INT: Well?\n\nP99: Zebrafinch said that it was all right.\n",
    "C.csv": "transcript,quote,code,coder\nmore,Zebrafinch said that it was all right.,knowledge,C\n",
    "coverage.csv": "transcript,coder\n" + "".join(f"talk {n},{c}\n" for n in range(4) for c in "AB") + "more,C\n",
}
COMMANDS = {
    "import": ["import", "in/more.txt", "in/C.csv", "in/coverage.csv"],
    "segment": ["segment"],
    "embed": ["embed"],
    "train": ["train"],
    "evaluate": ["evaluate"],
    "suggest": ["suggest", "--format", "csv,jsonl,xlsx,docx,html,qdpx", "--ungated"],
    "export": ["export", "--format", "docx", "--out", "data/processed/out"],
    "taguette": ["export", "--format", "taguette", "--out", "data/processed/out.sqlite3"],
    "apply": ["agree", "--apply", "list.csv"],
    "audit": ["audit", "--size", "2"],
    "synthesis": ["synthesis"],
}


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """A study in which every stage has run, and then a coding was taken back: each stage has something to change."""
    root = tmp_path_factory.mktemp("before") / "study é"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("comb.encoder.embed.OnnxEncoder", lambda *_: FakeEncoder())
        patch.chdir(root.parent)
        assert run(["init", str(root)]) == 0
        study = Study(root)
        whole_study.fill(study, 4)
        patch.chdir(root)
        for stage in whole_study.STAGES:
            assert run(list(stage)) == 0, stage
        _change(study)
    for name, text in BROUGHT.items():
        write_text(root / "in" / name, text)
    return study


def _change(study: Study) -> None:
    for coder in "AB":
        path = study.codings / f"{coder}.csv"
        path.write_text("\n".join(path.read_text(encoding="utf-8").splitlines()[:-6]) + "\n", encoding="utf-8")
    for path in (*study.raw.glob("talk 0*"), *study.new.glob("*.txt")):
        path.write_text(path.read_text(encoding="utf-8") + "\n\nP00: And one thing more.\n", encoding="utf-8")
    assert run(["segment"]) == 0
    assert run(["embed"]) == 0
    assert run(["agree", "--disagreements", "list.csv"]) == 0
    listed = (study.root / "list.csv").read_text(encoding="utf-8").splitlines()
    at = listed[0].split(",").index("consensus")
    (study.root / "list.csv").write_text("\n".join([listed[0], *(_filled(row, at) for row in listed[1:])]) + "\n")
    with (study.raw / "talk 1.txt").open("a", encoding="utf-8") as file:
        file.write("\n\nP01: And another.\n")  # so that segment has something to change as well, and embed
    np.save(study.embeddings, np.load(study.embeddings).astype(np.float32))


def _filled(row: str, at: int) -> str:
    cells = next(csv.reader([row]))
    cells[at] = "knowledge"
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(cells)
    return out.getvalue()


def _copy(study: Study, folder: Path) -> Study:
    shutil.copytree(study.root, folder)
    return Study(folder)


def _start(study: Study, command: list[str]) -> "subprocess.Popen[str]":
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "pipeline")])}
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "text": True}
    return subprocess.Popen([*RUN, *command], cwd=study.root, env=environment, **pipes)


def _forked(study: Study, command: list[str], prepare: Callable[[], object] = lambda: None) -> tuple[int, str]:
    """Run a command in a process of its own, which has all libraries already; return how it ended and what it said."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(read)
            sys.stdout = sys.stderr = os.fdopen(write, "w", encoding="utf-8")
            os.chdir(study.root)
            embed.OnnxEncoder = lambda *_: FakeEncoder()  # type: ignore[assignment, misc]
            prepare()
            code = run(command)
            sys.stdout.flush()
            os._exit(code)
        finally:
            os._exit(99)
    os.close(write)
    with os.fdopen(read, encoding="utf-8") as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), said


def _finish(study: Study, command: list[str]) -> None:
    code, said = _forked(study, command)
    assert code == 0, said


@pytest.fixture(scope="module")
def after(before: Study, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], dict[str, bytes]]:
    """By command: what the study holds when nobody disturbed it."""

    @cache
    def undisturbed(command: str) -> dict[str, bytes]:
        study = _copy(before, tmp_path_factory.mktemp(command) / "study é")
        _finish(study, COMMANDS[command])
        found = whole_study.content(study)
        assert found != whole_study.content(before), "it has something to do"
        return found

    return undisturbed


def _check(study: Study, before: dict[str, bytes], after: dict[str, bytes], again: list[str] | None) -> None:
    """Look at a study after a kill as the next command sees it, and then do the work again."""
    study.clean_up()
    now = whole_study.content(study)
    assert now in (before, after), _difference(now, before, after)
    if again is not None:
        _finish(study, again)
        assert whole_study.content(study) == after, _difference(whole_study.content(study), before, after)


def _difference(now: dict[str, bytes], before: dict[str, bytes], after: dict[str, bytes]) -> str:
    names = now.keys() | before.keys() | after.keys()
    like = {name: [part.get(name) == now.get(name) for part in (before, after)] for name in sorted(names)}
    return str({name: found for name, found in like.items() if found != [True, True]})


def _swept(*commands: str) -> list[object]:
    return [pytest.param(command, marks=SWEEP) for command in commands]


@pytest.mark.parametrize("command", ["import", "train", *_swept("evaluate", "export", "apply")])
def test_killed_at_any_moment(
    before: Study, after: Callable[[str], dict[str, bytes]], tmp_path: Path, command: str
) -> None:
    chance = random.Random(command)
    for number in range(2):
        study = _copy(before, tmp_path / f"{number}" / "study é")
        process = _start(study, COMMANDS[command])
        time.sleep(chance.uniform(1, 6))
        process.kill()
        process.communicate()
        _check(study, whole_study.content(before), after(command), COMMANDS[command])


def _dying(moment: int) -> None:
    """Let this process be killed at a flush, a rename or a removal, after so many others."""
    left = [moment]

    def mortal(function: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object, **options: object) -> object:
            left[0] -= 1
            if left[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*args, **options)

        return call

    os.fsync, os.replace, os.unlink = map(mortal, (os.fsync, os.replace, os.unlink))


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("leap", [1.0, pytest.param(0.25, marks=SWEEP)])
def test_killed_before_any_of_its_writes(
    before: Study, after: Callable[[str], dict[str, bytes]], tmp_path: Path, command: str, leap: float
) -> None:
    """Kill a command at its first flush, rename or removal, and ever later, until it lives to its end."""
    held, moment, kills = whole_study.content(before), 0, 0
    study = _copy(before, tmp_path / "study é")
    while True:
        code, said = _forked(study, COMMANDS[command], partial(_dying, moment))
        if code != -signal.SIGKILL:
            break
        kills += 1
        _check(study, held, after(command), COMMANDS[command] if kills % 4 == 1 else None)
        moment += 1 + int(moment * leap)
        shutil.rmtree(study.root)
        _copy(before, study.root)
    assert code == 0, said
    assert kills > 1
    assert whole_study.content(study) == after(command)


@pytest.mark.parametrize(
    ("command", "most"),
    [
        pytest.param(command, most, marks=[] if at % 2 == number else SWEEP)
        for at, command in enumerate(COMMANDS)
        for number, most in enumerate((0, 120))
    ],
)
def test_a_full_disk_is_one_line_and_changes_nothing(
    before: Study, after: Callable[[str], dict[str, bytes]], tmp_path: Path, command: str, most: int
) -> None:
    """What is written beyond so many bytes fails, as on a full disk."""
    import resource

    study = _copy(before, tmp_path / "study é")
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    code, said = _forked(study, COMMANDS[command], lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard)))
    told = [line for line in said.splitlines() if line.startswith("comb: ")]
    assert code == 1, said
    assert told[-1].endswith(".")
    assert "comb has a fault" not in said
    assert "Traceback" not in said
    assert not [word for word in whole_study.WORDS if word.casefold() in said.casefold()], said
    _check(study, whole_study.content(before), after(command), COMMANDS[command])


# ---- the commit itself


def test_files_of_a_commit_appear_together_or_not(tmp_path: Path) -> None:
    write_text(tmp_path / "a", "old")
    write_text(tmp_path / "gone", "old")
    with contextlib.suppress(KeyError), atomic.together(tmp_path):
        write_text(tmp_path / "a", "new")
        atomic.remove(tmp_path / "gone")
        raise KeyError
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "gone"]
    with atomic.together(tmp_path):
        write_text(tmp_path / "a", "newer")
        write_text(tmp_path / "a", "new")
        write_text(tmp_path / "b", "new")
        atomic.remove(tmp_path / "gone")
        assert (tmp_path / "a").read_text(encoding="utf-8") == "old"
    assert {p.name: p.read_text() for p in tmp_path.iterdir() if p.is_file()} == {"a": "new", "b": "new"}
    assert list((tmp_path / ".comb").iterdir()) == []


def test_a_path_that_leads_out_of_the_study_is_written_at_once(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "study").mkdir()
    monkeypatch.chdir(tmp_path / "study")
    with atomic.together(tmp_path / "study"):
        write_text(Path("../out #1") / "a", "new")
        write_text(Path("data/../b"), "new")
        assert (tmp_path / "out #1" / "a").read_text(encoding="utf-8") == "new"
        assert not Path("b").exists()
    assert Path("b").read_text(encoding="utf-8") == "new"
    with atomic.together(tmp_path / "study"):
        atomic.remove(Path("../out #1/a"))
        atomic.remove(Path("data/../b"))
    assert not list(tmp_path.rglob("[ab]"))


@pytest.mark.parametrize("name", ["../victim", "/etc/victim", "a/../../victim"])
def test_a_commit_of_a_stranger_leads_nowhere_out_of_the_study(study: Study, comb, name: str) -> None:
    (study.root.parent / "victim").write_text("mine")
    place = study.state / "commit-0000.json"
    write_text(place, json.dumps({"written": [[".comb/x", name]], "removed": [name]}))
    write_text(study.state / "x", "theirs")
    assert ".comb/commit-0000.json: not a list of files to rename" in comb("segment", code=1)
    assert (study.root.parent / "victim").read_text() == "mine"


def test_what_a_killed_command_left_is_cleared_away_and_the_work_of_others_is_not(study: Study, comb) -> None:
    ended = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    left = [place / f".comb-{int(ended.stdout)}-abc.tmp" for place in (study.root, study.data, study.raw, study.state)]
    for path in left[:3]:
        write_text(path, "Zebrafinch")
    write_text(left[3] / "in" / "words.csv", "Zebrafinch")
    others = study.raw / f".comb-{os.getppid()}-abc.tmp"
    write_text(others, "of a command that still runs")
    comb("segment", code=1)
    assert not [path for path in left if path.exists()]
    assert others.exists()
