"""Two coders side by side, their agreement, and the lead's decisions as coder ``consensus``."""

import secrets
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Connection

from comb.agreement.compare import Comparison
from comb.agreement.disagreements import Answer, UnitAnswers, unit_answers
from comb.agreement.ratings import Ratings
from comb.agreement.units import CONSENSUS, CodedStudy, placed, study_ratings
from comb.codings.alignment import overlaps
from comb.codings.codings_csv import CodingsRead
from comb.records import Coding
from comb.review.domain import schemas as ask
from comb.review.storage.database import codings, progress, settled
from comb.review.storage.drafts import Draft, Row, rows
from comb.review.storage.history import Ledger, Outcome, can
from comb.review.storage.library import Library
from comb.review.storage.refusals import MissingError, Pair, RefusedError
from comb.review.storage.sync import as_coding
from comb.review.storage.sync import placed as placed_rows

BEFORE = 160
"""Characters of context shown before a unit."""


@dataclass(frozen=True)
class Sides:
    """Two coders' codes of each unit of a transcript."""

    name: str
    coders: tuple[str, str]
    units: Sequence[UnitAnswers]
    figures: dict[str, Any]
    """Figures of their agreement."""
    digest: str
    """SHA-256 of the text of the units."""

    @property
    def disputed(self) -> list[UnitAnswers]:
        """Units on which the coders differ."""
        return [unit for unit in self.units if unit.disputed]


