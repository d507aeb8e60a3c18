"""A study in which nobody has coded anything yet, or too little to learn from."""

import csv
import json
from pathlib import Path

import pytest

from comb.learning import shipped_starter as module
from comb.learning.artifact import read_model
from comb.learning.shipped_starter import OPINIONS, Starter
from comb.study.layout import Study
from tests.stages import test_pipeline

coded = test_pipeline.coded
EXPECT = "Expect little of it."
FILES = ("scores.csv", "heldout.csv", "metrics/evaluate.json", "metrics/baselines.csv", "plots/confusion.svg")


@pytest.fixture
def uncoded(coded, comb, monkeypatch: pytest.MonkeyPatch) -> Study:
    """The study of six transcripts, its codings gone, with a starter that learned from them."""
    for stage in ("segment", "embed", "train"):
        comb(stage)
    classifier = read_model(coded.head).codes
    names = {code: [module.folded(code)] for code in classifier.codes}
    names["social_opportunity"].append("physicalopportunity")  # half of the level's codes have to be known
    judges = tuple(classifier.judges[opinion.name] for opinion in OPINIONS)
    made = Starter(classifier.codes, judges, classifier.stacker, classifier.thresholds, names, "as published", EXPECT)
    monkeypatch.setattr(module, "read_starter", lambda *_: made)
    encoder = {"id": "fake", "dimension": 24, "max_tokens": 99, "weights_sha256": "as published"}
    (coded.encoder / "encoder.json").write_text(json.dumps(encoder))
    (coded.codings / "A.csv").unlink()
    (coded.head / "head.json").unlink()
    return coded


def models(study: Study) -> set[str]:
    """Whom the suggestions for the new transcript are by."""
    with (study.suggestions / "new é.csv").open(encoding="utf-8", newline="") as file:
        return {row["model"] for row in csv.DictReader(file)}


def test_suggestions_without_any_coding_are_marked_as_the_starters(uncoded: Study, comb) -> None:
    result = comb("suggest")
    assert EXPECT in " ".join(result.split())
    found = models(uncoded)
    assert found
    assert all(model.startswith("starter ") for model in found)


def test_all_stages_of_dvc_run_without_any_coding(uncoded: Study, comb) -> None:
    for stage in ("segment", "embed", "train", "evaluate", "suggest", "transfer", "synthesis"):
        comb(stage)
    comb("agree", "--json", str(uncoded.agreement), "--csv", "agreement.csv", "--html", "agreement.html")
    assert all(model.startswith("starter ") for model in models(uncoded))
    assert all((uncoded.root / "data" / "processed" / name).exists() for name in FILES)
    comb("synthesis")
    comb("next")


def test_too_few_codings_leave_the_starter_in_place(uncoded: Study, comb) -> None:
    test_pipeline.write_codings(uncoded.codings / "A.csv", test_pipeline.interview(1)[1][:2])
    for stage in ("train", "evaluate", "suggest"):
        result = comb(stage)
    assert all(model.startswith("starter ") for model in models(uncoded))
    assert "Code some transcripts" in " ".join(result.split())


def test_with_enough_codings_it_is_one_of_the_opinions(uncoded: Study, comb) -> None:
    rows = [row for number in range(6) for row in test_pipeline.interview(number)[1]]
    test_pipeline.write_codings(uncoded.codings / "A.csv", rows)
    comb("train")
    assert "starter" in read_model(uncoded.head).codes.judges


def test_it_can_be_switched_off(uncoded: Study, comb) -> None:
    path: Path = uncoded.root / "configs" / "params.yaml"
    path.write_text(test_pipeline.PARAMS.replace("train: {", "train: {starter: false, "), encoding="utf-8")
    assert "there are no codings" in comb("train", code=1)
