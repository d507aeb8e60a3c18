"""One transcript with its codes as one HTML file: to read, to filter by code, coder and score, and to print."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from comb.exchange.colors import palette, readable, tint
from comb.exchange.project import Project
from comb.records import Coding, Suggestion, Transcript, Turn
from comb.report import page
from comb.study.files import write_text

LIGHT, DARK = ("#F4F4F4", "#1B1B1B"), ("#212429", "#ECECEC")
"""Colour of text, and of the background with the lower contrast to it; see ``transcript.css``."""
LANES = 6
LINES = ("solid", "dashed", "double", "dotted")


@dataclass(frozen=True, slots=True)
class Item:
    """One coding or suggestion, as shown."""

    number: int
    start: int
    end: int
    code: str
    name: str
    valence: str
    coder: str
    score: str
    verdict: str
    memo: str
    classes: str


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of text with the same codings."""

    text: str
    items: list[tuple[Item, int, bool]]
    """The codings, each with its lane and whether it begins here."""
    ending: list[Item]


def write_html(project: Project, path: Path) -> list[str]:
    """Write the page for the only transcript of a project. Return warnings on omissions."""
    write_text(path, render_transcript(project))
    empty = sum(not coding.code for coding in project.codings)
    return [f"rows that say “read, no code”, left out: {empty}"] if empty else []


def render_transcript(project: Project) -> str:
    """Make the page for the only transcript of a project; people's texts are escaped."""
    (transcript,) = project.transcripts.values()
    shown = sorted(_shown(project, transcript), key=lambda one: (one.start, -one.end))
    count = Counter(one.code for one in shown)
    colors = palette(project.codebook, count)
    codes = [code for code in colors if code in count]
    who = Counter(_coder(one) for one in shown)
    items = _items(project, shown, codes, list(who))
    names = _names(project)
    return page.render(
        "transcript.html.j2",
        page.part("base.css") + page.part("transcript.css") + _color_rules([colors[code] for code in codes]),
        page.part("transcript.js"),
        name=transcript.id,
        summary=f"{len(transcript.turns)} turns. Codings: {len(items)}. Codes: {len(codes)}. Coders: {len(who)}.",
        behaviour=project.codebook.behaviour if project.codebook else "",
        codes=[{"class": f"c{n}", "name": names.get(code, code), "count": count[code]} for n, code in enumerate(codes)],
        coders=[{"class": f"r{n}", "name": name, "count": who[name]} for n, name in enumerate(who)],
        turns=list(_turns(transcript, items)),
    )


def _names(project: Project) -> dict[str, str]:
    return {code.id: code.name for code in project.codebook or ()}


def _shown(project: Project, transcript: Transcript) -> Iterator[Coding | Suggestion]:
    both: list[Coding | Suggestion] = [*project.codings, *project.suggestions]
    for one in both:
        if one.code and 0 <= one.start < one.end <= len(transcript.text):
            yield one


def _coder(one: Coding | Suggestion) -> str:
    return f"comb (model {one.model})" if isinstance(one, Suggestion) else one.coder


def _items(
    project: Project, shown: Sequence[Coding | Suggestion], codes: Sequence[str], coders: Sequence[str]
) -> list[Item]:
    names = _names(project)
    verdicts = {(d.start, d.end, d.code, d.model): f"{d.verdict} by {d.coder}" for d in project.decisions}
    code_at, coder_at = ({name: at for at, name in enumerate(known)} for known in (codes, coders))
    items = []
    for number, one in enumerate(shown, 1):
        classes = f"c{code_at[one.code]} r{coder_at[_coder(one)]}"
        classes += "" if one.score is None else f" s{int(one.score * 20 + 1e-9)}"
        items.append(
            Item(
                number=number,
                start=one.start,
                end=one.end,
                code=one.code,
                name=names.get(one.code, one.code),
                valence=one.valence,
                coder=_coder(one),
                score="" if one.score is None else f"score {one.score:.2f}",
                verdict=verdicts.get((one.start, one.end, one.code, one.model), "")
                if isinstance(one, Suggestion)
                else "",
                memo=one.memo if isinstance(one, Coding) else "",
                classes=classes,
            )
        )
    return items


