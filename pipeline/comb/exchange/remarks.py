"""Read the notes on a coding in another program: valence, memo, score, and whose coding it is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import cast

from comb.codings.machine import model_of
from comb.exchange.note_fields import Fields, read_note, read_parts, split_cells, unquoted
from comb.records import Coding, Decision, Evidence, Suggestion, Transcript, Valence, Verdict


@dataclass(frozen=True, slots=True)
class Remark:
    """The content of the notes on one coding."""

    coder: str
    fields: tuple[tuple[str, str], ...]
    memo: str

    @property
    def model(self) -> str | None:
        """The id of the model whose suggestion this is; None for a person's coding.

        Only suggestions have a threshold, so they are recognised even if the coder has become a person.
        """
        said = dict(self.fields)
        model = model_of(self.coder)
        return model or unquoted(said.get("model", "")) if model is not None or "threshold" in said else None


def read_remarks(
    description: str, notes: Iterable[str], code: str, coder: str, *, merged: bool = False
) -> list[Remark]:
    """Read the notes on a coding at its selection (``description``) and at the coding itself (``notes``).

    If both have content, the description counts, since programs show it. If a description has a part for each coding,
    the coding's own part counts. ``merged`` is for QualCoder, which gives all codings of a selection to one coder: then
    the parts show whose codings of this code there were, and one is returned for each.
    """
    before, parts = read_parts(description)
    own = [part for part in dict.fromkeys(parts) if part.code == code]
    if merged and own:
        return [_remark(part.coder, [before], part.fields, part.memo) for part in own]
    own = [part for part in own if part.coder == coder] or (own if len(own) == 1 else [])
    alone = _remark(coder, [before, *notes])
    if len(own) == 1:
        return [_remark(coder, [before, *notes], own[0].fields, own[0].memo)]
    # The same code twice by the same coder: the notes tell which part is meant, if the program has kept them.
    if not own or any((part.fields, part.memo) == (alone.fields, alone.memo) for part in own):
        return [alone]
    return [_remark(coder, [before], part.fields, part.memo) for part in own]


def _remark(coder: str, texts: Sequence[str], more: Iterable[tuple[str, str]] = (), memo: str = "") -> Remark:
    """Put what several texts say together; if they differ, the first counts, but ``more`` above all."""
    read = [read_note(text) for text in dict.fromkeys(text for text in texts if text.strip())]
    fields: Fields = []
    for lines in (*(lines for lines, _ in reversed(read)), more):
        fields += [line for line in lines if line not in fields]
    memos = [memo, *(rest for _, rest in read)]
    return Remark(coder, tuple(fields), "\n".join(dict.fromkeys(memo for memo in memos if memo)))


def as_coding(base: Coding, remark: Remark, time: str) -> Coding:
    """Return the coding that a remark belongs to; ``base`` contains its place and its code."""
    said = dict(remark.fields)
    return replace(
        base,
        valence=cast(Valence, said.get("valence", base.valence)),
        coder=remark.coder,
        memo=remark.memo,
        created_at=unquoted(said["created"]) if "created" in said else time,
        origin=unquoted(said["origin"]) if "origin" in said else base.origin,
        model=unquoted(said.get("model", "")),
        score=float(said["score"]) if "score" in said else None,
    )


def as_suggestion(
    base: Coding, remark: Remark, model: str, transcript: Transcript
) -> tuple[Suggestion | None, list[Decision]] | None:
    """Return the suggestion that a remark belongs to, if it is one of the last run, and coders' decisions on it.

    None if its score is lost.
    """
    said = dict(remark.fields)
    if "score" not in said or "threshold" not in said:
        return None
    valence = cast(Valence, said.get("valence", ""))
    score, threshold = float(said["score"]), float(said["threshold"])
    place = (base.transcript, base.start, base.end)
    suggestion = None
    if "rank" in said:
        evidence = tuple(_evidence(value) for key, value in remark.fields if key == "evidence")
        rank, speaker = int(said["rank"]), _speaker(transcript, base.start)
        suggestion = Suggestion(
            *place, speaker, base.quote, base.code, valence, score, threshold, rank, model, evidence
        )
    decisions = []
    for value in (value for key, value in remark.fields if key == "decision"):
        verdict, coder, time, memo = (split_cells(value) + [""] * 4)[:4]
        decisions.append(
            Decision(*place, base.code, valence, score, threshold, model, cast(Verdict, verdict), coder, time, memo)
        )
    return suggestion, decisions


def _speaker(transcript: Transcript, at: int) -> str:
    return next((turn.speaker for turn in transcript.turns if turn.start <= at < turn.end), "")


def _evidence(line: str) -> Evidence:
    segment, code, similarity, text = (split_cells(line) + [""] * 4)[:4]
    try:
        return Evidence(segment, text, code, float(similarity))
    except ValueError:
        return Evidence(segment, text, code, 0.0)
