"""``comb suggest``: codes for new transcripts."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from comb.cli.app import app, find_study
from comb.cli.console import console
from comb.records import SUGGESTION_FORMATS

if TYPE_CHECKING:
    from comb.stages.suggest import SuggestionTally


@app.command("suggest")
def suggest_command(
    files: Annotated[list[Path] | None, typer.Argument(help="Transcripts; by default all in data/new.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the suggestions.")] = None,
    formats: Annotated[
        str, typer.Option("--format", help=f"{', '.join(SUGGESTION_FORMATS)}; several with commas.")
    ] = "",
    encoding: Annotated[
        str, typer.Option(help="Of text files that are not in Unicode, such as cp1250 or mac_roman.")
    ] = "",
    ungated: Annotated[
        bool, typer.Option("--ungated", help="Suggest withheld codes too, marked as ungated in column model.")
    ] = False,
) -> None:
    """Suggest codes for new transcripts, with score and evidence.

    Example: comb suggest interview.docx --format csv,xlsx
    """
    from comb.stages.suggest import suggest

    study = find_study(to_write=not files)
    wanted = _formats(formats) or list(study.params.suggest.formats)
    folder = out or study.suggestions
    tally = suggest(study, files or [], folder, wanted, console, encoding, ungated=ungated)
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
    rows = [
        [name, tally.segments[name], tally.coded[name], _share(tally.coded[name], tally.segments[name])]
        for name in tally.transcripts
    ]
    console.table("Suggestions by transcript", ("transcript", "segments", "with a code", "coverage"), rows)
    codes = [[code, len(s), sum(s) / len(s), max(s)] for code, s in sorted(tally.scores.items())]
    console.table("Suggestions by code", ("code", "suggestions", "mean score", "highest"), codes)


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "–"
