"""``comb job``: run work of the workspace in a separate process, which reports its progress in JSON."""

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated, Any, TextIO

import typer

from comb.cli.app import app
from comb.cli.faults import told_of
from comb.stages.listener import Step, StepListener

PAUSE = 0.2
"""Seconds between two lines about progress."""
NICE = 5
"""Niceness of the job, so that it gives way to the server and other programs."""


@app.command("job", hidden=True)
def job_command(
    kind: Annotated[str, typer.Argument(help="Name of the job; see comb.stages.jobs.")],
    options: Annotated[str, typer.Option(help="Options of the job, as JSON.")] = "{}",
) -> None:
    """Run a job of the workspace. The workspace starts it, and it ends when the workspace's server does.

    Example: comb job learn
    """
    out = _own_output()
    threading.Thread(target=_end_with_the_server, daemon=True).start()
    if hasattr(os, "nice"):
        os.nice(NICE)
    try:
        _run(kind, json.loads(options), Lines(out))
    except Exception as error:
        told = told_of(error)
        _tell(out, error={"what": told.what, "where": told.where, "remedy": told.remedy, "details": told.details})
        raise typer.Exit(1) from None


def _run(kind: str, options: dict[str, Any], listener: "Lines") -> None:
    from comb.stages.jobs import KINDS, JobOptions, run_job
    from comb.study.layout import Study
    from comb.study.lock import write_lock

    (known,) = (name for name in KINDS if name == kind)
    study = Study.find()
    with write_lock(study, TITLES[known]):
        study.clean_up()
        said = run_job(study, known, JobOptions(**options), listener)
    listener.tell(result=said)


TITLES = {
    "learn": "training in the workspace",
    "next": "choosing what to code next in the workspace",
    "curve": "measuring the learning curve in the workspace",
    "report": "writing the report in the workspace",
    "agreement": "comparing coders in the workspace",
    "export": "writing files in the workspace",
}
"""Names of jobs, for the message that the study is being changed by one."""


def _own_output() -> TextIO:
    """Return standard output, and let everything else that is printed go where errors go."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    sys.stdout.flush()
    os.dup2(2, 1)
    return out


def _end_with_the_server() -> None:
    """End this process and those that it started once the server at the other end of the pipe is gone."""
    while os.read(0, 1024):
        pass
    if hasattr(os, "killpg") and os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def _tell(out: TextIO, **what: object) -> None:
    out.write(json.dumps(what) + "\n")
    out.flush()


class Lines(StepListener):
    """Write reports of stages as lines of JSON, with overall progress as a share of the steps' weights."""

    def __init__(self, out: TextIO) -> None:
        super().__init__()
        self.out = out
        self._planned: Sequence[Step] = ()
        self._total, self._done, self._weight = 1.0, 0.0, 1.0
        self._last = 0.0

    def tell(self, **what: object) -> None:
        """Write a line."""
        _tell(self.out, **what)

    def note(self, text: str) -> None:
        """Write a note about the run."""
        super().note(text)
        self.tell(note=text)

    def plan(self, steps: Sequence[Step]) -> None:
        """Write the list of steps."""
        self._planned, self._total = steps, sum(step.weight for step in steps)
        self.tell(steps=[asdict(step)["words"] for step in steps])

    @contextmanager
    def step(self, step: Step, *, skipped: bool) -> Iterator[None]:
        """Write which step runs, or that it is up to date."""
        if step not in self._planned:
            yield
            return
        self._weight = step.weight
        self.tell(step=step.words, state="skipped" if skipped else "running")
        yield
        self._done += step.weight
        self.tell(step=step.words, state="skipped" if skipped else "done")
        self._say(0, "")

    @contextmanager
    def progress(self, title: str, total: int) -> Iterator[Callable[[float], object]]:
        """Write the progress of work of known size."""
        done = 0.0

        def advance(more: float) -> None:
            nonlocal done
            done += more
            if time.monotonic() - self._last >= PAUSE:
                self._say(done / max(total, 1), f"{title}: {done:.0f} of {total}")

        self._say(0, title)
        yield advance

    @contextmanager
    def status(self, title: str) -> Iterator[Callable[[str], object]]:
        """Write the present step."""
        self._say(0, title)
        yield lambda step: self._say(0, f"{title}: {step}")

    def _say(self, share: float, words: str) -> None:
        self._last = time.monotonic()
        fraction = (self._done + self._weight * min(share, 1.0)) / self._total
        self.tell(fraction=round(min(fraction, 1.0), 4), words=words)
