"""Find words that may identify somebody in a text: by rules, and by spaCy's recogniser if a model is installed."""

from collections.abc import Callable, Collection, Iterator, Sequence
from functools import cache, partial
from typing import Any

from comb.privacy.found import Found, Kind, without_overlaps
from comb.privacy.names import find_names
from comb.privacy.patterns import find_patterns
from comb.privacy.tokens import Seen
from comb.privacy.word_lists import NEVER_NAMES, is_common

Recogniser = Callable[[str], Sequence[Found]]


def find(text: str, seen: Seen, recogniser: Recogniser | None = None, known: Collection[str] = ()) -> list[Found]:
    """Return the candidates in a text, in order and without overlaps.

    ``known`` are pseudonyms that it contains already: nothing within one is a candidate.
    """
    found = [*find_patterns(text), *find_names(text, seen)]
    if recogniser is not None:
        ruled = without_overlaps(found)
        found += [one for one in recogniser(text) if not any(_overlap(one, other) for other in ruled)]
    spans = list(_places(text, known))
    kept = [one for one in found if not any(start <= one.start and one.end <= end for start, end in spans)]
    return without_overlaps(kept)


def _overlap(one: Found, other: Found) -> bool:
    return one.start < other.end and other.start < one.end


def _places(text: str, known: Collection[str]) -> Iterator[tuple[int, int]]:
    folded = text.casefold() if len(text.casefold()) == len(text) else text
    for name in known:
        at = folded.find(name.casefold())
        while at >= 0:
            yield at, at + len(name)
            at = folded.find(name.casefold(), at + 1)


_LABELS: dict[str, Kind] = {
    "PERSON": "person",
    "PER": "person",
    "GPE": "place",
    "LOC": "place",
    "FAC": "organisation",
    "ORG": "organisation",
}


def _is_telling(words: str) -> bool:
    """Return whether what the model takes for a name is more than words that identify nobody, or initials."""
    parts = words.replace("’", "'").removesuffix("'s").split()
    plain = (part.casefold().strip(".,'") for part in parts if not (part.isupper() and len(part) < 6))
    return "\n" not in words and any(part not in NEVER_NAMES and not is_common(part) for part in plain)


@cache
def spacy_recogniser() -> tuple[str, Recogniser] | None:
    """Return the name of an installed English spaCy model with a recogniser, and the recogniser; None without one.

    Nothing is ever downloaded.
    """
    import spacy.util

    for name in sorted(spacy.util.get_installed_models()):
        if name.startswith("en_core_web"):
            model = spacy.util.load_model(name, exclude=["lemmatizer"])
            if model.has_pipe("ner"):
                model.max_length = 10**8
                return name, partial(_recognise, model)
    return None


def _recognise(model: Callable[[str], Any], text: str) -> list[Found]:
    named = [entity for entity in model(text).ents if entity.label_ in _LABELS and _is_telling(entity.text)]
    return [Found(entity.start_char, entity.end_char, _LABELS[entity.label_]) for entity in named]
