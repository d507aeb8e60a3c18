"""Transcripts: from the files that researchers have to canonical text and turns.

``read_transcript`` reads one file, ``read_folder`` a folder; one module per format does the work. How labels are told
from prose is written in ``labels``; how roles are told from names, in ``roles``.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from comb.errors import BadInputError
from comb.records import Transcript, Turn
from comb.study.params import RoleParams
from comb.transcripts.captions import read_srt, read_vtt
from comb.transcripts.file_safety import read_bytes
from comb.transcripts.json_format import dump_transcript, read_json
from comb.transcripts.pdf import read_pdf
from comb.transcripts.roles import find_role, unknown_speakers
from comb.transcripts.rtf import read_rtf
from comb.transcripts.table import read_numbered_rows, read_rows, read_table
from comb.transcripts.text import read_text
from comb.transcripts.word import read_word

__all__ = [
    "SUFFIXES",
    "dump_transcript",
    "find_role",
    "read_folder",
    "read_numbered_rows",
    "read_rows",
    "read_transcript",
    "transcript_files",
    "transcript_id",
    "unknown_speakers",
]

_READERS: dict[str, Callable[[bytes, str, RoleParams], tuple[str, tuple[Turn, ...]]]] = {
    ".txt": read_text,
    ".md": read_text,
    ".docx": read_word,
    ".rtf": read_rtf,
    ".vtt": read_vtt,
    ".srt": read_srt,
    ".csv": read_table,
    ".xlsx": read_table,
    ".pdf": read_pdf,
    ".json": read_json,
}
SUFFIXES = tuple(_READERS)
"""The suffixes of the formats that are read."""

_MODERN = {".doc": ".docx", ".xls": ".xlsx", ".odt": ".docx", ".pages": ".docx", ".ods": ".xlsx"}
_IGNORED = {"thumbs.db", "desktop.ini"}
_DEFAULT_ROLES = RoleParams()


def transcript_id(path: Path) -> str:
    """Give the id of the transcript in a file: the name without suffix, in Unicode NFC as macOS does not write it."""
    return unicodedata.normalize("NFC", path.stem)


def read_transcript(path: Path, roles: RoleParams = _DEFAULT_ROLES) -> Transcript:
    """Read a transcript from a file of any known format.

    Raises BadInputError, with the file's name and what to do, where the file is missing, empty, too large, of an
    unknown format, not what its suffix says, broken, protected by a password, or without text.
    """
    where = path.name
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise _unknown_format(path)
    text, turns = reader(read_bytes(path), where, roles)
    if not turns:
        raise BadInputError("holds no text", where=where, remedy="Give a transcript with speech in it.")
    return Transcript(transcript_id(path), text, turns, where)


def _unknown_format(path: Path) -> BadInputError:
    suffix = path.suffix.lower()
    if suffix in _MODERN:
        return BadInputError(f"{suffix} files are not read", where=path.name, remedy=f"Save it as {_MODERN[suffix]}.")
    what = f"unknown kind of file {suffix!r}" if suffix else "its name has no suffix"
    return BadInputError(what, where=path.name, remedy=f"Known are: {', '.join(SUFFIXES)}.")


def read_folder(folder: Path, roles: RoleParams = _DEFAULT_ROLES) -> tuple[list[Transcript], list[BadInputError]]:
    """Read all transcripts in a folder and the folders in it, sorted by id; what cannot be read is listed beside.

    Two files whose ids differ at most in case are refused, both, since one would overwrite what is made of the other.
    Left aside are files and folders whose names begin with a dot, locks of Office (``~$``), files of DVC, Thumbs.db,
    desktop.ini and README files. Raises BadInputError where the folder does not exist.
    """
    if not folder.is_dir():
        raise BadInputError("no such folder", where=str(folder), remedy="Check its name, or make it.")
    groups: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not _is_ignored(path.relative_to(folder)):
            groups[transcript_id(path).casefold() if path.suffix.lower() in _READERS else str(path)].append(path)
    transcripts: list[Transcript] = []
    errors: list[BadInputError] = []
    for paths in groups.values():
        try:
            transcripts.append(_read_only(paths, folder, roles))
        except BadInputError as error:
            errors.append(error)
    return sorted(transcripts, key=lambda transcript: transcript.id), errors


def transcript_files(folder: Path) -> list[tuple[str, Path]]:
    """List the transcripts in a folder and the folders in it, each with its id, without reading them."""
    files = (path for path in sorted(folder.rglob("*")) if path.suffix.lower() in _READERS)
    return [(transcript_id(path), path) for path in files if not _is_ignored(path.relative_to(folder))]


def _is_ignored(path: Path) -> bool:
    name = path.name.casefold()
    hidden = any(part.startswith(".") for part in path.parts)
    return hidden or name.startswith(("~$", "readme")) or name in _IGNORED or path.suffix == ".dvc"


def _read_only(paths: list[Path], folder: Path, roles: RoleParams) -> Transcript:
    """Read the one file of an id. Raises BadInputError where there are several."""
    if len(paths) == 1:
        return read_transcript(paths[0], roles)
    names = " and ".join(path.relative_to(folder).as_posix() for path in paths)
    what = f"these files have the same id, {transcript_id(paths[0])!r}"
    raise BadInputError(what, where=names, remedy="Rename or remove all but one.")
