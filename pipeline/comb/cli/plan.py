"""``comb plan``: how much needs to be coded, computed before coding begins."""

from typing import Annotated

import typer

from comb.cli.app import app
from comb.cli.console import console


@app.command("plan")
def plan_command(
    kappa: Annotated[float, typer.Option(help="Expected kappa.", min=0.01, max=1)] = 0.8,
    at_least: Annotated[
        float,
        typer.Option(help="Lowest acceptable kappa: the plan is to show that kappa is above it.", min=0.01, max=0.99),
    ] = 0.6,
    prevalence: Annotated[
        float, typer.Option(help="Share of segments that have the code.", min=0.001, max=0.999)
    ] = 0.1,
    theme: Annotated[
        float, typer.Option(help="Share of participants who would voice a theme.", min=0.001, max=0.999)
    ] = 0.1,
) -> None:
    """Plan how many segments to code twice. Also plans how many interviews it takes to meet a theme.

    Example: comb plan --kappa 0.8 --at-least 0.6 --prevalence 0.05
    """
    from comb.agreement.sample_size import plan_kappa, transcripts_to_meet, units_needed

    if at_least >= kappa:
        raise typer.BadParameter(f"must be below --kappa ({kappa:g})", param_hint="--at-least")
    show = plan_kappa(kappa, at_least, prevalence)
    estimate = units_needed(kappa, prevalence)
    console.say(
        f"To show that kappa is above {at_least:g} if it is {kappa:g}, for a code on {prevalence:.1%} of the segments: "
        f"{show} segments coded by two people (one-sided 95%, Donner & Eliasziw 1992)."
    )
    console.say(f"To estimate that kappa to within 0.10: {estimate} segments.")
    console.say("Segments of one interview resemble one another: treat these numbers as minimums.")
    console.say(
        f"To meet a theme that {theme:.0%} of participants would voice, with 95% certainty: "
        f"{transcripts_to_meet(theme)} interviews."
    )
