"""DVC in a study that git keeps, with the real DVC: runs compared, outputs in a remote."""

import csv
import os
import shutil
from pathlib import Path

import pytest

from comb.study.git import TRACKED
from tests.stages.dvc_study import Shell, new_study

pytest.importorskip("onnx", reason="the extra 'train' is not installed")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not shutil.which("git") or os.name == "nt", reason="git and a POSIX shell are needed"),
]
OWN = ("raw", "codings", "new", "reference", "synthesis", "speakers.csv", "participants.csv", "attributes.csv")
"""What researchers put into data."""
COPIED = " ".join(f"-C data/{name}" for name in OWN)


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """A study that was run with six coded transcripts, saved, and run again with seven."""
    shell = new_study(tmp_path_factory.mktemp("dvc"), 7)
    tables = {path: path.read_bytes() for path in (shell.folder / "data/codings").glob("?.csv")}
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
    rows = list(csv.DictReader(shell("dvc exp show --csv").splitlines()))
    workspace, commit = rows[0], rows[1]
    assert (workspace["rev"], workspace["transcripts"], workspace["cohen_kappa"]) == ("workspace", "7", "1.0")
    assert (commit["transcripts"], commit["cohen_kappa"]) == ("6", "1.0")


def test_plots_of_both_runs_are_drawn(shell: Shell) -> None:
    page = shell("dvc plots diff HEAD workspace --out plots-of-two").strip()
    assert page.startswith("file://")
    text = (shell.folder / "plots-of-two" / "index.html").read_text(encoding="utf-8")
    assert text.count('"rev": "HEAD"') >= 3
    assert text.count('"rev": "workspace"') >= 3
    assert "talk" not in text


def test_an_experiment_in_a_folder_of_its_own(shell: Shell) -> None:
    """As ``dvc queue`` runs it: what git does not hold is copied there."""
    notes = 'DVC_SITE_CACHE_DIR="$PWD/.comb/dvc"'
    printed = shell(f'{notes} dvc exp run --temp --name fewer {COPIED} -S "configs/params.yaml:suggest.evidence=1"')
    assert "suggest" in printed
    assert "fewer" in shell("dvc exp show --csv")


def test_outputs_go_to_a_remote_and_come_back(shell: Shell, tmp_path: Path) -> None:
    shell(f"dvc remote add --force --default store '{tmp_path / 'store'}'")
    shell('comb history --save "seven interviews"')
    shell("dvc push")
    assert "store" in (shell.folder / ".dvc/config").read_text(encoding="utf-8")
    assert shell("git status --porcelain") == ""
    clone = Shell(tmp_path / "clone", shell.programs)
    shell(f"git clone -q . '{clone.folder}'")
    for name in OWN:
        source, target = shell.folder / "data" / name, clone.folder / "data" / name
        (shutil.copytree if source.is_dir() else shutil.copyfile)(source, target)
    clone("dvc pull")
    ran = [line for line in clone("dvc repro").splitlines() if line.startswith("> ")]
    assert ran == ["> comb versions"]
    assert clone("git status --porcelain") == ""
    assert (clone.folder / "data/processed/metrics/evaluate.json").exists()
