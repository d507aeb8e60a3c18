"""``comb pseudonymise`` from the table to the copy and back."""

import csv
import os
import re
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from comb.codings.codings_csv import read_codings, write_codings
from comb.errors import BadInputError, NotReadyError
from comb.privacy.table import Candidate, fold, read_candidates, write_candidates
from comb.records import Coding
from comb.stages.listener import Listener
from comb.stages.pseudonym_copy import pseudonymise, restore
from comb.stages.pseudonym_gate import unreplaced
from comb.stages.pseudonymise import contexts, decide, look
from comb.study.layout import Study
from comb.transcripts.reader import read_folder

TEXT = """I: Who helped you, then?

Megan: My sister Rhian Treloar did. Rhian's a nurse in Llandysul, and she said I should ring Dr Evans.

I: And did Dr Evans help?

Megan: Evans' receptionist did, on the 3rd of March 2019. I told RHIAN, and my number is 07700 900321.
"""
CAPTIONS = """WEBVTT - of Rhian Treloar

NOTE recorded at Rhian's house

1
00:00:01.000 --> 00:00:04.000
<v Interviewer>How is your sister,
Rhian Treloar?

2
00:00:04.500 --> 00:00:09.000
<v Huw Parry>Rhian is fine, she lives
in Llandysul &amp; likes it.
"""


@pytest.fixture
def planted(study: Study) -> Study:
    """A study with one name in several formats, in the name of a file, in memos and in tables."""
    (study.raw / "Megan-Evans-01.txt").write_text(TEXT, encoding="utf-8")
    (study.raw / "huw.vtt").write_text(CAPTIONS, encoding="utf-8")
    (study.raw / "low.txt").write_text("P1: so i rang rhian treloar and she said no\n\nI: okay\n", encoding="utf-8")
    _write_word(study.raw / "word.docx")
    (study.data / "participants.csv").write_text(
        "participant,transcript,speaker,kind,group\nX1,Megan-Evans-01,Megan,interview,Llandysul\n", encoding="utf-8"
    )
    transcripts = {t.id: t for t in read_folder(study.raw, study.roles)[0]}
    write_codings(study.codings / "A.csv", [c for t in transcripts.values() for c in _codings(t.id, t.text)])
    return study


def _write_word(path: Path) -> None:
    import docx

    document = docx.Document()
    document.core_properties.author = "Rhian Treloar"
    for line in (
        "I: Who is it?",
        "P1: It was Rhian who said it, in Llandysul.",
        "I: And then?",
        "P1: Nothing, really.",
    ):
        document.add_paragraph(line)
    document.save(str(path))


def _codings(name: str, text: str) -> list[Coding]:
    """Code every third word, and every five words from each of these on."""
    words = [(m.start(), m.end()) for m in re.finditer(r"\S+", text)]
    spans = [
        (words[n][0], words[min(n + width, len(words)) - 1][1]) for n in range(0, len(words), 3) for width in (1, 5)
    ]
    return [Coding(name, a, b, text[a:b], "knowledge", "", "A", memo="about Rhian") for a, b in dict.fromkeys(spans)]


def replace_all(study: Study) -> list[Candidate]:
    """Look, and decide that everything is replaced."""
    look(study, Listener())
    rows = [replace(row, decision="replace") for row in read_candidates(study.candidates)]
    write_candidates(study.candidates, rows)
    return rows


def transcripts(study: Study) -> dict[str, str]:
    return {t.id: t.text for t in read_folder(study.raw, study.roles)[0]}


def files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_nothing_that_was_replaced_is_left_in_the_copy(planted: Study, tmp_path: Path) -> None:
    replace_all(planted)
    done = pseudonymise(planted, tmp_path / "copy", Listener())
    assert done.changed_format == ()
    for path, data in files(tmp_path / "copy").items():
        if path.endswith(".docx"):
            with zipfile.ZipFile(tmp_path / "copy" / path) as archive:
                data = b"".join(archive.read(name) for name in archive.namelist())
        for name in (b"rhian", b"treloar", b"megan", b"evans", b"llandysul", b"parry", b"900321"):
            assert name not in path.encode().lower() + data.lower(), (path, name)


def test_each_coding_covers_the_same_words(planted: Study, tmp_path: Path) -> None:
    rows = replace_all(planted)
    words = {fold(word) for row in rows for word in row.pseudonym.split()}
    pseudonymise(planted, tmp_path / "copy", Listener())
    copy = Study(tmp_path / "copy")
    texts = {t.id: t for t in read_folder(copy.raw, copy.roles)[0]}
    old = read_codings(planted.codings, {t.id: t for t in read_folder(planted.raw, planted.roles)[0]}).codings
    new = read_codings(copy.codings, texts)
    assert not new.warnings
    assert len(new.codings) == len(old)
    for before, after in zip(old, new.codings, strict=True):
        assert after.quote == texts[after.transcript].text[after.start : after.end]
        said = re.sub(r"\[[^\]]*\]", "Alex", after.quote).split()
        stayed = [word for word in before.quote.split() if word in said]
        assert [word for word in said if word in stayed] == stayed  # none lost, doubled or moved
        put_in = [word for word in said if word not in stayed and "Alex" not in word]
        assert all(any(one in fold(word) for one in words) for word in put_in)


