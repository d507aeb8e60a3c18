"""``comb import`` of projects and ``comb export``: what is written, what is merged, and what is never overwritten."""

import csv
import shutil
from pathlib import Path

import pytest

from comb.codebook import codebook_yaml
from comb.errors import BadInputError
from comb.exchange.from_study import gather_project
from comb.exchange.project import Project, Setting
from comb.exchange.refi_qda.read import read_qdpx
from comb.exchange.refi_qda.write import write_qdpx
from comb.records import SUGGESTION_FORMATS, Suggestion, Transcript, Turn
from comb.stages.formats import FORMATS, function
from comb.study.layout import Study
from comb.study.suggestion_files import SUGGESTION_TABLES, write_suggestions
from comb.transcripts.reader import read_folder, read_transcript
from tests.cli.test_study_cli import contents
from tests.conftest import ROOT, Comb
from tests.exchange.refi_files import CODE, CODEBOOK, USERS, coded, project, qdpx, selection, source

PLAIN = "INT: Why?\n\nP1: It costs “a lot” 😀.\n"
CODED = selection(15, 34, creationDateTime="2026-01-02T03:04:05Z")
BOOK = "coding: exclusive\ncodes: [{id: change}, {id: neutral}]\n"


@pytest.fixture
def given(tmp_path: Path) -> Path:
    """A project of another program, outside the study."""
    (tmp_path / "from").mkdir()
    return coded(tmp_path / "from" / "team.qdpx", PLAIN.encode(), CODED)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_formats_of_the_table_exist() -> None:
    for form in FORMATS:
        for name in (form.read, form.write, form.sniff):
            assert not name or callable(function(name))
    writable = {form.name for form in FORMATS if form.write}
    assert set(SUGGESTION_FORMATS) <= writable | set(SUGGESTION_TABLES)


def test_a_project_goes_into_its_places(comb: Comb, study: Study, given: Path) -> None:
    out = comb("import", given)
    assert "team.qdpx: 1 transcript, 1 code, 1 coding of 1 coder." in out
    assert (study.raw / "P01.txt").read_text(encoding="utf-8") == PLAIN
    (row,) = rows(study.codings / "team.csv")
    assert (row["transcript"], row["quote"], row["code"], row["coder"]) == (
        "P01",
        "It costs “a lot” 😀.",
        "cost",
        "Ann",
    )
    assert "configs/codebook.yaml now contains the 1 code of the project" in out
    assert list(Study(study.root).codebook.codes) == ["cost"]
    comb("segment")


def test_import_again_changes_nothing(comb: Comb, study: Study, given: Path) -> None:
    comb("import", given)
    before = contents(study.root)
    comb("import", given)
    assert contents(study.root) == before


def test_codes_are_added_to_an_edited_codebook(comb: Comb, study: Study, given: Path) -> None:
    codebook = study.root / "configs" / "codebook.yaml"
    text = "# ours\ncoding: exclusive\ncodes:\n  - id: change  # of behaviour\n  - id: neutral\n"
    codebook.write_text(text, encoding="utf-8")
    out = comb("import", given)
    assert "your codebook stays as it is; 0 of the project's 1 code are in it." in out
    assert "1 code was added to configs/codebook.yaml: cost." in out
    assert codebook.read_text(encoding="utf-8").startswith(text)
    assert [(code.id, code.name) for code in Study(study.root).codebook][2:] == [("cost", "Cost")]


@pytest.mark.parametrize("there", ["raw/P01.md", "raw/p01.txt", "new/P01.txt"])
def test_files_that_are_there_are_never_overwritten(comb: Comb, study: Study, given: Path, there: str) -> None:
    (study.data / there).write_text("P1: Other words.\n", encoding="utf-8")
    before = contents(study.root)
    assert "nothing was imported" in comb("import", given, code=1)
    assert contents(study.root) == before


def test_new_codings_go_into_a_new_file(comb: Comb, study: Study, given: Path) -> None:
    table = study.codings / "team.csv"
    table.write_text("transcript,quote,code,coder\n", encoding="utf-8")
    comb("import", given)
    assert table.read_text(encoding="utf-8") == "transcript,quote,code,coder\n"
    assert len(rows(study.codings / "team 2.csv")) == 1


