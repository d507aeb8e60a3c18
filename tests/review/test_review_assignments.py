"""Drawing what two coders code, and sharing transcripts out."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from comb.review.domain.assignments import Item, draw, share_out

TEN = [Item(f"t{n}", 100 * n, ("Ann",), "old" if n < 5 else "young") for n in range(1, 11)]


def test_the_share_is_drawn_and_the_same_seed_draws_the_same() -> None:
    found = draw(TEN, ["Ann", "Ben"], 0.2, "transcripts", 1)
    assert (found.wanted, found.reached, found.of, len(found.drawn)) == (2, 2, 10, 2)
    assert all(one.coders == ("Ann",) and one.added == ("Ben",) for one in found.drawn)
    assert found == draw(TEN[::-1], ["Ann", "Ben"], 0.2, "transcripts", 1)
    assert len({draw(TEN, ["Ann", "Ben"], 0.2, "transcripts", seed).drawn for seed in range(20)}) > 5


def test_of_segments_whole_transcripts_are_drawn() -> None:
    found = draw(TEN, ["Ann", "Ben"], 0.1, "segments", 3)
    assert (found.wanted, found.of) == (550, 5500)
    assert found.reached >= 550
    assert found.reached - 100 * int(found.drawn[-1].transcript[1:]) < 550, "no more than needed"


def test_strata_have_their_share() -> None:
    for seed in range(10):
        found = draw([Item(i.id, 1, i.coders, i.stratum) for i in TEN], ["Ann", "Ben"], 0.4, "transcripts", seed)
        counts = Counter(one.stratum for one in found.drawn)
        assert abs(counts["old"] / 4 - counts["young"] / 6) <= 0.25


def test_what_two_have_already_counts() -> None:
    items = [Item("a", 1, ("Ann", "Ben")), *TEN]
    found = draw(items, ["Ann", "Ben"], 0.09, "transcripts", 1)
    assert (found.already, found.drawn) == (1, ())


def test_nobody_is_given_a_transcript_that_only_one_can_code() -> None:
    assert draw(TEN, ["Ann"], 0.5, "transcripts", 1).drawn == ()
    both = draw([Item("a", 1, ())], ["Ann", "Ben"], 1.0, "transcripts", 1)
    assert both.drawn[0].added == ("Ann", "Ben")


@given(
    sizes=st.lists(st.integers(1, 500), min_size=1, max_size=40),
    coders=st.sets(st.sampled_from("ABCD"), min_size=2).map(sorted),
    share=st.floats(0.01, 1),
    seed=st.integers(0, 99),
)
def test_two_different_coders_and_work_shared_evenly(
    sizes: list[int], coders: list[str], share: float, seed: int
) -> None:
    items = [Item(f"t{n}", size, ()) for n, size in enumerate(sizes)]
    found = draw(items, coders, share, "transcripts", seed)
    assert found.reached == found.wanted == len(found.drawn)
    assert all(len(set(one.added)) == 2 for one in found.drawn)
    load = Counter(coder for one in found.drawn for coder in one.added)
    assert max(load[c] for c in coders) - min(load[c] for c in coders) <= 1


def test_all_that_nobody_has_is_shared_out_evenly() -> None:
    items = [Item(f"t{n}", 10 + n, ("Ann",) if n < 2 else ()) for n in range(12)]
    shared = share_out(items, ["Ann", "Ben", "Cleo"], 1)
    assert {name for name, _ in shared} == {f"t{n}" for n in range(2, 12)}
    load = Counter({"Ann": 21})
    for name, coder in shared:
        load[coder] += 10 + int(name[1:])
    assert max(load.values()) - min(load.values()) < 22