class Adjudication:
    """Compares coders who have finished a transcript, and caches results until a coding changes."""

    def __init__(self, library: Library, ledger: Ledger) -> None:
        self.library = library
        self.ledger = ledger
        self._kept: dict[tuple[object, ...], Sides] = {}

    def choices(self, db: Connection, name: str) -> list[str]:
        """List the coders who have finished a transcript."""
        done = rows(db, progress, transcript=name, finished=True)
        return sorted(row["coder"] for row in done if row["coder"].casefold() != CONSENSUS)

    def sides(self, db: Connection, name: str, asked: tuple[str | None, str | None]) -> Sides:
        """Compare two coders, by default the first two who finished. Raises RefusedError if fewer than two have."""
        there = self.choices(db, name)
        wanted = [coder for coder in asked if coder]
        chosen = wanted + [coder for coder in there if coder not in wanted]
        if len(chosen) < 2 or chosen[0] == chosen[1] or not {*chosen[:2]} <= set(there):
            remedy = "Each coder must first press Finish."
            raise RefusedError(f"two coders must have finished this transcript ({len(there)} have)", remedy=remedy)
        pair = (chosen[0], chosen[1])
        versions = [row["version"] for coder in pair for row in rows(db, progress, transcript=name, coder=coder)]
        key = (name, *pair, *versions, self.library.text(name).digest)
        if key not in self._kept:
            # One transcript at a time is adjudicated: what was kept of others is not needed.
            self._kept = {key: self._compare(db, name, pair)}
        return self._kept[key]

    def _compare(self, db: Connection, name: str, pair: tuple[str, str]) -> Sides:
        material = self._material(db, name, pair)
        units = unit_answers(material, pair, "", self.unit)
        if not any(unit.answers for unit in units):
            raise RefusedError("there are no segments to compare", remedy="Check study.roles in configs/params.yaml.")
        level = self._level({coding.code for coding in material.read.codings})
        figures = _figures(study_ratings(material, pair, level, self.unit))
        agreed = sum(unit.agreed is not None for unit in units)
        figures |= {"level": self.library.codebook.level_title(level), "units": len(units), "agreed": agreed}
        return Sides(name, pair, units, figures, self.library.text(name).digest)

    @property
    def unit(self) -> str:
        """The unit to settle: a segment, or a turn if the study compares turns."""
        return "turn" if self.library.params.agreement.unit == "turn" else "segment"

    def _level(self, codes: set[str]) -> str:
        """Return the level that agreement is measured at: that of params, or the deepest at which all codes count.

        A code above the level says nothing there; figures without it would be of other codings than those shown.
        """
        book = self.library.codebook
        known = [code for code in codes if code in book]
        for level in reversed(book.levels):
            if all(book.at_level(code, level) is not None for code in known):
                return self.library.params.agreement.level or level
        return self.library.params.agreement.level or book.levels[0]

    def _material(self, db: Connection, name: str, coders: Sequence[str]) -> CodedStudy:
        document = self.library[name]
        text = document.transcript.text
        found = [as_coding(row, text) for coder in coders for row in _own(db, name, coder)]
        # A row without a code says that somebody who coded nothing at all was there.
        found += [
            Coding(name, s.start, s.end, s.text, "", "", coder) for s in document.segments[:1] for coder in coders
        ]
        coverage = frozenset((name, coder) for coder in coders)
        params = self.library.params
        return CodedStudy(
            transcripts={name: document.transcript},
            segments=document.segments,
            read=CodingsRead(tuple(found), (), coverage),
            codebook=self.library.codebook,
            roles=params.segment.roles,
            share=params.train.overlap,
            models={},
            whole=params.segment.unit == "turn",
        )

    # ---- what was settled

    def consensus(self, db: Connection, sides: Sides) -> dict[int, list[Coding]]:
        """Return the codings of the consensus by number of unit; an empty list if it was settled as having no code."""
        pair = Pair(sides.name, CONSENSUS)
        text = self.library[sides.name].transcript.text
        found = [as_coding(row, text) for row in _own(db, *pair)]
        units = [unit.unit for unit in sides.units]
        given: dict[int, list[Coding]] = defaultdict(list)
        for number, coding in placed(units, found, self.library.params.train.overlap):
            given[number].append(coding)
        empty = {(coding.start, coding.end) for coding in found if not coding.code}
        whole = any(row["finished"] for row in rows(db, progress, **pair._asdict()))
        for number, unit in enumerate(units):
            if whole or (unit.start, unit.end) in empty:
                given.setdefault(number, [])
        return dict(given)

    def body(self, db: Connection, sides: Sides) -> dict[str, Any]:
        """Return both sides with figures and settled units; units that nobody coded are left out."""
        given, notes = self.consensus(db, sides), self._notes(db, sides.name)
        pair = Pair(sides.name, CONSENSUS)
        state = (rows(db, progress, **pair._asdict()) or [self.ledger.blank(pair)])[0]
        undo, redo = can(db, pair)
        shown = [
            self._unit(sides, number, given.get(number), notes)
            for number, unit in enumerate(sides.units)
            if given.get(number) or any(unit.answers.values())
        ]
        return {
            "coders": sides.coders,
            "choices": self.choices(db, sides.name),
            "units": shown,
            "text_digest": sides.digest,
            "agreement": self.figures(sides, given),
            "version": state["version"],
            "finished": state["finished"],
            "can_undo": undo,
            "can_redo": redo,
        }

    def figures(self, sides: Sides, given: dict[int, list[Coding]]) -> dict[str, Any]:
        """Return the figures of agreement, and the number of settled units among the disputed ones."""
        numbers = [number for number, unit in enumerate(sides.units) if unit.disputed]
        return {**sides.figures, "disputed": len(numbers), "settled": sum(number in given for number in numbers)}

    def after(self, db: Connection, sides: Sides, done: Outcome) -> dict[str, Any]:
        """Return the changes from settling, undo or redo."""
        given, notes = self.consensus(db, sides), self._notes(db, sides.name)
        touched = [
            (row["start"], row["end"])
            for change in done.changes
            if change.table in (codings.name, settled.name)
            for row in (change.before, change.after)
            if row
        ]
        numbers = {
            number
            for number, unit in enumerate(sides.units)
            if any(start < unit.unit.end and unit.unit.start < end for start, end in touched)
        }
        state = rows(db, progress, transcript=sides.name, coder=CONSENSUS)[0]
        return {
            "units": [self._unit(sides, number, given.get(number), notes) for number in sorted(numbers)],
            "agreement": self.figures(sides, given),
            "version": done.version,
            "finished": state["finished"],
            "can_undo": done.can_undo,
            "can_redo": done.can_redo,
        }

    def _notes(self, db: Connection, name: str) -> dict[tuple[int, int], Row]:
        return {(row["start"], row["end"]): row for row in rows(db, settled, transcript=name)}

    def _unit(
        self, sides: Sides, number: int, given: list[Coding] | None, notes: dict[tuple[int, int], Row]
    ) -> dict[str, Any]:
        judged = sides.units[number]
        unit = judged.unit
        note = notes.get((unit.start, unit.end), {})
        text = self.library[sides.name].transcript.text
        a, b = (_answer(judged, coder) for coder in sides.coders)
        consensus = None if given is None else [{"code": c.code, "valence": c.valence} for c in given]
        memo = note.get("memo") or "; ".join(dict.fromkeys(c.memo for c in given or () if c.memo))
        return {
            "start": unit.start,
            "end": unit.end,
            "speaker": unit.speaker,
            "quote": unit.text,
            "before": text[max(0, unit.start - BEFORE) : unit.start],
            "a": a,
            "b": b,
            "agree": judged.agreed is not None,
            "consensus": consensus,
            "memo": memo,
            "why_not": note.get("why_not", ""),
        }

    # ---- settling

    def settle(self, sides: Sides, asked: ask.Adjudicate, by: str) -> Callable[[Draft], None]:
        """Return the function that settles a unit and, after the last disputed one, completes the consensus."""
        units = [judged.unit for judged in sides.units]
        unit = next((u for u in units if (u.start, u.end) == (asked.start, asked.end)), None)
        if unit is None:
            raise MissingError("there is no such unit")
        for answer in asked.codes:
            if answer.code not in self.library.codebook:
                raise RefusedError("there is no such code in the codebook")
        if self.library.codebook.exclusive and len(asked.codes) > 1:
            raise RefusedError("this codebook has one code for each segment", remedy="Choose one of the codes.")
        if len({answer.code for answer in asked.codes}) < len(asked.codes):
            raise RefusedError("a code is listed twice")
        answers: Answer = frozenset((answer.code, answer.valence) for answer in asked.codes)

        def build(draft: Draft) -> None:
            draft.need_text(sides.digest, asked.text)
            self._clear(draft, sides, asked.start, asked.end)
            memo = "\n".join(filter(None, (asked.memo, asked.why_not and f"Why not the other code: {asked.why_not}")))
            _write(draft, asked.start, asked.end, answers, memo)
            before = draft.settled(asked.start, asked.end)
            note = {"memo": asked.memo, "why_not": asked.why_not, "by": by, "at": draft.at}
            place = {"transcript": sides.name, "start": asked.start, "end": asked.end}
            draft.put(settled, before, {**place, **note})
            self._complete(draft, sides)

        return build

    def _clear(self, draft: Draft, sides: Sides, start: int, end: int) -> None:
        """Remove the consensus on a unit; a coding that covers other units too stays on those."""
        share = self.library.params.train.overlap
        unit = next(u.unit for u in sides.units if (u.unit.start, u.unit.end) == (start, end))
        for row in placed_rows(draft.own(codings)):
            coding = as_coding(row, self.library[sides.name].transcript.text)
            if (row["start"], row["end"]) != (start, end) and not overlaps(coding, unit, share):
                continue
            draft.put(codings, row, None)
            for other in sides.units:
                if other.unit is not unit and row["code"] and overlaps(coding, other.unit, share):
                    place = {"start": other.unit.start, "end": other.unit.end}
                    draft.put(codings, None, {**row, **place, "id": secrets.token_hex(8)})

    def _complete(self, draft: Draft, sides: Sides) -> None:
        """Once all disputed units are settled, add those on which the coders agree, which completes the consensus."""
        given = self.consensus(draft.db, sides)
        if any(unit.disputed and number not in given for number, unit in enumerate(sides.units)):
            return
        for number, judged in enumerate(sides.units):
            if judged.agreed and number not in given:
                _write(draft, judged.unit.start, judged.unit.end, judged.agreed, "")
        key = draft.pair._asdict()
        (state,) = rows(draft.db, progress, **key)
        draft.put(progress, {**key, "finished": state["finished"]}, {**key, "finished": True})


