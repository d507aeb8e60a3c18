"""Edits of the codebook: the text keeps what is not edited, and no coding is lost, doubled or moved by any of them."""

from collections import Counter
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from comb.codebook import Codebook, load_codebook
from comb.codings.codebook_edits import edit_codebook
from comb.codings.codebook_lines import comments
from comb.codings.edits import Add, Delete, Describe, Edit, Merge, Move, NewCode, Rename, Split
from comb.codings.recoding import recode
from comb.errors import BadParamsError

BOOK = """# Head of the file
name: Ours
coding: multiple
levels: [one, two, three]

codes:
  # ---- first
  - id: a   # beside a
    definition: >-
      Folded text # that is no comment,
      in two lines.

    examples:
      - "quoted: with a colon"
  # ---- second
  - id: b
    name: Bee
    children:
      - id: c
        children:
        - id: d
      # on e
      - id: e
        include: |
          literal
  - id: f
# Foot
"""


def edited(edit: Edit, text: str = BOOK) -> Codebook:
    return edit_codebook(text, edit).book


def lines(edit: Edit, text: str = BOOK) -> tuple[list[str], list[str]]:
    """Return the lines that an edit took away, and those that it added."""
    before, after = Counter(text.splitlines()), Counter(edit_codebook(text, edit).text.splitlines())
    return sorted((before - after).elements()), sorted((after - before).elements())


def test_only_what_is_edited_changes_in_the_file() -> None:
    assert lines(Rename(code="e", to="ee")) == (["      - id: e"], ["      - id: ee"])
    assert lines(Describe(code="b", name="Wasp")) == (["    name: Bee"], ["    name: Wasp"])
    assert lines(Describe(code="f", definition="New.")) == ([], ["    definition: New."])
    assert lines(Add(new=NewCode(id="g"), under="e")) == ([], ["          - id: g", "        children:"])
    assert lines(Delete(code="f")) == (["  - id: f"], [])
    assert lines(Move(code="f", under="c")) == (["  - id: f"], ["        - id: f"])
    gone, _ = lines(Describe(code="e", include=""))
    assert gone == ["          literal", "        include: |"]


@pytest.mark.parametrize(
    "edit",
    [
        Move(code="e", under="", before="a"),
        Move(code="c", under="a"),
        Move(code="d", under="b", before="e"),
        Merge(code="c", into="e"),
        Merge(code="d", into="c"),
        Split(code="c", into=(NewCode(id="c1"), NewCode(id="c2", name="Second: one"))),
        Describe(code="a", examples=("x\ny", "- z"), definition="One: two #3", color="#009E73"),
        Delete(code="f"),
    ],
    ids=lambda edit: edit.edit + "-" + edit.code,
)
def test_no_comment_is_lost_and_the_file_is_not_written_anew(edit: Edit) -> None:
    done = edit_codebook(BOOK, edit)
    assert sorted(comments(done.text)) == sorted(comments(BOOK))
    assert "levels: [one, two, three]" in done.text


def test_a_file_in_brackets_is_written_anew_with_its_comments() -> None:
    done = edit_codebook("codes: [{id: a}, {id: b}] # ours\n", Delete(code="a"))
    assert done.lost == ("# ours",)
    assert done.text.startswith("# ours\n")
    assert list(done.book.codes) == ["b"]


def test_colours_that_come_of_the_place_do_not_change_with_it() -> None:
    before = load_codebook(BOOK, "")[1]
    after = edited(Move(code="f", under="", before="a"))
    assert {code.id: code.color for code in after} == {code.id: code.color for code in before}


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (Rename(code="x", to="y"), "there is no code 'x'"),
        (Rename(code="a", to="b"), "there is a code 'b' already"),
        (Rename(code="a", to="b;c"), "cannot be an id"),
        (Merge(code="b", into="e"), "'e' is below 'b'"),
        (Merge(code="b", into="b"), "into itself"),
        (Move(code="b", under="d"), "below itself"),
        (Move(code="a", under="b", before="f"), "'f' is not among"),
        (Delete(code="b"), "has codes below it"),
        (Merge(code="x", into="y"), "2 things are wrong"),
        (Move(code="b", under="a"), "would be 4 levels deep, but the codebook has 3"),
    ],
)
def test_what_makes_no_sense_is_refused(edit: Edit, words: str) -> None:
    with pytest.raises(BadParamsError) as caught:
        edit_codebook(BOOK, edit)
    assert words in str(caught.value)


