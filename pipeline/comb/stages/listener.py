"""What a stage tells while it runs: notes, progress and what it is doing. The command line prints them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from comb.errors import CombError


class Listener:
    """Keep what a stage tells. A subclass shows it as well."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        """Take one line about the run."""
        self.notes.append(text)

    def report(self, errors: Sequence[CombError]) -> None:
        """Take, one line each, what could not be used."""
        for error in errors:
            self.note(f"comb: {error}")

    @contextmanager
    def progress(self, title: str, total: int) -> Iterator[Callable[[float], object]]:
        """Follow work of known size: the block calls what it is given with how much more is done."""
        yield lambda done: None

    @contextmanager
    def status(self, title: str) -> Iterator[Callable[[str], object]]:
        """Follow work of unknown size: the block calls what it is given with each new step."""
        yield lambda step: None


@dataclass(frozen=True)
class Step:
    """One stage, as a person who waits for it sees it."""

    stage: str
    """Its name in ``dvc.yaml``."""
    words: str
    """What it does, in plain words."""
    weight: float
    """About how long it takes, compared with the others."""
    function: str
    """``module:function`` of ``comb.stages``, which takes the study and a listener."""


class StepListener(Listener):
    """A listener that hears which step of several runs, too."""

    def plan(self, steps: Sequence[Step]) -> None:
        """Hear, before anything else, which steps there are."""

    @contextmanager
    def step(self, step: Step, *, skipped: bool) -> Iterator[None]:
        """Follow a step; of one that is up to date the block does nothing."""
        yield
