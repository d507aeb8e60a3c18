"""``comb review`` as users start it: a process of its own, and what it prints."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.conftest import ROOT

STARTS = 60.0
LINK = re.compile(r"(http://[\w.]+:\d+)/?(\?token=\S+)?")


class Server:
    """A review server on a study, on a free port."""

    module = "comb"
    path = str(ROOT / "pipeline")

    def __init__(self, study: Path, *options: str) -> None:
        self.study = study
        self.options = options
        self.lines: list[str] = []
        self.start()

    def start(self, port: str = "0") -> None:
        """Start, and wait until the server says where it is."""
        # COMB_DATABASE of whoever runs the tests must not be written to.
        environment = {k: v for k, v in os.environ.items() if k != "COMB_DATABASE"}
        environment |= {"PYTHONPATH": self.path, "PYTHONUNBUFFERED": "1", "COLUMNS": "300"}
        command = [sys.executable, "-m", self.module, "review", "--port", port, "--no-browser", *self.options]
        self.process = subprocess.Popen(
            command, cwd=self.study, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        self.lines = []
        threading.Thread(target=self._read, daemon=True).start()
        self.origin = LINK.search(self._wait("http://")).group(1)

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.append(line)

    def _wait(self, words: str) -> str:
        """Wait for a line with these words that comes after those already used."""
        end = time.monotonic() + STARTS
        while time.monotonic() < end:
            for line in self.lines:
                if words in line:
                    return line
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError(f"the server did not say {words!r}: {''.join(self.lines)}")

    @property
    def link(self) -> str:
        """The first link, which works once."""
        return LINK.search(self._wait("token=")).group(0)

    def again(self) -> None:
        """Kill the server as a power cut would, and start it anew on the same port."""
        port = self.origin.rpartition(":")[2]
        self.stop(signal.SIGKILL)
        self.start(port)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Stop the server."""
        self.process.send_signal(how)
        self.process.wait(20)
        assert self.process.stdout
        self.process.stdout.close()


@contextmanager
def entered(chromium: Any, server: Server, width: int, height: int) -> Iterator[Any]:
    """Open a browser's context that has come in by the server's link, and keeps the page's files as browsers do."""
    context = chromium.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    page.goto(server.link)
    page.close()
    yield context
    context.close()
