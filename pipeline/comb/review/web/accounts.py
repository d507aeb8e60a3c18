"""Coders of a team, their passwords and sessions; one-time links for a person who works alone."""

import hashlib
import os
import secrets
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock, get_native_id
from typing import Literal
from unicodedata import category

from sqlalchemy import delete, func, insert, or_, select, update

from comb.agreement.units import CONSENSUS
from comb.errors import BadInputError, NotReadyError
from comb.review.domain.views import Person
from comb.review.storage.database import Database, add_missing, people, sessions, tries
from comb.review.storage.drafts import now
from comb.review.storage.refusals import RefusedError

Role = Literal["lead", "coder", "reader"]
SHORTEST = 10
HOURS = 12
"""How long a session lasts."""
TRIES, WINDOW = 5, 15 * 60
"""Number of failed sign-ins within that number of seconds after which no more are accepted."""
AT_ONCE = 2
"""Most passwords that are checked at the same time."""


def check_coder(name: str) -> None:
    """Raise BadInputError for a name that tables and files of codings cannot contain."""
    if not name.strip() or name != name.strip() or any(category(char) in ("Cc", "Cs") for char in name):
        raise BadInputError("this cannot be a coder's name", remedy="Use letters, digits, and spaces between them.")


def add_coder(database: Database, name: str, role: Role, password: str) -> None:
    """Add a coder to a team, or give an existing coder a new role and password, which ends the coder's sessions.

    Raises BadInputError for a name that files cannot contain, and for a short password.
    """
    from argon2 import PasswordHasher

    if name.casefold() == CONSENSUS:
        raise BadInputError("consensus is not a person", remedy="Use the coder's own name.")
    check_coder(name)
    if len(password) < SHORTEST:
        raise BadInputError("the password is too short", remedy=f"Use {SHORTEST} characters or more.")
    values = {"role": role, "password": PasswordHasher().hash(password)}
    with database.write() as db:
        db.execute(delete(sessions).where(sessions.c.coder == name))
        add_missing(db, people, {"name": name, "created_at": now(), **values})
        db.execute(update(people).where(people.c.name == name).values(values))


def set_role(database: Database, name: str, role: Role) -> None:
    """Change a coder's role; the password stays. Raises BadInputError if there is no such coder."""
    with database.write() as db:
        if db.execute(update(people).where(people.c.name == name).values(role=role)).rowcount == 0:
            raise BadInputError("there is no such coder", remedy="Add the coder, with a password.")


def require_coders(database: Database) -> None:
    """Raise NotReadyError if a team has no coder yet."""
    with database.read() as db:
        if db.scalar(select(people.c.name).limit(1)) is None:
            remedy = "Add the first: comb review add-coder NAME --role lead."
            raise NotReadyError("the team has no coders yet", where="--team", remedy=remedy)


class LinkAuth:
    """Access for a person who works alone: one-time tokens in links, exchanged for sessions of this server."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.instance = secrets.token_hex(8)
        """Names this server in its cookies: those of another one on the same port say so before they are looked up."""
        self._token = ""
        self._sessions: set[str] = set()
        self._lock = Lock()

    def token(self) -> str:
        """Make the token for the next browser; the earlier one is no longer valid."""
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
        """Return the person of a session."""
        return self.person if _hashed(key) in self._sessions else None

    def end(self, key: str) -> None:
        """End a session."""
        self._sessions.discard(_hashed(key))


@dataclass
class TeamAuth:
    """Access for a team: sign-in with a password, sessions in the database."""

    database: Database
    instance: str = ""
    """Name of the team in its cookies, the same for all its servers."""
    _hashing: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(AT_ONCE, initializer=_give_way))

    def __post_init__(self) -> None:
        """Take the instance from the database."""
        self.instance = _hashed(f"team {self.database.study}")[:16]

    def sign_in(self, name: str, password: str, address: str) -> str:
        """Return a session's key.

        Raises RefusedError: 401 for a wrong name or password, 429 after too many attempts.
        """
        attempt = self._reserve(name, address)
        with self.database.read() as db:
            stored = db.scalar(select(people.c.password).where(people.c.name == name))
        # An unknown name takes as long as a wrong password: who is in the team is nobody's business.
        if not self._verify(stored or _nobody(), password) or stored is None:
            raise RefusedError("name or password is wrong", remedy="Try again, or ask your lead.", status=401)
        key = secrets.token_urlsafe(32)
        with self.database.write() as db:
            db.execute(delete(tries).where(or_(tries.c.who == _hashed(f"name {name}"), tries.c.id.in_(attempt))))
            db.execute(delete(sessions).where(sessions.c.expires < time.time()))
            db.execute(insert(sessions).values(key=_hashed(key), coder=name, expires=time.time() + HOURS * 3600))
        return key

    def _verify(self, stored: str, password: str) -> bool:
        """Check a password; each check takes 64 MB, so only a few run at once."""
        return self._hashing.submit(_fits, stored, password).result()

    def _reserve(self, name: str, address: str) -> list[int]:
        """Count an attempt before the password is looked at, so that attempts side by side count as well.

        All servers of a team count together. Returns the rows that stand for it; raises RefusedError if there were
        too many.
        """
        # An address may be a whole institute behind one proxy: it gets more.
        allowed = {_hashed(f"name {name}"): TRIES, _hashed(f"from {address}"): 10 * TRIES}
        with self.database.write(alone="sign-in") as db:
            db.execute(delete(tries).where(tries.c.at < time.time() - WINDOW))
            counts = {
                who: db.scalar(select(func.count()).select_from(tries).where(tries.c.who == who)) for who in allowed
            }
            if any((counts[who] or 0) >= most for who, most in allowed.items()):
                raise RefusedError(
                    "too many failed attempts to sign in", remedy=f"Wait {WINDOW // 60} minutes.", status=429
                )
            made = [db.execute(insert(tries).values(who=who, at=time.time())).inserted_primary_key for who in allowed]
        return [int(key[0]) for key in made if key]

    def who(self, key: str) -> Person | None:
        """Return the person of a session, while it lasts."""
        query = select(people.c.name, people.c.role).join(sessions, sessions.c.coder == people.c.name)
        with self.database.read() as db:
            row = db.execute(query.where(sessions.c.key == _hashed(key), sessions.c.expires > time.time())).first()
        return Person(row.name, row.role, team=True) if row else None

    def end(self, key: str) -> None:
        """End a session."""
        with self.database.write() as db:
            db.execute(delete(sessions).where(sessions.c.key == _hashed(key)))


def _give_way() -> None:
    """Let this thread, and those that it starts, give way to those that answer coders, if the system can do so."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, get_native_id(), os.getpriority(os.PRIO_PROCESS, 0) + 10)


def _fits(stored: str, password: str) -> bool:
    from argon2 import PasswordHasher
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return PasswordHasher().verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


_NOBODY: list[str] = []


def _nobody() -> str:
    """Return the hash of a password that nobody has, made once."""
    from argon2 import PasswordHasher

    if not _NOBODY:
        _NOBODY.append(PasswordHasher().hash(secrets.token_urlsafe(16)))
    return _NOBODY[0]


def _hashed(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
