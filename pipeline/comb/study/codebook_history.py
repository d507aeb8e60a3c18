"""Versions of the codebook: a copy of each, and a table of who changed what, when and why.

``configs/codebook-history`` contains ``history.csv`` and a file for each version. These plain files belong to the
audit trail of the study; like the codebook itself they may be published, and contain what its examples contain.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from comb.errors import BadInputError
from comb.study.files import read_rows, write_rows, write_text
from comb.study.layout import Study

OUTSIDE = "changed outside comb, in an editor or by an import"
FIRST = "the codebook as it was at first"


@dataclass(frozen=True)
class Version:
    """One version of the codebook."""

    version: int
    at: str
    """ISO 8601, UTC."""
    by: str
    what: str
    why: str
    mapped: str
    """``old | new`` for each code whose codings moved, joined by semicolons; ``new`` is empty if they have no code
    now."""
    digest: str
    """SHA-256 of the file."""

    @property
    def codes(self) -> dict[str, str]:
        """Return, by the id of a code that is gone, the code that took its codings."""
        pairs = (part.partition("|") for part in self.mapped.split(";") if part)
        return {old.strip(): new.strip() for old, _, new in pairs}


def folder(study: Study) -> Path:
    """Return the folder of the versions."""
    return study.root / "configs" / "codebook-history"


def codebook_file(study: Study) -> Path:
    """Return the codebook's file."""
    return study.root / "configs" / "codebook.yaml"


def codebook_text(study: Study) -> str:
    """Return the text of the codebook's file."""
    return codebook_file(study).read_text(encoding="utf-8-sig")


def written(mapped: Mapping[str, str]) -> str:
    """Write which code replaced which, as ``Version.codes`` reads it."""
    return "; ".join(f"{old} | {new}".strip() for old, new in mapped.items())


def digest(text: str) -> str:
    """Return the digest of a text of the codebook."""
    return hashlib.sha256(text.encode()).hexdigest()


def read_history(study: Study) -> list[Version]:
    """List the versions, the oldest first; none before the first edit."""
    path, names = folder(study) / "history.csv", [field.name for field in fields(Version)]
    found = read_rows(path, names) if path.exists() else ()
    return [_version(number, [row[name] for name in names]) for number, row in found]


def _version(row: int, cells: list[str]) -> Version:
    if not (cells[0].isascii() and cells[0].isdigit()):
        remedy = "Restore the file from a copy, or delete it: comb then begins a new one, and keeps the versions."
        raise BadInputError("the number of a version is not a number", where=f"history.csv, row {row}", remedy=remedy)
    return Version(int(cells[0]), *cells[1:])


def read_version(study: Study, version: int) -> str:
    """Return the text of a version. Raises FileNotFoundError if there is none."""
    return _file(study, version).read_text(encoding="utf-8")


def add_version(study: Study, before: str, after: str, made: Version) -> int:
    """Add a version and return its number; if the text before it is in no version, that is added first.

    ``made`` needs no number and no digest.
    """
    found = read_history(study)
    if not found or found[-1].digest != digest(before):
        what, by = (OUTSIDE, "") if found else (FIRST, "")
        found.append(Version(_next(study, found), made.at, by, what, "", "", digest(before)))
        write_text(_file(study, found[-1].version), before)
    found.append(Version(_next(study, found), made.at, made.by, made.what, made.why, made.mapped, digest(after)))
    write_text(_file(study, found[-1].version), after)
    names = [field.name for field in fields(Version)]
    write_rows(folder(study) / "history.csv", names, ([getattr(one, name) for name in names] for one in found))
    return found[-1].version


def _next(study: Study, found: Sequence[Version]) -> int:
    """Return the number of the next version; a copy is never written over, also if the table was lost."""
    kept = [int(path.stem) for path in folder(study).glob("[0-9][0-9][0-9][0-9].yaml")]
    return max([*kept, *(one.version for one in found)], default=-1) + 1


def aliases(study: Study) -> dict[str, str]:
    """Return, by former ids of codes, the code that is meant now, for the suggestions of an older model."""
    found: dict[str, str] = {}
    for version in read_history(study):
        codes = version.codes
        found = {old: codes.get(new, new) for old, new in found.items()} | codes
    now = study.codebook
    return {old: new for old, new in found.items() if old not in now and new in now}


def _file(study: Study, version: int) -> Path:
    return folder(study) / f"{version:04}.yaml"
