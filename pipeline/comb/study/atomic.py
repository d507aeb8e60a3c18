"""Atomic writes of one file, or of several together.

A file is written beside its target under a temporary name, flushed to the disk, and renamed. Files that belong together
are renamed together: once all are on the disk, a list of them is written (the commit). If a command is killed while
renaming, the next command finishes its list. A kill leaves no more than temporary files, which ``clean_up`` removes
when the next command starts.
"""

import json
import os
import re
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from comb.errors import BadInputError

STATE = ".comb"
"""The folder of a study for files that only comb reads."""
_TEMPORARY = re.compile(r"\.comb-(\d+)-.*\.tmp")
_RUN = secrets.token_hex(4)
"""Distinguishes this process from an earlier one with the same number."""
_ABANDONED = 3600
"""Seconds after which a temporary file is nobody's, if a process cannot be asked for."""


@dataclass
class _Batch:
    """Files that appear together."""

    root: Path
    """Absolute, as all paths here are."""
    written: dict[Path, Path] = field(default_factory=dict)
    """By target: the file that takes its place."""
    removed: dict[Path, None] = field(default_factory=dict)

    def takes(self, path: Path) -> bool:
        """Return whether a file is one of those that appear together: it is in the folder, but not in a workspace."""
        return path.is_relative_to(self.root) and not any(map(_TEMPORARY.fullmatch, path.parent.parts))

    def write(self, path: Path, temporary: Path) -> None:
        self._drop(path)
        self.removed.pop(path, None)
        self.written[path] = temporary

    def remove(self, path: Path) -> None:
        self._drop(path)
        self.removed[path] = None

    def _drop(self, path: Path) -> None:
        if before := self.written.pop(path, None):
            before.unlink(missing_ok=True)

    def commit(self) -> None:
        """Write the list of files to rename and to remove, then rename and remove them."""
        if not self.written and not self.removed:
            return
        place = self.root / STATE / f"commit-{os.urandom(8).hex()}.json"
        data = {
            "written": [[self._name(temporary), self._name(path)] for path, temporary in self.written.items()],
            "removed": [self._name(path) for path in self.removed],
        }
        with _alone(place) as file:
            file.write(json.dumps(data).encode())
        self.written.clear()  # from here on they are what the list refers to
        _finish(place, self.root)

    def _name(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()


_batch: ContextVar[_Batch | None] = ContextVar("batch", default=None)


def _place(path: Path) -> Path:
    """Return an absolute path without ``..``: a path that begins in a study may lead out of it."""
    place = path.absolute()
    return place.parent.resolve() / place.name if ".." in place.parent.parts else place


@contextmanager
def atomic(path: Path) -> Iterator[IO[bytes]]:
    """Open a file beside ``path`` that takes its place once it is whole and on the disk.

    It is removed if the block raises. Within ``together`` it takes its place with the others.
    """
    path = _place(path)
    batch = _batch.get()
    if batch is None or not batch.takes(path):
        with _alone(path) as file:
            yield file
        return
    with _beside(path) as (file, temporary):
        yield file
    batch.write(path, temporary)


@contextmanager
def _alone(path: Path) -> Iterator[IO[bytes]]:
    with _beside(path) as (file, temporary):
        yield file
    try:
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


@contextmanager
def _beside(path: Path) -> Iterator[tuple[IO[bytes], Path]]:
    """Open a temporary file beside a path; when the block ends it is closed and on the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=_prefix(), suffix=".tmp")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file, temporary
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o666 & ~_umask())
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def temporary_name(name: str) -> str:
    """Return a name for a temporary file or folder of this process, which ``clean_up`` removes once that has ended."""
    return f"{_prefix()}{name}.tmp"


def _prefix() -> str:
    return f".comb-{os.getpid()}-{_RUN}-"


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def remove(path: Path) -> None:
    """Remove a file, if it exists; within ``together``, when the others are written."""
    path = _place(path)
    batch = _batch.get()
    if batch is not None and batch.takes(path):
        batch.remove(path)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def together(root: Path) -> Iterator[None]:
    """Let all files that the block writes below ``root`` appear when it ends: all of them, or none.

    Until then, reading them returns their earlier content. Nothing changes if the block raises.
    """
    if _batch.get() is not None:
        yield
        return
    batch = _Batch(_place(root))
    token = _batch.set(batch)
    try:
        yield
        batch.commit()
    finally:
        _batch.reset(token)
        for temporary in batch.written.values():
            temporary.unlink(missing_ok=True)


@contextmanager
def workspace(folder: Path) -> Iterator[Path]:
    """Make a folder in ``folder`` that only its owner can read, and remove it afterwards."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=_prefix(), suffix=".tmp", ignore_cleanup_errors=True) as name:
        yield Path(name)


def _finish(place: Path, root: Path) -> None:
    """Rename and remove what a commit lists, and then the list; what is done already is skipped."""
    try:
        data = json.loads(place.read_bytes())
        written = [(_inside(root, temporary), _inside(root, path)) for temporary, path in data["written"]]
        removed = [_inside(root, path) for path in data["removed"]]
    except (ValueError, TypeError, KeyError, RecursionError):
        remedy = "If you trust the study's files as they are, delete it and run the command again."
        raise BadInputError("not a list of files to rename", where=f"{STATE}/{place.name}", remedy=remedy) from None
    for temporary, path in written:
        with suppress(FileNotFoundError):
            temporary.replace(path)
    for path in removed:
        path.unlink(missing_ok=True)
    place.unlink(missing_ok=True)


def _inside(root: Path, name: str) -> Path:
    """Return a path in a study; raise ValueError if a name leads out of it."""
    if name.startswith("/") or ".." in name.split("/") or Path(name).is_absolute():
        raise ValueError(name)
    return root / name


def clean_up(root: Path, flat: Iterable[Path], deep: Iterable[Path]) -> None:
    """Finish what a killed command had begun to rename, and remove the temporary files that it left.

    They are searched for in the folders ``flat``, and in and below the folders ``deep``. Files of running commands
    stay. Raises BadInputError if a list of files to rename is damaged.
    """
    finish_renaming(root)
    for folder in flat:
        remove_abandoned(folder)
    for folder in deep:
        for here, names, files in os.walk(folder):
            for name in [*names, *files]:
                _remove_abandoned(Path(here, name))


def finish_renaming(root: Path) -> None:
    """Finish the renaming that a command began and could not finish: it was killed, or another program had a file open.

    A command that changes several files calls this before reading them. Raises BadInputError if a list of files to
    rename is damaged, and OSError if another program still has a file open.
    """
    for place in sorted((root / STATE).glob("commit-*.json")):
        _finish(place, root)


def remove_abandoned(folder: Path) -> None:
    """Remove the temporary files and workspaces in a folder whose process has ended."""
    for path in folder.glob(".comb-*.tmp"):
        _remove_abandoned(path)


def _remove_abandoned(path: Path) -> None:
    if not _is_abandoned(path):
        return
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


def _is_abandoned(path: Path) -> bool:
    """Return whether a file is a temporary one of a process that has ended."""
    named = _TEMPORARY.fullmatch(path.name)
    if not named or path.name.startswith(_prefix()):
        return False
    if os.name == "nt":  # there, asking for a process could end it
        with suppress(OSError):
            return time.time() - path.stat().st_mtime > _ABANDONED
        return False
    process = int(named[1])
    if process == os.getpid():
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return False
