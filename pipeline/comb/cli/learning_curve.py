"""``comb curve`` and ``comb simulate``: what more coding would bring, and what a better order would have saved."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from comb.cli import app, find_study
from comb.cli import console as show
from comb.cli.finetune import untuned_material
from comb.cli.reliability import model_id, write_card

if TYPE_CHECKING:
    from collections.abc import Sequence


@app.command("curve")
def curve_command(
    more: Annotated[int, typer.Option(help="Transcripts that you might code besides.", min=1)] = 3,
) -> None:
    """Say how quality grows with the number of coded transcripts, and whether coding more would help.

    Example: comb curve --more 5
    """
    from comb.evaluation.learning_curve import answer, heads, measure, summarise
    from comb.report.plots import draw_curve
    from comb.study.files import write_json, write_rows

    study = find_study()
    params = study.params
    material = untuned_material(study, "curve")
    with show.progress("Training on ever more transcripts", heads(material, params.evaluate)) as advance:
        curve = measure(material, params.train, params.evaluate, advance)
    summary = summarise(curve, more, params.evaluate.seed)
    summary |= {"answer": answer(summary), "model": model_id(study)}
    write_json(study.curve, summary)
    header, rows = _curve_rows(summary)
    write_rows(study.curve.with_suffix(".csv"), header, rows)
    draw_curve(study.plots / "curve.svg", summary)
    write_card(study)
    show.table("Quality by number of coded transcripts", header[:5], [row[:5] for row in rows])
    show.say(summary["answer"])


def _curve_rows(summary: dict[str, Any]) -> tuple[list[str], list[list[Any]]]:
    """Lay out a curve as a table: what was measured, then what is forecast."""
    names = ("kappa", "macro_f1")
    header = ["transcripts", "kind", *(f"{name}{side}" for name in names for side in ("", "_low", "_high"))]
    rows = []
    for kind, points in (("measured", summary["points"]), ("forecast", summary["forecast"])):
        for point in points:
            figures = [point[name][side] for name in names for side in ("value", "low", "high")]
            rows.append([point["transcripts"], kind, *figures])
    return header, rows


@app.command("simulate")
def simulate_command(
    strategy: Annotated[
        list[str] | None, typer.Option(help="Strategy to play beside random order; may be repeated.")
    ] = None,
    runs: Annotated[int, typer.Option(help="How often; four hold out every transcript once.", min=1)] = 4,
) -> None:
    """Play coding again on this study, in several orders, and say how many labels each would have needed.

    Example: comb simulate --runs 8
    """
    from comb.active_learning.acquisition import DEFAULT
    from comb.active_learning.simulation import ORDERS, heads, simulate, sizes, summarise
    from comb.study.files import write_json

    study = find_study()
    material = untuned_material(study, "simulate")
    strategies = [*ORDERS, *_known(strategy or [DEFAULT])]
    with show.progress("Coding again", heads(material, strategies, runs)) as advance:
        found = simulate(material, study.params.train, strategies, runs, advance)
    summary = summarise(found, sizes(material), study.params.evaluate.seed)
    write_json(study.simulation, summary)
    rows = [
        [name, facts["labels"], _interval(facts, 0), *(_ratio(facts, o) for o in ORDERS)]
        for name, facts in summary["strategies"].items()
    ]
    title = f"Segments to be coded for {summary['share']:.0%} of the final kappa, {summary['final_kappa']:.3f}"
    show.table(title, ("order", "segments", "95% interval", *(f"of {name}" for name in ORDERS)), rows)


def _ratio(facts: dict[str, Any], other: str) -> str:
    ratio = facts[f"of_{other}"]
    return f"{ratio['value']:.2f} ({_interval(ratio, 2)})"


def _interval(facts: dict[str, Any], digits: int) -> str:
    return "–" if facts["low"] is None else f"{facts['low']:.{digits}f} to {facts['high']:.{digits}f}"


def _known(strategies: "Sequence[str]") -> list[str]:
    from comb.active_learning.acquisition import STRATEGIES

    for name in strategies:
        if name not in STRATEGIES:
            known = ", ".join(STRATEGIES)
            raise typer.BadParameter(f"unknown strategy {name!r}; known: {known}", param_hint="--strategy")
    return list(dict.fromkeys(strategies))
