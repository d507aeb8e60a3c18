"""Find language models that could code on this machine, and estimate how long the study's own would take."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from comb.llm.coder import Coder, Outcome
from comb.llm.prompt import Prompt
from comb.llm.questions import ModelFacts
from comb.records import Segment
from comb.stages.listener import Listener
from comb.stages.llm import opened, segments_to_code
from comb.study.layout import Study


@dataclass(frozen=True)
class Trial:
    """The results of trying the study's model on two segments."""

    facts: ModelFacts
    scores: str
    """``probabilities`` or ``answers``."""
    outcomes: tuple[Outcome, ...]
    first: float
    """Seconds for the first segment, for which the model reads the codebook for the first time."""
    next: float
    """Seconds for a further segment."""
    segments: int
    """Segments of the study that the model would code."""

    @property
    def duration(self) -> str:
        """The duration for the whole study in words, without a gain from concurrent requests."""
        minutes = self.next * self.segments / 60
        if minutes < 1:
            return "less than a minute"
        return f"about {minutes:.0f} minutes" if minutes < 90 else f"about {minutes / 60:.1f} hours"


def running(study: Study) -> dict[str, list[ModelFacts]]:
    """Return the servers that run on this machine, by URL, with the models that they offer."""
    from comb.llm.server import running_servers

    return running_servers(study.params.llm.server)


def try_model(study: Study, listener: Listener, *, approved: bool = False) -> Trial:
    """Ask the study's model for two segments, bypassing the cache of replies, and measure how long it takes."""
    segments = segments_to_code(study, listener).all
    with opened(study, listener, segments, approved=approved) as model:
        prompt = model.prompt
        measured = [_timed(Coder(model.asker, prompt), _fresh(prompt, segments, n)) for n in (0, 1)]
        (one, first), (two, later) = measured
        return Trial(model.facts, prompt.scoring, (one, two), first, later, len(segments))


def _fresh(prompt: Prompt, segments: Sequence[Segment], number: int) -> "tuple[Segment, int, Prompt]":
    """Return a segment and a seed that is asked for now, so that the cache does not answer."""
    return segments[number % len(segments)], time.time_ns() % 2**31 + number, prompt


def _timed(coder: Coder, asked: "tuple[Segment, int, Prompt]") -> tuple[Outcome, float]:
    from dataclasses import replace

    segment, seed, prompt = asked
    start = time.perf_counter()
    (outcome,) = coder.code([replace(prompt.question(segment), seed=seed)])
    return outcome, time.perf_counter() - start
