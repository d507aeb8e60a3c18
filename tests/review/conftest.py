"""Rooms on SQLite and, where there is a PostgreSQL on this machine, on a throw-away cluster of it."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from comb.review.storage.database import metadata
from comb.study.layout import Study
from tests.review.room import Room, make_study


def _binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or [Path(p) for p in [shutil.which("initdb")] if p]
    return found[-1].parent if found else None


def _as_user(folder: Path, *command: str | Path) -> None:
    """Run a command of PostgreSQL, which refuses to run as root."""
    who = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    subprocess.run([*who, *map(str, command)], cwd=folder, check=True, stdout=subprocess.DEVNULL)


@pytest.fixture(scope="session")
def cluster() -> Iterator[str]:
    """Start PostgreSQL on a socket in a folder of its own; give the URL."""
    binaries = _binaries()
    if binaries is None or find_spec("psycopg") is None:
        pytest.skip("PostgreSQL's programs, or psycopg, are not on this machine")
    # Not in pytest's folder: the path of a socket may have about 100 characters.
    folder = Path(tempfile.mkdtemp(prefix="comb-pg-"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
        data = folder / "data"
        _as_user(folder, binaries / "initdb", "-D", data, "-U", "comb", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-k {folder} -c listen_addresses='' -c fsync=off"
        _as_user(folder, binaries / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start")
        yield f"postgresql://comb@/postgres?host={folder}"
        _as_user(folder, binaries / "pg_ctl", "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def plain(tmp_path: Path) -> Study:
    """A study that no server was opened on yet."""
    return make_study(tmp_path / "study é")


@pytest.fixture(params=["sqlite", "postgresql"])
def room(request: pytest.FixtureRequest, plain: Study) -> Iterator[Room]:
    """A room, with the database in each of its kinds."""
    place = plain.review if request.param == "sqlite" else request.getfixturevalue("cluster")
    room = Room(plain, place)
    yield room
    if request.param == "postgresql":
        metadata.drop_all(room.database.engine)
    room.database.close()


@pytest.fixture
def local(plain: Study) -> Iterator[Room]:
    """A room on SQLite, for what does not depend on the database."""
    room = Room(plain, plain.review)
    yield room
    room.database.close()
