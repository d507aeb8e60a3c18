"""What a methodologist asks of the synthesis: denominators, picks, words kept, and no claim beyond the study."""

from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest

from comb.report.reporting_items import CodingFacts, items
from comb.study.layout import Study
from comb.synthesis.counts import find
from comb.synthesis.intervention_tables import all_in_one
from comb.synthesis.people import Sample
from comb.synthesis.quotes import Pick, choose
from comb.synthesis.results_tables import (
    domain_ranking,
    relevance_short,
    summary,
    thematic_count,
)
from comb.synthesis.saturation import verdict
from tests.conftest import Comb
from tests.synthesis.conftest import BOOK, coding, read, sample_of, talk
from tests.synthesis.test_synthesis_commands import fill, rows, walkers

__all__ = ["walkers"]
ONE, TWO, THREE, GROUP = talk("one", "P1"), talk("two", "P2"), talk("three", "P3"), talk("group", "A", "B")
PEOPLE = "participant,transcript,speaker,group\nAnn,one,P1,x\nBen,two,P2,y\nCy,three,P3,y\n"


def place(passage) -> str:
    return f"{passage.transcript}:{passage.start}-{passage.end}"


def met(folder: Path, talks) -> Sample:
    """Read the people of these transcripts only."""
    header, *lines = PEOPLE.splitlines(keepends=True)
    names = {item.id for item in talks}
    return sample_of(folder, talks, header + "".join(x for x in lines if x.split(",")[1] in names))


# ---- who is counted


def test_only_those_whose_transcripts_are_counted_are_in_the_denominator(tmp_path: Path, findings) -> None:
    talks = (ONE, TWO, THREE)
    said = (
        coding(ONE, "P1", 0, "goals", "barrier"),
        coding(TWO, "P2", 0, "goals", "barrier"),
        coding(TWO, "P2", 0, "emotion", "barrier", coder="B"),
    )
    found = findings(met(tmp_path, talks), talks, read(*said))
    assert find(found.counts, "goals", "barrier").share == "1 (100%)"
    assert found.sample.participants == ("Ann",)
    assert found.everyone.participants == ("Ann", "Ben", "Cy")
    assert found.sample.compared == ("x",)
    assert "participants (of 1)" in summary(found).columns


# ---- quotations


@pytest.mark.parametrize(("valence", "sides"), [("both", ["barrier"]), ("", ["none"])])
def test_a_pick_stays_and_stands_once(valence: str, sides: list[str], tmp_path: Path, findings) -> None:
    talks = (ONE, TWO)
    said = [coding(ONE, "P1", 0, "goals", valence), coding(TWO, "P2", 1, "goals", "barrier")]
    sheet = f"code,passage,pick,why\ngoals,{place(said[0])},yes,telling\n"
    found = findings(met(tmp_path, talks), talks, read(*said), quotes=sheet)
    assert [q.valence for q in found.quotes if q.passage.id == place(said[0])] == sides


def test_a_pick_for_a_code_above_stays(tmp_path: Path, findings) -> None:
    said = coding(ONE, "P1", 3, "goals", "barrier")
    picks = [Pick("reflective_motivation", place(said), wanted=True)]
    found = findings(met(tmp_path, (ONE,)), (ONE,), read(said))
    quotes = choose(found.passages, BOOK, found.codes, picks, 0, 60)
    assert [(q.code, q.chosen_by) for q in quotes] == [("reflective_motivation", "researcher")]


def test_a_pick_whose_passage_has_another_code_now_is_said(tmp_path: Path, findings) -> None:
    said = coding(ONE, "P1", 0, "goals", "barrier")
    sheet = f"code,passage,pick,why\nemotion,{place(said)},yes,\n"
    found = findings(met(tmp_path, (ONE,)), (ONE,), read(said), quotes=sheet)
    assert any("1 picked quotation" in note for note in found.notes)


def test_a_passage_that_is_barrier_and_facilitator_in_two_rows_is_both_for_its_belief(tmp_path: Path, findings) -> None:
    said = [coding(ONE, "P1", 0, "goals", side) for side in ("barrier", "facilitator")]
    beliefs = "belief,code,statement,theme,context,strong,conflicts_with,by,confirmed_by\nB1,goals,I want,,,,,S,T\n"
    places = f"passage,code,belief,by\n{place(said[0])},goals,B1,S\n"
    talks = (ONE,)
    found = findings(met(tmp_path, talks), talks, read(*said), beliefs=beliefs, **{"belief-passages": places})
    assert found.beliefs[0].side == "both"


