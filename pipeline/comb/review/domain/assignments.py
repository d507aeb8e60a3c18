"""Assign transcripts to coders, and draw those that two coders code."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

BOTH = 2
"""Number of coders of a transcript that is coded twice."""


@dataclass(frozen=True)
class Item:
    """A transcript, as used for a draw."""

    id: str
    segments: int
    coders: tuple[str, ...]
    """Coders who are to code it, or have coded it."""
    stratum: str = ""


@dataclass(frozen=True)
class Drawn:
    """A drawn transcript, and its additional coders."""

    transcript: str
    coders: tuple[str, ...]
    added: tuple[str, ...]
    stratum: str


@dataclass(frozen=True)
class Sample:
    """The draw, and the part of the study that two people will have coded."""

    drawn: tuple[Drawn, ...]
    already: int
    """Transcripts that already have two coders."""
    wanted: int
    """Number of transcripts, or of segments, that should have two coders."""
    reached: int
    of: int


def draw(items: Sequence[Item], coders: Sequence[str], share: float, unit: str, seed: int) -> Sample:
    """Draw whole transcripts until ``share`` of the transcripts, or of the segments, has two coders.

    Each stratum gets the same share, as nearly as whole transcripts allow. Transcripts that already have two coders
    count. The coders with the fewest transcripts are added. The same seed and the same study give the same draw.
    """
    weigh = {item.id: item.segments if unit == "segments" else 1 for item in items}
    total = sum(weigh.values())
    load = Counter(coder for item in items for coder in item.coders if coder in coders)
    twice = [item for item in items if len(set(item.coders)) >= BOTH]
    reached, wanted = sum(weigh[item.id] for item in twice), ceil(round(share * total, 9))
    drawn: list[Drawn] = []
    for item in _order(items, twice, weigh, seed):
        if reached >= wanted:
            break
        added = _added(item, coders, load)
        if len({*item.coders, *added}) < BOTH:
            continue
        load.update(added)
        reached += weigh[item.id]
        drawn.append(Drawn(item.id, item.coders, added, item.stratum))
    return Sample(tuple(drawn), len(twice), wanted, reached, total)


def _order(items: Sequence[Item], twice: Sequence[Item], weigh: Mapping[str, int], seed: int) -> Iterable[Item]:
    """Yield the transcripts in the order of the draw: by lot, the stratum that is least covered first."""
    lot = random.Random(seed)  # noqa: S311  (a draw that can be repeated)
    left: dict[str, list[Item]] = defaultdict(list)
    size: Counter[str] = Counter()
    done: Counter[str] = Counter()
    for item in sorted(items, key=lambda item: item.id):
        size[item.stratum] += weigh[item.id]
        if item in twice:
            done[item.stratum] += weigh[item.id]
        else:
            left[item.stratum].append(item)
    for own in left.values():
        lot.shuffle(own)
    while any(left.values()):
        strata = [name for name, own in sorted(left.items()) if own]
        name = min(strata, key=lambda name: done[name] / max(size[name], 1))
        item = left[name].pop()
        done[name] += weigh[item.id]
        yield item


def _added(item: Item, coders: Sequence[str], load: Counter[str]) -> tuple[str, ...]:
    free = sorted((coder for coder in dict.fromkeys(coders) if coder not in item.coders), key=lambda c: (load[c], c))
    return tuple(free[: max(BOTH - len(set(item.coders)), 0)])


def share_out(items: Sequence[Item], coders: Sequence[str], seed: int) -> list[tuple[str, str]]:
    """Return a coder for each unassigned transcript, so that all coders have about the same number of segments."""
    lot = random.Random(seed)  # noqa: S311  (a draw that can be repeated)
    load = Counter(dict.fromkeys(coders, 0))
    for item in items:
        load.update({coder: item.segments for coder in item.coders if coder in load})
    free = sorted((item for item in items if not item.coders), key=lambda item: item.id)
    lot.shuffle(free)
    shared: list[tuple[str, str]] = []
    for item in sorted(free, key=lambda item: -item.segments):
        coder = min(coders, key=lambda name: (load[name], name))
        load[coder] += item.segments
        shared.append((item.id, coder))
    return sorted(shared)
