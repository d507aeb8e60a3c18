"""The command line: parse, call a stage, print. The only place that catches CombError."""

import gc
import os
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import NoReturn

import typer

from comb.cli.app import app
from comb.errors import CombError, from_system

TRACEBACK = "COMB_TRACEBACK"
"""Environment variable that asks for the traceback of a fault in comb."""
COMMANDS = (
    "init",
    "import_",
    "speakers",
    "export",
    "versions",
    "encoder",
    "tune",
    "segment",
    "embed",
    "train",
    "evaluate",
    "suggest",
    "agree",
    "plan",
    "transfer",
    "synthesis",
    "review",
    "curve",
    "next",
    "simulate",
    "audit",
    "bench",
)
"""The modules with the commands, in the order in which ``comb --help`` lists them."""


def all_commands() -> typer.Typer:
    """Return the app with all its commands: each module adds its own."""
    for name in COMMANDS:
        import_module(f"comb.cli.{name}")
    return app


def main() -> NoReturn:
    """Entry point of the ``comb`` command."""
    code = run(sys.argv[1:])
    # Skip the final garbage-collection pass (about 0.25 s).
    gc.freeze()
    sys.exit(code)


def run(args: Sequence[str]) -> int:
    """Run a command line and return its exit code: 0, 1 for a CombError (printed as one line), 2 for wrong usage."""
    try:
        all_commands()(args)
    except SystemExit as end:
        return int(end.code or 0)
    except BrokenPipeError:
        return 1
    except Exception as error:
        told = _as_told(error)
        sys.stderr.write("\n  ".join((f"comb: {told}", *told.details)) + "\n")
        return 1
    return 0


def _as_told(error: Exception) -> CombError:
    """Return what is said of an error. Only a CombError's own words are: others may quote a file."""
    if isinstance(error, CombError):
        return error
    if isinstance(error, MemoryError):
        return CombError("there is not enough memory", remedy="Close other programs, or split the file.")
    causes = (error, error.__cause__, error.__context__, *error.args)
    if refused := next((cause for cause in causes if isinstance(cause, OSError) and cause.errno), None):
        return from_system(refused)
    if os.environ.get(TRACEBACK):
        raise error
    last = traceback.extract_tb(error.__traceback__)[-1]
    what = f"comb has a fault: {type(error).__name__} in {Path(last.filename).name}, line {last.lineno}"
    remedy = f"Please report this line. With {TRACEBACK}=1 comb shows more, which may hold participants' words."
    return CombError(what, remedy=remedy)
