"""Files sent by a browser that nobody has added to the study yet, in a private folder of the study's state."""

import re
import secrets
import shutil
import unicodedata
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from comb.errors import BadInputError
from comb.review.storage.refusals import MissingError, RefusedError
from comb.study.atomic import temporary_name
from comb.study.layout import Study
from comb.study.names import check_name

MOST_BYTES = 200_000_000
"""Most bytes of one file."""
MOST_OF_ALL = 2_000_000_000
"""Most bytes of all files of one import."""
MOST_FILES = 1000
_FOLDERS = (".qda",)
"""Folders that are one project, as QualCoder keeps it."""
LONGEST_WHOLE = 240
"""Most bytes of a name with its ending."""
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"|?*]')
"""Characters that Windows takes in no name; other systems do."""


@dataclass
class Batch:
    """The files of one import."""

    folder: Path
    sizes: dict[str, int] = field(default_factory=dict)
    """Size in bytes by name."""

    @property
    def paths(self) -> list[Path]:
        """Files, and folders that are one project, in the order of arrival."""
        return list(dict.fromkeys(self.folder / Path(name).parts[0] for name in self.sizes))

    def place(self, name: str) -> Path:
        """Return the path for a file. Raises RefusedError if a folder has a file's name, or a file a folder's."""
        target = self.folder / name
        if target.is_dir() or target.parent.is_file():
            what = "a file and a folder of the same name were chosen"
            raise RefusedError(what, remedy="Rename one of them, or add them one after the other.")
        target.parent.mkdir(exist_ok=True)
        return target


class Uploads:
    """The files that browsers have sent to this server."""

    def __init__(self) -> None:
        self._batches: dict[str, Batch] = {}
        self._lock = Lock()

    def begin(self, study: Study) -> str:
        """Make a folder for the files of one import, and return its name."""
        name = secrets.token_hex(8)
        # Named as comb's temporary files are, so that the next command removes what a killed server has left.
        folder = study.state / temporary_name(name)
        folder.mkdir(parents=True, mode=0o700)
        with self._lock:
            self._batches[name] = Batch(folder)
        return name

    def __getitem__(self, name: str) -> Batch:
        """Return the files of an import. Raises MissingError if they are gone."""
        found = self._batches.get(name)
        if found is None or not found.folder.is_dir():
            raise _gone()
        return found

    async def take(self, batch: str, name: str, stream: AsyncIterator[bytes]) -> dict[str, object]:
        """Write a file as it arrives. Raises RefusedError for an invalid name or size."""
        files = self[batch]
        name = safe_name(name)
        others = sum(size for other, size in files.sizes.items() if other != name)
        if name not in files.sizes and len(files.sizes) >= MOST_FILES:
            raise RefusedError(f"more than {MOST_FILES} files at once", remedy="Add them in parts.", status=413)
        target = files.place(name)
        part = files.folder / f".{secrets.token_hex(8)}.part"
        size = 0
        try:
            with part.open("xb") as file:
                async for chunk in stream:
                    size += len(chunk)
                    _check_size(size, others)
                    file.write(chunk)
            if not files.folder.is_dir():
                raise _gone()
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
        replaced = name in files.sizes
        files.sizes[name] = size
        return {"name": name, "size": size, "replaced": replaced}

    def remove(self, batch: str, name: str) -> None:
        """Remove a file, or a folder that is one project."""
        files = self[batch]
        for one in [one for one in files.sizes if Path(one).parts[0] == name]:
            (files.folder / one).unlink(missing_ok=True)
            del files.sizes[one]

    def discard(self, name: str) -> None:
        """Remove the files of an import."""
        with self._lock:
            batch = self._batches.pop(name, None)
        if batch:
            shutil.rmtree(batch.folder, ignore_errors=True)

    def close(self) -> None:
        """Remove all files."""
        for name in list(self._batches):
            self.discard(name)


def safe_name(name: str) -> str:
    r"""Return the name for storing a file: its own name, without folders except those of a project.

    Raises RefusedError for a name that some system does not allow.

    >>> safe_name("../../interviews/P01.docx"), safe_name("C:\\me\\P01.docx"), safe_name("x/team.qda/data.qda")
    ('P01.docx', 'P01.docx', 'team.qda/data.qda')
    """
    parts = [part for part in re.split(r"[/\\]", unicodedata.normalize("NFC", name)) if part not in ("", ".", "..")]
    if re.fullmatch(r"[A-Za-z]:", parts[0] if parts else ""):
        parts = parts[1:]
    project = len(parts) > 1 and parts[-2].lower().endswith(_FOLDERS)
    kept = parts[-2:] if project else parts[-1:]
    for part in kept:
        try:
            check_name(Path(part).stem if part.strip(" .") else "", "the file")
        except BadInputError as error:
            raise RefusedError(error.what, remedy=error.remedy) from None
        if why := _not_on_windows(part):
            raise RefusedError(f"a name {why}, which Windows does not allow", remedy="Rename it.")
        if len(part.encode()) > LONGEST_WHOLE:
            raise RefusedError("its name is too long", remedy="Shorten it.")
    if not kept:
        raise RefusedError("the file has no name", remedy="Name the file.")
    return "/".join(kept)


def _gone() -> MissingError:
    return MissingError("the files that you chose are no longer here", remedy="Choose them again.")


def _not_on_windows(name: str) -> str:
    """Return what Windows does not allow in a name; empty if it allows the name."""
    if found := dict.fromkeys(char for char in _FORBIDDEN.findall(name) if char.isprintable()):
        return f"has {' '.join(found)} in it"
    if _FORBIDDEN.search(name):
        return "has a control character in it"
    return "ends with a space or a full stop" if name != name.rstrip(" .") else ""


def _check_size(size: int, others: int) -> None:
    if size > MOST_BYTES:
        what = f"the file is larger than {MOST_BYTES // 1_000_000} MB"
        raise RefusedError(what, remedy="Use comb import on the command line, or split the file.", status=413)
    if size + others > MOST_OF_ALL:
        raise RefusedError("the files are too large together", remedy="Add them in parts.", status=413)
