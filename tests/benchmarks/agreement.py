"""The bootstrap of all coefficients against a loop over statsmodels and nltk.

Run: python tests/benchmarks/agreement.py

3 coders × 5,000 segments × 20 codes, each segment drawn singly. The loop computes, for each replicate, what the two
libraries have: Cohen's kappa per pair, Fleiss' kappa, and NLTK's S, multi-pi and alpha, per code, and alpha over sets
of codes with MASI and Jaccard distance; its time is extrapolated from a few replicates. What comb computes
beside (Conger, AC1, Holsti, indices, specific agreement, everything pooled and for each pair) is thrown in.
"""

import argparse
import json
import resource
import time
import warnings
from itertools import combinations

import numpy as np

from comb.agreement.bootstrap import interval
from comb.agreement.compare import Comparison
from comb.agreement.ratings import Ratings


def material(coders: int, segments: int, codes: int, seed: int) -> Ratings:
    """Make random codings: codes of 1 to 8%, coders who find 80% of them and add a few of their own."""
    rng = np.random.default_rng(seed)
    share = rng.uniform(0.01, 0.08, codes)
    truth = rng.random((segments, 1, codes)) < share
    found = rng.random((segments, coders, codes)) < 0.8
    added = rng.random((segments, coders, codes)) < share / 6
    cells = ((truth & found) | added).astype(np.int8)
    units = tuple(f"u{n}" for n in range(segments))
    names, labels = tuple("ABCDEFG"[:coders]), tuple(f"c{k}" for k in range(codes))
    return Ratings("segment", units, names, labels, cells, units, np.ones(segments), False, False)


def one_replicate(cells: np.ndarray) -> None:
    """Compute with statsmodels and nltk what they have."""
    from nltk.metrics import jaccard_distance, masi_distance
    from nltk.metrics.agreement import AnnotationTask
    from statsmodels.stats.inter_rater import aggregate_raters, cohens_kappa, fleiss_kappa

    n, r, k = cells.shape
    for code in range(k):
        said = cells[:, :, code]
        for a, b in combinations(range(r), 2):
            table = np.bincount(2 * said[:, a] + said[:, b], minlength=4).reshape(2, 2)
            cohens_kappa(table, return_results=False)
        fleiss_kappa(aggregate_raters(said, 2)[0])
        task = AnnotationTask([(c, u, str(said[u, c])) for u in range(n) for c in range(r)])
        task.avg_Ao(), task.S(), task.pi(), task.alpha()
    # NLTK divides by nought where two sets are empty: an empty set gets a code of its own.
    sets = [
        (c, u, frozenset(np.flatnonzero(cells[u, c]).tolist()) or frozenset({-1})) for u in range(n) for c in range(r)
    ]
    for distance in (masi_distance, jaccard_distance):
        AnnotationTask(sets, distance=distance).alpha()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replicates", type=int, default=10_000)
    parser.add_argument("--loop", type=int, default=20, help="replicates of the loop that are timed")
    parser.add_argument("--skip-loop", action="store_true")
    asked = parser.parse_args()
    ratings = material(3, 5000, 20, 1)
    begun = time.perf_counter()
    whole, pairs = Comparison.of(ratings).resampled(asked.replicates, 1)
    bounds = [interval(values) for values in whole.overall.values()]
    seconds = time.perf_counter() - begun
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    result = {
        "replicates": asked.replicates,
        "coefficients": len(bounds)
        + sum(v.shape[1] for v in whole.codes.values())
        + sum(len(p.overall) for p in pairs.values()),
        "comb_seconds": round(seconds, 2),
        "comb_peak_mb": round(memory),
    }
    if not asked.skip_loop:
        rng = np.random.default_rng(1)
        warnings.simplefilter("ignore")
        one_replicate(ratings.cells[:50])  # import first
        begun = time.perf_counter()
        for _ in range(asked.loop):
            one_replicate(ratings.cells[rng.integers(0, 5000, 5000)])
        each = (time.perf_counter() - begun) / asked.loop
        result |= {
            "loop_seconds_per_replicate": round(each, 2),
            "loop_seconds_extrapolated": round(each * asked.replicates),
            "ratio": round(each * asked.replicates / seconds),
        }
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
