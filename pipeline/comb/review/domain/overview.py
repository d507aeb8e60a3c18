"""Progress of the coding, frequencies of codes, and agreement of coders, on the current codings."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from sqlalchemy import Connection, select

from comb.agreement.results import Agreement
from comb.agreement.units import CONSENSUS, CodedStudy
from comb.codings.codings_csv import CodingsRead
from comb.codings.problems import capital
from comb.errors import CombError
from comb.review.domain.groups import Groups
from comb.review.domain.sight import Sight
from comb.review.domain.team import Work, counted_codings
from comb.review.storage.database import codings, decisions, progress
from comb.review.storage.drafts import Row, rows
from comb.review.storage.library import Library
from comb.review.storage.refusals import Pair
from comb.review.storage.sync import codings_of
from comb.stages.agree import agree_on_material, coded_study
from comb.synthesis.people import NOT_STATED

KEPT = 8
"""Most comparisons that are cached."""


def progress_table(db: Connection, library: Library, sight: Sight) -> dict[str, Any]:
    """Return each coder's progress in each transcript, as far as this person may see it.

    Everybody sees who has finished which transcript. Leads also see who has begun and the number of codings, except for
    transcripts that they read blind themselves.
    """
    who = sight.who
    everything = who.lead or who.reads_along
    work, counts = Work.of(db, library, who), counted_codings(db)
    decided = Counter(db.scalars(select(decisions.c.transcript).where(decisions.c.coder == who.name)))
    listed = []
    for name in library.ids:
        cells = {}
        for coder in work.coders:
            own = coder == who.name
            state = work.state(name, coder)
            if not own and not everything and state == "begun":
                state = "assigned" if coder in work.assigned.get(name, {}) else ""
            seen = own or (everything and name in sight.open)
            if state:
                cells[coder] = {"state": state, "codings": counts.get((name, coder), 0) if seen else None}
        suggestions = len(library[name].suggestions) if name in sight.open else None
        told = {"decided": decided[name], "suggestions": suggestions}
        listed.append({"id": name, "segments": len(library[name].segments), "cells": cells, **told})
    return {"coders": work.coders, "transcripts": listed}


@dataclass(frozen=True)
class Frequencies:
    """How often each code, with the codes below it, is used; by coder, valence and group of participants."""

    codes: Sequence[dict[str, Any]]
    coders: Sequence[str]
    groups: Sequence[str]
    people: dict[str, int]
    """Number of participants of each group in the coded transcripts."""


def frequencies(db: Connection, library: Library, sight: Sight, coder: str, attribute: str) -> Frequencies:
    """Count the codings that this person may see. A passage to which a coder gave a code counts once for that code.

    In groups, passages of several coders count once, and their participants are counted, too.
    """
    groups = Groups.of(library, attribute) if attribute else None
    book = library.codebook
    seen: dict[str, dict[str, set[Any]]] = defaultdict(lambda: defaultdict(set))
    coders: set[str] = set()
    coded_in: set[str] = set()
    for row in _visible(db, library, sight, coder):
        place = (row["transcript"], row["start"], row["end"])
        coders.add(row["coder"])
        coded_in.add(row["transcript"])
        speakers = _people(groups, library, row) if groups else []
        for code in book.codes[row["code"]].path:
            own = seen[code]
            own["passages"].add((*place, row["coder"]))
            own[f"coder {row['coder']}"].add(place)
            own[f"valence {row['valence']}"].add((*place, row["coder"]))
            own["transcripts"].add(row["transcript"])
            for person, group in speakers:
                own[f"group {group}"].add(place)
                own[f"people {group}"].add(person)
    sample = groups.sample.only(coded_in) if groups else None
    people = Counter([sample.group(person) for person in sample.participants] if sample else [])
    names = [group for group in sample.groups if people[group]] if sample else []
    counts = [_counted(code.id, seen[code.id], sorted(coders), names) for code in book if code.id in seen]
    return Frequencies(counts, sorted(coders), names, dict(people))


def _visible(db: Connection, library: Library, sight: Sight, coder: str) -> Sequence[Row]:
    query = select(codings).where(codings.c.code != "", codings.c.start >= 0)
    if coder:
        query = query.where(codings.c.coder == coder)
    found = map(dict, db.execute(query).mappings())
    return [
        row
        for row in found
        if row["transcript"] in library
        and row["code"] in library.codebook
        and sight.may(row["transcript"], row["coder"])
        and (coder or row["coder"].casefold() != CONSENSUS)
    ]


def _people(groups: Groups, library: Library, row: Row) -> list[tuple[str, str]]:
    """Return who speaks in a coded passage, and each one's group."""
    name = row["transcript"]
    turns = library.transcripts[name].turns
    speak = [turn for turn in turns if turn.start < row["end"] and row["start"] < turn.end]
    found = dict.fromkeys(person for turn in speak for person in groups.people(name, turn))
    if found or not any(turn.role == "participant" for turn in speak):
        return [(person, groups.sample.group(person)) for person in found]
    return [(name, NOT_STATED)]


