"""Nothing calls home: no library that comb uses keeps an id or looks up a host."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import comb as package
from comb.cli import run

onnx = pytest.importorskip("onnx", reason="the extra 'train' is not installed")

SESSION = """
import os, sys
{first}
import numpy, onnxruntime
session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
session.run(None, {{"x": numpy.ones((1, 1), "float32")}})
"""


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """The smallest model: y = x + x."""
    shape = [onnx.TensorProto.FLOAT, [1, 1]]
    x, y = (onnx.helper.make_tensor_value_info(name, *shape) for name in "xy")
    graph = onnx.helper.make_graph([onnx.helper.make_node("Add", ["x", "x"], ["y"])], "g", [x], [y])
    path = tmp_path / "model.onnx"
    onnx.save(onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8), path)
    return path


def left_behind(model: Path, first: str) -> list[Path]:
    """Run a session in a process with an empty home, and return what onnxruntime left there."""
    home = model.parent / "home"
    home.mkdir()
    # In continuous integration onnxruntime is silent by itself: the process must not notice where it runs.
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH")}
    env = {**kept, "HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")}
    script = SESSION.format(first=first)
    subprocess.run([sys.executable, "-c", script, str(model)], env=env, check=True, capture_output=True)
    return [path for path in home.rglob("*") if "onnxruntime" in path.as_posix()]


def test_onnxruntime_leaves_nothing_behind_once_comb_is_imported(model: Path) -> None:
    assert left_behind(model, "import comb") == []


def test_what_is_imported_first_does_not_matter_for_the_encoder(model: Path) -> None:
    assert left_behind(model, "from comb.encoder.embed import OnnxEncoder") == []


@pytest.mark.skipif(sys.platform != "linux", reason="onnxruntime keeps its id elsewhere on other systems")
def test_this_test_would_notice(model: Path) -> None:
    assert left_behind(model, "") != [], "onnxruntime no longer keeps an id: this file has lost its point"


def test_processes_that_comb_starts_inherit_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    code = "import os; print({name: os.environ.get(name) for name in %r} == %r)"
    names = package.NO_TELEMETRY
    script = code % (list(names), names)
    assert subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout == "True\n"
