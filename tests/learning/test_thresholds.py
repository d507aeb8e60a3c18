"""Thresholds: chosen on the scores, and for each transcript on its own beside those of the training part."""

import numpy as np
import pytest

from comb.learning.thresholds import (
    FEWEST,
    HOME_ROWS,
    THRESHOLD_GRID,
    best_thresholds,
    home_rows,
    softened,
    thresholds_by_transcript,
)


def scores(n: int, share: float, seed: int, codes: int = 2) -> np.ndarray:
    """Scores of codes that a share of the segments has."""
    rng = np.random.default_rng(seed)
    used = rng.random((n, codes)) < share
    return 1 / (1 + np.exp(-np.where(used, rng.normal(0.5, 1, used.shape), rng.normal(-3, 1, used.shape))))


@pytest.mark.parametrize("exclusive", [True, False])
def test_thresholds_follow_each_transcripts_own_scores(exclusive: bool) -> None:
    home = scores(300, 0.2, 1)
    usual = best_thresholds(home, home, exclusive=exclusive)
    rare, common = scores(400, 0.02, 2), scores(400, 0.7, 3)
    both, where = np.vstack([rare, common]), np.repeat([0, 1], 400)
    found = thresholds_by_transcript(both, where, usual, home, exclusive=exclusive)
    for own, rows in ((rare, slice(0, 400)), (common, slice(400, 800))):
        assert (found[rows] == found[rows][0]).all()
        again = thresholds_by_transcript(own, np.zeros(400, int), usual, home, exclusive=exclusive)
        assert np.array_equal(found[rows], again), "other transcripts change nothing"
    assert not np.array_equal(found[0], found[400])


def test_a_short_transcript_takes_the_thresholds_of_home() -> None:
    home = scores(300, 0.2, 1)
    usual = best_thresholds(home, home, exclusive=False)
    few = scores(FEWEST - 1, 0.9, 2)
    assert (thresholds_by_transcript(few, np.zeros(len(few), int), usual, home, exclusive=False) == usual).all()


def test_no_more_scores_of_home_are_kept_than_needed() -> None:
    home = scores(HOME_ROWS + 50, 0.2, 1)
    assert home_rows(home, 1).shape == (HOME_ROWS, 2)
    assert np.array_equal(home_rows(home, 1), home_rows(home, 1))
    assert home_rows(home[:20], 1).shape == (20, 2)


def test_competing_thresholds_are_those_that_a_search_by_hand_finds() -> None:
    rng = np.random.default_rng(4)
    p = rng.dirichlet([0.4, 0.8, 0.5], 120)
    found = best_thresholds(p, p, exclusive=True)

    def value(thresholds: np.ndarray) -> float:
        guess = (p / thresholds).argmax(axis=1)
        table = np.stack([p[guess == k].sum(axis=0) for k in range(3)], axis=1)
        expected = (table.sum(axis=0) * table.sum(axis=1)).sum() / table.sum() ** 2
        observed = np.trace(table) / table.sum()
        f1 = 2 * np.diag(table) / (table.sum(axis=0) + table.sum(axis=1))
        return float((observed - expected) / (1 - expected) + f1.mean())

    for k in range(3):
        for other in THRESHOLD_GRID:
            trial = found.copy()
            trial[k] = other
            assert value(trial) <= value(found) + 1e-9


@pytest.mark.parametrize("exclusive", [True, False])
def test_softened_scores_lie_nearer_to_the_usual_share(exclusive: bool) -> None:
    share = np.array([0.2, 0.3, 0.5])
    p = np.random.default_rng(5).dirichlet([1, 1, 1], 50)
    soft = softened(p, share, 0.6, exclusive=exclusive)
    assert np.allclose(softened(p, share, 1.0, exclusive=exclusive), p, atol=1e-5)
    if exclusive:
        assert np.allclose(soft.sum(axis=1), 1)
    else:
        assert (np.abs(soft - share) <= np.abs(p - share) + 1e-9).all()
