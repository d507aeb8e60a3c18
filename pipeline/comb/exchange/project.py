"""The record for exchange with other software: every format is read into it and written from it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from comb.codebook import Codebook
from comb.errors import NotReadyError
from comb.records import Coding, Decision, Memo, Segment, Suggestion, Transcript
from comb.study.speakers import StudyRoles


@dataclass(frozen=True)
class Grid:
    """The study's segments, and the settings by which codings apply to them: see ``alignment``."""

    segments: Sequence[Segment]
    level: str
    overlap: float


def no_grid() -> Grid:
    """Raise NotReadyError: the study has no segments, or segments of other texts."""
    raise NotReadyError("the study has no segments yet", where="data/interim", remedy="Run: comb segment.")


@dataclass(frozen=True)
class Project:
    """The content of a study. A format that cannot contain a part leaves it empty and says so in ``warnings``."""

    name: str
    codebook: Codebook | None
    transcripts: Mapping[str, Transcript]
    """By id."""
    codings: tuple[Coding, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    decisions: tuple[Decision, ...] = ()
    attributes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Attributes of participants: name and value by transcript id. The study's ``data/attributes.csv``."""
    coverage: frozenset[tuple[str, str]] | None = None
    """(transcript, coder) pairs of transcripts that were read to the end; None if unknown. See ``codings``."""
    participants: tuple[tuple[str, str], ...] = ()
    """(transcript, participant), for those who speak in several transcripts."""
    memos: tuple[Memo, ...] = ()
    """Memos on transcripts, codes and the study; memos on codings are part of the codings."""
    new: frozenset[str] = frozenset()
    """Ids of the transcripts in the study's ``data/new``, which nobody has coded yet."""
    originals: Mapping[str, Path] = field(default_factory=dict)
    """The file of a transcript by id, if there is one that reads as this transcript; it is imported unchanged."""
    grid: Callable[[], Grid] = no_grid
    """Returns the segments; called only by formats with a row for each segment."""
    changed: str = ""
    """When the study's own files were last changed (ISO 8601, UTC); for programs that do not open a project without a
    time."""
    warnings: tuple[str, ...] = ()
    """Counts of things that could not be kept, or were realigned; never participants' words."""

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
    """What a reader may need to know about the study."""

    roles: StudyRoles = field(default_factory=StudyRoles)
    codebook: Codebook | None = None
    transcripts: Callable[[], Mapping[str, Transcript]] = _no_transcripts
    """Reads the transcripts that the study has already, by id; called only by formats without transcripts."""
