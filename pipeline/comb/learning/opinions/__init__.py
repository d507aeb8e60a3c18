"""Opinions that the classifier combines. To add one, add a file here and a line in ``OPINIONS``."""

from comb.learning.features import Inputs
from comb.learning.opinions.embeddings import EmbeddingsOpinion
from comb.learning.opinions.ngrams import NgramsOpinion
from comb.learning.opinions.outside import OutsideOpinion
from comb.learning.opinions.place import PlaceOpinion
from comb.learning.opinions.protocol import Opinion, Task
from comb.learning.opinions.starter import StarterOpinion

OPINIONS: tuple[Opinion, ...] = (
    EmbeddingsOpinion(),
    NgramsOpinion(),
    StarterOpinion(),
    PlaceOpinion(),
)


def named(name: str) -> Opinion:
    """Return the opinion with a name; an unknown name is that of scores from outside."""
    return next((opinion for opinion in OPINIONS if opinion.name == name), OutsideOpinion(name))


def available(inputs: Inputs, task: Task, *, without: frozenset[str] = frozenset()) -> tuple[Opinion, ...]:
    """Return the opinions that can judge the segments of a study, those from outside last."""
    every = (*OPINIONS, *(OutsideOpinion(name) for name in sorted(inputs.outside)))
    return tuple(opinion for opinion in every if opinion.name not in without and opinion.can_judge(inputs, task))
