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
    protocol = result.metrics.protocol
    title = f"{protocol.split} held out: {protocol.transcripts} transcripts, {protocol.segments} segments"
    console.table(title, BASELINES, result.table)
    _show_codes(result.metrics)
    for line in withheld_lines(study, result.metrics):
        console.note(line)


def _show_codes(metrics: "Metrics") -> None:
    rows = [
        [
            code,
            found.n,
            *(estimate.value for estimate in (found.precision, found.recall, found.f1)),
            f"{found.f1.low or 0:.2f} to {found.f1.high or 0:.2f}",
        ]
        for code, found in metrics.codes.items()
    ]
    console.table("By code", ("code", "coded", "precision", "recall", "F1", "95% interval"), rows)
