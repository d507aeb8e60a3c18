"""Cross-validate with whole transcripts held out; write metrics, plots and the model card."""

from dataclasses import replace

from comb.codings.alignment import Codes
from comb.codings.codings_csv import write_codings
from comb.evaluation.conformal import write_scores
from comb.evaluation.cross_validation import Evaluation
from comb.evaluation.cross_validation import evaluate as cross_validate
from comb.evaluation.summary import CODE_COLUMNS, code_rows, summary
from comb.learning.artifact import ModelFacts
from comb.learning.dataset import Dataset
from comb.learning.starter import is_starter
from comb.report.plots import draw_calibration, draw_confusion
from comb.stages.fold_encoders import evaluation_datasets
from comb.stages.history import keep_run
from comb.stages.listener import Listener
from comb.stages.llm_measured import predictions
from comb.stages.llm_results import current_run
from comb.stages.reliability import starter_sentence, write_card
from comb.study.atomic import remove, together
from comb.study.files import read_record, write_json, write_record, write_rows, write_text
from comb.study.layout import Study

BASELINES = ("model", "macro_f1", "micro_f1", "cohen_kappa")
"""Columns of metrics/baselines.csv."""
CONFUSION, CALIBRATION = ("coded", "suggested"), ("code", "score", "coded", "segments")
"""Columns of plots/confusion.csv and plots/calibration.csv."""


def evaluate(study: Study, listener: Listener) -> Evaluation | None:
    """Evaluate the study's model on transcripts held out of training, and write all results.

    If the model is the starter, there are no codings to measure it by: the files are empty, and None is returned.
    """
    params = study.params
    facts = read_record(study.head / "head.json", ModelFacts, "Train first: comb train.")
    if is_starter(facts.id):
        with together(study.root):
            _write_nothing(study)
        listener.note(f"comb: {starter_sentence()}")
        return None
    dataset, seen = evaluation_datasets(study, listener)
    llm = _language_model(study, dataset)
    with listener.status("Evaluating") as step:
        result = cross_validate(dataset, params.train, params.evaluate, step, seen, facts.id, llm)
    result = replace(result, metrics=replace(result.metrics, opinions=facts.opinions))
    with together(study.root):
        write_record(study.metrics / "evaluate.json", result.metrics)
        write_json(study.metrics / "summary.json", summary(result.metrics))
        write_rows(study.plots / "codes.csv", CODE_COLUMNS, code_rows(result.metrics))
        _write_plots(study, result)
        write_scores(study.scores, result.scores)
        write_card(study, result.metrics)
        write_rows(study.metrics / "baselines.csv", BASELINES, result.table)
        write_codings(study.heldout, result.heldout)
        keep_run(study, dataset, result)
    return result


def _language_model(study: Study, dataset: Dataset) -> tuple[str, Codes] | None:
    """Return the name of the language model that the params name, and its codes (N, K); None if none coded."""
    found = current_run(study)
    return (found[0].coder, predictions(study, *found, dataset).chosen) if found else None


def _write_nothing(study: Study) -> None:
    """Write all files without figures, since DVC asks for each of them."""
    write_json(study.metrics / "evaluate.json", {})
    write_json(study.metrics / "summary.json", {})
    write_rows(study.plots / "codes.csv", CODE_COLUMNS, ())
    write_text(study.scores, "")
    write_codings(study.heldout, ())
    write_rows(study.metrics / "baselines.csv", BASELINES, ())
    write_rows(study.plots / "confusion.csv", CONFUSION, ())
    write_rows(study.plots / "calibration.csv", CALIBRATION, ())
    draw_confusion(study.plots / "confusion.svg", ())
    draw_calibration(study.plots / "calibration.svg", ())
    remove(study.card)


def _write_plots(study: Study, result: Evaluation) -> None:
    write_rows(study.plots / "confusion.csv", CONFUSION, result.confusion)
    write_rows(study.plots / "calibration.csv", CALIBRATION, result.calibration)
    draw_confusion(study.plots / "confusion.svg", result.confusion)
    draw_calibration(study.plots / "calibration.svg", result.calibration)
