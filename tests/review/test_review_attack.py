"""What a stranger, a careless colleague or bad luck may do to the workspace: it refuses in words, and loses nothing."""

import base64
import errno
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from comb.codebook import parse_codebook
from comb.errors import BadInputError, BadParamsError
from comb.review.domain.views import Person
from comb.review.storage import recode
from comb.review.storage.database import looks
from comb.review.storage.drafts import rows
from comb.review.storage.library import open_library
from comb.review.storage.refusals import RefusedError
from comb.review.storage.uploads import Uploads, safe_name
from comb.review.web import jobs as jobs_module
from comb.review.web.jobs import Jobs, JobState
from comb.review.web.middleware import Address
from comb.review.web.server import Asked, site_of
from comb.review.web.training import job_seen_by
from comb.stages.jobs import JobOptions
from comb.study import codebook_history
from comb.study.codebook_history import Version, add_version, read_history, read_version
from comb.study.layout import Study
from tests.coroutines import finish
from tests.review.room import FORGOT, NEVER, ORIGIN, TEXT, Browser, Room, key
from tests.review.test_review_add import HEADER, OTHER, Adder
from tests.review.test_review_start import Front

NAME = "new é"
NOTED = "comb: new é, coder Ann: 3 codings were not made blind"
LATIN = b"caf\xe9"
"""Letters of a name in an old encoding, as disks from elsewhere have them."""


class KilledError(Exception):
    """In the place of a kill."""


def killed(*_: object) -> None:
    raise KilledError


@pytest.fixture
def adder(local: Room) -> Adder:
    return Adder(local.browser(name="old"))


# ---- files that are added


@pytest.mark.parametrize("name", ["a." + "b" * 300, "a\u202etxt.docx", "a\x85.txt", "\u2066a.txt"])
def test_names_that_mislead_or_are_too_long_are_refused(name: str) -> None:
    with pytest.raises(RefusedError):
        safe_name(name)


def test_a_file_and_a_project_folder_of_the_same_name(adder: Adder) -> None:
    adder.send("team.qda", b"x")
    assert "same name" in adder.send("team.qda/data.qda", b"x", 400)["error"]
    adder.send("other.qda/data.qda", b"x")
    assert "same name" in adder.send("other.qda", b"x", 400)["error"]


def test_a_file_that_is_sent_while_the_import_is_given_up(plain: Study) -> None:
    store = Uploads()
    batch = store.begin(plain)

    async def chunks() -> Any:
        yield b"one"
        store.discard(batch)
        yield b"two"

    with pytest.raises(RefusedError, match="no longer here"):
        finish(store.take(batch, "a.txt", chunks()))
    assert not list(plain.state.glob("*.tmp"))


def test_a_full_disk_is_said(adder: Adder, plain: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, *args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(self))

    before = sorted(path.name for path in plain.data.rglob("*"))
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", full)
        assert adder.send("Ward 1.txt", OTHER, 507)["error"] == "the disk is full"
    adder.send("Ward 1.txt", OTHER)
    monkeypatch.setattr("comb.review.web.adding.add_files", full)
    answer = adder.apply(507)
    assert "Make room and try again" in answer["remedy"]
    assert sorted(path.name for path in plain.data.rglob("*")) == before


@pytest.mark.parametrize("encoding", ["idna", "undefined", "punycode", "utf-8\x00", "zlib_codec", "nonsense"])
def test_what_is_no_encoding_of_texts(adder: Adder, encoding: str) -> None:
    adder.send("Ward 1.txt", OTHER.encode("latin-1", "ignore") + LATIN)
    adder.handle("Ward 1.txt", encoding=encoding)
    (problem,) = adder.preview()["problems"]
    assert "encoding" in problem["what"]


def _row_to_fix(adder: Adder) -> dict[str, Any]:
    adder.send("team.csv", HEADER + "old,My wife lays them out for me each day.,knowledge,barrier,Ben\n")
    (row,) = adder.preview()["codings"][0]["to_fix"]
    passage = row["passages"][0]
    return {"row": row["row"], "transcript": passage["transcript"], "spans": passage["spans"]}


def test_a_place_that_was_chosen_is_not_other_words_after_the_transcript_changed(adder: Adder, plain: Study) -> None:
    adder.handle("team.csv", rows=[_row_to_fix(adder)])
    (plain.raw / "old.txt").write_text("INT: Well?\n\nP1: Quite another text. " + TEXT, encoding="utf-8")
    assert "changed since" in adder.apply(409)["error"]
    assert not list(plain.codings.glob("*.csv"))
    adder.preview()
    adder.apply()


