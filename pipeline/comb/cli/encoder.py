"""``comb encoder``: export the encoder."""

from comb.cli.app import app, find_study
from comb.cli.console import console


@app.command("encoder")
def encoder_command() -> None:
    """Export the encoder for this study. Needed once, and after a change to the encoder params.

    Requires the extra "train".

    Example: comb encoder
    """
    from comb.stages.encoder import export

    export(find_study(to_write=True), console)
