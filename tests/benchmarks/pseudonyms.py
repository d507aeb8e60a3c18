"""Recall of ``comb pseudonymise`` on identifiers planted in the example corpus, and how many candidates are false.

Two halves: ``develop``, on which the rules were made, and ``held_out``, other names in other sentences, looked at once
when the rules were done. Each identifier is planted three times: in a transcript with capitals, in one that is all in
lower case without punctuation, as speech-to-text writes, and once more anywhere, a few in capitals throughout. Found
is what is covered whole. The forms are from lists written for this benchmark; the rules do not read them.

Recall on planted identifiers says how the rules do on such identifiers. It does not say that a transcript holds none:
a person must read.
"""

import argparse
import json
import random
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

from comb.privacy.finder import Recogniser, find, spacy_recogniser
from comb.privacy.found import KINDS, Found
from comb.privacy.tokens import seen_in
from comb.records import Transcript
from comb.transcripts.reader import read_folder

ROOT = Path(__file__).parents[2]
LISTS = Path(__file__).parent / "pseudonyms"
COPIES = 3
_PUNCTUATION = str.maketrans("", "", '.,?!;:"“”…')


@dataclass(frozen=True)
class Planted:
    """An identifier in a text of the benchmark."""

    start: int
    end: int
    kind: str
    way: str
    """How the text around is written: cased, lower or capitals."""


def ways(count: int, shuffle: random.Random) -> list[str]:
    """Say how each transcript is written: six of ten with capitals, three in lower case, one in capitals."""
    found = [
        ("cased", "cased", "lower", "cased", "lower", "cased", "cased", "capitals", "lower", "cased")[n % 10]
        for n in range(count)
    ]
    shuffle.shuffle(found)
    return found


def written(text: str, way: str, *, planted: bool = False) -> str:
    """Write a piece of text in a way."""
    if way == "lower":
        return text.lower().replace("mrs. ", "mrs ") if planted else text.lower().translate(_PUNCTUATION)
    return text.upper() if way == "capitals" else text


def plan(half: dict[str, dict[str, list[str]]], texts: list[str], seed: int) -> dict[int, list[tuple[str, str, str]]]:
    """Choose for each identifier the transcripts and the sentences: (kind, form, sentence) by transcript."""
    shuffle = random.Random(seed)
    by_way: dict[str, list[int]] = defaultdict(list)
    for number, way in enumerate(texts):
        by_way[way].append(number)
    chosen: dict[int, list[tuple[str, str, str]]] = defaultdict(list)
    for kind, lists in half.items():
        for form in lists["forms"]:
            for copy in range(COPIES):
                way = ("cased", "lower", shuffle.choice(["cased"] * 7 + ["lower"] * 2 + ["capitals"]))[copy]
                word_too = "word_carriers" in lists and way != "cased" and form in _WORDS_TOO
                sentence = shuffle.choice(lists["word_carriers" if word_too else "carriers"])
                chosen[shuffle.choice(by_way[way])].append((kind, form, sentence))
    return chosen


_TITLE = re.compile(r"(?:dr|mr|mrs|miss|nurse|sister|professor|aunty|auntie|uncle|big)\.? ", re.IGNORECASE)
"""A title stays: it says nothing without the name."""
_WORDS_TOO = set("Will May Mark Rose Hope Grace Ruby Joy Bill Jack Ivy Holly Frank Art Sue".split())


def compose(
    transcript: Transcript, way: str, planted: list[tuple[str, str, str]], seed: str
) -> tuple[str, list[Planted], int]:
    """Return a transcript's text with the sentences put in, where the identifiers are, and how many words it has."""
    shuffle = random.Random(seed)
    turns = [turn for turn in transcript.turns if turn.role == "participant"] or list(transcript.turns)
    after = defaultdict(list)
    for item in planted:
        after[shuffle.choice(turns).end].append(item)
    text, marks, at = "", [], 0
    for turn in transcript.turns:
        text += transcript.text[at : turn.start] + written(transcript.text[turn.start : turn.end], way)
        for kind, form, sentence in after[turn.end]:
            before, _, behind = sentence.partition("{x}")
            text += " " + written(before[:1].upper() + before[1:], way)
            form = written(form, way, planted=True)
            title = _TITLE.match(form)
            if title:
                text, form = text + title[0], form[title.end() :]
            marks.append(Planted(len(text), len(text) + len(form), kind, way))
            text += form + written(behind + ".", way)
        at = turn.end
    return text, marks, len(text.split())


