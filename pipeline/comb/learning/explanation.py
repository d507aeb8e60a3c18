"""Why a code was suggested: the words with the largest weight for it, and the code that came nearest to it.

Shapes: N segments, K codes, F n-grams.

The words are those of the linear model on n-grams, whose sum over n-grams is distributed over the words of the segment.
They are thus the actual contributions, and not a model of the model. The contribution of the embeddings cannot be shown
in words; the evidence segments represent it.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from comb.learning.classifier import Classifier
from comb.learning.opinions.ngrams import NgramsJudge
from comb.learning.tfidf import WORDS, Ngrams, ngrams
from comb.learning.thresholds import Floats
from comb.records import Rival

MOST_WORDS = 3


def rival(classifier: Classifier, scores: Floats, needed: Floats, chosen: Sequence[bool]) -> Rival | None:
    """Return the unsuggested code of a segment that came nearest; ``scores`` and ``needed`` are (K,).

    Nearest is relative to the score that the code needed. None if every code was suggested.
    """
    others = np.flatnonzero(~np.asarray(chosen))
    if not len(others):
        return None
    relative = scores[others] / np.maximum(needed[others], 1e-9)
    best = int(others[relative.argmax()])
    return Rival(classifier.codes[best], round(float(scores[best]), 4))


def words(
    classifier: Classifier, texts: Sequence[str], codes: Sequence[Sequence[int]]
) -> Iterator[list[tuple[str, ...]]]:
    """Return, for each of N texts and each of its codes (columns of the classifier), the words with the largest weight.

    At most ``MOST_WORDS``, the largest weight first, without words that count against the code; none if the classifier
    has no n-grams.
    """
    places = [[match.span() for match in re.finditer(WORDS, text)] for text in texts]
    shares = [np.zeros((len(own), len(chosen))) for own, chosen in zip(places, codes, strict=True)]
    first = 0
    judge = classifier.judges.get("n-grams")
    known, linear = (judge.ngrams, judge.linear.weights) if isinstance(judge, NgramsJudge) else ((), np.zeros((0, 0)))
    for part in known:
        weights = linear[first : first + len(part.terms)]
        rows, columns, values = part.entries(texts)
        ends = np.searchsorted(rows, np.arange(len(texts) + 1)).tolist()
        for row, text in enumerate(texts):
            own = slice(ends[row], ends[row + 1])
            added = values[own, None] * weights[columns[own]][:, list(codes[row])]
            shares[row] += _shared(part, added, columns[own].tolist(), text, places[row])
        first += len(part.terms)
    for text, spans, share in zip(texts, places, shares, strict=True):
        spoken = [text[start:end].casefold() for start, end in spans]
        yield [_weightiest(spoken, column) for column in share.T] if known else [()] * share.shape[1]


def _shared(
    part: Ngrams, added: Floats, columns: Sequence[int], text: str, places: Sequence[tuple[int, int]]
) -> Floats:
    """Share out what each n-gram of a text adds (Z, C) among its words (W, C), evenly among those it occurs in."""
    entry = {column: index for index, column in enumerate(columns)}
    found = enumerate(_with_part_in(part, text, places))
    pairs = [(word, entry[part.columns[term]]) for word, terms in found for term in terms if term in part.columns]
    owners, entries = np.array(pairs, np.intp).reshape(-1, 2).T
    evenly = added / np.maximum(np.bincount(entries, minlength=len(added)), 1)[:, None]
    out = np.zeros((len(places), added.shape[1]))
    np.add.at(out, owners, evenly[entries])
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
