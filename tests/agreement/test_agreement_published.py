"""Every published figure that we have: ../shared/data/agreement, and tables printed in the literature."""

import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest

from comb.agreement import standard_errors
from comb.agreement.coefficients import (
    cohen_kappa,
    corrected,
    linear_weights,
    quadratic_weights,
)
from comb.agreement.compare import compare
from comb.agreement.multi_rater import fleiss, gwet_ac1, krippendorff, observed, values
from comb.agreement.set_distances import jaccard, masi, monotonicity, overlap, set_tally
from comb.agreement.table_files import open_tables
from comb.agreement.tallies import Counts, pair_tally, tally, used
from comb.agreement.unit_tables import read_tables
from comb.agreement.unitizing import SpanTally, span_tally, unitizing_alpha

DATA = Path(__file__).parents[3] / "shared" / "data" / "agreement"


def p_value(z: float) -> float:
    """Two-sided p of a standard normal ``z``, as R's irr prints it."""
    return math.erfc(abs(z) / math.sqrt(2))


def fleiss_null(counts: np.ndarray) -> float:
    """The standard error of Fleiss' kappa under a true kappa of 0: Fleiss, Nee & Landis (1979), equation 12."""
    n, m = len(counts), counts[0].sum()
    p = counts.sum(axis=0) / counts.sum()
    spread = (p * (1 - p)).sum()
    inner = spread**2 - (p * (1 - p) * (1 - 2 * p)).sum()
    return float(np.sqrt(2 * inner / (n * m * (m - 1))) / spread)


needs_data = pytest.mark.skipif(not DATA.exists(), reason="../shared/data/agreement is not on this machine")


def rows_of(name: str) -> list[list[str]]:
    with (DATA / "nltk-statsmodels" / name).open(encoding="utf-8") as file:
        return list(csv.reader(file))[1:]


def numbered(rows: list[list[str]]) -> tuple[np.ndarray, list[str]]:
    """Answers (N, R, 1) of a table units x coders; an empty cell is missing."""
    categories = sorted({cell for row in rows for cell in row} - {""})
    cells = [[categories.index(cell) if cell else -1 for cell in row] for row in rows]
    return np.array(cells)[..., None], categories


def total(answers: np.ndarray, categories: int, weights: np.ndarray | None = None) -> Counts:
    return tally(answers, categories, weights=weights).total()


def expected() -> dict:
    return json.loads((DATA / "nltk-statsmodels" / "EXPECTED.json").read_text(encoding="utf-8"))


def dkpro() -> dict:
    return json.loads((DATA / "dkpro" / "EXPECTED_from_dkpro_tests.json").read_text(encoding="utf-8"))


def by_distance(costs: list[int]) -> np.ndarray:
    """Weights that depend on how many levels apart two answers are, as a vector given to R's kappa2 means."""
    place = np.arange(len(costs))
    return 1 - np.array(costs)[np.abs(place[:, None] - place)] / max(costs)


def artstein() -> np.ndarray:
    text = (DATA / "nltk-statsmodels" / "artstein_poesio_example.txt").read_text(encoding="utf-8")
    said = [line.split() for line in text.splitlines() if line.strip()]
    categories = sorted({code for _, _, code in said})
    units = sorted({unit for _, unit, _ in said}, key=int)
    given = {(coder, unit): categories.index(code) for coder, unit, code in said}
    return np.array([[given[coder, unit] for coder in "ab"] for unit in units])[..., None]


@needs_data
def test_artstein_and_poesio():
    wanted, also = expected()["nltk"]["expected"], dkpro()["artstein_poesio_2008_ex2"]["expected"]
    q = int(artstein().max()) + 1
    found = {name: float(value[0]) for name, value in values(total(artstein(), q)).items()}
    assert found["observed_agreement"] == pytest.approx(wanted["avg_Ao"])
    assert found["scott_pi"] == pytest.approx(wanted["pi"], abs=5e-6)
    assert found["brennan_prediger"] == pytest.approx(wanted["S"])
    assert found["observed_agreement"] == pytest.approx(also["percent"])
    assert found["scott_pi"] == pytest.approx(also["pi"], abs=1e-3)
    assert found["cohen_kappa"] == pytest.approx(also["kappa_precise"], abs=5e-5)
    assert found["krippendorff_alpha"] == pytest.approx(also["alpha"], abs=1e-3)


