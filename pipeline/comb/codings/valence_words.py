"""The words that people write for a valence."""

import re

from comb.records import Valence

_WORDS: dict[Valence, tuple[str, ...]] = {
    "barrier": (
        *("barrier", "b", "bar", "negative", "neg", "-", "--", "minus", "-1", "hinder", "hindering", "hindrance"),
        *("inhibit", "inhibiting", "inhibitor", "impede", "impeding", "impediment", "obstacle", "obstruct", "against"),
        *("disable", "disabler", "disabling", "block", "blocker", "con", "constraint", "challenge", "discourage"),
        *("prevent", "preventer", "preventing", "limit", "limiting", "limitation", "deterrent", "demotivator"),
        *("barriere", "hindernis", "hemmend", "hemmnis", "hinderlich", "barrière", "frein", "négatif", "negativ"),
    ),
    "facilitator": (
        *("facilitator", "f", "fac", "facil", "facilitate", "facilitating", "facilitation", "positive", "pos", "+"),
        *("++", "plus", "+1", "help", "helping", "helpful", "helper", "enable", "enabling", "enabler", "support"),
        *("supporting", "supportive", "supporter", "promote", "promoting", "promoter", "driver", "pro", "encourage"),
        *("encouraging", "motivator", "lever", "förderlich", "fördernd", "förderfaktor", "hilfreich", "positiv"),
        *("levier", "facilitateur", "facilitant", "positif"),
    ),
    "both": (
        *("both", "mixed", "mix", "ambivalent", "ambivalence", "dual", "bidirectional", "±", "bf", "fb"),
        *("+-", "-+", "two-way"),
    ),
    "": ("", "none", "n/a", "na", "neutral", "neither", "no valence", "not applicable", "nil"),
}
KNOWN = {word: valence for valence, words in _WORDS.items() for word in words}
_DASHES = str.maketrans(dict.fromkeys("–—−‐‑", "-"))
_JOINTS = re.compile(r"\s*(?:[/&;,|]|\band\b|\bor\b|(?<=\w)\s*\+\s*(?=\w))\s*")


def as_valence(text: str) -> Valence | None:
    """Return the valence that a word stands for; None if it stands for none.

    >>> as_valence("Facilitators"), as_valence("+"), as_valence("B/F"), as_valence(""), as_valence("maybe")
    ('facilitator', 'facilitator', 'both', '', None)
    """
    word = " ".join(text.translate(_DASHES).casefold().split()).strip(" .'’\"()[]")
    whole = _one(word)
    if whole is not None or not word:
        return whole
    parts = [_one(part) for part in _JOINTS.split(word)]
    if len(parts) < 2 or None in parts or "" in parts:
        return None
    return parts[0] if len(set(parts)) == 1 else "both"


def _one(word: str) -> Valence | None:
    return next((KNOWN[form] for form in (word, word.removesuffix("s")) if form in KNOWN), None)
