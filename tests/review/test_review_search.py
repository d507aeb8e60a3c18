"""Search: words in all transcripts, coded passages with filters, and what nobody is shown before the time."""

import base64
import io
import sqlite3
import stat
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comb.records import Transcript, Turn
from comb.review.storage.database import looks
from comb.review.storage.drafts import rows
from comb.review.storage.queries import understand
from comb.review.storage.search_index import SearchIndex, matching
from tests.review.room import BOX, FORGOT, GP, NEVER, WIFE, Browser, Room, key, span


def found(browser: Browser, **asked: Any) -> list[str]:
    """Return what is found: the words of each place, without what stands around them."""
    answer = browser.post("/api/search", **asked)
    assert answer["total"] == len(answer["places"]) or answer["more"]
    return ["".join(text for text, kind in p["pieces"] if kind in ("hit", "mark")).strip() for p in answer["places"]]


def marked(browser: Browser, **asked: Any) -> list[str]:
    """Return the words that are marked."""
    places = browser.post("/api/search", **asked)["places"]
    return [text for place in places for text, kind in place["pieces"] if kind == "mark"]


def looked(room: Room, coder: str) -> set[tuple[str, str]]:
    with room.database.read() as db:
        return {(row["transcript"], row["what"]) for row in rows(db, looks, coder=coder)}


# ---- words


def test_words_are_found_in_all_transcripts_with_their_place(local: Room) -> None:
    answer = local.browser().post("/api/search", words="daughter's")
    assert (answer["total"], answer["transcripts"]) == (2, 2)
    assert {place["transcript"] for place in answer["places"]} == {"new é", "old"}
    place = answer["places"][0]
    assert place["at"] == span("daughter's")[0], "the page opens the transcript there"
    assert (place["speaker"], place["role"]) == ("P1", "participant")
    assert place["pieces"][0] == ["I forgot the whole box at my ", "hit"]
    assert place["pieces"][1] == ["daughter's", "mark"]
    assert place["pieces"][-1][1] == "context"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("TABLETS", ["tablets"]),
        ("café", ["cafe\u0301"]),
        ("cafe", ["cafe\u0301"]),
        (unicodedata.normalize("NFD", "café"), ["cafe\u0301"]),
        ('"evening one"', ["evening one"]),
        ("“evening one”", ["evening one"]),
        ('"one evening"', []),
        ("tabl*", ["tablets"]),
        ("tabl", []),
        ("tablets OR habit", ["tablets", "habit"]),
        ("never wife", ["never", "wife"]),
        ("never tablets", []),
        ("box NOT whole", ["box"]),
        ("🙂", ["🙂"]),
        ("never 🙂", ["never", "🙂"]),
        ("tablets 🙂", []),
        ("!!! ??", []),
        ('box"', ["box", "box"]),
        ("NOT box", []),
    ],
)
def test_what_people_type(local: Room, typed: str, words: list[str]) -> None:
    assert marked(local.browser(), words=typed, transcripts=["old"]) == words


TYPED = st.text(
    alphabet=st.one_of(st.sampled_from("\"'*()-^:+{}[]ŵŷâ🙂 ,;\x00\\AND OR NOT NEAR"), st.characters(codec="utf-8"))
)


@settings(max_examples=300, deadline=None)
@given(typed=TYPED)
def test_nothing_that_is_typed_is_an_error(typed: str) -> None:
    query = understand(typed)
    if not query.empty:
        matching(query, ["I never remember the evening one."])


def test_welsh_with_and_without_its_accents() -> None:
    told = ["Mae'r tŷ yn oer, a dŵr yn y gegin."]
    for typed in ("tŷ", "ty", "DŴR", "dwr", "gegin"):
        assert matching(understand(typed), told) != [None], typed


def test_speaker_and_role(local: Room) -> None:
    ann = local.browser()
    assert found(ann, words="home", transcripts=["old"]) == ["And away from home?"]
    assert found(ann, words="home", role="participant") == []
    assert found(ann, words="box", speaker="P1", transcripts=["old"])
    assert found(ann, words="box", speaker="INT") == []


def test_the_attributes_of_participants(local: Room) -> None:
    local.study.attributes.write_text("transcript,gender\nold,woman\nnew é,man\n", encoding="utf-8")
    ann = local.browser()
    assert ann.get("/api/search")["attributes"] == {"gender": ["man", "woman"]}
    answer = ann.post("/api/search", words="habit", attribute="gender", value="woman")
    assert [place["transcript"] for place in answer["places"]] == ["old"]


