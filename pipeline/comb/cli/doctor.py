"""``comb doctor``: check the installation and the study; with ``--privacy``, test whether anything leaves them."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from comb.cli.app import app, find_study
from comb.cli.console import console
from comb.errors import NotReadyError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from comb.privacy.doctor.records import Finding
    from comb.study.layout import Study

MARKS = {"ok": "ok     ", "note": "note   ", "problem": "PROBLEM", "unknown": "unknown"}


@app.command("doctor")
def doctor_command(
    privacy: Annotated[
        bool, typer.Option("--privacy", help="Test whether anything leaves the machine; takes some minutes.")
    ] = False,
    html: Annotated[
        Path | None, typer.Option("--html", help="With --privacy: write the page for an ethics board to this file.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
    hook: Annotated[
        bool, typer.Option("--hook", help="Watch Python programs only, without a network namespace.")
    ] = False,
    full_paths: Annotated[
        bool, typer.Option("--full-paths", help="Show file names and full paths, which may name people.")
    ] = False,
) -> None:
    """Check the installation and the study. With --privacy, test whether anything leaves this machine.

    Example: comb doctor --privacy --html privacy.html
    """
    study = _study()
    if not privacy:
        if html or hook or full_paths:
            raise typer.BadParameter("--html, --hook and --full-paths can be used only with --privacy")
        _check_up(study, as_json=as_json)
        return
    from comb.report.privacy_page import render_privacy
    from comb.stages.doctor import check_privacy
    from comb.study.files import write_text

    report = check_privacy(study, console, namespace=not hook, names=full_paths)
    if as_json:
        _print_json(report)
    else:
        _print(report.findings)
    page = html or (study.privacy if study else None)
    if page:
        write_text(page, render_privacy(report, of_study=study is not None))
        console.note(f"→ {page}")
    _end(report.problems)


def _study() -> "Study | None":
    try:
        return find_study()
    except NotReadyError:
        return None


def _check_up(study: "Study | None", *, as_json: bool) -> None:
    from comb.stages.doctor import check_up

    with console.status("Checking the installation and the study"):
        found = check_up(study)
    if as_json:
        _print_json(found)
    else:
        _print(found.findings)
        console.say(f"Next: {found.next}")
    _end(found.problems)


def _print(findings: "Sequence[Finding]") -> None:
    for finding in findings:
        console.say(f"{MARKS[finding.state]} {finding.topic}: {finding.text}")
        for detail in finding.details:
            console.say(f"          {detail}")
        if finding.remedy:
            console.say(f"        → {finding.remedy}")


def _print_json(record: object) -> None:
    from pydantic import TypeAdapter

    text = TypeAdapter(type(record)).dump_json(record, indent=1).decode("utf-8")
    sys.stdout.write(f"{text}\n")


def _end(problems: "Sequence[Finding]") -> None:
    if problems:
        console.note(f"{len(problems)} problem{'s' * (len(problems) != 1)}.")
        raise typer.Exit(1)