@needs_data
def test_krippendorff_with_missing_answers():
    answers, categories = numbered([row[1:] for row in rows_of("cac.raw4raters.csv")])
    alpha = corrected(*krippendorff(total(answers, len(categories))))
    assert alpha[0] == pytest.approx(expected()["nltk_krippendorff_12units"]["expected"]["alpha_nominal"], abs=1e-11)


@needs_data
def test_nltk_tiny_and_none():
    tiny = expected()["nltk_tiny"]
    units, coders = ["dress1", "dress2", "dress3"], ["coder1", "coder2", "coder3"]
    answers = np.full((3, 3, 1), -1)
    for coder, unit, code in tiny["data"]:
        answers[units.index(unit), coders.index(coder)] = int(code == "YES")
    alpha = corrected(*krippendorff(total(answers, 2)))
    assert alpha[0] == pytest.approx(tiny["expected"]["alpha_nominal"], abs=1e-6)
    missing = expected()["nltk_missing"]
    rows = np.array([[-1 if cell is None else cell - 1 for cell in row] for row in missing["data"]]).T[..., None]
    as_missing = corrected(*krippendorff(total(rows, 2)))
    as_category = corrected(*krippendorff(total(np.where(rows < 0, 2, rows), 3)))
    assert as_missing[0] == pytest.approx(missing["expected"]["alpha_None_as_missing"])
    assert as_category[0] == pytest.approx(missing["expected"]["alpha_None_as_category"])


@needs_data
def test_statsmodels_cohen():
    case = expected()["statsmodels"]["cohen_table10"]
    table, wanted = case["table"], case["unweighted"]
    kappa, error = float(cohen_kappa(table)), float(standard_errors.cohen(table))
    null = float(standard_errors.cohen(table, null=True))
    assert kappa == pytest.approx(wanted["kappa"], abs=5e-5)
    assert error == pytest.approx(wanted["ase"], abs=5e-5)
    assert [kappa - 1.959964 * error, kappa + 1.959964 * error] == pytest.approx(wanted["ci"], abs=5e-5)
    assert null == pytest.approx(wanted["ase0"], abs=5e-5)
    assert kappa / null == pytest.approx(wanted["z"], abs=5e-4)
    weights, wanted = linear_weights([0, 1, 2]), case["weights_0_1_2_linear"]
    kappa, error = float(cohen_kappa(table, weights)), float(standard_errors.cohen(table, weights))
    assert kappa == pytest.approx(wanted["kappa"], abs=5e-5)
    assert error == pytest.approx(wanted["ase"], abs=5e-5)
    assert [kappa - 1.959964 * error, kappa + 1.959964 * error] == pytest.approx(wanted["ci"], abs=5e-5)


@needs_data
def test_fleiss_of_wikipedia():
    case = expected()["statsmodels"]["fleiss_wikipedia_10x5"]
    answers = np.array([np.repeat(range(5), row) for row in case["table"]])[..., None]
    assert corrected(*fleiss(total(answers, 5)))[0] == pytest.approx(case["expected"]["kappa"], abs=5e-4)
    each = observed(tally(answers, 5).by_group())[:, 0]
    assert each == pytest.approx(case["subject_P"], abs=5e-4)


