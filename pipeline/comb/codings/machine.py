"""How the machine is called in other programs, so that its suggestions never pass for a person's codings."""

import re

MODEL = "comb model "
"""Begins the name of a user, coder or author that is a model of comb; the model's id follows."""
MODEL_ID = re.compile(r"[0-9a-f]{16}")
"""What the id of a model looks like: 16 digits of a hash."""
_NAME = re.compile(r"\W*comb[\s_-]+model\b[\s:_#-]*(.*?)[\s)\]\"']*", re.IGNORECASE | re.DOTALL)


def model_of(name: str) -> str | None:
    """Return the id in the name of a model of comb; None for the name of a person.

    Programs change letter case and put names in lower case or in quotation marks; a name without an id is still the
    machine's.

    >>> model_of("comb model 60c33a60e7881ba5"), model_of("Comb_Model: x"), model_of("comb model"), model_of("Ann")
    ('60c33a60e7881ba5', 'x', '', None)
    """
    match = _NAME.fullmatch(name)
    return match[1] if match else None
