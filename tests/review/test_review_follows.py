"""The page follows the study's files while it runs: what commands, other servers and people put there."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from comb.study.layout import Study
from tests.review.room import BOX, TEXT, Room, person, span


def test_a_new_study_is_opened_empty_and_takes_in_what_comes(plain: Study) -> None:
    for path in (*plain.raw.iterdir(), *plain.new.iterdir()):
        path.unlink()
    ann = Room(plain, plain.review).browser()
    assert ann.get("/api/transcripts") == []
    (plain.raw / "first.txt").write_bytes(TEXT.encode())
    assert [item["id"] for item in ann.get("/api/transcripts")] == ["first"]
    assert ann.open("first")["text"] == TEXT


def test_codings_that_come_while_the_page_runs_are_shown(plain: Study) -> None:
    ann = Room(plain, plain.review).browser(name="old")
    ann.open()
    start, end = span(BOX)
    rows = f"transcript,start,end,quote,code,valence,coder\nold,{start},{end},{BOX},goals,barrier,Ann\n"
    (plain.codings / "Ann.csv").write_text(rows, encoding="utf-8")
    assert ann.get("/api/transcripts")[1]["coded"] == 1
    assert ann.codings() == [(BOX, "goals", "barrier", "Ann")]


def test_who_asks_while_codings_are_being_read_sees_them(plain: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page asks for several things at once: the second answer must not be older than the first."""
    api = Room(plain, plain.review).api()
    reading, go_on, follow = Event(), Event(), api.library.follow

    def slowly() -> bool:
        reading.set()
        go_on.wait(10)
        return follow()

    start, end = span(BOX)
    rows = f"transcript,start,end,quote,code,valence,coder\nold,{start},{end},{BOX},goals,barrier,Ann\n"
    (plain.codings / "Ann.csv").write_text(rows, encoding="utf-8")
    monkeypatch.setattr(api.library, "follow", slowly)
    with ThreadPoolExecutor(2) as at_once:
        at_once.submit(api.codebook)
        assert reading.wait(10)
        listed = at_once.submit(api.queue, person("Ann"))
        Event().wait(0.2)
        go_on.set()
        assert listed.result()[1]["coded"] == 1


def test_a_changed_codebook_is_shown_and_a_broken_one_leaves_the_last(plain: Study) -> None:
    ann = Room(plain, plain.review).browser()
    path = plain.root / "configs" / "codebook.yaml"
    path.write_text("name: Small\ncodes:\n- id: goals\n- id: habit\n", encoding="utf-8")
    assert [code["id"] for code in ann.get("/api/codebook")["codes"]] == ["goals", "habit"]
    path.write_text("codes: [", encoding="utf-8")
    assert [code["id"] for code in ann.get("/api/codebook")["codes"]] == ["goals", "habit"]


def test_segments_of_what_did_not_change_are_not_made_again(plain: Study) -> None:
    room = Room(plain, plain.review)
    api = room.api()
    before = api.library["old"].segments
    (plain.raw / "second.txt").write_bytes(TEXT.encode())
    api.follow()
    assert api.library["old"].segments == before
    assert api.library["second"].segments
    assert not api.library.follow()


def test_transcripts_are_not_read_again_for_what_does_not_concern_them(
    plain: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An export writes codings: the next who opens the list must not wait until all transcripts have been read."""
    api = Room(plain, plain.review).api()
    monkeypatch.setattr("comb.review.storage.library.read_documents", None)
    (plain.codings / "Ann.csv").write_text("transcript,start,end,quote,code,valence,coder\n", encoding="utf-8")
    (plain.root / "configs" / "codebook.yaml").write_text("name: Small\ncodes:\n- id: goals\n", encoding="utf-8")
    assert api.library.follow()
    assert [code.id for code in api.library.codebook] == ["goals"]
