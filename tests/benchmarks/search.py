"""Search in 200 transcripts, beside a plain scan of all texts with ``re``.

Run: comb bench search [--transcripts 200]

Both answer the same question: in which turns does the word stand, and what are the first fifty. comb's time is that of
the whole answer (finding, counting, cutting the words around each place). The scan compiles one pattern, whatever the
case, and finds neither accents nor phrases over a line's end. The index's own time, once, is printed too.
"""

import argparse
import random
import re
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles

from comb.cli import run
from comb.review.domain.find_requests import Search
from comb.review.domain.finding import Finder
from comb.review.domain.views import Person
from comb.review.storage.database import Database
from comb.review.storage.library import Library, open_library
from comb.review.storage.search_index import SearchIndex
from comb.review.web.api import Api
from comb.study.layout import Study

COMMON = (
    "pills morning my wife says I never know which it was the nurse told me about walking more and it hurts".split()
)
QUERIES = ("the", "wife nurse", '"my wife"', "walk*", "rareword1234", "hurts OR pills", "word77*")


def make_study(folder: Path, transcripts: int) -> Study:
    """Make a study of interviews of about 150 turns, 9,000 words each."""
    assert run(["init", str(folder)]) == 0
    rng = random.Random(1)

    def sentence() -> str:
        words = rng.choices(COMMON, k=rng.randint(5, 14)) + [f"word{rng.randrange(20_000)}"] * (rng.random() < 0.5)
        return " ".join(words).capitalize() + "."

    study = Study(folder)
    for number in range(transcripts):
        turns = []
        for _ in range(75):
            turns += [f"I: {sentence()}", "P: " + " ".join(sentence() for _ in range(10))]
        turns.append(f"P: rareword{number:04}.")
        (study.raw / f"t{number:03}.txt").write_text("\n\n".join(turns) + "\n", encoding="utf-8")
    return study


def scan(library: Library, pattern: re.Pattern[str]) -> list[tuple[str, int, int]]:
    """Find a pattern in every turn of every transcript."""
    return [
        (name, number, found.start())
        for name, text in library.transcripts.items()
        for number, turn in enumerate(text.turns)
        if (found := pattern.search(text.text, turn.start, turn.end))
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--transcripts", type=int, default=200)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        study = make_study(Path(name) / "study", asked.transcripts)
        library, _ = open_library(study)
        database = Database.open(study.review)
        finder = Finder(Api.of(library, database).views, SearchIndex(study.search_index))
        begun = time.perf_counter()
        finder.index.update(library.transcripts)
        size = study.search_index.stat().st_size / 1e6
        print(f"index: {time.perf_counter() - begun:.2f} s, {size:.1f} MB, {len(library.ids)} transcripts")
        ours, theirs = [], []
        for words in QUERIES * 5:
            begun = time.perf_counter()
            with database.read() as db:
                found = finder.find(db, Person("Ann", "lead", team=False), search := Search(words=words))
                finder.data(search, found.part(0, 50))
            ours.append(time.perf_counter() - begun)
            pattern = re.compile(rf"\b{re.escape(words.split()[0].strip(chr(34) + '*'))}", re.IGNORECASE)
            begun = time.perf_counter()
            scan(library, pattern)
            theirs.append(time.perf_counter() - begun)
        database.close()
    for label, seconds in (("comb", ours), ("re", theirs)):
        p95 = quantiles(seconds, n=20)[-1]
        print(f"{label}: median {1000 * median(seconds):.0f} ms, 95% {1000 * p95:.0f} ms")
    print(f"comb / re, median: {median(ours) / median(theirs):.2f}")


if __name__ == "__main__":
    main()
