"""What every reader refuses before it reads: too large, password-protected, hostile or broken files."""

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import BadInputError, CombError

MAX_BYTES = 100 * 1024 * 1024
MAX_UNPACKED = 200 * 1024 * 1024

_OLE = bytes.fromhex("D0CF11E0A1B11AE1")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_DOCTYPES = tuple("<!DOCTYPE".encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be"))


def read_bytes(path: Path) -> bytes:
    """Read a file whole. Raises BadInputError where it is missing, locked, empty or too large."""
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            what = f"{size // 1024**2} MB, larger than {MAX_BYTES // 1024**2} MB"
            raise BadInputError(what, where=path.name, remedy="Take out pictures, or split the file.")
        data = path.read_bytes()
    except FileNotFoundError:
        raise BadInputError("no such file", where=str(path), remedy="Check its name and folder.") from None
    except OSError as error:
        what = f"cannot be opened ({error.strerror})"
        raise BadInputError(what, where=path.name, remedy="Check that it is a file that you may read.") from None
    if not data.strip():
        raise BadInputError("the file is empty", where=path.name, remedy="Export or copy it again.")
    return data


@contextmanager
def refusing(kind: str, where: str) -> Iterator[None]:
    """Turn whatever a library raises on a broken file into one BadInputError.

    The libraries raise nearly anything (KeyError, struct.error, their own), and their messages may quote the file.
    """
    try:
        yield
    except CombError:
        raise
    except Exception as error:  # the cause is named by its type only: its message may hold participants' words
        what = f"not a {kind} file that can be read ({type(error).__name__})"
        remedy = "Open it in the program that made it, save it again, and try once more."
        raise BadInputError(what, where=where, remedy=remedy) from None


def check_office(data: bytes, kind: str, where: str) -> None:
    """Raise BadInputError unless ``data`` is a zip file that is safe to hand to an Office library.

    Refused: password-protected and pre-2007 files (both OLE), zip bombs, and parts with a document type definition.
    """
    if data.startswith(_OLE):
        raise _ole_error(data, kind, where)
    with refusing(kind, where), zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(part.file_size for part in archive.infolist()) > MAX_UNPACKED:
            what = f"unpacks to more than {MAX_UNPACKED // 1024**2} MB"
            raise BadInputError(what, where=where, remedy="Take out pictures or split the file, and save it again.")
        for part in archive.infolist():
            if part.filename.endswith((".xml", ".rels")):
                _check_xml(archive.read(part), where)


def _ole_error(data: bytes, kind: str, where: str) -> BadInputError:
    if _ENCRYPTED in data:
        return BadInputError("protected by a password", where=where, remedy="Save a copy without password.")
    return BadInputError(f"in the format of before 2007, not {kind}", where=where, remedy=f"Save it as {kind}.")


def _check_xml(part: bytes, where: str) -> None:
    if any(doctype in part for doctype in _DOCTYPES):
        what = "its XML has a document type definition, which no Office program writes"
        raise BadInputError(what, where=where, remedy="Open it in Word or Excel, and save it as a new file.")


def tidy(text: str) -> str:
    r"""Use one kind of line end, and mend halves of surrogate pairs that some libraries leave apart.

    >>> tidy("a\r\nb\rc") == "a\nb\nc", tidy("\ud83d\ude00") == "\U0001f600"
    (True, True)
    """
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return whole.replace("\r\n", "\n").replace("\r", "\n")
