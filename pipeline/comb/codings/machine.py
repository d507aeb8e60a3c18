"""How the machine is called in other programs, so that its suggestions never pass for a person's codings."""

import re

MODEL = "comb model "
"""Begins the name of a user, coder or author that is a model of comb; the model's id follows."""
LLM = "llm:"
"""Begins the name of a coder that is a language model; the model's name follows."""
MODEL_ID = re.compile(r"[0-9a-f]{16}")
"""What the id of a model looks like: 16 digits of a hash."""
_NAME = re.compile(r"\W*comb[\s_-]*model(?![^\W_])[\s:_#-]*(.*?)[\s)\]\"']*", re.IGNORECASE | re.DOTALL)
_LLM_NAME = re.compile(r"(?<![^\W_])llm:\s*(\S.*?)[\s)\]\"']*$", re.IGNORECASE | re.DOTALL)
_ID_IN_NAME = re.compile(r"(?<![^\W_])(?=[0-9]*[a-f])(?=[a-f]*[0-9])[0-9a-f]{16}(?![^\W_])", re.IGNORECASE)


def model_of(name: str) -> str | None:
    """Return the id in the name of a model of comb; None for the name of a person.

    Programs and people change letter case, put names in quotation marks and words before or behind them: a name with
    an id in it is the machine's, however it is called, and so is one that begins as the machine's does.

    >>> model_of("comb model 60c33a60e7881ba5"), model_of("Comb_Model: x"), model_of("comb model"), model_of("Ann")
    ('60c33a60e7881ba5', 'x', '', None)
    >>> model_of("llm:qwen2.5:7b"), model_of("(LLM: gemma)"), model_of("Llm")
    ('llm:qwen2.5:7b', 'llm:gemma', None)
    """
    if llm := _LLM_NAME.search(name):
        return LLM + llm[1]
    if found := _ID_IN_NAME.search(name):
        return found[0].lower()
    match = _NAME.fullmatch(name)
    return match[1] if match else None
