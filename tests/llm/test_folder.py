"""A model folder through transformers: a tiny model of random weights, made here."""

import math
from pathlib import Path

import pytest

from comb.errors import BadInputError
from comb.llm.folder import Folder
from comb.llm.questions import Question

pytest.importorskip("torch", reason="the extra 'train' is not installed")
WORDS = ["[UNK]", "[EOS]", "B", "C", "D", "Answer", "with", "one", "letter", "system", "user", ":"]
TEMPLATE = "{% for m in messages %}{{ m.role }} : {{ m.content }} {% endfor %}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    path = tmp_path_factory.mktemp("models") / "tiny model"
    words = Tokenizer(models.WordLevel({word: n for n, word in enumerate(WORDS)}, unk_token="[UNK]"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=words, unk_token="[UNK]", eos_token="[EOS]")
    tokenizer.chat_template = TEMPLATE
    tokenizer.save_pretrained(path)
    torch.manual_seed(1)
    sizes = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    LlamaForCausalLM(LlamaConfig(vocab_size=len(WORDS), max_position_embeddings=64, **sizes)).save_pretrained(path)
    (path / "README.md").write_text("---\nlicense: apache-2.0\n---\n", encoding="utf-8")
    return path


def question(top: int = 0, temperature: float = 0) -> Question:
    messages = (("system", "Answer with one letter"), ("user", "one"))
    return Question(messages, 4, temperature, 1, top=top)


def test_probabilities_of_the_first_token_add_up(folder: Path) -> None:
    reply = Folder(folder).ask(question(top=len(WORDS)))
    assert {token for token, _ in reply.top} == set(WORDS)
    assert sum(math.exp(logprob) for _, logprob in reply.top) == pytest.approx(1, abs=1e-4)
    assert reply.text == reply.top[0][0]


@pytest.mark.parametrize("temperature", [0, 0.7])
def test_the_same_question_gets_the_same_answer(folder: Path, temperature: float) -> None:
    first, again = (Folder(folder).ask(question(temperature=temperature)) for _ in range(2))
    assert first == again
    assert first.model == Folder(folder).facts().digest


def test_facts_of_a_folder(folder: Path) -> None:
    facts = Folder(folder).facts()
    assert (facts.name, facts.licence) == ("tiny model", "apache-2.0")
    assert facts.size == (folder / "model.safetensors").stat().st_size
    assert len(facts.digest) == 64


def test_a_folder_without_weights_or_with_damaged_ones_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="not a model folder"):
        Folder(tmp_path)
    (tmp_path / "pytorch_model.bin").write_bytes(b"pickle")
    with pytest.raises(BadInputError, match="not a model folder"):
        Folder(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"no")
    with pytest.raises(BadInputError, match="cannot be loaded"):
        Folder(tmp_path).ask(question())