# ---- codes above the domains


def test_a_study_that_codes_components_only_has_rows_for_components(tmp_path: Path, findings) -> None:
    said = coding(ONE, "P1", 0, "reflective_motivation", "barrier")
    found = findings(met(tmp_path, (ONE,)), (ONE,), read(said))
    assert found.codes == ("reflective_motivation", "emotion")
    assert [quote.code for quote in found.quotes] == []  # too short to stand alone
    assert found.wheel.relevant == ("reflective_motivation",)


def test_passages_coded_above_the_domains_are_named_where_domains_are_coded_too(tmp_path: Path, findings) -> None:
    said = [coding(ONE, "P1", 0, "motivation", "barrier"), coding(ONE, "P1", 1, "goals", "barrier")]
    found = findings(met(tmp_path, (ONE,)), (ONE,), read(*said))
    assert any("1 passage" in note and "Motivation" in note for note in found.notes)


def test_passages_without_a_valence_have_a_row_beside_the_sides(tmp_path: Path, findings) -> None:
    said = [coding(ONE, "P1", 0, "goals", "barrier"), coding(ONE, "P1", 1, "goals")]
    found = findings(met(tmp_path, (ONE,)), (ONE,), read(*said))
    lines = [line.cells[1] for line in summary(found).lines if line.cells[0].strip() == "Goals"]
    assert lines == ["barrier", "none"]


# ---- no claim beyond the study


def test_nobody_interviewed_means_no_rank(tmp_path: Path, findings) -> None:
    talks = (GROUP,)
    said = [coding(GROUP, "A", 0, "goals", "barrier"), coding(GROUP, "B", 0, "emotion", "barrier")]
    found = findings(sample_of(tmp_path, talks, "participant,transcript\n"), talks, read(*said))
    assert {line.cells[0] for line in domain_ranking(found).lines} == {"–"}
    assert {line.cells[2] for line in domain_ranking(found).lines} == {"–"}


def test_without_any_valence_nothing_is_said_to_have_no_influence(tmp_path: Path, findings) -> None:
    found = findings(met(tmp_path, (ONE,)), (ONE,), read(coding(ONE, "P1", 0, "goals")))
    goals = next(line for line in thematic_count(found).lines if line.cells[0] == "Goals")
    assert goals.cells[3:6] == ("–", "–", "–")


@pytest.mark.parametrize(("relevant", "said"), [("yes", "relevant"), ("no", "not relevant")])
def test_a_relevant_domain_is_never_called_irrelevant(relevant: str, said: str, tmp_path: Path, findings) -> None:
    passage = coding(ONE, "P1", 0, "goals", "barrier")
    head = "code,frequent,conflicting,strong,relevant,importance,questions,comment,by,confirmed_by\n"
    found = findings(
        met(tmp_path, (ONE,)),
        (ONE,),
        read(passage),
        relevance=f"{head}goals,,,,{relevant},,,,S,T\n",
        beliefs="belief,code,statement\nB1,goals,I want\n",
    )
    assert relevance_short(found).lines[0].cells[2] == said


def test_the_checklist_claims_agreement_only_of_two_people(tmp_path: Path, findings) -> None:
    found = findings(met(tmp_path, (ONE,)), (ONE,), read(coding(ONE, "P1", 0, "goals")))
    said = {item: text for item, _, text in items(found, CodingFacts({"A": 1}, 0), {})}
    assert "greement" not in said["SRQR 15"]
    assert "Coded by 1 coder" in said["SRQR 14"]
    assert "0 belief" not in said["COREQ 26"]
    said = {item: text for item, _, text in items(found, CodingFacts({"A": 1, "B": 1}, 2), {})}
    assert "Agreement of 2 coders" in said["SRQR 15"]


def test_the_construct_stands_above_the_component(example) -> None:
    for line in all_in_one(example).lines:
        assert line.cells[0] in {"Capability", "Opportunity", "Motivation"}
        assert line.cells[0] != line.cells[1]


# ---- saturation


