"""Fine-tuning with the real encoder: an option that is off, that loses nothing, and that is judged honestly."""

import json

import numpy as np
import pytest

from comb.encoder import finetune as tuning
from comb.encoder.export import export_encoder
from comb.encoder.finetune import Task, tune
from comb.encoder.model_files import find_model
from comb.errors import BadParamsError
from comb.records import Segment
from comb.study.files import read_json
from comb.study.params import EncoderParams, TuneParams
from tests.stages.test_pipeline import interview, write, write_codings

pytest.importorskip("torch", reason="the extra 'train' is not installed")
pytestmark = pytest.mark.slow

PARAMS = """\
train: {level: component, min_examples: 5, inner_folds: 2}
evaluate: {folds: 2, bootstrap: 100}
tune: {epochs: 1, layers: 1}
"""


@pytest.fixture
def coded(study):
    """A study with four coded transcripts and fine-tuning on."""
    rows = []
    for number in range(4):
        text, codings = interview(number)
        (study.raw / f"talk {number}.txt").write_text(text, encoding="utf-8")
        rows += codings
    write_codings(study.codings / "A.csv", rows)
    write(study, "params.yaml", PARAMS)
    return study


@pytest.fixture
def task() -> Task:
    """Three codes that are easily told apart, without transcripts."""
    said = ["I was frightened", "nobody told me", "my daughter asked me to"]
    segments = [Segment("t", n, n + 1, n, "P", "participant", f"{said[n % 3]}, {n}", "And then?") for n in range(40)]
    targets = np.eye(3, dtype=np.int8)[np.arange(40) % 3]
    return Task(
        "default", find_model(EncoderParams()), segments, targets, True, 64, TuneParams(epochs=1, layers=1, rate=1e-3)
    )


def weights(folder) -> dict[str, np.ndarray]:
    from safetensors.numpy import load_file

    return load_file(folder / "model.safetensors")


def test_a_fine_tuned_study_from_codings_to_an_honest_evaluation(coded, comb, monkeypatch) -> None:
    learned_from = []
    monkeypatch.setattr(tuning, "tune", lambda task, *rest: (learned_from.append(task), tune(task, *rest)))
    for stage in ("segment", "tune", "encoder", "embed", "train", "evaluate"):
        comb(stage)
    assert read_json(coded.encoder / "encoder.json")["tuned"] == learned_from[0].digest
    assert {s.transcript for s in learned_from[0].segments} == {f"talk {n}" for n in range(4)}
    # Each fold's encoder has seen no transcript that the fold holds out.
    folds = [{s.transcript for s in task.segments} for task in learned_from[1:]]
    assert [len(fold) for fold in folds] == [2, 2]
    assert folds[0] | folds[1] == {f"talk {n}" for n in range(4)}
    baselines = read_json(coded.metrics / "evaluate.json")["baselines"]
    assert next(iter(baselines)) == "comb, encoder not fine-tuned"
    comb("evaluate")
    assert len(learned_from) == 3, "the encoders of the folds are kept"
    for command in ("curve", "simulate"):
        assert "tune.epochs: 0" in comb(command, code=1)
    # What params or codings say has changed, and nothing was run again: no figure rather than a wrong one.
    for params in (PARAMS.replace("epochs: 1", "epochs: 0"), PARAMS.replace("layers: 1", "layers: 2")):
        write(coded, "params.yaml", params)
        assert "Run: dvc repro." in comb("evaluate", code=1)
    write(coded, "params.yaml", PARAMS + "encoder: {model: another}\n")
    assert "not a fine-tuned encoder.model" in comb("encoder", code=1)


def test_off_means_off(coded, comb) -> None:
    comb("segment")
    comb("tune")
    comb("encoder")
    tuned = read_json(coded.encoder / "encoder.json")["id"]
    write(coded, "params.yaml", PARAMS.replace("epochs: 1", "epochs: 0"))
    (coded.tuning / "left").mkdir(parents=True)
    assert "stays as it is" in comb("tune")
    assert not coded.tuning.exists()
    comb("encoder")
    facts = read_json(coded.encoder / "encoder.json")
    assert facts["id"] != tuned
    assert facts["id"] == export_encoder(EncoderParams(), coded.root / "other")["id"]


def test_only_the_upper_layers_learn(task, tmp_path) -> None:
    tune(task, tmp_path / "out", tmp_path / "work")
    before, after = weights(task.source), weights(tmp_path / "out")
    changed = {name for name in after if not np.array_equal(before[name], after[name])}
    assert changed
    assert all("layer.5." in name for name in changed)
    assert not (tmp_path / "work").exists()
    assert export_encoder(EncoderParams(), tmp_path / "onnx", tmp_path / "out")["tuned"] == task.digest


def test_a_run_that_is_cut_off_goes_on_and_ends_the_same(task, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(tuning, "SAVED_EVERY", 1)
    tune(task, tmp_path / "whole", tmp_path / "work 1")
    done: list[int] = []

    def pull_the_plug(count: int) -> None:
        done.append(count)
        if sum(done) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tune(task, tmp_path / "cut", tmp_path / "work 2", pull_the_plug)
    assert not (tmp_path / "cut").exists()
    resumed: list[int] = []
    tune(task, tmp_path / "cut", tmp_path / "work 2", resumed.append)
    assert resumed[0] >= 1
    assert sum(resumed) == task.steps == 3
    whole, cut = weights(tmp_path / "whole"), weights(tmp_path / "cut")
    assert all(np.allclose(whole[name], cut[name], atol=1e-6) for name in whole)


def test_a_state_that_was_half_saved_is_passed_over(task, tmp_path) -> None:
    half = tmp_path / "work" / "checkpoint-2"
    half.mkdir(parents=True)
    (half / "model.safetensors").write_bytes(b"half")
    tune(task, tmp_path / "out", tmp_path / "work")
    assert (tmp_path / "out" / "model.safetensors").is_file()


def test_what_was_said_is_in_no_file_of_the_model(task, tmp_path) -> None:
    tune(task, tmp_path / "out", tmp_path / "work")
    made = [path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert not any(b"frightened, 0" in data for data in made)
    assert set(json.loads((tmp_path / "out" / "tuned.json").read_text())) == {"digest", "segments", "model"}


def test_more_layers_than_there_are(task, tmp_path) -> None:
    from dataclasses import replace

    with pytest.raises(BadParamsError, match=r"6 layers that can be told apart, not 99.*tune\.layers|tune\.layers.*99"):
        tune(replace(task, params=TuneParams(epochs=1, layers=99)), tmp_path / "out", tmp_path / "work")
