"""Agreement on boundaries: how far two coders start and stop at the same places in a text, whatever the codes.

A boundary is a place between two words of a text, numbered from 1 to the number of words minus one.
"""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import combinations

import numpy as np

from comb.agreement.bootstrap import draws, interval
from comb.agreement.coefficients import Floats, divide
from comb.agreement.results import Figure

NEAR = 2
"""Boundaries less than this many words apart are near misses, which is Fournier's default."""
KEYS = ("boundary_similarity", "pk", "windowdiff")


def word_boundaries(text: str, offsets: Sequence[int]) -> tuple[list[int], int]:
    """Return the places between words at character offsets, and the number of words.

    The ends of the text are not boundaries; an offset within a word means the start of the next word.

    >>> word_boundaries("one two three", [0, 4, 8, 13])
    ([1, 2], 3)
    """
    starts = [at for at, char in enumerate(text) if not char.isspace() and (at == 0 or text[at - 1].isspace())]
    places = {bisect_left(starts, offset) for offset in offsets}
    return sorted(place for place in places if 0 < place < len(starts)), len(starts)


def boundary_edits(one: Sequence[int], other: Sequence[int]) -> tuple[int, int, int]:
    """Match two sets of boundaries, and count exact matches, near misses and boundaries in only one set.

    >>> boundary_edits([3, 10, 20], [3, 11, 40])
    (1, 1, 2)
    """
    same = set(one) & set(other)
    left, right = sorted(set(one) - same), sorted(set(other) - same)
    near = 0
    free = set(right)
    for place in left:
        close = [mate for mate in sorted(free) if abs(mate - place) < NEAR]
        if close:
            free.remove(close[0])
            near += 1
    return len(same), near, len(left) + len(right) - 2 * near


def window_errors(one: Sequence[int], other: Sequence[int], words: int) -> tuple[float, float, float]:
    """Slide a window over the text; count the windows, those that differ in having a boundary, and in their number.

    The window is half of the mean length between the first set's boundaries. Sources: Pk: Beeferman, Berger & Lafferty
    (1999), Machine Learning 34; WindowDiff: Pevzner & Hearst (2002), Computational Linguistics 28(1).
    """
    marks = np.zeros((2, words))
    for row, places in enumerate((one, other)):
        marks[row, list(places)] = 1
    if not len(one):
        return 0.0, 0.0, 0.0
    width = max(1, round(words / (2 * len(one))))
    sums = np.concatenate([np.zeros((2, 1)), marks.cumsum(axis=1)], axis=1)
    inside = sums[:, width:] - sums[:, :-width]
    either = (inside[0] > 0) != (inside[1] > 0)
    return float(inside.shape[1]), float(either.sum()), float((inside[0] != inside[1]).sum())


def compare_boundaries(
    texts: Sequence[tuple[int, Sequence[Sequence[int]]]], replicates: int, seed: int
) -> dict[str, Figure]:
    """Compare the boundaries of all pairs of coders over transcripts, given as (words, boundaries of each coder).

    ``boundary_similarity`` is 1 minus edits per boundary, with a near miss as half an edit (Fournier 2013, ACL). Pk and
    WindowDiff are shares of windows with an error, over both directions: 0 is best.
    """
    counts = np.array([_counts(words, coders) for words, coders in texts]).reshape(-1, 6)
    if not counts[:, :3].sum():
        return {name: Figure(undefined="undefined, because nobody set a boundary within a text") for name in KEYS}
    point = _figures(counts.sum(axis=0, keepdims=True))
    if len(counts) < 2:
        why = "undefined, because there is one transcript"
        return {name: Figure(float(value[0]), interval=why) for name, value in point.items()}
    blocks = [_figures(weights @ counts) for weights in draws(len(counts), replicates, seed)]
    spread = {name: interval(np.concatenate([block[name] for block in blocks])) for name in KEYS}
    return {name: Figure.of(float(point[name][0]), spread[name]) for name in KEYS}


def _counts(words: int, coders: Sequence[Sequence[int]]) -> Floats:
    total = np.zeros(6)
    for one, other in combinations(coders, 2):
        total[:3] += boundary_edits(one, other)
        total[3:] += np.add(window_errors(one, other, words), window_errors(other, one, words))
    return total


def _figures(counts: Floats) -> dict[str, Floats]:
    same, near, alone, windows, either, differ = counts.T
    return {
        "boundary_similarity": 1 - divide(alone + near / 2, same + near + alone),
        "pk": divide(either, windows),
        "windowdiff": divide(differ, windows),
    }
