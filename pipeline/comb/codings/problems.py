"""Problems with the rows of a table of codings, listed together, each with what may have been meant."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from comb.errors import BadInputError
from comb.records import Span

ROWS_SHOWN = 12
LINES_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage that may have been meant: one span of a transcript, or several of one quote."""

    transcript: str
    spans: tuple[Span, ...]

    def __str__(self) -> str:
        """Return the place as messages and tables to correct name it: transcript, then offsets."""
        return " ".join((self.transcript, *(f"{start}-{end}" for start, end in self.spans)))


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row cannot be read. No field contains participants' words."""

    row: int
    what: str
    remedy: str
    names: tuple[str, ...] = ()
    """Codes or transcripts that may have been meant, the most likely first."""
    passages: tuple[Passage, ...] = ()
    """Passages that may have been meant, the most likely first."""

    def __str__(self) -> str:
        """Return what is wrong, with the nearest right thing."""
        if self.names:
            return f"{self.what}; did you mean {' or '.join(self.names)}?"
        if self.passages:
            return f"{self.what}; nearest: {', '.join(map(str, self.passages))}"
        return self.what


def numbered(rows: Sequence[int]) -> str:
    """Name rows in a message.

    >>> numbered([2]), numbered([2, 5])
    ('row 2', 'rows 2, 5')
    """
    shown = ", ".join(map(str, rows[:ROWS_SHOWN]))
    more = f" and {len(rows) - ROWS_SHOWN} more" if len(rows) > ROWS_SHOWN else ""
    return f"row{'s' if len(rows) > 1 else ''} {shown}{more}"


def counted(number: int, what: str) -> str:
    """Return a number with its noun.

    >>> counted(1, "coding"), counted(2, "coder")
    ('1 coding', '2 coders')
    """
    return f"{number} {what}{'' if number == 1 else 's'}"


def capital(words: str) -> str:
    """Return words as the beginning of a sentence.

    >>> capital("no DVC here")
    'No DVC here'
    """
    return f"{words[:1].upper()}{words[1:]}"


def lines(file: str, problems: Iterable[Problem]) -> list[str]:
    """Return the problems of a file, one line for each kind, naming the rows."""
    rows: dict[str, dict[int, None]] = {}
    for problem in problems:
        rows.setdefault(str(problem), {})[problem.row] = None
    return [
        f"{file}, {numbered(list(found))}: {what}{'' if what.endswith('?') else '.'}" for what, found in rows.items()
    ]


def as_error(file: str, problems: Sequence[Problem], remedy: str = "") -> BadInputError:
    """Return one error for all problems of a file."""
    first = problems[0]
    if len(problems) == 1:
        return BadInputError(str(first), where=f"{file}, row {first.row}", remedy=remedy or first.remedy)
    rows = sorted({problem.row for problem in problems})
    what = (
        f"{len(rows)} rows cannot be read ({numbered(rows)})" if len(rows) > 1 else f"{numbered(rows)} cannot be read"
    )
    return BadInputError(what, where=file, remedy=remedy or "Correct them.", details=shortened(lines(file, problems)))


def shortened(found: Sequence[str]) -> list[str]:
    """Keep the first lines, and add how many more there are."""
    more = [f"... and {len(found) - LINES_SHOWN} more."] if len(found) > LINES_SHOWN else []
    return [*found[:LINES_SHOWN], *more]
