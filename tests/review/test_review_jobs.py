"""Jobs of the workspace: in a process of their own, followed, cancelled, one at a time, ended with the server."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from comb.errors import NotReadyError
from comb.review.storage.database import Database
from comb.review.storage.refusals import RefusedError
from comb.review.web import jobs as jobs_module
from comb.review.web.jobs import Jobs
from comb.stages.jobs import JobOptions
from comb.study.layout import Study
from comb.study.lock import write_lock
from comb.study.new import new_study
from tests.conftest import ROOT
from tests.review.room import Browser, Room
from tests.whole_study import PROGRAM, WORDS, fill

LONG = 90.0
SLEEPER = """
import json, os, sys, threading, time
def gone():
    while os.read(0, 1024): pass
    os._exit(1)
threading.Thread(target=gone, daemon=True).start()
print(json.dumps({"steps": ["One", "Two"]}), flush=True)
print(json.dumps({"step": "One", "state": "running"}), flush=True)
print(json.dumps({"fraction": 0.25, "words": "half of one", "note": "a note"}), flush=True)
time.sleep(60)
"""
"""A job that takes long, and says how far it is."""


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """Six coded transcripts, one new one, the fake encoder, and no DVC."""
    study = Study(tmp_path / "study é")
    new_study(study.root)
    shutil.rmtree(study.root / ".dvc")
    fill(study)
    return study


@pytest.fixture
def room(study: Study, monkeypatch: pytest.MonkeyPatch) -> Iterator[Room]:
    monkeypatch.setattr(jobs_module, "PROGRAM", PROGRAM)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT / "pipeline"), str(ROOT)]))
    room = Room(study, study.review)
    yield room
    room.database.close()


@pytest.fixture
def sleeper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every job be one that takes long and needs nothing."""
    script = tmp_path / "sleeper.py"
    script.write_text(SLEEPER)
    monkeypatch.setattr(jobs_module, "PROGRAM", (sys.executable, str(script)))


