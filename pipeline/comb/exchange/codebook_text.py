"""Add codes to the text of ``codebook.yaml``, so that the researcher's comments and order stay."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from comb.codebook import Codebook, codebook_yaml, parse_codebook
from comb.errors import BadParamsError
from comb.exchange.codebook_merge import Entry, MergedCodebook


def codebook_with_added(text: str, merged: MergedCodebook) -> tuple[str, bool]:
    """Return the text of ``codebook.yaml`` with the added codes, and whether its comments were kept.

    If nothing can be inserted in the file (because lists are in brackets, say), the whole codebook is rewritten.
    """
    new = _inserted(text, merged)
    if new is not None and _parsed(new) == merged.book:
        return new, True
    return codebook_yaml(merged.book), "#" not in text


def _parsed(text: str) -> Codebook | None:
    try:
        return parse_codebook(yaml.safe_load(text))
    except (yaml.YAMLError, BadParamsError):
        return None


def _inserted(text: str, merged: MergedCodebook) -> str | None:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    places = dict(_lists_of_codes(root, ""))
    by_parent: dict[str, list[Entry]] = {}
    for name, parent in merged.under.items():
        if parent not in merged.added:
            by_parent.setdefault(parent, []).append(merged.added[name])
    if any(parent not in places or places[parent].flow_style for parent in by_parent):
        return None
    inserts = [(_end(text, places[parent]), _lines(entries, places[parent])) for parent, entries in by_parent.items()]
    for at, lines in sorted(inserts, key=lambda insert: insert[0], reverse=True):
        head = text[:at] if text[:at].endswith("\n") else text[:at] + "\n"
        text = head + lines + text[at:]
    return text


def _lists_of_codes(node: Any, parent: str) -> Iterator[tuple[str, Any]]:
    """List the sequences of codes in a file, each with the id of the code that it stands below."""
    fields: Mapping[str, Any] = {key.value: value for key, value in node.value}
    codes = fields.get("children" if parent else "codes")
    if codes is None or not isinstance(codes, yaml.SequenceNode):
        return
    yield parent, codes
    for code in codes.value:
        own = {key.value: value.value for key, value in code.value}
        yield from _lists_of_codes(code, str(own.get("id", "")))


def _end(text: str, node: Any) -> int:
    """Return where the line after the last word of a node begins."""
    last = max(int(scalar.end_mark.index) for scalar in _scalars(node))
    if text[last - 1 : last] == "\n":
        return last
    found = text.find("\n", last)
    return len(text) if found < 0 else found + 1


def _scalars(node: Any) -> Iterator[Any]:
    if isinstance(node, yaml.ScalarNode):
        yield node
    else:
        for child in node.value:
            yield from (one for part in (child if isinstance(child, tuple) else (child,)) for one in _scalars(part))


def _lines(entries: Sequence[Entry], node: Any) -> str:
    dumped = yaml.safe_dump(list(entries), allow_unicode=True, sort_keys=False, width=100)
    indent = " " * node.start_mark.column
    return "".join(f"{indent}{line}" if line.strip() else line for line in dumped.splitlines(keepends=True))
