"""``comb audit``: what the model misses, estimated by coding blind a sample of the segments it left uncoded."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from comb.cli.app import app, find_study
from comb.cli.console import console

if TYPE_CHECKING:
    from comb.active_learning.audit import Audit, Missed


@app.command("audit")
def audit_command(
    size: Annotated[int, typer.Option(help="How many segments to draw.", min=1)] = 100,
    seed: Annotated[int, typer.Option(help="Seed of the draw: another number draws other segments.")] = 1,
    estimate: Annotated[
        list[Path] | None, typer.Option(help="Codings CSV of the drawn segments; may be repeated.")
    ] = None,
) -> None:
    """Estimate what the model misses. Draws segments that it left uncoded, for you to code blind.

    Example: comb audit --size 50
    """
    from comb.stages.audit import draw_audit, estimate_missed

    study = find_study(to_write=True)
    if estimate:
        _show(estimate_missed(study, estimate, console))
        return
    draw_audit(study, size, seed, console)
    console.note(f"Code them without looking at suggestions: in comb review, or in a copy of {study.audit_form}.")
    console.note("In the copy, write your name as coder in each row; leave the code empty if no code applies.")
    console.note("Then: comb audit --estimate COPY.csv")


def _show(found: "Audit") -> None:
    rows = [["any code", *_figures(found.any)]] if found.any else []
    rows += [[code, *_figures(missed)] for code, missed in found.codes.items() if missed.found]
    header = ("code", "found", "share missed", "exact 95% interval", "segments", "95% interval, other transcripts")
    console.table("Segments left uncoded by the model that should have had a code", header, rows)
    console.say(found.sentence)


def _figures(missed: "Missed") -> list[str]:
    others = missed.others_like_them
    return [
        str(missed.found),
        f"{missed.share:.1%}",
        f"{missed.low:.1%} to {missed.high:.1%}",
        f"{missed.segments_low} to {missed.segments_high}",
        f"{others.low:.1%} to {others.high:.1%}" if others and others.low is not None else "–",
    ]
