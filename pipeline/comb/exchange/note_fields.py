r"""Lines ``key: value`` in notes and descriptions, for data without an attribute in the standard; legible to people.

A note of a coding begins with such lines, followed by the coder's own text after ``memo:``::

    valence: barrier
    score: 0.81
    memo: she means the stairs

A note without such lines is a memo as a whole. If one note stands for several codings (programs have one for a
selection that several coders coded), each coding has a part of its own, which begins with its code and its coder::

    coding: goals | Ann
    valence: barrier
    coding: goals | Ben

A description of a code is its definition, an empty line, and then the lines; the last of them is ``id``. A value that
does not fit on a line, or would not read back unchanged, is written as a JSON string. Several values on a line are
separated by ``|`` between spaces.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Fields = list[tuple[str, str]]

FREE = r".*"
NUMBER = r"-?\d+(\.\d+)?([eE][+-]?\d+)?"
OF_CODING: Mapping[str, str] = {
    "valence": "barrier|facilitator|both",
    "score": NUMBER,
    "threshold": NUMBER,
    "rank": r"\d+",
    "read": "no code",
    "model": FREE,
    "origin": FREE,
    "created": FREE,
    "decision": r"(accepted|changed|rejected) \|.*",
    "evidence": FREE,
}
"""Keys of a coding's note, and patterns of their values; any other line belongs to the memo."""
OF_CODE = ("definition", "include", "exclude", "example", "listed", "id")

_PART = re.compile(r"^coding: ", re.MULTILINE)
_LINE = re.compile(r"([A-Za-z]+): ?(.*)(?:\n|$)")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_CELL = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[^|]*?)\s*(?:\||$)')
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NOT_XML_LINE = re.compile("[^\t\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_safe(text: str) -> str:
    """Replace characters that XML cannot contain with U+FFFD."""
    return _NOT_XML.sub("\ufffd", text)


def quoted(value: str, also: str = "") -> str:
    r"""Write a value on one line: as it is, or as a JSON string if it would not read back unchanged.

    >>> print(quoted("the stairs"), quoted(" two\nlines"), quoted("a|b", also="|"))
    the stairs " two\nlines" "a|b"
    """
    odd = not value or value != value.strip() or value.startswith('"') or any(char in value for char in also)
    if not odd and not _NOT_XML_LINE.search(value):
        return value
    return _NOT_XML_LINE.sub(lambda match: json.dumps(match[0])[1:-1], json.dumps(value, ensure_ascii=False))


def unquoted(value: str) -> str:
    """Read a value that ``quoted`` wrote."""
    if _QUOTED.fullmatch(value):
        try:
            return str(json.loads(value))
        except ValueError:
            return value
    return value


def cells(values: Sequence[str]) -> str:
    """Write several values on one line."""
    return " | ".join(quoted(value, also="|") for value in values)


def split_cells(line: str) -> list[str]:
    r"""Read values that ``cells`` wrote.

    >>> split_cells(cells(["accepted", "Ann | Ben", ""]))
    ['accepted', 'Ann | Ben', '']
    """
    found: list[str] = []
    at = 0
    while at <= len(line):
        match = _CELL.match(line, at)
        if match is None:
            return [*found, line[at:].strip()]
        found.append(unquoted(match[1]))
        if match.end() == len(line) and not line.endswith("|", 0, match.end()):
            break
        at = match.end()
    return found


def write_note(fields: Fields, memo: str) -> str:
    r"""Return the text of a note; empty if there is nothing to say.

    >>> write_note([("valence", "both")], "why\nnot"), write_note([], "valence: both")
    ('valence: both\nmemo: why\nnot', 'memo: valence: both')
    """
    lines = [f"{key}: {value}" for key, value in fields]
    if not memo:
        return "\n".join(lines)
    whole = not _NOT_XML.search(memo) and not _PART.search(memo)
    if not lines and whole and read_note(memo) == ([], memo):
        return memo
    raw = whole and not memo.startswith(('"', " "))
    return "\n".join([*lines, f"memo: {memo if raw else quoted(memo)}"])


def read_note(text: str) -> tuple[Fields, str]:
    """Read the lines and the memo of a note, by comb or anybody else."""
    fields: Fields = []
    at = 0
    while match := _LINE.match(text, at):
        key, value = match[1], match[2]
        if key == "memo":
            return fields, unquoted(text[match.start(2) :])
        if key.casefold() == "valence":  # people may type it in other programs
            key, value = "valence", value.strip().casefold()
        if not re.fullmatch(OF_CODING.get(key, "(?!)"), value):
            break
        fields.append((key, value))
        at = match.end()
        if at >= len(text):
            break
    return fields, text[at:].lstrip("\n") if fields else text


@dataclass(frozen=True, slots=True)
class Part:
    """The part of a shared note that is about one coding."""

    code: str
    coder: str
    fields: tuple[tuple[str, str], ...]
    memo: str


def write_parts(parts: Sequence[Part]) -> str:
    """Write a note shared by several codings; empty if there is nothing to write.

    >>> print(write_parts([Part("goals", "Ann", (("valence", "both"),), ""), Part("goals", "Ben", (), "a; b")]))
    coding: goals | Ann
    valence: both
    coding: goals | Ben
    memo: a; b
    """
    lines: list[str] = []
    for part in parts:
        lines.append(f"coding: {cells([part.code, part.coder])}")
        lines += [f"{key}: {value}" for key, value in part.fields]
        lines += [f"memo: {quoted(part.memo)}"] if part.memo else []
    return "\n".join(lines)


def read_parts(text: str) -> tuple[str, list[Part]]:
    r"""Read the parts that ``write_parts`` wrote, and the text above them; in a note without parts, that is all of it.

    >>> read_parts("see line 3\ncoding: goals | Ann\nvalence: both")
    ('see line 3', [Part(code='goals', coder='Ann', fields=(('valence', 'both'),), memo='')])
    """
    before, *blocks = _PART.split(text)
    parts = []
    for block in blocks:
        head, _, rest = block.partition("\n")
        code, coder, *more = (*split_cells(head), "", "")
        if not code or not coder or any(more):
            return text, []
        fields, memo = read_note(rest.rstrip("\n"))
        parts.append(Part(code, coder, tuple(fields), memo))
    return before.rstrip("\n") if parts else text, parts


def write_description(definition: str, fields: Fields) -> str:
    """Return the description of a code: its definition, then the lines, the last of which is ``id``."""
    if _NOT_XML.search(definition):
        definition, fields = "", [("definition", definition), *fields]
    lines = "\n".join(f"{key}: {quoted(value)}" for key, value in fields)
    return f"{definition}\n\n{lines}" if definition else lines


def read_description(text: str) -> tuple[str, Fields]:
    """Return definition and lines; a description not written by comb is all definition."""
    definition, _, block = text.rpartition("\n\n")
    fields = [(match[1], unquoted(match[2])) for match in map(_LINE.fullmatch, block.split("\n")) if match]
    known = all(key in OF_CODE for key, _ in fields)
    if not known or len(fields) != block.count("\n") + 1 or fields[-1][0] != "id":
        return text, []
    return definition, fields
