"""The study files that people fill in: one CSV file each in ``data/synthesis``, which comb never overwrites unasked."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from comb.errors import BadInputError
from comb.study.files import read_rows

Row = dict[str, str]
WHERE = "where"
"""Key of a row's place, for messages."""
YES_NO = ("", "yes", "no")
SECOND = ("by", "confirmed_by", "disputed_by", "dispute")
"""Columns for the judge, the second person who agrees, and the person who does not, with the reason."""
ASPECTS: Mapping[str, str] = {
    "action": "what is done, as something that can be seen or heard",
    "actor": "who does it",
    "context": "where, and in which setting",
    "target": "with whom, to whom or for whom",
    "time": "when, and for how long",
    "how often": "how often it should be done",
    "now": "what is done at present, and how that is known",
}
"""Aspects of a target behaviour: action, actor, context, target and time (AACTT; Presseau et al. 2019), and how often
against present practice, as the Guide to the Behaviour Change Wheel (2014) asks."""


@dataclass(frozen=True)
class Sheet:
    """One file that people fill in, with its key columns and the columns for their entries."""

    name: str
    key: tuple[str, ...]
    fill: tuple[str, ...]
    allowed: Mapping[str, tuple[str, ...]]
    """Columns with a fixed choice of words, and these words."""
    grows: bool = False
    """Whether people may add rows of their own."""
    keeps: tuple[str, ...] = ()
    """Columns that comb fills when a row is written, such as the passages on which a summary is based."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns of the file."""
        return (*self.key, *self.fill, *self.keeps)

    def key_of(self, row: Mapping[str, str]) -> tuple[str, ...]:
        """Return the key of a row."""
        return tuple(row[name] for name in self.key)

    def normal(self, row: Row) -> Row:
        """Return a row with lower case in the columns with a fixed choice of words."""
        return {name: text.casefold() if name in self.allowed else text for name, text in row.items()}

    def path(self, folder: Path) -> Path:
        """Return where the file lies in ``data/synthesis``."""
        return folder / f"{self.name}.csv"


MATRIX = Sheet("matrix", ("case", "code"), ("summary", "author", "checked"), {}, keeps=("passages",))
BELIEFS = Sheet(
    "beliefs",
    ("belief",),
    ("code", "statement", "theme", "context", "strong", "conflicts_with", *SECOND),
    {"strong": YES_NO},
    grows=True,
)
BELIEF_PASSAGES = Sheet("belief-passages", ("passage", "code"), ("belief", "by"), {})
RELEVANCE = Sheet(
    "relevance",
    ("code",),
    ("frequent", "conflicting", "strong", "relevant", "importance", "questions", "comment", *SECOND),
    {**dict.fromkeys(("frequent", "conflicting", "strong", "relevant"), YES_NO), "importance": ("", "key", "less")},
)
QUOTES = Sheet("quotes", ("code", "passage"), ("pick", "why"), {"pick": YES_NO}, grows=True)
APEASE = Sheet(
    "apease",
    ("kind", "item"),
    (
        *("affordability", "practicability", "effectiveness", "acceptability", "side_effects", "equity"),
        *("chosen", "comment", "by"),
    ),
    {"chosen": YES_NO},
)
INTERVENTIONS = Sheet(
    "interventions",
    ("code", "function", "bct"),
    ("necessary_action", "intervention_component", "by"),
    {},
    grows=True,
)
PRACTICE = Sheet("practice", ("bct",), ("frequency", "source"), {}, grows=True)
BEHAVIOUR = Sheet("behaviour", ("aspect",), ("answer", "by"), {})
REPORTING = Sheet("reporting", ("item",), ("text", "by"), {}, grows=True)
SHEETS = (MATRIX, BELIEFS, BELIEF_PASSAGES, RELEVANCE, QUOTES, APEASE, INTERVENTIONS, PRACTICE, REPORTING, BEHAVIOUR)


def read_sheet(folder: Path, sheet: Sheet, problems: list[str]) -> list[Row]:
    """Read people's entries, including columns of their own; nothing if there is no file.

    Adds each invalid row to ``problems``.
    """
    path = sheet.path(folder)
    rows: list[Row] = []
    seen: set[tuple[str, ...]] = set()
    for number, row in read_rows(path, sheet.key, (*sheet.fill, *sheet.keeps)) if path.exists() else ():
        filled = sheet.normal({name: row.get(name, "").strip() for name in sheet.columns})
        where = f"{path.name}, row {number}"
        problems += [f"{where}: {what}" for what in wrong(sheet, filled)]
        if sheet.key_of(filled) in seen:
            problems.append(f"{where}: {' / '.join(sheet.key_of(filled))} is in an earlier row too")
        seen.add(sheet.key_of(filled))
        rows.append({**row, **filled, WHERE: where})
    return rows


def wrong(sheet: Sheet, row: Mapping[str, str]) -> list[str]:
    """Return the problems of a row, naming columns and allowed words, but never people's texts."""
    found = [f"no {name}" for name in sheet.key if not row[name]]
    for name, words in sheet.allowed.items():
        if row[name].casefold() not in words:
            found.append(f"{name} takes {' or '.join(repr(word) for word in words if word)}, or nothing")
    return found


def check_known(
    rows: Iterable[Row],
    column: str,
    known: Sequence[str],
    problems: list[str],
    *,
    kind: str = "",
    several: bool = False,
) -> None:
    """Add every row whose cell names something unknown to ``problems``, with the nearest known name.

    ``kind`` is the kind of thing named in the cell, if it differs from the column's name.
    """
    from difflib import get_close_matches

    for row in rows:
        for name in filter(None, row[column].split(";") if several else [row[column]]):
            if name.strip() not in known:
                near = get_close_matches(name.strip(), known, 1)
                hint = f"; the nearest is {near[0]!r}" if near else ""
                problems.append(f"{row['where']}, column {column}: there is no such {kind or column}{hint}")


def raise_problems(problems: Sequence[str]) -> None:
    """Raise BadInputError listing all problems, if there are any."""
    if problems:
        remedy = "Correct these rows in data/synthesis and run the command again."
        raise BadInputError("; ".join(problems), where="data/synthesis", remedy=remedy)
