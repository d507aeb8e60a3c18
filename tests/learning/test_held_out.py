"""Nothing is judged by what it has learned from: whole transcripts are held out, wherever something is fitted.

And each thing that the classifier looks at earns its place: without it, a test here fails.
"""

from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

from comb.active_learning import simulation
from comb.agreement.coefficients import cohen_kappa
from comb.codings.alignment import CoderViews
from comb.evaluation import cross_validation, learning_curve
from comb.learning.classifier import fit
from comb.learning.dataset import Dataset
from comb.learning.features import Inputs, previous_rows
from comb.learning.linear import fit_logistic
from comb.learning.opinions import OPINIONS
from comb.records import Segment
from comb.study.params import EvaluateParams, TrainParams

TRANSCRIPTS, EACH = 8, 20
N = TRANSCRIPTS * EACH


def dataset() -> Dataset:
    """Segments of eight transcripts with two codes, told apart by words and by embeddings."""
    targets = (np.random.default_rng(3).random((N, 2)) < 0.4).astype(np.int8)
    embeddings = np.random.default_rng(4).normal(size=(N, 2, 4)).astype(np.float32)
    embeddings[:, 0, :2] += 2 * targets
    names = np.repeat([f"t{number}" for number in range(TRANSCRIPTS)], EACH)
    texts = [" ".join(["well", *(("time", "fear")[k] for k in np.flatnonzero(row))]) for row in targets]
    segments = [
        Segment(name, i, i + 1, 0, "P", "participant", text)
        for i, (name, text) in enumerate(zip(names, texts))  # noqa: B905
    ]
    return Dataset(
        segments=segments,
        inputs=Inputs.of(segments, embeddings),
        codes=("a", "b"),
        withheld={},
        targets=targets,
        every=("a", "b"),
        reference=targets,
        valence=np.zeros(N, np.int8),
        groups=np.repeat(np.arange(TRANSCRIPTS), EACH),
        views=CoderViews(("a", "b"), {}, 0, 0),
        columns=(0, 1),
        exclusive=False,
    )


# ---- who is held out


class Pairs(list):
    """The pairs (rows fitted on, rows judged) that a run made."""

    def check(self, groups: np.ndarray) -> None:
        assert self, "nothing was fitted"
        for fitted, judged in self:
            assert not set(groups[fitted]) & set(groups[judged]), "a transcript is on both sides"


@pytest.fixture
def fits(monkeypatch: pytest.MonkeyPatch) -> Callable[[ModuleType], Pairs]:
    """Record, for a module, on which rows it fits a classifier and which rows that classifier then scores."""

    def watch(module: ModuleType) -> Pairs:
        pairs, fit_really = Pairs(), module.fit

        def noting(inputs, targets, rows, *rest, **more):
            found = fit_really(inputs, targets, rows, *rest, **more)

            class Watched:
                def __getattr__(self, name: str) -> object:
                    return getattr(found, name)

                def predict_proba(self, inputs, judged):
                    pairs.append((rows, judged))
                    return found.predict_proba(inputs, judged)

            return Watched()

        monkeypatch.setattr(module, "fit", noting)
        return pairs

    return watch


def test_evaluate_fits_on_no_transcript_that_it_judges(fits) -> None:
    pairs, data = fits(cross_validation), dataset()
    cross_validation.evaluate(data, TrainParams(min_examples=2), EvaluateParams(bootstrap=100), lambda _: None)
    pairs.check(data.groups)
    judged = np.concatenate([b for _, b in pairs])
    assert sorted(np.unique(judged)) == list(range(N)), "every segment is judged"


