"""The usual tables of results in papers, with their columns; each row has the ids of its passages."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from comb.synthesis.beliefs import Belief, conflicting, count_belief
from comb.synthesis.counts import Count, find, percent, under
from comb.synthesis.findings import Findings
from comb.synthesis.passages import Passage
from comb.synthesis.people import ALL
from comb.synthesis.sheets import ASPECTS

CODE_ID = r"\b\w+_\w+\b|(?:(?<=[:,] )|(?<=\bis )|(?<=\bor ))[a-z]+\b"
"""Where a text of the codebook may mention a code by its id."""
TO_BE_JUDGED = "to be judged"
TO_WRITE = "To be written by you"
FOCUS_GROUPS = (
    "Participants are those interviewed, each counted once. In focus groups, participants are not counted (Atkins et "
    "al. 2017); the focus groups in which a code or belief statement came up are named."
)


@dataclass(frozen=True)
class Line:
    """One row of a table: its cells, and the ids of its passages."""

    cells: tuple[str, ...]
    passages: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """One table of a paper."""

    name: str
    title: str
    columns: tuple[str, ...]
    lines: tuple[Line, ...]
    notes: tuple[str, ...] = ()


def quoted(quote: Passage) -> str:
    """Return a passage's words for printing: in quotation marks, with spaces for line breaks."""
    return f"“{' '.join(quote.text.split())}”"


def who(found: Findings, passage: Passage) -> str:
    """Return the speaker as in papers: attributes in alphabetical order, then the participant's id."""
    people = passage.participants or (passage.transcript,)
    stated = []
    for person in people:
        values = found.sample.attributes.get(person, {})
        stated.append(", ".join([*(values[name] for name in sorted(values)), person]))
    group = f"; {passage.transcript}" if passage.kind == "focus group" else ""
    return f"({'; '.join(stated)}{group})"


def ids(passages: Iterable[Passage]) -> tuple[str, ...]:
    """Return the ids of passages, without duplicates."""
    return tuple(dict.fromkeys(passage.id for passage in passages))


def in_groups(counted: Count) -> str:
    """Return the focus groups in which it came up."""
    return ", ".join(counted.focus_groups) or "–"


def summary(found: Findings) -> Table:
    """Barriers and facilitators by domain: participants overall and in each group."""
    groups = found.sample.compared
    columns = ["code", "valence", f"participants (of {len(found.sample.interviewed())})"]
    columns += [f"{group} (of {len(found.sample.interviewed(group))})" for group in groups]
    columns += ["interviews", "interview passages", "in focus groups"]
    lines = []
    for code in found.codebook:
        sided = any(find(found.counts, code.id, side).evidence for side in ("barrier", "facilitator"))
        for valence in ("barrier", "facilitator", "none") if sided else ("none",):
            total = find(found.counts, code.id, valence)
            if not total.evidence:
                continue
            cells = [f"{'   ' * (len(code.path) - 1)}{code.name}", valence, total.share]
            cells += [find(found.counts, code.id, valence, group).share for group in groups]
            cells += [str(len(total.interviews)), str(len(total.passages)), in_groups(total)]
            lines.append(Line(tuple(cells), total.evidence))
    note = "A passage counts for its code and for the codes above it; if it is both barrier and facilitator, for each."
    if any(passage.valence for passage in found.passages):
        note += " The rows 'none' count passages without a valence."
    return Table("summary", "Barriers and facilitators", tuple(columns), tuple(lines), (FOCUS_GROUPS, note))


def behaviour(found: Findings) -> Table:
    """Describe the target behaviour, aspect by aspect."""
    written = {row["aspect"]: row["answer"] for row in found.behaviour}
    lines = [Line((aspect, asks, written.get(aspect) or TO_WRITE)) for aspect, asks in ASPECTS.items()]
    note = (
        "Action, actor, context, target and time: AACTT (Presseau et al. 2019). To fill in this table, use the sheet "
        "'behaviour' of the form Behaviour change wheel (page Report, or: comb wheel --form wheel.xlsx)."
    )
    return Table("behaviour", "The target behaviour", ("aspect", "asks", "in this study"), tuple(lines), (note,))


