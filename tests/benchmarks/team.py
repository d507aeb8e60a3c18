"""A team's server: the list of transcripts, a transcript and signing in, with many transcripts and many coders.

Run: comb bench team [--transcripts 500] [--coders 30] [--sign-ins 200]

On SQLite always, and on PostgreSQL (fsync on) where its programs are on this machine. Every coder has coded 20 spans in
every transcript, decided on 10 suggestions, looked at what others did, and finished half of the transcripts.
Measured over real sockets: how long the server takes to start; the list of transcripts, the first time and later
(median, 95th percentile and worst of 40 requests, by coders in turn); a transcript; 200 sign-ins, sent by as many
threads as there are coders; and the list while the sign-ins go on.
"""

import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import httpx

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "pipeline")]
PASSWORD = "a long password of everybody"
CODES = ("knowledge", "skills", "social_influences", "environment_resources", "goals", "emotion")
CODED, DECIDED = 20, 10
"""Codings and decisions of each coder in each transcript."""


def make_study(folder: Path, transcripts: int) -> None:
    """Make a study of short transcripts with a suggestion for every other sentence."""
    from comb.cli import run
    from comb.records import Suggestion
    from comb.study.layout import Study
    from comb.study.suggestion_files import write_suggestions
    from comb.transcripts.reader import read_folder
    from comb.transcripts.segment import segment_transcripts

    assert run(["init", str(folder)]) == 0
    study = Study(folder)
    for number in range(transcripts):
        said = (f"I could not go in week {week}. It was number {number} again." for week in range(CODED))
        (study.new / f"talk-{number:04}.txt").write_text("\n\n".join(f"P1: {turn}" for turn in said) + "\n", "utf-8")
    found, _ = read_folder(study.new, study.roles)
    rng, by_transcript = random.Random(1), {one.id: [] for one in found}
    for s in segment_transcripts(found, study.params.segment)[::2]:
        made = Suggestion(
            s.transcript, s.start, s.end, "P1", s.text, rng.choice(CODES), "barrier", 0.6, 0.3, 1, "m", ()
        )
        by_transcript[s.transcript].append(made)
    for name, suggestions in by_transcript.items():
        write_suggestions(study.suggestions, name, suggestions, ["jsonl"])


def fill(place: Path | str, folder: Path, coders: int) -> None:
    """Write the team, and what it has done, into a database."""
    from sqlalchemy import insert

    from comb.review.storage.database import Database, codings, decisions, looks, people, progress, texts
    from comb.review.storage.drafts import words_at
    from comb.review.storage.library import open_library
    from comb.review.web.accounts import add_coder
    from comb.study.layout import Study

    library, _ = open_library(Study(folder))
    database, at = Database.open(place), "2026-01-01T00:00:00.000Z"
    add_coder(database, "coder 0", "lead", PASSWORD)
    for name in library.ids:
        made: dict[Any, list[dict[str, Any]]] = {table: [] for table in (codings, decisions, looks, progress)}
        document = library[name]
        digest = document.text.digest
        for coder in range(coders):
            own = {"transcript": name, "coder": f"coder {coder}"}
            finished = hash((name, coder)) % 2 == 0
            state = {"version": 30, "mode": "open", "audited": False, "sample": "[]", "synced": "", "blind": "no"}
            made[progress].append({**own, **state, "finished": finished})
            made[looks].append({**own, "what": "codings", "since": at, "until": at, "text_digest": digest})
            for n, s in enumerate(document.segments[:CODED]):
                words = words_at(document.text, {"start": s.start, "end": s.end})
                coded = {
                    "start": s.start,
                    "end": s.end,
                    "code": CODES[n % 6],
                    "valence": "barrier",
                    "memo": "",
                    "at": at,
                }
                more = {"id": f"{name}-{coder}-{n}", "origin": "human", "model": "", "score": None, "blind": "no"}
                made[codings].append({**own, **coded, **more, **words})
            for item in list(document.suggestions.values())[:DECIDED]:
                decided = {"suggestion": item.id, "verdict": "rejected", "coding": None, "memo": "", "at": at}
                facts = {
                    k: getattr(item, k) for k in ("start", "end", "code", "valence", "score", "threshold", "model")
                }
                words = words_at(document.text, facts)
                made[decisions].append({**own, **decided, "bulk": False, **facts, **words})
        with database.write() as db:
            db.execute(insert(texts).values(transcript=name, digest=digest))
            for table, rows in made.items():
                db.execute(insert(table), rows)
    with database.write() as db:
        stored = db.execute(people.select()).mappings().one()
        db.execute(insert(people), [{**stored, "name": f"coder {n}", "role": "coder"} for n in range(1, coders)])
    database.close()


