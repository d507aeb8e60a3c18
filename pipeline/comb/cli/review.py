"""``comb review``: the local review page, its coders and its files."""

import getpass
import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from comb.cli.app import app, find_study
from comb.cli.console import console
from comb.errors import BadInputError

if TYPE_CHECKING:
    from comb.review.storage.database import Database
    from comb.review.storage.library import Library
    from comb.study.layout import Study

review = typer.Typer(rich_markup_mode=None)
app.add_typer(review, name="review", help="Read, code, decide on suggestions and adjudicate.")
DatabaseOption = Annotated[
    str, typer.Option(envvar="COMB_DATABASE", help="PostgreSQL URL; by default, a file in the study.")
]


class Roles(StrEnum):
    """What a coder may do."""

    lead = "lead"
    coder = "coder"
    reader = "reader"


@review.callback(invoke_without_command=True)
def review_command(
    context: typer.Context,
    coder: Annotated[str, typer.Option(help="Your name as a coder; by default, your name on this computer.")] = "",
    port: Annotated[int, typer.Option(help="Port; 0 takes a free one.")] = 0,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    database: DatabaseOption = "",
    browser: Annotated[bool, typer.Option(help="Open the browser.")] = True,
    blind: Annotated[
        bool, typer.Option("--blind", help="Hide others' codings and suggestions until you finish.")
    ] = False,
    team: Annotated[bool, typer.Option("--team", help="Coders sign in; see comb review add-coder.")] = False,
    url: Annotated[
        str, typer.Option(help="With --team: the address that browsers use, such as https://comb.uni.org")
    ] = "",
    export: Annotated[bool, typer.Option("--export", help="Write codings and decisions to files, and exit.")] = False,
) -> None:
    """Open the review page, to read, code, decide on suggestions and adjudicate; everything stays on this machine.

    Example: comb review --coder Ann
    """
    if context.invoked_subcommand:
        return
    from comb.review.web.accounts import require_coders
    from comb.review.web.opening import coder_named, open_api, read_library, tell_who_codes
    from comb.review.web.server import Asked, serve

    study = find_study(to_write=export)
    asked = Asked(coder_named(coder), host, port, team, url, browser)
    asked.check()
    store = _database(study, database)
    if team:
        require_coders(store)
    library = read_library(study, console)
    if export:
        _export(library, store)
        return
    api = open_api(library, store, console, "blind" if blind else "open")
    if not team:
        tell_who_codes(api, asked.coder, console, "comb review")
    serve(api, asked, console.say)


@review.command("add-coder")
def add_coder_command(
    name: Annotated[str, typer.Argument(help="The coder's name, as it will appear in the codings.")],
    role: Annotated[
        Roles,
        typer.Option(help="A lead also resolves disagreements and exports; a reader only reads."),
    ] = Roles.coder,
    database: DatabaseOption = "",
) -> None:
    """Add a coder to a team, or change a password or role. comb asks for the password, or reads it from a pipe.

    Example: comb review add-coder Ann --role lead
    """
    from comb.review.web.accounts import add_coder
    from comb.review.web.opening import coder_named

    study = find_study()
    name = coder_named(name)
    store = _database(study, database)
    if sys.stdin.isatty():
        password = getpass.getpass(f"Password for {name}: ")
        if getpass.getpass("Once more: ") != password:
            raise BadInputError("the two passwords differ", remedy="Try again.")
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    add_coder(store, name, role.value, password)
    console.note(f"{name} can sign in as {role.value}. Start the page with: comb review --team")


@review.command("forget")
def forget_command(
    transcript: Annotated[str, typer.Argument(help="Id of the transcript: its file's name without the ending.")],
    database: DatabaseOption = "",
) -> None:
    """Delete a transcript from the review page's database. Its history goes, too; files of the study stay.

    comb keeps only the times at which coders saw each other's codings, so that later coding does not count as blind.

    Example: comb review forget P03
    """
    from comb.review.storage.database import forget

    gone = forget(_database(find_study(to_write=True), database), transcript)
    console.note(
        f"Deleted from the review page's database: codings, decisions and history (acts: {gone}) of {transcript}."
    )


def _database(study: "Study", url: str) -> "Database":
    from comb.review.storage.database import Database

    return Database.open(url or study.review)


def _export(library: "Library", store: "Database") -> None:
    from comb.review.storage.export import export
    from comb.review.storage.history import Ledger

    done = export(library, Ledger(store, library.text))
    for note in done.notes:
        console.note(f"comb: {note}")
    if done.files:
        console.note(f"Codings written: {done.codings}; changed: {', '.join(done.files)}. To train on them: dvc repro.")
    else:
        console.note("Nothing to write: the files contain all decisions.")
