"""``comb transfer``: suggestions for new transcripts beside codings that training never reads."""

from comb.cli.app import app, find_study
from comb.cli.console import console


@app.command("transfer")
def transfer_command() -> None:
    """Compare suggestions for data/new with codings in data/reference, which training never reads.

    Example: comb transfer
    """
    from comb.stages.transfer import transfer

    metrics = transfer(find_study(to_write=True), console)
    if metrics is not None:
        overall = vars(metrics.overall)
        console.table("Transcripts never trained on", list(overall), [list(overall.values())])
