"""Make the int8 variant of an exported encoder, which is faster but slightly less exact.

ONNX's own dynamic quantisation has one scale for a whole batch, so that an embedding would depend on what else is in
the batch. Here each token has a scale of its own, found at run time; weights have 7 bits and a scale per column (with 8
bits, processors without VNNI instructions overflow).
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

WEIGHT_LIMIT = 63
ACTIVATION_LIMIT = 127
ZERO = 128


def quantize(path: Path) -> None:
    """Replace, in an ONNX file, every product of activations with weights by an int8 product."""
    import onnx
    from onnx import helper, numpy_helper

    model = onnx.load(str(path))
    weights = {item.name: item for item in model.graph.initializer}
    graph = _Graph()
    gone = set()
    for node in model.graph.node:
        if node.op_type == "MatMul" and node.input[1] in weights and len(weights[node.input[1]].dims) == 2:
            graph.product(node.input[0], numpy_helper.to_array(weights[node.input[1]]), node.output[0])
            gone.add(node.input[1])
        else:
            graph.nodes.append(node)
    kept = [item for name, item in weights.items() if name not in gone] + graph.constants
    new = helper.make_graph(graph.nodes, model.graph.name, model.graph.input, model.graph.output, kept)
    opsets = [*model.opset_import, helper.make_opsetid("com.microsoft", 1)]
    onnx.save(helper.make_model(new, opset_imports=opsets, ir_version=model.ir_version), str(path))


class _Graph:
    """The nodes and constants of the new graph."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self._quantized: dict[str, tuple[str, str]] = {}

    def product(self, x: str, weights: NDArray[np.float32], out: str) -> None:
        """Add ``out`` = x (..., F) times weights (F, K), in int8."""
        if x not in self._quantized:
            self._quantized[x] = self._activation(x, weights.shape[0])
        quantized, scale = self._quantized[x]
        column = np.maximum(np.abs(weights).max(axis=0) / WEIGHT_LIMIT, 1e-12).astype(np.float32)
        rounded = np.rint(weights / column).astype(np.int8)
        unit, zero = self._constant(np.float32(1)), self._constant(np.uint8(ZERO))
        parts = (quantized, self._constant(rounded), unit, self._constant(column), zero)
        values = self._add("Mul", self._add("MatMulIntegerToFloat", *parts), scale)
        lead = self._add("Shape", x, end=-1)
        shape = self._add("Concat", lead, self._constant(np.array([weights.shape[1]], np.int64)), axis=0)
        self._add("Reshape", values, shape, out=out)

    def _activation(self, x: str, width: int) -> tuple[str, str]:
        """Quantise x (..., F) to rows (R, F) of uint8 with a scale each, (R, 1)."""
        rows = self._add("Reshape", x, self._constant(np.array([-1, width], np.int64)))
        largest = self._add("ReduceMax", self._add("Abs", rows), axes=[1], keepdims=1)
        scale = self._add("Mul", largest, self._constant(np.float32(1 / ACTIVATION_LIMIT)))
        scale = self._add("Max", scale, self._constant(np.float32(1e-12)))
        scales = self._add("Reshape", scale, self._constant(np.array([-1], np.int64)))
        zeros = self._add("Expand", self._constant(np.uint8(ZERO)), self._add("Shape", scales))
        return self._add("QuantizeLinear", rows, scales, zeros, axis=0), scale

    def _add(self, kind: str, *inputs: str, out: str = "", **attributes: Any) -> str:
        from onnx import helper

        out = out or f"int8_{len(self.nodes)}"
        domain = "com.microsoft" if kind == "MatMulIntegerToFloat" else ""
        self.nodes.append(helper.make_node(kind, list(inputs), [out], domain=domain, **attributes))
        return out

    def _constant(self, value: Any) -> str:
        from onnx import numpy_helper

        name = f"int8_constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name
