"""``comb review`` on the command line."""

import io
import sqlite3
import stat
import sys

import pytest

from comb.study.layout import Study
from tests.conftest import Comb
from tests.review.room import NEVER, TEXT, Room


@pytest.fixture
def desk(comb: Comb, plain: Study) -> Comb:
    """``comb`` in a study with suggestions."""
    comb.folder = plain.root
    return comb


def say(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def test_what_the_command_does_not_serve(desk: Comb, plain: Study) -> None:
    out = desk("review", "--host", "0.0.0.0", code=1)
    said = "others could reach the page without a password. Leave out --host, or let coders sign in: --team."
    assert out == f"comb: --host: {said}\n"
    assert "consensus is not a person" in desk("review", "--coder", "Consensus", code=1)
    assert not plain.review.exists()


def test_an_empty_study_says_what_to_do(comb: Comb, study: Study) -> None:
    assert "there are no transcripts yet. Put them into data/raw or data/new" in comb("review", "--export")


def test_export_from_the_command_line(desk: Comb, plain: Study) -> None:
    assert "Nothing to write" in desk("review", "--export")
    room = Room(plain, plain.review)
    ann = room.browser("Ann", name="old")
    ann.open()
    ann.code(NEVER, "knowledge")
    ann.act("finish")
    room.database.close()
    assert "Codings written: 1; changed: Ann.csv" in desk("review", "--export")
    assert NEVER in (plain.codings / "Ann.csv").read_text(encoding="utf-8")


def test_who_begins_under_a_new_name_is_told_whose_codings_there_are(
    desk: Comb, plain: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without --coder, Ann became u1234567, a further coder, and saw her own codings as somebody else's."""
    monkeypatch.setattr("uvicorn.Server.run", lambda server, sockets: [port.close() for port in sockets])
    monkeypatch.setattr("getpass.getuser", lambda: "u1234567")
    begin = ("review", "--no-browser")
    assert "you code as" not in desk(*begin), "nobody has coded yet"
    head = "transcript,start,end,code,coder,origin,model,created_at\n"
    row = f"old,{TEXT.index(NEVER)},{TEXT.index(NEVER) + len(NEVER)},knowledge,"
    for name, rest in (("Ann B", ",,"), ("Ben", ",,"), ("gpt-x", "suggested,gpt-x,"), ("consensus", ",,")):
        (plain.codings / f"{name}.csv").write_text(f"{head}{row}{name},{rest}\n", encoding="utf-8")
    told = (
        "comb: you code as u1234567, who has no codings in this study yet; it has codings by Ann B and Ben. "
        'To code as one of them: comb review --coder "Ann B".\n'
    )
    assert told in desk(*begin)
    assert "you code as Anne, who has no codings" in desk(*begin, "--coder", "Anne"), "a slip of the keyboard, perhaps"
    for name in ("Ann B", "Ben"):
        assert "you code as" not in desk(*begin, "--coder", name)


def test_new_transcripts_without_suggestions_are_named(desk: Comb, plain: Study) -> None:
    for path in plain.suggestions.iterdir():
        path.unlink()
    assert "no suggestions yet for new é. To make them: dvc repro." in desk("review", "--export")


def test_the_database_is_the_coders_own(desk: Comb, plain: Study) -> None:
    desk("review", "--export")
    assert stat.S_IMODE(plain.review.stat().st_mode) == 0o600
    with sqlite3.connect(plain.review) as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_team_needs_coders(desk: Comb) -> None:
    assert "the team has no coders yet" in desk("review", "--team", code=1)


def test_add_a_coder(desk: Comb, monkeypatch: pytest.MonkeyPatch) -> None:
    say(monkeypatch, "a long password\n")
    assert "Lea can sign in as lead" in desk("review", "add-coder", "Lea", "--role", "lead")
    say(monkeypatch, "short\n")
    assert "too short" in desk("review", "add-coder", "Ann", code=1)
    say(monkeypatch, "a long password\n")
    desk("review", "add-coder", "Ann", "--role", "boss", code=2)


def test_forget_leaves_nothing_of_a_transcript(desk: Comb, plain: Study) -> None:
    room = Room(plain, plain.review)
    ann = room.browser("Ann")
    ann.open()
    ann.code(NEVER, "knowledge", memo="a memo with words")
    ann.undo()
    ben = room.browser("Ben", name="old")
    ben.open()
    ben.code(NEVER, "goals")
    room.database.close()
    assert "history (acts: 2)" in desk("review", "forget", "new é")
    left = b"".join(path.read_bytes() for path in plain.review.parent.glob("review.sqlite*"))
    assert b"a memo with words" not in left
    room = Room(plain, plain.review)
    assert [code for _, code, *_ in room.browser("Ben", name="old").codings()] == ["goals"]
    room.database.close()
    assert "has no transcript 'new é'" in desk("review", "forget", "new é", code=1)


@pytest.mark.parametrize("url", ["mysql://u:secret@h/d", "no url", "postgresql://u:secret@127.0.0.1:1/d"])
def test_databases_that_cannot_be_used(desk: Comb, url: str) -> None:
    out = desk("review", "--export", "--database", url, code=1)
    assert "secret" not in out
    assert len(out.splitlines()) == 1


def test_a_database_of_another_version_is_not_touched(desk: Comb, plain: Study) -> None:
    desk("review", "--export")
    with sqlite3.connect(plain.review) as db:
        db.execute("UPDATE about SET schema = 99")
    assert "another version of comb (99)" in desk("review", "--export", code=1)


def test_sqlite_by_url(desk: Comb, plain: Study) -> None:
    desk("review", "--export", "--database", f"sqlite:///{plain.root}/other.sqlite")
    assert (plain.root / "other.sqlite").exists()
    assert not plain.review.exists()


def test_a_damaged_database_says_so(desk: Comb, plain: Study) -> None:
    plain.review.parent.mkdir()
    plain.review.write_bytes(b"not a database" * 100)
    assert "cannot be opened" in desk("review", "--export", code=1)


def test_two_servers_on_one_database(plain: Study) -> None:
    one, two = Room(plain, plain.review), Room(plain, plain.review)
    ann, also = one.browser(), two.browser()
    ann.open()
    also.open()
    ann.code(NEVER, "knowledge")
    assert also.codings() == ann.codings()
    one.database.close()
    two.database.close()
