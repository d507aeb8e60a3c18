"""How quality grows with the number of coded transcripts, and whether coding more would help."""

from typing import Any

from comb.evaluation.learning_curve import answer, heads, measure, summarise
from comb.report.plots import draw_curve
from comb.stages.listener import Listener
from comb.stages.reliability import model_id, write_card
from comb.stages.tune import untuned_dataset
from comb.study.files import write_json, write_rows
from comb.study.layout import Study

METRICS = ("kappa", "macro_f1")
HEADER = ("transcripts", "kind", *(f"{name}{side}" for name in METRICS for side in ("", "_low", "_high")))
"""Columns of curve.csv."""


def curve(study: Study, more: int, listener: Listener) -> dict[str, Any]:
    """Measure the learning curve, forecast it ``more`` transcripts ahead, write and return both."""
    params = study.params
    dataset = untuned_dataset(study, "curve", listener)
    with listener.progress("Training on ever more transcripts", heads(dataset, params.evaluate)) as advance:
        measured = measure(dataset, params.train, params.evaluate, advance)
    summary: dict[str, Any] = summarise(measured, more, params.evaluate.seed)
    summary |= {"answer": answer(summary), "model": model_id(study)}
    write_json(study.curve, summary)
    write_rows(study.curve.with_suffix(".csv"), HEADER, curve_rows(summary))
    draw_curve(study.plots / "curve.svg", summary)
    write_card(study)
    return summary


def curve_rows(summary: dict[str, Any]) -> list[list[Any]]:
    """Lay out a curve as the rows of a table: what was measured, then what is forecast."""
    return [
        [point["transcripts"], kind, *(point[name][side] for name in METRICS for side in ("value", "low", "high"))]
        for kind, points in (("measured", summary["points"]), ("forecast", summary["forecast"]))
        for point in points
    ]
