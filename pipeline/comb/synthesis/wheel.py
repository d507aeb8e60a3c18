"""The Behaviour Change Wheel: from relevant codes to intervention functions, policies and techniques.

comb recommends nothing: each link shows what the published matrices consider worthwhile, with its passages and the
state of each cell; people choose, by the APEASE criteria.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from comb.codebook import Codebook, template_codebook
from comb.synthesis.beliefs import Judgement
from comb.synthesis.counts import Count, find
from comb.synthesis.matrices import Cell, Matrices, worst_state
from comb.synthesis.sheets import APEASE, Row

CRITERIA = APEASE.fill[:6]


@dataclass(frozen=True, slots=True)
class Link:
    """One intervention function for one relevant code, with the reason."""

    code: str
    component: str
    domain: str
    function: str
    state: str
    via: tuple[Cell, ...]
    """The cells that link the function to the component or the domain, including those on which sources disagree."""
    count: Count


@dataclass(frozen=True)
class Wheel:
    """The links that follow from the relevant codes."""

    relevant: tuple[str, ...]
    judged: bool
    """Whether people judged which codes are relevant; if not, all codes with passages are followed."""
    links: tuple[Link, ...]
    policies: tuple[Cell, ...]
    techniques: tuple[Cell, ...]
    notes: tuple[str, ...]

    @property
    def functions(self) -> tuple[str, ...]:
        """Return the functions that come up, in the order of the links."""
        return tuple(dict.fromkeys(link.function for link in self.links))


def follow(
    codebook: Codebook,
    codes: Sequence[str],
    counts: Sequence[Count],
    judgements: Mapping[str, Judgement],
    matrices: Matrices,
) -> Wheel:
    """Follow each relevant code in ``codes`` through the matrices, except codes without passages."""
    judged = any(judgements[code].relevant for code in codes if code in judgements)
    relevant, notes = [], []
    for code in codes:
        wanted = judgements[code].relevant.casefold() == "yes" if code in judgements else False
        if (wanted or not judged) and find(counts, code).evidence:
            relevant.append(code)
        elif wanted:
            notes.append(f"{codebook.codes[code].name} was judged relevant, but has no passages: left out")
    unknown = [code for code in relevant if not _places(codebook, code, matrices)]
    if unknown:
        names = ", ".join(codebook.codes[code].name for code in unknown)
        notes.append(f"Not followed, because no matrix contains them: {names}")
    renamed = [code for code in relevant if code not in unknown and not matrices.knows(codebook.codes[code].name)]
    notes += [f"{codebook.codes[code].name} is treated as {_term(codebook, code, matrices)}" for code in renamed]
    silent = [code for code in relevant if _is_silent(_term(codebook, code, matrices), matrices)]
    if silent:
        names = ", ".join(codebook.codes[code].name for code in silent)
        notes.append(f"No source links {names} to functions; the functions of the component are used instead")
    links = [link for code in relevant for link in _links(codebook, code, counts, matrices)]
    if links and not judged:
        notes.insert(0, "Nobody has judged yet which domains are relevant, so all domains with passages are followed")
    alone = [codebook.codes[c].name for c in relevant if judged and not judgements[c].confirmed]
    if alone:
        notes.append(f"Followed as relevant, though not yet confirmed by a second person: {', '.join(alone)}")
    functions = tuple(dict.fromkeys(link.function for link in links))
    policies = tuple(cell for name in functions for cell in matrices.linked("function_policy", name))
    techniques = tuple(cell for name in functions for cell in matrices.linked("function_bct", name))
    return Wheel(tuple(relevant), judged, tuple(links), policies, techniques, tuple(notes))


def _is_silent(name: str, matrices: Matrices) -> bool:
    """Return whether a name is that of a domain for which no source says which functions it is linked to."""
    rows = [matrices.row_of(cell.source_item, name) for cell in matrices.reached("component_domain", name)]
    return bool(rows) and all(matrices.silent("domain_function", row) for row in rows)


def _places(codebook: Codebook, code: str, matrices: Matrices) -> list[tuple[str, str]]:
    """Return the (component, domain) pairs of a code: a domain stands under each component that the matrix names.

    A domain of which each component has a part of its own, such as skills, stands only if the codebook has it. For
    a component, the domain is empty.
    """
    name = _term(codebook, code, matrices)
    if not matrices.knows(name):
        return []
    cells = matrices.reached("component_domain", name)
    above = {_term(codebook, parent, matrices).casefold() for parent in codebook.codes[code].path}
    own = [cell for cell in cells if cell.source_item.casefold() in above]
    parts = own if own and any(cell.detail for cell in cells) else cells
    return [(cell.source_item, name) for cell in parts] or [(name, "")]


def _term(codebook: Codebook, code: str, matrices: Matrices) -> str:
    """Return what the matrices call a code: its name, or that of comb's own code of its id and place."""
    own, template = codebook.codes[code], template_codebook().codes.get(code)
    if matrices.knows(own.name) or template is None or template.path != own.path:
        return own.name
    return template.name


def _links(codebook: Codebook, code: str, counts: Sequence[Count], matrices: Matrices) -> list[Link]:
    links = []
    for component, domain in _places(codebook, code, matrices):
        of_component = matrices.linked("component_function", component)
        row = matrices.row_of(component, domain)
        of_domain = matrices.linked("domain_function", row)
        # A domain's own row is finer than its component's; only where no source has one does the component's stand.
        leading = of_component if not domain or matrices.silent("domain_function", row) else of_domain
        doubts = (*matrices.disputed("component_function", component), *matrices.disputed("domain_function", row))
        for function in dict.fromkeys(cell.target_item for cell in leading):
            via = tuple(cell for cell in (*of_component, *of_domain, *doubts) if cell.target_item == function)
            links.append(Link(code, component, domain, function, worst_state(via), via, find(counts, code)))
    return links


def verdicts(rows: Sequence[Row]) -> dict[tuple[str, str], Row]:
    """Return people's judgements on the APEASE sheet, by kind and item."""
    return {(row["kind"], row["item"]): row for row in rows}


def chosen(judged: Mapping[tuple[str, str], Row], kind: str) -> tuple[str, ...]:
    """Return the items of a kind that people chose: functions, policies or techniques."""
    return tuple(item for (of, item), row in judged.items() if of == kind and row["chosen"].casefold() == "yes")


def linked_domains(matrices: Matrices, number: str) -> list[Cell]:
    """Return the domains through which a technique works, each once, with a confirmed cell if there is one."""
    found: dict[str, Cell] = {}
    for cell in matrices.linked("bct_domain", number):
        if cell.target_item not in found or found[cell.target_item].state != "confirmed":
            found[cell.target_item] = cell
    return list(found.values())
