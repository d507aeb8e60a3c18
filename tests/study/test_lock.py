"""One command at a time changes a study: the others say who does, and a kill leaves nothing behind. With processes."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from comb.errors import NotReadyError
from comb.study.layout import Study
from comb.study.lock import write_lock
from tests.conftest import ROOT, Comb

HOLD = """
import sys, time
from pathlib import Path
from comb.study.layout import Study
from comb.study.lock import write_lock
with write_lock(Study(Path(sys.argv[1])), "comb train"):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""
COUNT = """
import sys, time
from pathlib import Path
from comb.study.layout import Study
from comb.study.lock import write_lock
counter = Path(sys.argv[1]) / "counter"
for _ in range(25):
    with write_lock(Study(Path(sys.argv[1])), "comb test", wait=-1):
        number = int(counter.read_text())
        time.sleep(0.001)
        counter.write_text(str(number + 1))
"""
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "pipeline"), "COLUMNS": "300"}
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start Python or comb beside the test; what still runs at its end is killed."""
    running: list[subprocess.Popen[str]] = []

    def begin(*arguments: str | Path, cwd: Path) -> subprocess.Popen[str]:
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        command = [sys.executable, *map(str, arguments)]
        running.append(subprocess.Popen(command, cwd=cwd, env=ENVIRONMENT, text=True, **pipes))
        return running[-1]

    yield begin
    for process in running:
        process.kill()
        process.communicate()


@pytest.fixture
def holder(start: Start, study: Study) -> subprocess.Popen[str]:
    """Another process that holds the study's lock."""
    process = start("-c", HOLD, study.root, "600", cwd=study.root)
    assert process.stdout
    assert process.stdout.readline() == "held\n"
    return process


def test_another_command_says_who_is_at_work(comb: Comb, study: Study, holder: subprocess.Popen[str]) -> None:
    out = comb("segment", code=1)
    assert len(out.splitlines()) == 1
    assert f"the study is being changed by comb train ({json.loads(study.lock_holder.read_text())['user']} on " in out
    assert f"process {holder.pid}, since 20" in out
    assert out.endswith("or let this command wait for it: comb --wait segment.\n")


@pytest.mark.parametrize(
    "command",
    [
        ("import", "x.txt"),
        ("speakers", "--accept"),
        ("train",),
        ("evaluate",),
        ("suggest",),
        ("synthesis",),
        ("next",),
        ("audit",),
        ("review", "--export"),
        ("review", "forget", "x"),
        ("agree", "--apply", "x.csv"),
        ("matrix", "--read", "x.xlsx"),
    ],
)
def test_what_changes_a_study_waits_its_turn(
    comb: Comb, holder: subprocess.Popen[str], command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("comb.study.lock.GRACE", 0.1)
    assert "is being changed by comb train" in comb(*command, code=1)


def test_what_only_reads_needs_no_lock(comb: Comb, study: Study, holder: subprocess.Popen[str]) -> None:
    study.raw.mkdir(parents=True, exist_ok=True)
    (study.raw / "a.txt").write_text("P1: I forget the tablets.\n", encoding="utf-8")
    comb("speakers")
    (comb.folder / "b.txt").write_text("P1: I forget them.\n", encoding="utf-8")
    comb("import", "--dry-run", "b.txt")
    assert "being changed" not in comb("suggest", "b.txt", code=1), "there is no model, which is another matter"


def test_a_kill_releases_the_lock(comb: Comb, study: Study, holder: subprocess.Popen[str]) -> None:
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert study.lock_holder.exists(), "the note stays, and means nothing"
    (comb.folder / "b.txt").write_text("P1: I forget them.\n", encoding="utf-8")
    comb("import", "b.txt")
    assert not study.lock_holder.exists()


def test_wait_waits(comb: Comb, study: Study, start: Start) -> None:
    (study.root / "b.txt").write_text("P1: I forget them.\n", encoding="utf-8")
    first = start("-c", HOLD, study.root, "4", cwd=study.root)
    assert first.stdout
    first.stdout.readline()
    begun = time.monotonic()
    second = start("-m", "comb", "--wait", "import", "b.txt", cwd=study.root)
    out, _ = second.communicate(timeout=120)
    assert second.returncode == 0, out
    assert time.monotonic() - begun > 2
    assert first.wait(timeout=60) == 0


def test_the_lock_is_held_by_one_at_a_time(study: Study, start: Start) -> None:
    (study.root / "counter").write_text("0")
    running = [start("-c", COUNT, study.root, cwd=study.root) for _ in range(4)]
    for process in running:
        out, _ = process.communicate(timeout=120)
        assert process.returncode == 0, out
    assert (study.root / "counter").read_text() == "100"


def test_what_a_command_starts_is_part_of_its_work(study: Study) -> None:
    (study.root / "b.txt").write_text("P1: I forget them.\n", encoding="utf-8")
    with write_lock(study, "comb test"):
        environment = {**ENVIRONMENT, "COMB_LOCK": os.environ["COMB_LOCK"]}
        command = [sys.executable, "-m", "comb", "import", "b.txt"]
        done = subprocess.run(command, cwd=study.root, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        with write_lock(study, "comb test"):
            pass
        environment["COMB_LOCK"] = "a token of another"
        done = subprocess.run(command, cwd=study.root, env=environment, capture_output=True, text=True, check=False)
        assert "is being changed by comb test" in done.stderr
    assert "COMB_LOCK" not in os.environ
    assert not study.lock.exists()


def test_a_holder_that_cannot_be_read_is_another_command(study: Study, holder: subprocess.Popen[str]) -> None:
    study.lock_holder.write_text("{")
    with pytest.raises(NotReadyError, match="by another comb command"), write_lock(study, "comb x", wait=0):
        pass


def test_dvc_runs_stages_each_with_the_lock(study: Study, start: Start) -> None:
    (study.root / "dvc.yaml").write_text("stages:\n  segment:\n    cmd: comb segment\n", encoding="utf-8")
    study.raw.mkdir(parents=True, exist_ok=True)
    (study.raw / "a.txt").write_text("P1: I forget the tablets.\n", encoding="utf-8")
    dvc = [sys.executable, "-m", "dvc", "repro"]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**ENVIRONMENT, "PATH": path}
    done = subprocess.run(dvc, cwd=study.root, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert study.segments.exists()
