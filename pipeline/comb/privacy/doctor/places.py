"""Find the files outside the study that changed, and those among them that contain words of the interview."""

import os
import re
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

MOST_FILES = 300_000
"""Most files of a place that are listed; a home folder may contain millions."""
MOST_SECONDS = 20.0
LARGEST = 64 * 2**20
"""Most bytes of a file that is searched for words."""
Listing = Mapping[str, tuple[int, int]]
"""Time of the last change (ns) and size, by path."""


@dataclass(frozen=True)
class Place:
    """A folder outside the study, and its name in the report."""

    name: str
    path: Path


def real_places(environment: Mapping[str, str]) -> tuple[Place, ...]:
    """Return the places where programs write outside a study: home, temporary folders and caches of the system."""
    places = [Place("your home folder", Path.home()), Place("temporary folder", Path(tempfile.gettempdir()))]
    places += [Place(name, Path(name)) for name in ("/var/tmp", "/tmp", "/dev/shm", "/var/cache/dvc")]  # noqa: S108
    for name in ("APPDATA", "LOCALAPPDATA", "PROGRAMDATA", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        if environment.get(name):
            places.append(Place(f"%{name}%", Path(environment[name])))
    return tuple(_outermost(place for place in places if place.path.is_dir()))


def _outermost(places: Iterable[Place]) -> Iterator[Place]:
    """Leave out places that lie in one that came before."""
    taken: list[Path] = []
    for place in places:
        path = place.path.resolve()
        if not any(path == other or path.is_relative_to(other) for other in taken):
            taken.append(path)
            yield place


def listing(place: Place, without: Iterable[Path]) -> tuple[Listing, bool]:
    """List the files of a place except some folders, and return whether all were listed."""
    found: dict[str, tuple[int, int]] = {}
    skipped, ends = {str(path) for path in without}, time.monotonic() + MOST_SECONDS
    folders = [str(place.path)]
    while folders:
        if len(found) > MOST_FILES or time.monotonic() > ends:
            return found, False
        for entry in _entries(folders.pop()):
            if entry.path in skipped:
                continue
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.path)
            elif entry.is_file(follow_symlinks=False):
                found.update(_described(entry))
    return found, True


def _entries(folder: str) -> list["os.DirEntry[str]"]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []


def _described(entry: "os.DirEntry[str]") -> Listing:
    try:
        facts = entry.stat(follow_symlinks=False)
    except OSError:
        return {}
    return {entry.path: (facts.st_mtime_ns, facts.st_size)}


def changed(before: Listing, after: Listing) -> list[str]:
    """Return the paths that are new or changed."""
    return sorted(path for path, facts in after.items() if before.get(path) != facts)


def held(path: Path, words: Sequence[str]) -> tuple[bool, ...]:
    """Return, for each word, whether a file or its name contains it, in UTF-8 or UTF-16, in upper or lower case."""
    try:
        fits = path.is_file() and path.stat().st_size <= LARGEST
        content = path.read_bytes().lower() if fits else b""
    except OSError:
        content = b""
    name = path.name.casefold()
    return tuple(w in name or w.encode() in content or w.encode("utf-16-le") in content for w in words)


def masked(text: str, known: Mapping[str, str]) -> str:
    """Replace the paths of known folders with their names, the longest first.

    >>> masked("/home/ann/.cache/x", {"/home/ann": "your home folder"})
    'your home folder/.cache/x'
    """
    for path, name in sorted(known.items(), key=lambda item: -len(item[0])):
        if path and path not in ("/", "\\"):
            text = re.sub(rf"(?<![\w./\\-]){re.escape(path)}(?![\w.-])", name.replace("\\", ""), text)
    return text.replace("\\", "/")
