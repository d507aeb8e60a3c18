"""Compare coders: every coefficient, overall, per code and per pair, with bootstrap intervals.

Shapes: N units, R coders, K codes, T groups of units, B bootstrap replicates.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from comb.agreement import standard_errors
from comb.agreement.bootstrap import draws, interval, tidy
from comb.agreement.coefficients import Floats, divide
from comb.agreement.interpretation import Facts, reason
from comb.agreement.multi_rater import ORDER, PAIRWISE, pooled, values
from comb.agreement.ratings import Ratings
from comb.agreement.set_distances import DISTANCES, MOST_SETS, SetTally, set_tally
from comb.agreement.tallies import Tally, tally

Pair = tuple[str, str]


@dataclass(frozen=True)
class Figures:
    """Coefficients by name: overall () or (B,), and per code (K,) or (B, K)."""

    overall: dict[str, Floats]
    codes: dict[str, Floats]


@dataclass(frozen=True)
class Panel:
    """The tallies of one set of coders."""

    binary: Tally
    """Each code used or not: T groups, K codes, 2 categories."""
    nominal: Tally | None
    """The one code, where the codebook is exclusive."""
    sets: SetTally | None
    """The codes as a set, where a unit can have several."""
    among: Floats
    """(K,): 1 for codes that somebody used; the others are left out of what is pooled."""

    def figures(self, weights: Floats | None = None) -> Figures:
        """Compute everything once, or for replicates that draw group t ``weights`` (B, T) times."""
        binary = self.binary.total() if weights is None else self.binary.drawn(weights)
        codes = values(binary)
        if self.nominal is None:
            overall = pooled(binary, self.among)
        else:
            nominal = self.nominal.total() if weights is None else self.nominal.drawn(weights)
            overall = {name: value[..., 0] for name, value in values(nominal).items()}
        if self.sets is not None:
            overall.update(self.sets.alphas(weights))
        return Figures(overall, codes)


def make_panel(ratings: Ratings, groups: NDArray[np.intp], among: Floats, *, sets: bool = False) -> Panel:
    """Tally ratings; ``sets`` also as sets of codes, where a unit can have several."""
    binary = tally(ratings.cells, 2, groups, ratings.sizes)
    nominal = None
    if ratings.exclusive:
        nominal = tally(ratings.nominal(), len(ratings.categories), groups, ratings.sizes)
    together = set_tally(ratings.cells, groups, ratings.sizes) if sets and not ratings.exclusive else None
    return Panel(binary, nominal, together, among)


@dataclass(frozen=True)
class Comparison:
    """All coders together, and each pair of them."""

    ratings: Ratings
    whole: Panel
    pairs: dict[Pair, Panel]

    @classmethod
    def of(cls, ratings: Ratings, *, sets: bool = True) -> "Comparison":
        """Tally ratings of two coders or more."""
        groups, among = ratings.group_numbers(), in_use(ratings)
        whole = make_panel(ratings, groups, among, sets=sets)
        if len(ratings.coders) == 2:
            return cls(ratings, whole, {(ratings.coders[0], ratings.coders[1]): whole})
        pairs = {pair: make_panel(ratings.of(pair), groups, among) for pair in combinations(ratings.coders, 2)}
        return cls(ratings, whole, pairs)

    @property
    def groups(self) -> int:
        """How many groups of units can be drawn."""
        return len(self.whole.binary.data)

    def figures(self, weights: Floats | None = None) -> tuple[Figures, dict[Pair, Figures]]:
        """Compute all coders' figures and each pair's; what is defined for pairs only is their mean.

        The mean of Cohen's kappas is Light's kappa (Light 1971, Psychological Bulletin 76(5)).
        """
        whole = self.whole.figures(weights)
        if len(self.pairs) == 1:
            return whole, dict.fromkeys(self.pairs, whole)
        pairs = {pair: panel.figures(weights) for pair, panel in self.pairs.items()}
        for name in PAIRWISE:
            if name in next(iter(pairs.values())).overall:
                whole.overall[name] = mean_defined([f.overall[name] for f in pairs.values()])
            whole.codes[name] = mean_defined([f.codes[name] for f in pairs.values()])
        return whole, pairs

    def resampled(self, replicates: int, seed: int) -> tuple[Figures, dict[Pair, Figures]]:
        """Compute the same for ``replicates`` draws of groups; of pairs only what is overall is kept."""
        whole: list[Figures] = []
        pairs: dict[Pair, list[Figures]] = {pair: [] for pair in self.pairs}
        for weights in draws(self.groups, replicates, seed):
            found, by_pair = self.figures(weights)
            whole.append(found)
            for pair, figures in by_pair.items():
                pairs[pair].append(Figures(figures.overall, {}))
        return _joined(whole), {pair: _joined(figures) for pair, figures in pairs.items()}


def in_use(ratings: Ratings) -> Floats:
    """Mark the codes that some coder used: (K,), 1 or 0; all where nobody used any."""
    marks = (ratings.cells == 1).any(axis=(0, 1)).astype(float)
    return marks if marks.any() else np.ones(len(marks))


def mean_defined(arrays: Sequence[Floats]) -> Floats:
    """Average arrays of one shape where they are defined; NaN where none is."""
    stack = np.stack(arrays)
    known = ~np.isnan(stack)
    return divide(np.where(known, stack, 0).sum(axis=0), known.sum(axis=0))


def _joined(parts: Sequence[Figures]) -> Figures:
    return Figures(
        {name: np.concatenate([part.overall[name] for part in parts]) for name in parts[0].overall},
        {name: np.concatenate([part.codes[name] for part in parts]) for name in parts[0].codes},
    )


def compare(ratings: Ratings, replicates: int, seed: int) -> dict[str, Any]:
    """Compare the coders of ratings: ``overall``, ``codes`` and ``pairs`` of the agreement JSON (DESIGN.md, section 3).

    A coefficient is ``{"value", "low", "high"}``, with ``se`` where an analytic standard error is published, or
    ``{"undefined": reason}``.
    """
    comparison = Comparison.of(ratings)
    point, pairs = comparison.figures()
    drawn, drawn_pairs = comparison.resampled(replicates, seed)
    errors = _errors(ratings)
    facts = [Facts.of(ratings, code) for code in range(len(ratings.codes))]
    whole = Facts.of(ratings)
    overall = {
        name: entry(name, point.overall.get(name), drawn.overall.get(name), whole, _at(errors.overall.get(name), 0))
        for name in names(ratings)
    }
    codes = {
        code: {
            name: entry(name, point.codes[name][k], drawn.codes[name][:, k], facts[k], _at(errors.codes.get(name), k))
            for name in ORDER
        }
        for k, code in enumerate(ratings.codes)
    }
    by_pair = {
        "|".join(pair): {
            name: entry(name, found.overall.get(name), drawn_pairs[pair].overall.get(name), _facts(ratings, pair))
            for name in ORDER
        }
        for pair, found in pairs.items()
    }
    return {"overall": overall, "codes": codes, "pairs": by_pair}


def pair_codes(ratings: Ratings) -> dict[str, dict[str, Any]]:
    """Give Cohen's kappa of each pair for each code, without intervals."""
    found: dict[str, dict[str, Any]] = {}
    for pair in combinations(ratings.coders, 2):
        own = ratings.of(pair)
        kappa = values(tally(own.cells, 2, None, own.sizes).total())["cohen_kappa"]
        facts = [Facts.of(own, k) for k in range(len(own.codes))]
        found["|".join(pair)] = {
            code: entry("cohen_kappa", kappa[k], None, facts[k]) for k, code in enumerate(ratings.codes)
        }
    return found


