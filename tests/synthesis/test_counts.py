"""Counts: checked by a few independent lines of pandas, and by what must hold of any codings."""

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from comb.synthesis.counts import VIEWS, find, share, summarise, under
from comb.synthesis.passages import coded_passages
from comb.synthesis.people import ALL
from tests.conftest import ROOT
from tests.synthesis.conftest import BOOK, coding, read, sample_of, talk

ONE, TWO, THREE, GROUP = talk("one", "P1"), talk("two", "R"), talk("three", "P2"), talk("group", "A", "B", "C")
TRANSCRIPTS = (ONE, TWO, THREE, GROUP)
PEOPLE = (
    "participant,transcript,speaker,kind,group\nAnn,one,,,x\nAnn,two,,,x\nBen,three,,,y\n"
    "Cy,group,A,,x\nDee,group,B,,y\nEve,group,C,,y\n"
)
SPEAKERS = [(ONE, "P1"), (TWO, "R"), (THREE, "P2"), (GROUP, "A"), (GROUP, "B"), (GROUP, "C")]


def counts(folder: Path, *codings, order=("consensus",), coverage=None):
    sample = sample_of(folder, TRANSCRIPTS, PEOPLE)
    named = {transcript.id: transcript for transcript in TRANSCRIPTS}
    coded = coded_passages(read(*codings, coverage=coverage), named, sample, BOOK, order)
    return sample, coded, summarise(sample, coded.passages, BOOK)


def test_a_person_is_counted_once_however_often_they_say_it(tmp_path: Path) -> None:
    said = [coding(ONE, "P1", n, "goals", "barrier") for n in (0, 1)] + [coding(TWO, "R", 0, "goals", "barrier")]
    _, _, found = counts(tmp_path, *said)
    goals = find(found, "goals", "barrier")
    assert goals.participants == ("Ann",)
    assert goals.of_participants == 2
    assert goals.interviews == ("one", "two")
    assert len(goals.passages) == 3
    assert goals.share == "1 (50%)"


def test_focus_groups_are_named_and_never_counted_as_people(tmp_path: Path) -> None:
    said = [coding(GROUP, speaker, 0, "goals", "barrier") for speaker in "ABC"]
    _, _, found = counts(tmp_path, *said)
    goals = find(found, "goals", "barrier")
    assert (goals.participants, goals.interviews, goals.passages) == ((), (), ())
    assert goals.focus_groups == ("group",)
    assert len(goals.focus_group_passages) == 3
    assert find(found, "goals", "barrier", "x").focus_groups == ("group",)
    assert len(find(found, "goals", "barrier", "y").focus_group_passages) == 2


def test_both_counts_on_both_sides_and_once_in_all(tmp_path: Path) -> None:
    _, _, found = counts(tmp_path, coding(ONE, "P1", 0, "goals", "both"), coding(ONE, "P1", 1, "goals"))
    sizes = {view: len(find(found, "goals", view).passages) for view in VIEWS}
    assert sizes == {"any": 2, "barrier": 1, "facilitator": 1, "both": 1, "none": 1}


def test_a_passage_with_two_codes_of_one_component_is_one_passage_of_it(tmp_path: Path) -> None:
    _, _, found = counts(tmp_path, coding(ONE, "P1", 0, "goals"), coding(ONE, "P1", 0, "optimism"))
    assert len(find(found, "reflective_motivation").passages) == 1


def test_a_code_above_counts_with_what_is_coded_with_itself(tmp_path: Path) -> None:
    _, _, found = counts(tmp_path, coding(ONE, "P1", 0, "motivation"), coding(THREE, "P2", 0, "goals"))
    assert find(found, "motivation").participants == ("Ann", "Ben")
    assert find(found, "goals").participants == ("Ben",)


def test_the_settled_codings_count_and_others_do_not(tmp_path: Path) -> None:
    said = [coding(ONE, "P1", 0, "goals"), coding(ONE, "P1", 1, "emotion", coder="B")]
    said += [coding(ONE, "P1", 2, "optimism", coder="consensus"), coding(THREE, "P2", 0, "goals", coder="B")]
    _, coded, found = counts(tmp_path, *said)
    assert coded.coders == {"one": "consensus", "three": "B"}
    assert find(found, "goals").participants == ("Ben",)


def test_a_transcript_that_nobody_settled_is_left_out_and_named(tmp_path: Path) -> None:
    said = [coding(ONE, "P1", 0, "goals"), coding(ONE, "P1", 1, "emotion", coder="B"), coding(THREE, "P2", 0, "goals")]
    _, coded, found = counts(tmp_path, *said)
    assert find(found, "goals").participants == ("Ben",)
    assert any("one is not counted: A, B coded it" in note for note in coded.notes)
    assert any("Not coded yet, and not counted: two, group" in note for note in coded.notes)
    _, named, _ = counts(tmp_path, *said, order=("A",))
    assert named.coders["one"] == "A"


def test_where_all_coded_alike_there_is_nothing_to_settle(tmp_path: Path) -> None:
    said = [coding(ONE, "P1", 0, "goals", "barrier", coder=name) for name in "BA"]
    _, coded, found = counts(tmp_path, *said, coverage=frozenset({("three", "A"), ("three", "B")}))
    assert coded.coders == {"one": "A", "three": "A"}
    assert len(find(found, "goals").passages) == 1
    assert not any("is not counted" in note for note in coded.notes)
    said[0] = coding(ONE, "P1", 0, "goals", "facilitator", coder="B")
    _, coded, _ = counts(tmp_path, *said)
    assert any("one is not counted: A, B coded it" in note for note in coded.notes), "the valence counts, too"


