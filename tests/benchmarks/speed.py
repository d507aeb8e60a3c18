"""Speed and memory of comb, as ratios against named peers measured in the same run.

Run: comb bench speed [encoding] [suggest] [startup] [memory] [incremental]   (all by default; memory takes about an
hour; COMB_BENCH_SIZES=1000,10000 makes it short)
Texts: the utterances of ../shared/data/annomi where it is there, otherwise the example study's sentences.
"""

import csv
import json
import os
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
ANNOMI = ROOT.parent / "shared" / "data" / "annomi" / "annomi-utterances.csv"
ROUNDS = 3


def texts(count: int) -> list[str]:
    """Give real utterances, each once."""
    if ANNOMI.is_file():
        with ANNOMI.open(encoding="utf-8") as file:
            found = [row["utterance_text"] for row in csv.DictReader(file)]
    else:
        from comb.study.layout import Study
        from comb.study.params import SegmentParams
        from comb.transcripts.reader import read_folder
        from comb.transcripts.segment import segment_transcripts

        study = Study(ROOT)
        transcripts, _ = read_folder(study.raw, study.roles)
        found = [segment.text for segment in segment_transcripts(transcripts, SegmentParams())]
    return list(dict.fromkeys(found))[:count]


def timed(function: Callable[[], object]) -> float:
    """Give the seconds that a call takes."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def row(what: str, value: str, wanted: str) -> None:
    """Print a line of the table."""
    print(f"{what:70}{value:>18}   {wanted}", flush=True)


def encoding() -> None:
    """Compare throughput and embeddings with SentenceTransformer.encode, fp32 and int8."""
    from sentence_transformers import SentenceTransformer

    from comb.encoder.embed import OnnxEncoder
    from comb.encoder.export import export_encoder
    from comb.encoder.model_files import find_model
    from comb.study.params import EncoderParams

    sentences = texts(3000)
    peer = SentenceTransformer(str(find_model(EncoderParams())), device="cpu")
    peer.encode(sentences[:64])
    with tempfile.TemporaryDirectory() as name:
        ours = {}
        for precision in ("fp32", "int8"):
            export_encoder(EncoderParams(precision=precision), Path(name) / precision)
            ours[precision] = OnnxEncoder(Path(name) / precision)
            ours[precision].encode(sentences[:64])
        ratios: dict[str, list[float]] = {precision: [] for precision in ours}
        for _ in range(ROUNDS):
            base = timed(lambda: peer.encode(sentences, batch_size=32))
            for precision, encoder in ours.items():
                ratios[precision].append(base / timed(lambda e=encoder: e.encode(sentences)))
        exact = peer.encode(sentences, batch_size=32)
        for precision, wanted in (("fp32", "≥ 1.5, cosine ≥ 0.9999"), ("int8", "≥ 2")):
            cosines = (ours[precision].encode(sentences)[:, 0] * exact).sum(axis=1)
            found = ratios[precision]
            spread = f"{statistics.median(found):.2f} ({min(found):.2f}–{max(found):.2f})"
            row(f"encoding {len(sentences)} utterances, {precision}, × SentenceTransformer.encode", spread, wanted)
            row("   cosine to it: mean, smallest", f"{cosines.mean():.5f}, {cosines.min():.5f}", "")


PEER = """
import sys, csv, joblib, numpy as np, docx, spacy
from sentence_transformers import SentenceTransformer
folder, path, model = sys.argv[1:4]
nlp = spacy.blank("en"); nlp.add_pipe("sentencizer")
turns = [p.text.split(": ", 1)[1] for p in docx.Document(path).paragraphs if p.text.startswith("P01: ")]
sentences = [s.text.strip() for turn in turns for s in nlp(turn).sents]
vectors = SentenceTransformer(model, device="cpu").encode(sentences, batch_size=32)
head, examples, known = joblib.load(folder + "/head.joblib")
scores = head.predict_proba(vectors)
near = np.argsort(-(vectors @ known.T), axis=1)[:, :3]
with open(folder + "/peer.csv", "w", newline="") as file:
    out = csv.writer(file)
    for row, sentence in enumerate(sentences):
        for k in np.argsort(-scores[row]):
            if scores[row, k] >= 0.5:
                out.writerow([sentence, k, scores[row, k], *(examples[e] for e in near[row])])
