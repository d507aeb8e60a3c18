"""Export an encoder to ONNX, once per study, and check it against sentence-transformers.

torch, transformers and sentence-transformers live in this module, ``sentence_model`` and ``finetune``, nowhere else.
"""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from comb.encoder.comparison import compare_graphs, compare_with_sentence_transformers
from comb.encoder.embed import FACTS, GRAPH, TOKENIZER, EncoderFacts, identity, stored_facts
from comb.encoder.model_files import check_model, find_model, longest, prompt, ready_made
from comb.encoder.quantize import quantize
from comb.encoder.ready_made import adopt_graph
from comb.encoder.sentence_model import export_graph, load_sentence_model
from comb.study.atomic import remove, workspace
from comb.study.files import copy_file, read_record, write_json
from comb.study.params import EncoderParams

TUNED = "tuned"
"""Key in encoder.json of a fine-tuned encoder, and the file beside its weights that describes the training data."""


def export_encoder(params: EncoderParams, out: Path, tuned: Path | None = None) -> dict[str, Any]:
    """Export the encoder that ``params`` names, or the fine-tuned model in ``tuned``, into the folder ``out``.

    The folder's files are replaced, at once within ``together``.

    The folder gets ``model.onnx`` (token ids (N, L) → embeddings (N, 2, D): the last layer and the middle one, each
    pooled and of unit length), ``tokenizer.json`` and ``encoder.json``, which is returned. Raises BadParamsError if
    the model cannot be found, BadInputError if its weights are not the expected ones, or if the export does not
    reproduce the embeddings of sentence-transformers.
    """
    source = tuned or find_model(params)
    facts = EncoderFacts(
        id="",
        model=params.model,
        weights_sha256=check_model(source, "" if tuned else params.model),
        precision=params.precision,
        dimension=0,
        max_tokens=longest(source, params.max_tokens),
        tuned=read_tuned(tuned).digest if tuned else "",
        prompt=prompt(source, params),
    )
    with workspace(out.parent) as folder:
        facts = _adopted(source, folder, facts) if ready_made(source) else _exported(source, folder, facts)
        if params.precision == "int8":
            quantize(folder / GRAPH)
        told = stored_facts(replace(facts, id=identity(folder, facts)))
        for path in out.rglob("*"):
            if path.is_file():
                remove(path)
        for name in (GRAPH, TOKENIZER):
            copy_file(folder / name, out / name)
        write_json(out / FACTS, told)
    return told


def _exported(source: Path, folder: Path, facts: EncoderFacts) -> EncoderFacts:
    """Export a model's weights with torch, and compare the result with sentence-transformers."""
    model = load_sentence_model(source)
    facts = replace(facts, **asdict(export_graph(model, source, folder, facts.max_tokens)))
    compare_with_sentence_transformers(model, folder, facts, source)
    return facts


def _adopted(source: Path, folder: Path, facts: EncoderFacts) -> EncoderFacts:
    """Take a graph that is exported already, with pooling behind it, and compare it with the graph as it came."""
    facts = replace(facts, dimension=adopt_graph(source, folder))
    compare_graphs(source, folder, facts)
    return facts


@dataclass(frozen=True)
class TunedFacts:
    """Description of a fine-tuned model: the content of ``tuned.json``."""

    digest: str
    segments: int
    model: str = ""


def read_tuned(folder: Path) -> TunedFacts:
    """Read the description of a fine-tuned model. Raises NotReadyError if there is none."""
    return read_record(folder / f"{TUNED}.json", TunedFacts, "Run: dvc repro (or: comb tune).")
