"""Ordinal, interval and ratio scales, and standard errors, against published figures and other libraries."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comb.agreement.compare import compare
from comb.agreement.ratings import Ratings
from comb.agreement.results import Coefficients
from comb.agreement.scale_order import make_scale
from comb.agreement.scales import ScaleLevel
from comb.agreement.standard_errors import several
from comb.agreement.tallies import Patterns

# Krippendorff (2011), Computing Krippendorff's alpha-reliability, data C: 12 units, 4 observers.
C = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
    [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
]
# R irr, data set anxiety: 20 subjects, 3 raters.
ANXIETY = "332 361 344 464 523 542 221 346 531 231 221 632 133 533 221 221 113 233 432 342"
# R irrCAC, data set cac.raw4raters: 12 units, 4 raters.
RAW = ["11.1", "2232", "3333", "3333", "2222", "1234", "4444", "1121", "2222", ".555", "..11", "..3."]


def ratings(units: list[list[object]], level: ScaleLevel = "nominal") -> Ratings:
    """Make ratings of one variable; None is missing."""
    codes = sorted({str(value) for row in units for value in row if value is not None})
    cells = np.full((len(units), len(units[0]), len(codes)), -1, np.int8)
    for u, row in enumerate(units):
        for r, value in enumerate(row):
            if value is not None:
                cells[u, r] = [code == str(value) for code in codes]
    names = tuple(f"u{n}" for n in range(len(units)))
    made = Ratings("unit", names, tuple("ABCDEF"[: len(units[0])]), tuple(codes), cells, names, np.ones(len(units)),
                   True, False)  # fmt: skip
    return made if level == "nominal" else make_scale(made, level, ())


def overall(units: list[list[object]], level: ScaleLevel = "nominal") -> Coefficients:
    return compare(ratings(units, level), 50, 1).overall


def table(counts: list[list[int]]) -> list[list[object]]:
    return [[i + 1, j + 1] for i, row in enumerate(counts) for j, n in enumerate(row) for _ in range(n)]


def value(found: Coefficients, name: str) -> float:
    assert found[name].value is not None
    return found[name].value


@pytest.mark.parametrize(
    ("level", "alpha"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)]
)
def test_krippendorff_2011(level: ScaleLevel, alpha: float) -> None:
    found = overall([list(unit) for unit in zip(*C, strict=True)], level)
    name = "krippendorff_alpha" if level == "nominal" else f"krippendorff_alpha_{level}"
    assert value(found, name) == pytest.approx(alpha, abs=5e-4)
    assert found[name].krippendorff is not None


@pytest.mark.parametrize(
    ("source", "counts", "expected", "within"),
    [
        (
            "Cohen 1960",
            [[88, 14, 18], [10, 40, 10], [2, 6, 12]],
            {"cohen_kappa": 0.492, "observed_agreement": 0.7},
            6e-4,
        ),
        (
            "Artstein & Poesio 2008, table 1",
            [[20, 20], [10, 50]],
            {"observed_agreement": 0.7, "brennan_prediger": 0.4, "scott_pi": 0.341, "cohen_kappa": 0.348},
            6e-4,
        ),
        (
            "Artstein & Poesio 2008, table 7",
            [[46, 6, 0], [0, 32, 0], [0, 6, 10]],
            {"observed_agreement": 0.88, "scott_pi": 0.7995, "cohen_kappa": 0.8013},
            6e-4,
        ),
        (
            "Gwet 2008, the paradox",
            [[118, 5], [2, 0]],
            {"cohen_kappa": -0.0234, "gwet_ac1": 0.9408, "brennan_prediger": 0.888, "observed_agreement": 0.944},
            6e-4,
        ),
        ("Feinstein & Cicchetti 1990 a", [[40, 9], [6, 45]], {"cohen_kappa": 0.70}, 6e-3),
        ("Feinstein & Cicchetti 1990 b", [[80, 10], [5, 5]], {"cohen_kappa": 0.32}, 6e-3),
        ("Sim & Wright 2005", [[22, 2], [4, 11]], {"cohen_kappa": 0.67}, 6e-3),
        (
            "Landis & Koch 1977",
            [[38, 5, 0, 1], [33, 11, 3, 0], [10, 14, 5, 6], [3, 7, 3, 10]],
            {"cohen_kappa": 0.208},
            6e-4,
        ),
        (
            "Stata, kap",
            [[21, 12, 0, 0], [4, 17, 1, 0], [3, 9, 15, 2], [0, 0, 0, 1]],
            {"cohen_kappa": 0.4728, "observed_agreement": 0.6353},
            6e-5,
        ),
    ],
)
def test_published_tables(source: str, counts: list[list[int]], expected: dict[str, float], within: float) -> None:
    found = overall(table(counts))
    for name, wanted in expected.items():
        assert value(found, name) == pytest.approx(wanted, abs=within), (source, name)


@pytest.mark.parametrize(
    ("counts", "ac1", "ac2"),
    [
        ([[20, 5, 1, 0], [4, 15, 6, 1], [0, 5, 18, 4], [0, 1, 3, 12]], 0.58046, 0.84028),
        ([[15, 4, 1, 0, 0], [3, 12, 4, 1, 0], [1, 3, 14, 3, 1], [0, 1, 3, 10, 2], [0, 0, 1, 2, 8]], 0.57997, 0.87005),
        ([[88, 14, 18], [10, 40, 10], [2, 6, 12]], 0.57597, 0.63855),
    ],
)
def test_ac2_of_irrcac(counts: list[list[int]], ac1: float, ac2: float) -> None:
    found = overall(table(counts), "interval")
    assert value(found, "gwet_ac1") == pytest.approx(ac1, abs=6e-6)
    assert value(found, "gwet_ac2_quadratic") == pytest.approx(ac2, abs=6e-6)


def test_intraclass_correlation_of_r_irr() -> None:
    """R irr: icc(anxiety, model = "twoway", type = "agreement") is 0.198."""
    units = [[int(cell) for cell in row] for row in ANXIETY.split()]
    assert value(overall(units, "interval"), "icc_a1") == pytest.approx(0.198, abs=5e-4)


def test_weighted_kappa_of_r_irr() -> None:
    """R irr: kappa2(anxiety[, 1:2], "squared") and "equal"; Fleiss' kappa of all three is -0.04."""
    units = [[int(cell) for cell in row] for row in ANXIETY.split()]
    found = overall([row[:2] for row in units], "ordinal")
    assert value(found, "cohen_kappa") == pytest.approx(0.119, abs=5e-4)
    assert value(found, "cohen_kappa_quadratic") == pytest.approx(0.297, abs=5e-4)
    assert value(overall(units), "fleiss_kappa") == pytest.approx(-0.04, abs=5e-3)


