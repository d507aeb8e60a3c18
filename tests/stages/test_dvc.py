"""DVC end to end: what runs again after a change, and what does not."""

import re
import shutil
import sys

import pytest

from tests.stages.dvc_study import Shell, new_study
from tests.whole_study import interview

pytest.importorskip("onnx", reason="the extra 'train' is not installed")
pytestmark = pytest.mark.slow
AFTER_TRAINING = ["train", "evaluate", "agree", "suggest", "transfer", "synthesis"]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    return new_study(tmp_path_factory.mktemp("dvc"), 4)


def repro(project: Shell) -> list[str]:
    """Run the pipeline and list the stages that ran; ``versions`` always does."""
    first, *ran = re.findall(r"^> comb (\w+)", project("dvc repro"), re.MULTILINE)
    assert first == "versions"
    return ran


def upgrade(project: Shell, stage: str) -> None:
    """Let this stage have another version from now on, as after an upgrade of comb."""
    pipeline = project.folder / "dvc.yaml"
    text = pipeline.read_text(encoding="utf-8")
    command = f"cmd: comb versions && sed -i '/^{stage}/s/[0-9]*$/99/' data/interim/versions.yaml"
    pipeline.write_text(re.sub(r"cmd: comb versions.*", command, text), encoding="utf-8")


def test_the_pipeline_runs_then_only_what_a_change_touches(project: Shell) -> None:
    everything = ["encoder", "segment", "tune", "embed", "llm", *AFTER_TRAINING]
    assert sorted(repro(project)) == sorted(everything)
    assert repro(project) == []

    params = project.folder / "configs/params.yaml"
    params.write_text(params.read_text(encoding="utf-8").replace("evidence: 3", "evidence: 2"), encoding="utf-8")
    assert repro(project) == ["suggest"]
    assert "suggest.evidence" in project("dvc params diff")

    codings = project.folder / "data/codings/A.csv"
    lines = codings.read_text(encoding="utf-8").splitlines(keepends=True)
    codings.write_text("".join(lines[:-1]), encoding="utf-8")
    assert sorted(repro(project)) == sorted(["tune", "llm", *AFTER_TRAINING])

    # Nobody coded it: the head stays the same to the byte, and what depends on the head alone does not run.
    (project.folder / "data/raw/talk 9.txt").write_text(interview(9)[0], encoding="utf-8")
    assert sorted(repro(project)) == sorted(
        ["segment", "tune", "embed", "llm", "train", "evaluate", "agree", "synthesis"]
    )
    assert repro(project) == []

    # Who speaks is read with the transcripts; where it says nothing new, nothing else runs.
    speakers = project.folder / "data/speakers.csv"
    speakers.write_text(f"{speakers.read_text(encoding='utf-8')}talk 9,P09,participant,\n", encoding="utf-8")
    assert sorted(repro(project)) == sorted(["segment", "llm", "suggest", "transfer"])
    assert repro(project) == []

    # An upgrade of comb changes the number of a stage: that stage and what depends on it run again, and nothing else.
    upgrade(project, "suggest")
    assert repro(project) == ["suggest"]
    upgrade(project, "transfer")
    assert sorted(repro(project)) == ["suggest", "transfer"]

    assert "macro_f1" in project("dvc metrics show")
    assert "file://" in project("dvc plots show")


def test_users_files_stay_out_of_git(project: Shell) -> None:
    tracked = set(project("git ls-files").split("\n"))
    assert not {name for name in tracked if name.startswith(("data/", "models/", ".comb"))}
    untracked = project("git status --porcelain --untracked-files=all")
    assert "talk" not in untracked
    assert "embeddings" not in untracked


def test_experiments_run(project: Shell) -> None:
    project("git add -A && git commit -qm done")
    printed = project('dvc exp run -S "configs/params.yaml:suggest.evidence=1"')
    assert "suggest" in printed
    assert "suggest.evidence" in project("dvc exp show --csv") or "evidence" in project("dvc exp show --csv")


def test_dvc_calls_nobody(project: Shell) -> None:
    config = (project.folder / ".dvc/config").read_text(encoding="utf-8")
    assert "analytics = false" in config
    assert "check_update = false" in config


@pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")
def test_suggest_imports_nothing_that_takes_seconds(project: Shell) -> None:
    code = (
        "import sys; from comb.cli import run; code = run(['suggest', 'data/new/new one.txt', '--out', 'x']);"
        "sys.exit(code or any(name in sys.modules for name in ('torch', 'transformers', 'pandas', 'scipy', 'sklearn')))"
    )
    project(f'{sys.executable} -c "{code}"')
