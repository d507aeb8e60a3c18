"""The command that sets a study up: ``init``."""

from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from comb.cli import app
from comb.cli import console as show
from comb.errors import BadInputError

FOLDERS = ("raw", "codings", "new", "reference")


@app.command("init")
def init_command(folder: Annotated[Path, typer.Argument(help="Folder of the new study.")]) -> None:
    """Make a new study: configs, dvc.yaml, empty data folders. Files that are there already are left as they are.

    Example: comb init my-study
    """
    template = files("comb.study.template")
    made = {
        "configs/params.yaml": "configs/params.yaml",
        "configs/codebook.yaml": "configs/codebook.yaml",
        "dvc.yaml": "dvc.yaml",
        "gitignore": ".gitignore",
        "dvc-config": ".dvc/config",
    }
    if folder.exists() and not folder.is_dir():
        raise BadInputError("there is a file of that name", where=str(folder), remedy="Choose another name.")
    for source, target in made.items():
        text = template.joinpath(source).read_text(encoding="utf-8")
        if target == ".dvc/config" and not _in_git(folder):
            text += "    no_scm = true\n"
        _write_new(folder / target, text)
    for name in FOLDERS:
        (folder / "data" / name).mkdir(parents=True, exist_ok=True)
    show.note(
        f"A new study is in {folder}. Next:\n"
        f"  1. cd {folder}; say in configs/codebook.yaml which behaviour you study\n"
        "  2. put coded transcripts in data/raw and codings in data/codings (or: comb import --help)\n"
        "  3. put transcripts to be coded in data/new\n"
        "  4. dvc repro"
    )


def _write_new(path: Path, text: str) -> None:
    from comb.study.files import write_text

    if not path.exists():
        write_text(path, text)


def _in_git(folder: Path) -> bool:
    here = folder.resolve()
    return any((parent / ".git").exists() for parent in (here, *here.parents))
