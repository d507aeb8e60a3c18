"""COREQ items 24 to 32 and the SRQR items, answered from what a study holds."""

from collections.abc import Callable, Iterator, Mapping

import comb
from comb.report.document import TO_WRITE
from comb.synthesis.findings import Findings

Answer = Callable[[Findings, Mapping[str, int]], str]


def _coders(found: Findings, coders: Mapping[str, int]) -> str:
    return f"{len(coders)} ({', '.join(coders) or 'none yet'})."


def _tree(found: Findings, coders: Mapping[str, int]) -> str:
    levels = ", ".join(found.codebook.levels)
    n = len(found.codebook.codes)
    return f"{n} codes on {len(found.codebook.levels)} levels ({levels}); add configs/codebook.yaml."


def _themes(found: Findings, coders: Mapping[str, int]) -> str:
    themes = {belief.theme for belief in found.beliefs} - {""}
    return (
        f"Codes were fixed in the codebook; {len(found.beliefs)} belief statements and {len(themes)} themes were "
        "derived from the data by people."
    )


def _software(found: Findings, coders: Mapping[str, int]) -> str:
    return f"comb {comb.__version__}."


def _quotations(found: Findings, coders: Mapping[str, int]) -> str:
    people = {person for quote in found.quotes for person in quote.passage.participants}
    return f"{len(found.quotes)} quotations of {len(people)} identified participants."


def _consistent(found: Findings, coders: Mapping[str, int]) -> str:
    return "Every count lists the passages under it (HTML report; column passages of each table)."


def _major(found: Findings, coders: Mapping[str, int]) -> str:
    key = [found.name(j.code) for j in found.judgements.values() if j.importance.casefold() == "key"]
    return f"Key domains: {', '.join(key)}." if key else ""


def _minor(found: Findings, coders: Mapping[str, int]) -> str:
    less = [found.name(j.code) for j in found.judgements.values() if j.importance.casefold() == "less"]
    return f"Less important domains: {', '.join(less)}." if less else ""


def _units(found: Findings, coders: Mapping[str, int]) -> str:
    sample = found.sample
    return (
        f"{len(sample.of_kind('interview'))} interviews, {len(sample.of_kind('focus group'))} focus groups, "
        f"{len(sample.participants)} participants (table of participants)."
    )


def _analysis(found: Findings, coders: Mapping[str, int]) -> str:
    return f"Coded by {len(coders)} people with a fixed codebook; counted and tabulated by comb (Methods)."


def _trust(found: Findings, coders: Mapping[str, int]) -> str:
    confirmed = sum(belief.state == "confirmed" for belief in found.beliefs)
    return (
        f"Agreement between coders (Methods); {confirmed} of {len(found.beliefs)} belief statements confirmed by a "
        "second person."
    )


def _interpretation(found: Findings, coders: Mapping[str, int]) -> str:
    return f"Results: {len(found.codes)} domains, {len(found.beliefs)} belief statements."


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


def items(found: Findings, coders: Mapping[str, int], written: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Yield each item with what it asks for and what the study says: comb's part, then what people wrote."""
    for item, asks, answer in ITEMS:
        parts = [answer(found, coders) if answer else "", written.get(item, "")]
        yield item, asks, " ".join(filter(None, parts)) or f"{TO_WRITE}."
