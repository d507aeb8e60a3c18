"""Transcripts: from the files that researchers have to canonical text and turns.

``read_transcript`` reads one file, ``read_folder`` a folder; one module per format does the work. ``speaker_labels``
describes how labels are distinguished from prose, and ``roles`` how names lead to roles.
"""

import logging
import os
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from comb.errors import BadInputError
from comb.records import Transcript, Turn
from comb.study.names import LONGEST, check_name, is_left_behind
from comb.study.params import RoleParams
from comb.study.speakers import StudyRoles
from comb.transcripts.captions import read_srt, read_vtt
from comb.transcripts.chat import read_chat
from comb.transcripts.confirmed_roles import confirm
from comb.transcripts.encoding import garbled_lines, to_utf8
from comb.transcripts.file_safety import read_bytes
from comb.transcripts.inqscribe import read_inqscribe
from comb.transcripts.json_format import dump_transcript
from comb.transcripts.language import foreign_language
from comb.transcripts.not_speech import cut_stamps
from comb.transcripts.odt import read_odt
from comb.transcripts.pdf import read_pdf
from comb.transcripts.roles import find_role
from comb.transcripts.rtf import read_rtf
from comb.transcripts.speech_to_text import read_any_json
from comb.transcripts.tab_export import read_plain, read_tabs
from comb.transcripts.table import read_numbered_rows, read_spreadsheet, read_table_transcript
from comb.transcripts.text import read_text_transcript
from comb.transcripts.web_page import read_html
from comb.transcripts.word import read_word

__all__ = [
    "SUFFIXES",
    "dump_transcript",
    "find_role",
    "folder_files",
    "read_folder",
    "read_numbered_rows",
    "read_spreadsheet",
    "read_transcript",
    "transcript_files",
    "transcript_id",
]

_READERS: dict[str, Callable[[bytes, str, RoleParams], tuple[str, tuple[Turn, ...]]]] = {
    ".txt": read_plain,
    ".md": read_text_transcript,
    ".docx": read_word,
    ".odt": read_odt,
    ".rtf": read_rtf,
    ".vtt": read_vtt,
    ".srt": read_srt,
    ".csv": read_table_transcript,
    ".tsv": read_tabs,
    ".xlsx": read_table_transcript,
    ".pdf": read_pdf,
    ".json": read_any_json,
    ".cha": read_chat,
    ".inqscr": read_inqscribe,
    ".html": read_html,
    ".htm": read_html,
}
SUFFIXES = tuple(_READERS)
"""Suffixes of the formats that comb reads."""

_MODERN = {".doc": ".docx", ".xls": ".xlsx", ".pages": ".docx", ".ods": ".xlsx", ".wpd": ".docx", ".numbers": ".xlsx"}
_RECORDINGS = (
    *".mp3 .m4a .wav .aac .ogg .opus .flac .wma .aiff .amr".split(),
    *".mp4 .mov .mkv .avi .webm .m4v".split(),
)
_ANNOTATED = {
    ".eaf": "In ELAN: File, Export As, Tab-delimited Text; give the file the suffix .txt.",
    ".textgrid": "In ELAN: import it, then File, Export As, Tab-delimited Text; give the file the suffix .txt.",
    ".trs": "In CLAN or ELAN: import it, and export it as CHAT (.cha) or as tab-delimited text.",
}
_DEFAULT_ROLES = StudyRoles()
_NO_ENCODINGS: Mapping[str, str] = {}
TEXT_SUFFIXES = (".txt", ".md", ".vtt", ".srt", ".csv", ".tsv", ".json", ".cha", ".inqscr", ".html", ".htm")
"""Suffixes of text files, whose encoding may have to be named."""
_log = logging.getLogger(__name__)


def transcript_id(path: Path) -> str:
    """Return the id of the transcript in a file: its name without suffix, in Unicode NFC (macOS uses another form).

    Spaces and dots at its ends are left out: Windows drops them, and nobody sees them in a table.
    """
    return unicodedata.normalize("NFC", path.stem.strip(" .") or path.stem)


