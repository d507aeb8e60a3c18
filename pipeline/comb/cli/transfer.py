"""``comb transfer``: compare suggestions for new transcripts with codings that training never reads."""

from typing import TYPE_CHECKING

from comb.cli.app import app, find_study
from comb.cli.console import console

if TYPE_CHECKING:
    from comb.evaluation.results import TransferMetrics


@app.command("transfer")
def transfer_command() -> None:
    """Compare suggestions for data/new with people's codings. These lie in data/reference, which training never reads.

    Example: comb transfer
    """
    from comb.stages.transfer import transfer

    metrics = transfer(find_study(to_write=True), console)
    if metrics is not None:
        _show(metrics)


def _show(metrics: "TransferMetrics") -> None:
    names = ("macro_f1", "micro_f1", "cohen_kappa", "coverage")
    rows = [
        [title, *(getattr(found, name) for name in names)]
        for title, found in (("suggestions of comb suggest", metrics.overall), ("no code withheld", metrics.ungated))
    ]
    limits = metrics.intervals["cohen_kappa"]
    console.table("Transcripts not used in training; every code of the reference counts", ("", *names), rows)
    if limits.low is not None and limits.high is not None:
        what = "95% interval of the kappa of comb suggest (bootstrap over transcripts)"
        console.note(f"{what}: {limits.low:.2f} to {limits.high:.2f}.")
    if metrics.withheld:
        console.note(f"Never suggested, and counted as missed: {', '.join(metrics.withheld)}.")
    if metrics.unlike:
        console.note(f"Unlike the transcripts that comb learned from: {', '.join(metrics.unlike)}.")