def _counted(code: str, own: dict[str, set[Any]], coders: Sequence[str], groups: Sequence[str]) -> dict[str, Any]:
    valences = ("barrier", "facilitator", "both", "")
    return {
        "code": code,
        "passages": len(own["passages"]),
        "transcripts": len(own["transcripts"]),
        "coders": {name: len(own[f"coder {name}"]) for name in coders},
        "valences": {name or "none": len(own[f"valence {name}"]) for name in valences},
        "groups": {n: {"passages": len(own[f"group {n}"]), "people": len(own[f"people {n}"])} for n in groups},
    }


# ---- agreement


def material(db: Connection, library: Library, scope: frozenset[str]) -> CodedStudy:
    """Return the codings of some transcripts in the form of an export, for a comparison of coders."""
    names = [name for name in library.ids if name in scope]
    texts = {name: library[name].transcript for name in names}
    segments = [segment for name in names for segment in library[name].segments]
    return coded_study(library.study, texts, segments, read_now(db, library, scope), {})


def read_now(db: Connection, library: Library, scope: frozenset[str]) -> CodingsRead:
    """Return codings and coverage of some transcripts in the form of an export."""
    states = [row for row in rows(db, progress) if row["transcript"] in scope and row["transcript"] in library]
    finished = {Pair(row["transcript"], row["coder"]) for row in states if row["finished"]}
    begun = {Pair(row["transcript"], row["coder"]) for row in states if library[row["transcript"]].source == "raw"}
    found = [coding for pair in sorted(finished | begun) for coding in codings_of(library, db, pair)]
    return CodingsRead(tuple(found), (), frozenset(finished))


@dataclass
class LiveAgreement:
    """Compares coders in the background, and caches the results until a coding changes."""

    library: Library
    _kept: dict[str, "Future[Agreement]"] = field(default_factory=dict)
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "agreement"))
    _lock: Lock = field(default_factory=Lock)

    def of(self, db: Connection, scope: frozenset[str]) -> "Future[Agreement]":
        """Return the comparison of the coders in some transcripts, which may not have finished yet."""
        key = self._key(db, scope)
        with self._lock:
            if key not in self._kept:
                while len(self._kept) >= KEPT:
                    self._kept.pop(next(iter(self._kept))).cancel()
                study, found = self.library.study, material(db, self.library, scope)
                self._kept[key] = self._pool.submit(agree_on_material, study, found)
            return self._kept[key]

    def _key(self, db: Connection, scope: frozenset[str]) -> str:
        """Return what changes with the codings, the texts and the params."""
        names = ("transcript", "coder", "version", "finished")
        states = sorted(str([row[name] for name in names]) for row in rows(db, progress) if row["transcript"] in scope)
        texts = [(name, self.library.text(name).digest) for name in sorted(scope) if name in self.library]
        told = repr((states, texts, id(self.library.study), self.library.params.agreement))
        return hashlib.sha256(told.encode()).hexdigest()


def outcome(work: "Future[Agreement]", wait: float) -> tuple[Agreement | None, str]:
    """Return a comparison, after a brief wait, or why there is none; neither while it is being computed."""
    try:
        return work.result(wait), ""
    except TimeoutError:
        return None, ""
    except CombError as error:
        return None, f"{capital(error.what)}. {error.remedy}"
