"""A study with suggestions, its review page's server in this process, and browsers without a screen."""

import json
import shutil
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from comb.records import Evidence, Suggestion, Valence
from comb.review.domain.views import Person
from comb.review.storage.database import Database
from comb.review.storage.library import open_library
from comb.review.storage.sync import take_over
from comb.review.web.accounts import LinkAuth, TeamAuth
from comb.review.web.api import Api
from comb.review.web.app import make_app
from comb.review.web.middleware import Address
from comb.review.web.server import Asked, site_of
from comb.study.layout import Study
from comb.study.suggestion_files import write_suggestions
from tests.conftest import ROOT

ORIGIN = "http://127.0.0.1:8123"
MODEL = "0123456789abcdef"
TEXT = """INT: How do you get on with the tablets?

P1: I never remember the evening one. 🙂 My wife puts them out for me. That helps.

INT: And away from home?

P1: I forgot the whole box at my daughter's. The cafe\u0301 was shut. My GP says it matters, so I do try.

P1: I would like a box with the days on it. It is habit, I suppose.
"""
NEVER, WIFE, FORGOT, GP, BOX = (
    "I never remember the evening one.",
    "My wife puts them out for me.",
    "I forgot the whole box at my daughter's.",
    "My GP says it matters, so I do try.",
    "I would like a box with the days on it.",
)
SUGGESTED: tuple[tuple[str, str, Valence, float], ...] = (
    (NEVER, "knowledge", "barrier", 0.9),
    (WIFE, "social_influences", "facilitator", 0.8),
    (WIFE, "environment_resources", "facilitator", 0.4),
    (FORGOT, "knowledge", "barrier", 0.7),
    (GP, "intentions", "facilitator", 0.6),
    (BOX, "knowledge", "", 0.5),
)


def span(words: str) -> tuple[int, int]:
    """Give where words stand in the text."""
    return TEXT.index(words), TEXT.index(words) + len(words)


def key(words: str, code: str) -> str:
    """Give the id of a suggestion."""
    start, end = span(words)
    return f"{start}-{end}:{code}"


def make_study(folder: Path) -> Study:
    """Make a study: ``new é`` in data/new with suggestions, ``old`` in data/raw without."""
    (folder / "configs").mkdir(parents=True)
    for name in ("params.yaml", "codebook.yaml"):
        shutil.copyfile(ROOT / "pipeline" / "comb" / "study" / "template" / "configs" / name, folder / "configs" / name)
    study = Study(folder)
    for path in (study.new / "new é.txt", study.raw / "old.txt"):
        path.parent.mkdir(parents=True)
        path.write_bytes(TEXT.encode())
    study.codings.mkdir()
    suggest(study, "new é")
    return study


def suggest(study: Study, name: str, model: str = MODEL) -> None:
    """Write suggestions for a transcript, as ``comb suggest`` does."""
    near = (Evidence("old:1-2", "It slipped my mind.", "knowledge", 0.5),)
    made = [
        Suggestion(name, *span(words), "P1", words, code, valence, score, 0.3, 1, model, near)
        for words, code, valence, score in SUGGESTED
    ]
    write_suggestions(study.suggestions, name, made, ["jsonl"])


