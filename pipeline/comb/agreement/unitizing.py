"""Coders' own passages compared, whatever the units: unitizing alpha, and passages that overlap enough."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from comb.agreement.bootstrap import draws, interval, tidy
from comb.agreement.coefficients import Floats
from comb.agreement.span_tallies import Span, SpanTally, matched, matched_share, merge, span_tally, unitizing_alpha
from comb.agreement.units import Material, known_coverage

NOBODY = "undefined, because nobody used the code"
Passages = dict[tuple[str, str, str], list[Span]]
"""Spans by code, coder and transcript."""


def passages(material: Material, coders: Sequence[str], level: str) -> Passages:
    """Collect the passages of each code at a level; codings too general for the level are left out."""
    book = material.codebook
    found: Passages = defaultdict(list)
    for coding in material.read.codings:
        if coding.code and coding.coder in coders:
            code = book.at_level(coding.code, level)
            if code is not None:
                found[code, coding.coder, coding.transcript].append((coding.start, coding.end))
    return found


def unitizing(
    material: Material, coders: Sequence[str], level: str, share: float, replicates: int, seed: int
) -> dict[str, Any]:
    """Compare passages of the coders, on the transcripts that all of them read whole.

    Unitizing alpha takes each transcript's whole text for the continuum. ``overlap`` is the share of passages with a
    partner: the two have at least ``share`` of what they cover together in common, as MAXQDA counts.
    """
    found = passages(material, coders, level)
    read = _read_by_all(material, coders)
    used = {code for code, _, name in found if name in read}
    codes = [code for code in material.codebook.codes_at(level) if code in used]
    base: dict[str, Any] = {"transcripts": len(read), "share": share}
    if not read:
        why = "undefined, because no transcript was read whole by all coders"
        return {**base, "overall": {"undefined": why}, "codes": {}, "overlap": {"undefined": why}}
    if not codes:
        return {**base, "overall": {"undefined": NOBODY}, "codes": {}, "overlap": {"undefined": NOBODY}}
    lengths = [len(material.transcripts[name].text) for name in read]
    tallies = {
        code: span_tally([[found.get((code, coder, name), []) for coder in coders] for name in read], lengths)
        for code in codes
    }
    drawn = list(draws(len(read), replicates, seed)) if len(read) > 1 else []
    overlap = {code: _matches(found, code, coders, read, share) for code in codes}
    share_of_all = matched_share(overlap)
    return {
        **base,
        "overall": _alpha(list(tallies.values()), drawn),
        "codes": {
            code: {"unitizing_alpha": _alpha([tally], drawn), "overlap": _share(overlap[code])}
            for code, tally in tallies.items()
        },
        "overlap": {"undefined": NOBODY} if share_of_all is None else {"value": tidy(share_of_all)},
    }


def _read_by_all(material: Material, coders: Sequence[str]) -> list[str]:
    coverage = known_coverage(material, coders).coverage or frozenset()
    present = {segment.transcript for segment in material.segments}
    return [name for name in material.transcripts if name in present and all((name, c) in coverage for c in coders)]


def _alpha(tallies: Sequence[SpanTally], drawn: Sequence[Floats]) -> dict[str, Any]:
    value = float(unitizing_alpha(tallies))
    if np.isnan(value):
        return {"undefined": NOBODY}
    spread: Mapping[str, Any] = {"low": None, "high": None, "interval": "undefined, because there is one transcript"}
    if drawn:
        spread = interval(np.concatenate([unitizing_alpha(tallies, weights) for weights in drawn]))
    return {"value": tidy(value), **spread}


def _matches(
    found: Mapping[tuple[str, str, str], Sequence[Span]],
    code: str,
    coders: Sequence[str],
    read: Sequence[str],
    share: float,
) -> tuple[int, int]:
    hits = total = 0
    for first, second in _pairs(found, code, coders, read):
        some, every = matched(first, second, share)
        hits, total = hits + some, total + every
    return hits, total


def _pairs(
    found: Mapping[tuple[str, str, str], Sequence[Span]], code: str, coders: Sequence[str], read: Sequence[str]
) -> Iterator[tuple[list[Span], list[Span]]]:
    for name in read:
        for a, b in combinations(coders, 2):
            yield merge(found.get((code, a, name), [])), merge(found.get((code, b, name), []))


def _share(pair: tuple[int, int]) -> dict[str, Any]:
    return {"value": tidy(pair[0] / pair[1]), "passages": pair[1]} if pair[1] else {"undefined": NOBODY}
