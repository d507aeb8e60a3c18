"""An edit of the codebook in a study's files: tables of any shape, sheets, decisions, rows to be corrected."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from comb.codebook import read_codebook
from comb.codings.codings_csv import read_codings
from comb.codings.edits import Delete, Describe, Edit, Merge, Move, NewCode, Rename, Split
from comb.errors import BadInputError, BadParamsError
from comb.stages.codebook import Asked, Changed, edit_study, read_all, restore_version, undo_last
from comb.stages.listener import Listener
from comb.study.codebook_history import aliases, read_history
from comb.study.files import read_rows, write_json
from comb.study.layout import Study
from comb.study.new import new_study

TEXT = "INT: How?\n\nP: I never remember the evening one. My wife helps. It is habit.\n"
HEADER = "transcript,start,end,quote,code,valence,coder,memo,mine\n"
NEVER, WIFE, HABIT = "I never remember the evening one.", "My wife helps.", "It is habit."


@pytest.fixture
def study(tmp_path: Path) -> Study:
    new_study(tmp_path / "s")
    study = Study(tmp_path / "s")
    (study.raw / "P1.txt").write_text(TEXT, encoding="utf-8")
    return study


def make(study: Study, edit: Edit) -> Changed:
    return edit_study(Study(study.root), Asked(edit, "Ann"), Listener())


def table(study: Study, *rows: str, name: str = "a.csv") -> Path:
    path = study.codings / name
    path.write_text(HEADER + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return path


def codings(study: Study) -> list[tuple[str, str, str, str]]:
    fresh = Study(study.root)
    found = read_codings(fresh.codings, read_all(fresh), fresh.codebook).codings
    return sorted((one.coder, one.quote, one.code, one.memo) for one in found)


def test_cells_of_a_table_change_and_nothing_else_does(study: Study) -> None:
    path = table(study, f"P1,,,{NEVER},Knowledge,barrier,Ann,m,x", f"P1,,,{WIFE},goals,,Ben,,=1+1")
    make(study, Rename(code="knowledge", to="knowing"))
    rows = path.read_text(encoding="utf-8").splitlines()
    assert rows[1:] == [f"P1,,,{NEVER},knowing,barrier,Ann,m,x", f"P1,,,{WIFE},goals,,Ben,,=1+1"]


def test_several_codes_in_a_cell_and_workbooks_follow(study: Study) -> None:
    table(study, f'P1,,,{NEVER},"knowledge; goals",,Ann,m,')
    book = Workbook()
    for row in (["transcript", "quote", "code", "coder"], ["P1", WIFE, "Knowledge", "Ben"]):
        book.active.append(row)
    book.save(study.codings / "ben.xlsx")
    make(study, Merge(code="knowledge", into="goals"))
    assert codings(study) == [("Ann", NEVER, "goals", "m"), ("Ben", WIFE, "goals", "")]
    assert not (study.codings / "ben.xlsx").exists()
    undo_last(Study(study.root), Asked(by="Ann"), Listener())
    assert codings(study) == [
        ("Ann", NEVER, "goals", "m"),
        ("Ann", NEVER, "knowledge", "m"),
        ("Ben", WIFE, "knowledge", ""),
    ]
    assert (study.codings / "ben.xlsx").exists()
    assert not (study.codings / "ben.csv").exists()


def test_sheets_decisions_reference_and_waiting_rows_follow(study: Study) -> None:
    sheet = study.sheets / "matrix.csv"
    sheet.write_text(
        "case,code,summary,author,checked,passages\nP1,knowledge,one,A,,\nP1,goals,two,B,,\n", encoding="utf-8"
    )
    names = "transcript,start,end,code,valence,score,threshold,model,verdict,coder,decided_at,memo"
    study.decisions.write_text(f"{names}\nP1,14,47,knowledge,,0.5,0.3,m,accepted,Ann,2026-01-01,\n", encoding="utf-8")
    (study.reference / "r.csv").write_text(
        f"transcript,quote,code,coder\nP1,{HABIT},knowledge,Cleo\n", encoding="utf-8"
    )
    study.to_correct.mkdir(parents=True)
    waits = study.to_correct / "w.csv"
    waits.write_text('transcript,quote,code,coder\nP1,nowhere,"Knowledge; skills",Ann\n', encoding="utf-8")
    done = make(study, Merge(code="knowledge", into="goals"))
    ((_, row),) = read_rows(sheet, ("case", "code"), ("summary", "author"))
    assert (row["code"], row["summary"], row["author"]) == ("goals", "one\ntwo", "A\nB")
    assert [one["code"] for _, one in read_rows(study.decisions, ("code",))] == ["goals"]
    assert [one["code"] for _, one in read_rows(study.reference / "r.csv", ("code",))] == ["goals"]
    assert [one["code"] for _, one in read_rows(waits, ("code",))] == ["goals; skills"]
    assert len(done.files) == 4


def test_rows_that_cannot_be_read_keep_an_edit_from_being_made(study: Study) -> None:
    table(study, "P1,,,words that nobody said,knowledge,,Ann,,")
    before = {path: path.read_bytes() for path in study.root.rglob("*") if path.is_file()}
    with pytest.raises(BadInputError) as caught:
        make(study, Rename(code="knowledge", to="knowing"))
    assert "a.csv, row 2" in " ".join([str(caught.value), *caught.value.details])
    assert "nobody" not in " ".join([str(caught.value), *caught.value.details])
    assert {path: path.read_bytes() for path in study.root.rglob("*") if path.is_file()} == before


def test_a_study_whose_passages_have_one_code(study: Study) -> None:
    path = study.root / "configs" / "codebook.yaml"
    path.write_text("coding: exclusive\ncodes: [{id: change}, {id: neutral}, {id: sustain}]\n", encoding="utf-8")
    table(study, f"P1,,,{NEVER},change,,Ann,,", f"P1,,,{WIFE},neutral,,Ann,,")
    make(study, Merge(code="neutral", into="change"))
    assert codings(study) == [("Ann", NEVER, "change", ""), ("Ann", WIFE, "change", "")]
    assert read_codebook(path).exclusive


def test_what_it_means_for_the_model_is_said(study: Study) -> None:
    write_json(study.head / "head.json", {"codes": ["reflective_motivation", "physical_capability"]})
    notes = make(study, Rename(code="physical_capability", to="body")).notes
    assert any("Suggestions for physical_capability are shown as body" in note for note in notes)
    assert aliases(Study(study.root)) == {"physical_capability": "body"}
    notes = make(study, Move(code="goals", under="automatic_motivation")).notes
    assert any(
        "codings of goals count for automatic_motivation instead of reflective_motivation" in note for note in notes
    )
    notes = make(study, Split(code="body", into=(NewCode(id="limbs"),))).notes
    assert any("does not know limbs" in note for note in notes)


def test_an_alias_is_followed_through_several_changes(study: Study) -> None:
    make(study, Rename(code="knowledge", to="knowing"))
    make(study, Merge(code="knowing", into="skills"))
    assert aliases(Study(study.root)) == {"knowledge": "skills", "knowing": "skills"}


def test_a_file_changed_in_an_editor_is_a_version_of_its_own(study: Study) -> None:
    make(study, Rename(code="goals", to="aims"))
    path = study.root / "configs" / "codebook.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("id: skills", "id: skill"), encoding="utf-8")
    with pytest.raises(BadParamsError, match="no change to undo"):
        undo_last(Study(study.root), Asked(), Listener())
    make(study, Rename(code="aims", to="goals"))
    assert [one.what for one in read_history(study)] == [
        "the codebook as it was at first",
        "goals renamed to aims",
        "changed outside comb, in an editor or by an import",
        "aims renamed to goals",
    ]
    restore_version(Study(study.root), 0, Asked(), Listener())
    assert "skills" in read_codebook(path)


def test_a_merge_is_not_undone_over_files_that_changed_since(study: Study) -> None:
    path = table(study, f"P1,,,{NEVER},knowledge,,Ann,,")
    make(study, Merge(code="knowledge", into="goals"))
    path.write_text(path.read_text(encoding="utf-8") + f"P1,,,{WIFE},goals,,Ann,,\n", encoding="utf-8")
    with pytest.raises(BadParamsError, match="changed since"):
        undo_last(Study(study.root), Asked(), Listener())
    assert codings(study) == [("Ann", NEVER, "goals", ""), ("Ann", WIFE, "goals", "")]


LEAVES = ("knowledge", "skills", "goals", "optimism", "emotion")


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_edits_and_their_undoing_leave_every_coding(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("any") / "s"
    new_study(folder)
    study = Study(folder)
    (study.raw / "P1.txt").write_text(TEXT, encoding="utf-8")
    places = [(quote, code) for quote in (NEVER, WIFE, HABIT) for code in LEAVES]
    chosen = data.draw(st.lists(st.sampled_from(places), unique=True, min_size=1, max_size=6))
    table(study, *(f"P1,,,{quote},{code},,Ann,m{at}," for at, (quote, code) in enumerate(chosen)))
    meant = {(quote, code) for quote, code in chosen}
    for number in range(data.draw(st.integers(1, 3))):
        book = Study(folder).codebook
        leaves = st.sampled_from([code.id for code in book if code.leaf])
        edit = data.draw(
            st.sampled_from(
                [
                    Rename(code=data.draw(leaves), to=f"n{number}"),
                    Merge(code=data.draw(leaves), into=data.draw(leaves)),
                    Delete(code=data.draw(leaves), uncode=True),
                ]
            )
        )
        before = codings(study)
        try:
            done = make(study, edit)
        except BadParamsError:
            continue
        if data.draw(st.booleans()):
            undo_last(Study(folder), Asked(), Listener())
            assert codings(study) == before
            continue
        meant = {(quote, done.mapped.get(code, code)) for quote, code in meant}
    found = codings(study)
    assert {(quote, code) for _, quote, code, _ in found if code} == {one for one in meant if one[1]}
    assert {quote for _, quote, _, _ in found} == {quote for quote, _ in chosen}
    assert len(found) == len({(quote, code) for _, quote, code, _ in found})
    assert all(any(f"m{at}" in memo.split("\n") for _, _, _, memo in found) for at in range(len(chosen)))


def test_cells_that_say_a_name_follow_a_new_name(study: Study) -> None:
    table(study, f"P1,,,{NEVER},Knowledge,,Ann,,")
    make(study, Describe(code="knowledge", name="Knowing facts"))
    assert codings(study) == [("Ann", NEVER, "knowledge", "")]
