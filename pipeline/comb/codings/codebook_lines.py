"""The text of ``codebook.yaml`` changed piece by piece, so that comments, order and layout of the rest stay.

Each function takes the whole text and returns it changed in one place. It uses the positions of nodes that the YAML
parser reports. Lists and mappings in brackets do not have lines of their own; they raise ValueError.
"""

import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import yaml

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Place(NamedTuple):
    """Where a code stands in a file."""

    entry: Any
    """Its mapping."""
    siblings: Any
    """The list that it is in."""
    at: int


def set_value(text: str, code: str, key: str, value: object) -> str:
    """Set one key of a code; an empty value removes the key with its line."""
    place = _find(text, code)
    pairs = {one.value: (one, node) for one, node in place.entry.value}
    if key not in pairs:
        return _append_key(text, place.entry, key, value) if value else text
    name, node = pairs[key]
    if node.value == value:
        return text
    start, end = name.start_mark.index, _value_end(text, node)
    first = place.entry.value[0][0] is name
    if not value and not first:
        return text[: _line_start(text, start)] + text[_line_end(text, end) :]
    return text[:start] + _dumped({key: value}, name.start_mark.column) + text[end:]


def remove_code(text: str, code: str) -> str:
    """Remove a code with the codes below it, and the list if it is then empty."""
    place = _find(text, code)
    if len(place.siblings.value) == 1:
        above = _parent_of(text, code)
        return set_value(text, above, "children", None)
    start, end = _block(text, place)
    return text[:start] + text[end:]


def insert_code(text: str, under: str, at: int, lines: str) -> str:
    """Put the lines of a code, which begin in the first column, into the list of codes below ``under`` (or the top)."""
    siblings = _list_below(text, under)
    if siblings is None:
        entry = _find(text, under).entry
        column = entry.start_mark.column
        piece = f"{' ' * column}children:\n" + textwrap.indent(lines, " " * (column + 2), _is_filled)
        end = _line_end(text, _end_of(text, entry))
        return _with_newline(text[:end]) + piece + text[end:]
    if siblings.flow_style:
        raise ValueError(under)
    piece = textwrap.indent(lines, " " * siblings.start_mark.column, _is_filled)
    where = _line_start(text, siblings.value[at].start_mark.index) if at < len(siblings.value) else None
    end = _line_end(text, _end_of(text, siblings)) if where is None else where
    return _with_newline(text[:end]) + piece + text[end:]


def lines_of(text: str, code: str) -> str:
    """Return the lines of a code as ``insert_code`` takes them."""
    place = _find(text, code)
    start, end = _block(text, place)
    column = place.siblings.start_mark.column
    kept = _with_newline(text[start:end]).splitlines(keepends=True)
    if any(line.strip() and line[:column].strip() for line in kept):
        raise ValueError(code)
    return "".join(line[column:] if line.strip() else line for line in kept)


def new_lines(entry: Mapping[str, object]) -> str:
    """Write a new code as ``insert_code`` takes it."""
    return yaml.safe_dump([dict(entry)], allow_unicode=True, sort_keys=False, width=110)


def comments(text: str) -> list[str]:
    """List the comments of a YAML file, in order: texts between its tokens that begin with ``#``."""
    found: list[str] = []
    before = 0
    for token in yaml.scan(text, _LOADER):
        found += _comments_in(text[before : token.start_mark.index])
        header = text[token.start_mark.index : token.end_mark.index].partition("\n")[0]
        if isinstance(token, yaml.ScalarToken) and token.style in ("|", ">") and "#" in header:
            found.append(header[header.index("#") :].strip())
        before = max(before, token.end_mark.index)
    return [*found, *_comments_in(text[before:])]


def with_lost_comments(before: str, after: str) -> tuple[str, list[str]]:
    """Return the text with its lost comments added at the head, and these comments."""
    left = Counter(comments(before)) - Counter(comments(after))
    lost = [one for one in dict.fromkeys(comments(before)) for _ in range(left[one])]
    return ("".join(f"{one}\n" for one in lost) + after if lost else after), lost


