"""No other machine is reached while a language model codes, whatever the program does."""

import json
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT

WATCHED = """
import json, os, sys
from pathlib import Path
seen = []
def watch(event, args):
    if event in ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"):
        seen.append([event, str(args[1] if event in ("socket.connect", "socket.sendto") else args[0])])
sys.addaudithook(watch)
from comb.cli import run
from tests.llm.fake_server import running
assert run(["init", "s"]) == 0
os.chdir("s")
Path("data/raw/a.txt").write_text("INT: So?\\n\\nP1: There is no time.\\n")
Path("data/new/b.txt").write_text("INT: So?\\n\\nP1: I always do.\\n")
with running() as server:
    path = Path("configs/params.yaml")
    text = path.read_text().replace('model: ""', "model: tiny")
    path.write_text(text.replace("http://127.0.0.1:11434/v1", server.url.replace("127.0.0.1", "localhost")))
    for words in (["segment"], ["llm", "check"], ["llm", "code"], ["llm", "suggest"]):
        assert run(words) == 0, words
    calls = server.calls
Path(sys.argv[1]).write_text(json.dumps([calls, seen]))
"""


def test_only_loopback_is_reached(tmp_path: Path) -> None:
    told = tmp_path / "seen.json"
    subprocess.run(
        [sys.executable, "-c", WATCHED, told],
        cwd=tmp_path, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": f"{ROOT / 'pipeline'}:{ROOT}", "HTTP_PROXY": "http://192.0.2.1:3128"},
    )  # fmt: skip
    calls, seen = json.loads(told.read_text())
    assert calls >= 4
    assert seen
    for event, where in seen:
        local = ("127.0.0.1" in where) or where in ("localhost", "b'localhost'") or "::1" in where
        assert local, (event, where)
