"""The transcripts and the codebook that codings refer to, ready to be searched."""

from collections.abc import Mapping
from functools import cached_property

from comb.codebook import Codebook
from comb.codings.code_labels import CodeNames
from comb.codings.folded_text import plain, words_of
from comb.codings.names import TranscriptNames
from comb.codings.problems import Passage
from comb.codings.quote_finder import QuoteFinder
from comb.records import Transcript

LONGEST_NAME = 40
"""Characters of a name that messages show."""


class Known:
    """Transcripts and codebook that codings refer to, ready to be searched."""

    def __init__(self, transcripts: Mapping[str, Transcript], codebook: Codebook | None = None) -> None:
        self.transcripts = transcripts
        self.codebook = codebook
        self.names = TranscriptNames(transcripts)
        self.codes = CodeNames(codebook)
        self._finders: dict[str, QuoteFinder] = {}

    def finder(self, name: str) -> QuoteFinder:
        """Return the finder of quotes in a transcript."""
        if name not in self._finders:
            transcript = self.transcripts[name]
            self._finders[name] = QuoteFinder(transcript.text, transcript.turns)
        return self._finders[name]

    def holds(self, passage: Passage) -> bool:
        """Return whether a passage lies in one of the transcripts."""
        transcript = self.transcripts.get(passage.transcript)
        return transcript is not None and all(0 <= start < end <= len(transcript.text) for start, end in passage.spans)

    def shown(self, cell: str) -> str:
        """Show a name as written, unless it is long or occurs in a transcript: then somebody may have said it."""
        words = plain(cell).split()
        most = min(len(words), 3)
        runs = (" ".join(words[at : at + most]) for at in range(len(words) - most + 1))
        said = most > 1 and any(run in self._said for run in runs)
        return "(a text)" if said or len(cell) > LONGEST_NAME else repr(" ".join(cell.split()))

    @cached_property
    def _said(self) -> str:
        return "\n".join(plain(transcript.text) for transcript in self.transcripts.values())

    @cached_property
    def words(self) -> frozenset[str]:
        """All words with accents in the transcripts."""
        return frozenset(word for transcript in self.transcripts.values() for word in words_of(transcript.text))
