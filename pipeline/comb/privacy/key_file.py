"""The key: the original of each pseudonym, and its place. For the owner only, and never part of an export."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from comb.errors import BadInputError
from comb.privacy.offset_map import OffsetMap, Replacement
from comb.study.files import need, read_rows, write_rows, write_text

COLUMNS = ("place", "transcript", "start", "end", "pseudonym", "original")
_WARNING = "# Everything in this folder names people: it is not committed, exported or given away.\n*\n"


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One replacement: ``original`` was at ``[start, end)`` in the text whose id is now ``transcript``."""

    place: str
    """``text``, ``file name`` or ``speaker``; ``any`` outside transcripts."""
    transcript: str
    start: int
    end: int
    pseudonym: str
    original: str


def make_private(folder: Path) -> None:
    """Make the folder for the key and the table, readable only by the owner and ignored by git wherever it is."""
    folder.mkdir(parents=True, exist_ok=True)
    if os.name == "posix":
        folder.chmod(0o700)
    ignored = folder / ".gitignore"
    if not ignored.exists():
        write_text(ignored, _WARNING)


def write_key(path: Path, rows: Sequence[KeyRow]) -> None:
    """Write the key."""
    make_private(path.parent)
    cells = ((r.place, r.transcript, r.start, r.end, r.pseudonym, r.original) for r in rows)
    write_rows(path, COLUMNS, cells)
    path.chmod(0o600)


def read_key(path: Path) -> list[KeyRow]:
    """Read the key. Raises NotReadyError if there is none, BadInputError naming an invalid row."""
    need(path, "The key is in the folder private of the study that was pseudonymised.")
    rows = []
    for number, cells in read_rows(path, COLUMNS):
        try:
            start, end = int(cells["start"]), int(cells["end"])
        except ValueError:
            remedy = "Use the key as comb wrote it, or pseudonymise again."
            raise BadInputError("a place is not a number", where=f"{path.name}, row {number}", remedy=remedy) from None
        rows.append(KeyRow(cells["place"], cells["transcript"], start, end, cells["pseudonym"], cells["original"]))
    return rows


def rows_of_text(name: str, text: str, made: OffsetMap) -> Iterable[KeyRow]:
    """Yield the rows for a transcript's text; ``name`` is its new id."""
    for one, back in zip(made.replacements, made.inverse(text).replacements, strict=True):
        yield KeyRow("text", name, back.start, back.end, one.new, back.new)


def maps_back(rows: Iterable[KeyRow], texts: Mapping[str, str]) -> dict[str, OffsetMap]:
    """Return, for each pseudonymised transcript, the map back to its original.

    Raises BadInputError naming each transcript whose text differs from the one for which the key was made.
    """
    found: dict[str, list[Replacement]] = {name: [] for name in texts}
    wrong: dict[str, None] = {}
    for row in rows:
        if row.place == "text" and row.transcript in texts:
            found[row.transcript].append(Replacement(row.start, row.end, row.original))
            if texts[row.transcript][row.start : row.end] != row.pseudonym:
                wrong[row.transcript] = None
    if wrong:
        remedy = "Restore the transcript as comb pseudonymise wrote it."
        raise BadInputError(f"the key does not fit the text of {', '.join(wrong)}", where="key.csv", remedy=remedy)
    return {name: OffsetMap(tuple(sorted(items, key=lambda one: one.start))) for name, items in found.items()}
