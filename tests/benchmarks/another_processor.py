"""How far do the suggestions of two processors differ? Run it after ``dvc repro``.

The example study is embedded, trained and applied twice on this machine: as usual, and with other kernels, which is
what another processor has. ``OPENBLAS_CORETYPE`` makes numpy and scipy multiply matrices as a processor of 2004 would,
and onnxruntime runs the encoder's graph as it was exported, without fusing its operations.

Example: python tests/benchmarks/another_processor.py
"""

import csv
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from shutil import copytree

import numpy as np

ROOT = Path(__file__).parents[2]
COPIED = ("configs", "data/example", "data/interim", "data/processed/metrics", "models")
OTHER_KERNELS = {"OPENBLAS_CORETYPE": "Prescott", "COMB_BENCH_PLAIN_GRAPH": "1"}
Key = tuple[str, str, str, str]


def run(folder: Path) -> None:
    """Embed, train and suggest in a copy of the example study."""
    import onnxruntime

    from comb.stages.embed import embed
    from comb.stages.listener import Listener
    from comb.stages.suggest import suggest
    from comb.stages.train import train
    from comb.study.layout import Study

    if "COMB_BENCH_PLAIN_GRAPH" in os.environ:
        _without_fusion(onnxruntime)
    study, listener = Study(folder), Listener()
    embed(study, listener)
    print(train(study, listener).id)
    suggest(study, [], study.suggestions, ["csv"], listener, ungated=True)


def _without_fusion(onnxruntime: object) -> None:
    usual = onnxruntime.SessionOptions  # type: ignore[attr-defined]

    def options() -> object:
        made = usual()
        made.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL  # type: ignore[attr-defined]
        return made

    onnxruntime.SessionOptions = options  # type: ignore[attr-defined]


def measured(folder: Path, environment: dict[str, str]) -> tuple[str, np.ndarray, dict[Key, float]]:
    """Return the model's id, the embeddings and the scores of what is suggested, as a process of its own has them."""
    for name in COPIED:
        copytree(ROOT / name, folder / name)
    command = [sys.executable, __file__, str(folder)]
    done = subprocess.run(command, env=os.environ | environment, check=True, capture_output=True, text=True)
    rows: dict[Key, float] = {}
    for path in sorted((folder / "data/processed/suggestions").glob("*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                rows[row["transcript"], row["start"], row["end"], row["code"]] = float(row["score"])
    return done.stdout.split()[-1], np.load(folder / "data/interim/embeddings.npy"), rows


def main() -> None:
    """Print how far the two runs differ."""
    with tempfile.TemporaryDirectory() as name:
        (id_here, here, mine), (id_there, there, theirs) = (
            measured(Path(name) / label, environment)
            for label, environment in (("usual", {}), ("other", OTHER_KERNELS))
        )
    both = mine.keys() & theirs.keys()
    apart = max(abs(mine[key] - theirs[key]) for key in both)
    print(f"model ids: {id_here} and {id_there}")
    differ, most = np.mean(here != there), np.abs(here - there).max()
    print(f"numbers of the embeddings that differ: {differ:.2%}, by {most:.1e} at most")
    only = len(mine.keys() ^ theirs.keys())
    print(f"suggestions: {len(mine)} and {len(theirs)}; made by one of the two only: {only}")
    print(f"greatest difference of a score: {apart:.4f}")


if __name__ == "__main__":
    run(Path(sys.argv[1])) if len(sys.argv) > 1 else main()
