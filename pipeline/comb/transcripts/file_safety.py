"""Files that every reader refuses first: too large, password-protected, hostile or broken ones."""

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from comb.errors import BadInputError, CombError

MAX_BYTES = 100 * 1024 * 1024
MAX_UNPACKED = 200 * 1024 * 1024
MAX_XML = 64 * 1024 * 1024
"""Most bytes of all XML in an Office file; pictures do not count."""
MAX_TAGS = {".docx": 700_000, ".xlsx": 200_000, ".odt": 700_000}
"""Most tags in a part that is read into memory as a tree, where an element takes a hundred times its letters."""
MAX_STREAMED_TAGS = 10_000_000
"""Most tags in a part that is read row by row."""

_STREAMED = ("xl/worksheets/", "xl/sharedStrings")
_PIECE = 1024 * 1024
_OVERLAP = 20
"""Longer than a document type's first letters in any encoding."""
_OLE = bytes.fromhex("D0CF11E0A1B11AE1")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_DOCTYPES = tuple("<!DOCTYPE".encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be"))


def read_bytes(path: Path) -> bytes:
    """Read a file whole. Raises BadInputError if it is missing, locked, empty or too large."""
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
    """Turn any exception of a library on a broken file into one BadInputError.

    The libraries raise nearly anything (KeyError, struct.error, their own), and their messages may quote the file.
    """
    try:
        yield
    except CombError:
        raise
    except Exception as error:  # the cause is named by its type only: its message may contain participants' words
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
        xml = [part for part in archive.infolist() if part.filename.lower().endswith((".xml", ".rels"))]
        if sum(part.file_size for part in xml) > MAX_XML:
            raise _too_large(f"contains more than {MAX_XML // 1024**2} MB of text and layout", where)
        for part in xml:
            streamed = part.filename.startswith(_STREAMED)
            _check_xml(archive, part, MAX_STREAMED_TAGS if streamed else MAX_TAGS[kind], where)


def _too_large(what: str, where: str) -> BadInputError:
    return BadInputError(what, where=where, remedy="Split the file, and save it again.")


def _ole_error(data: bytes, kind: str, where: str) -> BadInputError:
    if _ENCRYPTED in data:
        return BadInputError("protected by a password", where=where, remedy="Save a copy without password.")
    return BadInputError(f"in the format from before 2007, not {kind}", where=where, remedy=f"Save it as {kind}.")


def _check_xml(archive: zipfile.ZipFile, part: zipfile.ZipInfo, most: int, where: str) -> None:
    """Read a part piece by piece; refuse a document type definition, and more tags than memory is meant for."""
    tags, end = 0, b""
    with archive.open(part) as file:
        while piece := file.read(_PIECE):
            tags += piece.count(b"<")
            if any(doctype in end + piece for doctype in _DOCTYPES):
                what = "its XML has a document type definition, which no Office program writes"
                remedy = "Open it in the program that made it, and save it as a new file."
                raise BadInputError(what, where=where, remedy=remedy)
            if tags > most:
                raise _too_large(f"contains more than {most} elements of text and layout in one part", where)
            end = piece[-_OVERLAP:]


def tidy(text: str) -> str:
    r"""Unify line ends, and join halves of surrogate pairs that some libraries leave separate.

    >>> tidy("a\r\nb\rc") == "a\nb\nc", tidy("\ud83d\ude00") == "\U0001f600"
    (True, True)
    """
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return whole.replace("\r\n", "\n").replace("\r", "\n")
