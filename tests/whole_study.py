"""A small study with a file of every kind that comb writes, made with the fake encoder; and ``comb`` run with it.

Run: python -m tests.whole_study COMMAND... runs a comb command in the working folder with the fake encoder, as a
process of its own that can be killed.
"""

import csv
import json
import sys
from collections.abc import Callable

from comb.cli import run
from comb.study.layout import Study
from tests.conftest import FakeEncoder

WORDS = ("Zebrafinch", "quokkas", "narwhal", "axolotl")
"""What participants say and no message may repeat."""
SAID = {
    "knowledge": "Zebrafinch told me what the letter meant, number {}.",
    "emotion": "The quokkas of the needle frightened me, number {}.",
    "social_influences": "My narwhal kept on at me to go, number {}.",
    "": "We had the axolotl from town that day, number {}.",
}
PARAMS = "train: {level: component, min_examples: 5, inner_folds: 2}\nevaluate: {folds: 3, bootstrap: 100}\n"
OTHERS = "agreement: {bootstrap: 100}\nsynthesis: {coders: [A]}\n"


def interview(number: int) -> tuple[str, list[list[str]]]:
    """Write a transcript of 12 answers, and its codings."""
    lines, rows = [], []
    for answer in range(12):
        code = list(SAID)[(answer + number) % 4]
        said = SAID[code].format(f"{number} {answer}")
        lines += [f"INT: And then, {answer}?", f"P{number:02}: {said}"]
        if code:
            rows.append([f"talk {number}", "", "", said, code, ["barrier", "facilitator"][answer % 2]])
    return "\n\n".join(lines), rows


def fill(study: Study, transcripts: int = 6) -> None:
    """Put transcripts, codings of two people and the fake encoder into an empty study."""
    found = []
    for number in range(transcripts):
        text, rows = interview(number)
        (study.raw / f"talk {number}.txt").write_text(text, encoding="utf-8")
        found += rows
    (study.new / "new one.txt").write_text(interview(transcripts)[0], encoding="utf-8")
    for coder, kept in (("A", found), ("B", [row for at, row in enumerate(found) if at % 5])):
        with (study.codings / f"{coder}.csv").open("w", encoding="utf-8", newline="") as file:
            header = ["transcript", "start", "end", "quote", "code", "valence", "coder"]
            csv.writer(file).writerows([header, *([*row, coder] for row in kept)])
    (study.root / "configs" / "params.yaml").write_text(PARAMS + OTHERS, encoding="utf-8")
    put_encoder(study)


def put_encoder(study: Study) -> None:
    """Put the facts of the fake encoder where those of the real one would be."""
    study.encoder.mkdir(parents=True)
    facts = {"id": "fake", "dimension": FakeEncoder.dimension, "max_tokens": 99}
    (study.encoder / "encoder.json").write_text(json.dumps(facts))


STAGES: tuple[tuple[str, ...], ...] = (
    ("segment",),
    ("embed",),
    ("train",),
    ("evaluate",),
    ("suggest",),
    ("next", "--segments", "5"),
    ("audit", "--size", "5"),
    ("agree", "--json", "data/processed/agreement.json", "--disagreements", "list.csv"),
    ("synthesis",),
)


def run_all(comb: Callable[..., object]) -> None:
    """Run every stage."""
    for stage in STAGES:
        comb(*stage)


PROGRAM = (sys.executable, "-m", "tests.whole_study")
"""How comb is started with the fake encoder."""
OF_THE_MOMENT = (".comb/embeddings", ".comb/readings", ".comb/lock", ".comb/history", ".git/")
"""What says nothing of the study: what is known already, which command was at work when it was killed, and when."""


def content(study: Study) -> dict[str, bytes]:
    """Return what is in every file of a study by its place, but for the caches and the lock."""
    files = (path for path in sorted(study.root.rglob("*")) if path.is_file())
    places = {path.relative_to(study.root).as_posix(): path for path in files}
    return {name: path.read_bytes() for name, path in places.items() if not name.startswith(OF_THE_MOMENT)}


def main() -> None:
    """Run a command with the fake encoder."""
    from comb.encoder import embed
    from comb.review.web import jobs

    # What the workspace starts has the fake encoder, too.
    jobs.PROGRAM = PROGRAM
    embed.OnnxEncoder = lambda *_: FakeEncoder()  # type: ignore[assignment, misc]
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
