"""``comb history``: runs are kept, compared in pairs, and nothing more is said than they show."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from comb.encoder import embed
from comb.evaluation.results import Protocol
from comb.evaluation.runs import FEWEST, History, Run, TranscriptCounts, compare
from comb.report.history_page import change_rows, sentences
from comb.study.layout import Study
from comb.study.params import EvaluateParams
from tests.conftest import Comb, FakeEncoder
from tests.whole_study import STAGES, WORDS, fill

PARAMS = EvaluateParams(bootstrap=500)
PROTOCOL = Protocol("whole transcripts", 5, 1, 200, 10, 10, 500, "95%", "component")


def run_of(counts: list[tuple[int, int, int]], number: int = 1, first: int = 0, **more: object) -> Run:
    """A run with one code: of each transcript, segments coded and suggested, only suggested, only coded, of 20."""
    held = tuple(
        TranscriptCounts(f"t{at}", at, 20, {"a": found} if any(found) else {}) for at, found in enumerate(counts, first)
    )
    given = {"note": "", "version": "1", "model": "m", "exclusive": False, "settings": {}, "summary": {}, **more}
    protocol = replace(PROTOCOL, transcripts=len(counts), level=given.pop("level", "component"))
    return Run(number, "2026-01-01T00:00:00Z", protocol=protocol, transcripts=held, **given)  # type: ignore[arg-type]


def changed(before: Run, after: Run) -> str:
    """What is said of two runs."""
    found = History([before, after], [compare(before, after, PARAMS)], None)
    assert len(change_rows(found)) == 1
    return " ".join(sentences(found))


POOR, GOOD = (3, 3, 3), (6, 0, 0)


def kappa(cells: list[tuple[int, int, int]]) -> float:
    """Cohen's kappa of all transcripts together, by the textbook."""
    both, suggested, coded = (sum(row[at] for row in cells) for at in range(3))
    n = 20 * len(cells)
    chance = ((both + suggested) * (both + coded) + (n - both - suggested) * (n - both - coded)) / n**2
    return ((n - suggested - coded) / n - chance) / (1 - chance)


def test_the_difference_is_that_of_the_transcripts_in_both() -> None:
    before = [(3, 3, 3), (5, 1, 1), (2, 2, 4), (6, 0, 0), (1, 0, 5), (4, 2, 2), (3, 0, 0)]
    after = [(4, 2, 2), (5, 0, 1), (3, 2, 3), (6, 1, 0), (3, 0, 3), (5, 1, 1), (3, 0, 0)]
    found = compare(run_of(before), run_of([*after, (0, 9, 9)], 2), PARAMS)
    assert (found.transcripts, found.groups, found.why_not, found.recoded) == (7, 7, "", 0)
    assert found.lead is not None
    assert found.lead.cohen_kappa.value == pytest.approx(kappa(after) - kappa(before), abs=1e-6)


def test_gains_in_every_transcript_are_said_to_be_gains_and_losses_losses() -> None:
    poor, good = run_of([POOR] * 8), run_of([GOOD] * 9, 2)
    said = changed(poor, good)
    assert (
        "Run 2 compared with run 1 (1 more coded transcript): it agrees better with your codings: on the same 8" in said
    )
    assert "the 95% interval excludes 0" in said
    assert "it agrees less with your codings" in changed(good, replace(poor, number=3))


def test_gains_here_and_losses_there_cannot_be_told_from_chance() -> None:
    mixed = [POOR, GOOD] * 4
    said = changed(run_of(mixed), run_of(mixed[::-1], 2))
    assert "it is unclear whether it is better" in said
    assert "the 95% interval includes 0" in said


def test_of_few_transcripts_nothing_is_claimed_whatever_they_show() -> None:
    few = FEWEST - 1
    said = changed(run_of([POOR] * few), run_of([GOOD] * few, 2))
    assert f"it is unclear whether it is better: on the same {few} transcripts" in said
    assert compare(run_of([POOR] * FEWEST), run_of([GOOD] * FEWEST, 2), PARAMS).verdict == "better"


