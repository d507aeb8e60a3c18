"""Put a study's codings on the units of comparison: segments, turns, whole transcripts or characters.

The effect of the unit on agreement:

- segment: the default, and the unit that the model codes. Boundaries are fixed, so that coders can differ only in
  codes.
- turn: larger units tolerate differences of place: agreement is higher, and codes look more common than they are.
- transcript: only whether a code occurs at all; most tolerant, but with few units and thus wide intervals.
- character: every character counts, long passages most; sensitive to where a coder starts and stops. Most characters
  have no code, so per cent agreement is always high, and kappa should be reported.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from comb.agreement.ratings import Ratings
from comb.codebook import Codebook
from comb.codings.alignment import UNREAD, UNUSED, align, overlaps
from comb.codings.codings_csv import CodingsRead
from comb.errors import BadInputError
from comb.records import Coding, Role, Segment, Transcript, spoken

UNITS = ("segment", "turn", "transcript", "character")
UNIT_NOTES = {
    "segment": "Units are segments, here {segments}: coders can differ in codes, not in boundaries.",
    "turn": "Units are whole turns: the same code on different sentences of a turn counts as agreement, so agreement "
    "is usually higher than by segment.",
    "transcript": "Units are whole transcripts, in which a code occurs or not, wherever it is. Few units, wide "
    "intervals.",
    "character": "Every character is a unit: long passages weigh more than short ones, and different boundaries count "
    "as disagreement. Most characters have no code, so observed agreement is high by chance alone; read kappa or "
    "alpha.",
    "unit": "Units are those of the tables: coders can differ in codes, not in boundaries.",
}
CONSENSUS = "consensus"


@dataclass(frozen=True)
class CodedStudy:
    """The data for a comparison in a study."""

    transcripts: Mapping[str, Transcript]
    segments: Sequence[Segment]
    read: CodingsRead
    codebook: Codebook
    roles: Sequence[Role]
    """The roles whose speech is coded."""
    share: float
    """Share of the shorter one by which a coding and a unit must overlap."""
    models: Mapping[str, Sequence[str]]
    """Coders that are models, with the codes that they can suggest."""
    whole: bool = False
    """Whether a segment is a turn already."""
    attributes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Attributes of participants: name and value by transcript."""

    @property
    def coders(self) -> tuple[str, ...]:
        """All coders, people and models."""
        return tuple(sorted({coding.coder for coding in self.read.codings}))

    @property
    def people(self) -> tuple[str, ...]:
        """The coders to compare by default: all but models and the consensus."""
        return tuple(name for name in self.coders if name not in self.models and name.casefold() != CONSENSUS)


def unit_note(study: CodedStudy, unit: str) -> str:
    """Return what the units are, and the effect of that on agreement."""
    return UNIT_NOTES[unit].format(segments="whole turns" if study.whole else "sentences")


def study_ratings(study: CodedStudy, coders: Sequence[str], level: str, unit: str) -> Ratings:
    """Put the codings of these coders on units, at a level of the codebook.

    Raises BadInputError for an unknown coder.
    """
    for name in coders:
        if name not in study.coders:
            known = ", ".join(study.coders) or "none yet"
            raise BadInputError(f"there is no coder {name!r}", remedy=f"The coders are: {known}.")
    units = units_of(study, unit, coders)
    read = known_coverage(study, coders)
    book = book_for(study, unit)
    views = align(units, read, book, level, study.share, human=False)
    exclusive = book.exclusive
    blank = np.full((len(units), len(views.codes)), UNREAD, np.int8)
    cells = np.stack([views.coders[n].codes if n in views.coders else blank for n in coders], axis=1)
    for index, name in enumerate(coders):
        if name in study.models:
            able = {book.at_level(code, level) for code in study.models[name] if code in book}
            cells[:, index, [code not in able for code in views.codes]] = UNREAD
    valence = np.stack([views.coders[n].valence if n in views.coders else blank[:, 0] for n in coders], axis=1)
    ratings = Ratings(
        unit=unit,
        units=tuple(item.id for item in units),
        coders=tuple(coders),
        codes=views.codes,
        cells=cells,
        groups=tuple(item.transcript for item in units),
        sizes=np.array([item.end - item.start if unit == "character" else 1 for item in units], float),
        exclusive=exclusive,
        with_none=exclusive and bool((cells == UNUSED).all(axis=2).any()),
        valence=valence,
    )
    return _double_coded(ratings)


