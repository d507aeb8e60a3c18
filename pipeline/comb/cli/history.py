"""``comb history``: compare evaluations: what changed, and whether that may be chance."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from comb.cli.app import app, find_study
from comb.cli.console import console

if TYPE_CHECKING:
    from comb.evaluation.runs import History

PICTURES = (".svg", ".png")


@app.command("history")
def history_command(
    first: Annotated[int | None, typer.Option("--from", help="First run to compare.")] = None,
    last: Annotated[int | None, typer.Option("--to", help="Last run to compare.")] = None,
    note: Annotated[
        str, typer.Option("--save", metavar="NAME", help="Name the last run, and commit its files to git.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print runs and changes as JSON.")] = False,
    html: Annotated[Path | None, typer.Option(help="Write the table, chart and sentences as a page.")] = None,
    picture: Annotated[Path | None, typer.Option(help="Draw the runs: a .svg or .png file.")] = None,
) -> None:
    """Show whether more coding helped. Compares the evaluations of the study so far.

    Example: comb history --save "three more interviews"
    """
    from comb.stages.history import read_history, save

    if picture and picture.suffix.lower() not in PICTURES:
        raise typer.BadParameter("must end in .svg or .png", param_hint="--picture")
    study = find_study(to_write=bool(note))
    if note:
        console.note(save(study, note))
    history = read_history(study, first, last)
    if as_json:
        _print_json(history)
    else:
        _show(history)
    _draw(history, html, picture)


def _show(history: "History") -> None:
    from comb.report.history_page import CHANGES, RUNS, change_rows, run_rows, sentences

    console.table(
        "Runs of the evaluation, whole transcripts held out, with 95% intervals", RUNS, run_rows(history), texts=3
    )
    if history.changes:
        title = "Difference (later minus earlier run), on the transcripts in both, with 95% intervals"
        console.table(title, CHANGES, change_rows(history), texts=0)
    for line in sentences(history):
        console.say(line)


def _print_json(history: "History") -> None:
    from pydantic import TypeAdapter

    without = {"runs": {"__all__": {"transcripts"}}}
    text = TypeAdapter(type(history)).dump_json(history, indent=1, exclude=without).decode("utf-8")
    sys.stdout.write(f"{text}\n")


def _draw(history: "History", html: Path | None, picture: Path | None) -> None:
    from comb.report.history_page import render_history
    from comb.report.plots import draw_history
    from comb.study.files import write_bytes, write_text

    if picture:
        write_bytes(picture, draw_history(history, picture.suffix[1:].lower()))
        console.note(f"→ {picture}")
    if html:
        write_text(html, render_history(history, draw_history(history)))
        console.note(f"→ {html}")
