"""Fine-tune the encoder on people's codings; an option, off by default.

The upper layers learn to predict a segment's codes from its embedding and that of the question it answers, through a
linear layer that is discarded afterwards; the result is a model that ``encoder`` can export. The lower layers, which
know the language, stay as they are: that takes a third of the time, and little is forgotten.

A fine-tuned encoder has seen the codes of the segments it was tuned on. Measurements therefore need an encoder that was
tuned on the training part alone: ``evaluate`` gets one for each fold. The inner folds of the head share that one, so
its thresholds are chosen on embeddings that are too good; the figures of ``evaluate`` include this loss. An encoder for
each inner fold would avoid it, at several times the cost.

Shapes: N segments, D dimensions, K codes, L tokens.
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from comb.codings.alignment import Codes
from comb.encoder.export import TUNED
from comb.encoder.model_files import OTHER, check_model, longest, module_kinds, pooling, ready_made
from comb.errors import BadParamsError, NotReadyError
from comb.records import Segment
from comb.study.files import write_json
from comb.study.params import TuneParams

if TYPE_CHECKING:
    import torch

RULES = 1
"""Version of the training method: another version makes another model."""
BATCH = 16
HEAD_RATE = 50.0
"""How many times faster the linear layer learns than the encoder, because it starts from zero."""
SHARPNESS = 10.0
"""Factor on embeddings of unit length before the linear layer."""
CONTEXT_WEIGHT = 0.5
BALANCE = 0.5
"""Exponent of a code's rarity in its weight, if codes exclude each other."""
SAVED_EVERY = 50
"""Batches after which the state is saved, so that an interrupted run can resume."""
WEIGHTS = "model.safetensors"


Progress = Callable[[int], object]


def _silent(done: int) -> None:
    return None


