"""The workspace of one person: the page on which studies are chosen, and the pages of open studies.

All pages run in one process and end together. The chooser runs in the main thread, each study in a thread of its own.
"""

import secrets
import webbrowser
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock, Thread

from comb.errors import NotReadyError
from comb.review.domain.views import Person
from comb.review.storage.database import Database
from comb.review.storage.recent import Recent, config_folder
from comb.review.web.accounts import LinkAuth
from comb.review.web.chooser import CHOOSER, Hall, make_chooser
from comb.review.web.opening import open_api, read_library, tell_who_codes
from comb.review.web.running import Running, link_of_running, link_to, note_running
from comb.review.web.server import (
    FIRST_PORT,
    Asked,
    Service,
    address_of,
    listen,
    say_missed,
    service_of,
    uvicorn_server,
)
from comb.stages.listener import Listener
from comb.study.layout import Study
from comb.study.lock import write_lock
from comb.study.new import ensure_state_folder

PORT = FIRST_PORT - 1
"""Port of the page on which studies are chosen, if it is free."""
ENDS = 10.0
"""Seconds within which answers must end when comb stops."""


@dataclass
class Workspace:
    """The studies that are open in this process."""

    listener: Listener
    say: Callable[[str], None]
    database: str = ""
    """PostgreSQL URL; by default a file in the study."""
    recent: Recent = field(default_factory=Recent)
    home: str = ""
    """Address of the page on which studies are chosen."""
    _open: dict[tuple[Path, str], tuple[Service, Thread]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)
    _stop: Callable[[], None] = lambda: None

    def open(self, folder: Path, coder: str) -> str:
        """Open a study as a coder, unless it is open already, and return a one-time link to its page."""
        study = Study.find(folder)
        with self._lock:
            known = self._open.get((study.root, coder))
            if known and known[1].is_alive():
                link = known[0].link()
            else:
                link = link_of_running(study.running, coder) or self._start(study, coder)
        self.recent.opened(study.root, coder)
        return link

    def _start(self, study: Study, coder: str) -> str:
        ensure_state_folder(study.root)
        with suppress(NotReadyError, OSError), write_lock(study, "comb", wait=0):
            study.clean_up()
        api = open_api(read_library(study, self.listener), Database.open(self.database or study.review), self.listener)
        tell_who_codes(api, coder, self.listener, "comb open")
        service = service_of(api, Asked(coder), self.say, self.home, lambda: self._stop())
        say_missed(service.ports, self.say)
        thread = Thread(target=service.run, name=f"comb {study.root.name}", daemon=True)
        thread.start()
        self._open[study.root, coder] = service, thread
        return service.link()

    def run(self, folder: Path | None, coder: str, *, browser: bool = True) -> None:
        """Serve until stopped, beginning with a study or with the page on which one is chosen."""
        port = listen(Asked(coder), [PORT])
        number = port.getsockname()[1]
        address = address_of(Asked(coder), number)
        self.home = f"{address.origins[0]}/"
        links = LinkAuth(Person(coder, "lead", team=False))
        hall = Hall(links, address, lambda: None, self.open, self.recent, secret=secrets.token_urlsafe(32))
        server = uvicorn_server(make_chooser(hall))

        def stop() -> None:
            server.should_exit = True

        self._stop = hall.stop = stop
        noted = note_running(running_choosers(), Running(number, CHOOSER, "", hall.secret))
        try:
            link = self.open(folder, coder) if folder else link_to(address, links)
            what = "comb is open in your browser" if browser else "comb is running. Open this in your browser"
            self.say(f"{what}: {link}\nStop it there, or here with Ctrl+C.")
            if browser:
                webbrowser.open(link)
            server.run(sockets=[port])
        finally:
            noted.unlink(missing_ok=True)
            self.close()

    def close(self) -> None:
        """Stop the servers of all studies."""
        for service, _ in self._open.values():
            service.stop()
        for _, thread in self._open.values():
            thread.join(ENDS)


def running_choosers() -> Path:
    """Return the folder with records of running choosers."""
    return config_folder() / "running"


def open_running(folder: Path | None, coder: str) -> str | None:
    """Return a new link to a study, or to the page on which one is chosen, if it is open already."""
    if folder is None:
        return link_of_running(running_choosers(), "")
    return link_of_running(Study.find(folder).running, coder)
