"""Data of a study for the review page: transcripts, segments, and the model's suggestions."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from comb.codebook import Codebook
from comb.codings.anchors import AnchoredText
from comb.errors import BadInputError
from comb.records import Segment, Transcript, spoken
from comb.study.files import read_rows
from comb.study.layout import Study

Source = Literal["raw", "new"]
Span = tuple[int, int]
MOST_WHOLE = 2000
"""Number of suggestions above which evidence is sent only when a suggestion is viewed."""
AUDITED = 40
"""Number of segments in a blind audit, if ``comb audit`` drew no sample."""
_FIELDS = ("start", "end", "code", "valence", "score", "threshold", "rank", "model")


@dataclass(frozen=True)
class Suggested:
    """A suggestion as sent to the page.

    Its id consists of place and code, so that a decision outlives a new training.
    """

    id: str
    start: int
    end: int
    code: str
    valence: str
    score: float
    threshold: float
    rank: int
    model: str
    evidence: tuple[Mapping[str, Any], ...]
    rival: Mapping[str, Any] | None
    words: tuple[str, ...]
    """Words that weigh most for the code, if the model provides them."""

    def data(self, *, whole: bool) -> dict[str, Any]:
        """Return its unchanging data; without evidence and rival unless ``whole``."""
        brief = {"id": self.id} | {name: getattr(self, name) for name in _FIELDS}
        if not whole:
            return brief
        return brief | {"evidence": self.evidence, "rival": self.rival, "words": self.words}


@dataclass(frozen=True)
class Document:
    """A transcript with its segments and suggestions."""

    transcript: Transcript
    source: Source
    file: Path
    segments: tuple[Segment, ...]
    unconfirmed: tuple[str, ...] = ()
    """Speakers whose role nobody has confirmed, so that their speech is not coded."""
    suggestions: Mapping[str, Suggested] = field(default_factory=dict)

    @cached_property
    def text(self) -> AnchoredText:
        """The canonical text, for anchoring spans to their words."""
        return AnchoredText(self.transcript)

    @cached_property
    def prefixes(self) -> dict[str, str]:
        """Each suggestion as JSON without its end, so that coders' decisions can be appended; cached."""
        whole = not self.brief
        return {key: compact(item.data(whole=whole))[:-1] for key, item in self.suggestions.items()}

    @property
    def brief(self) -> bool:
        """Whether suggestions are sent without evidence at first."""
        return len(self.suggestions) > MOST_WHOLE

    @property
    def uncoded(self) -> list[Span]:
        """Segments without a suggestion."""
        touched = {(item.start, item.end) for item in self.suggestions.values()}
        return [(s.start, s.end) for s in self.segments if (s.start, s.end) not in touched]


def compact(data: object) -> str:
    """Write JSON without spaces."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def suggestions_by_transcript(
    path: Path, transcript: Transcript, codebook: Codebook, aliases: Mapping[str, str] | None = None
) -> dict[str, Suggested]:
    """Read the suggestions that ``comb suggest`` wrote for a transcript, by id.

    ``aliases`` maps codes that are no longer in the codebook to present ones; if a segment then has two suggestions of
    one code, the one with the higher score counts.

    Raises BadInputError if they are of another text or another codebook.
    """
    remedy = "Run: dvc repro (or: comb suggest FILE)."
    found: dict[str, list[dict[str, Any]]] = {}
    try:
        items = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
        for item in items:
            if spoken(transcript.text, item["start"], item["end"], transcript.cuts) != item["text"]:
                raise BadInputError(
                    "the suggestions are for another version of the text", where=path.name, remedy=remedy
                )
            item = _as_now(item, aliases or {})
            if item["code"] in codebook:
                found.setdefault(f"{item['start']}-{item['end']}", []).append(item)
        found = {place: _once(items) for place, items in found.items()}
        made = [_suggested(item, others) for others in found.values() for item in others]
    except (ValueError, KeyError, TypeError):
        raise BadInputError("not a suggestions file", where=path.name, remedy=remedy) from None
    return {item.id: item for item in sorted(made, key=lambda item: (item.start, item.end, item.rank))}


def _as_now(item: dict[str, Any], aliases: Mapping[str, str]) -> dict[str, Any]:
    rival = item.get("rival")
    if isinstance(rival, dict) and rival.get("code") in aliases:
        item = {**item, "rival": {**rival, "code": aliases[rival["code"]]}}
    return {**item, "code": aliases.get(item["code"], item["code"])}


def _once(items: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    best: dict[str, dict[str, Any]] = {}
    for item in items:
        if item["code"] not in best or item["score"] > best[item["code"]]["score"]:
            best[item["code"]] = item
    return list(best.values())


def _suggested(item: Mapping[str, Any], others: Sequence[Mapping[str, Any]]) -> Suggested:
    """Make a suggestion; if the file names no rival, it is the best of the segment's other suggestions."""
    rest = [other for other in others if other["code"] != item["code"]]
    best = max(rest, key=lambda other: float(other["score"]), default=None)
    rival = item.get("rival") or (best and {"code": best["code"], "score": best["score"]})
    return Suggested(
        id=f"{item['start']}-{item['end']}:{item['code']}",
        evidence=tuple(item.get("evidence", ())),
        rival=rival if isinstance(rival, dict) else None,
        words=tuple(item.get("words", ())),
        **{name: item[name] for name in _FIELDS},
    )


def queue(study: Study) -> dict[str, list[tuple[int, int, int]]]:
    """Return the proposals of ``comb next``, if any: segments (start, end, rank) by transcript, the best first."""
    path = study.processed / "next.csv"
    found: dict[str, list[tuple[int, int, int]]] = {}
    for _, row in read_rows(path, ("rank", "transcript", "start", "end")) if path.exists() else ():
        start, end, rank = (_number(row[name]) for name in ("start", "end", "rank"))
        if start is not None and end is not None and rank is not None:
            found.setdefault(row["transcript"], []).append((start, end, rank))
    return {name: sorted(spans, key=lambda span: span[2]) for name, spans in found.items()}


def audit_sample(study: Study, document: Document, seed: int) -> list[Span]:
    """Return the segments to audit: those drawn by ``comb audit``, or else drawn here from those uncoded."""
    import random

    path = study.processed / "audit.csv"
    rows = read_rows(path, ("transcript", "start", "end")) if path.exists() else ()
    spans = [(_number(r["start"]), _number(r["end"])) for _, r in rows if r["transcript"] == document.transcript.id]
    drawn = [(start, end) for start, end in spans if start is not None and end is not None]
    if drawn:
        return sorted(drawn)
    rest = document.uncoded
    # A sample of the same transcript is the same in every window and after every restart.
    return sorted(random.Random(f"{seed}:{document.transcript.id}").sample(rest, min(AUDITED, len(rest))))  # noqa: S311


def _number(cell: str) -> int | None:
    try:
        return int(float(cell))
    except ValueError:
        return None
