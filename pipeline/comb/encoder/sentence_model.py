"""A sentence-transformers model as an ONNX graph that takes token ids and nothing else.

Shapes: N texts of one length, L tokens, H hidden dimensions, D dimensions of an embedding.
"""

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from comb.encoder.embed import GRAPH, TOKENIZER
from comb.encoder.model_files import OTHER, module_kinds, pooling, settings, without_extra
from comb.errors import BadInputError

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

OPSET = 17
MIDDLE = 2 / 3
"""The second layer that becomes part of an embedding, as a share of the height."""
AFTER_POOLING = ("Dense", "Normalize", "LayerNorm", "Dropout")
"""Modules that may follow pooling."""
MOST_BYTES = 2_000_000_000
"""Most bytes of an ONNX file."""
NO_LIMIT = 1_000_000
"""Tokens of a text that a static model reads: all of them, since they cost next to nothing."""


@dataclass(frozen=True)
class Exported:
    """Description of an export."""

    dimension: int
    max_tokens: int
    """Most tokens of a text that are read."""
    special_tokens: bool = True
    """False if tokens for the beginning and the end are not put round a text."""


def load_sentence_model(source: Path) -> "SentenceTransformer":
    """Load a model with sentence-transformers, from its folder alone and without running code from it.

    Raises BadInputError if the model cannot be loaded in this way.
    """
    try:
        import onnx  # noqa: F401  # torch writes ONNX with it
        from sentence_transformers import SentenceTransformer
        from transformers.utils.logging import disable_progress_bar
    except ModuleNotFoundError:
        raise without_extra() from None
    disable_progress_bar()  # type: ignore[no-untyped-call]
    how = {"attn_implementation": "eager", "dtype": "float32"}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            modules = None if (source / "modules.json").is_file() else _plain(source, how)
            model = SentenceTransformer(
                None if modules else str(source),
                modules=modules,
                device="cpu",
                local_files_only=True,
                model_kwargs=None if "StaticEmbedding" in module_kinds(source) else how,
            )
    except Exception as error:  # whatever a foreign model raises
        what = f"sentence-transformers cannot load the model ({type(error).__name__})"
        raise BadInputError(what, where=str(source), remedy=OTHER) from error
    return model.eval()


def _plain(source: Path, how: dict[str, str]) -> "list[torch.nn.Module]":
    """Return the modules of a folder saved by transformers alone: the transformer, and pooling as its folder says."""
    from sentence_transformers.sentence_transformer.modules import Pooling, StaticEmbedding, Transformer

    if settings(source, "config.json").get("model_type") == "model2vec":
        return [StaticEmbedding.from_model2vec(str(source))]
    transformer = Transformer(str(source), model_kwargs=how)
    return [transformer, Pooling(transformer.get_embedding_dimension(), pooling(source))]


def export_graph(model: "SentenceTransformer", source: Path, folder: Path, max_tokens: int) -> Exported:
    """Write the graph, which maps token ids (N, L) to embeddings (N, 2, D), and the tokenizer.

    ``max_tokens`` is how many tokens of a text are to be read; a transformer may read fewer, a static model reads all.
    Raises BadInputError for a model with modules that comb does not know.
    """
    modules: list[Any] = list(model)
    first, *rest = modules
    if type(first).__name__ == "StaticEmbedding":
        _write_graph(_static_encoder(first), folder / GRAPH)
        first.tokenizer.save(str(folder / TOKENIZER))
        return Exported(int(first.embedding.embedding_dim), NO_LIMIT, special_tokens=False)
    kinds = [type(module).__name__ for module in (first, *rest)]
    if kinds[:2] != ["Transformer", "Pooling"] or set(kinds[2:]) - set(AFTER_POOLING):
        what = (
            f"its modules are {', '.join(kinds)}; comb supports Transformer, Pooling, then {', '.join(AFTER_POOLING)}"
        )
        raise BadInputError(what, where=str(source), remedy=OTHER)
    size = sum(4 * parameter.numel() for parameter in first.parameters())
    if size > MOST_BYTES:
        what = f"the model needs {size / 1e9:.1f} GB; comb supports up to 2 GB (500 million parameters)"
        raise BadInputError(what, where=str(source), remedy=OTHER)
    _write_graph(_encoder(first.auto_model, rest[0].pooling_mode, rest[1:]), folder / GRAPH)
    model.tokenizer.backend_tokenizer.save(str(folder / TOKENIZER))
    return Exported(int(model.get_embedding_dimension() or 0), min(max_tokens, model.max_seq_length or max_tokens))


