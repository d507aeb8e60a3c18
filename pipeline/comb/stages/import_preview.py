"""Preview of an import: how comb understood its files, for a person to check and correct before anything is written."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from comb.codings.code_labels import SEPARATORS, split_code
from comb.codings.codings_csv import with_one_spelling
from comb.codings.known import Known
from comb.codings.problems import Passage, Problem
from comb.codings.reader import AS_WRITTEN, CodingsTable, Row, read_codings_table
from comb.codings.table_columns import find_columns
from comb.errors import CombError
from comb.privacy.candidates import Matcher, of_transcript
from comb.privacy.table import fold
from comb.privacy.tokens import seen_in
from comb.records import Transcript
from comb.stages.import_codings import ONLY_CODER
from comb.stages.import_incoming import AS_FOUND, Handling, Incoming, check_targets
from comb.stages.import_plan import planned
from comb.stages.listener import Listener
from comb.stages.speaker_reports import read_unconfirmed
from comb.stages.transcript_copies import opening, same_words
from comb.study.layout import Study
from comb.study.speakers import SpeakerRow, StudyRoles
from comb.transcripts.confirmed_roles import confirm
from comb.transcripts.language import foreign_language
from comb.transcripts.reader import read_spreadsheet, transcript_files, transcript_id
from comb.transcripts.role_proposals import SpeakerRole, propose_roles
from comb.transcripts.segment import segment_transcripts

AROUND = 60
"""Characters of context shown before and after a passage."""
CODE_PROBLEM = "the codebook has no code"
"""Beginning of the reader's message for an unknown code."""


SHOWN = ("transcript", "quote", "code", "coder")
"""Most cells shown of a row that cannot be read."""


@dataclass(frozen=True)
class TranscriptPreview:
    """A transcript that would be imported."""

    id: str
    file: str
    turns: int
    segments: int
    """Number of segments if the proposed roles are confirmed."""
    words: int
    language: str
    speakers: tuple[SpeakerRole, ...]
    fresh: bool
    there: str
    """The study's own file of that name or id; empty if there is none."""
    same: bool
    """Whether that file has the same content."""
    copies: tuple[str, ...]
    """Other transcripts that begin with the same words."""


@dataclass(frozen=True)
class PassageShown:
    """A place that may be meant, with its words and their context."""

    transcript: str
    spans: tuple[tuple[int, int], ...]
    before: str
    words: str
    after: str


@dataclass(frozen=True)
class RowToFix:
    """A row of a table of codings that cannot be read."""

    row: int
    of: str
    """Id of its transcript; empty if unknown."""
    transcript: str
    quote: str
    code: str
    coder: str
    problems: tuple[str, ...]
    remedies: tuple[str, ...]
    names: tuple[str, ...]
    passages: tuple[PassageShown, ...]


@dataclass(frozen=True)
class UnknownCode:
    """A code that the codebook does not have, as written in a table."""

    written: str
    rows: int
    nearest: tuple[str, ...]


@dataclass(frozen=True)
class RepairedQuote:
    """A quote that occurs in the transcript except for some letters, and the passage that was used for it."""

    row: int
    quote: str
    """The quote as written in the table."""
    passage: PassageShown


@dataclass(frozen=True)
class CodingsPreview:
    """A table of codings that would be imported."""

    file: str
    rows: int
    """Number of rows with a coding, or with something that cannot be read."""
    placed: int
    coders: tuple[str, ...]
    codes: tuple[str, ...]
    """Codes of the codebook that are used in it."""
    unknown: tuple[UnknownCode, ...]
    to_fix: tuple[RowToFix, ...]
    later: int
    """Number of rows that are to wait in ``data/to-correct``."""
    transcripts: tuple[str, ...]
    """Transcripts that are coded in it."""
    by_column: bool
    """Whether a column names the coder."""
    repaired: tuple[RepairedQuote, ...]
    spellings: tuple[str, ...]
    """Spellings of coders' names that are treated as one coder."""


@dataclass(frozen=True)
class FileProblem:
    """Why a file cannot be used: the line of the command line, and its parts."""

    file: str
    what: str
    remedy: str
    details: tuple[str, ...]
    header: tuple[str, ...]
    """Names of columns, if it is a table that lacks columns."""


@dataclass(frozen=True)
class Preview:
    """Preview of all effects of an import."""

    kinds: Mapping[str, str]
    """The recognised kind of each file; empty for one that cannot be read."""
    transcripts: tuple[TranscriptPreview, ...]
    codings: tuple[CodingsPreview, ...]
    problems: tuple[FileProblem, ...]
    notes: tuple[str, ...]
    names: int
    """Number of names of people, places and the like that rules find in the transcripts."""
    ready: bool
    """Whether everything can be imported as it is."""