def coding_framework(found: Findings) -> Table:
    """COM-B / TDF coding framework."""
    lines = []
    for code, beliefs in _by_code(found):
        for theme in dict.fromkeys(belief.theme for belief in beliefs) or [""]:
            own = [belief for belief in beliefs if belief.theme == theme]
            concepts = "; ".join(belief.statement for belief in own)
            context = "; ".join(dict.fromkeys(belief.context for belief in own if belief.context))
            cells = (found.component(code), found.domain(code) or "–", theme or "–", concepts or "–", context or "–")
            lines.append(Line(cells, ids(p for b in own for p in b.passages) or find(found.counts, code).evidence))
    columns = ("COM-B", "framework level", "subtheme", "concepts", "contextual domain")
    return Table("coding_framework", "Coding framework", columns, tuple(lines))


def thematic_count(found: Findings) -> Table:
    """TDF thematic count."""
    lines, valences = [], any(passage.valence for passage in found.passages)
    for code, beliefs in _by_code(found):
        own = [p for p in under(found.codebook, code, found.passages) if p.kind == "interview"]
        total = len(ids(own))
        sides = [[p for p in own if p.hinders], [p for p in own if p.helps], [p for p in own if not p.valence]]
        questions = found.judgements[code].questions if code in found.judgements else ""
        percents = [str(percent(len(ids(side)), total)) if total and valences else "–" for side in sides]
        themes = {belief.theme for belief in beliefs} - {""}
        cells = (found.name(code), questions or "–", str(total), *percents, str(len(beliefs)), str(len(themes)))
        lines.append(Line(cells, ids(own)))
    columns = (
        "domain",
        "questions",
        "utterances",
        "reduce (%)",
        "increase (%)",
        "no influence stated (%)",
        "specific beliefs",
    )
    note = (
        "Utterances are coded passages of interviews; barriers reduce and facilitators increase the behaviour. A "
        "passage that is both counts as each. The column 'no influence stated' counts passages of which the coder did "
        "not say whether they reduce or increase the behaviour."
    )
    if not valences:
        note = "Utterances are coded passages of interviews. Codings have no valence, so their influence is not known."
    note += " Passages from focus groups are left out, both of the figures and of the passages that the web page lists."
    asked = "Questions: the number of interview questions on the domain, as entered in data/synthesis/relevance.csv."
    return Table("thematic_count", "Thematic count by domain", (*columns, "themes"), tuple(lines), (asked, note))


def beliefs_by_group(found: Findings) -> Table:
    """Belief statements by group."""
    groups = found.sample.compared or (ALL,)
    lines = []
    for belief in found.beliefs:
        counts = [count_belief(found.sample, belief, group) for group in groups]
        shares = [f"{len(c.participants)}/{c.of_participants}" if c.of_participants else "–" for c in counts]
        total = count_belief(found.sample, belief)
        marks = [*(["strong"] if belief.strong else []), *(["conflicting"] if _conflicts(found, belief) else [])]
        cells = (found.name(belief.code), belief.side or "–", belief.statement, *shares, in_groups(total))
        lines.append(Line((*cells, ", ".join(marks) or "–", belief.state), total.evidence))
    columns = ("domain", "category", "belief statement", *groups, "in focus groups", "marked", "state")
    return Table("beliefs_by_group", "Belief statements by group", columns, tuple(lines), (FOCUS_GROUPS,))


def specific_beliefs(found: Findings) -> Table:
    """Specific beliefs with sample quotations and frequency, as most studies with the framework print them."""
    lines = []
    for belief in found.beliefs:
        total = count_belief(found.sample, belief)
        quotes = "\n".join(f"{quoted(passage)} {who(found, passage)}" for passage in _samples(belief))
        n = f"{len(total.participants)} of {total.of_participants}" if total.of_participants else "–"
        lines.append(
            Line((found.name(belief.code), belief.statement, quotes or "–", n, in_groups(total)), total.evidence)
        )
    columns = ("domain", "specific belief", "sample quotes", "frequency", "in focus groups")
    return Table("specific_beliefs", "Specific beliefs with sample quotes", columns, tuple(lines), (FOCUS_GROUPS,))


