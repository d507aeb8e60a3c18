"""What commands share that ask whether the model has earned trust: the gate, suggestion sets, the model card."""

from typing import TYPE_CHECKING, Any

from comb.cli import console as show
from comb.errors import NotReadyError

if TYPE_CHECKING:
    from pathlib import Path

    from comb.study.layout import Study


def trust(study: "Study", model: str) -> tuple[dict[str, str], float | None]:
    """Give the codes that are withheld, each with the reason, and the score that suggestion sets need, if any.

    Without an evaluation nothing has been shown and nothing is withheld, which is said. Raises NotReadyError where the
    params ask for sets and there is nothing to calibrate them by.
    """
    from comb.evaluation.code_gate import withheld
    from comb.study.files import read_json

    coverage, path = study.params.suggest.coverage, study.metrics / "evaluate.json"
    metrics = read_json(path) if path.exists() else {}
    if "gate" not in metrics:
        if coverage:
            raise NotReadyError("suggest.coverage needs an evaluation", where=str(path), remedy="Run: comb evaluate.")
        show.note("comb: not evaluated yet: no code is withheld, trusted or not. Run: comb evaluate.")
        return {}, None
    if metrics["model"] != model:
        if coverage:
            raise NotReadyError("the evaluation is of another model", where=str(path), remedy="Run: comb evaluate.")
        show.note("comb: the evaluation is of an earlier model; codes are withheld by it all the same. Run: dvc repro.")
    closed = withheld(metrics)
    for code, reason in closed.items():
        show.note(f"  withheld: {code} ({reason})")
    return closed, _cutoff(study, closed) if coverage else None


def _cutoff(study: "Study", closed: dict[str, str]) -> float:
    from comb.evaluation.conformal import fewest, read_scores

    coverage = study.params.suggest.coverage
    held_out = read_scores(study.scores)
    cutoff = held_out.cutoff(closed, coverage)
    if cutoff is None:
        remedy = f"Code {fewest(coverage)} transcripts, or lower suggest.coverage in configs/params.yaml."
        raise NotReadyError(f"too few coded transcripts to promise {coverage:.0%}", where="suggest", remedy=remedy)
    show.note(f"Sets that contain the coder's code {coverage:.0%} of the time: all codes from a score of {cutoff:.2f}.")
    return cutoff


def show_gate(study: "Study", metrics: dict[str, Any]) -> None:
    """Print which codes the gate withholds, why, and how many more examples they may need."""
    from comb.evaluation.code_gate import withheld
    from comb.evaluation.learning_curve import more_examples

    gate, curve = metrics["gate"], read_optional(study.curve)
    show.note(f"A code needs a kappa of surely {gate['needed']:.2f} ({gate['because']}).")
    for code, reason in withheld(metrics).items():
        show.note(f"  withheld: {code} ({reason}; {more_examples(metrics, curve, code)})")


def model_id(study: "Study") -> str:
    """Give the id of the trained model; empty where none is trained."""
    return str((read_optional(study.head / "head.json") or {"id": ""})["id"])


def write_card(study: "Study") -> None:
    """Write models/card.md from what has been measured so far."""
    from comb.report.card import Facts, card
    from comb.study.files import read_json, write_text

    if not (study.metrics / "evaluate.json").exists():
        return
    head, metrics = read_json(study.head / "head.json"), read_json(study.metrics / "evaluate.json")
    book = (study.codebook.name, study.codebook.behaviour)
    facts = Facts(head, metrics, book, read_optional(study.curve), read_optional(study.audit_result))
    write_text(study.card, card(facts))


def read_optional(path: "Path") -> dict[str, Any] | None:
    """Read what a command that is no stage has left, if it has run."""
    from comb.study.files import read_json

    return read_json(path) if path.exists() else None
