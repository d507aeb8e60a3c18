"""Quality of suggestions beside what people would use instead: same folds, whole transcripts held out, one table a set.

Run: comb bench quality [SET ...]   (annomi-client, annomi-therapist, components, domains, valence, transfer, nhs; all
by default)
AnnoMI and nhs are read from ../shared/data where they are there; nhs has a table of its own, beside a peer that uses
words, characters and embeddings and chooses its cuts (``_nhs``).
SetFit needs older libraries: it runs in an environment of its own, made on first use in .comb/setfit; the models that
pytranscripts fine-tunes (ELECTRA, DistilBERT) come from a hub only, so that it cannot run without network and is not in
the table.

Every peer decides at .5, or takes the most probable code, as its own documentation does; the match to definitions,
which gives no probability, gets thresholds chosen on the training part.
Shapes: N segments, K codes, T transcripts.
"""

import csv
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import combinations, groupby
from pathlib import Path
from typing import Any

import _nhs
import numpy as np

from comb.agreement.coefficients import cohen_kappa, f1, pooled_kappa
from comb.cli import run
from comb.codings.alignment import UNREAD, USED
from comb.codings.codings_csv import read_codings, read_participants
from comb.encoder.embed import Cache, OnnxEncoder, embed_segments
from comb.evaluation import cross_validation as evaluation
from comb.evaluation.baselines import _logistic, majority_baseline, tfidf_baseline
from comb.evaluation.confusion_counts import tables
from comb.learning.dataset import Dataset, make_dataset, valence_targets
from comb.learning.features import Inputs
from comb.learning.thresholds import best_thresholds
from comb.records import Segment
from comb.study.files import read_array, read_records, read_transcripts
from comb.study.layout import Study
from comb.study.params import TrainParams
from comb.transcripts.reader import read_folder
from comb.transcripts.segment import segment_transcripts

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
ANNOMI = ROOT.parent / "shared" / "data" / "annomi" / "annomi-utterances.csv"
TEN = ANNOMI.with_name("annomi-ten-coders.csv")
TALKS = {
    "annomi-client": ("client", "client_talk_type", "change neutral sustain"),
    "annomi-therapist": ("therapist", "main_therapist_behaviour", "question reflection therapist_input other"),
}
"""Sets of AnnoMI: who speaks, the column of codes, the codes."""
REPLICATES = 500
Predict = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Bench:
    """A coded study, ready to be cross-validated."""

    study: Study
    material: Dataset
    train: TrainParams
    folds: list[tuple[np.ndarray, np.ndarray]]
    """Training rows and held-out rows, the same for all."""


# ---- sets


def annomi(folder: Path, who: str, column: str, codes: str) -> Study:
    """Make a study of AnnoMI's clients or therapists."""
    assert run(["init", str(folder)]) == 0
    os.chdir(folder)
    columns = f"--transcript transcript_id --speaker interlocutor --text utterance_text --code {column}"
    assert run(["import", "table", str(ANNOMI), *columns.split(), "--order", "utterance_id", "--participant", who]) == 0
    book = f"coding: exclusive\ncodes: [{', '.join(f'{{id: {code}}}' for code in codes.split())}]\n"
    (folder / "configs" / "codebook.yaml").write_text(book, encoding="utf-8")
    params = folder / "configs" / "params.yaml"
    params.write_text(params.read_text(encoding="utf-8").replace("unit: sentence", "unit: turn"), encoding="utf-8")
    for stage in ("encoder", "segment", "embed"):
        assert run([stage]) == 0
    return Study(folder)


def bench(study: Study, level: str = "") -> Bench:
    """Bring a study's segments, embeddings and codings together, at a level of its codebook."""
    train = study.params.train.model_copy(update={"level": level} if level else {})
    transcripts = read_transcripts(study.transcripts)
    material = make_dataset(
        read_records(study.segments, Segment),
        np.array(read_array(study.embeddings)),
        read_codings(study.codings, transcripts),
        study.codebook,
        train,
        read_participants((study.participants, study.people), list(transcripts)),
    )
    return Bench(study, material, train, list(evaluation.outer_folds(material, study.params.evaluate)))


def valence(study: Study) -> Bench:
    """Barrier, facilitator, both or none, on the segments that people coded."""
    codes = bench(study)
    known = np.flatnonzero((codes.material.targets == USED).any(axis=1))
    targets, names = valence_targets(codes.material.valence, known)
    targets[np.setdiff1d(np.arange(len(targets)), known)] = UNREAD
    material = replace(codes.material, targets=targets, codes=names, exclusive=True)
    return Bench(study, material, codes.train, list(evaluation.outer_folds(material, study.params.evaluate)))