def preview_files(
    study: Study, paths: Sequence[Path], listener: Listener, handlings: Mapping[Path, Handling] = {}
) -> Preview:
    """Read files as an import would, without writing anything, and return the preview with all problems."""
    with planned(study, paths, listener, handlings, dry_run=True) as incoming:
        _check_names(study, incoming)
        transcripts = _transcripts(study, incoming)
        tables = [path for path in paths if incoming.kinds.get(path) == "codings"]
        codings = [one for path in tables if (one := _codings(path, handlings.get(path, AS_FOUND), incoming.known))]
        problems = [_problem(path, error) for path, errors in incoming.failed.items() for error in errors]
        return Preview(
            {path.name: incoming.kinds.get(path, "") for path in paths},
            tuple(transcripts),
            tuple(codings),
            tuple(problems),
            (*incoming.notes, *listener.notes),
            _names([*incoming.transcripts.values(), *incoming.fresh.values()]),
            not incoming.failed,
        )


def _check_names(study: Study, incoming: Incoming) -> None:
    """Note, file by file, where another file of the study would be replaced."""
    for source, target in incoming.new.items():
        try:
            check_targets(study, {source: target})
        except CombError as error:
            incoming.fail(source, error)
    if not incoming.failed:
        try:
            check_targets(study, incoming.new)
        except CombError as error:
            incoming.fail(next(iter(incoming.new)), error)


def _transcripts(study: Study, incoming: Incoming) -> list[TranscriptPreview]:
    arrived = {**incoming.transcripts, **incoming.fresh}
    speakers = _speakers(study, arrived)
    copies = same_words({name: opening(one.text) for name, one in incoming.known.transcripts.items()})
    return [
        _transcript(study, incoming, transcript, speakers[name], copies.get(name, ()))
        for name, transcript in sorted(arrived.items())
    ]


def _transcript(
    study: Study, incoming: Incoming, transcript: Transcript, speakers: list[SpeakerRole], copies: tuple[str, ...]
) -> TranscriptPreview:
    folders = (study.raw, study.new)
    own = {name.casefold(): path for folder in folders for name, path in transcript_files(folder)}
    there = own.get(transcript.id.casefold())
    source = next((path for path in incoming.new if transcript_id(path) == transcript.id), None)
    return TranscriptPreview(
        transcript.id,
        source.name if source else "",
        len(transcript.turns),
        _segments(study, transcript, speakers),
        len(transcript.text.split()),
        foreign_language(transcript.text),
        tuple(speakers),
        transcript.id in incoming.fresh,
        there.name if there else "",
        bool(there and source and there.read_bytes() == source.read_bytes()),
        copies,
    )


def _speakers(study: Study, arrived: Mapping[str, Transcript]) -> dict[str, list[SpeakerRole]]:
    """Propose who speaks in transcripts that are not in the study yet, with the study's own as evidence."""
    every = {one.id: one for one in read_unconfirmed(study, list(arrived.values()))}
    speakers: dict[str, list[SpeakerRole]] = {name: [] for name in arrived}
    for one in propose_roles(list(every.values()), study.roles):
        if one.transcript in speakers:
            speakers[one.transcript].append(one)
    return speakers


def _segments(study: Study, transcript: Transcript, speakers: Sequence[SpeakerRole]) -> int:
    rows = [SpeakerRow(one.transcript, one.speaker, one.role) for one in speakers if one.role]
    try:
        transcript = confirm(transcript, StudyRoles(study.roles.patterns, tuple(rows)))
    except CombError:
        return 0
    return len(segment_transcripts([transcript], study.params.segment))


def _codings(path: Path, given: Handling, known: Known) -> CodingsPreview | None:
    """Read a table of codings once more, for what is shown of it; None if it cannot be read at all."""
    try:
        table = read_codings_table(
            path,
            known,
            coder=given.coder or ONLY_CODER,
            transcript=given.transcript,
            given=given.columns if given.kind == "codings" else None,
            amendments=given.amendments,
        )
    except CombError:
        return None
    wrong = {problem.row for problem in table.problems}
    later = given.amendments.to_correct
    table = replace(table, problems=tuple(problem for problem in table.problems if problem.row not in later))
    (table,), spellings = with_one_spelling([table])
    rows = {row.number for row in table.rows}
    return CodingsPreview(
        path.name,
        len(rows | wrong),
        len(rows),
        tuple(sorted({row.coding.coder for row in table.rows})),
        tuple(sorted({row.coding.code for row in table.rows if row.coding.code})),
        tuple(_unknown(table, given, known)),
        tuple(_rows_to_fix(table, given, known)),
        len(wrong & later),
        tuple(sorted({row.coding.transcript for row in table.rows})),
        bool(find_columns(table.header).coder or given.columns.coder),
        tuple(_repaired(table, known)),
        tuple(spellings),
    )


