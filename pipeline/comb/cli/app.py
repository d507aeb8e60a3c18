"""The app that every command adds itself to, and the study that commands run in."""

from typing import TYPE_CHECKING, Annotated

import typer

import comb

if TYPE_CHECKING:
    from comb.study.layout import Study

app = typer.Typer(
    name="comb",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"comb {comb.__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Code interviews to COM-B with the computer's help, on your own machine."""


def find_study() -> "Study":
    """Find the study that the working folder is in, and clear away what a killed command left in it.

    Imported late, so that ``comb --help`` is quick.
    """
    from comb.study.layout import Study
    from comb.study.new import ensure_state_folder

    study = Study.find()
    study.clean_up()
    ensure_state_folder(study.root)
    return study
