"""The starter: a classifier that ships with comb, for studies of COM-B in which nobody has coded anything yet.

It was trained on the example corpus (``tests/benchmarks/starter.py``), in which behaviours, not transcripts, were held
out; it does not know places in a transcript, nor n-grams that few behaviours have. It goes with the default encoder.

Shapes: N segments, K codes.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from comb.errors import NotReadyError
from comb.learning.artifact import Arrays, Model, describe, restore
from comb.learning.classifier import Classifier
from comb.learning.features import Inputs
from comb.learning.opinions.protocol import Rows
from comb.learning.opinions.starter import StarterJudge
from comb.learning.stacker import Stacker
from comb.learning.thresholds import Floats
from comb.study.files import read_arrays, write_arrays, write_text

ARRAYS = Path(__file__).with_name("starter.npz")
TEXTS = Path(__file__).with_name("starter.json")
DIGEST = "2a8774999725b68417b1996c225827309b77ea8ba542675f60fab93e0cc13e99"
"""SHA-256 of both files, one after the other; the script that makes them prints it."""
FEWEST_CODES = 3
"""A level with fewer codes that the starter knows is taken to be of another framework."""
MARK = "starter"
"""What stands before the starter's digest in the column that names the model."""


@dataclass(frozen=True)
class Starter:
    """The starter and what is known of it."""

    classifier: Classifier
    names: Mapping[str, Sequence[str]]
    """How each of its codes may be called, folded."""
    encoder: str
    """SHA-256 of the weights of the encoder that it goes with."""
    expect: str
    """What to expect of it, as measured: one sentence."""

    @property
    def codes(self) -> tuple[str, ...]:
        """(K,)."""
        return self.classifier.codes

    def logits(self, inputs: Inputs, rows: Rows) -> Floats:
        """Return logits (len(rows), K); the rows of a transcript see each other."""
        probabilities = np.clip(self.classifier.predict_proba(inputs, rows), 1e-6, 1 - 1e-6)
        found: Floats = np.log(probabilities / (1 - probabilities))
        return found

    def known(self, codes: Mapping[str, str], encoder: str) -> dict[str, str]:
        """Return the starter's code for each of a level's codes, given by id and name.

        Empty where the encoder is another one, or where the codebook is of another framework: where the starter knows
        fewer than ``FEWEST_CODES`` of the codes, or less than half of them.
        """
        if encoder != self.encoder:
            return {}
        by_name = {name: code for code, names in self.names.items() for name in names}
        found = {code: by_name.get(folded(code), by_name.get(folded(name), "")) for code, name in codes.items()}
        found = {code: own for code, own in found.items() if own}
        enough = len(found) >= FEWEST_CODES and 2 * len(found) >= len(codes)
        return found if enough else {}

    def model(self, known: Mapping[str, str], encoder: str, dimension: int, level: str) -> Model:
        """Return a model for a study without codings. ``known`` holds the starter's code for each of the study's."""
        k, columns = len(known), [self.codes.index(code) for code in known.values()]
        as_it_is = Stacker(np.ones(1), np.zeros((1, k)), np.repeat([[1.0], [0.0]], k, axis=1), np.zeros(k))
        judges = {"starter": StarterJudge(tuple(known.values()), DIGEST)}
        thresholds = self.classifier.thresholds[columns]
        return Model(
            id=f"{MARK} {DIGEST[:8]}",
            encoder=encoder,
            level=level,
            codes=Classifier(tuple(known), False, judges, as_it_is, thresholds),
            valence=None,
            examples=(),
            example_embeddings=np.zeros((0, dimension), np.float32),
            withheld={},
        )


def is_starter(model: str) -> bool:
    """Tell from a model's id whether it is the starter, which has learned nothing from the study."""
    return model.split(" ", 1)[0] == MARK


def folded(name: str) -> str:
    """Return a name of a code without what may differ in spelling.

    >>> folded("Memory, attention & decision processes") == folded("memory_attention_and_decision_processes")
    True
    """
    return "".join(char for char in name.casefold().replace("&", "and") if char.isalnum())


def write_starter(starter: Starter, arrays: Path = ARRAYS, texts: Path = TEXTS) -> str:
    """Write the starter, weights in half precision, and return its digest."""
    own: Arrays = {}
    described = describe("codes", starter.classifier, own)
    write_arrays(arrays, {name: array.astype(np.float16) for name, array in own.items()})
    facts = {"names": starter.names, "encoder": starter.encoder, "expect": starter.expect, "classifier": described}
    write_text(texts, json.dumps(facts, ensure_ascii=False, sort_keys=True, indent=0) + "\n")
    return _digest(arrays, texts)


@lru_cache(maxsize=1)
def read_starter(digest: str = DIGEST) -> Starter:
    """Read the starter. Raises NotReadyError where its files are not those with this digest."""
    if _digest(ARRAYS, TEXTS) != digest:
        what = "the starter is not the one that this model was trained with"
        raise NotReadyError(what, where=str(ARRAYS), remedy="Run: dvc repro --force train. Or install comb again.")
    facts = json.loads(TEXTS.read_text(encoding="utf-8"))
    arrays = {name: array.astype(np.float64) for name, array in read_arrays(ARRAYS, "Install comb again.").items()}
    return Starter(restore("codes", facts["classifier"], arrays), facts["names"], facts["encoder"], facts["expect"])


def _digest(*paths: Path) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes() if path.exists() else b"")
    return digest.hexdigest()