def transfer(study: Study) -> Bench:
    """Train on data/raw, test on data/new, whose behaviours nobody trained on."""
    old = bench(study)
    transcripts, _ = read_folder(study.new, study.roles)
    segments = segment_transcripts(transcripts, study.params.segment)
    cache = Cache(study.cache, OnnxEncoder(study.encoder))
    vectors, _ = embed_segments(segments, cache, context=study.params.embed.context)
    codings = read_codings(study.reference, {t.id: t for t in transcripts})
    new = make_dataset(segments, vectors, codings, study.codebook, old.train, {}, old.material.codes)
    every = [*old.material.segments, *segments]
    material = replace(
        old.material,
        segments=every,
        inputs=Inputs.of(every, np.vstack([old.material.inputs.embeddings, vectors])),
        targets=np.vstack([old.material.targets, new.targets]),
        groups=np.append(old.material.groups, new.groups + old.material.groups.max() + 1),
    )
    return Bench(study, material, old.train, [(old.material.rows, new.rows + len(old.material.segments))])


def sets(names: list[str], folder: Path) -> Iterator[tuple[str, Bench]]:
    """Give the sets that were asked for."""
    for name, who in TALKS.items():
        if name in names and ANNOMI.is_file():
            yield name, bench(annomi(folder / name, *who))
    os.chdir(ROOT)
    for name, level in (("components", "component"), ("domains", "domain")):
        if name in names:
            yield name, bench(Study(ROOT), level)
    if "valence" in names:
        yield "valence", valence(Study(ROOT))
    if "transfer" in names:
        yield "transfer", transfer(Study(ROOT))


# ---- peers


def peers(bench: Bench) -> dict[str, Predict]:
    """Give what predicts codes (N, K) and scores (N, K) of held-out rows from training rows, by name."""
    material, codebook = bench.material, bench.study.codebook
    found: dict[str, Predict] = {
        "comb": lambda a, b: evaluation._predict(material, bench.train, a, b)[:2],
        "majority": lambda a, b: majority_baseline(material, a, b),
        "TF-IDF + logistic regression": lambda a, b: tfidf_baseline(material, a, b),
        "sentence embeddings + logistic regression": lambda a, b: embeddings(material, a, b),
        "spaCy textcat (bow)": lambda a, b: textcat(material, a, b),
        "SetFit, 16 segments a code": lambda a, b: setfit(material, a, b),
    }
    if all(code in codebook and codebook.codes[code].definition for code in material.codes):
        found["match to the codebook's definitions"] = lambda a, b: definitions(bench, a, b)
    return found


