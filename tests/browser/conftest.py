"""A study, a server on it, and Debian's Chromium. Nothing may leave the machine, and no page may log an error."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.desk import Desk, Watch
from tests.browser.material import make_study
from tests.browser.server import Server, entered
from tests.conftest import CHROMIUM

COPIES = 80
SIZE = {"width": 1366, "height": 900}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if CHROMIUM is None:
        here = Path(__file__).parent
        skip = pytest.mark.skip(reason="there is no chromium on this machine (apt-get install chromium)")
        for item in items:
            if here in item.path.parents:
                item.add_marker(skip)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("review") / "study é"
    make_study(folder, COPIES)
    return folder


@pytest.fixture(scope="session")
def server(folder: Path) -> Iterator[Server]:
    """Ann's server, shared by all tests that only read it or work on a transcript of their own."""
    server = Server(folder, "--coder", "Ann")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def browser(chromium: Any, server: Server) -> Iterator[Any]:
    """A browser that has come in by the one-time link, and keeps the page's files as browsers do."""
    with entered(chromium, server, **SIZE) as context:
        yield context


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Looks over all windows of a test; at its end it fails where one asked another machine or logged an error."""
    watch = Watch()
    yield watch
    watch.check()


@pytest.fixture
def windows(chromium: Any, server: Server, browser: Any, watch: Watch) -> Iterator[Any]:
    """Open one window after the other as Ann; with options it is a window of another browser."""
    opened: list[Any] = []

    def window(**options: Any) -> Desk:
        context = browser
        if options:
            context = chromium.new_context(storage_state=browser.storage_state(), **{"viewport": SIZE, **options})
        page = watch.over(context)
        opened.append(context if options else page)
        return Desk(page, server.origin)

    yield window
    for one in opened:
        one.close()


@pytest.fixture(scope="session")
def transcripts() -> Iterator[str]:
    """Ids of transcripts that no other test works on."""
    return (f"t{number:02}" for number in range(2, COPIES + 1))


@pytest.fixture
def transcript(transcripts: Iterator[str]) -> str:
    """The id of a transcript that no other test works on; ``t01`` is for those that only read."""
    return next(transcripts)


@pytest.fixture
def desk(windows: Any, transcript: str) -> Desk:
    """A window on a transcript that nobody has worked on."""
    return windows().read(transcript)