def _double_coded(ratings: Ratings) -> Ratings:
    """Leave out transcripts in which no unit was judged twice: one coder's own work says nothing of agreement."""
    paired = (ratings.cells >= 0).any(axis=2).sum(axis=1) > 1
    shared = {name for name, both in zip(ratings.groups, paired, strict=True) if both}
    kept = np.array([name in shared for name in ratings.groups], bool)
    return ratings.where(kept) if shared else ratings


def book_for(study: CodedStudy, unit: str) -> Codebook:
    """Return the codebook as it applies to a unit: codes exclude each other in a segment, but not in a turn."""
    whole = unit in ("segment", "character") or (unit == "turn" and study.whole)
    return replace(study.codebook, exclusive=study.codebook.exclusive and whole)


def units_of(study: CodedStudy, unit: str, coders: Sequence[str]) -> list[Segment]:
    """List the units: segments, or turns, transcripts or runs of characters in the form of segments."""
    if unit == "segment":
        return list(study.segments)
    if unit == "turn":
        return _turns(study)
    present = {segment.transcript for segment in study.segments}
    if unit == "transcript":
        return [_piece(t, 0, len(t.text)) for t in study.transcripts.values() if t.id in present]
    return _runs(study, set(coders))


def _turns(study: CodedStudy) -> list[Segment]:
    places = dict.fromkeys((segment.transcript, segment.turn) for segment in study.segments)
    out = []
    for name, number in places:
        turn = study.transcripts[name].turns[number]
        out.append(_piece(study.transcripts[name], turn.start, turn.end, number, turn.speaker))
    return out


def _runs(study: CodedStudy, coders: set[str]) -> list[Segment]:
    """Cut coded speech wherever a coding starts or ends: all characters of a run were coded alike by everybody."""
    edges: dict[str, set[int]] = defaultdict(set)
    for coding in study.read.codings:
        if coding.coder in coders:
            edges[coding.transcript] |= {coding.start, coding.end}
    out = []
    for transcript in study.transcripts.values():
        for number, turn in enumerate(transcript.turns):
            if turn.role in study.roles:
                inside = {edge for edge in edges[transcript.id] if turn.start < edge < turn.end}
                for start, end in pairwise(sorted({turn.start, turn.end} | inside)):
                    out.append(_piece(transcript, start, end, number, turn.speaker))
    return out


def _piece(transcript: Transcript, start: int, end: int, turn: int = 0, speaker: str = "") -> Segment:
    said = spoken(transcript.text, start, end, transcript.cuts)
    return Segment(transcript.id, start, end, turn, speaker, "participant", said)


def known_coverage(study: CodedStudy, coders: Sequence[str]) -> CodingsRead:
    """Keep the codings of these coders, and return which transcripts they read to the end.

    Without coverage.csv, a person counts as having read the transcripts that they coded in; a model judged only the
    segments for which it has rows.
    """
    kept = tuple(c for c in study.read.codings if c.coder in coders)
    coverage = study.read.coverage
    if coverage is None:
        coverage = frozenset((c.transcript, c.coder) for c in kept if c.coder not in study.models)
    return replace(study.read, codings=kept, coverage=coverage)


def placed(units: Sequence[Segment], codings: Sequence[Coding], share: float) -> Iterator[tuple[int, Coding]]:
    """Pair each coding that has a code with the units that it applies to, by number."""
    rows: dict[str, list[int]] = defaultdict(list)
    for index, unit in enumerate(units):
        rows[unit.transcript].append(index)
    ends = {name: np.array([units[row].end for row in own]) for name, own in rows.items()}
    for coding in codings:
        own = rows.get(coding.transcript, [])
        if not coding.code or not own:
            continue
        for row in own[int(np.searchsorted(ends[coding.transcript], coding.start, side="right")) :]:
            if units[row].start >= coding.end:
                break
            if overlaps(coding, units[row], share):
                yield row, coding
