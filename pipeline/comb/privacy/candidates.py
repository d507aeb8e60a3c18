"""Find the candidates of a study: first by rules, then wherever the same words occur."""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from comb.privacy.finder import Recogniser, find
from comb.privacy.found import Found, Kind, without_overlaps
from comb.privacy.offset_map import Replacement
from comb.privacy.table import Candidate, fold
from comb.privacy.tokens import Seen, tokens_of
from comb.privacy.word_lists import is_common, is_first_name
from comb.records import Transcript

_GENERIC_SPEAKERS = frozenset(
    "interviewer interviewee participant moderator facilitator researcher respondent speaker observer interpreter "
    "patient carer client nurse doctor gp manager trainee physio pharmacist host unknown all int mod recep cook "
    "student".split()
)
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True)
class Text:
    """A text of a study that may contain names: a transcript, or a cell of a table."""

    name: str
    """Its name, without participants' words: an id, or ``participants.csv, row 3``."""
    transcript: str
    """The transcript to which it belongs; empty if none."""
    text: str
    labels: tuple[tuple[int, int], ...] = ()
    """The places of speakers' labels in it."""
    spoken: bool = False
    """Whether it is a transcript; spaCy's recogniser is used only for these."""


@dataclass(frozen=True)
class Match:
    """A candidate in one of the texts."""

    text: Text
    found: Found

    @property
    def words(self) -> str:
        """The words of the candidate as written in the text."""
        return self.text.text[self.found.start : self.found.end]


def of_transcript(transcript: Transcript) -> Text:
    """Return the text of a transcript with the places of its labels."""
    return Text(transcript.id, transcript.id, transcript.text, tuple(_labels(transcript)), spoken=True)


def _labels(transcript: Transcript) -> Iterator[tuple[int, int]]:
    end = 0
    for turn in transcript.turns:
        at = transcript.text.rfind(turn.speaker, end, turn.start) if turn.speaker else -1
        if at >= 0:
            yield at, at + len(turn.speaker)
        end = turn.end


@dataclass(frozen=True)
class Matcher:
    """Finds candidates in texts of a study: by rules, and wherever the words of a candidate occur again."""

    seen: Seen
    known: frozenset[str]
    """Pseudonyms that the study contains already."""
    spread: Mapping[str, Kind]
    """Folded words that are a candidate wherever they occur."""
    pattern: re.Pattern[str] | None
    recogniser: Recogniser | None = None
    _found: dict[Text, list[Found]] = field(default_factory=dict, compare=False, repr=False)
    """What was found already; a recogniser takes its time."""

    @classmethod
    def of(
        cls, texts: Sequence[Text], seen: Seen, recogniser: Recogniser | None = None, known: Collection[str] = ()
    ) -> "Matcher":
        """Collect the words that are candidates from all texts."""
        first = cls(seen, frozenset(known), {}, None, recogniser)
        kinds = _kinds(Match(text, one) for text in texts for one in first.found(text))
        spread = {words: kind for words, kind in kinds.items() if _spreads(words, kind)}
        full = [words.split() for words, kind in spread.items() if kind == "person"]
        parts = {
            part for words in full for part in words if len(part) > 2 and part not in kinds and _spreads(part, "person")
        }
        spread |= dict.fromkeys(sorted(parts), "person")
        return cls(seen, first.known, spread, words_pattern(spread), recogniser, first._found)

    def found(self, text: Text) -> list[Found]:
        """Return the candidates found by rules in a text and in its labels."""
        if text not in self._found:
            recogniser = self.recogniser if text.spoken else None
            found = find(text.text, self.seen, recogniser, self.known)
            self._found[text] = [*found, *_in_labels(text, self.known)]
        return self._found[text]

    def matches(self, text: Text) -> list[Match]:
        """Return the candidates in a text, in order."""
        again = self.pattern.finditer(text.text) if self.pattern else ()
        more = [Found(m.start(), m.end(), self.spread.get(fold(m[0]), "person")) for m in again]
        found = [*self.found(text), *_not_inside(more, text.text, self.known)]
        return [Match(text, one) for one in without_overlaps(found)]


def _not_inside(found: Iterable[Found], text: str, known: Collection[str]) -> Iterator[Found]:
    names = {fold(name) for name in known}
    yield from (one for one in found if fold(text[one.start : one.end]) not in names)


def _in_labels(text: Text, known: Collection[str]) -> Iterator[Found]:
    """Yield the names among speakers' labels."""
    names = {fold(name) for name in known}
    for start, end in text.labels:
        label = text.text[start:end]
        words = [word for word in tokens_of(label) if word.low not in _GENERIC_SPEAKERS]
        telling = [word for word in words if len(word.low) > 2 and _names_speaker(word.low)]
        if telling and fold(label) not in names:
            yield Found(start + telling[0].start, start + telling[-1].end, "person")


def _names_speaker(word: str) -> bool:
    return is_first_name(word) or not is_common(word)


