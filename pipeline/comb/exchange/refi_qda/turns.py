"""Speakers' turns, in a file of comb's own inside a .qdpx, since the standard has no speakers.

Other programs ignore the file and do not write it; turns are then found in the text as in any other transcript. The
turns of a source are valid only for exactly the text with which they were written, by its sha256.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, get_args

from comb.exchange.refi_qda.identifiers import guid
from comb.records import Role, Transcript, Turn, are_cuts

NAME = "Sources/comb-turns.json"


def dump_turns(transcripts: Mapping[str, Transcript]) -> bytes:
    """Write the turns of all transcripts, by the guids of their sources."""
    stored = {guid("source", t.id): {"sha256": _sum(t.text), "turns": _rows(t)} for t in transcripts.values()}
    return json.dumps(stored, indent=0, sort_keys=True).encode() + b"\n"


def _rows(transcript: Transcript) -> list[list[Any]]:
    return [
        [turn.speaker, turn.role, turn.start, turn.end, turn.time, *([turn.cuts] if turn.cuts else [])]
        for turn in transcript.turns
    ]


def load_turns(data: bytes) -> dict[str, dict[str, Any]]:
    """Read the turns that ``dump_turns`` wrote; none if the file is anything else."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return {key: value for key, value in found.items() if isinstance(value, dict)} if isinstance(found, dict) else {}


def turns_of(source: str, text: str, stored: Mapping[str, Mapping[str, Any]]) -> tuple[Turn, ...]:
    """Return the stored turns of a source; none if there are none, or if they do not fit its text."""
    entry = stored.get(source, {})
    rows = entry.get("turns") if entry.get("sha256") == _sum(text) else None
    if not isinstance(rows, list):
        return ()
    turns = tuple(_turn(*row) for row in rows if isinstance(row, list) and len(row) in (5, 6) and _is_turn(*row))
    places = [0, *(place for turn in turns for place in (turn.start, turn.end)), len(text)]
    return turns if len(turns) == len(rows) and all(a <= b for a, b in pairwise(places)) else ()


def _sum(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _is_turn(speaker: object, role: object, start: object, end: object, time: object, cuts: object = ()) -> bool:
    texts = isinstance(speaker, str) and role in get_args(Role)
    whole = type(start) is int and type(end) is int and are_cuts(cuts, start, end)
    return texts and whole and (time is None or type(time) in (int, float))


def _turn(
    speaker: str, role: Role, start: int, end: int, time: float | None, cuts: Sequence[Sequence[int]] = ()
) -> Turn:
    return Turn(speaker, role, start, end, time, tuple((a, b) for a, b in cuts))
