"""``comb train``: train the classifier."""

from typing import Annotated

import typer

from comb.cli.app import app, find_study
from comb.cli.console import console


@app.command("train")
def train_command(
    require_pseudonyms: Annotated[
        bool, typer.Option("--require-pseudonyms", help="Stop if names have not been replaced; see comb pseudonymise.")
    ] = False,
) -> None:
    """Train the classifier on the codings in data/codings.

    Example: comb train
    """
    from comb.stages.train import train

    train(find_study(to_write=True), console, require_pseudonyms=require_pseudonyms)
