"""Word and character n-grams with TF-IDF weights, equal to those of scikit-learn's TfidfVectorizer.

Importing scikit-learn takes longer than coding a short interview, and ``comb suggest`` would need it only for this; in
a large study, scikit-learn also takes several times the memory. ``tests/learning/test_ngrams.py`` compares the two.

Shapes: N texts, F n-grams, Z entries that are not zero, K codes.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain, pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Kind = Literal["words", "characters"]
KINDS: tuple[Kind, ...] = ("words", "characters")

WORDS = r"(?u)\b\w[\w'’]*\b"
LONGEST_WORDS = 2
SHORTEST_CHARACTERS, LONGEST_CHARACTERS = 2, 5
MAX_NGRAMS = 50_000
"""Most n-grams of a kind, the most frequent first; bounds memory in large studies."""
MANY_TEXTS = 200
"""Number of texts from which an n-gram that occurs in only one text is left out."""
MANY_WORDS = 20_000
"""Number of words whose n-grams are cached."""
BLOCK = 1000
"""Number of texts processed at once."""

_WORD = re.compile(WORDS)


@dataclass(frozen=True)
class Rows:
    """A sparse matrix (N, F), row by row."""

    starts: NDArray[np.intp]
    """(N + 1,): where the entries of each row begin, and the last ends."""
    columns: NDArray[np.int32]
    """(Z,)."""
    values: NDArray[np.float32]
    """(Z,)."""
    width: int
    """F."""

    def __matmul__(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Multiply by weights (F, K): (N, K)."""
        out = np.zeros((len(self.starts) - 1, weights.shape[1]))
        for low in range(0, len(out), BLOCK):
            starts = self.starts[low : low + BLOCK + 1]
            part = slice(starts[0], starts[-1])
            filled = np.flatnonzero(np.diff(starts))
            if len(filled):
                products = self.values[part, None] * weights[self.columns[part]]
                out[low + filled] = np.add.reduceat(products, starts[filled] - starts[0], axis=0)
        return out

    def matrix(self) -> Any:
        """Return it as a scipy matrix."""
        from scipy.sparse import csr_matrix

        return csr_matrix((self.values, self.columns, self.starts), shape=(len(self.starts) - 1, self.width))


@dataclass(frozen=True)
class Ngrams:
    """The n-grams of one kind that a head uses."""

    kind: Kind
    terms: tuple[str, ...]
    """(F,)."""
    idf: NDArray[np.float64]
    """(F,): log((1 + N) / (1 + number of texts that have it)) + 1."""

    @cached_property
    def columns(self) -> dict[str, int]:
        """Column of each n-gram."""
        return {term: column for column, term in enumerate(self.terms)}

    def _found(self, text: str) -> list[int]:
        """List the columns of a text's n-grams, with repeats."""
        if self.kind == "characters":
            return [column for word in text.lower().split() for column in self._within(word)]
        return [column for term in ngrams(text, self.kind) if (column := self.columns.get(term)) is not None]

    @cached_property
    def _within(self) -> Callable[[str], tuple[int, ...]]:
        """Return the columns within a word; people say the same words again and again."""

        @lru_cache(maxsize=MANY_WORDS)
        def within(word: str) -> tuple[int, ...]:
            return tuple(self.columns[term] for term in _characters(word) if term in self.columns)

        return within

    def entries(self, texts: Sequence[str]) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
        """Return row, column and TF-IDF weight of every n-gram in some texts; a row has unit length or is zero."""
        known = [self._found(text) for text in texts]
        rows = np.repeat(np.arange(len(texts)), [len(found) for found in known])
        columns = np.fromiter(chain.from_iterable(known), np.intp)
        width = max(len(self.terms), 1)
        places, counts = np.unique(rows * width + columns, return_counts=True)
        rows, columns = places // width, places % width
        values = (1 + np.log(counts)) * self.idf[columns]
        length = np.sqrt(np.bincount(rows, values**2, len(texts)))
        return rows, columns, values / length[rows]


def ngram_rows(parts: Sequence[Ngrams], texts: Sequence[str]) -> Rows:
    """Return the TF-IDF weights of N texts, with the kinds side by side."""
    blocks = [_block(parts, texts[low : low + BLOCK]) for low in range(0, max(len(texts), 1), BLOCK)]
    lengths, columns, values = (np.concatenate(arrays) for arrays in zip(*blocks, strict=True))
    return Rows(np.append(0, np.cumsum(lengths)), columns, values, sum(len(part.terms) for part in parts))


def _block(
    parts: Sequence[Ngrams], texts: Sequence[str]
) -> tuple[NDArray[np.intp], NDArray[np.int32], NDArray[np.float32]]:
    """Return, for some texts, how many entries each has, and all their columns and values."""
    left = np.cumsum([0, *(len(part.terms) for part in parts)])
    found = [part.entries(texts) for part in parts]
    rows = np.concatenate([entries[0] for entries in found])
    columns = np.concatenate([entries[1] + shift for entries, shift in zip(found, left, strict=False)])
    values = np.concatenate([entries[2] for entries in found])
    order = np.argsort(rows, kind="stable")
    lengths = np.bincount(rows, minlength=len(texts))
    return lengths, columns[order].astype(np.int32), values[order].astype(np.float32)


def fit_ngrams(texts: Sequence[str], kind: Kind) -> Ngrams:
    """Choose the n-grams of some texts, the most frequent first, with their weights."""
    used: Counter[str] = Counter()
    texts_with: Counter[str] = Counter()
    for text in texts:
        found = ngrams(text, kind)
        used.update(found)
        texts_with.update(set(found))
    least = 2 if len(texts) >= MANY_TEXTS else 1
    common = [term for term, count in texts_with.items() if count >= least]
    terms = sorted(sorted(common, key=lambda term: (-used[term], term))[:MAX_NGRAMS])
    return Ngrams(
        kind, tuple(terms), np.log((1 + len(texts)) / (1 + np.array([texts_with[t] for t in terms], float))) + 1
    )


def ngrams(text: str, kind: Kind) -> list[str]:
    """List the n-grams of a text in order, with repeats.

    >>> ngrams("I'm not sure", "words")
    ["i'm", 'not', 'sure', "i'm not", 'not sure']
    >>> ngrams("so", "characters")
    [' s', 'so', 'o ', ' so', 'so ', ' so ']
    """
    if kind == "words":
        words = _WORD.findall(text.lower())
        return words + [f"{one} {two}" for one, two in pairwise(words)]
    return [ngram for word in text.lower().split() for ngram in _characters(word)]


@lru_cache(maxsize=MANY_WORDS)
def _characters(word: str) -> tuple[str, ...]:
    """List the n-grams of characters within a word and a space on either side of it."""
    word = f" {word} "
    longest = min(LONGEST_CHARACTERS, len(word))
    lengths = range(SHORTEST_CHARACTERS, longest + 1)
    return tuple(word[start : start + n] for n in lengths for start in range(len(word) - n + 1))
