"""The words of all transcripts in an FTS5 index of SQLite, stored in the study and rebuilt whenever it is missing.

A row contains the speech of one turn. Like the texts, and whatever the review page's database, the index is a file on
this machine.
"""

import hashlib
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from comb.errors import NotReadyError
from comb.records import Span, Transcript, speech_places
from comb.review.storage.queries import Query

TOKENS = "unicode61 remove_diacritics 2"
"""FTS5 tokenizer, which ignores case and accents."""
VERSION = 1
"""Version, raised when the index is to be rebuilt."""
_OPEN, _CLOSE = "\x02", "\x03"
_PLAIN = {ord(mark): " " for mark in (_OPEN, _CLOSE, "\x00")}
_SHIFT = 20
"""A turn's row is the number of its transcript, times two to this power, and its own number."""


@dataclass(frozen=True)
class Found:
    """A turn in which a query was found, with the matching words, as spans of the canonical text."""

    transcript: str
    turn: int
    spans: tuple[Span, ...]


@dataclass(frozen=True)
class Turns:
    """Turns of many transcripts, in order. A search can find tens of thousands of them, so each is only a number."""

    names: tuple[str, ...]
    rows: list[int]

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.rows)

    @property
    def transcripts(self) -> int:
        """Return in how many transcripts they are."""
        return len({row >> _SHIFT for row in self.rows})

    def part(self, start: int, end: int | None) -> list[tuple[str, int]]:
        """Return some of them: the transcript, and the turn's number in it."""
        return [(self.names[row >> _SHIFT], row & (2**_SHIFT - 1)) for row in self.rows[start:end]]

    def where(self, wanted: Callable[[str, int], bool]) -> "Turns":
        """Keep the turns for which ``wanted`` is true."""
        both = zip(self.rows, self.part(0, None), strict=True)
        return Turns(self.names, [row for row, (name, turn) in both if wanted(name, turn)])


