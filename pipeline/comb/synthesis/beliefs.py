"""Belief statements of the Theoretical Domains Framework, and which domains are relevant (Atkins et al. 2017).

comb proposes groups of passages of a domain with similar content; a person words the statement, and a second one
confirms it. A statement is counted once per person interviewed. People judge whether a domain is relevant, by the
frequency of its beliefs, by conflicting beliefs and by strong ones; comb shows the figures.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from comb.codebook import Codebook
from comb.records import Segment
from comb.synthesis.counts import Count, count
from comb.synthesis.passages import Passage
from comb.synthesis.people import ALL, Sample
from comb.synthesis.sheets import Row, check_known


@dataclass(frozen=True)
class Belief:
    """One statement that several passages of a domain share."""

    id: str
    code: str
    statement: str
    theme: str
    context: str
    strong: bool
    conflicts_with: tuple[str, ...]
    by: str
    confirmed_by: str
    disputed_by: str
    """Who disagreed with the statement or its passages, even if this has been settled since."""
    passages: tuple[Passage, ...]

    @property
    def confirmed(self) -> bool:
        """Return whether a second person has confirmed the statement."""
        return bool(self.confirmed_by) and self.confirmed_by != self.by

    @property
    def state(self) -> str:
        """Return the state of the statement: confirmed or disputed by a second person, or neither."""
        if self.confirmed:
            return "confirmed after a dispute" if self.disputed_by else "confirmed"
        if self.disputed_by:
            return "disputed, to be settled"
        return "confirmed by its own author only" if self.confirmed_by else "to be confirmed by a second person"

    @property
    def as_written(self) -> str:
        """Return whether the belief is strong, in the words of the sheet."""
        return "yes" if self.strong else ""

    @property
    def side(self) -> str:
        """Return whether its passages speak of a barrier, a facilitator, or both."""
        hinders, helps = any(p.hinders for p in self.passages), any(p.helps for p in self.passages)
        return "both" if hinders and helps else "barrier" if hinders else "facilitator" if helps else ""


def read_beliefs(
    beliefs: Sequence[Row], places: Sequence[Row], passages: Sequence[Passage], codebook: Codebook, problems: list[str]
) -> tuple[list[Belief], list[str]]:
    """Join statements and their passages; also return notes on passages that are no longer coded.

    Rows that name an unknown code or belief are added to ``problems``.
    """
    ids = [row["belief"] for row in beliefs]
    problems += [f"{row['where']}: a belief's id cannot contain a semicolon" for row in beliefs if ";" in row["belief"]]
    check_known(beliefs, "code", list(codebook.codes), problems)
    check_known(beliefs, "conflicts_with", ids, problems, kind="belief", several=True)
    check_known(places, "belief", ids, problems, several=True)
    by_place: dict[tuple[str, str], list[Passage]] = {}
    for passage in passages:
        by_place.setdefault((passage.id, passage.code), []).append(passage)
    under: dict[str, list[Passage]] = {name: [] for name in ids}
    gone = 0
    for row in places:
        here = by_place.get((row["passage"], row["code"]), [])
        names = [name.strip() for name in row["belief"].split(";") if name.strip()]
        gone += bool(names) and not here
        for name in names:
            under.get(name, []).extend(here)
    many = "passage that a belief rests on is" if gone == 1 else "passages that beliefs rest on are"
    notes = [f"{gone} {many} no longer coded so; see data/synthesis/belief-passages.csv"]
    return [_belief(row, under[row["belief"]]) for row in beliefs], notes if gone else []


def _belief(row: Row, passages: Sequence[Passage]) -> Belief:
    conflicts = tuple(name.strip() for name in row["conflicts_with"].split(";") if name.strip())
    texts = (row["belief"], row["code"], row["statement"], row["theme"], row["context"])
    strong = row["strong"].casefold() == "yes"
    people = (row["by"], row["confirmed_by"], row["disputed_by"])
    return Belief(*texts, strong, conflicts, *people, tuple(passages))


def count_belief(sample: Sample, belief: Belief, group: str = ALL) -> Count:
    """Count a statement once per person interviewed; focus groups are named."""
    return count(sample, belief.passages, belief.code, belief.side, group)


def conflicting(beliefs: Sequence[Belief], code: str) -> list[tuple[str, str]]:
    """Return the pairs of a code's beliefs that a person marked as conflicting, without duplicates."""
    own = [belief for belief in beliefs if belief.code == code]
    return sorted({(min(b.id, other), max(b.id, other)) for b in own for other in b.conflicts_with})


