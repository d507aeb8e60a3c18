"""What is exchanged with other software: one record that every format reads into and writes from."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.codebook import Codebook
from pipeline.records import Coding, Decision, Suggestion, Transcript


@dataclass(frozen=True)
class Project:
    """What people see of a study. A format that cannot hold a part leaves it empty and says so in ``warnings``."""

    name: str
    codebook: Codebook | None
    transcripts: Mapping[str, Transcript]
    """By id."""
    codings: tuple[Coding, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    decisions: tuple[Decision, ...] = ()
    attributes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Of participants: by transcript id, name and value. The study's ``data/attributes.csv``."""
    warnings: tuple[str, ...] = ()
    """What could not be held or was realigned, counted; never participants' words."""
