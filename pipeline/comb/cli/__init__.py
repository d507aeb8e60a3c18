"""The command line: parse, call, print. The only place that catches CombError."""

import gc
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

import typer

from comb.errors import CombError

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


def all_commands() -> typer.Typer:
    """Give the app with all its commands: each of these modules adds its own."""
    from comb.cli import agree, bench, exchange, review, stages, suggest
    from comb.cli import audit as auditing
    from comb.cli import finetune as tuning
    from comb.cli import init as study
    from comb.cli import learning_curve as learn
    from comb.cli import next as following

    return app


def main() -> NoReturn:
    """Be the program ``comb``."""
    code = run(sys.argv[1:])
    # Python would look through all that was imported for rubbish, a quarter of a second, only to end.
    gc.freeze()
    sys.exit(code)


def run(args: Sequence[str]) -> int:
    """Run a command line and give its exit code: 0, 1 for a CombError (printed as one line), 2 for wrong usage."""
    # No library that comb uses may call home.
    os.environ.update(DVC_NO_ANALYTICS="1", HF_HUB_DISABLE_TELEMETRY="1", DO_NOT_TRACK="1")
    try:
        all_commands()(args)
    except CombError as error:
        sys.stderr.write(f"comb: {error}\n")
        return 1
    except BrokenPipeError:
        return 1
    except OSError as error:
        sys.stderr.write(f"comb: {error.filename or 'a file'}: {error.strerror or error}.\n")
        return 1
    except SystemExit as end:
        return int(end.code or 0)
    return 0