@contextmanager
def served(folder: Path, database: str) -> Iterator[tuple[str, float]]:
    """Run the server; give its address and the seconds until it answered."""
    options = ["--database", database] if database else []
    command = [sys.executable, "-m", "comb", "review", "--team", "--no-browser", *options]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "pipeline"), "PYTHONUNBUFFERED": "1"}
    begun = time.perf_counter()
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout
            line = next((line for line in server.stdout if "http" in line), None)
            assert line, "the server has ended"
            yield re.search(r"http://[\w.:]+", line)[0], time.perf_counter() - begun  # type: ignore[index]
        finally:
            server.terminate()


def timed(work: Callable[[], httpx.Response], status: int = 200) -> float:
    """Return the milliseconds until an answer was there whole."""
    begun = time.perf_counter()
    answer = work()
    assert answer.status_code == status, answer.text
    return (time.perf_counter() - begun) * 1e3


def browser(origin: str) -> httpx.Client:
    """Return a browser that nobody has signed in with."""
    return httpx.Client(base_url=origin, headers={"Origin": origin, "X-Comb": "1"}, timeout=300)


def sign_in(http: httpx.Client, coder: int) -> float:
    """Sign a coder in; return the milliseconds."""
    return timed(lambda: http.post("/signin", data={"name": f"coder {coder}", "password": PASSWORD}), 303)


def spread(name: str, took: list[float]) -> dict[str, float]:
    """Return median, 95th percentile and worst."""
    return {
        f"{name}_median_ms": median(took),
        f"{name}_p95_ms": quantiles(took, n=20, method="inclusive")[-1],
        f"{name}_worst_ms": max(took),
    }


def measure(folder: Path, database: str, coders: int, sign_ins: int) -> dict[str, float]:
    """Measure a server on this study and database."""
    with served(folder, database) as (origin, started):
        signed = [browser(origin) for _ in range(min(coders, 8))]
        for number, http in enumerate(signed):
            sign_in(http, number)
        first = timed(lambda: signed[0].get("/api/transcripts"))
        queue = [timed(lambda n=n: signed[n % len(signed)].get("/api/transcripts")) for n in range(40)]
        size = len(signed[0].get("/api/transcripts").content)
        listed = signed[0].get("/api/transcripts").json()
        one = [timed(lambda n=n: signed[n % len(signed)].get(f"/api/transcripts/{listed[n]['id']}")) for n in range(20)]
        during, done = [], threading.Event()

        def look() -> None:
            while not done.is_set():
                during.append(timed(lambda: signed[0].get("/api/transcripts")))

        looking = threading.Thread(target=look)
        looking.start()
        begun = time.perf_counter()
        with ThreadPoolExecutor(coders) as pool:
            took = list(pool.map(lambda n: sign_in(browser(origin), n % coders), range(sign_ins)))
        seconds = time.perf_counter() - begun
        done.set()
        looking.join()
    figures = {"start_s": started, "queue_kb": size / 1e3, "queue_first_ms": first, **spread("queue", queue)}
    figures |= {**spread("transcript", one), "sign_ins_s": seconds, **spread("sign_in", took)}
    return {**figures, **spread("queue_during_sign_ins", during)}


def main() -> None:
    """Measure and print."""
    from tests.review.postgresql import missing, throwaway_cluster

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--transcripts", type=int, default=500)
    parser.add_argument("--coders", type=int, default=30)
    parser.add_argument("--sign-ins", type=int, default=200)
    asked = parser.parse_args()
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "study"
        make_study(folder, asked.transcripts)
        fill(folder / ".comb" / "review.sqlite", folder, asked.coders)
        found["sqlite"] = measure(folder, "", asked.coders, asked.sign_ins)
        if reason := missing():
            print(f"not on PostgreSQL: {reason}", file=sys.stderr)
        else:
            with throwaway_cluster(fsync=True) as url:
                fill(url, folder, asked.coders)
                found["postgresql"] = measure(folder, url, asked.coders, asked.sign_ins)
    print(json.dumps({name: {k: round(v, 1) for k, v in row.items()} for name, row in found.items()}, indent=1))


if __name__ == "__main__":
    main()
