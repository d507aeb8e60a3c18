"""kill -9 at any moment loses nothing that was acknowledged, and brings nothing back that was taken away.

The test keeps a ledger of its own, from the answers alone: which codings there are, and what was decided. It follows
removals too: by hand, by undo, by another decision. At the next start the page must show what the ledger says, or what
the one act made of it that was on its way when the server died.
"""

import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import httpx
import pytest

from comb.review.storage.database import Database, acts, codings, decisions
from comb.review.storage.drafts import rows
from comb.study.layout import Study
from tests.conftest import ROOT, SWEEP
from tests.review.room import SUGGESTED, key

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
SUGGESTIONS = [key(words, code) for words, code, *_ in SUGGESTED]


@pytest.fixture
def victim(plain: Study) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.review.victim", str(plain.root)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "pipeline")])}
    with subprocess.Popen(command, cwd=ROOT, env=environment, text=True, **pipes) as process:
        yield process


@dataclass
class Ledger:
    """What the server acknowledged: codings by id, verdicts by suggestion, and the acts with their versions."""

    codings: dict[str, dict] = field(default_factory=dict)
    verdicts: dict[str, str] = field(default_factory=dict)
    acts: list[tuple[int, dict]] = field(default_factory=list)
    removed: int = 0

    def take(self, wish: dict, answer: dict) -> None:
        """Follow one acknowledged act."""
        self.acts.append((answer["version"], wish))
        for gone in answer["removed"]:
            self.removed += self.codings.pop(gone, None) is not None
        self.codings |= {coding["id"]: coding for coding in answer["codings"]}
        for suggestion in answer["suggestions"]:
            self.verdicts.pop(suggestion["id"], None)
            if suggestion["decision"]:
                self.verdicts[suggestion["id"]] = suggestion["decision"]["verdict"]

    def compare(self, page: dict) -> None:
        """Hold a page after a restart against the ledger: all of it, and at most one act more."""
        behind = page["version"] - (self.acts[-1][0] if self.acts else 0)
        assert behind in (0, 1), "an acknowledged act is missing, or more is there than was sent"
        codings = {coding["id"]: coding for coding in page["codings"]}
        verdicts = {s["id"]: s["decision"]["verdict"] for s in page["suggestions"] if s["decision"]}
        if not behind:
            assert codings == self.codings
            assert verdicts == self.verdicts
        self.codings, self.verdicts = codings, verdicts
        if behind:
            self.acts.append((page["version"], {}))


def a_wish(chance: random.Random, ledger: Ledger, name: str) -> dict:
    """Think of something to ask for; removals as often as additions."""
    start = chance.randrange(1, 200)
    kinds = [
        {"act": "code", "start": start, "end": start + 20, "code": "goals", "memo": name},
        {"act": chance.choice(["accept", "reject"]), "suggestion": chance.choice(SUGGESTIONS)},
        {"act": "undo"},
        {"act": "redo"},
    ]
    if ledger.codings:
        kinds += [{"act": "uncode", "coding": chance.choice(sorted(ledger.codings))}] * 2
    return chance.choice(kinds)


def one_life(victim: subprocess.Popen[str], chance: random.Random, number: int, ledger: Ledger) -> None:
    """Start a server, compare what it shows, and kill it after a while amid acts."""
    assert victim.stdin
    assert victim.stdout
    victim.stdin.write("\n")
    victim.stdin.flush()
    process, port, token = victim.stdout.readline().split()
    origin = f"http://127.0.0.1:{port}"
    # A busy machine may take its time to start; it must not be taken for a kill.
    with httpx.Client(base_url=origin, headers={"Origin": origin, "X-Comb": "1"}, timeout=120) as http:
        http.get("/", params={"token": token})
        page = http.get("/api/transcripts/new é").json()
        ledger.compare(page)
        version, killer = (
            page["version"],
            threading.Timer(chance.uniform(0, 0.2), os.kill, (int(process), signal.SIGKILL)),
        )
        with suppress(httpx.TransportError):
            for step in range(1000):
                wish = a_wish(chance, ledger, f"{number}.{step}")
                path = wish["act"] if wish["act"] in ("undo", "redo") else "acts"
                body = {"base": version, **({} if path != "acts" else wish)}
                answer = http.post(f"/api/transcripts/new é/{path}", json=body)
                if not step:
                    # From the first answer on, so that a busy machine does something before it is killed.
                    killer.start()
                if answer.status_code == 200:
                    ledger.take(wish, answer.json())
                    version = answer.json()["version"]


def check(study: Study, known: list[tuple[int, dict]]) -> None:
    """Look in the database for all that was acknowledged, and whether codings are what the acts made of them."""
    database = Database.open(study.review)
    with database.read() as db:
        history = {act["version"]: act for act in rows(db, acts, transcript="new é", coder="Ann")}
        tables = {table.name: rows(db, table) for table in (codings, decisions)}
    database.close()
    acknowledged: dict[int, dict] = {}
    for version, wish in known:
        # An act that changed nothing was answered with the version of the one before.
        acknowledged.setdefault(version, wish)
    for version, wish in acknowledged.items():
        assert history[version]["kind"] == wish.get("act", history[version]["kind"])
        assert wish.get("memo", "") in history[version]["payload"]
    assert sorted(history) == list(range(1, len(history) + 1)), "no act is missing, none stands twice"
    made: dict[str, dict[str, dict]] = {"codings": {}, "decisions": {}}
    for version in sorted(history):
        for change in json.loads(history[version]["changes"]):
            name = "id" if change["table"] == "codings" else "suggestion"
            if change["before"]:
                del made[change["table"]][change["before"][name]]
            if change["after"]:
                made[change["table"]][change["after"][name]] = change["after"]
    assert {row["id"]: row for row in tables["codings"]} == made["codings"]
    assert {row["suggestion"]: row for row in tables["decisions"]} == made["decisions"]


@pytest.mark.parametrize("kills", [10, pytest.param(100, marks=SWEEP)])
def test_nothing_acknowledged_is_lost(plain: Study, victim: subprocess.Popen[str], kills: int) -> None:
    chance = random.Random(kills)
    ledger = Ledger()
    for number in range(kills):
        one_life(victim, chance, number, ledger)
        check(plain, ledger.acts)
    assert len(ledger.acts) > kills, "the servers lived long enough to do something"
    assert ledger.removed > kills // 5, "and to take something away"
