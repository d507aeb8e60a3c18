"""Compare coders: every coefficient, overall, per code and per pair, with bootstrap intervals.

Shapes: N units, R coders, K codes, T groups of units, B bootstrap replicates.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from comb.agreement import standard_errors
from comb.agreement.bootstrap import Interval, draws, interval, tidy
from comb.agreement.coefficients import Floats, divide
from comb.agreement.interpretation import Facts, reason
from comb.agreement.multi_rater import ORDER, PAIR_TABLE, PAIRWISE, pooled, values
from comb.agreement.ratings import Ratings
from comb.agreement.results import Coefficients, Figure
from comb.agreement.scales import ScaleTally, scaled_names, scaled_values
from comb.agreement.set_distances import DISTANCES, MOST_SETS, SetTally, set_tally
from comb.agreement.tallies import Patterns, Tally

Pair = tuple[str, str]


@dataclass(frozen=True)
class Values:
    """Coefficients by name: overall () or (B,), and per code (K,) or (B, K)."""

    overall: dict[str, Floats]
    codes: dict[str, Floats]


@dataclass(frozen=True)
class Drawn:
    """Frequencies of the patterns of answers, as observed or in each of B replicates."""

    binary: Floats
    nominal: Floats | None
    weights: Floats | None
    """(B, T): how often each group was drawn; None as observed."""


@dataclass(frozen=True)
class Panel:
    """The tallies of one set of coders."""

    binary: Tally
    """Each code used or not: K codes, 2 categories."""
    nominal: Tally | None
    """The code of a unit, if the codebook is exclusive."""
    sets: SetTally | None
    """The codes of a unit as a set, if it can have several."""
    among: Floats
    """(K,): 1 for codes that somebody used; the others are left out of pooled figures."""
    presence: int | None = None
    """Exclusive codebook: the code that all answers are about, if there is one."""
    scaled: Mapping[str, Tally] = field(default_factory=dict)
    """The code with categories that agree in part, by the name of the weights."""
    on_scale: ScaleTally | None = None

    def values(self, drawn: Drawn) -> Values:
        """Compute everything, as observed or for replicates."""
        single = drawn.weights is None
        binary = self.binary.counts(drawn.binary, single=single)
        codes = values(binary)
        overall = pooled(binary, self.among) if drawn.nominal is None else self._nominal(drawn.nominal, single, codes)
        if self.sets is not None:
            overall.update(self.sets.alphas(drawn.weights))
        return Values(overall, codes)

    def _nominal(self, occurrences: Floats, single: bool, codes: Mapping[str, Floats]) -> dict[str, Floats]:
        found = self._one_variable(self.nominal, occurrences, single)
        for name in PAIR_TABLE:
            found.pop(name, None)
            if self.presence is not None and name in codes:
                found[name] = codes[name][..., self.presence]
        if self.on_scale is not None:
            by_weights = {name: self._one_variable(each, occurrences, single) for name, each in self.scaled.items()}
            found.update(scaled_values(self.on_scale.scale, by_weights))
            own = self.on_scale.values(occurrences)
            found.update({name: value[0] if single else value for name, value in own.items()})
        return found

    @staticmethod
    def _one_variable(tally: Tally | None, occurrences: Floats, single: bool) -> dict[str, Floats]:
        if tally is None:
            return {}
        return {name: value[..., 0] for name, value in values(tally.counts(occurrences, single=single)).items()}


@dataclass(frozen=True)
class Answers:
    """The patterns of answers from which the tallies of any coders are made."""

    ratings: Ratings
    binary: Patterns
    nominal: Patterns | None
    among: Floats

    @classmethod
    def of(cls, ratings: Ratings) -> "Answers":
        """Find the patterns of ratings."""
        groups = ratings.group_numbers()
        nominal = None
        if ratings.exclusive:
            nominal = Patterns.of(ratings.nominal(), len(ratings.categories), groups, ratings.sizes)
        return cls(ratings, Patterns.of(ratings.cells, 2, groups, ratings.sizes), nominal, in_use(ratings))

    def panel(self, coders: Sequence[str], *, sets: bool = False) -> Panel:
        """Tally these coders; ``sets`` also as sets of codes, if a unit can have several."""
        ratings = self.ratings
        at = [ratings.coders.index(name) for name in coders]
        together = None
        if sets and not ratings.exclusive:
            together = set_tally(ratings.of(coders).cells, ratings.group_numbers(), ratings.sizes)
        scaled, on_scale = {}, None
        if self.nominal is not None and ratings.scale is not None:
            scaled = {name: self.nominal.tally(at, weights) for name, weights in ratings.scale.weights().items()}
            on_scale = ScaleTally.of(self.nominal.of_coders(at), ratings.scale)
        nominal = None if self.nominal is None else self.nominal.tally(at)
        return Panel(self.binary.tally(at), nominal, together, self.among, ratings.presence, scaled, on_scale)

    @property
    def groups(self) -> int:
        """Number of groups of units that can be drawn."""
        return len(self.binary.sizes)

    @property
    def width(self) -> int:
        """Number of counts in a replicate."""
        q = 0 if self.nominal is None else len(self.nominal.answers) + self.nominal.categories**2
        return int(len(self.binary.answers) + q)

    def drawn(self, weights: Floats | None = None) -> Drawn:
        """Count the patterns as observed, or for replicates that draw group t ``weights`` (B, T) times."""
        own = np.ones((1, self.groups)) if weights is None else weights
        nominal = None if self.nominal is None else self.nominal.counted(own)
        return Drawn(self.binary.counted(own), nominal, weights)


@dataclass(frozen=True)
class Comparison:
    """All coders together, and each pair of them."""

    answers: Answers
    whole: Panel
    pairs: dict[Pair, Panel]

    @classmethod
    def of(cls, ratings: Ratings, *, sets: bool = True) -> "Comparison":
        """Tally ratings of two coders or more."""
        answers = Answers.of(ratings)
        whole = answers.panel(ratings.coders, sets=sets)
        if len(ratings.coders) == 2:
            return cls(answers, whole, {(ratings.coders[0], ratings.coders[1]): whole})
        return cls(answers, whole, {pair: answers.panel(pair) for pair in combinations(ratings.coders, 2)})

    @property
    def groups(self) -> int:
        """Number of groups of units that can be drawn."""
        return self.answers.groups

    def values(self, weights: Floats | None = None) -> tuple[Values, dict[Pair, Values]]:
        """Compute all coders' values and each pair's; coefficients defined only for pairs are averaged.

        The mean of Cohen's kappas is Light's kappa (Light 1971, Psychological Bulletin 76(5)).
        """
        drawn = self.answers.drawn(weights)
        whole = self.whole.values(drawn)
        if len(self.pairs) == 1:
            return whole, dict.fromkeys(self.pairs, whole)
        pairs = {pair: panel.values(drawn) for pair, panel in self.pairs.items()}
        first = next(iter(pairs.values()))
        for name in first.overall:
            if name.startswith(PAIRWISE):
                whole.overall[name] = mean_defined([found.overall[name] for found in pairs.values()])
        for name in PAIRWISE:
            whole.codes[name] = mean_defined([found.codes[name] for found in pairs.values()])
        return whole, pairs

    def resampled(self, replicates: int, seed: int) -> tuple[Values, dict[Pair, Values]]:
        """Compute the same for ``replicates`` draws of groups; for pairs, only overall values are kept."""
        whole: list[Values] = []
        pairs: dict[Pair, list[Values]] = {pair: [] for pair in self.pairs}
        for weights in draws(self.groups, replicates, seed, self.answers.width):
            found, by_pair = self.values(weights)
            whole.append(found)
            for pair, own in by_pair.items():
                pairs[pair].append(Values(own.overall, {}))
        return joined(whole), {pair: joined(found) for pair, found in pairs.items()}


def in_use(ratings: Ratings) -> Floats:
    """Mark the codes that some coder used: (K,), 1 or 0; all codes if none was used."""
    marks = (ratings.cells == 1).any(axis=(0, 1)).astype(float)
    return marks if marks.any() else np.ones(len(marks))


def mean_defined(arrays: Sequence[Floats]) -> Floats:
    """Average arrays of the same shape where they are defined; NaN where none is."""
    stack = np.stack(arrays)
    known = ~np.isnan(stack)
    return divide(np.where(known, stack, 0).sum(axis=0), known.sum(axis=0))


def joined(parts: Sequence[Values]) -> Values:
    """Concatenate blocks of replicates."""
    return Values(
        {name: np.concatenate([part.overall[name] for part in parts]) for name in parts[0].overall},
        {name: np.concatenate([part.codes[name] for part in parts]) for name in parts[0].codes},
    )


@dataclass(frozen=True)
class Compared:
    """Every coefficient overall, for each code, and for each pair of coders."""

    overall: Coefficients
    codes: Mapping[str, Coefficients]
    pairs: Mapping[str, Coefficients]


def compare(ratings: Ratings, replicates: int, seed: int) -> Compared:
    """Compare the coders of ratings."""
    comparison = Comparison.of(ratings)
    point, pairs = comparison.values()
    drawn, drawn_pairs = comparison.resampled(replicates, seed)
    errors = _Errors.of(comparison, replicates, seed)
    whole, every = Facts.of(ratings), names(ratings)
    overall = {n: figure(n, point.overall.get(n), drawn.overall.get(n), whole, errors.overall.get(n)) for n in every}
    codes = {}
    for k, (code, facts) in enumerate(zip(ratings.codes, Facts.of_codes(ratings), strict=True)):
        own = errors.codes[k] if errors.codes else {}
        codes[code] = {n: figure(n, point.codes[n][k], drawn.codes[n][:, k], facts, own.get(n)) for n in ORDER}
    by_pair = {}
    for pair, found in pairs.items():
        facts, resampled = Facts.of(ratings.of(pair)), drawn_pairs[pair].overall
        kept = [n for n in every if n not in DISTANCES]
        by_pair["|".join(pair)] = {n: figure(n, found.overall.get(n), resampled.get(n), facts) for n in kept}
    return Compared(overall, codes, by_pair)


def pair_codes(ratings: Ratings) -> dict[str, Coefficients]:
    """Return Cohen's kappa of each pair for each code, without intervals."""
    found: dict[str, Coefficients] = {}
    answers = Answers.of(ratings)
    drawn = answers.drawn()
    for pair in combinations(ratings.coders, 2):
        kappa = answers.panel(pair).values(drawn).codes["cohen_kappa"]
        facts = Facts.of_codes(ratings.of(pair))
        found["|".join(pair)] = {
            code: figure("cohen_kappa", kappa[k], None, facts[k]) for k, code in enumerate(ratings.codes)
        }
    return found


