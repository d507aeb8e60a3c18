"""What is asked of a language model and what it answers, whatever runs it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from comb.errors import CombError

Message = Mapping[str, str]


@dataclass(frozen=True)
class ModelFacts:
    """What is told of a model by the server, or the folder, that runs it; empty or None if it is not told."""

    name: str
    digest: str = ""
    """Names the weights."""
    size: int | None = None
    """Bytes of the weights."""
    context: int | None = None
    """Tokens that a question and its answer may have together."""
    licence: str = ""
    elsewhere: str = ""
    """Where the server says that the model runs, if not on the server's own machine."""

    @property
    def weights(self) -> str:
        """What tells these weights from others under the same name: the digest, or the size if none is told."""
        return self.digest or str(self.size or "")


@dataclass(frozen=True)
class Question:
    """One request: messages and how the answer is to be made."""

    messages: tuple[tuple[str, str], ...]
    """(role, text), in order."""
    max_tokens: int
    temperature: float
    seed: int
    schema: str = ""
    """JSON schema of the answer; empty: free text."""
    top: int = 0
    """How many of the likeliest first tokens are wanted, with their log-probabilities."""

    def key(self, model: ModelFacts) -> str:
        """Return the hash of the question and of the model that is asked."""
        told = json.dumps([model.name, model.weights, asdict(self)], ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True)
class Reply:
    """What a model answered."""

    text: str
    finished: bool
    """False if the answer was cut off at ``max_tokens``."""
    top: tuple[tuple[str, float], ...] = ()
    """The likeliest first tokens with their log-probabilities; empty if they are not told."""
    model: str = ""
    """What the server calls the model that answered, with its fingerprint where it tells one."""
    answers_as: str = ""
    """The name alone; empty if the server tells none."""


class Backend(Protocol):
    """Anything that runs a language model."""

    @property
    def where(self) -> str:
        """What runs it, such as ``server on this machine``."""
        ...

    def facts(self) -> ModelFacts:
        """Return what is known of the model now. Raises CombError if it is not there."""
        ...

    def ask(self, question: Question) -> Reply:
        """Ask the model.

        Raises Unanswered if this question gets no answer, and CombError if asking on is useless.
        """
        ...


class Unanswered(Exception):  # noqa: N818 (an outcome that is counted, not a fault)
    """A question without a usable answer. The segment stays missing; it is never taken for one without a code."""

    def __init__(self, reason: str, *, again: bool = True, wait: float = 0) -> None:
        self.reason = reason
        self.again = again
        """Whether asking once more may help."""
        self.wait = wait
        """Seconds after which the server wants to be asked again; 0 if it does not say."""
        super().__init__(reason)


@dataclass(frozen=True)
class NotRunning:
    """A model that nothing runs at present: what it answered before is known, and nothing else."""

    known: ModelFacts
    where: str

    def facts(self) -> ModelFacts:
        """Return what was told of the model when it last ran."""
        return self.known

    def ask(self, question: Question) -> Reply:
        """Raise Unanswered."""
        raise Unanswered("not running", again=False)


class ServerGoneError(CombError):
    """The server does not answer any more."""


def printable(text: str) -> str:
    r"""Return what a model wrote, in one line, as files and screens can contain it.

    >>> printable("A\x1b[31m reason\n\ud800 \x00.")
    'A [31m reason .'
    """
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def number(value: Any) -> int | None:
    """Return a whole number that a server told; None if it told something else."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
