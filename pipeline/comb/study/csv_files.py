"""The only reader of CSV files: it finds encoding and delimiter, and yields the cells of each row."""

import codecs
import csv
import io
import re
from collections.abc import Callable, Collection, Iterator

from comb.errors import BadInputError

DELIMITERS = ",;\t|"
SNIFFED_ROWS = 50
ENCODINGS = ("cp1252", "mac_roman", "cp1250", "iso8859_2", "cp1251", "cp1253", "cp1254", "cp1257")
"""Encodings that spreadsheets save CSV files in when they do not use Unicode, the most common first."""

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark begins with that of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""Byte order marks of Unicode files, and the encoding that each stands for."""
_WORD = re.compile(r"[^\W\d_]+")
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f]")
_SEP = re.compile(r'"?sep=([,;\t])"?\r?(?:\n|$)', re.IGNORECASE)
_RISKY = re.compile("'*[=+\\-@\t\r\n＝＋－＠]")
_ESCAPED = re.compile("'+[=+\\-@\t\r\n＝＋－＠]")
_RESAVE = 'Save it again as "CSV UTF-8".'


def decode_table(data: bytes, where: str, known: Callable[[], Collection[str]] = frozenset) -> str:
    """Decode a CSV file, which is in Unicode of any kind or in an older encoding.

    Of the older encodings, the one is taken in which most words with accents are among ``known()``, such as the words
    of the quoted transcripts; if there are none, Windows-1252, which Excel uses in western Europe and America. Raises
    BadInputError naming ``where`` for what is not text.
    """
    for bom, encoding in BYTE_ORDER_MARKS:
        if data.startswith(bom):
            return _strictly(data[len(bom) :], encoding, where)
    if b"\0" in data[:2] and len(data) % 2 == 0:  # the first name of a header is in ASCII
        return _strictly(data, "utf-16-be" if data[0] == 0 else "utf-16-le", where)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return _older(data, where, known())


def _strictly(data: bytes, encoding: str, where: str) -> str:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        raise BadInputError("not text that can be read", where=where, remedy=_RESAVE) from None
    if _CONTROLS.search(text):
        raise BadInputError("not text but binary data", where=where, remedy=_RESAVE)
    return text


def _older(data: bytes, where: str, known: Collection[str]) -> str:
    readings = []
    for encoding in ENCODINGS:
        try:
            readings.append(data.decode(encoding))
        except UnicodeDecodeError:
            continue
    readings = [text for text in readings if not _CONTROLS.search(text)]
    if not readings:
        raise BadInputError("not text that can be read", where=where, remedy=_RESAVE)
    return max(readings, key=lambda text: sum(word in known for word in _accented(text)))


def _accented(text: str) -> Iterator[str]:
    return (word.casefold() for word in _WORD.findall(text) if not word.isascii())


def numbered_rows(text: str, where: str) -> Iterator[tuple[int, list[str]]]:
    r"""Yield the rows of a CSV file that are not blank, numbered as a spreadsheet shows them.

    The delimiter (comma, semicolon or tab) is found by how the rows fall into columns, or by a first line ``sep=``,
    which is not counted. Raises BadInputError naming the line where the file is broken.

    >>> list(numbered_rows("speaker;text\n\nP01;yes, well, no\n", "a.csv"))
    [(1, ['speaker', 'text']), (3, ['P01', 'yes, well, no'])]
    """
    csv.field_size_limit(2**31 - 1)
    sep = _SEP.match(text)
    delimiter = sep.group(1) if sep else _sniff(text)
    reader = csv.reader(io.StringIO(text[sep.end() :] if sep else text, newline=""), delimiter=delimiter, strict=True)
    try:
        for number, row in enumerate(reader, 1):
            if any(row):
                yield number, row
    except csv.Error as error:
        what = f"not a table that can be read ({error})"
        remedy = "Look for a double quote that is not closed, or save the table again as CSV."
        raise BadInputError(what, where=f"{where}, line {reader.line_num}", remedy=remedy) from None


def _sniff(text: str) -> str:
    r"""Choose the delimiter that parts most rows into as many cells, more than one, then the one with most columns.

    >>> _sniff("speaker;text\nP01;yes, well, no\n")
    ';'
    """
    return max(DELIMITERS, key=lambda delimiter: _fit(text, delimiter))


def _fit(text: str, delimiter: str) -> tuple[bool, float, int]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        widths = [len(row) for row, _ in zip(reader, range(SNIFFED_ROWS), strict=False) if row]
    except csv.Error:
        return False, 0.0, 0
    parted = [width for width in widths if width > 1]
    if not parted:
        return False, 0.0, 0
    usual = widths[0] if widths[0] > 1 else max(parted, key=parted.count)  # a title may stand above the header
    return True, widths.count(usual) / len(widths), usual


def escape(cell: str) -> str:
    """Put an apostrophe before a cell that a spreadsheet could take for a formula.

    >>> escape("=1+1"), escape("'=1+1"), escape("plain")
    ("'=1+1", "''=1+1", 'plain')
    """
    return f"'{cell}" if _RISKY.match(cell) else cell


def unescape(cell: str) -> str:
    """Remove the apostrophe that ``escape`` put there.

    >>> unescape("'=1+1"), unescape("''=1+1"), unescape("'tis")
    ('=1+1', "'=1+1", "'tis")
    """
    return cell[1:] if _ESCAPED.match(cell) else cell
