"""Compare coders' own passages, independent of units: Krippendorff's unitizing alpha, and overlapping passages.

Shapes: R coders, T transcripts, B bootstrap replicates. A span is half-open, in characters of its transcript.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from comb.agreement.bootstrap import Interval, draws, interval, tidy
from comb.agreement.boundaries import compare_boundaries, word_boundaries
from comb.agreement.coefficients import Floats, corrected, divide
from comb.agreement.results import CodePassages, Figure, PassageAgreement
from comb.agreement.units import CodedStudy, known_coverage

NOBODY = "undefined, because nobody used the code"
EDITION = (
    "Unitizing alpha follows Krippendorff (2004, Content Analysis, 2nd ed., p. 251-255). It depends on the length of "
    "the texts: the more uncoded text around the passages, the higher it is. Its successors (u-alpha, cu-alpha and "
    "(k)u-alpha; Krippendorff, Mathet, Bouvry & Widlöcher 2016) are not computed; say which one you report."
)
Passages = dict[tuple[str, str, str], list["Span"]]
"""Spans by code, coder and transcript."""

Span = tuple[int, int]


@dataclass(frozen=True)
class SpanTally:
    """The terms of unitizing alpha for one code; each transcript is a separate continuum.

    All terms are sums over transcripts or over pairs of transcripts, so that replicates are matrix products.
    """

    coders: int
    lengths: Floats
    """(T,): characters."""
    spans: Floats
    """(T,): spans of all coders."""
    apart: Floats
    """(T,): sum of squared differences between all ordered pairs of coders."""
    cubic: Floats
    """(T,): sum over spans of (2 l^3 - 3 l^2 + l) / 3."""
    within: Floats
    """(T,): sum over spans of l (l - 1)."""
    beside: Floats
    """(T, T): sum over spans l of the first and gaps g of the second transcript, where g >= l, of l^2 (g - l + 1)."""

    def disagreement(self, weights: Floats | None = None) -> tuple[Floats, Floats]:
        """Observed and expected disagreement: (), or (B,) for replicates ``weights`` (B, T).

        Source: Krippendorff (2004), Content Analysis, 2nd ed., p. 251-255; equations for D_o and D_e of a category.
        """
        w = np.ones((1, len(self.lengths))) if weights is None else weights
        m, length = self.coders, w @ self.lengths
        observed = divide(w @ self.apart, m * (m - 1) * length**2)
        chance = (w @ self.cubic) * (w @ self.spans - 1) + ((w @ self.beside) * w).sum(axis=1)
        expected = divide(2 / length * chance, m * length * (m * length - 1) - w @ self.within)
        return (observed[0], expected[0]) if weights is None else (observed, expected)


def unitizing_alpha(tallies: Sequence[SpanTally], weights: Floats | None = None) -> Floats:
    """Krippendorff's alpha for unitizing, of one code or of several: 1 - sum D_o / sum D_e; (), or (B,).

    It accounts for boundaries: two coders who mark the same passage with different ends agree in part. NaN if
    nobody used the codes. Source: Krippendorff (2004), p. 255.

    >>> first, second = [(75, 145), (220, 250)], [(70, 150), (205, 225), (250, 270)]  # p. 254, category c, from 150 on
    >>> one = span_tally([[first, second]], [300])
    >>> round(float(unitizing_alpha([one])), 4)
    0.7286
    """
    parts = [tally.disagreement(weights) for tally in tallies]
    observed, expected = (np.sum([part[side] for part in parts], axis=0) for side in (0, 1))
    return corrected(1 - observed, 1 - expected) if np.any(expected) else np.full(np.shape(observed), np.nan)


def span_tally(spans: Sequence[Sequence[Sequence[Span]]], lengths: Sequence[int]) -> SpanTally:
    """Tally the spans of one code: ``spans[t][r]`` are those of coder r in transcript t, ``lengths[t]`` its characters.

    Overlapping spans of one coder are joined.
    """
    merged = [[merge(own) for own in each] for each in spans]
    gaps = [[_gaps(own, length) for own in each] for each, length in zip(merged, lengths, strict=True)]
    spread = [np.array([end - start for own in each for start, end in own], float) for each in merged]
    free = [np.array([end - start for own in each for start, end in own], float) for each in gaps]
    return SpanTally(
        coders=len(spans[0]),
        lengths=np.array(lengths, float),
        spans=np.array([len(x) for x in spread], float),
        apart=np.array([_apart(each, empty) for each, empty in zip(merged, gaps, strict=True)], float),
        cubic=np.array([((2 * x**3 - 3 * x**2 + x) / 3).sum() for x in spread]),
        within=np.array([(x * (x - 1)).sum() for x in spread]),
        beside=np.array([[_beside(x, g) for g in free] for x in spread]).reshape(len(spread), len(free)),
    )


def merge(spans: Iterable[Span]) -> list[Span]:
    """Join spans that overlap; spans that only touch stay separate.

    >>> merge([(5, 9), (0, 3), (2, 5)])
    [(0, 5), (5, 9)]
    """
    out: list[Span] = []
    for start, end in sorted(spans):
        if out and start < out[-1][1]:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((start, end))
    return out


def matched(first: Sequence[Span], second: Sequence[Span], share: float) -> tuple[int, int]:
    """Count the spans of both coders that have a partner, and all spans: in both directions, as MAXQDA does.

    Two spans of one code match if their overlap is at least ``share`` of their joint length.

    >>> matched([(0, 10)], [(0, 9), (20, 25)], 0.9)
    (2, 3)
    """
    hits = sum(any(_in_common(a, b) >= share for b in second) for a in first)
    hits += sum(any(_in_common(a, b) >= share for a in first) for b in second)
    return hits, len(first) + len(second)


def _in_common(a: Span, b: Span) -> float:
    common = min(a[1], b[1]) - max(a[0], b[0])
    return common / (max(a[1], b[1]) - min(a[0], b[0])) if common > 0 else 0.0


def _gaps(spans: Sequence[Span], length: int) -> list[Span]:
    edges = [0, *(edge for span in spans for edge in span), length]
    return [(start, end) for start, end in zip(edges[::2], edges[1::2], strict=True) if end > start]


def _apart(spans: Sequence[Sequence[Span]], gaps: Sequence[Sequence[Span]]) -> float:
    """Sum squared differences of ordered pairs of coders: of boundaries where spans meet, of lengths within gaps."""
    total = 0.0
    for i, own in enumerate(spans):
        for j, other in enumerate(spans):
            if i != j:
                total += _meeting(own, other) + 2 * _alone(own, gaps[j])
    return total


def _meeting(own: Sequence[Span], other: Sequence[Span]) -> float:
    if not own or not other:
        return 0.0
    a, b = np.array(own, float), np.array(other, float)
    meets = (a[:, None, 0] < b[None, :, 1]) & (b[None, :, 0] < a[:, None, 1])
    return float((((a[:, None] - b[None]) ** 2).sum(axis=-1) * meets).sum())


def _alone(own: Sequence[Span], gaps: Sequence[Span]) -> float:
    """Sum squared lengths of spans that lie whole in a gap of the other; counted from both sides by the caller."""
    if not own or not gaps:
        return 0.0
    a, g = np.array(own, float), np.array(gaps, float)
    inside = (g[None, :, 0] <= a[:, None, 0]) & (a[:, None, 1] <= g[None, :, 1])
    return float((((a[:, 1] - a[:, 0]) ** 2)[:, None] * inside).sum())


def _beside(spans: Floats, gaps: Floats) -> float:
    room = np.maximum(gaps[None, :] - spans[:, None] + 1, 0)
    return float((spans[:, None] ** 2 * room).sum())


def passages(study: CodedStudy, coders: Sequence[str], level: str) -> Passages:
    """Collect the passages of each code at a level, without codings that are too general for it."""
    found: Passages = defaultdict(list)
    for coding in study.read.codings:
        if coding.code and coding.coder in coders:
            code = study.codebook.at_level(coding.code, level)
            if code is not None:
                found[code, coding.coder, coding.transcript].append((coding.start, coding.end))
    return found


def unitizing(
    study: CodedStudy, coders: Sequence[str], level: str, share: float, replicates: int, seed: int
) -> PassageAgreement:
    """Compare the coders' passages, on the transcripts that all of them read to the end.

    For unitizing alpha, the whole text of each transcript is the continuum. ``overlap`` is the share of passages with a
    partner, with which they overlap by at least ``share`` of their joint length, as in MAXQDA.
    """
    found = passages(study, coders, level)
    read = _read_by_all(study, coders)
    used = {code for code, _, name in found if name in read}
    codes = [code for code in study.codebook.codes_at(level) if code in used]
    if not codes:
        why = NOBODY if read else "undefined, because no transcript was read whole by all coders"
        nothing = Figure(undefined=why)
        return PassageAgreement(len(read), share, nothing, {}, nothing, edition=EDITION)
    lengths = [len(study.transcripts[name].text) for name in read]
    tallies = {
        code: span_tally([[found.get((code, coder, name), []) for coder in coders] for name in read], lengths)
        for code in codes
    }
    drawn = list(draws(len(read), replicates, seed)) if len(read) > 1 else []
    overlap = {code: _matches(found, code, coders, read, share) for code in codes}
    return PassageAgreement(
        transcripts=len(read),
        share=share,
        overall=_alpha(list(tallies.values()), drawn),
        codes={code: CodePassages(_alpha([tally], drawn), _share(overlap[code])) for code, tally in tallies.items()},
        overlap=_share_of_all(overlap),
        boundaries=compare_boundaries(_boundaries(study, found, coders, read), replicates, seed),
        edition=EDITION,
    )


def _boundaries(
    study: CodedStudy, found: Passages, coders: Sequence[str], read: Sequence[str]
) -> list[tuple[int, list[list[int]]]]:
    """Count the words of each transcript, and find the places where each coder's passages start or stop."""
    offsets: dict[tuple[str, str], set[int]] = defaultdict(set)
    for (_, coder, name), spans in found.items():
        offsets[name, coder] |= {edge for span in spans for edge in span}
    out = []
    for name in read:
        own = [word_boundaries(study.transcripts[name].text, sorted(offsets[name, coder])) for coder in coders]
        out.append((own[0][1], [places for places, _ in own]))
    return out


