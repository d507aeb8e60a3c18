"""May a suggestion be trusted: the gate, suggestion sets, and why a code was suggested."""

import csv
import json
import re

import numpy as np
import pytest

from comb.evaluation.code_gate import ALONE, FLOOR, bar, judge_codes, none_open, open_codes, withheld
from comb.evaluation.conformal import check, cutoff, fewest, given, read_scores
from comb.evaluation.confusion_counts import count
from comb.evaluation.results import (
    CodeFigures,
    Comparison,
    Estimate,
    Interval,
    MachineAmongPeople,
    Metrics,
    Overall,
    People,
)
from comb.evaluation.scoring import score
from comb.learning.classifier import fit
from comb.learning.explanation import rival, words
from comb.learning.features import Inputs
from comb.records import Segment
from comb.study.files import read_json, read_record, write_json
from comb.study.layout import Study
from comb.study.params import EvaluateParams, TrainParams
from tests.stages import test_pipeline

coded, run_all = test_pipeline.coded, test_pipeline.run_all
PARAMS = test_pipeline.PARAMS
MANY = 100_000
"""Groups, so many that a bootstrap's limits are what they seem."""


def found(all_codes: float | None, **codes: tuple[int, float | None, float | None]) -> Comparison:
    """Codes with these segments, kappas and lower limits; ``all_codes`` is the lower limit of all together."""
    any_ = Estimate(0.5, 0.4, 0.6)
    figures = {
        code: CodeFigures(n, any_, any_, any_, Estimate(kappa, low, None)) for code, (n, kappa, low) in codes.items()
    }
    return Comparison(Overall(0.5, 0.5, 0.5, 0.5), {"cohen_kappa": Interval(all_codes, None)}, figures)


def people(low: float | None) -> People:
    """Two people whose kappa has this lower limit."""
    figures = dict.fromkeys(("macro_f1", "micro_f1", "cohen_kappa", "krippendorff_alpha"), 0.5)
    machine = MachineAmongPeople(**figures, codes={})
    limits = {"cohen_kappa": Interval(low, None if low is None else low + 0.1)}
    return People(**figures, intervals=limits, coders=2, pairs=1, segments=30, codes={}, machine=machine)


# ---- gate


def test_a_code_is_open_only_if_its_kappa_reaches_the_bar() -> None:
    codes = {"good": (90, 0.31, 0.1), "poor": (90, 0.19, 0.1), "unknown": (90, None, None)}
    gate = judge_codes(found(0.01, **codes), None, "auto", MANY)
    assert set(withheld(gate)) == {"poor", "unknown"}
    assert "its shrunk kappa is 0.17; 0.20 is needed" in withheld(gate)["poor"]


def test_few_examples_say_little_for_or_against_a_code() -> None:
    rare = {"missed": (4, 0.0, 0.0), "hit": (4, 0.6, -0.1), "often_wrong": (60, 0.05, 0.0)}
    assert set(withheld(judge_codes(found(0.5, **rare), None, "auto", MANY))) == {"often_wrong"}
    assert set(withheld(judge_codes(found(-0.05, **rare), None, "auto", MANY))) == set(rare)  # codes given at random


def test_a_code_that_surely_reaches_the_bar_by_itself_is_open_whatever_the_others_do() -> None:
    assert not withheld(judge_codes(found(-0.5, sure=(12, 0.4, 0.25)), None, "auto", MANY))


def test_of_few_transcripts_none_are_sure_of_much() -> None:
    figures = {"low": (9, 0.45, 0.33)}
    assert withheld(judge_codes(found(-0.1, **figures), None, "auto", MANY)) == {}
    assert set(withheld(judge_codes(found(-0.1, **figures), None, "auto", 3))) == {"low"}
    perfect = {"perfect": (9, 1.0, 1.0)}
    assert withheld(judge_codes(found(0.5, **perfect), None, "auto", 2)) == {}


