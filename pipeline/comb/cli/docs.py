"""``comb docs``: the documentation, in the browser and without a network."""

from pathlib import Path
from typing import Annotated

import typer

from comb import HELP
from comb.cli.app import app
from comb.cli.console import console
from comb.errors import NotReadyError


@app.command("docs")
def docs_command(
    browser: Annotated[bool, typer.Option(help="Open the browser; otherwise, only print where the pages are.")] = True,
) -> None:
    """Open the documentation in the browser. It is part of the installation and needs no network.

    Example: comb docs
    """
    import webbrowser

    page = HELP / "index.html"
    if not page.is_file():
        raise _not_built(Path(__file__).parents[3])
    console.say(page.as_uri())
    if browser:
        webbrowser.open(page.as_uri())


def _not_built(checkout: Path) -> NotReadyError:
    """Return what to do where the pages were not built: they are made by ``make docs`` and ``make dist``."""
    what = "this installation does not include the built documentation"
    if (checkout / "docs" / "index.md").is_file():
        return NotReadyError(what, remedy=f"Build it with: make docs. The text is in {checkout / 'docs'}.")
    return NotReadyError(what, remedy="Install a package that was built with: make dist.")