def shown(text: str, mark: Planted) -> str:
    """Return a line that shows an identifier that was missed."""
    around = f"{text[mark.start - 25 : mark.start]}[{text[mark.start : mark.end]}]{text[mark.end : mark.end + 15]}"
    return f"{mark.kind:13} {mark.way:9} {around}".replace("\n", "/")


def covered(mark: Planted, found: list[Found]) -> bool:
    """Tell whether the candidates cover an identifier."""
    places = {place for one in found for place in range(max(one.start, mark.start), min(one.end, mark.end))}
    return len(places) == mark.end - mark.start


def measure(name: str, seed: int, recogniser: Recogniser | None) -> None:
    """Plant one half, look for it, and print recall by kind, the misses, and the number of other candidates."""
    half = json.loads((LISTS / f"{name}.json").read_text(encoding="utf-8"))
    transcripts, _ = read_folder(ROOT / "data" / "example" / "raw")
    written_as = ways(len(transcripts), random.Random(seed))
    chosen = plan(half, written_as, seed)
    made = [
        compose(t, way, chosen[n], f"{seed}{n}") for n, (t, way) in enumerate(zip(transcripts, written_as, strict=True))
    ]
    seen = seen_in(text for text, _, _ in made)
    hits: Counter[tuple[str, str]] = Counter()
    total: Counter[tuple[str, str]] = Counter()
    others: Counter[tuple[str, str]] = Counter()
    misses = []
    for text, marks, _ in made:
        found = find(text, seen, recogniser)
        for mark in marks:
            hit = covered(mark, found)
            total[mark.kind, mark.way] += 1
            hits[mark.kind, mark.way] += hit
            if not hit:
                misses.append(shown(text, mark))
        others.update(
            (one.kind, text[one.start : one.end])
            for one in found
            if not any(one.start < m.end and m.start < one.end for m in marks)
        )
    report(name, hits, total, sorted(misses))
    report_others(others, sum(words for _, _, words in made))


def report(name: str, hits: Counter[tuple[str, str]], total: Counter[tuple[str, str]], misses: list[str]) -> None:
    """Print recall by kind and by how the text is written."""
    print(f"\n{name}: {sum(total.values())} planted, recall {sum(hits.values()) / sum(total.values()):.3f}")
    print(f"{'kind':14}{'planted':>8}{'recall':>8}{'cased':>8}{'lower':>8}{'capitals':>9}")
    for kind in KINDS:
        cells = [(hits[kind, way], total[kind, way]) for way in ("cased", "lower", "capitals")]
        found, planted = (sum(column) for column in zip(*cells, strict=True))
        shares = "".join(
            f"{a / b if b else float('nan'):{width}.2f}" for (a, b), width in zip(cells, (8, 8, 9), strict=True)
        )
        print(f"{kind:14}{planted:8}{found / planted:8.2f}{shares}")
    print("missed:", *misses, sep="\n  ")


def report_others(others: Counter[tuple[str, str]], words: int) -> None:
    """Print how many candidates are not planted: of these, the corpus's own names are no false ones."""
    own = {line.casefold() for line in (LISTS / "own_names.txt").read_text(encoding="utf-8").split("\n") if line}
    false = Counter({(kind, text): n for (kind, text), n in others.items() if text.casefold() not in own})
    places, rows = sum(false.values()), len({text.casefold() for _, text in false})
    print(
        f"false: {places} places, {1000 * places / words:.1f} per 1,000 words; {rows} rows, {1000 * rows / words:.1f} "
        f"per 1,000 words; {sum(others.values()) - places} places are names of the corpus itself"
    )
    for kind in KINDS:
        listed = sorted(((n, text) for (k, text), n in false.items() if k == kind), reverse=True)
        print(f"  {kind}:", ", ".join(f"{text} {n}" if n > 1 else text for n, text in listed).replace("\n", "/"))


def main(arguments: list[str] | None = None) -> None:
    """Measure the half that is asked for, without and with spaCy's recogniser."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("half", nargs="?", default="both", choices=["develop", "held_out", "both"])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--spacy", action="store_true", help="with the recogniser of an installed spaCy model")
    asked = parser.parse_args(arguments)
    model = spacy_recogniser() if asked.spacy else None
    print(f"recogniser: {model[0] if model else 'rules alone'}")
    for half in ("develop", "held_out") if asked.half == "both" else (asked.half,):
        measure(half, asked.seed, model[1] if model else None)
    print("\nRecall on planted identifiers does not show that a transcript holds none: a person must read it.")


if __name__ == "__main__":
    main()
