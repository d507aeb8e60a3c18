"""Quotations, the framework matrix, belief statements and saturation."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from comb.errors import BadInputError
from comb.synthesis.beliefs import conflicting, count_belief, propose
from comb.synthesis.charting import cases
from comb.synthesis.quotes import Pick, choose
from comb.synthesis.saturation import stopped_at, verdict
from tests.synthesis.conftest import coding, read, sample_of, talk

ONE, TWO, GROUP = talk("one", "P1"), talk("two", "P2"), talk("group", "A", "B", "C")
TALKS = (ONE, TWO, GROUP)
PEOPLE = "participant,transcript,speaker,kind,group\nAnn,one,,,x\nBen,two,,,y\n"
PEOPLE += "Cy,group,A,,x\nDee,group,B,,y\nEve,group,C,,y\n"


def place(coded) -> str:
    return f"{coded.transcript}:{coded.start}-{coded.end}"


# ---- quotations


def test_quotations_come_from_several_people_and_none_comes_twice(example) -> None:
    by_code = {}
    for quote in example.quotes:
        by_code.setdefault((quote.code, quote.valence), []).append(quote)
    assert all(len(quotes) <= 2 for quotes in by_code.values())
    several = [quotes for quotes in by_code.values() if len(quotes) == 2]
    apart = [q for q in several if not set(q[0].passage.participants) & set(q[1].passage.participants)]
    assert len(apart) == len(several)
    assert max(Counter(quote.passage.id for quote in example.quotes).values()) == 1
    assert all(len(q.passage.text.split()) <= 60 for q in example.quotes if q.chosen_by == "comb")


def test_the_researchers_picks_stay_and_refusals_too(example) -> None:
    codes = ("emotion",)
    first = choose(example.passages, example.codebook, codes, (), 2, 60)
    wanted = next(p for p in example.passages if p.code == "emotion" and p.helps and len(p.text.split()) < 5)
    picks = [Pick("emotion", wanted.id, True), Pick("emotion", first[0].passage.id, False)]
    again = choose(example.passages, example.codebook, codes, picks, 2, 60)
    chosen = {quote.passage.id: quote.chosen_by for quote in again}
    assert chosen[wanted.id] == "researcher"
    assert first[0].passage.id not in chosen


def test_the_order_of_the_passages_does_not_change_the_quotations(example) -> None:
    codes = example.codes
    turned = choose(tuple(reversed(example.passages)), example.codebook, codes, (), 2, 60)
    same = choose(example.passages, example.codebook, codes, (), 2, 60)
    assert [q.passage.id for q in turned] == [q.passage.id for q in same]


# ---- framework matrix


def test_cases_are_people_and_focus_groups(tmp_path: Path) -> None:
    sample = sample_of(tmp_path, TALKS, PEOPLE.replace("Ben,two", "Ann,two").replace(",y\nCy", ",x\nCy"))
    assert cases(sample) == {"Ann": ("one", "two"), "group": ("group",)}


def test_a_summary_says_what_has_changed_under_it(tmp_path: Path, findings) -> None:
    sample = sample_of(tmp_path, TALKS, PEOPLE)
    said = [coding(ONE, "P1", n, "goals") for n in range(4)]
    sheet = f"case,code,summary,author,checked,passages\nAnn,goals,Wants it.,S,,{place(said[0])}; one:0-3\n"
    sheet += "Zoe,goals,Of a case that is gone.,S,,x:1-2\n"
    found = findings(sample, TALKS, read(*said), matrix=sheet)
    cells = {(cell.case, cell.code): cell for cell in found.matrix}
    assert cells["Ann", "goals"].state == "3 new passages and 1 removed passage since you summarised"
    assert cells["Zoe", "goals"].summary == "Of a case that is gone."
    assert cells["Ben", "goals"].state == ""


# ---- beliefs


def beliefs(tmp_path: Path, findings):
    sample = sample_of(tmp_path, TALKS, PEOPLE)
    said = [coding(ONE, "P1", 0, "goals", "facilitator"), coding(ONE, "P1", 1, "goals", "facilitator")]
    said += [coding(TWO, "P2", 0, "goals", "barrier"), coding(GROUP, "A", 0, "goals", "facilitator")]
    rows = "belief,code,statement,theme,context,strong,conflicts_with,by,confirmed_by\n"
    rows += "B1,goals,I want to,,,yes,B2,S,T\nB2,goals,I do not,,,,,S,S\nB3,goals,Nobody said this,,,,,S,\n"
    where = "passage,code,belief,by\n" + "".join(f"{place(c)},goals,B{1 + (c.valence == 'barrier')},S\n" for c in said)
    where += "one:1-2,goals,B1,S\n"
    return sample, findings(sample, TALKS, read(*said), beliefs=rows, belief_passages=where)


def test_a_belief_is_counted_once_per_person_and_never_in_a_focus_group(tmp_path: Path, findings) -> None:
    sample, found = beliefs(tmp_path, findings)
    first = count_belief(sample, found.beliefs[0])
    assert (first.participants, first.of_participants, first.focus_groups) == (("Ann",), 2, ("group",))
    assert len(first.evidence) == 3


def test_conflicts_and_confirmations_are_people_s(tmp_path: Path, findings) -> None:
    _, found = beliefs(tmp_path, findings)
    assert conflicting(found.beliefs, "goals") == [("B1", "B2")]
    states = [belief.state for belief in found.beliefs]
    assert states == ["confirmed", "confirmed by its own author only", "to be confirmed by a second person"]
    assert [belief.side for belief in found.beliefs] == ["facilitator", "barrier", ""]
    assert any("1 passage that a belief rests on is no longer coded so" in note for note in found.notes)


def test_rows_that_name_what_is_not_there_come_all_at_once(tmp_path: Path, findings) -> None:
    sample = sample_of(tmp_path, TALKS, PEOPLE)
    rows = "belief,code,statement,theme,context,strong,conflicts_with,by,confirmed_by\n"
    rows += "B1,gaols,x,,,perhaps,B9,S,\nB1,goals,y,,,,,S,\n"
    where = "passage,code,belief,by\none:1-2,goals,B7,S\n"
    with pytest.raises(BadInputError) as raised:
        findings(sample, TALKS, read(), beliefs=rows, belief_passages=where)
    said = str(raised.value)
    for part in (
        "row 2, column code: there is no such code; the nearest is 'goals'",
        "row 2, column conflicts_with: there is no such belief",
        "belief-passages.csv, row 2",
        "strong takes",
    ):
        assert part in said
    assert "row 3: B1 is in an earlier row too" in said


def test_like_passages_are_proposed_together_and_codes_are_never_mixed(example) -> None:
    some = [p for p in example.passages if p.code in ("goals", "optimism")][:6]
    some = sorted(some, key=lambda p: p.code)
    vectors = np.eye(len(some))
    vectors[1] = vectors[0]
    proposed = propose(some, vectors, 0.5)
    assert proposed[0] == proposed[1] == f"{some[0].code}-1"
    assert proposed[2:] == [""] * 4
    same = propose(some, np.ones((len(some), 3)) / 3**0.5, 0.5)
    assert all(name in ("", f"{p.code}-1") for name, p in zip(same, some, strict=True))


# ---- saturation


def test_saturation_follows_the_order_of_the_study(tmp_path: Path, findings) -> None:
    sample = sample_of(tmp_path, TALKS, PEOPLE)
    said = [coding(ONE, "P1", 0, "goals"), coding(TWO, "P2", 0, "goals"), coding(GROUP, "A", 0, "emotion")]
    steps = findings(sample, TALKS, read(*said)).saturation
    assert [(s.transcript, s.new_codes, s.codes) for s in steps] == [
        ("one", ("goals",), 1),
        ("two", (), 1),
        ("group", ("emotion",), 2),
    ]


@pytest.mark.parametrize(
    ("news", "at"), [([1, 0, 0, 0], 4), ([1, 0, 0], None), ([1, 0, 0, 1, 0, 0, 0], 7), ([0, 0, 0, 0], 4), ([], None)]
)
def test_the_stopping_criterion(news: list[int], at: int | None) -> None:
    assert stopped_at(news, 1, 3) == at


def test_the_verdict_says_where_the_last_new_one_came() -> None:
    assert "the last new code came with transcript 4 of 5" in verdict("code", [3, 0, 0, 1, 0], 2, 3)
    assert "No belief statement has been counted yet" in verdict("belief statement", [0, 0], 2, 3)


# ---- relevance


@pytest.mark.parametrize(
    ("given", "said"),
    [(",S,T", ""), ("yes,S,T", "yes"), ("yes,S,S", "yes, to be confirmed"), ("no,S,", "no, to be confirmed")],
)
def test_a_judgement_needs_a_second_person(tmp_path: Path, findings, given: str, said: str) -> None:
    relevant, by, confirmed = given.split(",")
    sheet = "code,frequent,conflicting,strong,relevant,importance,questions,comment,by,confirmed_by\n"
    found = findings(
        sample_of(tmp_path, TALKS, PEOPLE), TALKS, read(), relevance=f"{sheet}goals,,,,{relevant},,,,{by},{confirmed}\n"
    )
    assert found.judgements["goals"].verdict == said


def test_the_charting_form_shows_passages_with_the_coders_memos(tmp_path: Path, findings) -> None:
    from comb.synthesis.form_pages import matrix

    said = coding(ONE, "P1", 0, "goals", memo="wants, but vaguely")
    found = findings(sample_of(tmp_path, TALKS, PEOPLE), TALKS, read(said))
    (row,) = matrix(found, []).rows
    assert row["text"] == f"[{place(said)}] I want to do it. (memo of A: wants, but vaguely)"
    assert row["passages"] == place(said)
