"""Everything that a synthesis found, in one record: what tables, pictures and the report are made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from comb.codebook import Codebook
from comb.synthesis.beliefs import Belief, Judgement, read_beliefs, read_judgements
from comb.synthesis.charting import Cell, chart
from comb.synthesis.counts import Count, substantive, summarise
from comb.synthesis.matrices import Matrices
from comb.synthesis.passages import Coded, Passage
from comb.synthesis.people import Sample
from comb.synthesis.quotes import Pick, Quote, choose, lost
from comb.synthesis.saturation import Step, steps
from comb.synthesis.sheets import (
    APEASE,
    BELIEF_PASSAGES,
    BELIEFS,
    INTERVENTIONS,
    MATRIX,
    PRACTICE,
    QUOTES,
    RELEVANCE,
    Row,
    check_known,
    raise_problems,
)
from comb.synthesis.wheel import Wheel, follow, verdicts


@dataclass(frozen=True)
class Findings:
    """What one synthesis found."""

    codebook: Codebook
    sample: Sample
    coded: Coded
    counts: Sequence[Count]
    codes: tuple[str, ...]
    """Those that tables of results have rows for."""
    quotes: Sequence[Quote]
    matrix: Sequence[Cell]
    beliefs: Sequence[Belief]
    judgements: Mapping[str, Judgement]
    saturation: Sequence[Step]
    matrices: Matrices
    wheel: Wheel
    apease: Mapping[tuple[str, str], Row]
    interventions: Sequence[Row]
    practice: Sequence[Row]
    """Techniques that present practice already uses, and how often."""
    picked: Sequence[Row]
    """What researchers decided about quotations."""
    placed: Sequence[Row]
    """Which belief people put each passage under."""
    notes: tuple[str, ...] = ()

    @property
    def passages(self) -> tuple[Passage, ...]:
        """Return the passages that are counted."""
        return self.coded.passages

    def name(self, code: str) -> str:
        """Return a code's name."""
        return self.codebook.codes[code].name

    def parent(self, code: str) -> str:
        """Return the name of the code above, or the code's own where there is none."""
        path = self.codebook.codes[code].path
        return self.name(path[-2] if len(path) > 1 else path[-1])

    def component(self, code: str) -> str:
        """Return the name of the component that a code belongs to: the second level, where the tree has three."""
        path = self.codebook.codes[code].path
        return self.name(path[min(1, len(path) - 1)] if len(self.codebook.levels) > 2 else path[0])

    def domain(self, code: str) -> str:
        """Return the code's name where it lies below a component, else nothing."""
        return self.name(code) if self.name(code) != self.component(code) else ""

    def technique(self, number: str) -> str:
        """Return number and name of a technique."""
        return self.matrices.technique(number).title


@dataclass(frozen=True)
class Wanted:
    """The settings of a synthesis."""

    quotes: int
    quote_words: int


def assemble(
    codebook: Codebook,
    sample: Sample,
    coded: Coded,
    filled: Mapping[str, Sequence[Row]],
    matrices: Matrices,
    wanted: Wanted,
    problems: list[str],
) -> Findings:
    """Bring together what was counted and what people wrote; ``filled`` holds the rows of each sheet by its name.

    Raises BadInputError listing all rows that name something unknown, with ``problems`` found before.
    """
    passages = coded.passages
    counts = summarise(sample, passages, codebook)
    codes = substantive(codebook, counts)
    beliefs, notes = read_beliefs(filled[BELIEFS.name], filled[BELIEF_PASSAGES.name], passages, codebook, problems)
    judgements = read_judgements(filled[RELEVANCE.name], codebook, problems)
    for sheet in (MATRIX, QUOTES, INTERVENTIONS):
        check_known(filled[sheet.name], "code", list(codebook.codes), problems)
    raise_problems(problems)
    picks, lost_picks = _picks(filled[QUOTES.name], passages)
    notes += lost_picks
    wheel = follow(codebook, codes, counts, judgements, matrices)
    return Findings(
        codebook,
        sample,
        coded,
        counts,
        codes,
        choose(passages, codebook, codes, picks, wanted.quotes, wanted.quote_words),
        chart(sample, passages, codebook, codes, filled[MATRIX.name]),
        beliefs,
        judgements,
        steps(sample, [p for p in passages if p.code in codes], beliefs, tuple(coded.coders)),
        matrices,
        wheel,
        verdicts(filled[APEASE.name]),
        filled[INTERVENTIONS.name],
        filled[PRACTICE.name],
        filled[QUOTES.name],
        filled[BELIEF_PASSAGES.name],
        (*sample.notes, *coded.notes, *notes, *wheel.notes),
    )


def _picks(rows: Sequence[Row], passages: Sequence[Passage]) -> tuple[list[Pick], list[str]]:
    """Return what researchers decided about quotations, with a note on passages that are not coded any more."""
    picks = [
        Pick(row["code"], row["passage"], row["pick"].casefold() == "yes", row["why"]) for row in rows if row["pick"]
    ]
    gone = len(lost(picks, passages))
    return picks, [f"{gone} picked quotations are not coded any more; see data/synthesis/quotes.csv"] if gone else []
