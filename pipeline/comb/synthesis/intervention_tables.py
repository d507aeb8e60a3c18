"""The tables of a paper that lead from the relevant domains to the intervention."""

from collections.abc import Callable, Sequence

from comb.synthesis.counts import find
from comb.synthesis.findings import Findings
from comb.synthesis.matrices import LEGEND, MARKS, Cell
from comb.synthesis.results_tables import TO_BE_JUDGED, Line, Table, quoted, ranked, who
from comb.synthesis.sheets import Row
from comb.synthesis.wheel import CRITERIA, Link, linked_domains

TO_BE_FILLED = "to be filled in"
BCIO = (
    "BCT: behaviour change technique, with its number in the BCT Taxonomy v1 (Michie et al. 2013). BCIO: class of the "
    "Behaviour Change Intervention Ontology (CC BY 4.0), matched by label and definition; ~ marks a class that is "
    "broader, or one of several."
)


def com_b_diagnosis(found: Findings) -> Table:
    """COM-B diagnosis."""
    lines = []
    for code in found.codes:
        counted, judged = find(found.counts, code), found.judgements.get(code)
        if not counted.evidence:
            continue
        relevant = (judged.verdict if judged else "") or TO_BE_JUDGED
        planned = [row["intervention_component"] for row in _planned(found, code)]
        needed = (
            f"yes: {'; '.join(planned)}" if planned else "no" if judged and judged.relevant == "no" else TO_BE_FILLED
        )
        cells = (found.component(code), found.domain(code) or "–", relevant, needed)
        lines.append(Line(cells, counted.evidence))
    columns = ("component", "TDF", "relevance of domain", "intervention? yes / no and what")
    return Table("com_b_diagnosis", "COM-B diagnosis", columns, tuple(lines))


def barriers_enablers_bct(found: Findings) -> Table:
    """Barriers and enablers with techniques."""
    lines = []
    for code in found.wheel.relevant:
        sides = [_statements(found, code, side) for side in ("facilitator", "barrier")]
        place = found.component(code) + (f": {found.domain(code)}" if found.domain(code) else "")
        techniques = "; ".join(_technique(found, cell) for cell in candidates(found, code))
        lines.append(Line((place, *sides, techniques or "–"), find(found.counts, code).evidence))
    columns = ("TDF / COM-B", "enabler", "barrier", "BCT")
    notes = (
        "The statements are belief statements; where none has been written yet, the number of participants is given "
        "instead. (both): some of the passages under the statement speak of a barrier and others of an enabler, or a "
        "passage speaks of both.",
        BCIO,
        LEGEND,
    )
    return Table("barriers_enablers_bct", "Barriers, enablers and techniques", columns, tuple(lines), notes)


def component_functions(found: Findings) -> Table:
    """Intervention functions of components and domains."""
    lines = []
    places = dict.fromkeys((link.code, link.component, link.domain) for link in found.wheel.links)
    for code, component, domain in places:
        own = [x for x in found.wheel.links if (x.code, x.component, x.domain) == (code, component, domain)]
        functions = ", ".join(f"{link.function}{MARKS[link.state]}" for link in own)
        lines.append(Line((component, domain or "–", functions), own[0].count.evidence))
    columns = ("component", "TDF", "intervention function")
    return Table("component_functions", "Intervention functions", columns, tuple(lines), (LEGEND,))


def policy_categories(found: Findings) -> Table:
    """Policy categories of the intervention functions."""
    lines = []
    for function in found.wheel.functions:
        own = [cell for cell in found.wheel.policies if cell.source_item == function]
        listed = ", ".join(f"{cell.marked} {_chosen(found, 'policy', cell.target_item)}".strip() for cell in own)
        lines.append(Line((function, listed or "–"), _evidence(found, function)))
    columns = ("intervention function", "policy categories")
    return Table("policy_categories", "Policy categories", columns, tuple(lines), (LEGEND,))


def apease(found: Findings) -> Table:
    """Functions, policies and techniques judged by the APEASE criteria."""
    lines = []
    for (kind, item), row in found.apease.items():
        title = found.technique(item) if kind == "technique" else item
        cells = (kind, title, *(row[name] or "–" for name in CRITERIA), row["chosen"] or TO_BE_JUDGED)
        lines.append(Line((*cells, row["comment"] or "–"), _item_evidence(found, kind, item)))
    columns = ("kind", "item", *(name.replace("_", " ") for name in CRITERIA), "chosen", "comment")
    note = (
        "Only the HTML report shows the passages. For a function, they are those of all domains and components to "
        "which it is linked; for a policy or technique, those of all functions to which it is linked, even where no "
        "published table links the policy or technique to the domain of a passage."
    )
    return Table("apease", "APEASE criteria", columns, tuple(lines), (note,))


def bct_apease(found: Findings) -> Table:
    """Choice of techniques with APEASE."""
    lines = []
    for link in found.wheel.links:
        for cell in _linked_techniques(found, link):
            judged = _chosen(found, "technique", cell.target_item) or TO_BE_JUDGED
            name = f"{_technique(found, cell)}: {judged}"
            cells = (link.component, link.domain or "–", f"{link.function}{MARKS[link.state]}", name)
            lines.append(Line(cells, link.count.evidence))
    columns = ("component", "TDF", "function", "BCT (number and name)")
    note = "For a domain, only techniques that a published table links to it are listed."
    return Table("bct_apease", "Choice of techniques by APEASE", columns, tuple(lines), (note, BCIO, LEGEND))


