"""``comb evaluate``: measure how good the suggestions are on transcripts held out of training."""

from typing import TYPE_CHECKING

from comb.cli.app import app, find_study
from comb.cli.console import console

if TYPE_CHECKING:
    from comb.evaluation.results import Beside, Estimate, Metrics


@app.command("evaluate")
def evaluate_command() -> None:
    """Cross-validate with whole transcripts held out. Writes metrics and plots.

    Example: comb evaluate
    """
    from comb.codings.problems import counted
    from comb.stages.evaluate import BASELINES, evaluate
    from comb.stages.reliability import withheld_lines

    study = find_study(to_write=True)
    result = evaluate(study, console)
    if result is None:
        return
    if result.metrics.protocol.folds:
        protocol = result.metrics.protocol
        size = f"{counted(protocol.transcripts, 'transcript')}, {protocol.segments} segments"
        title = f"Held-out figures ({protocol.split} held out): {size}; every code of the reference counts"
        console.table(title, BASELINES, result.table)
        _show_codes(result.metrics)
    if result.metrics.beside:
        _show_beside(result.metrics.beside)
    if result.metrics.advice:
        console.note(f"comb: {result.metrics.advice}")
    for line in withheld_lines(study, result.metrics):
        console.note(line)


def _show_beside(found: "Beside") -> None:
    rows = [
        [name, _spread(kappa), _spread(found.from_head.get(name)), _spread(found.with_people.get(name)),
         _spread(found.from_people.get(name))]
        for name, kappa in found.kappa.items()
    ]  # fmt: skip
    if found.with_people:
        rows.append(["people", None, None, _spread(found.with_people["people"]), None])
    title = f"Cohen's kappa [95% interval] on the same {found.segments} segments; with people on {found.shared} of them"
    header = (
        "coder",
        "with the reference",
        "difference from comb's classifier",
        "with people",
        "difference from people",
    )
    console.table(title, header, rows)


def _spread(found: "Estimate | None") -> str | None:
    if found is None or found.value is None or found.low is None or found.high is None:
        return None
    return f"{found.value:.3f} [{found.low:.3f}, {found.high:.3f}]"


def _show_codes(metrics: "Metrics") -> None:
    open_ = metrics.gate.codes
    rows = [
        [
            code,
            found.n,
            "yes" if open_[code].open else "no",
            *(estimate.value for estimate in (found.precision, found.recall, found.f1)),
            "–" if found.f1.low is None or found.f1.high is None else f"{found.f1.low:.2f} to {found.f1.high:.2f}",
        ]
        for code, found in metrics.codes.items()
    ]
    never = [[code, n, "no", None, 0.0, 0.0, "–"] for code, n in metrics.withheld.items() if n]
    header = ("code", "coded", "suggested", "precision", "recall", "F1", "95% interval of F1")
    console.table("By code, held out, as if no code were withheld", header, [*rows, *never])
