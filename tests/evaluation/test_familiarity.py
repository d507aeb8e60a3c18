"""Transcripts that are unlike those the model learned from: noticed, said, and scored with less confidence."""

import csv
import json

import numpy as np

from comb.evaluation.familiarity import LEAST, MOST_SLOPE, differences, limit, slope
from comb.evaluation.results import Familiar, Usual
from comb.learning.thresholds import softened
from tests.stages import test_pipeline

coded, run_all = test_pipeline.coded, test_pipeline.run_all


def home(transcripts: int = 20) -> Familiar:
    return Familiar(
        {name: Usual(0.5, 0.02**2, 0.1**2) for name in LEAST}, transcripts, limit(transcripts), {}, MOST_SLOPE
    )


def test_what_is_usual_is_like_home_and_what_is_far_from_it_is_not() -> None:
    rng = np.random.default_rng(1)
    usual = rng.normal(0.5, 0.1, (60, 3))
    assert differences(usual, home()) == []
    far = usual - [0.2, 0, 0]
    assert differences(far, home()) == ["few of its sentences resemble coded sentences"]
    assert differences(usual + np.array([0.2, 0, 0]), home()) == [], "nearer than usual is no warning"
    assert differences(usual + np.array([0, 0.2, -0.3]), home()) == [
        "its sentences are much longer",
        "hardly any of its sentences answer a question",
    ]


def test_few_segments_and_few_transcripts_say_less() -> None:
    slightly = np.full((3, 3), 0.4)
    assert differences(slightly, home()) == []
    assert differences(np.repeat(slightly, 100, axis=0), home()) != []
    assert differences(np.repeat(slightly, 100, axis=0), home(3)) == []


def test_the_slope_is_found_again_and_never_promises_more_than_the_most() -> None:
    rng, share = np.random.default_rng(2), np.array([0.2, 0.4])
    p = np.clip(rng.beta(0.5, 1.5, (5000, 2)), 0.01, 0.99)
    for true in (0.4, 0.6):
        truth = (rng.random(p.shape) < softened(p, share, true, exclusive=False)).astype(np.int8)
        assert abs(slope(p, truth, share, exclusive=False) - true) <= 0.1
    calibrated = (rng.random(p.shape) < p).astype(np.int8)
    assert slope(p, calibrated, share, exclusive=False) == MOST_SLOPE


def rows(path) -> dict[tuple[str, str], dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return {(row["text"], row["code"]): row for row in csv.DictReader(file)}


def test_loose_sentences_are_said_to_be_unlike_the_training_and_score_lower(coded, comb) -> None:
    run_all(comb)
    said = [line.split(": ", 1)[1] for line in test_pipeline.interview(6)[0].split("\n\n") if line.startswith("P06")]
    (coded.new / "loose.txt").write_text("\n\n".join(f"P06: {one}" for one in said), encoding="utf-8")
    printed = comb("suggest")
    assert "loose is unlike the transcripts that comb learned from (" in printed
    assert "new é is unlike" not in printed
    notes = (coded.suggestions / "unlike-training.txt").read_text(encoding="utf-8")
    assert notes.startswith("loose is unlike")
    assert notes.count("\n") == 1
    loose, whole = rows(coded.suggestions / "loose.csv"), rows(coded.suggestions / "new é.csv")
    assert loose
    assert all(row["model"].endswith(" unlike training") for row in loose.values())
    assert not any("unlike" in row["model"] for row in whole.values())
    shared = [key for key in loose if key in whole]
    assert shared
    assert np.mean([float(loose[key]["score"]) for key in shared]) < np.mean(
        [float(whole[key]["score"]) for key in shared]
    )
    assert "factor of 0." in coded.card.read_text(encoding="utf-8")
    (coded.new / "loose.txt").unlink()
    comb("suggest")
    assert not (coded.suggestions / "unlike-training.txt").exists()


def test_transfer_counts_what_is_never_suggested_and_says_which_transcripts_are_unlike(coded, comb) -> None:
    _, codings = test_pipeline.interview(6)
    for row in codings:
        row[0] = "new é"
    codings += [[*codings[0][:4], "physical_capability", *codings[0][5:]]]
    test_pipeline.write_codings(coded.reference / "A.csv", codings)
    run_all(comb)
    path = coded.metrics / "evaluate.json"
    found = json.loads(path.read_text(encoding="utf-8"))
    found["gate"]["codes"]["automatic_motivation"] = {"open": False, "kappa": 0.1, "low": 0.1}
    path.write_text(json.dumps(found), encoding="utf-8")
    printed = comb("transfer")
    transfer = json.loads((coded.metrics / "transfer.json").read_text(encoding="utf-8"))["transfer"]
    assert transfer["codes"]["automatic_motivation"]["recall"]["value"] == 0
    assert transfer["codes"]["physical_capability"]["n"] == 1, "never learned, and counted"
    assert set(transfer["withheld"]) == {"automatic_motivation", "physical_capability"}
    assert transfer["overall"]["macro_f1"] < transfer["ungated"]["macro_f1"] < 1
    f1 = [one["f1"]["value"] for one in transfer["codes"].values() if one["n"]]
    assert transfer["overall"]["macro_f1"] == round(float(np.mean(f1)), 6)
    assert "no code withheld" in printed
    assert "counted as missed: " in printed