def _kinds(matches: Iterable[Match]) -> dict[str, Kind]:
    """Return the kind that each candidate is found to be most often."""
    votes: dict[str, Counter[Kind]] = defaultdict(Counter)
    for match in matches:
        votes[fold(match.words)][match.found.kind] += 1
    return {words: count.most_common(1)[0][0] for words, count in votes.items()}


def _spreads(words: str, kind: Kind) -> bool:
    """Return whether words are a candidate wherever they stand: not if they may be common words too."""
    if kind in ("age", "date"):
        return False
    if kind not in ("person", "place", "organisation", "address"):
        return True
    parts = re.findall(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", words)
    return any(not is_common(part) for part in parts) and (len(parts) > 1 or len(words) > 2)


def words_pattern(wanted: Collection[str]) -> re.Pattern[str] | None:
    """Return a regular expression that finds folded words, whole and in any spelling; the longest first."""
    if not wanted:
        return None
    forms = sorted(wanted, key=lambda words: (-len(words), words))
    either = "|".join(re.escape(form).replace("\\ ", r"\s+").replace("'", "['’‘]") for form in forms)
    return re.compile(rf"(?<![^\W_])(?:{either})(?![^\W_])", re.IGNORECASE)


def rows_of(matches: Sequence[Match], decided: Sequence[Candidate]) -> list[Candidate]:
    """Return the rows of the table without pseudonyms: the findings, with earlier decisions kept.

    A row that somebody added stays even if its words are no longer found.
    """
    kinds = _kinds(matches)
    places: dict[str, list[Match]] = defaultdict(list)
    for match in matches:
        places[fold(match.words)].append(match)
    kept = {row.key: row for row in decided}
    rows = []
    for words, found in places.items():
        row = kept.pop((words, ""), None) or Candidate(_spelling(found), kinds[words])
        rows.append(_counted(row, found))
    for row in kept.values():
        own = [m for m in places.get(fold(row.text), ()) if m.text.transcript.casefold() == row.transcript.casefold()]
        rows.append(_counted(row, own))
    return rows


def _spelling(found: Sequence[Match]) -> str:
    """Return the most common spelling, preferring one with capitals."""
    spelled = Counter(_SPACE.sub(" ", match.words) for match in found)
    return max(spelled, key=lambda words: (words != words.lower() and words != words.upper(), spelled[words]))


def _counted(row: Candidate, found: Sequence[Match]) -> Candidate:
    transcripts = {match.text.transcript for match in found} - {""}
    return replace(row, occurrences=len(found), in_transcripts=len(transcripts))


@dataclass(frozen=True)
class Decided:
    """A person's decisions, ready to be applied to texts."""

    rows: Mapping[tuple[str, str], Candidate]
    """Rows by folded words and folded transcript."""

    @classmethod
    def of(cls, rows: Iterable[Candidate]) -> "Decided":
        """Index the rows of the table."""
        return cls({row.key: row for row in rows})

    def row(self, words: str, transcript: str) -> Candidate | None:
        """Return the row for words in a transcript."""
        key = fold(words)
        return self.rows.get((key, transcript.casefold())) or self.rows.get((key, ""))

    def replacements(self, text: Text, matches: Iterable[Match]) -> list[Replacement]:
        """Return the replacements in a text: of candidates that were found, and of the words of added rows."""
        made = [one for match in matches for one in self._of(text, match.found.start, match.found.end)]
        kept = [(match.found.start, match.found.end) for match in matches if self._keeps(match)]
        for row in self.rows.values():
            if row.replaced and row.occurrences == 0 and row.transcript.casefold() in ("", text.transcript.casefold()):
                pattern = re.compile(rf"(?<!\w){re.escape(row.text)}(?!\w)".replace("\\ ", r"\s+"))
                made += [one for m in pattern.finditer(text.text) for one in self._of(text, m.start(), m.end())]
        return [one for one in made if not any(a <= one.start and one.end <= b for a, b in kept)]

    def _keeps(self, match: Match) -> bool:
        row = self.row(match.words, match.text.transcript)
        return row is not None and row.decision == "keep"

    def _of(self, text: Text, start: int, end: int) -> Iterator[Replacement]:
        row = self.row(text.text[start:end], text.transcript)
        if row is None or not row.replaced:
            return
        if row.decision == "part":
            pattern = words_pattern([fold(row.part)])
            for inner in pattern.finditer(text.text, start, end) if pattern else ():
                yield Replacement(inner.start(), inner.end(), in_case_of(inner[0], row.pseudonym))
        else:
            yield Replacement(start, end, in_case_of(text.text[start:end], row.pseudonym))


def in_case_of(words: str, pseudonym: str) -> str:
    """Write a pseudonym in the case of the words that it replaces; one in brackets is not changed.

    >>> in_case_of("megan", "Alex"), in_case_of("MEGAN", "Alex"), in_case_of("Megan", "Alex")
    ('alex', 'ALEX', 'Alex')
    """
    letters = [char for char in words if char.isalpha()]
    if pseudonym.startswith("[") or not letters:
        return pseudonym
    if all(char.islower() for char in letters):
        return pseudonym.lower()
    return pseudonym.upper() if len(letters) > 1 and all(char.isupper() for char in letters) else pseudonym
