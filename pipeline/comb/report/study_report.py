"""The content of a study's report, in order; every number is taken from the study."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import comb
from comb.agreement.interpretation import TITLES
from comb.agreement.results import Agreement
from comb.agreement.saturation import CRITICS
from comb.codings.language_model import LlmRun
from comb.evaluation.results import Metrics
from comb.report.agreement_text import agreement_of, methods
from comb.report.blocks import at_level, main_kappa, who
from comb.report.document import Block, Heading, Paragraph, PictureBlock, TableBlock
from comb.report.llm_text import disclosure_of
from comb.report.number_text import number, reasons, spread
from comb.report.reporting_items import CodingFacts, items, many
from comb.report.synthesis_pictures import Picture
from comb.synthesis.beliefs import Belief, Judgement, conflicting
from comb.synthesis.findings import Findings
from comb.synthesis.matrices import LEGEND
from comb.synthesis.people import Sample
from comb.synthesis.results_tables import TO_WRITE, Line, Table
from comb.synthesis.saturation import Step, guest, verdict
from comb.synthesis.tables import tables

WIDE_MATRIX = 6
"""Most codes in one part of the framework matrix on a page."""


@dataclass(frozen=True)
class ReportFacts:
    """Facts for a report besides the findings."""

    agreement: Agreement | None
    """agreement.json."""
    evaluation: Metrics | None
    """evaluate.json."""
    coding: CodingFacts
    settled: int
    """Number of these in which coders' differences were settled."""
    codings: int
    """Number of codings that count."""
    taken_over: int
    """Number of these that are accepted suggestions."""
    decisions: Mapping[str, int]
    """Number of suggestions by people's decision."""
    written: Mapping[str, str]
    """People's texts for items of the reporting guidelines, by item."""
    first: int
    stop: int
    """The stopping criterion of saturation."""
    digest: str
    """Short digest of all files from which the report is made."""


def blocks(found: Findings, facts: ReportFacts, pictures: Sequence[Picture]) -> Iterator[Block]:
    """Yield the blocks of the report in reading order."""
    made = {table.name: TableBlock(table) for table in tables(found)}
    drawn = {picture.name: PictureBlock(picture) for picture in pictures}
    yield from _opening(found, facts)
    yield Heading("Target behaviour")
    yield from _some(made, "behaviour")
    yield from _methods(found, facts)
    yield Heading("Results")
    yield from _some(drawn, "barriers-facilitators", "wheel")
    yield from _some(made, "summary", "domain_ranking", "thematic_count")
    yield Heading("Quotations", 2)
    yield from _some(made, "quotes")
    yield Heading("Framework matrix", 2)
    yield from _matrix(found)
    yield Heading("Belief statements and relevant domains", 2)
    yield from _beliefs(found)
    yield from _some(
        made,
        "specific_beliefs",
        "beliefs_by_group",
        "domain_relevance",
        "relevance_short",
        "importance",
        "coding_framework",
    )
    yield Heading("Saturation", 2)
    yield from _saturation(found, facts)
    yield from _some(drawn, "saturation", "co-occurrence")
    yield Heading("From the findings to the intervention")
    yield from _wheel(found)
    yield from _some(made, "com_b_diagnosis", "component_functions", "policy_categories", "barriers_enablers_bct")
    yield from _some(made, "bct_apease", "apease", "all_in_one", "bct_congruence")
    yield Heading("Reporting guidelines")
    yield Paragraph(
        "COREQ items 24–32 (Tong et al. 2007) and SRQR (O’Brien et al. 2014). comb fills in what the study’s files "
        "contain. Write the rest into data/synthesis/reporting.csv, a table with the columns item (such as SRQR 7) and "
        "text; the report will include what you write. If the study has no such file yet, create the table in a "
        "spreadsheet program and save it there as CSV."
    )
    yield TableBlock(_reporting(found, facts))
    yield Heading("Appendix: coding guideline")
    yield from _some(made, "coding_guideline")


def _some(made: Mapping[str, Any], *names: str) -> Iterator[Block]:
    """Yield the named blocks; a table without rows becomes one line that says so."""
    for name in names:
        block = made.get(name)
        if isinstance(block, TableBlock) and not block.table.lines:
            yield Paragraph(f"{block.table.title}: nothing to show yet.", "note")
        elif block is not None:
            yield block


def _opening(found: Findings, facts: ReportFacts) -> Iterator[Block]:
    yield Paragraph(
        f"Made by comb {comb.__version__} from the study’s files (digest {facts.digest}). Every number can be "
        "reproduced with the command dvc repro. (The command comb report repeats only the counts; the figures on "
        "agreement and on the model stay as last measured.) The passages under each count are in the HTML report "
        "(the report as a web page), and in the column 'passages' of each table in data/processed/synthesis/tables.",
        "note",
    )
    for note in found.notes:
        yield Paragraph(f"{note}.", "todo")


