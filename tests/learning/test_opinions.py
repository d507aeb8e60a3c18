"""Opinions: what must earn its place does so in the study at hand, what is missing is missing, all of it is stored."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from comb.learning.artifact import Model, read_model, write_model
from comb.learning.classifier import Classifier, fit
from comb.learning.features import Inputs, OutsideScores
from comb.learning.opinions import OPINIONS, available
from comb.learning.opinions.protocol import Task
from comb.records import Segment
from comb.study.params import TrainParams

TRANSCRIPTS, EACH = 10, 24
N = TRANSCRIPTS * EACH
GROUPS = np.repeat(np.arange(TRANSCRIPTS), EACH)
TASK = Task(("a", "b"), False)


def study(code_a: np.ndarray, seed: int = 2) -> tuple[Inputs, np.ndarray]:
    """Ten transcripts in which code ``a`` is as given, and ``b`` told faintly by the embeddings."""
    rng = np.random.default_rng(seed)
    targets = np.stack([code_a, rng.random(N) < 0.4], axis=1).astype(np.int8)
    embeddings = rng.normal(size=(N, 4, 6)).astype(np.float32) / 3
    embeddings[:, 0, 1] += targets[:, 1]
    segments = [Segment(f"t{g}", i, i + 1, 0, "P", "participant", "well", "So?") for i, g in enumerate(GROUPS)]
    return Inputs.of(segments, embeddings), targets


def by_place() -> np.ndarray:
    return np.tile(np.arange(EACH) < EACH // 3, TRANSCRIPTS)


def by_chance() -> np.ndarray:
    return np.random.default_rng(1).random(N) < 1 / 3


def fitted(inputs: Inputs, targets: np.ndarray, **more: bool) -> Classifier:
    return fit(inputs, targets, np.arange(N), GROUPS, TASK.codes, TrainParams(), exclusive=False, **more)


def probability(found: Classifier, inputs: Inputs) -> np.ndarray:
    return found.predict_proba(inputs, np.arange(len(inputs.texts)))


def test_place_is_joined_where_codes_follow_it_and_nowhere_else() -> None:
    assert "place" in fitted(*study(by_place())).judges
    assert "place" not in fitted(*study(by_chance())).judges


def test_place_is_not_joined_where_few_transcripts_could_show_that_it_helps() -> None:
    inputs, targets = study(by_place())
    few = fit(inputs, targets, np.arange(3 * EACH), GROUPS, TASK.codes, TrainParams(), exclusive=False)
    assert "place" not in few.judges


def test_worth_is_measured_with_and_without_and_says_what_was_used() -> None:
    found = {one.opinion: one for one in fitted(*study(by_place()), weigh=True).worth}
    assert found["place"].used
    assert found["place"].low > 0
    assert found["place"].gain == pytest.approx(found["place"].without_it - found["place"].with_it, abs=2e-5)
    other = {one.opinion: one for one in fitted(*study(by_chance()), weigh=True).worth}
    assert not other["place"].used
    assert other["place"].low <= 0
    assert fitted(*study(by_chance())).worth == ()


def outside(codes: tuple[str, ...], logits: np.ndarray) -> dict[str, OutsideScores]:
    return {"oracle": OutsideScores(codes, logits)}


def test_scores_from_outside_are_joined_where_they_help() -> None:
    inputs, targets = study(by_chance())
    helps = replace(inputs, outside=outside(("a",), np.where(targets[:, :1] == 1, 2.0, -2.0)))
    noise = replace(inputs, outside=outside(("a",), np.random.default_rng(4).normal(size=(N, 1))))
    assert "oracle" in fitted(helps, targets).judges
    assert "oracle" not in fitted(noise, targets).judges
    scores = probability(fitted(helps, targets), helps)
    assert scores[targets[:, 0] == 1, 0].min() > scores[targets[:, 0] == 0, 0].max()


def test_a_segment_without_a_score_from_outside_is_judged_as_if_it_had_the_mean() -> None:
    inputs, targets = study(by_chance())
    logits = np.where(targets[:, :1] == 1, 2.0, -2.0)
    found = fitted(replace(inputs, outside=outside(("a",), logits)), targets)
    bare = probability(found, inputs)
    same = probability(found, replace(inputs, outside=outside(("a",), np.full((N, 1), np.nan))))
    assert np.array_equal(bare, same)
    filled = replace(inputs, outside=outside(("a",), np.full((N, 1), found.stacker.means[-1, 0])))
    assert np.allclose(bare, probability(found, filled))


def test_scores_for_other_codes_than_the_study_has_are_no_opinion() -> None:
    inputs, _ = study(by_chance())
    other = replace(inputs, outside=outside(("z",), np.ones((N, 1))))
    assert [opinion.name for opinion in available(other, TASK)] == [opinion.name for opinion in available(inputs, TASK)]


def test_the_names_of_opinions_differ() -> None:
    names = [opinion.name for opinion in OPINIONS]
    assert len(set(names)) == len(names)


def test_a_model_is_read_as_it_was_written(tmp_path: Path) -> None:
    inputs, targets = study(by_place())
    inputs = replace(inputs, outside=outside(("a",), np.where(targets[:, :1] == 1, 0.5, -0.5)))
    found = fitted(inputs, targets, weigh=True)
    assert {"embeddings", "n-grams", "place", "oracle"} == set(found.judges)
    written = write_model(tmp_path / "head", Model("", "e", "", found, None, [], np.zeros((0, 6), np.float32), {}))
    read = read_model(tmp_path / "head")
    assert read.id == written.id
    assert np.array_equal(probability(read.codes, inputs), probability(found, inputs))


def test_a_sentence_gets_the_same_score_first_of_two_and_last_of_two() -> None:
    """A place in a text of two lines is none, whatever the study taught about places."""
    found = fitted(*study(by_place()))
    said = "I never understood why it matters."

    def scores(*texts: str) -> np.ndarray:
        segments = [Segment("x", i, i + 1, i, "P", "participant", text) for i, text in enumerate(texts)]
        vectors = np.stack([np.full((4, 6), len(text) / 100, np.float32) for text in texts])
        return probability(found, Inputs.of(segments, vectors))[texts.index(said)]

    other = "x" * len(said)
    assert np.allclose(scores(said, other), scores(other, said), atol=0.1)
