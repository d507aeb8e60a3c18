"""The app that every command adds itself to, and the study that commands run in."""

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from comb.study.layout import Study

app = typer.Typer(
    name="comb",
    help="Code interviews to COM-B with the computer's help, on your own machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def find_study() -> "Study":
    """Find the study that the working folder is in; imported late, so that ``comb --help`` is quick."""
    from comb.study.layout import Study

    return Study.find()
