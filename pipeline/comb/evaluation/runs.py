"""Runs of the evaluation, stored for comparison with later ones, to see whether more interviews helped.

A run contains, for each transcript, how often each code was coded, and suggested while the transcript was held out. Two
runs are compared on the transcripts that both evaluated, with the same words, the same segments, and the same number of
segments read. Transcripts are identified by a digest of their segments; a run contains no names and no words.

Shapes: T transcripts, G groups (transcripts, or participants), L codes.
"""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from comb.agreement.coefficients import Floats
from comb.codings.alignment import Codes
from comb.evaluation.code_gate import lower_limit
from comb.evaluation.confusion_counts import tables
from comb.evaluation.every_code import reference
from comb.evaluation.results import Estimate, Figure, Lead, Protocol
from comb.evaluation.scoring import lead_of_counts
from comb.learning.dataset import Dataset
from comb.study.params import EvaluateParams

FEWEST = 6
"""Fewest groups for a paired difference: all of five gain by chance in 1 of 32 (sign test, two-sided 1 of 16)."""
Verdict = Literal["better", "worse", "unknown"]


@dataclass(frozen=True)
class TranscriptCounts:
    """Counts of held-out suggestions for a transcript against its reference."""

    transcript: str
    """Digest of its segments."""
    group: int
    """Number of the group that is held out together."""
    segments: int
    """Number of segments that were read."""
    codes: Mapping[str, tuple[int, int, int]]
    """By code: number of segments both coded and suggested, only suggested, only coded."""
    one: tuple[tuple[str, str, int], ...] = ()
    """Where codes exclude each other: reference, suggestion ("" is no code), segments."""


@dataclass(frozen=True)
class Run:
    """One run of the evaluation."""

    number: int
    at: str
    """Time in UTC."""
    note: str
    """The researcher's name for it."""
    version: str
    """Version of comb."""
    model: str
    exclusive: bool
    settings: Mapping[str, str]
    """Params on which the figures depend, by name."""
    protocol: Protocol
    summary: Mapping[str, int | Figure]
    transcripts: tuple[TranscriptCounts, ...]

    def measured_the_same(self, other: "Run") -> bool:
        """Return whether another run has the same results."""
        own, its = (replace(run, number=0, at="", note="") for run in (self, other))
        return own == its


@dataclass(frozen=True)
class Change:
    """The difference between a later run and an earlier one, on the transcripts that both evaluated."""

    before: int
    after: int
    transcripts: int
    """Number of transcripts that both evaluated in the same way."""
    groups: int
    recoded: int
    """Number of these transcripts whose reference changed in between."""
    settings: tuple[str, ...]
    """Params that also changed, and "comb" if its version did."""
    lead: Lead | None
    """None if nothing can be compared; intervals are wider than a bootstrap's where groups are few."""
    why_not: str
    verdict: Verdict
    """The verdict, based on Cohen's kappa."""


@dataclass(frozen=True)
class History:
    """Runs, the oldest first, and the changes between them."""

    runs: Sequence[Run]
    changes: Sequence[Change]
    """Changes from each run to the next."""
    whole: Change | None
    """Change from the first run to the last; None with fewer than three runs."""


def counts_of(dataset: Dataset, chosen: Codes) -> tuple[TranscriptCounts, ...]:
    """Count the codes chosen (N, K) for the segments that people read, by transcript."""
    rows, digests = dataset.rows, _digests(dataset)
    names = np.array([dataset.segments[row].transcript for row in rows])
    truth, guess = reference(dataset, rows), dataset.among_every(chosen[rows])
    present, index = np.unique(names, return_inverse=True)
    binary, nominal = tables(truth, guess, index, dataset.exclusive)
    groups = dict(zip(names.tolist(), dataset.groups[rows].tolist(), strict=True))
    return tuple(
        TranscriptCounts(
            transcript=digests[name],
            group=groups[name],
            segments=int((index == t).sum()),
            codes={
                code: (int(cells[1, 1]), int(cells[0, 1]), int(cells[1, 0]))
                for code, cells in zip(dataset.every, binary[t], strict=True)
                if cells[0, 0] < cells.sum()
            },
            one=_pairs(nominal[t], (*dataset.every, "")) if dataset.exclusive else (),
        )
        for t, name in enumerate(present.tolist())
    )


def _pairs(table: Floats, names: Sequence[str]) -> tuple[tuple[str, str, int], ...]:
    return tuple((names[a], names[b], int(table[a, b])) for a, b in np.argwhere(table).tolist())