def test_a_codebook_that_changed_between_preview_and_adding(adder: Adder, plain: Study) -> None:
    adder.handle("team.csv", rows=[_row_to_fix(adder)])
    book = plain.root / "configs" / "codebook.yaml"
    book.write_text(book.read_text(encoding="utf-8").replace("id: knowledge", "id: knows"), encoding="utf-8")
    adder.apply(409)
    assert not list(plain.codings.glob("*.csv"))


# ---- names of files in an old encoding


@pytest.mark.skipif(os.name == "nt", reason="names are always in Unicode there")
def test_a_transcript_whose_name_is_in_an_old_encoding_keeps_no_study_shut(plain: Study) -> None:
    (plain.raw / os.fsdecode(LATIN + b".txt")).write_text(TEXT, encoding="utf-8")
    library, errors = open_library(plain)
    assert library.ids == [NAME, "old"]
    assert "encoding" in str(errors)
    str(errors).encode()


# ---- blind


def put(room: Room, path: str) -> str:
    place = room.study.processed / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("x")
    return f"/api/files/{path}"


def test_suggestions_are_held_back_from_who_codes_blind_where_nobody_else_coded(local: Room) -> None:
    ann = local.browser("Ann", "blind")
    place = put(local, "downloads/docx-with-suggestions/talk.docx")
    assert NAME in ann.get(place, 403)["error"]
    assert ann.http.get("/api/report/zip/docx-with-suggestions").status_code == 403
    with local.database.read() as db:
        assert rows(db, looks) == []
    without = put(local, "downloads/docx/talk.docx")
    assert ann.http.get(without).status_code == 200
    ann.open()
    ann.act("finish")
    assert ann.http.get(place).status_code == 200


def test_what_a_job_noted_of_coders_is_held_back_from_a_lead_who_codes_blind(local: Room) -> None:
    ann = local.browser("Ann")
    ann.open()
    ann.code(NEVER, "knowledge")
    for mode, notes in (("blind", []), ("open", [NOTED])):
        whole = site_of(local.api(mode), Asked("Ben"), Address((ORIGIN,)), lambda text: None)
        whole.jobs._job = JobState(1, "agreement", "Comparing", "Ben", "", "done", notes=[NOTED])
        found = job_seen_by(whole, Person("Ben", "lead", team=False))
        assert found is not None
        assert found["notes"] == notes


# ---- the codebook


@pytest.mark.parametrize("key", ["id", "name", "definition"])
def test_a_codebook_holds_no_control_characters(key: str) -> None:
    with pytest.raises(BadParamsError):
        parse_codebook({"codes": [{"id": "a", key: "a\x00b"}]})


def test_a_code_is_not_renamed_to_what_no_file_holds(local: Room) -> None:
    ann = local.browser()
    seen = ann.get("/api/codebook/page")["digest"]
    edit = {"edit": "rename", "code": "knowledge", "to": "\x00"}
    ann.post("/api/codebook/edit", 400, edit=edit, seen=seen)
    assert "control characters" in ann.post("/api/codebook/edit", 400, edit=edit, seen=seen)["error"]


def test_a_damaged_table_of_versions_is_said_and_no_copy_is_written_over(local: Room) -> None:
    study = local.study
    made = Version(0, "2026-01-01T00:00:00Z", "Ann", "a change", "", "", "")
    add_version(study, "one", "two", made)
    table = codebook_history.folder(study) / "history.csv"
    table.write_text(table.read_text(encoding="utf-8-sig").replace("\n1,", "\nx,"), encoding="utf-8")
    with pytest.raises(BadInputError, match=r"history.csv, row 3"):
        read_history(study)
    assert "number" in local.browser().get("/api/codebook/page", 400)["error"]
    table.unlink()
    assert add_version(study, "three", "four", made) == 3
    assert [read_version(study, n) for n in range(4)] == ["one", "two", "three", "four"]


def test_tabs_in_a_codebook_that_can_be_read(local: Room) -> None:
    book = local.study.root / "configs" / "codebook.yaml"
    book.write_text("codes:\n- id: knowledge\t# ours\n  name:\tKnowledge\n- id: goals\n", encoding="utf-8")
    ann = Room(Study(local.study.root), local.study.review).browser()
    _rename(ann, "knows")
    assert "- id: knows\t# ours\n" in book.read_text(encoding="utf-8")


