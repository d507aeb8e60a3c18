"""A trained model: the heads, the hand-coded segments that serve as evidence, and what it is made of."""

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from comb.errors import NotReadyError
from comb.learning.classifier import Classifier, Embeddings, Linear
from comb.learning.tfidf import Ngrams
from comb.study.files import (
    need,
    read_array,
    read_json,
    read_rows,
    read_skops,
    write_array,
    write_json,
    write_rows,
    write_skops,
)

EXAMPLE = ("segment", "text", "code")
"""Columns of the file of examples."""
AGAIN = "Run: dvc repro --force train."
"""What helps where a head was made by another version of comb, which DVC does not see."""
LINEAR = ("dense", "sparse", "joint")


@dataclass(frozen=True, slots=True)
class Example:
    """A hand-coded segment that a suggestion can point to."""

    segment: str
    text: str
    code: str
    """Its codes, joined by ``; ``."""


@dataclass(frozen=True)
class Model:
    """All that is needed to suggest codes, the encoder apart."""

    id: str
    """Hash of what it is made of."""
    encoder: str
    """Id of the encoder whose embeddings it was trained on."""
    level: str
    codes: Classifier
    valence: Classifier | None
    """None where too few codings say barrier or facilitator."""
    examples: Sequence[Example]
    example_embeddings: Embeddings
    """(E, D), the segments' own."""
    withheld: dict[str, int]


def write_model(folder: Path, model: Model) -> Model:
    """Write a model into its folder; give it back with the id that its content gives it."""
    if folder.exists():
        shutil.rmtree(folder)
    write_skops(folder / "head.skops", {"codes": _state(model.codes), "valence": _state(model.valence)})
    write_rows(folder / "examples.csv", EXAMPLE, (astuple(example) for example in model.examples))
    write_array(folder / "examples.npy", model.example_embeddings)
    facts = {"encoder": model.encoder, "level": model.level, "codes": model.codes.codes, "withheld": model.withheld}
    digest = hashlib.sha256(json.dumps(facts).encode())
    for name in ("head.skops", "examples.csv", "examples.npy"):
        digest.update((folder / name).read_bytes())
    named = digest.hexdigest()[:16]
    write_json(folder / "head.json", {"id": named, **facts})
    return Model(**{**_shallow(model), "id": named})


def read_model(folder: Path, encoder: str = "") -> Model:
    """Read a model. Raises NotReadyError where none is trained, or where it was trained with another encoder."""
    facts = read_json(need(folder / "head.json", "Train one first: dvc repro."))
    if encoder and facts["encoder"] != encoder:
        remedy = "Run: dvc repro."
        raise NotReadyError("the head was trained with another encoder", where=str(folder), remedy=remedy)
    state = read_skops(folder / "head.skops")
    try:
        codes = _classifier(state["codes"])
        valence = _classifier(state["valence"]) if state["valence"] else None
    except (KeyError, TypeError, AttributeError):
        what = "the head was made by another version of comb"
        raise NotReadyError(what, where=str(folder), remedy=AGAIN) from None
    return Model(
        id=facts["id"],
        encoder=facts["encoder"],
        level=facts["level"],
        codes=codes,
        valence=valence,
        examples=[Example(**row) for _, row in read_rows(need(folder / "examples.csv", AGAIN), EXAMPLE)],
        example_embeddings=read_array(folder / "examples.npy"),
        withheld=facts["withheld"],
    )


def _shallow(model: Model) -> dict[str, Any]:
    return {field.name: getattr(model, field.name) for field in fields(model)}


def _state(classifier: Classifier | None) -> dict[str, Any] | None:
    """Give a classifier as dicts, texts and arrays; the n-grams are one text, one a line."""
    if classifier is None:
        return None
    state = {field.name: getattr(classifier, field.name) for field in fields(classifier)}
    linear = {name: asdict(state[name]) for name in LINEAR}
    ngrams = [{"kind": part.kind, "terms": "\n".join(part.terms), "idf": part.idf} for part in classifier.ngrams]
    return {**state, **linear, "codes": list(classifier.codes), "ngrams": ngrams}


def _classifier(state: dict[str, Any]) -> Classifier:
    return Classifier(
        codes=tuple(state["codes"]),
        exclusive=bool(state["exclusive"]),
        ngrams=tuple(Ngrams(p["kind"], tuple(p["terms"].split("\n")), p["idf"]) for p in state["ngrams"]),
        thresholds=np.asarray(state["thresholds"]),
        **{name: Linear(**state[name]) for name in LINEAR},
    )
