"""DVC end to end, with the real encoder: what runs again after a change, and what does not."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.stages.test_pipeline import interview, write_codings

pytest.importorskip("torch", reason="the extra 'train' is not installed")
pytestmark = pytest.mark.slow
AFTER_TRAINING = ["train", "evaluate", "agree", "suggest", "transfer", "synthesis"]


class Project:
    """A study in a git repository, and the commands that are run in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        mail = {f"GIT_{who}_{what}": "a@b.c" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        self.environment = {**os.environ, "PATH": path, **mail}

    def __call__(self, command: str) -> str:
        done = subprocess.run(
            command, shell=True, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def repro(self) -> list[str]:
        """Run the pipeline and list the stages that ran; ``versions`` always does."""
        first, *ran = re.findall(r"^> comb (\w+)", self("dvc repro"), re.MULTILINE)
        assert first == "versions"
        return ran


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Project:
    folder = tmp_path_factory.mktemp("dvc") / "my study"
    folder.mkdir()
    project = Project(folder)
    project("git init -q && comb init .")
    rows = []
    for number in range(4):
        text, codings = interview(number)
        (folder / "data/raw" / f"talk {number}.txt").write_text(text, encoding="utf-8")
        rows += codings
    write_codings(folder / "data/codings/A.csv", rows)
    (folder / "data/new/new.txt").write_text(interview(4)[0], encoding="utf-8")
    params = (folder / "configs/params.yaml").read_text(encoding="utf-8")
    changes = {"min_examples: 3 ": "min_examples: 5 ", "folds: 5": "folds: 2", "bootstrap: 2000": "bootstrap: 100"}
    for old, new in changes.items():
        assert old in params
        params = params.replace(old, new)
    (folder / "configs/params.yaml").write_text(params, encoding="utf-8")
    project("git add -A && git commit -qm study")
    return project


def upgrade(project: Project, stage: str) -> None:
    """Let this stage have another version from now on, as after an upgrade of comb."""
    pipeline = project.folder / "dvc.yaml"
    text = pipeline.read_text(encoding="utf-8")
    command = f"cmd: comb versions && sed -i '/^{stage}/s/[0-9]*$/99/' data/interim/versions.yaml"
    pipeline.write_text(re.sub(r"cmd: comb versions.*", command, text), encoding="utf-8")


def test_the_pipeline_runs_then_only_what_a_change_touches(project: Project) -> None:
    everything = ["encoder", "segment", "tune", "embed", "llm", *AFTER_TRAINING]
    assert sorted(project.repro()) == sorted(everything)
    assert project.repro() == []

    params = project.folder / "configs/params.yaml"
    params.write_text(params.read_text(encoding="utf-8").replace("evidence: 3", "evidence: 2"), encoding="utf-8")
    assert project.repro() == ["suggest"]
    assert "suggest.evidence" in project("dvc params diff")

    codings = project.folder / "data/codings/A.csv"
    lines = codings.read_text(encoding="utf-8").splitlines(keepends=True)
    codings.write_text("".join(lines[:-1]), encoding="utf-8")
    assert sorted(project.repro()) == sorted(["tune", "llm", *AFTER_TRAINING])

    # Nobody coded it: the head stays the same to the byte, and what depends on the head alone does not run.
    (project.folder / "data/raw/talk 9.txt").write_text(interview(9)[0], encoding="utf-8")
    assert sorted(project.repro()) == sorted(
        ["segment", "tune", "embed", "llm", "train", "evaluate", "agree", "synthesis"]
    )
    assert project.repro() == []

    # Who speaks is read with the transcripts; where it says nothing new, nothing else runs.
    speakers = project.folder / "data/speakers.csv"
    speakers.write_text(f"{speakers.read_text(encoding='utf-8')}talk 9,P09,participant,\n", encoding="utf-8")
    assert sorted(project.repro()) == sorted(["segment", "llm", "suggest", "transfer"])
    assert project.repro() == []

    # An upgrade of comb changes the number of a stage: that stage and what depends on it run again, and nothing else.
    upgrade(project, "suggest")
    assert project.repro() == ["suggest"]
    upgrade(project, "transfer")
    assert sorted(project.repro()) == ["suggest", "transfer"]

    assert "macro_f1" in project("dvc metrics show")
    assert "file://" in project("dvc plots show")


def test_users_files_stay_out_of_git(project: Project) -> None:
    tracked = set(project("git ls-files").split("\n"))
    assert not {name for name in tracked if name.startswith(("data/", "models/", ".comb"))}
    untracked = project("git status --porcelain --untracked-files=all")
    assert "talk" not in untracked
    assert "embeddings" not in untracked


def test_experiments_run(project: Project) -> None:
    project("git add -A && git commit -qm done")
    printed = project('dvc exp run -S "configs/params.yaml:suggest.evidence=1"')
    assert "suggest" in printed
    assert "suggest.evidence" in project("dvc exp show --csv") or "evidence" in project("dvc exp show --csv")


def test_dvc_calls_nobody(project: Project) -> None:
    config = (project.folder / ".dvc/config").read_text(encoding="utf-8")
    assert "analytics = false" in config
    assert "check_update = false" in config


@pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")
def test_suggest_imports_nothing_that_takes_seconds(project: Project) -> None:
    code = (
        "import sys; from comb.cli import run; code = run(['suggest', 'data/new/new.txt', '--out', 'x']);"
        "sys.exit(code or any(name in sys.modules for name in ('torch', 'transformers', 'pandas', 'scipy', 'sklearn')))"
    )
    project(f'{sys.executable} -c "{code}"')
