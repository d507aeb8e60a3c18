"""The nouns of comb: a frozen record for each. Offsets are half-open, in Unicode code points of the canonical text."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal, get_args

Role = Literal["participant", "interviewer", "other"]
Valence = Literal["barrier", "facilitator", "both", ""]
Verdict = Literal["accepted", "changed", "rejected"]
ROLES: tuple[Role, ...] = ("participant", "interviewer", "other")
SuggestionFormat = Literal["csv", "jsonl", "xlsx", "parquet", "docx", "html", "qdpx"]
SUGGESTION_FORMATS: tuple[SuggestionFormat, ...] = get_args(SuggestionFormat)
"""What ``comb suggest`` can write: the first four by ``study.files``, the others as the formats of other software."""
VALENCES: tuple[Valence, ...] = ("barrier", "facilitator", "both", "")
TAKEN_OVER = "suggestion"
"""Origin of a coding that a coder made from a suggestion."""
HYPHENS = "-\u00ad\u2010\u2011"
"""Characters that divide a word at the end of a line."""
CLOSING = ".,;:?!…)]}'\"’”"
"""Characters that follow a word without a space."""
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
    """Seconds from the start of the recording, if the file says so."""
    cuts: tuple[Span, ...] = ()
    """Parts of the turn that are not speech (stamps, page headers, a hyphen at a line's end), sorted and disjoint."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """One interview or focus group: canonical text plus turns."""

    id: str
    text: str
    turns: tuple[Turn, ...]
    source: str = ""
    """Name of the file that it was read from."""

    @property
    def cuts(self) -> tuple[Span, ...]:
        """Parts of the turns that are not speech, in the order of the text."""
        return tuple(cut for turn in self.turns for cut in turn.cuts)


def spoken(text: str, start: int, end: int, cuts: Sequence[Span]) -> str:
    r"""Return the words said in ``text[start:end]``: the canonical text without the cuts.

    >>> text = "It helps. #00:00:12-0# I see the eve-\nning one."
    >>> spoken(text, 0, len(text), [(10, 23), (36, 38)])
    'It helps. I see the evening one.'
    """
    return speech_places(text, start, end, cuts)[0]


def speech_places(text: str, start: int, end: int, cuts: Sequence[Span]) -> tuple[str, Sequence[int]]:
    """Return the words said in ``text[start:end]`` and, for each of their characters, its place in the canonical text.

    A cut with letters or digits in it that touches a word on both sides counts as a space, unless it begins with or
    follows a hyphen: then it joins the halves of a word.
    """
    first = bisect_left(cuts, start, key=lambda cut: cut[1])
    inside = [(a, b) for a, b in cuts[first : bisect_left(cuts, end, key=lambda cut: cut[0])] if b > start]
    if not inside:
        return text[start:end], range(start, end)
    said: list[str] = []
    places: list[int] = []
    at = start
    for cut_start, cut_end in [*inside, (end, end)]:
        said.append(text[at:cut_start])
        places += range(at, max(at, cut_start))
        if start < cut_start < cut_end < end and _parts_words(text, cut_start, cut_end):
            said.append(" ")
            places.append(cut_start)
        at = max(at, cut_end)
    return "".join(said), places


def are_cuts(cuts: object, start: int, end: int) -> bool:
    """Return whether values read from a file can be the cuts of a turn at ``[start, end)``."""
    if not isinstance(cuts, list | tuple) or not all(isinstance(cut, list | tuple) and len(cut) == 2 for cut in cuts):
        return False
    places = [start, *(place for cut in cuts for place in cut), end]
    return all(type(place) is int for place in places) and all(a <= b for a, b in pairwise(places))


def _parts_words(text: str, start: int, end: int) -> bool:
    joins = text[start] in HYPHENS or text[start - 1] in HYPHENS or not any(char.isalnum() for char in text[start:end])
    return not joins and not text[start - 1].isspace() and not text[end].isspace() and text[end] not in CLOSING


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
    """Text of the preceding turn by another speaker: the question that this segment answers."""

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
    blind: str = field(default="", compare=False)
    """``yes``: the coder had seen no codings of others or suggestions there; ``no``: had seen some; empty: unknown."""
    unsure: str = field(default="", compare=False)
    """``yes`` if the coder was not sure of it; otherwise empty."""

    @property
    def by_model(self) -> bool:
        """Whether a model made it. A suggestion that a person accepted is that person's coding."""
        return bool(self.model) and self.origin != TAKEN_OVER


@dataclass(frozen=True, slots=True)
class Memo:
    """A coder's note on a transcript, on a code (no transcript), or on the study (neither)."""

    transcript: str
    code: str
    coder: str
    text: str
    at: str = ""

    @property
    def about(self) -> str:
        """Its subject: ``transcript``, ``code`` or ``study``."""
        return "transcript" if self.transcript else "code" if self.code else "study"


@dataclass(frozen=True, slots=True)
class Evidence:
    """A hand-coded segment similar to the one that a suggestion is made for."""

    segment: str
    text: str
    code: str
    similarity: float


@dataclass(frozen=True, slots=True)
class Rival:
    """The code that came nearest to being suggested instead."""

    code: str
    score: float


UNGATED = "ungated"
"""Mark after a model's id for a suggestion of a code that is withheld."""
UNLIKE = "unlike training"
"""Mark after it for a transcript unlike those that the model learned from: its scores are less reliable."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A code that the model proposes for a segment; it becomes a coding only when a coder accepts it."""

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
    """A coder's decision on a suggestion; a resulting coding is a separate Coding, with model and score."""

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
    """How much the model would learn from it, from 0 to 1, relative to the best."""
    code: str
    """The code that is most in doubt."""
    score: float
    reason: str
