"""``comb bench``: measurements against peers, run from a checkout of the project."""

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from comb.cli.app import app
from comb.errors import NotReadyError

SCRIPTS = Path(__file__).parents[3] / "tests" / "benchmarks"


@app.command("bench", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def bench_command(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Which measurement: speed, boundaries, ...")],
) -> None:
    """Measure comb against comparable programs. Options after the name belong to the measurement.

    Example: comb bench speed
    """
    script = SCRIPTS / f"{name}.py"
    if not script.is_file():
        known = ", ".join(sorted(path.stem for path in SCRIPTS.glob("*.py") if not path.stem.startswith("_")))
        remedy = (
            f"The measurements are: {known}."
            if known
            else "Benchmarks are in the project's repository, not in the package."
        )
        raise NotReadyError(f"there is no measurement named {name!r}", remedy=remedy)
    raise typer.Exit(subprocess.run([sys.executable, str(script), *context.args], check=False).returncode)  # noqa: S603
