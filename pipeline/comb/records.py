"""The nouns of comb, one frozen record each. Offsets are half-open, in Unicode code points of the canonical text."""

from dataclasses import dataclass
from typing import Literal, get_args

Role = Literal["participant", "interviewer", "other"]
Valence = Literal["barrier", "facilitator", "both", ""]
Verdict = Literal["accepted", "changed", "rejected"]
ROLES: tuple[Role, ...] = ("participant", "interviewer", "other")
SuggestionFormat = Literal["csv", "jsonl", "xlsx", "docx", "html", "qdpx"]
SUGGESTION_FORMATS: tuple[SuggestionFormat, ...] = get_args(SuggestionFormat)
"""What ``comb suggest`` can write: the first three by ``store``, the others as the formats of other software."""
VALENCES: tuple[Valence, ...] = ("barrier", "facilitator", "both", "")
TAKEN_OVER = "suggestion"
"""Origin of a coding that a coder made of a suggestion."""
Span = tuple[int, int]
"""A half-open stretch ``[start, end)`` of canonical text."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One speaker's uninterrupted speech; ``[start, end)`` is the speech without the speaker's label."""

    speaker: str
    role: Role
    start: int
    end: int
    time: float | None = None
    """Seconds from the start of the recording, where the file says so."""
    cuts: tuple[Span, ...] = ()
    """What is not speech inside the turn (stamps, page headers, a hyphen at a line's end), sorted and disjoint."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """One interview or focus group: canonical text plus turns."""

    id: str
    text: str
    turns: tuple[Turn, ...]
    source: str = ""
    """Name of the file that it was read from."""


@dataclass(frozen=True, slots=True)
class Segment:
    """The unit that is coded: a sentence or a turn."""

    transcript: str
    start: int
    end: int
    turn: int
    speaker: str
    role: Role
    text: str
    context: str = ""
    """What the speaker before said: the question that this segment answers."""

    @property
    def id(self) -> str:
        """Name the segment by its place, so that the name survives a new run."""
        return f"{self.transcript}:{self.start}-{self.end}"


@dataclass(frozen=True, slots=True)
class Coding:
    """One code put on one span by one coder. An empty code: the coder read the span and coded nothing."""

    transcript: str
    start: int
    end: int
    quote: str
    code: str
    valence: Valence
    coder: str
    memo: str = ""
    created_at: str = ""
    origin: str = ""
    model: str = ""
    score: float | None = None

    @property
    def by_model(self) -> bool:
        """Whether a model made it. A suggestion that a person took over is that person's, with model and score kept."""
        return bool(self.model) and self.origin != TAKEN_OVER


@dataclass(frozen=True, slots=True)
class Evidence:
    """A hand-coded segment near to the one that a suggestion is made for."""

    segment: str
    text: str
    code: str
    similarity: float


@dataclass(frozen=True, slots=True)
class Rival:
    """The code that came nearest to being suggested in a suggestion's place."""

    code: str
    score: float


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A code that the model proposes for a segment; it becomes a coding only by a coder's act."""

    transcript: str
    start: int
    end: int
    speaker: str
    text: str
    code: str
    valence: Valence
    score: float
    threshold: float
    rank: int
    model: str
    evidence: tuple[Evidence, ...] = ()
    rival: Rival | None = None
    words: tuple[str, ...] = ()
    """The words of the segment that weigh most for the code."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a coder decided on a suggestion; a coding that came of it is a Coding of its own, with model and score."""

    transcript: str
    start: int
    end: int
    code: str
    valence: Valence
    score: float
    threshold: float
    model: str
    verdict: Verdict
    coder: str
    decided_at: str
    """ISO 8601, UTC."""
    memo: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A segment that is worth coding next, for the model that learns from it."""

    rank: int
    transcript: str
    start: int
    end: int
    value: float
    """What the model would learn from it, from 0 to 1, relative to the best."""
    code: str
    """The code that is most in doubt."""
    score: float
    reason: str
