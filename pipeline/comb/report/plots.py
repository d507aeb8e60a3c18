"""The plots of an evaluation, as pictures that can be viewed without a network."""

from collections import Counter
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from comb.evaluation.learning_curve import LearningCurve
from comb.evaluation.runs import History
from comb.learning.classifier import NO_CODE
from comb.study.files import write_bytes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, GREY = "#0072B2", "#999999"
_DRAWN = (("cohen_kappa", "Cohen's kappa", "o", BLUE, -0.08), ("macro_f1", "macro-F1", "s", GREY, 0.08))
"""What the picture of a history shows: figure, name, marker, colour, and how far aside of its place."""


def draw_confusion(path: Path, pairs: Sequence[tuple[str, str]]) -> None:
    """Draw how often each pair of coded and suggested code occurs, shaded by the share of the coded."""
    counts = Counter(pairs)
    names = sorted({name for pair in counts for name in pair}, key=lambda name: (name == NO_CODE, name)) or [NO_CODE]
    totals = {a: max(sum(counts[a, b] for b in names), 1) for a in names}
    figure, axes = _axes(2.4 + 0.55 * len(names), 1.6 + 0.45 * len(names))
    axes.imshow([[counts[a, b] / totals[a] for b in names] for a in names], cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for y, a in enumerate(names):
        for x, b in enumerate(names):
            color = "white" if counts[a, b] > 0.5 * totals[a] else "black"
            axes.text(x, y, str(counts[a, b]), ha="center", va="center", color=color)
    axes.set_xticks(range(len(names)), names, rotation=35, ha="right")
    axes.set_yticks(range(len(names)), names)
    axes.set(xlabel="suggested", ylabel="coded (reference)", title="Codes of held-out transcripts")
    axes.spines[:].set_visible(False)
    _save(figure, path)


def draw_calibration(path: Path, bins: Sequence[tuple[str, float, float, int]]) -> None:
    """Draw the share of segments given a code by people against the mean score, over all codes; dashed: equal."""
    points = [(score, share) for name, score, share, _ in bins if name == "all codes"]
    figure, axes = _axes(4.6, 4.0)
    axes.plot([0, 1], [0, 1], color=GREY, linestyle="--", linewidth=1)
    axes.plot(*zip(*points, strict=True), color=BLUE, marker="o")
    axes.set(xlabel="score", ylabel="share coded so (reference)", title="Calibration", xlim=(0, 1), ylim=(0, 1))
    _save(figure, path)


def draw_curve(path: Path, curve: LearningCurve) -> None:
    """Draw kappa against the number of coded transcripts: dots measured, the line and band forecast."""
    points, ahead = curve.points, curve.forecast
    figure, axes = _axes(5.6, 4.0)
    for series, style in ((points, "o"), (ahead, "--")):
        sizes = [point.transcripts for point in series]
        value, low, high = ([getattr(point.kappa, side) for point in series] for side in ("value", "low", "high"))
        axes.plot(sizes, value, style, color=BLUE, label="measured" if style == "o" else "forecast")
        if style == "o":
            axes.vlines(sizes, low, high, color=BLUE, linewidth=1)
        else:
            axes.fill_between(sizes, low, high, color=BLUE, alpha=0.15, linewidth=0)
    law, most = curve.law["kappa"], points[-1].transcripts
    axes.plot(*zip(*((n, law.a - law.b * n**-law.c) for n in range(1, most + 1)), strict=True), color=GREY)
    axes.axvline(curve.now, color=GREY, linestyle=":", linewidth=1)
    axes.set(xlabel="coded transcripts", ylabel="Cohen's kappa, held out", title="Learning curve", xlim=(0, None))
    axes.legend(frameon=False)
    _save(figure, path)


def draw_history(history: History, kind: str = "svg") -> bytes:
    """Draw kappa and macro-F1 of each run with their intervals, and people's kappa if it is known, as SVG or PNG."""
    figure, axes = _axes(2.2 + 0.9 * max(len(history.runs), 3), 4.0)
    for name, label, marker, color, aside in _DRAWN:
        rows = [[run.summary[f"{name}{side}"] for side in ("", "_low", "_high")] for run in history.runs]
        known = [(at + aside, *row) for at, row in enumerate(rows) if None not in row]
        where, value, low, high = np.array(known, float).reshape(-1, 4).T
        axes.plot(where, value, marker, color=color, label=label)
        axes.vlines(where, low, high, color=color)
    people = [(at, run.summary.get("human_cohen_kappa")) for at, run in enumerate(history.runs)]
    if known := [(at, kappa) for at, kappa in people if kappa is not None]:
        axes.plot(*np.array(known).T, "_", color="black", markersize=18, label="people among themselves")
    names = [f"{run.number}\n{run.protocol.transcripts} transcripts" for run in history.runs]
    axes.set_xticks(range(len(names)), names)
    axes.set(xlabel="run", title="Held-out agreement by run, 95% intervals", xlim=(-0.5, len(names) - 0.5))
    axes.legend(frameon=False)
    return _bytes(figure, kind)


def _axes(width: float, height: float) -> "tuple[Figure, Axes]":
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.add_subplot()


def _save(figure: "Figure", path: Path) -> None:
    write_bytes(path, _bytes(figure, "svg"))


def _bytes(figure: "Figure", kind: str) -> bytes:
    """Return a picture, the same bytes for the same figures."""
    import matplotlib as mpl

    drawn = BytesIO()
    facts: dict[str, str | None] = {"Date": None} if kind == "svg" else {"Software": None}
    with mpl.rc_context({"svg.hashsalt": "comb", "svg.fonttype": "none"}):
        figure.savefig(drawn, format=kind, dpi=150, metadata=facts)
    return drawn.getvalue()