def test_one_person_has_one_pseudonym_everywhere(planted: Study) -> None:
    rows = {fold(row.text): row.pseudonym for row in replace_all(planted)}
    assert rows["rhian"] == rows["rhian treloar"]
    assert rows["megan"] != rows["rhian"]


def test_the_key_brings_the_originals_back(planted: Study, tmp_path: Path) -> None:
    replace_all(planted)
    pseudonymise(planted, tmp_path / "copy", Listener())
    restore(planted, tmp_path / "copy", tmp_path / "back", Listener())
    back = Study(tmp_path / "back")
    assert transcripts(back) == transcripts(planted)
    read = [{t.id: t for t in read_folder(s.raw, s.roles)[0]} for s in (planted, back)]
    assert [t.turns for t in read[0].values()] == [t.turns for t in read[1].values()]
    one, other = (read_codings(s.codings, t).codings for s, t in zip((planted, back), read, strict=True))
    # A coding that began or ended inside a name has the whole name now.
    assert len(one) == len(other)
    for old, new in zip(one, other, strict=True):
        assert (old.transcript, new.start <= old.start, old.end <= new.end) == (new.transcript, True, True)
        assert old.quote in new.quote
    assert sum(old.quote == new.quote for old, new in zip(one, other, strict=True)) > len(one) / 2
    assert "originals" in unreplaced(back)


def test_a_second_run_changes_nothing_and_the_copy_holds_no_candidates(planted: Study, tmp_path: Path) -> None:
    replace_all(planted)
    pseudonymise(planted, tmp_path / "copy", Listener())
    before = files(tmp_path / "copy")
    pseudonymise(planted, tmp_path / "copy", Listener())
    assert files(tmp_path / "copy") == before
    assert not look(Study(tmp_path / "copy"), Listener()).rows


