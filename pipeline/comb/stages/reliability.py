"""Whether the model has earned trust: the codes that are withheld, suggestion sets, and the model card."""

from dataclasses import dataclass
from typing import Any

from comb.errors import NotReadyError
from comb.stages.listener import Listener
from comb.stages.loading import read_optional
from comb.study.files import read_json, write_text
from comb.study.layout import Study


@dataclass(frozen=True)
class Reliability:
    """What a model may suggest."""

    withheld: dict[str, str]
    """The codes that are not suggested, each with the reason."""
    cutoff: float | None
    """The score that suggestion sets need; None where the params ask for no sets."""


def assess(study: Study, model: str, listener: Listener) -> Reliability:
    """Return what a model, given by its id, may suggest.

    Without an evaluation no code is withheld, and the listener is told so. Raises NotReadyError where the params ask
    for suggestion sets and there is nothing to calibrate them by.
    """
    from comb.evaluation.code_gate import withheld

    coverage, path = study.params.suggest.coverage, study.metrics / "evaluate.json"
    metrics = read_optional(path) or {}
    if "gate" not in metrics:
        if coverage:
            raise NotReadyError("suggest.coverage needs an evaluation", where=str(path), remedy="Run: comb evaluate.")
        listener.note(
            "comb: the model has not been evaluated, so no unreliable codes are withheld. Run: comb evaluate."
        )
        return Reliability({}, None)
    if metrics["model"] != model:
        if coverage:
            raise NotReadyError("the evaluation is of another model", where=str(path), remedy="Run: comb evaluate.")
        listener.note("comb: codes are withheld according to the evaluation of an earlier model. Run: dvc repro.")
    closed = withheld(metrics)
    for code, reason in closed.items():
        listener.note(f"  withheld: {code} ({reason})")
    return Reliability(closed, _cutoff(study, closed, listener) if coverage else None)


def _cutoff(study: Study, closed: dict[str, str], listener: Listener) -> float:
    from comb.evaluation.conformal import fewest, read_scores

    coverage = study.params.suggest.coverage
    cutoff = read_scores(study.scores).cutoff(closed, coverage)
    if cutoff is None:
        remedy = f"Code {fewest(coverage)} transcripts, or lower suggest.coverage in configs/params.yaml."
        raise NotReadyError(f"too few coded transcripts to promise {coverage:.0%}", where="suggest", remedy=remedy)
    listener.note(
        f"Sets that contain the coder's code {coverage:.0%} of the time: all codes from a score of {cutoff:.2f}."
    )
    return cutoff


def withheld_lines(study: Study, metrics: dict[str, Any]) -> list[str]:
    """Say, one line each, which codes the gate withholds, why, and how many more examples they may need."""
    from comb.evaluation.code_gate import withheld
    from comb.evaluation.learning_curve import more_examples

    gate, curve = metrics["gate"], read_optional(study.curve)
    first = (
        f"A code is suggested only if the lower 95% limit of its kappa is at least {gate['needed']:.2f} "
        f"({gate['because']})."
    )
    closed = withheld(metrics)
    return [first] + [
        f"  withheld: {code} ({reason}; {more_examples(metrics, curve, code)})" for code, reason in closed.items()
    ]


def model_id(study: Study) -> str:
    """Return the id of the trained model; empty where none is trained."""
    return str((read_optional(study.head / "head.json") or {"id": ""})["id"])


def write_card(study: Study) -> None:
    """Write models/card.md from what has been measured so far; nothing before the first evaluation."""
    from comb.report.card import Facts, card

    metrics = read_optional(study.metrics / "evaluate.json")
    if metrics is None:
        return
    head, book = read_json(study.head / "head.json"), (study.codebook.name, study.codebook.behaviour)
    facts = Facts(head, metrics, book, read_optional(study.curve), read_optional(study.audit_result))
    write_text(study.card, card(facts))
