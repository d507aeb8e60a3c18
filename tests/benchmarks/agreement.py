"""The bootstrap of all coefficients against a loop over statsmodels and nltk; large tables; peers that install apart.

Run: python tests/benchmarks/agreement.py
     python tests/benchmarks/agreement.py --large 100000 5 50      # memory and time of comb agree on a table
     python tests/benchmarks/agreement.py --peers OTHER/bin/python # an environment with irrCAC and krippendorff

3 coders × 5,000 segments × 20 codes, each segment drawn singly. The loop computes, for each replicate, what the two
libraries have: Cohen's kappa per pair, Fleiss' kappa, and NLTK's S, multi-pi and alpha, per code, and alpha over sets
of codes with MASI and Jaccard distance; its time is extrapolated from a few replicates. What comb computes
beside (Conger, AC1, Holsti, indices, specific agreement, everything pooled and for each pair) is thrown in.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from itertools import combinations
from pathlib import Path

import numpy as np

from comb.agreement.bootstrap import interval
from comb.agreement.compare import Comparison
from comb.agreement.ratings import Ratings

PEERS = """
import json, sys, time
import numpy as np
said = np.load(sys.argv[1])
found = {}
begun = time.perf_counter()
try:
    import krippendorff
    value = krippendorff.alpha(reliability_data=said.T.astype(float), level_of_measurement="nominal")
    found["krippendorff"] = {"alpha": float(value), "seconds": time.perf_counter() - begun}
except ImportError:
    pass
begun = time.perf_counter()
try:
    import pandas
    from irrCAC.raw import CAC
    cac = CAC(pandas.DataFrame(said))
    names = {"krippendorff_alpha": cac.krippendorff, "fleiss_kappa": cac.fleiss, "gwet_ac1": cac.gwet}
    found["irrCAC"] = {name: float(make()["est"]["coefficient_value"]) for name, make in names.items()}
    found["irrCAC"]["seconds"] = time.perf_counter() - begun
except ImportError:
    pass
print(json.dumps(found))
"""
"""What the peers compute of one nominal variable, in their own environment."""


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


def large_table(path: Path, units: int, coders: int, codes: int) -> None:
    """Write a long table: each coder gives the true code in 7 of 10 units, else any."""
    rng = np.random.default_rng(1)
    truth = rng.integers(0, codes, units)
    with path.open("w", encoding="utf-8") as file:
        file.write("unit,coder,code\n")
        said = np.where(rng.random((units, coders)) < 0.7, truth[:, None], rng.integers(0, codes, (units, coders)))
        for unit, row in enumerate(said.tolist()):
            file.writelines(f"u{unit},{'ABCDEFGH'[r]},code{code:02d}\n" for r, code in enumerate(row))


def large(units: int, coders: int, codes: int, replicates: int) -> dict[str, float]:
    """Run ``comb agree`` on a large table, as a program of its own: seconds of processor time, and peak memory."""
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "table.csv"
        large_table(table, units, coders, codes)
        command = [sys.executable, "-m", "comb", "agree", str(table), "--bootstrap", str(replicates)]
        begun = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        wall = time.perf_counter() - begun
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "processor_seconds": round(used.ru_utime + used.ru_stime, 1),
        "wall_seconds": round(wall, 1),
        "peak_mb": round(used.ru_maxrss / 1024),
    }


def beside_peers(python: str, units: int = 20_000) -> dict[str, object]:
    """Compare one nominal variable of three coders with what irrCAC and krippendorff make of it, in one run."""
    rng = np.random.default_rng(2)
    truth = rng.integers(1, 6, units)
    said = np.where(rng.random((units, 3)) < 0.7, truth[:, None], rng.integers(1, 6, (units, 3)))
    cells = (said[..., None] == np.arange(1, 6)).astype(np.int8)
    names = tuple(f"u{n}" for n in range(units))
    codes = tuple(str(n) for n in range(1, 6))
    begun = time.perf_counter()
    ratings = Ratings("unit", names, ("A", "B", "C"), codes, cells, names, np.ones(units), True, False)
    found = Comparison.of(ratings).values()[0].overall
    seconds = time.perf_counter() - begun
    with tempfile.TemporaryDirectory() as folder:
        np.save(Path(folder) / "said.npy", said)
        done = subprocess.run(
            [python, "-c", PEERS, str(Path(folder) / "said.npy")], check=True, capture_output=True, text=True
        )
    ours = {name: float(found[name]) for name in ("krippendorff_alpha", "fleiss_kappa", "gwet_ac1")}
    return {"comb": {**ours, "seconds": seconds}, **json.loads(done.stdout)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replicates", type=int, default=10_000)
    parser.add_argument("--loop", type=int, default=20, help="replicates of the loop that are timed")
    parser.add_argument("--skip-loop", action="store_true")
    parser.add_argument("--large", type=int, nargs=3, metavar=("UNITS", "CODERS", "CODES"))
    parser.add_argument("--peers", help="a Python with irrCAC and krippendorff, which are no dependencies of comb")
    asked = parser.parse_args()
    if asked.large:
        print(json.dumps(large(*asked.large, min(asked.replicates, 1000)), indent=1))
        return
    if asked.peers:
        print(json.dumps(beside_peers(asked.peers), indent=1))
        return
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
