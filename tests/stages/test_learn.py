"""Training in one go, beside DVC: what is up to date is not run, and DVC finds what was run."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from comb.stages.dvc_record import DvcRecord
from comb.stages.learn import COMPARE, LEARN, learn, run_steps
from comb.stages.listener import Step, StepListener
from comb.study.layout import Study
from comb.study.new import TEMPLATE, new_study
from tests.conftest import ROOT, FakeEncoder
from tests.whole_study import fill


class Heard(StepListener):
    """Keeps which stages ran."""

    def __init__(self) -> None:
        super().__init__()
        self.ran: list[str] = []
        self.planned: Sequence[Step] = ()

    def plan(self, steps: Sequence[Step]) -> None:
        self.planned = steps

    @contextmanager
    def step(self, step: Step, *, skipped: bool) -> Iterator[None]:
        if not skipped:
            self.ran.append(step.stage)
        yield


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Study:
    """A study with DVC, and params that name every section; the encoder is the fake one."""
    monkeypatch.setattr("comb.encoder.embed.OnnxEncoder", lambda *_: FakeEncoder())
    study = Study(tmp_path / "study é")
    new_study(study.root)
    fill(study)
    template = ROOT / "pipeline" / "comb" / "study" / "template" / TEMPLATE["configs/params.yaml"]
    params = template.read_text(encoding="utf-8")
    for old, new in {"folds: 5": "folds: 2", "bootstrap: 2000": "bootstrap: 100"}.items():
        assert old in params
        params = params.replace(old, new)
    (study.root / "configs" / "params.yaml").write_text(params, encoding="utf-8")
    return Study(study.root)


def heard(study: Study, stages: Sequence[str]) -> list[str]:
    listener = Heard()
    run_steps(study, stages, listener)
    return listener.ran


def test_what_is_up_to_date_is_not_run_and_dvc_finds_all_that_was(study: Study) -> None:
    assert heard(study, ("versions", "segment", "tune")) == ["versions", "segment", "tune"]
    assert DvcRecord(study).note_done("encoder"), "the fake one counts as exported"
    listener = Heard()
    said = " ".join(learn(study, listener).sentences)
    assert "1 transcript has suggestions now" in said
    assert listener.ran == ["versions", "embed", "llm", "train", "evaluate", "suggest"]
    assert [step.stage for step in listener.planned] == ["segment", "encoder", "embed", "train", "evaluate", "suggest"]
    assert all(DvcRecord(study).up_to_date(stage) for stage in LEARN[1:]), "dvc repro finds nothing to do"
    assert heard(study, LEARN) == ["versions"]

    codings = study.codings / "A.csv"
    lines = codings.read_text(encoding="utf-8").splitlines(keepends=True)
    codings.write_text("".join(lines[:-1]), encoding="utf-8")
    ran = heard(study, LEARN)
    assert {"train", "evaluate", "suggest"} <= {*ran}
    assert "segment" not in ran


def test_a_stage_that_the_user_wrote_anew_is_left_to_dvc(study: Study) -> None:
    pipeline = study.root / "dvc.yaml"
    text = pipeline.read_text(encoding="utf-8")
    pipeline.write_text(text.replace("cmd: comb segment", "cmd: ./mine.sh"), encoding="utf-8")
    assert "segment" in heard(study, COMPARE)
    assert not DvcRecord(study).note_done("segment")
    assert "segment" in heard(study, COMPARE), "it is never taken for up to date"


def test_without_dvc_all_run_but_for_an_encoder_that_is_there(study: Study) -> None:
    shutil.rmtree(study.root / ".dvc")
    assert not DvcRecord(study).usable
    assert heard(study, ("versions", "encoder", "segment")) == ["versions", "segment"]


def test_a_broken_pipeline_file_stops_nothing(study: Study) -> None:
    (study.root / "dvc.yaml").write_text("stages: [", encoding="utf-8")
    assert heard(study, COMPARE) == ["versions", "segment"]
