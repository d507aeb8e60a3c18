"""The codebook edited on the page: codings follow in files and database, and none is lost, doubled or moved."""

from collections import Counter
from typing import Any

import pytest
from starlette.testclient import TestClient

from comb.codebook import read_codebook
from comb.codings.codings_csv import read_codings
from comb.review.storage import recode
from comb.review.storage.database import codings as table
from comb.review.storage.drafts import rows
from comb.review.storage.library import open_library
from comb.review.web.accounts import add_coder
from comb.stages import codebook as stage
from comb.study.codebook_history import read_history
from comb.study.layout import Study
from tests.review.room import BOX, FORGOT, GP, NEVER, ORIGIN, WIFE, Browser, Room, key


class KilledError(Exception):
    """In the place of a kill."""


HERE = "/api/codebook"


def page(browser: Browser) -> Any:
    return browser.get(f"{HERE}/page")


def edit(browser: Browser, status: int = 200, why: str = "", **what: Any) -> Any:
    return browser.post(f"{HERE}/edit", status, edit=what, why=why, seen=page(browser)["digest"])


def undo(browser: Browser, status: int = 200) -> Any:
    return browser.post(f"{HERE}/undo", status, seen=page(browser)["digest"])


def coded(room: Room) -> Counter[tuple[str, str, str]]:
    """Return who put which code on which words, as the database has it."""
    with room.database.read() as db:
        return Counter((row["coder"], row["quote"], row["code"]) for row in rows(db, table))


def in_files(study: Study) -> Counter[tuple[str, str]]:
    library, _ = open_library(Study(study.root))
    return Counter(
        (c.coder, c.code) for c in read_codings(study.codings, library.transcripts, library.codebook).codings
    )


def started(room: Room) -> list[str]:
    """Start another server, which reads everything again; return what it has to say."""
    room.study = Study(room.study.root)
    room.api()
    return room.notes


def ids(study: Study) -> list[str]:
    return [code.id for code in read_codebook(study.root / "configs" / "codebook.yaml")]


def test_a_new_id_goes_through_codings_decisions_suggestions_and_undo(room: Room) -> None:
    ann = room.browser()
    ann.open()
    ann.code(BOX, "goals", memo="hers")
    ann.act("accept", suggestion=key(NEVER, "knowledge"))
    ann.act("reject", suggestion=key(FORGOT, "knowledge"))
    done = edit(ann, edit="rename", code="knowledge", to="knowing")
    assert done["what"] == "knowledge renamed to knowing"
    found = ann.open()
    assert ann.decided() == {key(NEVER, "knowing"): "accepted", key(FORGOT, "knowing"): "rejected"}
    assert {code for _, code, _, _ in ann.codings()} == {"goals", "knowing"}
    assert key(BOX, "knowing") in {one["id"] for one in found["suggestions"]}, "shown until the model is trained again"
    ann.undo()
    ann.undo()
    assert ann.decided() == {}
    assert {code for _, code, _, _ in ann.codings()} == {"goals"}
    ann.redo()
    assert ann.decided() == {key(NEVER, "knowing"): "accepted"}


def test_what_a_window_decides_by_the_old_id_counts(room: Room) -> None:
    ann = room.browser()
    ann.open()
    edit(ann, edit="rename", code="knowledge", to="knowing")
    ann.act("accept", suggestion=key(NEVER, "knowledge"))
    ann.code(BOX, "knowledge")
    assert {code for _, code, _, _ in ann.codings()} == {"knowing"}


