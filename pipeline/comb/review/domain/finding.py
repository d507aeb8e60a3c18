"""Find words and coded passages in all transcripts, limited to those that the person may see."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from comb.agreement.units import CONSENSUS
from comb.records import TAKEN_OVER, Span, Transcript, spoken
from comb.review.domain.find_requests import Search
from comb.review.domain.groups import Groups
from comb.review.domain.sentences import around, beside, sentences
from comb.review.domain.sight import Sight, sight_of, with_suggestions
from comb.review.domain.views import Person, Views
from comb.review.storage.database import codings, decisions
from comb.review.storage.drafts import Row, rows
from comb.review.storage.queries import Query, understand
from comb.review.storage.search_index import Found, SearchIndex, Turns, matching
from comb.review.storage.sync import placed

VERDICTS = {"accepted": "accepted", "recoded": "changed", "rejected": "rejected"}
"""Names of decisions on the page and in the database."""


@dataclass(frozen=True)
class CodedPlace:
    """A passage with a code: a coding, or a rejected or open suggestion."""

    transcript: str
    start: int
    end: int
    code: str
    valence: str
    coder: str
    memo: str
    score: float | None
    decision: str


@dataclass(frozen=True)
class Place:
    """One place found by a search: a turn with the matching words, or a coded passage."""

    transcript: str
    turn: int
    spans: tuple[Span, ...]
    coded: CodedPlace | None = None


@dataclass(frozen=True)
class Finding:
    """All places found, in the order of the transcripts, and the looks at others' work that showing them implies."""

    found: Turns | Sequence[Place]
    shown: Mapping[str, list[str]]

    @property
    def total(self) -> int:
        """Return the number of places."""
        return len(self.found)

    @property
    def transcripts(self) -> int:
        """Return the number of transcripts that contain them."""
        return self.found.transcripts if isinstance(self.found, Turns) else len({p.transcript for p in self.found})

    def part(self, start: int, end: int | None) -> Sequence[Place]:
        """Return some of the places."""
        if isinstance(self.found, Turns):
            return [Place(name, turn, ()) for name, turn in self.found.part(start, end)]
        return self.found[start:end]


class Finder:
    """Searches the transcripts of a study."""

    def __init__(self, views: Views, index: SearchIndex) -> None:
        self.views = views
        self.index = index

    def find(self, db: Connection, who: Person, asked: Search) -> Finding:
        """Find all places; ``shown`` are the transcripts in which others' codings are searched, too."""
        query = understand(asked.words)
        names = [name for name in asked.transcripts or self.views.library.ids if name in self.views.library]
        every = self.views.library.transcripts
        texts = {name: every[name] for name in names}
        scope = _Scope(asked, texts, Groups.of(self.views.library) if asked.attribute else None)
        if not asked.of_codings:
            return Finding(() if query.empty else self._words(query, texts, scope), {})
        sight = sight_of(self.views, db, who)
        coded = [one for one in self._coded(db, sight, asked, names) if scope.has(one)]
        return Finding(self._within(query, coded, texts), self._shown(sight, asked, names))

    def _words(self, query: Query, texts: Mapping[str, Transcript], scope: "_Scope") -> Turns:
        self.index.update(self.views.library.transcripts)
        found = self.index.turns(query, texts)
        return found.where(scope.speaks) if scope.narrow else found

    def _within(self, query: Query, coded: Sequence[CodedPlace], texts: Mapping[str, Transcript]) -> list[Place]:
        """Keep the passages in which the words stand."""
        coded = sorted(coded, key=lambda one: (one.transcript, one.start, one.end, one.code, one.coder))
        if query.empty:
            found: Iterable[tuple[Span, ...] | None] = [()] * len(coded)
        else:
            found = matching(query, [texts[one.transcript].text[one.start : one.end] for one in coded])
        return [
            Place(
                one.transcript,
                _turn_at(texts[one.transcript], one.start),
                tuple((one.start + a, one.start + b) for a, b in spans),
                one,
            )
            for one, spans in zip(coded, found, strict=True)
            if spans is not None
        ]

    # ---- what is coded

    def _coded(self, db: Connection, sight: Sight, asked: Search, names: Sequence[str]) -> Iterator[CodedPlace]:
        wanted, under = set(names), self._codes(asked.code)
        for one in self._kinds(db, sight, asked):
            if (
                one.transcript in wanted
                and (not asked.code or one.code in under)
                and (asked.coder in ("", one.coder))
                and (not asked.valence or one.valence == asked.valence.replace("none", ""))
                and _in_range(one.score, asked.low, asked.high)
                and (not asked.memo or _holds(one.memo, asked.memo))
            ):
                yield one

    def _codes(self, code: str) -> set[str]:
        """Return a code and all codes below it."""
        return {other.id for other in self.views.library.codebook if code in other.path}

    def _kinds(self, db: Connection, sight: Sight, asked: Search) -> Iterator[CodedPlace]:
        if asked.decision == "open":
            yield from self._open(db, sight, asked.coder or sight.who.name)
        elif asked.decision == "rejected":
            for row in placed(rows(db, decisions, verdict="rejected")):
                if row["transcript"] in self.views.library and sight.may(row["transcript"], row["coder"]):
                    yield _place(row, "rejected")
        else:
            yield from self._codings(db, sight, asked)

    def _codings(self, db: Connection, sight: Sight, asked: Search) -> Iterator[CodedPlace]:
        query = select(codings, decisions.c.verdict).outerjoin(decisions, decisions.c.coding == codings.c.id)
        query = query.where(codings.c.code != "", codings.c.start >= 0)
        if asked.code:
            query = query.where(codings.c.code.in_(sorted(self._codes(asked.code))))
        # What people settled on, and machines, only by name: else each passage would stand there several times.
        query = query.where(codings.c.coder == asked.coder if asked.coder else codings.c.coder != CONSENSUS)
        told = {verdict: name for name, verdict in VERDICTS.items()}
        seen: set[str] = set()
        for row in map(dict, db.execute(query).mappings()):
            if row["id"] in seen or row["transcript"] not in self.views.library:
                continue
            # Two suggestions may have become the same coding.
            seen.add(row["id"])
            verdict = told.get(row["verdict"] or "", "accepted" if row["origin"] == TAKEN_OVER else "")
            if sight.may(row["transcript"], row["coder"]) and asked.decision in ("", verdict):
                yield _place(row, verdict)
        for name in sight.others if asked.coder and not asked.decision else ():
            for row in self.views.library.language_models(name):
                yield _place({**row, "transcript": name}, "")

    def _open(self, db: Connection, sight: Sight, coder: str) -> Iterator[CodedPlace]:
        """Yield suggestions on which a coder has not decided; all of them where the coder has not begun."""
        decided = {(row["transcript"], row["suggestion"]) for row in rows(db, decisions, coder=coder)}
        for name in sorted(sight.open):
            for key, item in self.views.library[name].suggestions.items():
                if (name, key) not in decided:
                    yield CodedPlace(name, item.start, item.end, item.code, item.valence, coder, "", item.score, "open")

    def _shown(self, sight: Sight, asked: Search, names: Sequence[str]) -> dict[str, list[str]]:
        others = asked.coder != sight.who.name
        if asked.decision == "open":
            shown = sight.codings_of_others(names) if others and asked.coder else {}
            return with_suggestions(self.views, sight, names, shown)
        return sight.codings_of_others(names) if others else {}

    # ---- what the page gets

    def data(self, asked: Search, places: Sequence[Place]) -> list[dict[str, Any]]:
        """Return places with their context: pieces of text of kind ``context``, ``hit``, ``mark`` or ``gap``."""
        library = self.views.library
        query = understand(asked.words)
        bare = [(place.transcript, place.turn) for place in places if place.coded is None]
        texts = {name: library[name].transcript for name, _ in bare}
        marked = iter(self.index.marked(query, bare, texts)) if bare else iter(())
        return [self._data(place, next(marked) if place.coded is None else None) for place in places]

    def _data(self, place: Place, found: Found | None) -> dict[str, Any]:
        document = self.views.library[place.transcript]
        text, one = document.transcript, place.coded
        spans = found.spans if found else place.spans
        if one is None:
            hits = around(sentences(document, place.turn), spans)
        else:
            hits = beside(text.text, sentences(document, place.turn), (one.start, one.end))
        turn = text.turns[place.turn] if text.turns else None
        data: dict[str, Any] = {
            "transcript": place.transcript,
            "speaker": turn.speaker if turn else "",
            "role": turn.role if turn else "",
            "at": one.start if one else (spans[0][0] if spans else (turn.start if turn else 0)),
            "pieces": list(_pieces(text, hits, spans)),
        }
        if one is not None:
            names = ("start", "end", "code", "valence", "coder", "memo", "score", "decision")
            data |= {name: getattr(one, name) for name in names}
        return data


