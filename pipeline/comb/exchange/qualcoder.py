"""QualCoder projects in: the folder ``name.qda`` with ``data.qda`` in it, or that SQLite file itself.

Tables and columns as QualCoder 3.8 and 4.0-beta create them (ccbogel/QualCoder, ``__main__.py``, database version v14);
columns that were added in later versions are optional. A code stands below a category or, from 4.0 on, below
another code. Text codings, codes, categories, cases and attributes are
read; codings of pictures, audio, video and PDF pages are only counted.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from comb.codebook import Codebook
from comb.errors import BadInputError
from comb.exchange.code_tree import Entry, codebook_of
from comb.exchange.offset_alignment import Rule, align_quotes, rules_of
from comb.exchange.project import Project, Setting
from comb.exchange.refi_qda.identifiers import NO_TIME
from comb.exchange.remarks import as_coding, as_suggestion, read_remarks
from comb.exchange.sqlite import SqliteFile, opened
from comb.exchange.tables.utterance_tables import file_name
from comb.records import Coding, Decision, Suggestion, Transcript
from comb.transcripts.file_safety import tidy
from comb.transcripts.reader import SUFFIXES
from comb.transcripts.turns import parse_turns

TABLES = ("source", "code_name", "code_cat", "code_text")
KIND = "QualCoder"
ORIGIN = "qualcoder"
CASE = "case"
"""The attribute that names the case of a transcript."""


@dataclass
class _Found:
    transcripts: dict[str, Transcript] = field(default_factory=dict)
    ids: dict[int, str] = field(default_factory=dict)
    rules: dict[str, list[Rule]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    warnings: list[str] = field(default_factory=list)
    codings: list[Coding] = field(default_factory=list)
    suggestions: list[Suggestion] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)


def read_qualcoder(path: Path, setting: Setting) -> Project:
    """Read a QualCoder project. Raises BadInputError if it is not one, is broken, or is open in QualCoder."""
    file = path / "data.qda" if path.is_dir() else path
    name = path.stem if path.is_dir() or path.name != "data.qda" else path.resolve().parent.stem
    with opened(file, KIND, TABLES) as database:
        found = _Found()
        _read_sources(database, setting, found)
        book, codes = _read_codes(database, name)
        _read_codings(database, codes, found)
        attributes = _read_attributes(database, found)
        _count_others(database, found)
    if not found.transcripts and book is None:
        remedy = "It contains nothing that comb can use."
        raise BadInputError("a project without texts and codes", where=path.name, remedy=remedy)
    return Project(
        name,
        book,
        found.transcripts,
        tuple(dict.fromkeys(found.codings)),
        tuple(dict.fromkeys(found.suggestions)),
        tuple(dict.fromkeys(found.decisions)),
        attributes=attributes,
        warnings=tuple(_warnings(found)),
    )


def _read_sources(database: SqliteFile, setting: Setting, found: _Found) -> None:
    for row in database.rows("source", ("id", "name", "fulltext")):
        text = _text(row["fulltext"])
        if not text.strip():
            found.counts["sources without text (audio, video, pictures)"] += 1
            continue
        name = _transcript_name(_text(row["name"]), found.transcripts)
        found.rules[name] = rules_of(text)
        text = tidy(text)
        turns = parse_turns(text, setting.roles.patterns, name)
        found.transcripts[name] = Transcript(name, text, turns, _text(row["name"]))
        found.ids[row["id"]] = name


def _transcript_name(source: str, taken: Mapping[str, object]) -> str:
    stem, dot, suffix = source.rpartition(".")
    while dot and f".{suffix.lower()}" in SUFFIXES and stem:
        source = stem
        stem, dot, suffix = source.rpartition(".")
    return file_name(source, taken)


def _read_codes(database: SqliteFile, name: str) -> tuple[Codebook | None, dict[Any, str]]:
    entries = [
        Entry(("cat", row["catid"]), _text(row["name"]), ("cat", row["supercatid"]), "", _text(row["memo"]))
        for row in database.rows("code_cat", ("catid", "name", "supercatid"), ("memo",))
    ]
    for row in database.rows("code_name", ("cid", "name", "catid"), ("color", "memo", "supercid")):
        above = ("cat", row["catid"]) if row["supercid"] is None else ("code", row["supercid"])
        color, memo = _text(row["color"]), _text(row["memo"])
        entries.append(Entry(("code", row["cid"]), _text(row["name"]), above, color, memo))
    book, ids = codebook_of(name, entries)
    return book, {key[1]: value for key, value in ids.items() if key[0] == "code"}


def _read_codings(database: SqliteFile, codes: Mapping[Any, str], found: _Found) -> None:
    rows = defaultdict(list)
    columns = ("cid", "fid", "seltext", "pos0", "pos1", "owner")
    for row in database.rows("code_text", columns, ("date", "memo")):
        if row["fid"] not in found.ids or row["cid"] not in codes:
            found.counts["codings of a deleted text or code"] += 1
        elif not (isinstance(row["pos0"], int) and isinstance(row["pos1"], int)):
            found.counts["codings without a position"] += 1
        else:
            rows[found.ids[row["fid"]]].append(row)
    for name, own in rows.items():
        transcript = found.transcripts[name]
        given = [(row["pos0"], row["pos1"], _text(row["seltext"])) for row in own]
        placed = align_quotes(transcript.text, given, found.rules[name])
        if placed.moved:
            found.warnings.append(f"codings of {name} realigned by their words: {placed.moved}")
        for row, span in zip(own, placed.spans, strict=True):
            if span is None:
                found.counts["codings whose words occur nowhere, or several times, in their text"] += 1
                continue
            place = (name, *span, transcript.text[span[0] : span[1]])
            _take(found, Coding(*place, codes[row["cid"]], "", "", origin=ORIGIN), row, transcript)


def _take(found: _Found, base: Coding, row: Mapping[str, Any], transcript: Transcript) -> None:
    """Make a coding of a row, or a suggestion where a model of comb made it; the memo says what comb knew of it."""
    coder = _text(row["owner"]).strip() or "unknown"
    for remark in read_remarks(_text(row["memo"]), (), base.code, coder, merged=True):
        model = remark.model
        if model is None:
            found.codings.append(as_coding(base, remark, _time(row["date"])))
            continue
        suggested = as_suggestion(base, remark, model, transcript)
        if suggested is None:
            found.counts["codings by models of comb without a score"] += 1
        else:
            found.suggestions += [suggested[0]] if suggested[0] else []
            found.decisions += suggested[1]


def _time(value: object) -> str:
    """Return the date of a row; that which comb wrote before version 0.2 where it knew none stands for none."""
    text = _text(value)
    return "" if text.replace(" ", "T").removesuffix("Z") == NO_TIME.removesuffix("Z") else text


def _read_attributes(database: SqliteFile, found: _Found) -> dict[str, dict[str, str]]:
    """Return the attributes of each transcript and of its cases; the values of several cases with ``;`` between."""
    values: dict[tuple[str, Any], dict[str, str]] = defaultdict(dict)
    for row in _rows(database, "attribute", ("name", "attr_type", "value", "id")):
        values[_text(row["attr_type"]), row["id"]][_text(row["name"]).strip()] = _text(row["value"]).strip()
    cases = {row["caseid"]: _text(row["name"]) for row in _rows(database, "cases", ("caseid", "name"))}
    of: dict[str, dict[Any, None]] = defaultdict(dict)
    for row in _rows(database, "case_text", ("caseid", "fid")):
        if row["fid"] in found.ids and row["caseid"] in cases:
            of[found.ids[row["fid"]]][row["caseid"]] = None
    attributes = {}
    for source, name in found.ids.items():
        own = dict(values["file", source])
        parts = [{CASE: cases[case], **values["case", case]} for case in of[name]]
        for key in dict.fromkeys(key for part in parts for key in part):
            said = "; ".join(dict.fromkeys(part[key] for part in parts if part.get(key)))
            own.setdefault(key, said)
        attributes[name] = {key: value for key, value in own.items() if key and value}
    return {name: own for name, own in attributes.items() if own}


def _count_others(database: SqliteFile, found: _Found) -> None:
    kinds = {"code_image": "codings in pictures and on PDF pages", "code_av": "codings in audio and video"}
    kinds |= {"annotation": "annotations", "journal": "journal entries"}
    for table, kind in kinds.items():
        found.counts[kind] += sum(1 for _ in _rows(database, table, ()))


def _rows(database: SqliteFile, table: str, columns: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """Read a table that old projects do not have."""
    there = database.columns(table)
    yield from database.rows(table, columns or sorted(there)[:1]) if there else ()


def _warnings(found: _Found) -> Iterator[str]:
    yield from found.warnings
    yield from (f"{kind}, left out: {n}" for kind, n in found.counts.items() if n)


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None or isinstance(value, bytes) else str(value)
