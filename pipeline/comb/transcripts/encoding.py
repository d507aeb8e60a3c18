"""Bytes to text without garbling: Unicode, or an older encoding where its language proves it; the rest is refused.

An older encoding (Windows-1252, ISO 8859-2, Shift JIS, ...) leaves no mark in a file. It is accepted only if the
decoded text reads like a language that comb knows: it has enough of the most common words, and no letter or sign that
the language lacks. If two encodings give different texts that pass, or if none passes, comb asks. The best guess of
charset-normalizer alone was wrong for half of the pairs of language and encoding in
tests/transcripts/test_encodings.py, so comb names it in the question but does not rely on it.
"""

import codecs
import re
import unicodedata
from collections.abc import Iterator, Mapping

from comb.errors import BadInputError
from comb.study.csv_files import BYTE_ORDER_MARKS
from comb.transcripts.common_words import languages
from comb.transcripts.language import is_spelled, is_written_in

_OTHERS = {b"{\\rtf": ".rtf", b"%PDF-": ".pdf", b"PK\x03\x04": ".docx, .xlsx or .odt"}
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_NOT_TEXT = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ufffd]")
_UTF8_SEQUENCE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_ESCAPE = re.compile(rb"\x1b\$|\x1b\([BIJ]|~\{(?:[!-}][!-~])+~\}")
"""How text in 7 bits changes its set of letters: ISO 2022, and HZ."""
_SEVEN_BITS = ("iso2022_jp", "iso2022_kr", "hz")
_EIGHT_BITS = tuple(
    "cp1252 cp1250 cp1251 cp1253 cp1254 cp1255 cp1256 cp1257 cp1258 latin_1 iso8859_2 iso8859_3 iso8859_4 iso8859_5 "
    "iso8859_6 iso8859_7 iso8859_8 iso8859_9 iso8859_10 iso8859_11 iso8859_13 iso8859_14 iso8859_15 iso8859_16 "
    "mac_roman mac_latin2 mac_croatian mac_romanian mac_turkish mac_iceland mac_greek mac_cyrillic koi8_r koi8_u cp437 "
    "cp737 cp775 cp850 cp852 cp855 cp857 cp860 cp861 cp862 cp863 cp864 cp865 cp866 cp869 cp1125 cp874 cp932 euc_jp "
    "cp720 cp858 kz1048 ptcp154 koi8_t gb18030 big5 cp949 johab".split()
)
SHORT = 5_000
"""Bytes up to which a text may be too short to show its language."""
_SAMPLE = 20_000
"""Bytes that charset-normalizer looks at."""
_GARBLED = re.compile(
    "[ÂÃÄÅâ][\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]{1,2}|[ĂÄĹâ][\u0080-\u00bf€‚„…†‡‰Š‹ŚŤŽŹ‘’“”•–—™š›śťžźˇ˘ŁĄŞŻ°˛łµ·¸ąşĽ˝ľż]{1,2}"
)
MIN_GARBLED = 2
_RESAVE = "Open it in the program that made it, and save it with the encoding UTF-8."
EVERY = ""
"""Key for the encoding of all other transcripts, in a mapping of encodings by transcript."""


def decode(data: bytes, where: str) -> str:
    r"""Decode the bytes of a text file; ``\r\n`` and ``\r`` become ``\n``, nothing else changes.

    In this order: a byte order mark; NUL bytes on one side of each pair (UTF-16 without a mark); valid UTF-8; an older
    encoding, if the bytes can be read in only one way as a known language. Otherwise it raises BadInputError naming
    ``where``, which asks for the encoding.

    >>> decode("é".encode("utf-16-le") + b"!\0", "a.txt"), decode("That’s what I do in the café.".encode("cp1252"), "a")
    ('é!', 'That’s what I do in the café.')
    """
    return decode_exactly(data, where).replace("\r\n", "\n").replace("\r", "\n")


def decode_exactly(data: bytes, where: str) -> str:
    """Decode the bytes of a text file as ``decode`` does, but leave line ends as they are."""
    for signature, suffix in _OTHERS.items():
        if data.startswith(signature):
            raise BadInputError(f"a {suffix} file with another suffix", where=where, remedy=f"Rename it to {suffix}.")
    text = _decode(data, where)
    controls = len(_CONTROLS.findall(text))
    if controls > len(text) / 100:
        raise _binary(where)
    return text


def encode(text: str) -> bytes:
    """Return the UTF-8 bytes that ``decode`` reads as this text, with a byte order mark if one is needed.

    >>> decode(encode("%PDF- is how a PDF begins"), "a.txt")
    '%PDF- is how a PDF begins'
    """
    plain = text.encode("utf-8")
    odd = plain.startswith((codecs.BOM_UTF8, *_OTHERS)) or b"\0" in plain or bool(_ESCAPE.search(plain))
    return codecs.BOM_UTF8 + plain if odd else plain


def has_mark(data: bytes) -> bool:
    """Return whether the bytes begin with a byte order mark."""
    return any(data.startswith(bom) for bom, _ in BYTE_ORDER_MARKS)


def to_utf8(data: bytes, name: str, encodings: Mapping[str, str], where: str) -> bytes:
    """Return the bytes of a text file in UTF-8, if an encoding is named for its transcript or for all.

    The encoding of a transcript applies to its file, unless that has a byte order mark; the encoding of all others
    applies to files that are not in Unicode. Raises BadInputError if the bytes cannot be in the encoding.
    """
    encoding = encodings.get(name, "" if is_unicode(data) else encodings.get(EVERY, ""))
    if not encoding or has_mark(data):
        return data
    try:
        return codecs.BOM_UTF8 + data.decode(encoding).removeprefix("\ufeff").encode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        what = f"not in the encoding {encoding} that the study names (see line {line})"
        raise BadInputError(what, where=where, remedy=_asked()) from None
    except (LookupError, ValueError):  # also codecs of Python that are no encodings of texts, such as idna
        remedy = "Such as cp1252, cp1250, iso8859_2, mac_roman, cp1251 or utf-16."
        raise BadInputError(
            "no encoding is known by that name", where=f"encoding {encoding!r}", remedy=remedy
        ) from None


