"""Draw the pictures of the README anew from the example study, after ``dvc repro``.

Run in the repository's root: python docs/images/make.py
"""

import csv
import re
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import matplotlib
import rich.console

from pipeline.cli import run

matplotlib.use("svg")
import matplotlib.pyplot as plt

HERE = Path(__file__).parent
PLOTS = HERE.parent.parent / "data" / "processed" / "plots"
NEW = "data/example/new/insulin-01.txt"
BLUE = "#0072B2"
plt.rcParams.update({"svg.hashsalt": "comb", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False})


def suggest() -> None:
    """Draw what ``comb suggest`` prints."""
    drawn: list[Any] = []
    usual = rich.console.Console

    def recording(**options: Any) -> rich.console.Console:
        console = usual(**options, width=80, record=not options)
        drawn.extend([] if options else [console])
        return console

    rich.console.Console = recording  # type: ignore[assignment,misc]
    with tempfile.TemporaryDirectory() as folder:
        if run(["suggest", NEW, "--out", folder]):
            raise SystemExit("comb suggest failed: run dvc repro first")
    console = usual(width=80, record=True)
    console.print(f"$ comb suggest {NEW}", highlight=False)
    for part in drawn:
        for line in part.export_text(styles=False).splitlines():
            console.print(line.rstrip(), highlight=False, markup=False)
    svg = console.export_svg(title="comb suggest", unique_id="comb")
    # rich asks a web server for its font; a picture that asks nobody is drawn with the reader's own.
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL).replace("Fira Code", "DejaVu Sans Mono, Menlo")
    (HERE / "suggest.svg").write_text(svg, encoding="utf-8")


def confusion() -> None:
    """Draw how often each pair of coded and suggested code occurs, shaded by the share of the coded."""
    with (PLOTS / "confusion.csv").open(encoding="utf-8") as file:
        pairs = Counter((row["coded"], row["suggested"]) for row in csv.DictReader(file))
    names = sorted({name for pair in pairs for name in pair}, key=lambda name: (name.startswith("("), name))
    totals = {a: sum(pairs[a, b] for b in names) for a in names}
    figure, axes = plt.subplots(figsize=(7.2, 5.4), layout="constrained")
    axes.imshow([[pairs[a, b] / max(totals[a], 1) for b in names] for a in names], cmap="Blues", vmin=0, vmax=1)
    for y, a in enumerate(names):
        for x, b in enumerate(names):
            share = pairs[a, b] / max(totals[a], 1)
            axes.text(x, y, pairs[a, b], ha="center", va="center", color="white" if share > 0.5 else "black")
    axes.set_xticks(range(len(names)), names, rotation=35, ha="right")
    axes.set_yticks(range(len(names)), names)
    axes.set(xlabel="suggested", ylabel="coded (reference)", title="Example study (synthetic): pairs of codes")
    axes.spines[:].set_visible(False)
    save(figure, "confusion.svg")


def calibration() -> None:
    """Draw the share coded so against the mean score, over all codes."""
    with (PLOTS / "calibration.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["code"] == "all codes"]
    x, y = ([float(row[name]) for row in rows] for name in ("score", "coded"))
    figure, axes = plt.subplots(figsize=(4.8, 4.2), layout="constrained")
    axes.plot([0, 1], [0, 1], color="#999999", linestyle="--", linewidth=1)
    axes.plot(x, y, color=BLUE, marker="o")
    axes.annotate("a score that means what it says", (0.06, 0.12), rotation=43, color="#666666", fontsize=8)
    title = "Example study (synthetic): calibration"
    axes.set(xlabel="score", ylabel="share coded so (reference)", title=title, xlim=(0, 1), ylim=(0, 1))
    save(figure, "calibration.svg")


def save(figure: Any, name: str) -> None:
    """Write a picture, the same bytes for the same figures."""
    figure.savefig(HERE / name, metadata={"Date": None})
    plt.close(figure)


if __name__ == "__main__":
    suggest()
    confusion()
    calibration()
