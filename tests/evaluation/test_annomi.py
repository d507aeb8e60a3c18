"""The main job on real, hand-coded transcripts: AnnoMI client talk, whole transcripts held out."""

import pytest

from comb.study.files import read_json

pytest.importorskip("torch", reason="the extra 'train' is not installed")

CODEBOOK = "name: client talk\ncoding: exclusive\ncodes: [{id: change}, {id: neutral}, {id: sustain}]\n"


@pytest.mark.slow
@pytest.mark.sweep
def test_client_talk_is_coded_better_than_by_a_plain_frozen_encoder(study, comb, shared) -> None:
    table = shared / "annomi" / "annomi-utterances.csv"
    columns = "--transcript transcript_id --speaker interlocutor --text utterance_text --code client_talk_type"
    printed = comb("import", "table", table, *columns.split(), "--order", "utterance_id", "--participant", "client")
    assert "Add these codes" in printed
    (study.root / "configs" / "codebook.yaml").write_text(CODEBOOK, encoding="utf-8")
    params = study.root / "configs" / "params.yaml"
    params.write_text(params.read_text(encoding="utf-8").replace("unit: sentence", "unit: turn"), encoding="utf-8")
    for stage in ("encoder", "segment", "embed", "train", "evaluate"):
        comb(stage)
    metrics = read_json(study.metrics / "evaluate.json")
    assert metrics["protocol"]["transcripts"] == 89
    assert metrics["protocol"]["segments"] == 3557
    assert metrics["overall"]["cohen_kappa"] >= 0.30
    assert metrics["overall"]["macro_f1"] >= 0.52
    assert metrics["overall"]["coverage"] == 1
    assert metrics["overall"]["macro_f1"] > metrics["baselines"]["TF-IDF + logistic regression"]["macro_f1"]
