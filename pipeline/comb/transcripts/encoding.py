"""Bytes to text without mangling: UTF-8, UTF-16, UTF-32 or Windows-1252; whatever is none of these is refused."""

import codecs
import re

from comb.errors import BadInputError

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark begins with that of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_OTHERS = {b"{\\rtf": ".rtf", b"%PDF-": ".pdf", b"PK\x03\x04": ".docx or .xlsx"}
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_UTF8_SEQUENCE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_CAPITAL_IN_WORD = re.compile(r"[a-z][À-ÖØ-ÞŠŒŽŸ](?![A-ZÀ-Þ])")
_RESAVE = "Open it in the program that made it, and save it with the encoding UTF-8."


def decode(data: bytes, where: str) -> str:
    r"""Decode the bytes of a text file; ``\r\n`` and ``\r`` become ``\n``, nothing else changes.

    In this order: a byte order mark; NUL bytes on one side of each pair (UTF-16 without a mark); valid UTF-8;
    Windows-1252 where the result looks like a western language. Raises BadInputError naming ``where`` for the rest.

    >>> decode("é".encode("utf-16-le") + b"!\0", "a.txt"), decode(b"caf\xe9", "a.txt")
    ('é!', 'café')
    """
    return decode_exactly(data, where).replace("\r\n", "\n").replace("\r", "\n")


def decode_exactly(data: bytes, where: str) -> str:
    """Decode the bytes of a text file as ``decode`` does, but leave line ends as they are."""
    for signature, suffix in _OTHERS.items():
        if data.startswith(signature):
            raise BadInputError(f"a {suffix} file under another suffix", where=where, remedy=f"Rename it to {suffix}.")
    text = _decode(data, where)
    controls = len(_CONTROLS.findall(text))
    if controls > len(text) / 100:
        raise _binary(where)
    return text


def encode(text: str) -> bytes:
    """Give the UTF-8 bytes that ``decode`` reads as this text: marked as such where they could be taken for others.

    >>> decode(encode("%PDF- is how a PDF begins"), "a.txt")
    '%PDF- is how a PDF begins'
    """
    plain = text.encode("utf-8")
    odd = plain.startswith((codecs.BOM_UTF8, *_OTHERS)) or b"\0" in plain
    return codecs.BOM_UTF8 + plain if odd else plain


def has_mark(data: bytes) -> bool:
    """Tell whether the bytes begin with a byte order mark."""
    return any(data.startswith(bom) for bom, _ in _BOMS)


def _decode(data: bytes, where: str) -> str:
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _strict(data[len(bom) :], encoding, where)
    if b"\0" in data:
        return _without_mark(data, where)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        return _western(data, error.start, where)


def _strict(data: bytes, encoding: str, where: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        what = f"begins as {encoding[:6].upper()} text but is broken at byte {error.start}"
        raise BadInputError(what, where=where, remedy=_RESAVE) from None


def _without_mark(data: bytes, where: str) -> str:
    """Decode UTF-16 by the side on which the NUL bytes are."""
    even, odd = data[::2].count(0), data[1::2].count(0)
    if len(data) % 2 or min(even, odd) * 20 > max(even, odd):
        raise _binary(where)
    try:
        return data.decode("utf-16-be" if even > odd else "utf-16-le")
    except UnicodeDecodeError:
        raise _binary(where) from None


def _binary(where: str) -> BadInputError:
    remedy = "Give the transcript itself, saved as text, or with the suffix of its true format."
    return BadInputError("not text but binary data", where=where, remedy=remedy)


def _western(data: bytes, at: int, where: str) -> str:
    """Decode Windows-1252, unless signs say that it is broken UTF-8 or the 8-bit encoding of another script."""
    line = data.count(b"\n", 0, at) + 1
    if len(_UTF8_SEQUENCE.findall(data)) > len(_UTF8_SEQUENCE.sub(b"", data).translate(None, bytes(range(128)))):
        raise BadInputError(f"UTF-8 text with broken bytes on line {line}", where=where, remedy=_RESAVE)
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        raise _unknown_encoding(line, where) from None
    if not _looks_western(text):
        raise _unknown_encoding(line, where)
    return text


def _unknown_encoding(line: int, where: str) -> BadInputError:
    what = f"in an encoding that is neither UTF-8, UTF-16 nor Windows-1252 (see line {line})"
    return BadInputError(what, where=where, remedy=_RESAVE)


def _looks_western(text: str) -> bool:
    """Tell whether text decoded as Windows-1252 was written in it.

    Cyrillic, Greek and the like would be nearly all accented letters; Mac Roman shows capitals inside words ("cafŽ").
    """
    letters = [char for char in text if char.isalpha()]
    accented = sum(not char.isascii() for char in letters)
    if letters and accented > 0.4 * len(letters):
        return False
    return len(_CAPITAL_IN_WORD.findall(text)) <= 0.2 * accented
