"""A new study: configs, dvc.yaml and empty data folders, as ``comb init`` makes it."""

import stat
from contextlib import suppress
from importlib.resources import files
from pathlib import Path

from comb.errors import BadInputError
from comb.study.atomic import STATE
from comb.study.files import write_text
from comb.study.git import FIRST, commit, in_work_tree, is_ignored, is_installed, make_repository
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
_ALONE = "comb history compares runs, dvc metrics diff does not"
WITHOUT = f"Without git: {_ALONE}."
MISSING = f"git is not installed: {_ALONE}."
FAILED = f"git could not make a repository there: {_ALONE}."
IGNORED = f"The git repository around it ignores this folder: {_ALONE}."
ALREADY = "It was a study before: its git repository, or that it has none, is left as it is."
INSIDE = (
    "It lies in a git repository already: nothing was committed. Commit configs, dvc.yaml, .dvc/config, .gitignore."
)
OPEN = "Its own .gitignore lets transcripts into git: nothing was committed. Put the lines of comb's in (comb docs)."
NOT_COMMITTED = "Its git repository has no commit yet: git refused. Type: git add -A; git commit."
KEPT = "git keeps its params, codebook, locks and figures; no transcripts, codings or models."


def new_study(folder: Path, *, git: bool = False) -> str:
    """Make a study in a folder, with ``git`` in a repository of its own; return what there is to say of git.

    Files that exist are left as they are. Raises BadInputError where the folder is a file.
    """
    if folder.exists() and not folder.is_dir():
        raise BadInputError("there is a file of that name", where=str(folder), remedy="Choose another name.")
    scm, said = _version_control(folder, git=git)
    _copy_template(folder, "" if scm else "    no_scm = true\n")
    for name in FOLDERS:
        (folder / "data" / name).mkdir(parents=True, exist_ok=True)
    ensure_state_folder(folder)
    ensure_speakers(folder / "data" / "speakers.csv")
    for name, header in TABLES.items():
        if not (folder / "data" / name).exists():
            write_text(folder / "data" / name, header)
    if scm and is_installed() and not is_ignored(folder, "data/raw/a.txt"):
        return OPEN
    return _commit(folder) if scm and not said else said


def _copy_template(folder: Path, to_dvc: str) -> None:
    """Write the files that are missing; ``to_dvc`` is added to DVC's configuration."""
    template = files("comb.study.template")
    for source, target in TEMPLATE.items():
        text = template.joinpath(source).read_text(encoding="utf-8")
        if not (folder / target).exists():
            write_text(folder / target, text + (to_dvc if target == ".dvc/config" else ""))


def _version_control(folder: Path, *, git: bool) -> tuple[bool, str]:
    """Make a repository where one is asked for and there is none; tell whether DVC has one, and what to say."""
    if (folder / ".dvc" / "config").exists():
        return False, ALREADY
    if in_work_tree(folder):
        ignored = is_ignored(_nearest(folder), str(folder.resolve() / "dvc.lock"))
        return (False, IGNORED) if ignored else (True, INSIDE)
    if not git:
        return False, WITHOUT
    if not is_installed():
        return False, MISSING
    folder.mkdir(parents=True, exist_ok=True)
    return (True, "") if make_repository(folder) else (False, FAILED)


def _nearest(folder: Path) -> Path:
    """Return the folder itself or, where it does not exist yet, the one that it is going to be in."""
    return next(place for place in (folder.resolve(), *folder.resolve().parents) if place.is_dir())


def _commit(folder: Path) -> str:
    return KEPT if commit(folder, FIRST) else NOT_COMMITTED


def ensure_state_folder(root: Path) -> None:
    """Make sure that the folder for what comb and DVC alone read is there, and that only its owner may write in it.

    Where it is missing, DVC makes it, writable for every account of the computer.
    """
    folder = root / STATE
    with suppress(OSError):  # a study that may only be read
        (folder / "dvc" / "repo").mkdir(parents=True, exist_ok=True)
        for place in (folder, folder / "dvc", folder / "dvc" / "repo"):
            mode = stat.S_IMODE(place.stat().st_mode)
            if mode & (stat.S_IWGRP | stat.S_IWOTH):
                place.chmod(mode & ~(stat.S_IWGRP | stat.S_IWOTH))
