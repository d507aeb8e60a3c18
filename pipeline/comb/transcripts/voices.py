"""Counts for the speakers of a transcript: turns, turns that ask, words."""

from collections import defaultdict
from dataclasses import dataclass

from comb.records import Transcript
from comb.transcripts.questions import asks


@dataclass(frozen=True, slots=True)
class Voice:
    """Counts for one speaker in one transcript."""

    speaker: str
    turns: int
    asking: int
    """Turns that ask something."""
    words: int

    @property
    def rate(self) -> float:
        """The share of the turns that ask."""
        return self.asking / self.turns


def count_voices(transcript: Transcript) -> list[Voice]:
    """Count, for each speaker, turns, turns that ask, and words."""
    speech: defaultdict[str, list[str]] = defaultdict(list)
    for turn in transcript.turns:
        speech[turn.speaker].append(transcript.text[turn.start : turn.end])
    return [
        Voice(name, len(said), sum(map(asks, said)), sum(len(one.split()) for one in said))
        for name, said in speech.items()
    ]