def _digests(dataset: Dataset) -> dict[str, str]:
    """Return a digest of each transcript's segments: the same whatever the transcript is called."""
    found: dict[str, hashlib._Hash] = defaultdict(hashlib.sha256)
    for segment in dataset.segments:
        found[segment.transcript].update(f"{segment.start} {segment.end} {segment.text}\n".encode())
    return {name: digest.hexdigest()[:24] for name, digest in found.items()}


def compare(before: Run, after: Run, params: EvaluateParams) -> Change:
    """Compare a later run with an earlier one; groups are drawn with replacement, the same for both."""
    pairs = _shared(before, after)
    recoded = sum(_coded(one) != _coded(other) for one, other in pairs)
    groups = len({other.group for _, other in pairs})
    old, new = ({**run.settings, "comb": run.version} for run in (before, after))
    settings = tuple(name for name in sorted({*old, *new}) if old.get(name) != new.get(name))
    why_not = _why_not(before, after, groups) or _nothing_coded(pairs)
    lead = None if why_not else _lead(pairs, after.exclusive, params)
    verdict = _verdict(lead.cohen_kappa, groups) if lead else "unknown"
    return Change(before.number, after.number, len(pairs), groups, recoded, settings, lead, why_not, verdict)


def _shared(before: Run, after: Run) -> list[tuple[TranscriptCounts, TranscriptCounts]]:
    known = {one.transcript: one for one in before.transcripts}
    found = [(known[other.transcript], other) for other in after.transcripts if other.transcript in known]
    return [(one, other) for one, other in found if one.segments == other.segments]


def _coded(found: TranscriptCounts) -> dict[str, int]:
    """Return how many segments have each code in the reference."""
    return {code: both + only for code, (both, _, only) in found.codes.items() if both + only}


def _why_not(before: Run, after: Run, groups: int) -> str:
    if before.protocol.level != after.protocol.level:
        return f"one is at level {before.protocol.level}, the other at level {after.protocol.level}"
    if before.exclusive != after.exclusive:
        return "codes are exclusive in only one of them"
    if groups < 2:
        return "they have fewer than two transcripts in common (same words, same segments, same reading)"
    return ""


def _nothing_coded(pairs: Sequence[tuple[TranscriptCounts, TranscriptCounts]]) -> str:
    coded = any(one.codes for pair in pairs for one in pair)
    return "" if coded else "nothing is coded or suggested in the transcripts that they have in common"


def _lead(pairs: Sequence[tuple[TranscriptCounts, TranscriptCounts]], exclusive: bool, params: EvaluateParams) -> Lead:
    codes = sorted({code for pair in pairs for one in pair for code in one.codes})
    numbers = {group: n for n, group in enumerate(sorted({after.group for _, after in pairs}))}
    where = [numbers[after.group] for _, after in pairs]
    old, new = (_tables([pair[side] for pair in pairs], where, codes, exclusive) for side in (0, 1))
    found = lead_of_counts(new, old, exclusive, params)
    return Lead(**{name: _widened(value, len(numbers)) for name, value in vars(found).items()})


def _tables(
    found: Sequence[TranscriptCounts], where: Sequence[int], codes: Sequence[str], exclusive: bool
) -> tuple[Floats, Floats]:
    """Return counts of groups as ``tables`` does: (G, L, 2, 2), and (G, L + 1, L + 1) of the one code."""
    groups, index = max(where) + 1, {code: n for n, code in enumerate([*codes, ""])}
    binary = np.zeros((groups, len(codes), 2, 2))
    nominal = np.zeros((groups, len(codes) + 1, len(codes) + 1))
    for group, one in zip(where, found, strict=True):
        for n, code in enumerate(codes):
            both, suggested, coded = one.codes.get(code, (0, 0, 0))
            binary[group, n] += [[one.segments - both - suggested - coded, suggested], [coded, both]]
        for truth, guess, n in one.one if exclusive else ():
            nominal[group, index[truth], index[guess]] += n
    return binary, nominal


def _widened(found: Estimate, groups: int) -> Estimate:
    """Return a difference with the limits as far away as few groups make them: see ``code_gate``."""
    value, high = (None if limit is None else -limit for limit in (found.value, found.high))
    mirrored = lower_limit(value, high, groups)
    return Estimate(
        found.value, lower_limit(found.value, found.low, groups), None if mirrored is None else 0.0 - mirrored
    )


def _verdict(kappa: Estimate, groups: int) -> Verdict:
    if groups < FEWEST or kappa.low is None or kappa.high is None:
        return "unknown"
    return "better" if kappa.low > 0 else "worse" if kappa.high < 0 else "unknown"
