"""Folders of this computer, for choosing one on a page, since browsers do not reveal paths."""

import os
import string
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from comb.errors import BadInputError
from comb.study.names import is_left_behind

MOST = 2000
_USUAL = ("Documents", "Desktop", "Downloads")


@dataclass(frozen=True)
class Folder:
    """A folder that can be opened."""

    name: str
    path: str
    study: bool
    """Whether it is a comb study."""


@dataclass(frozen=True)
class Listing:
    """The content of a folder, as needed for choosing another one."""

    path: str
    parent: str
    """The parent folder; empty at the top."""
    study: bool
    folders: tuple[Folder, ...]
    places: tuple[Folder, ...]
    """Folders in which people usually keep files."""


def is_study(folder: Path) -> bool:
    """Return whether a folder is a study."""
    with suppress(OSError):
        return (folder / "configs" / "params.yaml").is_file()
    return False


def listing(path: str) -> Listing:
    """List the folders in a folder, by default in the user's own. Raises BadInputError if it cannot be read."""
    try:
        folder = Path(path).expanduser() if path.strip() else Path.home()
    except RuntimeError:  # ~ and a name that is nobody's
        raise BadInputError("there is no such folder", remedy="Check its name.") from None
    if not folder.is_absolute():
        raise BadInputError("this is not a full path", remedy="Start it with / or, on Windows, with a drive.")
    folder = Path(os.path.normpath(folder))
    try:
        with os.scandir(folder) as entries:
            inside = sorted(
                (one.name for one in entries if _can_be_named(one.name) and _is_folder(one)), key=str.casefold
            )
    except FileNotFoundError:
        raise BadInputError("there is no such folder", remedy="Check its name.") from None
    except OSError:
        raise BadInputError("this folder cannot be opened", remedy="Choose another one.") from None
    parent = str(folder.parent) if folder.parent != folder else ""
    found = tuple(_folder(folder / name) for name in inside[:MOST])
    return Listing(str(folder), parent, is_study(folder), found, tuple(map(_folder, _places())))


def _folder(path: Path) -> Folder:
    return Folder(path.name or str(path), str(path), is_study(path))


def _can_be_named(name: str) -> bool:
    """Return whether a folder is visible and its name, in a known encoding, can be sent back by a browser."""
    return not is_left_behind(name) and not any("\ud800" <= char <= "\udfff" for char in name)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    with suppress(OSError):
        return entry.is_dir()
    return False


def _places() -> list[Path]:
    home = Path.home()
    places = [home, *(home / name for name in _USUAL if (home / name).is_dir())]
    if sys.platform == "win32":
        places += [Path(f"{letter}:/") for letter in string.ascii_uppercase if Path(f"{letter}:/").exists()]
    elif sys.platform == "darwin":
        places += [Path("/Volumes")]
    return places
