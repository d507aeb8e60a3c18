"""The page on which a study is chosen or made, and the servers that it starts; without a browser."""

import base64
import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from comb.review.domain.views import Person
from comb.review.storage.recent import Recent
from comb.review.web.accounts import LinkAuth
from comb.review.web.chooser import CHOOSER, Hall, make_chooser
from comb.review.web.middleware import Address
from comb.review.web.running import Running, link_of_running, note_running
from comb.review.web.server import Asked
from comb.review.web.workspace import Workspace
from comb.stages.listener import Listener
from comb.study.layout import Study
from comb.study.new import Design, new_study
from tests.conftest import Comb
from tests.review.room import ORIGIN, Room

CODEBOOK = b"name: Ours\ncodes:\n- id: habit\n- id: time\n"


class Front:
    """The page, in this process; studies are opened for show only."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.opened: list[tuple[Path, str]] = []
        self.links = LinkAuth(Person("", "lead", team=False))
        self.recent = Recent(folder / "config")
        self.stopped: list[bool] = []
        stop = lambda: self.stopped.append(True)  # noqa: E731
        self.hall = Hall(self.links, Address((ORIGIN,)), lambda: None, self._open, self.recent, stop=stop, secret="s3")
        self.http = TestClient(make_chooser(self.hall), ORIGIN, headers={"Origin": ORIGIN, "X-Comb": "1"})

    def _open(self, folder: Path, coder: str) -> str:
        self.opened.append((folder, coder))
        self.recent.opened(folder, coder)
        return "http://127.0.0.1:1/?token=x"

    def come_in(self) -> "Front":
        answer = self.http.get("/", params={"token": self.links.token()}, follow_redirects=False)
        assert answer.status_code == 303
        return self

    def post(self, path: str, status: int = 200, /, **body: Any) -> Any:
        answer = self.http.post(f"/api/{path}", json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    def make(self, status: int = 200, **body: Any) -> Any:
        asked = {"folder": str(self.folder), "name": "Hands", "behaviour": "Nurses: clean hands", "preset": "com-b"}
        return self.post("studies", status, **{**asked, "unit": "turn", "coder": "Ann", **body})


@pytest.fixture
def front(tmp_path: Path) -> Front:
    return Front(tmp_path).come_in()


def test_who_has_not_the_link_gets_nothing(tmp_path: Path) -> None:
    front = Front(tmp_path)
    assert front.http.get("/").status_code == 403
    assert front.http.get("/api/studies").status_code == 401
    for path in ("folders", "studies/open", "studies/forget", "studies", "stop"):
        front.post(path, 401)


def test_other_pages_and_hosts_are_refused(front: Front) -> None:
    assert front.http.post("/api/folders", json={}, headers={"Origin": "http://evil.example"}).status_code == 403
    assert front.http.get("/", headers={"Host": "evil.example"}).status_code == 403
    answer = front.http.get("/")
    assert answer.headers["x-comb-study"] == CHOOSER
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_a_study_is_made_as_by_comb_init(front: Front, comb: Comb) -> None:
    assert front.make()["link"].startswith("http://127.0.0.1")
    comb("init", "by-hand", "--behaviour", "Nurses: clean hands", "--codebook", "com-b", "--unit", "turn")
    made, other = front.folder / "Hands", comb.folder / "by-hand"
    for path in other.rglob("*"):
        if path.is_file() and ".git" not in path.parts:
            assert (made / path.relative_to(other)).read_bytes() == path.read_bytes(), path
    study = Study(made)
    assert study.codebook.behaviour == "Nurses: clean hands"
    assert study.codebook.levels == ("domain", "component")
    assert len(study.codebook.codes_at("component")) == 8
    assert study.params.segment.unit == "turn"
    assert front.opened == [(made, "Ann")]
    assert front.http.get("/api/studies").json() == {
        "studies": [{"name": "Hands", "path": str(made), "there": True}],
        "coder": "Ann",
    }


@pytest.mark.parametrize(("preset", "codes"), [("com-b-tdf", 25), ("com-b", 11), ("empty", 1)])
def test_presets(tmp_path: Path, preset: Any, codes: int) -> None:
    new_study(tmp_path / "s", Design('He said: "no" # really', preset))
    study = Study(tmp_path / "s")
    assert len(study.codebook.codes) == codes
    assert study.codebook.behaviour == 'He said: "no" # really'
    study.codebook.level_index(study.params.train.level)


def test_an_own_codebook(front: Front) -> None:
    content = base64.b64encode(CODEBOOK).decode()
    front.make(preset="own", codebook={"name": "ours.yaml", "content": content})
    assert list(Study(front.folder / "Hands").codebook.codes) == ["habit", "time"]
    assert Study(front.folder / "Hands").codebook.behaviour == "Nurses: clean hands"


def test_a_codebook_that_cannot_be_read_makes_no_study(front: Front) -> None:
    content = base64.b64encode(b"codes: [").decode()
    front.make(400, preset="own", codebook={"name": "ours.yaml", "content": content})
    front.make(400, preset="own", codebook={"name": "ours.pdf", "content": content})
    front.make(400, preset="own")
    assert not (front.folder / "Hands").exists()


@pytest.mark.parametrize("name", ["../out", "a/b", "a\\b", "CON", " ", "..", "a:b", "x" * 190 + "é" * 9])
def test_names_that_no_folder_can_have(front: Front, name: str) -> None:
    front.make(400, name=name)
    assert front.opened == []


def test_a_name_that_windows_does_not_allow_is_told_by_what_is_in_it(front: Front) -> None:
    assert front.make(400, name="Hands: ward?")["error"] == "a name has : ? in it, which Windows does not allow"
    told = front.make(400, name="Hands.")["error"]
    assert told == "a name ends with a space or a full stop, which Windows does not allow"


def test_nothing_that_is_there_is_written_over(front: Front) -> None:
    (front.folder / "Hands").mkdir()
    (front.folder / "Hands" / "thesis.docx").write_bytes(b"x")
    assert "a folder of that name already exists" in front.make(409)["error"]
    front.make(400, folder=str(front.folder / "nowhere"))
    assert [path.name for path in (front.folder / "Hands").iterdir()] == ["thesis.docx"]


def test_folders_are_listed_and_files_are_not(front: Front) -> None:
    new_study(front.folder / "study é")
    (front.folder / "Transcripts").mkdir()
    (front.folder / ".hidden").mkdir()
    (front.folder / "P01.docx").write_bytes(b"x")
    found = front.post("folders", path=str(front.folder))
    shown = {one["name"]: one["study"] for one in found["folders"]}
    assert shown == {"study é": True, "Transcripts": False}
    assert found["parent"] == str(front.folder.parent)
    assert front.post("folders", path=str(front.folder / "x" / ".."))["path"] == str(front.folder)
    assert front.post("folders", 400, path=str(front.folder / "nowhere"))["error"] == "there is no such folder"
    front.post("folders", 400, path="relative")
    front.post("folders", 400, path=str(front.folder / "P01.docx"))


def test_a_list_of_studies_that_can_be_forgotten(front: Front) -> None:
    new_study(front.folder / "a")
    front.post("studies/open", path=str(front.folder / "a"), coder="Ben")
    front.post("studies/open", 400, path=str(front.folder))
    assert front.opened == [(front.folder / "a", "Ben")]
    kept = json.loads(front.recent.path.read_text(encoding="utf-8"))
    assert kept == {"studies": [str(front.folder / "a")], "coder": "Ben"}
    assert front.post("studies/forget", path=str(front.folder / "a"))["studies"] == []
    front.recent.path.write_text("{", encoding="utf-8")
    assert front.recent.studies() == []


def test_stopping(front: Front) -> None:
    front.post("stop")
    assert front.stopped == [True]


def test_a_new_link_needs_the_secret(front: Front) -> None:
    front.post("again", 404, secret="guess")
    front.post("again", 404)
    assert front.post("again", secret="s3")["link"].startswith(f"{ORIGIN}/?token=")


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    workspace = Workspace(Listener(), lambda text: None, recent=Recent(tmp_path / "config"))
    yield workspace
    workspace.close()


def test_a_study_is_served_once_for_each_coder(plain: Study, workspace: Workspace, tmp_path: Path) -> None:
    first = workspace.open(plain.root, "Ann")
    again = workspace.open(plain.root / "data", "Ann")
    assert first.partition("?")[0] == again.partition("?")[0]
    assert first != again
    (noted,) = plain.running.iterdir()
    assert stat.S_IMODE(noted.stat().st_mode) == 0o600
    other = Workspace(Listener(), lambda text: None, recent=Recent(tmp_path / "config"))
    assert other.open(plain.root, "Ann").partition("?")[0] == first.partition("?")[0]
    assert other.open(plain.root, "Ben").partition("?")[0] != first.partition("?")[0]
    other.close()
    workspace.close()
    assert not list(plain.running.iterdir())
    assert link_of_running(plain.running, "Ann") is None


def test_who_opens_a_study_under_a_new_name_is_told_whose_codings_there_are(plain: Study, workspace: Workspace) -> None:
    head, row = "transcript,start,end,code,coder\n", "old,0,4,knowledge,Ann\n"
    (plain.codings / "Ann.csv").write_text(head + row, encoding="utf-8")
    assert isinstance(workspace.listener, Listener)
    workspace.open(plain.root, "Ann")
    assert not [note for note in workspace.listener.notes if "you code as" in note]
    workspace.open(plain.root, "u1234567")
    assert workspace.listener.notes[-1] == (
        "comb: you code as u1234567, who has no codings in this study yet; it has codings by Ann. "
        "To code as Ann: comb open --coder Ann."
    )


def test_what_is_noted_of_a_server_that_has_ended_is_nothing(tmp_path: Path) -> None:
    note_running(tmp_path, Running(1, "study", "Ann", "x"))
    (tmp_path / "2.json").write_text("{", encoding="utf-8")
    assert link_of_running(tmp_path, "Ann") is None
    assert [path.name for path in tmp_path.iterdir()] == ["2.json"]


def test_each_page_says_which_study_is_open(local: Room) -> None:
    """Before a transcript stood "Studies ›", as if the transcript were a study; the study's name stood nowhere."""
    for path in ("/", "/t/old", "/train"):
        page = local.browser().http.get(path).text
        assert f'title="{local.study.root.name}">{local.study.root.name}</span>' in page


@pytest.mark.parametrize("browser", [True, False])
def test_comb_does_not_claim_to_be_open_in_a_browser_that_it_did_not_open(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, browser: bool
) -> None:
    said: list[str] = []
    monkeypatch.setattr("comb.review.web.workspace.webbrowser.open", lambda link: True)
    monkeypatch.setattr("uvicorn.Server.run", lambda server, sockets: [port.close() for port in sockets])
    workspace.say = said.append
    workspace.run(None, "Ann", browser=browser)
    assert ("is open in your browser" in said[0]) == browser


def test_the_study_pages_name_the_chooser(local: Room) -> None:
    from comb.review.web.server import service_of

    service = service_of(local.api(), Asked("Ann"), lambda text: None, "http://127.0.0.1:19999/")
    assert service.site.home == "http://127.0.0.1:19999/"
    assert service.site.stop == service.stop
    service.ports.main.close()