def test_too_few_transcripts_cannot_meet_the_criterion() -> None:
    said = verdict("code", [2, 1, 0], 10, 3)
    assert "cannot be met" in said
    assert "3 transcripts" in said


def test_what_came_after_the_criterion_was_met_is_said() -> None:
    assert "transcript 6 added 2 new codes" in verdict("code", [1, 0, 0, 0, 0, 2], 2, 3)


def test_saturation_is_followed_in_each_group(tmp_path: Path, findings) -> None:
    talks = (ONE, TWO, THREE)
    said = [coding(ONE, "P1", 0, "goals"), coding(TWO, "P2", 0, "goals"), coding(THREE, "P3", 0, "emotion")]
    found = findings(met(tmp_path, talks), talks, read(*said))
    steps = found.saturation_by_group
    assert [(s.transcript, s.new_codes) for s in steps["y"]] == [("two", ("goals",)), ("three", ("emotion",))]
    assert [s.transcript for s in steps["x"]] == ["one"]


# ---- two who do not agree


def test_a_dispute_is_open_until_it_is_settled(tmp_path: Path, findings) -> None:
    head = "belief,code,statement,by,confirmed_by,disputed_by,dispute\n"
    beliefs = f"{head}B1,goals,I want,S,,T,not a goal\nB2,goals,I will,S,T,T,was worded otherwise\n"
    judged = "code,relevant,by,confirmed_by,disputed_by,dispute\ngoals,yes,S,,T,only one said it\n"
    found = findings(met(tmp_path, (ONE,)), (ONE,), read(), beliefs=beliefs, relevance=judged)
    assert [belief.state for belief in found.beliefs] == ["disputed, to be settled", "confirmed after a dispute"]
    assert [belief.confirmed for belief in found.beliefs] == [False, True]
    assert found.judgements["goals"].verdict == "yes, disputed"


# ---- the behaviour


def test_the_target_behaviour_is_described_aspect_by_aspect(comb: Comb, walkers: Study) -> None:
    comb("wheel", "--form", "w.xlsx")
    fill(comb.folder / "w.xlsx", "behaviour", {"aspect": "actor"}, answer="adults over 60", by="S")
    comb("wheel", "--read", "w.xlsx")
    comb("synthesis")
    table = rows(walkers.synthesis / "tables" / "behaviour.csv")
    assert {row["aspect"]: row["in this study"] for row in table}["actor"] == "adults over 60"
    assert [row["aspect"] for row in table] == ["action", "actor", "context", "target", "time", "how often", "now"]
    assert {row["in this study"] for row in table} == {"adults over 60", "To be written by you"}


# ---- forms lose no words


def change(path: Path, sheet: str, cell: str, value: str) -> None:
    book = openpyxl.load_workbook(path)
    book[sheet][cell] = value
    book.save(path)


def test_a_renamed_column_empties_nothing(comb: Comb, walkers: Study) -> None:
    sheet = "case,code,summary,author,checked,passages\nAnn,goals,Mine.,S,,one:23-53\n"
    (walkers.sheets / "matrix.csv").write_text(sheet, encoding="utf-8")
    comb("matrix", "--form", "m.xlsx")
    book = openpyxl.load_workbook(comb.folder / "m.xlsx")
    column = [c.value for c in book["matrix"][1]].index("summary")
    change(comb.folder / "m.xlsx", "matrix", f"{'ABCDEFGH'[column]}1", "Zusammenfassung")
    out = comb("matrix", "--read", "m.xlsx", code=1)
    assert "column 'summary' is missing" in out
    assert (walkers.sheets / "matrix.csv").read_text(encoding="utf-8") == sheet


def test_words_in_a_column_of_ones_own_are_not_dropped_silently(comb: Comb, walkers: Study) -> None:
    comb("matrix", "--form", "m.xlsx")
    change(comb.folder / "m.xlsx", "matrix", "L1", "my notes")
    change(comb.folder / "m.xlsx", "matrix", "L2", "secret")
    out = comb("matrix", "--read", "m.xlsx", code=1)
    assert "column L" in out
    assert "secret" not in out


def test_a_renamed_sheet_is_asked_about(comb: Comb, walkers: Study) -> None:
    comb("beliefs", "--form", "b.xlsx")
    book = openpyxl.load_workbook(comb.folder / "b.xlsx")
    book["beliefs"].title = "our beliefs"
    book.save(comb.folder / "b.xlsx")
    out = comb("beliefs", "--read", "b.xlsx", code=1)
    assert "sheet beliefs is missing" in out


