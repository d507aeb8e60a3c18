"""The process of the trial: it cuts off the network, runs one command after the other, and listens to the network.

It is a separate process, because a namespace can only be entered before any thread is started, and not left again. It
reads a plan from its input, one JSON object, and writes its observations to its output.
"""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, nullcontext, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from comb.privacy.doctor.namespace import Packet, Sniffer, enter

CONTROL = "192.0.2.1"
"""An address that is reserved for documentation and belongs to nobody; the watch must notice an attempt to reach it."""
CONTROL_STEP = "control"
_LINK = re.compile(rb"http://\S+\?token=\S+")
_REACH = f"""
import socket
try:
    socket.create_connection(({CONTROL!r}, 443), timeout=5)
except OSError:
    pass
"""


@dataclass(frozen=True)
class Command:
    """A command line of the trial; ``serves`` marks the review server, which is asked for a page."""

    name: str
    argv: tuple[str, ...]
    serves: bool = False


@dataclass(frozen=True)
class Plan:
    """The commands to run, where to run them, and how to watch them."""

    commands: tuple[Command, ...]
    folder: str
    environment: Mapping[str, str]
    namespace: bool
    """Whether to try a namespace; if there is none, the hook refuses connections."""
    refuse: str
    """The environment variable that makes the hook refuse connections."""
    limit: float
    """Seconds that each command may take."""


@dataclass
class Ran:
    """The result of one command."""

    name: str
    began: float
    code: int | None = None
    output: str = ""
    seconds: float = 0.0


@dataclass
class Seen:
    """The supervisor's observations."""

    namespace: bool = False
    why: str = ""
    ran: list[Ran] = field(default_factory=list)
    packets: list[Packet] = field(default_factory=list)


def supervise(plan: Plan) -> Seen:
    """Run the plan, the control first."""
    seen = Seen()
    if plan.namespace:
        try:
            enter()
            seen.namespace = True
        except OSError as error:
            seen.why = str(error.strerror or error)
    else:
        seen.why = "not asked for"
    environment = {**plan.environment, plan.refuse: "0" if seen.namespace else "1"}
    control = Command(CONTROL_STEP, (sys.executable, "-c", _REACH))
    with ExitStack() as stack:
        sniffer = stack.enter_context(Sniffer() if seen.namespace else nullcontext())
        for command in (control, *plan.commands):
            sys.stderr.write(f"{command.name}\n")
            sys.stderr.flush()
            ran = _serve(command, plan, environment) if command.serves else _run(command, plan, environment)
            seen.ran.append(ran)
            if sniffer:
                time.sleep(0.3)  # packets of this command are not to count for the next
    seen.packets = sniffer.packets if sniffer else []
    return seen


def _run(command: Command, plan: Plan, environment: Mapping[str, str]) -> Ran:
    ran = Ran(command.name, time.time())
    try:
        done = subprocess.run(  # noqa: S603  (comb's own commands)
            command.argv,
            cwd=plan.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=plan.limit,
            check=False,
        )
        ran.code, ran.output = done.returncode, _text(done.stdout)
    except subprocess.TimeoutExpired as error:
        ran.output = _text(error.output or b"") + f"\nnot done after {plan.limit:.0f} s"
    except OSError as error:
        ran.output = f"could not be started: {error.strerror}"
    ran.seconds = time.time() - ran.began
    return ran


def _serve(command: Command, plan: Plan, environment: Mapping[str, str]) -> Ran:
    """Start the review server, open its pages as a browser does, and stop it."""
    ran = Ran(command.name, time.time())
    output = Path(environment["COMB_DOCTOR_OUTPUT"])
    with output.open("wb") as file:
        server = subprocess.Popen(  # noqa: S603
            command.argv, cwd=plan.folder, env=environment, stdin=subprocess.DEVNULL, stdout=file, stderr=file
        )
        try:
            link = _wait_for_link(server, output, plan.limit)
            ran.code = 0 if link and all(status == 200 for status in _browse(link)) else 1
        finally:
            _stop(server)
    ran.output = _text(output.read_bytes())
    ran.seconds = time.time() - ran.began
    return ran


def _wait_for_link(server: "subprocess.Popen[bytes]", output: Path, limit: float) -> str:
    ends = time.time() + limit
    while time.time() < ends and server.poll() is None:
        if found := _LINK.search(output.read_bytes()):
            return found[0].decode("ascii")
        time.sleep(0.1)
    return ""


def _browse(link: str) -> Sequence[int]:
    """Ask for the page as a browser does, and return the states of the last answers."""
    parts = urlsplit(link)
    cookie, target, states = "", f"{parts.path or '/'}?{parts.query}", []
    for _ in range(4):
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
        try:
            connection.request("GET", target, headers={"Cookie": cookie} if cookie else {})
            answer = connection.getresponse()
            answer.read()
        except OSError:
            return [0]
        finally:
            connection.close()
        if answer.status in (302, 303, 307):
            cookie = (answer.getheader("Set-Cookie") or cookie).partition(";")[0]
            target = answer.getheader("Location") or "/"
            continue
        states.append(answer.status)
        break
    return states or [0]


def _stop(server: "subprocess.Popen[bytes]") -> None:
    server.terminate() if os.name == "nt" else server.send_signal(signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        server.wait(10)
    if server.poll() is None:
        server.kill()
        server.wait()


def _text(output: bytes) -> str:
    return output.decode("utf-8", "replace")


def _plan(data: dict[str, Any]) -> Plan:
    commands = tuple(Command(item["name"], tuple(item["argv"]), item["serves"]) for item in data.pop("commands"))
    return Plan(commands, **data)


if __name__ == "__main__":
    socket.setdefaulttimeout(60)
    sys.stdout.write(json.dumps(asdict(supervise(_plan(json.load(sys.stdin))))))