def _read_by_all(study: CodedStudy, coders: Sequence[str]) -> list[str]:
    coverage = known_coverage(study, coders).coverage or frozenset()
    present = {segment.transcript for segment in study.segments}
    return [name for name in study.transcripts if name in present and all((name, c) in coverage for c in coders)]


def _alpha(tallies: Sequence["SpanTally"], drawn: Sequence[Floats]) -> Figure:
    value = float(unitizing_alpha(tallies))
    if np.isnan(value):
        return Figure(undefined=NOBODY)
    if not drawn:
        return Figure.of(value, Interval(None, None, "undefined, because there is one transcript"))
    return Figure.of(value, interval(np.concatenate([unitizing_alpha(tallies, weights) for weights in drawn])))


def _matches(found: Passages, code: str, coders: Sequence[str], read: Sequence[str], share: float) -> tuple[int, int]:
    hits = total = 0
    for first, second in _pairs(found, code, coders, read):
        some, every = matched(first, second, share)
        hits, total = hits + some, total + every
    return hits, total


def _pairs(
    found: Passages, code: str, coders: Sequence[str], read: Sequence[str]
) -> Iterator[tuple[list["Span"], list["Span"]]]:
    for name in read:
        for a, b in combinations(coders, 2):
            yield merge(found.get((code, a, name), [])), merge(found.get((code, b, name), []))


def _share(pair: tuple[int, int]) -> Figure:
    if not pair[1]:
        return Figure(undefined=NOBODY)
    return Figure(tidy(pair[0] / pair[1]), passages=pair[1])


def _share_of_all(counts: Mapping[str, tuple[int, int]]) -> Figure:
    hits, total = (sum(pair[side] for pair in counts.values()) for side in (0, 1))
    return Figure(tidy(hits / total)) if total else Figure(undefined=NOBODY)
