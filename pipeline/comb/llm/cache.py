"""The cache of replies by content: the key is the hash of model and question."""

import json
import sqlite3
import threading
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from comb.errors import CombError
from comb.llm.questions import ModelFacts, Reply
from comb.study.damage import sound

BUSY = 60.0
"""Seconds to wait for another command that is writing to the file."""
DAMAGED = "Delete the file and run again: the model is then asked everything again."


class Cache:
    """Replies by the hash of the question; each is on the disk as soon as it arrives.

    Neither questions nor segments are kept. Threads may use it at the same time.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._path = path
        self._db = sqlite3.connect(path, timeout=BUSY, check_same_thread=False, isolation_level=None)
        try:
            with sound(path, DAMAGED):
                self._db.execute("PRAGMA journal_mode=WAL")
                self._db.execute("PRAGMA synchronous=NORMAL")
                self._db.execute("CREATE TABLE IF NOT EXISTS replies (key TEXT PRIMARY KEY, reply TEXT, asked TEXT)")
                self._db.execute("CREATE TABLE IF NOT EXISTS models (name TEXT PRIMARY KEY, facts TEXT)")
        except CombError:
            self._db.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def get(self, key: str) -> Reply | None:
        """Return the reply to a question; None if it was never answered. Raises BadInputError on a damaged file."""
        with self._lock, sound(self._path, DAMAGED):
            row = self._db.execute("SELECT reply FROM replies WHERE key = ?", (key,)).fetchone()
            if row is None:
                return None
            data = json.loads(row[0])
            return Reply(data["text"], data["finished"], tuple((t, p) for t, p in data["top"]), data["model"])

    def put(self, key: str, reply: Reply) -> None:
        """Store a reply, with the day on which it was given."""
        told = json.dumps(asdict(reply))
        with self._lock:
            self._db.execute("INSERT OR REPLACE INTO replies VALUES (?, ?, ?)", (key, told, f"{datetime.now(UTC):%F}"))

    def forget(self, keys: Iterable[str]) -> None:
        """Remove replies that turned out to be another model's."""
        with self._lock:
            self._db.executemany("DELETE FROM replies WHERE key = ?", [(key,) for key in keys])

    def days(self, keys: Iterable[str]) -> tuple[str, str]:
        """Return the first and the last day on which one of these questions was answered; empty if none was."""
        with self._lock:
            rows = (self._db.execute("SELECT asked FROM replies WHERE key = ?", (key,)).fetchone() for key in keys)
            found = sorted({row[0] for row in rows if row})
        return (found[0], found[-1]) if found else ("", "")

    def remember(self, asked: str, facts: ModelFacts) -> None:
        """Store the facts about a model, so that cached replies can be used while it is not running."""
        with self._lock:
            self._db.execute("INSERT OR REPLACE INTO models VALUES (?, ?)", (asked, json.dumps(asdict(facts))))

    def recalled(self, asked: str) -> ModelFacts | None:
        """Return the facts about a model when it was last asked; None if it never was."""
        with self._lock:
            row = self._db.execute("SELECT facts FROM models WHERE name = ?", (asked,)).fetchone()
        with sound(self._path, DAMAGED):
            return ModelFacts(**json.loads(row[0])) if row else None