def _samples(belief: Belief) -> list[Passage]:
    """Return up to two passages of a belief, of different people and of a length that can be printed."""
    found: list[Passage] = []
    for passage in sorted(belief.passages, key=lambda p: (abs(len(p.text.split()) - 25), p.id)):
        people = {person for other in found for person in other.participants}
        if not people & set(passage.participants) and passage.id not in ids(found):
            found.append(passage)
    return found[:2]


def most_shared(found: Findings, beliefs: Sequence[Belief]) -> str:
    """Return how many people share the most common belief of a domain; empty if none is worded."""
    counts = [count_belief(found.sample, belief) for belief in beliefs]
    most = max((len(c.participants) for c in counts), default=0)
    of = counts[0].of_participants if counts else 0
    return f"; most shared belief {most} of {of}" if of else ""


def coding_guideline(found: Findings) -> Table:
    """Coding guideline: the codebook as it was used."""
    lines = []
    for code in found.codebook:
        name = f"{'   ' * (len(code.path) - 1)}{code.name}"
        texts = (code.definition, code.include, code.exclude)
        lines.append(Line((name, *(_by_name(found, text) or "–" for text in texts))))
    columns = ("code", "definition", "include", "exclude")
    return Table("coding_guideline", "Coding guideline", columns, tuple(lines))


def _by_name(found: Findings, text: str) -> str:
    """Name codes where a text of the codebook mentions them by id.

    An id without an underscore may be a plain word: it counts only after a colon, a comma, "is" or "or".
    """
    codes = found.codebook.codes
    return re.sub(CODE_ID, lambda word: found.name(word[0]) if word[0] in codes else word[0], text)


def _conflicts(found: Findings, belief: Belief) -> bool:
    return any(belief.id in pair for pair in conflicting(found.beliefs, belief.code)) or bool(belief.conflicts_with)


def domain_relevance(found: Findings) -> Table:
    """Domain relevance by the three criteria of Atkins et al. (2017)."""
    lines = []
    for code, beliefs in _by_code(found):
        judged, total = found.judgements.get(code), find(found.counts, code)
        pairs, strong = conflicting(found.beliefs, code), sum(belief.strong for belief in beliefs)
        shared = most_shared(found, beliefs)
        figures = (
            f"{total.share} in the domain{shared}" if total.of_participants else "–",
            f"{len(pairs)} pairs" if len(pairs) != 1 else "1 pair",
            f"{strong} marked strong",
        )
        words = (judged.frequent, judged.conflicting, judged.strong) if judged else ("", "", "")
        cells = [f"{word or TO_BE_JUDGED}: {figure}" for word, figure in zip(words, figures, strict=True)]
        relevant = (judged.verdict if judged else "") or TO_BE_JUDGED
        lines.append(Line((found.name(code), found.codebook.codes[code].definition, *cells, relevant), total.evidence))
    columns = (
        "domain",
        "description",
        "(i) high frequency",
        "(ii) conflicting beliefs",
        "(iii) clear / strong beliefs",
    )
    note = "Yes and no are the researchers' judgement; the figures after the colon are comb's counts."
    return Table("domain_relevance", "Relevance of domains", (*columns, "relevant"), tuple(lines), (note, FOCUS_GROUPS))


def relevance_short(found: Findings) -> Table:
    """Relevance in short."""
    lines = []
    for code, beliefs in _by_code(found):
        judged = found.judgements.get(code)
        names = {"frequent": "frequent", "strong": "important", "conflicting": "conflicting"}
        said = [text for name, text in names.items() if judged and getattr(judged, name).casefold() == "yes"]
        answer = {"yes": "relevant", "no": "not relevant"}.get(judged.relevant if judged else "", TO_BE_JUDGED)
        relevance = ", ".join(said) or answer
        for belief in beliefs:
            side = {"facilitator": "enabler", "both": "enabler and barrier"}.get(belief.side, belief.side)
            cells = (found.name(code), belief.theme or belief.statement, relevance, side or "–")
            lines.append(Line(cells, ids(belief.passages)))
    relevance = "relevance of the domain (frequent / important / conflicting)"
    columns = ("domain", "sub-theme", relevance, "enabler / barrier")
    note = (
        "Relevance is judged for the domain as a whole, not for each sub-theme. In this table, 'important' means that "
        "there are clear or strong beliefs (it has nothing to do with 'key' and 'less' in the table Importance of "
        "domains), and 'enabler' means facilitator."
    )
    return Table("relevance_short", "Relevance of domains in short", columns, tuple(lines), (note,))


