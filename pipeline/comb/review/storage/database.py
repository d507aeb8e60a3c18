"""The review page's database: SQLite in the study by default, PostgreSQL by URL.

``acts`` is the full history: every act with its changes, never altered except to mark it as undone. The other tables
contain the resulting state, written in the same transaction.

Rows with offsets (codings, decisions, settled units) keep their words, some words around them, and the digest of the
text, so that their place can be found when the transcript's file changes (``texts``, ``storage/reanchor``). A row that
has lost its place has negative offsets.
"""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Engine,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    delete,
    false,
    func,
    insert,
    inspect,
    select,
    update,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite as dialect_of_sqlite
from sqlalchemy.exc import DBAPIError

from comb.errors import BadInputError, NotReadyError
from comb.review.storage.engines import by_url, of_sqlite, sqlite

SCHEMA = 4
"""Raised when the tables change."""

metadata = MetaData()


def _pair() -> tuple[Column[str], Column[str]]:
    return Column("transcript", String, primary_key=True), Column("coder", String, primary_key=True)


def _words() -> tuple[Column[str], ...]:
    """Return the columns of an anchor: the words of a span, their context, and the SHA-256 of the whole text."""
    return tuple(Column(name, Text, nullable=False, server_default="") for name in WORDS)


WORDS = ("quote", "around", "text_digest")

about = Table("about", metadata, Column("schema", Integer, primary_key=True))

