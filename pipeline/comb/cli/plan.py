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
    """Plan how many segments to code twice. Also plans how many interviews it takes to hear a theme at least once.

    Example: comb plan --kappa 0.8 --at-least 0.6 --prevalence 0.05
    """
    from comb.agreement.sample_size import plan_kappa, transcripts_to_meet, units_needed

    if at_least >= kappa:
        raise typer.BadParameter(f"must be below --kappa ({kappa:g})", param_hint="--at-least")
    show = plan_kappa(kappa, at_least, prevalence)
    estimate = units_needed(kappa, prevalence)
    console.say(
        f"If kappa is {kappa:g}, for a code on {prevalence:.1%} of the segments, the lower one-sided 95% limit is "
        f"expected to be {at_least:g} with {show} segments coded by two people (Donner & Eliasziw 1992). In about half "
        "of such studies it will be lower: plan for more."
    )
    console.say(
        f"For a 95% interval of that kappa of about ± 0.10: {estimate} segments (Fleiss, Cohen & Everitt 1969)."
    )
    console.say("Segments of one interview resemble one another: treat these numbers as minimums.")
    console.say(
        f"To hear at least once, with a probability of 95%, a theme that {theme:.0%} of participants would voice: "
        f"{transcripts_to_meet(theme)} interviews."
    )
