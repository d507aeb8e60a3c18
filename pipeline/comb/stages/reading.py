"""Read transcripts one after the other, with only a few in memory at a time.

At the end, a run reports on speakers and copies from a ``Reading`` of each transcript, which contains names and places,
but never the text.
"""

import logging
import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from comb.errors import BadInputError
from comb.records import Segment, Transcript, Turn
from comb.stages.transcript_copies import opening
from comb.study.layout import Study
from comb.study.params import SegmentParams
from comb.study.speakers import StudyRoles
from comb.transcripts.confirmed_roles import confirm
from comb.transcripts.doubts import doubts
from comb.transcripts.encoding import EVERY
from comb.transcripts.reader import read_transcript
from comb.transcripts.segment import segment_transcripts

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


def prepare(path: Path, how: Instructions, *, cut: bool = False) -> Prepared | BadInputError:
    """Read one file, and cut it into segments if asked to; return the error if it cannot be read."""
    with _overheard() as warnings:
        try:
            found = read_transcript(path, how.roles.unconfirmed, how.encodings)
            transcript = confirm(found, how.roles)
        except BadInputError as error:
            return error
    segments = tuple(segment_transcripts([transcript], how.segment)) if cut else None
    return Prepared(transcript, _reading(found, transcript, how.segment), segments, tuple(warnings))


def _reading(found: Transcript, transcript: Transcript, params: SegmentParams) -> Reading:
    speakers = dict.fromkeys((turn.speaker, turn.role) for turn in found.turns)
    outline = Transcript(found.id, "", tuple(Turn(name, role, 0, 0) for name, role in speakers), found.source)
    silent = not any(turn.role in params.roles for turn in transcript.turns)
    return Reading(outline, silent, doubts(found), opening(found.text))


@contextmanager
def _overheard() -> Iterator[list[str]]:
    """Keep what the readers say in the log for whoever reports it: in another process nobody would see it."""
    said: list[str] = []
    logger = logging.getLogger(READERS)

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(record.getMessage())

    ear, before = Ear(), logger.propagate
    logger.addHandler(ear)
    logger.propagate = False
    try:
        yield said
    finally:
        logger.removeHandler(ear)
        logger.propagate = before


def prepare_all(files: Sequence[Path], how: Instructions) -> Iterator[Prepared | BadInputError]:
    """Read files in order, on all cores if there is enough to read; the processes also cut the transcripts."""
    processes = os.cpu_count() or 1
    if processes == 1 or sum(map(_size, files)) < POOL_BYTES:
        for path in files:
            yield _told(prepare(path, how))
        return
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"), _begin, (how,)) as pool:
        yield from map(_told, _in_order(pool.submit, _prepare_cut, files, AHEAD * processes))


def _size(path: Path) -> int:
    with suppress(OSError):
        return path.stat().st_size
    return 0


def _told(one: Prepared | BadInputError) -> Prepared | BadInputError:
    """Log the reader's messages."""
    for warning in () if isinstance(one, BadInputError) else one.warnings:
        logging.getLogger(READERS).warning("%s", warning)
    return one


_own: list[Instructions] = []
"""In a process that helps to read: how it reads."""


def _begin(how: Instructions) -> None:
    _own[:] = [how]


def _prepare_cut(path: Path) -> Prepared | BadInputError:
    return prepare(path, _own[0], cut=True)


def _in_order(
    submit: Callable[..., "Future[Any]"], work: Callable[[Path], object], files: Sequence[Path], ahead: int
) -> Iterator[Any]:
    """Yield the results of work on files in their order, with no more than ``ahead`` of them waiting."""
    left = iter(files)
    waiting = deque(submit(work, path) for path in islice(left, ahead))
    while waiting:
        yield waiting.popleft().result()
        waiting.extend(submit(work, path) for path in islice(left, 1))