def test_files_follow_with_the_database(room: Room) -> None:
    ann = room.browser(name="old")
    ann.open()
    ann.code(NEVER, "knowledge", memo="m")
    ann.code(WIFE, "goals")
    ann.act("finish")
    ann.post("/api/export")
    ann.act("reopen")
    ann.code(GP, "knowledge")  # only the database has this one yet
    edit(ann, edit="rename", code="knowledge", to="knowing", why="as  we say")
    assert in_files(room.study) == {("Ann", "knowing"): 1, ("Ann", "goals"): 1}
    assert started(room) == []
    assert coded(room) == {("Ann", NEVER, "knowing"): 1, ("Ann", GP, "knowing"): 1, ("Ann", WIFE, "goals"): 1}
    assert ann.post("/api/export")["notes"] == []
    assert in_files(room.study) == {("Ann", "knowing"): 2, ("Ann", "goals"): 1}
    assert [(v.by, v.what, v.why) for v in read_history(room.study)[1:]] == [
        ("Ann", "knowledge renamed to knowing", "as we say")
    ]


def test_a_merge_makes_one_of_two_and_can_be_undone(room: Room) -> None:
    ann = room.browser(name="old")
    ann.open()
    ann.code(NEVER, "knowledge", memo="one", valence="barrier")
    ann.code(NEVER, "goals", memo="two", valence="facilitator")
    ann.code(WIFE, "knowledge")
    ann.act("finish")
    ann.post("/api/export")
    before, files = coded(room), in_files(room.study)
    edit(ann, edit="merge", code="knowledge", into="goals")
    assert coded(room) == {("Ann", NEVER, "goals"): 1, ("Ann", WIFE, "goals"): 1}
    assert in_files(room.study) == {("Ann", "goals"): 2}
    found = next(c for c in ann.open()["codings"] if c["memo"])
    assert (found["memo"], found["valence"]) == ("two\none", "both")
    assert not ann.open()["can_undo"], "undo does not go back before a merge"
    assert "knowledge" not in ids(room.study)
    undo(ann)
    assert (coded(room), in_files(room.study)) == (before, files)
    assert "knowledge" in ids(room.study)
    assert ann.open()["can_undo"]
    assert started(room) == []


def test_a_merge_is_not_undone_over_what_was_coded_since(room: Room) -> None:
    ann = room.browser(name="old")
    ann.open()
    ann.code(NEVER, "knowledge")
    edit(ann, edit="merge", code="knowledge", into="goals")
    ann.open()
    ann.code(WIFE, "goals")
    assert "coded since" in undo(ann, 409)["error"]
    assert coded(room) == {("Ann", NEVER, "goals"): 1, ("Ann", WIFE, "goals"): 1}
    assert "knowledge" not in ids(room.study)


def test_undo_brings_no_merged_code_back(room: Room) -> None:
    ann = room.browser(name="old")
    ann.open()
    coding = ann.code(NEVER, "knowledge")
    ann.act("uncode", coding=coding)
    ann.code(NEVER, "goals")
    edit(ann, edit="merge", code="knowledge", into="goals")
    found = ann.open()
    assert (found["can_undo"], found["can_redo"]) == (False, False)


def test_a_code_in_use_is_not_deleted_unless_asked(room: Room) -> None:
    ann = room.browser(name="old")
    ann.open()
    ann.code(NEVER, "knowledge", memo="kept")
    ann.code(WIFE, "knowledge")
    ann.code(WIFE, "goals")
    said = edit(ann, 400, edit="delete", code="knowledge")
    assert said["error"] == "knowledge is in use: 2 codings by you"
    assert "uncoded" in said["remedy"]
    edit(ann, edit="delete", code="knowledge", uncode=True)
    assert coded(room) == {("Ann", NEVER, ""): 1, ("Ann", WIFE, "goals"): 1}
    undo(ann)
    assert coded(room) == {("Ann", NEVER, "knowledge"): 1, ("Ann", WIFE, "knowledge"): 1, ("Ann", WIFE, "goals"): 1}


