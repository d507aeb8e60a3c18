"""The opinion of a ridge regression on n-grams of words and characters, weighted by TF-IDF."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from comb.codings.alignment import Codes
from comb.learning import tfidf
from comb.learning.features import Inputs
from comb.learning.linear import Linear, fit_ridge
from comb.learning.opinions.protocol import Parts, Rows, Task
from comb.learning.tfidf import KINDS, Ngrams, fit_ngrams, ngram_rows
from comb.learning.thresholds import Floats


@dataclass(frozen=True)
class NgramsJudge:
    """A fitted ridge regression."""

    ngrams: tuple[Ngrams, ...]
    """The n-grams of each kind; their terms, one kind after the other, are the F features."""
    linear: Linear

    def __call__(self, inputs: Inputs, rows: Rows) -> Floats:
        """Return logits (len(rows), K)."""
        return self.linear(_rows(self.ngrams, inputs, rows))

    def parts(self) -> Parts:
        """Return weights and offset, and terms with their weights for each kind."""
        found = self.linear.parts()
        for one in self.ngrams:
            found |= {f"{one.kind}.idf": one.idf, f"{one.kind}.terms": np.array(one.terms, np.str_)}
        return found


@dataclass(frozen=True)
class NgramsOpinion:
    """Ridge regression on n-grams."""

    name: str = "n-grams"
    weight: float = 1.0
    must_earn: bool = False
    allowed: frozenset[str] | None = None
    """The only n-grams that it may use; None if all are allowed."""

    def can_judge(self, inputs: Inputs, task: Task) -> bool:
        """Return True: every study has words."""
        return True

    def fit(self, inputs: Inputs, rows: Rows, answers: Codes, task: Task) -> NgramsJudge:
        """Choose the n-grams of some rows, and fit on these rows."""
        texts = [inputs.texts[row] for row in rows]
        chosen = tuple(self._only_allowed(fit_ngrams(texts, kind)) for kind in KINDS)
        return NgramsJudge(chosen, fit_ridge(ngram_rows(chosen, texts).matrix(), answers))

    def _only_allowed(self, found: Ngrams) -> Ngrams:
        if self.allowed is None:
            return found
        kept = [column for column, term in enumerate(found.terms) if term in self.allowed]
        return Ngrams(found.kind, tuple(found.terms[column] for column in kept), found.idf[kept])

    def restore(self, parts: Mapping[str, NDArray[Any]]) -> NgramsJudge:
        """Return the judge that was stored as these parts."""
        terms = {kind: tuple(parts[f"{kind}.terms"].tolist()) for kind in KINDS}
        chosen = tuple(Ngrams(kind, terms[kind], parts[f"{kind}.idf"]) for kind in KINDS)
        return NgramsJudge(chosen, Linear.restore(parts))


def _rows(chosen: Sequence[Ngrams], inputs: Inputs, rows: Rows) -> tfidf.Rows:
    return ngram_rows(chosen, [inputs.texts[row] for row in rows])