def test_weighted_kappa_of_sas() -> None:
    """SAS, PROC FREQ, as in the tests of statsmodels: linear weights, kappa .4701, standard error .1457."""
    found = overall(table([[0, 4, 1], [0, 8, 0], [0, 1, 5]]), "ordinal")["cohen_kappa_linear"]
    assert found.value == pytest.approx(0.4701, abs=5e-5)
    assert found.se == pytest.approx(0.1457, abs=5e-5)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_weights_against_scikit_learn(seed: int) -> None:
    from sklearn.metrics import cohen_kappa_score

    rng = np.random.default_rng(seed)
    first = rng.integers(1, 6, 40)
    second = np.clip(first + rng.integers(-1, 2, 40), 1, 5)
    found = overall([[int(a), int(b)] for a, b in zip(first, second, strict=True)], "ordinal")
    for weights in ("linear", "quadratic"):
        oracle = cohen_kappa_score(first, second, weights=weights)
        assert value(found, f"cohen_kappa_{weights}") == pytest.approx(oracle, abs=1e-6)


def test_for_two_coders_the_generalisations_are_the_kappas_of_two() -> None:
    found = overall(table([[20, 5, 1], [4, 15, 6], [0, 5, 18]]), "ordinal")
    for weights in ("linear", "quadratic"):
        pair = value(found, f"cohen_kappa_{weights}")
        assert value(found, f"conger_kappa_{weights}") == pytest.approx(pair)
        pooled = value(found, f"scott_pi_{weights}")
        assert value(found, f"fleiss_kappa_{weights}") == pytest.approx(pooled)


