"""Rich Text Format, read with striprtf."""

import re

from comb.errors import BadInputError
from comb.records import Turn
from comb.study.params import RoleParams
from comb.transcripts.file_safety import refusing, tidy
from comb.transcripts.symbols import symbol
from comb.transcripts.turns import parse_turns

_DELETED = re.compile(r"(?<!\\)\\deleted(?![a-z0-9-])")
_LINK = re.compile(r"(\\fldinst[\s{][^\\{}]*)HYPERLINK(?=\s)")
_CELL = re.compile(r"(?<!\\)\\(nest)?cell(?![a-z0-9])")
_CELL_MARK = "\ue0ff"
_SYMBOL_FONT = re.compile(r"\\f(?P<number>\d{1,5})\b[^{};]{0,200}?(?P<name>Symbol|Wingdings)\s*;")
_SYMBOL = re.compile(r"\\'(?P<hex>[0-9a-fA-F]{2})|\\u(?P<number>-?\d{1,5}) ?(?:\\'[0-9a-fA-F]{2}|\?)?")


def read_rtf(data: bytes, where: str, roles: RoleParams) -> tuple[str, tuple[Turn, ...]]:
    """Read .rtf: one line per paragraph, tabs between table cells, tracked deletions left out.

    Raises BadInputError if the file is not RTF or is broken.
    """
    from striprtf.striprtf import rtf_to_text

    if not data.lstrip().startswith(b"{\\rtf"):
        remedy = "Save it as RTF again, or give it the suffix of its true format."
        raise BadInputError("not an RTF file", where=where, remedy=remedy)
    with refusing("RTF", where):
        text = rtf_to_text(_prepare(data.decode("latin-1")), errors="replace")  # type: ignore[no-untyped-call]
    text = re.sub(rf"{_CELL_MARK}(?=\n|$)", "", tidy(text)).replace(_CELL_MARK, "\t")
    return text, parse_turns(text, roles, where)


def _prepare(source: str) -> str:
    r"""Fix what striprtf does not do: it keeps tracked deletions, writes links as code, and makes ``|`` of cells."""
    source = _with_symbols(source)
    source = _DELETED.sub(r"\\*\\deleted", source)
    source = _LINK.sub(r"\1LINK", source)
    return _CELL.sub(rf"{{\\uc1\\u{ord(_CELL_MARK) - 0x10000} ?}}", source)


def _with_symbols(source: str) -> str:
    """Write the characters of symbol fonts, if a group is set in one, as the Unicode that they look like."""
    for font in {match["number"]: match["name"] for match in _SYMBOL_FONT.finditer(source)}.items():
        group = re.compile(rf"\\f{font[0]}(?!\d)(?P<said>[^{{}};]*)(?=}})")
        source = group.sub(lambda match, name=font[1]: _in_unicode(match[0], name), source)  # type: ignore[misc]
    return source


def _in_unicode(group: str, font: str) -> str:
    return _SYMBOL.sub(lambda match: _escaped(match, font), group)


def _escaped(match: re.Match[str], font: str) -> str:
    place = match["hex"] or f"{int(match['number']) % 0x10000:X}"
    shown = ord(symbol(font, place))
    return f"\\u{shown}?" if shown < 0x10000 else match[0]