def test_pages(local: Room) -> None:
    ann = local.browser()
    first = ann.post("/api/search", words="the", most=2)
    rest = ann.post("/api/search", words="the", skip=2, most=50)
    assert (first["more"], rest["more"]) == (True, False)
    assert len(first["places"]) + len(rest["places"]) == first["total"] == rest["total"]


# ---- the index


def _turns(*said: str) -> Transcript:
    text, turns, at = "\n".join(said), [], 0
    for words in said:
        turns.append(Turn("P", "participant", at, at + len(words)))
        at += len(words) + 1
    return Transcript("t", text, tuple(turns))


def test_what_is_no_speech_is_not_in_the_way(tmp_path: Path) -> None:
    text = "I see the eve-\nning one #00:01# again."
    turn = Turn("P", "participant", 0, len(text), None, ((13, 15), (24, 31)))
    texts = {"t": Transcript("t", text, (turn,))}
    index = SearchIndex(tmp_path / "i.sqlite")
    index.update(texts)
    query = understand('"evening one"')
    (place,) = index.marked(query, index.turns(query, texts).part(0, None), texts)
    assert [text[a:b] for a, b in place.spans] == ["eve-\nning one"]


def test_the_index_follows_the_texts(tmp_path: Path) -> None:
    index = SearchIndex(tmp_path / "deep" / "i.sqlite")
    texts = {"a": _turns("a secret word"), "b": _turns("another")}
    index.update(texts)
    assert stat.S_IMODE(index.path.stat().st_mode) == 0o600, "it holds what participants said"
    assert index.turns(understand("secret"), texts).part(0, None) == [("a", 0)]
    texts = {"a": _turns("pseudonymised"), "c": _turns("one", "new here")}
    index.update(texts)
    assert index.turns(understand("secret OR another"), texts).part(0, None) == []
    assert index.turns(understand("new"), texts).part(0, None) == [("c", 1)]
    assert b"secret" not in index.path.read_bytes(), "what is not said any more is nowhere"


@pytest.mark.parametrize("content", [b"no database at all, but long enough to be looked at " * 40, b""])
def test_a_damaged_index_is_made_again(tmp_path: Path, content: bytes) -> None:
    index = SearchIndex(tmp_path / "i.sqlite")
    index.path.write_bytes(content)
    texts = {"a": _turns("a word")}
    index.update(texts)
    assert index.turns(understand("word"), texts).part(0, None) == [("a", 0)]


def test_the_index_is_made_again_for_another_version(tmp_path: Path) -> None:
    index, texts = SearchIndex(tmp_path / "i.sqlite"), {"a": _turns("a word")}
    index.update(texts)
    with sqlite3.connect(index.path) as db:
        db.execute("PRAGMA user_version=99")
    db.close()
    index.update(texts)
    assert index.turns(understand("word"), texts).part(0, None) == [("a", 0)]


def test_a_changed_file_is_searched_as_it_is_now(local: Room) -> None:
    ann = local.browser()
    assert found(ann, words="spaceship") == []
    path = local.study.raw / "old.txt"
    path.write_text(path.read_text(encoding="utf-8") + "\nP1: A spaceship.\n", encoding="utf-8")
    assert found(ann, words="spaceship") == ["A spaceship."]


# ---- coded passages


def ann_codes(room: Room) -> Room:
    """Ann codes and decides in ``new é``."""
    ann = room.browser("Ann")
    ann.open()
    ann.act("accept", suggestion=key(NEVER, "knowledge"))
    ann.act("recode", suggestion=key(FORGOT, "knowledge"), code="memory_attention_decision")
    ann.act("reject", suggestion=key(GP, "intentions"), memo="too vague")
    ann.code(WIFE, "social_influences", valence="facilitator", memo="what Ann thought: Cymraeg tŷ")
    return room


@pytest.fixture
def coded(local: Room) -> Room:
    return ann_codes(local)


@pytest.fixture
def anywhere(room: Room) -> Room:
    """On PostgreSQL, too."""
    return ann_codes(room)


