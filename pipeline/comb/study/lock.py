"""One writer at a time: the lock that a command takes while it changes a study's files.

It is a lock of the operating system, which releases it when the process ends, however that happens. A note beside it
names the command that has it, for the message only; a note left by a killed process means nothing.
"""

import getpass
import os
import platform
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime

from comb.errors import BadInputError, NotReadyError
from comb.study.files import read_record, write_record
from comb.study.layout import Study

GRACE = 2.0
"""Seconds that a command waits for another one to end before it gives up."""
HELD = "COMB_LOCK"
"""Environment variable that names the lock of a command to the programs that it starts: their work is part of its
own."""


@dataclass(frozen=True)
class Holder:
    """The command that has a study's lock."""

    command: str
    user: str
    machine: str
    process: int
    since: str
    """Local time, to the second."""
    token: str

    def __str__(self) -> str:
        """Return this in words."""
        return f"{self.command} ({self.user} on {self.machine}, process {self.process}, since {self.since})"


@contextmanager
def write_lock(study: Study, command: str, *, wait: float = GRACE) -> Iterator[None]:
    """Keep others from changing the study while the block runs; wait ``wait`` seconds for them, without limit if -1.

    In one process, and in programs that it starts, the lock may be taken again. Raises NotReadyError that names
    the command that has it.
    """
    from filelock import FileLock, Timeout

    study.lock.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(study.lock, timeout=wait, poll_interval=0.1, is_singleton=True)
    if _is_ours(study):
        yield
        return
    try:
        lock.acquire()
    except Timeout:
        raise _busy(study, command) from None
    before = os.environ.get(HELD)
    try:
        if lock.lock_counter == 1:
            os.environ[HELD] = _sign(study, command)
        yield
    finally:
        if lock.lock_counter == 1:
            os.environ.pop(HELD, None) if before is None else os.environ.update({HELD: before})
            _tidy(study)
        lock.release()


def _tidy(study: Study) -> None:
    """Remove the lock's files while it is held: who waits for a removed file tries again with a new one."""
    study.lock_holder.unlink(missing_ok=True)
    with suppress(OSError):  # Windows removes it when it is let go
        study.lock.unlink()


def _sign(study: Study, command: str) -> str:
    """Write down who holds the lock; return the token by which programs that this one starts know it."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):
        user = "somebody"
    now = datetime.now().astimezone().isoformat(sep=" ", timespec="seconds")
    holder = Holder(command, user, platform.node() or "this machine", os.getpid(), now, secrets.token_hex(16))
    write_record(study.lock_holder, holder)
    return holder.token


def _holder(study: Study) -> Holder | None:
    with suppress(NotReadyError, BadInputError, OSError):
        return read_record(study.lock_holder, Holder)
    return None


def _is_ours(study: Study) -> bool:
    """Return whether the program that started this one has the lock."""
    token, holder = os.environ.get(HELD), _holder(study)
    return bool(token) and holder is not None and holder.token == token and holder.process != os.getpid()


def _busy(study: Study, command: str) -> NotReadyError:
    who = _holder(study) or "another comb command"
    words = command.partition(" ")
    remedy = f"Wait until it has ended, or let this command wait for it: {words[0]} --wait {words[2]}."
    return NotReadyError(f"the study is being changed by {who}", where=str(study.root), remedy=remedy)
