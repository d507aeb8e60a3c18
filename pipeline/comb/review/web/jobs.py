"""Long work in a separate process: one job at a time, which ends with the server."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from threading import RLock, Thread
from typing import IO, Any, Literal

from comb.errors import NotReadyError
from comb.review.storage.refusals import RefusedError
from comb.stages.jobs import JobOptions, Kind
from comb.study.layout import Study
from comb.study.lock import HELD, write_lock

PROGRAM: Sequence[str] = (sys.executable, "-m", "comb")
"""The command that starts comb."""
PATIENCE = 5.0
"""Seconds within which a job must end when it is cancelled."""
NAMES: dict[Kind, str] = {
    "learn": "Training",
    "next": "Choosing what to code next",
    "curve": "Measuring the learning curve",
    "report": "Writing the report",
    "agreement": "Comparing the coders",
    "export": "Writing the files",
}


@dataclass
class JobState:
    """A job as shown on the page. It contains no participants' words, since jobs do not report any."""

    number: int
    kind: Kind
    name: str
    by: str
    """The person who started it."""
    started: str
    state: Literal["running", "done", "failed", "cancelled"] = "running"
    fraction: float = 0.0
    words: str = ""
    """A description of its present work."""
    steps: list[dict[str, str]] = field(default_factory=list)
    """Each with its words and its state: waiting, running, done, or skipped where it was up to date."""
    notes: list[str] = field(default_factory=list)
    result: list[str] = field(default_factory=list)
    """Its results, a sentence each."""
    error: dict[str, Any] | None = None
    """The error: what went wrong, where, and the remedy."""
    ended: str = ""

    def take(self, line: dict[str, Any]) -> None:
        """Process a line from the job's output."""
        if "steps" in line:
            self.steps = [{"words": words, "state": "waiting"} for words in line["steps"]]
        if "step" in line:
            for step in self.steps:
                if step["words"] == line["step"]:
                    step["state"] = line["state"]
        if "note" in line:
            self.notes.append(line["note"])
        self.fraction = line.get("fraction", self.fraction)
        self.words = line.get("words", self.words)
        self.error = line.get("error", self.error)
        if "result" in line:
            self.result, self.state, self.fraction = line["result"], "done", 1.0


class Jobs:
    """The present or last job of a study's server."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._job: JobState | None = None
        self._process: subprocess.Popen[str] | None = None
        self._follower: Thread | None = None

    def state(self) -> dict[str, Any] | None:
        """Return the present or last job, in a form for JSON; None before the first."""
        with self._lock:
            return asdict(self._job) if self._job else None

    def check_free(self) -> None:
        """Raise RefusedError while a job runs."""
        with self._lock:
            if self._job and self._job.state == "running":
                what = f"{self._job.name.lower()} is not finished yet, and only one job can run at a time"
                raise RefusedError(what, remedy="Wait until it has finished, or cancel it.", status=409)

    def start(self, study: Study, kind: Kind, options: JobOptions, by: str) -> dict[str, Any]:
        """Start a job. Raises RefusedError while another runs."""
        with self._lock:
            self.check_free()
            number = self._job.number + 1 if self._job else 1
            told = {name: value for name, value in asdict(options).items() if value != getattr(JobOptions(), name)}
            # Another thread may hold the lock just now; the job is no part of its work.
            environment = {name: value for name, value in os.environ.items() if name != HELD}
            self._process = subprocess.Popen(  # noqa: S603  (comb itself, with checked words)
                [*PROGRAM, "job", kind, "--options", json.dumps(told)],
                cwd=study.root, env=environment, text=True, encoding="utf-8", start_new_session=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                errors="replace",
            )  # fmt: skip
            self._job = JobState(number, kind, NAMES[kind], by, _now())
            self._follower = Thread(target=self._follow, args=(study, self._job, self._process), daemon=True)
            self._follower.start()
            return asdict(self._job)

    def cancel(self) -> dict[str, Any] | None:
        """Cancel the running job, if there is one; files of the study stay intact."""
        with self._lock:
            job, process, follower = self._job, self._process, self._follower
            running = job is not None and job.state == "running"
            if job is not None and running:
                job.state = "cancelled"
        if running and process is not None:
            _end(process)
            if follower is not None:
                follower.join(PATIENCE)
        return self.state()

    stop = cancel

    def _follow(self, study: Study, job: JobState, process: subprocess.Popen[str]) -> None:
        for line in _lines(process.stdout):
            with self._lock:
                if job.state == "running":
                    job.take(line)
        code = process.wait()
        if process.stdin:
            process.stdin.close()
        with self._lock:
            job.ended = _now()
            if job.state == "running":
                job.state = "failed"
                job.error = job.error or _unexpected(job, code)
        if job.state != "done":
            # What a killed command had begun to rename is finished; what it left is removed.
            with suppress(NotReadyError, OSError), write_lock(study, "the workspace", wait=0):
                study.clean_up()


def _lines(out: IO[str] | None) -> Any:
    for line in out or ():
        with suppress(ValueError):
            found = json.loads(line)
            if isinstance(found, dict):
                yield found
    if out:
        out.close()


def _end(process: subprocess.Popen[str]) -> None:
    """End a process with all that it started: kindly first."""
    _signal(process, signal.SIGTERM)
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        _signal(process, getattr(signal, "SIGKILL", signal.SIGTERM))
        process.wait(PATIENCE)


def _signal(process: subprocess.Popen[str], how: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, how)
        else:
            process.terminate()


def _unexpected(job: JobState, code: int) -> dict[str, Any]:
    """Return the error of a job that ended silently, such as one that the system killed for lack of memory."""
    what = f"{job.name.lower()} ended unexpectedly (exit code {code})"
    remedy = "All files are intact. If the computer was short of memory, close other programs and start the job again."
    return {"what": what, "where": "", "remedy": remedy, "details": []}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