@dataclass(frozen=True)
class _Scope:
    """Which turns are searched."""

    asked: Search
    texts: Mapping[str, Transcript]
    groups: Groups | None

    @property
    def narrow(self) -> bool:
        """Whether the search leaves out some turns."""
        return bool(self.asked.speaker or self.asked.role or self.groups)

    def speaks(self, name: str, number: int) -> bool:
        """Return whether a turn is searched."""
        turn, asked = self.texts[name].turns[number], self.asked
        if (asked.speaker and turn.speaker != asked.speaker) or (asked.role and turn.role != asked.role):
            return False
        return self.groups is None or self.groups.has(name, turn, asked.attribute, asked.value)

    def has(self, one: CodedPlace) -> bool:
        """Return whether a passage is in a turn that is searched."""
        if not self.narrow:
            return True
        return any(
            turn.start < one.end and one.start < turn.end and self.speaks(one.transcript, number)
            for number, turn in enumerate(self.texts[one.transcript].turns)
        )


def _place(row: Row, decision: str) -> CodedPlace:
    names = ("transcript", "start", "end", "code", "valence", "coder", "memo", "score")
    return CodedPlace(**{name: row[name] for name in names}, decision=decision)


def _turn_at(text: Transcript, at: int) -> int:
    """Return the number of the last turn that starts at or before an offset."""
    return max((number for number, turn in enumerate(text.turns) if turn.start <= at), default=0)


def _in_range(score: float | None, low: float | None, high: float | None) -> bool:
    if low is None and high is None:
        return True
    return score is not None and (low is None or score >= low) and (high is None or score <= high)


def _holds(memo: str, words: str) -> bool:
    """Return whether a memo has all the words, whatever their case and accents; ``*`` stands for any memo."""
    folded = _folded(memo)
    return bool(folded) if words.strip() == "*" else all(word in folded for word in _folded(words).split())


def _folded(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", text.casefold()) if not unicodedata.combining(c))


def _pieces(text: Transcript, hits: Sequence[tuple[int, int, str]], spans: Sequence[Span]) -> Iterator[tuple[str, str]]:
    """Cut stretches of a turn into pieces that are shown alike; matches are marked."""
    for start, end, kind in hits:
        if kind == "gap":
            yield "…", kind
            continue
        at = start
        for a, b in sorted(spans) if kind == "hit" else ():
            if a >= at and b <= end:
                if a > at:
                    yield spoken(text.text, at, a, text.cuts), kind
                yield spoken(text.text, a, b, text.cuts), "mark"
                at = b
        if at < end:
            yield spoken(text.text, at, end, text.cuts), kind
