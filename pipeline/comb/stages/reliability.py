"""Reliability of the model: the codes that are withheld, suggestion sets, and the model card."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from comb.active_learning.audit import Audit
from comb.errors import NotReadyError
from comb.evaluation.learning_curve import LearningCurve
from comb.evaluation.results import Familiar, Metrics
from comb.stages.listener import Listener
from comb.stages.llm_results import current_run
from comb.stages.measured import read_audit, read_curve, read_metrics, read_model_facts
from comb.study.files import write_text
from comb.study.layout import Study

if TYPE_CHECKING:
    from comb.learning.artifact import Model
    from comb.learning.features import Embeddings
    from comb.learning.suggest import Unlike
    from comb.records import Segment

ALL_THE_SAME = "To see its suggestions anyway, marked as ungated: comb suggest --ungated."


@dataclass(frozen=True)
class Reliability:
    """The codes that a model may suggest."""

    withheld: dict[str, str]
    """The withheld codes, each with the reason."""
    cutoff: float | None
    """The score that suggestion sets need; None if the params ask for no sets."""
    familiar: Familiar | None = None
    """Profile of the transcripts from which the model learned; None before the first evaluation."""

    def unlike(
        self, segments: "Sequence[Segment]", embeddings: "Embeddings", model: "Model"
    ) -> "tuple[Unlike, dict[str, str]]":
        """Return the transcripts that are unlike those that the model learned from, and what differs in each."""
        from comb.evaluation.familiarity import unlike
        from comb.learning.suggest import NONE_UNLIKE, Unlike

        if self.familiar is None:
            return NONE_UNLIKE, {}
        why = unlike(segments, embeddings, model.example_embeddings, self.familiar)
        return Unlike(frozenset(why), self.familiar.share, self.familiar.slope), why


def assess(study: Study, model: str, codes: Collection[str], listener: Listener) -> Reliability:
    """Return the reliability of a model, given by its id and its codes.

    Without an evaluation, all codes are withheld, and the listener is notified. Raises NotReadyError if the params ask
    for suggestion sets and there are no scores to calibrate them.
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
            raise NotReadyError(
                "the evaluation belongs to another model", where=str(path), remedy="Run: comb evaluate."
            )
        listener.note("comb: codes are withheld according to the evaluation of an earlier model. Run: dvc repro.")
    closed = withheld(metrics.gate)
    for code, reason in closed.items():
        listener.note(f"  withheld: {code} ({reason})")
    if nothing := _nothing(metrics):
        listener.note(f"comb: {nothing} {ALL_THE_SAME}")
        return Reliability(closed, None, metrics.familiar)
    return Reliability(closed, _cutoff(study, closed, listener) if coverage else None, metrics.familiar)


def starter_sentence() -> str:
    """Return a sentence saying that suggestions come from the starter, and what to expect of them."""
    from comb.learning.shipped_starter import read_starter

    return (
        "too little is coded to learn from, so suggestions come from the starter and are marked so in column model. "
        f"{read_starter().expect} Code some transcripts, then train (Train, or: dvc repro)."
    )


def _nothing(metrics: Metrics) -> str:
    """Return why all codes are withheld."""
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
        raise NotReadyError(
            f"too few coded transcripts for a coverage of {coverage:.0%}", where="suggest", remedy=remedy
        )
    listener.note(
        f"Each segment gets all codes with a score of at least {cutoff:.2f}, so that they include the coder's code "
        f"{coverage:.0%} of the time."
    )
    return cutoff


def withheld_lines(study: Study, metrics: Metrics) -> list[str]:
    """Return lines on the codes that the gate withholds: why, and how many more examples they may need."""
    from comb.evaluation.code_gate import withheld
    from comb.evaluation.learning_curve import more_examples

    gate, curve = metrics.gate, read_curve(study)
    first = f"A code is suggested if its held-out kappa reaches {gate.needed:.2f} ({gate.because})."
    closed = withheld(gate)
    lines = [f"  withheld: {code} ({reason}; {more_examples(metrics, curve, code)})" for code, reason in closed.items()]
    nothing = _nothing(metrics)
    return [first, *lines, *([f"comb: {nothing}"] if nothing else [])]


def model_id(study: Study) -> str:
    """Return the id of the trained model; empty if none is trained."""
    facts = read_model_facts(study)
    return facts.id if facts else ""


def write_card(
    study: Study, metrics: Metrics | None = None, curve: LearningCurve | None = None, audit: Audit | None = None
) -> None:
    """Write models/card.md from the results so far; nothing before the first evaluation.

    Results that are not given are read from the study.
    """
    from comb.report.card import CardFacts, card

    metrics, model = metrics or read_metrics(study), read_model_facts(study)
    if metrics is None or model is None:
        return
    book = (study.codebook.name, study.codebook.behaviour)
    found = current_run(study)
    seen = (curve or read_curve(study), audit or read_audit(study))
    facts = CardFacts(model, metrics, book, *seen, found[0] if found else None)
    write_text(study.card, card(facts))
