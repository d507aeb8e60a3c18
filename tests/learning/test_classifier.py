"""The classifier: thresholds, probabilities, determinism, and what it says of codes it cannot know."""

import numpy as np
import pytest

from comb.learning import classifier as classifier_module
from comb.learning.classifier import NO_CODE, Classifier, fit, inner_folds
from comb.learning.features import LEAST_WITH_PLACE, Inputs, previous_rows
from comb.learning.stacker import ABSENT_LOGIT, fit_stacker, joinable
from comb.records import Segment
from comb.study.params import TrainParams

WORDS = {"time": 0, "scared": 1}


def data(n: int = 240) -> tuple[Inputs, np.ndarray, np.ndarray]:
    """Segments whose words and embeddings tell two codes, in 12 transcripts."""
    rng = np.random.default_rng(5)
    codes = rng.random((n, 2)) < 0.3
    embeddings = rng.normal(size=(n, 1, 6)).astype(np.float32)
    embeddings[:, 0, :2] += 4 * codes
    texts = [" ".join(["well", *(w for w, k in WORDS.items() if codes[row, k])]) for row in range(n)]
    groups = np.repeat(np.arange(12), n // 12)
    return plain_inputs(texts, embeddings, groups), codes.astype(np.int8), groups


def plain_inputs(texts: list[str], embeddings: np.ndarray, groups: np.ndarray) -> Inputs:
    """Segments of which nothing is known but texts and embeddings."""
    n = len(texts)
    no, cues, nowhere = np.zeros(n, bool), np.zeros((n, 3), np.float32), np.full(n, np.nan)
    return Inputs(texts, embeddings, np.full(n, -1), no, cues, nowhere, groups)


def fitted(exclusive: bool = False, **params: object) -> tuple[Classifier, Inputs, np.ndarray]:
    inputs, targets, groups = data()
    if exclusive:
        targets[targets[:, 0] == 1, 1] = 0
    rows = np.arange(len(groups))
    return fit(inputs, targets, rows, groups, ("a", "b"), TrainParams(**params), exclusive=exclusive), inputs, targets


@pytest.mark.parametrize("ngrams", [True, False])
def test_it_learns_what_can_be_learned(ngrams: bool) -> None:
    head, inputs, targets = fitted(ngrams=ngrams)
    chosen = head.predict(head.predict_proba(inputs, np.arange(len(targets))), inputs.transcripts)
    assert (chosen == targets).mean() > 0.9


def test_scores_are_probabilities_and_thresholds_decide() -> None:
    head, inputs, _ = fitted()
    scores, where = head.predict_proba(inputs, np.arange(50)), inputs.transcripts[:50]
    assert ((scores >= 0) & (scores <= 1)).all()
    assert np.array_equal(head.predict(scores, where), scores >= head.effective_thresholds(scores, where))


def test_an_exclusive_codebook_gives_one_code_or_none() -> None:
    head, inputs, _ = fitted(exclusive=True)
    assert head.codes == ("a", "b", NO_CODE)
    scores = head.predict_proba(inputs, np.arange(240))
    assert np.allclose(scores.sum(axis=1), 1)
    chosen, needed = head.predict(scores, inputs.transcripts), head.effective_thresholds(scores, inputs.transcripts)
    assert (chosen.sum(axis=1) == 1).all()
    assert (scores[chosen] >= needed[chosen]).all()
    assert (scores[~chosen] <= needed[~chosen]).all()


def test_the_same_input_gives_the_same_head() -> None:
    inputs, targets, groups = data()
    heads = [fit(inputs, targets, np.arange(240), groups, ("a", "b"), TrainParams(), exclusive=False) for _ in range(2)]
    assert np.array_equal(*(head.predict_proba(inputs, np.arange(240)) for head in heads))


def test_a_code_that_the_training_part_lacks_is_never_suggested() -> None:
    inputs, targets, groups = data()
    targets[:, 1] = 0
    head = fit(inputs, targets, np.arange(240), groups, ("a", "b"), TrainParams(), exclusive=False)
    assert not head.predict(head.predict_proba(inputs, np.arange(240)), inputs.transcripts)[:, 1].any()


def test_segments_that_nobody_read_teach_nothing() -> None:
    inputs, targets, groups = data()
    unread = targets.copy()
    unread[200:] = -1
    one = fit(inputs, unread, np.arange(240), groups, ("a", "b"), TrainParams(), exclusive=False)
    other = fit(inputs, targets, np.arange(200), groups, ("a", "b"), TrainParams(), exclusive=False)
    assert np.array_equal(one.predict_proba(inputs, np.arange(240)), other.predict_proba(inputs, np.arange(240)))


def test_inner_folds_never_split_a_transcript() -> None:
    groups = np.repeat(np.arange(7), 5)
    seen = []
    for train, test in inner_folds(np.arange(35), groups, 4, 1):
        assert not set(groups[train]) & set(groups[test])
        seen += test.tolist()
    assert sorted(seen) == list(range(35))


def test_one_transcript_alone_is_split_by_position() -> None:
    folds = list(inner_folds(np.arange(20), np.zeros(20, int), 4, 1))
    assert len(folds) == 4
    assert all(np.ptp(test) == len(test) - 1 for _, test in folds)


def test_what_was_said_before_is_the_same_speakers() -> None:
    def said(transcript: str, speaker: str) -> Segment:
        return Segment(transcript, 0, 1, 0, speaker, "participant", "x")

    segments = [said("t", "A"), said("t", "B"), said("t", "A"), said("u", "A"), said("t", "B")]
    assert previous_rows(segments).tolist() == [-1, -1, 0, -1, 1]


def said(*texts: str, transcript: str = "t", context: str = "") -> list[Segment]:
    return [Segment(transcript, i, i + 1, 0, "P", "participant", text, context) for i, text in enumerate(texts)]


def test_cues_are_length_and_question_marks() -> None:
    segments = [*said("Is it? ", "Yes", "no no no", context="Why?"), *said("alone", transcript="u")]
    inputs = Inputs.of(segments, np.zeros((4, 1, 2), np.float32))
    assert inputs.transcripts.tolist() == [0, 0, 0, 1]
    assert inputs.cues[:, 1].tolist() == [1, 0, 0, 0]
    assert inputs.cues[:, 2].tolist() == [1, 1, 1, 0]
    assert inputs.cues[2, 0] > inputs.cues[1, 0] == inputs.cues[3, 0] > 0
    assert inputs.answers.tolist() == [True, True, True, False]
    assert inputs.features(np.arange(4), np.zeros(7)).shape == (4, 2 * 2 + 3)


def test_only_a_transcript_of_some_length_has_places() -> None:
    segments = [*said(*"abc"), *said(*["x"] * LEAST_WITH_PLACE, transcript="u")]
    place = Inputs.of(segments, np.zeros((len(segments), 1, 2), np.float32)).place
    assert np.isnan(place[:3]).all()
    assert place[[3, -1]].tolist() == [0, 1]
    assert (np.diff(place[3:]) > 0).all()


def test_what_a_segment_lacks_is_the_mean_and_not_nothing() -> None:
    segments = [*said("a", "b", context="Why?"), *said("c", transcript="u")]
    embeddings = np.arange(12, dtype=np.float32).reshape(3, 4, 1) + 1
    inputs = Inputs.of(segments, embeddings)
    means = inputs.feature_means(np.arange(3))
    features = inputs.features(np.arange(3), means)
    assert np.allclose(features[2, 2:4], features[:2, 2:4].mean(axis=0)), "what it answers"
    assert np.allclose(features[[0, 2], 4], features[1, 4]), "what was said before; only the second has any"
    assert np.allclose(features[2, 7], features[:2, 7].mean()), "whether it answers a question"
    alone = inputs.alone().features(np.arange(3), means)
    assert np.allclose(alone[:, 2:5], means[2:5])
    assert np.array_equal(alone[:, :2], features[:, :2]), "its own embeddings are the same"


def window(values: list[float], transcripts: list[int]) -> np.ndarray:
    """The window of one opinion on one code whose mean is 4."""
    found = joinable(np.array(values)[:, None, None], np.full((1, 1), 4.0), np.ones(1), np.array(transcripts))
    return found[:, 1, 0]


def test_segments_around_are_those_of_the_transcript_and_the_near_weigh_more() -> None:
    around = window([1, 10, 100, 7], [0, 0, 0, 1])
    assert np.allclose(around, [(4 + 10 + 100 / 2) / 2.5, (4 + 1 + 100) / 3, (4 + 10 + 1 / 2) / 2.5, 4])


def test_the_window_of_a_lone_segment_and_a_missing_judgement_are_the_mean() -> None:
    assert window([9], [0]).tolist() == [4]
    filled = joinable(np.array([[[np.nan]], [[1.0]]]), np.full((1, 1), 4.0), np.ones(1), np.array([0, 1]))
    assert filled[:, 0, 0].tolist() == [4, 1]


@pytest.mark.parametrize("exclusive", [True, False])
def test_few_segments_do_not_turn_a_models_word_around(exclusive: bool) -> None:
    rng = np.random.default_rng(3)
    answers = np.eye(3, dtype=np.int8)[rng.integers(0, 3, 600)]
    values = np.stack([np.where(answers == 1, -1.0, 1.0) + rng.normal(size=(600, 3)), *rng.normal(size=(2, 600, 3))], 1)
    few, many = (stacked(values[:n], answers[:n], exclusive=exclusive) for n in (8, 600))

    def own(weights: np.ndarray) -> np.ndarray:
        """What a code's own value weighs more than those of others: all that counts where codes compete."""
        if not exclusive:
            return weights
        return np.diag(weights) - (weights.sum(axis=1) - np.diag(weights)) / 2

    assert (own(few[0]) > 0).all(), "as expected before any segment was seen, whatever eight of them say"
    assert (own(many[0]) < 0).all(), "learned from many, though it was not expected"
    assert np.abs(own(many[1])).max() < 0.3, "what tells nothing is left aside, though it was expected"


def stacked(values: np.ndarray, answers: np.ndarray, *, exclusive: bool) -> np.ndarray:
    """Weights of a stacker of two opinions of which 2 and 1 is expected, and of the window."""
    return fit_stacker(values, answers, np.zeros((2, answers.shape[1])), (2.0, 1.0), exclusive=exclusive).weights


def test_a_code_that_all_or_none_have_is_not_learned() -> None:
    answers = np.array([[1, 0, 1], [1, 0, 0]] * 10, np.int8)
    values = np.random.default_rng(1).normal(size=(20, 3, 3))
    stacker = fit_stacker(values, answers, np.zeros((2, 3)), (2.0, 1.0), exclusive=False)
    assert stacker.offset[:2].tolist() == [ABSENT_LOGIT] * 2
    assert stacker.offset[2] > ABSENT_LOGIT
    assert not stacker.weights[:, :2].any()


def test_a_huge_study_is_fitted_on_whole_transcripts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classifier_module, "MOST_ROWS", 50)
    rows, transcripts = np.arange(0, 120), np.repeat(np.arange(6), 20)
    kept = classifier_module._at_most(rows, transcripts, seed=1)
    assert len(kept) == 50
    assert sorted(np.bincount(transcripts[kept], minlength=6)) == [0, 0, 0, 10, 20, 20]
    assert (np.diff(kept) > 0).all()
    assert np.array_equal(classifier_module._at_most(rows[:50], transcripts, seed=1), rows[:50])
