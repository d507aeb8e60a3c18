"""``comb train``: train the classifier."""

from comb.cli.app import app, find_study
from comb.cli.console import console


@app.command("train")
def train_command() -> None:
    """Train the classifier on the codings in data/codings.

    Example: comb train
    """
    from comb.stages.train import train

    train(find_study(to_write=True), console)
