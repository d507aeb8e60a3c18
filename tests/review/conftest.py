"""Rooms on SQLite and, where there is a PostgreSQL on this machine, on a throw-away cluster of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from comb.review.storage.database import metadata
from comb.study.layout import Study
from tests.review.postgresql import missing, throwaway_cluster
from tests.review.room import Room, make_study


@pytest.fixture(scope="session")
def cluster() -> Iterator[str]:
    """The URL of a PostgreSQL that is there for these tests alone."""
    if reason := missing():
        pytest.skip(reason)
    with throwaway_cluster() as url:
        yield url


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


@pytest.fixture
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash with the least work: what is tested is what follows from a hash, not its strength."""
    import argon2

    quick = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(argon2, "PasswordHasher", lambda: quick)
