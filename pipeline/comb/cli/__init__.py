"""The command line: parse, call a stage, print. The only place that catches CombError."""

import gc
import os
import sys
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import NoReturn

import typer
from typer.core import TyperGroup

from comb.cli.app import app
from comb.cli.faults import told_of

COMMANDS = (
    "open",
    "init",
    "import_",
    "speakers",
    "pseudonymise",
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
    "codebook",
    "curve",
    "history",
    "next",
    "simulate",
    "audit",
    "job",
    "doctor",
    "docs",
    "bench",
)
"""The modules with the commands, in the order in which ``comb --help`` lists them."""


@cache
def all_commands() -> TyperGroup:
    """Return the app with all its commands: each module adds its own."""
    for name in COMMANDS:
        import_module(f"comb.cli.{name}")
    return typer.main.get_group(app)


def main() -> NoReturn:
    """Entry point of the ``comb`` command."""
    _print_nowhere()
    code = run(sys.argv[1:])
    # Skip the final garbage-collection pass (about 0.25 s).
    gc.freeze()
    sys.exit(code)


def _print_nowhere() -> None:
    """Let a program that was started without a terminal, such as by ``pythonw``, print to nowhere."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))


def run(args: Sequence[str]) -> int:
    """Run a command line and return its exit code: 0, 1 for a CombError (printed as one line), 2 for wrong usage."""
    try:
        all_commands()(args)
    except SystemExit as end:
        return int(end.code or 0)
    except BrokenPipeError:
        return 1
    except Exception as error:
        told = told_of(error)
        sys.stderr.write("\n  ".join((f"comb: {told}", *told.details)) + "\n")
        return 1
    return 0
