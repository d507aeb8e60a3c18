"""Read replies: the chosen codes, and a score for each.

Shapes: K codes.
"""

import json
import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from comb.llm.prompt import Prompt
from comb.llm.questions import Reply, Unanswered

LEAST_MASS = 0.2
"""Least share of the first token's probability for the options together; with less, the model answers something
else."""
ALSO = 0.3
"""Probability from which a code is chosen besides the most likely one, if a segment may have several."""
_OBJECT = re.compile(r"\{.*\}", re.DOTALL)


@dataclass(frozen=True)
class Answer:
    """A model's answer for one segment."""

    scores: tuple[float, ...]
    """(K,), each from 0 to 1."""
    chosen: tuple[str, ...]
    """The chosen codes, the highest score first; empty if the model read the segment and found no code."""
    why: str = ""


def by_probabilities(reply: Reply, prompt: Prompt) -> Answer:
    """Return the answer given by the probabilities of the first token: a share for each option, with a sum of 1.

    Raises Unanswered if the options have little of the probability (the model says something else, such as a refusal),
    or if there are no probabilities.
    """
    if not reply.top:
        raise Unanswered("no probabilities", again=False)
    shares = dict.fromkeys(prompt.letters, 0.0)
    for token, logprob in reply.top:
        name = token.strip(" \n\t\"'(*.▁Ġ")
        if name in shares:
            shares[name] += math.exp(min(logprob, 0.0))
    mass = sum(shares.values())
    if mass < LEAST_MASS:
        raise Unanswered("not an option", again=False)
    *scores, none = (shares[letter] / mass for letter in prompt.letters)
    return _answer(np.array(scores), none, prompt)


def _answer(scores: NDArray[np.float64], none: float, prompt: Prompt) -> Answer:
    order = [int(k) for k in np.argsort(-scores, kind="stable")]
    told = tuple(round(float(score), 6) for score in scores)
    if scores[order[0]] <= none:
        return Answer(told, ())
    also = [] if prompt.exclusive else [k for k in order[1:] if scores[k] >= ALSO]
    return Answer(told, tuple(prompt.codes[k] for k in (order[0], *also)))


def codes_in(reply: Reply, prompt: Prompt) -> tuple[str, ...]:
    """Return the codes that an answer in JSON names, in the order of the codebook.

    Raises Unanswered if it is cut off, is not such JSON, or names an id that is not in the list.
    """
    if not reply.finished:
        raise Unanswered("cut off")
    found = _OBJECT.search(reply.text)
    try:
        data = json.loads(found[0], object_pairs_hook=_once) if found else None
    except (ValueError, RecursionError):
        raise Unanswered("broken JSON") from None
    if data is None:
        raise Unanswered(_nothing_in(reply.text))
    codes = data.get("codes") if isinstance(data, dict) else None
    if not isinstance(codes, list):
        raise Unanswered("broken JSON")
    named = {_named(code, prompt.codes) for code in codes}
    chosen = tuple(code for code in prompt.codes if code in named)
    if prompt.exclusive and len(chosen) > 1:
        raise Unanswered("several codes")
    return chosen


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object; raise ValueError if it says something twice, of which only one would count."""
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a name occurs twice")
    return dict(pairs)


def _named(said: Any, codes: Sequence[str]) -> str:
    """Return the code that an answer names: its id or, if only one is alike, the same in other case or spacing."""
    if not isinstance(said, str):
        raise Unanswered("unknown code")
    alike = [code for code in codes if code == said] or [code for code in codes if _folded(code) == _folded(said)]
    if len(alike) != 1:
        raise Unanswered("unknown code")
    return alike[0]


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())


def _nothing_in(text: str) -> str:
    if "{" in text:
        return "broken JSON"
    return "refusal" if text.strip() else "empty answer"


def by_answers(answers: Sequence[tuple[str, ...]], prompt: Prompt) -> Answer:
    """Combine several answers for the same segment: the first gives the codes, all of them together the scores."""
    scores = tuple(round(sum(code in one for one in answers) / len(answers), 6) for code in prompt.codes)
    chosen = sorted(answers[0], key=lambda code: -scores[prompt.codes.index(code)])
    return Answer(scores, tuple(chosen))
