"""The opinion of a logistic regression on embeddings: of the segment, its question, and its speaker's last segment.

For a segment without a question or a previous segment, the mean in training is used in its place, and not 0.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from comb.codings.alignment import Codes
from comb.learning.features import Embeddings, Inputs
from comb.learning.linear import Linear, fit_logistic
from comb.learning.opinions.protocol import Parts, Rows, Task
from comb.learning.thresholds import Floats


@dataclass(frozen=True)
class EmbeddingsJudge:
    """A fitted logistic regression."""

    linear: Linear
    means: Embeddings
    """(F,): replacements for features that a segment lacks."""

    def __call__(self, inputs: Inputs, rows: Rows) -> Floats:
        """Return logits (len(rows), K)."""
        return self.linear(inputs.features(rows, self.means))

    def parts(self) -> Parts:
        """Return weights, offset and means."""
        return {"weights": self.linear.weights, "offset": self.linear.offset, "means": self.means}


@dataclass(frozen=True)
class EmbeddingsOpinion:
    """Logistic regression on embeddings."""

    name: str = "embeddings"
    weight: float = 2.0
    must_earn: bool = False
    shown_alone: float = 0.0
    """Share of the training segments that are shown without context."""

    def can_judge(self, inputs: Inputs, task: Task) -> bool:
        """Return True: every study has embeddings."""
        return True

    def fit(self, inputs: Inputs, rows: Rows, answers: Codes, task: Task) -> EmbeddingsJudge:
        """Fit on some rows, a share of which, drawn at random, is shown alone."""
        means = inputs.feature_means(rows)
        features = inputs.features(rows, means)
        lone = np.flatnonzero(np.random.default_rng(task.seed).random(len(rows)) < self.shown_alone)
        features[lone] = inputs.alone().features(rows[lone], means)
        return EmbeddingsJudge(fit_logistic(features, answers, exclusive=task.exclusive), means)

    def restore(self, parts: Mapping[str, NDArray[Any]]) -> EmbeddingsJudge:
        """Return the judge that was stored as these parts."""
        return EmbeddingsJudge(Linear.restore(parts), parts["means"])
