"""``comb curve``: whether more coding would help."""

from typing import Annotated

import typer

from comb.cli.app import app, find_study
from comb.cli.console import console


@app.command("curve")
def curve_command(
    more: Annotated[int, typer.Option(help="Number of further transcripts that you might code.", min=1)] = 3,
) -> None:
    """Show whether more coding would help. Trains on more and more transcripts and tests each model on held-out ones.

    Example: comb curve --more 5
    """
    from comb.stages.curve import HEADER, curve, curve_rows

    summary = curve(find_study(to_write=True), more, console)
    rows = [row[:5] for row in curve_rows(summary)]
    console.table("Held-out figures by number of coded transcripts, 95% intervals", HEADER[:5], rows)
    console.say(summary.answer)