def test_a_row_that_comes_twice_is_said_so(comb: Comb, walkers: Study) -> None:
    comb("beliefs", "--form", "b.xlsx")
    for words in ("first", "second"):
        fill(comb.folder / "b.xlsx", "beliefs", {}, belief="B1", code="emotion", statement=words)
    out = comb("beliefs", "--read", "b.xlsx", code=1)
    assert "is in an earlier row too" in out


def test_followed_without_a_second_person_is_said(tmp_path: Path, findings) -> None:
    passage = coding(ONE, "P1", 0, "goals", "barrier")
    head = "code,relevant,by,confirmed_by\n"
    found = findings(met(tmp_path, (ONE,)), (ONE,), read(passage), relevance=f"{head}goals,yes,S,\n")
    assert any("not yet confirmed by a second person" in note for note in found.notes)
    settled = replace(found.judgements["goals"], confirmed_by="T")
    assert settled.verdict == "yes"


def test_focus_groups_alone_have_no_picture_of_participants_and_no_zero_shares(tmp_path: Path, findings) -> None:
    from comb.report.synthesis_pictures import pictures

    said = coding(GROUP, "A", 0, "goals", "barrier")
    found = findings(sample_of(tmp_path, (GROUP,), "participant,transcript\n"), (GROUP,), read(said))
    assert [picture.name for picture in pictures(found)] == ["co-occurrence", "saturation"]
    table = summary(found)
    assert {line.cells[2] for line in table.lines} == {"–"}


def test_no_table_has_two_columns_of_one_name(example) -> None:
    from comb.synthesis.tables import tables

    for table in tables(example):
        columns = (*table.columns, "passages")
        assert len(set(columns)) == len(columns), table.name


def test_quotations_spread_over_people(example) -> None:
    from collections import Counter

    often = Counter(person for quote in example.quotes for person in quote.passage.participants)
    assert max(often.values()) <= 0.15 * len(example.quotes)


def test_an_unconfirmed_relevance_is_shown_as_such_in_the_diagnosis(tmp_path: Path, findings) -> None:
    from comb.synthesis.intervention_tables import com_b_diagnosis

    passage = coding(ONE, "P1", 0, "goals", "barrier")
    found = findings(
        met(tmp_path, (ONE,)), (ONE,), read(passage), relevance="code,relevant,by,confirmed_by\ngoals,no,S,\n"
    )
    assert com_b_diagnosis(found).lines[0].cells[2:] == ("no, to be confirmed", "no")


def test_a_statement_with_passages_of_both_kinds_says_so_where_it_stands_as_enabler_and_barrier(
    tmp_path: Path, findings
) -> None:
    from comb.synthesis.intervention_tables import barriers_enablers_bct

    said = coding(ONE, "P1", 0, "goals", "both")
    found = findings(
        met(tmp_path, (ONE,)),
        (ONE,),
        read(said),
        beliefs="belief,code,statement\nB1,goals,I want\n",
        **{"belief-passages": f"passage,code,belief,by\n{place(said)},goals,B1,S\n"},
    )
    assert barriers_enablers_bct(found).lines[0].cells[1:3] == ("I want (both)", "I want (both)")


def test_a_column_that_people_added_to_the_study_s_file_stays(comb: Comb, walkers: Study) -> None:
    sheet = "case,code,summary,author,checked,passages,my notes\nAnn,goals,Mine.,S,,one:23-53,ask again\n"
    (walkers.sheets / "matrix.csv").write_text(sheet, encoding="utf-8")
    comb("matrix", "--form", "m.xlsx")
    fill(comb.folder / "m.xlsx", "matrix", {"case": "Ann", "code": "goals"}, summary="Mine, longer.")
    fill(comb.folder / "m.xlsx", "matrix", {"case": "Ben", "code": "social_influences"}, summary="His daughter.")
    comb("matrix", "--read", "m.xlsx")
    first, second = rows(walkers.sheets / "matrix.csv")
    assert (first["summary"], first["my notes"]) == ("Mine, longer.", "ask again")
    assert (second["summary"], second["my notes"]) == ("His daughter.", "")
