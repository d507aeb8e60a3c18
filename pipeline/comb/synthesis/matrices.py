"""The published matrices of the Behaviour Change Wheel, cell by cell with source and state; a study may bring its own.

Shipped with comb: TDF domains of each COM-B component (Cane et al. 2012), intervention functions of components (Michie
et al. 2011, and the Guide of 2014) and of domains, policy categories and behaviour change techniques of functions,
and domains that techniques work through. A cell is ``confirmed`` where its source, or a table citing it, was read,
``conflict`` where sources disagree, else ``unconfirmed``.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

from comb.errors import BadInputError
from comb.study.files import read_rows

NAMES = ("component_domain", "component_function", "domain_function", "function_policy", "function_bct", "bct_domain")
STATES = ("confirmed", "unconfirmed", "conflict")
MARKS = {"confirmed": "", "unconfirmed": "†", "conflict": "‡"}
LEGEND = "† unconfirmed: not checked in the primary source. ‡ sources disagree. Sources: wheel-matrices.csv."


@dataclass(frozen=True, slots=True)
class Cell:
    """Whether one thing is linked to another, who says so, and how far that was checked."""

    matrix: str
    source_item: str
    target_item: str
    linked: bool | None
    """None where no source says."""
    state: str
    status: str
    source: str
    detail: str = ""
    own: bool = False
    """Whether the study brought it."""

    @property
    def marked(self) -> str:
        """Return the target with the mark of its state, as every output shows it."""
        return f"{self.target_item}{MARKS[self.state]}"


@dataclass(frozen=True, slots=True)
class Technique:
    """A behaviour change technique of Taxonomy v1, with its class in the Behaviour Change Intervention Ontology."""

    number: str
    name: str
    bcio: str = ""
    bcio_label: str = ""
    match: str = ""
    """``equivalent``, ``broader`` or ``one of several``: how comb matched the class, by label and definition."""

    @property
    def title(self) -> str:
        """Return number and name."""
        return f"{self.number} {self.name}"


@dataclass(frozen=True)
class Matrices:
    """All matrices, as the study uses them."""

    cells: Mapping[str, tuple[Cell, ...]]
    techniques: Mapping[str, Technique]

    def linked(self, matrix: str, item: str) -> list[Cell]:
        """Return what an item is linked to, in the order of the matrix. Upper and lower case are the same."""
        return [c for c in self.cells[matrix] if c.linked and c.source_item.casefold() == item.casefold()]

    def reached(self, matrix: str, item: str) -> list[Cell]:
        """Return what is linked to an item."""
        return [c for c in self.cells[matrix] if c.linked and c.target_item.casefold() == item.casefold()]

    def row_of(self, component: str, domain: str) -> str:
        """Return the row of ``domain_function`` for a domain under a component, by default the domain's own.

        A domain that stands under two components has a row for each of its parts; ``component_domain`` names it as
        ``detail``.
        """
        cells = (
            c for c in self.reached("component_domain", domain) if c.source_item.casefold() == component.casefold()
        )
        return next((cell.detail for cell in cells if cell.detail), domain)

    def disputed(self, matrix: str, item: str) -> list[Cell]:
        """Return the links of an item that are not counted as one, but that some source has."""
        own = [c for c in self.cells[matrix] if c.source_item.casefold() == item.casefold()]
        return [cell for cell in own if not cell.linked and cell.state == "conflict"]

    def silent(self, matrix: str, item: str) -> bool:
        """Return whether no source says what an item is linked to."""
        own = [c for c in self.cells[matrix] if c.source_item.casefold() == item.casefold()]
        return all(cell.linked is None for cell in own)

    def knows(self, item: str) -> bool:
        """Return whether an item is a COM-B component or TDF domain of the matrices."""
        cells = (*self.cells["component_domain"], *self.cells["component_function"], *self.cells["domain_function"])
        return any(item.casefold() in (c.source_item.casefold(), c.target_item.casefold()) for c in cells)

    def technique(self, number: str) -> Technique:
        """Return a technique by number; one that the taxonomy lacks is its own name."""
        return self.techniques.get(number) or Technique(number, "")


def read_matrices(own: Path, edition: str) -> Matrices:
    """Read the matrices: those in the folder ``own`` in place of comb's.

    ``edition`` chooses among rows of different editions. Raises BadInputError listing every row of the study's own
    files that says neither linked nor not linked.
    """
    problems: list[str] = []
    cells = {}
    for name in NAMES:
        path = own / f"{name}.csv"
        found = list(_own_cells(path, name, problems)) if path.exists() else _shipped(name)
        cells[name] = tuple(cell for cell, of in found if of in ("", edition))
    if problems:
        remedy = "The columns are: from, to, linked (1 or 0), and optional edition, state, status, source, detail."
        raise BadInputError("; ".join(problems), where="data/synthesis/wheel", remedy=remedy)
    return Matrices(cells, _techniques())


def _own_cells(path: Path, name: str, problems: list[str]) -> Iterator[tuple[Cell, str]]:
    optional = ("edition", "state", "status", "source", "detail")
    for number, row in read_rows(path, ("from", "to", "linked"), optional):
        where = f"{path.name}, row {number}"
        if row["linked"].strip() not in ("0", "1"):
            problems.append(f"{where}: linked is neither 1 nor 0")
            continue
        state = row.get("state", "").strip() or "unconfirmed"
        if state not in STATES:
            problems.append(f"{where}: state is not one of {', '.join(STATES)}")
            continue
        yield _cell(name, {**dict.fromkeys(optional, ""), **row, "state": state}, own=True), row.get("edition", "")


@cache
def _shipped(name: str) -> tuple[tuple[Cell, str], ...]:
    with as_file(files("comb.synthesis") / "wheel" / f"{name}.csv") as path:
        return tuple((_cell(name, row, own=False), row["edition"]) for _, row in read_rows(path, ("from", "to")))


def _cell(matrix: str, row: Mapping[str, str], *, own: bool) -> Cell:
    ends = (row["from"].strip(), row["to"].strip())
    texts = (row["state"], row["status"], row["source"], row["detail"])
    return Cell(matrix, *ends, {"1": True, "0": False}.get(row["linked"].strip()), *texts, own)


@cache
def _techniques() -> dict[str, Technique]:
    with as_file(files("comb.synthesis") / "wheel" / "bct.csv") as path:
        rows = [row for _, row in read_rows(path, ("number", "name"))]
    return {r["number"]: Technique(r["number"], r["name"], r["bcio"], r["bcio_label"], r["match"]) for r in rows}


def worst_state(cells: Iterable[Cell]) -> str:
    """Return the state to show where several cells say the same: a doubt about one of them is never hidden."""
    states = {cell.state for cell in cells}
    return next(state for state in reversed(STATES) if state in states)