@needs_data
@pytest.mark.parametrize(
    ("name", "coders", "scores", "make"),
    [
        ("kappa2(anxiety[,2:3])", (1, 2), None, None),
        ('kappa2(anxiety[,2:3],"equal")', (1, 2), range(6), linear_weights),
        ('kappa2(anxiety[,2:3],"squared")', (1, 2), range(6), quadratic_weights),
        ("kappa2(anxiety[,1:2],c(0,0,0,1,1,1))", (0, 1), (0, 0, 0, 1, 1, 1), by_distance),
        ("kappa2(anxiety[,1:2],c(0,0,1,1,2,2))", (0, 1), (0, 0, 1, 1, 2, 2), by_distance),
    ],
)
def test_kappa2_of_r_irr(name, coders, scores, make):
    wanted = expected()["statsmodels"]["R_irr"][name]
    answers = np.array([[int(cell) - 1 for cell in row] for row in rows_of("anxiety.converted.csv")])[:, coders]
    if isinstance(scores, range):
        # R irr numbers the levels that occur.
        present = np.unique(answers)
        answers, scores = np.searchsorted(present, answers), range(len(present))
    q = 6 if scores is None else len(list(scores))
    table = total(answers[..., None], q).table[0]
    weights = None if make is None else make(list(scores))
    kappa = float(cohen_kappa(table, weights))
    assert kappa == pytest.approx(wanted["kappa"], abs=1e-7)
    z = kappa / float(standard_errors.cohen(table, weights, null=True))
    assert z == pytest.approx(wanted["z"], abs=1e-6)
    if "p" in wanted:
        assert p_value(z) == pytest.approx(wanted["p"], abs=1e-7)


@needs_data
def test_fleiss_1971():
    answers, categories = numbered(rows_of("diagnoses.converted.csv"))
    wanted, irr = dkpro()["fleiss_1971_diagnoses"]["expected"], expected()["statsmodels"]["R_irr"]
    seen, chance = fleiss(total(answers, len(categories)))
    assert seen[0] == pytest.approx(wanted["Ao"], abs=5e-5)
    assert chance[0] == pytest.approx(wanted["Ae"], abs=2e-4)  # Fleiss added up rounded squares
    kappa = corrected(seen, chance)[0]
    assert kappa == pytest.approx(wanted["kappa"], abs=5e-4)
    assert kappa == pytest.approx(irr["kappam.fleiss(diagnoses)"]["kappa"], abs=1e-7)
    z = kappa / fleiss_null(used(answers, len(categories))[:, 0])
    assert z == pytest.approx(irr["kappam.fleiss(diagnoses)"]["z"], abs=1e-5)
    each = (answers == np.arange(5)).astype(int)
    # Fleiss worked his categories out by hand with rounded shares: they are 0.004 off at most.
    per_code = values(total(each, 2))["fleiss_kappa"]
    assert per_code == pytest.approx(list(wanted["category_kappa"].values()), abs=4e-3)


@needs_data
def test_krippendorff_of_wikipedia():
    case = expected()["wikipedia_krippendorff_3x15"]
    rows = [[-1 if cell == "*" else int(cell) - 1 for cell in line.split()] for line in case["data"]]
    answers = np.array(rows).T[..., None]
    wanted = case["computed_with_krippendorff_package"]
    assert corrected(*krippendorff(total(answers, 4)))[0] == pytest.approx(wanted["nominal"], abs=1e-12)
    interval = total(answers, 4, quadratic_weights(range(4)))
    assert corrected(*krippendorff(interval))[0] == pytest.approx(wanted["interval"], abs=1e-12)


@needs_data
@pytest.mark.parametrize("number", range(5))
def test_gwet_of_irrcac(number):
    path = sorted((DATA / "dkpro" / "gwet").glob("*.json"))[number]
    case = json.loads(path.read_text(encoding="utf-8"))
    for wanted in case["cases"]:
        weights = quadratic_weights(case["categories"]) if wanted["weights"] == "quadratic" else None
        seen, chance = gwet_ac1(pair_tally(case["table"], weights).total())
        assert seen[0] == pytest.approx(wanted["pa"], abs=1e-9)
        assert chance[0] == pytest.approx(wanted["pe"], abs=1e-9)
        assert corrected(seen, chance)[0] == pytest.approx(wanted["coefficient"], abs=6e-6)


