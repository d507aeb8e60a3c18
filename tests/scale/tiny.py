"""A real encoder of a few kilobytes: words are looked up in a table of random vectors, and averaged.

It runs in onnxruntime as the shipped one does, so that other processes can load it, too.
Run: python -m tests.scale.tiny FOLDER writes one that knows the words of the whole study.
"""

import sys
from pathlib import Path

import numpy as np

from comb.encoder.embed import GRAPH, TOKENIZER, EncoderFacts, identity, stored_facts
from comb.study.files import write_json
from tests.whole_study import SAID

WORDS, DIMENSION = 2000, 24
PROGRAM = [sys.executable, "-m", "tests.scale.tiny"]


def write_encoder(folder: Path, texts: list[str]) -> None:
    """Write an encoder that knows the words of some texts."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace

    folder.mkdir(parents=True, exist_ok=True)
    words = sorted({word for text in texts for word in text.split()})[: WORDS - 1]
    tokenizer = Tokenizer(WordLevel({"?": 0, **{word: row for row, word in enumerate(words, 1)}}, unk_token="?"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.save(str(folder / TOKENIZER))
    table = np.random.default_rng(1).normal(size=(WORDS, DIMENSION)).astype(np.float32)
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["words"]),
        helper.make_node("ReduceMean", ["words"], ["mean"], axes=[1], keepdims=0),
        helper.make_node("LpNormalization", ["mean"], ["unit"], axis=1, p=2),
        helper.make_node("Unsqueeze", ["unit", "one"], ["part"]),
        helper.make_node("Concat", ["part", "part"], ["out"], axis=1),
    ]
    known = [numpy_helper.from_array(table, "table"), numpy_helper.from_array(np.array([1]), "one")]
    ids = helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["n", "t"])
    out = helper.make_tensor_value_info("out", TensorProto.FLOAT, ["n", 2, DIMENSION])
    graph = helper.make_graph(nodes, "tiny", [ids], [out], known)
    opset = helper.make_opsetid("", 17)
    onnx.save(helper.make_model(graph, opset_imports=[opset], ir_version=8), folder / GRAPH)
    facts = EncoderFacts(id="", dimension=DIMENSION, max_tokens=64)
    write_json(folder / "encoder.json", stored_facts(facts) | {"id": identity(folder, facts)})


if __name__ == "__main__":
    write_encoder(Path(sys.argv[1]), [*SAID.values()])
