"""``comb init``: make a new study."""

import os
import shlex
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from comb.cli.app import app
from comb.cli.console import console


class Codebooks(StrEnum):
    """Codebooks for a new study."""

    both = "com-b-tdf"
    components = "com-b"
    empty = "empty"


class Units(StrEnum):
    """Units of coding."""

    sentence = "sentence"
    turn = "turn"


@app.command("init")
def init_command(
    folder: Annotated[Path, typer.Argument(help="Folder of the new study.")],
    behaviour: Annotated[str, typer.Option(help="The target behaviour in words: who does what.")] = "",
    codebook: Annotated[Codebooks, typer.Option(help="The codebook to begin with.")] = Codebooks.both,
    unit: Annotated[Units, typer.Option(help="Unit of coding.")] = Units.sentence,
    git: Annotated[bool, typer.Option(help="Keep params, codebook, locks and figures in a git repository.")] = True,
) -> None:
    """Create a new study. Writes configs, dvc.yaml and empty data folders; existing files are left unchanged.

    Example: comb init my-study --behaviour "Ward nurses clean their hands"
    """
    from comb.study.new import Design, new_study

    said = new_study(folder, Design(behaviour, codebook.value, unit.value), git=git)
    console.note(
        f"A new study is in {folder}. Next:\n"
        f"  1. cd {_quoted(folder)}; describe the behaviour that you study in configs/codebook.yaml\n"
        "  2. import what you have coded: comb import P01.docx codings.xlsx\n"
        "  3. import what nobody has coded yet: comb import --new P02.docx\n"
        "  4. comb speakers, to confirm who is the interviewer and who a participant\n"
        "  5. dvc repro"
    )
    if said:
        console.note(said)


def _quoted(folder: Path) -> str:
    """Return a folder as a shell takes it for one word."""
    if os.name == "nt":
        return f'"{folder}"'
    return shlex.quote(str(folder))
