"""Make the starter that ships with comb, and measure what to expect of it.

Run in a checkout, after dvc repro: python -m tests.benchmarks.starter [measure]
Without ``measure`` it writes pipeline/comb/learning/starter.npz and starter.json, and prints the digest that belongs
into comb.learning.shipped_starter. With ``measure`` it prints how the starter does on behaviours that it was not
trained on, and what it adds after 1, 2, 4 and 8 transcripts of one's own: kappa without it, and with it.

Shapes: N segments, K codes.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from unittest.mock import patch

import numpy as np

from comb.agreement.coefficients import pooled_kappa
from comb.codings.alignment import UNREAD, USED
from comb.codings.codings_csv import read_codings
from comb.encoder.embed import Cache, OnnxEncoder, embed_segments
from comb.evaluation.confusion_counts import tables
from comb.learning.artifact import Arrays, describe
from comb.learning.classifier import Classifier, fit
from comb.learning.dataset import make_dataset
from comb.learning.features import Inputs
from comb.learning.opinions.embeddings import EmbeddingsOpinion
from comb.learning.opinions.ngrams import NgramsOpinion
from comb.learning.shipped_starter import ARRAYS, OPINIONS, TEXTS, Starter, digest_of, folded
from comb.learning.tfidf import KINDS, ngrams
from comb.study.files import read_json, write_arrays, write_text
from comb.study.layout import Study
from comb.study.params import TrainParams
from comb.transcripts.reader import read_folder
from comb.transcripts.segment import segment_transcripts

ROOT = Path(__file__).parent.parent.parent
OUTSIDE = ("off_target", "outside_framework")
"""Codes that depend on the behaviour studied, or on what a framework lacks: nothing of them carries over."""
LEAST_BEHAVIOURS = 4
"""An n-gram that fewer behaviours have names a topic."""
SHOWN_ALONE = 0.5
EXPECT = (
    "On behaviours that it was not trained on, its suggestions agreed with a coder at a kappa of about 0.40 in "
    "cross-validation, and of 0.33 on interviews written later. A language model wrote both sets of texts: expect less "
    "on real interviews."
)
"""What ``measure`` and ``unseen.py`` found, for the researcher."""
OWN_TRANSCRIPTS = (1, 2, 4, 8)
STUDIES = (
    ("cop",),
    ("insulin", "drinks"),
    ("bp", "depre", "vacc", "hand"),
    ("walk", "bf", "hear", "cerv", "antib", "resp"),
)
"""Behaviours that are held out together, as if they were the study of somebody who uses comb."""


@dataclass(frozen=True)
class Corpus:
    """The example corpus, training part and new transcripts together."""

    inputs: Inputs
    codes: tuple[str, ...]
    """(K,): of all levels of the codebook, each once."""
    targets: np.ndarray
    """(N, K)."""
    behaviours: np.ndarray
    """(N,): what the transcript is about, by the beginning of its name."""
    transcripts: np.ndarray
    """(N,)."""
    names: dict[str, list[str]]
    """How each code may be called, folded."""


def corpus(study: Study) -> Corpus:
    """Read and embed the example corpus."""
    read = [*read_folder(study.raw, study.roles)[0], *read_folder(study.new, study.roles)[0]]
    segments = segment_transcripts(read, study.params.segment)
    cache = Cache(study.cache, OnnxEncoder(study.encoder))
    embeddings, _ = embed_segments(segments, cache, context=True)
    every = {transcript.id: transcript for transcript in read}
    targets: dict[str, np.ndarray] = {}
    for level in study.codebook.levels:
        train = study.params.train.model_copy(update={"level": level})
        parts = [
            make_dataset(segments, embeddings, read_codings(folder, every), study.codebook, train, {}, codes)
            for folder in (study.codings, study.reference)
            if (codes := [code for code in study.codebook.codes_at(level) if code not in OUTSIDE])
        ]
        for k, code in enumerate(parts[0].codes):
            targets[code] = np.where(parts[0].targets[:, k] == UNREAD, parts[1].targets[:, k], parts[0].targets[:, k])
    kept = {
        code: column for code, column in targets.items() if (column == USED).sum() >= study.params.train.min_examples
    }
    names = [segment.transcript.split("-")[0] for segment in segments]
    called = {code: sorted({folded(code), folded(study.codebook.codes[code].name)} - {""}) for code in kept}
    inputs = Inputs.of(segments, embeddings)
    return Corpus(inputs, tuple(kept), np.stack(list(kept.values()), 1), np.array(names), inputs.transcripts, called)


def without_topics(material: Corpus, rows: np.ndarray) -> frozenset[str]:
    """Return the n-grams that at least ``LEAST_BEHAVIOURS`` behaviours have."""
    found: Counter[str] = Counter()
    for behaviour in np.unique(material.behaviours[rows]):
        texts = [material.inputs.texts[row] for row in rows[material.behaviours[rows] == behaviour]]
        found.update({term for text in texts for kind in KINDS for term in ngrams(text, kind)})
    return frozenset(term for term, count in found.items() if count >= LEAST_BEHAVIOURS)


def trained(material: Corpus, rows: np.ndarray) -> Classifier:
    """Return a starter's classifier, trained on some rows with behaviours held out inside."""
    opinions = (EmbeddingsOpinion(shown_alone=SHOWN_ALONE), NgramsOpinion(allowed=without_topics(material, rows)))
    return fit(
        material.inputs,
        material.targets,
        rows,
        np.unique(material.behaviours, return_inverse=True)[1],
        material.codes,
        TrainParams(),
        exclusive=False,
        opinions=opinions,
    )