def test_a_split_is_decided_passage_by_passage(room: Room) -> None:
    ann = room.browser(name="old")
    ann.open()
    for words in (NEVER, WIFE, GP):
        ann.code(words, "knowledge", memo=f"on {words[:4]}")
    ann.act("finish")
    new = [{"id": "facts"}, {"id": "know_how", "name": "Know-how"}]
    edit(ann, edit="split", code="knowledge", into=new)
    assert page(ann)["splits"] == {"knowledge": ["facts", "know_how"]}
    found = ann.post(f"{HERE}/passages", code="knowledge")["passages"]
    assert [one["quote"] for one in found] == [NEVER, WIFE, GP]
    edit(ann, 400, edit="delete", code="knowledge")
    for one, into in zip(found, (["facts"], ["know_how"], ["facts", "know_how"]), strict=True):
        ann.post(f"{HERE}/give", transcript="old", coding=one["coding"], code="knowledge", into=into)
    again = {"transcript": "old", "coding": found[0]["coding"], "code": "knowledge", "into": ["facts"]}
    ann.post(f"{HERE}/give", 409, **again)
    assert coded(room) == Counter(
        {("Ann", NEVER, "facts"): 1, ("Ann", WIFE, "know_how"): 1, ("Ann", GP, "facts"): 1, ("Ann", GP, "know_how"): 1}
    )
    edit(ann, edit="delete", code="knowledge")
    assert page(ann)["splits"] == {}


def test_a_codebook_that_was_changed_elsewhere_is_not_overwritten(room: Room) -> None:
    ann = room.browser()
    seen = page(ann)["digest"]
    path = room.study.root / "configs" / "codebook.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "# mine\n", encoding="utf-8")
    what = {"edit": "rename", "code": "goals", "to": "aims"}
    said = ann.post(f"{HERE}/edit", 409, edit=what, seen=seen)
    assert "changed elsewhere" in said["error"]
    edit(ann, **what)
    assert path.read_text(encoding="utf-8").endswith("# mine\n"), "comments stay"
    assert page(ann)["versions"][0]["what"] == "goals renamed to aims"


def test_it_is_said_first_what_an_edit_would_do(room: Room) -> None:
    ann = room.browser()
    before = ids(room.study)
    body = {"edit": {"edit": "merge", "code": "knowledge", "into": "goals"}, "seen": page(ann)["digest"]}
    assert ann.post(f"{HERE}/edit", dry_run=True, **body)["follow"]
    assert ids(room.study) == before
    assert read_history(room.study) == []


def test_an_old_version_comes_back_if_it_has_all_codes_in_use(room: Room) -> None:
    ann = room.browser(name="old")
    edit(ann, edit="add", new={"id": "luck", "definition": "Chance."})
    ann.open()
    ann.code(NEVER, "luck")
    said = ann.post(f"{HERE}/restore", 400, version=0, seen=page(ann)["digest"])
    assert said["error"] == "version 0 lacks codes that are in use: luck"
    ann.act("uncode", coding=ann.open()["codings"][0]["id"])
    ann.post(f"{HERE}/restore", version=0, seen=page(ann)["digest"])
    assert "luck" not in ids(room.study)
    assert "luck" in ann.get(f"{HERE}/versions/1")["text"]


