"""Which codings were made blind: before their coder had seen others' codings or the model's suggestions."""

from collections import Counter
from collections.abc import Collection
from dataclasses import replace

from comb.codings.codings_csv import CodingsRead


def keep_blind(read: CodingsRead, exempt: Collection[str] = ()) -> tuple[CodingsRead, dict[tuple[str, str], int]]:
    """Keep the codings that are marked as made blind, and those of ``exempt`` coders, such as models.

    A transcript counts as read to its end only if all of it was read blind: a coder who looked and then went on coding
    cannot be taken to have judged, blind, that the other passages have no
    code. Return also how many codings were left out, by transcript
    and coder.
    """
    kept = tuple(c for c in read.codings if c.blind == "yes" or c.coder in exempt)
    left_out = Counter((c.transcript, c.coder) for c in read.codings if c.blind != "yes" and c.coder not in exempt)
    coded = {(c.transcript, c.coder) for c in kept if c.coder not in exempt}
    own = {(c.transcript, c.coder) for c in kept if c.coder in exempt and not c.model}
    if read.coverage is None:
        coverage = coded - set(left_out) | own
    else:
        whole = read.blind if read.blind is not None else coded - set(left_out)
        coverage = {pair for pair in read.coverage if pair in whole - set(left_out) or pair[1] in exempt}
    return replace(read, codings=kept, coverage=frozenset(coverage)), dict(sorted(left_out.items()))
