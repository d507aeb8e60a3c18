"""Codings on segments: who used which code, who read without using it, and who did not read."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comb.codebook import Codebook, parse_codebook
from comb.codings.alignment import (
    UNREAD,
    UNUSED,
    USED,
    VALENCE_NAMES,
    CoderView,
    CoderViews,
    align,
    overlaps,
    reference,
)
from comb.codings.codings_csv import CodingsRead
from comb.errors import BadParamsError
from comb.records import Coding, Segment

FLAT = [{"id": "a"}, {"id": "b"}, {"id": "c"}]
MULTIPLE = parse_codebook({"codes": FLAT})
EXCLUSIVE = parse_codebook({"coding": "exclusive", "codes": FLAT})
TREE = parse_codebook(
    {
        "levels": ["top", "leaf"],
        "codes": [
            {"id": "A", "children": [{"id": "a1"}, {"id": "a2"}]},
            {"id": "B", "children": [{"id": "b1"}]},
            {"id": "other"},
        ],
    }
)


def segment(start: int, end: int, transcript: str = "t") -> Segment:
    return Segment(transcript, start, end, 0, "P", "participant", "x" * (end - start))


SEGMENTS = [segment(0, 10), segment(10, 30), segment(30, 40), segment(0, 10, "u")]


def coding(start: int, end: int, code: str, coder: str = "A", **other: str) -> Coding:
    return Coding(
        **{"transcript": "t", "quote": "", "valence": "", **other}, start=start, end=end, code=code, coder=coder
    )


def aligned(
    *codings: Coding, book: Codebook = MULTIPLE, level: str = "", share: float = 0.5, coverage=None, human: bool = True
) -> CoderViews:
    return align(SEGMENTS, CodingsRead(codings, (), coverage), book, level, share, human=human)


def codes(views: CoderViews, coder: str = "A") -> list[list[int]]:
    return views.coders[coder].codes.tolist()


# ---- the overlap rule


@pytest.mark.parametrize(
    ("span", "met"),
    [
        ((12, 15), [1]),  # a clause codes its sentence
        ((0, 40), [0, 1, 2]),  # a passage codes each of its sentences
        ((10, 33), [1]),  # letters that run into a neighbour do not code it, on the right
        ((7, 30), [1]),  # nor on the left
        ((5, 25), [0, 1]),  # half of a sentence does
        ((6, 30), [1]),
        ((9, 11), [0, 1]),
        ((40, 50), []),  # beyond the last: an interviewer's words
    ],
)
def test_which_segments_a_coding_meets(span: tuple[int, int], met: list[int]) -> None:
    views = aligned(coding(*span, "b"))
    assert np.flatnonzero(views.coders["A"].codes[:, 1] == USED).tolist() == met
    assert views.unplaced == (not met)


spans = st.tuples(st.integers(0, 60), st.integers(1, 60)).map(lambda pair: (pair[0], pair[0] + pair[1]))


@given(spans, spans, st.floats(0.01, 1))
def test_overlap_is_symmetric_and_a_larger_share_is_stricter(one, two, share: float) -> None:
    def meets(first: tuple[int, int], second: tuple[int, int], at_least: float) -> bool:
        return overlaps(coding(*first, "a"), segment(*second), at_least)

    assert meets(one, two, share) == meets(two, one, share)
    assert meets(one, two, share) <= meets(one, two, share / 2)
    mirrored = [(200 - end, 200 - start) for start, end in (one, two)]
    assert meets(*mirrored, share) == meets(one, two, share)
    assert meets(one, two, share) <= (max(one[0], two[0]) < min(one[1], two[1]))


@given(st.lists(st.integers(1, 30), min_size=1, max_size=8), st.data())
@settings(deadline=None)
def test_no_coding_within_coded_speech_is_lost(lengths: list[int], data: st.DataObject) -> None:
    edges = [0, *np.cumsum(lengths).tolist()]
    start = data.draw(st.integers(0, edges[-1] - 1))
    end = data.draw(st.integers(start + 1, edges[-1]))
    segments = [segment(low, high) for low, high in pairwise(edges)]
    views = align(segments, CodingsRead((coding(start, end, "a"),), (), None), MULTIPLE, "", 0.5)
    assert views.unplaced == 0
    assert (views.coders["A"].codes[:, 0] == USED).any()


def test_no_coding_is_lost_for_the_blank_between_two_sentences() -> None:
    sentences = [segment(0, 100), segment(101, 201)]
    views = align(sentences, CodingsRead((coding(76, 125, "a"),), (), None), MULTIPLE, "", 0.5)
    assert views.unplaced == 0


@given(st.lists(st.tuples(st.integers(0, 39), st.integers(1, 40), st.sampled_from("abc")), max_size=6), st.randoms())
@settings(deadline=None)
def test_order_of_codings_does_not_matter(spans: list[tuple[int, int, str]], random) -> None:
    codings = [coding(start, start + length, code) for start, length, code in spans]
    for book in (MULTIPLE, EXCLUSIVE):
        one = aligned(*codings, book=book)
        other = aligned(*random.sample(codings, len(codings)), book=book)
        assert one.coders.keys() == other.coders.keys()
        for coder, view in one.coders.items():
            np.testing.assert_array_equal(view.codes, other.coders[coder].codes)


# ---- missing and negative


def test_a_coder_with_a_coding_has_read_the_transcript_and_no_other() -> None:
    views = aligned(coding(0, 10, "a"))
    assert codes(views) == [[USED, UNUSED, UNUSED], [UNUSED] * 3, [UNUSED] * 3, [UNREAD] * 3]


def test_coverage_file_alone_says_who_read_what() -> None:
    both = [coding(0, 10, "a"), coding(0, 10, "a", "B")]
    views = aligned(*both, coverage=frozenset({("t", "B"), ("u", "A"), ("gone", "A")}))
    assert codes(views) == [[USED, UNUSED, UNUSED], [UNREAD] * 3, [UNREAD] * 3, [UNUSED] * 3]
    assert codes(views, "B") == [[USED, UNUSED, UNUSED], [UNUSED] * 3, [UNUSED] * 3, [UNREAD] * 3]


def test_a_coder_who_read_and_coded_nothing_is_a_coder() -> None:
    views = aligned(coding(0, 10, "a"), coverage=frozenset({("t", "A"), ("t", "B")}))
    assert codes(views, "B")[:3] == [[UNUSED] * 3] * 3


def test_an_empty_code_is_read_and_takes_nothing_back() -> None:
    nowhere = frozenset()
    views = aligned(coding(0, 10, ""), coding(10, 30, "b"), coding(10, 30, ""), coverage=nowhere)
    assert codes(views) == [[UNUSED] * 3, [UNUSED, USED, UNUSED], [UNREAD] * 3, [UNREAD] * 3]
    assert views.coders["A"].valence.tolist() == [-1, VALENCE_NAMES.index("none"), -1, -1]


def test_codings_of_a_model_are_left_out_unless_asked_for() -> None:
    both = [coding(0, 10, "a"), coding(0, 10, "b", "bot", model="1f")]
    assert set(aligned(*both).coders) == {"A"}
    assert set(aligned(*both, human=False).coders) == {"A", "bot"}


def test_a_suggestion_that_a_person_took_over_is_that_persons_coding() -> None:
    views = aligned(coding(0, 10, "a", model="1f", origin="suggestion"))
    assert codes(views)[0] == [USED, UNUSED, UNUSED]


def test_unknown_code_is_refused_with_coder_and_transcript() -> None:
    with pytest.raises(BadParamsError, match=r"coder 'A', transcript 't': code 'z' is not in the codebook"):
        aligned(coding(0, 10, "z"))


# ---- levels


def test_a_finer_code_counts_for_its_parent() -> None:
    views = aligned(coding(0, 10, "a2"), coding(10, 30, "other"), book=TREE, level="top")
    assert views.codes == ("A", "B", "other")
    assert codes(views)[:2] == [[USED, UNUSED, UNUSED], [UNUSED, UNUSED, USED]]
    assert views.too_general == 0


def test_a_code_too_general_makes_its_children_unknown_and_no_other() -> None:
    views = aligned(coding(0, 10, "A"), coding(10, 30, "B"), book=TREE, level="leaf")
    assert views.codes == ("a1", "a2", "b1", "other")
    assert codes(views)[:2] == [[UNREAD, UNREAD, UNUSED, UNUSED], [UNUSED, UNUSED, USED, UNUSED]]  # B has one child
    assert views.too_general == 1


def test_a_specific_code_beside_a_general_one() -> None:
    views = aligned(coding(0, 10, "a2"), coding(0, 10, "A"), book=TREE, level="leaf")
    assert codes(views)[0] == [UNREAD, USED, UNUSED, UNUSED]


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        ("b1", [UNREAD, UNREAD, USED, UNUSED]),
        ("a2", [UNREAD, USED, UNUSED, UNUSED]),
        ("", [UNREAD, UNREAD, UNUSED, UNUSED]),
    ],
)
def test_unknown_children_stay_unknown_whatever_follows(later: str, expected: list[int]) -> None:
    views = aligned(coding(0, 10, "A"), coding(0, 10, later), book=TREE, level="leaf")
    assert codes(views)[0] == expected


# ---- exclusive codebooks and valence


def test_exclusive_takes_the_largest_overlap_then_the_first_code() -> None:
    views = aligned(coding(10, 21, "b"), coding(18, 30, "c"), book=EXCLUSIVE)
    assert codes(views)[1] == [UNUSED, UNUSED, USED]
    views = aligned(coding(10, 20, "c"), coding(20, 30, "b"), book=EXCLUSIVE)
    assert codes(views)[1] == [UNUSED, USED, UNUSED]
    views = aligned(coding(10, 21, "c", valence="barrier"), coding(18, 30, "b", valence="both"), book=EXCLUSIVE)
    assert views.coders["A"].valence[1] == VALENCE_NAMES.index("both")


@pytest.mark.parametrize(
    ("given_", "joined"),
    [
        (["barrier", "facilitator"], "both"),
        (["", "barrier"], "barrier"),
        (["facilitator", ""], "facilitator"),
        (["barrier", "barrier"], "barrier"),
        (["both", "barrier"], "both"),
        (["", ""], "none"),
    ],
)
def test_valences_of_one_segment_are_joined(given_: list[str], joined: str) -> None:
    for order in (given_, given_[::-1]):
        views = aligned(*(coding(0, 10, code, valence=v) for code, v in zip("ab", order, strict=True)))
        assert VALENCE_NAMES[views.coders["A"].valence[0]] == joined
        assert views.coders["A"].valence[1] == -1


# ---- reference


def view(*rows: list[int], valence: list[int] | None = None) -> CoderView:
    return CoderView(np.array(rows, np.int8), np.array(valence or [-1] * len(rows), np.int8))


def merged(coders: dict[str, CoderView], order: tuple[str, ...] = ("consensus",), exclusive: bool = False) -> CoderView:
    n = len(next(iter(coders.values())).codes)
    segments = [segment(10 * i, 10 * i + 10, "t" if i < 2 else "u") for i in range(n)]
    return reference(CoderViews(("a", "b", "c"), coders, 0, 0), segments, order, exclusive=exclusive)


NOT_READ = [UNREAD] * 3


def test_consensus_counts_before_the_others_where_there_is_one() -> None:
    coders = {
        "A": view([1, 0, 0], [1, 0, 0], [0, 1, 0], valence=[1, 1, 2]),
        "B": view([1, 0, 0], [1, 0, 0], [0, 1, 0], valence=[1, 1, 2]),
        "consensus": view([0, 0, 1], NOT_READ, NOT_READ, valence=[3, -1, -1]),
    }
    result = merged(coders)
    assert result.codes.tolist() == [[0, 0, 1], NOT_READ, [0, 1, 0]]  # its transcript is its own, unread parts included
    assert result.valence.tolist() == [3, -1, 2]
    assert merged(coders, order=()).codes[0].tolist() == [1, 0, 0]
    assert merged(coders, order=("B", "consensus")).codes.tolist() == coders["B"].codes.tolist()


def test_majority_of_those_who_read_an_even_split_counting_as_used() -> None:
    coders = {
        "A": view([1, 0, 0], [1, 1, 0]),
        "B": view([1, 1, 0], NOT_READ),
        "C": view([0, 0, 0], [0, 1, 0]),
    }
    assert merged(coders).codes.tolist() == [[1, 0, 0], [1, 1, 0]]
    assert merged({"A": view(NOT_READ, NOT_READ)}).codes.tolist() == [NOT_READ, NOT_READ]


def test_majority_in_an_exclusive_codebook_is_one_code() -> None:
    coders = {
        "A": view([0, 1, 0], [0, 0, 1], [1, 0, 0]),
        "B": view([0, 0, 1], [0, 0, 0], [0, 0, 0]),
        "C": view([0, 0, 1], [0, 1, 0], [0, 0, 0]),
    }
    assert merged(coders, exclusive=True).codes.tolist() == [[0, 0, 1], [0, 1, 0], [0, 0, 0]]


def test_majority_valence_only_where_a_code_is_used() -> None:
    coders = {
        "A": view([1, 0, 0], [1, 0, 0], valence=[1, 1]),
        "B": view([1, 0, 0], [0, 0, 0], valence=[1, -1]),
        "C": view([1, 0, 0], [0, 0, 0], valence=[2, -1]),
    }
    result = merged(coders)
    assert result.codes[:, 0].tolist() == [1, 0]
    assert result.valence.tolist() == [1, -1]
