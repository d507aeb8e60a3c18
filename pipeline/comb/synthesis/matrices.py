"""The published matrices of the Behaviour Change Wheel, each cell with source and state; a study may have its own.

Shipped with comb: TDF domains of each COM-B component (Cane et al. 2012), intervention functions of components (Michie
et al. 2011, and the Guide of 2014) and of domains, policy categories and behaviour change techniques of functions, and
domains that techniques work through. A cell is ``confirmed`` if its source, or a table citing it, was read;
``conflict`` if sources disagree; otherwise ``unconfirmed``.
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
    """Whether one item is linked to another, with the source and the state of checking."""

    matrix: str
    source_item: str
    target_item: str
    linked: bool | None
    """None if no source says so."""
    state: str
    status: str
    source: str
    detail: str = ""
    own: bool = False
    """Whether it is from the study's own files."""

    @property
    def marked(self) -> str:
        """Return the target with the mark of its state, as in every output."""
        return f"{self.target_item}{MARKS[self.state]}"


@dataclass(frozen=True, slots=True)
class Technique:
    """A behaviour change technique of Taxonomy v1, with its class in the Behaviour Change Intervention Ontology."""

    number: str
    name: str
    bcio: str = ""
    bcio_label: str = ""
    match: str = ""
    """``equivalent``, ``broader`` or ``one of several``: comb's match of the class, by label and definition."""

    @property
    def title(self) -> str:
        """Return number and name."""
        return f"{self.number} {self.name}"


@dataclass(frozen=True)
class Matrices:
    """All matrices, as used in the study."""

    cells: Mapping[str, tuple[Cell, ...]]
    techniques: Mapping[str, Technique]

    def linked(self, matrix: str, item: str) -> list[Cell]:
        """Return the items linked to an item, in the order of the matrix, ignoring case."""
        return [c for c in self.cells[matrix] if c.linked and c.source_item.casefold() == item.casefold()]

    def reached(self, matrix: str, item: str) -> list[Cell]:
        """Return the items from which an item is reached."""
        return [c for c in self.cells[matrix] if c.linked and c.target_item.casefold() == item.casefold()]

    def row_of(self, component: str, domain: str) -> str:
        """Return the row of ``domain_function`` for a domain under a component, by default the domain's own.

        A domain under two components has a row for each of its parts, which ``component_domain`` names as ``detail``.
        """
        cells = (
            c for c in self.reached("component_domain", domain) if c.source_item.casefold() == component.casefold()
        )
        return next((cell.detail for cell in cells if cell.detail), domain)

    def disputed(self, matrix: str, item: str) -> list[Cell]:
        """Return the links of an item that do not count as links although some source has them."""
        own = [c for c in self.cells[matrix] if c.source_item.casefold() == item.casefold()]
        return [cell for cell in own if not cell.linked and cell.state == "conflict"]

    def silent(self, matrix: str, item: str) -> bool:
        """Return whether no source has links for an item."""
        own = [c for c in self.cells[matrix] if c.source_item.casefold() == item.casefold()]
        return all(cell.linked is None for cell in own)

    def knows(self, item: str) -> bool:
        """Return whether an item is a COM-B component or TDF domain of the matrices."""
        cells = (*self.cells["component_domain"], *self.cells["component_function"], *self.cells["domain_function"])
        return any(item.casefold() in (c.source_item.casefold(), c.target_item.casefold()) for c in cells)

    def technique(self, number: str) -> Technique:
        """Return a technique by number; an unknown number becomes its own name."""
        return self.techniques.get(number) or Technique(number, "")


def read_matrices(own: Path, edition: str) -> Matrices:
    """Read the matrices; files in the folder ``own`` replace comb's.

    ``edition`` chooses among rows of different editions. Raises BadInputError listing every row of the study's own
    files that is neither linked nor not linked.
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
    """Return the state to show if several cells agree: a doubt about one of them is never hidden."""
    states = {cell.state for cell in cells}
    return next(state for state in reversed(STATES) if state in states)
