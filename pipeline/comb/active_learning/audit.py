"""The blind audit: estimate what the model misses from a person's codes, given without seeing the model's.

Shapes: N segments that the model left uncoded, n of them drawn, T transcripts, B bootstrap replicates.

The sample is a simple random sample of all N, so the interval is exact for these transcripts: it contains the numbers
of missed segments under which the result is not too unlikely (Clopper & Pearson 1934, Biometrika 26, for a finite
population; Buonaccorsi 1987, The American Statistician 41). Segments of a transcript are similar: for other transcripts
of this kind, whole transcripts are resampled (Field & Welsh 2007), which gives a second, usually wider interval.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from comb.agreement.bootstrap import draws, interval
from comb.codebook import Codebook
from comb.codings.alignment import overlaps
from comb.errors import BadInputError
from comb.evaluation.results import Interval
from comb.records import Coding, Segment

REPLICATES = 2000
FEWEST_TRANSCRIPTS = 5
"""Fewest transcripts for resampling; with fewer, no interval is given for other transcripts."""


@dataclass(frozen=True)
class Judged:
    """A drawn segment that a person has read, with the person's codes."""

    transcript: str
    codes: frozenset[str]


@dataclass(frozen=True)
class Missed:
    """How many of the segments that the model left uncoded should have had any code, or a given code."""

    found: int
    """Number among the drawn segments."""
    share: float
    low: float
    high: float
    segments: int
    """Estimated number among all segments that the model left uncoded."""
    segments_low: int
    segments_high: int
    others_like_them: Interval | None
    """Estimate for other transcripts of this kind; None if the sample is from too few transcripts."""


@dataclass(frozen=True)
class Audit:
    """The content of ``audit.json``: the sample and, once it is coded, the estimates."""

    model: str
    """Id of the model that left the segments uncoded."""
    seed: int
    uncoded: dict[str, int]
    """Number of segments without a suggestion, by transcript."""
    drawn: int
    audited: int = 0
    left_uncoded: int = 0
    any: Missed | None = None
    """None before the sample is coded."""
    codes: dict[str, Missed] = field(default_factory=dict)
    sentence: str = ""


def draw(uncoded: Sequence[Segment], size: int, seed: int) -> list[Segment]:
    """Draw segments at random, in the order of the transcripts; all of them if there are no more than asked for."""
    if not uncoded:
        raise BadInputError(
            "the model left no segment uncoded: there is nothing to audit",
            where="suggestions",
            remedy="Add transcripts with comb import --new FILE, or read the suggestions themselves.",
        )
    picked = np.random.default_rng(seed).permutation(len(uncoded))[:size]
    return [uncoded[row] for row in sorted(picked.tolist())]


def judge(
    drawn: Sequence[tuple[str, int, int]], codings: Sequence[Coding], codebook: Codebook, level: str, share: float
) -> list[Judged]:
    """Find a person's codes of each drawn span (transcript, start, end); spans that nobody has read are left out.

    A code counts at the model's level, a coarser code as itself. Raises BadParamsError for a code that the
    codebook does not have, BadInputError if no span was read at all.
    """
    by_transcript: dict[str, list[Coding]] = {}
    for coding in codings:
        by_transcript.setdefault(coding.transcript, []).append(coding)
    judged = []
    for name, start, end in drawn:
        span = Segment(name, start, end, 0, "", "participant", "")
        here = [coding for coding in by_transcript.get(name, ()) if overlaps(coding, span, share)]
        if here:
            judged.append(Judged(name, frozenset(_at(c.code, codebook, level, c.coder) for c in here if c.code)))
    if not judged:
        raise BadInputError(
            "none of the drawn segments is coded in these files",
            where="audit",
            remedy="Code those in data/processed/audit.csv; a row with an empty code means: read, no code applies.",
        )
    return judged


def _at(code: str, codebook: Codebook, level: str, coder: str) -> str:
    codebook.require(code, f"codings of coder {coder!r}")
    return codebook.at_level(code, level) or code


def estimate(audit: Audit, judged: Sequence[Judged], codes: Collection[str]) -> Audit:
    """Estimate how many of the segments that the model left uncoded should have had a code, overall and by code.

    A person's code that is not among ``codes`` is listed as well.
    """
    total = sum(audit.uncoded.values())
    named = sorted({code for item in judged for code in item.codes} | set(codes))
    owners = [item.transcript for item in judged]

    def missed(flags: Sequence[bool]) -> Missed:
        return _missed(flags, owners, total, audit.seed)

    anything = missed([bool(item.codes) for item in judged])
    return replace(
        audit,
        audited=len(judged),
        left_uncoded=total,
        any=anything,
        codes={code: missed([code in item.codes for item in judged]) for code in named},
        sentence=_sentence(anything, total, len(judged)),
    )


def _missed(flags: Sequence[bool], owners: Sequence[str], total: int, seed: int) -> Missed:
    low, high = bounds(sum(flags), len(flags), total)
    return Missed(
        found=sum(flags),
        share=round(sum(flags) / len(flags), 4),
        low=round(low / total, 4),
        high=round(high / total, 4),
        segments=round(total * sum(flags) / len(flags)),
        segments_low=low,
        segments_high=high,
        others_like_them=_others(flags, owners, seed),
    )


def bounds(found: int, drawn: int, total: int) -> tuple[int, int]:
    """Return the 95% interval of a count among ``total``, given ``found`` in a sample of ``drawn`` without replacement.

    >>> bounds(0, 100, 100)
    (0, 0)
    >>> bounds(0, 50, 1000), bounds(5, 50, 1000)
    ((0, 69), (35, 215))
    """
    from scipy.stats import hypergeom

    possible = np.arange(found, total - drawn + found + 1)
    law = hypergeom(total, possible, drawn)
    kept = possible[(law.cdf(found) > 0.025) & (law.sf(found - 1) > 0.025)]
    return int(kept[0]), int(kept[-1])


def _others(flags: Sequence[bool], owners: Sequence[str], seed: int) -> Interval | None:
    """Return the interval of the share in transcripts like these; None if there are too few to tell."""
    names, index = np.unique(owners, return_inverse=True)
    if len(names) < FEWEST_TRANSCRIPTS:
        return None
    hits = np.bincount(index, weights=np.array(flags, float), minlength=len(names))
    sizes = np.bincount(index, minlength=len(names))
    shares = np.concatenate([(w @ hits) / np.maximum(w @ sizes, 1) for w in draws(len(names), REPLICATES, seed)])
    found = interval(shares)
    return Interval(found.low, found.high)


def _sentence(missed: Missed, total: int, audited: int) -> str:
    return (
        f"Of the {total} segments that the model left uncoded, {missed.share:.0%} should have had a code (exact 95% "
        f"interval {missed.low:.0%} to {missed.high:.0%}, or {missed.segments_low} to {missed.segments_high} "
        f"segments), judging by {audited} drawn at random and coded blind."
    )