def _methods(found: Findings, facts: ReportFacts) -> Iterator[Block]:
    yield Heading("Methods")
    yield Heading("Data", 2)
    yield Paragraph(_data(found))
    if found.everyone.participants:
        yield TableBlock(_participants(found))
    yield Heading("Coding and agreement", 2)
    yield Paragraph(_coding(found, facts))
    yield _written(facts, "coders", "who the coders are, their training and experience, and how they were trained")
    if facts.agreement:
        yield Paragraph(methods(facts.agreement))
        yield from _wider(facts.agreement, facts.coding)
        yield TableBlock(_agreement(found, facts.agreement))
    if facts.coding.compared < 2:
        yield Paragraph(f"{TO_WRITE}: agreement between people, once two have coded the same transcripts.", "todo")
    yield Heading("Counting", 2)
    yield Paragraph(
        "Each participant was counted once per code, however often and in however many interviews they mentioned it. "
        "In focus groups, participants were not counted (Atkins et al. 2017); the focus groups in which a code came up "
        "are named. A passage counts for its code and for the codes above it in the codebook. A passage that is both "
        "barrier and facilitator counts as each."
    )
    yield Heading("Use of the model and of other artificial intelligence", 2)
    yield from _machine(facts, len(found.sample.sessions))


def _data(found: Findings) -> str:
    sample = found.everyone
    interviews, groups = sample.of_kind("interview"), sample.of_kind("focus group")
    in_groups = {p for name in groups for p in sample.sessions[name].participants}
    parts = [
        f"{many(len(interviews), 'interview')} with {many(len(sample.interviewed()), 'participant')}"
        if interviews
        else "",
        f"{many(len(groups), 'focus group')} with {many(len(in_groups), 'participant')}" if groups else "",
    ]
    text = " and ".join(filter(None, parts)) or "no transcripts yet"
    counted = len(found.sample.sessions)
    rest = (
        f" Counted here: {counted} of {many(len(sample.sessions), 'transcript')}."
        if counted < len(sample.sessions)
        else ""
    )
    by_group = [f"{group}: {len(sample.interviewed(group))} interviewed" for group in sample.compared]
    passages = len({passage.id for passage in found.passages})
    tail = f" ({'; '.join(by_group)})" if by_group else ""
    codes = len({passage.code for passage in found.passages})
    coded = f"{many(passages, 'passage')} {'was' if passages == 1 else 'were'} coded with {many(codes, 'code')}."
    return f"The data are {text}{tail}.{rest} {coded}{_left_out(sample)}"


def _left_out(sample: Sample) -> str:
    """Return how many transcripts a setting leaves out of the report; empty if none."""
    total = len(sample.sessions) + sample.left_out
    left = f"{sample.left_out:,} of the {many(total, 'transcript')} in the folder raw"
    return f" Left out by the setting synthesis.transcripts: {left}." if sample.left_out else ""


def _participants(found: Findings) -> Table:
    sample = found.everyone
    names = sorted({name for person in sample.participants for name in sample.attributes.get(person, {})})
    lines = []
    for person in sample.participants:
        took = [name for name, session in sample.sessions.items() if person in session.participants]
        kinds = ", ".join(dict.fromkeys(sample.sessions[name].kind for name in took))
        values = sample.attributes.get(person, {})
        lines.append(Line((person, *(values.get(name, "–") for name in names), kinds, ", ".join(took))))
    return Table("participants", "Participants", ("participant", *names, "took part in", "transcripts"), tuple(lines))


def _coding(found: Findings, facts: ReportFacts) -> str:
    who = "; ".join(f"{coder}, {many(n, 'transcript')}" for coder, n in facts.coding.coders.items()) or "nobody yet"
    if facts.settled:
        who += f"; differences settled by consensus: {many(facts.settled, 'transcript')}"
    counted: dict[str, int] = {}
    for coder in found.coded.coders.values():
        counted[coder] = counted.get(coder, 0) + 1
    used = "; ".join(f"{coder} for {many(n, 'transcript')}" for coder, n in sorted(counted.items())) or "none"
    name = f"the codebook “{found.codebook.name}”" if found.codebook.name else "the study’s codebook"
    sided = any(passage.valence for passage in found.passages)
    valence = "; a coding may be marked as a barrier, a facilitator or both" if sided else ", without valences"
    return (
        f"Transcripts were coded with {name} ({many(len(found.codebook.codes), 'code')} on "
        f"{many(len(found.codebook.levels), 'level')}, named from the top: {', '.join(found.codebook.levels)}; in "
        "the tables by domain, 'domain' means any code, at whatever level, that has no code in use below it; codes "
        "that are not part of the framework, such as one for talk off target, are left out there if they have no "
        "valence)"
        f"{valence}. Coders: {who}. "
        f"Counted here are the codings of: {used}; {many(facts.codings, 'coding')} in all."
    )


