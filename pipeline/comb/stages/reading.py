"""Read transcripts one after the other, with only a few in memory at a time.

At the end, a run reports on speakers and copies from a ``Reading`` of each transcript, which contains names and places,
but never the text.
"""

import logging
import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache, partial
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter

from comb.errors import BadInputError
from comb.records import Segment, Transcript, Turn
from comb.stages.transcript_copies import opening
from comb.study.layout import Study
from comb.study.params import SegmentParams
from comb.study.speakers import StudyRoles
from comb.transcripts.confirmed_roles import confirm
from comb.transcripts.doubts import doubts
from comb.transcripts.encoding import EVERY
from comb.transcripts.reader import parse_transcript, transcript_bytes
from comb.transcripts.segment import segment_transcripts

Made = TypeVar("Made")
READERS = "comb.transcripts"
"""The logger of the readers."""
POOL_BYTES = 6_000_000
"""Total size of files from which they are read in several processes; below it, starting these would take longer."""
AHEAD = 4
"""Files per process that are read ahead; bounds memory."""


@dataclass(frozen=True)
class Instructions:
    """Settings for reading a study's transcripts and cutting them into segments."""

    roles: StudyRoles
    encodings: dict[str, str]
    segment: SegmentParams


def instructions(study: Study, encoding: str = "") -> Instructions:
    """Return the settings for reading the study's transcripts; ``encoding`` is that of text files not in Unicode."""
    encodings = {EVERY: encoding} if encoding else study.params.study.given_encodings
    return Instructions(study.roles, encodings, study.params.segment)


@dataclass(frozen=True, slots=True)
class Reading:
    """Facts on a transcript that was read, for the run's report."""

    outline: Transcript
    """The transcript as read without confirmed roles: without its text, and with one turn for each speaker and role."""
    silent: bool
    """Whether nobody's speech in it is coded."""
    doubts: tuple[str, ...]
    opening: str
    """Digest of its beginning."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A transcript that was read, with the roles that a person confirmed."""

    transcript: Transcript
    reading: Reading
    segments: tuple[Segment, ...] | None = None
    """None if it has not been cut yet."""
    warnings: tuple[str, ...] = field(default=())
    """What its reader says in the log."""

    def cut(self, params: SegmentParams) -> tuple[Segment, ...]:
        """Return its segments."""
        return tuple(segment_transcripts([self.transcript], params)) if self.segments is None else self.segments


@cache
def prepared_json() -> TypeAdapter[Prepared]:
    """Return the type adapter by which a prepared transcript is written as JSON and read back."""
    return TypeAdapter(Prepared)


def prepare(path: Path, how: Instructions, *, cut: bool = False) -> Prepared | BadInputError:
    """Read one file, and cut it into segments if asked to; return the error if it cannot be read."""
    try:
        return prepare_bytes(transcript_bytes(path), path.name, how, cut=cut)
    except BadInputError as error:
        return error


def prepare_bytes(data: bytes, name: str, how: Instructions, *, cut: bool = False) -> Prepared:
    """Return what ``prepare`` does for the content of a file of that name. Raises BadInputError."""
    with _overheard() as warnings:
        found = parse_transcript(data, name, how.roles.unconfirmed, how.encodings)
        transcript = confirm(found, how.roles)
    segments = tuple(segment_transcripts([transcript], how.segment)) if cut else None
    return Prepared(transcript, _reading(found, transcript, how.segment), segments, tuple(warnings))


def _reading(found: Transcript, transcript: Transcript, params: SegmentParams) -> Reading:
    speakers = dict.fromkeys((turn.speaker, turn.role) for turn in found.turns)
    outline = Transcript(found.id, "", tuple(Turn(name, role, 0, 0) for name, role in speakers), found.source)
    silent = not any(turn.role in params.roles for turn in transcript.turns)
    return Reading(outline, silent, doubts(found), opening(found.text))


_one_listener = threading.RLock()


@contextmanager
def _overheard() -> Iterator[list[str]]:
    """Keep what the readers say in the log for whoever reports it: in another process nobody would see it.

    One thread at a time, since all have the same log.
    """
    said: list[str] = []
    logger, thread = logging.getLogger(READERS), threading.get_ident()

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.thread == thread:
                said.append(record.getMessage())

    with _one_listener:
        ear, before = Ear(), (logger.propagate, logger.level)
        logger.addHandler(ear)
        logger.propagate = False
        logger.setLevel(logging.WARNING)  # also where nothing is to be shown now: what is kept is shown later
        try:
            yield said
        finally:
            logger.removeHandler(ear)
            logger.propagate = before[0]
            logger.setLevel(before[1])


def prepare_all(files: Sequence[Path], how: Instructions) -> Iterator[Prepared | BadInputError]:
    """Read files in order, on all cores if there is enough to read; the processes also cut the transcripts."""
    yield from map(tell, on_cores(files, partial(prepare, how=how), partial(prepare, how=how, cut=True)))


def on_cores(files: Sequence[Path], here: Callable[[Path], Made], elsewhere: Callable[[Path], Made]) -> Iterator[Made]:
    """Yield what is made of each file, in their order: ``here``, or ``elsewhere`` on all cores for much to read."""
    processes = os.cpu_count() or 1
    if processes == 1 or sum(map(_size, files)) < POOL_BYTES:
        yield from map(here, files)
        return
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"), _begin, (elsewhere,)) as pool:
        yield from _in_order(pool.submit, _make, files, AHEAD * processes)


def _size(path: Path) -> int:
    with suppress(OSError):
        return path.stat().st_size
    return 0


def tell(one: Prepared | BadInputError) -> Prepared | BadInputError:
    """Log the reader's messages."""
    for warning in () if isinstance(one, BadInputError) else one.warnings:
        logging.getLogger(READERS).warning("%s", warning)
    return one


_own: list[Callable[[Path], Any]] = []
"""In a process that helps to read: what it makes of a file."""


def _begin(work: Callable[[Path], Any]) -> None:
    _own[:] = [work]


def _make(path: Path) -> Any:
    return _own[0](path)


def _in_order(
    submit: Callable[..., "Future[Any]"], work: Callable[[Path], object], files: Sequence[Path], ahead: int
) -> Iterator[Any]:
    """Yield the results of work on files in their order, with no more than ``ahead`` of them waiting."""
    left = iter(files)
    waiting = deque(submit(work, path) for path in islice(left, ahead))
    while waiting:
        yield waiting.popleft().result()
        waiting.extend(submit(work, path) for path in islice(left, 1))
