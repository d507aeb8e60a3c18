"""Reports of a stage while it runs: notes, progress and the present step. The command line prints them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from comb.errors import CombError


class Listener:
    """Keeps the reports of a stage. A subclass also shows them."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        """Receive a line about the run."""
        self.notes.append(text)

    def report(self, errors: Sequence[CombError]) -> None:
        """Receive errors of unusable files, one line each."""
        for error in errors:
            self.note(f"comb: {error}")

    @contextmanager
    def progress(self, title: str, total: int) -> Iterator[Callable[[float], object]]:
        """Follow work of known size: the block gets a function, and calls it with the amount of work done since."""
        yield lambda done: None

    @contextmanager
    def status(self, title: str) -> Iterator[Callable[[str], object]]:
        """Follow work of unknown size: the block gets a function, and calls it with each new step."""
        yield lambda step: None


@dataclass(frozen=True)
class Step:
    """One stage, described for a person who waits for it."""

    stage: str
    """Its name in ``dvc.yaml``."""
    words: str
    """A description in plain words."""
    weight: float
    """Approximate duration relative to the others."""
    function: str
    """``module:function`` of ``comb.stages``, which takes the study and a listener."""


class StepListener(Listener):
    """A listener that is also informed which of several steps is running."""

    def plan(self, steps: Sequence[Step]) -> None:
        """Receive the list of steps, before anything else."""

    @contextmanager
    def step(self, step: Step, *, skipped: bool) -> Iterator[None]:
        """Follow a step; for one that is up to date, the block does nothing."""
        yield
