"""Replacements: every coding stays on the same words, and no other word is lost, doubled or moved."""

from hypothesis import given
from hypothesis import strategies as st

from comb.privacy.offset_map import OffsetMap, Replacement, make_map

WORD = st.text(st.sampled_from("abcé’-Z0𝒜"), min_size=1, max_size=6)


@st.composite
def replaced_texts(draw: st.DrawFn) -> tuple[list[str], list[str], OffsetMap]:
    """Give words, the same words with some replaced, and the map of these replacements in the text."""
    words = draw(st.lists(WORD, min_size=1, max_size=30))
    new = [draw(st.one_of(st.none(), WORD, st.just("[place 1]"))) for _ in words]
    at, made = 0, []
    for word, other in zip(words, new, strict=True):
        if other is not None:
            made.append(Replacement(at, at + len(word), other))
        at += len(word) + 1
    shuffled = draw(st.permutations(made))
    return words, [w if o is None else o for w, o in zip(words, new, strict=True)], make_map(shuffled)


def places(words: list[str]) -> list[tuple[int, int]]:
    """Give where each word is in the text of the words."""
    found, at = [], 0
    for word in words:
        found.append((at, at + len(word)))
        at += len(word) + 1
    return found


@given(replaced_texts(), st.data())
def test_a_coding_covers_the_same_words_afterwards(made, data) -> None:
    old, new, offsets = made
    text, result = " ".join(old), offsets.apply(" ".join(old))
    assert result == " ".join(new)
    first = data.draw(st.integers(0, len(old) - 1))
    last = data.draw(st.integers(first, len(old) - 1))
    start, end = offsets.span(places(old)[first][0], places(old)[last][1])
    assert result[start:end] == " ".join(new[first : last + 1])
    back = offsets.inverse(text)
    assert back.apply(result) == text
    assert back.span(start, end) == (places(old)[first][0], places(old)[last][1])


@given(replaced_texts(), st.data())
def test_a_coding_that_cuts_a_name_covers_the_pseudonym_whole(made, data) -> None:
    old, new, offsets = made
    number = data.draw(st.integers(0, len(old) - 1))
    start, end = places(old)[number]
    a = data.draw(st.integers(start, end - 1))
    b = data.draw(st.integers(a + 1, end))
    found = offsets.span(a, b)
    assert found[0] >= places(new)[number][0]
    assert found[1] <= places(new)[number][1]
    if old[number] != new[number]:
        assert found == places(new)[number]


@given(replaced_texts(), st.data())
def test_order_is_kept(made, data) -> None:
    old, _, offsets = made
    length = len(" ".join(old))
    a, b = sorted((data.draw(st.integers(0, length)), data.draw(st.integers(0, length))))
    assert offsets.span(a, a)[0] <= offsets.span(b, b)[0]
    assert offsets.span(0, length) == (0, len(offsets.apply(" ".join(old))))


def test_of_overlapping_replacements_the_longest_counts() -> None:
    made = make_map(
        [Replacement(0, 5, "Alex"), Replacement(0, 11, "Sam"), Replacement(6, 11, "x"), Replacement(12, 14, "y")]
    )
    assert made.apply("Megan Evans is in") == "Sam y in"