def kappa(truth: np.ndarray, chosen: np.ndarray) -> float:
    """Return Cohen's kappa pooled over codes."""
    binary, _ = tables(truth, chosen.astype(np.int8), np.zeros(len(truth), np.intp), False)
    return float(pooled_kappa(binary.sum(axis=0)))


def components(material: Corpus, study: Study) -> list[int]:
    """Return the columns of the six components."""
    return [material.codes.index(code) for code in study.codebook.codes_at("component") if code in material.codes]


def studies(material: Corpus) -> list[np.ndarray]:
    """Return the rows of each of ``STUDIES``: what is held out in turn."""
    rows = np.flatnonzero((material.targets != UNREAD).all(axis=1))
    return [rows[np.isin(material.behaviours[rows], names)] for names in STUDIES]


def measure(material: Corpus, columns: list[int]) -> dict[str, list[tuple[float, float]]]:
    """Return kappa without the starter and with it, by the number of own transcripts coded, and of lone sentences."""
    found: dict[str, list[tuple[float, float]]] = {}
    every = studies(material)
    for test in every:
        classifier = trained(material, np.setdiff1d(np.concatenate(every), test))
        for lone, inputs in (("", material.inputs), (" alone", material.inputs.alone())):
            chosen = classifier.predict(classifier.predict_proba(inputs, test), inputs.transcripts[test])[:, columns]
            found.setdefault(f"0{lone}", []).append((0.0, kappa(material.targets[test][:, columns], chosen)))
        for size in OWN_TRANSCRIPTS:
            pair = with_own(material, classifier, test, columns, size)
            if pair:
                found.setdefault(str(size), []).append(pair)
        print({size: [tuple(round(x, 3) for x in pair) for pair in pairs] for size, pairs in found.items()}, flush=True)
    return found


def as_starter(classifier: Classifier) -> Starter:
    """Return a classifier as if it were the starter."""
    judges = tuple(classifier.judges[opinion.name] for opinion in OPINIONS)
    return Starter(classifier.codes, judges, classifier.stacker, classifier.thresholds, {}, "", "")


def write(classifier: Classifier, names: dict[str, list[str]], encoder: str) -> None:
    """Write the starter's files, numbers in half precision."""
    own: Arrays = {}
    described = describe("codes", classifier, own)
    write_arrays(ARRAYS, {name: array.astype(np.float16) for name, array in own.items()})
    facts = {"names": names, "encoder": encoder, "expect": EXPECT, "classifier": described}
    write_text(TEXTS, json.dumps(facts, ensure_ascii=False, sort_keys=True, indent=0) + "\n")


@contextmanager
def using(classifier: Classifier) -> Iterator[None]:
    """Let the starter be this classifier, and not the one that ships with comb."""
    with patch("comb.learning.shipped_starter.read_starter", lambda _: as_starter(classifier)):
        yield


def with_own(
    material: Corpus, starter: Classifier, test: np.ndarray, columns: list[int], size: int
) -> tuple[float, float] | None:
    """Return kappa, without the starter and with it, after so many coded transcripts; None where there are too few."""
    present = np.random.default_rng(size).permutation(np.unique(material.transcripts[test]))
    if len(present) <= size:
        return None
    own, judged = (test[np.isin(material.transcripts[test], part)] for part in (present[:size], present[size:]))
    codes = tuple(material.codes[k] for k in columns)
    targets = material.targets[:, columns]
    found = []
    for known in ({}, {code: code for code in codes}):
        inputs = replace(material.inputs, starter=known)
        with using(starter):
            model = fit(inputs, targets, own, material.transcripts, codes, TrainParams(), exclusive=False)
            chosen = model.predict(model.predict_proba(inputs, judged), inputs.transcripts[judged])
            found.append(kappa(targets[judged], chosen))
    return found[0], found[1]


def main() -> None:
    """Write the starter, or measure what to expect of it."""
    study = Study(ROOT)
    material = corpus(study)
    if "measure" in sys.argv[1:]:
        measure(material, components(material, study))
        return
    rows = np.concatenate(studies(material))
    encoder = read_json(study.encoder / "encoder.json")["weights_sha256"]
    write(trained(material, rows), material.names, encoder)
    print(digest_of(ARRAYS, TEXTS))


if __name__ == "__main__":
    main()