def _write_graph(encoder: "torch.nn.Module", path: Path) -> None:
    import torch

    example = torch.tensor([[101, 102, 103], [101, 104, 103]])
    axes = {"input_ids": {0: "batch", 1: "length"}, "embedding": {0: "batch"}}
    with torch.no_grad(), warnings.catch_warnings():
        # The TorchScript exporter is deprecated in favour of one that takes five times as long and records the paths
        # of this machine in the graph; torch is pinned.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            encoder,
            (example,),
            str(path),
            input_names=["input_ids"],
            output_names=["embedding"],
            dynamic_axes=axes,
            opset_version=OPSET,
            dynamo=False,
        )


def _static_encoder(static: Any) -> "torch.nn.Module":
    """Return the mean of the tokens' embeddings, of unit length, twice: there are no layers."""
    import torch

    class Encoder(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = torch.nn.Parameter(static.embedding.weight.float(), requires_grad=False)

        def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
            hidden = torch.nn.functional.embedding(input_ids, self.weight)
            embedding = torch.nn.functional.normalize(_mean(hidden), dim=1)
            return torch.stack([embedding, embedding], dim=1)

    return Encoder()


def _encoder(model: "torch.nn.Module", modes: Any, rest: "list[torch.nn.Module]") -> "torch.nn.Module":
    """Put pooling, further modules and normalising behind two layers of the model.

    Batches have one length, so no token is padding. Further modules are for the last layer alone; if they change the
    dimension, the middle layer cannot stand beside it, and the last is given twice.
    """
    import torch

    class Encoder(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model
            self.rest = torch.nn.ModuleList(rest)

        def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
            mask = torch.ones_like(input_ids)
            layers = self.model(input_ids=input_ids, attention_mask=mask, output_hidden_states=True).hidden_states
            last = _pooled(layers[-1], modes)
            middle = _pooled(layers[round(MIDDLE * (len(layers) - 1))], modes)
            for module in self.rest:
                last = module({"sentence_embedding": last})["sentence_embedding"]
            parts = [last, middle if middle.shape[1] == last.shape[1] else last]
            return torch.stack([torch.nn.functional.normalize(part, dim=1) for part in parts], dim=1)

    return Encoder()


def _pooled(hidden: "torch.Tensor", modes: Any) -> "torch.Tensor":
    """Make one embedding of the tokens' (N, L, H), none of which is padding: (N, H), or several side by side."""
    import torch

    how = {
        "mean": _mean,
        "cls": lambda tokens: tokens[:, 0],
        "lasttoken": lambda tokens: tokens[:, -1],
        "max": lambda tokens: tokens.max(dim=1).values,
        "mean_sqrt_len_tokens": lambda tokens: _mean(tokens) * tokens.shape[1] ** 0.5,
        "weightedmean": _weighted_mean,
    }
    parts = [how[mode](hidden) for mode in ((modes,) if isinstance(modes, str) else modes)]
    return parts[0] if len(parts) == 1 else torch.cat(parts, dim=1)


def _mean(hidden: "torch.Tensor") -> "torch.Tensor":
    """Return the mean over the tokens, by a product with a row of ones.

    ``mean`` takes another path for a lone text, and gives other last bits.
    """
    import torch

    return (torch.matmul(torch.ones(1, 1, hidden.shape[1]), hidden) / hidden.shape[1])[:, 0]


def _weighted_mean(hidden: "torch.Tensor") -> "torch.Tensor":
    """Return the mean over the tokens, each weighted by its position, which counts from 1 (Muennighoff 2022, SGPT)."""
    import torch

    weights = torch.arange(1, hidden.shape[1] + 1).to(hidden.dtype)
    return torch.matmul(weights[None, None], hidden)[:, 0] / weights.sum()