def until(asked: Callable[[], Any], seconds: float = LONG) -> Any:
    """Ask until there is an answer."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := asked():
            return found
        time.sleep(0.05)
    raise AssertionError("it took too long")


def ended(ann: Browser) -> Any:
    """Wait for the end of the job, and return it."""
    return until(lambda: (job := ann.get("/api/jobs")["job"])["state"] != "running" and job)


def test_a_training_runs_its_steps_and_says_what_came_of_it(room: Room, study: Study) -> None:
    text = (study.raw / "talk 1.txt").read_text(encoding="utf-8")
    (study.raw / "untouched.txt").write_text(text.replace("P01:", "P77:"), encoding="utf-8")
    ann = room.browser("Ann", name="talk 0")
    text = ann.open()["text"]
    start = text.index("P00:") + 5
    ann.act("code", start=start, end=text.index(".", start) + 1, code="goals")
    assert ann.get("/api/train")["card"] is None
    job = ann.post("/api/jobs", kind="learn")["job"]
    assert (job["state"], job["name"], job["by"]) == ("running", "Training", "Ann")
    assert (study.codings / "Ann.csv").exists(), "what was coded on the page is written before it is learned"
    job = ended(ann)
    assert job["error"] is None
    assert job["state"] == "done"
    assert job["fraction"] == 1.0
    assert {step["state"] for step in job["steps"]} == {"done", "skipped"}
    assert job["steps"][-1]["words"].startswith("Suggesting codes")
    said = " ".join(job["result"])
    for words in (
        "kappa of",
        "95% interval",
        "3 of 8 codes are suggested; the others",
        "2 transcripts have suggestions",
    ):
        assert words in said
    assert not any(word in str(job) for word in WORDS), "a job says nothing that participants said"
    view = ann.get("/api/train")
    assert view["job"]["number"] == job["number"], "a page that is loaded again finds it"
    assert [code["shown"] for code in view["card"]["codes"][:3]] == [True] * 3
    assert view["card"]["people"][0] is not None
    found = {one["id"]: one["suggestions"] for one in ann.get("/api/transcripts")}
    assert found["new one"]
    assert found["untouched"], "nobody has read it, wherever it lies"
    assert not found["talk 1"], "of those that it learned from it suggests nothing"


def test_what_to_code_next_is_found_before_anything_is_trained(room: Room, study: Study) -> None:
    (study.new / "new one.txt").unlink()
    text = (study.raw / "talk 1.txt").read_text(encoding="utf-8")
    (study.raw / "untouched.txt").write_text(text.replace("P01:", "P77:"), encoding="utf-8")
    ann = room.browser("Ann", name="talk 0")
    ann.post("/api/jobs", kind="next")
    job = ended(ann)
    assert job["error"] is None
    assert job["result"] == ["The transcript that comb would learn most from is untouched."]


def test_an_error_says_what_where_and_what_to_do(room: Room, study: Study) -> None:
    ann = room.browser("Ann", name="talk 0")
    params = study.root / "configs" / "params.yaml"
    params.write_text(params.read_text() + "suggest: {coverage: 0.99}\n")
    ann.post("/api/jobs", kind="learn")
    job = ended(ann)
    assert job["state"] == "failed"
    assert "too few coded transcripts" in job["error"]["what"]
    assert "suggest.coverage" in job["error"]["remedy"]
    assert [step["state"] for step in job["steps"]][-1] == "running", "it shows at which step it stopped"


@pytest.mark.usefixtures("sleeper")
def test_a_second_job_is_refused_and_a_cancelled_one_makes_room(study: Study) -> None:
    jobs = Jobs()
    jobs.start(study, "learn", JobOptions(), "Ann")
    state = until(lambda: (found := jobs.state()) and found["notes"] and found)
    assert (state["fraction"], state["words"]) == (0.25, "half of one")
    assert [step["state"] for step in state["steps"]] == ["running", "waiting"]
    with pytest.raises(RefusedError, match="training is not finished yet"):
        jobs.start(study, "curve", JobOptions(), "Ben")
    done = jobs.cancel()
    assert done
    assert (done["state"], bool(done["ended"])) == ("cancelled", True)
    jobs.start(study, "curve", JobOptions(), "Ben")
    jobs.stop()


@pytest.mark.usefixtures("sleeper")
def test_a_job_that_is_killed_says_so(study: Study) -> None:
    jobs = Jobs()
    jobs.start(study, "learn", JobOptions(), "Ann")
    until(lambda: (found := jobs.state()) and found["notes"])
    assert jobs._process
    os.killpg(jobs._process.pid, signal.SIGKILL)
    state = until(lambda: (found := jobs.state()) and found["state"] != "running" and found)
    assert state["state"] == "failed"
    assert "ended unexpectedly" in state["error"]["what"]


def test_cancelling_leaves_every_file_whole_and_decisions_outlive_a_training(room: Room, study: Study) -> None:
    ann = room.browser("Ann", name="new one")
    ann.post("/api/jobs", kind="learn")
    assert ended(ann)["state"] == "done"
    first = ann.open()["suggestions"][0]
    ann.act("reject", suggestion=first["id"])
    before = {path: path.read_bytes() for path in study.head.rglob("*") if path.is_file()}
    ann.post("/api/jobs", kind="learn")
    until(lambda: ann.get("/api/jobs")["job"]["fraction"] > 0.3)
    with pytest.raises(NotReadyError, match="training in the workspace"), write_lock(study, "comb train", wait=0):
        pass
    assert ann.post("/api/jobs/cancel")["job"]["state"] == "cancelled"
    with write_lock(study, "comb train", wait=2):
        assert {path: path.read_bytes() for path in study.head.rglob("*") if path.is_file()} == before
    assert not [path for path in study.root.rglob("*") if path.suffix == ".tmp"]
    ann.post("/api/jobs", kind="learn")
    assert ended(ann)["state"] == "done"
    assert ann.decided() == {first["id"]: "rejected"}


def test_a_job_waits_for_nobody_and_says_who_holds_the_study(
    room: Room, study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("comb.review.web.alone.PATIENCE", 0.2)
    ann = room.browser("Ann", name="talk 0")
    with held(study):
        answer = ann.post("/api/jobs", 409, kind="learn")
        assert "the study is being changed by" in answer["error"]
        jobs = Jobs()
        jobs.start(study, "next", JobOptions(), "Ann")
        state = until(lambda: (found := jobs.state()) and found["state"] != "running" and found)
        assert "the study is being changed by comb test" in state["error"]["what"]


class held:  # noqa: N801  (a context, read as a word)
    """Another program that holds the study's lock."""

    def __init__(self, study: Study) -> None:
        self.study = study

    def __enter__(self) -> None:
        code = (
            "import sys; from pathlib import Path; from comb.study.layout import Study;"
            "from comb.study.lock import write_lock\n"
            "with write_lock(Study(Path(sys.argv[1])), 'comb test'): print('held', flush=True); sys.stdin.read()"
        )
        command = [sys.executable, "-c", code, str(self.study.root)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.process.stdout
        assert self.process.stdout.readline()

    def __exit__(self, *args: object) -> None:
        self.process.communicate()


def test_when_the_server_dies_the_job_ends(study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT / "pipeline"), str(ROOT)]))
    code = (
        "import sys, time; from pathlib import Path; from comb.review.web import jobs;"
        "from comb.stages.jobs import JobOptions; from comb.study.layout import Study;"
        "from tests.whole_study import PROGRAM; jobs.PROGRAM = PROGRAM; one = jobs.Jobs();"
        "one.start(Study(Path(sys.argv[1])), 'learn', JobOptions(), 'Ann');"
        "print(one._process.pid, flush=True); time.sleep(60)"
    )
    server = subprocess.Popen([sys.executable, "-c", code, str(study.root)], stdout=subprocess.PIPE, text=True)
    assert server.stdout
    job = int(server.stdout.readline())
    until(lambda: study.lock_holder.exists())
    server.kill()
    server.communicate()
    until(lambda: not _lives(job), 10)
    with write_lock(study, "comb train", wait=2):
        pass


def _lives(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_coders_of_a_team_read_and_do_not_start(room: Room, study: Study) -> None:
    from comb.review.web.accounts import add_coder

    add_coder(room.database, "Ben", "coder", "correct horse")
    http = room.team()
    http.post("/signin", data={"name": "Ben", "password": "correct horse"})
    ben = Browser(http, "talk 0")
    ben.http.headers["X-Comb"] = "1"
    assert ben.get("/api/train")["lead"] is False
    assert ben.post("/api/jobs", 403, kind="learn")["error"].startswith("only a lead")
    assert ben.post("/api/jobs/cancel", 403)
    assert ben.http.get("/train").status_code == 200
    assert ben.http.get("/report").status_code == 403
    assert ben.get("/api/report", 403)


def test_what_is_missing_is_said_in_words(tmp_path: Path) -> None:
    study = Study(tmp_path / "empty")
    new_study(study.root)
    database = Database.open(study.review)
    ann = Room(study, study.review).browser("Ann")
    assert ann.get("/api/train")["blocked"]
    assert "no transcripts yet" in str(ann.get("/api/train")["needs"])
    database.close()
