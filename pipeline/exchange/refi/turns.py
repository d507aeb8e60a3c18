"""Speakers' turns inside a .qdpx: a file of comb's own, since the standard knows text but not who speaks.

Other programs leave the file aside, and what they write lacks it: then turns are found in the text as in any other
transcript. The turns of a text hold only for that very text, by its sha256.
"""

import hashlib
import json
from collections.abc import Mapping
from itertools import pairwise
from typing import get_args

from pipeline.records import Role, Transcript, Turn

NAME = "Sources/comb-turns.json"


def dump_turns(transcripts: Mapping[str, Transcript]) -> bytes:
    """Write the turns of all transcripts, by the sha256 of their texts."""
    turns = {
        text_sum(t.text): [[turn.speaker, turn.role, turn.start, turn.end, turn.time] for turn in t.turns]
        for t in transcripts.values()
    }
    return json.dumps(turns, ensure_ascii=True, indent=0, sort_keys=True).encode() + b"\n"


def load_turns(data: bytes) -> dict[str, list[object]]:
    """Read what ``dump_turns`` wrote; nothing where it is anything else."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return {key: value for key, value in found.items() if isinstance(value, list)} if isinstance(found, dict) else {}


def turns_of(text: str, stored: Mapping[str, list[object]]) -> tuple[Turn, ...]:
    """Give the stored turns of a text; none where there are none, or they cannot be those of the text."""
    rows = stored.get(text_sum(text), [])
    turns = tuple(Turn(*row) for row in rows if isinstance(row, list) and len(row) == 5 and _is_turn(*row))
    places = [0, *(place for turn in turns for place in (turn.start, turn.end)), len(text)]
    return turns if len(turns) == len(rows) and all(a <= b for a, b in pairwise(places)) else ()


def text_sum(text: str) -> str:
    """Give the sha256 of a text."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _is_turn(speaker: object, role: object, start: object, end: object, time: object) -> bool:
    texts = isinstance(speaker, str) and role in get_args(Role)
    whole = type(start) is int and type(end) is int
    return texts and whole and (time is None or type(time) in (int, float))
