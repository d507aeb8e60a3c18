"""The commands from codes to the paper and the intervention."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from comb.cli.app import app, find_study
from comb.cli.console import console
from comb.errors import BadInputError

if TYPE_CHECKING:
    from comb.synthesis.findings import Findings


RequirePseudonyms = Annotated[
    bool, typer.Option("--require-pseudonyms", help="Stop if names have not been replaced; see comb pseudonymise.")
]


@app.command("synthesis")
def synthesis_command(require_pseudonyms: RequirePseudonyms = False) -> None:
    """Write the tables, pictures and report for the paper. Counts who said what, by domain and group.

    Example: comb synthesis
    """
    from comb.stages.synthesis import synthesise

    synthesise(find_study(to_write=True), console, require_pseudonyms=require_pseudonyms)


@app.command("summary")
def summary_command(
    level: Annotated[str, typer.Option(help="Level of the codebook; by default, all levels.")] = "",
    by: Annotated[
        str, typer.Option(help="Column of participants.csv to compare by; by default, as in the params.")
    ] = "",
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write all counts with their passages as JSON.")
    ] = None,
) -> None:
    """Show barriers and facilitators by domain and group. Counts participants, interviews and passages.

    Example: comb summary --level component
    """
    from comb.stages.synthesis import counts_json, read_findings
    from comb.study.files import write_json

    found = read_findings(find_study(), by)
    if by and not found.everyone.groups:
        raise BadInputError(
            f"no participant has an attribute {by!r}",
            where="--by",
            remedy=f"The attributes are: {', '.join(found.everyone.names) or 'none yet; see data/participants.csv'}.",
        )
    for note in found.notes:
        console.note(f"comb: {note}.")
    if level:
        found.codebook.level_index(level)
    if json_file is not None:
        write_json(json_file, counts_json(found))
    _show_summary(found, level)


def _show_summary(found: "Findings", level: str) -> None:
    from comb.synthesis.counts import level_name
    from comb.synthesis.results_tables import summary

    names = {code.name for code in found.codebook if level in ("", level_name(found.codebook, code.id))}
    table = summary(found)
    rows = [line.cells for line in table.lines if line.cells[0].strip() in names]
    console.table(table.title, table.columns, rows)
    for note in table.notes:
        console.say(note)


@app.command("saturation")
def saturation_command() -> None:
    """Show whether the last transcripts still added anything new: new codes or belief statements.

    Example: comb saturation
    """
    from comb.stages.synthesis import read_findings
    from comb.synthesis.saturation import guest, verdict

    study = find_study()
    found, params = read_findings(study), study.params.synthesis
    header = ("transcript", "new codes", "codes", "new beliefs", "beliefs")
    for group, steps in {"all": found.saturation, **found.saturation_by_group}.items():
        rows = [(s.transcript, len(s.new_codes), s.codes, len(s.new_beliefs), s.beliefs) for s in steps]
        console.table(f"New in each transcript: {group}", header, rows)
        console.say(verdict("code", [row[1] for row in rows], params.first, params.stop))
        console.say(verdict("belief statement", [row[3] for row in rows], params.first, params.stop))
    console.say(guest(found.saturation))


@app.command("report")
def report_command(
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="Only check whether the study has changed since the report was written; if so, exit with 1."
        ),
    ] = False,
    require_pseudonyms: RequirePseudonyms = False,
) -> None:
    """Write the study's report, or check that it is up to date. It is a Word and an HTML document.

    Example: comb report --check
    """
    from comb.stages.synthesis import check_report, synthesise

    study = find_study(to_write=not check)
    if check:
        console.note(f"The report is up to date (digest {check_report(study)}).")
        return
    synthesise(study, console, require_pseudonyms=require_pseudonyms)


FORM = Annotated[Path | None, typer.Option(help="Write a new workbook to fill in.")]
READ = Annotated[Path | None, typer.Option(help="Read a completed workbook into data/synthesis.")]


@app.command("matrix")
def matrix_command(form: FORM = None, read: READ = None) -> None:
    """Summarise each case under each code, in a framework matrix. Each cell shows its passages.

    Example: comb matrix --form charting.xlsx
    """
    _exchange("matrix", form, read)


@app.command("beliefs")
def beliefs_command(form: FORM = None, read: READ = None) -> None:
    """Word and confirm belief statements. Also judge which domains are relevant, and pick quotations.

    Example: comb beliefs --form beliefs.xlsx
    """
    _exchange("beliefs", form, read)


@app.command("wheel")
def wheel_command(form: FORM = None, read: READ = None) -> None:
    """Choose interventions with the Behaviour Change Wheel.

    Leads from relevant domains to functions, policies and techniques, which you judge by the APEASE criteria.

    Example: comb wheel --form wheel.xlsx
    """
    _exchange("wheel", form, read)


def _exchange(kind: str, form: Path | None, read: Path | None) -> None:
    """Write a form, read one, or show how far the work is."""
    from comb.stages.synthesis import new_form, read_findings, take_form
    from comb.synthesis.tables import overview

    study = find_study(to_write=read is not None)
    if form is not None and read is not None:
        raise typer.BadParameter("write a form or read one, not both", param_hint="--form, --read")
    if form is not None:
        new_form(study, kind, form, console)
    elif read is not None:
        changed = take_form(study, kind, read, console)
        for name, rows in changed.items():
            console.note(f"data/synthesis/{name}.csv, rows changed: {rows}.")
    else:
        for table in overview(read_findings(study), kind):
            console.table(table.title, table.columns, [line.cells for line in table.lines])
            for note in table.notes:
                console.say(note)
