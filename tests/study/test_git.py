"""The git repository of a study: what it holds, who commits, and what happens where there is none."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from comb.encoder import embed
from comb.review.storage.database import Database
from comb.study import git, new
from comb.study.layout import Study
from tests.conftest import Comb, FakeEncoder
from tests.whole_study import STAGES, WORDS, fill

pytestmark = pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")


def run_git(folder: Path, *words: str, code: int = 0) -> str:
    done = subprocess.run(["git", "-C", folder, *words], capture_output=True, check=False)
    assert done.returncode == code, done.stderr
    return done.stdout.decode()


def tracked(folder: Path) -> set[str]:
    return set(run_git(folder, "ls-files", "-z").split("\0")) - {""}


def commits(folder: Path) -> list[str]:
    return run_git(folder, "log", "--format=%s").splitlines()


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Somebody who has never told git who they are, with hooks that forbid everything; return the global config."""
    home = tmp_path_factory.mktemp("home")
    config = home / ".gitconfig"
    (home / "hooks").mkdir()
    (home / "hooks" / "pre-commit").write_text("#!/bin/sh\nexit 1\n")
    (home / "hooks" / "pre-commit").chmod(0o755)
    config.write_text(
        f"[core]\n\thooksPath = {home}/hooks\n[commit]\n\tgpgsign = true\n[user]\n\tuseConfigOnly = true\n"
    )
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    return config


@pytest.fixture
def evaluated(comb: Comb, monkeypatch: pytest.MonkeyPatch, fake_encoder: FakeEncoder) -> Study:
    """A study in git that was evaluated once."""
    monkeypatch.setattr(embed, "OnnxEncoder", lambda *_: fake_encoder)
    comb("init", "study é")
    comb.folder /= "study é"
    study = Study(comb.folder)
    fill(study)
    for stage in STAGES[:4]:
        comb(*stage)
    return study


@pytest.fixture
def whole(evaluated: Study, comb: Comb) -> Study:
    """The same with a file of every kind that comb writes, and with what researchers leave beside them."""
    for stage in STAGES[4:]:
        comb(*stage)
    comb("transfer")
    comb("history", "--html", "history.html", "--picture", "history.png")
    comb("agree", "--html", "Ann and Bob.html", "--docx", "agreement.docx", "--json", "agreement.json")
    comb("suggest", "data/new/new one.txt", "--out", "suggested", "--format", "csv,jsonl,xlsx,docx,html")
    comb("export", "--format", "qdpx", "--out", "study.qdpx")
    Database.open(evaluated.review).close()
    for name in ("private/key.csv", "data/decisions.csv", "data/example/x.csv", "configs/params.yaml.bak", "anna.docx"):
        (evaluated.root / name).parent.mkdir(exist_ok=True)
        (evaluated.root / name).write_text(WORDS[0])
    (evaluated.root / "dvc.lock").write_text("schema: '2.0'\n")
    return evaluated


def test_git_keeps_what_is_listed_and_nothing_else(whole: Study) -> None:
    everything = {path for path in whole.root.rglob("*") if path.is_file() and ".git" not in path.parts}
    assert len(everything) > 60
    run_git(whole.root, "add", "-A")
    assert tracked(whole.root) == set(git.TRACKED)
    for name in git.TRACKED:
        text = (whole.root / name).read_text(encoding="utf-8")
        assert not any(word in text for word in (*WORDS, "talk 1", "new one", "P01")), name

    assert commits(whole.root) == [git.FIRST], "no stage commits"


def test_a_commit_of_comb_takes_no_more_and_leaves_what_is_staged(evaluated: Study, comb: Comb) -> None:
    (evaluated.root / "anna.docx").write_text(WORDS[0])
    run_git(evaluated.root, "add", "-f", "anna.docx")
    out = comb("history", "--save", "three more interviews")
    assert 'Run 1 is named "three more interviews" and committed to git.' in out
    assert commits(evaluated.root) == ["three more interviews", git.FIRST]
    held = set(run_git(evaluated.root, "ls-tree", "-r", "--name-only", "HEAD").splitlines())
    assert set(git.TRACKED) - held == {"dvc.lock", "data/processed/metrics/transfer-summary.json"}, "not made yet"
    assert held <= set(git.TRACKED)
    assert run_git(evaluated.root, "diff", "--cached", "--name-only").split() == ["anna.docx"]
    assert "git has nothing new to commit" in comb("history", "--save", "the same")


def test_what_participants_said_is_not_committed_with_the_codebook(evaluated: Study, comb: Comb) -> None:
    path = evaluated.root / "configs" / "codebook.yaml"
    codebook = yaml.safe_load(path.read_text(encoding="utf-8"))
    codebook["codes"][0]["examples"] = ["“Zebrafinch told me what\nthe letter meant, number 1 3!”"]
    path.write_text(yaml.safe_dump(codebook), encoding="utf-8")
    out = comb("history", "--save", "with an example", code=1)
    said = f"git would keep participants' words: texts of {codebook['codes'][0]['id']} occur in transcripts"
    assert said in out
    assert "Zebrafinch" not in out
    assert commits(evaluated.root) == [git.FIRST]
    assert '"note": ""' in (evaluated.history / "0001.json").read_text()