@dataclass(frozen=True, slots=True)
class Judgement:
    """People's judgement of one domain by the three criteria; empty if nobody has judged it."""

    code: str
    frequent: str = ""
    conflicting: str = ""
    strong: str = ""
    relevant: str = ""
    importance: str = ""
    questions: str = ""
    comment: str = ""
    by: str = ""
    confirmed_by: str = ""
    disputed_by: str = ""
    dispute: str = ""

    @property
    def confirmed(self) -> bool:
        """Return whether a second person has confirmed the judgement."""
        return bool(self.confirmed_by) and self.confirmed_by != self.by

    @property
    def verdict(self) -> str:
        """Return whether the domain is relevant, and whether a second person agrees; empty if not judged."""
        if not self.relevant:
            return ""
        still = "" if self.confirmed else ", disputed" if self.disputed_by else ", to be confirmed"
        return f"{self.relevant}{still}"


def read_judgements(rows: Iterable[Row], codebook: Codebook, problems: list[str]) -> dict[str, Judgement]:
    """Return people's judgements, by code."""
    rows = list(rows)
    check_known(rows, "code", list(codebook.codes), problems)
    names = Judgement.__slots__
    return {row["code"]: Judgement(**{name: row[name] for name in names}) for row in rows}


def passage_vectors(
    passages: Sequence[Passage], segments: Sequence[Segment], embeddings: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Return a unit vector for each of P passages, (P, D): the mean over its segments.

    ``embeddings`` are those of the N segments, (N, D). A passage that overlaps no segment gets zeros.
    """
    rows: dict[str, list[int]] = {}
    for index, segment in enumerate(segments):
        rows.setdefault(segment.transcript, []).append(index)
    vectors = np.zeros((len(passages), embeddings.shape[1]))
    for number, passage in enumerate(passages):
        near = [
            i
            for i in rows.get(passage.transcript, ())
            if min(segments[i].end, passage.end) > max(segments[i].start, passage.start)
        ]
        if near:
            mean = embeddings[near].astype(np.float64).mean(axis=0)
            vectors[number] = mean / max(float(np.linalg.norm(mean)), 1e-12)
    return vectors


def propose(passages: Sequence[Passage], vectors: NDArray[np.float64], likeness: float) -> list[str]:
    """Propose groups of similar passages, by a name for each of P passages: ``code-1``, ``code-2``, and so on.

    Passages of one code are joined by average linkage while their mean cosine is at least ``likeness``. The largest
    group of a code comes first; a passage that is alone has no number.
    """
    proposed = [""] * len(passages)
    for code in dict.fromkeys(passage.code for passage in passages):
        rows = [number for number, passage in enumerate(passages) if passage.code == code]
        labels = _linked(vectors[rows], likeness)
        sizes = {label: labels.count(label) for label in dict.fromkeys(labels)}
        order = sorted(
            (label for label in sizes if sizes[label] > 1), key=lambda label: (-sizes[label], labels.index(label))
        )
        for row, label in zip(rows, labels, strict=True):
            if label in order:
                proposed[row] = f"{code}-{order.index(label) + 1}"
    return proposed


MOST_LINKED = 4000
"""Most passages of one code that are compared pairwise; with more, nothing is proposed."""


def _linked(vectors: NDArray[np.float64], likeness: float) -> list[int]:
    from scipy.cluster.hierarchy import fcluster, linkage

    if len(vectors) < 2 or len(vectors) > MOST_LINKED:
        return list(range(len(vectors)))
    # Rounded, so that the last digits of another machine's arithmetic do not change who is joined first.
    cosines = np.round(vectors @ vectors.T, 6)
    distances = (1 - cosines)[np.triu_indices(len(vectors), 1)]
    joined = linkage(np.maximum(distances, 0), method="average")
    return [int(label) for label in fcluster(joined, 1 - likeness, criterion="distance")]
