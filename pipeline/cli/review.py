"""``comb review``: the local page where researchers decide."""

import getpass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli import app, find_study, show

if TYPE_CHECKING:
    from pipeline.review.database import Database
    from pipeline.study import Study


@app.command("review")
def review_command(
    coder: Annotated[str, typer.Option(help="Who codes; by default your name on this computer.")] = "",
    port: Annotated[int, typer.Option(help="Port; 0 takes a free one.")] = 0,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    database: Annotated[
        str, typer.Option(envvar="COMB_DATABASE", help="PostgreSQL URL; by default a file in the study.")
    ] = "",
    browser: Annotated[bool, typer.Option(help="Open the browser.")] = True,
    blind: Annotated[bool, typer.Option(help="Show no suggestions and no other codings before you finish.")] = False,
    team: Annotated[bool, typer.Option(help="Coders sign in with a password; see --add-coder.")] = False,
    url: Annotated[str, typer.Option(help="Team: the address as browsers see it, such as https://comb.uni.org.")] = "",
) -> None:
    """Read, decide on suggestions, code and adjudicate, in the browser; everything stays on this machine.

    Example: comb review --coder Ann
    """
    from pipeline.review.api import Api
    from pipeline.review.server import Asked, serve

    study = find_study()
    asked = Asked(coder or getpass.getuser(), host, port, team, url, browser)
    asked.check()
    store = _database(study, database)
    library = _library(study)
    serve(Api.of(library, store, "blind" if blind else "open"), asked, show.say)


def _database(study: "Study", url: str) -> "Database":
    from pipeline.review.database import Database

    return Database.open(url or study.review)


def _library(study: "Study") -> "Any":
    from pipeline.review.library import open_library

    with show.status("Reading the transcripts"):
        library, errors = open_library(study)
    show.report(errors)
    return library
