"""``comb suggest``: suggest codes for new transcripts."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from comb.cli.app import app, find_study
from comb.cli.console import console
from comb.cli.engine import Address, Count, Engine, check_engine
from comb.records import SUGGESTION_FORMATS

if TYPE_CHECKING:
    from comb.stages.suggest import SuggestionTally

MOST_SHOWN = 100
"""Most transcripts that the table on the screen lists."""


@app.command("suggest")
def suggest_command(
    files: Annotated[
        list[str] | None,
        typer.Argument(
            help="Transcripts, by default all in data/new; on Ray also folders, addresses such as s3://..., "
            "Parquet tables."
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the suggestions.")] = None,
    formats: Annotated[
        str, typer.Option("--format", help=f"{', '.join(SUGGESTION_FORMATS)}; separate several with commas.")
    ] = "",
    encoding: Annotated[
        str, typer.Option(help="Encoding of text files that are not in Unicode, such as cp1250 or mac_roman.")
    ] = "",
    ungated: Annotated[
        bool, typer.Option("--ungated", help="Also suggest withheld codes, marked as ungated in column model.")
    ] = False,
    engine: Engine = "local",
    address: Address = "",
    workers: Count = 0,
) -> None:
    """Suggest codes for new transcripts, with scores and evidence.

    Example: comb suggest interview.docx --format csv,xlsx
    """
    check_engine(engine, address, workers)
    study = find_study(to_write=not files)
    wanted = _formats(formats) or list(study.params.suggest.formats)
    given, folder = files or [], out or study.suggestions
    if engine == "ray":
        from comb.scale.suggest import suggest_on_ray

        tally = suggest_on_ray(
            study, given, folder, wanted, console, encoding, ungated=ungated, address=address, workers=workers
        )
    else:
        from comb.stages.suggest import suggest

        tally = suggest(study, list(map(Path, given)), folder, wanted, console, encoding, ungated=ungated)
    if not tally.transcripts:
        console.note(f"No transcripts in {study.new}: put some there, or name a file: comb suggest interview.docx")
        return
    _show(tally)
    console.note(f"Suggestions are in {folder} ({', '.join(wanted)}).")


def _formats(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in SUGGESTION_FORMATS:
            known = ", ".join(SUGGESTION_FORMATS)
            raise typer.BadParameter(f"unknown format {name!r}; known: {known}", param_hint="--format")
    return names


def _show(tally: "SuggestionTally") -> None:
    """Print the counts as two tables."""
    shown = list(tally.segments.items())[:MOST_SHOWN]
    rows = [[name, n, tally.coded[name], f"{tally.coded[name] / n:.0%}" if n else "–"] for name, n in shown]
    more = len(tally.segments) - len(shown)
    title = f"Suggestions by transcript{f', the first {MOST_SHOWN}; {more} more are in the files' if more else ''}"
    console.table(title, ("transcript", "segments", "with a code", "coverage"), rows)
    codes = [[code, one.count, one.mean, one.highest] for code, one in sorted(tally.codes.items())]
    console.table("Suggestions by code", ("code", "suggestions", "mean score", "highest"), codes)
