"""``data/attributes.csv`` and ``data/codings/participants.csv``: attributes of the speakers."""

import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path

from comb.errors import BadInputError
from comb.study.files import read_rows, write_rows

Attributes = Mapping[str, Mapping[str, str]]


def read_attributes(path: Path) -> dict[str, dict[str, str]]:
    """Read attributes by transcript id, name and value; empty cells are left out. Nothing if there is no file.

    Raises BadInputError if a transcript has two rows.
    """
    found: dict[str, dict[str, str]] = {}
    for number, row in read_rows(path, ("transcript",)) if path.exists() else ():
        name = unicodedata.normalize("NFC", row.pop("transcript").strip())
        if name in found:
            remedy = "Give each transcript one row."
            raise BadInputError(
                "the transcript of this row occurs twice", where=f"{path.name}, row {number}", remedy=remedy
            )
        found[name] = {key: value for key, value in row.items() if value}
    return found


def write_attributes(path: Path, attributes: Attributes) -> None:
    """Write attributes, a row for each transcript, in the order given."""
    names = list(dict.fromkeys(name for values in attributes.values() for name in values))
    rows = ([transcript, *(values.get(name, "") for name in names)] for transcript, values in attributes.items())
    write_rows(path, ("transcript", *names), rows)


def merge_attributes(old: Attributes, new: Attributes, where: str) -> dict[str, dict[str, str]]:
    """Add attributes to those of a study. Raises BadInputError if the two contradict each other."""
    merged = {name: dict(values) for name, values in old.items()}
    for transcript, values in new.items():
        own = merged.setdefault(transcript, {})
        for name, value in values.items():
            if own.setdefault(name, value) != value:
                what = f"attribute {name!r} of transcript {transcript!r} differs from that in data/attributes.csv"
                raise BadInputError(what, where=where, remedy="Correct one of the two; nothing was imported.")
    return merged


def read_pairs(path: Path, columns: Sequence[str]) -> list[tuple[str, str]]:
    """Read a table of two columns, the first with transcript ids. Nothing if there is no file."""
    if not path.exists():
        return []
    rows = (row for _, row in read_rows(path, columns))
    return [(unicodedata.normalize("NFC", row[columns[0]].strip()), row[columns[1]].strip()) for row in rows]