@pytest.mark.parametrize("at", ["before the database", "before the note is removed"])
def test_a_kill_between_files_and_database_is_made_good_at_the_next_start(
    room: Room, at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = room.browser(name="old")
    ann.open()
    ann.code(NEVER, "knowledge")
    ann.act("finish")
    ann.post("/api/export")
    ann.act("reopen")
    ann.code(GP, "knowledge")

    def killed(*args: object) -> None:
        raise KilledError

    name = "recode_database" if at == "before the database" else "_mark"
    with monkeypatch.context() as patch:
        patch.setattr(recode, name, killed)
        with pytest.raises(KilledError):
            edit(ann, edit="rename", code="knowledge", to="knowing")
    assert "knowing" in ids(room.study)
    assert (room.study.state / stage.PENDING).exists()
    room.restart()
    assert started(room) == []
    ann = room.browser(name="old")
    assert coded(room) == {("Ann", NEVER, "knowing"): 1, ("Ann", GP, "knowing"): 1}
    assert not (room.study.state / stage.PENDING).exists()
    assert ann.post("/api/export")["notes"] == []
    assert in_files(room.study) == {("Ann", "knowing"): 2}


def test_a_database_that_was_not_there_follows_when_it_is(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    from comb.cli import run

    ann = room.browser(name="old")
    ann.open()
    ann.code(NEVER, "knowledge", memo="hers")
    ann.act("finish")
    ann.post("/api/export")
    ann.act("reopen")
    ann.code(GP, "goals")
    monkeypatch.chdir(room.study.root)
    monkeypatch.delenv("COMB_DATABASE", raising=False)
    monkeypatch.setattr(Study, "review", room.study.root / "none.sqlite")
    for old, new in (("knowledge", "knowing"), ("goals", "knowledge"), ("knowledge", "aims")):
        assert run(["codebook", "rename", old, new]) == 0
    assert in_files(room.study) == {("Ann", "knowing"): 1}
    started(room)
    assert coded(room) == {("Ann", NEVER, "knowing"): 1, ("Ann", GP, "aims"): 1}


def test_the_command_line_takes_the_database_along(local: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    from comb.cli import run

    ann = local.browser(name="old")
    ann.open()
    ann.code(NEVER, "knowledge")
    monkeypatch.chdir(local.study.root)
    assert run(["codebook", "delete", "knowledge"]) == 1
    assert run(["codebook", "merge", "knowledge", "goals", "--dry-run"]) == 0
    assert coded(local) == {("Ann", NEVER, "knowledge"): 1}
    assert run(["codebook", "merge", "knowledge", "goals"]) == 0
    assert coded(local) == {("Ann", NEVER, "goals"): 1}
    assert run(["codebook", "undo"]) == 0
    assert coded(local) == {("Ann", NEVER, "knowledge"): 1}
    assert started(local) == []


@pytest.mark.usefixtures("quick_hashes")
def test_only_leads_edit_and_coders_write_notes(room: Room) -> None:
    for name, role in (("Lea", "lead"), ("Ann", "coder")):
        add_coder(room.database, name, role, "a long password é")
    team, people = room.team(), {}
    for name in ("Lea", "Ann"):
        http = TestClient(team.app, ORIGIN, headers={**team.headers, "X-Comb": "1"})
        http.post("/signin", data={"name": name, "password": "a long password é", "next": "/"})
        people[name] = Browser(http, "old")
    lea, ann = people["Lea"], people["Ann"]
    edit(ann, 403, edit="rename", code="goals", to="aims")
    ann.post(f"{HERE}/proposals", code="goals", text="call it aims?")
    assert [(one["by"], one["text"]) for one in page(lea)["proposals"]] == [("Ann", "call it aims?")]
    edit(lea, edit="rename", code="goals", to="aims")
    lea.post(f"{HERE}/proposals", dismiss=page(lea)["proposals"][0]["at"])
    assert page(ann)["proposals"] == []
    ann.open()
    ann.code(NEVER, "aims")
    assert next(c["mine"] for c in page(ann)["codes"] if c["id"] == "aims") == 1
    assert next(c["mine"] for c in page(lea)["codes"] if c["id"] == "aims") == 0
    assert "Ann" not in str(edit(lea, 400, edit="delete", code="aims"))
    ann.post(f"{HERE}/give", 404, transcript="none", coding="x", code="aims", into=["goals"])


def test_the_codebook_goes_out_and_comes_in(room: Room) -> None:
    import base64

    ann = room.browser()
    for kind in ("yaml", "qdc"):
        found = ann.post(f"{HERE}/export", format=kind)
        assert found["name"] == f"codebook.{kind}"
        assert b"knowledge" in base64.b64decode(found["content"]).lower()
    extra = base64.b64encode(b"codes:\n  - id: luck\n    definition: Chance.\n").decode()
    ann.post(f"{HERE}/import", name="ours.yaml", content=extra)
    assert "luck" in ids(room.study)
    assert page(ann)["versions"][0]["what"] == "codes of ours.yaml added"
    undo(ann)
    assert "luck" not in ids(room.study)
    ann.post(f"{HERE}/import", 400, name="../x.yaml", content=extra)
    ann.post(f"{HERE}/import", 400, name="x.exe", content=extra)