def test_counts_by_group_open_the_same_codes_as_figures_do() -> None:
    rng = np.random.default_rng(3)
    truth = (rng.random((400, 4)) < [0.3, 0.3, 0.02, 0.3]).astype(np.int8)
    guess = np.where(rng.random(truth.shape) < [0.1, 0.9, 0.1, 0.5], rng.permutation(truth), truth).astype(np.int8)
    groups, params = np.repeat(np.arange(10), 40), EvaluateParams(bootstrap=200)
    gate = judge_codes(score(truth, guess, groups, list("abcd"), False, params), None, "auto", 10)
    counts = [count(truth[groups == group], guess[groups == group], exclusive=False) for group in range(10)]
    opened = open_codes(counts, gate.needed, 1)
    assert dict(zip("abcd", opened.tolist(), strict=True)) == {code: one.open for code, one in gate.codes.items()}
    assert opened.tolist() == [True, False, True, True]


def test_people_set_the_bar_where_two_coded_the_same() -> None:
    assert bar(people(0.6), "auto")[0] == pytest.approx(0.24)
    assert bar(people(0.05), "auto")[0] == FLOOR
    assert bar(people(None), "auto")[0] == ALONE
    assert bar(people(0.6), 0.5)[0] == 0.5


def test_a_withheld_code_is_never_suggested_and_the_card_says_so(coded, comb) -> None:
    run_all(comb)
    assert "automatic_motivation" in (coded.suggestions / "new é.csv").read_text(encoding="utf-8")
    path = coded.metrics / "evaluate.json"
    found = read_json(path)
    found["gate"]["codes"]["automatic_motivation"] = {"open": False, "kappa": 0.1, "low": 0.1}
    write_json(path, found)
    printed = comb("suggest")
    assert "withheld: automatic_motivation (its shrunk kappa is 0.10" in printed
    with (coded.suggestions / "new é.csv").open(encoding="utf-8", newline="") as file:
        assert "automatic_motivation" not in {row["code"] for row in csv.DictReader(file)}


def test_a_bar_above_everything_withholds_everything(coded, comb) -> None:
    (coded.root / "configs" / "params.yaml").write_text(PARAMS.replace("bootstrap: 200", "bootstrap: 200, gate: 1"))
    for stage in ("segment", "embed", "train"):
        comb(stage)
    printed = comb("evaluate")
    kappas = {code: one["kappa"] for code, one in read_json(coded.metrics / "evaluate.json")["gate"]["codes"].items()}
    for code, value in kappas.items():
        assert (f"withheld: {code}" in printed) == (value < 1)
        assert (f"- {code}: its shrunk kappa is" in coded.card.read_text(encoding="utf-8")) == (value < 1)


def models_named(study: Study) -> set[str]:
    with (study.suggestions / "new é.csv").open(encoding="utf-8", newline="") as file:
        return {row["model"] for row in csv.DictReader(file)}


def test_without_an_evaluation_nothing_is_suggested_unless_asked_for_and_that_is_said(coded, comb) -> None:
    for stage in ("segment", "embed", "train"):
        comb(stage)
    assert "no code is reliable enough yet: the model has not been evaluated" in comb("suggest")
    assert models_named(coded) == set()
    comb("suggest", "--ungated")
    (model,) = models_named(coded)
    assert model.endswith(" ungated")


def test_only_suggestions_of_withheld_codes_are_marked_as_ungated(coded, comb) -> None:
    run_all(comb)
    path = coded.metrics / "evaluate.json"
    found = read_json(path)
    found["gate"]["codes"]["automatic_motivation"] = {"open": False, "kappa": 0.1, "low": 0.1}
    write_json(path, found)
    comb("suggest", "--ungated")
    with (coded.suggestions / "new é.csv").open(encoding="utf-8", newline="") as file:
        marked = {row["code"] for row in csv.DictReader(file) if row["model"].endswith(" ungated")}
    assert marked == {"automatic_motivation"}