def test_a_run_that_was_cut_off_is_repeated(planted: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replace_all(planted)
    pseudonymise(planted, tmp_path / "whole", Listener())
    with monkeypatch.context() as patch:
        patch.setattr("comb.stages.pseudonym_copy._write_tables", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            pseudonymise(planted, tmp_path / "copy", Listener())
    assert "not complete" in unreplaced(Study(tmp_path / "copy"))
    pseudonymise(planted, tmp_path / "copy", Listener())
    assert files(tmp_path / "copy") == files(tmp_path / "whole")


def test_a_copy_that_people_changed_is_not_overwritten(planted: Study, tmp_path: Path) -> None:
    replace_all(planted)
    pseudonymise(planted, tmp_path / "copy", Listener())
    with (tmp_path / "copy" / "data" / "codings" / "A.csv").open("a") as file:
        file.write("\n")
    with pytest.raises(BadInputError, match="changed since"):
        pseudonymise(planted, tmp_path / "copy", Listener())


@pytest.mark.parametrize("place", ["inside", "."])
def test_the_copy_does_not_lie_in_the_study(planted: Study, place: str) -> None:
    replace_all(planted)
    with pytest.raises(BadInputError, match="may be inside the other"):
        pseudonymise(planted, planted.root / place, Listener())


def test_nothing_is_written_while_a_candidate_is_open(planted: Study, tmp_path: Path) -> None:
    with pytest.raises(NotReadyError, match="searched for names"):
        pseudonymise(planted, tmp_path / "copy", Listener())
    look(planted, Listener())
    with pytest.raises(NotReadyError, match="undecided"):
        pseudonymise(planted, tmp_path / "copy", Listener())
    replace_all(planted)
    (planted.raw / "late.txt").write_text("P1: I am Bronagh.\n")
    with pytest.raises(NotReadyError, match="added or changed"):
        pseudonymise(planted, tmp_path / "copy", Listener())
    assert not (tmp_path / "copy").exists()


def test_keep_part_and_a_row_of_ones_own(planted: Study, tmp_path: Path) -> None:
    rows = []
    for row in replace_all(planted):
        if fold(row.text) == "llandysul":
            row = replace(row, decision="keep")
        if fold(row.text) == "rhian treloar":
            row = replace(row, decision="part", part="Treloar", pseudonym="Penrose")
        rows.append(row)
    rows.append(Candidate("receptionist", "person", pseudonym="member of staff", decision="replace"))
    write_candidates(planted.candidates, rows)
    pseudonymise(planted, tmp_path / "copy", Listener())
    text = next(t for name, t in transcripts(Study(tmp_path / "copy")).items() if "nurse" in t)
    assert "Rhian Penrose did" in text
    assert "in Llandysul" in text
    assert "member of staff did" in text


def test_two_people_of_one_name(planted: Study, tmp_path: Path) -> None:
    rows = replace_all(planted)
    rows.append(Candidate("Rhian", "person", "huw", pseudonym="Somebody", decision="replace"))
    write_candidates(planted.candidates, rows)
    pseudonymise(planted, tmp_path / "copy", Listener())
    texts = transcripts(Study(tmp_path / "copy"))
    assert "Somebody is fine" in "".join(texts.values())
    assert sum("Somebody" in text for text in texts.values()) == 1


def test_a_new_look_keeps_what_was_decided(planted: Study) -> None:
    before = replace_all(planted)
    (planted.raw / "late.txt").write_text("I: And you?\n\nP1: I am from Nantgaredig.\n")
    found = look(planted, Listener())
    assert [row.text for row in found.undecided] == ["Nantgaredig"]
    assert {row.key: (row.pseudonym, row.decision) for row in before}.items() <= {
        row.key: (row.pseudonym, row.decision) for row in found.rows
    }.items()


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX's")
def test_the_key_and_the_table_are_the_owners_and_ignored_by_git(planted: Study, tmp_path: Path) -> None:
    replace_all(planted)
    pseudonymise(planted, tmp_path / "copy", Listener())
    assert {p.name: oct(p.stat().st_mode & 0o777) for p in (planted.private, planted.key, planted.candidates)} == {
        "private": "0o700",
        "key.csv": "0o600",
        "candidates.csv": "0o600",
    }
    assert (planted.private / ".gitignore").read_text().split("\n")[-2] == "*"
    assert not (tmp_path / "copy" / "private").exists()


def test_a_table_that_cannot_be_used_names_each_row_and_no_words(planted: Study) -> None:
    look(planted, Listener())
    with planted.candidates.open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    decision = header.index("decision")
    rows[0][decision], rows[1][decision], rows[1][header.index("part")] = "perhaps", "part", "nowhere in it"
    with planted.candidates.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    with pytest.raises(BadInputError) as caught:
        read_candidates(planted.candidates)
    assert [line.partition(":")[0] for line in caught.value.details] == ["row 2", "row 3"]
    assert not any(row[0] in f"{caught.value}{caught.value.details}" for row in rows[:2])


def test_two_who_decide_at_once_do_not_overwrite_one_another(planted: Study) -> None:
    look(planted, Listener())
    first = read_candidates(planted.candidates)[0]
    decide(planted, [replace(first, decision="keep")], [first])
    with pytest.raises(BadInputError, match="changed elsewhere"):
        decide(planted, [replace(first, decision="replace")], [first])


def test_contexts_show_the_words_around(planted: Study) -> None:
    look(planted, Listener())
    found = contexts(planted)["llandysul"]
    assert any("nurse in " in one.before and one.words == "Llandysul" for one in found)


def test_exports_warn_and_refuse(planted: Study, comb, tmp_path: Path) -> None:
    out = comb("export", "--format", "qdpx", "--out", tmp_path / "a.qdpx")
    assert "the transcripts of this study have not been searched for names" in out
    out = comb("export", "--format", "qdpx", "--out", tmp_path / "b.qdpx", "--require-pseudonyms", code=1)
    assert "may name people" in out
    assert "comb pseudonymise" in out
    assert not (tmp_path / "b.qdpx").exists()
    replace_all(planted)
    assert "contains the originals" in unreplaced(planted)
    comb("pseudonymise", "--apply", tmp_path / "copy")
    comb.folder = tmp_path / "copy"
    assert "name people" not in comb("export", "--format", "qdpx", "--out", tmp_path / "c.qdpx", "--require-pseudonyms")
    shutil.copy(planted.raw / "low.txt", tmp_path / "copy" / "data" / "raw" / "low2.txt")
    comb("train", "--require-pseudonyms", code=1)
    params = tmp_path / "copy" / "configs" / "params.yaml"
    params.write_text(params.read_text().replace("require: false", "require: true"))
    comb("report", code=1)


def test_the_command_prints_no_words(planted: Study, comb, tmp_path: Path) -> None:
    said = comb("pseudonymise") + comb("pseudonymise", "--decide", "replace", "--kind", "person")
    comb("pseudonymise", "--decide", "replace")
    said += comb("pseudonymise", "--apply", tmp_path / "copy")
    for name in ("rhian", "treloar", "llandysul"):
        assert name not in said.casefold()
    assert "read the transcripts" in said
    assert "data/raw" in said
    assert "private" in said
    comb("pseudonymise", "--kind", "nonsense", code=2)
    comb("pseudonymise", "--restore", tmp_path / "copy", code=2)
    comb("pseudonymise", "--restore", tmp_path / "copy", "--out", tmp_path / "back")
