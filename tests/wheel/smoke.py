"""Install the built wheel into an empty environment, outside the checkout, and use it as a researcher would.

Run by ``make wheel``, which builds the documentation first. First the base install (no torch): everything but exporting
an encoder must work or say in one line what to install. Then the extra ``train``: a study from coded interviews to
suggestions and the review page.
"""

import csv
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
import venv
from pathlib import Path

ROOT = Path(__file__).parents[2]
BASE = """
import importlib, pkgutil, comb
for module in pkgutil.walk_packages(comb.__path__, "comb."):
    if not module.name.startswith("comb.__main__"):
        importlib.import_module(module.name)
print("all modules import")
"""
HELP = Path("pipeline", "comb", "help")
QUESTION = "INT: What about the tablets, number {n}?"
ANSWERS = (
    ("P{n}: I never remember the evening one, day {n}.", "memory_attention_decision", "barrier"),
    ("P{n}: My wife puts them out for me, all {n} of them.", "social_influences", "facilitator"),
    ("P{n}: The chemist is too far away, {n} miles.", "environment_resources", "barrier"),
    ("P{n}: So that was my week, week {n}.", "", ""),
)


class Environment:
    """An empty virtual environment in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        venv.create(folder / "venv", with_pip=True)
        self.bin = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
        kept = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV", "PYTHONHOME")}
        self.env = {**kept, "PATH": f"{self.bin}{os.pathsep}{kept['PATH']}", "DVC_NO_ANALYTICS": "1"}

    def __call__(self, *command: str, cwd: Path, code: int = 0, says: str = "") -> None:
        """Run a command of the environment; stop unless it ends with ``code`` and says what it should."""
        print("$", *command, flush=True)
        program = str(self.bin / command[0])
        done = subprocess.run([program, *command[1:]], cwd=cwd, env=self.env, capture_output=True, text=True)
        if done.returncode != code or says not in done.stdout + done.stderr:
            wanted = f"exit code {code} and {says!r}"
            sys.exit(f"exit code {done.returncode}, not {wanted}:\n{done.stdout}\n{done.stderr}")


def requirement(name: str) -> str:
    """Return the pinned requirement of a package."""
    found = re.search(rf"^{name}==.*$", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.M)
    assert found, name
    return found.group()


def build(folder: Path) -> Path:
    """Build the wheel from what git tracks and the built documentation, so that nothing else gets into it."""
    source = folder / "source"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(source)], check=True)
    shutil.copytree(ROOT / HELP, source / HELP)
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(folder), str(source)]
    subprocess.run(command, check=True)
    (wheel,) = folder.glob("comb_coder-*.whl")
    shutil.rmtree(source)
    return wheel


def fill(study: Path) -> None:
    """Write six interviews with codings, and one new interview."""
    rows = []
    for number in range(6):
        turns = [
            (QUESTION.format(n=n), *(part.format(n=n) if i == 0 else part for i, part in enumerate(answer)))
            for n in range(number, number + 8)
            for answer in ANSWERS
        ]
        text = "\n".join(f"{question}\n{said}" for question, said, _, _ in turns)
        name = f"interview {number}"
        (study / "data" / "raw" / f"{name}.txt").write_text(text, encoding="utf-8")
        for _, said, code, valence in turns:
            rows.append([name, said.partition(": ")[2], code, valence, "Ann"])
    with (study / "data" / "codings" / "ann.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(
            [["transcript", "quote", "code", "valence", "coder"], *dict.fromkeys(map(tuple, rows))]
        )
    new = "INT: And you?\nP9: I never remember it in the evening.\nINT: Who helps?\nP9: My wife puts them out."
    (study / "data" / "new" / "new é.txt").write_text(new, encoding="utf-8")
    params = study / "configs" / "params.yaml"
    params.write_text(
        params.read_text(encoding="utf-8").replace("min_examples: 3 ", "min_examples: 8 "), encoding="utf-8"
    )


def page_answers(run: Environment, study: Path) -> None:
    """Start the review page, open its link, and stop it."""
    command = [str(run.bin / "comb"), "review", "--no-browser", "--coder", "Ann"]
    server = subprocess.Popen(
        command, cwd=study, env=run.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        deadline, link = time.monotonic() + 60, None
        while link is None and time.monotonic() < deadline:
            line = server.stdout.readline()
            link = re.search(r"http://\S+", line)
        if link is None:
            sys.exit("comb review printed no link")
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        with opener.open(link.group()) as answer:
            assert b"comb" in answer.read()
        for path in ("/static/app.js", "/static/base.css", "/help/", "/help/reference/generated/params.html"):
            with opener.open("/".join(link.group().split("/")[:3]) + path) as answer:
                assert len(answer.read()) > 100, path
    finally:
        server.terminate()
        server.wait(20)


def main() -> None:
    """Install, then use."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wheel = build(folder)
        run = Environment(folder)
        pip = ("python", "-m", "pip", "install", "-q", "--disable-pip-version-check")
        constraint = ("-c", str(ROOT / "requirements.lock"))
        run(*pip, *constraint, str(wheel), cwd=folder)
        run("comb", "--version", cwd=folder, says="comb 0")
        run("python", "-c", BASE, cwd=folder, says="all modules import")
        run("comb", "docs", "--no-browser", cwd=folder, says="/help/index.html")
        run("comb", "init", "a study é", cwd=folder)
        study = folder / "a study é"
        fill(study)
        run("comb", "segment", cwd=study, says="6 transcripts")
        run("comb", "encoder", cwd=study, code=1, says="comb-coder[train]")
        run("comb", "doctor", cwd=study, says="the extra 'train' is not installed")
        # Outside a study, without an encoder: the trial's made-up interview must be in the wheel.
        run("comb", "doctor", "--privacy", "--hook", cwd=folder, code=1, says="everything that needs an encoder")
        run(*pip, requirement("torch"), cwd=folder)
        run(*pip, *constraint, f"{wheel}[train]", cwd=folder)
        run("dvc", "repro", cwd=study)
        formats = "csv,xlsx,docx,html,qdpx"
        run("comb", "suggest", "data/new/new é.txt", "--out", "out", "--format", formats, cwd=study, says="new é")
        assert {p.suffix for p in (study / "out").iterdir()} == {".csv", ".xlsx", ".docx", ".html", ".qdpx"}
        page_answers(run, study)
    print("the wheel works: 1 passed")


if __name__ == "__main__":
    main()
