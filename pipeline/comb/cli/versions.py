"""``comb versions``: record which version of comb's algorithms each stage uses."""

from comb.cli.app import app, find_study
from comb.cli.console import console


@app.command("versions")
def versions_command() -> None:
    """Record the version of each stage's algorithm. DVC then notices an upgrade of comb.

    dvc repro runs this first each time; a stage whose number has changed runs again.

    Example: comb versions
    """
    from comb.stages.versions import versions

    numbers = versions(find_study(to_write=True))
    console.note(", ".join(f"{stage} {number}" for stage, number in numbers.items()))
