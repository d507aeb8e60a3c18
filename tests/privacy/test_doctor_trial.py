"""The trial run of ``comb doctor --privacy`` notices what a sabotaged component does, in both ways of watching."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from comb.privacy.doctor import places, supervisor
from comb.privacy.doctor.interview import new_marks, write_study
from comb.privacy.doctor.namespace import destination
from comb.privacy.doctor.of_trial import limits, trial_findings
from comb.privacy.doctor.places import Place
from comb.privacy.doctor.records import Trial
from comb.privacy.doctor.supervisor import Command, Plan, supervise
from comb.privacy.doctor.trial import _prepare_encoder, pipeline_commands, run_trial
from comb.study.layout import Study
from tests.conftest import SWEEP

ENTER = "from comb.privacy.doctor.namespace import enter; enter()"
NAMESPACE = subprocess.run([sys.executable, "-c", ENTER], check=False, capture_output=True).returncode == 0
WAYS = [
    pytest.param(True, id="namespace", marks=pytest.mark.skipif(not NAMESPACE, reason="no network namespaces here")),
    pytest.param(False, id="hook"),
]
both = pytest.mark.parametrize("namespace", WAYS)
SEGMENT = (Command("comb segment", (sys.executable, "-m", "comb", "segment")),)
SABOTAGE = """
import sys
if sys.orig_argv[1:4] == ["-m", "comb", "segment"]:
    import comb.stages.segment as stage
    original = stage.segment
    def sabotaged(study, listener):
        {line}
        return original(study, listener)
    stage.segment = sabotaged
"""
MISDEEDS = Path(__file__).with_name("misdeeds.txt")
REACHED = ("203.0.113.7:443", "[2001:db8::7]:443", "telemetry.example.org", "203.0.113.9:9", "203.0.113.8:80")
NATIVE = """
import ctypes, struct
library = ctypes.CDLL(None)
address = struct.pack("=H", 2) + bytes([0, 80, 198, 51, 100, 7]) + bytes(8)
library.connect(library.socket(2, 1, 0), address, 16)
"""


def tried(commands: tuple[Command, ...], *, namespace: bool) -> Trial:
    trial = run_trial(None, lambda step: None, namespace=namespace, commands=commands)
    assert trial.control
    assert trial.watch == ("namespace" if namespace else "hook")
    return trial


def script(code: str) -> tuple[Command, ...]:
    return (Command("script", (sys.executable, "-c", code)),)


def problems(trial: Trial) -> str:
    """Return what the trial shows as problems; that no encoder was tried is none here."""
    found = [item for item in trial_findings(trial) if item.state == "problem" and "encoder" not in item.text]
    return "\n".join(f"{item.text} {item.details}" for item in found)


@pytest.fixture(autouse=True)
def few_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compare a small home folder before and after, not all of this machine's."""
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(places, "real_places", lambda environment: (Place("your home folder", tmp_path / "home"),))


