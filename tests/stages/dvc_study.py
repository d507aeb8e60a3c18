"""A study of its own folder on which the real DVC runs the real stages, with an encoder of a few kilobytes."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from comb.study.layout import Study
from tests.conftest import ROOT
from tests.scale.tiny import PROGRAM
from tests.whole_study import fill

COMB = f"""#!/bin/sh
case "$1" in
  tune) mkdir -p models/tuned; exit 0 ;;
  encoder) exec {" ".join(PROGRAM)} models/encoder ;;
esac
exec "{sys.executable}" -m comb "$@"
"""
QUICK = {"min_examples: 3 ": "min_examples: 5 ", "folds: 5": "folds: 2", "bootstrap: 2000": "bootstrap: 100"}


class Shell:
    """Runs commands in a folder, where ``comb encoder`` writes the small encoder and ``comb tune`` nothing."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self.folder, self.programs = folder, programs
        who = {f"GIT_{role}_{what}": "a@b.c" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        path = os.pathsep.join([str(programs), str(Path(sys.executable).parent), os.environ["PATH"]])
        python = os.pathsep.join([str(ROOT / "pipeline"), str(ROOT)])
        self.environment = {**os.environ, **who, "PATH": path, "PYTHONPATH": python, "DVC_NO_ANALYTICS": "1"}

    def __call__(self, command: str) -> str:
        """Run a command, which must succeed; return what it printed."""
        done = subprocess.run(
            command, shell=True, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    def json(self, command: str) -> Any:
        """Run a command of DVC; return what it printed as JSON."""
        return json.loads(self(f"{command} --json"))


def new_study(base: Path, transcripts: int) -> Shell:
    """Make a study with coded transcripts whose pipeline runs quickly; nothing of it has run yet."""
    programs = base / "programs"
    programs.mkdir()
    (programs / "comb").write_text(COMB)
    (programs / "comb").chmod(0o755)
    shell = Shell(base / "my study", programs)  # dvc exp run --temp fails where a name is not ASCII
    shell.folder.mkdir()
    shell("comb init .")
    file = shell.folder / "configs" / "params.yaml"
    params = file.read_text(encoding="utf-8")
    fill(Study(shell.folder), transcripts)
    for old, new in QUICK.items():
        assert old in params
        params = params.replace(old, new)
    file.write_text(params, encoding="utf-8")
    return shell