def embeddings(material: Dataset, a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sentence embeddings with logistic regression, as a tutorial of sentence-transformers does it."""
    own = material.inputs.embeddings[:, 0].astype(np.float32)
    return _logistic(own[a], own[b], material.targets[a], material.exclusive)


def definitions(bench: Bench, a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cosine to each code's name, definition and examples; no coded segment but for the thresholds."""
    material, codebook = bench.material, bench.study.codebook
    texts = [" ".join((c.name, c.definition, *c.examples)) for c in (codebook.codes[k] for k in material.codes)]
    cache = Cache(bench.study.cache, OnnxEncoder(bench.study.encoder))
    cosines = material.inputs.embeddings[:, 0].astype(float) @ cache.encode(texts)[0][:, 0].astype(float).T
    scores = np.clip(cosines, 0.01, 1)
    thresholds = best_thresholds(scores[a], material.targets[a], exclusive=material.exclusive)
    return decided(scores[b] / thresholds, material.exclusive, 1.0), scores[b]


def decided(scores: np.ndarray, exclusive: bool, least: float = 0.5) -> np.ndarray:
    """Turn scores (N, K) into codes (N, K)."""
    if exclusive:
        return (scores.argmax(axis=1)[:, None] == np.arange(scores.shape[1])).astype(np.int8)
    return (scores >= least).astype(np.int8)


def textcat(material: Dataset, a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """spaCy's bag-of-words text classifier, ten passes over the training part."""
    import spacy
    from spacy.training import Example
    from spacy.util import compounding, minibatch

    spacy.util.fix_random_seed(1)
    nlp = spacy.blank("en")
    kind, architecture = ("textcat", True) if material.exclusive else ("textcat_multilabel", False)
    model = {"@architectures": "spacy.TextCatBOW.v3", "exclusive_classes": architecture, "ngram_size": 1}
    pipe = nlp.add_pipe(kind, config={"model": {**model, "no_output_layer": False, "length": 262144}})
    for code in material.codes:
        pipe.add_label(code)
    texts, targets = material.inputs.texts, material.targets
    cats = lambda row: dict(zip(material.codes, targets[row].astype(float).tolist(), strict=True))  # noqa: E731
    examples = [Example.from_dict(nlp.make_doc(texts[row]), {"cats": cats(row)}) for row in a]
    optimizer = nlp.initialize(lambda: examples)
    rng = np.random.default_rng(1)
    for _ in range(10):
        for batch in minibatch([examples[i] for i in rng.permutation(len(examples))], compounding(8, 128, 1.01)):
            nlp.update(batch, sgd=optimizer)
    scores = np.array([[doc.cats[code] for code in material.codes] for doc in nlp.pipe([texts[row] for row in b])])
    return decided(scores, material.exclusive), scores


SETFIT = """
import json, sys, numpy as np
from datasets import Dataset
from setfit import SetFitModel, Trainer, TrainingArguments
task = json.load(open(sys.argv[1], encoding="utf-8"))
multi = {} if task["exclusive"] else {"multi_target_strategy": "one-vs-rest"}
model = SetFitModel.from_pretrained(task["model"], **multi)
data = Dataset.from_dict({"text": task["train"], "label": task["labels"]})
arguments = TrainingArguments(batch_size=16, num_epochs=1, max_steps=100, seed=1, report_to="none", save_strategy="no")
Trainer(model=model, args=arguments, train_dataset=data).train()
np.save(sys.argv[2], np.asarray(model.predict_proba(task["test"], as_numpy=True)))
"""


def setfit(material: Dataset, a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """SetFit as it is meant: contrastive fine-tuning on few segments of each code, in 1,600 pairs, then a head."""
    from comb.encoder.model_files import find_model
    from comb.study.params import EncoderParams

    rng, targets, k = np.random.default_rng(1), material.targets, len(material.codes)
    pools = [a[targets[a, code] == 1] for code in range(k)]
    few = np.unique(np.concatenate([rng.permutation(pool)[:16] for pool in pools]))
    labels = targets[few].argmax(axis=1).tolist() if material.exclusive else targets[few].tolist()
    texts = material.inputs.texts
    task = {
        "model": str(find_model(EncoderParams())),
        "exclusive": material.exclusive,
        "train": [texts[row] for row in few],
        "labels": labels,
        "test": [texts[row] for row in b],
    }
    with tempfile.TemporaryDirectory() as folder:
        given, out = Path(folder) / "task.json", Path(folder) / "scores.npy"
        given.write_text(json.dumps(task), encoding="utf-8")
        command = [setfit_python(), "-c", SETFIT, str(given), str(out)]
        environment = {**os.environ, "HF_HUB_OFFLINE": "1", "PYTHONPATH": ""}
        subprocess.run(command, check=True, capture_output=True, env=environment, cwd=folder)
        scores = np.load(out)
    return decided(scores, material.exclusive), scores


def setfit_python() -> str:
    """Give the Python of SetFit's own environment, made where it is not there."""
    folder = ROOT / ".comb" / "setfit"
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not (folder / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        for wanted in (["torch==2.13.0"], ["setfit==1.1.3", "transformers<5", "sentence-transformers<5"]):
            subprocess.run([str(python), "-m", "pip", "install", "--quiet", *wanted], check=True)
        (folder / "ready").touch()
    return str(python)


# ---- table


def cross_validate(bench: Bench, predict: Predict) -> tuple[np.ndarray, np.ndarray]:
    """Give codes and scores (N, K) of every row while its transcript was held out."""
    chosen = np.full_like(bench.material.targets, -1)
    scores = np.zeros(chosen.shape)
    for a, b in bench.folds:
        chosen[b], scores[b] = predict(a, b)
    return chosen, scores


def judged(bench: Bench) -> np.ndarray:
    """Give the rows that are held out at some time."""
    return np.sort(np.concatenate([b for _, b in bench.folds]))


def figures(bench: Bench, chosen: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> dict[str, np.ndarray]:
    """Give macro-F1, kappa and mean average precision for each row of weights over transcripts (R, T)."""
    material, rows = bench.material, judged(bench)
    groups = np.unique(material.groups[rows], return_inverse=True)[1]
    truth, exclusive = material.targets[rows], material.exclusive
    binary, nominal = tables(truth, chosen[rows], groups, exclusive)
    counted = np.tensordot(weights, binary, 1)
    kappa = cohen_kappa(np.tensordot(weights, nominal, 1)) if exclusive else pooled_kappa(counted)
    precisions = [average_precision(truth, scores[rows], w[groups]) for w in weights]
    return {"macro-F1": np.nan_to_num(f1(counted)).mean(axis=-1), "kappa": kappa, "AP": np.array(precisions)}


def average_precision(truth: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> float:
    """Give the mean over codes of the average precision, segments weighted."""
    from sklearn.metrics import average_precision_score

    present = [k for k in range(truth.shape[1]) if (truth[weights > 0, k] == 1).any()]
    found = [average_precision_score(truth[:, k] == 1, scores[:, k], sample_weight=weights) for k in present]
    return float(np.mean(found))


def compare(name: str, bench: Bench) -> None:
    """Print the table of one set: each peer's figures, and comb's lead with its 95% interval."""
    material, rows = bench.material, judged(bench)
    count = len(np.unique(material.groups[rows]))
    draws = np.random.default_rng(1).multinomial(count, np.full(count, 1 / count), size=REPLICATES).astype(float)
    weights = np.vstack([np.ones(count), draws])
    print(f"\n{name}: {len(rows)} segments, {count} transcripts, {len(material.codes)} codes")
    print(f"{'':44}{'macro-F1':>10}{'kappa':>8}{'AP':>8}   comb's lead in kappa, macro-F1 and AP, 95% interval")
    own: dict[str, Any] = {}
    comb: np.ndarray | None = None
    for peer, predict in peers(bench).items():
        try:
            chosen, scores = cross_validate(bench, predict)
            found = figures(bench, chosen, scores, weights)
        except subprocess.CalledProcessError as error:
            print(f"{peer:44} could not run: {str(error.stderr or error)[-200:]!r}")
            continue
        own, comb = own or found, chosen if comb is None else comb
        leads = [own[figure] - found[figure] for figure in ("kappa", "macro-F1", "AP")]
        told = "" if own is found else ", ".join(f"{d[0]:+.3f} [{_low(d):+.3f}, {_high(d):+.3f}]" for d in leads)
        values = "".join(f"{found[figure][0]:>{width}.3f}" for figure, width in zip(found, (10, 8, 8), strict=True))
        print(f"{peer:44}{values}   {told}", flush=True)
    if comb is not None and name in TALKS and TEN.is_file():
        beside_ten(bench, comb, *TALKS[name][:2])


def beside_ten(bench: Bench, chosen: np.ndarray, who: str, column: str) -> None:
    """Print how well comb agrees with ten people on what all ten coded, beside how well they agree with each other."""
    with TEN.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["interlocutor"] == who]
    rows.sort(key=lambda row: (row["transcript_id"], int(row["utterance_id"])))
    said: dict[tuple[str, str], list[dict[str, str]]] = {}  # what people say twice stands there twice
    for _, utterance in groupby(rows, key=lambda row: (row["transcript_id"], row["utterance_id"])):
        same = list(utterance)
        place = (same[0]["transcript_id"], same[0]["utterance_text"].strip())
        said.setdefault(place, []).append({row["annotator_id"]: row[column] for row in same})
    codes, k, found = bench.material.codes, len(bench.material.codes), []
    for row, segment in enumerate(bench.material.segments):
        given = said.get((segment.transcript, segment.text))
        if given:
            found.append((row, given.pop(0)))
    people = np.array([[codes.index(given[str(n)]) for _, given in found] for n in range(10)])
    assert all(chosen[row].sum() == 1 and len(given) == 10 for row, given in found)
    machine = np.array([chosen[row].argmax() for row, _ in found])

    def kappa(a: np.ndarray, b: np.ndarray) -> float:
        return float(cohen_kappa(np.bincount(a * k + b, minlength=k * k).reshape(k, k).astype(float)))

    def most(coders: np.ndarray) -> np.ndarray:
        return np.array([np.bincount(column, minlength=k).argmax() for column in coders.T])

    pairs = [kappa(a, b) for a, b in combinations(people, 2)]
    alone = [kappa(one, most(np.delete(people, n, axis=0))) for n, one in enumerate(people)]
    beside = [kappa(machine, one) for one in people]
    print(f"ten coders, {len(found)} segments: kappa of two people {np.mean(pairs):.3f}, of comb and a person ", end="")
    print(f"{np.mean(beside):.3f} ({np.mean(beside) / np.mean(pairs):.2f} of it);", end=" ")
    print(f"with the majority: a person {np.mean(alone):.3f}, comb {kappa(machine, most(people)):.3f}", flush=True)


def _low(draws: np.ndarray) -> float:
    return float(np.quantile(draws[1:], 0.025))


def _high(draws: np.ndarray) -> float:
    return float(np.quantile(draws[1:], 0.975))


def main() -> None:
    """Print a table for each set."""
    names = sys.argv[1:] or [*TALKS, "components", "domains", "valence", "transfer", "nhs"]
    with tempfile.TemporaryDirectory() as folder:
        for name, one in sets(names, Path(folder)):
            compare(name, one)
        os.chdir(ROOT)
    if "nhs" in names and _nhs.COMMENTS.is_file():
        _nhs.compare_nhs(_nhs.nhs(Study(ROOT)))


if __name__ == "__main__":
    main()
