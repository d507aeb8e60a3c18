"""Codings CSV: read with every quote verified, and written. The contract is DESIGN.md, section 3."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import cast, get_args

from comb.codings.speech_quotes import find_in_speech, is_quote
from comb.errors import BadInputError
from comb.records import VALENCES, Coding, Decision, Transcript, Valence, Verdict
from comb.study.files import read_rows, write_rows

REQUIRED = ("transcript", "quote", "code", "coder")
COLUMNS = tuple(field.name for field in fields(Coding))
NOT_CODINGS = ("coverage.csv", "participants.csv")
# Word and Excel change these as people type or paste; a quote that differs in nothing else is the same quote.
LOOKALIKES = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...", "\u00a0": " "})


@dataclass(frozen=True)
class CodingsRead:
    """All codings of a study with what had to be repaired on the way."""

    codings: tuple[Coding, ...]
    warnings: tuple[str, ...]
    coverage: frozenset[tuple[str, str]] | None
    """(transcript, coder) pairs of whole transcripts that were read; None where no coverage.csv says so."""


def read_codings(folder: Path, transcripts: Mapping[str, Transcript]) -> CodingsRead:
    """Read every codings CSV of a folder, with ``coverage.csv`` where there is one.

    Raises BadInputError naming file and row where a row cannot be placed in its transcript.
    """
    codings: list[Coding] = []
    warnings: list[str] = []
    for path in sorted(folder.glob("*.csv")):
        if path.name not in NOT_CODINGS and not path.name.startswith("."):
            found, repaired = read_codings_file(path, transcripts)
            codings += found
            warnings += repaired
    unique = tuple(dict.fromkeys(codings))
    return CodingsRead(unique, tuple(warnings), _read_coverage(folder / "coverage.csv", transcripts))


def read_codings_file(path: Path, transcripts: Mapping[str, Transcript]) -> tuple[list[Coding], list[str]]:
    """Read one codings CSV; give codings and, in words without participants' text, what was repaired."""
    codings, warnings = [], []
    for number, row in read_rows(path, REQUIRED, ("start", "end", "valence", "memo")):
        where = f"{path.name}, row {number}"
        transcript = _transcript(row["transcript"], transcripts, where)
        start, end, note = _place(row, transcript, where)
        if note:
            warnings.append(f"{where}: {note}")
        codings.append(_coding(row, transcript, start, end, where))
    return codings, warnings


def write_codings(path: Path, codings: Iterable[Coding]) -> None:
    """Write a codings CSV, all columns."""

    def row(coding: Coding) -> list[object]:
        return ["" if value is None else value for value in (getattr(coding, name) for name in COLUMNS)]

    write_rows(path, COLUMNS, map(row, codings))


def write_decisions(path: Path, decisions: Iterable[Decision]) -> None:
    """Write what coders decided on suggestions, a row each."""
    names = tuple(field.name for field in fields(Decision))
    write_rows(path, names, ([getattr(decision, name) for name in names] for decision in decisions))


def read_decisions(path: Path) -> list[Decision]:
    """Read what ``write_decisions`` wrote; nothing where there is no such file."""
    if not path.exists():
        return []
    required = tuple(field.name for field in fields(Decision) if field.name != "memo")
    return [_decision(row, f"{path.name}, row {number}") for number, row in read_rows(path, required, ("memo",))]


def _decision(row: Mapping[str, str], where: str) -> Decision:
    if row["verdict"] not in get_args(Verdict):
        remedy = f"Use one of: {', '.join(get_args(Verdict))}."
        raise BadInputError("unknown verdict", where=where, remedy=remedy)
    start, end = (_offset(row[name], name, where) for name in ("start", "end"))
    score, threshold = (_score(row[name], where) for name in ("score", "threshold"))
    texts = {name: row.get(name, "") for name in ("transcript", "code", "model", "coder", "decided_at", "memo")}
    return Decision(
        start=start or 0,
        end=end or 0,
        score=score or 0.0,
        threshold=threshold or 0.0,
        valence=_valence(row["valence"], where),
        verdict=cast(Verdict, row["verdict"]),
        **texts,
    )


def locate(quote: str, text: str) -> list[tuple[int, int]]:
    """Find every place of a quote in a text: to the letter, or else as Word and Excel may have changed it.

    >>> locate("don't  know", "I don’t know. Do you?")
    [(2, 12)]
    """
    exact = [(m.start(), m.start() + len(quote)) for m in re.finditer(f"(?={re.escape(quote)})", text)]
    if exact or not quote.strip():
        return exact
    words = [re.escape(word) for word in quote.translate(LOOKALIKES).split()]
    folded, places = _fold(text)
    pattern = r"\s+".join(words)
    found = re.finditer(f"(?=({pattern}))", folded)
    return [(places[m.start(1)], places[m.end(1) - 1] + 1) for m in found]


