"""Start Ray on this machine, or connect to a running cluster.

Nothing is sent elsewhere: usage statistics are off (``comb/__init__.py``), there is no dashboard, and a Ray started by
comb listens on loopback only, with its files in a folder that only its owner can read and that is removed at the end.
"""

import logging
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from comb.errors import NotReadyError
from comb.study.atomic import remove_abandoned, workspace

QUIET = {
    "RAY_DATA_DISABLE_PROGRESS_BARS": "1",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_enable_metrics_collection": "0",
}
ALONE = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
"""Makes Ray listen on loopback and not on the machine's own address, on any system; read when Ray is imported."""
AUTH_FILE = "RAY_AUTH_TOKEN_PATH"
"""Path of the token without which no other user of this machine can use the Ray that comb starts."""
LOOPBACK = "127.0.0.1"
STORE_BYTES = 512 * 2**20
"""Size of Ray's shared memory if comb starts it; it contains the encoder, and results in transit."""


@dataclass(frozen=True)
class Workers:
    """The processes that do the work."""

    count: int
    cpus: float
    """CPUs that each worker requests: less than one, since Ray's own tasks need a share, or everything would wait
    forever."""


def import_ray(address: str = "elsewhere") -> Any:
    """Import Ray for the cluster at an address or, if it is empty, for this machine alone.

    Raises NotReadyError if it is not installed.
    """
    os.environ.update(QUIET if address else QUIET | ALONE)
    try:
        import ray
    except ImportError:
        raise NotReadyError("Ray is not installed", remedy="Run: pip install 'comb-coder[scale]'.") from None
    return ray


@contextmanager
def cluster(address: str = "", workers: int = 0) -> Iterator[Workers]:
    """Connect to the cluster at an address, or start one on this machine, while the block runs.

    ``workers`` is the number of processes, by default one for each processor of the cluster. Raises NotReadyError if
    nothing answers at the address.
    """
    ray = import_ray(address)
    with _connected(ray, address) if address else _started(ray, workers or os.cpu_count() or 1):
        cpus = float(ray.cluster_resources().get("CPU", 1))
        count = workers or max(1, int(cpus) - (not address))
        yield Workers(count, max(cpus - 1, 0.5) / count)


@contextmanager
def _connected(ray: Any, address: str) -> Iterator[None]:
    try:
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, RuntimeError, ValueError):
        remedy = "Start one with: ray start --head. Or leave --address out, to use this machine alone."
        raise NotReadyError("no Ray cluster answers there", where=address, remedy=remedy) from None
    try:
        yield
    finally:
        ray.shutdown()


@contextmanager
def _started(ray: Any, workers: int) -> Iterator[None]:
    before = os.environ.get(AUTH_FILE)
    with own_folder() as folder:
        (folder / "token").write_text(secrets.token_hex(32), encoding="ascii")  # the folder is its owner's alone
        os.environ[AUTH_FILE] = str(folder / "token")
        try:
            ray.init(
                address="local",
                num_cpus=workers + 1,
                include_dashboard=False,
                _node_ip_address=LOOPBACK,
                _temp_dir=str(folder),
                object_store_memory=STORE_BYTES,
                log_to_driver=False,
                logging_level=logging.ERROR,
            )
            yield
        finally:
            ray.shutdown()
            os.environ.pop(AUTH_FILE) if before is None else os.environ.update({AUTH_FILE: before})


@contextmanager
def own_folder() -> Iterator[Path]:
    """Make a folder outside the study (the study's may be too long for sockets), and remove those of killed runs."""
    place = Path(tempfile.gettempdir())
    remove_abandoned(place)
    with workspace(place) as folder:
        yield folder