def test_standard_errors_of_irrcac_for_raw_ratings() -> None:
    found = overall([[None if cell == "." else cell for cell in row] for row in RAW])
    for name, se in {
        "gwet_ac1": 0.14295, "fleiss_kappa": 0.15302, "brennan_prediger": 0.14472, "krippendorff_alpha": 0.14557,
        "conger_kappa": 0.14917,
    }.items():  # fmt: skip
        assert found[name].se == pytest.approx(se, abs=6e-6), name
    for name, expected in {
        "observed_agreement": 0.8181818, "gwet_ac1": 0.77544, "fleiss_kappa": 0.76117, "krippendorff_alpha": 0.74342,
        "conger_kappa": 0.76282, "brennan_prediger": 0.77273,
    }.items():  # fmt: skip
        assert value(found, name) == pytest.approx(expected, abs=6e-6), name


def test_standard_errors_of_irrcac_for_a_table_of_two() -> None:
    found = overall(table([[13, 0, 0], [0, 20, 7], [0, 4, 56]]))
    for name, se in {
        "cohen_kappa": 0.05891072, "conger_kappa": 0.05891072, "gwet_ac1": 0.04321747,
        "brennan_prediger": 0.04693346, "scott_pi": 0.05905473, "krippendorff_alpha": 0.05905473,
    }.items():  # fmt: skip
        assert found[name].se == pytest.approx(se, abs=1e-6), name


def test_standard_errors_of_irrcac_for_a_distribution() -> None:
    """Alpha's published error of these data (.08243228) comes of an older formula that the package has replaced."""
    rows = ["00060", "03003", "01401", "00006", "03030", "20400", "00402", "20310", "20040", "00006", "10050", "11040",
            "03300", "10050", "02031"]  # fmt: skip
    answers = np.array([np.repeat(range(5), [int(n) for n in row]) for row in rows])
    found = several(Patterns.of(answers[..., None], 5))[0]
    assert found["fleiss_kappa"] == pytest.approx(0.08119291, abs=1e-8)
    assert found["gwet_ac1"] == pytest.approx(0.08418757, abs=1e-8)
    assert found["brennan_prediger"] == pytest.approx(0.08312142, abs=1e-8)


def test_krippendorffs_bootstrap_is_near_the_delta_method() -> None:
    rng = np.random.default_rng(4)
    truth = rng.integers(1, 4, 300)
    units = [[int(t) if rng.random() < 0.8 else int(rng.integers(1, 4)) for _ in range(2)] for t in truth]
    alpha = overall([list(unit) for unit in units])["krippendorff_alpha"]
    assert alpha.krippendorff is not None
    assert alpha.krippendorff.se == pytest.approx(alpha.se, rel=0.5)
    assert alpha.krippendorff.low < alpha.value < alpha.krippendorff.high


def test_order_of_words_is_asked_for_and_numbers_draw_a_hint(comb) -> None:
    (comb.folder / "a.csv").write_text(
        "unit,coder,code\n" + "".join(f"{u},{c},{w}\n" for u, w in enumerate(("low", "high", "medium")) for c in "AB"),
        encoding="utf-8",
    )
    out = comb("agree", "a.csv", "--level", "ordinal", code=1)
    assert "--order low,medium,high" in out
    assert "ordinal" in comb("agree", "a.csv", "--level", "ordinal", "--order", "low,medium,high")
    (comb.folder / "b.csv").write_text("unit,Rater1,Rater2\nu1,1,1\nu2,2,3\nu3,5,5\n", encoding="utf-8")
    assert "say --level ordinal" in comb("agree", "b.csv")
    assert "say --level ordinal" not in comb("agree", "b.csv", "--level", "interval")


def test_a_scale_has_one_value_per_unit(comb) -> None:
    path = Path(comb.folder / "a.csv")
    path.write_text("unit,coder,code\n1,A,1\n1,A,2\n1,B,1\n2,B,3\n2,A,3\n", encoding="utf-8")
    assert "several codes" in comb("agree", "a.csv", "--level", "ordinal", code=1)


def test_the_intraclass_correlation_needs_units_that_all_judged() -> None:
    found = overall([[1, 2, None], [2, None, 2], [None, 3, 1]], "interval")
    assert "judged by all coders" in found["icc_a1"].undefined
    assert value(found, "krippendorff_alpha_interval") < 0
