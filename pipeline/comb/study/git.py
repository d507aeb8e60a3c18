"""A study's git repository: only params, codebook, locks and figures, so that runs can be compared.

The program git is run without hooks, prompts and signatures, and no setting of the user is changed. Any problem with it
is reported in a sentence; a study works without git.
"""

import os
import shutil
import subprocess
from pathlib import Path

TRACKED = (
    ".gitignore",
    ".dvc/config",
    "dvc.yaml",
    "dvc.lock",
    "configs/params.yaml",
    "configs/codebook.yaml",
    "configs/llm-prompt.txt",
    "data/processed/metrics/summary.json",
    "data/processed/metrics/transfer-summary.json",
    "data/processed/plots/codes.csv",
)
"""Files of a study that git tracks, besides ``HISTORY``; ``.gitignore`` hides every other file, whatever its name and
place."""
HISTORY = ("configs/codebook-history/history.csv", "configs/codebook-history/[0-9][0-9][0-9][0-9].yaml")
"""The versions of the codebook."""
_OF_ANOTHER = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX")
"""Variables by which a git hook that calls comb would lead to its own repository."""
_PLAIN = ("-c", "core.hooksPath=/dev/null", "-c", "commit.gpgsign=false", "-c", "core.fsmonitor=false")
_NEUTRAL = ("-c", "user.name=comb", "-c", "user.email=comb@localhost")
FIRST = "A new study"
"""Message of the first commit."""


def in_work_tree(folder: Path) -> bool:
    """Return whether a folder, which need not exist yet, lies in a git repository."""
    here = folder.resolve()
    return any((parent / ".git").exists() for parent in (here, *here.parents))


def is_installed() -> bool:
    """Return whether git is installed."""
    return shutil.which("git") is not None


def make_repository(folder: Path) -> bool:
    """Make a repository in a new folder, and return whether that worked."""
    return _git(folder, "init", "--quiet", "--template=") is not None


def commit(folder: Path, message: str) -> bool | None:
    """Commit the tracked files of a study; return False if nothing changed, None if git refused.

    Other changes that the user has staged stay staged.
    """
    versions = [path.relative_to(folder).as_posix() for pattern in HISTORY for path in sorted(folder.glob(pattern))]
    kept = [name for name in (*TRACKED, *versions) if (folder / name).is_file() and not is_ignored(folder, name)]
    if _git(folder, "add", "--", *kept) is None:
        return None
    if _git(folder, "diff", "--cached", "--quiet", "--", *kept) is not None:
        return False
    known = _git(folder, "config", "user.name") and _git(folder, "config", "user.email")
    words = ("commit", "--quiet", "--no-verify", "--message", message, "--only", "--", *kept)
    return True if _git(folder, *(() if known else _NEUTRAL), *words) is not None else None


def is_ignored(folder: Path, name: str) -> bool:
    """Return whether git hides a file of a study that lies in a repository."""
    return _git(folder, "check-ignore", "--quiet", "--no-index", "--", name) is not None


def _git(folder: Path, *words: str) -> str | None:
    """Run git in a folder; return what it said, None if it failed or is not there."""
    program = shutil.which("git")
    if program is None:
        return None
    environment = {name: value for name, value in os.environ.items() if name not in _OF_ANOTHER}
    environment["GIT_TERMINAL_PROMPT"] = "0"
    try:
        done = subprocess.run(  # noqa: S603  (git itself, without hooks)
            [program, "-C", str(folder), *_PLAIN, *words],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            check=True,
            timeout=60,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout
