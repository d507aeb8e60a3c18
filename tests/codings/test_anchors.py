"""Spans find their words again, or none: never other words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comb.codings.anchors import CONTEXT, AnchoredText, text_digest
from comb.records import Transcript

TEXT = """INT: How do you get on with the tablets?

P1: I never remember the evening one. My wife puts them out for me. Yes.

INT: And away from home?

P1: I forgot the whole box at my daughter's. My GP says it matters, so I do try. Yes.

INT: Would anything help?

P1: I would like a box with the days on it. It is habit, I suppose. Yes.
"""


def anchored(text: str) -> AnchoredText:
    return AnchoredText(Transcript("P1", text, ()))


def spans(words: str, text: str = TEXT) -> list[tuple[int, int]]:
    """List all places of some words."""
    return [(at, at + len(words)) for at in range(len(text)) if text.startswith(words, at)]


def moved(text: str, start: int, end: int) -> str | None:
    """Return the words on which a span of the text lies in a changed one."""
    anchor = anchored(TEXT).anchor(start, end)
    placed = anchored(text).place_all([anchor])
    return text[slice(*placed[anchor].span)] if anchor in placed else None


def test_words_before_it_move_a_span() -> None:
    ((start, end),) = spans("My GP says it matters")
    assert moved("Eleven more" + TEXT, start, end) == "My GP says it matters"


@pytest.mark.parametrize("number", [0, 1, 2])
def test_the_same_word_elsewhere_is_not_taken(number: int) -> None:
    places = spans("Yes.")
    anchor = anchored(TEXT).anchor(*places[number])
    longer = TEXT.replace("INT: And", "INT: Well, and").replace("tablets", "pills")
    assert anchored(longer).place(anchor).span == spans("Yes.", longer)[number]
    start, end = places[number]
    without = TEXT[: start - 10] + TEXT[end:]
    assert anchored(without + "More was said.").place(anchor) is None


def test_a_corrected_typo_is_near_and_a_negation_is_not() -> None:
    ((start, end),) = spans("I forgot the whole box at my daughter's.")
    anchor = anchored(TEXT).anchor(start, end)
    near = anchored("\n" + TEXT.replace("whole box", "hole box") + "\n").place(anchor)
    assert near is not None
    assert not near.exact
    assert anchored("\n" + TEXT.replace("I forgot the", "I never forgot the") + "\n").place(anchor) is None


def test_other_labels_everywhere_leave_turns_where_they_are() -> None:
    ((start, end),) = spans("I never remember the evening one. My wife puts them out for me. Yes.")
    assert moved(TEXT.replace("P1:", "Anna:").replace("INT:", "Interviewer:"), start, end) == TEXT[start:end]


def test_another_text_has_no_place() -> None:
    ((start, end),) = spans("It is habit, I suppose.")
    other = "P2: We talk of something else. It is habit, I suppose. But of other things, and at another time.\n"
    assert moved(other, start, end) is None


def test_a_text_that_comes_back_brings_every_span_back() -> None:
    source, gone = anchored(TEXT), anchored("Nothing of it.")
    made = [source.anchor(*span) for span in spans("Yes.")]
    assert gone.place_all(made) == {}
    assert [placed.span for placed in source.place_all(made).values()] == spans("Yes.")


def test_two_passages_never_share_a_place() -> None:
    first, second, third = (anchored(TEXT).anchor(*span) for span in spans("Yes."))
    text = "P1: Yes.\n"
    assert anchored(text).place_all([first, second, third]) == {}


def test_digest_is_of_the_canonical_text() -> None:
    assert (
        anchored("é").digest == text_digest("é") == "4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c"
    )


WORDS = st.sampled_from(["yes", "no", "I do", "box", "the evening one", ".", "\n", "P1: ", "never", "café", "🙂"])
TEXTS = st.lists(WORDS, min_size=1, max_size=40).map(" ".join)


@given(text=TEXTS, data=st.data(), new=TEXTS)
def test_every_span_is_on_its_words_or_nowhere(text: str, data: st.DataObject, new: str) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    at = data.draw(st.integers(0, len(text)))
    upto = data.draw(st.integers(at, len(text)))
    anchor = anchored(text).anchor(start, end)
    changed = text[:at] + new + text[upto:]
    placed = anchored(changed).place(anchor)
    far = start >= CONTEXT if at >= end else len(text) - end >= CONTEXT
    if far and (upto <= start or at >= end):
        moves = len(changed) - len(text) if upto <= start else 0
        assert placed is not None, "where all before or all after it stays, a span stays"
        assert changed[slice(*placed.span)] == text[start:end]
        assert placed.span in ((start + moves, end + moves), (start, end))
    elif placed is not None and placed.exact:
        assert changed[slice(*placed.span)] == text[start:end]


@given(text=TEXTS, new=st.lists(st.tuples(st.integers(0, 400), WORDS), max_size=4), data=st.data())
def test_several_insertions_never_make_it_other_words(
    text: str, new: list[tuple[int, str]], data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    anchor = anchored(text).anchor(start, end)
    for at, words in new:
        text = text[: at % (len(text) + 1)] + words + text[at % (len(text) + 1) :]
    placed = anchored(text).place(anchor)
    assert placed is None or not placed.exact or text[slice(*placed.span)] == anchor.quote