def test_all_passages_of_a_code_and_of_those_below_it(coded: Room) -> None:
    ann = coded.browser("Ann")
    assert found(ann, code="capability") == [NEVER, FORGOT]
    assert found(ann, code="social_influences") == [WIFE]
    assert ann.post("/api/search", 404, code="no such code")["error"]
    place = ann.post("/api/search", code="social_influences")["places"][0]
    assert (place["coder"], place["valence"], place["at"]) == ("Ann", "facilitator", span(WIFE)[0])
    pieces = [(text.strip(), kind) for text, kind in place["pieces"]]
    assert pieces == [("I never remember the evening one. 🙂", "context"), (WIFE, "hit"), ("That helps.", "context")]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"decision": "accepted"}, [NEVER]),
        ({"decision": "recoded"}, [FORGOT]),
        ({"decision": "rejected"}, [GP]),
        ({"decision": "open"}, [WIFE, WIFE, BOX]),
        ({"valence": "facilitator"}, [WIFE]),
        ({"coder": "Ann", "valence": "barrier"}, [NEVER, FORGOT]),
        ({"low": 0.8}, [NEVER]),
        ({"low": 0.5, "high": 0.75}, [FORGOT]),
        ({"memo": "thought ty"}, [WIFE]),
        ({"memo": "*"}, [WIFE]),
        ({"coder": "Ann", "words": "wife OR box"}, [FORGOT, WIFE]),
        ({"coder": "Ann", "words": '"whole box"'}, [FORGOT]),
        ({"coder": "Ann", "words": "tablets"}, []),
        ({"code": "capability", "role": "interviewer"}, []),
        ({"code": "capability", "speaker": "P1"}, [NEVER, FORGOT]),
    ],
)
def test_filters(coded: Room, asked: dict[str, Any], words: list[str]) -> None:
    assert sorted(found(coded.browser("Ann"), **asked)) == sorted(words)


def test_who_reads_blind_finds_the_own_codings_only_and_nothing_is_noted(anywhere: Room) -> None:
    ben = anywhere.browser("Ben", "blind")
    for asked in ({"code": "capability"}, {"coder": "Ann"}, {"decision": "open"}, {"decision": "rejected"}):
        assert found(ben, **asked) == [], asked
    assert "Ann" not in ben.get("/api/search")["coders"]
    ben.open()
    ben.code(BOX, "environment_resources")
    assert found(ben, coder="Ben") == [BOX]
    assert found(ben, words="box", transcripts=["old"]), "words show no codings"
    assert looked(anywhere, "Ben") == set()


def test_what_is_shown_of_others_is_noted_also_where_nothing_was_found(anywhere: Room) -> None:
    ben = anywhere.browser("Ben")
    found(ben, coder="Ben")
    found(ben, words="box")
    assert looked(anywhere, "Ben") == set()
    assert found(ben, code="goals") == []
    assert looked(anywhere, "Ben") == {("new é", "codings")}
    found(ben, decision="open")
    assert looked(anywhere, "Ben") == {("new é", "codings"), ("new é", "suggestions")}
    assert ben.open()["blind"] == "no"


def _saved(browser: Browser, kind: str, **asked: Any) -> bytes:
    answer = browser.post("/api/search/file", format=kind, **asked)
    assert answer["name"] == f"passages.{kind}"
    return base64.b64decode(answer["data"])


def test_what_is_shown_is_saved(coded: Room) -> None:
    import docx
    import openpyxl

    ann = coded.browser("Ann")
    text = _saved(ann, "csv", code="capability").decode("utf-8-sig")
    header = text.splitlines()[0].replace(chr(34), "").split(",")
    assert header[:8] == ["transcript", "speaker", "role", "start", "end", "code", "valence", "coder"]
    assert NEVER in text
    assert len(text.splitlines()) == 3
    sheet = openpyxl.load_workbook(io.BytesIO(_saved(ann, "xlsx", words="daughter's"))).active
    assert [cell.value for cell in sheet[1]] == ["transcript", "speaker", "role", "start", "before", "found", "after"]
    assert sheet.max_row == 3
    document = docx.Document(io.BytesIO(_saved(ann, "docx", code="social_influences")))
    said = [paragraph.text for paragraph in document.paragraphs]
    assert "new é" in said
    assert any(f"“{WIFE}”" in line for line in said)
    assert any("what Ann thought" in line for line in said)


def test_saving_is_noted_too(coded: Room) -> None:
    _saved(coded.browser("Ben"), "csv", code="goals")
    assert looked(coded, "Ben") == {("new é", "codings")}
