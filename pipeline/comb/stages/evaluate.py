"""Cross-validate with whole transcripts held out; write metrics, plots and the model card."""

from comb.codings.codings_csv import write_codings
from comb.evaluation.conformal import write_scores
from comb.evaluation.cross_validation import Evaluation
from comb.evaluation.cross_validation import evaluate as cross_validate
from comb.learning.artifact import ModelFacts
from comb.report.plots import draw_calibration, draw_confusion
from comb.stages.fold_encoders import evaluation_datasets
from comb.stages.listener import Listener
from comb.stages.reliability import write_card
from comb.study.atomic import together
from comb.study.files import read_record, write_record, write_rows
from comb.study.layout import Study

BASELINES = ("model", "macro_f1", "micro_f1", "cohen_kappa")
"""Columns of metrics/baselines.csv."""


def evaluate(study: Study, listener: Listener) -> Evaluation:
    """Evaluate the study's model on transcripts held out of training, and write all that was measured."""
    params = study.params
    facts = read_record(study.head / "head.json", ModelFacts, "Train first: comb train.")
    dataset, seen = evaluation_datasets(study, listener)
    with listener.status("Evaluating") as step:
        result = cross_validate(dataset, params.train, params.evaluate, step, seen, facts.id)
    with together(study.root):
        write_record(study.metrics / "evaluate.json", result.metrics)
        _write_plots(study, result)
        write_scores(study.scores, result.scores)
        write_card(study, result.metrics)
        write_rows(study.metrics / "baselines.csv", BASELINES, result.table)
        write_codings(study.heldout, result.heldout)
    return result


def _write_plots(study: Study, result: Evaluation) -> None:
    write_rows(study.plots / "confusion.csv", ("coded", "suggested"), result.confusion)
    write_rows(study.plots / "calibration.csv", ("code", "score", "coded", "segments"), result.calibration)
    draw_confusion(study.plots / "confusion.svg", result.confusion)
    draw_calibration(study.plots / "calibration.svg", result.calibration)