def read_transcript(
    path: Path, roles: StudyRoles = _DEFAULT_ROLES, encodings: Mapping[str, str] = _NO_ENCODINGS
) -> Transcript:
    """Read a transcript from a file of any known format, with the roles that the study gives its speakers.

    ``encodings`` are as ``StudyParams.given_encodings``.


    Findings for a person to check, such as garbled letters or a language other than English, are logged. Raises
    BadInputError, with the file's name and what to do, if the file is missing, empty, too large, of an unknown
    format, not what its suffix says, broken, protected by a password, or without text.
    """
    return parse_transcript(transcript_bytes(path), path.name, roles, encodings)


def transcript_bytes(path: Path) -> bytes:
    """Return what is in the file of a transcript.

    Raises BadInputError where its name or format is not one that comb reads, or it is missing, empty or too large.
    """
    check_name(path.stem, " ".join(path.name.split())[:LONGEST])
    if path.suffix.lower() not in _READERS:
        raise _unknown_format(path)
    return read_bytes(path)


def parse_transcript(data: bytes, where: str, roles: StudyRoles, encodings: Mapping[str, str]) -> Transcript:
    """Return the transcript in a file called ``where``, as ``read_transcript`` does.

    The result depends on the arguments alone, and of the roles and encodings only on those of this transcript and of
    all (``stages.reading_cache`` relies on it).
    """
    name, suffix = transcript_id(Path(where)), Path(where).suffix.lower()
    if suffix in TEXT_SUFFIXES:
        data = to_utf8(data, name, encodings, where)
    text, turns = _READERS[suffix](data, where, roles.patterns)
    if not turns:
        raise BadInputError("contains no text", where=where, remedy="Use a transcript that contains speech.")
    _warn(text, where)
    return confirm(Transcript(name, text, cut_stamps(text, turns), where), roles)


def _warn(text: str, where: str) -> None:
    """Report in the log that letters are garbled, or that the text is not English."""
    lines = garbled_lines(text)
    if lines:
        _log.warning(
            "%s: line %d%s: letters are garbled, because the file was once saved with the wrong encoding. "
            "Export it again as UTF-8.",
            where, lines[0], f" and {len(lines) - 1} more" if len(lines) > 1 else "",
        )  # fmt: skip
    if language := foreign_language(text):
        _log.warning(
            "%s: seems to be in %s. comb's rules for sentences and its language model are made for English.",
            where, language,
        )  # fmt: skip


def _unknown_format(path: Path) -> BadInputError:
    suffix = path.suffix.lower()
    if suffix in _MODERN:
        return BadInputError(f"{suffix} files are not read", where=path.name, remedy=f"Save it as {_MODERN[suffix]}.")
    if suffix in _RECORDINGS:
        what = f"unknown kind of file {suffix!r}: a recording, not a transcript"
        remedy = (
            f"Transcribe it first, for example with Whisper, aTrain or noScribe. Known formats: {', '.join(SUFFIXES)}."
        )
        return BadInputError(what, where=path.name, remedy=remedy)
    if suffix in _ANNOTATED:
        return BadInputError(f"{suffix} files are not read", where=path.name, remedy=_ANNOTATED[suffix])
    what = f"unknown kind of file {suffix!r}" if suffix else "its name has no suffix"
    return BadInputError(what, where=path.name, remedy=f"Known formats: {', '.join(SUFFIXES)}.")


