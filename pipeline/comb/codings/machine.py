"""Names of models in other programs, so that their suggestions never pass for a person's codings."""

import re

MODEL = "comb model "
"""Beginning of the name of a user, coder or author that is a model of comb; the model's id follows."""
LLM = "llm:"
"""Beginning of the name of a coder that is a language model; the model's name follows."""
MODEL_ID = re.compile(r"[0-9a-f]{16}")
"""Pattern of a model's id: 16 digits of a hash."""
_NAME = re.compile(r"\W*comb[\s_-]*model(?![^\W_])[\s:_#-]*(.*?)[\s)\]\"']*", re.IGNORECASE | re.DOTALL)
_LLM_NAME = re.compile(r"(?<![^\W_])llm:\s*(\S.*?)[\s)\]\"']*$", re.IGNORECASE | re.DOTALL)
_ID_IN_NAME = re.compile(r"(?<![^\W_])(?=[0-9]*[a-f])(?=[a-f]*[0-9])[0-9a-f]{16}(?![^\W_])", re.IGNORECASE)


def model_of(name: str) -> str | None:
    """Return the id in the name of a model of comb; None for the name of a person.

    Programs and people change letter case, add quotation marks, and put words before or after names. A name that
    contains a model's id is therefore the model's, and so is a name that begins like one.

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