def test_the_first_commit_needs_no_identity_and_changes_no_setting(comb: Comb, nobody: Path) -> None:
    before = nobody.read_text()
    assert new.KEPT in comb("init", "s")
    assert run_git(comb.folder / "s", "log", "--format=%an <%ae>").strip() == "comb <comb@localhost>"
    assert nobody.read_text() == before
    assert "[user]" not in (comb.folder / "s" / ".git" / "config").read_text()
    assert not (comb.folder / "s" / ".git" / "hooks").exists()


def test_who_has_an_identity_commits_under_it(comb: Comb, nobody: Path) -> None:
    nobody.write_text("[user]\n\tname = Ann\n\temail = ann@uni.example\n")
    comb("init", "s")
    assert run_git(comb.folder / "s", "log", "--format=%an <%ae>").strip() == "Ann <ann@uni.example>"


def test_variables_of_another_repository_lead_nowhere(comb: Comb, monkeypatch: pytest.MonkeyPatch) -> None:
    comb("init", "one")
    other = comb.folder / "one"
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git" / "index"))
    comb("init", "two")
    monkeypatch.undo()
    assert commits(other) == [git.FIRST]
    assert commits(comb.folder / "two") == [git.FIRST]


def no_scm(folder: Path) -> bool:
    return "no_scm = true" in (folder / ".dvc" / "config").read_text()


def test_without_git_there_is_a_study_all_the_same(comb: Comb, monkeypatch: pytest.MonkeyPatch) -> None:
    assert new.WITHOUT in comb("init", "asked", "--no-git")
    monkeypatch.setattr(git.shutil, "which", lambda name: None)
    assert new.MISSING in comb("init", "missing")
    assert all(no_scm(comb.folder / name) for name in ("asked", "missing"))


def test_a_git_that_fails_is_told_in_one_line(comb: Comb, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(git.shutil, "which", lambda name: sys.executable)
    out = comb("init", "s")
    assert out.splitlines()[-1] == new.FAILED
    assert no_scm(comb.folder / "s")


def test_in_a_repository_nothing_is_committed(comb: Comb) -> None:
    run_git(comb.folder, "init", "-q")
    assert new.INSIDE in comb("init", "s")
    assert not (comb.folder / "s" / ".git").exists()
    assert not no_scm(comb.folder / "s")
    assert run_git(comb.folder, "status", "--porcelain").split() == ["??", "s/"]
    run_git(comb.folder, "add", "-A")
    assert tracked(comb.folder) == {f"s/{name}" for name in git.TRACKED if not name.startswith(("data", "dvc.lock"))}


def test_a_repository_that_ignores_the_folder_is_left_to_itself(comb: Comb) -> None:
    run_git(comb.folder, "init", "-q")
    (comb.folder / ".gitignore").write_text("studies/\n")
    assert new.IGNORED in comb("init", "studies/s")
    assert no_scm(comb.folder / "studies" / "s"), "DVC refuses a lock file that git ignores"


def test_a_gitignore_of_ones_own_that_lets_transcripts_in_is_told(comb: Comb) -> None:
    (comb.folder / "s").mkdir()
    (comb.folder / "s" / ".gitignore").write_text("*.tmp\n")
    assert new.OPEN in comb("init", "s")
    run_git(comb.folder / "s", "log", code=128)
    assert (comb.folder / "s" / ".gitignore").read_text() == "*.tmp\n"


def test_init_again_leaves_git_as_it_is(comb: Comb) -> None:
    comb("init", "s")
    (comb.folder / "s" / "configs" / "params.yaml").write_text("train: {seed: 2}\n")
    assert new.ALREADY in comb("init", "s")
    assert commits(comb.folder / "s") == [git.FIRST]
    comb("init", "n", "--no-git")
    comb("init", "n")
    assert no_scm(comb.folder / "n")
    assert not (comb.folder / "n" / ".git").exists()


def test_versions_of_the_codebook_are_kept_and_nothing_beside_them(comb: Comb) -> None:
    comb("init", "s")
    comb.folder /= "s"
    comb("codebook", "rename", "goals", "aims")
    history = comb.folder / "configs" / "codebook-history"
    (history / "P01.txt").write_text("what somebody said", encoding="utf-8")
    assert git.commit(comb.folder, "A new word")
    run_git(comb.folder, "add", "-A")
    kept = {name for name in tracked(comb.folder) if "history" in name}
    assert kept == {f"configs/codebook-history/{name}" for name in ("history.csv", "0000.yaml", "0001.yaml")}
