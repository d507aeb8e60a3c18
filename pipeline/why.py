"""Why a code was suggested: the words that weigh most for it, and the code that came nearest to it.

Shapes: N segments, K codes, F n-grams.

The words are those of the linear model on n-grams: its sum over n-grams is shared out among the words of the segment,
so that what is shown is what was added up and no model of the model. What the embeddings contribute is not in words;
the evidence segments stand for it.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from pipeline.head import Classifier, Floats
from pipeline.ngrams import WORDS, Ngrams, ngrams
from pipeline.records import Rival

MOST_WORDS = 3


def rival(classifier: Classifier, scores: Floats, needed: Floats, chosen: Sequence[bool]) -> Rival | None:
    """Give the code of one segment that was not suggested and came nearest; ``scores`` and ``needed`` are (K,).

    Nearest is relative to the score that the code needed. None where every code was suggested.
    """
    others = np.flatnonzero(~np.asarray(chosen))
    if not len(others):
        return None
    relative = scores[others] / np.maximum(needed[others], 1e-9)
    best = int(others[relative.argmax()])
    return Rival(classifier.codes[best], round(float(scores[best]), 4))


def words(classifier: Classifier, text: str, codes: Sequence[int]) -> list[tuple[str, ...]]:
    """Give, for each of some codes (columns of the classifier), the words of a text that weigh most for it.

    At most ``MOST_WORDS``, the weightiest first, none that weighs against the code; nothing where the classifier knows
    no n-grams.
    """
    if not classifier.ngrams:
        return [() for _ in codes]
    places = [match.span() for match in re.finditer(WORDS, text)]
    shares = np.zeros((len(places), len(codes)))
    first = 0
    for part in classifier.ngrams:
        weights = classifier.sparse.weights[first : first + len(part.terms)]
        shares += _shares(part, weights, codes, text, places)
        first += len(part.terms)
    spoken = [text[start:end].casefold() for start, end in places]
    return [_weightiest(spoken, column) for column in shares.T]


def _shares(
    part: Ngrams, weights: Floats, codes: Sequence[int], text: str, places: Sequence[tuple[int, int]]
) -> Floats:
    """Share out what each n-gram adds (F, K) to some codes among the words (W, C) that it occurs in, evenly."""
    _, columns, values = part.entries([text])
    entry = {column: index for index, column in enumerate(columns.tolist())}
    found = enumerate(_with_part_in(part, text, places))
    pairs = [(word, entry[part.columns[term]]) for word, terms in found for term in terms if term in part.columns]
    owners, entries = np.array(pairs, np.intp).reshape(-1, 2).T
    shared = values / np.maximum(np.bincount(entries, minlength=len(columns)), 1)
    out = np.zeros((len(places), len(codes)))
    np.add.at(out, owners, (shared[:, None] * weights[columns][:, list(codes)])[entries])
    return out


def _with_part_in(part: Ngrams, text: str, places: Sequence[tuple[int, int]]) -> list[list[str]]:
    """List the n-grams that each word of a text has a part in: those within it, and the pairs with its neighbours."""
    if part.kind == "characters":  # within what stands between spaces, punctuation included
        runs = [match.span() for match in re.finditer(r"\S+", text)]
        found = [ngrams(text[start:end], part.kind) for start, end in runs]
        ends = [end for _, end in runs]
        return [found[bisect_left(ends, end)] for _, end in places]
    low = [text[start:end].lower() for start, end in places]
    pairs = [f"{a} {b}" for a, b in pairwise(low)]
    return [[word, *pairs[max(index - 1, 0) : index + 1]] for index, word in enumerate(low)]


def _weightiest(spoken: Sequence[str], weights: Floats) -> tuple[str, ...]:
    total: dict[str, float] = {}
    for word, weight in zip(spoken, weights.tolist(), strict=True):
        total[word] = total.get(word, 0.0) + weight
    ranked = sorted((word for word in total if total[word] > 0), key=lambda word: (-total[word], word))
    return tuple(ranked[:MOST_WORDS])
