"""DVC's record of a study: ask which stages are up to date, and record stages that were run without ``dvc repro``.

Stages that comb runs itself replace their files atomically, so that they can be cancelled at any time; ``dvc repro``
removes a stage's files before it runs it. Nothing is sent from here: only DVC's command line does that, if it is
allowed.
"""

from collections.abc import Callable
from contextlib import chdir
from pathlib import Path
from typing import Any

from comb.study.layout import Study

COMMANDS = {"llm": "comb llm code", "agreement": "comb agree --json data/processed/agreement.json"}
"""Beginnings of the commands of stages that are not ``comb`` and the stage's name."""


class DvcRecord:
    """DVC's record of a study; if DVC cannot be asked, no stage counts as up to date.

    DVC uses the working folder, which is changed to the study's meanwhile; therefore only for processes with one
    thread.
    """

    def __init__(self, study: Study) -> None:
        self._root = study.root
        self._repo = self._asked(lambda: _opened(study.root))

    @property
    def usable(self) -> bool:
        """Whether DVC can be asked."""
        return self._repo is not None

    def up_to_date(self, stage: str) -> bool:
        """Return whether the inputs and outputs of a stage are unchanged since its last run."""
        return self._is_ours(stage) and self._asked(lambda: self._repo.status(targets=[stage])) == {}

    def note_done(self, stage: str) -> bool:
        """Record in DVC that a stage was run on the present files; return whether DVC could.

        If it could not, for example because a file named in ``dvc.yaml`` is missing, ``dvc repro`` runs the stage
        again.
        """
        return self._is_ours(stage) and bool(self._asked(lambda: self._repo.commit(target=stage, force=True)))

    def _is_ours(self, stage: str) -> bool:
        """Return whether ``dvc.yaml`` has the stage run comb's own command: a user may have put in something else."""
        command = self._asked(lambda: self._repo.stage.load_one(name=stage).cmd)
        return isinstance(command, str) and command.startswith(COMMANDS.get(stage, f"comb {stage}"))

    def _asked(self, question: Callable[[], Any]) -> Any:
        """Return DVC's answer; None if it has none: a training must not stop because DVC cannot record it."""
        with chdir(self._root):
            try:
                return question()
            except Exception:  # of DVC's many libraries, each with errors of its own
                return None


def _opened(root: Path) -> Any:
    """Open a study's DVC repository; None if there is none."""
    if not (root / "dvc.yaml").is_file() or not (root / ".dvc").is_dir():
        return None
    from dvc.repo import Repo

    return Repo(str(root))
