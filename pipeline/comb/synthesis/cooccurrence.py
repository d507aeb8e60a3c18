"""Co-occurrence of codes on the same words."""

from collections import Counter
from collections.abc import Sequence
from itertools import combinations

from comb.synthesis.passages import Passage


def cooccurrence(passages: Sequence[Passage]) -> Counter[tuple[str, str]]:
    """Count, for each pair of codes in alphabetical order, the pairs of passages that share words."""
    counts: Counter[tuple[str, str]] = Counter()
    by_transcript: dict[str, list[Passage]] = {}
    for passage in passages:
        by_transcript.setdefault(passage.transcript, []).append(passage)
    for own in by_transcript.values():
        places = {(p.start, p.end, p.code) for p in own}
        for (s, e, a), (s2, e2, b) in combinations(sorted(places), 2):
            if a != b and min(e, e2) > max(s, s2):
                counts[min(a, b), max(a, b)] += 1
    return counts
