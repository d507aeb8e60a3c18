"""What a stage tells while it runs: notes, progress and what it is doing. The command line prints them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

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
