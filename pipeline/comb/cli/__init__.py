"""The command line: parse, call a stage, print. The only place that catches CombError."""

import gc
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

import typer

from comb.cli.app import app
from comb.errors import CombError

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
    "llm",
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
    except CombError as error:
        sys.stderr.write("\n  ".join((f"comb: {error}", *error.details)) + "\n")
        return 1
    except BrokenPipeError:
        return 1
    except OSError as error:
        sys.stderr.write(f"comb: {error.filename or 'a file'}: {error.strerror or error}.\n")
        return 1
    except SystemExit as end:
        return int(end.code or 0)
    return 0
