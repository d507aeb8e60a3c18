"""A new study: configs, dvc.yaml and empty data folders, as ``comb init`` makes it."""

import re
import stat
from contextlib import suppress
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Literal

import yaml

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
_ALONE = "comb history can compare runs, but dvc metrics diff cannot"
WITHOUT = f"Without git: {_ALONE}."
MISSING = f"git is not installed: {_ALONE}."
FAILED = f"git could not create a repository there: {_ALONE}."
IGNORED = f"The git repository around it ignores this folder: {_ALONE}."
ALREADY = "It was a study already, so git was left as it is."
INSIDE = (
    "It is inside a git repository already, so nothing was committed. "
    "Commit configs, dvc.yaml, .dvc/config, .gitignore."
)
OPEN = (
    "Its own .gitignore lets transcripts into git, so nothing was committed. "
    "Copy the lines from the .gitignore of a new study."
)
NOT_COMMITTED = "Its git repository has no commit yet: git refused. Type: git add -A; git commit."
KEPT = "git keeps its params, codebook, locks and figures; no transcripts, codings or models."


Preset = Literal["com-b-tdf", "com-b", "empty"]
"""Codebooks that a new study may start with."""
_TDF = "COM-B and the Theoretical Domains Framework"
_COMPONENTS = 8
"""Columns before the keys of a component in the template."""
_BELOW_COMPONENTS = " " * _COMPONENTS + "children:"
_ONE_CODE = """
codes:
  - id: first_code
    name: First code
    definition: Replace this code with your own.
"""


@dataclass(frozen=True)
class Design:
    """Settings of a new study."""

    behaviour: str = ""
    """The target behaviour in words; if empty, the template's example stays."""
    preset: Preset = "com-b-tdf"
    unit: Literal["sentence", "turn"] = "sentence"


def new_study(folder: Path, design: Design = Design(), *, git: bool = False) -> str:
    """Make a study in a folder, with ``git`` in a repository of its own; return a line on git.

    Files that exist are left as they are. Raises BadInputError if the folder is a file.
    """
    if folder.exists() and not folder.is_dir():
        raise BadInputError("a file has that name already", where=str(folder), remedy="Choose another name.")
    scm, said = _version_control(folder, git=git)
    _copy_template(folder, design, "" if scm else "    no_scm = true\n")
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


def _copy_template(folder: Path, design: Design, to_dvc: str) -> None:
    """Write the files that are missing; ``to_dvc`` is added to DVC's configuration."""
    template = files("comb.study.template")
    for source, target in TEMPLATE.items():
        text = _designed(target, template.joinpath(source).read_text(encoding="utf-8"), design)
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
    """Return the folder itself or, if it does not exist yet, the one that it is going to be in."""
    return next(place for place in (folder.resolve(), *folder.resolve().parents) if place.is_dir())


def _commit(folder: Path) -> str:
    return KEPT if commit(folder, FIRST) else NOT_COMMITTED


def _designed(target: str, text: str, design: Design) -> str:
    """Return a file of the template as a study's design wants it; its comments stay."""
    if target == "configs/params.yaml":
        text = text.replace("unit: sentence ", f"unit: {design.unit:<8} ")
        return text.replace("level: component ", 'level: ""        ') if design.preset == "empty" else text
    if target != "configs/codebook.yaml":
        return text
    if design.preset == "com-b":
        text = _without_tdf(text)
    if design.preset == "empty":
        text = text[: text.index("\ncodes:\n")] + _ONE_CODE
        text = text.replace("levels: [domain, component, tdf]\n", "").replace(f"name: {_TDF}", "name: Codebook")
    return with_behaviour(text, design.behaviour)


def with_behaviour(text: str, behaviour: str) -> str:
    """Return a codebook's YAML with the target behaviour, or unchanged if none is given."""
    if not behaviour.strip():
        return text
    line = yaml.safe_dump({"behaviour": " ".join(behaviour.split())}, allow_unicode=True, width=10_000)
    found = re.compile(r"^behaviour:.*\n(?:[ \t]+\S.*\n)*", re.MULTILINE)
    return found.sub(lambda _: line, text, count=1) if found.search(text) else line + text


def _without_tdf(text: str) -> str:
    """Take the domains of the TDF out of the codebook's tree, whose components then have nothing below them."""
    head, codes = text.split("\ncodes:\n")
    head = head.replace(f"name: {_TDF}", "name: COM-B").replace(
        "levels: [domain, component, tdf]", "levels: [domain, component]"
    )
    kept: list[str] = []
    inside = False
    for line in codes.splitlines():
        depth = len(line) - len(line.lstrip())
        inside = line == _BELOW_COMPONENTS or (inside and (not line.strip() or depth > _COMPONENTS))
        if not inside:
            kept.append(line)
    return f"{head}\ncodes:\n" + "\n".join(kept) + "\n"


def ensure_state_folder(root: Path) -> None:
    """Make sure that the folder for files of comb and DVC exists, and that only its owner may write in it.

    DVC would otherwise create it, writable for every account of the computer.
    """
    folder = root / STATE
    with suppress(OSError):  # a study that may only be read
        (folder / "dvc" / "repo").mkdir(parents=True, exist_ok=True)
        for place in (folder, folder / "dvc", folder / "dvc" / "repo"):
            mode = stat.S_IMODE(place.stat().st_mode)
            if mode & (stat.S_IWGRP | stat.S_IWOTH):
                place.chmod(mode & ~(stat.S_IWGRP | stat.S_IWOTH))
