"""Saturation: the number of new codes in each further transcript, whoever coded it.

``comb.synthesis.saturation`` follows the codings that count, and belief statements; for codes, it uses the criterion
here in addition to that of Francis et al. (2010).

Shapes: T transcripts, K codes.
"""

from collections.abc import Mapping, Sequence
from math import comb as choose

import numpy as np
from numpy.typing import NDArray

from comb.agreement.bootstrap import tidy
from comb.agreement.results import Saturation

BASE, RUN = 4, 2
"""Number of transcripts in the base, and in the following run with hardly anything new: "4+2"."""
NEW_SHARE = 0.05
"""New codes in a run, as a share of the codes in the base, up to which saturation counts as reached."""
CRITICS = (
    "Saturation counts codes, not meanings: few new codes do not prove that nothing new would be said (Braun & Clarke "
    "2021, Qualitative Research in Sport, Exercise and Health 13(2)). With a codebook fixed in advance it shows only "
    "which of its codes occur."
)


def saturation(codes: Mapping[str, frozenset[str]], order: Sequence[str]) -> Saturation | None:
    """Follow the codes over transcripts; None for fewer transcripts than the base.

    If the times of coding are known, transcripts are in that order, and base size and run length are those of Guest,
    Namey & Chen (2020), PLOS ONE 15(5). The ``curve`` needs no order: codes expected after 1, 2, ... transcripts drawn
    at random.
    """
    if len(codes) < BASE:
        return None
    names = sorted({code for own in codes.values() for code in own})
    used = np.array([[code in codes[name] for code in names] for name in codes], bool).reshape(len(codes), len(names))
    ordered = set(order) == set(codes)
    reached = reached_at([codes[name] for name in order]) if ordered else None
    return Saturation(
        base=BASE,
        run=RUN,
        new_share=NEW_SHARE,
        ordered=ordered,
        reached_at=reached,
        curve=tuple(tidy(value) for value in expected_codes(used)),
        reason=_reason(reached, ordered=ordered, transcripts=len(codes)),
        critics=CRITICS,
    )


def reached_at(in_order: Sequence[frozenset[str]]) -> int | None:
    """Return the number of transcripts after which a run brought at most the share of new codes; None if none did.

    >>> reached_at([frozenset("ab"), frozenset("bc"), frozenset("d"), frozenset("a"), frozenset("b"), frozenset("c")])
    4
    """
    base = frozenset().union(*in_order[:BASE])
    if not base:
        return None
    for end in range(BASE, len(in_order) - RUN + 1):
        before = frozenset().union(*in_order[:end])
        new = frozenset().union(*in_order[end : end + RUN]) - before
        if len(new) / len(base) <= NEW_SHARE:
            return end
    return None


def expected_codes(used: NDArray[np.bool_]) -> list[float]:
    """Compute the codes expected in 1, 2, ..., T transcripts drawn at random, of (T, K): rarefaction (Hurlbert 1971).

    >>> expected_codes(np.array([[True, False], [True, True]]))
    [1.5, 2.0]
    """
    total = len(used)
    often = used.sum(axis=0).tolist()
    return [sum(1 - choose(total - n, size) / choose(total, size) for n in often) for size in range(1, total + 1)]


def _reason(reached: int | None, *, ordered: bool, transcripts: int) -> str:
    if not ordered:
        return (
            "The order of coding is unknown, so it cannot be said after how many transcripts new codes became rare. "
            "The figures in this table do not depend on the order."
        )
    if reached is None:
        return (
            f"Not reached within {transcripts} transcripts: every run of {RUN} still added more than {NEW_SHARE:.0%} "
            f"new codes, as a share of those in the first {BASE} (Guest, Namey & Chen 2020)."
        )
    return (
        f"Reached at {reached}+{RUN}: after {reached} transcripts the next {RUN} added at most {NEW_SHARE:.0%} new "
        f"codes, as a share of those in the first {BASE} (Guest, Namey & Chen 2020)."
    )
