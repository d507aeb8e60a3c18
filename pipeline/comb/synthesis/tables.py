"""Every table that comb makes for a paper, and tables of progress."""

from collections.abc import Callable, Mapping

from comb.synthesis.findings import Findings
from comb.synthesis.intervention_tables import INTERVENTION_TABLES, apease, component_functions, policy_categories
from comb.synthesis.results_tables import RESULTS_TABLES, Line, Table, beliefs_by_group, domain_relevance


def tables(found: Findings) -> list[Table]:
    """Return every table, in reading order."""
    return [make(found) for make in (*RESULTS_TABLES, *INTERVENTION_TABLES)]


def charting_progress(found: Findings) -> Table:
    """Count the cells of the framework matrix by state, for each case."""
    lines = []
    for case in dict.fromkeys(cell.case for cell in found.matrix):
        own = [cell for cell in found.matrix if cell.case == case and (cell.passages or cell.summary)]
        current = sum(cell.state == "up to date" for cell in own)
        waiting = sum(cell.state == "to be summarised" for cell in own)
        stale = [f"{found.name(c.code)}: {c.state}" for c in own if c.state not in ("up to date", "to be summarised")]
        cells = (case, str(len(own)), str(current), str(waiting), "; ".join(stale) or "–")
        lines.append(Line(cells, tuple(dict.fromkeys(i for cell in own for i in cell.ids))))
    columns = ("case", "cells with passages", "up to date", "to be summarised", "changed since")
    return Table("charting", "Framework matrix: progress of charting", columns, tuple(lines))


OVERVIEWS: Mapping[str, tuple[Callable[[Findings], Table], ...]] = {
    "matrix": (charting_progress,),
    "beliefs": (beliefs_by_group, domain_relevance),
    "wheel": (component_functions, policy_categories, apease),
}


def overview(found: Findings, kind: str) -> list[Table]:
    """Return the tables of progress for a command."""
    return [make(found) for make in OVERVIEWS[kind]]