"""


def suggest() -> None:
    """Compare ``comb suggest`` of 600 sentences, whole process, with a plain script that does the same."""
    import docx
    import joblib
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier

    from comb.encoder.model_files import find_model
    from comb.study.params import EncoderParams

    if not (ROOT / "models" / "head" / "head.json").is_file():
        sys.exit("train the example study first: dvc repro")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        from comb.learning.artifact import read_model

        model = read_model(ROOT / "models" / "head")
        known, examples = np.asarray(model.example_embeddings), model.examples
        answers = np.array([[code in e.code for code in sorted({x.code for x in examples})[:8]] for e in examples])
        head = OneVsRestClassifier(LogisticRegression(max_iter=1000)).fit(known, answers.astype(int))
        joblib.dump((head, [e.text for e in examples], known), folder / "head.joblib")
        document, spoken = docx.Document(), texts(4000)
        ends = [text for text in spoken if text.endswith((".", "?")) and text.count(".") + text.count("?") == 1][:600]
        for number in range(0, len(ends), 5):
            document.add_paragraph(f"INT: And what about that, in the {number}th place?")
            document.add_paragraph("P01: " + " ".join(ends[number : number + 5]))
        document.save(folder / "long interview.docx")
        (folder / "peer.py").write_text(PEER)
        weights = str(find_model(EncoderParams()))
        theirs = [sys.executable, str(folder / "peer.py"), name, str(folder / "long interview.docx"), weights]
        ours = [sys.executable, "-m", "comb", "suggest", str(folder / "long interview.docx"), "--out", name]
        cache = ROOT / ".comb" / "embeddings.sqlite"
        ratios = []
        for _ in range(ROUNDS):
            hidden = cache.with_suffix(".aside")
            if cache.exists():
                cache.rename(hidden)  # nothing may be known beforehand
            mine = timed(lambda: subprocess.run(ours, cwd=ROOT, check=True, capture_output=True))
            cache.unlink(missing_ok=True)
            if hidden.exists():
                hidden.rename(cache)
            peer = timed(lambda: subprocess.run(theirs, check=True, capture_output=True))
            ratios.append(peer / mine)
            row(f"   comb suggest {mine:.1f} s, plain script {peer:.1f} s", f"{peer / mine:.2f}", "")
        what = f"comb suggest, {len(ends)} sentences, whole process, × a plain script"
        row(what, f"{statistics.median(ratios):.2f}", "≥ 5")


def startup() -> None:
    """Measure the CPU time of ``comb --help``."""
    spent = []
    for _ in range(ROUNDS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "comb", "--help"], cwd=ROOT, check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    row("comb --help, seconds of CPU time", f"{statistics.median(spent):.2f}", "< 0.4")


STAGE = '''
import json, sys, time
from pathlib import Path
import numpy as np
import comb.encoder.embed
from comb.cli import run

class Quick:
    """Random embeddings at once: the encoder's own cost is measured elsewhere."""
    id, dimension, max_tokens, cut = "quick", 384, 256, 0
    def __init__(self, *_): self.rng = np.random.default_rng(1)
    def encode(self, texts, progress=lambda done: None):
        out = self.rng.normal(size=(len(texts), 2, 384)).astype(np.float32)
        return out / np.linalg.norm(out, axis=2, keepdims=True)

if __name__ == "__main__":
    comb.encoder.embed.OnnxEncoder = Quick
    start = time.perf_counter()
    assert run(sys.argv[1:]) == 0
    # ru_maxrss survives fork and exec, so that a child would show its parent's peak; VmHWM is this program's own.
    status = dict(line.split(":") for line in Path("/proc/self/status").read_text().splitlines())
    print(json.dumps({"peak": int(status["VmHWM"].split()[0]) / 1024, "wall": time.perf_counter() - start}))
