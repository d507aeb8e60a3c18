"""The machine compared with people: its agreement with them and theirs with one another, on the same units."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from comb.agreement.bootstrap import draws, interval
from comb.agreement.coefficients import Floats
from comb.agreement.compare import Answers, Panel, Values, figure, joined, mean_defined
from comb.agreement.interpretation import Facts
from comb.agreement.multi_rater import ORDER
from comb.agreement.ratings import Ratings
from comb.agreement.results import Figure, HumanMachine, LeftOut, MachineAgreement, Noninferiority

SHOWN = ("observed_agreement", "cohen_kappa", "gwet_ac1", "krippendorff_alpha", "positive_agreement")
MARGIN = 0.05
"""How much lower the machine's agreement with people may be than people's with one another."""


@dataclass(frozen=True)
class _Pair:
    """Two people and the machine on the units that all three judged."""

    people: tuple[str, str]
    answers: Answers
    panels: tuple[Panel, Panel, Panel]
    """The people, and each of them with the machine."""

    @classmethod
    def of(cls, trio: Ratings, people: tuple[str, str], machine: str) -> "_Pair":
        answers = Answers.of(trio)
        one, two, three = (answers.panel(pair) for pair in (people, (people[0], machine), (people[1], machine)))
        return cls(people, answers, (one, two, three))

    def values(self, weights: Floats | None) -> list[Values]:
        drawn = self.answers.drawn(weights)
        return [panel.values(drawn) for panel in self.panels]


def human_vs_model(
    ratings: Ratings, people: Sequence[str], machine: str, replicates: int, seed: int, margin: float = MARGIN
) -> MachineAgreement:
    """Compare human-human and machine-human agreement, with the interval of their difference.

    For every pair of people, both are computed on the units that the two and the machine judged; figures are means over
    pairs. Codes that the machine cannot suggest are left out. ``difference`` is machine-human minus human-human
    agreement.
    """
    kept = _suggestible(ratings, people, machine)
    trios = [(pair, kept.of([*pair, machine]).where_all_judged()) for pair in combinations(people, 2)]
    trios = [(pair, trio) for pair, trio in trios if (trio.cells >= 0).any()]
    if not trios or not kept.codes:
        why = "undefined, because no unit was judged by two people and the machine"
        return MachineAgreement(machine, 0, undefined=why)
    shared = np.any([(trio.cells >= 0).any(axis=(1, 2)) for _, trio in trios], axis=0)
    # Transcripts that are not shared are not drawn: all that they would add to an interval is noise.
    drawn = {name for name, both in zip(kept.groups, shared, strict=True) if both}
    inside = np.array([name in drawn for name in kept.groups])
    pairs = [_Pair.of(trio.where(inside), pair, machine) for pair, trio in trios]
    sides = _Sides.of(pairs, replicates, seed)
    facts = Facts.of_codes(trios[0][1])
    units = int(kept.sizes[shared].sum())
    names = [name for name in SHOWN if name in sides.point[0].overall]
    overall = {name: sides.three(name, Facts.of(trios[0][1])) for name in names}
    return MachineAgreement(
        machine=machine,
        units=units,
        people=tuple(people),
        pairs=len(trios),
        overall=overall,
        codes={
            code: {name: sides.three(name, facts[k], k) for name in ORDER if name in SHOWN}
            for k, code in enumerate(kept.codes)
        },
        noninferiority=noninferiority("cohen_kappa", overall["cohen_kappa"].difference, units, margin),
        leave_one_out=leave_one_out(kept.where(inside), people, machine, replicates, seed),
    )


def noninferiority(coefficient: str, difference: Figure, units: int, margin: float) -> Noninferiority | None:
    """Test non-inferiority by the interval of the difference (machine minus people); None without an interval.

    ``yes``: even its lower limit is above minus the margin. ``no``: its upper limit is below. Otherwise the result is
    inconclusive, and the number of further units is computed at which the interval, shrinking with their square root,
    would exclude the margin.

    >>> noninferiority("cohen_kappa", Figure(-0.01, -0.04, 0.02), 500, 0.05).verdict
    'yes'
    >>> noninferiority("cohen_kappa", Figure(-0.01, -0.09, 0.07), 500, 0.05).more_units
    1500
    """
    if difference.low is None or difference.high is None or difference.value is None:
        return None
    low, high, value = difference.low, difference.high, difference.value
    if low > -margin or high < -margin:
        return Noninferiority(coefficient, margin, "yes" if low > -margin else "no", low, high)
    gap = abs(value + margin)
    reach = value - low if value > -margin else high - value
    more = math.ceil(round(units * ((reach / gap) ** 2 - 1), 6)) if gap > 1e-9 else None
    return Noninferiority(coefficient, margin, "cannot say yet", low, high, more)


def leave_one_out(
    ratings: Ratings, people: Sequence[str], machine: str, replicates: int, seed: int
) -> tuple[LeftOut, ...]:
    """Compare each person, and the machine, with all other people; none for fewer than three people.

    Both are mean kappas with the others, on the units that all of these and the machine judged.
    """
    if len(people) < 3:
        return ()
    found = []
    for person in people:
        others = [name for name in people if name != person]
        own = ratings.of([*others, person, machine]).where_all_judged()
        if not (own.cells >= 0).any():
            continue
        answers = Answers.of(own)
        sides = [[answers.panel((other, who)) for other in others] for who in (person, machine)]
        point = [_kappa(answers, side, None) for side in sides]
        blocks = [
            [_kappa(answers, side, weights) for side in sides]
            for weights in draws(answers.groups, replicates, seed, answers.width)
        ]
        spreads = [np.concatenate([np.atleast_1d(block[side]) for block in blocks]) for side in (0, 1)]
        facts = Facts.of(own)
        figures = [figure("cohen_kappa", value, spread, facts) for value, spread in zip(point, spreads, strict=True)]
        found.append(LeftOut(person, figures[0], figures[1]))
    return tuple(found)


def _kappa(answers: Answers, panels: Sequence[Panel], weights: Floats | None) -> Floats:
    drawn = answers.drawn(weights)
    return mean_defined([panel.values(drawn).overall["cohen_kappa"] for panel in panels])


def _suggestible(ratings: Ratings, people: Sequence[str], machine: str) -> Ratings:
    """Keep the codes that the machine can suggest."""
    known = (ratings.cells[:, ratings.coders.index(machine)] >= 0).any(axis=0)
    codes = np.flatnonzero(known)
    own = ratings.of([*people, machine])
    return replace(own, codes=tuple(ratings.codes[k] for k in codes), cells=own.cells[:, :, codes], valence=None)


@dataclass(frozen=True)
class _Sides:
    """People with one another, and the machine with each of them: means over pairs, and the same in replicates."""

    point: tuple[Values, Values]
    drawn: tuple[Values, Values] | None

    @classmethod
    def of(cls, pairs: Sequence[_Pair], replicates: int, seed: int) -> "_Sides":
        groups = pairs[0].answers.groups
        width = max(pair.answers.width for pair in pairs)
        blocks = [_sides(pairs, weights) for weights in draws(groups, replicates, seed, width)] if groups > 1 else []
        drawn = (joined([one for one, _ in blocks]), joined([other for _, other in blocks])) if blocks else None
        return cls(_sides(pairs, None), drawn)

    def three(self, name: str, facts: Facts, code: int | None = None) -> HumanMachine:
        human, machine = (_pick(side, name, code) for side in self.point)
        spreads = [None, None] if self.drawn is None else [_pick(side, name, code) for side in self.drawn]
        own = [figure(name, value, drawn, facts) for value, drawn in zip((human, machine), spreads, strict=True)]
        return HumanMachine(own[0], own[1], self._difference(own, float(machine - human), spreads))

    @staticmethod
    def _difference(own: Sequence[Figure], gap: float, spreads: Sequence[Floats | None]) -> Figure:
        if np.isnan(gap):
            return Figure(undefined=own[0].undefined or own[1].undefined)
        human, machine = spreads
        return Figure.of(gap, None if human is None or machine is None else interval(machine - human))


def _pick(values: Values, name: str, code: int | None) -> Floats:
    return values.overall[name] if code is None else values.codes[name][..., code]


def _sides(pairs: Sequence[_Pair], weights: Floats | None) -> tuple[Values, Values]:
    """Average over pairs: people with one another, and the machine with each of them."""
    found = [pair.values(weights) for pair in pairs]
    return _mean([own[0] for own in found]), _mean([side for own in found for side in own[1:]])


def _mean(values: Sequence[Values]) -> Values:
    first = values[0]
    return Values(
        {name: mean_defined([found.overall[name] for found in values]) for name in first.overall},
        {name: mean_defined([found.codes[name] for found in values]) for name in first.codes},
    )
