"""Opening the review page's database: a SQLite file of the study, or PostgreSQL by URL."""

import os
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from comb.errors import BadInputError, CombError, NotReadyError

DECIDED = "data/codings and data/decisions.csv"


def sqlite(path: Path) -> Engine:
    """Return an engine for a SQLite file that nobody else on this machine may read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Codings and memos are the coder's own: nobody else on this machine may read them.
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    path.chmod(0o600)
    # Not as text: a "?", "#" or "%" in the name of a folder would lead to another file. Parameters contain memos: they
    # must not come up in an error.
    url = URL.create("sqlite", database=str(path.absolute()))
    engine = create_engine(url, connect_args={"timeout": 30}, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(db: Connection) -> None:
        # A writer takes its lock at once: one that only finds out half-way that it must wait would fail.
        db.exec_driver_sql("BEGIN IMMEDIATE" if db.get_execution_options().get("writes") else "BEGIN")

    return engine


def of_sqlite(error: DBAPIError) -> CombError | None:
    """Return the message for a damaged SQLite file or a full disk; None for any other error."""
    name = str(getattr(error.orig, "sqlite_errorname", ""))
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        remedy = f"Restore a backup, or move the file away to start from {DECIDED}."
        return BadInputError(
            "the review database cannot be opened: it is damaged", where="review.sqlite", remedy=remedy
        )
    if name.startswith(("SQLITE_FULL", "SQLITE_READONLY", "SQLITE_IOERR")):
        remedy = "Check whether the disk is full, and whether you have permission to write there."
        return NotReadyError("the review database cannot be written", where="review.sqlite", remedy=remedy)
    return None


def by_url(text: str) -> Engine:
    """Return an engine for a URL. Raises BadInputError for an invalid URL, NotReadyError without the driver."""
    remedy = "Use the form postgresql://NAME:PASSWORD@HOST/DATABASE."
    try:
        url = make_url(text)
    except ArgumentError:
        raise BadInputError("this is not a database URL", where="--database", remedy=remedy) from None
    if url.get_backend_name() == "sqlite" and url.database:
        return sqlite(Path(url.database))
    if url.get_backend_name() != "postgresql":
        raise BadInputError("only PostgreSQL and SQLite are supported", where="--database", remedy=remedy)
    try:
        return create_engine(url.set(drivername="postgresql+psycopg"), pool_pre_ping=True, hide_parameters=True)
    except (ImportError, NoSuchModuleError):
        remedy = 'Install it: pip install "comb-coder[postgres]".'
        raise NotReadyError("the driver for PostgreSQL is missing", where="--database", remedy=remedy) from None