def _fold(text: str) -> tuple[str, list[int]]:
    folded, places = [], []
    for index, char in enumerate(text):
        for piece in char.translate(LOOKALIKES):
            folded.append(piece)
            places.append(index)
    return "".join(folded), places


def _place(row: Mapping[str, str], transcript: Transcript, where: str) -> tuple[int, int, str]:
    text = transcript.text
    quote = row["quote"]
    start, end = (_offset(row.get(name, ""), name, where) for name in ("start", "end"))
    if start is not None and end is not None:
        inside = 0 <= start < end <= len(text)
        if inside and (not quote or is_quote(quote, transcript, start, end)):
            return start, end, ""
    if not quote:
        remedy = "Give start and end within the transcript, or the quote."
        raise BadInputError("neither a quote nor a usable start and end", where=where, remedy=remedy)
    places = locate(quote, text) or find_in_speech(locate, quote, text, transcript.cuts)
    if len(places) != 1:
        what = "occurs nowhere" if not places else f"occurs {len(places)} times"
        raise BadInputError(
            f"the quote ({len(quote)} characters) {what} in transcript {row['transcript'].strip()!r}",
            where=where,
            remedy="Copy the quote from the transcript, long enough to be the only one, or give its start and end.",
        )
    note = "" if start is None else f"offsets {start}-{end} did not hold the quote; it is at {places[0][0]}"
    return *places[0], note


def _offset(cell: str, name: str, where: str) -> int | None:
    cell = cell.strip()
    if not cell:
        return None
    try:
        return int(float(cell))
    except (ValueError, OverflowError):
        raise BadInputError(f"{name} is not a number", where=where, remedy="Give a number or leave it empty.") from None


def _coding(row: Mapping[str, str], transcript: Transcript, start: int, end: int, where: str) -> Coding:
    coder = row["coder"].strip()
    if not coder:
        raise BadInputError("no coder", where=where, remedy="Say in column coder who coded.")
    return Coding(
        transcript=transcript.id,
        start=start,
        end=end,
        quote=transcript.text[start:end],
        code=row["code"].strip(),
        valence=_valence(row.get("valence", ""), where),
        coder=coder,
        memo=row.get("memo", ""),
        created_at=row.get("created_at", ""),
        origin=row.get("origin", ""),
        model=row.get("model", ""),
        score=_score(row.get("score", ""), where),
    )


def _score(cell: str, where: str) -> float | None:
    try:
        return float(cell) if cell.strip() else None
    except ValueError:
        raise BadInputError("score is not a number", where=where, remedy="Give a number or leave it empty.") from None


def _valence(cell: str, where: str) -> Valence:
    for valence in VALENCES:
        if cell.strip().casefold() == valence:
            return valence
    if cell.strip().casefold() in ("none", "n/a", "na"):
        return ""
    remedy = "Use barrier, facilitator, both, or leave it empty."
    raise BadInputError("unknown valence", where=where, remedy=remedy)


def _read_coverage(path: Path, transcripts: Mapping[str, Transcript]) -> frozenset[tuple[str, str]] | None:
    if not path.exists():
        return None
    rows = read_rows(path, ("transcript", "coder"))
    return frozenset(
        (_transcript(row["transcript"], transcripts, f"{path.name}, row {number}").id, row["coder"].strip())
        for number, row in rows
    )


def _transcript(cell: str, transcripts: Mapping[str, Transcript], where: str) -> Transcript:
    name = unicodedata.normalize("NFC", cell.strip())
    if name not in transcripts:
        raise BadInputError(
            f"there is no transcript {name!r}",
            where=where,
            remedy=f"Put it in the raw folder, or correct the name. There are: {_some(transcripts)}.",
        )
    return transcripts[name]


def _some(names: Iterable[str], most: int = 8) -> str:
    names = sorted(names)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more if names else "none yet"


def read_participants(path: Path, transcripts: Sequence[str]) -> dict[str, str]:
    """Give the participant of each transcript, for those interviewed more than once; by default each its own.

    ``participants.csv`` has the columns ``transcript,participant``, one row for each person in a transcript.
    Transcripts that share a person, directly or through others, form one group, named after its first transcript.
    """
    group = {name: name for name in transcripts}
    if not path.exists():
        return group
    first: dict[str, str] = {}
    for _, row in read_rows(path, ("transcript", "participant")):
        name = unicodedata.normalize("NFC", row["transcript"].strip())
        if name in group:
            old, new = group[name], group[first.setdefault(row["participant"].strip(), name)]
            group = {key: new if value == old else value for key, value in group.items()}
    return group
