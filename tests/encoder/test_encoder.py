"""The real encoder: exported by torch, run by onnxruntime, the same embeddings as sentence-transformers'."""

import csv
import warnings

import numpy as np
import pytest

from comb.encoder.embed import OnnxEncoder
from comb.encoder.export import export_encoder
from comb.encoder.model_files import DEFAULT_SHA256, find_model
from comb.errors import BadInputError, BadParamsError, NotReadyError
from comb.study.params import EncoderParams

pytest.importorskip("torch", reason="the extra 'train' is not installed")

TEXTS = [
    "I hadn't a clue what the letter was on about.",
    "Yes.",
    "Um, well, the thing is, by the time you've found somewhere to park you've missed your slot, haven't you?",
    "Dw i ddim yn gwybod. 🙂 é",
    "",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory):
    path = tmp_path_factory.mktemp("models") / "encoder"
    export_encoder(EncoderParams(), path)
    return path


@pytest.fixture(scope="module")
def reference():
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(find_model(EncoderParams())), device="cpu")


def test_embeddings_equal_those_of_sentence_transformers(folder, reference) -> None:
    ours, theirs = OnnxEncoder(folder).encode(TEXTS), reference.encode(TEXTS)
    assert (ours[:, 0] * theirs).sum(axis=1).min() >= 0.9999
    assert np.allclose(np.linalg.norm(ours, axis=2), 1, atol=1e-5)


def test_the_second_part_is_the_mean_of_the_tokens_two_thirds_up(folder, reference) -> None:
    import torch

    transformer = reference[0].auto_model
    for text, (_, ours) in zip(TEXTS, OnnxEncoder(folder).encode(TEXTS), strict=True):
        with torch.no_grad():
            tokens = reference.tokenizer(text, return_tensors="pt")
            layers = transformer(**tokens, output_hidden_states=True).hidden_states
        assert len(layers) == 7
        theirs = layers[4][0].mean(dim=0).numpy()
        assert (ours * theirs).sum() / np.linalg.norm(theirs) >= 0.9999


@pytest.mark.slow
def test_cosine_on_a_thousand_real_sentences(folder, reference, shared) -> None:
    with (shared / "annomi" / "annomi-utterances.csv").open(encoding="utf-8") as file:
        texts = list(dict.fromkeys(row["utterance_text"] for row in csv.DictReader(file)))[:1000]
    ours, theirs = OnnxEncoder(folder).encode(texts), reference.encode(texts, batch_size=32)
    assert (ours[:, 0] * theirs).sum(axis=1).min() >= 0.9999


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_an_embedding_does_not_depend_on_its_batch(precision, tmp_path) -> None:
    export_encoder(EncoderParams(precision=precision), tmp_path / "encoder")
    texts = [f"{text} {n}" for n in range(12) for text in TEXTS]
    together = OnnxEncoder(tmp_path / "encoder").encode(texts)
    for tokens in (64, 200):
        assert np.array_equal(OnnxEncoder(tmp_path / "encoder", batch_tokens=tokens).encode(texts), together)
    alone = np.concatenate([OnnxEncoder(tmp_path / "encoder").encode([text]) for text in texts[:7]])
    assert np.array_equal(alone, together[:7])


def test_int8_is_near_to_fp32_and_has_an_id_of_its_own(folder, tmp_path) -> None:
    facts = export_encoder(EncoderParams(precision="int8"), tmp_path / "int8")
    exact, near = OnnxEncoder(folder), OnnxEncoder(tmp_path / "int8")
    assert facts["id"] == near.id != exact.id
    assert (exact.encode(TEXTS) * near.encode(TEXTS)).sum(axis=2).min() > 0.95


def test_exporting_twice_gives_the_same_encoder(folder, tmp_path) -> None:
    export_encoder(EncoderParams(), tmp_path / "encoder")
    for name in ("model.onnx", "tokenizer.json", "encoder.json"):
        assert (folder / name).read_bytes() == (tmp_path / "encoder" / name).read_bytes()
    assert b"site-packages" not in (folder / "model.onnx").read_bytes()


def test_a_model_that_is_not_here_is_one_clear_error(tmp_path) -> None:
    with pytest.raises(BadParamsError, match="not on this machine.*encoder.download"):
        export_encoder(EncoderParams(model="nobody/nothing"), tmp_path / "encoder")
    assert not (tmp_path / "encoder").exists()


def test_changed_weights_are_refused(tmp_path, monkeypatch) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"other weights")
    (tmp_path / "tokenizer.json").write_text("{}")
    monkeypatch.setattr("comb.encoder.export.find_model", lambda params: tmp_path)
    with pytest.raises(BadInputError, match="unexpected sha256"):
        export_encoder(EncoderParams(), tmp_path / "encoder")
    assert len(DEFAULT_SHA256) == 64


def test_an_encoder_of_an_earlier_version_is_one_clear_error(tmp_path) -> None:
    import torch

    (tmp_path / "encoder.json").write_text('{"id": "old", "dimension": 4, "max_tokens": 9}')
    (tmp_path / "tokenizer.json").write_bytes((find_model(EncoderParams()) / "tokenizer.json").read_bytes())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            torch.nn.Embedding(9, 4), torch.zeros(1, dtype=torch.long), str(tmp_path / "model.onnx"), dynamo=False
        )
    with pytest.raises(NotReadyError, match="earlier version.*dvc repro --force"):
        OnnxEncoder(tmp_path)
