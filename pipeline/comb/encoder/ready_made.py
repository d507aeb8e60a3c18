"""An encoder that its authors published as an ONNX graph; pooling is added to the graph.

Shapes: N texts of one length, L tokens, H hidden dimensions.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from comb.encoder.embed import GRAPH, TOKENIZER, Embeddings, open_graph
from comb.encoder.model_files import OTHER, module_kinds, pooling, ready_made
from comb.errors import BadInputError

FILLED = {"attention_mask": 1, "token_type_ids": 0}
"""Inputs besides the token ids, with the value for each token; no token is padding."""
TOKENS, SENTENCE = ("last_hidden_state", "token_embeddings"), ("sentence_embedding",)
"""Names of outputs: an embedding for each token, or one for the whole text."""
KNOWN = ("mean", "cls", "lasttoken")


def adopt_graph(source: Path, folder: Path) -> int:
    """Write the graph with one input and one output, as comb's encoders have them; return the dimension D.

    A published graph does not output its middle layer, so each embedding occurs twice. Raises BadInputError for
    inputs, outputs or modules that comb does not know.
    """
    import onnx

    path = _graph(source)
    model = onnx.load(str(path))
    graph = model.graph
    unknown = {item.name for item in graph.input} - {"input_ids", *FILLED}
    if unknown:
        raise BadInputError(f"unknown inputs: {', '.join(sorted(unknown))}", where=str(path), remedy=OTHER)
    for name in [item.name for item in graph.input if item.name in FILLED]:
        _fill(graph, name)
    tokens, found = _output(source, [item.name for item in graph.output], path)
    pooled = _pool(graph, found, _mode(source)) if tokens else found
    _finish(graph, pooled)
    onnx.checker.check_model(model)
    onnx.save(model, str(folder / GRAPH))
    shutil.copyfile(source / TOKENIZER, folder / TOKENIZER)
    return _dimension(folder / GRAPH)


def embed_as_published(source: Path, texts: Sequence[str], max_tokens: int) -> Embeddings:
    """Return the embeddings (N, H) of texts from the published graph, one text at a time, pooled by numpy."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(source / TOKENIZER))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)
    session = open_graph(_graph(source))
    tokens, output = _output(source, [item.name for item in session.get_outputs()], source)
    wanted = [item.name for item in session.get_inputs()]
    out = []
    for text in texts:
        ids = np.array([tokenizer.encode(text).ids], np.int64)
        given = {name: ids if name == "input_ids" else np.full_like(ids, FILLED[name]) for name in wanted}
        values = session.run([output], given)[0][0]
        one = {"mean": values.mean(axis=0), "cls": values[0], "lasttoken": values[-1]} if tokens else {"": values}
        vector = one[_mode(source) if tokens else ""]
        out.append(vector / np.linalg.norm(vector))
    return np.array(out, np.float32)


def _graph(source: Path) -> Path:
    path = ready_made(source)
    if not path or not (source / TOKENIZER).is_file():
        raise BadInputError(f"no {GRAPH} with a {TOKENIZER}", where=str(source), remedy=OTHER)
    return path


def _mode(source: Path) -> str:
    """Return the one way of pooling. Raises BadInputError for others than comb puts behind a graph."""
    modes = pooling(source)
    if len(modes) != 1 or modes[0] not in KNOWN:
        what = f"pooling is {' and '.join(modes)}; after a ready-made graph, comb can apply {', '.join(KNOWN)}"
        raise BadInputError(what, where=str(source), remedy=OTHER)
    return modes[0]


def _output(source: Path, names: Sequence[str], path: Path) -> tuple[bool, str]:
    """Return whether the graph gives an embedding for each token, and the name of that output."""
    whole = [name for name in names if name in SENTENCE]
    if whole:
        return False, whole[0]
    if "Dense" in module_kinds(source):
        raise BadInputError("a dense layer follows the graph, without weights", where=str(source), remedy=OTHER)
    each = [name for name in names if name in TOKENS]
    if not each:
        what = f"none of its outputs ({', '.join(names)}) is one of {', '.join((*SENTENCE, *TOKENS))}"
        raise BadInputError(what, where=str(path), remedy=OTHER)
    return True, each[0]


def _fill(graph: Any, name: str) -> None:
    """Make an input of the graph a constant with the shape of the token ids."""
    from onnx import helper

    value = helper.make_tensor("value", 7, [1], [FILLED[name]])
    nodes = [
        helper.make_node("Shape", ["input_ids"], [f"comb_{name}_shape"]),
        helper.make_node("ConstantOfShape", [f"comb_{name}_shape"], [name], value=value),
    ]
    for place, node in enumerate(nodes):
        graph.node.insert(place, node)
    graph.input.remove(next(item for item in graph.input if item.name == name))


def _pool(graph: Any, tokens: str, mode: str) -> str:
    """Put pooling behind an output (N, L, H), and return the name of what it gives: (N, H)."""
    from onnx import helper, numpy_helper

    def constant(name: str, value: Any) -> str:
        graph.initializer.append(numpy_helper.from_array(value, f"comb_{name}"))
        return f"comb_{name}"

    if mode != "mean":
        place = constant("place", np.array(0 if mode == "cls" else -1, np.int64))
        graph.node.append(helper.make_node("Gather", [tokens, place], ["comb_pooled"], axis=1))
        return "comb_pooled"
    # A product with a row of ones: its last bits do not depend on what else is in the batch.
    one = constant("one", np.array([1], np.int64))
    row = helper.make_tensor("value", 1, [1], [1.0])
    graph.node.extend(
        [
            helper.make_node("Shape", ["input_ids"], ["comb_shape"]),
            helper.make_node("Gather", ["comb_shape", one], ["comb_length"], axis=0),
            helper.make_node("Concat", [one, one, "comb_length"], ["comb_row"], axis=0),
            helper.make_node("ConstantOfShape", ["comb_row"], ["comb_ones"], value=row),
            helper.make_node("MatMul", ["comb_ones", tokens], ["comb_sum"]),
            helper.make_node("Gather", ["comb_sum", constant("only", np.array(0, np.int64))], ["comb_pooled"], axis=1),
        ]
    )
    return "comb_pooled"


def _finish(graph: Any, pooled: str) -> None:
    """Normalise embeddings (N, H) to unit length and return them twice: (N, 2, H)."""
    from onnx import TensorProto, helper, numpy_helper

    graph.initializer.append(numpy_helper.from_array(np.array([1], np.int64), "comb_axis"))
    graph.node.extend(
        [
            helper.make_node("LpNormalization", [pooled], ["comb_unit"], axis=1, p=2),
            helper.make_node("Unsqueeze", ["comb_unit", "comb_axis"], ["comb_part"]),
            helper.make_node("Concat", ["comb_part", "comb_part"], ["embedding"], axis=1),
        ]
    )
    del graph.output[:]
    graph.output.append(helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", 2, None]))


def _dimension(path: Path) -> int:
    return int(open_graph(path).run(None, {"input_ids": np.array([[1, 2]], np.int64)})[0].shape[-1])