def names(ratings: Ratings) -> tuple[str, ...]:
    """List the coefficients that are reported overall; those over sets only if a unit can have several codes."""
    if not ratings.exclusive:
        return (*ORDER, *DISTANCES)
    return ORDER if ratings.scale is None else (*ORDER, *scaled_names(ratings.scale))


@dataclass(frozen=True)
class Error:
    """A coefficient's analytic standard error, and Krippendorff's own interval of alpha."""

    se: float
    krippendorff: Interval | None = None


def figure(
    name: str, value: Floats | float | None, drawn: Floats | None, facts: Facts, error: Error | None = None
) -> Figure:
    """Write one coefficient: value and interval, or why it is undefined."""
    if value is None or np.isnan(value):
        return Figure(undefined=reason(name, facts))
    spread = None
    if drawn is not None:
        only = Interval(None, None, "undefined, because there is only one unit to resample")
        spread = interval(drawn) if facts.groups > 1 else only
    if name in DISTANCES and facts.sets > MOST_SETS:
        spread = Interval(None, None, "not computed, because there are too many different sets of codes")
    if error is None:
        return Figure.of(float(value), spread)
    se = None if np.isnan(error.se) else tidy(error.se)
    return Figure.of(float(value), spread, se=se, krippendorff=error.krippendorff)


