"""How far comb goes: the local engine beside Ray, and what ten million transcripts would take.

Run: comb bench scale [engines] [simulate]   (both by default)
``engines`` needs the example study trained (dvc repro). Its transcripts come from COMB_BENCH_TRANSCRIPTS, by default
2,000 of a few sentences each, made of the example's; with COMB_BENCH_TRANSCRIPTS=200 it takes minutes.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
FEW = 64
"""Transcripts of the run that is taken off: what it takes is start and end of a run, hardly any work."""
TURNS = 12
"""Turns of each transcript."""


def row(what: str, value: str, wanted: str = "") -> None:
    """Print a line of the table."""
    print(f"{what:80}{value:>18}   {wanted}", flush=True)


def _transcripts(folder: Path, count: int) -> None:
    """Write transcripts of ``TURNS`` turns each, taken from the example's one after the other.

    Each sentence has the number of its transcript in it: as in a real archive, hardly any is known from another
    transcript, so that each has to be encoded.
    """
    files = sorted(path for name in ("raw", "new") for path in (ROOT / "data" / "example" / name).glob("*.txt"))
    paragraphs = [line for path in files for line in path.read_text(encoding="utf-8").split("\n\n") if ": " in line]
    said = [line.partition(": ")[2].strip() for line in paragraphs]
    turns = [f"{'INT' if text.endswith('?') else 'P1'}: {text}" for text in said if text]
    folder.mkdir()
    for number in range(count):
        some = [turns[(number * TURNS + at * (1 + number * TURNS // len(turns))) % len(turns)] for at in range(TURNS)]
        text = re.sub(r"(?m)([.?!])(?=\s|$)", rf" in {number}\1", "\n\n".join(some))
        (folder / f"talk {number:06}.txt").write_text(text, encoding="utf-8")


def _study(folder: Path) -> Path:
    """Copy what suggestions need of the example study."""
    for name in ("configs", "models"):
        shutil.copytree(ROOT / name, folder / name)
    (folder / "data" / "example").mkdir(parents=True)
    return folder


def _seconds(study: Path, transcripts: Path, *options: str, cores: int | None = None) -> float:
    """Return the seconds of one run with nothing known beforehand; ``cores``: on so many of this machine's."""
    shutil.rmtree(study / ".comb", ignore_errors=True)
    shutil.rmtree(study / "data" / "example" / "new", ignore_errors=True)
    shutil.copytree(transcripts, study / "data" / "example" / "new")
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "pipeline")}
    every = sorted(os.sched_getaffinity(0))

    def pin() -> None:
        os.sched_setaffinity(0, every[:cores])

    command = [sys.executable, "-m", "comb", "suggest", "--ungated", "--out", str(study / "out"), *options]
    start = time.perf_counter()
    subprocess.run(command, cwd=study, check=True, capture_output=True, env=environment, preexec_fn=pin)
    return time.perf_counter() - start


@dataclass(frozen=True)
class Run:
    """An engine, measured."""

    name: str
    throughput: float
    """Transcripts a second, start and end of the run apart."""
    overhead: float
    """Seconds that the run takes beside that."""


def _measured(study: Path, few: Path, many: Path, name: str, *options: str, cores: int) -> Run:
    counts = len(list(few.iterdir())), len(list(many.iterdir()))
    short = _seconds(study, few, *options, cores=cores)
    long = _seconds(study, many, *options, cores=cores)
    throughput = (counts[1] - counts[0]) / (long - short)
    return Run(name, throughput, short - counts[0] / throughput)


def engines() -> None:
    """Compare the local engine on one core and on two with Ray's one and two workers of one core each."""
    count = int(os.environ.get("COMB_BENCH_TRANSCRIPTS", "2000"))
    cores = len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        study = _study(folder / "study")
        few, many = folder / "few", folder / "many"
        _transcripts(few, FEW)
        _transcripts(many, count)
        local = [_measured(study, few, many, f"local, cores: {n}", cores=n) for n in (1, 2)]
        ray = []
        for workers in (1, 2):
            options = ("--engine", "ray", "--workers", str(workers))
            ray.append(_measured(study, few, many, f"Ray, workers: {workers}", *options, cores=cores))
        for run in (*local, *ray):
            row(
                f"{count} transcripts, {run.name}: transcripts a second; overhead {run.overhead:.1f} s",
                f"{run.throughput:.1f}",
            )
        for run, same in zip(ray, local, strict=True):
            ratio = run.throughput / same.throughput
            row(f"{run.name}: throughput, × the local engine's on as many cores", f"{ratio:.2f}", "≥ 0.85")


@dataclass(frozen=True)
class Corpus:
    """What is to be suggested for."""

    transcripts: int = 10_000_000
    segments: int = 40
    """For each transcript."""
    coded: float = 0.25
    """Share of the segments with a suggestion."""


WORK = 4_600.0
"""Microseconds of one core for each segment, to read, cut, encode and suggest: ``engines``, local, one quiet core."""
WRITE = 60.0
"""Microseconds to write each suggestion on the one machine."""
SUGGESTION_BYTES = 4_500.0
"""Of each suggestion with its evidence, in CSV and JSON lines; the partitions take a fraction of it."""
FILES, FILE_SECONDS = 2, 0.0085
"""Files for each transcript, and what it takes to write one and flush it to the disk."""


def simulate() -> None:
    """Calculate from the measured costs what a corpus takes on clusters of several sizes, and what limits it."""
    corpus = Corpus()
    n = corpus.transcripts * corpus.segments
    worker = n * WORK / 1e6
    writer = n * corpus.coded * WRITE / 1e6 + corpus.transcripts * FILES * FILE_SECONDS
    row(
        f"{corpus.transcripts:,} transcripts of {corpus.segments} segments: core hours of the workers",
        f"{worker / 3600:,.0f}",
    )
    row("hours of the one machine that writes", f"{writer / 3600:,.1f}")
    row("disk for the suggestions, GB", f"{n * corpus.coded * SUGGESTION_BYTES / 1e9:,.0f}")
    for cores in (2, 16, 64, 256, 1024, 4096):
        hours = max(worker / cores, writer) / 3600
        what = "the workers" if worker / cores > writer else "the machine that writes"
        row(f"{cores} cores: hours, limited by {what}", f"{hours:,.1f}")


def main() -> None:
    """Print the table."""
    parts = {f.__name__: f for f in (engines, simulate)}
    for name in sys.argv[1:] or list(parts):
        parts[name]()


if __name__ == "__main__":
    main()
