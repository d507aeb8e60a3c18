"""Counts by code, valence and group; a code counts for every code above it.

A participant counts once, however often and in however many interviews they mention the code, and only if they were
interviewed: focus groups show what a group talks about, not how many of its members think so, so no frequencies are
counted in them (Atkins et al. 2017, Implementation Science 12:77). The focus groups in which a code came up are named
instead.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from comb.codebook import Codebook
from comb.synthesis.passages import Passage
from comb.synthesis.people import ALL, Sample

VIEWS: Mapping[str, Callable[[Passage], bool]] = {
    "any": lambda passage: True,
    "barrier": lambda passage: passage.hinders,
    "facilitator": lambda passage: passage.helps,
    "both": lambda passage: passage.valence == "both",
    "none": lambda passage: passage.valence == "",
}
"""Views of a row. ``barrier`` and ``facilitator`` each include passages that are both."""


@dataclass(frozen=True, slots=True)
class Count:
    """How often one code occurs, with one valence, in one group."""

    code: str
    valence: str
    group: str
    participants: tuple[str, ...]
    of_participants: int
    interviews: tuple[str, ...]
    of_interviews: int
    focus_groups: tuple[str, ...]
    """Focus groups in which it came up; these are named and not counted."""
    passages: tuple[str, ...]
    """Ids of the passages in interviews."""
    focus_group_passages: tuple[str, ...]

    @property
    def evidence(self) -> tuple[str, ...]:
        """Return the ids of all passages under the count."""
        return (*self.passages, *self.focus_group_passages)

    @property
    def share(self) -> str:
        """Return ``n (%)`` of those interviewed, as in papers."""
        return share(len(self.participants), self.of_participants)


def share(n: int, of: int) -> str:
    """Return a number with its percentage, or a dash if there is nobody to count.

    >>> share(5, 13), share(0, 0)
    ('5 (38%)', '–')
    """
    return f"{n} ({percent(n, of)}%)" if of else "–"


def percent(n: int, of: int) -> int:
    """Return a whole percentage; halves are rounded up, as readers do who check a table.

    >>> percent(5, 8), percent(1, 8), percent(1, 3)
    (63, 13, 33)
    """
    return (200 * n + of) // (2 * of)


def count(sample: Sample, passages: Iterable[Passage], code: str, valence: str = "any", group: str = ALL) -> Count:
    """Count passages in a group, whatever their codes; ``code`` and ``valence`` only name the count."""
    own = [p for p in passages if group in (ALL, *p.groups)]
    alone = [p for p in own if p.kind == "interview"]
    groups = [p for p in own if p.kind == "focus group"]
    people = {person for p in alone for person in p.participants if group in (ALL, sample.group(person))}
    return Count(
        code,
        valence,
        group,
        tuple(person for person in sample.interviewed(group) if person in people),
        len(sample.interviewed(group)),
        _sessions(sample, alone),
        len(sample.of_kind("interview", group)),
        _sessions(sample, groups),
        _ids(alone),
        _ids(groups),
    )


def _sessions(sample: Sample, passages: Sequence[Passage]) -> tuple[str, ...]:
    found = {passage.transcript for passage in passages}
    return tuple(name for name in sample.sessions if name in found)


def _ids(passages: Sequence[Passage]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(passage.id for passage in passages))


def under(codebook: Codebook, code: str, passages: Iterable[Passage]) -> list[Passage]:
    """Return the passages of a code and of all codes below it."""
    return [passage for passage in passages if code in codebook.codes[passage.code].path]


def summarise(sample: Sample, passages: Sequence[Passage], codebook: Codebook) -> list[Count]:
    """Count every code of the codebook in every view and group, in the codebook's order, including zeros."""
    counts = []
    for code in codebook:
        own = under(codebook, code.id, passages)
        for valence, fits in VIEWS.items():
            fitting = [passage for passage in own if fits(passage)]
            counts += [count(sample, fitting, code.id, valence, group) for group in (ALL, *sample.groups)]
    return counts


def find(counts: Iterable[Count], code: str, valence: str = "any", group: str = ALL) -> Count:
    """Return the count of a code in a view and group."""
    return next(c for c in counts if (c.code, c.valence, c.group) == (code, valence, group))


def level_name(codebook: Codebook, code: str) -> str:
    """Return the name of a code's level."""
    return codebook.levels[len(codebook.codes[code].path) - 1]


def substantive(codebook: Codebook, counts: Iterable[Count], passages: Iterable[Passage]) -> tuple[str, ...]:
    """Return the codes at the bottom of the tree that get rows in tables of results.

    A code that was itself used, while none below it was, replaces the codes below it. A top-level code without any
    valence, such as off-target talk, is not a determinant of the behaviour.
    """
    counts, used = list(counts), {passage.code for passage in passages}
    bottom = [code for code in codebook if not code.leaf and code.id in used and not _below(codebook, code.id) & used]
    covered = set().union(*(_below(codebook, code.id) for code in bottom))
    leaves = [code.id for code in bottom]
    for code in codebook:
        if code.id in covered:
            continue
        if code.leaf and (len(code.path) > 1 or len(codebook.levels) == 1):
            leaves.append(code.id)
        elif code.leaf and any(find(counts, code.id, side).evidence for side in ("barrier", "facilitator")):
            leaves.append(code.id)
    return tuple(code for code in codebook.codes if code in leaves)


def _below(codebook: Codebook, code: str) -> set[str]:
    return {other.id for other in codebook if code in other.path and other.id != code}
