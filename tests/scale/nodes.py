"""Nodes of a Ray cluster on loopback, each a group of processes that can be killed by itself."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.conftest import ROOT

OPEN = {"RAY_AUTH_MODE": "disabled", "RAY_USAGE_STATS_ENABLED": "0"}
"""What the nodes, and whoever uses them, have in their environment."""
PYTHONPATH = f"{ROOT / 'pipeline'}{os.pathsep}{ROOT}"


def wait_for(done: Callable[[], object], seconds: float = 120) -> None:
    """Wait until something is so; fail where it takes longer."""
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end
        time.sleep(0.1)


def free_port() -> int:
    """Return a port that nobody listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def answers(port: int) -> bool:
    """Tell whether somebody listens at a port."""
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


@dataclass
class Nodes:
    """A cluster: its first node is the head."""

    folder: Path
    """Ray's own, with its logs."""
    port: int
    started: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    @property
    def address(self) -> str:
        """What ``--address`` takes."""
        return f"127.0.0.1:{self.port}"

    def start(self, cpus: int) -> None:
        """Add a node with so many processors."""
        own = ["--head", f"--port={self.port}", f"--temp-dir={self.folder}", "--include-dashboard=false"]
        where = [f"--address={self.address}"] if self.started else own
        ip = f"--node-ip-address=127.0.0.{1 + len(self.started)}"
        line = [str(Path(sys.executable).with_name("ray")), "start", *where, ip, f"--num-cpus={cpus}", "--block"]
        line += ["--object-store-memory=200000000", "--disable-usage-stats"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        env = {**os.environ, **OPEN, "PYTHONPATH": PYTHONPATH}
        self.started.append(subprocess.Popen(line, env=env, start_new_session=True, **quiet))
        wait_for(lambda: answers(self.port))
        time.sleep(4)

    def kill(self, number: int) -> None:
        """Kill all processes of a node at once."""
        os.killpg(self.started[number].pid, signal.SIGKILL)
        self.started[number].wait()


@contextmanager
def nodes(*cpus: int) -> Iterator[Nodes]:
    """Start a cluster with a node for each number of processors, and kill what is left of it afterwards."""
    port = free_port()
    cluster = Nodes(Path("/tmp") / f"ray-{port}", port)  # the names of sockets must be short
    before = {name: os.environ.get(name) for name in OPEN}
    os.environ.update(OPEN)
    try:
        for count in cpus:
            cluster.start(count)
        yield cluster
    finally:
        for number in reversed(range(len(cluster.started))):
            if cluster.started[number].poll() is None:
                cluster.kill(number)
        shutil.rmtree(cluster.folder, ignore_errors=True)
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})