def test_a_consensus_of_nothing_is_a_consensus(tmp_path: Path) -> None:
    pairs = frozenset({("one", "A"), ("one", "consensus")})
    _, coded, _ = counts(tmp_path, coding(ONE, "P1", 0, "goals"), coverage=pairs)
    assert coded.coders == {"one": "consensus"}
    assert coded.passages == ()


def test_a_models_own_codings_never_count(tmp_path: Path) -> None:
    machine = coding(ONE, "P1", 0, "goals", coder="comb", model="abc")
    taken = coding(THREE, "P2", 0, "goals", model="abc", origin="suggestion")
    _, _, found = counts(tmp_path, machine, taken)
    assert find(found, "goals").participants == ("Ben",)


def test_interviewers_words_are_not_counted_and_it_is_said(tmp_path: Path) -> None:
    question = coding(ONE, "INT", 0, "goals")
    _, coded, found = counts(tmp_path, question, coding(ONE, "P1", 0, "goals"))
    assert len(find(found, "goals").passages) == 1
    assert any("Codings outside participants' speech, not counted: 1" in note for note in coded.notes)


CODES = ["goals", "optimism", "emotion", "reflective_motivation", "motivation", "off_target"]
said_by_anybody = st.lists(
    st.builds(
        lambda who, said, code, valence: coding(*who, said, code, valence),
        st.sampled_from(SPEAKERS),
        st.integers(0, 3),
        st.sampled_from(CODES),
        st.sampled_from(["", "barrier", "facilitator", "both"]),
    ),
    max_size=40,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said_by_anybody)
def test_roll_ups_add_up_whatever_is_coded(tmp_path: Path, codings) -> None:
    sample, coded, found = counts(tmp_path, *codings)
    for code in BOOK:
        for view in VIEWS:
            whole = find(found, code.id, view)
            below = [find(found, c.id, view) for c in BOOK if c.path[:-1] == code.path]
            own = [p for p in coded.passages if p.code == code.id and VIEWS[view](p)]
            ids = {i for part in below for i in part.evidence} | {p.id for p in own}
            assert set(whole.evidence) == ids
            assert set(whole.participants) >= {person for part in below for person in part.participants}
            assert len(whole.participants) == len(set(whole.participants)) <= whole.of_participants
            assert not {person for person in whole.participants} - set(sample.interviewed())
            parts = [find(found, code.id, view, group) for group in sample.groups]
            assert sorted(p for part in parts for p in part.participants) == sorted(whole.participants)
            assert set(whole.interviews) | set(whole.focus_groups) == {i.partition(":")[0] for i in whole.evidence}
        everything, barrier, helps, both, none = (set(find(found, code.id, view).evidence) for view in VIEWS)
        assert everything == barrier | helps | none
        assert both <= barrier & helps


# ---- the example study, counted again by pandas from its files


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    """Read every coding of the 16 transcripts on the target behaviour: consensus where there is one, otherwise A."""
    folder = ROOT / "data" / "example" / "codings"
    consensus, first = (pd.read_csv(folder / f"{name}.csv", keep_default_na=False) for name in ("consensus", "A"))
    first = first[~first.transcript.isin(set(consensus.transcript))]
    rows = pd.concat([consensus, first])
    rows = rows[rows.transcript.str.startswith("cop-") & (rows.code != "")]
    people = pd.read_csv(ROOT / "data" / "example" / "participants.csv")
    alone = people[people.kind == "interview"][["transcript", "participant", "group"]]
    return rows.merge(alone, on="transcript", how="left")


@pytest.mark.parametrize("group", [ALL, "public", "professionals"])
@pytest.mark.parametrize("view", ["any", "barrier", "facilitator"])
def test_the_example_study_is_counted_as_pandas_counts_it(example, frame: pd.DataFrame, view: str, group: str) -> None:
    wanted = {"any": ["", "both", "barrier", "facilitator"]}.get(view, [view, "both"])
    own = frame[frame.valence.isin(wanted) & frame.participant.notna()]
    own = own if group == ALL else own[own.group == group]
    for code in example.codebook:
        below = [c.id for c in example.codebook if code.id in c.path]
        rows = own[own.code.isin(below)]
        found = find(example.counts, code.id, view, group)
        assert len(found.participants) == rows.participant.nunique(), code.id
        assert len(found.interviews) == rows.transcript.nunique(), code.id
        assert len(found.passages) == len(rows.drop_duplicates(["transcript", "start", "end"])), code.id
        groups = frame[frame.valence.isin(wanted) & frame.participant.isna() & frame.code.isin(below)]
        if group == ALL:
            assert set(found.focus_groups) == set(groups.transcript)


def test_the_share_of_nobody_is_no_percentage() -> None:
    assert share(0, 0) == "–"


def test_under_takes_the_code_and_all_below(example) -> None:
    assert {p.code for p in under(example.codebook, "automatic_motivation", example.passages)} == {
        "reinforcement",
        "emotion",
    }
