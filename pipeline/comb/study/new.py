"""A new study: configs, dvc.yaml and empty data folders, as ``comb init`` makes it."""

import stat
from contextlib import suppress
from importlib.resources import files
from pathlib import Path

from comb.errors import BadInputError
from comb.study.atomic import STATE
from comb.study.files import write_text
from comb.study.speakers import ensure_speakers

FOLDERS = ("raw", "codings", "new", "reference", "synthesis")
TABLES = {"participants.csv": "participant,transcript,speaker,kind,group\n", "attributes.csv": "transcript\n"}
"""Tables in ``data`` that researchers fill in, with the columns that they begin with."""
TEMPLATE = {
    "configs/params.yaml": "configs/params.yaml",
    "configs/codebook.yaml": "configs/codebook.yaml",
    "configs/llm-prompt.txt": "configs/llm-prompt.txt",
    "dvc.yaml": "dvc.yaml",
    "gitignore": ".gitignore",
    "dvc-config": ".dvc/config",
}
"""By file of the template: its place in a study."""


def new_study(folder: Path) -> None:
    """Make a study in a folder. Files that exist are left as they are.

    Raises BadInputError where the folder is a file.
    """
    template = files("comb.study.template")
    if folder.exists() and not folder.is_dir():
        raise BadInputError("there is a file of that name", where=str(folder), remedy="Choose another name.")
    for source, target in TEMPLATE.items():
        text = template.joinpath(source).read_text(encoding="utf-8")
        if target == ".dvc/config" and not _in_git(folder):
            text += "    no_scm = true\n"
        if not (folder / target).exists():
            write_text(folder / target, text)
    for name in FOLDERS:
        (folder / "data" / name).mkdir(parents=True, exist_ok=True)
    ensure_state_folder(folder)
    ensure_speakers(folder / "data" / "speakers.csv")
    for name, header in TABLES.items():
        if not (folder / "data" / name).exists():
            write_text(folder / "data" / name, header)


def ensure_state_folder(root: Path) -> None:
    """See to it that the folder for what comb and DVC alone read is there, and that only its owner may write in it.

    Where it is missing, DVC makes it, writable for every account of the computer.
    """
    folder = root / STATE
    with suppress(OSError):  # a study that may only be read
        (folder / "dvc" / "repo").mkdir(parents=True, exist_ok=True)
        for place in (folder, folder / "dvc", folder / "dvc" / "repo"):
            mode = stat.S_IMODE(place.stat().st_mode)
            if mode & (stat.S_IWGRP | stat.S_IWOTH):
                place.chmod(mode & ~(stat.S_IWGRP | stat.S_IWOTH))


def _in_git(folder: Path) -> bool:
    here = folder.resolve()
    return any((parent / ".git").exists() for parent in (here, *here.parents))
