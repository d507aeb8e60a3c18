"""Whether the model has earned trust: the codes that are withheld, suggestion sets, and the model card."""

from collections.abc import Collection
from dataclasses import dataclass

from comb.errors import NotReadyError
from comb.evaluation.results import Metrics
from comb.stages.listener import Listener
from comb.stages.llm_results import current_run
from comb.stages.measured import read_audit, read_curve, read_metrics, read_model_facts
from comb.study.files import write_text
from comb.study.layout import Study

ALL_THE_SAME = "To see its suggestions all the same, marked as ungated: comb suggest --ungated."


@dataclass(frozen=True)
class Reliability:
    """What a model may suggest."""

    withheld: dict[str, str]
    """The codes that are not suggested, each with the reason."""
    cutoff: float | None
    """The score that suggestion sets need; None where the params ask for no sets."""


def assess(study: Study, model: str, codes: Collection[str], listener: Listener) -> Reliability:
    """Return what a model, given by its id and its codes, may suggest.

    Without an evaluation all codes are withheld, and the listener is told so. Raises NotReadyError where the params ask
    for suggestion sets and there is nothing to calibrate them by.
    """
    from comb.evaluation.code_gate import withheld
    from comb.learning.starter import is_starter

    if is_starter(model):
        listener.note(f"comb: {starter_sentence()}")
        return Reliability({}, None)
    coverage, path = study.params.suggest.coverage, study.metrics / "evaluate.json"
    metrics = read_metrics(study)
    if metrics is None:
        if coverage:
            raise NotReadyError("suggest.coverage needs an evaluation", where=str(path), remedy="Run: comb evaluate.")
        listener.note(
            "comb: no code is reliable enough yet: the model has not been evaluated. Run: comb evaluate. "
            f"{ALL_THE_SAME}"
        )
        return Reliability(dict.fromkeys(codes, "the model has not been evaluated"), None)
    if metrics.model != model:
        if coverage:
            raise NotReadyError("the evaluation is of another model", where=str(path), remedy="Run: comb evaluate.")
        listener.note("comb: codes are withheld according to the evaluation of an earlier model. Run: dvc repro.")
    closed = withheld(metrics.gate)
    for code, reason in closed.items():
        listener.note(f"  withheld: {code} ({reason})")
    if nothing := _nothing(metrics):
        listener.note(f"comb: {nothing} {ALL_THE_SAME}")
        return Reliability(closed, None)
    return Reliability(closed, _cutoff(study, closed, listener) if coverage else None)


def starter_sentence() -> str:
    """Say that suggestions are the starter's, and what to expect of them."""
    from comb.learning.shipped_starter import read_starter

    return (
        "too little is coded to learn from, so that suggestions are the starter's, marked as such in column model. "
        f"{read_starter().expect} Code some transcripts, then run: dvc repro."
    )


def _nothing(metrics: Metrics) -> str:
    """Say what is missing where all codes are withheld."""
    from comb.evaluation.code_gate import none_open

    return none_open(
        metrics.gate, {code: figures.n for code, figures in metrics.codes.items()}, metrics.protocol.transcripts
    )


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


def withheld_lines(study: Study, metrics: Metrics) -> list[str]:
    """Say, one line each, which codes the gate withholds, why, and how many more examples they may need."""
    from comb.evaluation.code_gate import withheld
    from comb.evaluation.learning_curve import more_examples

    gate, curve = metrics.gate, read_curve(study)
    first = (
        f"A code is suggested only if the lower 95% limit of its kappa is at least {gate.needed:.2f} ({gate.because})."
    )
    closed = withheld(gate)
    lines = [f"  withheld: {code} ({reason}; {more_examples(metrics, curve, code)})" for code, reason in closed.items()]
    nothing = _nothing(metrics)
    return [first, *lines, *([f"comb: {nothing}"] if nothing else [])]


def model_id(study: Study) -> str:
    """Return the id of the trained model; empty where none is trained."""
    facts = read_model_facts(study)
    return facts.id if facts else ""


def write_card(study: Study) -> None:
    """Write models/card.md from what has been measured so far; nothing before the first evaluation."""
    from comb.report.card import CardFacts, card

    metrics, model = read_metrics(study), read_model_facts(study)
    if metrics is None or model is None:
        return
    book = (study.codebook.name, study.codebook.behaviour)
    found = current_run(study)
    facts = CardFacts(model, metrics, book, read_curve(study), read_audit(study), found[0] if found else None)
    write_text(study.card, card(facts))