acts = Table(
    "acts",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("transcript", String, nullable=False),
    Column("coder", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("kind", String, nullable=False),
    Column("by", String, nullable=False),
    Column("at", String, nullable=False),
    Column("payload", Text, nullable=False),
    Column("changes", Text, nullable=False),
    Column("undoable", Boolean, nullable=False),
    Column("undone_by", Integer),
    Index("acts_of_pair", "transcript", "coder", "id"),
    sqlite_autoincrement=True,
)

progress = Table(
    "progress",
    metadata,
    *_pair(),
    Column("version", Integer, nullable=False),
    Column("mode", String, nullable=False),
    Column("finished", Boolean, nullable=False),
    Column("audited", Boolean, nullable=False),
    Column("sample", Text, nullable=False),
    Column("synced", String, nullable=False),
    Column("blind", String, nullable=False, server_default=""),
)

codings = Table(
    "codings",
    metadata,
    Column("id", String, primary_key=True),
    Column("transcript", String, nullable=False),
    Column("coder", String, nullable=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("code", String, nullable=False),
    Column("valence", String, nullable=False),
    Column("memo", Text, nullable=False),
    Column("at", String, nullable=False),
    Column("origin", String, nullable=False),
    Column("model", String, nullable=False),
    Column("score", Float),
    Column("blind", String, nullable=False, server_default=""),
    Column("unsure", String, nullable=False, server_default=""),
    *_words(),
    Index("codings_of_pair", "transcript", "coder"),
    Index("codings_of_coder", "coder", "transcript", "code", "start"),
)

decisions = Table(
    "decisions",
    metadata,
    *_pair(),
    Column("suggestion", String, primary_key=True),
    Column("verdict", String, nullable=False),
    Column("coding", String, ForeignKey("codings.id", deferrable=True, initially="DEFERRED")),
    Column("memo", Text, nullable=False),
    Column("at", String, nullable=False),
    Column("bulk", Boolean, nullable=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("code", String, nullable=False),
    Column("valence", String, nullable=False),
    Column("score", Float, nullable=False),
    Column("threshold", Float, nullable=False),
    Column("model", String, nullable=False),
    *_words(),
    Index("decisions_of_coding", "coding"),
    Index("decisions_of_coder", "coder", "transcript", "suggestion"),
)

seen = Table(
    "seen",
    metadata,
    *_pair(),
    Column("suggestion", String, primary_key=True),
    Column("at", String, nullable=False),
)

settled = Table(
    "settled",
    metadata,
    Column("transcript", String, primary_key=True),
    Column("start", Integer, primary_key=True),
    Column("end", Integer, primary_key=True),
    Column("memo", Text, nullable=False),
    Column("why_not", Text, nullable=False),
    Column("by", String, nullable=False),
    Column("at", String, nullable=False),
    *_words(),
)

memos = Table(
    "memos",
    metadata,
    Column("transcript", String, primary_key=True),
    Column("code", String, primary_key=True),
    Column("coder", String, primary_key=True),
    Column("text", Text, nullable=False),
    Column("at", String, nullable=False),
)
"""Coders' memos on a transcript, on a code (no transcript), and on the study (neither)."""

received = Table(
    "received",
    metadata,
    *_pair(),
    Column("id", String, primary_key=True),
    Column("window", String, nullable=False),
    Column("version", Integer),
)
"""Acts named by browsers, with the version that each made; none if it changed nothing."""

identity = Table(
    "identity",
    metadata,
    Column("one", Integer, primary_key=True, autoincrement=False),
    Column("study", String, nullable=False),
)
"""The study's id, under which browsers keep unsent acts, whatever the server's address."""
texts = Table(
    "texts",
    metadata,
    Column("transcript", String, primary_key=True),
    Column("digest", String, nullable=False),
)
"""The text to which all offsets of a transcript refer."""

looks = Table(
    "looks",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("transcript", String, nullable=False),
    Column("coder", String, nullable=False),
    Column("what", String, nullable=False),
    Column("since", String, nullable=False),
    Column("until", String, nullable=False),
    Column("text_digest", String, nullable=False),
    Index("looks_of_coder", "coder", "transcript"),
    sqlite_autoincrement=True,
)
"""Times at which coders were shown others' codings or the model's suggestions; not deleted with the transcript."""

exported = Table(
    "exported",
    metadata,
    Column("file", String, primary_key=True),
    Column("digest", String, nullable=False),
)

published = Table(
    "published",
    metadata,
    *_pair(),
    Column("suggestion", String, primary_key=True),
    Column("at", String, primary_key=True),
)

people = Table(
    "people",
    metadata,
    Column("name", String, primary_key=True),
    Column("role", String, nullable=False),
    Column("password", String, nullable=False),
    Column("created_at", String, nullable=False),
)

assignments = Table(
    "assignments",
    metadata,
    *_pair(),
    Column("by", String, nullable=False),
    Column("at", String, nullable=False),
    Column("drawn", Boolean, nullable=False, server_default=false()),
)
"""Assignments of transcripts to coders; ``drawn`` if drawn at random, so that two people code it."""

sessions = Table(
    "sessions",
    metadata,
    Column("key", String, primary_key=True),
    Column("coder", String, ForeignKey("people.name"), nullable=False),
    Column("expires", Float, nullable=False),
)

served = Table(
    "served",
    metadata,
    Column("port", Integer, primary_key=True, autoincrement=False),
    Column("at", Float, nullable=False),
)
"""Ports of this machine on which the page was served: a browser stores data separately for each port."""

tries = Table(
    "tries",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("who", String, nullable=False),
    Column("at", Float, nullable=False),
    Index("tries_of_whom", "who", "at"),
)
"""Failed or pending attempts to sign in, by digests of names and addresses, while they count."""


class Database:
    """Opens transactions, to read or to write; a write is on the disk when its block ends."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.study = ""
        """The study's id, known once the database is open."""

    @classmethod
    def open(cls, place: Path | str) -> "Database":
        """Open a SQLite file or a PostgreSQL URL, and create missing tables.

        Raises BadInputError for a URL that is none, and NotReadyError if the database does not answer. Neither
        repeats the URL, which may contain a password.
        """
        engine = sqlite(place) if isinstance(place, Path) else by_url(place)
        database = cls(engine)
        try:
            database._prepare()
        except DBAPIError as error:
            engine.dispose()
            if told := of_sqlite(error):
                raise told from None
            remedy = "Check that it is running, that the name and password are right, and that you may write to it."
            raise NotReadyError("the review database cannot be opened", remedy=remedy) from None
        return database

    def _prepare(self) -> None:
        """Make what is missing; of several servers that begin at once, the others wait."""
        with self.write(alone="open") as db:
            metadata.create_all(db)
            self._check_schema(db)
            _add_indexes(db)
            self.study = db.scalar(select(identity.c.study)) or secrets.token_hex(16)
            if db.scalar(select(identity.c.one)) is None:
                db.execute(insert(identity).values(one=1, study=self.study))

    def _check_schema(self, db: Connection) -> None:
        found = db.scalar(select(about.c.schema).with_for_update())
        if found is None:
            db.execute(insert(about).values(schema=SCHEMA))
        elif found < SCHEMA:
            _add_columns(db)
            db.execute(update(about).values(schema=SCHEMA))
        elif found != SCHEMA:
            remedy = "Use the version of comb that made it, or a newer one."
            raise NotReadyError(f"the review database is from another version of comb ({found})", remedy=remedy)

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            if told := of_sqlite(error):
                raise told from None
            raise

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a read-only transaction, which sees a consistent state."""
        options = {} if self.engine.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
        with self._refusing(), self.engine.connect().execution_options(**options) as db:
            yield db

    @contextmanager
    def write(self, alone: str = "") -> Iterator[Connection]:
        """Open a transaction that writes; committed, with fsync, when the block ends, and rolled back if it raises.

        With ``alone``, others that do the same work wait; in SQLite, there is only one writer anyway.
        """
        with self._refusing(), self.engine.connect().execution_options(writes=True) as db, db.begin():
            if alone and self.engine.name == "postgresql":
                db.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"comb {alone}"))))
            yield db

    @contextmanager
    def alone(self, what: str) -> Iterator[None]:
        """Keep other servers on a PostgreSQL database from the same work while the block runs."""
        if self.engine.name != "postgresql":
            yield
            return
        key = func.hashtext(f"comb {what}")
        with self.engine.connect() as db:
            db.execute(select(func.pg_advisory_lock(key)))
            try:
                yield
            finally:
                db.execute(select(func.pg_advisory_unlock(key)))

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def add_missing(db: Connection, table: Table, rows: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> None:
    """Insert rows; those whose key is taken, perhaps at this very moment by another server, stay as they are."""
    into = (postgresql if db.dialect.name == "postgresql" else dialect_of_sqlite).insert(table)
    db.execute(into.on_conflict_do_nothing(), rows)


def _add_columns(db: Connection) -> None:
    """Bring an older database up to date: add columns that it lacks; anchors are filled when texts are read."""
    for table in (codings, decisions, settled, progress):
        there = {column["name"] for column in inspect(db).get_columns(table.name)}
        for column in table.columns:
            if column.name not in there:
                kind = column.type.compile(db.dialect)
                db.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {column.name} {kind} NOT NULL DEFAULT ''")


def _add_indexes(db: Connection) -> None:
    """Make the indexes that a database of an earlier comb lacks; they change no table."""
    for table in metadata.sorted_tables:
        for index in table.indexes:
            index.create(db, checkfirst=True)


def forget(database: Database, transcript: str) -> int:
    """Delete all data on a transcript except when coders saw others' codings; return the number of deleted acts.

    Raises BadInputError if there is none.
    """
    with database.write() as db:
        gone = 0
        for table in (
            decisions,
            codings,
            seen,
            settled,
            memos,
            published,
            received,
            progress,
            texts,
            assignments,
            acts,
        ):
            count = db.execute(delete(table).where(table.c.transcript == transcript)).rowcount
            gone = count if table is acts else gone
        if not gone:
            raise BadInputError(f"the workspace has no transcript {transcript!r}", remedy="Check the id.")
    if database.engine.name == "sqlite":
        # What was deleted must not live on in the log of writes.
        with database.engine.connect() as db:
            db.connection.dbapi_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[union-attr]
    return gone