def _comments_in(gap: str) -> list[str]:
    return [line[line.index("#") :].rstrip() for line in gap.splitlines() if "#" in line]


def _find(text: str, code: str) -> Place:
    for place in _places(yaml.compose(text, Loader=_LOADER), "codes"):
        if _id(place.entry) == code:
            if place.siblings.flow_style or place.entry.flow_style:
                raise ValueError(code)
            return place
    raise ValueError(code)


def _places(node: Any, key: str) -> Iterator[Place]:
    siblings = next((value for name, value in node.value if name.value == key), None)
    for at, entry in enumerate(siblings.value if isinstance(siblings, yaml.SequenceNode) else ()):
        if not isinstance(entry, yaml.MappingNode):
            raise ValueError(key)
        yield Place(entry, siblings, at)
        yield from _places(entry, "children")


def _id(entry: Any) -> str:
    return next((str(value.value) for name, value in entry.value if name.value == "id"), "")


def _parent_of(text: str, code: str) -> str:
    for place in _places(yaml.compose(text, Loader=_LOADER), "codes"):
        children = [_id(below.entry) for below in _places(place.entry, "children") if below.siblings in _values(place)]
        if code in children:
            return _id(place.entry)
    raise ValueError(code)


def _values(place: Place) -> list[Any]:
    return [value for _, value in place.entry.value]


def _list_below(text: str, under: str) -> Any:
    node: Any = _find(text, under).entry if under else yaml.compose(text, Loader=_LOADER)
    key = "children" if under else "codes"
    found = next((value for name, value in node.value if name.value == key), None)
    return found if found is None or found.value else None


def _block(text: str, place: Place) -> tuple[int, int]:
    """Return where the lines of a code begin and end; blank lines and comments after it are not its own."""
    start = _line_start(text, place.entry.start_mark.index)
    return start, _line_end(text, _end_of(text, place.entry))


def _end_of(text: str, node: Any) -> int:
    return max(_value_end(text, one) for one in _scalars(node))


def _value_end(text: str, node: Any) -> int:
    """Return where a value ends, without the blank lines and the spaces after it."""
    if not isinstance(node, yaml.ScalarNode) and not node.flow_style and node.value:
        return _end_of(text, node)
    start, end = int(node.start_mark.index), int(node.end_mark.index)
    return start + len(text[start:end].rstrip())


def _scalars(node: Any) -> Iterator[Any]:
    if isinstance(node, yaml.ScalarNode) or node.flow_style or not node.value:
        yield node
        return
    for child in node.value:
        for part in child if isinstance(child, tuple) else (child,):
            yield from _scalars(part)


def _append_key(text: str, entry: Any, key: str, value: object) -> str:
    """Put a new key after the others of a code, but before the codes below it."""
    column = entry.start_mark.column
    below = next((name for name, _ in entry.value if name.value == "children"), None)
    piece = f"{' ' * column}{_dumped({key: value}, column)}\n"
    if below is not None and entry.value[0][0] is not below:
        at = _line_start(text, below.start_mark.index)
        return text[:at] + piece + text[at:]
    at = _line_end(text, _end_of(text, entry))
    return _with_newline(text[:at]) + piece + text[at:]


def _dumped(data: Mapping[str, object], column: int) -> str:
    dumped = yaml.safe_dump(dict(data), allow_unicode=True, sort_keys=False, width=max(60, 118 - column))
    return textwrap.indent(dumped.rstrip("\n"), " " * column, _is_filled)[column:]


def _is_filled(line: str) -> bool:
    return bool(line.strip())


def _line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def _line_end(text: str, at: int) -> int:
    found = text.find("\n", at)
    return len(text) if found < 0 else found + 1


def _with_newline(text: str) -> str:
    return text if text.endswith("\n") or not text else f"{text}\n"
