"""Read-only columns of each form, beside the cells to fill in."""

from collections.abc import Callable, Mapping, Sequence

from comb.synthesis.beliefs import conflicting, count_belief
from comb.synthesis.counts import find
from comb.synthesis.findings import Findings
from comb.synthesis.forms import Page
from comb.synthesis.intervention_tables import candidates
from comb.synthesis.matrices import MARKS
from comb.synthesis.passages import Passage
from comb.synthesis.results_tables import most_shared
from comb.synthesis.sheets import (
    APEASE,
    ASPECTS,
    BEHAVIOUR,
    BELIEF_PASSAGES,
    BELIEFS,
    INTERVENTIONS,
    MATRIX,
    PRACTICE,
    QUOTES,
    RELEVANCE,
    Row,
    Sheet,
)

Make = Callable[[Findings, Sequence[str]], Page]


def matrix(found: Findings, proposed: Sequence[str]) -> Page:
    """Show the passages of each cell, with a row for every cell with passages or a summary."""
    rows = []
    for cell in found.matrix:
        if cell.passages or cell.summary:
            words = "\n".join(map(_with_memo, {p.id: p for p in cell.passages}.values()))
            shown = {"name": found.name(cell.code), "state": cell.state, "text": words, "passages": "; ".join(cell.ids)}
            written = {"summary": cell.summary, "author": cell.author, "checked": cell.checked}
            rows.append({"case": cell.case, "code": cell.code, **shown, **written})
    return Page(MATRIX, ("name", "state", "text"), rows)


def _with_memo(passage: Passage) -> str:
    memo = f" (memo of {passage.coder}: {passage.memo})" if passage.memo else ""
    return f"[{passage.id}] {passage.text}{memo}"


def beliefs(found: Findings, proposed: Sequence[str]) -> Page:
    """Show how many people share each statement."""
    rows, disputes = [], found.disputes
    for belief in found.beliefs:
        counted = count_belief(found.sample, belief)
        written = {
            name: getattr(belief, name) for name in ("code", "statement", "theme", "context", "by", "confirmed_by")
        }
        written["disputed_by"], written["dispute"] = belief.disputed_by, disputes.get(belief.id, "")
        marks = {"strong": belief.as_written, "conflicts_with": "; ".join(belief.conflicts_with)}
        rows.append({"belief": belief.id, **written, **marks, "participants": counted.share, "state": belief.state})
    return Page(BELIEFS, ("participants", "state"), rows)


def belief_passages(found: Findings, proposed: Sequence[str]) -> Page:
    """Show each passage with the group of similar passages that comb proposes, group by group."""
    placed: dict[tuple[str, str], list[str]] = {}
    for belief in found.beliefs:
        for passage in belief.passages:
            placed.setdefault((passage.id, passage.code), []).append(belief.id)
    by = {(row["passage"], row["code"]): row["by"] for row in found.placed}
    rows: list[Row] = []
    for passage, group in sorted(zip(found.passages, proposed, strict=True), key=lambda pair: _order(found, *pair)):
        key = (passage.id, passage.code)
        shown = {
            "proposal": group,
            "who": "; ".join(passage.participants),
            "valence": passage.valence,
            "text": passage.text,
        }
        written = {"belief": "; ".join(placed.get(key, ())), "by": by.get(key, "")}
        rows.append({"passage": passage.id, "code": passage.code, **shown, **written})
    unique = {(row["passage"], row["code"]): row for row in reversed(rows)}
    return Page(BELIEF_PASSAGES, ("proposal", "who", "valence", "text"), list(reversed(unique.values())))


def _order(found: Findings, passage: Passage, group: str) -> tuple[int, int, str, int]:
    number = int(group.rpartition("-")[2]) if group else 10**6
    return (list(found.codebook.codes).index(passage.code), number, passage.transcript, passage.start)


def relevance(found: Findings, proposed: Sequence[str]) -> Page:
    """Show the figures for judging the three criteria of Atkins et al. (2017)."""
    rows = []
    for code in found.codes:
        total, judged = find(found.counts, code), found.judgements.get(code)
        own = [belief for belief in found.beliefs if code in found.codebook.codes[belief.code].path]
        shown = {
            "domain": found.name(code),
            "participants": total.share,
            "focus_groups": ", ".join(total.focus_groups),
            "barrier": find(found.counts, code, "barrier").share,
            "facilitator": find(found.counts, code, "facilitator").share,
            "beliefs": str(len(own)),
            "most_shared": most_shared(found, own).removeprefix("; most shared belief "),
            "conflicting_pairs": str(len(conflicting(found.beliefs, code))),
            "strong_beliefs": str(sum(belief.strong for belief in own)),
        }
        written = {name: getattr(judged, name) if judged else "" for name in RELEVANCE.fill}
        rows.append({"code": code, **shown, **written})
    shown_names = ("domain", "participants", "focus_groups", "barrier", "facilitator", "beliefs", "most_shared")
    return Page(RELEVANCE, (*shown_names, "conflicting_pairs", "strong_beliefs"), rows)


