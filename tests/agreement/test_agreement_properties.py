"""What holds of every coefficient, and what other libraries make of the same random tables."""

import re
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from comb.agreement.bootstrap import draws, interval
from comb.agreement.coefficients import corrected
from comb.agreement.compare import Comparison, compare
from comb.agreement.multi_rater import ORDER, krippendorff, pooled, values
from comb.agreement.ratings import Ratings
from comb.agreement.set_distances import set_tally
from comb.agreement.standard_errors import cohen, several
from comb.agreement.tallies import Patterns, tally
from comb.agreement.unitizing import span_tally, unitizing_alpha

quick = settings(max_examples=40, deadline=None)


@st.composite
def answers(draw, low=-1, categories=3):
    """Answers (N, R, C), some of them missing."""
    shape = (draw(st.integers(2, 12)), draw(st.integers(2, 4)), draw(st.integers(1, 3)))
    return draw(arrays(np.int8, shape, elements=st.integers(low, categories - 1)))


def ratings(cells: np.ndarray, *, exclusive: bool = False, groups: tuple[str, ...] | None = None) -> Ratings:
    n, r, k = cells.shape
    units = tuple(f"u{i}" for i in range(n))
    coders, codes = tuple("ABCDEFGH"[:r]), tuple(f"c{i}" for i in range(k))
    return Ratings("unit", units, coders, codes, cells, groups or units, np.ones(n), exclusive, exclusive)


def same(left: dict[str, np.ndarray], right: dict[str, np.ndarray]) -> None:
    assert left.keys() == right.keys()
    for name, value in left.items():
        np.testing.assert_allclose(value, right[name], rtol=0, atol=1e-9, err_msg=name)


@quick
@given(answers(), st.randoms(use_true_random=False))
def test_the_order_of_coders_does_not_matter(cells, random):
    order = list(range(cells.shape[1]))
    random.shuffle(order)
    same(values(tally(cells, 3).total()), values(tally(cells[:, order], 3).total()))


@quick
@given(answers(categories=2), st.randoms(use_true_random=False))
def test_the_order_of_coders_changes_only_the_sign_of_bias(cells, random):
    order = list(range(cells.shape[1]))
    random.shuffle(order)
    one, _ = Comparison.of(ratings(cells)).values()
    other, _ = Comparison.of(ratings(cells[:, order])).values()
    for left, right in ((one.overall, other.overall), (one.codes, other.codes)):
        left.pop("bias_index"), right.pop("bias_index")
        same(left, right)


@quick
@given(answers(), st.permutations(range(3)))
def test_names_of_codes_do_not_matter(cells, names):
    renamed = np.where(cells < 0, -1, np.array(names)[cells])
    same(values(tally(cells, 3).total()), values(tally(renamed, 3).total()))


@quick
@given(answers(categories=2), st.randoms(use_true_random=False))
def test_the_order_of_codes_does_not_matter(cells, random):
    order = list(range(cells.shape[2]))
    random.shuffle(order)
    one, _ = Comparison.of(ratings(cells)).values()
    other, _ = Comparison.of(ratings(cells[:, :, order])).values()
    same(one.overall, other.overall)
    same({name: value[order] for name, value in one.codes.items()}, other.codes)


@quick
@given(answers(categories=2))
def test_units_twice_change_nothing_but_the_small_sample_part_of_alpha(cells):
    one, _ = Comparison.of(ratings(cells)).values()
    twice, _ = Comparison.of(ratings(np.concatenate([cells, cells]))).values()
    for side in ("overall", "codes"):
        left, right = dict(getattr(one, side)), dict(getattr(twice, side))
        for figures in (left, right):
            for name in [name for name in figures if name.startswith("krippendorff")]:
                figures.pop(name)
        same(left, right)


@quick
@given(answers())
def test_alpha_of_units_twice(cells):
    """D_e has n (n - 1) below the line, n being the values that can be paired."""
    one, two = tally(cells, 3).total(), tally(np.concatenate([cells, cells]), 3).total()
    n = one.pairable.sum(axis=-1)
    alpha, again = corrected(*krippendorff(one)), corrected(*krippendorff(two))
    known = ~np.isnan(alpha)
    left = (1 - again[known]) * 2 * n[known] * (n[known] - 1)
    np.testing.assert_allclose(left, (1 - alpha[known]) * n[known] * (2 * n[known] - 1), atol=1e-6)


