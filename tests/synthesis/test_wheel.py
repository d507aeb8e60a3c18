"""The Behaviour Change Wheel: every cell has source and state, doubts are shown, nothing without passages."""

from dataclasses import replace
from pathlib import Path

import pytest

from comb.codebook import template_codebook
from comb.errors import BadInputError
from comb.synthesis.matrices import MARKS, NAMES, STATES, read_matrices
from comb.synthesis.tables import tables
from comb.synthesis.wheel import follow
from tests.synthesis.conftest import BOOK, coding, read, sample_of, talk

NOWHERE = Path("nowhere")


def test_every_shipped_cell_names_source_and_state() -> None:
    for edition in ("2011", "2014"):
        matrices = read_matrices(NOWHERE, edition)
        for name in NAMES:
            assert matrices.cells[name]
            for cell in matrices.cells[name]:
                assert cell.source
                assert cell.state in STATES
                assert cell.status


def test_the_matrices_are_whole() -> None:
    sizes = {name: len(read_matrices(NOWHERE, "2011").cells[name]) for name in NAMES[:4]}
    assert sizes == {"component_domain": 17, "component_function": 54, "domain_function": 135, "function_policy": 63}


def test_michie_2011_has_the_ticks_that_were_counted_in_the_paper() -> None:
    matrices = read_matrices(NOWHERE, "2011")
    order = ("Physical capability", "Psychological capability", "Reflective motivation", "Automatic motivation")
    order += ("Physical opportunity", "Social opportunity")
    assert [len(matrices.linked("component_function", name)) for name in order] == [2, 3, 4, 6, 3, 3]


def test_what_two_public_versions_disagree_about_is_a_conflict() -> None:
    cells = read_matrices(NOWHERE, "2014").cells["function_policy"]
    marked = [cell for cell in cells if cell.state == "conflict"]
    assert len(marked) >= 18
    assert not [cell for cell in cells if cell.state == "confirmed"]


def test_role_and_optimism_stand_under_both_motivations() -> None:
    matrices = read_matrices(NOWHERE, "2014")
    for domain in ("Social/professional role and identity", "Optimism"):
        above = [cell.source_item for cell in matrices.reached("component_domain", domain)]
        assert above == ["Reflective motivation", "Automatic motivation"]


def test_the_shared_files_say_the_same(shared: Path) -> None:
    import csv

    rows = list(csv.DictReader((shared / "bcw" / "com_b_x_intervention_function.csv").open(encoding="utf-8")))
    for edition, column in (("2011", "michie_2011"), ("2014", "michie_2014_guide")):
        own = {
            (c.source_item.casefold(), c.target_item.casefold()): c
            for c in read_matrices(NOWHERE, edition).cells["component_function"]
        }
        for row in rows:
            cell = own[row["component"], row["intervention_function"]]
            assert cell.linked == (row[column] == "1")
            assert ("UNCONFIRMED" not in row[f"status_{edition}"]) or cell.state != "confirmed"


def test_a_study_can_put_another_matrix_in_place(tmp_path: Path) -> None:
    (tmp_path / "component_function.csv").write_text("from,to,linked,source\nGoals,Tea,1,me\n", encoding="utf-8")
    matrices = read_matrices(tmp_path, "2014")
    (cell,) = matrices.cells["component_function"]
    assert (cell.target_item, cell.state, cell.own) == ("Tea", "unconfirmed", True)
    assert len(matrices.cells["function_policy"]) == 63


def test_bad_rows_of_an_own_matrix_come_all_at_once(tmp_path: Path) -> None:
    (tmp_path / "function_bct.csv").write_text("from,to,linked,state\na,b,yes,\na,c,1,sure\n", encoding="utf-8")
    with pytest.raises(BadInputError, match="row 2: linked is neither.*row 3: state is not one of"):
        read_matrices(tmp_path, "2014")


def small(tmp_path: Path, findings, **sheets: str):
    one = talk("one", "P1")
    sample = sample_of(tmp_path, [one], "participant,transcript\nAnn,one\n")
    said = [coding(one, "P1", 0, "goals", "barrier"), coding(one, "P1", 2, "emotion", "barrier")]
    return findings(sample, [one], read(*said), **sheets)