def names(ratings: Ratings) -> tuple[str, ...]:
    """List the coefficients that are given overall: those over sets only where a unit can have several codes."""
    return ORDER if ratings.exclusive else (*ORDER, *DISTANCES)


def entry(name: str, value: Any, drawn: Floats | None, facts: Facts, error: float | None = None) -> dict[str, Any]:
    """Write one coefficient: value and interval, or why it is undefined."""
    if value is None or np.isnan(value):
        return {"undefined": reason(name, facts)}
    found: dict[str, Any] = {"value": tidy(value)}
    if drawn is not None and facts.groups > 1:
        found.update(interval(drawn))
    elif drawn is not None:
        found.update(low=None, high=None, interval="undefined, because there is only one unit to resample")
    if name in DISTANCES and facts.sets > MOST_SETS:
        found["interval"] = "not computed, because there are too many different sets of codes"
    if error is not None and not np.isnan(error):
        found["se"] = tidy(error)
    return found


def _facts(ratings: Ratings, pair: Pair) -> Facts:
    return Facts.of(ratings.of(pair))


def _at(array: Floats | None, index: int) -> float | None:
    return None if array is None else float(array[index])


def _errors(ratings: Ratings) -> Figures:
    """Analytic standard errors; none for characters, which do not vary one by one."""
    if ratings.unit == "character":
        return Figures({}, {})
    codes = _standard_errors(ratings.cells, 2)
    overall: Mapping[str, Floats] = {}
    if ratings.exclusive:
        overall = _standard_errors(ratings.nominal(), len(ratings.categories))
    return Figures(dict(overall), codes)


def _standard_errors(answers: NDArray[np.integer], categories: int) -> dict[str, Floats]:
    found = standard_errors.several(answers, categories)
    if answers.shape[1] == 2:
        table = tally(answers, categories).total().table
        assert table is not None  # noqa: S101  (two coders)
        found["cohen_kappa"] = standard_errors.cohen(table)
    return found
