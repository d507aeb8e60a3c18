"""The zip file of a .qdpx, never unpacked to disk, so that a hostile file can neither fill the disk nor write to it.

Nothing is ever written to names from the zip. Only the parts that comb reads are unpacked, each up to a limit: a
project may contain gigabytes of video. A path that leads out of the zip is searched for inside it and, if it is
relative, in the folder of the .qdpx and below; an absolute path is never followed, since it comes from a stranger.
"""

import struct
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO
from urllib.parse import unquote

from comb.errors import BadInputError
from comb.transcripts.file_safety import refusing

MEGABYTE = 1024 * 1024
MAX_XML = 64 * MEGABYTE
"""Most bytes of the project's XML, unpacked; 100,000 codings take about 40 MB."""
MAX_SOURCE = 10 * MEGABYTE
"""Most bytes of one text; a long interview has 0.2 MB."""
MAX_TOTAL = 60 * MEGABYTE
"""Most bytes of all texts together."""
MAX_RATIO = 200
"""How many times a part may grow when unpacked, from 1 MB on; plain prose grows 2 to 4 times."""
MAX_DIRECTORY = 16 * MEGABYTE
"""Most bytes of the zip's list of files: about 100,000 files."""
_SAY = "Export the project again; if it opens in its own program, tell the authors of comb."


@dataclass
class Archive:
    """An open .qdpx."""

    zip: zipfile.ZipFile
    path: Path
    parts: dict[str, zipfile.ZipInfo] = field(default_factory=dict)
    """By name in lower case, with ``/``."""
    unpacked: int = 0

    @property
    def where(self) -> str:
        """Name of the file."""
        return self.path.name

    def project(self) -> zipfile.ZipInfo:
        """Find ``project.qde``, in any case and folder. Raises BadInputError if there is none, or several."""
        found = [info for name, info in self.parts.items() if name.endswith(".qde")]
        named = [info for info in found if PurePosixPath(info.filename.casefold()).name == "project.qde"]
        top = [info for info in named if "/" not in info.filename.replace("\\", "/")]
        for choice in (top, named, found):
            if len(choice) == 1:
                return choice[0]
        what = "contains several projects" if found else "contains no project.qde"
        raise BadInputError(what, where=self.where, remedy="Export one project as .qdpx again.")

    @contextmanager
    def open(self, info: zipfile.ZipInfo, most: int) -> Iterator[IO[bytes]]:
        """Open a part for reading. Raises BadInputError if it is larger than ``most`` bytes, or too dense."""
        grown = info.file_size > MEGABYTE and info.file_size > MAX_RATIO * max(info.compress_size, 1)
        if info.file_size > most or grown:
            size = f"{info.file_size // MEGABYTE} MB"
            what = f"{info.filename[:80]!r} in it unpacks to {size}" + (", too many times its size" if grown else "")
            raise BadInputError(what, where=self.where, remedy=_SAY)
        with refusing(".qdpx", self.where), self.zip.open(info) as part:
            yield part

    def read(self, info: zipfile.ZipInfo) -> bytes:
        """Read a text or Word source whole. Raises BadInputError beyond the limits for one or for all together."""
        self.unpacked += info.file_size
        if self.unpacked > MAX_TOTAL:
            what = f"its texts unpack to more than {MAX_TOTAL // MEGABYTE} MB"
            raise BadInputError(what, where=self.where, remedy="Split the project.")
        with self.open(info, MAX_SOURCE) as part:
            return part.read()

    def find(self, reference: str) -> zipfile.ZipInfo | None:
        """Find the part for a source path: ``internal://x``, a bare name, or the name in any other path."""
        plain = _plain(reference)
        for text in (plain, unquote(plain)):
            name = PurePosixPath(text).name
            for candidate in (f"sources/{text.lstrip('/')}", text.lstrip("/"), f"sources/{name}", name):
                info = self.parts.get(candidate.casefold())
                if info is not None and not info.is_dir():
                    return info
        return None

    def part(self, name: str) -> bytes | None:
        """Read a part by its own name; None if there is none."""
        info = self.parts.get(name.casefold())
        return self.read(info) if info is not None else None

    def content(self, reference: str) -> bytes | None:
        """Read the text or Word file for a source path; None if it is neither in the zip nor beside it."""
        info = self.find(reference)
        if info is not None:
            return self.read(info)
        return _read_below(self.path.resolve().parent, [reference]) if _is_relative(reference) else None


@dataclass(frozen=True)
class Folder:
    """A project without a zip file: its XML, with its texts in a folder beside it."""

    path: Path

    @property
    def where(self) -> str:
        """Name of the file."""
        return self.path.name

    def part(self, name: str) -> bytes | None:
        """Return None: such a project contains no files of comb's own."""
        return None

    def content(self, reference: str) -> bytes | None:
        """Read the file for a source path, beside the XML or in ``Sources``; None if there is none."""
        folders = [self.path.stem, f"{self.path.stem} sources"]
        places = [reference, *(f"{folder}/{_plain(reference)}" for folder in ("Sources", "sources", *folders))]
        return _read_below(self.path.resolve().parent, places)


def _is_relative(reference: str) -> bool:
    return reference.casefold().startswith("relative:")


def _read_below(home: Path, references: Sequence[str]) -> bytes | None:
    """Read the first of some files that is there, in a folder or below it; no other is ever opened."""
    for reference in references:
        plain = _plain(reference).lstrip("/")
        path = (home / plain).resolve() if plain and "\0" not in plain else home
        if path.is_relative_to(home) and path.is_file():
            if path.stat().st_size > MAX_SOURCE:
                what = f"its file is larger than {MAX_SOURCE // MEGABYTE} MB"
                raise BadInputError(what, where=path.name, remedy="Split the text.")
            return path.read_bytes()
    return None


def _plain(reference: str) -> str:
    """Strip ``internal://`` and the like, and write Windows paths with ``/``."""
    scheme, found, rest = reference.partition("://")
    known = found and scheme.strip().casefold() in ("internal", "relative", "absolute", "file")
    return (rest if known else reference).replace("\\", "/").strip()


@contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """Open a .qdpx. Raises BadInputError if it is missing, not a zip file, cut short, or lists too many files."""
    with refusing(".qdpx", path.name):
        if not path.is_file():
            raise BadInputError("no such file", where=str(path), remedy="Check its name and folder.")
        _check_directory(path)
        archive = zipfile.ZipFile(path)
    with archive:
        parts = {info.filename.replace("\\", "/").casefold(): info for info in archive.infolist()}
        yield Archive(archive, path, parts)


def _check_directory(path: Path) -> None:
    """Refuse a list of files that would not fit in memory, before zipfile reads it."""
    with path.open("rb") as file:
        file.seek(0, 2)
        size = file.tell()
        file.seek(max(0, size - 65557 - 20))
        tail = file.read()
        at = tail.rfind(b"PK\x05\x06")
        if at < 0:
            remedy = "Copy or export it again; it may have been cut short."
            raise BadInputError("not a .qdpx file, or not whole", where=path.name, remedy=remedy)
        (length,) = struct.unpack_from("<I", tail, at + 12)
        if tail[at - 20 : at - 16] == b"PK\x06\x07":  # zip64: the true length stands in a record of its own
            file.seek(struct.unpack_from("<Q", tail, at - 12)[0])
            (length,) = struct.unpack_from("<Q", file.read(56), 40)
    if length > MAX_DIRECTORY:
        raise BadInputError("it lists too many files", where=path.name, remedy=_SAY)
