"""Compare an exported encoder with its source: the same texts must get the same embeddings."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from comb.encoder.embed import FACTS, Embeddings, EncoderFacts, OnnxEncoder, identity, stored_facts
from comb.encoder.model_files import OTHER
from comb.encoder.ready_made import embed_as_published
from comb.errors import BadInputError
from comb.study.files import write_json

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

LEAST_COSINE = 0.9999
TEXTS = (
    "I hadn't a clue what the letter was on about.",
    "Yes.",
    "Um, well, by the time you've found somewhere to park you've missed your slot, haven't you?",
    "Dw i ddim yn gwybod pwy i ofyn. 🙂",
    "MY MOTHER SAID: never trust a Doctor who doesn't listen!",
    "It costs £12.50 — for three tablets…",
    "1 2 3",
    "Ça m'est égal, dit-elle; 我不知道。",
    "and then and then and then " * 12,
    "The nurse was lovely. " * 150,
)
"""Ten texts: short and long, capitals and symbols, several languages and scripts, and one longer than most encoders
read."""


def compare_with_sentence_transformers(
    model: "SentenceTransformer", folder: Path, facts: EncoderFacts, source: Path
) -> None:
    """Raise BadInputError if the export and sentence-transformers disagree on one of ten texts."""
    import torch

    if facts.special_tokens:  # a static model reads texts of any length
        model.max_seq_length = facts.max_tokens
    with torch.no_grad():
        theirs = model.encode(list(TEXTS), prompt=facts.prompt or None, show_progress_bar=False)
    _compare(_embedded(folder, facts), np.asarray(theirs, np.float32), source, "sentence-transformers")


def compare_graphs(source: Path, folder: Path, facts: EncoderFacts) -> None:
    """Raise BadInputError if pooling inside the graph and pooling the graph's output disagree."""
    theirs = embed_as_published(source, [facts.prompt + text for text in TEXTS], facts.max_tokens)
    _compare(_embedded(folder, facts), theirs, source, "the published graph")


def _embedded(folder: Path, facts: EncoderFacts) -> Embeddings:
    write_json(folder / FACTS, stored_facts(replace(facts, id=identity(folder, facts))))
    return OnnxEncoder(folder).encode(TEXTS)[:, 0]


def _compare(ours: Embeddings, theirs: Embeddings, source: Path, whose: str) -> None:
    if ours.shape != theirs.shape:
        raise _other_embeddings(whose, f"{ours.shape[1]} dimensions for {theirs.shape[1]}", source)
    lengths = np.linalg.norm(theirs, axis=1)
    cosines = (ours * theirs).sum(axis=1)[lengths > 0] / lengths[lengths > 0]
    if not (cosines >= LEAST_COSINE).all():
        raise _other_embeddings(whose, f"cosine {cosines.min():.4f} at worst", source)


def _other_embeddings(whose: str, how: str, source: Path) -> BadInputError:
    what = f"comb's export does not reproduce the embeddings of {whose} ({how})"
    return BadInputError(what, where=str(source), remedy=OTHER)
