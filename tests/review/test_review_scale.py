"""Many transcripts and many coders: the work of the list of transcripts does not grow with them where it need not."""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event, inspect

from comb.review.storage import sync
from comb.review.storage.database import Database, codings
from comb.review.web.accounts import AT_ONCE, TeamAuth
from tests.review.room import FORGOT, NEVER, TEXT, Room, person, suggest


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """Collect the statements that a database is sent."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def more(room: Room, transcripts: int, coders: int) -> None:
    """Add transcripts with suggestions, and coders who code in each."""
    for number in range(transcripts):
        (room.study.raw / f"talk {number}.txt").write_bytes(TEXT.encode())
        suggest(room.study, f"talk {number}")
    for number in range(coders):
        browser = room.browser(f"coder {number}")
        for name in [f"talk {number}" for number in range(transcripts)]:
            browser.open(name)
            browser.code(NEVER, "goals")
            browser.code(FORGOT, "emotion")


def test_the_list_takes_as_many_queries_with_many_transcripts_and_coders_as_with_few(room: Room) -> None:
    api = room.api()
    with counted(room.database) as few:
        assert len(api.queue(person("Ann"))) == 2
    more(room, transcripts=6, coders=4)
    api = room.api()
    with counted(room.database) as many:
        listed = api.queue(person("coder 1"))
    assert len(many) == len(few) <= 8, many
    assert [(item["coded"], item["coders"]) for item in listed if item["id"] == "talk 3"] == [
        (2, [f"coder {number}" for number in range(4)])
    ]


def test_a_start_looks_only_at_the_pairs_that_files_changed(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    more(room, transcripts=3, coders=3)
    assert room.browser().post("/api/export")["codings"] == 18
    looked: list[object] = []
    plain = sync._compare
    monkeypatch.setattr(sync, "_compare", lambda *given: looked.append(given[2]) or plain(*given))
    room.api()
    assert looked == []
    path = room.study.codings / "coder 1.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:-1]), encoding="utf-8")
    room.api()
    assert looked == [("talk 2", "coder 1")]


def test_a_database_of_an_earlier_comb_is_given_the_indexes(room: Room) -> None:
    index = next(index for index in codings.indexes if index.name == "codings_of_coder")
    index.drop(room.database.engine)
    room.restart()
    assert "codings_of_coder" in {found["name"] for found in inspect(room.database.engine).get_indexes("codings")}


@pytest.mark.skipif(sys.platform != "linux", reason="threads have priorities of their own on Linux only")
def test_checking_passwords_gives_way_to_those_who_code(local: Room) -> None:
    auth = TeamAuth(local.database)
    own = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    behind = [
        auth._hashing.submit(lambda: os.getpriority(os.PRIO_PROCESS, threading.get_native_id())) for _ in range(AT_ONCE)
    ]
    assert {found.result() for found in behind} == {min(own + 10, 19)}
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == own
