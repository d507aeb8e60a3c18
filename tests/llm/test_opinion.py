"""The language model's scores beside the head: who is compared on what, and that a useless one costs nothing."""

from dataclasses import replace

import numpy as np
import pytest

from comb.codings.alignment import USED
from comb.codings.codings_csv import write_codings
from comb.codings.language_model import LlmRun, coder_name, folder_name
from comb.evaluation.beside import HEAD, Sides, beside, compare_sides
from comb.evaluation.cross_validation import evaluate
from comb.learning.features import OutsideScores
from comb.llm.answers import Answer
from comb.llm.coded import as_codings, read_scores, write_scores
from comb.llm.coder import Outcome
from comb.records import Segment
from comb.stages.listener import Listener
from comb.stages.llm_opinion import outside_scores
from comb.stages.llm_results import CODINGS, CURRENT, NEW, NEW_SCORES, RUN, SCORES
from comb.stages.loading import read_dataset
from comb.study.files import read_json, read_records, write_json, write_record
from comb.study.layout import Study
from comb.study.params import EvaluateParams
from tests.stages.test_pipeline import coded  # noqa: F401 (a fixture)

QUICK = EvaluateParams(folds=3, bootstrap=100)


def pretend(study: Study, outcomes: list[Outcome], codes: tuple[str, ...], *, examples: int = 0) -> str:
    """Write what a language model of the name ``pretended`` would have coded in data/raw."""
    segments = read_records(study.segments, Segment)
    coder, folder = coder_name("pretended"), study.llm / folder_name("pretended")
    run = LlmRun(
        coder, "pretended", "d1", "", "server on this machine", "p1", "probabilities", 0, 1, examples, "component",
        codes, 6, len(segments), len(segments), 0,
    )  # fmt: skip
    write_codings(folder / CODINGS, as_codings(segments, outcomes, codes, coder))
    write_scores(folder / SCORES, segments, outcomes, codes)
    write_codings(folder / NEW, [])
    write_scores(folder / NEW_SCORES, [], [], codes)
    write_record(folder / RUN, run)
    write_json(study.llm / CURRENT, {"folder": folder.name})
    return coder


def outcomes_of(scores: np.ndarray, codes: tuple[str, ...]) -> list[Outcome]:
    """Make outcomes of scores (N, K): the best code where it has more than half, NaN where there is no answer."""
    out = []
    for row in scores:
        best = int(np.argmax(row))
        chosen = (codes[best],) if row[best] > 0.5 else ()
        out.append(Outcome(None, "time-out") if np.isnan(row).any() else Outcome(Answer(tuple(row.tolist()), chosen)))
    return out


@pytest.fixture
def trained(coded, comb):  # noqa: F811
    for stage in ("segment", "embed", "train"):
        comb(stage)
    return Study(coded.root)


def told(study: Study, truth: float, seed: int = 1) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return scores (N, K) that tell people's codes with a weight ``truth``, and noise."""
    dataset = read_dataset(study, Listener())
    rng = np.random.default_rng(seed)
    noise = rng.uniform(size=dataset.targets.shape)
    return truth * (dataset.targets == USED) * 0.98 + (1 - truth) * noise * 0.98 + 0.01, dataset.codes


def test_scores_are_read_back_and_missing_ones_are_nan(trained) -> None:
    scores, codes = told(trained, 1.0)
    scores[5] = np.nan
    pretend(trained, outcomes_of(scores, codes), codes)
    segments = read_records(trained.segments, Segment)
    found = read_scores(trained.llm / folder_name("pretended") / SCORES, segments, (*codes, "another"))
    assert np.isnan(found[5]).all()
    assert np.isnan(found[:, -1]).all()
    np.testing.assert_allclose(found[:5, :-1], scores[:5])
    logits = outside_scores(trained, segments)["llm:pretended"].logits
    assert np.isnan(logits[5]).all()
    assert np.nanmax(np.abs(logits)) <= 6


def test_few_shot_scores_are_no_opinion(trained) -> None:
    scores, codes = told(trained, 1.0)
    pretend(trained, outcomes_of(scores, codes), codes, examples=3)
    assert outside_scores(trained, read_records(trained.segments, Segment)) == {}
    assert read_dataset(trained, Listener()).inputs.outside == {}


def test_evaluate_shows_head_language_model_both_and_people_on_the_same_segments(trained, comb) -> None:
    scores, codes = told(trained, 1.0)
    scores[::7] = np.nan
    coder = pretend(trained, outcomes_of(scores, codes), codes)
    comb("train")
    printed = comb("evaluate")
    found = read_json(trained.metrics / "evaluate.json")["beside"]
    assert found["coder"] == coder
    assert found["segments"] == 72 - len(range(0, 72, 7))
    assert set(found["kappa"]) == {"head", coder, "head and language model"}
    assert found["kappa"][coder]["value"] == 1
    assert set(found["from_head"]) == {coder, "head and language model"}
    assert found["with_people"] == {}  # one person coded
    assert coder in printed
    assert "comb, without the language model" in read_json(trained.metrics / "evaluate.json")["baselines"]
    card = trained.card.read_text(encoding="utf-8")
    assert "under the coder name llm:pretended" in card
    assert "print it in an appendix" in card
    worth = {one["opinion"]: one for one in read_json(trained.head / "head.json")["opinions"]}
    assert coder in worth


def test_people_are_compared_on_what_two_of_them_and_the_machines_judged(trained, comb) -> None:
    text = (trained.codings / "A.csv").read_text(encoding="utf-8").replace(",A,", ",B,")
    (trained.codings / "B.csv").write_text(text, encoding="utf-8")
    dataset = read_dataset(trained, Listener())
    same = dataset.targets.copy()
    other = 1 - same
    found = beside(dataset, "llm:x", {HEAD: other, "llm:x": same}, QUICK)
    assert found is not None
    assert found.shared == 72
    assert found.with_people["people"].value == found.with_people["llm:x"].value == 1
    assert found.from_people["llm:x"].value == 0
    assert found.from_people[HEAD].value == found.with_people[HEAD].value - 1
    assert found.from_head["llm:x"].value == 1 - found.kappa[HEAD].value


def test_equal_sides_differ_by_nothing_in_every_replicate() -> None:
    rng = np.random.default_rng(3)
    truth, guess = (rng.integers(0, 2, (60, 3)).astype(np.int8) for _ in range(2))
    groups = np.repeat(np.arange(6), 10)
    kappa, difference = compare_sides(Sides({"a": [(truth, guess)], "b": [(truth, guess)]}, "a", groups, False), QUICK)
    assert kappa["a"] == kappa["b"]
    assert (difference["b"].value, difference["b"].low, difference["b"].high) == (0, 0, 0)


def test_a_useless_language_model_costs_nothing(trained) -> None:
    """Random scores are left out inside the training part: the suggestions are those without them, to the bit."""
    dataset = read_dataset(trained, Listener())
    plain = evaluate(dataset, trained.params.train, QUICK, lambda step: None)
    losses = []
    for seed in range(3):
        scores, codes = told(trained, 0.0, seed)
        odds = np.log(scores / (1 - scores))
        heard = replace(dataset, inputs=replace(dataset.inputs, outside={"llm:random": OutsideScores(codes, odds)}))
        found = evaluate(heard, trained.params.train, QUICK, lambda step: None)
        assert plain.metrics.overall.cohen_kappa is not None
        assert found.metrics.overall.cohen_kappa is not None
        losses.append(plain.metrics.overall.cohen_kappa - found.metrics.overall.cohen_kappa)
    assert max(losses) <= 0.005