def is_unicode(data: bytes) -> bool:
    """Return whether the bytes of a text file are in UTF-8, UTF-16 or UTF-32, judging by the bytes."""
    if has_mark(data) or b"\0" in data:
        return True
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return not _ESCAPE.search(data)


def garbled_lines(text: str) -> list[int]:
    r"""List the lines, from 1, with letters that were decoded with a wrong encoding before the file was saved.

    >>> garbled_lines("It’s\nItâ€™s fine, isnâ€™t it")
    [2]
    """
    if len(_GARBLED.findall(text)) < MIN_GARBLED:
        return []
    lines = [number for number, line in enumerate(text.split("\n"), 1) if any(map(_is_garbled, _GARBLED.findall(line)))]
    return lines


def _is_garbled(piece: str) -> bool:
    """Return whether some letters are the bytes of one character in UTF-8, decoded as Windows or Latin text."""
    for encoding in ("cp1252", "latin-1", "cp1250", "mac_roman"):
        for end in (2, 3):
            try:
                if len(piece[:end].encode(encoding).decode("utf-8")) == 1:
                    return True
            except UnicodeError:
                continue
    return False


def _decode(data: bytes, where: str) -> str:
    for bom, encoding in BYTE_ORDER_MARKS:
        if data.startswith(bom):
            return _strict(data[len(bom) :], encoding, where)
    if b"\0" in data:
        return _without_mark(data, where)
    if _ESCAPE.search(data):
        return _only(set(_readings(data, _SEVEN_BITS)), data, where)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        _refuse_broken_utf8(data, error.start, where)
    return _only(_likely(data), data, where)


def _strict(data: bytes, encoding: str, where: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        what = f"begins as {encoding[:6].upper()} text but is broken at byte {error.start}"
        raise BadInputError(what, where=where, remedy=_RESAVE) from None


def _without_mark(data: bytes, where: str) -> str:
    """Decode UTF-16 by the side on which the NUL bytes are."""
    even, odd = data[::2].count(0), data[1::2].count(0)
    if len(data) % 2 or min(even, odd) * 3 > max(even, odd):
        raise _binary(where)
    try:
        text = data.decode("utf-16-be" if even > odd else "utf-16-le")
    except UnicodeDecodeError:
        raise _binary(where) from None
    if any(unicodedata.category(char) in ("Cn", "Co") for char in set(text)):
        raise _binary(where)
    return text


def _binary(where: str) -> BadInputError:
    remedy = "Give the transcript itself, saved as text, or with the suffix of its true format."
    return BadInputError("not text but binary data", where=where, remedy=remedy)


def _refuse_broken_utf8(data: bytes, at: int, where: str) -> None:
    """Raise BadInputError if most of the bytes beyond ASCII are valid UTF-8."""
    rest = _UTF8_SEQUENCE.sub(b"", data).translate(None, bytes(range(128)))
    if len(_UTF8_SEQUENCE.findall(data)) > len(rest):
        line = data.count(b"\n", 0, at) + 1
        raise BadInputError(f"UTF-8 text with broken bytes on line {line}", where=where, remedy=_RESAVE)


def _readings(data: bytes, encodings: tuple[str, ...]) -> Iterator[str]:
    """Decode in each encoding that the bytes can be in."""
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not _NOT_TEXT.search(text):
            yield text


def _likely(data: bytes) -> set[str]:
    """Return the different texts that the bytes may be.

    Those that are certainly in a language, each in an encoding of that language; if there are none, since the text is
    short, those that are spelled as some language could be, in any encoding.
    """
    found: set[str] = set()
    for language in languages():
        readings = _readings(data, language.encodings)
        found |= {text for text in readings if text in found or is_written_in(text, language)}
    if found or len(data) > SHORT:
        return found
    return {text for text in _readings(data, _EIGHT_BITS) if is_spelled(text)}


def _guess(data: bytes) -> str:
    """Return the encoding that charset-normalizer considers most likely; ``""`` if it has none."""
    import charset_normalizer

    start = data.rfind(b"\n", 0, _first_odd(data)) + 1
    best = charset_normalizer.from_bytes(data[start : start + _SAMPLE]).best()
    return "" if best is None or best.encoding in ("utf_8", "ascii") else best.encoding


def _first_odd(data: bytes) -> int:
    """Return the place of the first byte that is not ASCII, or that changes the set of letters; 0 without any."""
    return next((at for at, byte in enumerate(data) if byte > 127 or byte == 27), 0)


def _only(texts: set[str], data: bytes, where: str) -> str:
    """Return the one text; raise BadInputError if there is none, or more than one."""
    if len(texts) == 1:
        return texts.pop()
    line = data.count(b"\n", 0, _first_odd(data)) + 1
    guess = _guess(data)
    what = f"in an encoding that is not certain{f', perhaps {guess}' if guess else ''} (see line {line})"
    raise BadInputError(what, where=where, remedy=_asked())


def _asked() -> str:
    return (
        "Save it as UTF-8, or name its encoding: study.encoding (or study.encodings, by transcript) in "
        "configs/params.yaml, or --encoding; such as cp1252 (Windows, western), cp1250 (Windows, central European), "
        "mac_roman, cp1251 (Cyrillic)."
    )
