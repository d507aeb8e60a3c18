r"""Transcripts as JSON: ``{"text": ..., "turns": [...]}``, for texts that do not show their turns by themselves.

``comb import`` writes it for a transcript in another program's project that came from a Word table, captions or a
spreadsheet. Its text is fixed, because offsets refer to it, and reading it as plain text would find other turns. A turn
has ``start``, ``end`` and optionally ``speaker``, ``role`` and ``time`` (seconds); without ``role``, the study's
patterns determine it, as in every other format.
"""

import json
from itertools import pairwise
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from comb.errors import BadInputError
from comb.records import Role, Span, Transcript, Turn, are_cuts
from comb.study.params import RoleParams
from comb.transcripts.encoding import decode
from comb.transcripts.roles import find_role


class _Turn(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    speaker: str = ""
    role: Role | None = None
    start: int = Field(ge=0)
    end: int
    time: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    cuts: list[list[int]] = []


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    text: str
    turns: list[_Turn]


def read_json_transcript(data: bytes, where: str, roles: RoleParams) -> tuple[str, tuple[Turn, ...]]:
    """Read .json. Raises BadInputError if it is not such a transcript, or if a turn lies outside the text."""
    remedy = 'It must contain "text" and "turns", as comb import writes it.'
    try:
        file = _File.model_validate(json.loads(decode(data, where)))
    except (ValueError, ValidationError, RecursionError):  # their messages may quote the file
        raise BadInputError("not a transcript in JSON", where=where, remedy=remedy) from None
    text = file.text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    places = [0, *(place for turn in file.turns for place in (turn.start, turn.end)), len(text)]
    cuts_fit = all(are_cuts(turn.cuts, turn.start, turn.end) for turn in file.turns)
    if any(a > b for a, b in pairwise(places)) or not cuts_fit or "\r" in text:
        what = "turns that overlap, are out of order or lie outside the text, or a carriage return in it"
        raise BadInputError(what, where=where, remedy=remedy)
    return text, tuple(
        Turn(t.speaker, t.role or find_role(t.speaker, roles) or "other", t.start, t.end, t.time, _cuts(t))
        for t in file.turns
    )


def _cuts(turn: _Turn) -> tuple[Span, ...]:
    return tuple((start, end) for start, end in turn.cuts)


def dump_transcript(transcript: Transcript, roles: RoleParams) -> bytes:
    """Return the JSON that reads as this transcript; a role is included only if ``roles`` would give another."""
    turns = [_turn(turn, roles) for turn in transcript.turns]
    text = json.dumps({"text": transcript.text, "turns": turns}, ensure_ascii=False, indent=1)
    return text.encode("utf-8") + b"\n"


def _turn(turn: Turn, roles: RoleParams) -> dict[str, Any]:
    kept: dict[str, Any] = {"speaker": turn.speaker, "start": turn.start, "end": turn.end}
    if (find_role(turn.speaker, roles) or "other") != turn.role:
        kept["role"] = turn.role
    if turn.cuts:
        kept["cuts"] = turn.cuts
    return kept if turn.time is None else {**kept, "time": turn.time}
