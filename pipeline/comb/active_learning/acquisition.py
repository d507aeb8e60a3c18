"""What to code next: the segments that a model would learn most from, and the transcripts that contain most of them.

Shapes: U uncoded segments (candidates), D dimensions, K codes, L coded segments.

A strategy gives each candidate a value; ``choose`` orders candidates: the most valuable first, but later if they are
very similar to earlier ones, or from transcripts of which more is coded (one person's speech is of one kind). Every
fifth place gets one drawn at random, so that part of the coded segments is a random sample (Settles 2009, Active
Learning Literature Survey, section 7.1). A model that has learned from chosen segments overestimates the frequency of
their codes; ``comb.learning.thresholds`` corrects its thresholds. Figures are in docs/reference/measurements.md.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from comb.learning.classifier import NO_CODE
from comb.learning.features import Embeddings
from comb.learning.thresholds import Floats
from comb.records import Proposal, Segment

RARE = 0.005
"""Smoothing constant that keeps a very rare code from outweighing all others."""
ALIKE = 0.7
"""Cosine from which two segments count as similar; from there to 1, the value of the second falls to zero."""
RANDOM = 5
"""Every so many places one is drawn at random."""
UNSURE, UNSEEN = "the model is unsure", "drawn at random, to keep the sample representative"


@dataclass(frozen=True)
class Candidates:
    """Uncoded segments, as given to a strategy."""

    scores: Floats
    """(U, K): probability of each code."""
    thresholds: Floats
    """(K,)."""
    exclusive: bool
    embeddings: Embeddings
    """(U, D), of unit length."""
    transcripts: NDArray[np.intp]
    """(U,): number of the transcript."""
    coded: NDArray[np.intp]
    """Number of coded segments of each transcript."""


def entropy(candidates: Candidates) -> Floats:
    """Return the uncertainty about a segment's codes (U,): Shannon entropy, summed over codes that do not compete.

    Source: Lewis & Gale (1994), SIGIR; Settles (2009), section 3.1.
    """
    p = np.clip(candidates.scores, 1e-6, 1 - 1e-6)
    terms = -p * np.log(p)
    return np.asarray((terms if candidates.exclusive else terms - (1 - p) * np.log(1 - p)).sum(axis=1))


def margin(candidates: Candidates) -> Floats:
    """Return how near the second most likely code comes to the most likely one (U,); if codes do not compete, entropy.

    Source: Scheffer, Decomain & Wrobel (2001), IDA; Settles (2009), section 3.1.
    """
    if not candidates.exclusive or candidates.scores.shape[1] < 2:
        return entropy(candidates)
    ordered = np.sort(candidates.scores, axis=1)
    return np.asarray(1 - (ordered[:, -1] - ordered[:, -2]))


def undecided(candidates: Candidates) -> Floats:
    """Return how near the scores are to the thresholds (U,), in logits, summed over the codes."""
    p, cut = (np.clip(values, 1e-6, 1 - 1e-6) for values in (candidates.scores, candidates.thresholds))
    return np.asarray(np.exp(-np.abs(np.log(p / (1 - p)) - np.log(cut / (1 - cut)))).sum(axis=1))


def rare(candidates: Candidates) -> Floats:
    """Return the model's uncertainty (U,), in which doubt about a rare code weighs more."""
    p = candidates.scores
    share = p.mean(axis=0)
    return np.asarray((p * (1 - p) / (share * (1 - share) + RARE)).sum(axis=1))


def likely(candidates: Candidates) -> Floats:
    """Return the expected number of codes of a segment (U,), which finds examples, mainly of common codes."""
    return np.asarray(candidates.scores.sum(axis=1))


STRATEGIES: Mapping[str, Callable[[Candidates], Floats]] = {
    "margin": margin,
    "entropy": entropy,
    "undecided": undecided,
    "rare": rare,
    "likely": likely,
}


def default_strategy(*, exclusive: bool) -> str:
    """Return the strategy of ``comb next``: the one that saved most coding if codes compete, or if they do not."""
    return "margin" if exclusive else "undecided"


