"""A model folder, run by transformers on this machine; needs the extra "train"."""

import hashlib
import re
import threading
from pathlib import Path
from typing import Any

from comb.errors import BadInputError, NotReadyError
from comb.llm.questions import ModelFacts, Question, Reply, Unanswered


class Folder:
    """A causal language model in a folder, with a chat template and safetensors; nothing is fetched."""

    where = "model folder on this machine"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._weights = sorted(folder.glob("*.safetensors"))
        if not self._weights:
            remedy = "Name a folder with config.json, a tokenizer and .safetensors files."
            raise BadInputError("not a model folder", where=str(folder), remedy=remedy)
        self._lock = threading.Lock()
        self._facts = ModelFacts(
            name=folder.name,
            digest=_digest(self._weights),
            size=sum(path.stat().st_size for path in self._weights),
            licence=_licence(folder / "README.md"),
        )
        self._model: Any = None
        self._tokenizer: Any = None

    def facts(self) -> ModelFacts:
        """Return the facts about the model from its folder."""
        return self._facts

    def ask(self, question: Question) -> Reply:
        """Ask the model; see ``Backend.ask``. One question at a time: a model is not shared between threads."""
        import torch

        with self._lock, torch.inference_mode():
            self._load()
            ids = self._encoded(question)
            if question.top:
                return self._first_token(ids, question.top)
            torch.manual_seed(question.seed)
            sampled: dict[str, Any] = {"do_sample": False, "temperature": None, "top_p": None, "top_k": None}
            if question.temperature:
                sampled = {"do_sample": True, "temperature": question.temperature}
            made = self._model.generate(ids, max_new_tokens=question.max_tokens, **sampled)[0, ids.shape[1] :]
        text = str(self._tokenizer.decode(made, skip_special_tokens=True))
        return Reply(text, len(made) < question.max_tokens, model=self._facts.digest)

    def _first_token(self, ids: Any, top: int) -> Reply:
        import torch

        values, tokens = torch.log_softmax(self._model(ids).logits[0, -1].float(), -1).topk(top)
        names = [str(self._tokenizer.decode([token])) for token in tokens.tolist()]
        told = tuple(zip(names, values.tolist(), strict=True))
        return Reply(names[0], True, told, self._facts.digest)

    def _encoded(self, question: Question) -> Any:
        messages = [{"role": role, "content": text} for role, text in question.messages]
        try:
            found = self._tokenizer.apply_chat_template(
                messages, add_generation_prompt=True, return_tensors="pt", return_dict=True
            )
        except Exception:  # a template is a program of the model's own
            raise Unanswered("chat template fails", again=False) from None
        return found["input_ids"]

    def _load(self) -> None:
        if self._model is not None:
            return
        try:
            from transformers import AutoModelForCausalLM, AutoTokenizer
        except ImportError:
            remedy = 'Install it: pip install "comb-coder[train]".'
            raise NotReadyError("a model folder needs the extra 'train'", where="llm.model", remedy=remedy) from None
        # local_files_only: nothing is fetched; safetensors: no pickle; trust_remote_code off: none of its code is run.
        own = {"local_files_only": True, "trust_remote_code": False}
        try:
            self._tokenizer = AutoTokenizer.from_pretrained(self.folder, **own)
            self._model = AutoModelForCausalLM.from_pretrained(self.folder, use_safetensors=True, **own)
            self._model.eval()
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            what = f"the model cannot be loaded ({type(error).__name__})"
            raise BadInputError(what, where=str(self.folder), remedy="Check that the folder is complete.") from None


def _digest(files: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def _licence(readme: Path) -> str:
    """Return the licence that a model's README names in its head; empty if it names none."""
    text = readme.read_text(encoding="utf-8", errors="replace")[:5000] if readme.is_file() else ""
    found = re.search(r"^license:\s*(.+)$", text, re.MULTILINE)
    return found[1].strip()[:80] if found else ""