@needs_data
def test_unitizing_of_krippendorff_2004():
    case = dkpro()["unitizing_krippendorff_2004_p254"]
    begin, length = case["continuum_begin"], case["continuum_length"]
    found: dict[str, SpanTally] = {}
    for code in "ck":
        spans = [
            [(start - begin, start - begin + n) for start, n, who, c in case["units_offset_length_rater_category"]
             if c == code and who == coder]
            for coder in (0, 1)
        ]  # fmt: skip
        found[code] = span_tally([spans], [length])
        seen, chance = found[code].disagreement()
        assert seen == pytest.approx(case["expected"][f"Do_{code}"], abs=1e-4)
        assert chance == pytest.approx(case["expected"][f"De_{code}"], abs=1e-4)
        alpha = unitizing_alpha([found[code]])
        assert alpha == pytest.approx(case["expected"][f"alpha_U_{code}"], abs=case["tolerance"]["category"])
    both = unitizing_alpha(list(found.values()))
    assert both == pytest.approx(case["expected"]["alpha_U_overall"], abs=case["tolerance"]["overall"])


@needs_data
def test_sets_of_dkpro():
    case = dkpro()["set_valued_multilabel_example"]
    wanted, tolerance = case["expected"], case["tolerance"]
    cells = np.array([[[int(code in said) for code in "ABC"] for said in item] for item in case["items"]], np.int8)

    def product(inside, first, second):
        """DKPro multiplies the two distances; Passonneau (2006) and NLTK multiply the two likenesses."""
        return jaccard(inside, first, second) * monotonicity(inside, first, second)

    made = set_tally(cells, distances={"set": monotonicity, "masi": product})
    n = made.use.apply(np.ones((1, made.use.shape[0]))).sum()
    for name, label in (("set", "set_distance"), ("masi", "MASI")):
        short = "set" if name == "set" else "MASI"
        seen = made.apart[name].sum() / n
        alpha = float(made.alphas()[name])
        assert seen == pytest.approx(wanted[f"alpha_{short}_Do"], abs=tolerance)
        assert alpha == pytest.approx(wanted[f"alpha_{label}"], abs=tolerance)
        assert seen / (1 - alpha) == pytest.approx(wanted[f"alpha_{short}_De"], abs=tolerance)
    share = {name: value.mean() for name, value in overlap(cells).items()}
    assert share["same"] == pytest.approx(wanted["percentage_exact"], abs=tolerance)
    assert share["meet"] == pytest.approx(wanted["max_percentage_any_overlap"], abs=tolerance)
    assert share["dice"] == pytest.approx(wanted["dice"], abs=tolerance)


def test_masi_is_that_of_passonneau():
    sizes = np.array([2.0, 2.0, 1.0, 2.0])
    found = masi(np.array([2.0, 1.0, 0.0, 1.0]), sizes, np.array([2.0, 1.0, 1.0, 2.0]))
    assert found == pytest.approx([0, 1 - 1 / 2 * 2 / 3, 1, 1 - 1 / 3 * 1 / 3])


@needs_data
def test_perfectfit_publishes_the_same_kappas(tmp_path):
    folder = DATA / "perfectfit"
    tables = []
    for coder in ("first", "second"):
        lines = (folder / f"{coder}_coders_hot_one_encoding.csv").read_text(encoding="utf-8").splitlines()
        path = tmp_path / f"{coder}.csv"
        path.write_text("\n".join([lines[0], *lines[21:]]), encoding="utf-8")  # what the authors did: see SOURCE.txt
        tables.extend(open_tables(path))
    found = compare(read_tables(tables).ratings, 20, 1).codes
    text = (folder / "cohens_kappa_calculator_output.txt").read_text(encoding="utf-8", errors="replace")
    printed = [line.rsplit(": ", 1) for line in text.splitlines()[3:] if ": " in line and "Average" not in line]
    published = {name.strip(): float(value) for name, value in printed}
    assert len(published) == 62
    ours = {name: figures["cohen_kappa"].value for name, figures in found.items()}
    off = [name for name, value in published.items() if ours[name] is None or abs(ours[name] - value) > 6e-7]
    assert off == ["Felt prioritized"]  # nobody used it in these units; the authors put 0
    assert found["Felt prioritized"]["cohen_kappa"].undefined.startswith("undefined, because only one category")
    assert np.mean([ours[name] or 0 for name in published]) == pytest.approx(0.83, abs=5e-3)