def quotes(found: Findings, proposed: Sequence[str]) -> Page:
    """Show the quotations as chosen now: yes keeps one, no replaces it; any passage may be added."""
    rows = {(row["code"], row["passage"]): {name: row[name] for name in QUOTES.columns} for row in found.picked}
    for quote in found.quotes:
        empty = {"code": quote.code, "passage": quote.passage.id, "pick": "", "why": ""}
        row = rows.setdefault((quote.code, quote.passage.id), empty)
        row |= {"valence": quote.valence, "text": quote.passage.text}
    return Page(QUOTES, ("valence", "text"), list(rows.values()))


def apease(found: Findings, proposed: Sequence[str]) -> Page:
    """Show every function, policy and technique that comes up, with the reason and the state of the link."""
    items: dict[tuple[str, str], tuple[str, str]] = {}
    for link in found.wheel.links:
        why = f"{found.name(link.code)} ({link.count.share})"
        title, before = items.get(("function", link.function), (link.function + MARKS[link.state], ""))
        items["function", link.function] = (title, "; ".join(dict.fromkeys(filter(None, [*before.split("; "), why]))))
    for kind, cells in (("policy", found.wheel.policies), ("technique", found.wheel.techniques)):
        for cell in cells:
            name = found.technique(cell.target_item) if kind == "technique" else cell.target_item
            title, before = items.get((kind, cell.target_item), (name + MARKS[cell.state], ""))
            why = "; ".join(dict.fromkeys(filter(None, [*before.split("; "), cell.source_item])))
            items[kind, cell.target_item] = (title, why)
    for key in found.apease:
        items.setdefault(key, (key[1], "no longer follows from a relevant domain"))
    rows = []
    for (kind, item), (title, why) in items.items():
        written = {name: found.apease.get((kind, item), {}).get(name, "") for name in APEASE.fill}
        rows.append({"kind": kind, "item": item, "title": title, "for": why, **written})
    return Page(APEASE, ("title", "for"), rows)


def interventions(found: Findings, proposed: Sequence[str]) -> Page:
    """Show the plan so far, and a row for each technique that was chosen for a relevant domain."""
    rows = {
        (r["code"], r["function"], r["bct"]): {name: r[name] for name in INTERVENTIONS.columns}
        for r in found.interventions
    }
    picked = {
        item for (kind, item), row in found.apease.items() if kind == "technique" and row["chosen"].casefold() == "yes"
    }
    for code in found.wheel.relevant:
        for cell in candidates(found, code):
            if cell.target_item in picked:
                key = (code, cell.source_item, cell.target_item)
                rows.setdefault(key, dict(zip(INTERVENTIONS.key, key, strict=True)))
    return Page(INTERVENTIONS, (), list(rows.values()))


def practice(found: Findings, proposed: Sequence[str]) -> Page:
    """Show the techniques that were counted in present practice."""
    return Page(PRACTICE, (), [{name: row[name] for name in PRACTICE.columns} for row in found.practice])


def behaviour(found: Findings, proposed: Sequence[str]) -> Page:
    """Show the question for each aspect of the target behaviour."""
    written = {row["aspect"]: row for row in found.behaviour}
    empty = {"answer": "", "by": ""}
    rows = [
        {"aspect": aspect, "asks": asks, **{name: written.get(aspect, empty)[name] for name in empty}}
        for aspect, asks in ASPECTS.items()
    ]
    return Page(BEHAVIOUR, ("asks",), rows)


PAGES: Mapping[str, tuple[Make, ...]] = {
    "matrix": (matrix,),
    "beliefs": (beliefs, belief_passages, relevance, quotes),
    "wheel": (behaviour, apease, interventions, practice),
}
"""The sheets of each form, by the command that writes and reads it."""
SHEETS_OF: Mapping[str, tuple[Sheet, ...]] = {
    "matrix": (MATRIX,),
    "beliefs": (BELIEFS, BELIEF_PASSAGES, RELEVANCE, QUOTES),
    "wheel": (BEHAVIOUR, APEASE, INTERVENTIONS, PRACTICE),
}