@quick
@given(answers(categories=2))
def test_a_coefficient_is_a_number_to_one_or_a_reason(cells):
    found = compare(ratings(cells), 20, 1)
    figures = [*found.overall.values(), *(f for part in found.codes.values() for f in part.values())]
    for figure in figures:
        assert (figure.value is not None and figure.value <= 1) or figure.undefined.startswith("undefined")
        assert not re.search(r"\bnan\b", str(figure), re.IGNORECASE)
    assert set(ORDER) <= set(found.overall)


@quick
@given(answers(low=0, categories=2))
def test_perfect_agreement_is_one_or_undefined(cells):
    everyone = np.repeat(cells[:, :1], cells.shape[1], axis=1)
    for name, value in values(tally(everyone, 2).total()).items():
        if not name.endswith("index"):
            assert np.all(np.isnan(value) | np.isclose(value, 1)), name


@quick
@given(answers(low=0), st.integers(0, 5))
def test_replicates_are_what_counting_the_drawn_units_would_give(cells, seed):
    weights = next(draws(len(cells), 3, seed))
    drawn = values(tally(cells, 3).drawn(weights))
    for row, times in enumerate(weights.astype(int)):
        again = values(tally(np.repeat(cells, times, axis=0), 3).total())
        same({name: value[row] for name, value in drawn.items()}, again)


def test_groups_are_drawn_whole_and_a_seed_gives_the_same_bytes():
    rng = np.random.default_rng(5)
    cells = (rng.random((60, 3, 4)) < 0.3).astype(np.int8)
    groups = tuple(f"t{i // 6}" for i in range(60))
    made = ratings(cells, groups=groups)
    assert Comparison.of(made).groups == 10
    assert compare(made, 200, 7) == compare(made, 200, 7)
    assert compare(made, 200, 7) != compare(made, 200, 8)


def test_missing_is_not_unused():
    both = np.array([[[1], [1]], [[0], [0]], [[1], [0]], [[1], [-1]]], np.int8)
    left_out = Comparison.of(ratings(both)).values()[0].codes["observed_agreement"][0]
    taken_for_none = Comparison.of(ratings(np.where(both < 0, 0, both))).values()[0].codes["observed_agreement"][0]
    assert left_out == pytest.approx(2 / 3)
    assert taken_for_none == pytest.approx(2 / 4)


def test_an_interval_says_how_many_resamples_it_rests_on():
    assert interval(np.array([0.1, np.nan, 0.3, 0.2])).resamples == 0.75
    assert "undefined" in interval(np.array([np.nan, np.nan, 0.3])).reason


@quick
@given(st.lists(st.tuples(st.integers(0, 90), st.integers(1, 10)), max_size=5))
def test_unitizing_alpha_of_the_same_spans(spans):
    own = [(start, start + length) for start, length in spans]
    alpha = float(unitizing_alpha([span_tally([[own, own]], [100])]))
    assert np.isnan(alpha) if not own else np.isnan(alpha) or alpha == pytest.approx(1)


@quick
@given(st.integers(0, 10_000), st.integers(2, 4), st.integers(2, 4))
def test_against_statsmodels_and_nltk(seed, coders, categories):
    from nltk.metrics.agreement import AnnotationTask
    from statsmodels.stats.inter_rater import aggregate_raters, cohens_kappa, fleiss_kappa

    rng = np.random.default_rng(seed)
    said = rng.choice(categories, (30, coders), p=np.arange(1, categories + 1) / np.arange(1, categories + 1).sum())
    if len(np.unique(said)) < categories:
        return
    found, pairs = Comparison.of(_nominal(said, categories)).values()
    table, _ = aggregate_raters(said)
    assert found.overall["fleiss_kappa"] == pytest.approx(fleiss_kappa(table))
    task = AnnotationTask([(c, u, str(said[u, c])) for u in range(30) for c in range(coders)])
    for name, oracle in {
        "observed_agreement": task.avg_Ao,
        "cohen_kappa": task.kappa,
        "brennan_prediger": task.S,
        "krippendorff_alpha": task.alpha,
    }.items():
        assert found.overall[name] == pytest.approx(oracle()), name
    if coders == 2:
        assert found.overall["scott_pi"] == pytest.approx(task.pi())
        counts = tally(said[..., None], categories).total().table[0]
        result = cohens_kappa(counts)
        assert float(cohen(counts)) == pytest.approx(result.std_kappa)
        assert float(cohen(counts, null=True)) == pytest.approx(result.std_kappa0)
    assert len(pairs) == coders * (coders - 1) // 2


