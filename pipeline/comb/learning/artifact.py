"""A trained model: the classifiers, the hand-coded segments that serve as evidence, and a record of its inputs.

On disk it is plain arrays without pickle (``head.npz``, ``examples.npy``), JSON and CSV.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, astuple, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from comb.errors import BadInputError, NotReadyError
from comb.learning.classifier import Classifier
from comb.learning.features import Embeddings
from comb.learning.opinions import named
from comb.learning.stacker import Stacker
from comb.learning.worth import Worth
from comb.study.atomic import remove, workspace
from comb.study.files import (
    copy_file,
    need,
    read_array,
    read_arrays,
    read_record,
    read_rows,
    write_array,
    write_arrays,
    write_json,
    write_record,
    write_rows,
)

EXAMPLE = ("segment", "text", "code")
"""Columns of the file of examples."""
FACTS = "head.json"
PARTS = ("head.npz", "vocabulary.json", "examples.csv", "examples.npy")
"""The files of a model besides ``FACTS``."""
AGAIN = "Run: dvc repro --force train."
"""The remedy for a model made by another version of comb, which DVC does not notice."""
STACKER = ("expected", "means", "weights", "offset")
"""The arrays of a stacker."""
Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Example:
    """A hand-coded segment that a suggestion can point to."""

    segment: str
    text: str
    code: str
    """Its codes, joined by a semicolon and a space."""


@dataclass(frozen=True)
class ModelFacts:
    """Description of a model: the content of ``head.json``."""

    id: str
    encoder: str
    level: str
    codes: list[str]
    withheld: dict[str, int]
    content: str = ""
    """Hash of the model's files, which shows damage; the last bits of their numbers differ between processors."""
    opinions: list[Worth] = field(default_factory=list)
    """The worth of each opinion; empty if too few transcripts are coded."""


@dataclass(frozen=True)
class Model:
    """Everything needed to suggest codes, except the encoder."""

    id: str
    """Hash of its inputs."""
    encoder: str
    """Id of the encoder on whose embeddings it was trained."""
    level: str
    codes: Classifier
    valence: Classifier | None
    """None if too few codings have a valence."""
    examples: Sequence[Example]
    example_embeddings: Embeddings
    """(E, D): embeddings of the examples."""
    withheld: dict[str, int]


ANEW = "Run the command again once training has ended."


def write_model(folder: Path, model: Model) -> Model:
    """Write a model into its folder, whose other files are removed, and return it.

    A model without an id gets the hash of its files as id. Within ``together``, the whole model replaces the earlier
    one.
    """
    worth = list(model.codes.worth)
    facts = ModelFacts(model.id, model.encoder, model.level, list(model.codes.codes), model.withheld, opinions=worth)
    with workspace(folder.parent) as made:
        _write_parts(made, model)
        content = _content(made, facts)
        facts = replace(facts, id=model.id or content[:16], content=content)
        write_record(made / FACTS, facts)
        for path in folder.glob("*"):
            remove(path)
        for name in (*PARTS, FACTS):
            copy_file(made / name, folder / name)
    return replace(model, id=facts.id)


def _write_parts(folder: Path, model: Model) -> None:
    classifiers = {"codes": model.codes, "valence": model.valence}
    arrays: Arrays = {}
    described = {name: describe(name, part, arrays) for name, part in classifiers.items() if part is not None}
    write_arrays(folder / "head.npz", arrays)
    write_json(folder / "vocabulary.json", described)
    write_rows(folder / "examples.csv", EXAMPLE, (astuple(example) for example in model.examples))
    write_array(folder / "examples.npy", model.example_embeddings)


def _content(folder: Path, facts: ModelFacts) -> str:
    """Hash the description of a model, without its id, and its files."""
    digest = hashlib.sha256(json.dumps(asdict(replace(facts, id="", content=""))).encode())
    for name in PARTS:
        digest.update((folder / name).read_bytes())
    return digest.hexdigest()


def read_model(folder: Path, encoder: str = "") -> Model:
    """Read a model.

    Raises NotReadyError if none is trained, or if it was trained with another encoder; BadInputError if one of its
    files is damaged, or belongs to another model.
    """
    facts = read_record(folder / FACTS, ModelFacts, "Train one first: dvc repro.")
    if encoder and facts.encoder != encoder:
        remedy = "Run: dvc repro."
        raise NotReadyError("the model was trained with another encoder", where=str(folder), remedy=remedy)
    classifiers = _read_classifiers(folder)
    examples = [Example(**row) for _, row in read_rows(need(folder / "examples.csv", AGAIN), EXAMPLE)]
    embeddings = read_array(folder / "examples.npy", 2, AGAIN)
    if read_record(folder / FACTS, ModelFacts, ANEW) != facts:
        raise NotReadyError("the model was trained again meanwhile", where=str(folder), remedy=ANEW)
    if _content(folder, facts) != facts.content:
        what = "damaged, or its files are not of one model"
        raise BadInputError(what, where=str(folder), remedy=AGAIN)
    return Model(
        id=facts.id,
        encoder=facts.encoder,
        level=facts.level,
        codes=classifiers["codes"],
        valence=classifiers.get("valence"),
        examples=examples,
        example_embeddings=embeddings,
        withheld=facts.withheld,
    )


def _read_classifiers(folder: Path) -> dict[str, Classifier]:
    """Read the classifiers, ``codes`` always among them. Raises NotReadyError for those of another version."""
    older = NotReadyError("the model was made by another version of comb", where=str(folder), remedy=AGAIN)
    if not (folder / "head.npz").exists():
        raise older
    arrays = read_arrays(folder / "head.npz", AGAIN)
    described = read_record(folder / "vocabulary.json", dict[str, Any], AGAIN)
    try:
        classifiers = {name: restore(name, part, arrays) for name, part in described.items()}
    except (KeyError, TypeError, AttributeError):
        raise older from None
    if "codes" not in classifiers:
        raise older
    return classifiers


def describe(name: str, classifier: Classifier, arrays: Arrays) -> dict[str, Any]:
    """Return the JSON part of a classifier, and add its arrays to ``arrays`` under keys that begin with its name."""
    arrays |= {f"{name}.thresholds": classifier.thresholds, f"{name}.home": classifier.home}
    stacker = classifier.stacker
    arrays |= {f"{name}.stacker.{part}": getattr(stacker, part) for part in STACKER}
    texts: dict[str, dict[str, list[str]]] = {}
    for opinion, judge in classifier.judges.items():
        parts = judge.parts()
        texts[opinion] = {key: part.tolist() for key, part in parts.items() if part.dtype.kind == "U"}
        arrays |= {f"{name}.{opinion}.{key}": part for key, part in parts.items() if part.dtype.kind != "U"}
    return {"codes": list(classifier.codes), "exclusive": classifier.exclusive, "opinions": texts}


def restore(name: str, described: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Classifier:
    """Return the classifier that ``describe`` split into JSON and arrays."""
    judges = {}
    for opinion, texts in described["opinions"].items():
        start = f"{name}.{opinion}."
        parts = {key.removeprefix(start): array for key, array in arrays.items() if key.startswith(start)}
        judges[opinion] = named(opinion).restore(parts | {key: np.array(text, np.str_) for key, text in texts.items()})
    return Classifier(
        codes=tuple(described["codes"]),
        exclusive=bool(described["exclusive"]),
        judges=judges,
        stacker=Stacker(*(arrays[f"{name}.stacker.{part}"] for part in STACKER)),
        thresholds=arrays[f"{name}.thresholds"],
        home=arrays.get(f"{name}.home", np.zeros((0, len(described["codes"])))),
    )
