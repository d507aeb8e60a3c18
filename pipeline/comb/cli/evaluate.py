"""``comb evaluate``: how good the suggestions are, measured on transcripts held out of training."""

from typing import TYPE_CHECKING

from comb.cli.app import app, find_study
from comb.cli.console import console

if TYPE_CHECKING:
    from comb.evaluation.results import Metrics


@app.command("evaluate")
def evaluate_command() -> None:
    """Cross-validate with whole transcripts held out; write metrics and plots.

    Example: comb evaluate
    """
    from comb.stages.evaluate import BASELINES, evaluate
    from comb.stages.reliability import withheld_lines

    study = find_study(to_write=True)
    result = evaluate(study, console)
    if result is None:
        return
    if result.metrics.protocol.folds:
        protocol = result.metrics.protocol
        title = f"{protocol.split} held out: {protocol.transcripts} transcripts, {protocol.segments} segments"
        console.table(f"{title}; every code of the reference counted", BASELINES, result.table)
        _show_codes(result.metrics)
    if result.metrics.advice:
        console.note(f"comb: {result.metrics.advice}")
    for line in withheld_lines(study, result.metrics):
        console.note(line)


def _show_codes(metrics: "Metrics") -> None:
    open_ = metrics.gate.codes
    rows = [
        [
            code,
            found.n,
            "yes" if open_[code].open else "no",
            *(estimate.value for estimate in (found.precision, found.recall, found.f1)),
            f"{found.f1.low or 0:.2f} to {found.f1.high or 0:.2f}",
        ]
        for code, found in metrics.codes.items()
    ]
    never = [[code, n, "no", None, 0.0, 0.0, "–"] for code, n in metrics.withheld.items() if n]
    header = ("code", "coded", "suggested", "precision", "recall", "F1", "95% interval")
    console.table("By code, as far as it is suggested", header, [*rows, *never])