class Browser:
    """A browser: it keeps its cookie, and the version that it was shown last."""

    def __init__(self, http: TestClient, name: str) -> None:
        self.http, self.name, self.version = http, name, 0

    def get(self, path: str = "", status: int = 200, transcript: str = "") -> Any:
        """Fetch from the API; a transcript's own path, or one that begins with a slash."""
        url = path if path.startswith("/") else f"/api/transcripts/{transcript or self.name}{path and '/'}{path}"
        answer = self.http.get(url)
        assert answer.status_code == status, answer.text
        return answer.json()

    def post(self, path: str, status: int = 200, **body: Any) -> Any:
        """Send to the API."""
        url = path if path.startswith("/") else f"/api/transcripts/{self.name}/{path}"
        answer = self.http.post(url, json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    def open(self, name: str = "") -> Any:
        """Open a transcript, by default the one that is open."""
        self.name = name or self.name
        found = self.get()
        self.version = found["version"]
        return found

    def act(self, kind: str, status: int = 200, **body: Any) -> Any:
        """Do an act upon what was shown last."""
        return self._step("acts", status, act=kind, **body)

    def undo(self, status: int = 200, **body: Any) -> Any:
        """Undo."""
        return self._step("undo", status, **body)

    def redo(self, status: int = 200, **body: Any) -> Any:
        """Redo."""
        return self._step("redo", status, **body)

    def _step(self, path: str, status: int, **body: Any) -> Any:
        done = self.post(path, status, **{"base": self.version, **body})
        if status == 200 and body.get("coder") is None:
            self.version = done["version"]
        return done

    def code(self, words: str, code: str, **more: Any) -> str:
        """Code words by hand; give the coding's id."""
        start, end = span(words)
        return self.act("code", start=start, end=end, code=code, **more)["codings"][0]["id"]

    def codings(self) -> list[tuple[str, str, str, str]]:
        """List what the page shows as coded: words, code, valence, coder."""
        found = self.get()
        return [(found["text"][c["start"] : c["end"]], c["code"], c["valence"], c["coder"]) for c in found["codings"]]

    def decided(self) -> dict[str, str]:
        """Give the verdict of each suggestion that is decided."""
        return {s["id"]: s["decision"]["verdict"] for s in self.get()["suggestions"] if s["decision"]}


class Room:
    """A study and its database; servers are opened on them for one coder, or for a team."""

    def __init__(self, study: Study, place: Path | str) -> None:
        self.study, self.place = study, place
        self.database = Database.open(place)
        self.notes: list[str] = []

    def api(self, mode: str = "open") -> Api:
        """Start as ``comb review`` does: read transcripts, and codings that are there."""
        library, errors = open_library(self.study)
        assert not errors
        api = Api.of(library, self.database, mode)
        self.notes = take_over(library, api.ledger)
        return api

    def browser(self, coder: str = "Ann", mode: str = "open", name: str = "new é") -> Browser:
        """Open the page for who works alone."""
        return self.browsers(coder, mode, name, number=1)[0]

    def browsers(self, coder: str = "Ann", mode: str = "open", name: str = "new é", number: int = 2) -> list[Browser]:
        """Open the page in several browsers of one coder."""
        address = Address((ORIGIN,))
        said: list[str] = []
        site = site_of(self.api(mode), Asked(coder), address, said.append)
        assert isinstance(site.auth, LinkAuth)
        app = make_app(site)
        found = []
        for _ in range(number):
            http = TestClient(app, ORIGIN, headers={"Origin": ORIGIN, "X-Comb": "1"}, raise_server_exceptions=True)
            assert http.get("/", params={"token": site.auth.token()}, follow_redirects=False).status_code == 303
            found.append(Browser(http, name))
        return found

    def team(self, mode: str = "open") -> TestClient:
        """Open the page for a team; nobody is signed in."""
        site = site_of(self.api(mode), Asked("", team=True), Address((ORIGIN,)), lambda text: None)
        assert isinstance(site.auth, TeamAuth)
        return TestClient(make_app(site), ORIGIN, headers={"Origin": ORIGIN}, raise_server_exceptions=True)

    def restart(self) -> None:
        """Close the database and open it again."""
        self.database.close()
        self.database = Database.open(self.place)


def state(browser: Browser) -> str:
    """Give all that a coder has done in a transcript, in a form that can be compared."""
    found = browser.get()
    kept = {
        "codings": sorted(json.dumps(coding, sort_keys=True) for coding in found["codings"]),
        "decisions": sorted((s["id"], s["decision"]["verdict"]) for s in found["suggestions"] if s["decision"]),
        "finished": found["finished"],
    }
    return json.dumps(kept)


def person(name: str) -> Person:
    """Give somebody who works alone."""
    return Person(name, "lead", team=False)