def _color_rules(colors: Sequence[str]) -> str:
    """Return the line, tint and kind of line of each code, by day and by night."""
    light = "".join(_rule(at, color, *LIGHT, LINES[at % len(LINES)]) for at, color in enumerate(colors))
    dark = "".join(_rule(at, color, *DARK, LINES[at % len(LINES)]) for at, color in enumerate(colors))
    return f"{light}@media screen and (prefers-color-scheme: dark) {{\n{dark}}}\n"


def _rule(at: int, color: str, back: str, ink: str, line: str) -> str:
    shade = tint(color, back, ink, most=0.18)
    return f".c{at} {{ --c: {readable(color, back)}; --t: {shade}; --l: {line}; }}\n"


# ---- the text


def _turns(transcript: Transcript, items: Sequence[Item]) -> Iterator[dict[str, Any]]:
    """Yield each turn with what stands before it, such as a title; the speaker's label is the heading instead."""
    cursor = _Cursor(transcript.text, items, _lanes(items))
    before = 0
    for turn in transcript.turns:
        # A coding may begin in the label; it is shown with the turn.
        gap, gap_items = cursor.block(before, _label(transcript.text, turn, before))
        words, own = cursor.block(turn.start, turn.end)
        deepest = max((lane for part in words for _, lane, _ in part.items), default=0)
        said = {"lines": f"l{deepest}", "speaker": turn.speaker, "role": turn.role, "time": _time(turn.time)}
        yield {"gap": gap, "gap_items": gap_items, "words": words, "items_": own, **said}
        before = turn.end
    gap, gap_items = cursor.block(before, len(transcript.text))
    nobody = {"speaker": "", "role": "", "time": ""}
    yield {"gap": gap, "gap_items": gap_items, "words": [], "items_": [], **nobody}


def _label(text: str, turn: Turn, before: int) -> int:
    """Find where the label of a turn begins; if it has none, the turn itself."""
    line = max(text.rfind("\n", 0, turn.start) + 1, before)
    return line if turn.speaker else turn.start


@dataclass
class _Cursor:
    """Goes through a text block by block, with the codings that reach into each."""

    text: str
    items: Sequence[Item]
    lanes: Mapping[int, int]
    next: int = 0
    reaching: list[Item] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)
    """Codings whose first words were given: the place that their link leads to."""

    def block(self, start: int, end: int) -> tuple[list[Part], list[Item]]:
        """Return the parts of the next block, and the codings that begin in it."""
        last = bisect_left(self.items, end, key=lambda item: item.start)
        begun = list(self.items[self.next : last])
        over = [item for item in (*self.reaching, *begun) if item.end > start]
        self.next, self.reaching = last, [item for item in over if item.end > end]
        filled = over or self.text[start:end].strip()
        return (list(self._parts(start, end, over)) if filled else []), begun

    def _parts(self, start: int, end: int, items: Sequence[Item]) -> Iterator[Part]:
        edges = {start, end, *(place for item in items for place in (item.start, item.end) if start < place < end)}
        for at, until in pairwise(sorted(edges)):
            active = [item for item in items if item.start < until and item.end > at]
            active.sort(key=lambda item: -self.lanes[item.number])
            marked = [(item, self.lanes[item.number], item.number not in self.seen) for item in active]
            self.seen |= {item.number for item in active}
            yield Part(self.text[at:until], marked, [item for item in items if item.end == until])


def _lanes(items: Sequence[Item]) -> dict[int, int]:
    """Assign each coding the lowest line beneath the text that no overlapping coding has."""
    lanes: dict[int, int] = {}
    ends = [0] * LANES
    for item in items:
        free = next((lane for lane in range(LANES) if ends[lane] <= item.start), LANES - 1)
        lanes[item.number] = free
        ends[free] = max(ends[free], item.end)
    return lanes


def _time(time: float | None) -> str:
    if time is None:
        return ""
    whole = int(time)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}"
