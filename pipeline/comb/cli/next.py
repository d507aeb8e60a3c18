"""``comb next``: what to code next, and whether to go on."""

from dataclasses import astuple, fields
from typing import Annotated

import typer

from comb.cli.app import app, find_study
from comb.cli.console import console


@app.command("next")
def next_command(
    most: Annotated[int, typer.Option("--segments", help="How many segments to propose.", min=1)] = 200,
) -> None:
    """Show what to code next, and whether to go on coding. Ranks segments and transcripts.

    Example: comb next --segments 50
    """
    from comb.active_learning.acquisition import Worth
    from comb.stages.next import propose_next

    study = find_study(to_write=True)
    found = propose_next(study, most, console)
    header = [field.name for field in fields(Worth)]
    console.table("Transcripts worth coding next", header, [astuple(worth) for worth in found.transcripts[:15]])
    console.note(f"Segments proposed: {len(found.segments)} → {study.next}; transcripts → {study.next_transcripts}")
    for advice in found.advice:
        console.say(f"{advice.verdict} ({advice.rule}): {advice.reason}.")
