"""The review page's server with one transcript of 20,000 segments, over a real socket.

Run: comb bench review [--segments 20000] [--acts 400]

Half of the segments carry a suggestion, each with three sentences of evidence. Measured: how long the server takes to
start; the first and a later answer with the whole transcript; and how long a decision takes from sending it until the
answer that it is on the disk (synchronous=FULL), at the median and the 95th percentile, accepts, rejects, changes,
codes by hand and undo in turn. ``fsync`` is what the disk alone takes. Then, in Chromium where there is one: until
the first words of the transcript are drawn (five visits, the first and the median), frames while scrolling 50 pixels a
frame, jumps to far places, and a decision from the key until the page says so.
"""

import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles

import httpx
from review_page import page_figures

ROOT = Path(__file__).parents[2]
WORDS = "pills morning my wife says I never know which it was the nurse told me about walking more and it hurts".split()
CODES = ("knowledge", "skills", "social_influences", "environment_resources", "goals", "emotion")


def make_study(folder: Path, segments: int) -> str:
    """Make a study of one transcript with suggestions for every other segment; give the transcript's id."""
    from comb.cli import run
    from comb.records import Evidence, Suggestion
    from comb.study.layout import Study
    from comb.study.suggestion_files import write_suggestions
    from comb.transcripts.reader import read_transcript
    from comb.transcripts.segment import segment_transcripts

    assert run(["init", str(folder)]) == 0
    study = Study(folder)
    rng = random.Random(1)

    def sentence() -> str:
        return " ".join(rng.choices(WORDS, k=rng.randint(6, 18))).capitalize() + "."

    turns = []
    for _ in range(segments * 3 // 10):
        turns += [f"I: {sentence()}", "P: " + " ".join(sentence() for _ in range(4))]
    path = study.new / "long.txt"
    path.write_text("\n\n".join(turns) + "\n", encoding="utf-8")
    found = segment_transcripts([read_transcript(path)], study.params.segment)
    evidence = tuple(Evidence(f"old:{n}", sentence(), CODES[n], 0.5) for n in range(3))
    suggestions = [
        Suggestion(
            "long", s.start, s.end, "P", s.text, rng.choice(CODES), "barrier", rng.random(), 0.3, 1, "m", evidence
        )
        for s in found[::2]
    ]
    write_suggestions(study.suggestions, "long", suggestions, ["jsonl"])
    print(f"{len(found)} segments, {len(suggestions)} suggestions, {len(path.read_text()):,} characters")
    return "long"


class Page:
    """A browser without a screen: it opens the link and sends acts."""

    def __init__(self, link: str) -> None:
        self.origin = link.partition("/?")[0]
        self.http = httpx.Client(base_url=self.origin, headers={"Origin": self.origin, "X-Comb": "1"}, timeout=60)
        self.http.get(link.removeprefix(self.origin))
        self.version = 0

    def post(self, path: str, **body: object) -> tuple[float, dict]:
        """Send an act; give the seconds until the answer was there, and the answer."""
        begun = time.perf_counter()
        answer = self.http.post(f"/api/transcripts/long/{path}", json={"base": self.version, **body})
        seconds = time.perf_counter() - begun
        assert answer.status_code == 200, answer.text
        data = answer.json()
        self.version = data["version"]
        return seconds, data

    def get(self) -> tuple[float, bytes]:
        """Fetch the transcript; give the seconds and the body."""
        begun = time.perf_counter()
        body = self.http.get("/api/transcripts/long").content
        return time.perf_counter() - begun, body


def decide(page: Page, suggestions: list[str], acts: int) -> list[float]:
    """Send acts of all kinds in turn; give the seconds that each took."""
    keys, seconds = iter(suggestions), []
    for number in range(acts):
        kind = number % 5
        if kind == 0:
            took, _ = page.post("acts", act="accept", suggestion=next(keys))
        elif kind == 1:
            took, _ = page.post("acts", act="reject", suggestion=next(keys))
        elif kind == 2:
            took, _ = page.post("acts", act="recode", suggestion=next(keys), code="goals")
        elif kind == 3:
            took, _ = page.post("acts", act="code", start=10 * number, end=10 * number + 30, code="emotion")
        else:
            took, _ = page.post("undo")
        seconds.append(took)
    return seconds


def fsync_seconds(folder: Path, times: int = 50) -> float:
    """Give the median time of writing 4 kB to this disk for good."""
    took = []
    with (folder / "fsync").open("wb") as file:
        for _ in range(times):
            begun = time.perf_counter()
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())
            took.append(time.perf_counter() - begun)
    return median(took)


def _next_link(server: subprocess.Popen[str]) -> str:
    """Wait for the link that the server prints when the one before was used."""
    while "?token=" not in (line := server.stdout.readline()):
        assert line, "the server has ended"
    return line


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--segments", type=int, default=20_000)
    parser.add_argument("--acts", type=int, default=400)
    asked = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "study"
        make_study(folder, asked.segments)
        begun = time.perf_counter()
        command = [sys.executable, "-m", "comb", "review", "--no-browser", "--coder", "Ann"]
        environment = os.environ | {"PYTHONPATH": str(ROOT / "pipeline")}
        with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True) as server:
            page = Page(re.search(r"http\S+", server.stdout.readline())[0])
            started = time.perf_counter() - begun
            first, body = page.get()
            later = [page.get()[0] for _ in range(5)]
            data = json.loads(body)
            seconds = decide(page, [item["id"] for item in data["suggestions"]], asked.acts)
            after, _ = page.get()
            bulk_needed = [i["id"] for i in data["suggestions"] if i["code"] == "skills"][-10:]
            for key in bulk_needed:
                page.post("acts", act="accept", suggestion=key)
            bulk, answer = page.post("acts", act="bulk_accept", code="skills", score=0.0)
            undo, _ = page.post("undo")
            shown = page_figures(re.search(r"http\S+", _next_link(server))[0], "long")
            server.terminate()
        result = {
            "start_s": started,
            "transcript_mb": len(body) / 1e6,
            "first_get_ms": first * 1e3,
            "later_get_ms": median(later) * 1e3,
            "get_after_acts_ms": after * 1e3,
            "decision_median_ms": median(seconds) * 1e3,
            "decision_p95_ms": quantiles(seconds, n=20)[-1] * 1e3,
            "decision_worst_ms": max(seconds) * 1e3,
            "bulk_accept": len(answer["codings"]),
            "bulk_accept_ms": bulk * 1e3,
            "bulk_undo_ms": undo * 1e3,
            "fsync_ms": fsync_seconds(Path(name)) * 1e3,
            **shown,
        }
    print(json.dumps({key: round(value, 2) for key, value in result.items()}, indent=1))


if __name__ == "__main__":
    main()
