"""Records of words that may identify somebody: kinds of identifiers, and places where one was found."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

Kind = Literal[
    "person",
    "place",
    "organisation",
    "address",
    "postcode",
    "date",
    "age",
    "phone",
    "email",
    "web",
    "nhs_number",
    "ni_number",
    "vehicle",
    "number",
]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Found:
    """A candidate at ``[start, end)`` of a text."""

    start: int
    end: int
    kind: Kind


def without_overlaps(found: Iterable[Found]) -> list[Found]:
    """Return the candidates in the order of the text; of overlapping ones, the longest, then the first in the list.

    >>> without_overlaps([Found(3, 8, "person"), Found(0, 8, "organisation"), Found(9, 12, "date")])
    [Found(start=0, end=8, kind='organisation'), Found(start=9, end=12, kind='date')]
    """
    kept: list[Found] = []
    taken: set[int] = set()
    for one in sorted(found, key=lambda item: item.start - item.end):
        if taken.isdisjoint(range(one.start, one.end)):
            kept.append(one)
            taken.update(range(one.start, one.end))
    return sorted(kept, key=lambda item: item.start)
