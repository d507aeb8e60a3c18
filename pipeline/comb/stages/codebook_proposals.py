"""Coders' proposals for the codebook: notes to the lead, kept in ``.comb`` until they are resolved."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from comb.study.files import read_json, write_json
from comb.study.layout import Study

LONGEST = 4000
"""Most characters of a note."""


@dataclass(frozen=True)
class Proposal:
    """A note to the lead."""

    at: str
    by: str
    code: str
    text: str

    @classmethod
    def of(cls, by: str, code: str, text: str) -> "Proposal":
        """Make a note with the present time."""
        return cls(datetime.now(UTC).isoformat(timespec="milliseconds"), by, code, text.strip()[:LONGEST])


def read_proposals(study: Study) -> list[Proposal]:
    """List the notes, the oldest first."""
    path = _file(study)
    return [Proposal(**row) for row in read_json(path)] if path.exists() else []


def add_proposal(study: Study, proposal: Proposal) -> None:
    """Store a note."""
    _write(study, [*read_proposals(study), proposal])


def dismiss(study: Study, at: str, by: str | None) -> None:
    """Remove a note; with ``by``, only one by that person."""
    _write(study, [one for one in read_proposals(study) if one.at != at or by not in (None, one.by)])


def _write(study: Study, found: list[Proposal]) -> None:
    write_json(_file(study), [asdict(one) for one in found])


def _file(study: Study) -> Path:
    return study.state / "codebook-proposals.json"
