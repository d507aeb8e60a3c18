"""Several review servers on one study: exports side by side, and none undoes what another has done. With processes."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from sqlalchemy import delete, insert

from comb.review.storage.database import Database, metadata, people, texts
from comb.review.storage.library import open_library
from comb.review.storage.reanchor import follow_texts
from comb.review.web.accounts import add_coder
from comb.study.files import read_rows
from comb.study.layout import Study
from comb.study.lock import write_lock
from tests.conftest import ROOT
from tests.review.room import FORGOT, NEVER, SUGGESTED, Room, key, span

LINK = re.compile(r"(http://[\w.]+:\d+)/\?token=(\S+)")


class Served:
    """A server in a process of its own, and a browser that has come in."""

    def __init__(self, study: Study, coder: str, database: str = "") -> None:
        environment = {k: v for k, v in os.environ.items() if k != "COMB_DATABASE"}
        environment |= {"PYTHONPATH": str(ROOT / "pipeline"), "PYTHONUNBUFFERED": "1"}
        options = ["--coder", coder, "--no-browser", *(["--database", database] if database else [])]
        command = [sys.executable, "-m", "comb", "review", *options]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        self.process = subprocess.Popen(command, cwd=study.root, env=environment, text=True, **pipes)
        assert self.process.stdout
        said = ""
        while not (found := LINK.search(said)):
            line = self.process.stdout.readline()
            assert line, said
            said += line
        origin, token = found.groups()
        threading.Thread(target=self.process.stdout.read, daemon=True).start()
        self.http = httpx.Client(base_url=origin, headers={"Origin": origin, "X-Comb": "1"}, timeout=60)
        assert self.http.get("/", params={"token": token}).status_code == 303

    def act(self, kind: str, name: str = "new é", **body: object) -> None:
        """Do an act upon what is there now."""
        base = self.http.get(f"/api/transcripts/{name}").json()["version"]
        answer = self.http.post(f"/api/transcripts/{name}/acts", json={"act": kind, "base": base, **body})
        assert answer.status_code == 200, answer.text

    def read_whole(self, name: str = "new é") -> None:
        """Look at all suggestions, and finish."""
        seen = [key(words, code) for words, code, *_ in SUGGESTED]
        self.http.post(f"/api/transcripts/{name}/acts", json={"act": "seen", "suggestions": seen})
        self.act("finish", name)

    def export(self) -> httpx.Response:
        """Export."""
        return self.http.post("/api/export")

    def stop(self) -> None:
        """Kill the server."""
        self.http.close()
        self.process.kill()
        self.process.wait()


@pytest.fixture
def pair(plain: Study) -> Iterator[tuple[Served, Served]]:
    """Two servers that were started at the same moment."""
    with ThreadPoolExecutor(2) as pool:
        found = tuple(pool.map(lambda name: Served(plain, name), ("Ann", "Ben")))
    yield found  # type: ignore[misc]
    for one in found:
        one.stop()


def covered(study: Study) -> set[tuple[str, str]]:
    path = study.codings / "coverage.csv"
    return {(row["transcript"], row["coder"]) for _, row in read_rows(path, ("transcript", "coder"))}


def test_an_export_of_one_server_never_undoes_a_finish_of_another(plain: Study, pair: tuple[Served, Served]) -> None:
    ann, ben = pair
    start, end = span(NEVER)
    ann.act("code", start=start, end=end, code="goals")
    ann.read_whole()
    ben.act("code", "old", start=start, end=end, code="goals")
    assert ann.export().status_code == 200
    assert covered(plain) == {("new é", "Ann")}
    for server in (ben, ann, ben):
        assert server.export().status_code == 200
    assert covered(plain) == {("new é", "Ann")}
    assert ann.http.get("/api/transcripts/new é").json()["finished"]
    ann.act("reopen")
    assert ben.export().status_code == 200
    assert covered(plain) == set()


def test_exports_at_the_same_moment(plain: Study, pair: tuple[Served, Served]) -> None:
    ann, ben = pair
    with ThreadPoolExecutor(8) as pool:
        for words, code in ((NEVER, "goals"), (FORGOT, "intentions")):
            start, end = span(words)
            for server in pair:
                server.act("code", "old", start=start, end=end, code=code)
            answers = list(pool.map(lambda server: server.export(), [ann, ben] * 4))
            assert [answer.status_code for answer in answers] == [200] * 8, [answer.text for answer in answers]
    written = [row for name in ("Ann", "Ben") for _, row in read_rows(plain.codings / f"{name}.csv", ("code",))]
    assert sorted(row["code"] for row in written) == ["goals", "goals", "intentions", "intentions"]
    assert not plain.replaced.exists(), "neither server takes the other's files for somebody else's"


def test_acts_of_two_servers_stand_side_by_side(plain: Study, pair: tuple[Served, Served]) -> None:
    def code(server: Served) -> None:
        for start in range(1, 30):
            server.act("code", "old", start=start, end=start + 30, code="goals")

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(code, pair))
    assert [len(server.http.get("/api/transcripts/old").json()["codings"]) for server in pair] == [58, 58]


CANDIDATE = {"text": "Llandysul", "kind": "place", "transcript": "", "decision": "keep", "pseudonym": ""}
CHANGES = {
    "/api/export": {},
    "/api/pseudonyms/look": {},
    "/api/pseudonyms": {"rows": [{**CANDIDATE, "before": {"decision": "", "pseudonym": ""}}]},
    "speakers": {"speakers": []},
}
"""What changes the study's files, by route."""


