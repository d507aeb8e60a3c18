"""Every table that comb makes for a paper."""

from comb.synthesis.findings import Findings
from comb.synthesis.intervention_tables import INTERVENTION_TABLES
from comb.synthesis.results_tables import RESULTS_TABLES, Table


def tables(found: Findings) -> list[Table]:
    """Return every table, in the order of reading."""
    return [make(found) for make in (*RESULTS_TABLES, *INTERVENTION_TABLES)]
