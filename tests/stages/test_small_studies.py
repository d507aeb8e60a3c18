"""The first hours of a study: little is coded, or codes mean nothing. Each command says what was found."""

import csv
import json
import random

import pytest

from comb.cli import run
from comb.evaluation.cross_validation import evaluate
from comb.stages.listener import Listener
from comb.stages.loading import read_dataset
from comb.study.layout import Study
from tests.stages import test_pipeline

COMMANDS = ("segment", "embed", "train", "evaluate", "suggest", "curve", "next", "audit", "transfer")
PARAMS = "train: {level: component, inner_folds: 2}\nevaluate: {folds: 3, bootstrap: 100}\n"
CODES = ["knowledge", "emotion", "social_influences", "goals"]
EXCLUSIVE = (
    "coding: exclusive\ncodes: [{id: knowledge}, {id: emotion}, {id: social_influences}, {id: goals}, {id: rare}]\n"
)


def rows(transcripts: int, each: int, code=lambda row, own: own) -> list[list[str]]:
    """Code the first ``each`` answers of some transcripts; ``code`` chooses from the row and the code that fits."""
    out = []
    for number in range(transcripts):
        _, codings = test_pipeline.interview(number)
        out += [[*row[:4], code(100 * number + i, row[4]), *row[5:]] for i, row in enumerate(codings[:each])]
    return out


def at_random(seed: int):
    return lambda row, own: random.Random(f"draw {seed} {row}").choice(CODES)


SMALL = {
    "two interviews, 20 codings": (rows(2, 10), ""),
    "one interview, 5 codings": (rows(1, 5), ""),
    "one coding": (rows(1, 1), ""),
    "codes given at random": (rows(4, 9, at_random(1)), ""),
    "one code everywhere": (rows(4, 9, lambda row, own: "emotion"), ""),
    "a code used once": ([*rows(4, 9)[:-1], [*rows(4, 9)[-1][:4], "goals", *rows(4, 9)[-1][5:]]], ""),
    "codes that exclude each other": (rows(3, 9), EXCLUSIVE),
    "random codes that exclude each other": (rows(4, 9, at_random(1)), EXCLUSIVE),
    "three codings of each of two interviews": (rows(2, 3), EXCLUSIVE),
}


@pytest.mark.parametrize("name", SMALL)
def test_every_command_ends_with_a_result_or_one_clear_line(name, coded, comb, capsys, monkeypatch) -> None:
    codings, codebook = SMALL[name]
    test_pipeline.write_codings(coded.codings / "A.csv", codings)
    params = PARAMS.replace("level: component, ", "") if codebook else PARAMS
    (coded.root / "configs" / "params.yaml").write_text(params, encoding="utf-8")
    if codebook:
        (coded.root / "configs" / "codebook.yaml").write_text(codebook, encoding="utf-8")
    monkeypatch.chdir(coded.root)
    printed = {}
    for command in COMMANDS:
        capsys.readouterr()
        ended = run([command])
        out, err = capsys.readouterr()
        printed[command] = out + err
        assert "Traceback" not in printed[command]
        assert ended in (0, 1), command
        if ended:
            assert [line for line in err.splitlines() if line.startswith("comb: ")][-1].rstrip().endswith("."), command
    metrics = json.loads((coded.metrics / "evaluate.json").read_text()) if "evaluate.json" in _files(coded) else None
    open_ = {code for code, one in metrics["gate"]["codes"].items() if one["open"]} if metrics else set()
    path = coded.suggestions / "new é.csv"
    if path.exists():
        with path.open(encoding="utf-8", newline="") as file:
            assert {row["code"] for row in csv.DictReader(file)} <= open_
    if metrics and not open_:
        assert "no code is reliable enough yet" in printed["suggest"]


@pytest.mark.parametrize("codebook", ["", EXCLUSIVE])
def test_the_gate_opens_hardly_a_code_where_all_were_given_at_random(codebook, coded, comb) -> None:
    """Of 20 such studies at most 2 get a code through. What is learnable is which sentences are coded at all."""
    params = PARAMS.replace("level: component, ", "") if codebook else PARAMS
    (coded.root / "configs" / "params.yaml").write_text(params, encoding="utf-8")
    if codebook:
        (coded.root / "configs" / "codebook.yaml").write_text(codebook, encoding="utf-8")
    study = Study(coded.root)
    comb("segment")
    comb("embed")
    opened = []
    for seed in range(20):
        test_pipeline.write_codings(study.codings / "A.csv", rows(4, 9, at_random(seed)))
        found = evaluate(read_dataset(study, Listener()), study.params.train, study.params.evaluate, str)
        opened.append(any(one.open for one in found.metrics.gate.codes.values()))
    assert sum(opened) <= 2


def _files(study) -> set[str]:
    return {path.name for path in study.metrics.iterdir()} if study.metrics.exists() else set()


coded = test_pipeline.coded
