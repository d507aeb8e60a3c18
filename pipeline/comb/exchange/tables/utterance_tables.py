"""Transcripts and codings from coded tables with one row per utterance.

Columns are found by their usual names unless they are named. A table without a column for the transcript is one
transcript, named after the file. Omissions are counted by reason.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import NamedTuple

from comb.codings.known import Known
from comb.codings.problems import Problem, counted
from comb.errors import BadInputError
from comb.records import VALENCES, Coding, Role, Transcript, Valence
from comb.transcripts.columns import NAMES as SPEECH_NAMES
from comb.transcripts.table import CODE_NAMES, TRANSCRIPT_NAMES, column_key, plain, shown_columns

NAMES = {
    "transcript": TRANSCRIPT_NAMES,
    "text": SPEECH_NAMES["text"],
    "speaker": SPEECH_NAMES["speaker"],
    "code": CODE_NAMES,
    "coder": ("coder", "coded by", "annotator", "annotator id", "rater", "coder name"),
    "order": ("order", "utterance id", "utterance number", "line", "line number", "turn", "turn number", "n", "no"),
    "valence": ("valence", "direction", "barrier or facilitator", "barrier/facilitator"),
    "time": SPEECH_NAMES["time"],
}
"""Known names of columns, in lower case, with spaces for ``_`` and ``-``; the first found counts."""
NOTHING = ("", "n/a", "na", "-")
"""Cells that mean: read, and no code."""
RAW_COLUMNS = ("speaker", "role", "time", "text")
LONGEST_NAME = 100
ONLY_CODER = "A"
"""Name of the coder if the table does not name one."""


@dataclass(frozen=True)
class UtteranceColumns:
    """The names of the columns; an empty name: the table has no such column."""

    transcript: str = ""
    text: str = ""
    speaker: str = ""
    code: str = ""
    coder: str = ""
    order: str = ""
    valence: str = ""
    time: str = ""


def choose_columns(header: Sequence[str], given: UtteranceColumns, where: str) -> UtteranceColumns:
    """Take the columns that were named, and find the others by their common names.

    If both transcript and text are named, only named columns count: the table may have columns for other uses. Raises
    BadInputError if a named column does not exist, or if no column is recognised as the words.
    """
    named = {option.name: getattr(given, option.name) for option in fields(given) if getattr(given, option.name)}
    for option, name in named.items():
        if name not in header:
            what = f"there is no column {name!r} (for --{option})"
            raise BadInputError(what, where=where, remedy=_listed(header))
    if given.transcript and given.text:
        return given
    free = {column_key(name): name for name in reversed(header) if name not in named.values()}
    found: dict[str, str] = {}
    for option in ("text", *NAMES):  # the words first: "transcript" may name them, or the interview
        names = (name for name in NAMES[option] if name in free and free[name] not in found.values())
        found.setdefault(option, named.get(option) or free.get(next(names, ""), ""))
    if not found["text"]:
        what = "no column is recognised as the words spoken"
        remedy = f"Name it with --text. {_listed(header)}"
        raise BadInputError(what, where=where, remedy=remedy)
    return replace(given, **found)


def _listed(header: Sequence[str]) -> str:
    shown = shown_columns(header)
    return f"Its columns are: {shown}." if shown else "Its first row has none of the names that comb knows."


class Answer(NamedTuple):
    """A cell with the codes that one coder gave an utterance."""

    cell: str
    valence: Valence
    row: int


@dataclass
class Utterance:
    """One utterance, with each coder's codes."""

    speaker: str
    role: Role
    time: str
    text: str
    row: int
    answers: dict[str, list[Answer]] = field(default_factory=lambda: defaultdict(list))
    """Answers by coder; several if the table has a row per code."""


