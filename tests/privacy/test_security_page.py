"""SECURITY.md: each promise names the tests that hold comb to it, and says what it does not cover."""

import re

import pytest

from tests.conftest import ROOT

TEXT = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
SECTION = TEXT.partition("## What comb promises\n")[2].partition("\n## ")[0]
ROWS = [
    [cell.strip() for cell in line.strip().strip("|").split("|")]
    for line in SECTION.splitlines()
    if line.startswith("|") and not line.startswith(("| promise", "|---"))
]
TEST = re.compile(r"`(tests/[\w/]+\.py)`")


def test_there_are_promises() -> None:
    assert len(ROWS) > 15
    assert SECTION.count("| promise | how it is tested | what it does not cover |") == 3


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:40])
def test_each_promise_is_tested_by_files_that_exist(row: list[str]) -> None:
    assert len(row) == 3, "a row has a promise, its tests, and what is not covered"
    named = TEST.findall(row[1])
    assert named, f"no test is named: {row[0]}"
    for name in named:
        path = ROOT / name
        assert path.is_file(), name
        assert re.search(r"^def test_", path.read_text(encoding="utf-8"), re.MULTILINE), f"{name} has no test"
    assert row[0], "a promise is missing"
    assert row[2], f"what is not covered? {row[0]}"