def choose(
    candidates: Candidates, strategy: str, most: int, rng: np.random.Generator
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Order at most ``most`` candidates, and return which of them were drawn at random.

    ``strategy`` is one of ``STRATEGIES``, or ``random`` to draw all of them at random.
    """
    total = len(candidates.scores)
    most = min(most, total)
    lots = rng.permutation(total)
    if strategy == "random":
        return lots[:most], np.ones(most, bool)
    values = STRATEGIES[strategy](candidates)
    values = values / max(float(values.max(initial=0)), 1e-9)
    embeddings = np.asarray(candidates.embeddings, np.float32)
    fresh, left, coded = np.ones(total), np.ones(total, bool), candidates.coded.copy()
    order, drawn, next_lot = [], [], 0
    for place in range(most):
        by_lot = place % RANDOM == RANDOM - 1
        if by_lot:
            while not left[lots[next_lot]]:
                next_lot += 1
            pick = int(lots[next_lot])
        else:
            pick = int(np.where(left, values * fresh / (1 + coded[candidates.transcripts]), -1).argmax())
        left[pick] = False
        coded[candidates.transcripts[pick]] += 1
        alike = embeddings @ embeddings[pick]
        fresh = np.minimum(fresh, np.clip((1 - alike) / (1 - ALIKE), 1e-6, 1))
        order.append(pick)
        drawn.append(by_lot)
    return np.array(order, np.intp), np.array(drawn, bool)


def scores_from_definitions(embeddings: Embeddings, definitions: Embeddings) -> Floats:
    """Score segments (U, D) before anything is coded, by their similarity to the codes' definitions (K, D).

    Similarity is not a probability; standardised per code and passed through a sigmoid, it shows which segments may
    have which code.
    """
    alike = np.asarray(embeddings, float) @ np.asarray(definitions, float).T
    logits = (alike - alike.mean(axis=0)) / np.maximum(alike.std(axis=0), 1e-9) - 1.5
    scores: Floats = 1 / (1 + np.exp(-logits))
    return scores


def proposals(
    segments: Sequence[Segment],
    candidates: Candidates,
    codes: Sequence[str],
    picked: tuple[NDArray[np.intp], NDArray[np.bool_]],
    strategy: str,
) -> list[Proposal]:
    """Return proposals for segments in order, each with the code that is most uncertain."""
    values = STRATEGIES[strategy](candidates)
    values = values / max(float(values.max(initial=0)), 1e-9)
    named = [k for k, code in enumerate(codes) if code != NO_CODE]
    p = np.clip(candidates.scores[:, named], 1e-6, 1 - 1e-6)
    cut = np.clip(candidates.thresholds[named], 1e-6, 1 - 1e-6)
    nearest = np.abs(np.log(p / (1 - p)) - np.log(cut / (1 - cut))).argmin(axis=1)
    out = []
    for rank, (row, by_lot) in enumerate(zip(*(part.tolist() for part in picked), strict=True), 1):
        segment, k = segments[row], named[int(nearest[row])]
        reason = UNSEEN if by_lot else f"{UNSURE}: {codes[k]} or not"
        place = (segment.transcript, segment.start, segment.end)
        value, score = round(float(values[row]), 4), round(float(candidates.scores[row, k]), 4)
        out.append(Proposal(rank, *place, value, codes[k], score, reason))
    return out


@dataclass(frozen=True)
class Worth:
    """How much the model would learn from a whole transcript."""

    transcript: str
    segments: int
    proposed: int
    """Number of its segments among the proposed ones."""
    value: float
    """Mean value of its segments, 0 to 1."""
    rare: str
    """The rarest code that the model expects to be more frequent in it than elsewhere."""


def transcripts(
    segments: Sequence[Segment], candidates: Candidates, codes: Sequence[str], found: Sequence[Proposal], strategy: str
) -> list[Worth]:
    """Rank whole transcripts, for coding them from beginning to end: those with the most uncertain segments first."""
    values = STRATEGIES[strategy](candidates)
    values = values / max(float(values.max(initial=0)), 1e-9)
    owner = np.array([segment.transcript for segment in segments])
    share = candidates.scores.mean(axis=0)
    ranked = []
    for name in dict.fromkeys(owner.tolist()):
        own = owner == name
        more = [k for k in np.argsort(share, kind="stable") if candidates.scores[own, k].mean() > 1.2 * share[k]]
        rarest = next((codes[k] for k in more if codes[k] != NO_CODE), "")
        proposed = sum(item.transcript == name for item in found)
        ranked.append(Worth(name, int(own.sum()), proposed, round(float(values[own].mean()), 4), rarest))
    return sorted(ranked, key=lambda worth: (-worth.value, worth.transcript))