def split_table(
    rows: Sequence[Mapping[str, str]],
    header: Sequence[str],
    columns: UtteranceColumns,
    participants: Sequence[str],
    role_of: Callable[[str], Role | None],
    where: str,
) -> dict[str, list[Utterance]]:
    """Split the rows of a table into the utterances of each transcript, in order.

    An utterance that several coders coded has a row for each of them; ``columns.order`` (or, without it, the position
    among the coder's own rows) shows which rows are one utterance. Speakers named in ``participants`` are participants;
    ``role_of`` returns the role of the others. Raises BadInputError naming file and row.
    """
    known = {name.strip().casefold() for name in participants}
    found: dict[str, dict[str, Utterance]] = defaultdict(dict)
    seen: dict[tuple[str, str], int] = defaultdict(int)
    above: dict[str, str] = {}
    names = _file_names([_transcript_cell(row, columns, where) for row in rows], columns, where)
    for number, row in enumerate(rows, 2):
        text = plain(row[columns.text])
        if not text.strip():
            continue
        name = names[_transcript_cell(row, columns, where)]
        coder = _cell(row, columns.coder) or ONLY_CODER
        seen[name, coder] += 1
        key = _cell(row, columns.order) or str(seen[name, coder])
        speaker = above[name] = _cell(row, columns.speaker) or above.get(name, "")
        named = not columns.speaker or speaker.casefold() in known
        new = Utterance(speaker, _role(named, bool(known), role_of(speaker)), _cell(row, columns.time), text, number)
        old = found[name].setdefault(key, new)
        if old.text != text:
            what = f"utterance {key!r} of transcript {name!r} has different words here than in row {old.row}"
            remedy = "Give each utterance a number of its own in the column named by --order."
            raise BadInputError(what, where=f"{where}, row {number}", remedy=remedy)
        valence = _valence(_cell(row, columns.valence), f"{where}, row {number}")
        old.answers[coder].append(Answer(_cell(row, columns.code), valence, number))
    _check_speakers(found, known, columns, where)
    return {name: _ordered(utterances) for name, utterances in found.items()}


def raw_rows(utterances: Sequence[Utterance]) -> list[tuple[str, str, str, str]]:
    """Return the rows of the transcript's own table, with the columns RAW_COLUMNS."""
    return [(u.speaker, u.role, u.time, u.text) for u in utterances]


def table_codings(transcript: Transcript, utterances: Sequence[Utterance], known: Known) -> list[Coding]:
    """Return the codings of the participants' utterances; ``transcript`` was read from their ``raw_rows``.

    Codes are found in the codebook by id or name; other codes are kept as written.
    """
    codings = []
    for turn, utterance in zip(transcript.turns, utterances, strict=True):
        if utterance.role != "participant":
            continue
        quote = transcript.text[turn.start : turn.end]
        place = (transcript.id, turn.start, turn.end, quote)
        for coder, answers in utterance.answers.items():
            for code, valence in _codes(answers, known):
                codings.append(Coding(*place, code, valence, coder, origin="table"))
    return codings


def unknown_codes(utterances: Iterable[Utterance], known: Known) -> list[Problem]:
    """List the codes of participants' utterances that the codebook lacks; none if it has none of the codes.

    A table with entirely different codes is assumed to come before its codebook.
    """
    answers = (
        answer for u in utterances if u.role == "participant" for given in u.answers.values() for answer in given
    )
    codes = [(answer.row, code) for answer in answers for code in _codes_of(answer.cell)]
    unknown = [(row, code) for row, code in codes if known.codes.one(code) is None]
    if len(unknown) == len(codes):
        return []
    return [
        Problem(row, f"the codebook has no code {known.shown(code)}", "", tuple(known.codes.nearest(code)))
        for row, code in unknown
    ]


def _codes(answers: Sequence[Answer], known: Known) -> list[tuple[str, Valence]]:
    """List the codes of some cells; one empty code if no cell has any."""
    found = []
    for answer in answers:
        for code in _codes_of(answer.cell):
            written = known.codes.one(code)
            found.append((written.code, written.valence or answer.valence) if written else (code, answer.valence))
    return found or [("", "")]


def _transcript_cell(row: Mapping[str, str], columns: UtteranceColumns, where: str) -> str:
    """Return what a row calls its transcript; the name of the file, without suffix, if no column says."""
    return row[columns.transcript] if columns.transcript else where.rpartition(".")[0] or where