def test_a_study_of_whose_codes_none_is_reliable_says_what_is_missing(coded, comb) -> None:
    (coded.root / "configs" / "params.yaml").write_text(PARAMS.replace("bootstrap: 200", "bootstrap: 200, gate: 1"))
    for stage in ("segment", "embed", "train", "evaluate"):
        printed = comb(stage)
    path = coded.metrics / "evaluate.json"
    found = read_json(path)
    for code in found["gate"]["codes"]:
        found["gate"]["codes"][code] = {"open": False, "kappa": 0.1, "low": 0.1}
    write_json(path, found)
    printed = comb("suggest")
    assert "no code is reliable enough yet: on transcripts held out no code reaches a kappa of 1.00" in printed
    assert "coded segments, is nearest: 0.10" in printed
    assert "transcripts are coded; code more, then train again (Train, or: dvc repro)." in printed
    assert models_named(coded) == set()


def test_sets_of_no_code_and_of_codes_that_nobody_gave_are_not_measured() -> None:
    groups = np.array([0, 0, 1, 1, 2, 2])
    for scores in (np.zeros((6, 0)), np.full((6, 2), 0.4)):
        assert check(scores, np.zeros(scores.shape, np.int8), groups, 0.5) is None


def test_the_nearest_code_is_named_where_none_is_reliable() -> None:
    gate = judge_codes(found(0.0, a=(9, 0.1, 0.0), b=(7, 0.17, 0.0), c=(3, None, None)), None, "auto", MANY)
    assert "b, with 7 coded segments, is nearest: 0.07. 3 transcripts" in none_open(gate, {"a": 9, "b": 7}, 3)
    assert none_open(judge_codes(found(0.5, a=(9, 0.5, 0.4)), None, "auto", MANY), {"a": 9}, 3) == ""


def test_a_code_withheld_for_its_lower_limit_is_not_told_that_its_kappa_is_too_low() -> None:
    """With few transcripts a code needs both; the message once called a kappa above the bar too low."""
    gate = judge_codes(found(-0.1, ward=(6, 0.57, 0.2)), people(-0.02), "auto", 4)
    assert withheld(gate) == {"ward": "its shrunk kappa is 0.21, but its lower 95% limit is -0.12; 0.10 is needed"}
    told = none_open(gate, {"ward": 6}, 4, {"ward": "The ward"})
    assert "no code reaches a kappa of 0.10 with its lower 95% limit too; The ward, with 6 coded segments" in told
    assert "is nearest: 0.21, but its lower 95% limit is -0.12" in told
    assert gate.because.startswith("the minimum, since")
    assert bar(people(0.6), "auto")[1] == "0.4 times the lower 95% limit of the kappa between people, 0.60"


def test_an_evaluation_of_another_model_still_withholds(coded, comb) -> None:
    run_all(comb)
    path = coded.metrics / "evaluate.json"
    write_json(path, {**read_json(path), "model": "other"})
    assert "earlier model" in comb("suggest")


# ---- sets