class SearchIndex:
    """Finds words in transcripts; changed transcripts are indexed again before the next search."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = Lock()
        self._digests: dict[str, tuple[Transcript, str]] = {}

    def update(self, transcripts: Mapping[str, Transcript]) -> None:
        """Index new and changed transcripts, and remove those that are gone; a damaged index is rebuilt."""
        with self._lock:
            try:
                self._update(transcripts)
            except sqlite3.DatabaseError as error:
                if "fts5" in str(error):
                    remedy = "Use a Python whose SQLite has FTS5, such as one of python.org."
                    raise NotReadyError("this Python's SQLite cannot search texts", remedy=remedy) from None
                if isinstance(error, sqlite3.OperationalError) and "locked" in str(error):
                    raise NotReadyError("the search index is in use", remedy="Search again in a moment.") from None
                self._remove()
                self._update(transcripts)

    def turns(self, query: Query, transcripts: Mapping[str, Transcript]) -> Turns:
        """Return the turns in which a query is found, in the order of ``transcripts`` and of the text."""
        names = tuple(transcripts)
        if query.match:
            with self._reading() as db:
                numbers = {number: name for number, name in db.execute("SELECT number, transcript FROM texts")}
                rows = [row for (row,) in db.execute("SELECT rowid FROM turns WHERE turns MATCH ?", (query.match,))]
            order = {name: place for place, name in enumerate(names)}
            places = {number: order[name] for number, name in numbers.items() if name in order}
            low = 2**_SHIFT - 1
            found = [(places[r >> _SHIFT] << _SHIFT) + (r & low) for r in rows if r >> _SHIFT in places]
        else:
            sizes = (len(transcripts[name].turns) for name in names)
            found = [(place << _SHIFT) + turn for place, size in enumerate(sizes) for turn in range(size)]
        every = Turns(names, sorted(found))
        return every.where(lambda name, turn: _has_symbols(query, transcripts[name], turn)) if query.symbols else every

    def marked(
        self, query: Query, places: Sequence[tuple[str, int]], transcripts: Mapping[str, Transcript]
    ) -> list[Found]:
        """Return the matching words in these turns."""
        marked: dict[tuple[str, int], str] = {}
        if query.match:
            with self._reading() as db:
                numbers = {name: number for number, name in db.execute("SELECT number, transcript FROM texts")}
                ask = "SELECT highlight(turns, 0, ?, ?) FROM turns WHERE rowid = ? AND turns MATCH ?"
                for name, turn in places:
                    row = (numbers.get(name, -1) << _SHIFT) + turn
                    found = db.execute(ask, (_OPEN, _CLOSE, row, query.match)).fetchone()
                    marked[name, turn] = found[0] if found else ""
        return [
            Found(name, turn, _spans(transcripts[name], turn, marked.get((name, turn), ""), query))
            for name, turn in places
        ]

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.path, timeout=30)) as db:
            yield db

    def _update(self, transcripts: Mapping[str, Transcript]) -> None:
        digests = {name: self._digest(name, item) for name, item in transcripts.items()}
        with closing(self._open()) as db:
            known = {name: (number, digest) for number, name, digest in db.execute("SELECT * FROM texts")}
            gone = {name for name, (_, digest) in known.items() if digests.get(name) != digest}
            new = [name for name, digest in digests.items() if name not in known or name in gone]
            if not gone and not new:
                return
            with db:
                db.execute("BEGIN IMMEDIATE")
                for name in gone:
                    _drop(db, name)
                for name in new:
                    _add(db, name, transcripts[name], digests[name])
                if gone:
                    # What is not said any more must not live on in the index.
                    db.execute("INSERT INTO turns(turns) VALUES ('optimize')")

    def _open(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # It contains what participants said: nobody else on this machine may read it.
        os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
        db = sqlite3.connect(self.path, timeout=30, isolation_level=None)
        db.execute("PRAGMA secure_delete=ON")
        if db.execute("PRAGMA user_version").fetchone()[0] != VERSION:
            db.execute("BEGIN IMMEDIATE")
            db.execute("DROP TABLE IF EXISTS turns")
            db.execute("DROP TABLE IF EXISTS texts")
            db.execute("CREATE TABLE texts (number INTEGER PRIMARY KEY, transcript TEXT UNIQUE, digest TEXT NOT NULL)")
            db.execute(f"CREATE VIRTUAL TABLE turns USING fts5(said, tokenize='{TOKENS}', prefix='2 3')")
            db.execute(f"PRAGMA user_version={VERSION}")
            db.execute("COMMIT")
        return db

    def _remove(self) -> None:
        for ending in ("", "-journal", "-wal", "-shm"):
            self.path.with_name(self.path.name + ending).unlink(missing_ok=True)

    def _digest(self, name: str, transcript: Transcript) -> str:
        """Return what changes with the words or the turns; computed once for each that was read."""
        known = self._digests.get(name)
        if known is None or known[0] is not transcript:
            places = repr([(turn.start, turn.end, turn.cuts) for turn in transcript.turns])
            value = hashlib.sha256(f"{transcript.text}\0{places}".encode()).hexdigest()
            known = self._digests[name] = (transcript, value)
        return known[1]


def _drop(db: sqlite3.Connection, name: str) -> None:
    (number,) = db.execute("SELECT number FROM texts WHERE transcript = ?", (name,)).fetchone()
    db.execute("DELETE FROM turns WHERE rowid BETWEEN ? AND ?", (number << _SHIFT, ((number + 1) << _SHIFT) - 1))
    db.execute("DELETE FROM texts WHERE number = ?", (number,))


def _add(db: sqlite3.Connection, name: str, transcript: Transcript, digest: str) -> None:
    done = db.execute("INSERT INTO texts (transcript, digest) VALUES (?, ?)", (name, digest))
    base = (done.lastrowid or 0) << _SHIFT
    said = ((base + number, _said(transcript, number)[0]) for number in range(len(transcript.turns)))
    db.executemany("INSERT INTO turns (rowid, said) VALUES (?, ?)", said)


def _said(transcript: Transcript, number: int) -> tuple[str, Sequence[int]]:
    """Return what was said in a turn, and the place of each character in the canonical text."""
    turn = transcript.turns[number]
    said, places = speech_places(transcript.text, turn.start, turn.end, turn.cuts)
    return said.translate(_PLAIN), places


def _has_symbols(query: Query, transcript: Transcript, number: int) -> bool:
    return not query.symbols or all(symbol in _said(transcript, number)[0] for symbol in query.symbols)


def _spans(transcript: Transcript, number: int, marked: str, query: Query) -> tuple[Span, ...]:
    said, places = _said(transcript, number)
    found = [*marks(marked), *(span for symbol in query.symbols for span in occurrences(said, symbol))]
    return tuple((places[start], places[end - 1] + 1) for start, end in sorted(found) if end > start)


def marks(marked: str) -> Iterator[Span]:
    """Yield the spans between the marks of a highlighted text, in the text without them."""
    at = start = 0
    for char in marked:
        if char == _OPEN:
            start = at
        elif char == _CLOSE:
            yield start, at
        else:
            at += 1


def occurrences(text: str, part: str) -> Iterator[Span]:
    """Yield the spans at which a part stands in a text."""
    at = text.find(part)
    while at >= 0:
        yield at, at + len(part)
        at = text.find(part, at + len(part))


def matching(query: Query, texts: Sequence[str]) -> list[tuple[Span, ...] | None]:
    """Return for each text the spans that match, or None if the query is not found in it."""
    kept = [text.translate(_PLAIN) for text in texts]
    marked = dict(_highlighted(query, kept)) if query.match else dict(enumerate(kept, 1))
    found: list[tuple[Span, ...] | None] = []
    for number, text in enumerate(kept, 1):
        if number not in marked or not all(symbol in text for symbol in query.symbols):
            found.append(None)
            continue
        spans = [*marks(marked[number]), *(span for symbol in query.symbols for span in occurrences(text, symbol))]
        found.append(tuple(sorted(spans)))
    return found


def _highlighted(query: Query, texts: Sequence[str]) -> list[tuple[int, str]]:
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute(f"CREATE VIRTUAL TABLE passages USING fts5(said, tokenize='{TOKENS}')")
        db.executemany("INSERT INTO passages (rowid, said) VALUES (?, ?)", enumerate(texts, 1))
        ask = "SELECT rowid, highlight(passages, 0, ?, ?) FROM passages WHERE passages MATCH ?"
        return db.execute(ask, (_OPEN, _CLOSE, query.match)).fetchall()