def _nominal(said: np.ndarray, categories: int) -> Ratings:
    cells = (said[..., None] == np.arange(categories)).astype(np.int8)
    made = ratings(cells, exclusive=True)
    return Ratings(**{name: getattr(made, name) for name in made.__dataclass_fields__} | {"with_none": False})


@quick
@given(st.integers(0, 10_000))
def test_against_scikit_learn(seed):
    from sklearn.metrics import cohen_kappa_score, f1_score

    rng = np.random.default_rng(seed)
    cells = (rng.random((40, 2, 5)) < 0.3).astype(np.int8)
    codes = Comparison.of(ratings(cells)).values()[0].codes
    for k in range(5):
        one, other = cells[:, 0, k], cells[:, 1, k]
        assert codes["cohen_kappa"][k] == pytest.approx(cohen_kappa_score(one, other))
        assert codes["positive_agreement"][k] == pytest.approx(f1_score(one, other))


@quick
@given(st.integers(0, 10_000), st.integers(2, 3))
def test_sets_against_nltk(seed, coders):
    from nltk.metrics import jaccard_distance
    from nltk.metrics.agreement import AnnotationTask

    rng = np.random.default_rng(seed)
    cells = (rng.random((25, coders, 4)) < 0.4).astype(np.int8)
    cells[~cells.any(axis=2), 0] = 1  # NLTK divides by nought where both sets are empty
    said = [(c, u, frozenset(np.flatnonzero(cells[u, c]).tolist())) for u in range(25) for c in range(coders)]

    def masi(one, other):
        """NLTK's own, with thirds in place of 0.33 and 0.67."""
        likeness = len(one & other) / len(one | other)
        factor = 1 if one == other else 2 / 3 if one <= other or other <= one else 1 / 3 if one & other else 0
        return 1 - likeness * factor

    found = set_tally(cells).alphas()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        jaccard = AnnotationTask(said, distance=jaccard_distance).alpha()
        by_masi = AnnotationTask(said, distance=masi).alpha()
    assert found["krippendorff_alpha_jaccard"] == pytest.approx(jaccard)
    assert found["krippendorff_alpha_masi"] == pytest.approx(by_masi)


def test_standard_errors_agree_with_the_bootstrap():
    rng = np.random.default_rng(3)
    truth = rng.random(800) < 0.4
    cells = np.stack([np.where(rng.random(800) < 0.85, truth, ~truth) for _ in range(3)], axis=1)[..., None]
    cells = cells.astype(np.int8)
    made = tally(cells, 2)
    drawn = values(made.drawn(np.concatenate(list(draws(800, 2000, 1)))))
    for name, error in several(Patterns.of(cells, 2))[0].items():
        assert error == pytest.approx(drawn[name].std(), rel=0.1), name


def test_pooling_leaves_out_codes_that_nobody_used():
    rng = np.random.default_rng(1)
    cells = (rng.random((50, 2, 3)) < 0.4).astype(np.int8)
    padded = np.concatenate([cells, np.zeros((50, 2, 5), np.int8)], axis=2)
    one = Comparison.of(ratings(cells)).values()[0].overall
    same(one, Comparison.of(ratings(padded)).values()[0].overall)
    assert pooled(tally(cells, 2).total(), np.ones(3)).keys() <= one.keys()


@quick
@given(st.lists(st.integers(1, 38), max_size=6), st.lists(st.integers(1, 38), max_size=6))
def test_window_errors_against_nltk(one, other):
    from nltk.metrics import pk, windowdiff

    from comb.agreement.boundaries import window_errors

    one, other, words = sorted(set(one)), sorted(set(other)), 40
    windows, either, differ = window_errors(one, other, words)
    if not one:
        assert windows == 0
        return
    texts = ["".join("1" if place in marks else "0" for place in range(words)) for marks in (one, other)]
    width = max(1, round(words / (2 * len(one))))
    assert either / windows == pytest.approx(pk(*texts, k=width))
    assert differ / windows == pytest.approx(windowdiff(*texts, k=width))


@quick
@given(answers(), st.integers(0, 5))
def test_sparse_counts_are_the_dense_ones(cells, seed):
    from comb.agreement import linear_map

    weights = next(draws(len(cells), 3, seed))
    dense = values(tally(cells, 3).drawn(weights))
    cells_before, linear_map.DENSE_CELLS = linear_map.DENSE_CELLS, 0
    largest_before, linear_map.LARGEST = linear_map.LARGEST, 0
    try:
        same(dense, values(tally(cells, 3).drawn(weights)))
    finally:
        linear_map.DENSE_CELLS, linear_map.LARGEST = cells_before, largest_before
