"""All results of a synthesis in one record, from which tables, pictures and the report are made."""

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
    ASPECTS,
    BEHAVIOUR,
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
    """The results of a synthesis."""

    codebook: Codebook
    everyone: Sample
    """Everybody who took part, including those in transcripts that are not counted."""
    sample: Sample
    """People whose transcripts are counted: the denominators of all shares."""
    coded: Coded
    counts: Sequence[Count]
    codes: tuple[str, ...]
    """Codes that get rows in tables of results."""
    quotes: Sequence[Quote]
    matrix: Sequence[Cell]
    beliefs: Sequence[Belief]
    judgements: Mapping[str, Judgement]
    saturation: Sequence[Step]
    saturation_by_group: Mapping[str, Sequence[Step]]
    """Saturation for the transcripts of each compared group."""
    matrices: Matrices
    wheel: Wheel
    apease: Mapping[tuple[str, str], Row]
    interventions: Sequence[Row]
    practice: Sequence[Row]
    """Techniques already used in present practice, with their frequency."""
    picked: Sequence[Row]
    """Researchers' decisions about quotations."""
    placed: Sequence[Row]
    """The belief to which people assigned each passage."""
    behaviour: Sequence[Row]
    """People's texts on each aspect of the target behaviour."""
    disputes: Mapping[str, str]
    """A second person's objections to a belief, by its id."""
    notes: tuple[str, ...] = ()

    @property
    def passages(self) -> tuple[Passage, ...]:
        """Return the passages that are counted."""
        return self.coded.passages

    def name(self, code: str) -> str:
        """Return a code's name."""
        return self.codebook.codes[code].name

    def construct(self, code: str) -> str:
        """Return the name of a code's ancestor at the top of the tree."""
        return self.name(self.codebook.codes[code].path[0])

    def component(self, code: str) -> str:
        """Return the name of a code's component: its ancestor on the second level, if the tree has three."""
        path = self.codebook.codes[code].path
        return self.name(path[min(1, len(path) - 1)] if len(self.codebook.levels) > 2 else path[0])

    def domain(self, code: str) -> str:
        """Return the code's name if it is below a component, otherwise ``""``."""
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
    """Combine counts and people's texts; ``filled`` contains the rows of each sheet by its name.

    Raises BadInputError listing all rows that name something unknown, with ``problems`` found before.
    """
    passages, everyone = coded.passages, sample
    sample = sample.only(coded.coders)
    counts = summarise(sample, passages, codebook)
    codes = substantive(codebook, counts, passages)
    beliefs, notes = read_beliefs(filled[BELIEFS.name], filled[BELIEF_PASSAGES.name], passages, codebook, problems)
    judgements = read_judgements(filled[RELEVANCE.name], codebook, problems)
    for sheet in (MATRIX, QUOTES, INTERVENTIONS):
        check_known(filled[sheet.name], "code", list(codebook.codes), problems)
    check_known(filled[BEHAVIOUR.name], "aspect", list(ASPECTS), problems)
    raise_problems(problems)
    picks = _picks(filled[QUOTES.name])
    quotes = choose(passages, codebook, codes, picks, wanted.quotes, wanted.quote_words)
    notes += [*_lost(picks, quotes), *_above(codebook, codes, passages)]
    rows = [p for p in passages if p.code in codes]
    wheel = follow(codebook, codes, counts, judgements, matrices)
    return Findings(
        codebook,
        everyone,
        sample,
        coded,
        counts,
        codes,
        quotes,
        chart(everyone, passages, codebook, codes, filled[MATRIX.name]),
        beliefs,
        judgements,
        steps(sample, rows, beliefs),
        {group: steps(sample, rows, beliefs, group) for group in sample.compared},
        matrices,
        wheel,
        verdicts(filled[APEASE.name]),
        filled[INTERVENTIONS.name],
        filled[PRACTICE.name],
        filled[QUOTES.name],
        filled[BELIEF_PASSAGES.name],
        filled[BEHAVIOUR.name],
        {row["belief"]: row["dispute"] for row in filled[BELIEFS.name]},
        (*sample.notes, *coded.notes, *notes, *wheel.notes),
    )


def _picks(rows: Sequence[Row]) -> list[Pick]:
    """Return what researchers decided about quotations."""
    return [
        Pick(row["code"], row["passage"], row["pick"].casefold() == "yes", row["why"]) for row in rows if row["pick"]
    ]


def _lost(picks: Sequence[Pick], quotes: Sequence[Quote]) -> list[str]:
    """Return a note on picks whose passage is not coded with their code any more."""
    gone = len(lost(picks, quotes))
    many = "picked quotation is" if gone == 1 else "picked quotations are"
    return [f"{gone} {many} no longer coded so; see data/synthesis/quotes.csv"] if gone else []


def _above(codebook: Codebook, codes: Sequence[str], passages: Sequence[Passage]) -> list[str]:
    """Return a note on passages whose codes have no row in tables by domain."""
    left: dict[str, set[str]] = {}
    for passage in passages:
        if passage.code not in codes:
            left.setdefault(codebook.codes[passage.code].name, set()).add(passage.id)
    many = [f"{name} ({len(ids)} {'passage' if len(ids) == 1 else 'passages'})" for name, ids in left.items()]
    where = "Passages not coded to a domain, counted in the table Barriers and facilitators but in no table by domain"
    return [f"{where}: {', '.join(many)}"] if many else []
