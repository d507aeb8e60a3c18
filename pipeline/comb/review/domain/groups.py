"""Participants' attributes by transcript and turn, as used by ``comb summary``."""

from collections.abc import Mapping
from dataclasses import dataclass

from comb.errors import BadInputError
from comb.exchange.attributes import read_attributes
from comb.records import Transcript, Turn
from comb.review.storage.library import Library
from comb.synthesis.people import Sample, read_sample


@dataclass(frozen=True)
class Groups:
    """The participants and their attributes."""

    sample: Sample

    @classmethod
    def of(cls, library: Library, by: str = "") -> "Groups":
        """Read the study's tables of participants. Raises BadInputError that lists all invalid cells."""
        study = library.study
        tables = (study.people, study.participants, read_attributes(study.attributes))
        return cls(read_sample(library.transcripts, *tables, by))

    def people(self, name: str, turn: Turn) -> tuple[str, ...]:
        """Return the participant who speaks a turn; None for an interviewer, or if the member of a group is unknown."""
        session = self.sample.sessions.get(name)
        if turn.role != "participant" or session is None:
            return ()
        return tuple(person for person in [session.speakers.get(turn.speaker, "")] if person)

    def has(self, name: str, turn: Turn, attribute: str, value: str) -> bool:
        """Return whether the speaker of a turn has this value of an attribute."""
        return any(self.sample.attributes.get(p, {}).get(attribute) == value for p in self.people(name, turn))

    def values(self) -> dict[str, list[str]]:
        """Return all values of each attribute, sorted."""
        found: dict[str, set[str]] = {name: set() for name in self.sample.names}
        for own in self.sample.attributes.values():
            for name, value in own.items():
                found[name].add(value)
        return {name: sorted(values - {""}) for name, values in found.items()}


def attribute_values(library: Library) -> tuple[dict[str, list[str]], str]:
    """Return the values of all attributes, and an error if the tables cannot be read."""
    try:
        return Groups.of(library).values(), ""
    except BadInputError as error:
        return {}, str(error)


def speakers_of(transcripts: Mapping[str, Transcript]) -> list[str]:
    """Return the labels of all speakers, sorted."""
    return sorted({turn.speaker for item in transcripts.values() for turn in item.turns if turn.speaker})
