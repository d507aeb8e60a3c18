"""Questions to a language model and its replies, whatever program runs it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from comb.errors import CombError

Message = Mapping[str, str]


@dataclass(frozen=True)
class ModelFacts:
    """Facts about a model from the server or folder that runs it; empty or None if unknown."""

    name: str
    digest: str = ""
    """Identifies the weights."""
    size: int | None = None
    """Bytes of the weights."""
    context: int | None = None
    """Most tokens of a question and its answer together."""
    licence: str = ""
    elsewhere: str = ""
    """Where the model runs according to the server, if not on the server's own machine."""

    @property
    def weights(self) -> str:
        """Identifier of these weights among others of the same name: the digest, or the size if there is none."""
        return self.digest or str(self.size or "")


@dataclass(frozen=True)
class Question:
    """One request: the messages, and settings for the answer."""

    messages: tuple[tuple[str, str], ...]
    """(role, text), in order."""
    max_tokens: int
    temperature: float
    seed: int
    schema: str = ""
    """JSON schema of the answer; empty for free text."""
    top: int = 0
    """How many of the most likely first tokens to return, with their log-probabilities."""

    def key(self, model: ModelFacts) -> str:
        """Return the hash of the question and of the model that is asked."""
        told = json.dumps([model.name, model.weights, asdict(self)], ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True)
class Reply:
    """A model's reply."""

    text: str
    finished: bool
    """False if the answer was cut off at ``max_tokens``."""
    top: tuple[tuple[str, float], ...] = ()
    """The most likely first tokens with their log-probabilities; empty if unknown."""
    model: str = ""
    """The server's name for the model that answered, with its fingerprint if there is one."""
    answers_as: str = ""
    """The name alone; empty if the server gives none."""


class Backend(Protocol):
    """Anything that runs a language model."""

    @property
    def where(self) -> str:
        """The program that runs it, such as ``server on this machine``."""
        ...

    def facts(self) -> ModelFacts:
        """Return the present facts about the model. Raises CombError if it is not available."""
        ...

    def ask(self, question: Question) -> Reply:
        """Ask the model.

        Raises Unanswered if this question gets no answer, and CombError if further questions would be useless.
        """
        ...


class Unanswered(Exception):  # noqa: N818 (an outcome that is counted, not a fault)
    """A question without a usable answer. The segment stays missing; it never counts as a segment without a code."""

    def __init__(self, reason: str, *, again: bool = True, wait: float = 0) -> None:
        self.reason = reason
        self.again = again
        """Whether asking once more may help."""
        self.wait = wait
        """Seconds that the server asks comb to wait; 0 if it does not say."""
        super().__init__(reason)


@dataclass(frozen=True)
class NotRunning:
    """A model that is not running: only its earlier answers are available."""

    known: ModelFacts
    where: str

    def facts(self) -> ModelFacts:
        """Return the facts about the model from when it last ran."""
        return self.known

    def ask(self, question: Question) -> Reply:
        """Raise Unanswered."""
        raise Unanswered("not running", again=False)


class ServerGoneError(CombError):
    """The server no longer answers."""


def printable(text: str) -> str:
    r"""Return a model's text on one line, in a form that is safe for files and screens.

    >>> printable("A\x1b[31m reason\n\ud800 \x00.")
    'A [31m reason .'
    """
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def number(value: Any) -> int | None:
    """Return a whole number from a server; None if it is anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