'''
CODED = 20_000
"""Most sentences that are coded, and trained on: those of a large study that people have coded by hand."""


def _large_study(folder: Path, size: int) -> None:
    """Write a study of ``size`` sentences in transcripts of 200 each, at most ``CODED`` of which are coded."""
    words = np.array([word.strip('.?"') for text in texts(1500) for word in text.split()])
    rng = np.random.default_rng(3)
    subprocess.run([sys.executable, "-m", "comb", "init", str(folder)], check=True, capture_output=True, cwd=ROOT)
    rows = ["transcript,start,end,quote,code,valence,coder"]
    codes = ["knowledge", "emotion", "social_influences", "environment_resources", "", ""]
    for number in range(max(1, size // 200)):
        text = ""
        for _ in range(200):
            said = " ".join(words[rng.integers(len(words), size=14)]) + " yes."
            said = said[0].upper() + said[1:]
            start = len(text) + len("P1: ")
            text += f"P1: {said}\n\nINT: Mm.\n\n"
            if number < CODED // 200:
                rows.append(f"t{number},{start},{start + len(said)},,{codes[int(rng.integers(6))]},,A")
        (folder / "data" / "raw" / f"t{number}.txt").write_text(text, encoding="utf-8")
    (folder / "data" / "codings" / "A.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (folder / "models" / "encoder").mkdir(parents=True)
    facts = {"id": "quick", "dimension": 384, "max_tokens": 256}
    (folder / "models" / "encoder" / "encoder.json").write_text(json.dumps(facts))
    (folder / "run.py").write_text(STAGE)


def _stage(folder: Path, *command: str) -> tuple[float, float, float]:
    """Run a command in a process of its own: seconds of CPU time, of the clock, and the peak of memory in MiB."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "pipeline")}
    ran = [sys.executable, "run.py", *command]
    done = subprocess.run(ran, cwd=folder, capture_output=True, text=True, check=True, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    found = json.loads(done.stdout.strip().splitlines()[-1])
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, found["wall"], found["peak"]


def _disk(*places: Path) -> int:
    return sum(path.stat().st_size for place in places for path in (place, *place.rglob("*")) if path.is_file())


def memory() -> None:
    """Measure CPU, memory and disk of each stage by the number of segments, the encoder apart.

    All sentences go through ``segment`` and ``embed``; then those that nobody has coded are moved to data/new, the
    model is trained on the others, and all are suggested for. Sizes come from COMB_BENCH_SIZES, a thousand to a million
    by default.
    """
    sizes = os.environ.get("COMB_BENCH_SIZES", "1000,10000,100000,200000,1000000")
    for size in map(int, sizes.split(",")):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name) / "study"
            _large_study(folder, size)
            found = {stage: _stage(folder, stage) for stage in ("segment", "embed")}
            made = [folder / "data" / "interim", folder / ".comb"]
            disk = {"segment": _disk(made[0]) - _disk(made[0] / "embeddings.npy"), "embed": _disk(made[1], made[0])}
            disk["embed"] -= disk["segment"]
            raw, new = folder / "data" / "raw", folder / "data" / "new"
            for path in sorted(raw.iterdir()):
                if int(path.stem[1:]) >= CODED // 200:
                    path.rename(new / path.name)
                else:
                    (new / f"n{path.name}").write_bytes(path.read_bytes())
            for stage in ("segment", "embed"):
                _stage(folder, stage)
            found["train"] = _stage(folder, "train")
            found["suggest"] = _stage(folder, "suggest", "--ungated")
            disk |= {"train": _disk(folder / "models" / "head"), "suggest": _disk(folder / "data" / "processed")}
            for stage, (cpu, wall, peak) in found.items():
                each = min(size, CODED) if stage == "train" else size
                told = f"{size} segments, {stage}: CPU {cpu / each * 1e6:.0f} µs, {wall / each * 1e6:.0f} µs a segment"
                row(f"{told}, disk {disk[stage] / each:.0f} B", f"{peak:.0f} MiB", "within 2,048")


def incremental() -> None:
    """Measure ``comb segment`` and ``comb embed`` with 1,000 transcripts (COMB_BENCH_TRANSCRIPTS), then with one more.

    The processes run with random embeddings at once. What the encoder would add is calculated: the number of texts that
    are new, counted by the stage itself, times the seconds for each text of a sample of this study.
    """
    count = int(os.environ.get("COMB_BENCH_TRANSCRIPTS", "1000"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "study"
        _large_study(folder, (count + 1) * 200)
        added = folder / "data" / "raw" / f"t{count}.txt"
        text = added.read_bytes()
        added.unlink()
        first = _segment_and_embed(folder)
        added.write_bytes(text)
        second = _segment_and_embed(folder)
        each = _encoder_seconds(folder)
    for what, found in ((f"{count} transcripts of 200", first), ("one more", second)):
        told = f"{what}: {found.read} files read, segment {found.segment:.1f} s, embed {found.embed:.1f} s"
        row(told, f"{found.segment + found.embed:.1f} s", "")
        row(f"   and the encoder: {found.texts} new texts at {each * 1000:.2f} ms", f"{found.texts * each:.1f} s", "")
    stages = (second.segment + second.embed) / (first.segment + first.embed)
    share = second.seconds(each) / first.seconds(each)
    row("segment + embed after one more, share of the first time", f"{share:.1%}", "≤ 5%")
    row("   without the encoder", f"{stages:.1%}", "")


@dataclass(frozen=True)
class Run:
    """What ``comb segment`` and ``comb embed`` took, as whole processes without the encoder."""

    segment: float
    embed: float
    read: int
    """Files that were read, not taken from what was kept."""
    texts: int
    """Texts that were encoded."""

    def seconds(self, each: float) -> float:
        """Return the time with an encoder that takes so many seconds for a text."""
        return self.segment + self.embed + self.texts * each


def _segment_and_embed(folder: Path) -> Run:
    before = _entries(folder)
    segment = timed(lambda: _stage(folder, "segment"))
    read = len(_entries(folder) - before)
    known = _known(folder)
    embed = timed(lambda: _stage(folder, "embed"))
    return Run(segment, embed, read, _known(folder) - known)


def _entries(folder: Path) -> set[str]:
    """Return what is kept of files that were read, by the name that their content gives it."""
    return {path.name for path in (folder / ".comb" / "readings").glob("*")}


def _known(folder: Path) -> int:
    """Count the embeddings in the cache."""
    path = folder / ".comb" / "embeddings.sqlite"
    if not path.exists():
        return 0
    with closing(sqlite3.connect(path)) as database:
        return int(database.execute("select count(*) from embeddings").fetchone()[0])


def _encoder_seconds(folder: Path, sample: int = 2000) -> float:
    """Return the seconds that the real encoder takes for a text of the study, from a sample of them."""
    from comb.encoder.embed import OnnxEncoder
    from comb.encoder.export import export_encoder
    from comb.records import Segment
    from comb.study.files import read_records
    from comb.study.params import EncoderParams

    segments = read_records(folder / "data" / "interim" / "segments.parquet", Segment)[:sample]
    texts = list(dict.fromkeys(text for one in segments for text in (one.text, one.context)))[:sample]
    with tempfile.TemporaryDirectory() as name:
        export_encoder(EncoderParams(), Path(name) / "encoder")
        encoder = OnnxEncoder(Path(name) / "encoder")
        encoder.encode(texts[:64])
        return timed(lambda: encoder.encode(texts)) / len(texts)


def main() -> None:
    """Print the table."""
    parts = {f.__name__: f for f in (encoding, suggest, startup, incremental, memory)}
    for name in sys.argv[1:] or list(parts):
        parts[name]()


if __name__ == "__main__":
    main()
