"""Data for the page Team: people, assignments, and open differences between coders who have finished."""

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from sqlalchemy import Connection, func, select

from comb.agreement.units import CONSENSUS
from comb.errors import CombError
from comb.review.domain.adjudication import Adjudication
from comb.review.domain.assignments import Item
from comb.review.domain.groups import Groups
from comb.review.domain.sight import Sight
from comb.review.domain.views import READER, Person
from comb.review.storage.database import assignments, codings, decisions, people, progress
from comb.review.storage.drafts import Row, is_finished, rows
from comb.review.storage.library import Library

AT_ONCE = 2.0
"""Seconds after which the answer contains only the comparisons made so far."""


@dataclass(frozen=True)
class Work:
    """Assignments, and each coder's progress."""

    assigned: dict[str, dict[str, Row]]
    states: dict[str, dict[str, Row]]
    coders: tuple[str, ...]
    begun: frozenset[tuple[str, str]]
    """Transcripts and coders with codings or decisions."""

    @classmethod
    def of(cls, db: Connection, library: Library, who: Person) -> "Work":
        """Read assignments and progress.

        Coders are people who may sign in, or who have or had assignments or codings.
        """
        assigned: dict[str, dict[str, Row]] = defaultdict(dict)
        states: dict[str, dict[str, Row]] = defaultdict(dict)
        for into, table in ((assigned, assignments), (states, progress)):
            for row in rows(db, table):
                if row["transcript"] in library and row["coder"].casefold() != CONSENSUS:
                    into[row["transcript"]][row["coder"]] = row
        members = db.execute(select(people.c.name, people.c.role)).all()
        readers = {row.name for row in members if row.role == READER}
        names = {row.name for row in members} | ({who.name} if not who.team else set())
        names |= {coder for own in (*assigned.values(), *states.values()) for coder in own}
        begun = {
            (name, coder)
            for table in (codings, decisions)
            for name, coder in db.execute(select(table.c.transcript, table.c.coder).distinct())
        }
        return cls(assigned, states, tuple(sorted(names - readers)), frozenset(begun))

    def state(self, transcript: str, coder: str) -> str:
        """Return a coder's progress: ``finished``, ``begun``, ``assigned`` or empty."""
        row = self.states.get(transcript, {}).get(coder)
        if row is not None and is_finished(row):
            return "finished"
        if (transcript, coder) in self.begun:
            return "begun"
        return "assigned" if coder in self.assigned.get(transcript, {}) else ""

    def items(self, library: Library, attribute: str = "") -> list[Item]:
        """Return the transcripts for a draw, in strata by an attribute of the participants."""
        groups = Groups.of(library, attribute) if attribute else None
        found = []
        for name in library.ids:
            own = [coder for coder in self.coders if self.state(name, coder)]
            found.append(Item(name, len(library[name].segments), tuple(own), _stratum(groups, name)))
        return found


def _stratum(groups: Groups | None, name: str) -> str:
    session = groups.sample.sessions.get(name) if groups else None
    if groups is None or session is None:
        return ""
    return ", ".join(sorted({groups.sample.group(person) for person in session.participants}))


@dataclass
class Conflicts:
    """Counts unsettled disagreements of coders who have finished; counts are cached until a coding changes."""

    adjudication: Adjudication
    _kept: dict[tuple[object, ...], tuple[int, int]] = field(default_factory=dict)

    def listed(self, db: Connection, sight: Sight) -> tuple[list[dict[str, Any]], int]:
        """Return the open disagreements by transcript and pair of coders, and how many pairs are not compared yet."""
        found, left, ends = [], 0, time.monotonic() + AT_ONCE
        for name, pair, key in self._pairs(db, sight):
            if key not in self._kept and time.monotonic() > ends:
                left += 1
                continue
            disputed, settled = self._counted(db, name, pair, key)
            found.append({"transcript": name, "a": pair[0], "b": pair[1], "disputed": disputed, "settled": settled})
        return found, left

    def _pairs(self, db: Connection, sight: Sight) -> Iterator[tuple[str, tuple[str, str], tuple[object, ...]]]:
        done: dict[str, dict[str, int]] = defaultdict(dict)
        consensus: dict[str, int] = {}
        for row in rows(db, progress):
            if row["coder"].casefold() == CONSENSUS:
                consensus[row["transcript"]] = row["version"]
            elif row["finished"]:
                done[row["transcript"]][row["coder"]] = row["version"]
        library = self.adjudication.library
        for name in library.ids:
            own = done.get(name, {}) if name in sight.open else {}
            for a, b in combinations(sorted(own), 2):
                digest = library.text(name).digest
                yield name, (a, b), (name, a, b, own[a], own[b], consensus.get(name), digest, library.study)

    def _counted(self, db: Connection, name: str, pair: tuple[str, str], key: tuple[object, ...]) -> tuple[int, int]:
        if key not in self._kept:
            try:
                sides = self.adjudication.sides(db, name, pair)
                figures = self.adjudication.figures(sides, self.adjudication.consensus(db, sides))
                self._kept[key] = (figures["disputed"], figures["settled"])
            except CombError:
                # Nothing in it can be compared.
                self._kept[key] = (0, 0)
        return self._kept[key]


def by_pair(found: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Sum open disagreements up by pair of coders, with the transcripts that have any."""
    pairs: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for one in found:
        pairs[one["a"], one["b"]].append(one | {"open": one["disputed"] - one["settled"]})
    return [
        {
            "a": a,
            "b": b,
            "transcripts": len(own),
            "open": sum(one["open"] for one in own),
            "where": [{"transcript": one["transcript"], "open": one["open"]} for one in own if one["open"]],
        }
        for (a, b), own in sorted(pairs.items())
    ]


def counted_codings(db: Connection) -> dict[tuple[str, str], int]:
    """Count the codings of each transcript and coder."""
    groups = (codings.c.transcript, codings.c.coder)
    query = select(*groups, func.count()).where(codings.c.code != "", codings.c.start >= 0).group_by(*groups)
    return {(name, coder): n for name, coder, n in db.execute(query)}