def test_baselines_fit_on_no_transcript_that_they_judge(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs, data = Pairs(), dataset()
    for name in ("tfidf_baseline", "majority_baseline"):
        really = getattr(cross_validation, name)
        monkeypatch.setattr(
            cross_validation, name, lambda d, a, b, really=really: (pairs.append((a, b)), really(d, a, b))[1]
        )
    cross_validation.evaluate(data, TrainParams(min_examples=2), EvaluateParams(bootstrap=100), lambda _: None)
    pairs.check(data.groups)


def test_the_learning_curve_fits_on_no_transcript_that_it_judges(fits) -> None:
    pairs, data = fits(learning_curve), dataset()
    learning_curve.measure(data, TrainParams(), EvaluateParams(folds=2), 0.2, lambda _: None)
    pairs.check(data.groups)


def test_the_simulation_tests_on_transcripts_that_no_order_may_code(fits, monkeypatch: pytest.MonkeyPatch) -> None:
    pairs, data = fits(simulation), dataset()
    monkeypatch.setattr(simulation, "FIRST", 12)
    tested: list[np.ndarray] = []
    really = simulation._kappa
    monkeypatch.setattr(simulation, "_kappa", lambda d, head, test: (tested.append(test), really(d, head, test))[1])
    simulation.simulate(data, TrainParams(), ["random", "margin"], 1, lambda _: None)
    held = set(data.groups[tested[0]])
    assert held
    assert all(not held & set(data.groups[fitted]) for fitted, _ in pairs)


def test_within_the_training_part_the_stacker_sees_values_for_transcripts_that_were_held_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pairs, data, last = Pairs(), dataset(), OPINIONS[0]

    class Watched:
        name, weight, must_earn = "watched", 1.0, False

        def can_judge(self, inputs, task):
            return True

        def fit(self, inputs, train, answers, task):
            judge = last.fit(inputs, train, answers, task)
            return lambda inputs, judged: (pairs.append((train, judged)), judge(inputs, judged))[1]

    monkeypatch.setattr("comb.learning.opinions.OPINIONS", (Watched(),))
    fit(data.inputs, data.targets, np.arange(N), data.groups, data.codes, TrainParams(), exclusive=False)
    pairs.check(data.groups)
    judged = np.concatenate([judged for _, judged in pairs])
    assert set(judged) == set(range(N))
    assert len(judged) > 1.2 * N, "some are judged a second time, alone"


# ---- what the classifier looks at


def held_out_kappa(embeddings: np.ndarray, targets: np.ndarray, before: np.ndarray | None = None) -> float:
    """Train on the first half of the transcripts and return kappa on the other half; words tell nothing."""
    groups = np.repeat(np.arange(TRANSCRIPTS), EACH)
    none = np.full(N, -1) if before is None else before
    yes, cues, nowhere = np.ones(N, bool), np.zeros((N, 3), np.float32), np.full(N, np.nan)
    inputs = Inputs(["well"] * N, embeddings.astype(np.float32), none, yes, cues, nowhere, groups)
    train, test = np.arange(N // 2), np.arange(N // 2, N)
    found = fit(inputs, targets, train, groups, ("a",), TrainParams(), exclusive=False)
    chosen = found.predict(found.predict_proba(inputs, test), groups[test])[:, 0]
    return float(cohen_kappa(np.histogram2d(targets[test, 0], chosen, bins=2, range=[[-0.5, 1.5]] * 2)[0]))


def coded(share: float = 0.4) -> np.ndarray:
    return (np.random.default_rng(7).random((N, 1)) < share).astype(np.int8)


def noise(blocks: int) -> np.ndarray:
    return np.random.default_rng(8).normal(size=(N, blocks, 6)) / 3


@pytest.mark.parametrize(("block", "what"), [(0, "the segment"), (1, "its middle layer"), (2, "what it answers")])
def test_a_code_that_only_one_embedding_tells_is_found(block: int, what: str) -> None:
    embeddings, targets = noise(4), coded()
    embeddings[:, block, 0] += 3 * targets[:, 0]
    assert held_out_kappa(embeddings, targets) > 0.6, f"{what} is not looked at"


def test_a_code_that_only_the_middle_layer_of_the_answered_question_tells_is_found() -> None:
    embeddings, targets = noise(4), coded()
    embeddings[:, 3, 0] += 3 * targets[:, 0]
    assert held_out_kappa(embeddings, targets) > 0.6


def test_a_code_that_only_the_speakers_previous_segment_tells_is_found() -> None:
    before = np.array([row - 1 if row % EACH else -1 for row in range(N)])
    embeddings, targets = noise(4), coded()
    embeddings[:-1, 0, 0] += 3 * targets[1:, 0]  # what was said before a coded segment
    assert held_out_kappa(embeddings, targets, before) > 0.5
    assert held_out_kappa(embeddings, targets, np.arange(N)) < 0.3, "the segment itself tells nothing here"


def test_the_previous_segment_is_another_one_of_the_same_speaker_and_transcript() -> None:
    segments = [Segment(t, i, i + 1, 0, s, "participant", "x") for i, (t, s) in enumerate(["tA", "tB", "tA", "uA"])]
    assert previous_rows(segments).tolist() == [-1, -1, 0, -1]
    embeddings = np.eye(4, dtype=np.float32)[:, None].repeat(2, axis=1)
    features = Inputs.of(segments, embeddings).features(np.arange(4), np.zeros(4 * 3 + 3))
    own, before = features[:, :4], features[:, 8:12]
    assert own.argmax(axis=1).tolist() == [0, 1, 2, 3]
    assert before.any(axis=1).tolist() == [False, False, True, False]
    assert before[2].argmax() == 0


def test_neighbours_tell_a_code_that_comes_in_runs() -> None:
    targets = np.zeros((N, 1), np.int8)
    for start in range(0, N, 20):
        targets[start : start + 10] = 1
    embeddings = noise(4)
    embeddings[:, 0, 0] += targets[:, 0] * 0.45
    groups = np.repeat(np.arange(TRANSCRIPTS), EACH)
    together = held_out_kappa(embeddings, targets)
    shuffled = np.concatenate([np.random.default_rng(g).permutation(np.flatnonzero(groups == g)) for g in range(8)])
    apart = held_out_kappa(embeddings[shuffled], targets[shuffled])
    assert together > apart + 0.05


def test_few_noisy_segments_are_not_learned_by_heart() -> None:
    """With little regularisation (C of 20) training accuracy is near 1 and the log loss on new segments doubles."""
    rng = np.random.default_rng(5)
    features = rng.normal(size=(600, 60)) / np.sqrt(60)
    truth = (rng.random(600) < 1 / (1 + np.exp(-6 * features[:, 0]))).astype(np.int8)[:, None]
    values = fit_logistic(features[:100], truth[:100], exclusive=False)(features[100:])[:, 0]
    loss = np.mean(np.log1p(np.exp(np.where(truth[100:, 0] == 1, -values, values))))
    assert loss < 0.75, "about as good as knowing nothing (0.69), or better, but never confidently wrong"


def test_a_rare_code_is_not_drowned_by_the_common_absence() -> None:
    rng = np.random.default_rng(6)
    truth = (rng.random(1000) < 0.05).astype(np.int8)[:, None]
    features = rng.normal(size=(1000, 5))
    features[:, 0] += 2 * truth[:, 0]
    values = fit_logistic(features, truth, exclusive=False)(features)[:, 0]
    assert (values[truth[:, 0] == 1] > 0).mean() > 0.7, "classes are balanced: most uses of the code are on its side"
