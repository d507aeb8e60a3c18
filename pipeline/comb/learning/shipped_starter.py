"""The starter that ships with comb, read and checked.

It was trained on the example corpus (``tests/benchmarks/starter.py``), in which behaviours, not transcripts, were held
out; it uses neither places in a transcript nor n-grams that occur in few behaviours. It requires the default encoder.

Shapes: N segments, M opinions, K codes.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from comb.errors import NotReadyError
from comb.learning.features import Inputs
from comb.learning.opinions.embeddings import EmbeddingsOpinion
from comb.learning.opinions.ngrams import NgramsOpinion
from comb.learning.opinions.protocol import Judge, Opinion, Rows
from comb.learning.stacker import Stacker
from comb.learning.thresholds import Floats
from comb.study.files import read_arrays

ARRAYS = Path(__file__).with_name("starter.npz")
TEXTS = Path(__file__).with_name("starter.json")
DIGEST = "4bae523a4fdc59d9e1b06f892fdd431b60e8972d4abf9061e8e081e1442859f0"
"""SHA-256 of both files, one after the other, as printed by the script that makes them."""
FEWEST_CODES = 3
"""Fewest known codes of a level; with fewer, the codebook counts as one of another framework."""
OPINIONS: tuple[Opinion, ...] = (EmbeddingsOpinion(), NgramsOpinion())
"""Its opinions, in its stacker's order."""


@dataclass(frozen=True)
class Starter:
    """The starter with its facts."""

    codes: tuple[str, ...]
    """(K,)."""
    judges: tuple[Judge, ...]
    """(M,)."""
    stacker: Stacker
    thresholds: Floats
    """(K,)."""
    names: Mapping[str, Sequence[str]]
    """Names of each of its codes, folded."""
    encoder: str
    """SHA-256 of the weights of the encoder that it requires."""
    expect: str
    """What to expect of it, as measured, in one or two sentences."""

    def logits(self, inputs: Inputs, rows: Rows) -> Floats:
        """Return logits (len(rows), K); rows of the same transcript serve as context for each other."""
        values = np.stack([judge(inputs, rows) for judge in self.judges], axis=1)
        return self.stacker(values, inputs.transcripts[rows])

    def known(self, codes: Mapping[str, str], encoder: str) -> dict[str, str]:
        """Return the starter's code for each of a level's codes, given by id and name.

        Empty if the encoder is another one, or if the codebook is of another framework: if the starter knows
        fewer than ``FEWEST_CODES`` of the codes, or less than half of them.
        """
        if encoder != self.encoder:
            return {}
        by_name = {name: code for code, names in self.names.items() for name in names}
        found = {code: by_name.get(folded(code), by_name.get(folded(name), "")) for code, name in codes.items()}
        found = {code: own for code, own in found.items() if own}
        enough = len(found) >= FEWEST_CODES and 2 * len(found) >= len(codes)
        return found if enough else {}


def folded(name: str) -> str:
    """Return a code's name in a form that is the same for all its spellings.

    >>> folded("Memory, attention & decision processes") == folded("memory_attention_and_decision_processes")
    True
    """
    return "".join(char for char in name.casefold().replace("&", "and") if char.isalnum())


@lru_cache(maxsize=1)
def read_starter(digest: str = DIGEST) -> Starter:
    """Read the starter. Raises NotReadyError if its files do not have this digest."""
    if digest_of(ARRAYS, TEXTS) != digest:
        what = "the starter is not the one that this model was trained with"
        raise NotReadyError(what, where=str(ARRAYS), remedy="Run: dvc repro --force train. Or install comb again.")
    facts = json.loads(TEXTS.read_text(encoding="utf-8"))
    read = read_arrays(ARRAYS, "Install comb again.").items()
    arrays = {name.removeprefix("codes."): array.astype(np.float64) for name, array in read}
    judges = []
    for opinion in OPINIONS:
        start, texts = f"{opinion.name}.", facts["classifier"]["opinions"][opinion.name]
        parts = {name.removeprefix(start): array for name, array in arrays.items() if name.startswith(start)}
        judges.append(opinion.restore(parts | {name: np.array(text, np.str_) for name, text in texts.items()}))
    return Starter(
        codes=tuple(facts["classifier"]["codes"]),
        judges=tuple(judges),
        stacker=Stacker(*(arrays[f"stacker.{part}"] for part in ("expected", "means", "weights", "offset"))),
        thresholds=arrays["thresholds"],
        names=facts["names"],
        encoder=facts["encoder"],
        expect=facts["expect"],
    )


def digest_of(*paths: Path) -> str:
    """Return the SHA-256 of files, one after the other."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes() if path.exists() else b"")
    return digest.hexdigest()
