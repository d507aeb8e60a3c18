"""Measure how quality grows with the number of coded transcripts, and whether coding more would help."""

from dataclasses import astuple

from comb.evaluation.code_gate import bar
from comb.evaluation.learning_curve import ForecastPoint, LearningCurve, MeasuredPoint, heads, measure, summarise
from comb.report.plots import draw_curve
from comb.stages.listener import Listener
from comb.stages.measured import read_metrics
from comb.stages.reliability import model_id, write_card
from comb.stages.tune import untuned_dataset
from comb.study.atomic import together
from comb.study.files import write_record, write_rows
from comb.study.layout import Study

METRICS = ("kappa", "macro_f1")
UNGATED = tuple(f"{name}_ungated" for name in METRICS)
HEADER = ("transcripts", "kind", *(f"{name}{side}" for name in METRICS for side in ("", "_low", "_high")), *UNGATED)
"""Columns of curve.csv."""


def curve(study: Study, more: int, listener: Listener) -> LearningCurve:
    """Measure the learning curve, forecast it ``more`` transcripts ahead, write and return both."""
    params = study.params
    dataset, metrics = untuned_dataset(study, "curve", listener), read_metrics(study)
    needed = metrics.gate.needed if metrics else bar(None, params.evaluate.gate)[0]
    with listener.progress("Training on more and more transcripts", heads(dataset, params.evaluate)) as advance:
        measured = measure(dataset, params.train, params.evaluate, needed, advance)
    summary = summarise(measured, more, params.evaluate.seed, model_id(study))
    with together(study.root):
        write_record(study.curve, summary)
        write_rows(study.curve.with_suffix(".csv"), HEADER, curve_rows(summary))
        draw_curve(study.plots / "curve.svg", summary)
        write_card(study, curve=summary)
    return summary


def curve_rows(summary: LearningCurve) -> list[list[object]]:
    """Return a curve as rows of a table: the measured points, then the forecast."""
    return [
        [point.transcripts, kind, *astuple(point.kappa), *astuple(point.macro_f1), *_ungated(point)]
        for kind, points in (("measured", summary.points), ("forecast", summary.forecast))
        for point in points
    ]


def _ungated(point: MeasuredPoint | ForecastPoint) -> list[float | None]:
    """Return what was measured as if no code were withheld; it is not forecast."""
    if isinstance(point, ForecastPoint):
        return [None] * len(UNGATED)
    return [point.kappa_ungated.value, point.macro_f1_ungated.value]
