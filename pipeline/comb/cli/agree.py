"""``comb agree``: how far coders agree, where they do not, and what they settle on."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from comb.cli.app import app, find_study
from comb.cli.console import console
from comb.errors import BadInputError

if TYPE_CHECKING:
    from comb.stages.agree import AgreeOptions, Listed


@app.command("agree")
def agree_command(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Codings CSV files, or unit tables; by default the study's codings.")
    ] = None,
    unit: Annotated[str, typer.Option(help="segment, turn, transcript or character; by default as in params.")] = "",
    level: Annotated[str, typer.Option(help="Level of the codebook; by default as in params.")] = "",
    coder: Annotated[list[str] | None, typer.Option(help="Coder to compare; repeat it. By default all people.")] = None,
    reference: Annotated[str, typer.Option(help="Coder to measure the others against, such as consensus.")] = "",
    coding: Annotated[str, typer.Option(help="Unit tables: exclusive or multiple codes per unit.")] = "",
    overlap: Annotated[float, typer.Option(help="Share that matching passages have in common.")] = 0.9,
    bootstrap: Annotated[int | None, typer.Option(help="Replicates for the intervals.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the bootstrap.")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write all figures as JSON.")] = None,
    csv_file: Annotated[Path | None, typer.Option("--csv", help="Write all figures as a table.")] = None,
    html_file: Annotated[Path | None, typer.Option("--html", help="Write a report as one HTML file.")] = None,
    quotes: Annotated[bool, typer.Option(help="Show participants' words in the report.")] = True,
    disagreements: Annotated[Path | None, typer.Option(help="Write the disagreements, to be worked through.")] = None,
    apply: Annotated[Path | None, typer.Option(help="Read a filled list; write codings of coder consensus.")] = None,
) -> None:
    """Compare coders: agreement with intervals, disagreements, and what they settle on.

    Example: comb agree --json agreement.json --html agreement.html
    """
    from comb.stages.agree import AgreeOptions, agree_on_study, agree_on_tables, apply_consensus, unit_tables

    options = AgreeOptions(unit, level, tuple(coder or ()), reference, coding, overlap, bootstrap, seed)  # type: ignore[arg-type]  # checked next
    tables = unit_tables(files or [])
    if tables:
        _refuse_for_tables(unit, level, apply)
    _check(options)
    if tables:
        found, listed = agree_on_tables(tables, options, files or [], console)
    elif apply is not None:
        apply_consensus(find_study(), files or [], options, apply, console)
        return
    else:
        found, listed = agree_on_study(find_study(), files or [], options, console)
    _write(found, listed, _Outputs(json_file, csv_file, html_file, disagreements), quotes=quotes)
    _print(found)


def _check(options: "AgreeOptions") -> None:
    """Raise BadParameter for an option that has no meaning."""
    for name in ("unit", "coding"):
        known = [value for value in get_args(type(options).__annotations__[name]) if value]
        if getattr(options, name) not in ("", *known):
            raise typer.BadParameter(f"say {', '.join(known[:-1])} or {known[-1]}", param_hint=f"--{name}")
    if not 0 < options.overlap <= 1:
        raise typer.BadParameter("give a share above 0, up to 1", param_hint="--overlap")
    if options.bootstrap is not None and options.bootstrap < 2:
        raise typer.BadParameter("give two replicates or more", param_hint="--bootstrap")


def _refuse_for_tables(unit: str, level: str, apply: Path | None) -> None:
    if unit or level or apply:
        option = "--unit" if unit else "--level" if level else "--apply"
        remedy = "Unit tables are cut into units already; leave it out, or give codings of a study."
        raise BadInputError(f"{option} needs a study", remedy=remedy)


@dataclass(frozen=True)
class _Outputs:
    json: Path | None
    csv: Path | None
    html: Path | None
    disagreements: Path | None


def _write(found: Mapping[str, Any], listed: "Listed", out: _Outputs, *, quotes: bool) -> None:
    from comb.study.files import write_json, write_rows, write_text

    header, rows = listed
    if out.json:
        write_json(out.json, found)
    if out.csv:
        from comb.report.flat import COLUMNS, flat

        write_rows(out.csv, COLUMNS, flat(found))
    if out.html:
        from comb.report.agreement import render

        write_text(out.html, render(found, header, rows, quotes=quotes))
    if out.disagreements:
        write_rows(out.disagreements, header, rows)
        note = f"{len(rows)} disagreements → {out.disagreements}. Fill column consensus; then: comb agree --apply FILE"
        console.note(note)
    for path in (out.json, out.csv, out.html):
        if path:
            console.note(f"→ {path}")


def _print(found: Mapping[str, Any]) -> None:
    from comb.report.blocks import tables

    for title, header, rows, notes in tables(found):
        if rows:
            console.table(title, header, rows)
        for line in notes:
            console.say(line)
