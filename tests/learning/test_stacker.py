"""The stacker: how far each opinion is trusted, by all codes together and by each of them."""

import numpy as np
import pytest

from comb.learning.linear import link
from comb.learning.stacker import Stacker, fit_stacker


def fitted(codes: int, *, exclusive: bool = False, rare: int = 4) -> Stacker:
    """Fit on one opinion that knows and one that guesses; the first code has few segments, the others many."""
    rng = np.random.default_rng(1)
    answers = (rng.random((600, codes)) < 0.3).astype(np.int8)
    answers[:, 0] = 0
    answers[:rare, 0] = 1
    if exclusive:
        answers = (rng.permuted(answers, axis=0) + rng.random(answers.shape)).argmax(axis=1)[:, None] == range(codes)
        answers = answers.astype(np.int8)
    knows = 3.0 * answers - 1.5 + rng.normal(size=answers.shape)
    values = np.stack([knows, 2 * rng.normal(size=answers.shape), np.zeros(answers.shape)], axis=1)
    return fit_stacker(values, answers, np.zeros((2, codes)), (1.0, 1.0), exclusive=exclusive)


def test_a_rare_code_trusts_an_opinion_as_far_as_the_other_codes_do() -> None:
    alone, among_many = fitted(1).weights[:, 0], fitted(12).weights[:, 0]
    assert among_many[0] > alone[0] + 1
    assert abs(among_many[1]) < 0.3


def test_opinions_are_trusted_as_expected_until_segments_say_otherwise() -> None:
    few = fitted(3, rare=1)
    assert few.weights[2] == pytest.approx([0.8] * 3), "nothing was said of the window"


def test_codes_that_compete_share_what_is_learned_of_an_opinion() -> None:
    found = fitted(4, exclusive=True)
    own, others = found.weights[1].diagonal(), found.weights[1][~np.eye(4, dtype=bool)]
    assert np.abs(own).max() < 0.4
    assert np.abs(others).max() < 0.4
    assert link(found.join(np.zeros((1, 3, 4))), exclusive=True).sum() == pytest.approx(1)
