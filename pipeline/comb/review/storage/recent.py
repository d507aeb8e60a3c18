"""The studies that were opened on this computer, and the name under which its user codes; nothing else is stored."""

import json
from contextlib import suppress
from pathlib import Path

from comb.study.files import write_text

MOST = 20
_FILE = "studies.json"


def config_folder() -> Path:
    """Return the folder for this user's data of comb on this computer."""
    from platformdirs import user_config_path

    return user_config_path("comb", appauthor=False, roaming=False)


class Recent:
    """Paths of studies, the most recently opened first."""

    def __init__(self, folder: Path | None = None) -> None:
        self.path = (folder or config_folder()) / _FILE

    def studies(self) -> list[Path]:
        """List the folders of the studies, including those that no longer exist."""
        return [Path(one) for one in self._read()[0]]

    def coder(self) -> str:
        """Return the coder's name that was used last; empty if there is none."""
        return self._read()[1]

    def opened(self, study: Path, coder: str) -> None:
        """Record that a study was opened."""
        others = [one for one in self._read()[0] if one != str(study)]
        self._write([str(study), *others][:MOST], coder)

    def forget(self, study: str) -> None:
        """Remove a study from the list; its files stay."""
        paths, coder = self._read()
        self._write([one for one in paths if one != study], coder)

    def _read(self) -> tuple[list[str], str]:
        with suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
            found = json.loads(self.path.read_text(encoding="utf-8"))
            return [one for one in found["studies"] if isinstance(one, str)], str(found.get("coder", ""))
        return [], ""

    def _write(self, paths: list[str], coder: str) -> None:
        # A list that cannot be kept is no reason not to work.
        with suppress(OSError):
            write_text(self.path, json.dumps({"studies": paths, "coder": coder}, ensure_ascii=False, indent=1) + "\n")