def test_participants_count_not_their_transcripts() -> None:
    def of_one(run: Run) -> Run:
        return replace(run, transcripts=tuple(replace(one, group=one.group // 2) for one in run.transcripts))

    found = compare(of_one(run_of([POOR] * 8)), of_one(run_of([GOOD] * 8, 2)), PARAMS)
    assert (found.transcripts, found.groups, found.verdict) == (8, 4, "unknown")


def test_runs_without_common_transcripts_are_not_compared() -> None:
    said = changed(run_of([POOR] * 8), run_of([GOOD] * 8, 2, first=7))
    assert "they cannot be compared, because they have fewer than two transcripts in common" in said
    assert "Whether a difference is chance is unclear" in said
    said = changed(run_of([POOR] * 8), run_of([GOOD] * 8, 2, level="domain"))
    assert "one is at level component, the other at level domain" in said


def test_a_transcript_that_was_read_otherwise_is_left_out() -> None:
    after = run_of([GOOD] * 8, 2)
    after = replace(after, transcripts=(replace(after.transcripts[0], segments=19), *after.transcripts[1:]))
    assert compare(run_of([POOR] * 8), after, PARAMS).transcripts == 7


def test_what_else_changed_is_said() -> None:
    recoded = [(6, 0, 1), *[GOOD] * 7]
    said = changed(run_of([GOOD] * 8), run_of(recoded, 2, settings={"train.seed": "2"}, version="2"))
    assert "Transcripts in both runs whose codings were changed in between: 1" in said
    assert "These settings changed too: comb, train.seed" in said
    assert "kappa is the same on the 8 transcripts" in changed(run_of([POOR] * 8), run_of([POOR] * 8, 2))


def test_where_kappa_is_undefined_it_says_so() -> None:
    assert "kappa cannot be computed" in changed(run_of([(20, 0, 0)] * 8), run_of([(20, 0, 0)] * 8, 2))
    assert "nothing is coded or suggested" in changed(run_of([(0, 0, 0)] * 8), run_of([(0, 0, 0)] * 8, 2))


def test_intervals_keep_their_promise() -> None:
    """Of runs that differ by chance alone, few are said to be better or worse."""
    rng = np.random.default_rng(3)

    def drawn(number: int) -> Run:
        return run_of([tuple(rng.multinomial(9, [0.5, 0.25, 0.25]).tolist()) for _ in range(8)], number)

    told = [compare(drawn(1), drawn(2), EvaluateParams(bootstrap=200)).verdict for _ in range(200)]
    assert sum(verdict != "unknown" for verdict in told) <= 16


# ---- the command


@pytest.fixture
def coded(study: Study, monkeypatch: pytest.MonkeyPatch, fake_encoder: FakeEncoder) -> Study:
    monkeypatch.setattr(embed, "OnnxEncoder", lambda *_: fake_encoder)
    fill(study, 7)
    return study


def evaluate(comb: Comb) -> None:
    for stage in STAGES[:4]:
        comb(*stage)


def test_one_more_interview(coded: Study, comb: Comb) -> None:
    assert "nothing has been evaluated yet. Code two transcripts or more, then run: dvc repro." in comb(
        "history", code=1
    )
    kept = {path: path.read_bytes() for path in (*coded.codings.glob("?.csv"), coded.raw / "talk 6.txt")}
    (coded.raw / "talk 6.txt").unlink()
    for path in coded.codings.glob("?.csv"):
        path.write_bytes(b"".join(line for line in kept[path].splitlines(True) if not line.startswith(b"talk 6")))
    evaluate(comb)
    assert "There is one run so far." in comb("history")
    assert 'Run 1 is named "six".' in comb("history", "--save", "six")
    comb("evaluate")
    assert len(list(coded.history.iterdir())) == 1, "the same figures are the same run"
    for path, content in kept.items():
        path.write_bytes(content)
    shutil.rmtree(coded.processed)
    evaluate(comb)
    out = " ".join(comb("history").split())
    assert "Run 2 compared with run 1 (1 more coded transcript): " in out
    assert "on the 6 transcripts in both runs" in out or "on the same 6 transcripts" in out
    found = json.loads(comb("history", "--json"))
    assert [run["note"] for run in found["runs"]] == ["six", ""]
    assert found["runs"][1]["summary"]["transcripts"] == 7
    assert found["changes"][0]["transcripts"] == 6
    assert "transcripts" not in found["runs"][0]
    text = "".join(path.read_text(encoding="utf-8") for path in coded.history.iterdir())
    assert not any(word in text for word in (*WORDS, "talk 1", "P01"))


def test_page_and_picture(coded: Study, comb: Comb) -> None:
    evaluate(comb)
    comb("history", "--save", "<b>one</b> & more")
    comb("history", "--html", "h.html", "--picture", "h.png")
    page = (coded.root / "h.html").read_text(encoding="utf-8")
    assert "&lt;b&gt;one&lt;/b&gt; &amp; more" in page
    assert "<svg" in page
    assert "7 transcripts" in page
    assert (coded.root / "h.png").read_bytes().startswith(b"\x89PNG")
    comb("history", "--picture", "h.gif", code=2)


def test_what_is_wrong_is_told(coded: Study, comb: Comb) -> None:
    evaluate(comb)
    assert "there is no run 7. The runs are: 1." in comb("history", "--from", "7", code=1)
    assert "this cannot be the name of a run" in comb("history", "--save", "x" * 300, code=1)
    (coded.history / "0002.json").write_text('{"number": 2, "Zebrafinch": 1}')
    out = comb("history", code=1)
    assert "0002.json" in out
    assert "Delete this file; the other runs stay." in out
    assert "Zebrafinch" not in out
    (coded.root / "configs" / "params.yaml").write_text("evaluate: {folds: 2, bootstrap: 100}\n")
    comb("train")
    comb("evaluate")
    assert (coded.history / "0003.json").exists(), "a damaged run keeps nobody from the next"