@dataclass(frozen=True)
class _Errors:
    """Analytic standard errors; none for characters, which do not vary one by one."""

    overall: Mapping[str, Error]
    codes: Sequence[Mapping[str, Error]]

    @classmethod
    def of(cls, comparison: Comparison, replicates: int, seed: int) -> "_Errors":
        answers = comparison.answers
        if answers.ratings.unit == "character":
            return cls({}, ())
        codes = [
            _with_alpha(found, answers.binary, k, 1 - np.eye(2), replicates, seed)
            for k, found in enumerate(standard_errors.several(answers.binary))
        ]
        return cls({} if answers.nominal is None else _nominal_errors(answers, replicates, seed), codes)


def _nominal_errors(answers: Answers, replicates: int, seed: int) -> dict[str, Error]:
    patterns, scale = answers.nominal, answers.ratings.scale
    if patterns is None:
        return {}
    apart = 1 - np.eye(patterns.categories)
    found = _with_alpha(standard_errors.several(patterns)[0], patterns, 0, apart, replicates, seed)
    if scale is None:
        return found
    for weights, matrix in scale.weights().items():
        for name, se in standard_errors.several(patterns, matrix)[0].items():
            if name != "krippendorff_alpha":
                found[f"gwet_ac2_{weights}" if name == "gwet_ac1" else f"{name}_{weights}"] = Error(se)
    together = standard_errors.coincidences(patterns, 0)
    differences = scale.squared_differences(together.sum(axis=1))
    own = standard_errors.krippendorff_bootstrap(together, differences, replicates, seed)
    # Ordinal differences hang on the data, which the delta method here does not follow: no analytic error.
    exact = standard_errors.several(patterns, scale.weights()[scale.own])[0]["krippendorff_alpha"]
    found[f"krippendorff_alpha_{scale.level}"] = Error(exact if scale.level != "ordinal" else np.nan, own)
    return found


def _with_alpha(
    found: Mapping[str, float], patterns: Patterns, variable: int, apart: Floats, replicates: int, seed: int
) -> dict[str, Error]:
    together = standard_errors.coincidences(patterns, variable)
    own = standard_errors.krippendorff_bootstrap(together, apart, replicates, seed)
    return {name: Error(se, own if name == "krippendorff_alpha" else None) for name, se in found.items()}