def simulated(transcripts: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores, codes and transcripts; transcripts differ in length and in how well the model does."""
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(transcripts), rng.integers(5, 60, transcripts))
    truth = (rng.random((len(groups), 3)) < 0.3).astype(np.int8)
    skill = rng.normal(1, 1, transcripts)[groups, None]
    return 1 / (1 + np.exp(-(skill * (2 * truth - 1) + rng.normal(size=truth.shape)))), truth, groups


def test_sets_contain_the_coders_code_as_often_as_promised() -> None:
    shares = []
    for seed in range(300):
        scores, truth, groups = simulated(21, seed)
        new = groups == 20
        found = given(scores[~new], truth[~new])
        cut = cutoff(found.scores, groups[~new][found.rows], 0.8)
        own = given(scores[new], truth[new]).scores
        if len(own):
            shares.append((own >= cut).mean())
    assert 0.79 < np.mean(shares) < 0.88  # at least what was promised, and not everything


def test_a_long_transcript_weighs_as_much_as_a_short_one() -> None:
    scores = np.array([0.9] * 98 + [0.1, 0.2])
    groups = np.array([0] * 98 + [1, 2])
    assert cutoff(scores, groups, 0.5) == 0.2


def test_the_check_holds_each_transcript_out() -> None:
    scores, truth, groups = simulated(30, 1)
    found = check(scores, truth, groups, 0.9)
    assert found.coverage > 0.85
    assert 1 < found.size <= 3
    assert found.transcripts == 30
    assert check(scores[groups < 5], truth[groups < 5], groups[groups < 5], 0.9) is None
    assert fewest(0.8) == 4


def test_sets_replace_thresholds_where_params_ask_for_coverage(coded, comb) -> None:
    params = coded.root / "configs" / "params.yaml"
    params.write_text(f"{PARAMS}suggest: {{coverage: 0.8}}\n")
    run_all(comb)
    kept = read_scores(coded.scores)
    closed = withheld(read_record(coded.metrics / "evaluate.json", Metrics).gate)
    cut = kept.cutoff(closed, 0.8)
    rows = [json.loads(line) for line in (coded.suggestions / "new é.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {row["threshold"] for row in rows} == {round(cut, 4)}
    assert all(row["score"] >= row["threshold"] for row in rows)
    assert "| 80% |" in coded.card.read_text(encoding="utf-8")


def test_too_few_transcripts_promise_nothing(coded, comb) -> None:
    (coded.root / "configs" / "params.yaml").write_text(f"{PARAMS}suggest: {{coverage: 0.95}}\n")
    for stage in ("segment", "embed", "train"):
        comb(stage)
    assert "needs an evaluation" in comb("suggest", code=1)
    comb("evaluate")
    assert "too few coded transcripts for a coverage of 95%. Code 19" in comb("suggest", code=1)


def test_held_out_scores_are_kept_to_the_segment(coded, comb) -> None:
    run_all(comb)
    kept = read_scores(coded.scores)
    assert kept.scores.shape == kept.truth.shape == (72, len(kept.codes))
    assert ((kept.scores >= 0) & (kept.scores <= 1)).all()
    assert kept.truth.sum() == 54
    assert len(set(kept.groups.tolist())) == 6
    assert "frightened" not in coded.scores.read_text(encoding="utf-8")


# ---- why


def test_each_suggestion_says_which_words_and_which_rival(coded, comb) -> None:
    run_all(comb)
    rows = [json.loads(line) for line in (coded.suggestions / "new é.jsonl").read_text(encoding="utf-8").splitlines()]
    for row in rows:
        said = re.findall(r"[\w’']+", row["text"].casefold())
        assert row["words"]
        assert set(row["words"]) <= set(said)
        assert row["rival"]["code"] != row["code"]
        assert 0 <= row["rival"]["score"] <= 1
    fear = [row for row in rows if row["code"] == "automatic_motivation"]
    telling = {"frightened", "death", "needle"}
    assert all(telling & set(row["words"]) for row in fear)


def test_the_words_that_tell_codes_apart_weigh_most() -> None:
    texts = ["I am scared of it", "I have no time, none", "well well", "it is what it is"] * 15
    targets = np.array([[1, 0], [0, 1], [0, 0], [0, 0]] * 15, np.int8)
    segments = [Segment(f"t{row // 4}", row, row + 1, row, "P", "participant", text) for row, text in enumerate(texts)]
    inputs = Inputs.of(segments, np.zeros((60, 1, 2), np.float32))
    rows = np.arange(60)
    head = fit(inputs, targets, rows, np.arange(60) // 4, ("fear", "time"), TrainParams(), exclusive=False)
    [(fear, time), nothing] = words(head, ["I was scared, no time", "Zzz qqq"], [[0, 1], [0]])
    assert fear[0] == "scared"
    assert "time" in time
    assert not set(fear) & {"no", "time"}
    assert "scared" not in time
    assert nothing == [()]


def test_the_rival_is_the_best_of_what_was_not_suggested() -> None:
    class Three:
        codes = ("a", "b", "c")

    scores, needed = np.array([0.9, 0.3, 0.2]), np.array([0.5, 0.9, 0.25])
    assert rival(Three, scores, needed, [True, False, False]).code == "c"
    assert rival(Three, scores, needed, [True, True, True]) is None
