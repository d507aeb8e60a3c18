"""Spans that a coder read without coding them, in a file of comb's own inside a .qdpx.

The standard has no place for them; as selections without a code they would become empty annotations in QualCoder and
MAXQDA. Other programs ignore the file, and do not write it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence

from comb.records import Coding, Transcript

NAME = "Sources/comb-read.json"
_TEXTS = ("valence", "coder", "memo", "created_at", "origin", "model")


def dump_read_spans(codings: Sequence[Coding]) -> bytes:
    """Write codings that have no code."""
    rows = [
        [c.transcript, c.start, c.end, *(getattr(c, name) for name in _TEXTS), c.score]
        for c in sorted(codings, key=lambda c: (c.transcript, c.start, c.end, c.coder, c.memo, c.created_at, repr(c)))
    ]
    return json.dumps(rows, indent=0).encode() + b"\n"


def load_read_spans(data: bytes, transcripts: Mapping[str, Transcript]) -> Iterator[Coding]:
    """Read the spans that ``dump_read_spans`` wrote and that fit the transcripts; none if the file is anything else."""
    try:
        rows = json.loads(data)
    except (ValueError, RecursionError):
        return
    for row in rows if isinstance(rows, list) else ():
        if not _is_row(row) or row[0] not in transcripts:
            continue
        name, start, end, valence, coder, memo, created, origin, model, score = row
        text = transcripts[name].text
        if 0 <= start < end <= len(text):
            yield Coding(name, start, end, text[start:end], "", valence, coder, memo, created, origin, model, score)


def _is_row(row: object) -> bool:
    if not isinstance(row, list) or len(row) != len(_TEXTS) + 4:
        return False
    name, start, end, *texts, score = row
    whole = type(start) is int and type(end) is int and (score is None or type(score) is float)
    valid = texts and texts[0] in ("barrier", "facilitator", "both", "") if isinstance(texts[0], str) else False
    return whole and bool(valid) and all(isinstance(text, str) for text in (name, *texts))
