"""``comb open``, and ``comb`` alone: the workspace in the browser."""

import os
import sys
import webbrowser
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from comb.cli.app import app
from comb.cli.console import console
from comb.errors import NotReadyError


@app.command("open")
def open_command(
    folder: Annotated[Path | None, typer.Argument(help="A study; by default, the one in the current folder.")] = None,
    coder: Annotated[str, typer.Option(help="Your name as a coder; by default, the last one used.")] = "",
    browser: Annotated[bool, typer.Option(help="Open the browser.")] = True,
) -> None:
    """Open comb in the browser. Without a study, comb shows a page on which you choose or create one.

    comb without a command does the same.

    Example: comb open my-study
    """
    from comb.review.storage.recent import Recent
    from comb.review.web.opening import coder_named
    from comb.review.web.workspace import Workspace, open_running
    from comb.study.layout import Study

    study = Study.find(folder).root if folder else _study_here()
    name = coder_named(coder or Recent().coder())
    if link := open_running(study, name):
        what = "and is open in your browser" if browser else "open this in your browser"
        console.say(f"comb is running already, {what}: {link}")
        if browser:
            webbrowser.open(link)
        return
    Workspace(console, console.say, os.environ.get("COMB_DATABASE", "")).run(study, name, browser=browser)


def without_terminal() -> None:
    """Entry point of ``comb-open``, started by a double click: works in the user's folder, not the program's."""
    from comb.cli import main

    os.chdir(Path.home())
    sys.argv[1:1] = ["open"]
    main()


def _study_here() -> Path | None:
    from comb.study.layout import Study

    with suppress(NotReadyError):
        return Study.find().root
    return None
