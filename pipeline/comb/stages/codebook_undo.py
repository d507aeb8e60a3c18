"""Data for undoing a merge or a deletion of codes: the files as they were before, kept in ``.comb``."""

import hashlib
import shutil
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from comb.errors import BadInputError, BadParamsError, NotReadyError
from comb.study.atomic import remove
from comb.study.files import read_json, write_bytes, write_json
from comb.study.layout import Study


@dataclass(frozen=True)
class Kept:
    """A file as it was before an edit, and the digest of it after the edit."""

    path: str
    """Path relative to the study's folder."""
    copy: str
    """Name of the copy; empty if there was no such file."""
    after: str = ""
    """SHA-256 after the edit; empty if it was removed."""


def folder(study: Study) -> Path:
    """Return the folder of the last edit's copies."""
    return study.state / "codebook-undo"


def copies(study: Study, paths: Iterable[Path]) -> list[Kept]:
    """Copy files that an edit is about to change, and for a file with a new name, note that there was none."""
    shutil.rmtree(folder(study), ignore_errors=True)
    every = dict.fromkeys(one for path in paths for one in (path, path.with_suffix(".csv")))
    kept = []
    for number, path in enumerate(every):
        name = f"{number}{path.suffix}" if path.exists() else ""
        if name:
            write_bytes(folder(study) / name, path.read_bytes())
        kept.append(Kept(path.relative_to(study.root).as_posix(), name))
    return kept


def keep(study: Study, version: int, kept: list[Kept] | None) -> None:
    """Record the edit to which the copies belong, and the files after it; None if it changed no codings."""
    if kept is not None:
        rows = [asdict(one) | {"after": _digest(study.root / one.path)} for one in kept]
        write_json(folder(study) / "files.json", {"version": version, "files": rows})
    else:
        shutil.rmtree(folder(study), ignore_errors=True)


def restoring(study: Study, version: int) -> dict[Path, Callable[[], None]]:
    """Return the files to restore. Raises BadParamsError if they have changed since, or if nothing was kept."""
    found: list[Kept] | None = None
    with suppress(NotReadyError, BadInputError, TypeError, KeyError, OSError):
        data = read_json(folder(study) / "files.json")
        found = [Kept(**row) for row in data["files"]] if data["version"] == version else None
    changed = [one.path for one in found or () if _digest(study.root / one.path) != one.after]
    if changed or found is None:
        what = (
            f"changed since: {', '.join(changed)}" if changed else "comb did not keep the codings as they were before"
        )
        remedy = "Undo codings one by one on the reading page, or merge or rename the codes again."
        raise BadParamsError(f"this change can no longer be undone: {what}", where="codebook.yaml", remedy=remedy)
    return {study.root / one.path: _restore(study, one) for one in found}


def _restore(study: Study, one: Kept) -> Callable[[], None]:
    path = study.root / one.path
    if not one.copy:
        return lambda: remove(path)
    return lambda: write_bytes(path, (folder(study) / one.copy).read_bytes())


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""


def database_file(study: Study) -> Path:
    """Return the file in which the review page keeps its changes of the database."""
    return folder(study) / "database.json"


def read_database(study: Study, version: int) -> dict[str, Any] | None:
    """Return the changes that the review page kept for an edit; None if it kept none for this one."""
    with suppress(NotReadyError, BadInputError, TypeError, KeyError, OSError):
        data = read_json(database_file(study))
        return dict(data) if data["version"] == version else None
    return None
