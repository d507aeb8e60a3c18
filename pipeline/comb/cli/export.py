"""``comb export``: write a study for other software."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from comb.cli.app import app, find_study
from comb.cli.console import console
from comb.stages.formats import writable


@app.command("export")
def export_command(
    name: Annotated[str, typer.Option("--format", help=f"One of: {', '.join(writable())}.")],
    out: Annotated[
        Path | None, typer.Option(help="File or folder to write; by default, the study's own folder.")
    ] = None,
    coder: Annotated[list[str] | None, typer.Option(help="Export only this coder's codings; may be repeated.")] = None,
    suggestions: Annotated[
        bool, typer.Option("--suggestions/--no-suggestions", help="Include models' suggestions, as separate coders.")
    ] = True,
    valence: Annotated[
        Literal["field", "codes"],
        typer.Option(help="codes: write barrier and facilitator as separate codes, for programs without such a field."),
    ] = "field",
    require_pseudonyms: Annotated[
        bool, typer.Option("--require-pseudonyms", help="Stop if names have not been replaced; see comb pseudonymise.")
    ] = False,
) -> None:
    """Export the study for other software. Writes transcripts, codebook, codings and suggestions.

    Example: comb export --format qdpx --out for-nvivo.qdpx
    """
    from comb.stages.export import export

    study = find_study()
    if name not in writable():
        what = f"unknown format {name!r}; known: {', '.join(writable())}"
        raise typer.BadParameter(what, param_hint="--format")
    codes = valence == "codes"
    place = out or study.root
    export(
        study, name, place, console,
        coders=coder or [], suggestions=suggestions, valence_codes=codes, require_pseudonyms=require_pseudonyms,
    )  # fmt: skip
