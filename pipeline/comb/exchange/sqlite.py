"""Read other programs' SQLite files, without writing to them or trusting their content."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from comb.errors import BadInputError

MAX_CELL = 32 * 1024 * 1024
"""Most bytes of one value."""
MAX_TEXT = 64 * 1024 * 1024
"""Most bytes of all text that is read from one file."""
MAX_ROWS = 1_000_000
MAX_STEPS = 500_000_000
"""Steps of SQLite's machine in one query: half a minute; no honest query here needs a hundredth of them."""
_HEADER = b"SQLite format 3\x00"
_REMEDY = "Open it in the program that made it, save or export it again, and try once more."


class SqliteFile:
    """An open file, whose tables are real tables and are read up to a limit."""

    def __init__(self, connection: sqlite3.Connection, kind: str, where: str) -> None:
        self.connection, self.kind, self.where = connection, kind, where
        self.read = 0

    def columns(self, table: str) -> set[str]:
        """List the columns of a table; none if there is no such table."""
        return {str(row[1]) for row in self.connection.execute(f"PRAGMA table_info({_quoted(table)})")}

    def rows(self, table: str, columns: Sequence[str], optional: Sequence[str] = ()) -> Iterator[dict[str, Any]]:
        """Read a table row by row; optional columns that an older program did not have are None.

        Raises BadInputError if a table or column is missing, or if there is too much to read.
        """
        there = self.columns(table)
        missing = [name for name in columns if name not in there]
        if missing:
            what = f"not a {self.kind} project: table {table!r} has no column {missing[0]!r}"
            raise BadInputError(what, where=self.where, remedy=_REMEDY)
        chosen = [*columns, *(name for name in optional if name in there)]
        names = ", ".join(map(_quoted, chosen))
        blank = dict.fromkeys(optional)
        for number, row in enumerate(self.connection.execute(f"SELECT {names} FROM {_quoted(table)}")):  # noqa: S608
            self.read += sum(len(value) for value in row if isinstance(value, str | bytes))
            if self.read > MAX_TEXT or number >= MAX_ROWS:
                what = f"contains more than {MAX_TEXT // 1024**2} MB of text, or {MAX_ROWS} rows in a table"
                raise BadInputError(what, where=self.where, remedy="Split the project, and export it again.")
            yield blank | dict(zip(chosen, row, strict=True))


@contextmanager
def opened(path: Path, kind: str, tables: Sequence[str]) -> Iterator[SqliteFile]:
    """Open a SQLite file that must have these tables, for reading only.

    Raises BadInputError for a file that is missing, is not a SQLite file, is still open in its program, is broken, or
    has views, virtual tables or the like in place of tables.
    """
    _check(path, kind)
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path.resolve()))}?mode=ro&immutable=1", uri=True)) as connection:
            connection.text_factory = lambda value: value.decode("utf-8", "replace")
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_CELL)
            connection.executescript("PRAGMA trusted_schema=OFF; PRAGMA query_only=ON; PRAGMA cell_size_check=ON")
            connection.set_progress_handler(_Steps(), 1_000_000)
            _check_tables(connection, kind, tables, path.name)
            yield SqliteFile(connection, kind, path.name)
    except (sqlite3.Error, OverflowError, UnicodeDecodeError) as error:
        what = f"not a {kind} project that can be read ({type(error).__name__})"
        raise BadInputError(what, where=path.name, remedy=_REMEDY) from None


class _Steps:
    """Abort a runaway query."""

    def __init__(self) -> None:
        self.millions = 0

    def __call__(self) -> int:
        self.millions += 1
        return self.millions * 1_000_000 > MAX_STEPS


def _check(path: Path, kind: str) -> None:
    try:
        with path.open("rb") as file:
            header = file.read(len(_HEADER))
    except FileNotFoundError:
        raise BadInputError("no such file", where=str(path), remedy="Check its name and folder.") from None
    except OSError as error:
        what = f"cannot be opened ({error.strerror})"
        raise BadInputError(what, where=path.name, remedy="Check that it is a file that you may read.") from None
    if header != _HEADER:
        raise BadInputError(f"not a {kind} project: not a SQLite file", where=path.name, remedy=_REMEDY)
    for suffix in ("-wal", "-journal"):
        beside = path.with_name(path.name + suffix)
        if beside.exists() and beside.stat().st_size:
            what = f"{kind} has it open, or did not close it properly ({beside.name} is not empty)"
            raise BadInputError(what, where=path.name, remedy=f"Open it in {kind}, close it, and try again.")


def _check_tables(connection: sqlite3.Connection, kind: str, tables: Sequence[str], where: str) -> None:
    found: Mapping[str, tuple[str, str]] = {
        str(name): (str(type_), str(sql))
        for type_, name, sql in connection.execute("SELECT type, name, sql FROM sqlite_master")
    }
    for table in tables:
        type_, sql = found.get(table, ("", ""))
        if type_ != "table" or not sql.upper().startswith("CREATE TABLE"):
            what = (
                f"not a {kind} project: {table!r} is not a plain table"
                if type_
                else f"not a {kind} project: no {table!r}"
            )
            raise BadInputError(what, where=where, remedy=_REMEDY)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
