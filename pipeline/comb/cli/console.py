"""What commands print: notes and progress on the error stream, tables on the output stream."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from comb.errors import CombError


def note(text: str) -> None:
    """Print a line about the run."""
    sys.stderr.write(f"{text}\n")


def say(text: str) -> None:
    """Print a line of the result."""
    sys.stdout.write(f"{text}\n")


def report(errors: Sequence[CombError]) -> None:
    """Print, one line each, what could not be used."""
    for error in errors:
        note(f"comb: {error}")


def table(title: str, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table; the first column is text, the others are figures."""
    from rich.console import Console
    from rich.table import Table

    drawn = Table(title=title, title_justify="left", title_style="bold")
    for index, name in enumerate(header):
        drawn.add_column(name, justify="right" if index else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*(_cell(value) for value in row))
    Console().print(drawn)


def _cell(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:.2f}" if isinstance(value, float) else str(value)


@contextmanager
def progress(title: str, total: int) -> Iterator[Callable[[int], object]]:
    """Show a bar while the block runs; the block calls what it is given with how much more is done."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=total)
        yield lambda done: bar.advance(task, done)


@contextmanager
def status(title: str) -> Iterator[Callable[[str], object]]:
    """Show what is going on while the block runs; the block calls what it is given with each new step."""
    from rich.console import Console

    with Console(stderr=True).status(title) as shown:
        yield lambda step: shown.update(f"{title}: {step}")
