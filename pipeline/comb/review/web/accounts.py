"""Coders of a team, their passwords and sessions; and the one-time links of who works alone."""

import hashlib
import secrets
import time
from collections import defaultdict, deque
from dataclasses import dataclass, field
from threading import Lock
from typing import Literal

from sqlalchemy import delete, insert, select, update

from comb.errors import BadInputError, NotReadyError
from comb.review.domain.views import Person
from comb.review.storage.database import Database, people, sessions
from comb.review.storage.history import RefusedError, now

Role = Literal["lead", "coder"]
SHORTEST = 10
HOURS = 12
"""How long a session lasts."""
TRIES, WINDOW = 5, 15 * 60
"""So many failed sign-ins within so many seconds; then no more."""


def add_coder(database: Database, name: str, role: Role, password: str) -> None:
    """Add a coder to a team, or give one who is there another role and password; that ends the coder's sessions.

    Raises BadInputError for a name that files cannot hold and for a short password.
    """
    from argon2 import PasswordHasher

    if not name.strip() or name != name.strip() or any(ord(char) < 32 for char in name):
        raise BadInputError("this is no name for a coder", remedy="Use letters, figures and spaces between them.")
    if len(password) < SHORTEST:
        raise BadInputError("the password is too short", remedy=f"Use {SHORTEST} characters or more.")
    values = {"role": role, "password": PasswordHasher().hash(password)}
    with database.write() as db:
        db.execute(delete(sessions).where(sessions.c.coder == name))
        if db.execute(update(people).where(people.c.name == name).values(values)).rowcount == 0:
            db.execute(insert(people).values(name=name, created_at=now(), **values))


def require_coders(database: Database) -> None:
    """Raise NotReadyError where a team has no coder yet: nobody could sign in."""
    with database.read() as db:
        if db.scalar(select(people.c.name).limit(1)) is None:
            remedy = "Add the first: comb review add-coder NAME --role lead."
            raise NotReadyError("the team has no coders yet", where="--team", remedy=remedy)


class LinkAuth:
    """Who works alone: one-time tokens in a link, each exchanged for a session that lasts as long as the server."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self._token = ""
        self._sessions: set[str] = set()
        self._lock = Lock()

    def token(self) -> str:
        """Make the token for the next browser; the one before is worth nothing any more."""
        with self._lock:
            self._token = secrets.token_urlsafe(32)
            return self._token

    def exchange(self, token: str) -> str | None:
        """Return a session's key for a token, once."""
        with self._lock:
            if not self._token or not secrets.compare_digest(token.encode(), self._token.encode()):
                return None
            self._token = ""
            key = secrets.token_urlsafe(32)
            self._sessions.add(_hashed(key))
            return key

    def who(self, key: str) -> Person | None:
        """Say whose session it is."""
        return self.person if _hashed(key) in self._sessions else None

    def end(self, key: str) -> None:
        """End a session."""
        self._sessions.discard(_hashed(key))


@dataclass
class TeamAuth:
    """A team: sign-in with a password, sessions in the database."""

    database: Database
    _failed: dict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))
    _lock: Lock = field(default_factory=Lock)

    def sign_in(self, name: str, password: str, address: str) -> str:
        """Return a session's key. Raises RefusedError: 401 for a wrong name or password, 429 after too many of them."""
        from argon2 import PasswordHasher
        from argon2.exceptions import InvalidHashError, VerificationError

        self._check_tries(name, address)
        hasher = PasswordHasher()
        with self.database.read() as db:
            stored = db.scalar(select(people.c.password).where(people.c.name == name))
        try:
            # An unknown name takes as long as a wrong password: who is in the team is nobody's business.
            hasher.verify(stored or _nobody(), password)
        except (VerificationError, InvalidHashError):
            stored = None
        if stored is None:
            self._count(name, address)
            raise RefusedError("name or password is wrong", remedy="Try again, or ask your lead.", status=401)
        with self._lock:
            self._failed.pop(f"name {name}", None)
        key = secrets.token_urlsafe(32)
        with self.database.write() as db:
            db.execute(delete(sessions).where(sessions.c.expires < time.time()))
            db.execute(insert(sessions).values(key=_hashed(key), coder=name, expires=time.time() + HOURS * 3600))
        return key

    def who(self, key: str) -> Person | None:
        """Say whose session it is, while it lasts."""
        query = select(people.c.name, people.c.role).join(sessions, sessions.c.coder == people.c.name)
        with self.database.read() as db:
            row = db.execute(query.where(sessions.c.key == _hashed(key), sessions.c.expires > time.time())).first()
        return Person(row.name, row.role, team=True) if row else None

    def end(self, key: str) -> None:
        """End a session."""
        with self.database.write() as db:
            db.execute(delete(sessions).where(sessions.c.key == _hashed(key)))

    def _check_tries(self, name: str, address: str) -> None:
        with self._lock:
            for who in (f"name {name}", f"from {address}"):
                tries = self._failed[who]
                while tries and tries[0] < time.monotonic() - WINDOW:
                    tries.popleft()
                if not tries:
                    del self._failed[who]
                # An address may be a whole institute behind one proxy: it gets more.
                if len(tries) >= TRIES * (1 if who.startswith("name") else 10):
                    remedy = f"Wait {WINDOW // 60} minutes."
                    raise RefusedError("too many failed attempts to sign in", remedy=remedy, status=429)

    def _count(self, name: str, address: str) -> None:
        with self._lock:
            for who in (f"name {name}", f"from {address}"):
                self._failed[who].append(time.monotonic())


_NOBODY: list[str] = []


def _nobody() -> str:
    """Return the hash of a password that nobody has, made once."""
    from argon2 import PasswordHasher

    if not _NOBODY:
        _NOBODY.append(PasswordHasher().hash(secrets.token_urlsafe(16)))
    return _NOBODY[0]


def _hashed(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