@dataclass(frozen=True)
class Task:
    """Training data for an encoder."""

    name: str
    """The model, as named in the params."""
    source: Path
    """Its folder."""
    segments: Sequence[Segment]
    targets: Codes
    """(N, K): 1 or 0; exactly one 1 a row if codes exclude each other."""
    exclusive: bool
    max_tokens: int
    params: TuneParams
    prompt: str = ""
    """What is put before each text."""

    @property
    def steps(self) -> int:
        """Number of batches in the whole training."""
        return self.params.epochs * -(-len(self.segments) // BATCH)

    @property
    def digest(self) -> str:
        """Hash of everything that the result depends on."""
        said = [[segment.text, segment.context] for segment in self.segments]
        tokenizer = hashlib.sha256((self.source / "tokenizer.json").read_bytes()).hexdigest()
        facts = [RULES, check_model(self.source), tokenizer, self.params.model_dump(), self.max_tokens, self.exclusive]
        facts += [self.prompt] if self.prompt else []
        text = json.dumps([*facts, self.targets.tolist(), said])
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def tune(task: Task, out: Path, work: Path, progress: Progress = _silent) -> None:
    """Fine-tune a model and write it into the folder ``out``, which is replaced as a whole.

    An interrupted run resumes from its last saved state in the folder ``work``, which is removed at the end.
    Raises NotReadyError without torch, BadParamsError if the model has fewer layers than the params want to train.
    """
    model = _learn(task, work, progress)
    made = work / "model"
    shutil.copytree(
        task.source,
        made,
        ignore=shutil.ignore_patterns("*.safetensors", f"{WEIGHTS}.index.json", "*.onnx", "*.bin"),
        dirs_exist_ok=True,
    )
    model.save_pretrained(str(made))
    write_json(made / f"{TUNED}.json", {"digest": task.digest, "segments": len(task.segments), "model": task.name})
    shutil.rmtree(out, ignore_errors=True)
    out.parent.mkdir(parents=True, exist_ok=True)
    made.replace(out)
    shutil.rmtree(work, ignore_errors=True)


def tunable_pooling(source: Path) -> str:
    """Return the pooling of a model that can be fine-tuned: ``mean`` or ``cls``.

    Raises BadParamsError for a model with another pooling, with modules after pooling, or without weights.
    """
    modes, others = pooling(source), set(module_kinds(source)) - {"Transformer", "Pooling", "Normalize"}
    if ready_made(source) or others or modes not in (("mean",), ("cls",)):
        what = (
            "this encoder cannot be fine-tuned: comb tunes transformers with mean or cls pooling and nothing after it"
        )
        raise BadParamsError(
            what, where=str(source), remedy="Set tune.epochs to 0, or " + OTHER[:1].lower() + OTHER[1:]
        )
    return modes[0]


def _learn(task: Task, work: Path, progress: Progress) -> Any:
    """Return the fine-tuned transformer."""
    try:
        import accelerate  # noqa: F401  (what the Trainer needs)
        import datasets  # noqa: F401
        import torch
        from transformers import AutoModel, Trainer, TrainingArguments, set_seed
        from transformers.trainer_callback import PrinterCallback, TrainerCallback
        from transformers.trainer_utils import get_last_checkpoint
        from transformers.utils.logging import disable_progress_bar
    except ImportError:
        what = "fine-tuning an encoder needs torch, transformers, datasets and accelerate"
        raise NotReadyError(what, remedy='Install them with: pip install "comb-coder[train]".') from None
    disable_progress_bar()  # type: ignore[no-untyped-call]

    class Shown(TrainerCallback):
        def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            progress(state.global_step)

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            progress(1)

    params = task.params
    set_seed(params.seed)
    encoder = AutoModel.from_pretrained(str(task.source), local_files_only=True)
    _freeze(encoder, params.layers)
    model = _with_linear_layer(encoder, task)
    inner = [p for p in encoder.parameters() if p.requires_grad]
    learning: list[dict[str, Any]] = [
        {"params": inner},
        {"params": model.linear.parameters(), "lr": params.rate * HEAD_RATE},
    ]
    arguments = TrainingArguments(
        output_dir=str(work),
        num_train_epochs=params.epochs,
        per_device_train_batch_size=BATCH,
        learning_rate=params.rate,
        warmup_steps=0.1,
        train_sampling_strategy="group_by_length",
        save_steps=SAVED_EVERY,
        save_total_limit=1,
        logging_strategy="no",
        report_to="none",
        disable_tqdm=True,
        remove_unused_columns=False,
        seed=params.seed,
        dataloader_pin_memory=False,
    )
    optimizer = torch.optim.AdamW(learning, lr=params.rate, weight_decay=0.01)
    trainer = Trainer(model, arguments, _batch, _examples(task), optimizers=(optimizer, None))
    trainer.remove_callback(PrinterCallback)
    trainer.add_callback(Shown)
    _drop_half_written(work)
    begun = get_last_checkpoint(str(work)) if work.is_dir() else None  # type: ignore[no-untyped-call]
    trainer.train(resume_from_checkpoint=begun)
    return encoder.cpu()


def _drop_half_written(work: Path) -> None:
    """Delete states that were being saved when the run was cut off: the Trainer writes this file last."""
    for saved in work.glob("checkpoint-*"):
        if not (saved / "trainer_state.json").is_file():
            shutil.rmtree(saved)


def _freeze(encoder: "torch.nn.Module", layers: int) -> None:
    """Let only the last ``layers`` layers learn."""
    import torch

    stacks = [module for module in encoder.modules() if isinstance(module, torch.nn.ModuleList)]
    stack = max(stacks, key=len, default=torch.nn.ModuleList())
    if len(stack) < layers:
        raise BadParamsError(
            f"the model has {len(stack)} separate layers, not {layers}",
            where="configs/params.yaml, tune.layers",
            remedy="Choose fewer, or another encoder.model.",
        )
    encoder.requires_grad_(False)
    for layer in stack[len(stack) - layers :]:
        layer.requires_grad_(True)


def _with_linear_layer(encoder: Any, task: Task) -> Any:
    """Put a linear layer from both embeddings (2 D) to the codes (K) behind the encoder."""
    import torch
    from torch.nn import functional

    how, k = tunable_pooling(task.source), task.targets.shape[1]
    share = np.maximum(task.targets.mean(axis=0), 1 / len(task.targets))
    weights = torch.tensor(share**-BALANCE / (share * share**-BALANCE).sum(), dtype=torch.float32)

    class Tuned(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = encoder
            self.linear = torch.nn.Linear(2 * int(encoder.config.hidden_size), k)

        def embed(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            hidden = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
            shown = mask[:, :, None].float()
            pooled = (hidden * shown).sum(dim=1) / shown.sum(dim=1).clamp(min=1) if how == "mean" else hidden[:, 0]
            return functional.normalize(pooled, dim=1)

        def forward(
            self, own: torch.Tensor, own_mask: torch.Tensor, answered: torch.Tensor, answered_mask: torch.Tensor,
            asked: torch.Tensor, labels: torch.Tensor,
        ) -> dict[str, torch.Tensor]:  # fmt: skip
            context = self.embed(answered, answered_mask) * asked[:, None]
            both = torch.cat([self.embed(own, own_mask), CONTEXT_WEIGHT * context], dim=1)
            logits = self.linear(SHARPNESS * both)
            if task.exclusive:
                return {
                    "loss": functional.cross_entropy(logits, labels.argmax(dim=1), weight=weights.to(logits.device))
                }
            each = functional.binary_cross_entropy_with_logits(logits, labels, reduction="none")
            return {"loss": each.sum(dim=1).mean()}

    return Tuned()


def _examples(task: Task) -> Any:
    """Return token ids of each segment and of what it answers, with its codes."""
    from datasets import Dataset
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(task.source / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(longest(task.source, task.max_tokens))
    own = [e.ids for e in tokenizer.encode_batch([task.prompt + segment.text for segment in task.segments])]
    answered = [e.ids for e in tokenizer.encode_batch([task.prompt + segment.context for segment in task.segments])]
    return Dataset.from_dict(
        {
            "own": own,
            "answered": answered,
            "asked": [float(bool(segment.context)) for segment in task.segments],
            "labels": task.targets.astype(float).tolist(),
            "length": [len(ids) for ids in own],
        }
    )


def _batch(examples: Sequence[dict[str, Any]]) -> "dict[str, torch.Tensor]":
    """Pad the token ids of some examples to one length."""
    import torch

    out = {name: torch.tensor([example[name] for example in examples]) for name in ("asked", "labels")}
    for name in ("own", "answered"):
        ids = [torch.tensor(example[name]) for example in examples]
        out[name] = torch.nn.utils.rnn.pad_sequence(ids, batch_first=True)
        lengths = torch.tensor([len(one) for one in ids])
        out[f"{name}_mask"] = (torch.arange(out[name].shape[1]) < lengths[:, None]).long()
    return out
