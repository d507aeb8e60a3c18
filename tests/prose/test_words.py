"""Texts have none of the words of ``words.yaml``; rooms that are still being cleaned have fewer each time."""

import re
from collections import defaultdict
from functools import cache
from typing import Any, NamedTuple

import pytest
import yaml

from tests.conftest import ROOT
from tests.prose.passages import Passage, files, passages, python, room

LIST = yaml.safe_load((ROOT / "tests" / "prose" / "words.yaml").read_text(encoding="utf-8"))
KINDS = ("prose", "docstring", "comment", "message", "page")


class Find(NamedTuple):
    """A word of the list in a passage."""

    passage: Passage
    word: str
    write: str


def finds(passage: Passage, words: list[dict[str, Any]]) -> list[Find]:
    """Return what a passage has of the list."""
    found = []
    for entry in words:
        if passage.kind not in entry.get("in", KINDS):
            continue
        for match in re.finditer(entry["find"], passage.text, re.IGNORECASE):
            around = passage.text[match.start() : match.end() + 12]
            if "but" not in entry or not re.match(entry["but"], around):
                found.append(Find(passage, match[0], entry["write"]))
    return found


@cache
def by_room() -> dict[str, list[Find]]:
    """Return all that is found, by room."""
    rooms: dict[str, list[Find]] = defaultdict(list)
    for passage in passages():
        rooms[room(ROOT / passage.file)] += finds(passage, LIST["words"])
    return rooms


def rooms() -> list[str]:
    return sorted({room(path) for path in files()} | LIST["rooms"].keys())


@pytest.mark.parametrize("name", rooms())
def test_text_is_plain_english(name: str) -> None:
    found, allowed = by_room()[name], LIST["rooms"].get(name, 0)
    lines = [f"{one.passage.file}:{one.passage.line}: {one.word!r}: write {one.write}" for one in found]
    assert len(found) <= allowed, "\n".join([f"{len(found)} for {allowed} allowed:", *lines])


def test_every_entry_says_what_to_write_and_why() -> None:
    for entry in LIST["words"]:
        assert entry.keys() <= {"find", "but", "write", "why", "in"}
        assert entry["write"]
        assert entry["why"]


def test_the_check_bites(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.prose.passages._name", lambda path: f"pipeline/comb/{path.name}")
    path = tmp_path / "odd.py"
    path.write_text('"""Give it anew."""\n# mend it\nraise ValueError("it cannot be mended")\n', encoding="utf-8")
    found = [one.word.lower() for passage in python(path) for one in finds(passage, LIST["words"])]
    assert sorted(found) == ["anew", "give", "mend", "mended"]