def _own(db: Connection, name: str, coder: str) -> list[Row]:
    return placed_rows(rows(db, codings, transcript=name, coder=coder))


def _write(draft: Draft, start: int, end: int, answers: Answer, memo: str) -> None:
    """Add the consensus on a unit; a coding without a code means that it was settled as "no code"."""
    for code, valence in sorted(answers) or [("", "")]:
        row = {
            "id": secrets.token_hex(8),
            **draft.pair._asdict(),
            "start": start,
            "end": end,
            "code": code,
            "valence": valence,
            "memo": memo,
            "at": draft.at,
            "origin": "adjudication",
            "model": "",
            "score": None,
        }
        draft.put(codings, None, row)


def _answer(judged: UnitAnswers, coder: str) -> list[dict[str, Any]] | None:
    if coder not in judged.answers:
        return None
    memos = " | ".join(judged.memos[coder]) if coder in judged.memos else ""
    return [{"code": code, "valence": valence, "memo": memos} for code, valence in sorted(judged.answers[coder])]


def _figures(ratings: Ratings) -> dict[str, Any]:
    """Return percent agreement, Cohen's kappa and Krippendorff's alpha, null where undefined, and kappa per code."""
    found, _ = Comparison.of(ratings, sets=False).values()
    used = (ratings.cells == 1).sum(axis=0)
    both = (ratings.cells == 1).all(axis=1).sum(axis=0)
    kappas = found.codes["cohen_kappa"]
    listed = [
        {
            "code": code,
            "n_a": int(used[0, k]),
            "n_b": int(used[1, k]),
            "both": int(both[k]),
            "kappa": _number(kappas[k]),
        }
        for k, code in enumerate(ratings.codes)
        if used[:, k].any()
    ]
    overall = {
        name: _number(found.overall[key])
        for name, key in (("percent", "observed_agreement"), ("kappa", "cohen_kappa"), ("alpha", "krippendorff_alpha"))
    }
    return {**overall, "codes": listed}


def _number(value: Any) -> float | None:
    return None if value is None or np.isnan(value) else round(float(value), 4)
