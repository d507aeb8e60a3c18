"""Output of speech-to-text programs: JSON of Whisper, WhisperX, aTrain, whisper.cpp and others; Whisper's TSV.

The JSON differs from comb's own in its structure: a list of records that have ``text``, under one of a few names or by
itself. Names decide between seconds and milliseconds: ``offsets`` and the whole numbers of ``utterances`` are
milliseconds, all others seconds.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from comb.records import Turn
from comb.study.params import RoleParams
from comb.transcripts.encoding import decode
from comb.transcripts.file_safety import tidy
from comb.transcripts.json_format import read_json_transcript
from comb.transcripts.utterances import Utterance, compose

_LISTS = ("segments", "utterances", "transcription", "chunks", "results", "monologues")
_SPEAKERS = ("speaker", "speaker_label", "speaker_name", "speakerName", "speaker_id")
_HEADER = ["start", "end", "text"]


def read_any_json(data: bytes, where: str, roles: RoleParams) -> tuple[str, tuple[Turn, ...]]:
    """Read .json as a speech-to-text program wrote it, or as comb did.

    Raises BadInputError if it is neither, or if it contains no speech.
    """
    try:
        value = json.loads(decode(data, where))
    except (ValueError, RecursionError):
        value = None
    name, records = _records(value)
    if not records:
        return read_json_transcript(data, where, roles)
    return compose(_utterances(records, in_milliseconds=name == "utterances"), roles, where)


def _records(value: Any) -> tuple[str, list[Mapping[str, Any]]]:
    """Return the list of what was said, and its name; an empty list if there is none."""
    if isinstance(value, dict) and "turns" not in value:
        lists = ((name, value[name]) for name in _LISTS if isinstance(value.get(name), list))
        name, items = next(lists, ("", []))
    else:
        name, items = "", value if isinstance(value, list) else []
    if items and all(isinstance(item, dict) and isinstance(item.get("text"), str) for item in items):
        return name, items
    return "", []


def _utterances(records: Sequence[Mapping[str, Any]], *, in_milliseconds: bool) -> Iterator[Utterance]:
    for record in records:
        start, end = _times(record, in_milliseconds=in_milliseconds)
        yield Utterance(tidy(_speaker(record)), tidy(record["text"]), start, end)


def _speaker(record: Mapping[str, Any]) -> str:
    named = (record[name] for name in _SPEAKERS if isinstance(record.get(name), str | int))
    return str(next(named, "")).strip()


def _times(record: Mapping[str, Any], *, in_milliseconds: bool) -> tuple[float | None, float | None]:
    if isinstance(offsets := record.get("offsets"), dict):
        return _second(offsets.get("from"), 1000), _second(offsets.get("to"), 1000)
    if isinstance(pair := record.get("timestamp"), list) and len(pair) == 2:
        return _second(pair[0]), _second(pair[1])
    whole = in_milliseconds and all(isinstance(record.get(name), int) for name in ("start", "end"))
    return _second(record.get("start"), 1000 if whole else 1), _second(record.get("end"), 1000 if whole else 1)


def _second(value: Any, per_second: int = 1) -> float | None:
    good = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e9
    return value / per_second if good else None


def whisper_rows(text: str) -> list[Utterance]:
    """Return the utterances in Whisper's TSV; none if a text is not such a table. Its times are milliseconds."""
    lines = [line.split("\t", 2) for line in text.split("\n") if line.strip()]
    if not lines or [cell.strip().casefold() for cell in lines[0]] != _HEADER:
        return []
    if not all(len(line) == 3 and line[0].isdecimal() and line[1].isdecimal() for line in lines[1:]):
        return []
    return [Utterance("", said, int(start[:12]) / 1000, int(end[:12]) / 1000) for start, end, said in lines[1:]]
