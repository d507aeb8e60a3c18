"""``comb segment``: from transcripts to segments."""

from comb.cli.app import app, find_study
from comb.cli.console import console


@app.command("segment")
def segment_command() -> None:
    """Read the transcripts in data/raw and cut them into segments.

    Example: comb segment
    """
    from comb.stages.segment import segment

    segment(find_study(to_write=True), console)
