"""What is exchanged with other software: one record that every format reads into and writes from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from comb.codebook import Codebook
from comb.errors import NotReadyError
from comb.records import Coding, Decision, Memo, Segment, Suggestion, Transcript
from comb.study.speakers import StudyRoles


@dataclass(frozen=True)
class Grid:
    """The study's segments, and how codings are put on them: see ``alignment``."""

    segments: Sequence[Segment]
    level: str
    overlap: float


def no_grid() -> Grid:
    """Raise NotReadyError: the study has no segments, or those of other texts."""
    raise NotReadyError("the study has no segments yet", where="data/interim", remedy="Run: comb segment.")


@dataclass(frozen=True)
class Project:
    """What people see of a study. A format that cannot contain a part leaves it empty and says so in ``warnings``."""

    name: str
    codebook: Codebook | None
    transcripts: Mapping[str, Transcript]
    """By id."""
    codings: tuple[Coding, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    decisions: tuple[Decision, ...] = ()
    attributes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Of participants: by transcript id, name and value. The study's ``data/attributes.csv``."""
    coverage: frozenset[tuple[str, str]] | None = None
    """(transcript, coder) of whole transcripts that were read; None if nothing says so. See ``codings``."""
    participants: tuple[tuple[str, str], ...] = ()
    """(transcript, participant), for those who speak in several transcripts."""
    memos: tuple[Memo, ...] = ()
    """On transcripts, codes and the study; those on codings are the codings' own."""
    new: frozenset[str] = frozenset()
    """Ids of the transcripts that nobody has coded yet: the study's ``data/new``."""
    originals: Mapping[str, Path] = field(default_factory=dict)
    """By transcript id: the file that reads as this transcript, if there is one; it is imported as it is."""
    grid: Callable[[], Grid] = no_grid
    """Returns the segments; only called where a format has a row for each."""
    changed: str = ""
    """When the study's own files were last changed (ISO 8601, UTC); for programs that open nothing without a time."""
    warnings: tuple[str, ...] = ()
    """What could not be held or was realigned, counted; never participants' words."""

    def only(self, transcript: str) -> "Project":
        """Return the part of the project that belongs to one transcript."""
        return replace(
            self,
            transcripts={transcript: self.transcripts[transcript]},
            codings=tuple(item for item in self.codings if item.transcript == transcript),
            suggestions=tuple(item for item in self.suggestions if item.transcript == transcript),
            decisions=tuple(item for item in self.decisions if item.transcript == transcript),
            attributes={transcript: self.attributes[transcript]} if transcript in self.attributes else {},
            coverage=None
            if self.coverage is None
            else frozenset(pair for pair in self.coverage if pair[0] == transcript),
            participants=tuple(pair for pair in self.participants if pair[0] == transcript),
            memos=tuple(memo for memo in self.memos if memo.transcript == transcript),
            new=self.new & {transcript},
        )


def _no_transcripts() -> Mapping[str, Transcript]:
    return {}


@dataclass(frozen=True)
class Setting:
    """What a reader may know of the study that it reads for."""

    roles: StudyRoles = field(default_factory=StudyRoles)
    codebook: Codebook | None = None
    transcripts: Callable[[], Mapping[str, Transcript]] = _no_transcripts
    """Reads the transcripts that the study has already, by id; only called where a format has none of its own."""
