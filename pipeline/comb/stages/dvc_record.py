"""What DVC knows of a study: which stages are up to date; and what was done without ``dvc repro``, so that it knows.

Stages that comb runs itself replace their files whole, so that they can be cancelled at any time; ``dvc repro``
removes a stage's files before it runs it. Nothing here sends anything: only DVC's command line does, where it may.
"""

from pathlib import Path
from typing import Any

from comb.study.layout import Study

COMMANDS = {"llm": "comb llm code", "agreement": "comb agree --json data/processed/agreement.json"}
"""How the commands of stages begin that are not ``comb`` and the stage's name."""


class DvcRecord:
    """What DVC knows of a study; where it cannot be asked, no stage is known to be up to date."""

    def __init__(self, study: Study) -> None:
        self._repo = _opened(study.root)

    @property
    def usable(self) -> bool:
        """Whether DVC can be asked."""
        return self._repo is not None

    def up_to_date(self, stage: str) -> bool:
        """Tell whether nothing that a stage reads or writes has changed since it ran last."""
        if self._repo is None or not self._is_ours(stage):
            return False
        from dvc.exceptions import DvcException

        try:
            return not self._repo.status(targets=[stage])
        except DvcException:
            return False

    def note_done(self, stage: str) -> bool:
        """Let DVC know that a stage was run on the files as they are; tell whether it could.

        Where it could not, as where a file is missing that ``dvc.yaml`` names, ``dvc repro`` runs the stage again.
        """
        if self._repo is None or not self._is_ours(stage):
            return False
        from dvc.exceptions import DvcException

        try:
            self._repo.commit(target=stage, force=True)
        except DvcException:
            return False
        return True

    def _is_ours(self, stage: str) -> bool:
        """Tell whether ``dvc.yaml`` has the stage run comb's own command: a user may have put in something else."""
        from dvc.exceptions import DvcException

        try:
            command = self._repo.stage.load_one(name=stage).cmd if self._repo else ""
        except DvcException:
            return False
        return isinstance(command, str) and command.startswith(COMMANDS.get(stage, f"comb {stage}"))


def _opened(root: Path) -> Any:
    """Open a study's DVC repository; None where there is none, or it cannot be read."""
    if not (root / "dvc.yaml").is_file() or not (root / ".dvc").is_dir():
        return None
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    try:
        return Repo(str(root))
    except DvcException:
        return None
