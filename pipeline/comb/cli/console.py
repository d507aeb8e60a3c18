"""Output of commands: notes and progress on the error stream, tables and results on the output stream."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from comb.stages.listener import Listener


class Console(Listener):
    """Print what a stage reports while it runs."""

    def note(self, text: str) -> None:
        """Print a line about the run."""
        super().note(text)
        sys.stderr.write(f"{text}\n")

    @contextmanager
    def progress(self, title: str, total: int) -> Iterator[Callable[[float], object]]:
        """Show a bar while the block runs."""
        from rich.console import Console as Terminal
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Terminal(stderr=True), transient=True) as bar:
            task = bar.add_task(title, total=total)
            yield lambda done: bar.advance(task, done)

    @contextmanager
    def status(self, title: str) -> Iterator[Callable[[str], object]]:
        """Show what is being done while the block runs."""
        from rich.console import Console as Terminal

        with Terminal(stderr=True).status(title) as shown:
            yield lambda step: shown.update(f"{title}: {step}")

    def say(self, text: str) -> None:
        """Print a line of the result."""
        sys.stdout.write(f"{text}\n")

    def table(self, title: str, header: Sequence[str], rows: Sequence[Sequence[object]], *, texts: int = 1) -> None:
        """Print a table of the result; the first ``texts`` columns are text, the others are figures."""
        from rich.console import Console as Terminal
        from rich.table import Table

        drawn = Table(title=title, title_justify="left", title_style="bold")
        for index, name in enumerate(header):
            drawn.add_column(name, justify="left" if index < texts else "right", overflow="fold")
        for row in rows:
            drawn.add_row(*(_cell(value) for value in row))
        # No markup: square brackets in the name of a code are part of the name.
        Terminal(markup=False).print(drawn)


def _cell(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:.2f}" if isinstance(value, float) else str(value)


console = Console()
"""The console of this process."""
