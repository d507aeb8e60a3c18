"""The framework matrix (Gale et al. 2013, BMC Medical Research Methodology 13:117): cases by codes, with summaries."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from comb.codebook import Codebook
from comb.synthesis.counts import under
from comb.synthesis.passages import Passage
from comb.synthesis.people import Sample
from comb.synthesis.sheets import Row

_ID = re.compile(r"(.+?:\d+-\d+)(?:; |$)")
"""One passage in a list of them; a transcript's name may contain anything."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One case under one code: its passages, and the researcher's summary."""

    case: str
    code: str
    passages: tuple[Passage, ...]
    summary: str = ""
    author: str = ""
    state: str = ""
    checked: str = ""
    """The researcher's note from when they last checked the summary against the passages."""

    @property
    def ids(self) -> tuple[str, ...]:
        """Return the ids of the passages, each once."""
        return tuple(dict.fromkeys(passage.id for passage in self.passages))


def cases(sample: Sample) -> dict[str, tuple[str, ...]]:
    """Return the transcripts of each case: an interviewed person, or a focus group.

    Two who were interviewed together are one case, named after the transcript.
    """
    found: dict[str, tuple[str, ...]] = {}
    for name, session in sample.sessions.items():
        alone = session.kind == "interview" and len(session.participants) == 1
        case = session.participants[0] if alone else name
        found[case] = (*found.get(case, ()), name)
    return found


def chart(
    sample: Sample, passages: Sequence[Passage], codebook: Codebook, codes: Sequence[str], filled: Iterable[Row]
) -> list[Cell]:
    """Return every cell, case by case. A summary that no longer has passages is kept, as a cell without passages."""
    written = {(row["case"], row["code"]): row for row in filled}
    cells = []
    for case, transcripts in cases(sample).items():
        here = [passage for passage in passages if passage.transcript in transcripts]
        for code in codes:
            row = written.pop((case, code), {})
            cells.append(_cell(case, code, tuple(under(codebook, code, here)), row))
    return cells + [_cell(case, code, (), row) for (case, code), row in written.items()]


def _cell(case: str, code: str, passages: tuple[Passage, ...], row: Mapping[str, str]) -> Cell:
    now = tuple(dict.fromkeys(passage.id for passage in passages))
    summary = row.get("summary", "")
    before = tuple(_ID.findall(row.get("passages", "")))
    return Cell(
        case, code, passages, summary, row.get("author", ""), _state(bool(summary), now, before), row.get("checked", "")
    )


def _state(summarised: bool, now: Sequence[str], before: Sequence[str]) -> str:
    """Return how a summary stands to the passages of now.

    >>> _state(True, ["a:0-5", "a:9-12"], ["a:0-5"])
    '1 new passage since you summarised'
    """
    if not summarised:
        return "to be summarised" if now else ""
    parts = [
        f"{n} {what} {'passage' if n == 1 else 'passages'}"
        for n, what in ((len(set(now) - set(before)), "new"), (len(set(before) - set(now)), "removed"))
        if n
    ]
    return f"{' and '.join(parts)} since you summarised" if parts else "up to date"