def test_all_or_nothing(comb: Comb, study: Study, given: Path) -> None:
    broken = given.with_name("broken.qdpx")
    broken.write_bytes(given.read_bytes()[:200])
    before = contents(study.root)
    out = comb("import", given, broken, code=1)
    assert len(out.splitlines()) == 1
    assert contents(study.root) == before


def test_a_transcript_that_the_study_has_keeps_its_file(comb: Comb, study: Study, given: Path) -> None:
    (study.raw / "P01.md").write_text(PLAIN, encoding="utf-8")
    comb("import", given)
    assert [path.name for path in study.raw.iterdir()] == ["P01.md"]
    assert len(rows(study.codings / "team.csv")) == 1


def test_coverage_and_attributes_are_merged(comb: Comb, study: Study, given: Path) -> None:
    (study.raw / "A.txt").write_text("P1: I do.\n", encoding="utf-8")
    (study.codings / "mine.csv").write_text("transcript,quote,code,coder\nA,I do.,goals,Me\n", encoding="utf-8")
    (study.codings / "coverage.csv").write_text("transcript,coder\nA,Me\n", encoding="utf-8")
    study.attributes.write_text("transcript,age\nA,50\n", encoding="utf-8")
    variable = f'<Variables><Variable guid="{CODE}" name="age" typeOfVariable="Text"/></Variables>'
    value = f'<VariableValue><VariableRef targetGUID="{CODE}"/><TextValue>61</TextValue></VariableValue>'
    xml = project(source(CODED + value), USERS + CODEBOOK + variable)
    qdpx(given, xml, {"sources/a.txt": PLAIN.encode()})
    comb("import", given)
    assert rows(study.attributes) == [{"transcript": "A", "age": "50"}, {"transcript": "P01", "age": "61"}]
    pairs = [(row["transcript"], row["coder"]) for row in rows(study.codings / "coverage.csv")]
    assert pairs == [("A", "Me"), ("P01", "Ann")]
    study.attributes.write_text("transcript,age\nP01,62\n", encoding="utf-8")
    assert "attribute 'age' of transcript 'P01' differs" in comb("import", given, code=1)


def test_a_codebook_alone(comb: Comb, study: Study, shared: Path) -> None:
    out = comb("import", shared / "refi" / "taguette-codebook.qdc")
    assert "0 transcripts, 3 codes" in out
    assert [code.name for code in Study(study.root).codebook] == ["xsd:element name", "CodeBook", "Variables"]


def test_every_real_project_goes_in(comb: Comb, study: Study, shared: Path) -> None:
    for path in sorted((shared / "refi").glob("*.qd*")):
        comb("import", path)
    assert len(rows(study.codings / "demo.csv")) == 205
    comb("export", "--format", "qdpx", "--out", "x.qdpx")


@pytest.fixture
def whole(comb: Comb, study: Study) -> Study:
    """The example study, in a folder of its own."""
    shutil.copytree(ROOT / "data" / "example", study.root / "data", dirs_exist_ok=True)
    shutil.copytree(ROOT / "configs", study.root / "configs", dirs_exist_ok=True)
    params = study.root / "configs" / "params.yaml"
    params.write_text(params.read_text(encoding="utf-8").replace("data/example", "data"), encoding="utf-8")
    return Study(study.root)


def suggested(study: Study) -> list[Suggestion]:
    """Write suggestions for one new transcript."""
    from comb.transcripts.reader import read_transcript

    text = read_transcript(study.new / "insulin-01.txt", study.roles)
    turn = text.turns[1]
    place = (text.id, turn.start, turn.end, turn.speaker, text.text[turn.start : turn.end])
    found = [Suggestion(*place, "reflective_motivation", "barrier", 0.5, 0.25, 1, "60c33a60e7881ba5")]
    write_suggestions(study.suggestions, text.id, found, ["jsonl"])
    return found


def test_a_study_goes_out_and_in_whole(comb: Comb, whole: Study) -> None:
    found = suggested(whole)
    out = comb("export", "--format", "qdpx")
    assert "33 transcripts, 3738 codings, 1 suggestions" in out
    before = gather_project(whole)
    root = whole.root
    comb.folder = root.parent
    comb("init", "second")
    comb.folder = root.parent / "second"
    told = comb("import", root / f"{root.name}.qdpx")
    assert "1 suggestion of 1 model left out" in told
    second = Study(comb.folder)
    after = gather_project(second)
    check_same_study(before, after)
    assert {path.stem for path in second.new.iterdir()} == {"insulin-01"}
    assert read_qdpx(root / f"{root.name}.qdpx", Setting()).suggestions == tuple(found)


