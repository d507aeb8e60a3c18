"""DVC in a study that git keeps, with the real DVC and the fake encoder: runs compared, outputs in a remote."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from comb.study.git import TRACKED
from comb.study.layout import Study
from tests.conftest import ROOT
from tests.whole_study import fill

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not shutil.which("git") or os.name == "nt", reason="git and a POSIX shell are needed"),
]
COMB = f"""#!/bin/sh
case "$1" in
  tune) mkdir -p models/tuned; exit 0 ;;
  encoder)
    mkdir -p models/encoder
    printf '{{"id": "fake", "dimension": 24, "max_tokens": 99}}' > models/encoder/encoder.json
    exit 0 ;;
esac
exec "{sys.executable}" -m tests.whole_study "$@"
"""
OWN = ("raw", "codings", "new", "reference", "synthesis", "speakers.csv", "participants.csv", "attributes.csv")
"""What researchers put into data."""
COPIED = " ".join(f"-C data/{name}" for name in OWN)


class Shell:
    """Runs commands in a folder, where comb has the fake encoder."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self.folder = folder
        who = {f"GIT_{role}_{what}": "a@b.c" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        path = os.pathsep.join([str(programs), str(Path(sys.executable).parent), os.environ["PATH"]])
        python = os.pathsep.join([str(ROOT / "pipeline"), str(ROOT)])
        self.environment = {**os.environ, **who, "PATH": path, "PYTHONPATH": python, "DVC_NO_ANALYTICS": "1"}

    def __call__(self, command: str) -> str:
        done = subprocess.run(
            command, shell=True, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    def json(self, command: str) -> Any:
        return json.loads(self(f"{command} --json"))


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """A study that was run with six coded transcripts, saved, and run again with seven."""
    programs = tmp_path_factory.mktemp("programs")
    (programs / "comb").write_text(COMB)
    (programs / "comb").chmod(0o755)
    folder = tmp_path_factory.mktemp("dvc") / "my étude"
    folder.mkdir()
    shell = Shell(folder, programs)
    shell("comb init .")
    params = (folder / "configs/params.yaml").read_text(encoding="utf-8")
    fill(Study(folder), 7)
    for old, new in {
        "min_examples: 3 ": "min_examples: 5 ",
        "folds: 5": "folds: 2",
        "bootstrap: 2000": "bootstrap: 100",
    }.items():
        assert old in params
        params = params.replace(old, new)
    (folder / "configs/params.yaml").write_text(params, encoding="utf-8")
    tables = {path: path.read_bytes() for path in (folder / "data/codings").glob("?.csv")}
    for path, content in tables.items():
        path.write_bytes(b"".join(line for line in content.splitlines(True) if not line.startswith(b"talk 6")))
    shell("dvc repro")
    shell('comb history --save "six interviews"')
    for path, content in tables.items():
        path.write_bytes(content)
    shell("dvc repro")
    return shell


def test_git_holds_what_runs_are_compared_by_and_no_transcript(shell: Shell) -> None:
    assert set(shell("git ls-files -z").split("\0")) - {""} == set(TRACKED)
    changed = {line[3:] for line in shell("git status --porcelain --untracked-files=all").splitlines()}
    assert changed == {"dvc.lock", "data/processed/metrics/summary.json", "data/processed/plots/codes.csv"}
    lock = (shell.folder / "dvc.lock").read_text(encoding="utf-8")
    assert "talk" not in lock
    assert "new one" not in lock
    assert "no_scm" not in (shell.folder / ".dvc/config").read_text(encoding="utf-8")
    assert list((shell.folder / ".git/hooks").glob("*")) == [], "no hook of DVC"


def test_metrics_of_two_runs_are_compared(shell: Shell) -> None:
    found = shell.json("dvc metrics diff")["data/processed/metrics/summary.json"]
    assert found["transcripts"] == {"old": 6, "new": 7, "diff": 1}
    everything = shell.json("dvc metrics diff --all")["data/processed/metrics/summary.json"]
    assert {"cohen_kappa", "cohen_kappa_low", "macro_f1", "human_cohen_kappa", "codes_suggested"} <= set(everything)
    assert all(
        isinstance(row["old"], int | float) and isinstance(row["new"], int | float) for row in everything.values()
    )
    lines = shell("dvc metrics show --md").splitlines()
    assert max(map(len, lines)) < 1000


def test_experiments_show_the_figures_of_both(shell: Shell) -> None:
    rows = [line.split(",") for line in shell("dvc exp show --csv").splitlines()]
    column = (
        rows[0].index("transcripts")
        if "transcripts" in rows[0]
        else rows[0].index("data/processed/metrics/summary.json:transcripts")
    )
    figures = {row[0]: row[column] for row in rows[1:]}
    assert float(figures["workspace"]) == 7
    assert [float(value) for name, value in figures.items() if name != "workspace"][:1] == [6]


def test_plots_of_both_runs_are_drawn(shell: Shell) -> None:
    page = shell("dvc plots diff HEAD workspace --out plots-of-two").strip()
    assert page.startswith("file://")
    text = (shell.folder / "plots-of-two" / "index.html").read_text(encoding="utf-8")
    assert text.count('"rev": "HEAD"') >= 3
    assert text.count('"rev": "workspace"') >= 3
    assert "talk" not in text


def test_an_experiment_in_a_folder_of_its_own(shell: Shell) -> None:
    """As ``dvc queue`` runs it: what git does not hold is copied there."""
    printed = shell(f'dvc exp run --temp --name fewer {COPIED} -S "configs/params.yaml:suggest.evidence=1"')
    assert "suggest" in printed
    assert "fewer" in shell("dvc exp show --csv")


def test_outputs_go_to_a_remote_and_come_back(shell: Shell, tmp_path: Path) -> None:
    shell(f"dvc remote add --force --default store '{tmp_path / 'store'}'")
    shell('comb history --save "seven interviews"')
    shell("dvc push")
    assert "store" in (shell.folder / ".dvc/config").read_text(encoding="utf-8")
    assert shell("git status --porcelain") == ""
    clone = Shell(tmp_path / "clone", Path(shell.environment["PATH"].split(os.pathsep)[0]))
    shell(f"git clone -q . '{clone.folder}'")
    for name in OWN:
        source, target = shell.folder / "data" / name, clone.folder / "data" / name
        (shutil.copytree if source.is_dir() else shutil.copyfile)(source, target)
    clone("dvc pull")
    ran = [line for line in clone("dvc repro").splitlines() if line.startswith("> ")]
    assert ran == ["> comb versions"]
    assert clone("git status --porcelain") == ""
    assert (clone.folder / "data/processed/metrics/evaluate.json").exists()
