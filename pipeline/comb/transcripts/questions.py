"""Recognise speech that asks, by its question marks or, in machine transcripts without any, by how it begins."""

import re

_MARK = re.compile(r"[?？؟]")
_OPENING = re.compile(
    r"(?:(?:and|so|but|um+|uh+|er+m?|ok(?:ay)?|right|well|now|then|yeah|yes|great|good|thanks|thank you|mm+|just|also)"
    r"[\s,.]+)*"
    r"(?:how|what|why|when|where|who|which|whose|tell (?:me|us)|could i|can i|may i|any(?:thing|one) else"
    r"|(?:do|did|does|can|could|would|will|have|has|had|are|were|is|was)"
    r" (?:you|your|there|it|that|they|anyone|anybody|people))\b",
    re.IGNORECASE,
)
_TO_YOU = re.compile(
    r"\b(?:how|what|why|when|where|who|which)\b[\s\w']{0,24}?\b"
    r"(?:do|did|does|can|could|would|will|have|are|were) you\b"
    r"|\b(?:can|could|would|will) you (?:please )?(?:tell|describe|explain|say|talk|give|walk|share|introduce)\b"
    r"|\b(?:tell|talk) (?:me|us) (?:a (?:little )?bit |more |something )?(?:about|how|what|why|when|where|more)\b",
    re.IGNORECASE,
)


TAIL = 160
"""Characters at the end of a turn in which a question is put to the other speaker; earlier, it may be a reported
one."""


def asks(speech: str) -> bool:
    """Return whether a turn asks the other speaker something: it is short and begins like a question, or ends like one.

    >>> [asks(speech) for speech in ("Why is that?", "So how do you manage", "tell me about a day", "I forget.")]
    [True, True, True, False]
    """
    tail = speech[-TAIL:]
    opens = len(speech) <= 2 * TAIL and _OPENING.match(speech.lstrip("-–—•*\"“' "))
    return bool(opens or _MARK.search(tail) or _TO_YOU.search(tail))


def holds_question(speech: str) -> bool:
    """Return whether a speech contains a question.

    >>> holds_question("What helps? My sister rings, and then we both do it."), holds_question("I forget.")
    (True, False)
    """
    return bool(_MARK.search(speech) or asks(speech))
