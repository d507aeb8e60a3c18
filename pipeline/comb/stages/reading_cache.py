"""What reading and cutting a transcript gave, kept in the study, so that only new and changed files are read again.

An entry is a file named after the digest of all that its content depends on (``Readings.key``). It begins with a digest
of itself: one that was cut off or changed is not used, but made again. Entries contain what participants said: their
owner alone can read them, and those that no transcript needs any more are overwritten before they are removed.
"""

import hashlib
import importlib.metadata
import json
import os
import platform
import re
import zlib
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import comb
from comb.errors import BadInputError
from comb.stages.listener import Listener
from comb.stages.reading import Instructions, Prepared, on_cores, prepare_bytes, prepared_json, tell
from comb.stages.versions import VERSIONS
from comb.study.atomic import temporary_name
from comb.transcripts.encoding import EVERY
from comb.transcripts.reader import transcript_bytes, transcript_id
from comb.transcripts.roles import key as name_key

LIBRARIES = ("spacy", "python-docx", "lxml", "striprtf", "pypdf", "openpyxl", "pydantic", "charset-normalizer")
"""Packages by which transcripts are read and cut."""
CODE = ("*.py", "study/*.py", "transcripts/*.py", "codings/*.py", "stages/reading*.py", "stages/transcript_copies.py")
"""The parts of comb by which they are."""
MOST_UNPACKED = 2**30
"""Bytes of an entry; none that comb writes is nearly as large."""
_ENTRY = re.compile(r"[0-9a-f]{64}")
_DIGEST = 32


@dataclass(frozen=True)
class Done:
    """A file that was looked at."""

    found: Prepared | BadInputError
    key: str = ""
    """The name of its entry; empty where it cannot be read."""
    trouble: str = ""
    """Why the entry could not be written."""


def prepare_new(
    files: Sequence[Path], how: Instructions, folder: Path, listener: Listener
) -> Iterator[Prepared | BadInputError]:
    """Do as ``prepare_all``, and cut all, but read only the files of which the folder has no entry.

    Once all are done, other entries than theirs are removed. Errors are not kept. Where the folder cannot be written,
    the listener is told so, and nothing else changes.
    """
    readings = Readings(folder, how)
    known = readings.known(files)
    made = on_cores([path for path in files if path not in known], readings.make, readings.make)
    used, trouble = set(), ""
    for path in files:
        done = (readings.find(known[path]) or readings.make(path)) if path in known else next(made)
        used.add(done.key)
        trouble = trouble or done.trouble
        yield tell(done.found)
    if trouble := remove_entries(folder, but=used) or trouble:
        listener.note(
            f"comb: .comb/{folder.name} cannot be changed ({trouble}). The next run reads transcripts again, and words "
            "of transcripts that are gone may still be there: look at its permissions and the disk, or delete it."
        )


