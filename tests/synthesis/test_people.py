"""Who took part: interviews, focus groups, people interviewed twice, and tables that contradict the transcripts."""

from pathlib import Path

import pytest

from comb.errors import BadInputError
from tests.synthesis.conftest import sample_of, talk

ONE, TWO, THREE = talk("one", "P1"), talk("two", "R"), talk("three", "P2")
GROUP = talk("group", "A", "B", "C")
ALL = (ONE, TWO, THREE, GROUP)
HEAD = "participant,transcript,speaker,kind,group,age\n"


def test_without_any_table_each_interview_is_a_person_and_many_speakers_a_focus_group(tmp_path: Path) -> None:
    sample = sample_of(tmp_path, ALL, HEAD)
    assert sample.participants == ("one", "two", "three", "group/A", "group/B", "group/C")
    assert sample.interviewed() == ("one", "two", "three")
    assert sample.of_kind("focus group") == ("group",)
    assert sample.groups == ()


def test_one_person_in_two_interviews_is_one_participant(tmp_path: Path) -> None:
    sample = sample_of(tmp_path, ALL, HEAD + "Ann,one,,,x,\nAnn,two,,,,60\nBen,three,,,y,\n")
    assert sample.interviewed() == ("Ann", "Ben")
    assert sample.interviewed("x") == ("Ann",)
    assert sample.attributes["Ann"] == {"group": "x", "age": "60"}
    assert sample.groups == ("x", "y", "(not stated)")  # those of the focus group are in no group


def test_who_was_interviewed_more_than_once_is_read_from_the_other_table_too(tmp_path: Path) -> None:
    (tmp_path / "repeated.csv").write_text("transcript,participant\none,Ann\ntwo,Ann\n", encoding="utf-8")
    sample = sample_of(tmp_path, ALL, HEAD + "Ben,three,,,,\n")
    assert set(sample.interviewed()) == {"Ann", "Ben"}


def test_attributes_of_a_transcript_are_those_of_its_only_participant(tmp_path: Path) -> None:
    found = {"one": {"group": "x"}, "group": {"group": "x"}}
    sample = sample_of(tmp_path, ALL, HEAD, attributes=found)
    assert sample.group("one") == "x"
    assert sample.group("group/A") == "(not stated)"


def test_a_joint_interview_is_an_interview_where_the_table_says_so(tmp_path: Path) -> None:
    pair = talk("pair", "M", "F")
    guessed = sample_of(tmp_path, [pair], HEAD)
    assert guessed.of_kind("focus group") == ("pair",)
    assert any("Two people speak in pair" in note for note in guessed.notes)
    told = sample_of(tmp_path, [pair], HEAD + "Mo,pair,M,interview,,\nFay,pair,F,interview,,\n")
    assert told.interviewed() == ("Mo", "Fay")
    assert told.sessions["pair"].speakers == {"M": "Mo", "F": "Fay"}
    assert not told.notes


def test_a_joint_interview_without_speakers_is_asked_about(tmp_path: Path) -> None:
    sample = sample_of(tmp_path, [talk("pair", "M", "F")], HEAD + "Mo,pair,,interview,,\nFay,pair,,interview,,\n")
    assert any("who is which speaker in pair" in note for note in sample.notes)


def test_members_of_a_focus_group_that_the_table_leaves_out_are_people_too(tmp_path: Path) -> None:
    sample = sample_of(tmp_path, [GROUP], HEAD + "Ann,group,A,,,\n")
    assert sample.participants == ("Ann", "group/B", "group/C")


def test_all_contradictions_come_at_once_each_with_its_row(tmp_path: Path) -> None:
    table = HEAD + "Ann,one,,,x,\nAnn,two,,,y,\nBen,four,,,,\nCy,three,Z,,,\n,one,,,,\nDee,group,A,party,,\n"
    table += "Eve,group,B,interview,,\nFay,group,C,focus group,,\n"
    with pytest.raises(BadInputError) as raised:
        sample_of(tmp_path, ALL, table)
    said = str(raised.value)
    for part in (
        "row 3, column group: the same participant has another one in an earlier row",
        "row 4, column transcript: there is no such transcript",
        "row 5, column speaker: nobody in 'three' is labelled so",
        "row 6: no participant",
        "row 7, column kind: neither 'interview' nor",
        "row 9: its transcript is called interview",
    ):
        assert part in said
    assert "four" not in said
    assert "party" not in said


def test_only_the_transcripts_that_params_name_are_counted(tmp_path: Path) -> None:
    sample = sample_of(tmp_path, ALL, HEAD + "Ann,one,,,,\nBen,three,,,,\n", patterns=("t*",))
    assert set(sample.sessions) == {"two", "three"}
    assert sample.left_out == 2
    assert sample_of(tmp_path, ALL, HEAD).left_out == 0


def test_the_example_study_has_13_interviews_and_3_focus_groups(example) -> None:
    assert len(example.sample.interviewed()) == 13
    assert len(example.sample.interviewed("public")) == 8
    assert len(example.sample.of_kind("focus group")) == 3
    assert len(example.sample.participants) == 31
    assert not example.sample.notes


def test_groups_without_anybody_interviewed_have_no_column(tmp_path: Path) -> None:
    table = HEAD + "Ann,one,,,x,\nBen,two,,,y,\nCy,three,,,y,\nDee,group,A,,z,\nEve,group,B,,z,\nFay,group,C,,z,\n"
    sample = sample_of(tmp_path, ALL, table)
    assert sample.groups == ("x", "y", "z")
    assert sample.compared == ("x", "y")


def test_too_many_groups_for_a_table_are_said(tmp_path: Path) -> None:
    talks = [talk(f"t{n}", "P") for n in range(9)]
    sample = sample_of(tmp_path, talks, HEAD + "".join(f"p{n},t{n},,,g{n},\n" for n in range(9)))
    assert sample.compared == ()
    assert any("Too many groups for a table (9)" in note for note in sample.notes)
