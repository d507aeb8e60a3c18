"""Ask a model many questions: several at a time, none twice, with retries."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.pool import ThreadPool
from typing import TypeVar

from comb.errors import BadInputError
from comb.llm.cache import Cache
from comb.llm.questions import Backend, ModelFacts, NotRunning, Question, Reply, ServerGoneError, Unanswered

CHECKED_EVERY = 200
"""Number of items after which comb checks that the model is still the same."""
PAUSE = 0.5
"""Seconds before a retry; doubled each time."""
LONGEST_WAIT = 60.0
"""Most seconds that a server may ask comb to wait."""
Item = TypeVar("Item")
Made = TypeVar("Made")


@dataclass(frozen=True)
class Effort:
    """Settings for asking a model."""

    concurrency: int = 4
    retries: int = 2


class Asker:
    """Asks a model. Questions in the cache are not asked again; only usable replies are cached."""

    def __init__(self, backend: Backend, cache: Cache, facts: ModelFacts, effort: Effort) -> None:
        self.backend, self.cache, self.facts, self.effort = backend, cache, facts, effort
        self.calls = 0
        self.failures: dict[str, int] = {}
        """Failed calls by reason, those that were made good by asking again included."""
        self.used: set[str] = set()
        """Keys of the replies that were used."""
        self.versions: set[str] = set()
        """What those who gave them call themselves."""
        self._answering = ""
        self._new: list[str] = []
        self._lock = threading.Lock()
        self._ended = threading.Event()
        """Set where the run ends early: nothing is asked again."""

    def each(
        self, work: Callable[[Item], Made], items: Sequence[Item], advance: Callable[[int], object] = lambda done: None
    ) -> list[Made]:
        """Return the result of ``work`` for each item, in the order of the items.

        Raises CombError if the server is gone, or if a different model answers than at the start. Earlier answers are
        kept, except those that may already be the other model's.
        """
        out: list[Made] = []
        for start in range(0, len(items), CHECKED_EVERY):
            out += self._together(work, items[start : start + CHECKED_EVERY], advance)
            self._require_same_model()
        return out

    def _together(
        self, work: Callable[[Item], Made], items: Sequence[Item], advance: Callable[[int], object]
    ) -> list[Made]:
        def made_of(at: int) -> tuple[int, Made] | None:
            return None if self._ended.is_set() else (at, work(items[at]))

        made: dict[int, Made] = {}
        # Its threads end with the program: a person who stops the run does not wait for answers that are under way.
        with ThreadPool(self.effort.concurrency) as pool:
            try:
                for found in filter(None, pool.imap_unordered(made_of, range(len(items)))):
                    made[found[0]] = found[1]
                    advance(1)
            except BaseException as error:
                self._ended.set()
                if isinstance(error, Exception):
                    pool.close()
                    pool.join()
                raise
        return [made[at] for at in range(len(items))]

    def reply(self, question: Question, read: Callable[[Reply], Made]) -> Made:
        """Return the result of ``read`` for the reply to a question, cached or new.

        Raises Unanswered if there is no usable reply after all tries.
        """
        key = question.key(self.facts)
        known = self.cache.get(key)
        if known is not None:
            # What served another purpose may be of no use for this one: then it is asked for once more.
            with suppress(Unanswered):
                made = read(known)
                with self._lock:
                    self._note(key, known)
                return made
        for wait in self._waits():
            try:
                reply = self._ask(question)
                made = read(reply)
                break
            except (Unanswered, ServerGoneError) as failure:
                self._count(failure)
                if wait is None or (isinstance(failure, Unanswered) and not failure.again):
                    raise
                if self._ended.wait(max(wait, _wanted_wait(failure))):
                    raise
        self.cache.put(key, reply)
        with self._lock:
            self._new.append(key)
            self._note(key, reply)
        return made

    def _note(self, key: str, reply: Reply) -> None:
        self.used.add(key)
        self.versions |= {reply.model} - {""}

    def _waits(self) -> Iterator[float | None]:
        """Yield the seconds to wait after each try that fails; None after the last."""
        yield from (PAUSE * 2**n for n in range(self.effort.retries))
        yield None

    def _ask(self, question: Question) -> Reply:
        with self._lock:
            self.calls += not isinstance(self.backend, NotRunning)
        reply = self.backend.ask(question)
        with self._lock:
            self._answering = self._answering or reply.model
            if reply.model != self._answering:
                raise _changed()
        _require_named(reply.answers_as, self.facts.name)
        return reply

    def _count(self, failure: Unanswered | ServerGoneError) -> None:
        reason = failure.reason if isinstance(failure, Unanswered) else "no connection"
        with self._lock:
            self.failures[reason] = self.failures.get(reason, 0) + 1

    def _require_same_model(self) -> None:
        """Check that the answers since the last check are this model's; drop them where it is another one by now."""
        if self._new and self.backend.facts().weights != self.facts.weights:
            self.cache.forget(self._new)
            raise _changed()
        self._new.clear()


def _wanted_wait(failure: Unanswered | ServerGoneError) -> float:
    return min(failure.wait, LONGEST_WAIT) if isinstance(failure, Unanswered) else 0


def _require_named(answering: str, asked: str) -> None:
    """Check that a model that names itself is the one that was asked: LM Studio lets any loaded one answer."""
    if answering and _plain(answering) != _plain(asked):
        remedy = f"Load {asked} in the server, or name the model that is to code in llm.model."
        raise BadInputError(f"{answering!r} answers in place of {asked!r}", where="llm.model", remedy=remedy)


def _plain(name: str) -> str:
    r"""Return a model's name without what servers add to it or leave off.

    >>> _plain("Qwen:latest") == _plain("C:\\models\\qwen.gguf") == _plain("org/qwen")
    True
    """
    return name.replace("\\", "/").rpartition("/")[2].casefold().removesuffix(":latest").removesuffix(".gguf")


def _changed() -> BadInputError:
    remedy = "Load the model that is to code and run again: its answers so far are kept."
    return BadInputError("a different model answers than at the start", where="llm.model", remedy=remedy)
