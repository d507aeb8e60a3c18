"""Find codes that occur together, and codes that differ between groups of transcripts.

Shapes: N units, R coders, K codes, T transcripts, G groups.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from comb.agreement.bootstrap import tidy
from comb.agreement.coefficients import Floats, divide
from comb.agreement.ratings import Ratings
from comb.agreement.results import CodePair, GroupDifference

PERMUTATIONS = 5000
FEWEST = 5.0
"""Expected count below which the chi-squared distribution is unreliable; p is from permutations in any case."""
MOST_GROUPS = 6


def cooccurrence(ratings: Ratings) -> tuple[CodePair, ...]:
    """Count how often one coder gave both of two codes to a unit, and how often that is expected by chance.

    Chance is computed from each coder's own use of the two codes. Pairs that never occur are left out; the most
    surprising come first.
    """
    k = len(ratings.codes)
    together, expected = np.zeros((k, k)), np.zeros((k, k))
    for coder in range(len(ratings.coders)):
        cells = ratings.cells[:, coder]
        used = np.equal(cells, 1).astype(float)
        weighed = used * ratings.sizes[:, None]
        together += used.T @ weighed
        use = weighed.sum(axis=0)
        expected += np.nan_to_num(divide(np.outer(use, use), ratings.sizes[(cells >= 0).any(axis=1)].sum()))
    found = []
    for a, b in combinations(range(len(ratings.codes)), 2):
        if together[a, b]:
            pair = CodePair(ratings.codes[a], ratings.codes[b], int(together[a, b]), tidy(expected[a, b]))
            found.append(pair)
    return tuple(sorted(found, key=lambda pair: pair.expected - pair.together))


def group_differences(
    codes: Mapping[str, frozenset[str]], attributes: Mapping[str, Mapping[str, str]], seed: int
) -> tuple[GroupDifference, ...]:
    """Test for each attribute and code whether the share of transcripts with the code differs between groups.

    ``codes`` contains the codes of each transcript, ``attributes`` its attributes by name. The p value is that of the
    chi-squared statistic among random permutations of the groups, so it is also valid for small counts.
    """
    rng = np.random.default_rng(seed)
    return tuple(
        difference
        for name, groups in _groups(codes, attributes)
        for difference in _differences(name, groups, codes, rng)
    )


def _groups(
    codes: Mapping[str, frozenset[str]], attributes: Mapping[str, Mapping[str, str]]
) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the attributes that form two to six groups of two transcripts or more, with each transcript's value."""
    for name in sorted({name for own in attributes.values() for name in own}):
        value = {t: attributes[t][name] for t in codes if attributes.get(t, {}).get(name, "").strip()}
        sizes = Counter(value.values())
        if 2 <= len(sizes) <= MOST_GROUPS and min(sizes.values()) >= 2:
            yield name, value


def _differences(
    name: str, value: Mapping[str, str], codes: Mapping[str, frozenset[str]], rng: np.random.Generator
) -> Iterator[GroupDifference]:
    groups = sorted(set(value.values()))
    member = np.array([groups.index(value[t]) for t in value])
    orders = np.array([rng.permutation(member) for _ in range(PERMUTATIONS)])
    for code in sorted({code for t in value for code in codes[t]}):
        has = np.array([code in codes[t] for t in value])
        if has.all():
            continue
        observed, smallest = _chi_squared(has, member[None], len(groups))
        drawn, _ = _chi_squared(has, orders, len(groups))
        p = (1 + (drawn >= observed[0] - 1e-9).sum()) / (1 + PERMUTATIONS)
        shares = {group: tidy(has[member == at].mean()) for at, group in enumerate(groups)}
        yield GroupDifference(name, code, shares, tidy(observed[0]), tidy(p), tidy(smallest), smallest >= FEWEST)


def _chi_squared(has: NDArray[np.bool_], member: NDArray[np.intp], groups: int) -> tuple[Floats, float]:
    """Compute the statistic for each row of groups (B, T), and the smallest expected count."""
    sizes = np.bincount(member[0], minlength=groups).astype(float)
    share = has.mean()
    hits = np.stack([((member == group) & has).sum(axis=1) for group in range(groups)], axis=1)
    expected = sizes * share
    gap = (hits - expected) ** 2
    statistic: Floats = (gap / expected + gap / (sizes - expected)).sum(axis=1)
    return statistic, float(min(expected.min(), (sizes - expected).min()))