def check_same_study(before: Project, after: Project) -> None:
    raw = {name: (t.text, t.turns) for name, t in before.transcripts.items() if name not in before.new}
    assert {name: (t.text, t.turns) for name, t in after.transcripts.items()} == raw
    assert sorted(after.codings, key=repr) == sorted(before.codings, key=repr)
    assert codebook_yaml(after.codebook) == codebook_yaml(before.codebook)
    assert after.coverage == before.coverage


def is_read(path: Path) -> bool:
    try:
        return bool(read_transcript(path))
    except BadInputError:
        return False


FILES = [path for path in sorted((ROOT / "tests" / "files" / "transcripts").iterdir()) if is_read(path)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_transcript_of_any_format_comes_back_with_its_turns(comb: Comb, study: Study, path: Path) -> None:
    roles = study.roles
    given = read_transcript(path, roles)
    write_qdpx(Project("p", None, {given.id: given}), comb.folder / "x.qdpx")
    comb("import", "x.qdpx")
    (found,), errors = read_folder(study.raw, roles)
    assert errors == []
    assert (found.text, found.turns) == (given.text, given.turns)


def test_suggestions_for_other_programs(study: Study) -> None:
    from comb.stages.listener import Listener
    from comb.stages.suggest import write_transcript_suggestions

    text = Transcript("P01", "P1: I can't.", (Turn("P1", "participant", 4, 12),))
    found = [Suggestion("P01", 4, 12, "P1", "I can't.", "knowledge", "barrier", 0.5, 0.25, 1, "60c33a60e7881ba5")]
    write_transcript_suggestions(study, text, found, study.suggestions, ["qdpx", "csv"], Listener())
    assert {path.name for path in study.suggestions.iterdir()} == {"P01.qdpx", "P01.csv"}
    assert read_qdpx(study.suggestions / "P01.qdpx", Setting()).suggestions == tuple(found)


def test_coders_can_be_chosen_and_suggestions_left_out(comb: Comb, whole: Study) -> None:
    suggested(whole)
    comb("export", "--format", "qdpx", "--coder", "A", "--no-suggestions", "--out", "out/a.qdpx")
    found = read_qdpx(whole.root / "out" / "a.qdpx", Setting())
    assert {coding.coder for coding in found.codings} == {"A"}
    assert (len(found.transcripts), found.suggestions) == (32, ())
    out = comb("export", "--format", "qdpx", "--coder", "Zoe", code=1)
    assert "no coder is named 'Zoe'. The coders are: A, B, consensus." in out


def test_export_of_a_codebook_and_unknown_formats(comb: Comb, whole: Study) -> None:
    comb("export", "--format", "qdc", "--out", "codes.qdc")
    assert (whole.root / "codes.qdc").read_bytes().startswith(b"<?xml")
    assert "unknown format 'pdf'; known: qdpx, qdc" in comb("export", "--format", "pdf", code=2)
    assert "there are no transcripts" in comb_in_empty(comb)


def comb_in_empty(comb: Comb) -> str:
    comb("init", "empty")
    comb.folder = comb.folder / "empty"
    return comb("export", "--format", "qdpx", code=1)


def test_transcripts_that_nobody_has_coded_go_where_comb_suggests_codes(comb: Comb, study: Study) -> None:
    folder = study.root.parent / "to come é"
    folder.mkdir()
    for name in ("P07.txt", "P08.txt"):
        (folder / name).write_text(PLAIN, encoding="utf-8")
    assert "P07.txt → data/new/P07.txt" in comb("import", "--new", "--dry-run", folder).replace("\\", "/")
    assert not list(study.new.iterdir())
    comb("import", "--new", folder / "P07.txt", folder)
    assert sorted(path.name for path in study.new.iterdir()) == ["P07.txt", "P08.txt"]
    assert not list(study.raw.iterdir())
    (study.root / "x.csv").write_text("transcript,quote,code,coder\nP07,It costs,knowledge,Ann\n", encoding="utf-8")
    assert "move P07.txt to data/raw" in comb("import", study.root / "x.csv", code=1)
    told = comb("import", folder, code=1)
    for name in ("P07.txt", "P08.txt"):
        assert f"{name} is already in data/new. Move it from data/new to data/raw" in told
    assert not list(study.raw.iterdir())