@pytest.mark.parametrize("path", CHANGES)
def test_what_changes_files_while_a_command_is_at_work_says_so(
    room: Room, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr("comb.review.web.alone.PATIENCE", 0.2)
    ann = room.browser()
    script = (
        "import sys, time; from pathlib import Path; from comb.study.layout import Study;"
        "from comb.study.lock import write_lock\n"
        "with write_lock(Study(Path(sys.argv[1])), 'comb train'): print('held', flush=True); time.sleep(600)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "pipeline")}
    command = [sys.executable, "-c", script, str(room.study.root)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        said = ann.post(path, 409, **CHANGES[path])
        process.kill()
    assert said["error"].startswith("the study is being changed by comb train (")
    assert ann.post("/api/export")["codings"] == 0


def test_the_page_itself_keeps_no_command_waiting(plain: Study, pair: tuple[Served, Served]) -> None:
    with write_lock(plain, "comb train", wait=0):
        pair[0].act("code", "old", start=1, end=20, code="goals")


def test_servers_that_begin_at_once_share_the_study(plain: Study, pair: tuple[Served, Served]) -> None:
    database = Database.open(plain.review)
    for server in pair:
        assert server.http.get("/api/alive").headers["X-Comb-Study"] == database.study
    database.close()


def _reading_the_text(room: Room) -> Callable[[], object]:
    library = open_library(room.study)[0]
    return lambda: follow_texts(library, room.database)


def _coding(room: Room) -> Callable[[], object]:
    ben = room.browser("Ben", name="old")
    ben.open()
    with room.database.write() as db:
        db.execute(delete(texts))
    return lambda: ben.act("code", start=1, end=20, code="goals")


def _adding_a_coder(room: Room) -> Callable[[], object]:
    return lambda: add_coder(room.database, "Ben", "coder", "a long enough password")


@pytest.mark.usefixtures("quick_hashes")
@pytest.mark.parametrize("what", [_reading_the_text, _coding, _adding_a_coder])
def test_what_another_server_writes_at_the_same_moment_is_no_fault(
    plain: Study, cluster: str, what: Callable[[Room], Callable[[], object]]
) -> None:
    """Another server has written the row, but has not committed it: the second writer waits, and finds it there."""
    room = Room(plain, cluster)
    try:
        act = what(room)
        with ThreadPoolExecutor(1) as pool, room.database.engine.connect() as other:
            digest = open_library(plain)[0].text("old").digest
            other.execute(insert(texts).values(transcript="old", digest=digest))
            other.execute(insert(people).values(name="Ben", role="coder", password="x", created_at="2026"))
            done = pool.submit(act)
            with pytest.raises(TimeoutError):
                done.result(1)
            other.commit()
            done.result(20)
    finally:
        metadata.drop_all(room.database.engine)
        room.database.close()


def test_several_servers_on_postgresql(plain: Study, cluster: str) -> None:
    with ThreadPoolExecutor(2) as pool:
        pair = list(pool.map(lambda name: Served(plain, name, cluster), ("Ann", "Ben")))
    try:
        for server in pair:
            server.act("code", "old", start=1, end=20, code="goals")
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda server: server.export(), pair * 3))
        assert [answer.status_code for answer in answers] == [200] * 6, [answer.text for answer in answers]
    finally:
        for server in pair:
            server.stop()
        database = Database.open(cluster)
        metadata.drop_all(database.engine)
        database.close()