def _repaired(table: CodingsTable, known: Known) -> Iterator[RepairedQuote]:
    """Find the quotes that were placed although some of their letters differ from the transcript's."""
    rows: dict[int, list[Row]] = defaultdict(list)
    for row in table.rows:
        if AS_WRITTEN in row.others:
            rows[row.number].append(row)
    for number, (first, *others) in rows.items():
        spans = dict.fromkeys((row.coding.start, row.coding.end) for row in (first, *others))
        passage = Passage(first.coding.transcript, tuple(spans))
        yield RepairedQuote(number, first.others[AS_WRITTEN], _shown(passage, known))


def _columns(table: CodingsTable, given: Handling) -> dict[str, int]:
    """Return where in the rows of a table each kind of cell is."""
    found = find_columns(table.header)
    names = {
        kind: getattr(given.columns, kind) or getattr(found, kind) for kind in ("transcript", "quote", "code", "coder")
    }
    return {kind: table.header.index(name) for kind, name in names.items() if name in table.header}


def _unknown(table: CodingsTable, given: Handling, known: Known) -> list[UnknownCode]:
    """List the codes that the codebook does not have, as the table writes them."""
    at = _columns(table, given).get("code")
    rows: dict[str, set[int]] = defaultdict(set)
    for problem in table.problems:
        if problem.what.startswith(CODE_PROBLEM) and at is not None:
            for part in SEPARATORS.split(_cell(table.unread[problem.row], at)):
                if part.strip() and known.codes.one(part) is None:
                    rows[part.strip()].add(problem.row)
    return [
        UnknownCode(written, len(found), tuple(known.codes.nearest(split_code(written).code)))
        for written, found in rows.items()
    ]


def _rows_to_fix(table: CodingsTable, given: Handling, known: Known) -> list[RowToFix]:
    """List the rows with problems of their own: an unknown code is corrected once for all rows."""
    at = _columns(table, given)
    problems: dict[int, list[Problem]] = defaultdict(list)
    for problem in table.problems:
        if not problem.what.startswith(CODE_PROBLEM):
            problems[problem.row].append(problem)

    def cell(row: int, kind: str) -> str:
        return _cell(table.unread[row], at[kind]) if kind in at else ""

    def fix(row: int, found: Sequence[Problem]) -> RowToFix:
        return RowToFix(
            row=row,
            of=known.names.find(cell(row, "transcript")) or given.transcript,
            transcript=cell(row, "transcript"),
            quote=cell(row, "quote"),
            code=cell(row, "code"),
            coder=cell(row, "coder"),
            problems=tuple(problem.what for problem in found),
            remedies=tuple(dict.fromkeys(problem.remedy for problem in found if problem.remedy)),
            names=tuple(name for problem in found for name in problem.names),
            passages=tuple(_shown(passage, known) for problem in found for passage in problem.passages),
        )

    return [fix(row, found) for row, found in problems.items()]


def _cell(cells: Sequence[str], at: int) -> str:
    return cells[at].strip() if at < len(cells) else ""


def _shown(passage: Passage, known: Known) -> PassageShown:
    text = known.transcripts[passage.transcript].text
    first, last = passage.spans[0][0], passage.spans[-1][1]
    words = " […] ".join(text[start:end] for start, end in passage.spans)
    before, after = text[max(0, first - AROUND) : first], text[last : last + AROUND]
    return PassageShown(passage.transcript, passage.spans, before, words, after)


def _problem(path: Path, error: CombError) -> FileProblem:
    header: tuple[str, ...] = ()
    if path.suffix.lower() in (".csv", ".tsv", ".xlsx"):
        try:
            header = tuple(name for name in read_spreadsheet(path)[0] if name.strip())
        except CombError:
            header = ()
    return FileProblem(path.name, error.what, error.remedy, error.details, header)


def _names(transcripts: Iterable[Transcript]) -> int:
    """Count what rules take for names, each once, however often it stands there."""
    texts = [of_transcript(one) for one in transcripts]
    matcher = Matcher.of(texts, seen_in(text.text for text in texts))
    return len({fold(match.words) for text in texts for match in matcher.matches(text)})
