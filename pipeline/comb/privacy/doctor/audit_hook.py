"""Runs first in every Python process of the trial run; notes connections and files written outside the study.

The file is executed by path, not imported, so that it loads nothing else of comb: the processes must behave as if they
were not watched. It appends a line of JSON to the log for each event. If there is no namespace to cut off the network,
the hook does so.
"""

import errno
import ipaddress
import json
import os
import socket
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

LOG = "COMB_DOCTOR_LOG"
REFUSE = "COMB_DOCTOR_REFUSE"
INSIDE = "COMB_DOCTOR_INSIDE"
"""Variables: where the log is, whether connections are refused, and the folder whose files are not noted."""
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC
_UNWATCHED = ("-I", "-E", "-S")
"""Options of Python with which a process would not run this file."""
_UNNOTED = ("/dev/", "/proc/", "\\\\.\\")


class Watch:
    """The hook of one process."""

    def __init__(self, log: str, inside: str, *, refuse: bool) -> None:
        self.log, self.inside, self.refuse = log, inside, refuse
        self.busy = threading.local()
        self.seen: set[str] = set()
        self.events: dict[str, Callable[[tuple[Any, ...]], None]] = {
            "socket.connect": lambda args: self.connection(args[1]),
            "socket.sendto": lambda args: self.connection(args[1]),
            "socket.sendmsg": lambda args: self.connection(args[1]),
            "socket.bind": lambda args: self.listening(args[1]),
            "socket.getaddrinfo": lambda args: self.look_up(args[0]),
            "socket.gethostbyname": lambda args: self.look_up(args[0]),
            "socket.gethostbyaddr": lambda args: self.look_up(args[0]),
            "open": self.opening,
            "sqlite3.connect": lambda args: self.writing(args[0]),
            "os.mkdir": lambda args: self.writing(args[0]),
            "os.rename": lambda args: self.writing(args[1]),
            "os.link": lambda args: self.writing(args[1]),
            "os.symlink": lambda args: self.writing(args[1]),
            "subprocess.Popen": lambda args: self.program(args[1] or args[0]),
            "os.exec": lambda args: self.program(args[1] or args[0]),
            "os.posix_spawn": lambda args: self.program(args[1] or args[0]),
            "os.system": lambda args: self.program(args[0]),
        }

    def __call__(self, event: str, args: tuple[Any, ...]) -> None:
        """Take an audit event of Python."""
        handle = self.events.get(event)
        if handle is None or getattr(self.busy, "now", False):
            return
        self.busy.now = True
        try:
            handle(args)
        finally:
            self.busy.now = False

    def note(self, kind: str, **facts: object) -> None:
        """Append an event to the log, once per process."""
        line = json.dumps({"kind": kind, **facts}, default=str)
        if line in self.seen:
            return
        self.seen.add(line)
        facts = {"time": time.time(), "argv": sys.orig_argv, **facts}
        whole = json.dumps({"kind": kind, **facts}, default=str)
        # Opened each time: a process that is forked may have closed every file that it did not open.
        handle = os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(handle, whole.encode("utf-8", "surrogatepass") + b"\n")
        finally:
            os.close(handle)

    def connection(self, address: Any) -> None:
        """Note a connection, or a message, to another machine."""
        if not isinstance(address, tuple) or len(address) < 2 or is_local(address[0]):
            return
        self.note("connection", where=_address(address), by=caller())
        if self.refuse:
            raise OSError(errno.ENETUNREACH, os.strerror(errno.ENETUNREACH))

    def look_up(self, host: Any) -> None:
        """Note that a host name was looked up."""
        if not host or is_local(host) or _is_number(host):
            return
        self.note("name", where=_plain(host), by=caller())
        if self.refuse:
            raise socket.gaierror(socket.EAI_NONAME, "the network is cut off by comb doctor")

    def listening(self, address: Any) -> None:
        """Note an address that other machines could reach; port 0 of a client does not count."""
        if isinstance(address, tuple) and len(address) >= 2 and not is_local(address[0]) and (address[0] or address[1]):
            self.note("listening", where=_address(address), by=caller())

    def opening(self, args: tuple[Any, ...]) -> None:
        """Note that a file is opened for writing."""
        path, mode, flags = args
        writes = isinstance(mode, str) and set(mode) & set("wax+")
        if writes or (mode is None and isinstance(flags, int) and flags & _WRITING):
            self.writing(path)

    def writing(self, path: Any) -> None:
        """Note a path that is written, unless it lies inside the trial's own study."""
        if isinstance(path, int) or not isinstance(path, str | bytes | os.PathLike):
            return
        place = os.path.abspath(os.fsdecode(path))
        noted = not place.startswith((self.inside + os.sep, *_UNNOTED)) and place not in (self.inside, self.log)
        if noted and "__pycache__" not in place and os.path.basename(place) != ":memory:":
            self.note("written", where=place)

    def program(self, command: Any) -> None:
        """Note that another program is started."""
        words = [_plain(word) for word in command] if isinstance(command, list | tuple) else [_plain(command)]
        if words:
            unwatched = [word for word in words[1:3] if word in _UNWATCHED]
            self.note("program", where=" ".join([words[0], *unwatched]))


def is_local(host: Any) -> bool:
    """Return whether a host is this machine itself."""
    name = _plain(host).partition("%")[0].casefold()
    if name in ("localhost", "localhost.localdomain", "ip6-localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _address(address: tuple[Any, ...]) -> str:
    host = _plain(address[0])
    return f"[{host}]:{address[1]}" if ":" in host else f"{host}:{address[1]}"


def caller() -> str:
    """Return the module nearest to the call that does not belong to Python's own library."""
    frame = sys._getframe(1)
    while frame := frame.f_back:  # type: ignore[assignment]
        name = str(frame.f_globals.get("__name__", ""))
        if frame.f_code.co_filename != __file__ and name.partition(".")[0] not in sys.stdlib_module_names:
            return name
    return "a script"


def _is_number(host: Any) -> bool:
    try:
        ipaddress.ip_address(_plain(host).partition("%")[0])
    except ValueError:
        return False
    return True


def _plain(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes | bytearray) else str(value)


def install() -> None:
    """Watch this process; an audit hook cannot be removed again."""
    log = os.environ.get(LOG)
    if log:
        watch = Watch(log, os.environ.get(INSIDE, ""), refuse=os.environ.get(REFUSE) == "1")
        watch.note("process")
        sys.addaudithook(watch)


if __name__ == "sitecustomize":
    install()