RELEVANCE = "code,frequent,conflicting,strong,relevant,importance,questions,comment,by,confirmed_by\n"


def test_only_what_people_judged_relevant_is_followed(tmp_path: Path, findings) -> None:
    found = small(tmp_path, findings, relevance=RELEVANCE + "emotion,yes,,,yes,,,,S,\ngoals,no,,,no,,,,S,\n")
    assert found.wheel.relevant == ("emotion",)
    assert found.wheel.judged
    assert {link.domain for link in found.wheel.links} == {"Emotion"}


def test_without_a_judgement_all_is_followed_and_it_is_said(tmp_path: Path, findings) -> None:
    found = small(tmp_path, findings)
    assert set(found.wheel.relevant) == {"goals", "emotion"}
    assert any("Nobody has judged yet" in note for note in found.notes)


def test_nothing_is_followed_without_a_passage_under_it(tmp_path: Path, findings) -> None:
    found = small(tmp_path, findings, relevance=RELEVANCE + "optimism,yes,,,yes,,,,S,\n")
    assert found.wheel.links == ()
    assert any("Optimism was judged relevant, but has no passages" in note for note in found.notes)
    for table in tables(small(tmp_path, findings, relevance=RELEVANCE)):
        if table.name in ("component_functions", "policy_categories", "bct_apease", "barriers_enablers_bct"):
            assert table.lines
            assert all(line.passages for line in table.lines), table.name


def test_a_domain_that_no_source_links_takes_its_component_s_functions_and_says_so(tmp_path: Path, findings) -> None:
    found = small(tmp_path, findings)
    goals = [link.function for link in found.wheel.links if link.code == "goals"]
    assert goals == ["Education", "Persuasion", "Incentivisation", "Coercion"]
    assert any("No source links Goals" in note for note in found.notes)


def test_a_doubt_about_a_link_is_marked_in_every_table(example) -> None:
    doubtful = {(cell.source_item, cell.target_item) for cell in example.wheel.policies if cell.state != "confirmed"}
    policy = next(table for table in tables(example) if table.name == "policy_categories")
    for line in policy.lines:
        for name in line.cells[1].split(", "):
            plain = name.replace("(chosen)", "").replace("(not chosen)", "").strip()
            if (line.cells[0], plain.rstrip("†‡")) in doubtful:
                assert plain[-1] in "†‡"
    assert any("not checked in the primary source" in note for note in policy.notes)
    modelling = next(
        x for x in example.wheel.links if x.domain == "Beliefs about consequences" and x.function == "Modelling"
    )
    assert MARKS[modelling.state] == "‡"  # sources disagree whether the component has it


def test_codes_that_no_matrix_knows_are_named(tmp_path: Path, findings) -> None:
    found = small(tmp_path, findings)
    empty = read_matrices(NOWHERE, "2014")
    bare = type(empty)({name: () for name in NAMES}, {})
    wheel = follow(BOOK, found.codes, found.counts, {}, bare)
    assert wheel.links == ()
    assert any("Not followed, because no matrix contains them: Goals, Emotion" in note for note in wheel.notes)


def test_a_code_of_combs_own_codebook_is_followed_under_another_name_too(tmp_path: Path, findings) -> None:
    """A domain that was called "Ward environment" fell out of the wheel, since only names were compared."""
    found, matrices, own = small(tmp_path, findings), read_matrices(NOWHERE, "2014"), template_codebook()
    codes = {code: replace(one, name="Ward mood") if code == "emotion" else one for code, one in own.codes.items()}
    as_it_was = follow(own, ("emotion",), found.counts, {}, matrices)
    renamed = follow(replace(own, codes=codes), ("emotion",), found.counts, {}, matrices)
    assert renamed.links == as_it_was.links != ()
    assert "Ward mood is treated as Emotion" in renamed.notes
    moved = replace(own, codes=codes | {"emotion": replace(codes["emotion"], path=("emotion",))})
    assert follow(moved, ("emotion",), found.counts, {}, matrices).links == ()


def test_skills_are_followed_where_the_codebook_has_them(example) -> None:
    places = {(link.component, link.domain) for link in example.wheel.links if link.code == "skills"}
    assert places == {("Psychological capability", "Skills")}
    assert {link.function for link in example.wheel.links if link.code == "skills"} == {"Training"}