@pytest.fixture
def sabotage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Let ``comb segment`` do a line of Python more, in the processes of the trial."""

    def set_up(line: str) -> None:
        (tmp_path / "sitecustomize.py").write_text(SABOTAGE.format(line=line), encoding="utf-8")
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(tmp_path), os.environ.get("PYTHONPATH", ""))))

    return set_up


@both
def test_comb_as_it_is_shows_nothing(namespace: bool) -> None:
    trial = tried(SEGMENT, namespace=namespace)
    assert trial.steps[0].done, trial.steps[0].ending
    assert problems(trial) == ""
    assert trial.attempts == ()
    assert trial.processes == 2  # the control, and comb


@both
def test_a_component_that_calls_home_writes_and_prints(namespace: bool, sabotage) -> None:
    sabotage(f"exec(open(r'{MISDEEDS}').read())")
    trial = tried(SEGMENT, namespace=namespace)
    assert trial.steps[0].done  # comb itself needs no network
    assert {attempt.where for attempt in trial.attempts if attempt.by} == {*REACHED}
    assert {(attempt.step, attempt.process) for attempt in trial.attempts} == {("comb segment", "comb segment")}
    left = {item.place.split("/")[0]: item for item in trial.written if item.words}
    assert set(left) == {"your home folder", "temporary folder"}
    assert left["your home folder"].place == "your home folder/log.txt"
    assert left["your home folder"].process == "comb segment"
    assert trial.steps[0].said_words
    shown = problems(trial)
    for told in (*REACHED, "your home folder/log.txt", "Messages of commands contained words"):
        assert told in shown


@both
def test_compiled_code_is_seen_writing_where_the_user_really_is(namespace: bool, tmp_path: Path) -> None:
    home = str(tmp_path / "home")
    code = f"import subprocess, glob; subprocess.run(['cp', glob.glob('data/raw/walking*')[0], {home!r}])"
    trial = tried(script(code), namespace=namespace)
    (item,) = trial.written
    assert item.place.startswith("your home folder/walking-")
    assert item.words
    assert "cp" in trial.programs


@both
def test_a_server_that_others_could_reach(namespace: bool) -> None:
    trial = tried(script("import socket; socket.socket().bind(('0.0.0.0', 47113))"), namespace=namespace)
    assert trial.listened == ("0.0.0.0:47113",)
    assert "other machines could have reached" in problems(trial)


@pytest.mark.skipif(not NAMESPACE, reason="no network namespaces here")
def test_compiled_code_that_calls_home_is_seen_in_a_namespace() -> None:
    trial = tried(script(NATIVE), namespace=True)
    (attempt,) = trial.attempts
    assert (attempt.where, attempt.by) == ("198.51.100.7:80", "")
    assert "198.51.100.7:80, during script, by code that is not Python" in problems(trial)


@pytest.mark.skipif(not NAMESPACE, reason="no network namespaces here")
def test_a_name_that_compiled_code_asks_for_is_seen_in_a_namespace() -> None:
    code = "import subprocess; subprocess.run(['getent', 'hosts', 'example.org'])"
    assert any(attempt.where.startswith("example.org") for attempt in tried(script(code), namespace=True).attempts)


def test_the_hook_says_what_it_cannot_see() -> None:
    trial = tried(script("import subprocess; subprocess.run(['true'])"), namespace=False)
    assert "compiled code opens by itself" in " ".join(limits(trial))
    shown = [finding for finding in trial_findings(trial) if "could not be watched" in finding.text]
    assert shown[0].details == ("true",)
    assert trial.why


def test_python_that_ignores_the_hook_is_named() -> None:
    code = "import subprocess, sys; subprocess.run([sys.executable, '-I', '-c', ''])"
    (program,) = tried(script(code), namespace=False).programs
    assert program.startswith("python")
    assert program.endswith("-I")


@both
def test_subprocesses_are_watched(namespace: bool) -> None:
    inner = "import socket; socket.socket().connect_ex(('203.0.113.7', 80))"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {inner!r}])"
    trial = tried(script(code), namespace=namespace)
    assert [attempt.where for attempt in trial.attempts] == ["203.0.113.7:80"]
    assert trial.processes == 3


@both
def test_a_command_that_fails_is_not_counted_as_tested(namespace: bool) -> None:
    trial = tried(script("raise SystemExit('it broke')"), namespace=namespace)
    assert not trial.steps[0].done
    assert "script: it broke" in problems(trial)


@pytest.mark.parametrize("kept", [True, False])
def test_dvc_leaves_names_of_transcripts_nowhere_else(kept: bool) -> None:
    code = "import pathlib; p = pathlib.Path('.dvc/config'); p.write_text(p.read_text().replace('site_cache_dir', '#'))"
    change = () if kept else script(code)
    repro = Command("dvc repro", (sys.executable, "-m", "dvc", "repro", "segment"))
    trial = tried((*change, repro), namespace=False)
    assert trial.steps[-1].done, trial.steps[-1].ending
    named = [item.place for item in trial.written if item.names]
    assert bool(named) is not kept, named
    assert not [item for item in trial.written if item.words]


def test_nothing_of_a_trial_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    tried(script(""), namespace=False)
    assert list((tmp_path / "tmp").iterdir()) == []


def test_an_encoder_is_borrowed_where_none_can_be_prepared(study: Study, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    trial = Study(tmp_path / "trial")
    write_study(trial, new_marks())
    assert not _prepare_encoder(trial, None)
    assert not _prepare_encoder(trial, study)
    study.encoder.mkdir(parents=True)
    (study.encoder / "encoder.json").write_text("{}", encoding="utf-8")
    assert _prepare_encoder(trial, study)
    assert (trial.encoder / "encoder.json").exists()
    listed = subprocess.run(
        [sys.executable, "-m", "dvc", "stage", "list"], cwd=trial.root, capture_output=True, text=True
    )
    assert listed.returncode == 0, listed.stderr
    assert "embed" in listed.stdout
    assert "encoder" not in [line.split()[0] for line in listed.stdout.splitlines() if line.strip()]


def test_a_place_with_too_many_files_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "MOST_FILES", 2)
    for number in range(2):
        folder = tmp_path / "home" / f"{number}"
        folder.mkdir()
        for name in "abc":
            (folder / name).write_text("x", encoding="utf-8")
    trial = tried(script(""), namespace=False)
    (found,) = [finding for finding in trial_findings(trial) if finding.state == "unknown"]
    assert found.details == ("your home folder",)


@pytest.mark.parametrize(
    ("packet", "where"),
    [
        ("4500003c00254000400600000a0000017f000001" "9748005000000000000000005002ffff", ""),
        ("4500003c00254000400600000a000001cb007107" "974801bb00000000000000005002ffff", "203.0.113.7:443"),
        ("4500003c00254000400600000a000001cb007107" "974801bb00000000000000005012ffff", ""),
        ("4500003c00254000401100000a0000017f000035" "97480035001e0000" + "00" * 12 + "0161026f7200",
         "a.or (a name, asked of 127.0.0.53)"),
        ("", ""),
        ("45", ""),
    ],
    ids=["loopback", "syn", "answer", "name", "empty", "cut off"],
)  # fmt: skip
def test_packets(packet: str, where: str) -> None:
    assert destination(bytes.fromhex(packet)) == where


@pytest.mark.slow
def test_without_an_encoder_the_rest_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("comb.privacy.doctor.trial._prepare_encoder", lambda trial, study: False)
    trial = run_trial(None, lambda step: None, namespace=False)
    assert [step.name for step in trial.steps if not step.done] == []
    assert "everything that needs an encoder" in "".join(finding.text for finding in trial_findings(trial))


@pytest.mark.slow
@pytest.mark.parametrize(
    "namespace",
    # Where both ways are possible, the second is for the sweep.
    [WAYS[0], pytest.param(False, id="hook", marks=SWEEP if NAMESPACE else [])],
)
def test_the_whole_pipeline(namespace: bool) -> None:
    pytest.importorskip("torch", reason="the extra 'train' is not installed")
    trial = run_trial(None, lambda step: None, namespace=namespace)
    assert [step.ending for step in trial.steps if not step.done] == []
    assert len(trial.steps) == len(pipeline_commands("x", encoder=True))
    assert problems(trial) == ""
    stages = ("encoder", "segment", "embed", "train", "evaluate", "suggest", "agree", "synthesis", "review")
    assert {f"comb {stage}" for stage in stages} <= set(trial.within)
    assert trial.processes > 15


def test_where_the_system_allows_no_namespace_the_hook_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(supervisor, "enter", refused)
    show = Command("show", (sys.executable, "-c", "import os; print(os.environ['REFUSE'])"))
    plan = Plan((show,), ".", dict(os.environ), namespace=True, refuse="REFUSE", limit=60)
    seen = supervise(plan)
    assert (seen.namespace, seen.why) == (False, "Operation not permitted")
    assert seen.ran[-1].output.strip() == "1"


def test_a_command_that_does_not_end_is_stopped() -> None:
    hang = Command("hang", (sys.executable, "-c", "import time; time.sleep(60)"))
    plan = Plan((hang,), ".", dict(os.environ), namespace=False, refuse="REFUSE", limit=2)
    ran = supervise(plan).ran[-1]
    assert ran.code is None
    assert ran.output.endswith("not done after 2 s")