# ---- any sequence of edits

CODERS, SPANS = ("Ann", "Ben"), (0, 10, 20)


@st.composite
def edits(draw: Any, book: Codebook, number: int) -> Edit:
    """Draw an edit that may or may not make sense."""
    ids = st.sampled_from(list(book.codes))
    code, other, new = draw(ids), draw(ids), NewCode(id=f"n{number}")
    under = draw(st.sampled_from(["", *book.codes]))
    choices = (
        Rename(code=code, to=new.id),
        Merge(code=code, into=other),
        Move(code=code, under=under),
        Delete(code=code, uncode=draw(st.booleans())),
        Add(new=new, under=under),
        Split(code=code, into=(new, NewCode(id=f"m{number}"))),
        Describe(code=code, name=draw(st.sampled_from(["", "A name", "'quoted' # name"])), include=None),
    )
    return draw(st.sampled_from(choices))


def rows(book: Codebook, draw: Any) -> list[dict[str, Any]]:
    places = [(coder, at, code) for coder in CODERS for at in SPANS for code in book.codes]
    chosen = draw(st.lists(st.sampled_from(places), unique=True, max_size=12))
    valences = st.sampled_from(["", "barrier", "facilitator", "both"])
    return [
        {"transcript": "t", "coder": coder, "start": at, "end": at + 5, "code": code, "valence": draw(valences)}
        | {"memo": draw(st.sampled_from(["", f"m{number}"])), "at": str(number % 3)}
        for number, (coder, at, code) in enumerate(chosen)
    ]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_coding_is_lost_doubled_or_moved_by_any_sequence_of_edits(data: st.DataObject) -> None:
    text, book = BOOK, load_codebook(BOOK, "")[1]
    now = rows(book, data.draw)
    meant = {(row["coder"], row["start"], row["code"]) for row in now}
    memos, kept = {row["memo"] for row in now} - {""}, comments(text)
    for number in range(data.draw(st.integers(1, 6))):
        edit = data.draw(edits(book, number))
        try:
            done = edit_codebook(text, edit)
        except BadParamsError:
            continue
        now = [row for row in recode(now, done.mapped) if row is not None]
        meant = {(coder, at, done.mapped.get(code, code)) for coder, at, code in meant}
        text, book = done.text, done.book
        assert load_codebook(text, "")[1] == book
        assert not Counter(kept) - Counter(comments(text))
    found = [(row["coder"], row["start"], row["code"]) for row in now]
    assert len(found) == len({*found}), "doubled"
    coded = {one for one in meant if one[2]}
    assert {one for one in found if one[2]} == coded, "lost or moved"
    assert {one[:2] for one in found} == {one[:2] for one in meant}, "a passage that was read is read"
    assert all(any(memo in row["memo"].split("\n") for row in now) for memo in memos)
    assert {code for _, _, code in found if code} <= {*book.codes}


@given(st.sampled_from(["a", "b", "c", "d", "e", "f"]), st.text(max_size=40), st.text(max_size=40))
@settings(max_examples=60, deadline=None)
def test_any_words_are_read_back_as_they_were_written(code: str, definition: str, example: str) -> None:
    try:
        yaml.safe_load(yaml.safe_dump(definition + example))
    except yaml.YAMLError:
        return
    try:
        done = edit_codebook(BOOK, Describe(code=code, definition=definition, examples=(example,)))
    except BadParamsError:
        return
    assert (done.book.codes[code].definition, done.book.codes[code].examples) == (definition, (example,))
