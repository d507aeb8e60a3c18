"""Coded passages: the codings that count, and the speakers of their words."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from comb.codebook import Codebook
from comb.codings.codings_csv import CodingsRead
from comb.records import Coding, Transcript, Turn, Valence
from comb.synthesis.people import Kind, Sample


@dataclass(frozen=True, slots=True)
class Passage:
    """One code on one passage, in the codings that count. A passage with two codes is two records with the same id."""

    transcript: str
    start: int
    end: int
    text: str
    code: str
    valence: Valence
    coder: str
    kind: Kind
    participants: tuple[str, ...]
    """The people who speak in it; empty if the member of a focus group is unknown."""
    groups: tuple[str, ...]
    memo: str = ""
    """The coder's memo."""

    @property
    def id(self) -> str:
        """Return the passage's place, which is its name in every table."""
        return f"{self.transcript}:{self.start}-{self.end}"

    @property
    def hinders(self) -> bool:
        """Return whether it speaks of a barrier; a passage with both valences counts on both sides."""
        return self.valence in ("barrier", "both")

    @property
    def helps(self) -> bool:
        """Return whether it speaks of a facilitator."""
        return self.valence in ("facilitator", "both")


@dataclass(frozen=True)
class Coded:
    """The counted passages, and notes on what is not counted and why."""

    passages: tuple[Passage, ...]
    coders: Mapping[str, str]
    """The coder whose codings count, by transcript."""
    notes: tuple[str, ...]


def coded_passages(
    read: CodingsRead,
    transcripts: Mapping[str, Transcript],
    sample: Sample,
    codebook: Codebook,
    order: Sequence[str],
) -> Coded:
    """Return the passages of the sample's transcripts, in the order of the text.

    In each transcript, one person's codings count: the first of ``order`` who read it, its only reader, or any of its
    coders if they coded it alike. If several people read it, differ, and none of them is in ``order``, it is unclear
    whose codings count: the transcript is left out, and ``notes`` says so. A model's own codings never count. Raises
    BadParamsError for an unknown code.
    """
    human = [coding for coding in read.codings if not coding.by_model]
    coders, unsettled = whose_count(read, sample.sessions, order)
    counted = [c for c in human if c.code and coders.get(c.transcript) == c.coder]
    passages, outside = [], 0
    for coding in sorted(counted, key=lambda c: (c.transcript, c.start, c.end, c.code, c.valence)):
        codebook.require(coding.code, f"codings of coder {coding.coder!r}, transcript {coding.transcript!r}")
        turns = _turns(coding, transcripts[coding.transcript].turns)
        outside += not turns
        if turns:
            passages.append(_passage(coding, turns, sample))
    unread = [name for name in sample.sessions if name not in coders and name not in unsettled]
    return Coded(tuple(dict.fromkeys(passages)), coders, tuple(_notes(unsettled, unread, outside)))


def whose_count(
    read: CodingsRead, transcripts: Iterable[str], order: Sequence[str]
) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Return the coder whose codings count in each transcript, and the coders of those for which this is open."""
    readers, said = _readers(read, order), _said(read)
    chosen, unsettled = {}, {}
    for name in transcripts:
        found = sorted(readers.get(name, ()))
        first = next((coder for coder in order if coder in found), None)
        alike = len({said[name, coder] for coder in found}) == 1
        if first or alike:
            chosen[name] = first or found[0]
        elif found:
            unsettled[name] = found
    return chosen, unsettled


def _readers(read: CodingsRead, order: Sequence[str]) -> Mapping[str, set[str]]:
    """Return the people who read each transcript."""
    human = [coding for coding in read.codings if not coding.by_model]
    people = {coding.coder for coding in human} | set(order)
    readers: dict[str, set[str]] = defaultdict(set)
    for coding in human:
        readers[coding.transcript].add(coding.coder)
    for transcript, coder in read.coverage or ():
        if coder in people:
            readers[transcript].add(coder)
    return readers


def _said(read: CodingsRead) -> Mapping[tuple[str, str], frozenset[tuple[int, int, str, str]]]:
    """Return what each person coded in each transcript: places, codes and valences."""
    said: dict[tuple[str, str], set[tuple[int, int, str, str]]] = defaultdict(set)
    for coding in read.codings:
        if coding.code and not coding.by_model:
            said[coding.transcript, coding.coder].add((coding.start, coding.end, coding.code, coding.valence))
    return defaultdict(frozenset, {key: frozenset(places) for key, places in said.items()})


def _turns(coding: Coding, turns: Sequence[Turn]) -> list[Turn]:
    return [t for t in turns if t.role == "participant" and min(t.end, coding.end) > max(t.start, coding.start)]


def _passage(coding: Coding, turns: Sequence[Turn], sample: Sample) -> Passage:
    session = sample.sessions[coding.transcript]
    known = dict.fromkeys(session.speakers.get(turn.speaker, "") for turn in turns)
    people = tuple(person for person in known if person)
    groups = tuple(dict.fromkeys(map(sample.group, people or session.participants)))
    place = (coding.transcript, coding.start, coding.end, coding.quote)
    return Passage(*place, coding.code, coding.valence, coding.coder, session.kind, people, groups, coding.memo)


def _notes(unsettled: Mapping[str, Sequence[str]], unread: Sequence[str], outside: int) -> Iterable[str]:
    for name, coders in unsettled.items():
        yield (
            f"{name} is not counted: {', '.join(coders)} coded it and their differences are not settled. Settle them "
            "(in the workspace under Transcripts, or with comb agree --disagreements), or name the coder who counts in "
            "synthesis.coders"
        )
    if unread:
        yield f"Not coded yet, and not counted: {', '.join(unread)}"
    if outside:
        yield f"Codings outside participants' speech, not counted: {outside}"


def texts(passages: Iterable[Passage]) -> dict[str, str]:
    """Return the words of each passage by its id."""
    return {passage.id: passage.text for passage in passages}
