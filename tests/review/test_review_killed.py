"""kill -9 at any moment loses nothing that was acknowledged."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import httpx
import pytest

from comb.review.storage.database import Database, acts, codings, decisions
from comb.review.storage.history import rows
from comb.study.layout import Study
from tests.conftest import ROOT
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


def one_life(victim: subprocess.Popen[str], chance: random.Random, number: int) -> list[tuple[int, dict]]:
    """Start a server, kill it after a while amid acts; give version and body of what it acknowledged."""
    assert victim.stdin
    assert victim.stdout
    victim.stdin.write("\n")
    victim.stdin.flush()
    process, port, token = victim.stdout.readline().split()
    origin, known = f"http://127.0.0.1:{port}", []
    try:
        with httpx.Client(base_url=origin, headers={"Origin": origin, "X-Comb": "1"}) as http:
            http.get("/", params={"token": token})
            version = http.get("/api/transcripts/new é").json()["version"]
            threading.Timer(chance.uniform(0, 0.2), os.kill, (int(process), signal.SIGKILL)).start()
            for step in range(1000):
                start = chance.randrange(1, 200)
                wish = chance.choice(
                    [
                        {"act": "code", "start": start, "end": start + 20, "code": "goals", "memo": f"{number}.{step}"},
                        {"act": chance.choice(["accept", "reject"]), "suggestion": chance.choice(SUGGESTIONS)},
                        {"act": "undo"},
                    ]
                )
                path = "undo" if wish == {"act": "undo"} else "acts"
                body = {"base": version, **({} if path == "undo" else wish)}
                answer = http.post(f"/api/transcripts/new é/{path}", json=body)
                if answer.status_code == 200:
                    version = answer.json()["version"]
                    known.append((version, wish))
    except httpx.TransportError:
        pass
    return known


def check(study: Study, known: list[tuple[int, dict]]) -> None:
    """Look in the database for all that was acknowledged, and whether codings are what the acts made of them."""
    database = Database.open(study.review)
    with database.read() as db:
        history = {act["version"]: act for act in rows(db, acts, transcript="new é", coder="Ann")}
        tables = {table.name: rows(db, table) for table in (codings, decisions)}
    database.close()
    for version, wish in known:
        assert history[version]["kind"] == wish["act"]
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


@pytest.mark.parametrize("kills", [5, pytest.param(100, marks=pytest.mark.slow)])
def test_nothing_acknowledged_is_lost(plain: Study, victim: subprocess.Popen[str], kills: int) -> None:
    chance = random.Random(kills)
    known: list[tuple[int, dict]] = []
    for number in range(kills):
        known += one_life(victim, chance, number)
        check(plain, known)
    assert len(known) > kills, "the servers lived long enough to do something"
