"""COREQ items 24 to 32 and the SRQR items, answered from the study's data."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import comb
from comb.synthesis.findings import Findings
from comb.synthesis.results_tables import TO_WRITE

Answer = Callable[["Findings", "CodingFacts"], str]


@dataclass(frozen=True, slots=True)
class CodingFacts:
    """Facts about the coding."""

    coders: Mapping[str, int]
    """Number of transcripts coded by each person."""
    compared: int
    """Number of people whose agreement with one another was measured; 0 if one person coded alone, or with a model."""


def many(n: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun.

    >>> many(1, "belief"), many(2, "person", "people")
    ('1 belief', '2 people')
    """
    return f"{n:,} {noun if n == 1 else plural or f'{noun}s'}"


def _coders(found: Findings, coding: CodingFacts) -> str:
    return f"{len(coding.coders)} ({', '.join(coding.coders) or 'none yet'})."


def _tree(found: Findings, coding: CodingFacts) -> str:
    levels = ", ".join(found.codebook.levels)
    n = len(found.codebook.codes)
    on = many(len(found.codebook.levels), "level")
    return f"{many(n, 'code')} on {on} ({levels}); see the coding guideline in the appendix."


def _themes(found: Findings, coding: CodingFacts) -> str:
    themes = {belief.theme for belief in found.beliefs} - {""}
    return (
        f"{many(len(found.beliefs), 'belief statement')} and {many(len(themes), 'theme')} are recorded in the "
        "study's files, each with its passages."
        if found.beliefs
        else ""
    )


def _software(found: Findings, coding: CodingFacts) -> str:
    return f"comb {comb.__version__}."


def _quotations(found: Findings, coding: CodingFacts) -> str:
    people = {person for quote in found.quotes for person in quote.passage.participants}
    if not found.quotes:
        return ""
    return (
        f"{many(len(found.quotes), 'quotation')} of {many(len(people), 'participant')}, each with the participant's id."
    )


def _consistent(found: Findings, coding: CodingFacts) -> str:
    return "The passages behind each count are listed: in the HTML report, and in each table's column 'passages'."


def _major(found: Findings, coding: CodingFacts) -> str:
    key = [found.name(j.code) for j in found.judgements.values() if j.importance.casefold() == "key"]
    return f"Key domains: {', '.join(key)}." if key else ""


def _minor(found: Findings, coding: CodingFacts) -> str:
    less = [found.name(j.code) for j in found.judgements.values() if j.importance.casefold() == "less"]
    return f"Less important domains: {', '.join(less)}." if less else ""


def _units(found: Findings, coding: CodingFacts) -> str:
    sample = found.everyone
    return (
        f"{many(len(sample.of_kind('interview')), 'interview')}, "
        f"{many(len(sample.of_kind('focus group')), 'focus group')}, "
        f"{many(len(sample.participants), 'participant')} (table of participants)."
    )


def _analysis(found: Findings, coding: CodingFacts) -> str:
    coders = many(len(coding.coders), "coder")
    return f"Coded by {coders} with a codebook (appendix); counted and tabulated by comb (Methods)."


def _trust(found: Findings, coding: CodingFacts) -> str:
    confirmed = sum(belief.confirmed for belief in found.beliefs)
    parts = [
        f"Agreement of {coding.compared} coders was measured (Methods)." if coding.compared > 1 else "",
        f"A second person confirmed {confirmed} of {many(len(found.beliefs), 'belief statement')}."
        if found.beliefs
        else "",
    ]
    return " ".join(filter(None, parts))


def _interpretation(found: Findings, coding: CodingFacts) -> str:
    return "See Results." if found.beliefs or found.judgements else ""


ITEMS: tuple[tuple[str, str, Answer | None], ...] = (
    ("COREQ 24", "Number of data coders", _coders),
    ("COREQ 25", "Description of the coding tree", _tree),
    ("COREQ 26", "Derivation of themes", _themes),
    ("COREQ 27", "Software", _software),
    ("COREQ 28", "Participant checking", None),
    ("COREQ 29", "Quotations presented, each identified", _quotations),
    ("COREQ 30", "Data and findings consistent", _consistent),
    ("COREQ 31", "Clarity of major themes", _major),
    ("COREQ 32", "Clarity of minor themes", _minor),
    ("SRQR 1", "Title", None),
    ("SRQR 2", "Abstract", None),
    ("SRQR 3", "Problem formulation", None),
    ("SRQR 4", "Purpose or research question", None),
    ("SRQR 5", "Qualitative approach and research paradigm", None),
    ("SRQR 6", "Researcher characteristics and reflexivity", None),
    ("SRQR 7", "Context", None),
    ("SRQR 8", "Sampling strategy", None),
    ("SRQR 9", "Ethical issues pertaining to human subjects", None),
    ("SRQR 10", "Data collection methods", None),
    ("SRQR 11", "Data collection instruments and technologies", None),
    ("SRQR 12", "Units of study", _units),
    ("SRQR 13", "Data processing", None),
    ("SRQR 14", "Data analysis", _analysis),
    ("SRQR 15", "Techniques to enhance trustworthiness", _trust),
    ("SRQR 16", "Synthesis and interpretation", _interpretation),
    ("SRQR 17", "Links to empirical data", _quotations),
    ("SRQR 18", "Integration with prior work, implications, transferability, contributions", None),
    ("SRQR 19", "Limitations", None),
    ("SRQR 20", "Conflicts of interest", None),
    ("SRQR 21", "Funding", None),
)


def items(found: Findings, coding: CodingFacts, written: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Yield each item with its question and the study's answer: comb's part, then people's texts."""
    for item, asks, answer in ITEMS:
        parts = [answer(found, coding) if answer else "", written.get(item, "")]
        yield item, asks, " ".join(filter(None, parts)) or f"{TO_WRITE}."