def read_folder(
    folder: Path, roles: StudyRoles = _DEFAULT_ROLES, encodings: Mapping[str, str] = _NO_ENCODINGS
) -> tuple[list[Transcript], list[BadInputError]]:
    """Read all transcripts in a folder and its subfolders, sorted by id; also return the errors of other files.

    If the ids of two files differ at most in case, both are refused, since one's results would overwrite the other's.
    Ignored are hidden files and folders, locks of Office (``~$``), files of DVC, Thumbs.db, desktop.ini and README
    files. A symbolic link that leads out of the folder, or nowhere, is refused. Raises BadInputError if the folder does
    not exist.
    """
    files, refused = folder_files(folder)
    transcripts, errors = read_each(files, roles, encodings)
    return transcripts, [*refused, *errors]


def read_each(
    files: Sequence[Path], roles: StudyRoles, encodings: Mapping[str, str]
) -> tuple[list[Transcript], list[BadInputError]]:
    """Read the named files; also return the errors of those that cannot be read."""
    transcripts: list[Transcript] = []
    errors: list[BadInputError] = []
    for path in files:
        try:
            transcripts.append(read_transcript(path, roles, encodings))
        except BadInputError as error:
            errors.append(error)
    return transcripts, errors


def folder_files(folder: Path) -> tuple[list[Path], list[BadInputError]]:
    """List the files that ``read_folder`` reads, sorted by transcript id, and the errors of refused files.

    Raises BadInputError if the folder does not exist.
    """
    if not folder.is_dir():
        raise BadInputError("no such folder", where=str(folder), remedy="Check its name, or create it.")
    groups: dict[str, list[Path]] = defaultdict(list)
    files, errors = _listed(folder)
    for path in files:
        groups[transcript_id(path).casefold() if path.suffix.lower() in _READERS else str(path)].append(path)
    errors += [_same_id(paths, folder) for paths in groups.values() if len(paths) > 1]
    return sorted((paths[0] for paths in groups.values() if len(paths) == 1), key=transcript_id), errors


def transcript_files(folder: Path) -> list[tuple[str, Path]]:
    """List the transcripts in a folder and the folders in it, each with its id, without reading them."""
    return [(transcript_id(path), path) for path in _listed(folder)[0] if path.suffix.lower() in _READERS]


def _listed(folder: Path) -> tuple[list[Path], list[BadInputError]]:
    """List the files in a folder and the folders in it; links that are not followed are listed beside."""
    files: list[Path] = []
    locked: list[OSError] = []
    errors: list[BadInputError] = []
    root = folder.resolve()
    for here, folders, names in os.walk(folder, onerror=locked.append):
        folders[:] = [name for name in folders if not is_left_behind(name)]
        links = [name for name in folders if Path(here, name).is_symlink()]
        for path in (Path(here, name) for name in (*links, *names) if not _is_ignored(name)):
            if path.is_symlink() and (refused := _refused_link(path, root)):
                errors.append(refused)
            elif path.is_file():
                files.append(path)
    remedy = "Check its permissions, or move it out of the study."
    closed = [
        BadInputError("you have no permission to read this folder", where=str(e.filename), remedy=remedy)
        for e in locked
    ]
    return sorted(files), sorted([*errors, *closed], key=str)


def _refused_link(path: Path, root: Path) -> BadInputError | None:
    """Return why a symbolic link is not followed; None for one to a file in the same folder."""
    try:
        target = path.resolve(strict=True)
    except (OSError, RuntimeError):
        what = "a symbolic link that leads nowhere"
        return BadInputError(what, where=path.name, remedy="Put the file itself there, or remove the link.")
    if target.is_relative_to(root):
        return None
    what = "a symbolic link that leads out of this folder, so it is not followed"
    return BadInputError(what, where=path.name, remedy="Put the transcripts themselves there.")


def _is_ignored(name: str) -> bool:
    return is_left_behind(name) or name.casefold().startswith("readme") or name.endswith(".dvc")


def _same_id(paths: list[Path], folder: Path) -> BadInputError:
    names = " and ".join(path.relative_to(folder).as_posix() for path in paths)
    what = f"these files have the same id, {transcript_id(paths[0])!r}"
    return BadInputError(what, where=names, remedy="Rename or remove all but one.")