def all_in_one(found: Findings) -> Table:
    """From the domain to the intervention component in one table."""
    lines = []
    for row in found.interventions:
        code = row["code"]
        if code not in found.codebook.codes:
            continue
        quotes = [f"{quoted(q.passage)} {who(found, q.passage)}" for q in found.quotes if q.code == code][:2]
        states = [x.state for x in found.wheel.links if x.code == code and x.function == row["function"]]
        function = f"{row['function']}{MARKS[states[0]] if states else ' (not in the matrices)'}"
        place = (found.construct(code), found.component(code), found.domain(code) or "–")
        plan = (function, found.technique(row["bct"]), row["intervention_component"] or TO_BE_FILLED)
        cells = (*place, row["necessary_action"] or TO_BE_FILLED, "\n".join(quotes) or "–", *plan)
        lines.append(Line(cells, find(found.counts, code).evidence))
    columns = (
        "construct",
        "domain (component of COM-B)",
        "TDF",
        "necessary actions",
        "participant quotes",
        "function",
        "BCT",
    )
    title = "From domains to intervention components"
    note = (
        "The quotes are the first two of the domain or component in the table of quotations; they were not chosen for "
        "the action beside them."
    )
    return Table("all_in_one", title, (*columns, "intervention component"), tuple(lines), (note, LEGEND))


def bct_congruence(found: Findings) -> Table:
    """Congruence of the techniques in use with the domains that matter."""
    ranks = {found.name(code).casefold(): rank for rank, code, _ in ranked(found)}
    of = max(len(ranks), 1)
    lines = []
    for row in found.practice:
        domains = linked_domains(found.matrices, row["bct"])
        named = ", ".join(cell.marked for cell in domains) or "none known"
        reached = [ranks[cell.target_item.casefold()] for cell in domains if cell.target_item.casefold() in ranks]
        best = min(reached, default=0) if found.sample.interviewed() else 0
        level = "–" if not best else "high" if best <= of / 3 else "medium" if best <= 2 * of / 3 else "low"
        evidence = tuple(
            dict.fromkeys(i for _, code, c in ranked(found) for i in c.evidence if _is(found, code, domains))
        )
        cells = (found.technique(row["bct"]), row["frequency"], named, str(best or "–"), level)
        lines.append(Line(cells, evidence))
    note = (
        "Frequency is how often present practice uses the technique (data/synthesis/practice.csv). Importance "
        "rank is the best rank of the linked domains in the ranking by number of participants, in which domains may "
        "share a rank; it is not the researchers' judgement of importance. Congruence is high in the first third of "
        "the ranking, low in the last. Some linked constructs, such as Attitude towards the behaviour, are not domains "
        "of the TDF; they have no rank."
    )
    columns = ("BCT", "frequency", "linked TDF domains", "importance rank", "congruence high / med / low")
    return Table("bct_congruence", "Congruence of techniques in use", columns, tuple(lines), (note, LEGEND))


def _is(found: Findings, code: str, domains: Sequence[Cell]) -> bool:
    return any(cell.target_item.casefold() == found.name(code).casefold() for cell in domains)


def _planned(found: Findings, code: str) -> list[Row]:
    return [row for row in found.interventions if row["code"] == code and row["intervention_component"]]


def _statements(found: Findings, code: str, side: str) -> str:
    own = [b for b in found.beliefs if code in found.codebook.codes[b.code].path and b.side in (side, "both")]
    if own:
        return "; ".join(f"{b.statement}{' (both)' if b.side == 'both' else ''}" for b in own)
    counted = find(found.counts, code, side)
    groups = f"; in {', '.join(counted.focus_groups)}" if counted.focus_groups else ""
    shared = f"{counted.share} of participants" if counted.of_participants else ""
    return f"{shared}{groups}".removeprefix("; ") if counted.evidence else "–"


def _technique(found: Findings, cell: Cell) -> str:
    technique = found.matrices.technique(cell.target_item)
    bcio = f" [{'' if technique.match == 'equivalent' else '~'}{technique.bcio}]" if technique.bcio else ""
    return f"{technique.title}{MARKS[cell.state]}{bcio}"


def _linked_techniques(found: Findings, link: Link) -> list[Cell]:
    """Return the techniques of a link's function; for a domain, those that are known to work through it."""
    own = [cell for cell in found.wheel.techniques if cell.source_item == link.function]
    if not link.domain:
        return own
    known = {cell.source_item for cell in found.matrices.reached("bct_domain", link.domain)}
    return [cell for cell in own if cell.target_item in known]


def candidates(found: Findings, code: str) -> list[Cell]:
    """Return the techniques that come up for a code, each once, with the first function that it serves."""
    cells: dict[str, Cell] = {}
    for link in found.wheel.links:
        if link.code == code:
            for cell in _linked_techniques(found, link):
                cells.setdefault(cell.target_item, cell)
    return list(cells.values())


def _chosen(found: Findings, kind: str, item: str) -> str:
    row = found.apease.get((kind, item))
    answer = row["chosen"].casefold() if row else ""
    return {"yes": "(chosen)", "no": "(not chosen)"}.get(answer, "")


def _evidence(found: Findings, function: str) -> tuple[str, ...]:
    own = [link.count.evidence for link in found.wheel.links if link.function == function]
    return tuple(dict.fromkeys(passage for evidence in own for passage in evidence))


def _item_evidence(found: Findings, kind: str, item: str) -> tuple[str, ...]:
    if kind == "function":
        return _evidence(found, item)
    cells = found.wheel.policies if kind == "policy" else found.wheel.techniques
    functions = [cell.source_item for cell in cells if cell.target_item == item]
    return tuple(dict.fromkeys(passage for function in functions for passage in _evidence(found, function)))


INTERVENTION_TABLES: Sequence[Callable[[Findings], Table]] = (
    com_b_diagnosis,
    component_functions,
    policy_categories,
    barriers_enablers_bct,
    bct_apease,
    apease,
    all_in_one,
    bct_congruence,
)
