"""``comb simulate``: how much coding a better order would have saved."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from comb.cli.app import app, find_study
from comb.cli.console import console

if TYPE_CHECKING:
    from comb.active_learning.simulation import Strategy
    from comb.evaluation.results import Estimate


@app.command("simulate")
def simulate_command(
    strategy: Annotated[
        list[str] | None, typer.Option(help="Strategy to compare with random order; may be repeated.")
    ] = None,
    runs: Annotated[int, typer.Option(help="Repetitions; with four, every transcript is held out once.", min=1)] = 4,
) -> None:
    """Simulate coding this study in several orders. Shows how many coded segments each would have needed.

    Example: comb simulate --runs 8
    """
    from comb.active_learning.acquisition import default_strategy
    from comb.active_learning.simulation import ORDERS
    from comb.stages.simulate import simulate

    study = find_study(to_write=True)
    strategies = strategy or [default_strategy(exclusive=study.codebook.exclusive)]
    summary = simulate(study, _known(strategies), runs, console)
    rows = [
        [name, found.labels, _interval(found, 0), *(_ratio(ratio) for ratio in (found.of_transcripts, found.of_random))]
        for name, found in summary.strategies.items()
    ]
    title = f"Segments to code until kappa stays at {summary.share:.0%} of its final value ({summary.final_kappa:.3f})"
    console.table(title, ("order", "segments", "95% interval", *(f"ratio to {name}" for name in ORDERS)), rows)


def _ratio(ratio: "Estimate | None") -> str:
    return f"{ratio.value:.2f} ({_interval(ratio, 2)})" if ratio else "–"


def _interval(found: "Strategy | Estimate", digits: int) -> str:
    return "–" if found.low is None else f"{found.low:.{digits}f} to {found.high:.{digits}f}"


def _known(strategies: Sequence[str]) -> list[str]:
    from comb.active_learning.acquisition import STRATEGIES

    for name in strategies:
        if name not in STRATEGIES:
            known = ", ".join(STRATEGIES)
            raise typer.BadParameter(f"unknown strategy {name!r}; known: {known}", param_hint="--strategy")
    return list(dict.fromkeys(strategies))
