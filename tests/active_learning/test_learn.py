"""The labour of coding: the learning curve, what to code next, when to stop, and what the model misses."""

import csv
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from scipy.stats import hypergeom

from comb.active_learning.acquisition import STRATEGIES, Candidates, choose, rare
from comb.active_learning.audit import Audit, Judged, Missed, bounds, estimate
from comb.active_learning.simulation import labels_needed
from comb.active_learning.stopping import RULES, Signals, advise, agreement
from comb.evaluation.learning_curve import CodeCurve, CurveProtocol, LearningCurve, answer, at, examples_needed, law
from comb.evaluation.results import Estimate
from comb.study.files import read_json
from tests.stages import test_pipeline

coded, run_all, write_codings = test_pipeline.coded, test_pipeline.run_all, test_pipeline.write_codings


def table(path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# ---- curve


@settings(max_examples=40, deadline=None)
@given(some.floats(0.2, 0.9), some.floats(0, 0.8), some.floats(0.15, 1.8))
def test_a_curve_without_noise_is_found_again(top: float, fall: float, exponent: float) -> None:
    sizes = np.array([2.0, 3, 5, 8, 13, 21])
    values = top - fall * sizes**-exponent
    fitted = law(sizes, values[None])
    assert np.allclose([at(fitted, n)[0] for n in sizes], values, atol=0.02)
    assert at(fitted, 30)[0] == pytest.approx(top - fall * 30**-exponent, abs=0.03)


def test_a_curve_never_forecasts_more_than_perfect_agreement_nor_a_loss() -> None:
    sizes = np.array([2.0, 4, 8, 16])
    fitted = law(sizes, np.array([[0.1, 0.4, 0.7, 0.99], [0.5, 0.4, 0.3, 0.2]]))
    assert (at(fitted, 1e9) <= 1).all()
    assert at(fitted, 64)[1] == pytest.approx(at(fitted, 2)[1])


def test_examples_needed_are_at_least_and_sometimes_cannot_be_said() -> None:
    rising = CodeCurve(20, [], [], [[0.6, 2.0, 1.0]] * 10)  # 0.6 - 2 / n: 0.5 at 20, 0.55 at 40
    assert examples_needed(rising, 0.55) == 20
    assert examples_needed(rising, 0.65) is None
    assert examples_needed(CodeCurve(20, [], [], [[0.3, 0.0, 1.0]] * 10), 0.5) is None


@pytest.mark.parametrize(
    ("low", "high", "said"), [(0.0, 0.004, "would hardly help"), (0.02, 0.05, "would help"), (0.0, 0.03, "may help")]
)
def test_the_answer_is_a_sentence(low: float, high: float, said: str) -> None:
    forecast = {10: Estimate(0.4, 0.3, 0.5), 13: Estimate(0.42, 0.3, 0.5)}
    assert said in answer(10, 3, forecast, Estimate(0.02, low, high))


def test_comb_curve_draws_measures_and_answers(coded, comb) -> None:
    run_all(comb)
    printed = comb("curve", "--more", "2")
    summary = read_json(coded.curve)
    assert summary["answer"] in printed
    assert "Coding 2 more transcripts" in printed
    assert [point["transcripts"] for point in summary["points"]] == [2, 3, 4]
    assert {point["transcripts"] for point in summary["forecast"]} >= {6, 8}
    for point in (*summary["points"], *summary["forecast"]):
        assert point["kappa"]["low"] <= point["kappa"]["high"] <= 1
    assert len(table(coded.curve.with_suffix(".csv"))) == len(summary["points"]) + len(summary["forecast"])
    assert b"<svg" in (coded.plots / "curve.svg").read_bytes()
    assert summary["answer"] in coded.card.read_text(encoding="utf-8")
    before = {path: path.read_bytes() for path in (coded.curve, coded.plots / "curve.svg")}
    comb("curve", "--more", "2")
    assert all(path.read_bytes() == content for path, content in before.items())


def test_a_curve_needs_four_transcripts(coded, comb) -> None:
    for path in list(coded.raw.iterdir())[3:]:
        path.unlink()
    rows = [row for number in range(6) for row in test_pipeline.interview(number)[1]]
    kept = {path.stem for path in coded.raw.iterdir()}
    write_codings(coded.codings / "A.csv", [row for row in rows if row[0] in kept])
    comb("segment")
    comb("embed")
    assert "too few transcripts are coded for a learning curve (3)" in comb("curve", code=1)
    assert not coded.curve.exists()


# ---- next


def candidates(n: int = 60, seed: int = 2, exclusive: bool = False) -> Candidates:
    rng = np.random.default_rng(seed)
    embeddings = rng.normal(size=(n, 5))
    embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
    scores = rng.dirichlet([1, 1, 1], n) if exclusive else rng.random((n, 3))
    everyone = np.arange(n)  # each in a transcript of its own
    return Candidates(scores, np.full(3, 0.4), exclusive, embeddings.astype(np.float32), everyone, np.zeros(n, np.intp))


@pytest.mark.parametrize("strategy", [*STRATEGIES, "random"])
@pytest.mark.parametrize("exclusive", [True, False])
def test_every_strategy_orders_each_candidate_once(strategy: str, exclusive: bool) -> None:
    order, drawn = choose(candidates(exclusive=exclusive), strategy, 99, np.random.default_rng(1))
    assert sorted(order.tolist()) == list(range(60))
    assert drawn.mean() == (1 if strategy == "random" else 0.2)
    again, _ = choose(candidates(exclusive=exclusive), strategy, 99, np.random.default_rng(1))
    assert order.tolist() == again.tolist()


@pytest.mark.parametrize("strategy", ["margin", "entropy", "undecided", "rare"])
def test_doubt_comes_first(strategy: str) -> None:
    sure = candidates()
    scores = np.full((60, 3), 0.01)
    scores[17, 1] = 0.4
    assert choose(replace(sure, scores=scores), strategy, 5, np.random.default_rng(1))[0][0] == 17


def test_margin_is_small_where_two_codes_compete_and_a_third_is_out() -> None:
    scores = np.tile([0.34, 0.33, 0.33], (60, 1))
    scores[7], scores[8] = [0.495, 0.495, 0.01], [0.6, 0.2, 0.2]
    pool = replace(candidates(exclusive=True), scores=scores)
    assert int(STRATEGIES["margin"](pool).argmax()) == 7
    assert int(STRATEGIES["margin"](pool).argmin()) == 8
    many = candidates()  # codes that do not compete have no margin
    assert np.array_equal(STRATEGIES["margin"](many), STRATEGIES["entropy"](many))


def test_a_rare_code_weighs_more_than_a_common_one() -> None:
    scores = np.full((60, 3), 0.02)
    scores[:30, 0] = 0.9
    scores[40, 0], scores[41, 1] = 0.5, 0.5
    values = rare(replace(candidates(), scores=scores))
    assert values[41] > values[40]


def test_twins_of_what_is_proposed_wait() -> None:
    pool = candidates()
    scores, embeddings = np.full((60, 3), 0.02), pool.embeddings.copy()
    scores[[3, 4, 5], 0] = [0.405, 0.41, 0.3]
    embeddings[4] = embeddings[3]
    embeddings[5] = -embeddings[3]
    order, drawn = choose(replace(pool, scores=scores, embeddings=embeddings), "undecided", 9, np.random.default_rng(1))
    assert order[0] == 3
    assert 5 in order.tolist()
    assert 4 not in order[~drawn].tolist()


def test_transcripts_of_which_little_is_coded_come_first() -> None:
    transcripts, coded = np.repeat(np.arange(3), 20), np.array([30, 0, 2])
    pool = replace(candidates(), scores=np.full((60, 3), 0.4), transcripts=transcripts, coded=coded)
    order, drawn = choose(pool, "entropy", 30, np.random.default_rng(1))
    proposed = np.bincount(transcripts[order[~drawn]], minlength=3)
    assert proposed[1] >= proposed[2] > 0
    assert proposed[0] == 0
    assert coded.tolist() == [30, 0, 2]


def test_comb_next_ranks_what_nobody_has_read(coded, comb) -> None:
    run_all(comb)
    printed = comb("next", "--segments", "8")
    rows = table(coded.next)
    assert [int(row["rank"]) for row in rows] == list(range(1, 9))
    assert {row["transcript"] for row in rows} == {"new é"}
    text = (coded.new / "new é.txt").read_text(encoding="utf-8")
    assert all(text[int(row["start"]) : int(row["end"])].strip() for row in rows)
    assert "number" not in coded.next.read_text(encoding="utf-8")  # no words of anybody
    assert [row["transcript"] for row in table(coded.next_transcripts)] == ["new é"]
    assert "cannot say (missed)" in printed
    assert "cannot say (stable): comparisons of successive models so far: 0 of 3" in printed


def test_comb_next_takes_up_transcripts_of_the_study_that_nobody_coded(coded, comb) -> None:
    (coded.raw / "talk 9.txt").write_text(test_pipeline.interview(9)[0], encoding="utf-8")
    run_all(comb)
    comb("next")
    assert {row["transcript"] for row in table(coded.next)} == {"new é", "talk 9"}


def test_before_anything_is_coded_the_codebook_ranks(coded, comb) -> None:
    (coded.codings / "A.csv").unlink()
    comb("segment")
    printed = comb("next", "--segments", "5")
    assert "nothing is trained yet" in printed
    assert len(table(coded.next)) == 5


def test_when_everything_is_coded_next_says_so(coded, comb) -> None:
    (coded.new / "new é.txt").unlink()
    run_all(comb)
    assert "nothing is left to propose" in comb("next", code=1)


# ---- stopping


def curve(low: float, high: float) -> LearningCurve:
    """A curve that forecasts this gain in kappa."""
    gain = {"kappa": Estimate(low, low, high)}
    return LearningCurve(10, 3, [], [], {}, gain, {}, CurveProtocol(1, 10, 1, 400), "", "m")


def audit(high: float) -> Audit:
    """A coded audit in which at most this share was missed."""
    return Audit("m", 1, {"t": 100}, 20, 20, 100, Missed(1, 0.02, 0.0, high, 2, 0, 9, None))


def test_rules_say_stop_go_on_or_that_they_cannot_say() -> None:
    assert {advice.verdict for advice in advise(Signals(None, None, []))} == {"cannot say"}
    flat = curve(0.0, 0.002)
    assert {advice.verdict for advice in advise(Signals(flat, audit(0.03), [0.995, 0.99, 0.992]))} == {"stop"}
    steep = curve(0.02, 0.05)
    assert {a.verdict for a in advise(Signals(steep, audit(0.4), [0.999, 0.99, 0.9]))} == {"go on"}
    assert set(RULES) == {"forecast", "stable", "missed"}


def test_next_remembers_what_earlier_models_said(coded, comb) -> None:
    run_all(comb)
    comb("next")
    comb("next")  # the same model again is no comparison
    assert read_json(coded.memory)["agreement"] == []
    lines = (coded.codings / "A.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (coded.codings / "A.csv").write_text("".join(lines[:-3]), encoding="utf-8")
    comb("train")
    assert "so far: 1 of 3" in comb("next")


def test_agreement_of_two_models() -> None:
    one = {"a": ["x"], "b": [], "c": ["x", "y"], "d": []}
    assert agreement(one, one) == 1
    assert agreement(one, {**one, "a": []}) < 1
    assert agreement(one, {"z": ["x"]}) is None


# ---- simulate


def test_labels_needed_is_where_the_curve_stays_above_the_mark() -> None:
    steps = np.array([10.0, 20, 30, 40, 50])
    assert labels_needed(steps, np.array([[0.0, 0.2, 0.4, 0.6, 1.0]]), 0.5) == pytest.approx(35)
    touched = np.array([[0.0, 0.7, 0.1, 0.4, 1.0]])  # reached by chance at 20, not kept
    assert labels_needed(steps, touched, 0.5) > 40
    assert labels_needed(steps, np.ones((1, 5))) == 10


def test_comb_simulate_compares_orders(coded, comb, monkeypatch) -> None:
    monkeypatch.setattr("comb.active_learning.simulation.FIRST", 12)
    for stage in ("segment", "embed"):
        comb(stage)
    printed = comb("simulate", "--runs", "2", "--strategy", "entropy")
    found = read_json(coded.simulation)
    assert list(found["strategies"]) == ["transcripts", "random", "entropy"]
    finals = {facts["kappa"][-1] for facts in found["strategies"].values()}
    assert finals == {found["final_kappa"]}
    for facts in found["strategies"].values():
        low, high = facts["low"] or facts["labels"], facts["high"] or facts["labels"]  # none where all runs are alike
        assert found["sizes"][0] <= low <= facts["labels"] <= high <= found["sizes"][-1]
    assert found["strategies"]["random"]["of_random"]["value"] == 1
    assert "of its final value" in printed
    assert "unknown strategy 'x'; known: margin, entropy" in comb("simulate", "--strategy", "x", code=2)


def test_simulate_needs_more_segments_than_it_starts_with(coded, comb, monkeypatch) -> None:
    monkeypatch.setattr("comb.active_learning.simulation.FIRST", 500)
    for stage in ("segment", "embed"):
        comb(stage)
    assert "too few coded segments for a simulation" in comb("simulate", code=1)


# ---- audit


@settings(max_examples=60, deadline=None)
@given(some.integers(1, 400), some.data())
def test_the_interval_holds_what_is_not_too_unlikely(total: int, data: some.DataObject) -> None:
    drawn = data.draw(some.integers(1, total))
    found = data.draw(some.integers(0, drawn))
    low, high = bounds(found, drawn, total)
    assert found <= low <= high <= total - drawn + found
    if low > found:
        assert hypergeom(total, low - 1, drawn).sf(found - 1) <= 0.025
    if high < total - drawn + found:
        assert hypergeom(total, high + 1, drawn).cdf(found) <= 0.025


def test_the_interval_covers_the_truth_often_enough() -> None:
    rng = np.random.default_rng(1)
    drawn = rng.hypergeometric(30, 270, 60, size=400)
    assert np.mean([bounds(int(k), 60, 300)[0] <= 30 <= bounds(int(k), 60, 300)[1] for k in drawn]) >= 0.95


def test_segments_of_few_transcripts_say_nothing_of_others() -> None:
    judged = [Judged(f"t{n % 4}", frozenset({"a"} if n % 5 == 0 else ())) for n in range(40)]
    found = estimate(Audit("m", 1, {f"t{n}": 50 for n in range(4)}, 40), judged, ["a", "b"])
    assert found.any.others_like_them is None
    assert found.codes["b"].found == 0
    judged = [replace(item, transcript=f"t{n % 8}") for n, item in enumerate(judged)]
    others = estimate(Audit("m", 1, {f"t{n}": 50 for n in range(8)}, 40), judged, ["a"]).any.others_like_them
    assert others.low <= 0.2 <= others.high


def test_audit_from_the_draw_to_the_estimate(coded, comb) -> None:
    run_all(comb)
    printed = comb("audit", "--size", "3")
    drawn = table(coded.audit)
    assert list(drawn[0]) == ["transcript", "start", "end"]
    suggested = {(r["transcript"], r["start"], r["end"]) for r in table(coded.suggestions / "new é.csv")}
    assert not {tuple(row.values()) for row in drawn} & suggested
    assert "3 of 3 segments" in printed or "of" in printed
    before = coded.audit.read_bytes()
    comb("audit", "--size", "3")
    assert coded.audit.read_bytes() == before
    form = table(coded.audit_form)
    done = coded.data / "done.csv"
    codes = ["social_opportunity", "", ""]
    rows = [
        [*(r[n] for n in ("transcript", "start", "end", "quote")), c, "", "Ann", ""]
        for r, c in zip(form, codes, strict=False)
    ]
    write_codings(done, rows)
    printed = comb("audit", "--estimate", done)
    found = read_json(coded.audit_result)
    assert found["audited"] == len(form)
    assert found["any"]["found"] == 1
    assert found["codes"]["social_opportunity"]["found"] == 1
    assert found["any"]["segments_low"] >= 1
    assert found["sentence"] in printed
    assert found["sentence"] in coded.card.read_text(encoding="utf-8")
    assert "number" not in printed


def test_an_audit_that_nobody_coded_is_refused(coded, comb) -> None:
    run_all(comb)
    assert "Draw a sample first" in comb("audit", "--estimate", "x.csv", code=1)
    comb("audit")
    assert "no such file" in comb("audit", "--estimate", "x.csv", code=1)
    write_codings(coded.data / "none.csv", [])
    assert "none of the drawn segments is coded" in comb("audit", "--estimate", coded.data / "none.csv", code=1)
