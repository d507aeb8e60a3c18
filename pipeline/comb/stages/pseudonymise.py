"""Search a study for names and other identifiers, and maintain the table that a person confirms."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from comb.errors import BadInputError, NotReadyError
from comb.privacy.candidates import Decided, Match, Matcher, Text, rows_of
from comb.privacy.finder import spacy_recogniser
from comb.privacy.key_file import make_private
from comb.privacy.offset_map import make_map
from comb.privacy.proposals import propose
from comb.privacy.table import Candidate, Verdict, fold, read_candidates, write_candidates, wrong_decision
from comb.privacy.tokens import seen_in
from comb.stages.listener import Listener
from comb.stages.study_texts import StudyTexts, digests, read_texts
from comb.study.files import read_record, write_record
from comb.study.layout import Study

_WORDS = re.compile(r"[^\W\d_]+")
CONTEXT = 70
"""Characters of context that the review page shows before and after a candidate."""


@dataclass(frozen=True)
class Searched:
    """The transcript files that were searched, by path, with their SHA-256."""

    files: dict[str, str] = field(default_factory=dict)
    recogniser: str = ""


@dataclass(frozen=True)
class Pseudonymised:
    """The content of a pseudonymised copy: its files by path, with their SHA-256, and all pseudonyms."""

    complete: bool
    files: dict[str, str] = field(default_factory=dict)
    pseudonyms: tuple[str, ...] = ()
    restored: bool = False
    """Whether the originals have been restored in it."""


@dataclass(frozen=True)
class Look:
    """The findings in a study."""

    rows: tuple[Candidate, ...]
    words: int
    """Number of words in the transcripts."""
    recogniser: str
    """Name of the spaCy model that was also used; empty if none is installed."""

    @property
    def undecided(self) -> list[Candidate]:
        """The rows that nobody has decided."""
        return [row for row in self.rows if not row.decision]


def look(study: Study, listener: Listener) -> Look:
    """Find the candidates of a study and write the table; earlier decisions stay."""
    decided = read_candidates(study.candidates)
    with listener.status("Reading the study"):
        texts = read_texts(study)
    listener.report(texts.errors)
    with listener.status("Searching for names"):
        name, matcher = make_matcher(study, texts)
        rows = _proposed([match for text in texts.texts() for match in matcher.matches(text)], decided, texts)
    make_private(study.private)
    write_candidates(study.candidates, rows)
    if not texts.errors:
        write_record(study.searched, Searched(digests(study), name))
    words = sum(len(transcript.text.split()) for transcript in texts.transcripts.values())
    return Look(tuple(rows), words, name)


def make_matcher(study: Study, texts: StudyTexts) -> tuple[str, Matcher]:
    """Return the matcher for candidates in a study's texts, and the name of the spaCy model in use."""
    known = pseudonyms_in(study)
    name, recogniser = spacy_recogniser() or ("", None)
    seen = seen_in(transcript.text for transcript in texts.transcripts.values())
    return name, Matcher.of(texts.texts(), seen, recogniser, known)


def pseudonyms_in(study: Study) -> tuple[str, ...]:
    """Return the pseudonyms that a study contains because it is a pseudonymised copy."""
    if not study.pseudonymised.exists():
        return ()
    return read_record(study.pseudonymised, Pseudonymised, "Run: comb pseudonymise --apply.").pseudonyms


def _proposed(matches: Sequence[Match], decided: Sequence[Candidate], texts: StudyTexts) -> list[Candidate]:
    rows = rows_of(matches, decided)
    given = {fold(row.text): row.pseudonym for row in rows if row.pseudonym and not row.transcript}
    avoid = {word.casefold() for one in texts.transcripts.values() for word in _WORDS.findall(one.text)}
    ranked = sorted(rows, key=lambda row: -row.occurrences)
    made = propose(((row.text, row.kind) for row in ranked), given, avoid)
    rows = [row if row.pseudonym else replace(row, pseudonym=made[fold(row.text)]) for row in rows]
    return sorted(
        rows, key=lambda row: (bool(row.decision), row.kind, -row.occurrences, fold(row.text), row.transcript)
    )


def decide(study: Study, changed: Iterable[Candidate], before: Iterable[Candidate]) -> list[Candidate]:
    """Write a person's decisions; ``before`` contains the same rows as the person saw them.

    Raises BadInputError, and writes nothing, if a row has changed meanwhile, or if a decision is incomplete.
    """
    rows = {row.key: row for row in read_candidates(study.candidates)}
    for old in before:
        now = rows.get(old.key)
        if now is not None and (now.decision, now.pseudonym, now.part) != (old.decision, old.pseudonym, old.part):
            remedy = "Load the page again."
            raise BadInputError("the table was changed elsewhere", where=study.candidates.name, remedy=remedy)
    for new in changed:
        for problem in wrong_decision(new):
            raise BadInputError(problem, where=study.candidates.name, remedy="Correct the row.")
        rows[new.key] = new
    write_candidates(study.candidates, rows.values())
    return list(rows.values())


def decide_all(study: Study, kinds: Sequence[str], decision: Verdict) -> int:
    """Make the same decision for every undecided row of some kinds; return their number."""
    rows = read_candidates(study.candidates)
    todo = [row for row in rows if not row.decision and row.kind in kinds]
    decide(study, [replace(row, decision=decision) for row in todo], todo)
    return len(todo)


@dataclass(frozen=True)
class Context:
    """A candidate with the words around it, for the review page alone."""

    place: str
    before: str
    words: str
    after: str


def contexts(study: Study, most: int = 5) -> dict[str, list[Context]]:
    """Return up to ``most`` places for each candidate, by its folded words."""
    texts = read_texts(study)
    _, matcher = make_matcher(study, texts)
    found: dict[str, list[Context]] = defaultdict(list)
    for match in (match for text in texts.texts() for match in matcher.matches(text)):
        near = found[fold(match.words)]
        if len(near) < most:
            # Of memos and tables only the place: a blind coder may not see what others wrote.
            text = match.text.text if match.text.spoken else ""
            start, end = match.found.start, match.found.end
            before, after = text[max(0, start - CONTEXT) : start], text[end : end + CONTEXT]
            near.append(Context(match.text.name, before, match.words, after))
    return dict(found)


def confirmed(study: Study) -> list[Candidate]:
    """Return the rows of the table, all decided.

    Raises NotReadyError if there was no search yet, if transcripts have changed since, or if rows are undecided.
    """
    rows = read_candidates(study.candidates)
    if not study.candidates.exists() or not study.searched.exists():
        raise NotReadyError(
            "this study has not been searched for names yet",
            where="private/candidates.csv",
            remedy="Run: comb pseudonymise.",
        )
    if read_record(study.searched, Searched, "Run: comb pseudonymise.").files != digests(study):
        remedy = "Run: comb pseudonymise, and decide on the new candidates."
        raise NotReadyError("transcripts were added or changed since the search for names", remedy=remedy)
    undecided = [row for row in rows if not row.decision]
    if undecided:
        remedy = "Decide on each, on the page (comb review) or in private/candidates.csv."
        raise NotReadyError(f"undecided candidates: {len(undecided)}", where="private/candidates.csv", remedy=remedy)
    return rows


def replacer(matcher: Matcher, decided: Decided) -> Callable[[str, str], str]:
    """Return the function that replaces names in a memo, or in a table's cell that belongs to a transcript."""

    def words(cell: str, transcript: str) -> str:
        text = Text("", transcript, cell)
        return make_map(decided.replacements(text, matcher.matches(text))).apply(cell)

    return words
