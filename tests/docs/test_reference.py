"""The reference names every command, option, param and environment variable, and none that does not exist."""

import re
import sys
from typing import Any

import pytest

import comb
from comb.study.params import Params
from tests.conftest import ROOT
from tests.docs.test_docs import COMB, DOCS, leaves, text

sys.path.insert(0, str(ROOT / "docs" / "_ext"))
import reference_from_code as reference

PAGES = reference.pages()
COMMANDS, PARAMS = PAGES["commands.md"], PAGES["params.md"]
ENVIRONMENT = text("docs/reference/environment.md")
NAMES = [name for name, _, _ in reference.params()]
INTERNAL = {"COMB_LOCK", *(f"COMB_DOCTOR_{name}" for name in ("LOG", "REFUSE", "INSIDE", "OUTPUT"))}
"""Variables by which comb's own processes tell one another something; nobody sets them."""


def command(path: tuple[str, ...]) -> Any:
    """Return a command by the words that call it."""
    found = COMB
    for word in path:
        found = found.commands[word]
    return found


@pytest.mark.parametrize("path", list(leaves(COMB)), ids=" ".join)
def test_every_command_and_option_is_in_the_reference(path: tuple[str, ...]) -> None:
    heading = f"## `comb {' '.join(path).removesuffix(' files')}`\n"
    section = COMMANDS.partition(heading)[2].partition("\n## ")[0]
    assert heading in COMMANDS
    for param in command(path).params:
        for name in param.opts if param.param_type_name == "option" and param.name != "help" else ():
            assert f"`{name}" in section, name
            assert param.help, f"{name} has no help"


@pytest.mark.parametrize("name", NAMES)
def test_every_param_has_a_default_and_a_meaning(name: str) -> None:
    row = next(line for line in PARAMS.splitlines() if line.startswith(f"| `{name}` |"))
    cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]]
    assert all(cells), row


def test_pages_name_no_param_that_does_not_exist() -> None:
    sections = "|".join(Params.model_fields)
    named = {(page, name) for page in DOCS for name in re.findall(rf"`((?:{sections})\.[a-z_]+)`", text(page))}
    known = {*NAMES, *(name.rpartition(".")[0] for name in NAMES)}
    assert {(page, name) for page, name in named if name not in known} - NO_PARAMS == set()


NO_PARAMS = {("docs/reference/evaluate.md", "evaluate.json"), ("docs/reference/files.md", "evaluate.json")}


def test_environment_variables_are_documented_and_exist() -> None:
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "pipeline" / "comb").rglob("*.py")]
    known = {name for source in sources for name in re.findall(r'"(COMB_[A-Z_]+[A-Z])"', source)}
    assert set(re.findall(r"`(COMB_[A-Z_]+)`", ENVIRONMENT)) == known - INTERNAL
    assert [name for name in comb.NO_TELEMETRY if f"`{name}`" not in ENVIRONMENT] == []


def test_every_room_of_the_package_is_in_the_python_reference() -> None:
    rooms = {path.parent.name for path in (ROOT / "pipeline" / "comb").glob("*/__init__.py")}
    assert rooms - {"cli", "review"} <= set(reference.ROOMS)
