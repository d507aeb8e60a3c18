"""The table of candidates that a person confirms: ``private/candidates.csv``."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast, get_args

from comb.errors import BadInputError
from comb.privacy.found import KINDS, Kind
from comb.study.csv_files import escape, unescape
from comb.study.files import read_rows, write_rows

Verdict = Literal["replace", "keep", "part", ""]
COLUMNS = ("candidate", "kind", "transcript", "occurrences", "in_transcripts", "pseudonym", "decision", "part")
_NOT_A_PSEUDONYM = re.compile(r"[\x00-\x1f\x7f\u2028\u2029:|<>]")


@dataclass(frozen=True, slots=True)
class Candidate:
    """Words that may identify somebody, with a person's decision; empty if undecided."""

    text: str
    kind: Kind
    transcript: str = ""
    """The only transcript to which the row applies; empty: all transcripts without a row of their own."""
    occurrences: int = 0
    in_transcripts: int = 0
    pseudonym: str = ""
    decision: Verdict = ""
    part: str = ""
    """With the decision ``part``: the words of the candidate to replace."""

    @property
    def key(self) -> tuple[str, str]:
        """The key that identifies a row."""
        return fold(self.text), self.transcript.casefold()

    @property
    def replaced(self) -> str:
        """The words to replace; empty if none."""
        return {"replace": self.text, "part": self.part}.get(self.decision, "")


def fold(text: str) -> str:
    r"""Return a form that is the same for all spellings of a candidate.

    >>> fold("O’Neill  "), fold("MEGAN\nEvans")
    ("o'neill", 'megan evans')
    """
    return " ".join(text.casefold().replace("’", "'").replace("‘", "'").split())


def write_candidates(path: Path, rows: Iterable[Candidate]) -> None:
    """Write the table; a cell that a spreadsheet could take for a formula gets an apostrophe."""
    write_rows(
        path,
        COLUMNS,
        (
            (
                escape(r.text),
                r.kind,
                r.transcript,
                r.occurrences,
                r.in_transcripts,
                escape(r.pseudonym),
                r.decision,
                escape(r.part),
            )
            for r in rows
        ),
        for_excel=True,
    )
    path.chmod(0o600)


def read_candidates(path: Path) -> list[Candidate]:
    """Read the table; nothing if there is none. Raises one BadInputError for all rows that cannot be used."""
    if not path.exists():
        return []
    rows: list[Candidate] = []
    wrong: list[str] = []
    seen: dict[tuple[str, str], int] = {}
    for number, cells in read_rows(path, ("candidate", "decision", "pseudonym"), COLUMNS):
        row = _candidate(cells)
        problems = list(_problems(row, cells))
        if row.key in seen:
            problems.append(f"the same candidate as row {seen[row.key]}")
        seen.setdefault(row.key, number)
        wrong += [f"row {number}: {problem}" for problem in problems]
        rows.append(row)
    if wrong:
        remedy = "Correct these rows and save the table as CSV."
        raise BadInputError(f"{len(wrong)} rows cannot be used", where=path.name, remedy=remedy, details=wrong)
    return rows


def _candidate(cells: dict[str, str]) -> Candidate:
    kind = cells.get("kind", "").strip().casefold()
    return Candidate(
        text=" ".join(unescape(cells["candidate"]).split()),
        kind=next((one for one in KINDS if one == kind), "person"),
        transcript=cells.get("transcript", "").strip(),
        occurrences=_count(cells.get("occurrences", "")),
        in_transcripts=_count(cells.get("in_transcripts", "")),
        pseudonym=" ".join(unescape(cells["pseudonym"]).split()),
        decision=cast(Verdict, cells["decision"].strip().casefold()),
        part=" ".join(unescape(cells.get("part", "")).split()),
    )


def _count(cell: str) -> int:
    return int(cell) if cell.strip().isdecimal() else 0


def _problems(row: Candidate, cells: dict[str, str]) -> Iterable[str]:
    """Return, without words of participants, what is wrong with a row."""
    kind = cells.get("kind", "").strip()
    if not row.text:
        yield "no candidate"
    if kind and kind.casefold() not in KINDS:
        yield f"column kind: not a kind; the kinds are: {', '.join(KINDS)}"
    if row.decision not in get_args(Verdict):
        yield "the decision is not one of: replace, keep, part"
    yield from wrong_decision(row)


def wrong_decision(row: Candidate) -> Iterable[str]:
    """Yield the problems with a decision."""
    if row.decision in ("replace", "part") and not row.pseudonym:
        yield "no pseudonym"
    if _NOT_A_PSEUDONYM.search(row.pseudonym):
        yield "a pseudonym cannot contain a colon, bar, angle bracket or line end"
    if row.decision == "part" and (not row.part or fold(row.part) not in fold(row.text)):
        yield "the part to be replaced is not in the candidate"
