"""``comb tune``: fine-tune the encoder."""

from comb.cli.app import app, find_study
from comb.cli.console import console


@app.command("tune")
def tune_command() -> None:
    """Fine-tune the encoder on the codings. Does so only if tune.epochs is above 0; takes minutes.

    Requires the extra "train".

    Example: comb tune
    """
    from comb.stages.tune import tune

    tune(find_study(to_write=True), console)