def _written(facts: ReportFacts, item: str, what: str) -> Paragraph:
    text = facts.written.get(item)
    return Paragraph(text) if text else Paragraph(f"{TO_WRITE}: {what}.", "todo")


def _agreement(findings: Findings, found: Agreement) -> Table:
    name = main_kappa(found)
    codes = findings.codebook.codes
    figures = {"all codes": found.overall} | {c: part for c, part in found.codes.items() if any(found.use[c].values())}
    named = {codes[code].name if code in codes else code: part for code, part in figures.items()}
    lines = [
        Line((code, number(part[name]), spread(part[name]) or "–", number(part["gwet_ac1"])))
        for code, part in named.items()
    ]
    columns = ("code", TITLES[name], "95% interval", "AC1")
    title = f"Agreement of {who(found)} on {many(found.units, found.unit)}{at_level(found)}"
    why = reasons({code: part[name] for code, part in named.items()})
    return Table("agreement", title, columns, tuple(lines), (*found.notes, *(line.strip() for line in why)))


def _wider(found: Agreement, coding: CodingFacts) -> Iterator[Block]:
    """Note that agreement was measured on more transcripts than those counted here that two people coded."""
    second = sorted(coding.coders.values())[-2:-1]
    if found.transcripts > sum(second):
        text = (
            "The figures on agreement are for all transcripts of the study that two people coded, not only for those "
            "counted here."
        )
        yield Paragraph(text, "note")


def _where_it_ran(language_models: Sequence[LlmRun]) -> str:
    if any(run.remote for run in language_models):
        return (
            "Segments were sent to a language model on another machine, as disclosed below; comb sends no other text."
        )
    return "comb runs on the researchers’ own machine and sends no text anywhere."


def _classifier(found: Metrics, counted: int) -> str:
    """Describe the classifier; ``counted`` is the number of transcripts that count in the report."""
    protocol, kappa = found.protocol, found.overall.cohen_kappa
    limits = found.intervals["cohen_kappa"]
    reached = "undefined" if kappa is None else f"{kappa:.2f}"
    if limits.low is not None and limits.high is not None:
        over = protocol.split.removeprefix("whole ")
        drawn = f"percentile bootstrap over {over}, without training again"
        reached += f" (95% interval {limits.low:.2f} to {limits.high:.2f}; {drawn})"
    whole = " (of the whole study, counted in this report or not)" if protocol.transcripts != counted else ""
    return (
        f"A classifier (model {found.model}) was trained on {many(protocol.segments, 'segment')} of "
        f"{many(protocol.transcripts, 'coded transcript')}{whole}, at the level {protocol.level!r} of the codebook. In "
        f"{protocol.folds}-fold cross-validation with {protocol.split} held out, Cohen’s kappa of its suggestions "
        "with the reference coding of these transcripts (the consensus or, without one, the codes that at least half "
        "of the coders gave, unless train.reference in configs/params.yaml says otherwise) "
        f"was {reached}. If a segment may have several codes, kappa for all codes together is pooled over the codes "
        "(De Vries et al. 2008)."
    )


def _machine(facts: ReportFacts, counted: int) -> Iterator[Block]:
    language_models = facts.agreement.language_models if facts.agreement else ()
    decided = sum(facts.decisions.values())
    if facts.evaluation:
        yield Paragraph(_classifier(facts.evaluation, counted))
    shares = ", ".join(f"{n} {verdict_}" for verdict_, n in facts.decisions.items())
    how = f"People decided on {many(decided, 'suggestion')} ({shares}). " if decided else ""
    taken = "was an accepted suggestion of comb" if facts.taken_over == 1 else "were accepted suggestions of comb"
    yield Paragraph(
        f"A suggestion of the model becomes a coding only when a person accepts it. {how}Of the "
        f"{many(facts.codings, 'coding')} counted here, {facts.taken_over:,} {taken}. Suggestions "
        "under the name of a model of comb, or of a language model that comb ran, are not counted as codings; "
        "every other coder counts as a person. Quotations not picked by a researcher were chosen by comb. "
        "comb wrote no belief statements, summaries or judgements; it may have shown similar passages together. "
        f"{_where_it_ran(language_models)}"
    )
    for run in language_models:
        yield Paragraph(disclosure_of(run, agreement_of(facts.agreement, run.coder) if facts.agreement else ""))
    yield _written(facts, "ai", "any other use of artificial intelligence, in transcription or in writing")


