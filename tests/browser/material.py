"""A small study for the page: transcripts with emoji and combining marks, suggestions made without a model."""

import csv
import itertools
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from comb.records import Evidence, Suggestion, Valence
from comb.study.files import write_rows
from comb.study.layout import Study
from comb.study.suggestion_files import write_suggestions
from tests.conftest import ROOT

MODEL = "0123456789abcdef"
FAMILY = "👩‍👩‍👧"
TEXT = f"""Interviewer: How do you manage with the tablets?

P01: I never remember the evening one. My wife puts them out for me, and then I see them. 🙂 That helps a lot.

Interviewer: And when you are away?

P01: We went to my daughter's, {FAMILY} and all, to the cafe\u0301 by the sea. I forgot the whole box. \
My GP says it matters, so I do try.

Interviewer: What would make it easier?

P01: A box with the days on it would do. I'm not one for gadgets, <b>me</b> & my phone don't get on. \
It is just habit, I suppose.

Interviewer: Thank you.

P01: You are welcome. I hope it helps somebody.
"""
SUGGESTED: tuple[tuple[str, str, Valence, float], ...] = (
    ("I never remember the evening one.", "psychological_capability", "barrier", 0.81),
    ("My wife puts them out for me, and then I see them.", "social_opportunity", "facilitator", 0.74),
    ("My wife puts them out for me, and then I see them.", "physical_opportunity", "facilitator", 0.41),
    ("I forgot the whole box.", "psychological_capability", "barrier", 0.66),
    ("My GP says it matters, so I do try.", "reflective_motivation", "facilitator", 0.58),
    ("A box with the days on it would do.", "physical_opportunity", "facilitator", 0.69),
    ("I'm not one for gadgets, <b>me</b> & my phone don't get on.", "psychological_capability", "barrier", 0.35),
)
EVIDENCE = (
    Evidence("old-01:10-52", "It went clean out of my head on Sundays.", "psychological_capability", 0.62),
    Evidence("old-02:90-131", "The box is where I can't miss it.", "physical_opportunity", 0.55),
)
CODERS = {
    "Ann": [
        ("I never remember the evening one.", "psychological_capability", "barrier"),
        ("I forgot the whole box.", "psychological_capability", "barrier"),
        ("A box with the days on it would do.", "physical_opportunity", "facilitator"),
        ("It is just habit, I suppose.", "automatic_motivation", ""),
    ],
    "Ben": [
        ("I never remember the evening one.", "psychological_capability", "barrier"),
        ("I forgot the whole box.", "automatic_motivation", "barrier"),
        ("A box with the days on it would do.", "physical_opportunity", "facilitator"),
    ],
}
TWICE = ("twice-01", "twice-02", "twice-03")
"""Transcripts that Ann and Ben both coded."""


PICTURED = "interview-01"
"""The transcript of the pictures."""
PLAINER = {f", {FAMILY} and all,": ",", " 🙂": "", "<b>me</b> &": "me and"}
"""What many fonts cannot show, or what only tests need, and what a picture shows instead."""


def make_study(folder: Path, transcripts: int) -> Study:
    """Make a study with so many copies of the transcript, ``t01`` and so on, each with suggestions."""
    for path in (ROOT / "pipeline" / "comb" / "study" / "template" / "configs").iterdir():
        target = folder / "configs" / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    # These codings name components of COM-B; at a finer level they would say nothing.
    params = folder / "configs" / "params.yaml"
    params.write_text(params.read_text(encoding="utf-8").replace('level: ""', "level: component"), encoding="utf-8")
    study = Study(folder)
    for number in range(1, transcripts + 1):
        name = f"t{number:02}"
        _write(study.new / f"{name}.txt", text_of(name))
        write_suggestions(study.suggestions, name, _suggestions(name), ["jsonl"])
    write_rows(study.processed / "next.csv", ("rank", "transcript", "start", "end"), _ranked())
    _write(study.new / f"{PICTURED}.txt", plain(TEXT))
    write_suggestions(study.suggestions, PICTURED, _suggestions(PICTURED, plain), ["jsonl"])
    for name in TWICE:
        _write(study.raw / f"{name}.txt")
    for coder, codings in CODERS.items():
        _write_codings(study, coder, codings)
    return study


def text_of(name: str) -> str:
    """Return the text of a copy: its last words are its own, for whoever has seen a text is never blind to it again."""
    return TEXT.replace("helps somebody.", f"helps somebody, {name}.")


def plain(text: str) -> str:
    """Take out what pictures do not show."""
    for odd, even in PLAINER.items():
        text = text.replace(odd, even)
    return text


def _ranked() -> Iterator[tuple[int, str, int, int]]:
    """Propose, as ``comb next`` does, which segments of ``t01`` to decide on first."""
    for rank, (words, *_) in enumerate((SUGGESTED[5], SUGGESTED[0]), 1):
        start = TEXT.index(words)
        yield rank, "t01", start, start + len(words)


def _write(path: Path, text: str = TEXT) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())


def _suggestions(name: str, told: Callable[[str], str] = str) -> list[Suggestion]:
    text = told(TEXT)
    return [
        Suggestion(
            transcript=name,
            start=text.index(told(words)),
            end=text.index(told(words)) + len(told(words)),
            speaker="P01",
            text=told(words),
            code=code,
            valence=valence,
            score=score,
            threshold=0.3,
            rank=1,
            model=MODEL,
            evidence=EVIDENCE,
        )
        for words, code, valence, score in SUGGESTED
    ]


def _write_codings(study: Study, coder: str, codings: list[tuple[str, str, str]]) -> None:
    path = study.codings / f"{coder}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["transcript", "start", "end", "quote", "code", "valence", "coder"])
        for name, (words, code, valence) in itertools.product(TWICE, codings):
            start = TEXT.index(words)
            writer.writerow([name, start, start + len(words), words, code, valence, coder])
