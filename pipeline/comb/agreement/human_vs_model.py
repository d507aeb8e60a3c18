"""The machine beside the people: how far it agrees with them, on the units where they agree or not with one another."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np

from comb.agreement.bootstrap import draws, interval, tidy
from comb.agreement.coefficients import Floats
from comb.agreement.compare import Figures, Panel, entry, in_use, make_panel, mean_defined
from comb.agreement.interpretation import Facts
from comb.agreement.multi_rater import ORDER
from comb.agreement.ratings import Ratings

SHOWN = ("observed_agreement", "cohen_kappa", "gwet_ac1", "krippendorff_alpha", "positive_agreement")
Trio = tuple[Panel, Panel, Panel]


def beside(ratings: Ratings, people: Sequence[str], machine: str, replicates: int, seed: int) -> dict[str, Any]:
    """Put human-human and machine-human agreement side by side, with the interval of their difference.

    For every pair of people, both are computed on the units that the two and the machine judged; figures are means over
    pairs. Codes that the machine cannot suggest are left out. ``difference`` is machine-human less human-human.
    """
    known = (ratings.cells[:, ratings.coders.index(machine)] >= 0).any(axis=0)
    codes = np.flatnonzero(known)
    kept = replace(
        ratings.of([*people, machine]),
        codes=tuple(ratings.codes[k] for k in codes),
        cells=ratings.of([*people, machine]).cells[:, :, codes],
        valence=None,
    )
    trios = [(pair, kept.of([*pair, machine]).where_all_judged()) for pair in combinations(people, 2)]
    trios = [(pair, trio) for pair, trio in trios if (trio.cells >= 0).any()]
    if not trios or not len(codes):
        why = "undefined, because no unit was judged by two people and the machine"
        return {"machine": machine, "units": 0, "undefined": why}
    shared = np.any([(trio.cells >= 0).any(axis=(1, 2)) for _, trio in trios], axis=0)
    # Transcripts that are not shared are not drawn: all that they would add to an interval is noise.
    drawn = {name for name, both in zip(kept.groups, shared, strict=True) if both}
    inside = np.array([name in drawn for name in kept.groups])
    trios = [(pair, trio.where(inside)) for pair, trio in trios]
    panels = [_panels(trio, pair, machine) for pair, trio in trios]
    point = _sides(panels, None)
    groups = len(panels[0][0].binary.data)
    blocks = [_sides(panels, weights) for weights in draws(groups, replicates, seed)] if groups > 1 else []
    names = [name for name in SHOWN if name in point[0].overall]
    facts = Facts.of(trios[0][1])
    return {
        "machine": machine,
        "people": list(people),
        "pairs": len(trios),
        "units": int(kept.sizes[shared].sum()),
        "overall": {name: _three(name, point, blocks, facts, None) for name in names},
        "codes": {
            code: {name: _three(name, point, blocks, Facts.of(trios[0][1], k), k) for name in ORDER if name in SHOWN}
            for k, code in enumerate(kept.codes)
        },
    }


def _panels(trio: Ratings, pair: tuple[str, str], machine: str) -> Trio:
    groups, among = trio.group_numbers(), in_use(trio)
    one, two, three = (
        make_panel(trio.of(names), groups, among) for names in (pair, (pair[0], machine), (pair[1], machine))
    )
    return one, two, three


def _sides(panels: Sequence[Trio], weights: Floats | None) -> tuple[Figures, Figures]:
    """Average over pairs: people with one another, and the machine with each of them."""
    people = [trio[0].figures(weights) for trio in panels]
    machine = [panel.figures(weights) for trio in panels for panel in trio[1:]]
    return _mean(people), _mean(machine)


def _mean(figures: Sequence[Figures]) -> Figures:
    first = figures[0]
    return Figures(
        {name: mean_defined([f.overall[name] for f in figures]) for name in first.overall},
        {name: mean_defined([f.codes[name] for f in figures]) for name in first.codes},
    )


def _three(
    name: str,
    point: tuple[Figures, Figures],
    blocks: Sequence[tuple[Figures, Figures]],
    facts: Facts,
    code: int | None,
) -> dict[str, Any]:
    def of(figures: Figures) -> Floats:
        return figures.overall[name] if code is None else figures.codes[name][..., code]

    values = [of(side) for side in point]
    drawn = [np.concatenate([of(block[side]) for block in blocks]) for side in (0, 1)] if blocks else [None, None]
    found: dict[str, Any] = {
        side: entry(name, value, own, facts)
        for side, value, own in zip(("human", "machine"), values, drawn, strict=True)
    }
    gap = values[1] - values[0]
    if np.isnan(gap):
        missing = "human" if np.isnan(values[0]) else "machine"
        found["difference"] = {"undefined": found[missing]["undefined"]}
    else:
        spread = interval(drawn[1] - drawn[0]) if drawn[0] is not None and drawn[1] is not None else {}
        found["difference"] = {"value": tidy(gap), **spread}
    return found
