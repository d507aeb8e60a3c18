"""What tests share: a small study, the fake encoder, the real files beside the checkout."""

import os

# Tests run side by side: matrices are multiplied by one thread each, here and in the commands that tests start. With
# more, threads wait for one another, and training a small study takes three times the processor time.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import gc
import hashlib
import shutil
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings

from comb.cli import run
from comb.cli.faults import TRACEBACK
from comb.study.layout import Study

ROOT = Path(__file__).parent.parent
# Continuous integration tries the same examples each time; on a developer's machine each run tries others.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")
SWEEP = [pytest.mark.slow, pytest.mark.sweep]
"""Marks of cases that are left out unless they are asked for: others of the same kind run each time."""
SHARED = ROOT.parent / "shared" / "data"
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""Chromium without a window comes first: it needs half the processor time."""
CHROMIUM = next(filter(None, map(shutil.which, BROWSERS)), None)
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # No name is resolved: no other machine can be reached, even by mistake.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Let no search for garbage go through what collecting imports: each took half a second, in every tenth test."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


class FakeEncoder:
    """A deterministic encoder that needs no model: hashed words, averaged; it counts what it is asked to encode."""

    id = "fake"
    dimension = 24
    max_tokens = 256

    def __init__(self) -> None:
        self.encoded: list[str] = []
        self.cut = 0

    def encode(self, texts: Sequence[str], progress=lambda done: None) -> np.ndarray:
        self.encoded += texts
        vectors = [np.mean([self._word(word) for word in text.lower().split() or [""]], axis=0) for text in texts]
        array = np.array(vectors, np.float32).reshape(len(texts), self.dimension)
        array /= np.maximum(np.linalg.norm(array, axis=1, keepdims=True), 1e-9)
        return np.stack([array, array[:, ::-1]], axis=1)

    def _word(self, word: str) -> np.ndarray:
        seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:4], "big")
        return np.random.default_rng(seed).normal(size=self.dimension)


@pytest.fixture
def fake_encoder() -> FakeEncoder:
    return FakeEncoder()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """One browser for all tests: playwright cannot be started twice in a process."""
    if CHROMIUM is None:
        pytest.skip("there is no chromium on this machine (apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield browser
        browser.close()


@pytest.fixture
def shared() -> Path:
    if not SHARED.is_dir():
        pytest.skip("the real files in ../shared/data are not here")
    return SHARED


class Comb:
    """Runs ``comb`` in a folder, in this process."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.capsys, self.monkeypatch = folder, capsys, monkeypatch

    def __call__(self, *args: str | Path, code: int = 0) -> str:
        """Run a command; give what it printed, and fail unless it ended with ``code``."""
        self.monkeypatch.chdir(self.folder)
        self.capsys.readouterr()
        ended = run([str(arg) for arg in args])
        out, err = self.capsys.readouterr()
        assert ended == code, f"exit code {ended}: {out}{err}"
        return out + err


@pytest.fixture
def comb(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Comb:
    """``comb`` in an empty folder."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv(TRACEBACK, "1")
    return Comb(tmp_path, capsys, monkeypatch)


@pytest.fixture
def study(comb: Comb) -> Study:
    """A new, empty study that ``comb`` runs in; without git, which few tests are about."""
    comb("init", "study é", "--no-git")
    comb.folder = comb.folder / "study é"
    return Study(comb.folder)