def ranked(found: Findings) -> list[tuple[int, str, Count]]:
    """Return the codes with their rank by the number of interviewed people who mention them; ties share a rank."""
    counts = [(code, find(found.counts, code)) for code in found.codes]
    counts = sorted(counts, key=lambda pair: -len(pair[1].participants))
    sizes = [len(counted.participants) for _, counted in counts]
    return [(sizes.index(len(c.participants)) + 1, code, c) for code, c in counts if c.evidence]


def domain_ranking(found: Findings) -> Table:
    """Domain ranking."""
    lines = []
    beliefs = dict(_by_code(found))
    for rank, code, total in ranked(found):
        mixed = all(find(found.counts, code, side).evidence for side in ("barrier", "facilitator"))
        themes = len({b.theme or b.statement for b in beliefs[code]})
        component = f" ({found.component(code)})" if found.domain(code) else ""
        place = str(rank) if total.of_participants else "–"
        cells = (place, f"{found.name(code)}{component}", total.share, str(themes), "yes" if mixed else "no")
        lines.append(Line(cells, total.evidence))
    columns = (
        "rank",
        "domain (component)",
        "frequency n (%)",
        "elaboration (themes)",
        "mixed barriers and facilitators",
    )
    note = "Ranked by the number of participants interviewed; domains with the same number share a rank."
    alone = [found.name(code) for _, code, _ in ranked(found) if not found.domain(code)]
    if 0 < len(alone) < len(lines):
        note += f" Counted as domains because they have none below them: {', '.join(alone)}."
    return Table("domain_ranking", "Ranking of domains", columns, tuple(lines), (note, FOCUS_GROUPS))


def importance(found: Findings) -> Table:
    """Tabulate importance with reasons."""
    lines = []
    for category in ("key", "less"):
        own = [j for code in found.codes if (j := found.judgements.get(code)) and j.importance.casefold() == category]
        for judged in own:
            evidence = find(found.counts, judged.code).evidence
            lines.append(Line((category, found.name(judged.code), judged.comment or "–"), evidence))
    open_ = [code for code in found.codes if code not in found.judgements or not found.judgements[code].importance]
    if open_:
        evidence = tuple(dict.fromkeys(i for code in open_ for i in find(found.counts, code).evidence))
        lines.append(Line((TO_BE_JUDGED, ", ".join(map(found.name, open_)), "–"), evidence))
    return Table("importance", "Importance of domains", ("category (key / less)", "domains", "comments"), tuple(lines))


def quotations(found: Findings) -> Table:
    """Quotations."""
    lines = []
    themes = {(p.id, b.code): b.theme or b.statement for b in found.beliefs for p in b.passages}
    for quote in found.quotes:
        theme = themes.get((quote.passage.id, quote.passage.code), "–")
        text = f"{quoted(quote.passage)} {who(found, quote.passage)}"
        valence = quote.passage.valence or "none"
        cells = (found.component(quote.code), found.domain(quote.code) or "–", valence, theme, text)
        lines.append(Line(cells, (quote.passage.id,)))
    columns = ("COM-B", "TDF", "valence", "sub-theme", "quote")
    picked = sum(quote.chosen_by == "researcher" for quote in found.quotes)
    note = f"Picked by a researcher: {picked} of {len(found.quotes)}; the others were chosen by comb to show the range."
    return Table("quotes", "Quotations", columns, tuple(lines), (note,))


def _by_code(found: Findings) -> Iterator[tuple[str, list[Belief]]]:
    for code in found.codes:
        yield code, [belief for belief in found.beliefs if code in found.codebook.codes[belief.code].path]


RESULTS_TABLES: Sequence[Callable[[Findings], Table]] = (
    behaviour,
    summary,
    coding_framework,
    thematic_count,
    beliefs_by_group,
    specific_beliefs,
    domain_relevance,
    relevance_short,
    domain_ranking,
    importance,
    quotations,
    coding_guideline,
)
