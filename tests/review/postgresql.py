"""A throw-away PostgreSQL of this machine's own programs, on a socket in a folder of its own."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path


def missing() -> str:
    """Say why there can be no PostgreSQL here; empty where there can."""
    if _binaries() is None or find_spec("psycopg") is None:
        return "PostgreSQL's programs, or psycopg, are not on this machine"
    return ""


@contextmanager
def throwaway_cluster(*, fsync: bool = False) -> Iterator[str]:
    """Start PostgreSQL and return its URL; stopped and removed when the block ends."""
    binaries = _binaries()
    assert binaries is not None
    # Not in pytest's folder: the path of a socket may have about 100 characters.
    folder = Path(tempfile.mkdtemp(prefix="comb-pg-"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
        data = folder / "data"
        _as_user(folder, binaries / "initdb", "-D", data, "-U", "comb", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-k {folder} -c listen_addresses='' -c fsync={'on' if fsync else 'off'}"
        _as_user(folder, binaries / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start")
        try:
            yield f"postgresql://comb@/postgres?host={folder}"
        finally:
            _as_user(folder, binaries / "pg_ctl", "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


def _binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or [Path(p) for p in [shutil.which("initdb")] if p]
    return found[-1].parent if found else None


def _as_user(folder: Path, *command: str | Path) -> None:
    """Run a command of PostgreSQL, which refuses to run as root."""
    who = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    subprocess.run([*who, *map(str, command)], cwd=folder, check=True, stdout=subprocess.DEVNULL)
