"""Encoders of every build give the embeddings that sentence-transformers gives, or are refused with a reason.

The models here are tiny and random; what is tested is how they are put together.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from comb.encoder.embed import OnnxEncoder
from comb.encoder.export import export_encoder
from comb.encoder.model_files import prompt
from comb.errors import BadInputError, BadParamsError
from comb.study.params import EncoderParams

torch = pytest.importorskip("torch", reason="the extra 'train' is not installed")

LETTERS = "abcdefghijklmnopqrstuvwxyz"
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
SIZES = {"hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 4, "intermediate_size": 40}
TEXTS = ["I never got the letter.", "No.", "and so we went home " * 9, "Dw i ddim yn siŵr?"]


def tokenizer(*, begin: bool = True, end: bool = True):
    """Return a tokenizer of letters and their pairs, with tokens for the beginning and the end of a text."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    pieces = [*SPECIAL, *LETTERS, *(f"##{letter}" for letter in LETTERS), *(a + b for a in LETTERS for b in "aeiou")]
    made = Tokenizer(models.WordPiece({piece: n for n, piece in enumerate(pieces)}, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.decoder = decoders.WordPiece()
    around = f"{'[CLS] ' if begin else ''}$A{' [SEP]' if end else ''}"
    made.post_processor = processors.TemplateProcessing(single=around, special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    names = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    return PreTrainedTokenizerFast(tokenizer_object=made, model_max_length=64, **names)


def transformer(kind: str, folder: Path) -> Path:
    """Save a small random transformer of a kind, as its authors would."""
    import transformers

    torch.manual_seed(1)
    sizes = SIZES | {"vocab_size": len(tokenizer()), "max_position_embeddings": 66, "pad_token_id": 0}
    if kind in ("Qwen3", "Gemma3Text"):
        sizes |= {"num_key_value_heads": 2, "head_dim": 8}
    model = getattr(transformers, f"{kind}Model")(getattr(transformers, f"{kind}Config")(**sizes))
    model.save_pretrained(folder)
    tokenizer(begin=kind != "Qwen3").save_pretrained(folder)
    return folder


def sentence_model(folder: Path, kind: str, mode: object, *behind: object, prompts: dict[str, str] | None = None):
    """Save a transformer with pooling, and perhaps more, behind it, as sentence-transformers does."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

    first = Transformer(str(transformer(kind, folder / "plain")), max_seq_length=64)
    modules = [first, Pooling(SIZES["hidden_size"], mode), *behind]
    model = SentenceTransformer(modules=modules, device="cpu", prompts=prompts).eval()
    model.save(str(folder / "model"))
    return model


def exported(model: Path, out: Path, **params: object) -> OnnxEncoder:
    export_encoder(EncoderParams(model=str(model), **params), out)
    return OnnxEncoder(out)


def check_equal(ours: np.ndarray, theirs: np.ndarray) -> None:
    theirs = theirs / np.linalg.norm(theirs, axis=1, keepdims=True)
    assert (ours * theirs).sum(axis=1).min() >= 0.9999


@pytest.mark.parametrize("mode", ["mean", "cls", "lasttoken", "max", "weightedmean", ("cls", "mean")])
def test_every_pooling(mode, tmp_path) -> None:
    model = sentence_model(tmp_path, "Bert", mode)
    encoder = exported(tmp_path / "model", tmp_path / "encoder")
    check_equal(encoder.encode(TEXTS)[:, 0], model.encode(TEXTS))
    assert encoder.dimension == SIZES["hidden_size"] * (2 if isinstance(mode, tuple) else 1)


@pytest.mark.parametrize(("kind", "mode"), [("XLMRoberta", "mean"), ("MPNet", "mean"), ("Qwen3", "lasttoken"),
                                            ("Gemma3Text", "mean"), ("ModernBert", "cls")])  # fmt: skip
def test_every_family(kind, mode, tmp_path) -> None:
    model = sentence_model(tmp_path, kind, mode)
    encoder = exported(tmp_path / "model", tmp_path / "encoder")
    check_equal(encoder.encode(TEXTS)[:, 0], model.encode(TEXTS))
    together = encoder.encode(TEXTS * 5)
    assert np.array_equal(np.concatenate([encoder.encode([text]) for text in TEXTS]), together[: len(TEXTS)])


def test_dense_layers_and_normalising_are_not_dropped(tmp_path) -> None:
    from sentence_transformers.sentence_transformer.modules import Dense, Normalize

    torch.manual_seed(2)
    behind = (Dense(32, 48), Dense(48, 32, activation_function=torch.nn.Identity()), Normalize())
    model = sentence_model(tmp_path, "Bert", "mean", *behind)
    check_equal(exported(tmp_path / "model", tmp_path / "encoder").encode(TEXTS)[:, 0], model.encode(TEXTS))


def test_another_dimension_behind_pooling(tmp_path) -> None:
    from sentence_transformers.sentence_transformer.modules import Dense

    torch.manual_seed(2)
    model = sentence_model(tmp_path, "Bert", "mean", Dense(32, 20))
    encoder = exported(tmp_path / "model", tmp_path / "encoder")
    embeddings = encoder.encode(TEXTS)
    assert encoder.dimension == 20
    check_equal(embeddings[:, 0], model.encode(TEXTS))
    assert np.array_equal(embeddings[:, 0], embeddings[:, 1])


def test_a_folder_of_transformers_alone_is_pooled_by_the_mean(tmp_path) -> None:
    from sentence_transformers import SentenceTransformer

    plain = transformer("Bert", tmp_path / "plain")
    encoder = exported(plain, tmp_path / "encoder")
    check_equal(encoder.encode(TEXTS)[:, 0], SentenceTransformer(str(plain), device="cpu").encode(TEXTS))


def test_weights_in_shards(tmp_path) -> None:
    from transformers import BertModel

    model = sentence_model(tmp_path, "Bert", "mean")
    folder = tmp_path / "model"
    weights = BertModel.from_pretrained(folder)
    (folder / "model.safetensors").unlink()
    weights.save_pretrained(folder, max_shard_size="20KB")
    assert len(list(folder.glob("model-*.safetensors"))) > 1
    encoder = exported(folder, tmp_path / "encoder")
    check_equal(encoder.encode(TEXTS)[:, 0], model.encode(TEXTS))


def test_a_static_model_has_no_layers_and_no_special_tokens(tmp_path) -> None:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding

    weights = np.random.default_rng(1).normal(size=(len(tokenizer()), 16)).astype(np.float32)
    model = SentenceTransformer(modules=[StaticEmbedding(tokenizer().backend_tokenizer, weights)], device="cpu")
    model.save(str(tmp_path / "model"))
    encoder = exported(tmp_path / "model", tmp_path / "encoder")
    check_equal(encoder.encode(TEXTS)[:, 0], model.encode(TEXTS))
    assert not encoder.encode([""]).any()  # no token: no embedding, and no NaN


def ready_made_model(tmp_path: Path, mode: str = "mean") -> tuple[Path, object]:
    """Return the folder of a model that has a graph and no weights, as published by others, and the model itself."""
    model = sentence_model(tmp_path, "Bert", mode)
    folder = tmp_path / "model"
    (folder / "onnx").mkdir()

    class Published(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model[0].auto_model

        def forward(self, input_ids, attention_mask, token_type_ids):
            return self.model(
                input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
            ).last_hidden_state

    names = ["input_ids", "attention_mask", "token_type_ids"]
    axes = {name: {0: "batch", 1: "length"} for name in (*names, "last_hidden_state")}
    example = torch.ones(2, 3, dtype=torch.long)
    torch.onnx.export(
        Published(), (example,) * 3, str(folder / "onnx" / "model.onnx"), input_names=names,
        output_names=["last_hidden_state"], dynamic_axes=axes, dynamo=False, opset_version=17,
    )  # fmt: skip
    (folder / "model.safetensors").unlink()
    return folder, model


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("mode", ["mean", "cls", "lasttoken"])
def test_a_ready_made_graph(mode, tmp_path) -> None:
    folder, model = ready_made_model(tmp_path, mode)
    encoder = exported(folder, tmp_path / "encoder")
    check_equal(encoder.encode(TEXTS)[:, 0], model.encode(TEXTS))
    together = encoder.encode(TEXTS * 5)
    assert np.array_equal(np.concatenate([encoder.encode([text]) for text in TEXTS]), together[: len(TEXTS)])


# ---- prompts


def test_a_prompt_is_put_before_each_text(tmp_path) -> None:
    prompts = {"query": "query: ", "classification": "class: "}
    model = sentence_model(tmp_path, "Bert", "mean", prompts=prompts)
    folder = tmp_path / "model"
    for given, used in ((None, "class: "), ("query", "query: "), ("say: ", "say: "), ("", "")):
        encoder = exported(folder, tmp_path / f"encoder {used}", prompt=given)
        check_equal(encoder.encode(TEXTS)[:, 0], model.encode(TEXTS, prompt=used))
    ids = {OnnxEncoder(path).id for path in tmp_path.glob("encoder *")}
    assert len(ids) == 4  # another prompt, other embeddings: another encoder


@pytest.mark.parametrize(
    ("name", "used"),
    [("intfloat/multilingual-e5-small", "query: "), ("models/e5-base", "query: "), ("me5-like/other", ""),
     ("BAAI/bge-small-en-v1.5", "")],
)  # fmt: skip
def test_models_of_the_e5_family_get_their_prompt(name, used, tmp_path) -> None:
    assert prompt(tmp_path, EncoderParams(model=name)) == used


# ---- refusals


def test_weights_in_a_pickle_are_refused(tmp_path) -> None:
    folder = transformer("Bert", tmp_path / "plain")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(BadInputError, match="no weights that comb reads.*pickle"):
        exported(folder, tmp_path / "encoder")


def test_unknown_modules_are_refused(tmp_path) -> None:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import LSTM, Pooling, Transformer

    first = Transformer(str(transformer("Bert", tmp_path / "plain")))
    lstm = LSTM(32, 16)
    model = SentenceTransformer(modules=[first, lstm, Pooling(32, "mean")], device="cpu")
    model.save(str(tmp_path / "model"))
    with pytest.raises(BadInputError, match="Transformer, LSTM, Pooling"):
        exported(tmp_path / "model", tmp_path / "encoder")


def test_an_export_that_gives_other_embeddings_is_refused(tmp_path, monkeypatch) -> None:
    sentence_model(tmp_path, "Bert", "mean")
    monkeypatch.setattr("comb.encoder.sentence_model._mean", lambda tokens: tokens[:, 0])
    with pytest.raises(BadInputError, match=r"does not reproduce the embeddings of sentence-transformers \(cosine"):
        exported(tmp_path / "model", tmp_path / "encoder")
    assert not (tmp_path / "encoder").exists()


def test_code_in_a_models_folder_is_never_run(tmp_path) -> None:
    folder = transformer("Bert", tmp_path / "plain")
    config = json.loads((folder / "config.json").read_text())
    config |= {"model_type": "mine", "auto_map": {"AutoModel": "mine.Mine", "AutoConfig": "mine.Config"}}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "mine.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    with pytest.raises(BadInputError, match="cannot load the model"):
        exported(folder, tmp_path / "encoder")
    assert not (tmp_path / "ran").exists()


def test_only_a_plain_transformer_can_be_fine_tuned(tmp_path) -> None:
    from comb.encoder.finetune import tunable_pooling

    sentence_model(tmp_path, "Bert", "lasttoken")
    with pytest.raises(BadParamsError, match=r"cannot be fine-tuned.*Set tune\.epochs to 0"):
        tunable_pooling(tmp_path / "model")


# ---- long texts


def test_texts_that_are_longer_than_the_encoder_reads_are_counted(tmp_path) -> None:
    sentence_model(tmp_path, "Bert", "mean")
    encoder = exported(tmp_path / "model", tmp_path / "encoder", max_tokens=16)
    encoder.encode(["No.", "and so we all went home again " * 5, "yes " * 30])
    assert (encoder.cut, encoder.max_tokens) == (2, 16)
