"""The app to which every command adds itself, and the study in which commands run."""

from contextlib import suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Annotated

import typer

import comb
from comb.errors import NotReadyError

if TYPE_CHECKING:
    from comb.study.layout import Study

app = typer.Typer(
    name="comb",
    invoke_without_command=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"comb {comb.__version__}")
        raise typer.Exit


_CALL: ContextVar[typer.Context] = ContextVar("call")
"""The command line that is being run."""


@app.callback()
def options(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
    wait: Annotated[
        bool, typer.Option("--wait", envvar="COMB_WAIT", help="Wait until no other command is changing the study.")
    ] = False,
) -> None:
    """Code interviews to COM-B with suggestions that learn from your codings, on your own machine.

    Without a command, comb opens the workspace in the browser.
    """
    _CALL.set(context)
    if context.invoked_subcommand is None:
        context.invoke(context.command.commands["open"])  # type: ignore[attr-defined]


def find_study(*, to_write: bool = False) -> "Study":
    """Find the study that the working folder is in, and clear away the leftovers of a killed command.

    Imported late, so that ``comb --help`` is quick. ``to_write``: until the command ends, no other command that changes
    the study runs. Commands that only read, or that write only files named on the command line, need no lock: each file
    is written whole or not at all. Raises NotReadyError outside a study, and while another command is changing the
    study.
    """
    from comb.study.layout import Study
    from comb.study.lock import GRACE, write_lock
    from comb.study.new import ensure_state_folder

    study = Study.find()
    ensure_state_folder(study.root)
    if to_write:
        call = _CALL.get()
        wait = -1 if call.params["wait"] else GRACE
        call.with_resource(write_lock(study, f"comb {call.invoked_subcommand}", wait=wait))
        study.clean_up()
    else:
        with suppress(NotReadyError, OSError), write_lock(study, "comb", wait=0):
            study.clean_up()
    return study
