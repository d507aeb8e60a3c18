"""``comb agree``: agreement of coders, their disagreements, and the consensus."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from comb.cli.app import app, find_study
from comb.cli.console import console
from comb.errors import BadInputError

if TYPE_CHECKING:
    from comb.agreement.results import Agreement
    from comb.stages.agree import AgreeOptions


@app.command("agree")
def agree_command(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Codings CSV files, unit tables, or a project (.qdpx); by default, the study's codings."),
    ] = None,
    unit: Annotated[
        str, typer.Option(help="segment, turn, transcript or character; by default, as in the params.")
    ] = "",
    level: Annotated[
        str,
        typer.Option(
            help="Level of the codebook, such as component; for unit tables, of measurement: nominal, ordinal, "
            "interval or ratio."
        ),
    ] = "",
    coder: Annotated[
        list[str] | None, typer.Option(help="Coder to compare; may be repeated. By default, all people.")
    ] = None,
    reference: Annotated[str, typer.Option(help="Coder to measure the others against, such as consensus.")] = "",
    shape: Annotated[
        str, typer.Option(help="Unit tables: long, code-columns, coders, one-hot or code-files; usually recognised.")
    ] = "",
    coding: Annotated[str, typer.Option(help="Unit tables: exclusive or multiple codes per unit.")] = "",
    missing: Annotated[
        str,
        typer.Option(
            help="Unit tables: further values that mean a missing answer, such as --missing=-9,99; if there are none: "
            "--missing=none."
        ),
    ] = "",
    empty: Annotated[str, typer.Option(help="Yes/no unit tables: what an empty cell means, no or missing.")] = "",
    order: Annotated[
        str, typer.Option(help="Codes of an ordinal scale from low to high, such as low,medium,high.")
    ] = "",
    blind_only: Annotated[bool, typer.Option("--blind-only", help="Use only codings that were made blind.")] = False,
    overlap: Annotated[
        float, typer.Option(help="Share of their joint length by which two passages must overlap to match.")
    ] = 0.9,
    margin: Annotated[
        float, typer.Option(help="How much lower a model's kappa with people may be than people's with each other.")
    ] = 0.05,
    bootstrap: Annotated[int | None, typer.Option(help="Bootstrap replicates for the intervals.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the bootstrap.")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write all figures as JSON.")] = None,
    csv_file: Annotated[Path | None, typer.Option("--csv", help="Write all figures as a table.")] = None,
    html_file: Annotated[Path | None, typer.Option("--html", help="Write a report as one HTML file.")] = None,
    docx_file: Annotated[Path | None, typer.Option("--docx", help="Write tables in APA style for Word.")] = None,
    quotes: Annotated[bool, typer.Option(help="Show participants' words in the report.")] = True,
    disagreements: Annotated[
        Path | None, typer.Option(help="Write the list of disagreements, to be filled in.")
    ] = None,
    new: Annotated[
        bool,
        typer.Option(
            "--new", help="Compare the codings of data/new: people's in data/reference, and language models'."
        ),
    ] = False,
    apply: Annotated[
        Path | None, typer.Option(help="Read a completed list, and write the codings of coder consensus.")
    ] = None,
) -> None:
    """Measure agreement between coders, with 95% intervals. Also lists disagreements, and writes the consensus.

    Example: comb agree --json agreement.json --html agreement.html
    """
    from comb.stages.agree import (
        AgreeOptions,
        agree_on_study,
        agree_on_tables,
        apply_consensus,
        nothing_to_compare,
        unit_tables,
    )
    from comb.stages.agree_files import AgreementFiles, code_names, write_agreement, write_nothing
    from comb.stages.agree_project import agree_on_project, is_project

    options = AgreeOptions(
        unit=unit,  # type: ignore[arg-type]  # checked next
        level=level,
        coders=tuple(coder or ()),
        reference=reference,
        coding=coding,  # type: ignore[arg-type]  # checked next
        shape=shape,  # type: ignore[arg-type]  # checked next
        missing=_listed(missing),
        empty=empty,  # type: ignore[arg-type]  # checked next
        order=_listed(order),
        blind_only=blind_only,
        overlap=overlap,
        margin=margin,
        new=new,
        bootstrap=bootstrap,
        seed=seed,
    )
    _check(options)
    project = is_project(files or [])
    tables = [] if project else unit_tables(files or [])
    out = AgreementFiles(json_file, csv_file, html_file, docx_file, disagreements)
    if blind_only and (tables or project):
        remedy = "Leave it out: only a study records whether codings were made blind."
        raise BadInputError("--blind-only needs a study", remedy=remedy)
    names: dict[str, str] = {}
    if tables:
        _refuse_for_tables(unit, apply)
        listed = bool(html_file or disagreements)
        found, rows = agree_on_tables(tables, options, files or [], console, listed=listed)
    elif project:
        _refuse_for_tables("", apply)
        _refuse_for_study(options)
        found, rows = agree_on_project((files or [])[0], options, console)
    elif apply is not None:
        apply_consensus(find_study(to_write=True), files or [], options, apply, console)
        return
    else:
        _refuse_for_study(options)
        study = find_study()
        if not files and nothing_to_compare(study):
            console.note("comb: nothing is coded yet: there are no coders to compare.")
            write_nothing(out)
            return
        found, rows = agree_on_study(study, files or [], options, console)
        names = code_names(study)
    if found.reading:
        console.say(found.reading)
    _print(found)
    write_agreement(found, rows, out, console, quotes=quotes, names=names)


def _listed(names: str) -> tuple[str, ...]:
    """Split names at commas."""
    return tuple(filter(None, (name.strip() for name in names.split(","))))


def _check(options: "AgreeOptions") -> None:
    """Raise BadParameter for an option that has no meaning."""
    for name in ("unit", "coding", "shape", "empty"):
        known = [value for value in get_args(type(options).__annotations__[name]) if value]
        if getattr(options, name) not in ("", *known):
            raise typer.BadParameter(f"use {', '.join(known[:-1])} or {known[-1]}", param_hint=f"--{name}")
    if not 0 < options.overlap <= 1:
        raise typer.BadParameter("must be above 0 and at most 1", param_hint="--overlap")
    if not 0 <= options.margin <= 1:
        raise typer.BadParameter("must be a difference of kappa from 0 to 1", param_hint="--margin")
    if options.bootstrap is not None and options.bootstrap < 2:
        raise typer.BadParameter("must be at least two replicates", param_hint="--bootstrap")


def _refuse_for_tables(unit: str, apply: Path | None) -> None:
    if unit or apply:
        option = "--unit" if unit else "--apply"
        remedy = "Unit tables are divided into units already; leave it out, or name codings of a study."
        raise BadInputError(f"{option} needs a study", remedy=remedy)


def _refuse_for_study(options: "AgreeOptions") -> None:
    for name in ("shape", "coding", "missing", "empty", "order"):
        if getattr(options, name):
            remedy = "Leave it out: a study's codebook says how it is coded."
            raise BadInputError(f"--{name} is for unit tables", remedy=remedy)


def _print(found: "Agreement") -> None:
    from comb.report.blocks import tables

    for block in tables(found):
        if block.rows:
            console.table(block.title, block.header, block.rows)
        for line in block.notes:
            console.say(line)