def _matrix(found: Findings) -> Iterator[Block]:
    written = [cell for cell in found.matrix if cell.summary]
    full = sum(bool(cell.passages) for cell in found.matrix)
    stale = [cell for cell in written if cell.state not in ("up to date", "")]
    yield Paragraph(
        f"Cells of the matrix with passages: {full}; summarised by a researcher: {len(written)}; with codings changed "
        f"since the summary: {len(stale)}. The whole matrix is in data/processed/synthesis/matrix.xlsx."
    )
    codes = [code for code in found.codes if any(cell.code == code and cell.summary for cell in written)]
    for start in range(0, len(codes), WIDE_MATRIX):
        yield TableBlock(_matrix_part(found, codes[start : start + WIDE_MATRIX]))


def _matrix_part(found: Findings, codes: Sequence[str]) -> Table:
    cells = {(cell.case, cell.code): cell for cell in found.matrix}
    lines = []
    for case in dict.fromkeys(cell.case for cell in found.matrix):
        own = [cells[case, code] for code in codes if (case, code) in cells]
        if any(cell.summary for cell in own):
            texts = [
                f"{c.summary}{'' if c.state == 'up to date' or not c.summary else f' [{c.state}]'}" or "–" for c in own
            ]
            lines.append(Line((case, *texts), tuple(dict.fromkeys(i for c in own for i in c.ids))))
    return Table("matrix", "Framework matrix", ("case", *map(found.name, codes)), tuple(lines))


def _beliefs(found: Findings) -> Iterator[Block]:
    confirmed = sum(belief.confirmed for belief in found.beliefs)
    both: list[Belief | Judgement] = [*found.beliefs, *found.judgements.values()]
    disputed = [part for part in both if part.disputed_by]
    settled = sum(part.confirmed for part in disputed)
    pairs = {pair for code in found.codes for pair in conflicting(found.beliefs, code)}
    judged = [j for j in found.judgements.values() if j.relevant]
    relevant = [found.name(j.code) for j in judged if j.relevant.casefold() == "yes"]
    dispute = f" Disputed by a second person: {len(disputed)}, settled since: {settled}." if disputed else ""
    yield Paragraph(
        f"Belief statements: {len(found.beliefs)}, of which a second person confirmed {confirmed}; marked as "
        f"conflicting: {many(len(pairs), 'pair')}; marked as strong: {sum(b.strong for b in found.beliefs)}. Domains "
        f"judged: {len(judged)} of {len(found.codes)}; relevant: {', '.join(relevant) or 'none yet'}; confirmed by a "
        f"second person: {sum(j.confirmed for j in judged)}.{dispute}"
    )


def _saturation(found: Findings, facts: ReportFacts) -> Iterator[Block]:
    yield Paragraph(" ".join([*_verdicts(found.saturation, facts), guest(found.saturation)]).strip())
    for group, own in found.saturation_by_group.items():
        yield Paragraph(f"{group}: {' '.join(_verdicts(own, facts))}")
    yield Paragraph(
        "Transcripts are taken in the order of data/participants.csv; those not listed there follow in alphabetical "
        "order. If they were analysed in another order, these sentences do not apply. A transcript with participants "
        "from several groups counts for each group, but only with what that group's participants say. Only codes with "
        f"a row in the tables by domain are followed ({len(found.codes)}). {CRITICS}",
        "note",
    )


def _verdicts(steps: Sequence[Step], facts: ReportFacts) -> Iterator[str]:
    """Yield a sentence on codes and one on belief statements."""
    yield verdict("code", [len(step.new_codes) for step in steps], facts.first, facts.stop)
    yield verdict("belief statement", [len(step.new_beliefs) for step in steps], facts.first, facts.stop)


def _wheel(found: Findings) -> Iterator[Block]:
    yield Paragraph(
        "The tables below list the options that published matrices link to the domains judged relevant. They are not "
        "recommendations. Each row is based on the passages counted above. The researchers choose among the options, "
        "using the APEASE criteria."
    )
    yield Paragraph(
        f"{LEGEND} Before you rely on a link marked † or ‡, check it in the published matrix; data/processed/synthesis/"
        "wheel-matrices.csv contains every cell with its source and state.",
        "note",
    )


def _reporting(found: Findings, facts: ReportFacts) -> Table:
    lines = tuple(Line(row) for row in items(found, facts.coding, facts.written))
    return Table("reporting", "COREQ items 24–32 and SRQR", ("item", "asks for", "in this study"), lines)