def left_out(
    rows: Sequence[Mapping[str, str]], parts: Mapping[str, Sequence[Utterance]], columns: UtteranceColumns
) -> Iterator[str]:
    """Yield notes on omissions: rows in no transcript and codes that are not used, counted by reason."""
    empty = [row for row in rows if not row[columns.text].strip()]
    if empty:
        coded = sum(bool(_codes_of(_cell(row, columns.code))) for row in empty)
        yield f"rows without words, left out: {len(empty)}{f' ({coded} of them with codes)' if coded else ''}"
    others = [u for utterances in parts.values() for u in utterances if u.role != "participant"]
    codes = [len(_codes_of(cell)) for u in others for answers in u.answers.values() for cell, *_ in answers]
    if sum(codes):
        speakers = sorted({u.speaker for u in others if any(cell for a in u.answers.values() for cell, *_ in a)})
        yield (
            f"codes of speakers who are not participants ({', '.join(speakers)}), left out: {sum(codes)}, on "
            f"{counted(len([n for n in codes if n]), 'row')}. If they are participants, name them: --participant NAME"
        )


def _codes_of(cell: str) -> list[str]:
    return [code.strip() for code in cell.split(";") if code.strip().casefold() not in NOTHING]


def _check_speakers(
    found: Mapping[str, Mapping[str, Utterance]], known: set[str], columns: UtteranceColumns, where: str
) -> None:
    if not found:
        raise BadInputError("no row contains spoken words", where=where, remedy="Name the column with --text.")
    speakers = {u.speaker for utterances in found.values() for u in utterances.values()}
    missing = known - {speaker.casefold() for speaker in speakers}
    if missing and columns.speaker:
        listed = ", ".join(sorted(speakers)[:12])
        raise BadInputError(
            f"no speaker in column {columns.speaker!r} is named {min(missing)!r}",
            where=where,
            remedy=f"The speakers are: {listed}. Give one of them as --participant.",
        )


def _role(named: bool, some_named: bool, usual: Role | None) -> Role:
    if named:
        return "participant"
    return "other" if usual is None or (some_named and usual == "participant") else usual


def _cell(row: Mapping[str, str], column: str) -> str:
    return row[column].strip() if column else ""


def _file_names(cells: Sequence[str], columns: UtteranceColumns, where: str) -> dict[str, str]:
    """Return a file name for each name of a transcript; two that would be one file on some disk are an error."""
    names: dict[str, str] = {}
    taken: dict[str, str] = {}
    for cell in dict.fromkeys(cells):
        name = _plain_name(cell)
        if len(name) > LONGEST_NAME:
            what = f"a name in column {columns.transcript!r} has {len(name)} characters"
            raise BadInputError(what, where=where, remedy="Name with --transcript the column that names transcripts.")
        name = name or "transcript"
        if taken.setdefault(name.casefold(), cell).strip() != cell.strip():
            remedy = "Rename one of them in the table."
            raise BadInputError(f"two transcripts would be stored as the file {name!r}", where=where, remedy=remedy)
        names[cell] = name
    return names


def file_name(name: str, taken: Iterable[str]) -> str:
    """Return a file name that is valid on every system, and not taken in any case.

    >>> file_name("../P01: first", {}), file_name("p01", {"P01": 1})
    ('_P01_ first', 'p01 2')
    """
    plain = unicodedata.normalize("NFC", _plain_name(name))[:LONGEST_NAME].strip(". ") or "transcript"
    there = {one.casefold() for one in taken}
    number, unique = 1, plain
    while unique.casefold() in there:
        number += 1
        unique = f"{plain} {number}"
    return unique


def _plain_name(name: str) -> str:
    plain = "".join("_" if char in '/\\:*?"<>|' or ord(char) < 32 else char for char in name.strip())
    return plain.strip(". ")


def _ordered(utterances: Mapping[str, Utterance]) -> list[Utterance]:
    try:
        return [u for _, u in sorted(utterances.items(), key=lambda item: float(item[0]))]
    except ValueError:
        return list(utterances.values())


def _valence(cell: str, where: str) -> Valence:
    for valence in VALENCES:
        if cell.casefold() == valence:
            return valence
    if cell.casefold() in (*NOTHING, "none", "neutral"):
        return ""
    remedy = "Use barrier, facilitator, both, or leave the cell empty."
    raise BadInputError("unknown valence", where=where, remedy=remedy)
