"""A language model as a coder: its name, its files, and the record of how it coded."""

import hashlib
import re
from dataclasses import dataclass, field

from comb.codings.machine import LLM


@dataclass(frozen=True)
class LlmRun:
    """How a language model coded a study, and the outcome for its segments."""

    coder: str
    """Its name in the codings: ``llm:`` and the model's name."""
    model: str
    digest: str
    """Digest of the weights, as reported by the server; empty if it reports none."""
    licence: str
    where: str
    """The program that ran it."""
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
        """Whether participants' words left this machine."""
        return not self.where.endswith("on this machine")


def coder_name(model: str) -> str:
    """Return the name under which a model codes.

    >>> coder_name("qwen2.5:7b-instruct")
    'llm:qwen2.5:7b-instruct'
    """
    return LLM + model


def folder_name(model: str) -> str:
    r"""Return a name for a model's files that is valid on every system: no ``:``, no reserved word, one case only.

    >>> folder_name("qwen2.5:7b"), folder_name("C:\\models\\NUL")
    ('qwen2-5-7b-643816e6', 'c-models-nul-5a4cfd45')
    """
    plain = re.sub(r"[^a-z0-9]+", "-", model.casefold()).strip("-")[-60:].lstrip("-")
    return f"{plain or 'model'}-{hashlib.sha256(model.encode()).hexdigest()[:8]}"
