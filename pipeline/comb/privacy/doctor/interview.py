"""The synthetic interview of the trial run: made up, coded by two invented coders, and marked with invented words.

The words are generated for each run. One occurs in every transcript as the name of a place: a file that contains it
later contains words of an interview. The other is part of the transcripts' file names, where researchers may have put
names of people.
"""

import csv
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from itertools import islice

from comb.study.files import write_rows, write_text
from comb.study.layout import Study
from comb.study.new import new_study

TOPICS = ("walking", "swimming", "cycling", "gardening", "dancing")
"""Topics of the interviews; the last one is the transcript that gets suggestions."""
CODERS = {"Coder A": 1, "Coder B": 5}
"""Invented coders; each codes every passage except every nth (1: codes all)."""
COLUMNS = ("transcript", "start", "end", "quote", "code", "valence", "coder")
CHANGES = {
    "bootstrap: 2000": "bootstrap: 100",
    "folds: 5": "folds: 2",
    "min_examples: 15": "min_examples: 5",
    "coders: [consensus]": "coders: [Coder A]",
}
"""Params for a short trial run."""


@dataclass(frozen=True)
class Marks:
    """The invented words of a run."""

    word: str
    name: str


def new_marks() -> Marks:
    """Return words that occur nowhere else."""
    return Marks(_invented(), _invented())


def _invented() -> str:
    return "".join(secrets.choice("bdfgklmnprtvz") + secrets.choice("aeiou") for _ in range(7))


def write_study(study: Study, marks: Marks) -> None:
    """Make a study with the synthetic interviews and their codings."""
    new_study(study.root)
    for topic in TOPICS:
        folder = study.new if topic == TOPICS[-1] else study.raw
        write_text(folder / f"{topic}-{marks.name}.txt", _transcript(topic, marks.word))
    for coder, step in CODERS.items():
        rows = [row for topic in TOPICS[:-1] for row in _codings(topic, marks, coder, step)]
        write_rows(study.codings / f"{coder}.csv", COLUMNS, rows)
    path = study.root / "configs" / "params.yaml"
    params = path.read_text(encoding="utf-8")
    for old, new in CHANGES.items():
        params = params.replace(old, new)
    write_text(path, params)


def _rows(topic: str, word: str) -> Iterator[dict[str, str]]:
    text = files("comb.privacy.doctor").joinpath("interview.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        yield {name: value.format(topic=topic, word=word.capitalize()) for name, value in row.items()}


def _transcript(topic: str, word: str) -> str:
    return "\n\n".join(f"INT: {row['question']}\n\nP1: {row['answer']}" for row in _rows(topic, word)) + "\n"


def _codings(topic: str, marks: Marks, coder: str, step: int) -> list[list[str]]:
    coded = [row for row in _rows(topic, marks.word) if row["code"]]
    left_out = set(islice(range(len(coded)), step - 1, None, step)) if step > 1 else set()
    return [
        [f"{topic}-{marks.name}", "", "", row["answer"], row["code"], row["valence"], coder]
        for at, row in enumerate(coded)
        if at not in left_out
    ]