def test_a_deletion_that_is_followed_again_after_a_kill_can_be_undone(
    local: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = local.browser()
    ann.open()
    ann.code(NEVER, "knowledge")
    ann.act("accept", suggestion=key(FORGOT, "knowledge"))
    before = ann.codings()
    page = ann.get("/api/codebook/page")
    edit = {"edit": "delete", "code": "knowledge", "uncode": True}
    with monkeypatch.context() as patch:
        patch.setattr(recode, "_mark", killed)
        with pytest.raises(KilledError):
            ann.post("/api/codebook/edit", edit=edit, seen=page["digest"])
    again = Room(Study(local.study.root), local.study.review).browser()
    assert again.codings() != before
    again.post("/api/codebook/undo", seen=again.get("/api/codebook/page")["digest"])
    assert again.codings() == before


# ---- jobs


def test_a_job_that_cannot_be_started_blocks_no_other(plain: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs_module, "PROGRAM", [str(plain.root / "nothing here")])
    jobs = Jobs()
    with pytest.raises(OSError, match="nothing here"):
        jobs.start(plain, "learn", JobOptions(), "Ann")
    jobs.check_free()
    assert jobs.state() is None


def test_a_job_that_says_what_cannot_be_read_ends_all_the_same(plain: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    code = 'import sys; sys.stdout.buffer.write(b\'\\xff\\xfe\\n{"result": ["done"]}\\n\')'
    monkeypatch.setattr(jobs_module, "PROGRAM", [sys.executable, "-c", code])
    jobs = Jobs()
    jobs.start(plain, "learn", JobOptions(), "Ann")
    assert jobs._follower is not None
    jobs._follower.join(30)
    state = jobs.state()
    assert state is not None
    assert state["state"] == "done"


# ---- two things at once


def test_what_waits_to_be_added_stays_when_a_job_ends_badly(adder: Adder, plain: Study) -> None:
    adder.send("Ward 1.txt", OTHER)
    plain.clean_up()  # as after a job that was cancelled, in the server's own process
    adder.apply()
    assert (plain.raw / "Ward 1.txt").exists()
    left = plain.state / f".comb-{os.getpid()}-x.tmp"
    left.mkdir()
    plain.clean_up()
    assert not left.exists(), "of an earlier process with the same number"


def _rename(ann: Browser, to: str, status: int = 200) -> Any:
    page = ann.get("/api/codebook/page")
    edit = {"edit": "rename", "code": next(one["id"] for one in page["codes"] if one["name"] == "Knowledge"), "to": to}
    return ann.post("/api/codebook/edit", status, edit=edit, seen=page["digest"])


def test_a_file_that_excel_holds_does_not_bring_an_old_change_back_later(
    local: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    study, ann = local.study, local.browser()
    ann.open()
    ann.code(NEVER, "knowledge")
    ann.post("/api/export")
    replace = Path.replace

    def held(self: Path, target: Path) -> Path:
        if Path(target).name == "codebook.yaml":
            raise PermissionError(errno.EACCES, "Permission denied", str(target))
        return replace(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", held)
        assert "Close it in other programs" in _rename(ann, "first", 507)["remedy"]
        _rename(ann, "second", 507)
    _rename(ann, "second", 409)  # the first is finished now, and what was shown is not what is there
    _rename(ann, "second")
    study.clean_up()
    assert "second" in Study(study.root).codebook
    assert ann.codings()[0][1] == "second"
    assert not list(study.state.glob("commit-*.json"))
    again = Room(study, study.review).browser()
    assert again.codings()[0][1] == "second"


# ---- the page on which a study is chosen


@pytest.fixture
def front(tmp_path: Path) -> Front:
    return Front(tmp_path).come_in()


@pytest.mark.skipif(os.name == "nt", reason="names are always in Unicode there")
def test_folders_with_odd_names_keep_no_other_from_being_chosen(front: Front) -> None:
    (front.folder / "plain").mkdir()
    (front.folder / os.fsdecode(LATIN)).mkdir()
    assert "plain" in {one["name"] for one in front.post("folders", path=str(front.folder))["folders"]}
    assert front.post("folders", 400, path="~nobody-of-this-name")["error"] == "there is no such folder"
    front.make(400, folder="/" + "y" * 300)


@pytest.mark.parametrize("name", [".hidden", "~$lock", "a\u202eb"])
def test_no_study_is_made_that_cannot_be_found_again(front: Front, name: str) -> None:
    front.make(400, name=name)


@pytest.mark.parametrize("coder", ["a\nb", "a\x00b", "A\x85nn"])
def test_names_that_no_coder_has(front: Front, coder: str) -> None:
    assert "cannot be a coder's name" in front.make(400, coder=coder)["error"]


def test_a_codebook_that_cannot_be_imported_leaves_no_folder_in_the_way(front: Front) -> None:
    bomb = base64.b64encode(b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><CodeBook>&e;</CodeBook>').decode()
    front.make(400, preset="own", codebook={"name": "ours.qdc", "content": bomb})
    assert not (front.folder / "Hands").exists()


@pytest.mark.parametrize("body", ['{"secret": "\\ud800"}', "[" * 100_000, "[]", '{"secret": {}}', "\xff"])
def test_who_guesses_at_the_port_gets_nothing(front: Front, body: str) -> None:
    assert front.http.post("/api/again", content=body.encode("latin-1")).status_code == 404
