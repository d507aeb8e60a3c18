"""Saturation: new codes and belief statements in the order of the interviews.

The stopping criterion is that of Francis et al. 2010, Psychology and Health 25(10): an initial sample that is analysed
in any case, then a number of consecutive transcripts that add nothing new. For codes, that of Guest et al. (2020) is
also given, as in ``comb.agreement.saturation``.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from comb.agreement.saturation import BASE, NEW_SHARE, RUN, reached_at
from comb.synthesis.beliefs import Belief
from comb.synthesis.passages import Passage
from comb.synthesis.people import ALL, KINDS, Sample


@dataclass(frozen=True, slots=True)
class Step:
    """The new codes and beliefs in one transcript."""

    number: int
    transcript: str
    all_codes: tuple[str, ...]
    new_codes: tuple[str, ...]
    codes: int
    """Number of codes that have occurred so far."""
    new_beliefs: tuple[str, ...]
    beliefs: int


def steps(sample: Sample, passages: Sequence[Passage], beliefs: Sequence[Belief], group: str = ALL) -> list[Step]:
    """Follow the sample's transcripts in order; every code of ``passages`` can be new.

    For a group, only the transcripts with its members count, and only their speech.
    """
    codes_in = _by_transcript((p.transcript, p.code) for p in passages if group in (ALL, *p.groups))
    of_beliefs = ((p, belief.id) for belief in beliefs for p in belief.passages)
    beliefs_in = _by_transcript((p.transcript, name) for p, name in of_beliefs if group in (ALL, *p.groups))
    names = {name for kind in KINDS for name in sample.of_kind(kind, group)}
    seen: dict[str, set[str]] = {"codes": set(), "beliefs": set()}
    found = []
    for number, name in enumerate((n for n in sample.sessions if n in names), 1):
        new_codes = _new(codes_in.get(name, {}), seen["codes"])
        new_beliefs = _new(beliefs_in.get(name, {}), seen["beliefs"])
        own = tuple(codes_in.get(name, ()))
        found.append(Step(number, name, own, new_codes, len(seen["codes"]), new_beliefs, len(seen["beliefs"])))
    return found


def _by_transcript(pairs: Iterable[tuple[str, str]]) -> dict[str, dict[str, None]]:
    found: dict[str, dict[str, None]] = {}
    for transcript, name in pairs:
        found.setdefault(transcript, {})[name] = None
    return found


def _new(here: Mapping[str, None], seen: set[str]) -> tuple[str, ...]:
    new = tuple(name for name in here if name not in seen)
    seen.update(new)
    return new


def stopped_at(news: Sequence[int], first: int, stop: int) -> int | None:
    """Return the number of transcripts after which the criterion was met, or None.

    ``news`` is the number of new items in each transcript.

    >>> stopped_at([3, 1, 0, 0, 0, 1], first=2, stop=3)
    5
    """
    for number in range(first + stop, len(news) + 1):
        if not any(news[number - stop : number]):
            return number
    return None


def verdict(what: str, news: Sequence[int], first: int, stop: int) -> str:
    """Return in one sentence whether the criterion was met."""
    criterion = f"Francis et al. 2010: {first} transcripts, then {stop} in a row without a new {what}"
    if not any(news):
        return f"No {what} has been counted yet ({criterion})."
    if len(news) < first + stop:
        have = f"{len(news)} transcript{'' if len(news) == 1 else 's'}"
        return f"The criterion ({criterion}) cannot be met with {have}: it needs at least {first + stop}."
    at = stopped_at(news, first, stop)
    if at is None:
        last = max(number for number, n in enumerate(news, 1) if n)
        return (
            f"The criterion ({criterion}) is not met: the last new {what} came with transcript {last} of {len(news)}."
        )
    later = next(((number, n) for number, n in enumerate(news, 1) if number > at and n), None)
    after = (
        f" However, transcript {later[0]} added {later[1]} new {what}{'' if later[1] == 1 else 's'}." if later else ""
    )
    return f"The criterion ({criterion}) was met after transcript {at} of {len(news)}.{after}"


def guest(found: Sequence[Step]) -> str:
    """Return whether codes were saturated by the other common criterion, that of Guest, Namey & Chen (2020).

    ``comb agree`` applies the same criterion to all coders' codings; here it is applied to the codings that count.
    """
    if len(found) < BASE + RUN:
        return ""
    at = reached_at([frozenset(step.all_codes) for step in found])
    share = f"in {RUN} transcripts in a row at most {NEW_SHARE:.0%} new codes, as a share of those in the first {BASE}"
    reached = f"reached after transcript {at} (as the next {RUN} showed)" if at else "not reached"
    return f"By the criterion of Guest et al. (2020: {share}), saturation of codes was {reached}."