@dataclass(frozen=True)
class Readings:
    """The entries in a folder, for transcripts that are read as ``how`` says."""

    folder: Path
    how: Instructions

    def known(self, files: Sequence[Path]) -> dict[Path, str]:
        """Return the files of which there is an entry, each with its key."""
        entries = {path.name for path in _entries(self.folder)}
        keys = ((path, self._key_of(path)) for path in files) if entries else ()
        return {path: key for path, key in keys if key in entries}

    def _key_of(self, path: Path) -> str:
        try:
            return self.key(path.name, transcript_bytes(path))
        except BadInputError:
            return ""

    def key(self, name: str, data: bytes) -> str:
        """Return the digest of all that reading a file of this name and content depends on.

        Of the table of speakers that is the rows of this transcript, of the encodings its own and that of all.
        """
        own = transcript_id(Path(name))
        places = {place for form in (own, name) for place in self._rows.get(name_key(form), ())}
        rows = [self.how.roles.rows[place] for place in sorted(places)]
        told = [(row.transcript, row.speaker, row.role, row.pseudonym) for row in rows]
        encodings = [self.how.encodings.get(each) for each in (own, EVERY)]
        return _digest([self._common, hashlib.sha256(data).hexdigest(), name, encodings, told])

    @cached_property
    def _common(self) -> str:
        """Digest of what the results for all transcripts depend on."""
        params = (self.how.roles.patterns.model_dump(mode="json"), self.how.segment.model_dump(mode="json"))
        return _digest([*params, VERSIONS["segment"], comb.__version__, code_digest(), _versions()])

    @cached_property
    def _rows(self) -> dict[str, list[int]]:
        """Places of rows in the table of speakers, by the transcript that they name."""
        found: dict[str, list[int]] = defaultdict(list)
        for place, row in enumerate(self.how.roles.rows):
            found[name_key(row.transcript)].append(place)
        return dict(found)

    def make(self, path: Path) -> Done:
        """Read and cut a file, and keep what that gives."""
        try:
            data = transcript_bytes(path)
            prepared = prepare_bytes(data, path.name, self.how, cut=True)
        except BadInputError as error:
            return Done(error)
        key = self.key(path.name, data)
        return Done(prepared, key, self._keep(key, prepared))

    def find(self, key: str) -> Done | None:
        """Return what an entry contains; None for one that is damaged, which is removed, or that is gone."""
        path = self.folder / key
        try:
            return Done(_unpack(key, path.read_bytes()), key)
        except OSError:
            return None
        except (ValueError, zlib.error):
            wipe(path)
            return None

    def _keep(self, key: str, prepared: Prepared) -> str:
        """Write an entry, where it reads back as the same; return why it cannot be written."""
        try:
            entry = _pack(key, prepared)
            if _unpack(key, entry) != prepared:
                return ""
        except ValueError:
            return ""
        return _write(self.folder / key, entry)


def code_digest() -> str:
    """Return a digest of the parts of comb by which transcripts are read: a developer changes them within a version."""
    root, digest = Path(comb.__file__).parent, hashlib.sha256()
    for path in sorted(path for pattern in CODE for path in root.glob(pattern)):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def _versions() -> list[str]:
    """Return the versions of Python, which contains Unicode's tables, and of the libraries."""
    found = [platform.python_version()]
    for name in LIBRARIES:
        try:
            found.append(importlib.metadata.version(name))
        except importlib.metadata.PackageNotFoundError:
            found.append("")
    return found


def _digest(told: object) -> str:
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _pack(key: str, prepared: Prepared) -> bytes:
    """Return an entry. Raises ValueError for what cannot be written as JSON."""
    content = zlib.compress(prepared_json().dump_json(prepared), 1)
    return hashlib.sha256(key.encode() + content).digest() + content


def _unpack(key: str, entry: bytes) -> Prepared:
    """Return what is in an entry. Raises ValueError or zlib.error where it is damaged, or is that of another key."""
    content = entry[_DIGEST:]
    if hashlib.sha256(key.encode() + content).digest() != entry[:_DIGEST]:
        raise ValueError
    unpacking = zlib.decompressobj()
    text = unpacking.decompress(content, MOST_UNPACKED)
    if not unpacking.eof:
        raise ValueError
    return prepared_json().validate_json(text)


def _write(path: Path, entry: bytes) -> str:
    """Write a file that its owner alone can read, whole or not at all; return why it cannot be written.

    It is not flushed to the disk, which would take longer than reading: an entry that a power cut damages is not used.
    """
    temporary = path.with_name(temporary_name(path.name))
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.parent.chmod(0o700)
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(entry)
        temporary.replace(path)
    except OSError as error:
        wipe(temporary)
        return error.strerror or type(error).__name__
    return ""


def _entries(folder: Path) -> list[Path]:
    with suppress(OSError), os.scandir(folder) as every:
        return [Path(one) for one in every if _ENTRY.fullmatch(one.name) and one.is_file(follow_symlinks=False)]
    return []


def remove_entries(folder: Path, but: Collection[str] = ()) -> str:
    """Remove all entries in a folder but those of some keys; return why one cannot be removed."""
    troubles = [wipe(path) for path in _entries(folder) if path.name not in but]
    with suppress(OSError):
        folder.rmdir()
    return next(filter(None, troubles), "")


def wipe(path: Path) -> str:
    """Overwrite a file with zeros, and remove it; return why it cannot be removed."""
    with suppress(OSError):
        with path.open("r+b") as file:
            file.write(bytes(path.stat().st_size))
            file.flush()
            os.fsync(file.fileno())
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        return error.strerror or type(error).__name__
    return ""
