"""A language model as a coder: its name, its files, and what is recorded of how it coded."""

import hashlib
import re
from dataclasses import dataclass, field

from comb.codings.machine import LLM


@dataclass(frozen=True)
class LlmRun:
    """How a language model coded a study, and what became of the segments."""

    coder: str
    """Its name in the codings: ``llm:`` and the model's name."""
    model: str
    digest: str
    """Of the weights, as the server tells it; empty if it does not."""
    licence: str
    where: str
    """What ran it."""
    prompt: str
    """Hash of the template, the codes and their wording."""
    scores: str
    """``probabilities`` of the first token, or shares of repeated ``answers``."""
    temperature: float
    seed: int
    examples: int
    """Coded segments of other transcripts shown with each segment; 0: none."""
    level: str
    codes: tuple[str, ...]
    """The codes that it could choose from."""
    transcripts: int
    segments: int
    coded: int
    empty: int
    """Segments that it read and gave no code."""
    missing: dict[str, int] = field(default_factory=dict)
    """Segments without a usable answer, by reason."""
    first_day: str = ""
    last_day: str = ""
    """UTC days on which it was asked, as YYYY-MM-DD."""
    comb: str = ""

    @property
    def remote(self) -> bool:
        """Whether what participants said left this machine."""
        return not self.where.endswith("on this machine")


def coder_name(model: str) -> str:
    """Return the name under which a model codes.

    >>> coder_name("qwen2.5:7b-instruct")
    'llm:qwen2.5:7b-instruct'
    """
    return LLM + model


def folder_name(model: str) -> str:
    r"""Return a name for a model's files that every system takes: no ``:``, no reserved word, no case to tell apart.

    >>> folder_name("qwen2.5:7b"), folder_name("C:\\models\\NUL")
    ('qwen2-5-7b-643816e6', 'c-models-nul-5a4cfd45')
    """
    plain = re.sub(r"[^a-z0-9]+", "-", model.casefold()).strip("-")[-60:].lstrip("-")
    return f"{plain or 'model'}-{hashlib.sha256(model.encode()).hexdigest()[:8]}"
