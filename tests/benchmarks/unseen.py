"""What a model of the example study is worth on the transcripts that nobody chose anything on.

Run it after ``dvc repro``, and not to choose anything: python tests/benchmarks/unseen.py [--write]
It prints, and with ``--write`` stores in unseen.json beside this file, Cohen's kappa (pooled over components) and F1
with coders C and D of data/example/unseen: of what ``comb suggest`` writes, of each sentence alone, of the starter that
ships with comb, and of two peers trained on the same transcripts. Shapes: N segments, K codes.
"""

import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from shutil import copytree, rmtree

import numpy as np

from comb.codings.alignment import USED
from comb.codings.codings_csv import read_codings
from comb.encoder.embed import read_encoder_facts
from comb.evaluation.scoring import score
from comb.learning.artifact import Model, read_model
from comb.learning.dataset import Dataset, make_dataset
from comb.learning.shipped_starter import read_starter
from comb.learning.suggest import decide
from comb.stages.listener import Listener
from comb.stages.loading import all_embedded, encoder_id, load_encoder, read_all, read_dataset, shipped_model
from comb.stages.reliability import assess
from comb.study.layout import Study
from comb.transcripts.segment import segment_transcripts

ROOT = Path(__file__).parents[2]
RESULTS = Path(__file__).with_name("unseen.json")
COPIED = ("configs", "data/example", "data/interim", "data/processed", "models")
CODERS = ("C", "D")
Figures = dict[str, float | None]


def copy(folder: Path) -> Study:
    """Copy the example study, with the unseen transcripts in the place of the new ones."""
    for name in COPIED:
        copytree(ROOT / name, folder / name)
    data = folder / "data/example"
    rmtree(data / "new")
    copytree(data / "unseen/raw", data / "new")
    rows = (data / "unseen/speakers.csv").read_text(encoding="utf-8").splitlines()[1:]
    with (data / "speakers.csv").open("a", encoding="utf-8") as file:
        file.write("".join(f"{row}\n" for row in rows))
    return Study(folder)


def dataset_of(study: Study, segments: list, transcripts: dict, coder: str, codes: tuple[str, ...]) -> Dataset:
    """Return the unseen segments with what one coder said of them."""
    folder = study.data / "unseen/only" / coder
    folder.mkdir(parents=True)
    text = (study.data / f"unseen/codings/{coder}.csv").read_text(encoding="utf-8")
    (folder / f"{coder}.csv").write_text(text, encoding="utf-8")
    (folder / "coverage.csv").write_text("transcript,coder\n" + "".join(f"{t},{coder}\n" for t in transcripts), "utf-8")
    embeddings = all_embedded(study, segments, load_encoder(study), Listener())
    codings = read_codings(folder, transcripts, study.codebook)
    return make_dataset(segments, embeddings, codings, study.codebook, study.params.train, {}, codes)


def figures(study: Study, dataset: Dataset, chosen: np.ndarray) -> Figures:
    """Return how far what is chosen (N, K) agrees with a coder."""
    rows = dataset.rows
    found = score(
        (dataset.targets[rows] == USED).astype(np.int8), chosen[rows].astype(np.int8), dataset.groups[rows],
        dataset.codes, dataset.exclusive, study.params.evaluate,
    )  # fmt: skip
    kappa = found.intervals["cohen_kappa"]
    return asdict(found.overall) | {"low": kappa.low, "high": kappa.high, "coverage": float(chosen.any(axis=1).mean())}


def peers(train: Dataset, dataset: Dataset) -> dict[str, np.ndarray]:
    """Return what two peers choose (N, K): logistic regression on TF-IDF, or on the same embeddings."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    rows = train.rows
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2)
    texts = [train.inputs.texts[row] for row in rows]
    own, new = (np.asarray(side.inputs.embeddings[:, 0], np.float32) for side in (train, dataset))
    sides = {
        "TF-IDF + logistic regression": (words.fit_transform(texts), words.transform(dataset.inputs.texts)),
        "MiniLM + logistic regression": (own[rows], new),
    }
    out = {}
    for name, (a, b) in sides.items():
        columns = [
            LogisticRegression(class_weight="balanced", max_iter=1000).fit(a, column).predict(b)
            for column in (train.targets[rows] == USED).astype(int).T
        ]
        out[name] = np.stack(columns, axis=1)
    return out


def said(model: Model, dataset: Dataset, *, alone: bool = False) -> np.ndarray:
    """Return what a model chooses (N, K) of its codes, with each sentence in its transcript, or alone."""
    inputs = dataset.inputs.alone() if alone else dataset.inputs
    chosen = decide(model, dataset.segments, inputs).chosen
    known = {code: chosen[:, k] for k, code in enumerate(model.codes.codes)}
    return np.stack([known.get(code, np.zeros(len(chosen), bool)) for code in dataset.codes], axis=1)


def main() -> None:
    """Print the figures, and write them where that is asked for."""
    with tempfile.TemporaryDirectory() as name:
        study, listener = copy(Path(name)), Listener()
        train = read_dataset(study, listener)
        transcripts = {transcript.id: transcript for transcript in read_all(study, study.new, listener)}
        segments = segment_transcripts(list(transcripts.values()), study.params.segment)
        model = read_model(study.head, encoder_id(study))
        names = {code: study.codebook.codes[code].name for code in train.codes}
        starter = shipped_model(study, read_starter().known(names, read_encoder_facts(study.encoder).weights_sha256))
        allowed = assess(study, model.id, model.codes.codes, listener)
        both = {coder: dataset_of(study, segments, transcripts, coder, train.codes) for coder in CODERS}
        first = both[CODERS[0]]
        foreign, why = allowed.unlike(segments, first.inputs.embeddings, model)
        kept = np.array([code not in allowed.withheld for code in train.codes])
        machines = {
            "comb suggest": decide(model, segments, first.inputs, foreign, allowed.cutoff).chosen[:, : len(kept)]
            * kept,
            "comb, each sentence alone": said(model, first, alone=True),
            "comb's starter, which was trained on the same transcripts": said(starter, first),
            **peers(train, first),
        }
        found = {
            name: {coder: figures(study, dataset, np.asarray(chosen, np.int8)) for coder, dataset in both.items()}
            for name, chosen in machines.items()
        }
        found["coder D"] = {"C": figures(study, first, (both["D"].targets == USED).astype(np.int8))}
    result = {"segments": len(segments), "transcripts": len(transcripts), "unlike": len(why), "machines": found}
    print(json.dumps(result, indent=1))
    if "--write" in sys.argv:
        RESULTS.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
