"""The command line: parse, call, print. The only place that catches CombError."""

import os
import sys
from typing import TYPE_CHECKING, NoReturn

import typer

from pipeline.errors import CombError

if TYPE_CHECKING:
    from pipeline.study import Study

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
    from pipeline.study import Study

    return Study.find()


def main() -> NoReturn:
    """Run ``comb``; a CombError becomes one line on the error stream and exit code 1."""
    # No library that comb uses may call home.
    os.environ.update(DVC_NO_ANALYTICS="1", HF_HUB_DISABLE_TELEMETRY="1", DO_NOT_TRACK="1")
    from pipeline.cli import agree, stages, study  # noqa: F401  (they register their commands)

    try:
        app()
    except CombError as error:
        sys.stderr.write(f"comb: {error}\n")
        sys.exit(1)
    except BrokenPipeError:
        sys.exit(1)
    sys.exit(0)
